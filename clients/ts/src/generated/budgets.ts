// Written by generate.mjs from idl/firebreak.json and docs/benchmarks/compute-units.json. Do not edit.

/** What an instruction was measured to take. */
export interface Measured {
  /** First byte of its data. */
  readonly opcode: number;
  readonly name: string;
  /** Compute units, the most of all cases; null where none was measured. */
  readonly units: number | null;
  /** Accounts that it names; others follow them. */
  readonly accounts: number;
}

/** One for each instruction. */
export const MEASURED: readonly Measured[] = [
  { opcode: 19, name: "add_asset", units: 5166, accounts: 5 },
  { opcode: 21, name: "add_collateral_bank", units: 7608, accounts: 9 },
  { opcode: 20, name: "add_market", units: 3280, accounts: 6 },
  { opcode: 22, name: "auto_deleverage", units: 6015, accounts: 4 },
  { opcode: 9, name: "cancel_offer", units: 675, accounts: 4 },
  { opcode: 12, name: "close_margin_account", units: 597, accounts: 3 },
  { opcode: 17, name: "create_clearinghouse", units: 17427, accounts: 12 },
  { opcode: 10, name: "create_margin_account", units: 2344, accounts: 5 },
  { opcode: 5, name: "deposit", units: 2464, accounts: 7 },
  { opcode: 31, name: "execute_proposal", units: 4288, accounts: 4 },
  { opcode: 14, name: "fund_tranche", units: 2061, accounts: 7 },
  { opcode: 11, name: "grow_margin_account", units: 1555, accounts: 4 },
  { opcode: 1, name: "liquidate", units: 6873, accounts: 6 },
  { opcode: 23, name: "liquidate_collateral", units: 3333, accounts: 6 },
  { opcode: 7, name: "place_offer", units: 2505, accounts: 6 },
  { opcode: 40, name: "poke", units: 788, accounts: 2 },
  { opcode: 30, name: "propose", units: 6427, accounts: 6 },
  { opcode: 0, name: "refresh_prices", units: 16350, accounts: 1 },
  { opcode: 28, name: "report_deficit", units: 2543, accounts: 3 },
  { opcode: 26, name: "request_unstake", units: 1062, accounts: 3 },
  { opcode: 16, name: "reset_breaker", units: 862, accounts: 3 },
  { opcode: 33, name: "seal", units: 556, accounts: 2 },
  { opcode: 13, name: "set_delegate", units: 594, accounts: 2 },
  { opcode: 18, name: "set_price_programs", units: 608, accounts: 3 },
  { opcode: 4, name: "settle", units: 16631, accounts: 3 },
  { opcode: 25, name: "stake", units: 4773, accounts: 11 },
  { opcode: 24, name: "sweep_insurance", units: 3052, accounts: 8 },
  { opcode: 2, name: "take_offer", units: 7650, accounts: 7 },
  { opcode: 3, name: "trade", units: 7621, accounts: 7 },
  { opcode: 15, name: "trip_breaker", units: 862, accounts: 3 },
  { opcode: 27, name: "unstake", units: 5162, accounts: 11 },
  { opcode: 45, name: "update_funding", units: 843, accounts: 2 },
  { opcode: 8, name: "update_offer", units: 743, accounts: 3 },
  { opcode: 32, name: "veto_proposal", units: 587, accounts: 3 },
  { opcode: 6, name: "withdraw", units: 5816, accounts: 9 },
];

/** Size of the program, which counts as loaded data. */
export const PROGRAM_BYTES = 454992;
