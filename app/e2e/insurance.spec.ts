import { Desk } from "./desk.ts";
import { expect, test } from "./network.ts";

test("stake, ask to leave, wait for the countdown, leave", async ({ page, network }) => {
  const desk = new Desk(page);
  await desk.open(network.page);
  await desk.connectBurner();
  await page.getByRole("button", { name: /^Faucet/ }).click();
  await desk.done("Faucet");
  await desk.go("Insurance");
  await page.getByLabel("Amount").fill("2500");
  await page.getByRole("button", { name: "Stake", exact: true }).click();
  expect(await desk.done("Stake")).toMatch(/2,(500|499)\.\d+ USDC bought/);
  await expect(desk.figure("stake-value")).toHaveText(/^2,(500|499)\.\d\d$/);

  await page.getByRole("button", { name: "Ask to leave" }).click();
  await desk.done("Ask to leave");
  await expect(desk.figure("countdown")).toContainText("The exit opens in");
  await expect(page.getByRole("button", { name: /^Leave with/ })).toBeDisabled();

  await network.advance(15 * 86_400);
  await expect(desk.figure("countdown")).toContainText("The exit is open");
  await page.getByRole("button", { name: /^Leave with/ }).click();
  expect(await desk.done("Unstake")).toContain("went to the wallet");
  await expect(page.getByText("This wallet holds no shares of the fund.")).toBeVisible();
});
