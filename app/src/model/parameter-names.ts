import { decimal } from "../format/numbers.ts";
import { duration } from "../format/times.ts";
import { money, size, type Quote } from "../format/units.ts";

/** Parameters whose names do not say it all. */
const WORDS: Readonly<Record<string, string>> = {
  max_age_seconds: "Oldest price accepted", fresh_age_seconds: "Fresh up to an age of", confidence_fresh_bps: "Confidence of a fresh price", confidence_max_bps: "Widest confidence accepted",
  variance_seconds: "Variance averaging time", group_weight_bps: "Weight of the group", max_open_interest_lots: "Most open interest", min_position_lots: "Least position left", slice_lots: "Liquidation slice",
  gain_weight_bps: "Weight of unsettled gains", ema_band_bps: "Band around the average", ema_seconds: "Averaging time", agreement_bps: "Two feeds agree within",
  calm_variance: "Calm variance (per second, 40 bits)", multiplier_cap_bps: "Highest margin multiplier", notice_seconds: "Notice of higher margin", group: "Correlation group",
  buffer_bps: "Liquidation buffer", depth_lots: "Depth (margin per lot doubled)", insurance_event_cap: "Insurance cap per event", insurance_window_cap: "Insurance cap per window",
  fee_share_bps: "Insurance share of fees", insurance_share_bps: "Insurance share of penalties", coinsurance_share_bps: "Co-insurance share", move_bps: "Breaker: price move",
  uncertain_seconds: "Breaker: doubt", liquidated_bps: "Breaker: liquidated share", liquidated_floor_lots: "Breaker: least open interest", drawdown_bps: "Breaker: tranche drawdown",
  cooldown_seconds: "Cool-down", grace_seconds: "Grace after reopening", hourly_share_bps: "Outflow per hour", daily_share_bps: "Outflow per day", outflow_floor: "Outflow floor",
  small_exit: "Small exit", discount_bps: "Liquidation discount",
};

/** What a parameter is called on the page. */
export function parameterName(name: string): string {
  const known = WORDS[name];
  if (known !== undefined) return known;
  const plain = name.replace(/_bps_per_minute$/, " per minute").replace(/_(bps|seconds|lots)$/, "").replaceAll("_", " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** The unit in which a parameter is written and typed: how many decimals its integer has in it. */
export interface ParameterUnit {
  readonly scale: number;
  readonly unit: string;
}

export function parameterUnit(name: string, lotExponent: number, quote: Quote): ParameterUnit {
  if (name === "multiplier_cap_bps") return { scale: 4, unit: "×" };
  if (name.includes("bps")) return { scale: 2, unit: "%" };
  if (name.endsWith("_seconds")) return { scale: 0, unit: "s" };
  if (name.endsWith("_lots")) return { scale: Math.max(0, -lotExponent), unit: "" };
  if (isMoney(name)) return { scale: quote.decimals, unit: quote.symbol };
  return { scale: 0, unit: "" };
}

function isMoney(name: string): boolean {
  return /_cap$|_target$|_floor$|_exit$/.test(name);
}

/** How a parameter's value is read. */
export function parameterText(name: string, value: bigint, lotExponent: number, quote: Quote): string {
  const { scale, unit } = parameterUnit(name, lotExponent, quote);
  if (unit === "s") return duration(value);
  if (isMoney(name)) return value >= 1n << 56n ? "no cap" : money(value, quote);
  if (name.endsWith("_lots")) return size(value, lotExponent);
  return unit === "" ? decimal(value, scale, scale) : `${decimal(value, scale, 2)} ${unit}`;
}
