import { Desk } from "./desk.ts";
import { expect, test } from "./network.ts";

test("connect, fund, deposit, trade, withdraw", async ({ page, network }) => {
  const desk = new Desk(page);
  await desk.open(network.page);
  await desk.connectBurner();
  await desk.faucet();
  await desk.openAccount();
  await desk.move("Deposit", "5000");
  await expect(desk.figure("equity")).toHaveText("5,000.00");

  const bought = await desk.take("Buy", "200");
  expect(bought).toContain("Bought 200.00 SOL at 150.06");
  await desk.go("Account");
  await expect(page.getByTestId("liquidation-SOL")).toHaveText(/^\d+\.\d{4}$/);

  await desk.go("Trade");
  const sold = await desk.take("Sell", "50");
  expect(sold).toContain("Sold 50.00 SOL at 149.94");
  await expect(page.getByRole("cell", { name: "+150.00", exact: true })).toBeVisible();
  await desk.go("Account");

  await desk.move("Withdraw", "1000");
  await expect(desk.figure("cash")).toHaveText(/^3,9\d\d\.\d\d$/);
  await expect(page.getByText("Withdrawn", { exact: true })).toBeVisible();
});
