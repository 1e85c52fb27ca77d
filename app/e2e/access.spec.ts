import { AxeBuilder } from "@axe-core/playwright";

import { Desk } from "./desk.ts";
import { expect, test } from "./network.ts";

const PAGES = ["Trade", "Account", "Risk", "Insurance", "Governance"];

for (const theme of ["dark", "light"] as const) {
  for (const width of [360, 1440]) {
    test(`no serious findings of axe, ${theme}, ${width} px`, async ({ page, network }) => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: theme });
      const desk = new Desk(page);
      await desk.open(network.page);
      await desk.connectBurner();
      await desk.faucet();
      await desk.openAccount();
      await desk.move("Deposit", "3000");
      await desk.take("Buy", "100");
      const found: string[] = [];
      for (const name of PAGES) {
        await page.goto(`${network.page}/#/${name.toLowerCase()}`);
        await desk.live();
        await expect(page.getByRole("heading", { level: 2 }).first()).toBeVisible();
        await expect(page.locator(".skeleton")).toHaveCount(0);
        if (name === "Governance") await page.getByRole("button", { name: "Draft a proposal" }).click();
        if (name === "Account") await page.getByRole("button", { name: "Withdraw", exact: true }).click();
        await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState !== "running"));
        const { violations } = await new AxeBuilder({ page }).analyze();
        const serious = violations.filter((violation) => violation.impact === "serious" || violation.impact === "critical");
        found.push(...serious.map((violation) => `${name}: ${violation.id}: ${violation.help}: ${violation.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`));
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (overflow > 0) found.push(`${name}: the page is ${overflow} px wider than the screen`);
      }
      expect(found).toEqual([]);
    });
  }
}

test("nothing jumps while figures arrive and change", async ({ page, network }) => {
  await page.addInitScript(() => {
    const moved: { shift: number; what: string }[] = [];
    Object.assign(window, { moved });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node: Node | null }[] })[]) {
        const what = entry.sources.map(({ node }) => (node instanceof HTMLElement ? `${node.tagName}.${node.className} ${node.textContent?.slice(0, 40)}` : "")).join(" | ");
        if (!entry.hadRecentInput) moved.push({ shift: entry.value, what });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  const desk = new Desk(page);
  const found: string[] = [];
  for (const name of PAGES) {
    await desk.open(network.page, name.toLowerCase());
    await page.reload();
    await desk.live();
    await expect(page.locator(".skeleton")).toHaveCount(0);
    for (const price of ["149.20", "1000.00", "99.95", "150.00"]) {
      await network.setPrice(0, price);
      await expect(page.getByRole("link", { name: new RegExp(`^SOL ${price.replace(/^1000/, "1,000").replace(".", "\\.")}`) })).toBeVisible();
    }
    const moved = await page.evaluate(() => (window as unknown as { moved: { shift: number; what: string }[] }).moved);
    const sum = moved.reduce((total, { shift }) => total + shift, 0);
    // What browsers call good is 0.1.
    if (sum > 0.1) found.push(`${name}: ${sum.toFixed(3)} (${moved.filter(({ shift }) => shift > 0.01).map(({ shift, what }) => `${shift.toFixed(3)} ${what}`).join("; ")})`);
  }
  expect(found).toEqual([]);
});

test("everything can be reached and done with the keyboard", async ({ page, network }) => {
  const desk = new Desk(page);
  await desk.open(network.page);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the page" })).toBeFocused();
  const connect = page.getByRole("button", { name: "Connect wallet" });
  for (let presses = 0; presses < 20 && !(await connect.evaluate((button) => button === document.activeElement)); presses += 1) await page.keyboard.press("Tab");
  await expect(connect).toBeFocused();
  expect(await connect.evaluate((button) => getComputedStyle(button).outlineStyle)).toBe("solid");
  await page.keyboard.press("Enter");
  const burner = page.getByRole("button", { name: "Use the burner wallet" });
  for (let presses = 0; presses < 10 && !(await burner.evaluate((button) => button === document.activeElement)); presses += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: /BURNER/ })).toBeVisible();
});
