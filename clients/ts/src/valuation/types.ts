// Amounts in quote atoms, sizes in lots, prices in quote atoms per lot, times in unix seconds: bigint. Indices, levels and most basis
// points: number. A `refusal` is the name of the program's error, see `explainName`.

/** One asset of an account at mark. */
export interface HoldingReport {
  readonly asset: number;
  readonly size: bigint;
  /** Signed cost of the position. */
  readonly entry: bigint;
  readonly notional: bigint;
  /** Unrealised; a gain waits until the market's losers have paid. */
  readonly pnl: bigint;
  /** Atoms of the asset's token held as collateral, what they count, and what was taken off their value. */
  readonly collateralAtoms: bigint;
  readonly collateral: bigint;
  readonly haircut: bigint;
  /** Maintenance margin by reason. */
  readonly shock: bigint;
  readonly liquidity: bigint;
  readonly initialMargin: bigint;
  /** The mark at which anyone may liquidate, others staying where they are; null: there is none. */
  readonly liquidationPrice: bigint | null;
  /** How far that is from the mark. */
  readonly distanceBps: bigint | null;
}

/** An account at mark, whatever the age of the prices. `maintenance` is `shock + liquidity - offset`. */
export interface AccountReport {
  /** Deposited or really paid: senior. */
  readonly cash: bigint;
  readonly equity: bigint;
  readonly maintenance: bigint;
  readonly initial: bigint;
  readonly shock: bigint;
  readonly liquidity: bigint;
  readonly offset: bigint;
  readonly haircut: bigint;
  /** What may be risked before new risk is refused. */
  readonly freeCollateral: bigint;
  /** What may be lost before anyone may liquidate, and what is missing where anyone may. */
  readonly freeOfMaintenance: bigint;
  readonly shortfall: bigint;
  /** Gains that are not cash yet: junior. */
  readonly waitingProfit: bigint;
  /** Losses that cash has not paid yet; zero or negative. */
  readonly unsettledLoss: bigint;
  /** What all collateral counts. */
  readonly collateral: bigint;
  /** Equity of maintenance; null without a requirement. */
  readonly marginRatioBps: bigint | null;
  readonly isLiquidatable: boolean;
  readonly holdings: readonly HoldingReport[];
}

/** An account among many. */
export interface AccountAtRisk {
  readonly cash: bigint;
  readonly equity: bigint;
  readonly maintenance: bigint;
  /** Of all positions, whichever way they go. */
  readonly notional: bigint;
  readonly marginRatioBps: bigint | null;
  readonly isLiquidatable: boolean;
  readonly nearestAsset: number | null;
  readonly liquidationPrice: bigint | null;
  readonly distanceBps: bigint | null;
}

/** Equity and requirement, or why the program would refuse to work them out. */
export interface Valued {
  readonly equity: bigint | null;
  readonly requirement: bigint | null;
  readonly isCovered: boolean;
  readonly refusal: string | null;
}

/** The account now, as those see it who want something of it. */
export interface AccountValue {
  readonly maintenance: Valued;
  readonly deleveraging: Valued;
  readonly initial: Valued;
  /** As one who takes over another's position. */
  readonly takeover: Valued;
  /** As a withdrawal sees what stays: gains count nothing. */
  readonly withdrawal: Valued;
}

/** An asset's price now. */
export interface AssetPrice {
  readonly asset: number;
  readonly symbol: string;
  readonly mark: bigint;
  readonly confidence: bigint;
  readonly confidenceBps: bigint;
  readonly ema: bigint;
  /** What longs, and shorts, count at for new risk. */
  readonly longPrice: bigint;
  readonly shortPrice: bigint;
  readonly publishTime: bigint;
  readonly age: bigint;
  /** See `qualityName`. */
  readonly quality: number;
  /** What keeps these from happening now; null: nothing. */
  readonly addRisk: string | null;
  readonly reduceRisk: string | null;
  readonly liquidate: string | null;
  readonly riskOpensAt: bigint;
  readonly initialMultiplierBps: number;
  readonly maintenanceMultiplierBps: number;
  /** In force, before the multiplier. */
  readonly maintenanceRatioBps: number;
  readonly haircutBps: number;
  /** Whether a requirement is on its way up. */
  readonly isRamping: boolean;
}

/** A level that somebody set. */
export interface SetLevel {
  readonly level: number;
  readonly until: bigint;
  readonly reason: number;
  readonly trips: number;
}

