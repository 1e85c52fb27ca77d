import {
  decodeAnyAccount,
  symbolOf,
  type Addresses,
  type AssetRow,
  type Board,
  type CircuitBreaker,
  type Clearinghouse,
  type CollateralBank,
  type DecodedAccount,
  type InsuranceFund,
  type InsuranceStake,
  type MarginAccountWithSlots,
  type Market,
  type Offer,
  type Proposal,
} from "@firebreak/client";
import type { Address } from "@solana/kit";

import type { Raw } from "../chain/mirror.ts";

/** An account with its address and its bytes, which is what valuations read. */
export interface Entry<T> {
  readonly address: Address;
  readonly bytes: Uint8Array;
  readonly data: T;
}

/** An asset of the board and its market. */
export interface Listed {
  readonly index: number;
  readonly symbol: string;
  readonly row: AssetRow;
  /** Null where the asset is collateral only. */
  readonly market: Entry<Market> | null;
}

/** All accounts of one clearinghouse. */
export interface Books {
  readonly at: Addresses;
  readonly clearinghouse: Entry<Clearinghouse>;
  readonly board: Entry<Board>;
  readonly breaker: Entry<CircuitBreaker>;
  readonly fund: Entry<InsuranceFund>;
  readonly listed: readonly Listed[];
  readonly banks: readonly Entry<CollateralBank>[];
  readonly accounts: readonly Entry<MarginAccountWithSlots>[];
  readonly offers: readonly Entry<Offer>[];
  readonly stakes: readonly Entry<InsuranceStake>[];
  readonly proposals: readonly Entry<Proposal>[];
}

const decoded = new WeakMap<Uint8Array, DecodedAccount | null>();

/** Decodes an account once: the same bytes give the same object. */
function decode(raw: Raw): DecodedAccount | null {
  const known = decoded.get(raw.bytes);
  if (known !== undefined) return known;
  let value: DecodedAccount | null = null;
  try {
    value = decodeAnyAccount(raw.bytes);
  } catch {
    value = null; // of a layout that this page does not know: nothing is shown rather than nonsense
  }
  decoded.set(raw.bytes, value);
  return value;
}

type Kind = DecodedAccount["kind"];
type DataOf<K extends Kind> = Extract<DecodedAccount, { kind: K }>["data"];

/** Sorts the accounts of a clearinghouse into books; null while its root accounts are not all there. */
export function booksOf(at: Addresses, accounts: ReadonlyMap<Address, Raw>): Books | null {
  const all = <K extends Kind>(kind: K): Entry<DataOf<K>>[] =>
    [...accounts.values()].flatMap((raw) => {
      const account = decode(raw);
      return account?.kind === kind ? [{ address: raw.address, bytes: raw.bytes, data: account.data as DataOf<K> }] : [];
    });
  const one = <K extends Kind>(kind: K, address: Address): Entry<DataOf<K>> | null => {
    const raw = accounts.get(address);
    const account = raw === undefined ? null : decode(raw);
    return raw !== undefined && account?.kind === kind ? { address, bytes: raw.bytes, data: account.data as DataOf<K> } : null;
  };
  const clearinghouse = one("Clearinghouse", at.clearinghouse);
  const board = one("Board", at.board);
  const breaker = one("CircuitBreaker", at.breaker);
  const fund = one("InsuranceFund", at.insuranceFund);
  if (clearinghouse === null || board === null || breaker === null || fund === null) return null;
  const own = <T extends { clearinghouse: Address }>(entry: Entry<T>): boolean => entry.data.clearinghouse === at.clearinghouse;
  const markets = new Map(all("Market").filter(own).map((market) => [market.data.index, market]));
  const traders = all("MarginAccount").filter(own);
  const known = new Set(traders.map((trader) => trader.address));
  return {
    at,
    clearinghouse,
    board,
    breaker,
    fund,
    listed: board.data.rows.map((row, index) => ({ index, symbol: symbolOf(row), row, market: markets.get(index) ?? null })),
    banks: all("CollateralBank").filter(own).sort((one, other) => one.data.index - other.data.index),
    accounts: traders,
    offers: all("Offer").filter((offer) => known.has(offer.data.marginAccount)),
    stakes: all("InsuranceStake").filter((stake) => stake.data.fund === at.insuranceFund),
    proposals: all("Proposal").filter(own).sort((one, other) => Number(other.data.id - one.data.id)),
  };
}
