import { useMemo } from "react";

import { percent } from "../format/numbers.ts";
import { shortMoney, type Quote } from "../format/units.ts";
import type { AtRiskView } from "../valuation/views.ts";

const WIDTH = 800;
const HEIGHT = 184;
const LEFT = 8;
const BASE = HEIGHT - 26;
/** Beyond half of its price, an account is not at risk: it stands at the right edge. */
const FARTHEST_BPS = 5_000;
const BANDS = [[0, 700, "danger"], [700, 2_000, "caution"], [2_000, FARTHEST_BPS, "safe"]] as const;
const TICKS = [0, 500, 1_000, 2_000, 3_000, 4_000, 5_000];

function across(bps: number): number {
  return LEFT + (Math.min(bps, FARTHEST_BPS) / FARTHEST_BPS) ** 0.6 * (WIDTH - LEFT - 12);
}

function colourOf(bps: number): string {
  const band = BANDS.find(([from, to]) => bps >= from && bps < to);
  return `var(--${band?.[2] ?? "safe"})`;
}

/** Every account with positions by how far a price is from liquidating it: left is close. The area of a dot is its size. */
export function AtRiskChart({ accounts, symbols, quote }: { accounts: readonly AtRiskView[]; symbols: readonly string[]; quote: Quote }) {
  const dots = useMemo(() => place(accounts), [accounts]);
  const text = summary(accounts);
  return (
    <figure>
      <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label="Accounts by distance to liquidation">
        <svg role="img" aria-label={text} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="h-auto w-full min-w-[34rem]">
          {BANDS.map(([from, to, tone]) => (
            <rect key={tone} x={across(from)} width={across(to) - across(from)} y={0} height={BASE} fill={`var(--${tone}-wash)`} opacity={0.5} />
          ))}
          {TICKS.map((tick) => (
            <g key={tick}>
              <line x1={across(tick)} x2={across(tick)} y1={0} y2={BASE} stroke="var(--rule)" />
              <text x={across(tick)} y={HEIGHT - 10} fontSize="11" fill="var(--ink-faint)" textAnchor={tick === 0 ? "start" : tick === FARTHEST_BPS ? "end" : "middle"}>{tick === 0 ? "liquidatable" : `${tick / 100} %`}</text>
            </g>
          ))}
          {dots.map(({ account, x, y, radius, bps }) => (
            <circle key={account.address} cx={x} cy={y} r={radius} fill={colourOf(bps)} fillOpacity={0.35} stroke={colourOf(bps)} strokeWidth={1.2}>
              <title>{`${account.address}: ${account.distanceBps === null ? "no price liquidates it" : `${symbols[account.nearestAsset ?? -1] ?? ""} ${percent(account.distanceBps, 1)} away`}, positions of ${shortMoney(account.notional, quote)}`}</title>
            </circle>
          ))}
        </svg>
      </div>
      <figcaption className="label mt-1">Distance of the nearest price that would liquidate, each dot an account, its area the value of its positions. {text}</figcaption>
    </figure>
  );
}

function summary(accounts: readonly AtRiskView[]): string {
  const within = (bps: bigint): number => accounts.filter((account) => account.distanceBps !== null && account.distanceBps < bps).length;
  const now = accounts.filter((account) => account.isLiquidatable).length;
  return `${accounts.length} accounts with positions: ${now} liquidatable now, ${within(700n)} within 7 %, ${within(2_000n)} within 20 %.`;
}

/** Dots that would cover each other move up: as simple as that, since only how many matters. */
function place(accounts: readonly AtRiskView[]) {
  const largest = accounts.reduce((most, account) => (account.notional > most ? account.notional : most), 1n);
  const columns = new Map<number, number>();
  return accounts.map((account) => {
    const bps = account.distanceBps === null ? FARTHEST_BPS : Number(account.distanceBps);
    const radius = 3.5 + 10 * Math.sqrt(Number((account.notional * 10_000n) / largest) / 10_000);
    const x = Math.min(Math.max(across(bps), LEFT + radius), across(FARTHEST_BPS) - radius);
    const column = Math.round(x / 14);
    const floor = columns.get(column) ?? BASE - 6;
    columns.set(column, floor - radius * 2 - 2 < 20 ? BASE - 6 : floor - radius * 2 - 2);
    return { account, x, y: floor - radius, radius, bps };
  });
}
