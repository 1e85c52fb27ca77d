// Written by generate.mjs from idl/firebreak.json and docs/benchmarks/compute-units.json. Do not edit.

import {
  getAssetAddedDecoder,
  type AssetAdded,
  getAutoDeleveragedDecoder,
  type AutoDeleveraged,
  getBreakerResetDecoder,
  type BreakerReset,
  getBreakerTrippedDecoder,
  type BreakerTripped,
  getClearinghouseCreatedDecoder,
  type ClearinghouseCreated,
  getClearinghouseSealedDecoder,
  type ClearinghouseSealed,
  getCollateralBankAddedDecoder,
  type CollateralBankAdded,
  getCollateralLiquidatedDecoder,
  type CollateralLiquidated,
  getDeficitReportedDecoder,
  type DeficitReported,
  getDelegateSetDecoder,
  type DelegateSet,
  getDepositedDecoder,
  type Deposited,
  getFundingUpdatedDecoder,
  type FundingUpdated,
  getInsuranceSweptDecoder,
  type InsuranceSwept,
  getLiquidatedDecoder,
  type Liquidated,
  getMarginAccountClosedDecoder,
  type MarginAccountClosed,
  getMarginAccountCreatedDecoder,
  type MarginAccountCreated,
  getMarketAddedDecoder,
  type MarketAdded,
  getOfferCancelledDecoder,
  type OfferCancelled,
  getOfferPlacedDecoder,
  type OfferPlaced,
  getPokedDecoder,
  type Poked,
  getProposalExecutedDecoder,
  type ProposalExecuted,
  getProposalVetoedDecoder,
  type ProposalVetoed,
  getProposedDecoder,
  type Proposed,
  getSettledDecoder,
  type Settled,
  getStakedDecoder,
  type Staked,
  getTradedDecoder,
  type Traded,
  getTrancheFundedDecoder,
  type TrancheFunded,
  getUnstakeRequestedDecoder,
  type UnstakeRequested,
  getUnstakedDecoder,
  type Unstaked,
  getWithdrawnDecoder,
  type Withdrawn,
} from "./types/index.js";

/** Something the program said in a transaction's log. */
export type FirebreakEvent =
  | { readonly name: "AssetAdded"; readonly data: AssetAdded }
  | { readonly name: "AutoDeleveraged"; readonly data: AutoDeleveraged }
  | { readonly name: "BreakerReset"; readonly data: BreakerReset }
  | { readonly name: "BreakerTripped"; readonly data: BreakerTripped }
  | { readonly name: "ClearinghouseCreated"; readonly data: ClearinghouseCreated }
  | { readonly name: "ClearinghouseSealed"; readonly data: ClearinghouseSealed }
  | { readonly name: "CollateralBankAdded"; readonly data: CollateralBankAdded }
  | { readonly name: "CollateralLiquidated"; readonly data: CollateralLiquidated }
  | { readonly name: "DeficitReported"; readonly data: DeficitReported }
  | { readonly name: "DelegateSet"; readonly data: DelegateSet }
  | { readonly name: "Deposited"; readonly data: Deposited }
  | { readonly name: "FundingUpdated"; readonly data: FundingUpdated }
  | { readonly name: "InsuranceSwept"; readonly data: InsuranceSwept }
  | { readonly name: "Liquidated"; readonly data: Liquidated }
  | { readonly name: "MarginAccountClosed"; readonly data: MarginAccountClosed }
  | { readonly name: "MarginAccountCreated"; readonly data: MarginAccountCreated }
  | { readonly name: "MarketAdded"; readonly data: MarketAdded }
  | { readonly name: "OfferCancelled"; readonly data: OfferCancelled }
  | { readonly name: "OfferPlaced"; readonly data: OfferPlaced }
  | { readonly name: "Poked"; readonly data: Poked }
  | { readonly name: "ProposalExecuted"; readonly data: ProposalExecuted }
  | { readonly name: "ProposalVetoed"; readonly data: ProposalVetoed }
  | { readonly name: "Proposed"; readonly data: Proposed }
  | { readonly name: "Settled"; readonly data: Settled }
  | { readonly name: "Staked"; readonly data: Staked }
  | { readonly name: "Traded"; readonly data: Traded }
  | { readonly name: "TrancheFunded"; readonly data: TrancheFunded }
  | { readonly name: "UnstakeRequested"; readonly data: UnstakeRequested }
  | { readonly name: "Unstaked"; readonly data: Unstaked }
  | { readonly name: "Withdrawn"; readonly data: Withdrawn };

