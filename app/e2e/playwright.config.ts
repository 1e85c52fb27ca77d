import { defineConfig } from "@playwright/test";

import { CHROMIUM, PATIENCE_MS } from "./browser.ts";

/** Against a network that each test starts for itself: the real program, the real node, a real browser. */
export default defineConfig({
  outputDir: "../test-results",
  timeout: 4 * PATIENCE_MS,
  expect: { timeout: PATIENCE_MS },
  workers: 1,
  forbidOnly: true,
  reporter: "list",
  projects: [
    { name: "units", testDir: "../src", testMatch: /\.test\.ts$/ },
    { name: "page", testDir: ".", testMatch: /\.spec\.ts$/ },
  ],
  use: { browserName: "chromium", launchOptions: CHROMIUM, viewport: { width: 1440, height: 900 }, trace: "retain-on-failure", actionTimeout: PATIENCE_MS },
});
