//! Every refusal has one cause and one code. Codes are append-only: clients, keepers and dashboards know them by number.

use crate::anchor::*;
use risk::RiskError;

#[error_code]
#[derive(Debug, PartialEq, Eq)]
pub enum FirebreakError {
    #[msg("A sum or product left 64 bits: the amounts are beyond what an account may hold")]
    ArithmeticOverflow,
    #[msg("The size is zero or beyond the largest position (2^28 lots)")]
    SizeOutOfRange,
    #[msg("The price, per lot, is zero or beyond 2^30 quote atoms: the lot size no longer fits this asset")]
    PriceOutOfRange,
    #[msg("The oracle's price is zero or negative")]
    PriceNotPositive,
    #[msg("The oracle's exponent is not the one recorded at listing")]
    PriceExponentChanged,
    #[msg("The oracle's publish time is more than 2 seconds ahead of the clock")]
    PriceFromFuture,
    #[msg("The price is older than the asset allows: refresh it first")]
    PriceStale,
    #[msg("The price is older than the one on the board, or differs from it at the same publish time")]
    PriceRegressed,
    #[msg("The oracle's confidence interval is wider than the asset accepts")]
    PriceConfidenceTooWide,
    #[msg(
        "The price is uncertain (wide confidence or far from its average): only reducing risk and liquidating is possible"
    )]
    PriceUncertain,
    #[msg("No price has been accepted for this asset yet")]
    PriceMissing,
    #[msg("The trade's price is outside the band around the mark")]
    PriceOutsideBand,
    #[msg("The price is worse than the limit given")]
    LimitPriceExceeded,
    #[msg("Equity would be below the margin required: deposit, or take a smaller size")]
    MarginInsufficient,
    #[msg("The account holds less cash than this takes")]
    CashInsufficient,
    #[msg("The account is at or above maintenance margin and cannot be liquidated")]
    AccountHealthy,
    #[msg("The account has neither a position nor an unpaid loss in this market")]
    PositionMissing,
    #[msg("This market's liquidation window is used up: wait for the next one")]
    LiquidationWindowExhausted,
    #[msg("The liquidation would not improve the margin ratio")]
    LiquidationNotImproving,
    #[msg("The market's insurance tranche, or its cap, does not cover the deficit: auto-deleveraging has to follow")]
    TrancheInsufficient,
    #[msg("Open interest would pass the market's cap")]
    OpenInterestCapExceeded,
    #[msg("Ratios must satisfy 0 < maintenance < initial <= 100 %")]
    RatiosInconsistent,
    #[msg("Penalty plus exit slippage must be below the maintenance ratio")]
    PenaltyExceedsMaintenance,
    #[msg("The minimum penalty is above the maximum")]
    PenaltyRangeInverted,
    #[msg("A share, weight or buffer is above 100 %")]
    ShareAboveOne,
    #[msg("Confidence limits must satisfy 0 < fresh <= maximum < 100 %")]
    ConfidenceLimitsInconsistent,
    #[msg("A maximum age, averaging time or window is zero or too long")]
    DurationOutOfRange,
    #[msg("The band around the average price must be above 0 and below 100 %")]
    EmaBandOutOfRange,
    #[msg("The price band must be above zero and below the maintenance ratio")]
    PriceBandExceedsMaintenance,
    #[msg("The taker fee must be below the price band")]
    FeeExceedsBand,
    #[msg("The lot exponent is outside the supported range")]
    LotOutOfRange,
    #[msg("A cap is zero, beyond its bound (2^28 lots, 2^62 quote atoms), or smaller than what it must hold")]
    CapOutOfRange,
    #[msg("The amount is zero")]
    AmountZero,
    #[msg("The account belongs to another clearinghouse")]
    ClearinghouseMismatch,
    #[msg("The signer is neither the owner nor, where that is enough, the delegate of the margin account")]
    SignerNotAllowed,
    #[msg("The signer is not this clearinghouse's authority")]
    SignerNotAuthority,
    #[msg("The signer is neither this clearinghouse's guardian nor its authority")]
    SignerNotGuardian,
    #[msg("Authority and guardian must be two different keys, neither of them the default key")]
    KeysNotDistinct,
    #[msg("The clearinghouse is sealed: this change needs a proposal")]
    Sealed,
    #[msg("A circuit breaker does not permit this now")]
    BreakerActive,
    #[msg("The breaker level must be between 0 and 4")]
    LevelOutOfRange,
    #[msg("A trip must raise the level, or keep it longer than it stands")]
    LevelNotRaised,
    #[msg("A trip must end in the future, and within the longest time its signer may set")]
    TripDurationOutOfRange,
    #[msg("There is no such asset on the board")]
    AssetMissing,
    #[msg("The board already holds its 64 assets")]
    BoardFull,
    #[msg("The index must be the next free one")]
    IndexNotNext,
    #[msg("The asset already has a market")]
    MarketExists,
    #[msg("The feed kind is unknown, or its id is all zero")]
    FeedInvalid,
    #[msg("At least one price program must be accepted, and none may be the default key")]
    PriceProgramsInvalid,
    #[msg("The price account is not owned by a price program this clearinghouse accepts")]
    PriceAccountOwner,
    #[msg("The price account's data is not of the kind expected")]
    PriceAccountMalformed,
    #[msg("The price account is not the feed pinned for this asset")]
    PriceFeedMismatch,
    #[msg("The price update is only partially verified")]
    PriceNotFullyVerified,
    #[msg("The oracle does not report the price as trading")]
    PriceNotTrading,
    #[msg("Pass exactly one price account for each asset named, at least one, each asset once")]
    PriceAccountsMismatch,
    #[msg("The mint has a Token-2022 extension that is not on the allow-list")]
    MintExtensionForbidden,
    #[msg("The mint's decimals are beyond what the arithmetic supports (at most 9)")]
    MintDecimalsOutOfRange,
    #[msg("The token account, mint, vault or token program is not the bank's")]
    BankAccountMismatch,
    #[msg("The vault did not change by exactly the amount booked")]
    VaultMismatch,
    #[msg("The deposit would pass the bank's cap")]
    DepositCapExceeded,
    #[msg("The account already holds four kinds of collateral")]
    CollateralSlotsFull,
    #[msg("The account holds less of this collateral than that")]
    CollateralInsufficient,
    #[msg("A margin account has 4, 8 or 16 position slots and can only grow")]
    CapacityInvalid,
    #[msg("The account's position slots are all in use: grow it first")]
    PositionSlotsFull,
    #[msg("An isolated account trades only its own market")]
    AccountIsolated,
    #[msg("The account still holds cash, collateral, positions, claims or offers")]
    AccountNotEmpty,
    #[msg("The delegate must not be the owner")]
    DelegateInvalid,
    #[msg("The offer has expired, or expires in the past")]
    OfferExpired,
    #[msg("The offer has no size on this side")]
    OfferEmpty,
    #[msg("The offer's sizes or spreads are out of range")]
    OfferInvalid,
    #[msg("The offer, the margin account and the market do not belong together")]
    OfferMismatch,
    #[msg("An account's state breaks its own invariant: nothing was changed")]
    InvariantBroken,
    #[msg("There is nothing to settle")]
    NothingToSettle,
    #[msg("The liquidator's part of the highest penalty must exceed the expected exit slippage")]
    PenaltyBelowSlippage,
    #[msg("Maintenance margin with the liquidation buffer must not exceed initial margin")]
    BufferExceedsInitial,
    #[msg("The insurance cap per event must not exceed the cap per window")]
    InsuranceCapsInverted,
    #[msg("A price the account holds is unconfirmed: its next slice can be taken 10 seconds after the last")]
    LiquidationTooSoon,
    #[msg(
        "A price the account holds is unconfirmed: a liquidator must take a whole slice, an eighth of the account's largest position"
    )]
    LiquidationSliceTooSmall,
    #[msg("The tranche covers the deficit: a liquidation resolves the account, and nobody is deleveraged")]
    TrancheSufficient,
    #[msg("Positions of this side's last epoch were not touched yet: settle them first")]
    PositionsLeftBehind,
    #[msg("The account's equity is not negative: it is not bankrupt")]
    AccountSolvent,
    #[msg("The account needs no quote for its collateral")]
    ConversionNotNeeded,
    #[msg("A discount must be below the haircut, so that selling collateral never lowers equity")]
    DiscountExceedsHaircut,
    #[msg("The amount buys less than one share of the fund")]
    StakeTooSmall,
    #[msg("The fund's vault holds less than this pays: sweep the markets, their tranches return what leavers are owed")]
    FundIlliquid,
    #[msg("The account still has collateral: sell it before others bear its losses")]
    CollateralRemains,
    #[msg(
        "Pass every market, in the order of their indices, each just swept, and at a fresh price where anybody has a position"
    )]
    MarketsNotSwept,
    #[msg("A deficit was reported within the last hour: nobody leaves the fund before it is resolved")]
    DeficitOpen,
    #[msg("The stake holds fewer shares than that, or none asked to leave")]
    SharesInsufficient,
    #[msg("The exit is not open: it opens when the cool-down is over, for two days")]
    ExitNotOpen,
    #[msg("The asset already has a collateral bank")]
    BankExists,
    #[msg(
        "Part of this position's loss waits for claims in other markets: take all its lots, or settle the claims first"
    )]
    LotsInseparable,
    #[msg("The margin multiplier's cap must be between 1 and 10, and initial margin with it at most 100 %")]
    MultiplierOutOfRange,
    #[msg("A correlation group must be below 8 and its weight at most 90 %, and 0 where there is no group")]
    GroupOutOfRange,
    #[msg("A breaker's threshold is zero, or so high, or its floor so low, that it means nothing")]
    BreakerThresholdOutOfRange,
    #[msg(
        "Outflow limits must satisfy 0 < hour's share <= day's share <= 200 %, with a floor that frees an atom per second, and small exits within an eighth of it"
    )]
    OutflowLimitsInconsistent,
    #[msg("More than may leave the bank now: a smaller amount, or later; limits free by the second")]
    OutflowLimited,
    #[msg(
        "The market was closed until lately: an account above half of its maintenance margin has a few minutes to top up"
    )]
    GraceRunning,
    #[msg("A parameter would leave its hard bounds, which no proposal can move")]
    BoundExceeded,
    #[msg("A proposal may loosen a ratio by a fifth of its value and a cap by half: take several steps")]
    StepTooLarge,
    #[msg("The change would change nothing")]
    NothingToChange,
    #[msg("The delay can only be raised")]
    DelayNotRaised,
    #[msg("The proposal was executed, vetoed or withdrawn already")]
    ProposalClosed,
    #[msg("The parameters are no longer those the proposal was made against: propose again")]
    ProposalVoid,
    #[msg("The proposal's delay is not over")]
    ProposalTooEarly,
    #[msg("The proposal has expired: propose again")]
    ProposalExpired,
    #[msg("The proposal is not for this change, or not for this instruction")]
    ProposalMismatch,
    #[msg("A transfer is completed by the key that takes over")]
    SignerNotSuccessor,
    #[msg("The asset's maintenance ratio or haircut is still on its way up: raise it again when it has arrived")]
    RampUnderWay,
    #[msg("Twice the funding cap for as long as a premium counts must not exceed a taker fee")]
    FundingExceedsFee,
    #[msg("It was closed lately, and stays open for as long as it was closed: reducing only is the most until then")]
    ClosedLately,
}

