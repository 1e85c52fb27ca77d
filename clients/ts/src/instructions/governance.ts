import { type Address, type Instruction } from "@solana/kit";

import { bankAddress, marketAddress, proposalAddress, type Addresses } from "../addresses.js";
import {
  getExecuteProposalInstruction,
  getPokeInstruction,
  getProposeInstruction,
  getResetBreakerInstruction,
  getSealInstruction,
  getTripBreakerInstruction,
  getVetoProposalInstruction,
  type ChangeArgs,
} from "../generated/index.js";
import { followedBy, signing, type Signing } from "./signing.js";

/** The account that a change is about, where it is neither the root nor the board. */
async function targets(at: Addresses, change: ChangeArgs): Promise<Address[]> {
  switch (change.__kind) {
    case "Asset":
    case "Market":
      return [await marketAddress(at, change.index)];
    case "Bank":
      return [await bankAddress(at, change.index)];
    case "Fund":
      return [at.insuranceFund];
    case "ResetBreaker":
      return [at.breaker];
    default:
      return [];
  }
}

/** Proposes a change. `id` is the clearinghouse's count of proposals. */
export async function propose(
  at: Addresses,
  input: { id: bigint; payer: Signing; authority: Signing; change: ChangeArgs },
): Promise<Instruction> {
  const instruction = getProposeInstruction({
    payer: signing(input.payer),
    authority: signing(input.authority),
    clearinghouse: at.clearinghouse,
    board: at.board,
    proposal: await proposalAddress(at, input.id),
    change: input.change,
  });
  return followedBy(instruction, await targets(at, input.change), false);
}

/** Carries out a change of parameters or roles. The signer is the authority, or for a role the key that takes over. */
export async function executeProposal(
  at: Addresses,
  input: { id: bigint; signer: Signing; change: ChangeArgs },
): Promise<Instruction> {
  const instruction = getExecuteProposalInstruction({
    signer: signing(input.signer),
    clearinghouse: at.clearinghouse,
    board: at.board,
    proposal: await proposalAddress(at, input.id),
  });
  return followedBy(instruction, await targets(at, input.change), true);
}

/** A listing, a choice of oracles or a reset, by the proposal of exactly that. */
export async function underProposal(at: Addresses, input: { id: bigint; instruction: Instruction }): Promise<Instruction> {
  return followedBy(input.instruction, [await proposalAddress(at, input.id)], true);
}

/** By the guardian; the authority withdraws its own. */
export async function vetoProposal(at: Addresses, input: { id: bigint; signer: Signing }): Promise<Instruction> {
  const [signer, proposal] = [signing(input.signer), await proposalAddress(at, input.id)];
  return getVetoProposalInstruction({ signer, clearinghouse: at.clearinghouse, proposal });
}

/** Ends the set-up, for ever. */
export function seal(at: Addresses, input: { authority: Signing }): Instruction {
  return getSealInstruction({ authority: signing(input.authority), clearinghouse: at.clearinghouse });
}

/** Raises the breaker of a market, or of everything with `ALL_MARKETS`. By the guardian or the authority. */
export function tripBreaker(
  at: Addresses,
  input: { signer: Signing; market: number; level: number; seconds: number; reason?: number },
): Instruction {
  const { market, level, seconds, reason = 0 } = input;
  return getTripBreakerInstruction({
    signer: signing(input.signer), clearinghouse: at.clearinghouse, breaker: at.breaker, market, level, seconds, reason,
  });
}

/** Ends what was tripped. By the authority; after sealing under a proposal, see `underProposal`. */
export function resetBreaker(at: Addresses, input: { authority: Signing; market: number }): Instruction {
  const { clearinghouse, breaker } = at;
  return getResetBreakerInstruction({ authority: signing(input.authority), clearinghouse, breaker, market: input.market });
}

/** Lets a market's automatic breaker see its books. Anyone may. */
export async function poke(at: Addresses, input: { market: number }): Promise<Instruction> {
  return getPokeInstruction({ market: await marketAddress(at, input.market), board: at.board });
}

