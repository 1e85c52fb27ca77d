import { useBooks, useNow } from "../../chain/chain-context.tsx";
import { duration } from "../../format/times.ts";
import { Badge } from "../../ui/badge.tsx";
import { Skeleton } from "../../ui/figure.tsx";
import { Panel } from "../../ui/panel.tsx";
import { level } from "../../ui/states.ts";
import { useLevel } from "../../valuation/hooks.ts";
import type { LevelCause, LevelView } from "../../valuation/views.ts";

const SOURCES: Readonly<Record<LevelCause["source"], string>> = {
  "global emergency": "Everything: tripped as an emergency",
  "global standing": "Everything: standing restriction",
  emergency: "Tripped by guardian or authority",
  standing: "Standing restriction of the authority",
  automatic: "Automatic: price or losses",
  books: "Books: liquidations or insurance payments of late",
};

export function sourceText(cause: LevelCause): string {
  return SOURCES[cause.source] + (cause.reason === 0 ? "" : ` (reason ${cause.reason})`);
}

/** The level in force in each market, who asks for it, and for how long. */
export function BreakersPanel() {
  const markets = (useBooks()?.listed ?? []).filter((listed) => listed.market !== null);
  return (
    <Panel title="Breakers" note="What is open, and why" flush>
      <ul>
        <li className="border-b border-rule"><BreakerLine name="Everything" market={255} /></li>
        {markets.map((listed) => <li key={listed.index} className="border-b border-rule last:border-b-0"><BreakerLine name={listed.symbol} market={listed.index} /></li>)}
      </ul>
    </Panel>
  );
}

function BreakerLine({ name, market }: { name: string; market: number }) {
  const view: LevelView | null = useLevel(market);
  const now = useNow();
  const stands = view === null ? null : level(view.level);
  return (
    <div className="px-4 py-2.5 text-[13px]" data-testid={`breaker-${name}`}>
      <div className="flex items-center justify-between">
        <span className="font-semibold">{name}</span>
        {stands === null ? <Skeleton /> : <Badge tone={stands.tone} title={stands.text}>{stands.name}</Badge>}
      </div>
      {view !== null && view.causes.length > 0 && (
        <ul className="mt-1 text-soft">
          {view.causes.map((cause) => (
            <li key={cause.source} className="flex justify-between gap-3">
              <span>{level(cause.level).name}: {sourceText(cause)}</span>
              <span className="figure">{cause.until === null ? "while it lasts" : `${duration(cause.until - now)} left`}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
