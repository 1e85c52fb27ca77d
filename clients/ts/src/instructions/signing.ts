import { AccountRole, createNoopSigner, type AccountMeta, type Address, type Instruction, type TransactionSigner } from "@solana/kit";

/** Whoever has to sign: a signer, or an address for a transaction that is signed elsewhere. */
export type Signing = Address | TransactionSigner;

/** A token account and what it holds: where tokens come from or go to. */
export interface TokenSide {
  readonly mint: Address;
  readonly tokenProgram: Address;
  /** The user's token account. */
  readonly tokenAccount: Address;
}

export function signing(who: Signing): TransactionSigner {
  return typeof who === "string" ? createNoopSigner(who) : who;
}

export function addressOf(who: Signing): Address {
  return typeof who === "string" ? who : who.address;
}

/** The instruction with more accounts behind those that it names. */
export function followedBy(instruction: Instruction, addresses: readonly Address[], isWritable: boolean): Instruction {
  const role = isWritable ? AccountRole.WRITABLE : AccountRole.READONLY;
  const more: AccountMeta[] = addresses.map((address) => ({ address, role }));
  return { ...instruction, accounts: [...(instruction.accounts ?? []), ...more] };
}
