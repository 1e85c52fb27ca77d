import { useBooks, useNow } from "../../chain/chain-context.tsx";
import { decimal } from "../../format/numbers.ts";
import { duration } from "../../format/times.ts";
import { money } from "../../format/units.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Badge } from "../../ui/badge.tsx";
import { Stat } from "../../ui/figure.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useFund } from "../../valuation/hooks.ts";

/** What stands behind every market. */
export function FundPanel() {
  const quote = useQuote();
  const now = useNow();
  const data = useBooks()?.fund.data ?? null;
  const fund = useFund(null);
  const isClosed = data !== null && data.closedUntil > now;
  return (
    <Panel
      title="Insurance fund"
      actions={data !== null && (isClosed ? <Badge tone="danger">Exits closed for {duration(data.closedUntil - now)}</Badge> : <Badge tone="safe">Exits open</Badge>)}
    >
      <dl className="grid grid-cols-2 gap-x-6 gap-y-4 md:grid-cols-5">
        <Stat name={`Total, ${quote.symbol}`} large width="10ch">{fund === null ? null : money(fund.total, quote)}</Stat>
        <Stat name="In its vault" width="10ch">{fund === null ? null : money(fund.assets, quote)}</Stat>
        <Stat name="In the markets’ tranches" width="10ch">{fund === null ? null : money(fund.deployed, quote)}</Stat>
        <Stat name="Share price" note="1.000000 when the epoch began" width="8ch">{fund === null ? null : decimal(fund.price, quote.decimals, 6)}</Stat>
        <Stat name="Cool-down" width="8ch">{data === null ? null : duration(data.cooldownSeconds)}</Stat>
      </dl>
      {isClosed && <p className="mt-4 border-l-2 border-danger pl-3 text-[13px] text-soft">A deficit was reported: nobody leaves before it is resolved, so that its loss falls on those who insured it.</p>}
    </Panel>
  );
}
