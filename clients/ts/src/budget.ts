import { AccountRole, getU32Encoder, getU64Encoder, type Address, type Instruction } from "@solana/kit";

import { PROGRAM_ID, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from "./addresses.js";
import { MEASURED, PROGRAM_BYTES } from "./generated/budgets.js";

/** What a transaction may use. The Rust client has the same rule: `firebreak_client::Budget`. */
export interface Budget {
  readonly computeUnits: number;
  /** Of all accounts and programs together. */
  readonly loadedBytes: number;
}

const SYSTEM_PROGRAM = "11111111111111111111111111111111" as Address;
const COMPUTE_BUDGET_PROGRAM = "ComputeBudget111111111111111111111111111111" as Address;
/** Loaded data is charged by the page. */
const PAGE_BYTES = 32 * 1024;
const MAX_COMPUTE_UNITS = 1_400_000;
const MAX_LOADED_BYTES = 64 * 1024 * 1024;
/** The compute-budget instructions themselves. */
const BUDGET_UNITS = 450;
/** A derived address takes 1,500 for each bump that is tried; more than 16 one address in 65,536 needs. */
const ADDRESS_UNITS = 16 * 1_500;
/** For an account behind those that are named: another market to count, another position to settle. */
const TRAILING_UNITS = 2_000;
/** An instruction of some other program. */
const FOREIGN_UNITS = 40_000;
/** The board is the largest of the program's accounts; others are below 4 KB. */
const BOARD_BYTES = 48 * 1024;
const ACCOUNT_BYTES = 4 * 1024;
const TOKEN_PROGRAM_BYTES = 1024 * 1024;

/** The limits for these instructions: from what was measured, enough for 16 positions and unlucky addresses. */
export function budgetOf(instructions: readonly Instruction[]): Budget {
  const units = instructions.reduce((sum, instruction) => sum + unitsOf(instruction), BUDGET_UNITS);
  const accounts = instructions.flatMap((instruction) => instruction.accounts ?? []);
  const addresses = [...accounts.map((account) => account.address), ...instructions.map((instruction) => instruction.programAddress)];
  const movesTokens = addresses.some((address) => address === TOKEN_PROGRAM || address === TOKEN_2022_PROGRAM);
  const program = PROGRAM_BYTES + Math.floor(PROGRAM_BYTES / 4);
  const bytes = program + (movesTokens ? 2 * TOKEN_PROGRAM_BYTES : 0) + BOARD_BYTES + accounts.length * ACCOUNT_BYTES;
  const loadedBytes = Math.min(Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES, MAX_LOADED_BYTES);
  return { computeUnits: Math.min(units, MAX_COMPUTE_UNITS), loadedBytes };
}

function unitsOf(instruction: Instruction): number {
  const known = MEASURED.find((measured) => measured.opcode === instruction.data?.[0]);
  if (instruction.programAddress !== PROGRAM_ID || known?.units == null) {
    return FOREIGN_UNITS;
  }
  const accounts = instruction.accounts ?? [];
  const creates = accounts.some((account) => account.address === SYSTEM_PROGRAM);
  // A clearinghouse derives seven addresses; everything else that creates derives two at most.
  const derived = creates ? (known.units > 10_000 ? 7 : 2) : 0;
  const trailing = Math.max(accounts.length - known.accounts, 0);
  return known.units + Math.floor(known.units / 4) + trailing * TRAILING_UNITS + derived * ADDRESS_UNITS;
}

/** These instructions with their limits before them; `unitPrice` in millionths of a lamport per compute unit. */
export function withBudget(instructions: readonly Instruction[], unitPrice = 0n): Instruction[] {
  const { computeUnits, loadedBytes } = budgetOf(instructions);
  const limit = (kind: number, value: Iterable<number>): Instruction => ({
    programAddress: COMPUTE_BUDGET_PROGRAM,
    data: Uint8Array.from([kind, ...value]),
  });
  const limits = [limit(2, getU32Encoder().encode(computeUnits)), limit(4, getU32Encoder().encode(loadedBytes))];
  if (unitPrice > 0n) {
    limits.push(limit(3, getU64Encoder().encode(unitPrice)));
  }
  return [...limits, ...instructions];
}

/** The accounts that these instructions write: what a priority fee is paid for. */
export function writtenBy(instructions: readonly Instruction[]): Address[] {
  const isWritten = (role: AccountRole): boolean => role === AccountRole.WRITABLE || role === AccountRole.WRITABLE_SIGNER;
  const metas = instructions.flatMap((instruction) => instruction.accounts ?? []);
  return [...new Set(metas.filter((meta) => isWritten(meta.role)).map((meta) => meta.address))];
}
