import { useBooks } from "../../chain/chain-context.tsx";
import { money, size } from "../../format/units.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Cell, Line, Table } from "../../ui/table.tsx";

const COLUMNS = [{ name: "Market" }, { name: "Paid for deficits", isFigure: true }, { name: "Liquidated", isFigure: true }, { name: "Tranche now", isFigure: true }, { name: "Target", isFigure: true }, { name: "Cap per event", isFigure: true }];

export function PaidTable() {
  const quote = useQuote();
  return (
    <Table label="What insurance paid" columns={COLUMNS}>
      {(useBooks()?.listed ?? []).map(({ symbol, row, market }) => market !== null && (
        <Line key={symbol}>
          <Cell head>{symbol}</Cell>
          <Cell figure><span className={market.data.insurancePaid > 0n ? "text-danger" : ""}>{money(market.data.insurancePaid, quote)}</span></Cell>
          <Cell figure>{size(market.data.liquidatedLots, row.lotExponent)}</Cell>
          <Cell figure>{money(market.data.tranche, quote)}</Cell>
          <Cell figure>{money(market.data.trancheTarget, quote)}</Cell>
          <Cell figure>{money(market.data.insuranceEventCap, quote)}</Cell>
        </Line>
      ))}
    </Table>
  );
}
