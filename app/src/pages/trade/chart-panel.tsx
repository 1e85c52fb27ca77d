import { useMemo } from "react";

import { useNow } from "../../chain/chain-context.tsx";
import { PriceChart, type Guide } from "../../charts/price-chart.tsx";
import { decimal, percent } from "../../format/numbers.ts";
import { duration } from "../../format/times.ts";
import { chartPrice, price, size, spread } from "../../format/units.ts";
import type { Listed } from "../../model/books.ts";
import { useChosenAccount } from "../../model/own-accounts.ts";
import { useQuote } from "../../model/use-quote.ts";
import { Badge } from "../../ui/badge.tsx";
import { Stat } from "../../ui/figure.tsx";
import { level, quality } from "../../ui/states.ts";
import { useAccountView, useLevel, usePrice } from "../../valuation/hooks.ts";

/** The market's price with everything that says how far to trust it, and its course. */
export function ChartPanel({ market }: { market: Listed }) {
  const quote = useQuote();
  const { row, symbol, index } = market;
  const view = useAccountView(useChosenAccount());
  const held = view?.holdings.find((holding) => holding.asset === index);
  const guides = useMemo<Guide[]>(() => {
    const { liquidationPrice = null, size: lots = 0n, entry = 0n } = held ?? {};
    const at = (atoms: number | bigint): number => chartPrice(atoms, row.lotExponent, quote);
    const paid: Guide[] = lots === 0n ? [] : [{ at: at(Math.abs(Number(entry) / Number(lots))), text: "entry", tone: "ink-faint" }];
    return liquidationPrice === null ? paid : [...paid, { at: at(liquidationPrice), text: "liquidation", tone: "danger" }];
  }, [held, row.lotExponent, quote]);
  return (
    <section aria-label={`${symbol} price`} className="min-w-0 border border-rule bg-sheet">
      <MarketHeader market={market} />
      <div className="h-[13rem] px-1 pb-1 md:h-[23rem] xl:h-[27rem]">
        <PriceChart asset={index} lotExponent={row.lotExponent} quote={quote} guides={guides} label={`${symbol} mark since this page was opened, now ${price(row.mark, row.lotExponent, quote)}`} />
      </div>
    </section>
  );
}

function MarketHeader({ market }: { market: Listed }) {
  const quote = useQuote();
  const now = useNow();
  const { row, symbol, index, market: books } = market;
  const at = usePrice(index);
  const breaker = useLevel(index);
  const [grade, stands] = [at === null ? null : quality(at.quality), breaker === null ? null : level(breaker.level)];
  const until = breaker?.causes.find((cause) => cause.level === breaker.level)?.until ?? null;
  return (
    <header className="border-b border-rule p-4">
      <div className="flex flex-wrap items-end gap-x-5 gap-y-2">
        <div>
          <h2 className="text-[13.5px] font-semibold">{symbol} perpetual</h2>
          <p className="figure text-[30px] leading-9 font-semibold tracking-[-0.02em]" data-testid="mark">{price(row.mark, row.lotExponent, quote)}</p>
        </div>
        <div className="pb-1">
          <div className="flex gap-1.5">
            {grade !== null && <Badge tone={grade.tone}>{grade.name}</Badge>}
            {stands !== null && <Badge tone={stands.tone}>{`Breaker: ${stands.name.toLowerCase()}`}</Badge>}
          </div>
          <p className="label mt-1.5">
            ±{spread(row.confidence, row.mark, row.lotExponent, quote)} · {at === null ? "–" : `${duration(at.age)} old`}
          </p>
        </div>
        <dl className="ml-auto grid grid-cols-2 gap-x-6 gap-y-2 max-sm:ml-0 max-sm:w-full sm:grid-cols-4">
          <Stat name="Open interest" width="9ch">{books === null ? null : `${size(books.data.longOpenInterest, row.lotExponent)} ${symbol}`}</Stat>
          <Stat name="Initial / maintenance">{`${percent(row.initialRatioBps, 1)} / ${percent(row.maintenanceRatioBps, 1)}`}</Stat>
          <Stat name="Volatility multiplier">{`${decimal(BigInt(row.initialMultiplierBps), 4, 2)} ×`}</Stat>
          <Stat name="Taker fee">{books === null ? null : percent(books.data.takerFeeBps)}</Stat>
        </dl>
      </div>
      {stands !== null && stands.name !== "Normal" && (
        <p className="mt-3 border-l-2 border-caution pl-3 text-[13px] text-soft">
          <strong className="font-semibold text-ink">{stands.name}{until !== null && until > now ? `, ${duration(until - now)} left` : ""}.</strong> {stands.text}
        </p>
      )}
      {at !== null && at.addRisk !== null && (
        <p className="mt-3 border-l-2 border-caution pl-3 text-[13px] text-soft">
          <strong className="font-semibold text-ink">No new risk at this price.</strong>{" "}
          {at.riskOpensAt > now && at.riskOpensAt < now + 86_400n ? `It settles in ${duration(at.riskOpensAt - now)}. ` : ""}{quality(at.quality).text}
        </p>
      )}
    </header>
  );
}
