//! Why the arithmetic refused. The program maps each cause to its own error code of the same name.

/// One variant per cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RiskError {
    /// A sum or product left its range. Bounds on sizes and prices make this unreachable for accepted state.
    ArithmeticOverflow,
    /// A size is zero, or beyond `MAX_LOTS`.
    SizeOutOfRange,
    /// The price, brought to quote atoms per lot, is zero or beyond `MAX_PRICE`.
    PriceOutOfRange,
    /// The reading's price is zero or negative.
    PriceNotPositive,
    /// The reading's exponent is not the one recorded at listing.
    PriceExponentChanged,
    /// The reading was published too far in the future.
    PriceFromFuture,
    /// The reading is older than the asset's limit.
    PriceStale,
    /// The reading is older than the last accepted one, or differs from it at the same publish time.
    PriceRegressed,
    /// The reading's confidence interval is wider than the asset's hard limit.
    PriceConfidenceTooWide,
    /// An action that needs a fresh price met an uncertain one.
    PriceUncertain,
    /// A trade's price is outside the band around the mark.
    PriceOutsideBand,
    /// The price is worse than the limit the caller passed.
    LimitPriceExceeded,
    /// Equity would end below what the action needs.
    MarginInsufficient,
    /// Less cash than the action takes.
    CashInsufficient,
    /// Equity is at or above maintenance margin.
    AccountHealthy,
    /// The account has no position and no unpaid loss in this market.
    PositionMissing,
    /// The market's liquidation window has no lots left.
    LiquidationWindowExhausted,
    /// The liquidation would not improve the margin ratio.
    LiquidationNotImproving,
    /// The tranche, its cap per event or its cap per window cannot cover the deficit.
    TrancheInsufficient,
    /// Ratios must satisfy 0 < maintenance < initial <= 100 %.
    RatiosInconsistent,
    /// Penalty plus exit slippage must stay below the maintenance ratio.
    PenaltyExceedsMaintenance,
    /// The liquidator's part of the highest penalty must exceed the expected exit slippage.
    PenaltyBelowSlippage,
    /// Maintenance with the buffer must not exceed initial.
    BufferExceedsInitial,
    /// The cap per event must not exceed the cap per window.
    InsuranceCapsInverted,
    /// Minimum penalty above the maximum.
    PenaltyRangeInverted,
    /// A share or weight above 100 %.
    ShareAboveOne,
    /// The confidence limits must satisfy 0 < fresh <= maximum < 100 %.
    ConfidenceLimitsInconsistent,
    /// Maximum age, EMA time or window is zero or too long.
    DurationOutOfRange,
    /// The EMA band must be above zero and below 100 %.
    EmaBandOutOfRange,
    /// The price band must be above zero and below the maintenance ratio.
    PriceBandExceedsMaintenance,
    /// The fee is at or above the price band.
    FeeExceedsBand,
    /// A lot size or exponent outside the supported range.
    LotOutOfRange,
    /// A cap in lots is zero or beyond `MAX_LOTS`.
    CapOutOfRange,
    /// The tranche covers the deficit: a liquidation resolves it.
    TrancheSufficient,
    /// Positions of the side's last epoch have to be touched first.
    PositionsLeftBehind,
    /// Equity is not negative.
    AccountSolvent,
    /// Lots of a loss that partly waits for claims in other markets are taken all at once.
    LotsInseparable,
    /// The account needs no quote for its collateral.
    ConversionNotNeeded,
    /// A discount must be below the haircut, so that selling collateral never lowers equity.
    DiscountExceedsHaircut,
    /// The amount buys less than one share.
    StakeTooSmall,
    /// The fund's vault holds less than is to be paid.
    FundIlliquid,
    /// The margin multiplier's cap must be between 1 and 10, and initial margin with it at most 100 %.
    MultiplierOutOfRange,
    /// A correlation group must be below 8, its weight at most 90 %, and 0 where there is no group.
    GroupOutOfRange,
    /// A breaker's threshold is zero, or so high (or its floor so low) that it means nothing.
    BreakerThresholdOutOfRange,
    /// Outflow limits must satisfy 0 < hour's share <= day's <= 200 %, with a floor, and small exits within it.
    OutflowLimitsInconsistent,
    /// More than may leave the bank now.
    OutflowLimited,
    /// A parameter would leave its hard bounds.
    BoundExceeded,
    /// A loosening moves a parameter by more than one step.
    StepTooLarge,
    /// Moving the funding rate by trading with oneself would pay more than its fee costs.
    FundingExceedsFee,
}

pub type Result<T> = core::result::Result<T, RiskError>;
