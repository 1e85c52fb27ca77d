import type { MarginAccountWithSlots } from "@firebreak/client";
import { useMemo, useSyncExternalStore } from "react";

import { useBooks } from "../chain/chain-context.tsx";
import { useWallet } from "../wallet/wallet-context.tsx";
import type { Entry } from "./books.ts";

export type OwnAccount = Entry<MarginAccountWithSlots>;

/** The connected wallet's margin accounts, in the order of their numbers. */
export function useOwnAccounts(): readonly OwnAccount[] {
  const books = useBooks();
  const owner = useWallet().wallet?.address ?? null;
  return useMemo(
    () => (books?.accounts ?? []).filter((account) => account.data.owner === owner).sort((one, other) => one.data.subId - other.data.subId),
    [books, owner],
  );
}

const listeners = new Set<() => void>();
let chosen = 0;

/** Chooses which of the own accounts the pages act for. */
export function chooseAccount(subId: number): void {
  chosen = subId;
  for (const listener of listeners) listener();
}

function observe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The account that the pages act for: the chosen one, else the first; null where there is none. */
export function useChosenAccount(): OwnAccount | null {
  const own = useOwnAccounts();
  const subId = useSyncExternalStore(observe, () => chosen);
  return own.find((account) => account.data.subId === subId) ?? own[0] ?? null;
}

/** What an account is called in sentences. */
export function nameOf(account: OwnAccount, symbols: readonly string[]): string {
  const { subId, isolatedMarket } = account.data;
  const kind = isolatedMarket === 255 ? "all markets" : `${symbols[isolatedMarket] ?? `market ${isolatedMarket}`} only`;
  return subId === 0 && isolatedMarket === 255 ? "Main account" : `Account ${subId} · ${kind}`;
}
