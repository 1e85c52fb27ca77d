import { existsSync } from "node:fs";

/** How long anything may take on a slow machine before it counts as broken. */
export const PATIENCE_MS = Number(process.env["FIREBREAK_PATIENCE_MS"] ?? 90_000);

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser is the system's; it talks to nobody but the page. */
export const CHROMIUM = {
  executablePath: process.env["FIREBREAK_CHROMIUM"] ?? PLACES.find((place) => existsSync(place)) ?? "chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
  ],
};
