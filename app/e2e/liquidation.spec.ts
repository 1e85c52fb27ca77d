import { addressesOf, marginAccountAddress } from "@firebreak/client";
import type { Address } from "@solana/kit";

import { atoms, Desk } from "./desk.ts";
import { liquidate } from "./liquidator.ts";
import { expect, test } from "./network.ts";

test("a price falls, the account is liquidated, and the page says so; its figures are the program's to the atom (I-15)", async ({ page, network }) => {
  const desk = new Desk(page);
  await desk.open(network.page);
  await desk.connectBurner();
  await desk.faucet();
  await desk.openAccount();
  await desk.move("Deposit", "3000");
  await desk.take("Buy", "180");
  await desk.go("Account");
  await expect(page.getByTestId("liquidation-SOL")).toHaveText(/^\d+\.\d{4}$/);

  await network.setPrice(0, "140.00");
  await expect(page.getByText("Below maintenance")).toBeVisible();
  await expect(page.getByRole("link", { name: /^SOL 140\.00/ })).toBeVisible();
  const shown = {
    equity: atoms(await desk.figure("equity-exact").textContent()),
    maintenance: atoms(await desk.figure("maintenance-exact").textContent()),
  };

  const owner = (await page.evaluate(() => localStorage.getItem("firebreak.burner"))) ?? "[]";
  const account = await marginAccountAddress(await addressesOf(1), await ownerOf(owner));
  const events = await liquidate(network, 0, account);
  const liquidated = events.find((event) => event.name === "Liquidated");
  expect(liquidated?.data.equityBefore).toBe(shown.equity);
  expect(liquidated?.data.maintenanceBefore).toBe(shown.maintenance);

  await expect(page.getByText("Liquidation", { exact: true }).first()).toBeVisible();
  await expect.poll(async () => atoms(await desk.figure("equity-exact").textContent())).toBe(liquidated?.data.equityAfter);
  expect(atoms(await desk.figure("maintenance-exact").textContent())).toBe(liquidated?.data.maintenanceAfter);

  await desk.go("Risk");
  await expect(page.getByText(/of .{4}….{4} at 1\d\d\.\d\d/).first()).toBeVisible();
  await expect(page.getByText(/^All \d+ hold$/)).toBeVisible();
});

/** The address of the key that the burner keeps: its last 32 bytes. */
async function ownerOf(kept: string): Promise<Address> {
  const { getAddressDecoder } = await import("@solana/kit");
  return getAddressDecoder().decode(Uint8Array.from(JSON.parse(kept) as number[]).slice(32));
}

test("a liquidator takes over from the page", async ({ page, network, browser }) => {
  const trader = new Desk(page);
  await trader.open(network.page);
  await trader.connectBurner();
  await trader.faucet();
  await trader.openAccount();
  await trader.move("Deposit", "2500");
  await trader.take("Sell", "150");

  const other = await browser.newContext();
  const liquidator = new Desk(await other.newPage());
  await liquidator.open(network.page);
  await liquidator.connectBurner();
  await liquidator.faucet();
  await liquidator.openAccount();
  await liquidator.move("Deposit", "10000");
  await network.setPrice(0, "160.00");
  await liquidator.go("Risk");
  await liquidator.page.getByRole("button", { name: /^Take over/ }).first().click();
  const dialog = liquidator.page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Take over", exact: true }).click();
  expect(await liquidator.done("Take over SOL")).toMatch(/−\d+\.\d\d SOL at 16\d\.\d\d, the mark was 160\.00/);
  await expect(page.getByText("Below maintenance")).toHaveCount(0);
  await other.close();
});
