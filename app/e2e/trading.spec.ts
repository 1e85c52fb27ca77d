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

  await page.getByRole("button", { name: "Close SOL" }).click();
  await expect(page.getByLabel("Size", { exact: true })).toHaveValue("150.00");
  await page.getByRole("button", { name: "Sell 150.00 SOL" }).click();
  expect(await desk.done("Sell SOL")).toContain("Sold 150.00 SOL");
  await expect(page.getByText("No positions. Cash alone is never liquidated.")).toBeVisible();
});

test("what the program would refuse is said before anybody signs", async ({ page, network }) => {
  const desk = new Desk(page);
  await desk.open(network.page);
  await desk.connectBurner();
  await desk.faucet();
  await desk.openAccount();
  await desk.move("Deposit", "100");
  await page.getByLabel("Size", { exact: true }).fill("20");
  await expect(page.getByText(/^The program would refuse this\. Equity would be below the margin required/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Buy 20.00 SOL" })).toBeDisabled();
  await page.getByLabel("Size", { exact: true }).fill("0.001");
  await expect(page.getByText("A size is a number in steps of 0.01 SOL.")).toBeVisible();
  await page.getByRole("button", { name: "Withdraw", exact: true }).click();
  await page.getByRole("dialog").getByLabel("Amount").fill("100.000001");
  await expect(page.getByText("More than may leave now.")).toBeVisible();
  await expect(page.getByRole("dialog").getByRole("button", { name: "Withdraw", exact: true })).toBeDisabled();
});

test("a clearinghouse that is not there is said to be not there", async ({ page, network }) => {
  await page.goto(`${network.page}/?clearinghouse=7#/risk`);
  await expect(page.getByText("There is no clearinghouse number 7 on this network.")).toBeVisible();
});
