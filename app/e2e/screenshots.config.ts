import { defineConfig } from "@playwright/test";

import { CHROMIUM, PATIENCE_MS } from "./browser.ts";

/** Draws docs/screenshots: `npm run screenshots`. */
export default defineConfig({
  testDir: ".",
  testMatch: /screenshots\.ts$/,
  outputDir: "../test-results",
  timeout: 10 * PATIENCE_MS,
  expect: { timeout: PATIENCE_MS },
  workers: 1,
  reporter: "list",
  use: { browserName: "chromium", launchOptions: CHROMIUM, actionTimeout: PATIENCE_MS, colorScheme: "dark" },
});
