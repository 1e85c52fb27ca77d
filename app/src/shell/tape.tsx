import { useBooks } from "../chain/chain-context.tsx";
import { price } from "../format/units.ts";
import type { Listed } from "../model/books.ts";
import { useQuote } from "../model/use-quote.ts";
import { level, quality } from "../ui/states.ts";
import { Badge } from "../ui/badge.tsx";
import { Skeleton } from "../ui/figure.tsx";
import { useLevel, usePrice } from "../valuation/hooks.ts";

/** Every market in one line: its mark, whether the program accepts the price, and its breaker. */
export function Tape() {
  const markets = useBooks()?.listed.filter((listed) => listed.market !== null) ?? [];
  return (
    <div className="border-b border-rule bg-sheet">
      <ul aria-label="Markets" className="mx-auto flex h-10 max-w-[1680px] items-stretch overflow-x-auto px-0 md:px-2" tabIndex={0}>
        {markets.length === 0 ? <li className="flex items-center px-3"><Skeleton width="16rem" /></li> : markets.map((listed) => <Ticker key={listed.index} listed={listed} />)}
      </ul>
    </div>
  );
}

function Ticker({ listed }: { listed: Listed }) {
  const quote = useQuote();
  const at = usePrice(listed.index);
  const breaker = useLevel(listed.index);
  const grade = at === null ? null : quality(at.quality);
  const stands = breaker === null ? null : level(breaker.level);
  return (
    <li className="flex shrink-0 border-r border-rule">
      <a href={`#/trade/${listed.symbol}`} className="flex items-center gap-2.5 px-3 hover:bg-raised">
        <span className="font-semibold">{listed.symbol}</span>
        <span className="figure min-w-[8ch] text-right">{price(listed.row.mark, listed.row.lotExponent, quote)}</span>
        {grade === null ? <Skeleton width="3.4rem" /> : <Badge tone={grade.tone} title={grade.text}>{grade.name}</Badge>}
        {stands !== null && stands.name !== "Normal" && <Badge tone={stands.tone} title={stands.text}>{stands.name}</Badge>}
      </a>
    </li>
  );
}
