import { useMemo } from "react";

import { useBooks } from "../../chain/chain-context.tsx";
import { AtRiskChart } from "../../charts/at-risk-chart.tsx";
import { useQuote } from "../../model/use-quote.ts";
import { Skeleton } from "../../ui/figure.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useAtRisk } from "../../valuation/hooks.ts";
import { HistoryList } from "../account/history-list.tsx";
import { AtRiskTable } from "./at-risk-table.tsx";
import { BreakersPanel } from "./breakers-panel.tsx";
import { FeedsTable } from "./feeds-table.tsx";
import { IdentitiesPanel } from "./identities-panel.tsx";
import { MarketsTable } from "./markets-table.tsx";

const WORDS = ["Liquidation", "Insured loss", "Collateral sold", "ADL", "Deficit", "Breaker"];

/** The whole board: prices and how far to trust them, what is at risk, what happened, and whether the books come out even. */
export default function RiskPage() {
  const books = useBooks();
  const quote = useQuote();
  const atRisk = useAtRisk();
  const symbols = books?.listed.map((listed) => listed.symbol) ?? [];
  const addresses = useMemo(
    () => (books === null ? [] : [...books.listed.flatMap((listed) => (listed.market === null ? [] : [listed.market.address])), books.at.breaker, books.at.insuranceFund]),
    [books?.at, books?.listed.length],
  );
  return (
    <div className="grid items-start gap-3 xl:grid-cols-[minmax(0,1fr)_29rem]">
      <div className="flex min-w-0 flex-col gap-3">
        <Panel title="Prices" note="What the program accepted last, and how far it trusts it" flush><FeedsTable /></Panel>
        <Panel title="Markets" flush><MarketsTable /></Panel>
        <Panel title="Accounts at risk" note="From the program’s own valuation, at present marks">
          {atRisk === null ? <Skeleton width="60%" /> : <AtRiskChart accounts={atRisk} symbols={symbols} quote={quote} />}
        </Panel>
        <Panel title="Closest to liquidation" flush><AtRiskTable accounts={atRisk ?? []} /></Panel>
      </div>
      <div className="flex min-w-0 flex-col gap-3">
        <BreakersPanel />
        <IdentitiesPanel />
        <Panel title="Losses and breakers" note="Liquidations, deficits, auto-deleveraging" flush>
          <HistoryList addresses={addresses} limit={60} words={WORDS} empty="No liquidation, deficit or breaker lately." />
        </Panel>
      </div>
    </div>
  );
}
