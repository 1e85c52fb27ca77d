import { type Address, type Instruction } from "@solana/kit";

import { ALL_MARKETS, bankAddress, marginAccountAddress, vaultAddress, type Addresses } from "../addresses.js";
import {
  getCloseMarginAccountInstruction,
  getCreateMarginAccountInstruction,
  getDepositInstruction,
  getGrowMarginAccountInstruction,
  getSetDelegateInstruction,
  getWithdrawInstruction,
} from "../generated/index.js";
import { addressOf, signing, type Signing, type TokenSide } from "./signing.js";

/** A new margin account with 4, 8 or 16 positions; `isolatedMarket` makes it one of a single market. */
export async function createMarginAccount(
  at: Addresses,
  input: { payer: Signing; owner: Signing; subId?: number; capacity: 4 | 8 | 16; isolatedMarket?: number },
): Promise<Instruction> {
  const subId = input.subId ?? 0;
  return getCreateMarginAccountInstruction({
    payer: signing(input.payer),
    owner: signing(input.owner),
    board: at.board,
    marginAccount: await marginAccountAddress(at, addressOf(input.owner), subId),
    subId,
    capacity: input.capacity,
    isolatedMarket: input.isolatedMarket ?? ALL_MARKETS,
  });
}

/** Room for more positions: 8 or 16. */
export function growMarginAccount(input: { payer: Signing; owner: Signing; marginAccount: Address; capacity: 8 | 16 }): Instruction {
  const { marginAccount, capacity } = input;
  return getGrowMarginAccountInstruction({ payer: signing(input.payer), owner: signing(input.owner), marginAccount, capacity });
}

/** Closes an account that holds nothing; its rent goes to `rentReceiver`. */
export function closeMarginAccount(input: { owner: Signing; marginAccount: Address; rentReceiver: Address }): Instruction {
  const { marginAccount, rentReceiver } = input;
  return getCloseMarginAccountInstruction({ owner: signing(input.owner), marginAccount, rentReceiver });
}

/** Who may trade for the account, besides its owner; `NOBODY` for nobody. */
export function setDelegate(input: { owner: Signing; marginAccount: Address; delegate: Address }): Instruction {
  const { marginAccount, delegate } = input;
  return getSetDelegateInstruction({ owner: signing(input.owner), marginAccount, delegate });
}

/** Pays `amount` atoms of a bank's token into an account. Anybody may, for anybody. */
export async function deposit(
  at: Addresses,
  input: { bank: number; depositor: Signing; marginAccount: Address; tokens: TokenSide; amount: bigint },
): Promise<Instruction> {
  const bank = await bankAddress(at, input.bank);
  return getDepositInstruction({
    depositor: signing(input.depositor),
    marginAccount: input.marginAccount,
    bank,
    source: input.tokens.tokenAccount,
    vault: await vaultAddress(bank),
    mint: input.tokens.mint,
    tokenProgram: input.tokens.tokenProgram,
    amount: input.amount,
  });
}

/** Takes `amount` atoms of a bank's token out of an account. Only its owner may. */
export async function withdraw(
  at: Addresses,
  input: { bank: number; owner: Signing; marginAccount: Address; tokens: TokenSide; amount: bigint },
): Promise<Instruction> {
  const bank = await bankAddress(at, input.bank);
  return getWithdrawInstruction({
    owner: signing(input.owner),
    marginAccount: input.marginAccount,
    bank,
    board: at.board,
    breaker: at.breaker,
    destination: input.tokens.tokenAccount,
    vault: await vaultAddress(bank),
    mint: input.tokens.mint,
    tokenProgram: input.tokens.tokenProgram,
    amount: input.amount,
  });
}
