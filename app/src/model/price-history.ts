import type { AssetRow } from "@firebreak/client";

/** A price that the board showed, and its averages, in quote atoms per lot. */
export interface Seen {
  readonly time: number;
  readonly mark: bigint;
  readonly ema: bigint;
  readonly confidence: bigint;
}

const MOST = 4_000;
const NOTHING: readonly Seen[] = [];
/** An average is kept with 16 fraction bits. */
const EMA_BITS = 16n;

/** Prices since the page was opened, by asset: the chain keeps only the last one. */
class PriceHistory {
  readonly #seen = new Map<number, Seen[]>();
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  of(asset: number): readonly Seen[] {
    return this.#seen.get(asset) ?? NOTHING;
  }

  note(rows: readonly AssetRow[]): void {
    let isNew = false;
    rows.forEach((row, asset) => {
      if (row.mark === 0n) return;
      const seen = this.#seen.get(asset) ?? [];
      const time = Number(row.publishTime);
      const last = seen.at(-1);
      if (last !== undefined && (time < last.time || (time === last.time && last.mark === row.mark))) return;
      const next: Seen = { time, mark: row.mark, ema: row.ema >> EMA_BITS, confidence: row.confidence };
      const before = last?.time === time ? seen.slice(0, -1) : seen;
      this.#seen.set(asset, [...before.slice(-MOST), next]);
      isNew = true;
    });
    if (isNew) for (const listener of this.#listeners) listener();
  }
}

export const priceHistory = new PriceHistory();
