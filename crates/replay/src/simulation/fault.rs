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
    /// A sweep gives the insurance fund no part of the fees.
    SweepKeepsFees,
    /// A refill ignores its window.
    SweepBeyondWindow,
    /// A sweep forgets what it reported.
    SweepForgetsReport,
    /// Stakers come and leave on a stale price.
    StalePriceStaked,
    /// Stakes are sold while markets were not swept.
    StakeUnswept,
    /// A stake gets one share more.
    StakeGivesShare,
    /// A new request keeps the time of an older one.
    RequestKeepsTime,
    /// Shares leave before the cool-down is over.
    UnstakeEarly,
    /// Shares leave at today's value where they were worth less when they asked.
    UnstakeAtValueNow,
    /// Shares leave while a reported deficit stands.
    UnstakeDespiteDeficit,
    /// A tranche that paid for a deficit pays for an exit.
    RecallAfterDeficit,
    /// A deficit is reported of a solvent account.
    SolventReported,
    /// A stranger deposits collateral.
    StrangerDeposits,
    /// Trades count collateral without its haircut.
    HaircutIgnored,
    /// A buyer of collateral pays one atom less.
    ConversionUnderpays,
    /// Collateral is taken from an account that needs no quote.
    ConversionUnneeded,
    /// A touch leaves the carry as it was.
    TouchForgetsCarry,
    /// A touch leaves what the side is owed as it was.
    TouchForgetsOwed,
    /// A touched position forgets what it saw.
    TouchForgetsStamp,
    /// Settling takes a bankrupt account's whole cash for one market.
    BankruptSettles,
    /// Deleveraging comes before the tranche has paid.
    DeleverageSparesTranche,
    /// Deleveraging charges an atom per lot more.
    DeleverageOvercharges,
    /// Deleveraging charges another market's longs.
    DeleverageOtherMarket,
    /// Deleveraging spares one account of the side.
    DeleverageSparesOne,
    /// Deleveraging counts half of an account's cash.
    DeleverageSolvent,
    /// Deleveraging ignores collateral.
    DeleverageWithCollateral,
    /// Deleveraging at a stale price.
    DeleverageStalePrice,
    /// A side that was closed wholly keeps its epoch.
    EpochForgotten,
    /// The tranche pays the co-insurance share.
    CoinsuranceIgnored,
    /// The tranche pays beyond its caps.
    InsuranceCapIgnored,
    /// Risk is added right after an uncertain price.
    RiskReopensAtOnce,
    /// A debt that was shared out is not marked.
    SharedOutForgotten,
    /// The market does not count what it took over.
    OwnDebtForgotten,
    /// The tranche pays the market's own debt as often as somebody sweeps.
    OwnDebtUncapped,
    /// An epoch begins without remembering the last scale.
    LastScaleForgotten,
    /// Two feeds confirm each other however far apart.
    FeedsNotCompared,
    /// One of two living feeds is trusted alone.
    LoneVoiceTrusted,
    /// Averages count from a lone voice in between.
    CountsFromLoneVoice,
    /// One of two feeds goes back in time.
    FeedTimeBackwards,
    /// The confidence does not reach the other feed's price.
    ReachForgotten,
    /// Nothing new settles a doubt.
    DoubtForgotten,
    /// Variance sees the distance between two feeds as a step.
    StepBetweenFeeds,
    /// While feeds disagree, a slice goes at whichever price the mark is.
    SliceAtWorsePrice,
    /// Trades see only what guardian and authority set.
    AutomaticIgnored,
    /// Withdrawals see only what guardian and authority set.
    AutomaticIgnoredByWithdrawals,
    /// What was closed is closed again at once.
    ClosesOn,
    /// A poke ends the level that stands.
    PokeLowers,
    /// A poke does not look at the books.
    PokeForgetsBooks,
    /// A poke holds on to a level whose signal is gone.
    PokeHoldsOn,
    /// Liquidations ignore the grace after a closed market opened.
    GraceIgnored,
    /// Withdrawals ignore the outflow limit.
    OutflowIgnored,
    /// Everybody may use what is kept for small accounts.
    SmallExitForAll,
    /// Deposits are not taken off what left.
    DepositNotNetted,
    /// A fill leaves nothing in the premium.
    PremiumForgotten,
    /// The average premium is over what was traded alone.
    RateOverVolumeAlone,
    /// A rate is set on a price below fresh.
    StaleRate,
    /// A rate goes on for ever.
    RateNeverEnds,
    /// A price accrues funding twice.
    AccruedTwice,
    /// What a side receives is as much as the other pays, and a bit.
    CreditNotReduced,
    /// The market's own lots pay no funding.
    OwnFundingForgotten,
}

impl Fault {
    pub const ALL: [Self; 89] = [
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
        Self::SweepKeepsFees,
        Self::SweepBeyondWindow,
        Self::SweepForgetsReport,
        Self::StalePriceStaked,
        Self::StakeUnswept,
        Self::StakeGivesShare,
        Self::RequestKeepsTime,
        Self::UnstakeEarly,
        Self::UnstakeAtValueNow,
        Self::UnstakeDespiteDeficit,
        Self::RecallAfterDeficit,
        Self::SolventReported,
        Self::StrangerDeposits,
        Self::HaircutIgnored,
        Self::ConversionUnderpays,
        Self::ConversionUnneeded,
        Self::TouchForgetsCarry,
        Self::TouchForgetsOwed,
        Self::TouchForgetsStamp,
        Self::BankruptSettles,
        Self::DeleverageSparesTranche,
        Self::DeleverageOvercharges,
        Self::DeleverageOtherMarket,
        Self::DeleverageSparesOne,
        Self::DeleverageSolvent,
        Self::DeleverageWithCollateral,
        Self::DeleverageStalePrice,
        Self::EpochForgotten,
        Self::CoinsuranceIgnored,
        Self::InsuranceCapIgnored,
        Self::RiskReopensAtOnce,
        Self::SharedOutForgotten,
        Self::OwnDebtForgotten,
        Self::OwnDebtUncapped,
        Self::LastScaleForgotten,
        Self::FeedsNotCompared,
        Self::LoneVoiceTrusted,
        Self::CountsFromLoneVoice,
        Self::FeedTimeBackwards,
        Self::ReachForgotten,
        Self::DoubtForgotten,
        Self::StepBetweenFeeds,
        Self::SliceAtWorsePrice,
        Self::AutomaticIgnored,
        Self::AutomaticIgnoredByWithdrawals,
        Self::ClosesOn,
        Self::PokeLowers,
        Self::PokeForgetsBooks,
        Self::PokeHoldsOn,
        Self::GraceIgnored,
        Self::OutflowIgnored,
        Self::SmallExitForAll,
        Self::DepositNotNetted,
        Self::PremiumForgotten,
        Self::RateOverVolumeAlone,
        Self::StaleRate,
        Self::RateNeverEnds,
        Self::AccruedTwice,
        Self::CreditNotReduced,
        Self::OwnFundingForgotten,
    ];
}
