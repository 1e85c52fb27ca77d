import type { MarginAccountWithSlots } from "@firebreak/client";
import type { AssetPrice } from "@firebreak/client/valuation";
import type { Address } from "@solana/kit";
import { useContext, useMemo } from "react";

import { useBooks, useChain, useMirror, useNow } from "../chain/chain-context.tsx";
import type { Mirror } from "../chain/mirror.ts";
import { booksOf, type Entry } from "../model/books.ts";
import { ValuationContext } from "./context.tsx";
import type { Valuation } from "./valuation.ts";
import type { AccountView, AtRiskView, FundView, IdentityView, LevelView } from "./views.ts";

/** The program's own code; null until it is loaded. */
export function useValuation(): Valuation | null {
  return useContext(ValuationContext);
}

/** A price and its quality now; null until it is known. */
export function usePrice(asset: number): AssetPrice | null {
  const [valuation, books, now] = [useValuation(), useBooks(), useNow()];
  return valuation === null || books === null || now === 0n ? null : valuation.price(books, asset, now);
}

/** The level in force in a market, and why. */
export function useLevel(market: number): LevelView | null {
  const [valuation, books, now] = [useValuation(), useBooks(), useNow()];
  return valuation === null || books === null || now === 0n ? null : valuation.level(books, market, now);
}

/** An account as the program values it now. */
export function useAccountView(account: Entry<MarginAccountWithSlots> | null): AccountView | null {
  const [valuation, books] = [useValuation(), useBooks()];
  const board = books?.board.bytes;
  return useMemo(
    () => (valuation === null || books === null || account === null ? null : valuation.account(books, account.bytes)),
    [valuation, board, account?.bytes],
  );
}

const wholeOf = (mirror: Mirror): Mirror["whole"] => mirror.whole;

/** The ledger's identities over the last full reading, and the slot it was of. */
export function useIdentities(): { slot: bigint; identities: readonly IdentityView[] } | null {
  const { at } = useChain();
  const [valuation, whole] = [useValuation(), useMirror(wholeOf)];
  return useMemo(() => {
    const books = whole === null ? null : booksOf(at, whole.accounts);
    return valuation === null || whole === null || books === null ? null : { slot: whole.slot, identities: valuation.identities(books, whole) };
  }, [valuation, at, whole]);
}

/** Accounts with positions, nearest to liquidation first. */
export function useAtRisk(): readonly AtRiskView[] | null {
  const [valuation, books] = [useValuation(), useBooks()];
  return useMemo(() => (valuation === null || books === null ? null : valuation.atRisk(books)), [valuation, books]);
}

/** The insurance fund, and what an owner's shares of it are worth. */
export function useFund(owner: Address | null): FundView | null {
  const [valuation, books, now] = [useValuation(), useBooks(), useNow()];
  return useMemo(
    () => (valuation === null || books === null || now === 0n ? null : valuation.fund(books, owner, now)),
    [valuation, books, owner, now],
  );
}
