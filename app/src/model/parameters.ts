import type { AssetParameters, BankParameters, Change, FundParameters, MarketConfig } from "@firebreak/client";

import type { Books } from "./books.ts";

/** A parameter set that governance changes as a whole. */
export type SetKind = "asset" | "market" | "bank" | "fund";

/** Which set: of which asset, market or bank. */
export interface SetName {
  readonly kind: SetKind;
  readonly index: number;
}

type Parameters = AssetParameters | MarketConfig | BankParameters | FundParameters;
type Leaf = number | bigint;

/** All values of a set, in the order of its rules: as the program's struct has them, inner ones in their place. */
export function valuesOf(parameters: Parameters): bigint[] {
  return leaves(parameters);
}

function leaves(value: object): bigint[] {
  return Object.values(value).flatMap((item: Leaf | object) => (typeof item === "object" ? leaves(item) : [BigInt(item)]));
}

/** The same set with other values. */
function rebuilt<T extends Parameters>(shape: T, values: readonly bigint[]): T {
  let at = 0;
  const fill = (value: object): object =>
    Object.fromEntries(
      Object.entries(value).map(([key, item]: [string, Leaf | object]) => {
        if (typeof item === "object") return [key, fill(item)];
        const next = values[at] ?? 0n;
        at += 1;
        return [key, typeof item === "number" ? Number(next) : next];
      }),
    );
  return fill(shape) as T;
}

function assetSet(books: Books, index: number): AssetParameters | null {
  const row = books.listed[index]?.row;
  if (row === undefined) return null;
  const { initialRatioBps, maintenanceRatioBps, gainWeightBps, maxAgeSeconds, freshAgeSeconds, confidenceFreshBps, confidenceMaxBps } = row;
  const { emaBandBps, emaSeconds, agreementBps, calmVariance, multiplierCapBps, varianceSeconds, noticeSeconds, group, groupWeightBps } = row;
  return {
    initialRatioBps, maintenanceRatioBps, gainWeightBps, maxAgeSeconds, freshAgeSeconds, confidenceFreshBps, confidenceMaxBps,
    emaBandBps, emaSeconds, agreementBps, calmVariance, multiplierCapBps, varianceSeconds, noticeSeconds, group, groupWeightBps,
  };
}

function marketSet(books: Books, index: number): MarketConfig | null {
  const listed = books.listed[index];
  if (listed?.market == null) return null;
  const { row, market } = listed;
  const { penaltyMinBps, penaltyMaxBps, penaltyRampBpsPerMinute, insuranceShareBps, bufferBps, exitSlippageBps, priceBandBps, takerFeeBps } = market.data;
  const { liquidationWindowSeconds, insuranceWindowSeconds, maxOpenInterestLots, sliceLots, minPositionLots, liquidationWindowLots, depthLots } = market.data;
  const { insuranceEventCap, insuranceWindowCap, trancheTarget, coinsuranceShareBps, feeShareBps, fundingCapBps, fundingSeconds, premiumSeconds } = market.data;
  const { liquidatedBps, liquidatedFloorLots, drawdownBps, graceSeconds } = market.data;
  const { moveBps, uncertainSeconds, cooldownSeconds } = row;
  return {
    penaltyMinBps, penaltyMaxBps, penaltyRampBpsPerMinute, insuranceShareBps, bufferBps, exitSlippageBps, priceBandBps, takerFeeBps,
    liquidationWindowSeconds, insuranceWindowSeconds, maxOpenInterestLots, sliceLots, minPositionLots, liquidationWindowLots, depthLots,
    insuranceEventCap, insuranceWindowCap, trancheTarget, coinsuranceShareBps, feeShareBps, fundingCapBps, fundingSeconds, premiumSeconds,
    breaker: { moveBps, uncertainSeconds, liquidatedBps, liquidatedFloorLots, drawdownBps, cooldownSeconds, graceSeconds },
  };
}

function bankSet(books: Books, index: number): BankParameters | null {
  const bank = books.banks.find((one) => one.data.index === index)?.data;
  if (bank === undefined) return null;
  const row = books.listed[bank.asset]?.row;
  const { depositCap, hourlyShareBps, dailyShareBps, outflowFloor, smallExit } = bank;
  return {
    depositCap, haircutBps: row?.haircutBps ?? 0, discountBps: row?.discountBps ?? 0, surchargeBps: row?.surchargeBps ?? 0,
    outflow: { hourlyShareBps, dailyShareBps, outflowFloor, smallExit },
  };
}

function inForce(books: Books, { kind, index }: SetName): Parameters | null {
  switch (kind) {
    case "asset": return assetSet(books, index);
    case "market": return marketSet(books, index);
    case "bank": return bankSet(books, index);
    case "fund": return { cooldownSeconds: books.fund.data.cooldownSeconds };
  }
}

/** The values in force, in the order of the set's rules. */
export function valuesInForce(books: Books, name: SetName): bigint[] | null {
  const set = inForce(books, name);
  return set === null ? null : valuesOf(set);
}

/** The change that puts these values in force. */
export function changeTo(books: Books, { kind, index }: SetName, values: readonly bigint[]): Change | null {
  if (kind === "asset") {
    const set = assetSet(books, index);
    return set === null ? null : { __kind: "Asset", index, parameters: rebuilt(set, values) };
  }
  if (kind === "market") {
    const set = marketSet(books, index);
    return set === null ? null : { __kind: "Market", index, parameters: rebuilt(set, values) };
  }
  if (kind === "bank") {
    const set = bankSet(books, index);
    return set === null ? null : { __kind: "Bank", index, parameters: rebuilt(set, values) };
  }
  return { __kind: "Fund", parameters: rebuilt({ cooldownSeconds: 0 }, values) };
}

/** The set that a change is of, and its values; null for changes of other kinds. */
export function setOf(change: Change): { name: SetName; values: bigint[] } | null {
  switch (change.__kind) {
    case "Asset": return { name: { kind: "asset", index: change.index }, values: valuesOf(change.parameters) };
    case "Market": return { name: { kind: "market", index: change.index }, values: valuesOf(change.parameters) };
    case "Bank": return { name: { kind: "bank", index: change.index }, values: valuesOf(change.parameters) };
    case "Fund": return { name: { kind: "fund", index: 0 }, values: valuesOf(change.parameters) };
    default: return null;
  }
}

/** The values that a proposal replaces, as it keeps them: 64 bits each. */
export function keptValues(before: Uint8Array, count: number): bigint[] {
  const view = new DataView(before.buffer, before.byteOffset, before.byteLength);
  return Array.from({ length: count }, (_, index) => view.getBigUint64(index * 8, true));
}
