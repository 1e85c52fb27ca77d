import { Desk } from "./desk.ts";
import { expect, test } from "./network.ts";

test("an offer is placed, taken by somebody else, replaced and cancelled; the gain is settled", async ({ page, network, browser }) => {
  const maker = new Desk(page);
  await maker.open(network.page);
  await maker.connectBurner();
  await maker.faucet();
  await maker.openAccount();
  await maker.move("Deposit", "8000");
  await page.getByRole("radio", { name: "Make" }).click();
  await page.getByLabel("Buy up to").fill("30");
  await page.getByLabel("Sell up to").fill("20");
  await page.getByLabel(/^Distance from the mark/).fill("0.01");
  await page.getByRole("button", { name: "Place the offer" }).click();
  expect(await maker.done("Offer SOL")).toContain("You buy up to 30.00 and sell up to 20.00 SOL, 0.01 % from the mark.");

  const other = await browser.newContext();
  const taker = new Desk(await other.newPage());
  await taker.open(network.page);
  await taker.connectBurner();
  await taker.faucet();
  await taker.openAccount();
  await taker.move("Deposit", "5000");
  expect(await taker.take("Buy", "12")).toContain("Bought 12.00 SOL at 150.01");
  await other.close();

  const own = page.getByRole("region", { name: "Own offers" }).last();
  await expect(own.getByRole("row", { name: /^SOL 30\.00 8\.00/ })).toBeVisible();
  await page.getByLabel("Sell up to").fill("5");
  await page.getByRole("button", { name: "Replace the offer" }).click();
  await maker.done("Offer SOL");
  await expect(own.getByRole("row", { name: /^SOL 30\.00 5\.00/ })).toBeVisible();
  await own.getByRole("button", { name: "Cancel" }).click();
  await maker.done("Cancel the SOL offer");

  await network.setPrice(0, "148.00");
  await maker.go("Account");
  await expect(maker.figure("waiting")).toHaveText(/^\+2\d\.\d\d$/);
  await page.getByRole("button", { name: "Settle now" }).click();
  await maker.done("Settle");
});

test("an isolated sub-account trades its own market only", async ({ page, network }) => {
  const desk = new Desk(page);
  await desk.open(network.page);
  await desk.connectBurner();
  await desk.faucet();
  await desk.openAccount();
  await desk.go("Account");
  await page.getByLabel("New sub-account, isolated to").selectOption({ label: "ETH" });
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await desk.done("Open a sub-account");
  await expect(page.getByRole("button", { name: /Account 1 · ETH only/ })).toHaveAttribute("aria-pressed", "true");
  await desk.move("Deposit", "1000");
  await desk.go("Trade");
  await page.getByLabel("Size", { exact: true }).fill("1");
  await expect(page.getByText(/An isolated account trades only its own market/)).toBeVisible();
  await page.getByRole("link", { name: /^ETH \d/ }).click();
  expect(await desk.take("Buy", "0.5")).toContain("Bought 0.500 ETH");
});
