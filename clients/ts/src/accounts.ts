import { type Address, type Decoder, type ReadonlyUint8Array } from "@solana/kit";

import {
  CIRCUIT_BREAKER_DISCRIMINATOR,
  CLEARINGHOUSE_DISCRIMINATOR,
  COLLATERAL_BANK_DISCRIMINATOR,
  getAssetRowDecoder,
  getCircuitBreakerDecoder,
  getClearinghouseDecoder,
  getCollateralBankDecoder,
  getInsuranceFundDecoder,
  getInsuranceStakeDecoder,
  getMarginAccountDecoder,
  getMarketDecoder,
  getOfferDecoder,
  getPositionDecoder,
  getProposalDecoder,
  getRiskBoardDecoder,
  INSURANCE_FUND_DISCRIMINATOR,
  INSURANCE_STAKE_DISCRIMINATOR,
  MARGIN_ACCOUNT_DISCRIMINATOR,
  MARKET_DISCRIMINATOR,
  OFFER_DISCRIMINATOR,
  PROPOSAL_DISCRIMINATOR,
  RISK_BOARD_DISCRIMINATOR,
  type AssetRow,
  type CircuitBreaker,
  type Clearinghouse,
  type CollateralBank,
  type InsuranceFund,
  type InsuranceStake,
  type MarginAccount,
  type Market,
  type Offer,
  type Position,
  type Proposal,
  type RiskBoard,
} from "./generated/index.js";

/** The risk board with a row per asset. */
export interface Board extends RiskBoard {
  readonly rows: readonly AssetRow[];
}

/** A margin account with all its slots; the first `positionCount` are in use. */
export interface MarginAccountWithSlots extends MarginAccount {
  readonly slots: readonly Position[];
  /** Slots in use. */
  readonly positions: readonly Position[];
}

/** Any account of the program, told by its first eight bytes. */
export type DecodedAccount =
  | { readonly kind: "Board"; readonly data: Board }
  | { readonly kind: "MarginAccount"; readonly data: MarginAccountWithSlots }
  | { readonly kind: "Market"; readonly data: Market }
  | { readonly kind: "CollateralBank"; readonly data: CollateralBank }
  | { readonly kind: "CircuitBreaker"; readonly data: CircuitBreaker }
  | { readonly kind: "Clearinghouse"; readonly data: Clearinghouse }
  | { readonly kind: "Offer"; readonly data: Offer }
  | { readonly kind: "InsuranceFund"; readonly data: InsuranceFund }
  | { readonly kind: "InsuranceStake"; readonly data: InsuranceStake }
  | { readonly kind: "Proposal"; readonly data: Proposal };

const DISCRIMINATOR_BYTES = 8;

function begins(bytes: ReadonlyUint8Array, discriminator: ReadonlyUint8Array): boolean {
  return discriminator.every((byte, index) => bytes[index] === byte);
}

/** Reads an account of a fixed size. Throws where the bytes are of another kind, or too few. */
function reader<T>(kind: string, discriminator: ReadonlyUint8Array, decoder: () => Decoder<T>) {
  return (bytes: ReadonlyUint8Array): T => {
    if (!begins(bytes, discriminator)) {
      const got = Array.from(bytes.slice(0, DISCRIMINATOR_BYTES)).join(" ");
      throw new Error(`the account is no ${kind}: it begins with ${got || "nothing"}, expected ${discriminator.join(" ")}`);
    }
    return decoder().decode(bytes);
  };
}

