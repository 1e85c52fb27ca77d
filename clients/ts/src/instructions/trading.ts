import { type Address, type Instruction } from "@solana/kit";

import { bankAddress, marketAddress, offerAddress, type Addresses } from "../addresses.js";
import {
  getAutoDeleverageInstruction,
  getCancelOfferInstruction,
  getLiquidateCollateralInstruction,
  getLiquidateInstruction,
  getPlaceOfferInstruction,
  getRefreshPricesInstruction,
  getSettleInstruction,
  getTakeOfferInstruction,
  getTradeInstruction,
  getUpdateFundingInstruction,
  getUpdateOfferInstruction,
  type OfferTermsArgs,
} from "../generated/index.js";
import { followedBy, signing, type Signing } from "./signing.js";

/** A standing quote of the account `maker`, pegged to the mark. */
export async function placeOffer(
  at: Addresses,
  input: { market: number; payer: Signing; trader: Signing; maker: Address; terms: OfferTermsArgs },
): Promise<Instruction> {
  return getPlaceOfferInstruction({
    payer: signing(input.payer),
    trader: signing(input.trader),
    maker: input.maker,
    market: await marketAddress(at, input.market),
    offer: await offerAddress(input.maker, input.market),
    terms: input.terms,
  });
}

/** New terms for a standing quote. */
export async function updateOffer(input: { market: number; trader: Signing; maker: Address; terms: OfferTermsArgs }): Promise<Instruction> {
  const { maker, terms } = input;
  return getUpdateOfferInstruction({ trader: signing(input.trader), maker, offer: await offerAddress(maker, input.market), terms });
}

/** Takes a standing quote back; its rent goes to `rentReceiver`. */
export async function cancelOffer(input: { market: number; trader: Signing; maker: Address; rentReceiver: Address }): Promise<Instruction> {
  const { maker, rentReceiver } = input;
  return getCancelOfferInstruction({ trader: signing(input.trader), maker, offer: await offerAddress(maker, input.market), rentReceiver });
}

/** Buys up to `lots` from a maker's offer, sells where negative, at `limitPrice` (quote atoms per lot) or better. */
export async function takeOffer(
  at: Addresses,
  input: { market: number; trader: Signing; taker: Address; maker: Address; lots: bigint; limitPrice: bigint },
): Promise<Instruction> {
  const { taker, maker, lots, limitPrice } = input;
  return getTakeOfferInstruction({
    trader: signing(input.trader),
    taker,
    maker,
    offer: await offerAddress(maker, input.market),
    market: await marketAddress(at, input.market),
    board: at.board,
    breaker: at.breaker,
    lots,
    limitPrice,
  });
}

/** One side of a trade: who signs for it (owner or delegate), and its margin account. */
export interface TradeSide {
  readonly trader: Signing;
  readonly marginAccount: Address;
}

/** A trade that both sides sign. */
export async function trade(
  at: Addresses,
  input: { market: number; buyer: TradeSide; seller: TradeSide; lots: bigint; price: bigint },
): Promise<Instruction> {
  return getTradeInstruction({
    buyerTrader: signing(input.buyer.trader),
    sellerTrader: signing(input.seller.trader),
    buyer: input.buyer.marginAccount,
    seller: input.seller.marginAccount,
    market: await marketAddress(at, input.market),
    board: at.board,
    breaker: at.breaker,
    lots: input.lots,
    price: input.price,
  });
}

/** Turns losses of these accounts into the pool's money, or their gains into cash as far as the pool reaches. Anyone may. */
export async function settle(at: Addresses, input: { market: number; marginAccounts: readonly Address[] }): Promise<Instruction> {
  const market = await marketAddress(at, input.market);
  return followedBy(getSettleInstruction({ market, board: at.board, breaker: at.breaker }), input.marginAccounts, true);
}

/** Takes over up to `maxLots` of an account below maintenance. */
export async function liquidate(
  at: Addresses,
  input: { market: number; trader: Signing; liquidator: Address; liquidatee: Address; maxLots: bigint; limitPrice: bigint },
): Promise<Instruction> {
  const { liquidator, liquidatee, maxLots, limitPrice } = input;
  const market = await marketAddress(at, input.market);
  return getLiquidateInstruction({
    trader: signing(input.trader), liquidator, liquidatee, market, board: at.board, breaker: at.breaker, maxLots, limitPrice,
  });
}

/** Buys up to `amount` atoms of a bank's token from `seller` for at most `maxPaid` quote atoms. */
export async function liquidateCollateral(
  at: Addresses,
  input: { bank: number; trader: Signing; buyer: Address; seller: Address; amount: bigint; maxPaid: bigint },
): Promise<Instruction> {
  const { buyer, seller, amount, maxPaid } = input;
  const bank = await bankAddress(at, input.bank);
  return getLiquidateCollateralInstruction({
    trader: signing(input.trader), buyer, seller, bank, board: at.board, breaker: at.breaker, amount, maxPaid,
  });
}

/** Closes a bankrupt account's position against the whole other side. Anyone may. */
export async function autoDeleverage(at: Addresses, input: { market: number; bankrupt: Address }): Promise<Instruction> {
  const market = await marketAddress(at, input.market);
  return getAutoDeleverageInstruction({ bankrupt: input.bankrupt, market, board: at.board, breaker: at.breaker });
}

/** Sets a market's funding rate from the average premium of its fills. Anyone may. */
export async function updateFunding(at: Addresses, input: { market: number }): Promise<Instruction> {
  return getUpdateFundingInstruction({ board: at.board, market: await marketAddress(at, input.market) });
}

/** An asset and the account of its feed. */
export interface Feed {
  readonly asset: number;
  readonly account: Address;
}

/** Brings feeds' prices to the board. An asset with two feeds is named twice in a row, the primary first. Anyone may. */
export function refreshPrices(at: Addresses, input: { feeds: readonly Feed[] }): Instruction {
  const assets = input.feeds.map((feed) => feed.asset).filter((asset, index, all) => asset !== all[index - 1]);
  const instruction = getRefreshPricesInstruction({ board: at.board, assets: Uint8Array.from(assets) });
  return followedBy(instruction, input.feeds.map((feed) => feed.account), false);
}
