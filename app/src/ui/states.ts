import { levelName, qualityName, type Level, type PriceQuality } from "@firebreak/client";

import type { Tone } from "./badge.tsx";

const QUALITY_TONES: Readonly<Record<PriceQuality, Tone>> = {
  Confirmed: "safe", Fresh: "safe", Uncertain: "caution", Stale: "danger", Invalid: "danger",
};

const QUALITY_WORDS: Readonly<Record<PriceQuality, string>> = {
  Confirmed: "Two feeds agree. Everything is possible.",
  Fresh: "Fresh. Everything is possible.",
  Uncertain: "Uncertain: positions can be reduced and liquidated, but nobody adds risk.",
  Stale: "Stale: trades and withdrawals with positions wait for a new price.",
  Invalid: "No price was accepted yet.",
};

export function quality(number: number): { name: string; tone: Tone; text: string } {
  const name = qualityName(number);
  return { name: name === "Invalid" ? "No price" : name, tone: QUALITY_TONES[name], text: QUALITY_WORDS[name] };
}

const LEVEL_TONES: Readonly<Record<Level, Tone>> = {
  Normal: "safe", Caution: "caution", ReduceOnly: "caution", LiquidationOnly: "danger", Halted: "danger",
};

const LEVEL_NAMES: Readonly<Record<Level, string>> = {
  Normal: "Normal", Caution: "Caution", ReduceOnly: "Reduce only", LiquidationOnly: "Liquidation only", Halted: "Halted",
};

const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  Normal: "Everything is open.",
  Caution: "New risk needs a quarter more margin, prices stay within half the band, open interest within half its cap.",
  ReduceOnly: "Positions can be made smaller, gains settled, flat accounts emptied. No new risk, no withdrawal beside positions.",
  LiquidationOnly: "Only liquidations, deposits and withdrawals of accounts without positions.",
  Halted: "Only deposits, cancelled offers and settled losses.",
};

export function level(number: number): { name: string; tone: Tone; text: string } {
  const name = levelName(number);
  return { name: LEVEL_NAMES[name], tone: LEVEL_TONES[name], text: LEVEL_WORDS[name] };
}

/** Health by what a price may still move: more is safer. */
export function distanceTone(bps: bigint | null): Tone {
  if (bps === null) return "safe";
  return bps >= 2_000n ? "safe" : bps >= 700n ? "caution" : "danger";
}
