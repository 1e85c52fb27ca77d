import { useBooks } from "../../chain/chain-context.tsx";
import { money, size } from "../../format/units.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Cell, Line, Table } from "../../ui/table.tsx";

const COLUMNS = [
  { name: "Market" }, { name: "Open interest", isFigure: true }, { name: "Cap", isFigure: true }, { name: "Pool", isFigure: true },
  { name: "Tranche", isFigure: true }, { name: "Tranche target", isFigure: true }, { name: "Liquidated so far", isFigure: true }, { name: "Insurance paid so far", isFigure: true },
];

/** Each market's books: who is in it, and what stands behind it. */
export function MarketsTable() {
  const books = useBooks();
  const quote = useQuote();
  const fund = books?.fund.data;
  return (
    <>
      <Table label="Markets" columns={COLUMNS}>
        {(books?.listed ?? []).map(({ symbol, row, market }) => {
          if (market === null) return null;
          const { data } = market;
          return (
            <Line key={symbol}>
              <Cell head>{symbol}</Cell>
              <Cell figure>{size(data.longOpenInterest, row.lotExponent)}</Cell>
              <Cell figure><span className="text-soft">{size(data.maxOpenInterestLots, row.lotExponent)}</span></Cell>
              <Cell figure>{money(data.pool, quote)}</Cell>
              <Cell figure>{money(data.tranche, quote)}</Cell>
              <Cell figure><span className="text-soft">{money(data.trancheTarget, quote)}</span></Cell>
              <Cell figure>{size(data.liquidatedLots, row.lotExponent)}</Cell>
              <Cell figure>{money(data.insurancePaid, quote)}</Cell>
            </Line>
          );
        })}
      </Table>
      <p className="border-t border-rule px-4 py-2 text-[13px] text-soft">
        Behind all of them: the insurance fund with <span className="figure text-ink">{fund === undefined ? "–" : money(fund.assets, quote)}</span> {quote.symbol}, and <span className="figure text-ink">{fund === undefined ? "–" : money(fund.deployed, quote)}</span> of its money in the tranches.
      </p>
    </>
  );
}
