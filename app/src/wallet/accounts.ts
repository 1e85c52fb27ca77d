import type { Address, Transaction } from "@solana/kit";

/** What the page needs of a wallet, whichever it is. */
export interface Wallet {
  readonly name: string;
  readonly address: Address;
  /** True for the key that this page keeps itself, on a local network. */
  readonly isBurner: boolean;
  /** Signs the transaction's bytes and returns them signed. Rejects where its owner refuses. */
  readonly sign: (transaction: Uint8Array) => Promise<Uint8Array>;
}

export type { Transaction };
