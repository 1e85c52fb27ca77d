import { type Address, type Instruction } from "@solana/kit";

import { bankAddress, marketAddress, vaultAddress, type Addresses } from "../addresses.js";
import {
  getAddAssetInstruction,
  getAddCollateralBankInstruction,
  getAddMarketInstruction,
  getCreateClearinghouseInstruction,
  getSetPriceProgramsInstruction,
  type AssetConfigArgs,
  type BankConfigArgs,
  type CreateClearinghouseInstructionDataArgs,
  type MarketConfigArgs,
  type PriceProgramsArgs,
} from "../generated/index.js";
import { signing, type Signing } from "./signing.js";

/** What a clearinghouse starts with. */
export type ClearinghouseConfig = Omit<CreateClearinghouseInstructionDataArgs, "id">;

/** A new clearinghouse; `at` are the addresses of its id. */
export function createClearinghouse(
  at: Addresses,
  input: {
    id: bigint;
    payer: Signing;
    authority: Signing;
    quoteMint: Address;
    tokenProgram: Address;
    config: ClearinghouseConfig;
  },
): Instruction {
  const { id, quoteMint, tokenProgram, config } = input;
  const { clearinghouse, board, breaker, insuranceFund, insuranceVault, quoteBank, quoteVault } = at;
  return getCreateClearinghouseInstruction({
    payer: signing(input.payer), authority: signing(input.authority), quoteMint, clearinghouse, board, breaker, insuranceFund,
    insuranceVault, quoteBank, quoteVault, tokenProgram, id, ...config,
  });
}

/** The oracle programs whose accounts count as prices. */
export function setPricePrograms(at: Addresses, input: { authority: Signing; programs: PriceProgramsArgs }): Instruction {
  const { clearinghouse, board } = at;
  return getSetPriceProgramsInstruction({ authority: signing(input.authority), clearinghouse, board, programs: input.programs });
}

/** Lists an asset: the board's next row. */
export function addAsset(at: Addresses, input: { payer: Signing; authority: Signing; config: AssetConfigArgs }): Instruction {
  const { clearinghouse, board } = at;
  return getAddAssetInstruction({ payer: signing(input.payer), authority: signing(input.authority), clearinghouse, board, config: input.config });
}

/** Opens the market of an asset. */
export async function addMarket(
  at: Addresses,
  input: { payer: Signing; authority: Signing; index: number; config: MarketConfigArgs },
): Promise<Instruction> {
  const { index, config } = input;
  const market = await marketAddress(at, index);
  return getAddMarketInstruction({
    payer: signing(input.payer), authority: signing(input.authority), clearinghouse: at.clearinghouse, board: at.board, market, index, config,
  });
}

/** Lists a token as collateral. */
export async function addCollateralBank(
  at: Addresses,
  input: { payer: Signing; authority: Signing; mint: Address; tokenProgram: Address; index: number; config: BankConfigArgs },
): Promise<Instruction> {
  const { mint, tokenProgram, index, config } = input;
  const bank = await bankAddress(at, index);
  return getAddCollateralBankInstruction({
    payer: signing(input.payer), authority: signing(input.authority), clearinghouse: at.clearinghouse, board: at.board, mint, bank,
    vault: await vaultAddress(bank), tokenProgram, index, config,
  });
}
