//! Bugs planted in the native engine on purpose: a checker that does not find them proves nothing.

/// What the engine gets wrong.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Settling a loss pays one atom more into the pool than the account lost.
    SettleOverpaysPool,
    /// Settling a gain pays one atom more than the pool lost.
    SettleOverpaysCash,
    /// The buyer's fee is rounded down.
    FeeRoundedDown,
    /// The tranche pays the buyer's fee.
    InsurancePaysFee,
    /// The tranche pays one atom more than the deficit.
    InsuranceBeyondDeficit,
    /// Another market's tranche pays the deficit.
    InsuranceOfAnotherMarket,
    /// A healthy account's position is taken over.
    HealthyLiquidated,
    /// A liquidator takes its own position over.
    SelfLiquidation,
    /// Cash leaves without looking at positions and debts.
    WithdrawalIgnoresLoss,
    /// A delegate withdraws.
    DelegateWithdraws,
    /// Open interest does not follow a trade.
    OpenInterestForgotten,
    /// Trades ask for no margin.
    MarginSkipped,
    /// Trades add risk on a stale price.
    StalePriceTraded,
    /// Trades ignore the breaker.
    BreakerIgnored,
    /// Trades ignore the price band.
    BandIgnored,
    /// An older price replaces a newer one.
    PublishTimeBackwards,
    /// A price of any confidence is accepted.
    ConfidenceIgnored,
    /// A price from the future is accepted.
    FutureAccepted,
    /// Any feed's price is taken for any asset.
    FeedIgnored,
    /// A partially verified price is accepted.
    PartialAccepted,
    /// An oracle account of any owner is accepted.
    OracleOwnerIgnored,
    /// A liquidation takes more than its penalty.
    LiquidationWorsens,
    /// An account is closed with positions and cash in it.
    ClosedWithPositions,
    /// A refused trade leaves its trace.
    RejectionLeavesTrace,
    /// Settling in one market counts in the next one.
    OtherMarketTouched,
    /// A trip lowers the level that stands.
    TripLowers,
    /// A donation counts as a deposit.
    DonationCounted,
    /// An offer is not reduced by what is taken.
    OfferNotReduced,
    /// A closed position keeps its slot.
    SlotKept,
}

impl Fault {
    pub const ALL: [Self; 29] = [
        Self::SettleOverpaysPool,
        Self::SettleOverpaysCash,
        Self::FeeRoundedDown,
        Self::InsurancePaysFee,
        Self::InsuranceBeyondDeficit,
        Self::InsuranceOfAnotherMarket,
        Self::HealthyLiquidated,
        Self::SelfLiquidation,
        Self::WithdrawalIgnoresLoss,
        Self::DelegateWithdraws,
        Self::OpenInterestForgotten,
        Self::MarginSkipped,
        Self::StalePriceTraded,
        Self::BreakerIgnored,
        Self::BandIgnored,
        Self::PublishTimeBackwards,
        Self::ConfidenceIgnored,
        Self::FutureAccepted,
        Self::FeedIgnored,
        Self::PartialAccepted,
        Self::OracleOwnerIgnored,
        Self::LiquidationWorsens,
        Self::ClosedWithPositions,
        Self::RejectionLeavesTrace,
        Self::OtherMarketTouched,
        Self::TripLowers,
        Self::DonationCounted,
        Self::OfferNotReduced,
        Self::SlotKept,
    ];
}
