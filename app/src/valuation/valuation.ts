import type { AssetPrice, BreakerLevel, FundFigures, LiquidationPreview, Preview, Rule, SetDirection, Valuation as Program, WithdrawalPreview } from "@firebreak/client/valuation";
import type { Address } from "@solana/kit";

import type { Whole } from "../chain/mirror.ts";
import type { Books } from "../model/books.ts";
import type { SetKind } from "../model/parameters.ts";
import { causesOf } from "./levels.ts";
import type { AccountView, AtRiskView, FundView, IdentityView, LevelView, TakePreview } from "./views.ts";

const ALL_MARKETS = 255;

export interface TakeRequest {
  readonly market: number;
  readonly taker: Address;
  readonly offer: Address;
  /** Bought where positive, sold where negative. */
  readonly lots: bigint;
  /** How far beyond the price now the taker still takes it. */
  readonly slippageBps: number;
}

/** Remembers the last answer: many parts of the page ask the same at the same second. */
function remembering<T>(): (key: readonly unknown[], work: () => T) => T {
  let last: { key: readonly unknown[]; value: T } | null = null;
  return (key, work) => {
    if (last === null || last.key.some((part, index) => part !== key[index])) last = { key, value: work() };
    return last.value;
  };
}

/** Everything the page computes with money: the program's own code, compiled for the browser, over the books. */
export class Valuation {
  readonly #program: Program;
  readonly #prices = remembering<AssetPrice[]>();
  readonly #levels = remembering<BreakerLevel[]>();

  constructor(program: Program) {
    this.#program = program;
  }

  price(books: Books, asset: number, now: bigint): AssetPrice | null {
    return this.#prices([books.board.bytes, now], () => this.#program.prices(books.board.bytes, now))[asset] ?? null;
  }

