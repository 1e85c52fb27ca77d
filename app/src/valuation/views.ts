import type { AccountAtRisk, AccountReport, FundFigures, Identity, Preview, StakeFigures, TradePreview, WithdrawalPreview } from "@firebreak/client/valuation";
import type { Address } from "@solana/kit";

export type { Preview, WithdrawalPreview };

/** An account as the program values it. */
export type AccountView = AccountReport;

/** What taking an offer would do, and the worst price at which it still happens. */
export interface TakePreview extends TradePreview {
  readonly worstPrice: bigint;
}

/** Who asks for a level. */
export type LevelSource = "global emergency" | "global standing" | "emergency" | "standing" | "automatic" | "books";

export interface LevelCause {
  readonly source: LevelSource;
  readonly level: number;
  /** Unix seconds; null where it holds as long as its signal does. */
  readonly until: bigint | null;
  /** As whoever tripped it chose. */
  readonly reason: number;
}

export interface LevelView {
  /** In force: the highest of the causes. By number: `LEVELS` of the client. */
  readonly level: number;
  readonly causes: readonly LevelCause[];
}

export interface IdentityView extends Identity {
  /** Unlike any other's. */
  readonly key: string;
  /** Whose books: a market's symbol, a token's, the fund. */
  readonly whose: string;
}

export interface AtRiskView extends AccountAtRisk {
  readonly address: Address;
  readonly owner: Address;
}

export interface FundView extends FundFigures {
  /** The owner's shares; null without any. */
  readonly own: StakeFigures | null;
}
