import type { Address } from "@solana/kit";

/** Bytes of an account, and the slot they are of. */
export interface Raw {
  readonly address: Address;
  readonly bytes: Uint8Array;
  readonly slot: bigint;
}

/** Where the connection stands. */
export type Phase = "connecting" | "live" | "stale" | "down";

/** A full reading: all accounts of one slot, and the vaults' token accounts, which did not change while they were read. */
export interface Whole {
  readonly slot: bigint;
  readonly accounts: ReadonlyMap<Address, Raw>;
  readonly vaults: ReadonlyMap<Address, Uint8Array>;
}

/** Everything the page knows, at one moment. A new object after each change. */
export interface Mirror {
  readonly phase: Phase;
  /** In words, where something is wrong. */
  readonly trouble: string | null;
  /** Milliseconds (performance clock) of the last sign of life. */
  readonly heardAt: number;
  readonly slot: bigint;
  readonly accounts: ReadonlyMap<Address, Raw>;
  readonly whole: Whole | null;
  /** The chain's clock when it was read, and when that was (performance clock). */
  readonly clock: { readonly time: bigint; readonly readAt: number } | null;
  readonly rereads: number;
  readonly reconnects: number;
}

export const EMPTY: Mirror = {
  phase: "connecting",
  trouble: null,
  heardAt: 0,
  slot: 0n,
  accounts: new Map(),
  whole: null,
  clock: null,
  rereads: 0,
  reconnects: 0,
};

/** Seconds the chain's clock shows now: what it showed, and what has passed since; it never runs ahead of a stale connection. */
export function chainNow(mirror: Mirror): bigint | null {
  if (mirror.clock === null) return null;
  const passed = mirror.phase === "live" ? performance.now() - mirror.clock.readAt : 0;
  return mirror.clock.time + BigInt(Math.min(5, Math.max(0, Math.floor(passed / 1_000))));
}
