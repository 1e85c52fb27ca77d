import { type Address, type Instruction } from "@solana/kit";

import { marketAddress, stakeAddress, type Addresses } from "../addresses.js";
import {
  getFundTrancheInstruction,
  getReportDeficitInstruction,
  getRequestUnstakeInstruction,
  getStakeInstruction,
  getSweepInsuranceInstruction,
  getUnstakeInstruction,
} from "../generated/index.js";
import { addressOf, followedBy, signing, type Signing, type TokenSide } from "./signing.js";

const markets = (at: Addresses, indices: readonly number[]): Promise<Address[]> =>
  Promise.all(indices.map((index) => marketAddress(at, index)));

/** Gives a market's tranche `amount` quote atoms. Anybody may. */
export async function fundTranche(
  at: Addresses,
  input: { market: number; funder: Signing; tokens: TokenSide; amount: bigint },
): Promise<Instruction> {
  return getFundTrancheInstruction({
    funder: signing(input.funder),
    market: await marketAddress(at, input.market),
    bank: at.quoteBank,
    source: input.tokens.tokenAccount,
    vault: at.quoteVault,
    mint: input.tokens.mint,
    tokenProgram: input.tokens.tokenProgram,
    amount: input.amount,
  });
}

/** Brings a market and the fund to terms. `mint` and `tokenProgram` are the quote token's. Anyone may. */
export async function sweepInsurance(
  at: Addresses,
  input: { market: number; mint: Address; tokenProgram: Address },
): Promise<Instruction> {
  return getSweepInsuranceInstruction({
    market: await marketAddress(at, input.market),
    board: at.board,
    fund: at.insuranceFund,
    insuranceVault: at.insuranceVault,
    bank: at.quoteBank,
    quoteVault: at.quoteVault,
    mint: input.mint,
    tokenProgram: input.tokenProgram,
  });
}

/**
 * Buys shares of the fund for at most `amount` quote atoms. `markets` are all that there are, in order, each swept just before: see
 * `sweepInsurance`.
 */
export async function stake(
  at: Addresses,
  input: { payer: Signing; staker: Signing; tokens: TokenSide; amount: bigint; markets: readonly number[] },
): Promise<Instruction> {
  const instruction = getStakeInstruction({
    payer: signing(input.payer),
    staker: signing(input.staker),
    fund: at.insuranceFund,
    stake: await stakeAddress(at, addressOf(input.staker)),
    board: at.board,
    bank: at.quoteBank,
    source: input.tokens.tokenAccount,
    insuranceVault: at.insuranceVault,
    mint: input.tokens.mint,
    tokenProgram: input.tokens.tokenProgram,
    amount: input.amount,
  });
  return followedBy(instruction, await markets(at, input.markets), false);
}

/** Asks for `shares` to leave, in place of whatever was asked before; 0 takes the request back. */
export async function requestUnstake(at: Addresses, input: { staker: Signing; shares: bigint }): Promise<Instruction> {
  const [staker, own] = [signing(input.staker), await stakeAddress(at, addressOf(input.staker))];
  return getRequestUnstakeInstruction({ staker, fund: at.insuranceFund, stake: own, shares: input.shares });
}

/** Leaves once the cool-down is over. `markets` are all that there are, in order, each swept just before. */
export async function unstake(
  at: Addresses,
  input: { staker: Signing; tokens: TokenSide; markets: readonly number[] },
): Promise<Instruction> {
  const instruction = getUnstakeInstruction({
    staker: signing(input.staker),
    fund: at.insuranceFund,
    stake: await stakeAddress(at, addressOf(input.staker)),
    board: at.board,
    breaker: at.breaker,
    bank: at.quoteBank,
    quoteVault: at.quoteVault,
    insuranceVault: at.insuranceVault,
    destination: input.tokens.tokenAccount,
    mint: input.tokens.mint,
    tokenProgram: input.tokens.tokenProgram,
  });
  return followedBy(instruction, await markets(at, input.markets), true);
}

/** Shows the fund an account that owes more than it has: nobody leaves the fund for an hour. Anyone may. */
export function reportDeficit(at: Addresses, input: { bankrupt: Address }): Instruction {
  return getReportDeficitInstruction({ bankrupt: input.bankrupt, board: at.board, fund: at.insuranceFund });
}
