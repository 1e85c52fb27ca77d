import { useBooks } from "../../chain/chain-context.tsx";
import { decimal, percent } from "../../format/numbers.ts";
import { duration } from "../../format/times.ts";
import { price, spread } from "../../format/units.ts";
import type { Listed } from "../../model/books.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Badge } from "../../ui/badge.tsx";
import { Skeleton } from "../../ui/figure.tsx";
import { quality } from "../../ui/states.ts";
import { Cell, Line, Table } from "../../ui/table.tsx";
import { usePrice } from "../../valuation/hooks.ts";

const COLUMNS = [
  { name: "Asset" }, { name: "Mark", isFigure: true }, { name: "± Confidence", isFigure: true }, { name: "Quality" }, { name: "Age", isFigure: true },
  { name: "Average", isFigure: true }, { name: "Feeds" }, { name: "New risk" }, { name: "Margin ×", isFigure: true },
];

export function FeedsTable() {
  const listed = useBooks()?.listed ?? [];
  return (
    <Table label="Prices" columns={COLUMNS}>
      {listed.map((one) => <FeedLine key={one.index} listed={one} />)}
    </Table>
  );
}

function FeedLine({ listed }: { listed: Listed }) {
  const quote = useQuote();
  const { row, symbol, index } = listed;
  const at = usePrice(index);
  const grade = at === null ? null : quality(at.quality);
  const shown = (atoms: bigint): string => price(atoms, row.lotExponent, quote);
  return (
    <Line>
      <Cell head>{symbol}</Cell>
      <Cell figure>{shown(row.mark)}</Cell>
      <Cell figure>{spread(row.confidence, row.mark, row.lotExponent, quote)} <span className="label ml-1">{at === null ? "" : percent(at.confidenceBps)}</span></Cell>
      <Cell>{grade === null ? <Skeleton /> : <Badge tone={grade.tone} title={grade.text}>{grade.name}</Badge>}</Cell>
      <Cell figure><span className="inline-block min-w-[5ch]">{at === null ? "–" : duration(at.age)}</span></Cell>
      <Cell figure>{at === null ? "–" : shown(at.ema)}</Cell>
      <Cell>{row.secondaryKind === 0 ? "one" : "two"}</Cell>
      <Cell>{at === null ? <Skeleton /> : at.addRisk === null ? <span className="text-soft">allowed</span> : <span className="text-caution">waits</span>}</Cell>
      <Cell figure>
        {decimal(BigInt(row.initialMultiplierBps), 4, 2)} <span className="label ml-1">of {decimal(BigInt(row.multiplierCapBps), 4, 1)} most</span>
      </Cell>
    </Line>
  );
}