export const decodeMarketData = reader("Market", MARKET_DISCRIMINATOR, getMarketDecoder);
export const decodeBankData = reader("CollateralBank", COLLATERAL_BANK_DISCRIMINATOR, getCollateralBankDecoder);
export const decodeBreakerData = reader("CircuitBreaker", CIRCUIT_BREAKER_DISCRIMINATOR, getCircuitBreakerDecoder);
export const decodeClearinghouseData = reader("Clearinghouse", CLEARINGHOUSE_DISCRIMINATOR, getClearinghouseDecoder);
export const decodeOfferData = reader("Offer", OFFER_DISCRIMINATOR, getOfferDecoder);
export const decodeFundData = reader("InsuranceFund", INSURANCE_FUND_DISCRIMINATOR, getInsuranceFundDecoder);
export const decodeStakeData = reader("InsuranceStake", INSURANCE_STAKE_DISCRIMINATOR, getInsuranceStakeDecoder);
export const decodeProposalData = reader("Proposal", PROPOSAL_DISCRIMINATOR, getProposalDecoder);
const decodeBoardHeader = reader("RiskBoard", RISK_BOARD_DISCRIMINATOR, getRiskBoardDecoder);
const decodeMarginHeader = reader("MarginAccount", MARGIN_ACCOUNT_DISCRIMINATOR, getMarginAccountDecoder);

/** The items behind a header that ends at `end`: their number in 32 bits, then, aligned to eight bytes, the items. */
function items<T>(bytes: ReadonlyUint8Array, end: number, decoder: Decoder<T>, size: number): T[] {
  const count = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(end, true);
  const start = Math.ceil((end + 4) / 8) * 8;
  if (bytes.length < start + count * size) {
    throw new Error(`the account has ${bytes.length} bytes, ${start + count * size} are needed for its ${count} items`);
  }
  return Array.from({ length: count }, (_, index) => decoder.decode(bytes, start + index * size));
}

/** Reads the risk board. Throws where the bytes are no board. */
export function decodeBoardData(bytes: ReadonlyUint8Array): Board {
  const row = getAssetRowDecoder();
  return { ...decodeBoardHeader(bytes), rows: items(bytes, getRiskBoardDecoder().fixedSize, row, row.fixedSize) };
}

/** Reads a margin account. Throws where the bytes are none. */
export function decodeMarginAccountData(bytes: ReadonlyUint8Array): MarginAccountWithSlots {
  const [header, slot] = [decodeMarginHeader(bytes), getPositionDecoder()];
  const slots = items(bytes, getMarginAccountDecoder().fixedSize, slot, slot.fixedSize);
  return { ...header, slots, positions: slots.slice(0, header.positionCount) };
}

/** Reads any account of the program; null where it is none. */
export function decodeAnyAccount(bytes: ReadonlyUint8Array): DecodedAccount | null {
  const is = (discriminator: ReadonlyUint8Array): boolean => begins(bytes, discriminator);
  if (is(RISK_BOARD_DISCRIMINATOR)) return { kind: "Board", data: decodeBoardData(bytes) };
  if (is(MARGIN_ACCOUNT_DISCRIMINATOR)) return { kind: "MarginAccount", data: decodeMarginAccountData(bytes) };
  if (is(MARKET_DISCRIMINATOR)) return { kind: "Market", data: decodeMarketData(bytes) };
  if (is(COLLATERAL_BANK_DISCRIMINATOR)) return { kind: "CollateralBank", data: decodeBankData(bytes) };
  if (is(CIRCUIT_BREAKER_DISCRIMINATOR)) return { kind: "CircuitBreaker", data: decodeBreakerData(bytes) };
  if (is(CLEARINGHOUSE_DISCRIMINATOR)) return { kind: "Clearinghouse", data: decodeClearinghouseData(bytes) };
  if (is(OFFER_DISCRIMINATOR)) return { kind: "Offer", data: decodeOfferData(bytes) };
  if (is(INSURANCE_FUND_DISCRIMINATOR)) return { kind: "InsuranceFund", data: decodeFundData(bytes) };
  if (is(INSURANCE_STAKE_DISCRIMINATOR)) return { kind: "InsuranceStake", data: decodeStakeData(bytes) };
  if (is(PROPOSAL_DISCRIMINATOR)) return { kind: "Proposal", data: decodeProposalData(bytes) };
  return null;
}

/** Key that stands for nobody: no delegate, no feed. */
export const NOBODY = "11111111111111111111111111111111" as Address;
