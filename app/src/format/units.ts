import { decimal, exact, short, signed } from "./numbers.ts";

/** Decimals of the quote token, and its name. */
export interface Quote {
  readonly decimals: number;
  readonly symbol: string;
}

/** Money with cents; finer amounts by `exactMoney`. */
export function money(atoms: bigint, quote: Quote): string {
  return decimal(atoms, quote.decimals, 2);
}

export function signedMoney(atoms: bigint, quote: Quote): string {
  return signed(atoms, quote.decimals, 2);
}

/** Every atom of it. */
export function exactMoney(atoms: bigint, quote: Quote): string {
  return exact(atoms, quote.decimals);
}

export function shortMoney(atoms: bigint, quote: Quote): string {
  return short(atoms, quote.decimals);
}

/** Lots as units of the asset: 150 lots of 0.01 SOL are 1.50. */
export function size(lots: bigint, lotExponent: number): string {
  const scale = Math.max(0, -lotExponent);
  return decimal(lots * 10n ** BigInt(Math.max(0, lotExponent)), scale, scale);
}

export function signedSize(lots: bigint, lotExponent: number): string {
  const scale = Math.max(0, -lotExponent);
  return signed(lots * 10n ** BigInt(Math.max(0, lotExponent)), scale, scale);
}

/** The decimals in which a price per unit is exact, counted in quote atoms per lot. */
export function priceScale(lotExponent: number, quote: Quote): number {
  return quote.decimals + lotExponent;
}

/** A price per lot as a price per unit, with as many decimals as make five digits, and two at least. */
export function price(atomsPerLot: bigint, lotExponent: number, quote: Quote): string {
  const scale = priceScale(lotExponent, quote);
  if (scale < 0) return decimal(atomsPerLot * 10n ** BigInt(-scale), 0, 2);
  const whole = atomsPerLot.toString().length - scale;
  return decimal(atomsPerLot, scale, whole >= 3 ? 2 : Math.min(6, 5 - whole));
}

/** A distance between prices: a decimal more than the price itself is shown with. */
export function spread(atomsPerLot: bigint, beside: bigint, lotExponent: number, quote: Quote): string {
  const scale = priceScale(lotExponent, quote);
  const shown = price(beside, lotExponent, quote).split(".")[1]?.length ?? 0;
  return scale < 0 ? price(atomsPerLot, lotExponent, quote) : decimal(atomsPerLot, scale, shown + 1);
}

/** A price for a chart's axis: a float is good enough for pixels. */
export function chartPrice(atomsPerLot: bigint | number, lotExponent: number, quote: Quote): number {
  return Number(atomsPerLot) / 10 ** priceScale(lotExponent, quote);
}
