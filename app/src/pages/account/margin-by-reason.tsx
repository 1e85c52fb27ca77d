import { money } from "../../format/units.ts";
import type { OwnAccount } from "../../model/own-accounts.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Exact } from "../../ui/exact.tsx";
import { Row } from "../../ui/figure.tsx";
import { Headroom } from "../../ui/headroom.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useAccountView } from "../../valuation/hooks.ts";
import { distanceText, nearest } from "../trade/effect.tsx";

/** What the account must hold, and why: each reason is a line that adds up. */
export function MarginByReason({ account }: { account: OwnAccount }) {
  const quote = useQuote();
  const view = useAccountView(account);
  const distance = nearest(view);
  return (
    <Panel title="What it must hold" note={`in ${quote.symbol}`}>
      <div className="mb-3">
        <Headroom equity={view?.equity ?? 0n} maintenance={view?.maintenance ?? 0n} initial={view?.initial ?? 0n} distanceBps={distance} />
        <p className="mt-2 text-[13px] text-soft">
          {view === null ? " " : view.maintenance === 0n ? "Nothing is required without positions."
            : view.shortfall > 0n ? `${money(view.shortfall, quote)} is missing: anyone may liquidate. Deposit, or reduce.`
              : `${money(view.freeOfMaintenance, quote)} may be lost before anyone may liquidate: ${distance === null ? "no single price does" : `a move of ${distanceText(distance)} against you`}.`}
        </p>
      </div>
      <dl>
        <Row name="Shock" note="what prices could move">{view === null ? null : <Exact atoms={view.shock} quote={quote} testId="shock" />}</Row>
        <Row name="Liquidity" note="what closing would move">{view === null ? null : <Exact atoms={view.liquidity} quote={quote} testId="liquidity" />}</Row>
        <Row name="Offset" note="opposite positions of a group">{view === null ? null : <Exact atoms={-view.offset} quote={quote} testId="offset" />}</Row>
        <Row name="Maintenance margin" strong>{view === null ? null : <Exact atoms={view.maintenance} quote={quote} testId="maintenance-exact" />}</Row>
        <Row name="Initial margin" note="to add risk">{view === null ? null : <Exact atoms={view.initial} quote={quote} testId="initial-exact" />}</Row>
        <Row name="Free for new risk">{view === null ? null : <Exact atoms={view.freeCollateral} quote={quote} testId="free" />}</Row>
        <Row name="Haircut on collateral" note="already taken off equity">{view === null ? null : <Exact atoms={view.haircut} quote={quote} testId="haircut" />}</Row>
      </dl>
    </Panel>
  );
}
