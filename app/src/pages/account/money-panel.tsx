import { exactMoney, money, signedMoney } from "../../format/units.ts";
import type { OwnAccount } from "../../model/own-accounts.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Row, Value } from "../../ui/figure.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useAccountView } from "../../valuation/hooks.ts";

/** What the account has, by rank: cash was really paid in; a gain waits until the market's pool can pay it. */
export function MoneyPanel({ account }: { account: OwnAccount }) {
  const quote = useQuote();
  const view = useAccountView(account);
  return (
    <Panel title="What it has" note={`in ${quote.symbol}`}>
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
        <Row name="Cash">{view === null ? null : money(view.cash, quote)}</Row>
        <Row name="Unsettled gains">{view === null ? null : signedMoney(view.waitingProfit, quote)}</Row>
        <Row name="Unsettled losses">{view === null ? null : signedMoney(view.unsettledLoss, quote)}</Row>
        <Row name="Collateral after haircut">{view === null ? null : money(view.collateral, quote)}</Row>
        <Row name="Equity" strong>{view === null ? null : <span data-testid="equity-exact">{exactMoney(view.equity, quote)}</span>}</Row>
      </dl>
    </Panel>
  );
}
