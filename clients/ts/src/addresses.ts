import { getAddressEncoder, getProgramDerivedAddress, getU16Encoder, getU64Encoder, getU8Encoder, type Address } from "@solana/kit";

import { FIREBREAK_PROGRAM_ADDRESS } from "./generated/index.js";

/** The address of the program. */
export const PROGRAM_ID = FIREBREAK_PROGRAM_ADDRESS;
/** SPL Token. */
export const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA" as Address;
/** Token-2022. */
export const TOKEN_2022_PROGRAM = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb" as Address;
/** Creates associated token accounts. */
export const ASSOCIATED_TOKEN_PROGRAM = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL" as Address;

/** Names everything where a market's index is expected: the global breaker, an account for all markets. */
export const ALL_MARKETS = 255;
/** The quote token's bank, whose vault backs all cash. */
export const QUOTE_BANK = 0;

/** The addresses that belong to one clearinghouse. */
export interface Addresses {
  readonly clearinghouse: Address;
  readonly board: Address;
  readonly breaker: Address;
  readonly insuranceFund: Address;
  readonly insuranceVault: Address;
  readonly quoteBank: Address;
  readonly quoteVault: Address;
}

type Seed = Parameters<typeof getProgramDerivedAddress>[0]["seeds"][number];

async function derive(...seeds: Seed[]): Promise<Address> {
  return (await getProgramDerivedAddress({ programAddress: PROGRAM_ID, seeds }))[0];
}

const key = (address: Address): Seed => getAddressEncoder().encode(address);
const u8 = (value: number): Seed => getU8Encoder().encode(value);

/** Of the clearinghouse that was created with this id. */
export async function addressesOf(id: number | bigint): Promise<Addresses> {
  return addressesOfClearinghouse(await derive("clearinghouse", getU64Encoder().encode(id)));
}

/** Of the clearinghouse at this address. */
export async function addressesOfClearinghouse(clearinghouse: Address): Promise<Addresses> {
  const [board, breaker, insuranceFund, quoteBank] = await Promise.all([
    derive("board", key(clearinghouse)),
    derive("breaker", key(clearinghouse)),
    derive("insurance", key(clearinghouse)),
    derive("collateral", key(clearinghouse), u8(QUOTE_BANK)),
  ]);
  const [insuranceVault, quoteVault] = await Promise.all([vaultAddress(insuranceFund), vaultAddress(quoteBank)]);
  return { clearinghouse, board, breaker, insuranceFund, insuranceVault, quoteBank, quoteVault };
}

/** A market has the index of its asset. */
export function marketAddress(at: Addresses, index: number): Promise<Address> {
  return derive("market", key(at.clearinghouse), u8(index));
}

/** Of a collateral bank; 0 is the quote token's. */
export function bankAddress(at: Addresses, index: number): Promise<Address> {
  return derive("collateral", key(at.clearinghouse), u8(index));
}

/** An owner may have many margin accounts: `subId` tells them apart. */
export function marginAccountAddress(at: Addresses, owner: Address, subId = 0): Promise<Address> {
  return derive("margin", key(at.clearinghouse), key(owner), getU16Encoder().encode(subId));
}

/** A maker's offer in a market. */
export function offerAddress(marginAccount: Address, market: number): Promise<Address> {
  return derive("offer", key(marginAccount), u8(market));
}

/** A staker's shares of the insurance fund. */
export function stakeAddress(at: Addresses, staker: Address): Promise<Address> {
  return derive("stake", key(at.insuranceFund), key(staker));
}

/** The proposal with this number: a clearinghouse counts them from 0. */
export function proposalAddress(at: Addresses, id: number | bigint): Promise<Address> {
  return derive("proposal", key(at.clearinghouse), getU64Encoder().encode(id));
}

/** The token account that a bank or the insurance fund keeps. */
export function vaultAddress(holder: Address): Promise<Address> {
  return derive("vault", key(holder));
}

/** A wallet's usual account for a token. */
export async function tokenAccountAddress(owner: Address, mint: Address, tokenProgram: Address = TOKEN_PROGRAM): Promise<Address> {
  const seeds = [key(owner), key(tokenProgram), key(mint)];
  return (await getProgramDerivedAddress({ programAddress: ASSOCIATED_TOKEN_PROGRAM, seeds }))[0];
}