/** A breaker now: of a market, or with `ALL_MARKETS` of everything. See `levelName`. */
export interface BreakerLevel {
  readonly market: number;
  readonly level: number;
  /** By guardian or authority. */
  readonly set: { readonly emergency: SetLevel; readonly standing: SetLevel };
  /** Of a market: what its automatic breaker keeps, and what its books ask for. */
  readonly automatic?: { readonly level: number; readonly until: bigint; readonly trips: number; readonly byPrice: number };
  readonly books?: number;
  readonly isGrace?: boolean;
  readonly isClosed?: boolean;
}

/** What an action does to an account: `after` is null where it would be refused. */
export interface Preview {
  readonly before: AccountReport;
  readonly after: AccountReport | null;
  readonly refusal: string | null;
}

/** A trade. `lots` is signed, what there is of those asked for; 0 with a refusal where there are none. */
export interface TradePreview extends Preview {
  readonly lots: bigint;
  readonly price: bigint;
  readonly notional: bigint;
  readonly fee: bigint;
}

/** Both sides of an offer, each as if taken whole at the present mark. */
export interface OfferPreview {
  readonly bid: TradePreview;
  readonly ask: TradePreview;
}

/** A liquidation, as the liquidator's account sees it. */
export interface LiquidationPreview extends Preview {
  readonly lots: bigint;
  readonly price: bigint;
  readonly penaltyPerLot: bigint;
  readonly insuranceFee: bigint;
  readonly insurancePaid: bigint;
  readonly liquidateeBefore: Valued;
  readonly liquidateeAfter: Valued;
}

/** A settlement: at most one of the two amounts is not zero. */
export interface SettlementPreview extends Preview {
  readonly lossPaid: bigint;
  readonly profitPaid: bigint;
}

/** A withdrawal, and the most that could be withdrawn now. */
export interface WithdrawalPreview extends Preview {
  /** What the account has of the token, in its atoms. */
  readonly balance: bigint;
  readonly most: bigint;
  /** What refuses an atom more than the most; null where that is all there is. */
  readonly mostRefusal: string | null;
  /** What may leave the bank now, whoever asks; seconds until the amount may, null: not at once. */
  readonly outflowLeft: bigint;
  readonly secondsUntil: bigint | null;
}

/** One ledger identity: two sums that must be equal. */
export interface Identity {
  /** The invariant's number. */
  readonly id: string;
  readonly name: string;
  /** `quote`, `bank`, `market` or `fund`, and its index. */
  readonly of: string;
  readonly index: number | null;
  readonly left: bigint;
  readonly right: bigint;
  readonly difference: bigint;
  readonly holds: boolean;
}

/** The insurance fund. */
export interface FundFigures {
  readonly assets: bigint;
  readonly deployed: bigint;
  readonly total: bigint;
  readonly shares: bigint;
  readonly epoch: number;
  readonly cooldownSeconds: number;
  readonly closedUntil: bigint;
  readonly isClosed: boolean;
  readonly isWipedOut: boolean;
  /** `price` quote atoms are what `sharesPriced` shares are worth. */
  readonly sharesPriced: bigint;
  readonly price: bigint;
  /** What the amount asked about would buy. */
  readonly buys: { readonly shares: bigint; readonly paid: bigint; readonly refusal: string | null };
}

/** A stake. */
export interface StakeFigures {
  readonly shares: bigint;
  readonly value: bigint;
  readonly leavingShares: bigint;
  readonly leavingValue: bigint;
  readonly leavesAt: bigint;
  readonly leavesUntil: bigint;
  /** What leaving now would pay, apart from what tranches give for what the fund lacks. */
  readonly wouldPay: bigint;
  /** Why leaving is not open; null: it is. */
  readonly refusal: string | null;
}

/** A parameter set. */
export type ParameterSet = "asset" | "market" | "bank" | "fund";

/** What governs one parameter. */
export interface Rule {
  /** As in the program: `initial_ratio_bps`. */
  readonly name: string;
  readonly tighter: "Up" | "Down" | "Neither";
  readonly least: bigint;
  readonly most: bigint;
}

/** A change of one parameter, or of none. See `DIRECTIONS`. */
export interface FieldDirection {
  readonly name: string;
  readonly old: bigint;
  readonly new: bigint;
  readonly direction: number;
  readonly refusal: string | null;
}

/** A change of a set. */
export interface SetDirection {
  readonly direction: number;
  /** Why no proposal may make it in one step once the clearinghouse is sealed; null: one may. */
  readonly refusal: string | null;
  readonly fields: readonly FieldDirection[];
}
