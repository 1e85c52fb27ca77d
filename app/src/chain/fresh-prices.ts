import { instructions } from "@firebreak/client";
import type { Instruction } from "@solana/kit";

import type { Chain } from "./chain-context.tsx";

/**
 * Brings prices to the board in the same transaction, where the price accounts are known: on a local network. Elsewhere keepers do, and the
 * program refuses what is too old.
 */
export function freshPrices(chain: Chain, assets: readonly number[]): Instruction[] {
  const known = chain.local?.feeds;
  const feeds = [...new Set(assets)].flatMap((asset) => (known?.get(asset) ?? []).map((account) => ({ asset, account })));
  return feeds.length === 0 ? [] : [instructions.refreshPrices(chain.at, { feeds })];
}
