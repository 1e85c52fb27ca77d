import type { Page } from "@playwright/test";

import { Desk } from "./desk.ts";
import { liquidateNearest } from "./liquidator.ts";
import { expect, test, type Network } from "./network.ts";

const CALM = ["trade", "account", "insurance", "governance"] as const;
const FOLDER = new URL("../../docs/screenshots/", import.meta.url).pathname;
/** A morning in which the market falls, with what follows from it. */
const COURSE = [150.0, 150.6, 150.2, 151.1, 150.8, 151.6, 151.2, 150.1, 149.4, 149.9, 149.0, 148.1, 148.6, 147.5, 146.8, 147.4, 146.1, 145.2, 145.9, 144.6, 143.9, 144.5, 143.2, 142.1, 142.8, 141.6, 140.7, 141.2, 140.1, 139.4, 139.9, 139.1, 138.2, 138.9, 137.6];

test.use({ options: ["--crowd", "40"] });

test("each page at both widths", async ({ page, network }) => {
  const desk = new Desk(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await desk.open(network.page, "governance");
  await govern(desk, network);
  await desk.go("Trade");
  await trade(desk);
  await stake(desk);
  await desk.go("Trade");
  await fall(page, network);
  for (const name of CALM) await shoot(page, name, 1440, 900);
  await page.emulateMedia({ colorScheme: "light" });
  await page.evaluate(() => (document.documentElement.dataset["theme"] = "light"));
  await shoot(page, "trade", 1440, 900, "-light");
  await page.evaluate(() => (document.documentElement.dataset["theme"] = "dark"));
  for (const name of CALM) await shoot(page, name, 360, 780);
});

test.describe("in the crash of 10 October 2025", () => {
  test.use({ options: ["--crowd", "120", "--replay", "--speed", "40"] });

  test("the risk page, while the keeper works", async ({ page, network }) => {
    const desk = new Desk(page);
    await page.setViewportSize({ width: 1440, height: 900 });
    await desk.open(network.page, "risk");
    network.startKeeper("200000");
    await expect.poll(() => page.getByText("Liquidation", { exact: true }).count()).toBeGreaterThan(12);
    await shoot(page, "risk", 1440, 900);
    await shoot(page, "risk", 360, 780);
  });
});

async function govern(desk: Desk, network: Network): Promise<void> {
  const { page } = desk;
  await desk.connectKey(network.manifest.keys.authority);
  await page.getByRole("button", { name: "Draft a proposal" }).click();
  await page.getByLabel(/^New Initial ratio/).fill("11");
  await page.getByLabel(/^New Band around the average/).fill("9");
  await page.getByRole("button", { name: "Propose", exact: true }).click();
  await desk.done("Propose");
  await page.getByTestId("proposal-0").getByRole("button", { name: "Put in force" }).click();
  await desk.done("Proposal 0");
  await page.getByRole("radio", { name: "Market" }).click();
  await page.getByLabel(/^New Taker fee/).fill("0.04");
  await page.getByLabel(/^New Most open interest/).fill("600000");
  await page.getByRole("button", { name: "Propose", exact: true }).click();
  await desk.done("Propose");
  await desk.connectKey(network.manifest.keys.guardian);
  await page.getByLabel("Market", { exact: true }).selectOption({ label: "BTC" });
  await page.getByLabel(/^Reason/).fill("3");
  await page.getByRole("button", { name: /^Trip BTC/ }).click();
  await desk.done("Trip BTC");
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await desk.live();
}

async function trade(desk: Desk): Promise<void> {
  await desk.connectBurner();
  for (let times = 0; times < 2; times += 1) await desk.faucet();
  await desk.openAccount();
  await desk.move("Deposit", "9000");
  await desk.take("Buy", "240");
  await desk.page.getByRole("link", { name: /^ETH \d/ }).click();
  await desk.take("Sell", "2.5");
  await desk.page.getByRole("link", { name: /^SOL \d/ }).click();
}

async function stake(desk: Desk): Promise<void> {
  await desk.go("Insurance");
  await desk.page.getByLabel("Amount").fill("2500");
  await desk.page.getByRole("button", { name: "Stake", exact: true }).click();
  await desk.done("Stake");
  await desk.page.getByRole("button", { name: "Ask to leave" }).click();
  await desk.done("Ask to leave");
}

async function fall(page: Page, network: Network): Promise<void> {
  for (const [index, price] of COURSE.entries()) {
    await network.setPrice(0, price.toFixed(2));
    await network.setPrice(1, (price * 800 + index * 7).toFixed(2));
    await expect(page.getByTestId("mark")).toHaveText(price.toFixed(2));
    await liquidateNearest(network, 0);
  }
}

async function shoot(page: Page, name: string, width: number, height: number, suffix = ""): Promise<void> {
  await page.setViewportSize({ width, height });
  await page.evaluate((route) => (location.hash = `#/${route}`), name);
  await expect(page.getByRole("heading", { level: 2 }).first()).toBeVisible();
  await expect(page.locator("main .skeleton")).toHaveCount(0);
  if (name === "trade") await page.getByLabel("Size", { exact: true }).fill("50");
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(2_500); // the chart's own drawing has no end to wait for
  const tall = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.min(Math.max(tall, height), width === 360 ? 2_200 : 1_500) });
  await page.waitForTimeout(600);
  await page.screenshot({ path: `${FOLDER}${name}-${width}${suffix}.png` });
}
