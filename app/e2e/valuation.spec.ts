import { atoms, Desk } from "./desk.ts";
import { expect, test, type Network } from "./network.ts";

interface Amount {
  readonly atoms: string;
}

/** What `firebreak account show --json` says, as far as it is compared: worked out by the Rust client. */
interface Shown {
  readonly cash: Amount;
  readonly waiting_profit: Amount;
  readonly unpaid_loss: Amount;
  readonly collateral_value: Amount;
  readonly equity: Amount;
  readonly requirement: { readonly total: Amount; readonly shock: Amount; readonly liquidity: Amount; readonly offset: Amount };
  readonly initial_margin: Amount;
  readonly free_collateral: Amount;
  readonly positions: readonly { readonly symbol: string; readonly pnl: Amount; readonly liquidation_price: { readonly atoms_per_lot: string } | null }[];
}

test("every figure of an account is the program's, to the atom (I-15)", async ({ page, network }) => {
  const desk = new Desk(page);
  await desk.open(network.page);
  await desk.connectBurner();
  await desk.faucet();
  const owner = await desk.address();
  await network.faucet(owner, 12_345_678_901n, 1);
  await desk.openAccount();
  await desk.move("Deposit", "4321.123457");
  await desk.move("Deposit", "12.345678901", "SOL");
  await desk.take("Buy", "77.77");
  await page.getByRole("link", { name: /^BTC \d/ }).click();
  await desk.take("Sell", "0.05432");
  await page.getByRole("link", { name: /^ETH \d/ }).click();
  await desk.take("Buy", "0.777");
  await desk.go("Account");
  await compare(desk, network, owner);

  await network.setPrice(0, "145.67");
  await network.setPrice(1, "123456.78");
  await network.setPrice(2, "3987.65");
  await expect(page.getByRole("link", { name: /^ETH 3,987\.65/ })).toBeVisible();
  await expect(page.getByRole("link", { name: /^BTC 123,456\./ })).toBeVisible();
  await expect(page.getByRole("link", { name: /^SOL 145\.67/ })).toBeVisible();
  await compare(desk, network, owner);
});

async function compare(desk: Desk, network: Network, owner: string): Promise<void> {
  const told = network.ask("account", "show", "--owner", owner) as Shown;
  const figure = async (testId: string): Promise<bigint> => atoms(await desk.figure(testId).textContent());
  const pairs: (readonly [string, string])[] = [
    ["cash-exact", told.cash.atoms],
    ["waiting-exact", told.waiting_profit.atoms],
    ["loss-exact", told.unpaid_loss.atoms],
    ["collateral-exact", told.collateral_value.atoms],
    ["equity-exact", told.equity.atoms],
    ["shock", told.requirement.shock.atoms],
    ["liquidity", told.requirement.liquidity.atoms],
    ["offset", (-BigInt(told.requirement.offset.atoms)).toString()],
    ["maintenance-exact", told.requirement.total.atoms],
    ["initial-exact", told.initial_margin.atoms],
    ["free", told.free_collateral.atoms],
    ...told.positions.map((position) => [`gain-${position.symbol}`, position.pnl.atoms] as const),
    ...told.positions.flatMap((position) => (position.liquidation_price === null ? [] : [[`liquidation-${position.symbol}`, position.liquidation_price.atoms_per_lot] as const])),
  ];
  expect(told.positions).toHaveLength(3);
  await expect(async () => {
    for (const [testId, expected] of pairs) expect(await figure(testId), testId).toBe(BigInt(expected));
  }).toPass({ timeout: 30_000 });
}