impl From<RiskError> for FirebreakError {
    fn from(cause: RiskError) -> Self {
        macro_rules! same_name {
            ($($name:ident)*) => { match cause { $(RiskError::$name => Self::$name,)* } };
        }
        same_name!(
            ArithmeticOverflow SizeOutOfRange PriceOutOfRange PriceNotPositive PriceExponentChanged PriceFromFuture
            PriceStale PriceRegressed PriceConfidenceTooWide PriceUncertain PriceOutsideBand
            LimitPriceExceeded MarginInsufficient CashInsufficient AccountHealthy PositionMissing
            LiquidationWindowExhausted LiquidationNotImproving TrancheInsufficient
            RatiosInconsistent PenaltyExceedsMaintenance PenaltyRangeInverted ShareAboveOne
            ConfidenceLimitsInconsistent DurationOutOfRange EmaBandOutOfRange PriceBandExceedsMaintenance FeeExceedsBand
            LotOutOfRange CapOutOfRange PenaltyBelowSlippage BufferExceedsInitial InsuranceCapsInverted
            TrancheSufficient PositionsLeftBehind AccountSolvent ConversionNotNeeded DiscountExceedsHaircut StakeTooSmall
            FundIlliquid LotsInseparable MultiplierOutOfRange GroupOutOfRange BreakerThresholdOutOfRange OutflowLimitsInconsistent
            OutflowLimited BoundExceeded StepTooLarge FundingExceedsFee
        )
    }
}

/// Brings a refusal of the arithmetic to the program's own code.
pub trait Named<T> {
    fn named(self) -> core::result::Result<T, FirebreakError>;
}

impl<T> Named<T> for risk::Result<T> {
    #[inline(always)]
    fn named(self) -> core::result::Result<T, FirebreakError> {
        self.map_err(FirebreakError::from)
    }
}
