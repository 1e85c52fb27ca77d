// The program's own valuation, run on account bytes: no figure of it is worked out in TypeScript.
import { type Address, getAddressEncoder, type ReadonlyUint8Array } from "@solana/kit";

import init, * as wasm from "../../wasm/firebreak_risk_wasm.js";
import { figures, packed } from "./figures.js";
import {
  type AccountAtRisk,
  type AccountReport,
  type AccountValue,
  type AssetPrice,
  type BreakerLevel,
  type FundFigures,
  type Identity,
  type LiquidationPreview,
  type OfferPreview,
  type ParameterSet,
  type Preview,
  type Rule,
  type SetDirection,
  type SettlementPreview,
  type StakeFigures,
  type TradePreview,
  type WithdrawalPreview,
} from "./types.js";

export { ValuationError } from "./figures.js";
export * from "./parameters.js";
export type * from "./types.js";

/** Bytes of an account, as the chain gives them. */
export type Bytes = ReadonlyUint8Array;

/** Where the WebAssembly is; for whoever loads it by themselves. */
export const VALUATION_WASM = new URL("../../wasm/firebreak_risk_wasm_bg.wasm", import.meta.url);

type Source = Parameters<typeof init>[0];
let loading: Promise<Valuation> | undefined;

/**
 * Loads the valuation, once. In a browser from beside this file, or from `source` (an address, a response, bytes); in Node.js pass the
 * bytes: `loadValuation(await readFile(VALUATION_WASM))`.
 */
export function loadValuation(source?: Exclude<Source, { module_or_path: unknown }>): Promise<Valuation> {
  loading ??= init({ module_or_path: source ?? VALUATION_WASM }).then(
    () => new Valuation(),
    (error: unknown) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}

/** Where a trade happens. */
export interface Place {
  readonly board: Bytes;
  readonly market: Bytes;
  readonly breaker: Bytes;
}

/** One side of an offer. */
export interface Quote {
  readonly lots: bigint;
  readonly spreadBps: number;
}

/** A token account and where it is. */
export interface VaultBytes {
  readonly address: Address;
  readonly data: Bytes;
}

const raw = (bytes: Bytes): Uint8Array => bytes as Uint8Array;
const quoted = (quote: Quote): BigUint64Array => BigUint64Array.of(quote.lots, BigInt(quote.spreadBps));
const EMPTY = new Uint8Array();

/**
 * What accounts are worth, and what actions would do to them: by the program's own code. `now` is the chain's clock in unix seconds.
 * Throws `ValuationError` where bytes are not the accounts they should be; what the program would refuse is a `refusal` in the answer.
 */
export class Valuation {
  /** An account at mark. */
  report(board: Bytes, account: Bytes): AccountReport {
    return figures(wasm.report(raw(board), raw(account)));
  }

  /** Many accounts at mark, in their order. */
  reportMany(board: Bytes, accounts: readonly Bytes[]): AccountAtRisk[] {
    return figures(wasm.report_many(raw(board), packed(accounts)));
  }

  /** Equity and requirement now, by who asks. */
  value(board: Bytes, account: Bytes, now: bigint): AccountValue {
    return figures(wasm.value(raw(board), raw(account), now));
  }

  /** Every asset's price, in the order of the board. */
  prices(board: Bytes, now: bigint): AssetPrice[] {
    return figures(wasm.prices(raw(board), now));
  }

  /** The global breaker's level first, then each market's. */
  levels(breaker: Bytes, board: Bytes, markets: readonly Bytes[], now: bigint): BreakerLevel[] {
    return figures(wasm.levels(raw(breaker), raw(board), packed(markets), now));
  }

  /**
   * What taking an offer does to the taker: buys up to `lots`, sells where negative. Without `maker`, as if the maker had enough of
   * everything.
   */
  previewTake(
    place: Place,
    input: { taker: Bytes; maker?: Bytes; offer: Bytes; lots: bigint; limitPrice?: bigint },
    now: bigint,
  ): TradePreview {
    const accounts = [place.board, input.taker, input.maker ?? EMPTY, input.offer, place.market, place.breaker];
    return figures(wasm.preview_take(packed(accounts), input.lots, input.limitPrice ?? 0n, now));
  }

  /** The limit price that keeps a fill within a slippage of `price`: above it for one who buys, below for one who sells. */
  worstPrice(price: bigint, slippageBps: number, buys: boolean): bigint {
    return figures(wasm.worst_price(price, slippageBps, buys));
  }

  /** What an offer's two sides would do to its maker. */
  previewOffer(place: Place, input: { maker: Bytes; bid: Quote; ask: Quote }, now: bigint): OfferPreview {
    const accounts = packed([place.board, input.maker, place.market, place.breaker]);
    return figures(wasm.preview_offer(accounts, quoted(input.bid), quoted(input.ask), now));
  }

  /** What a liquidation does. */
  previewLiquidation(
    place: Place,
    input: { liquidator: Bytes; liquidatee: Bytes; maxLots: bigint; limitPrice: bigint },
    now: bigint,
  ): LiquidationPreview {
    const accounts = [place.board, input.liquidator, input.liquidatee, place.market, place.breaker];
    return figures(wasm.preview_liquidation(packed(accounts), input.maxLots, input.limitPrice, now));
  }

  /** What settling an account in a market does. */
  previewSettlement(place: Place, account: Bytes, now: bigint): SettlementPreview {
    return figures(wasm.preview_settlement(packed([place.board, account, place.market, place.breaker]), now));
  }

  /** What a deposit does; atoms of the bank's token. */
  previewDeposit(input: { board: Bytes; account: Bytes; bank: Bytes; amount: bigint }, now: bigint): Preview {
    return figures(wasm.preview_deposit(raw(input.board), raw(input.account), raw(input.bank), input.amount, now));
  }

  /** What a withdrawal does, and the most there could be; atoms of the bank's token. */
  previewWithdrawal(
    input: { board: Bytes; account: Bytes; bank: Bytes; breaker: Bytes; amount: bigint },
    now: bigint,
  ): WithdrawalPreview {
    const accounts = packed([input.board, input.account, input.bank, input.breaker]);
    return figures(wasm.preview_withdrawal(accounts, input.amount, now));
  }

  /** The ledger identities over all accounts of a clearinghouse, in any order, and its vaults. */
  identities(accounts: readonly Bytes[], vaults: readonly VaultBytes[]): Identity[] {
    const key = getAddressEncoder();
    const located = vaults.map(({ address, data }) => Uint8Array.from([...key.encode(address), ...data]));
    return figures(wasm.identities(packed(accounts), packed(located)));
  }

  /** The insurance fund, and what `amount` quote atoms would buy of it. */
  fund(fund: Bytes, now: bigint, amount = 0n): FundFigures {
    return figures(wasm.fund(raw(fund), amount, now));
  }

  /** A stake, and what leaving would pay. */
  stake(fund: Bytes, stake: Bytes, now: bigint): StakeFigures {
    return figures(wasm.stake(raw(fund), raw(stake), now));
  }

  /** The rules of a parameter set, in the order in which proposals keep old values. */
  rules(set: ParameterSet): Rule[] {
    return figures(wasm.rules(set));
  }

  /** Which way a change goes; values in the order of the rules. */
  direction(set: ParameterSet, old: readonly bigint[], next: readonly bigint[]): SetDirection {
    return figures(wasm.direction(set, BigUint64Array.from(old), BigUint64Array.from(next)));
  }
}