  /** Of a market; 255 of everything. */
  level(books: Books, market: number, now: bigint): LevelView | null {
    const levels = this.#levels([books, now], () => {
      const markets = books.listed.flatMap((listed) => (listed.market === null ? [] : [listed.market.bytes]));
      return this.#program.levels(books.breaker.bytes, books.board.bytes, markets, now);
    });
    const [all, own] = [levels.find((one) => one.market === ALL_MARKETS), levels.find((one) => one.market === market)];
    return own === undefined ? null : { level: own.level, causes: causesOf(own, all ?? own) };
  }

  account(books: Books, account: Uint8Array): AccountView {
    return this.#program.report(books.board.bytes, account);
  }

  take(books: Books, request: TakeRequest, now: bigint): TakePreview | null {
    const market = books.listed[request.market]?.market;
    const offer = books.offers.find((one) => one.address === request.offer);
    const [taker, maker] = [request.taker, offer?.data.marginAccount].map((address) => books.accounts.find((one) => one.address === address));
    if (market == null || offer === undefined || taker === undefined || maker === undefined) return null;
    const place = { board: books.board.bytes, market: market.bytes, breaker: books.breaker.bytes };
    const input = { taker: taker.bytes, maker: maker.bytes, offer: offer.bytes, lots: request.lots };
    const preview = this.#program.previewTake(place, input, now);
    return { ...preview, worstPrice: this.#program.worstPrice(preview.price, request.slippageBps, request.lots > 0n) };
  }

  /** The limit price that lets a price move by this much against whoever trades. */
  worstPrice(price: bigint, slippageBps: number, buys: boolean): bigint {
    return this.#program.worstPrice(price, slippageBps, buys);
  }

  /** What an offer's two sides are quoted at now, and what either would do to its maker. */
  offer(books: Books, market: number, maker: Uint8Array, quote: { bidLots: bigint; askLots: bigint; bidSpreadBps: number; askSpreadBps: number }, now: bigint) {
    const entry = books.listed[market]?.market;
    if (entry == null) return null;
    const place = { board: books.board.bytes, market: entry.bytes, breaker: books.breaker.bytes };
    const [bid, ask] = [{ lots: quote.bidLots, spreadBps: quote.bidSpreadBps }, { lots: quote.askLots, spreadBps: quote.askSpreadBps }];
    return this.#program.previewOffer(place, { maker, bid, ask }, now);
  }

  /** What taking over does to the liquidator. */
  liquidate(books: Books, request: { market: number; liquidator: Address; liquidatee: Address; maxLots: bigint; limitPrice: bigint }, now: bigint): LiquidationPreview | null {
    const market = books.listed[request.market]?.market;
    const [liquidator, liquidatee] = [request.liquidator, request.liquidatee].map((address) => books.accounts.find((one) => one.address === address));
    if (market == null || liquidator === undefined || liquidatee === undefined) return null;
    const place = { board: books.board.bytes, market: market.bytes, breaker: books.breaker.bytes };
    const { maxLots, limitPrice } = request;
    return this.#program.previewLiquidation(place, { liquidator: liquidator.bytes, liquidatee: liquidatee.bytes, maxLots, limitPrice }, now);
  }

  deposit(books: Books, account: Uint8Array, bank: number, amount: bigint, now: bigint): Preview | null {
    const entry = books.banks.find((one) => one.data.index === bank);
    return entry === undefined ? null : this.#program.previewDeposit({ board: books.board.bytes, account, bank: entry.bytes, amount }, now);
  }

  withdraw(books: Books, account: Uint8Array, bank: number, amount: bigint, now: bigint): WithdrawalPreview | null {
    const entry = books.banks.find((one) => one.data.index === bank);
    if (entry === undefined) return null;
    return this.#program.previewWithdrawal({ board: books.board.bytes, account, bank: entry.bytes, breaker: books.breaker.bytes, amount }, now);
  }

  /** Over all accounts of one slot. */
  identities(books: Books, whole: Whole): IdentityView[] {
    const ours = [books.board, books.fund, ...books.banks, ...books.accounts, ...books.stakes].map((entry) => entry.bytes);
    const markets = books.listed.flatMap((listed) => (listed.market === null ? [] : [listed.market.bytes]));
    const vaults = [...whole.vaults].map(([address, data]) => ({ address, data }));
    return this.#program.identities([...ours, ...markets], vaults).map((identity) => ({
      ...identity,
      key: `${identity.of}${identity.index ?? ""}${identity.name}`,
      whose: whoseOf(identity.of, identity.index, books),
    }));
  }

  /** Accounts with positions, nearest to liquidation first. */
  atRisk(books: Books): AtRiskView[] {
    const held = books.accounts.filter((account) => account.data.positionCount > 0);
    const reports = this.#program.reportMany(books.board.bytes, held.map((account) => account.bytes));
    const views = reports.flatMap((report, index) => {
      const account = held[index];
      return account === undefined ? [] : [{ ...report, address: account.address, owner: account.data.owner }];
    });
    const rank = (view: AtRiskView): number => (view.isLiquidatable ? -1 : view.distanceBps === null ? Infinity : Number(view.distanceBps));
    return views.sort((one, other) => rank(one) - rank(other));
  }

  fund(books: Books, owner: Address | null, now: bigint): FundView {
    const stake = books.stakes.find((one) => one.data.owner === owner);
    const own = stake === undefined ? null : this.#program.stake(books.fund.bytes, stake.bytes, now);
    return { ...this.#program.fund(books.fund.bytes, now), own };
  }

  /** Shares that an amount buys, and what they cost. */
  sharesFor(books: Books, amount: bigint, now: bigint): FundFigures["buys"] {
    return this.#program.fund(books.fund.bytes, now, amount).buys;
  }

  /** The rules of a parameter set, in the order of its values. */
  rules(kind: SetKind): readonly Rule[] {
    return this.#program.rules(kind);
  }

  direction(kind: SetKind, before: readonly bigint[], after: readonly bigint[]): SetDirection {
    return this.#program.direction(kind, before, after);
  }
}

function whoseOf(of: string, index: number | null, books: Books): string {
  if (of === "market") return `${books.listed[index ?? -1]?.symbol ?? index} market`;
  if (of === "bank") return `${books.listed[books.banks.find((bank) => bank.data.index === index)?.data.asset ?? -1]?.symbol ?? index} as collateral`;
  return of;
}