/** How each begins, and how the rest is read. */
export const EVENTS = [
  { name: "AssetAdded", discriminator: [174, 91, 37, 97, 47, 14, 45, 93], decoder: getAssetAddedDecoder },
  { name: "AutoDeleveraged", discriminator: [10, 14, 140, 79, 30, 115, 27, 9], decoder: getAutoDeleveragedDecoder },
  { name: "BreakerReset", discriminator: [108, 198, 235, 208, 124, 113, 227, 174], decoder: getBreakerResetDecoder },
  { name: "BreakerTripped", discriminator: [248, 29, 234, 230, 10, 90, 65, 84], decoder: getBreakerTrippedDecoder },
  { name: "ClearinghouseCreated", discriminator: [240, 96, 43, 205, 22, 95, 175, 184], decoder: getClearinghouseCreatedDecoder },
  { name: "ClearinghouseSealed", discriminator: [57, 103, 8, 242, 72, 178, 62, 33], decoder: getClearinghouseSealedDecoder },
  { name: "CollateralBankAdded", discriminator: [3, 124, 216, 2, 120, 50, 213, 56], decoder: getCollateralBankAddedDecoder },
  { name: "CollateralLiquidated", discriminator: [148, 42, 28, 104, 72, 50, 124, 98], decoder: getCollateralLiquidatedDecoder },
  { name: "DeficitReported", discriminator: [12, 58, 47, 175, 183, 212, 132, 130], decoder: getDeficitReportedDecoder },
  { name: "DelegateSet", discriminator: [103, 126, 239, 131, 201, 31, 212, 253], decoder: getDelegateSetDecoder },
  { name: "Deposited", discriminator: [111, 141, 26, 45, 161, 35, 100, 57], decoder: getDepositedDecoder },
  { name: "FundingUpdated", discriminator: [206, 76, 89, 81, 126, 37, 255, 224], decoder: getFundingUpdatedDecoder },
  { name: "InsuranceSwept", discriminator: [71, 241, 247, 53, 59, 217, 227, 251], decoder: getInsuranceSweptDecoder },
  { name: "Liquidated", discriminator: [231, 57, 55, 75, 0, 170, 246, 68], decoder: getLiquidatedDecoder },
  { name: "MarginAccountClosed", discriminator: [234, 104, 71, 148, 114, 30, 107, 38], decoder: getMarginAccountClosedDecoder },
  { name: "MarginAccountCreated", discriminator: [157, 214, 66, 63, 149, 164, 160, 119], decoder: getMarginAccountCreatedDecoder },
  { name: "MarketAdded", discriminator: [170, 8, 231, 175, 249, 85, 111, 175], decoder: getMarketAddedDecoder },
  { name: "OfferCancelled", discriminator: [45, 42, 175, 214, 51, 192, 154, 9], decoder: getOfferCancelledDecoder },
  { name: "OfferPlaced", discriminator: [233, 184, 192, 153, 227, 71, 86, 83], decoder: getOfferPlacedDecoder },
  { name: "Poked", discriminator: [84, 218, 29, 103, 193, 47, 137, 230], decoder: getPokedDecoder },
  { name: "ProposalExecuted", discriminator: [92, 213, 189, 201, 101, 83, 111, 83], decoder: getProposalExecutedDecoder },
  { name: "ProposalVetoed", discriminator: [185, 29, 77, 23, 134, 251, 155, 27], decoder: getProposalVetoedDecoder },
  { name: "Proposed", discriminator: [216, 37, 138, 141, 130, 208, 180, 153], decoder: getProposedDecoder },
  { name: "Settled", discriminator: [232, 210, 40, 17, 142, 124, 145, 238], decoder: getSettledDecoder },
  { name: "Staked", discriminator: [11, 146, 45, 205, 230, 58, 213, 240], decoder: getStakedDecoder },
  { name: "Traded", discriminator: [225, 202, 73, 175, 147, 43, 160, 150], decoder: getTradedDecoder },
  { name: "TrancheFunded", discriminator: [133, 33, 60, 172, 122, 11, 106, 113], decoder: getTrancheFundedDecoder },
  { name: "UnstakeRequested", discriminator: [21, 253, 177, 85, 129, 206, 42, 152], decoder: getUnstakeRequestedDecoder },
  { name: "Unstaked", discriminator: [27, 179, 156, 215, 47, 71, 195, 7], decoder: getUnstakedDecoder },
  { name: "Withdrawn", discriminator: [20, 89, 223, 198, 194, 124, 219, 13], decoder: getWithdrawnDecoder },
] as const;
