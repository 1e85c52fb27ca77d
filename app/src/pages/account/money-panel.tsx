import { instructions } from "@firebreak/client";

import { useChain } from "../../chain/chain-context.tsx";
import { freshPrices } from "../../chain/fresh-prices.ts";
import { useAct } from "../../chain/use-act.ts";
import { money, signedMoney } from "../../format/units.ts";
import type { OwnAccount } from "../../model/own-accounts.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Button } from "../../ui/button.tsx";
import { Exact } from "../../ui/exact.tsx";
import { Row, Value } from "../../ui/figure.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useAccountView } from "../../valuation/hooks.ts";

/** What the account has, by rank: cash was really paid in; a gain waits until the market's pool can pay it. */
export function MoneyPanel({ account }: { account: OwnAccount }) {
  const quote = useQuote();
  const view = useAccountView(account);
  return (
    <Panel title="What it has" note={`in ${quote.symbol}`} actions={<Settle account={account} />}>
      <div className="mb-4 grid grid-cols-2 gap-px bg-rule ring-1 ring-rule">
        <div className="bg-well p-3">
          <p className="label">Cash · senior</p>
          <p className="figure text-[20px] leading-7 font-semibold" data-testid="cash"><Value width="9ch">{view === null ? null : money(view.cash, quote)}</Value></p>
          <p className="label mt-1">Deposited, or really paid out to it. Losses of others never touch it.</p>
        </div>
        <div className="bg-well p-3">
          <p className="label">Waiting profit · junior</p>
          <p className="hatched figure inline-block pr-2 text-[20px] leading-7 font-semibold" style={{ "--strip": "transparent" } as React.CSSProperties} data-testid="waiting"><Value width="9ch">{view === null ? null : signedMoney(view.waitingProfit, quote)}</Value></p>
          <p className="label mt-1">Gains at mark. They become cash when losers have paid the pool; no withdrawal counts on them.</p>
        </div>
      </div>
      <dl>
        <Row name="Cash">{view === null ? null : <Exact atoms={view.cash} quote={quote} testId="cash-exact" />}</Row>
        <Row name="Unsettled gains">{view === null ? null : <Exact atoms={view.waitingProfit} quote={quote} isSigned testId="waiting-exact" />}</Row>
        <Row name="Unsettled losses">{view === null ? null : <Exact atoms={view.unsettledLoss} quote={quote} testId="loss-exact" />}</Row>
        <Row name="Collateral after haircut">{view === null ? null : <Exact atoms={view.collateral} quote={quote} isSigned testId="collateral-exact" />}</Row>
        <Row name="Equity" strong>{view === null ? null : <Exact atoms={view.equity} quote={quote} testId="equity-exact" />}</Row>
      </dl>
    </Panel>
  );
}

/** Settles every market in which something is open: losses are paid, gains become cash as far as the pools reach. */
function Settle({ account }: { account: OwnAccount }) {
  const chain = useChain();
  const quote = useQuote();
  const { act, isBusy, cannot } = useAct();
  const markets = (useAccountView(account)?.holdings ?? []).filter((holding) => holding.pnl !== 0n).map((holding) => holding.asset);
  const settle = (): void =>
    void act({
      title: "Settle",
      instructions: async () => [
        ...freshPrices(chain, account.data.positions.map((position) => position.market)),
        ...(await Promise.all(markets.map((market) => instructions.settle(chain.at, { market, marginAccounts: [account.address] })))),
      ],
      said: ({ events }) => {
        const settled = events.filter((event) => event.name === "Settled").map(({ data }) => (data.profitPaid > 0n ? `+${money(data.profitPaid, quote)}` : `−${money(data.lossPaid, quote)}`));
        return settled.length === 0 ? "Nothing could be settled now." : `Cash changed by ${settled.join(" and ")} ${quote.symbol}.`;
      },
    });
  return <Button small disabled={markets.length === 0 || isBusy || cannot !== null} title="Losses are paid, gains become cash as far as the pool reaches" onClick={settle}>Settle now</Button>;
}
