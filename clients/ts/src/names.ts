import { getBase58Decoder, type ReadonlyUint8Array } from "@solana/kit";

import { type AssetRow } from "./generated/index.js";

/** How far a breaker narrows what is permitted, by its number. */
export const LEVELS = ["Normal", "Caution", "ReduceOnly", "LiquidationOnly", "Halted"] as const;
export type Level = (typeof LEVELS)[number];

/** What the price gate made of a price, by its number: worst first. */
export const QUALITIES = ["Invalid", "Stale", "Uncertain", "Fresh", "Confirmed"] as const;
export type PriceQuality = (typeof QUALITIES)[number];

/** What a change of parameters does, by its number. */
export const DIRECTIONS = ["Unchanged", "Tightening", "Loosening"] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Where a proposal stands, by its number. */
export const PROPOSAL_STATES = ["Open", "Executed", "Vetoed"] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

/** A stored level; one that is none counts as the highest, as it does for the program. */
export function levelName(level: number): Level {
  return LEVELS[level] ?? "Halted";
}

/** A stored quality; one that is none counts as the worst. */
export function qualityName(quality: number): PriceQuality {
  return QUALITIES[quality] ?? "Invalid";
}

/** Pyth's ids of feeds in US dollars. */
const PYTH_FEEDS: Readonly<Record<string, string>> = {
  ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d: "SOL",
  e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43: "BTC",
  ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace: "ETH",
};
/** What local worlds fill the rest of a feed's id with, behind the symbol. */
const LOCAL_FILL = 0xfb;

/** The symbol of a feed, as far as it is known; else the first letters of its id. */
export function symbolOfFeed(feed: ReadonlyUint8Array): string {
  const hex = Array.from(feed, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const end = feed.indexOf(LOCAL_FILL);
  const isLocal = end > 0 && feed.slice(end).every((byte) => byte === LOCAL_FILL);
  return PYTH_FEEDS[hex] ?? (isLocal ? text(feed.slice(0, end)) : getBase58Decoder().decode(feed).slice(0, 6));
}

/** An asset's symbol, as it was listed. */
export function symbolOf(row: Pick<AssetRow, "symbol" | "primaryFeed">): string {
  const bytes = Uint8Array.from(row.symbol);
  const end = bytes.indexOf(0);
  return text(end < 0 ? bytes : bytes.slice(0, end)) || symbolOfFeed(Uint8Array.from(row.primaryFeed));
}

function text(bytes: ReadonlyUint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "")).join("");
}
