use crate::anchor::*;
use risk::{
    BreakerParams, FundingTerms, InsuranceCaps, LedgerTotals, Leg, Level, LiquidationTerms, MarketParams, OpenInterest,
    Premium, Recent, Side, Stress, Window,
};

use crate::{
    error::{FirebreakError, Named},
    state::{AssetRow, CircuitBreaker},
};

/// One perpetual market's ledger. Nothing an instruction does in one market touches another's.
#[account]
#[derive(Debug, PartialEq, Eq)]
pub struct Market {
    pub clearinghouse: Address,
    /// Lots on each side.
    pub long_open_interest: u64,
    pub short_open_interest: u64,
    /// Losses paid in and not yet paid out as gains.
    pub pool: u64,
    /// This market's own insurance money.
    pub tranche: u64,
    /// Fees collected and not yet swept.
    pub fees: u64,
    /// Of the fees swept, what is not the insurance fund's.
    pub protocol_fees: u64,
    /// What auto-deleveraging has charged to a side and its positions have not yet taken over.
    pub carry: i64,
    /// The market's own position: what it took over and owes to untouched positions, fractions of lots, claims for fees.
    pub dust_size: i64,
    pub dust_entry: i64,
    /// Of the lots that positions store, those that auto-deleveraging closed, with 32 fraction bits.
    pub long_owed: u64,
    pub short_owed: u64,
    /// Of the lots that positions store, those of the epoch before.
    pub long_left_behind: u64,
    pub short_left_behind: u64,
    /// Of what the market's own position owes, what it took over from bankrupt accounts: all that insurance may pay of it.
    pub own_debt: u64,
    pub liquidation_window_started: i64,
    pub liquidation_window_used: u64,
    pub insurance_window_started: i64,
    pub insurance_window_used: u64,
    /// What the fund refilled, or took back, in the running window.
    pub refill_window_started: i64,
    pub refill_window_used: u64,
    /// What the fund counts as deployed here.
    pub tranche_reported: u64,
    pub max_open_interest_lots: u64,
    pub slice_lots: u64,
    pub min_position_lots: u64,
    pub liquidation_window_lots: u64,
    pub insurance_event_cap: u64,
    pub insurance_window_cap: u64,
    pub tranche_target: u64,
    /// The size at which margin per lot has doubled; 0: it never grows. The row has it, too.
    pub depth_lots: u64,
    /// Lifetime sums, for monitors: quote atoms paid by the tranche, lots liquidated.
    pub insurance_paid: u64,
    pub liquidated_lots: u64,
    /// Decayed sums of fills (`risk::Premium`): what was paid above the mark, in quote atoms; lots; unix seconds.
    pub premium_sum: i64,
    pub premium_lots: u64,
    pub premium_time: i64,
    /// The row's funding index when the market's own position paid its part last.
    pub funding_seen: i64,
    /// What the automatic breaker counts: lots liquidated and quote atoms the tranche paid of late (`risk::Recent`).
    pub recently_liquidated: u64,
    pub recently_liquidated_at: i64,
    pub recently_paid: u64,
    pub recently_paid_at: i64,
    /// Open interest counts as at least this many lots where liquidations are held against it.
    pub liquidated_floor_lots: u64,
    pub spare: [u64; 5],
    pub liquidated_bps: u32,
    pub drawdown_bps: u32,
    /// How long after a closed market opened nobody above half of maintenance is liquidated.
    pub grace_seconds: u32,
    pub more_spare: u32,
    pub penalty_min_bps: u32,
    pub penalty_max_bps: u32,
    pub penalty_ramp_bps_per_minute: u32,
    pub insurance_share_bps: u32,
    pub buffer_bps: u32,
    pub exit_slippage_bps: u32,
    pub price_band_bps: u32,
    pub taker_fee_bps: u32,
    pub liquidation_window_seconds: u32,
    pub insurance_window_seconds: u32,
    pub coinsurance_share_bps: u32,
    /// The insurance fund's part of trading fees.
    pub fee_share_bps: u32,
    /// Largest premium that funding counts; 0: none is paid.
    pub funding_cap_bps: u32,
    /// Period over which a premium is paid once, and time constant of its average.
    pub funding_seconds: u32,
    pub premium_seconds: u32,
    pub index: u8,
    pub bump: u8,
    pub version: u8,
    pub reserved: [u8; 9],
}

const _: () = assert!(core::mem::size_of::<Market>() == 480);

impl Market {
    pub fn open_interest(&self) -> OpenInterest {
        OpenInterest { long: self.long_open_interest, short: self.short_open_interest }
    }

    pub fn set_open_interest(&mut self, open_interest: OpenInterest) {
        self.long_open_interest = open_interest.long;
        self.short_open_interest = open_interest.short;
    }

    pub fn dust(&self) -> Leg {
        Leg { size: self.dust_size, entry: self.dust_entry }
    }

    pub fn liquidation_window(&self, now: i64) -> Window {
        Window { started: self.liquidation_window_started, used: self.liquidation_window_used }
            .at(now, self.liquidation_window_seconds)
    }

    pub fn insurance_window(&self) -> Window {
        Window { started: self.insurance_window_started, used: self.insurance_window_used }
    }

    pub fn terms(&self) -> LiquidationTerms {
        LiquidationTerms {
            penalty_min_bps: u64::from(self.penalty_min_bps),
            penalty_max_bps: u64::from(self.penalty_max_bps),
            penalty_ramp_bps_per_minute: u64::from(self.penalty_ramp_bps_per_minute),
            insurance_share_bps: u64::from(self.insurance_share_bps),
            buffer_bps: u64::from(self.buffer_bps),
            slice_lots: self.slice_lots,
            min_position_lots: self.min_position_lots,
        }
    }

    pub fn insurance_caps(&self) -> InsuranceCaps {
        InsuranceCaps {
            per_event: self.insurance_event_cap,
            per_window: self.insurance_window_cap,
            window_seconds: self.insurance_window_seconds,
            coinsurance_bps: u64::from(self.coinsurance_share_bps),
        }
    }

    /// One side, with the indices its positions share.
    pub fn side(&self, is_long: bool, row: &AssetRow) -> Side {
        let index = row.side(is_long).index();
        let (lots, owed, left_behind) = if is_long {
            (self.long_open_interest, self.long_owed, self.long_left_behind)
        } else {
            (self.short_open_interest, self.short_owed, self.short_left_behind)
        };
        Side { index, is_long, lots, owed, left_behind }
    }

    /// Writes what auto-deleveraging or a touch changed of a side; open interest follows sizes.
    pub fn set_owed(&mut self, is_long: bool, owed: u64, left_behind: u64) {
        if is_long {
            (self.long_owed, self.long_left_behind) = (owed, left_behind);
        } else {
            (self.short_owed, self.short_left_behind) = (owed, left_behind);
        }
    }

    /// Adds to the market's own position and to `carry`.
    pub fn add_own(&mut self, size: i64, entry: i64, carry: i64) -> core::result::Result<(), FirebreakError> {
        let sums =
            (self.dust_size.checked_add(size), self.dust_entry.checked_add(entry), self.carry.checked_add(carry));
        let (Some(size), Some(entry), Some(carry)) = sums else { return Err(FirebreakError::ArithmeticOverflow) };
        (self.dust_size, self.dust_entry, self.carry) = (size, entry, carry);
        Ok(())
    }

    /// The market's own lots, signed, with 32 fraction bits: its position less what it owes to the sides.
    pub fn own_lots(&self) -> core::result::Result<i64, FirebreakError> {
        let own = (i128::from(self.dust_size) << 32) + i128::from(self.long_owed) - i128::from(self.short_owed);
        i64::try_from(own).map_err(|_| FirebreakError::ArithmeticOverflow)
    }

    pub fn funding_terms(&self) -> FundingTerms {
        FundingTerms {
            cap_bps: u64::from(self.funding_cap_bps),
            funding_seconds: self.funding_seconds,
            premium_seconds: self.premium_seconds,
        }
    }

    pub fn premium(&self) -> Premium {
        Premium { sum: self.premium_sum, lots: self.premium_lots, time: self.premium_time }
    }

    /// Counts a fill beside a mark.
    #[inline(never)]
    pub fn count_fill(&mut self, lots: u64, (price, mark): (u64, u64), now: i64) {
        self.set_premium(self.premium().with_fill(lots, (price, mark), &self.funding_terms(), now));
    }

    pub fn set_premium(&mut self, premium: Premium) {
        (self.premium_sum, self.premium_lots, self.premium_time) = (premium.sum, premium.lots, premium.time);
    }

    /// Lets the market's own position pay its part of funding: before anything changes its lots.
    #[inline(always)]
    pub fn fund_own(&mut self, row: &AssetRow) -> core::result::Result<(), FirebreakError> {
        if self.funding_seen == row.funding_index { Ok(()) } else { self.pay_funding(row) }
    }

    #[inline(never)]
    fn pay_funding(&mut self, row: &AssetRow) -> core::result::Result<(), FirebreakError> {
        let charge = risk::own_funding(self.own_lots()?, row.funding_index, self.funding_seen).named()?;
        self.funding_seen = row.funding_index;
        let carry = charge.checked_neg().ok_or(FirebreakError::ArithmeticOverflow)?;
        self.add_own(0, charge, carry)
    }

    /// What the insurance fund may still pay in, or take back, in the running window.
    pub fn refill_window(&self, now: i64) -> Window {
        Window { started: self.refill_window_started, used: self.refill_window_used }
            .at(now, self.insurance_window_seconds)
    }

    /// The parameters, as the arithmetic validates them.
    pub fn params(&self) -> MarketParams {
        MarketParams {
            terms: self.terms(),
            exit_slippage_bps: u64::from(self.exit_slippage_bps),
            price_band_bps: u64::from(self.price_band_bps),
            taker_fee_bps: u64::from(self.taker_fee_bps),
            max_open_interest_lots: self.max_open_interest_lots,
            depth_lots: self.depth_lots,
            liquidation_window_lots: self.liquidation_window_lots,
            liquidation_window_seconds: self.liquidation_window_seconds,
            insurance: self.insurance_caps(),
            fee_share_bps: u64::from(self.fee_share_bps),
            funding: self.funding_terms(),
        }
    }

    /// I-03, as far as one market can know it: what one side holds, the other side and the market's own position owe.
    /// Ends every change of positions.
    #[inline(always)]
    pub fn invariant(&self) -> core::result::Result<(), FirebreakError> {
        let (long, short) = (self.long_open_interest, self.short_open_interest.checked_sub_signed(self.dust_size));
        if short == Some(long) { Ok(()) } else { Err(FirebreakError::InvariantBroken) }
    }

    /// What the breaker watches, and how it answers: the price's part is kept on the market's row.
    pub fn breaker_params(&self, row: &AssetRow) -> BreakerParams {
        BreakerParams {
            liquidated_bps: u64::from(self.liquidated_bps),
            liquidated_floor_lots: self.liquidated_floor_lots,
            drawdown_bps: u64::from(self.drawdown_bps),
            grace_seconds: self.grace_seconds,
            ..row.breaker_params()
        }
    }

    /// What the books say of the market's state: liquidations and what the tranche paid of late.
    #[inline(always)]
    pub fn stress(&self, now: i64) -> Stress {
        if self.recently_liquidated == 0 && self.recently_paid == 0 {
            Stress::default()
        } else {
            self.counted_stress(now)
        }
    }

    #[inline(never)]
    fn counted_stress(&self, now: i64) -> Stress {
        let liquidated = Recent { at: self.recently_liquidated_at, amount: self.recently_liquidated }.at(now).amount;
        let paid = Recent { at: self.recently_paid_at, amount: self.recently_paid }.at(now).amount;
        let params = BreakerParams {
            liquidated_bps: u64::from(self.liquidated_bps),
            liquidated_floor_lots: self.liquidated_floor_lots,
            drawdown_bps: u64::from(self.drawdown_bps),
            ..BreakerParams::default()
        };
        let held = self.long_open_interest.max(self.short_open_interest);
        risk::books_stress((liquidated, held), (paid, self.tranche_target.max(self.insurance_event_cap)), &params)
    }

    /// What a poke shows the automatic breaker: a ledger that does not come out even quarantines its own market.
    pub fn seen(&self, now: i64) -> Stress {
        let is_even = self.invariant().is_ok() && self.own_lots().is_ok();
        if is_even { self.stress(now) } else { Stress::BROKEN }
    }

    /// Counts lots that were liquidated.
    pub fn count_liquidated(&mut self, lots: u64, now: i64) {
        let recent = Recent { at: self.recently_liquidated_at, amount: self.recently_liquidated }.adding(lots, now);
        (self.recently_liquidated_at, self.recently_liquidated) = (recent.at, recent.amount);
        self.liquidated_lots = self.liquidated_lots.saturating_add(lots);
    }

    /// Counts quote atoms that the tranche paid.
    pub fn count_paid(&mut self, amount: u64, now: i64) {
        if amount == 0 {
            return;
        }
        let recent = Recent { at: self.recently_paid_at, amount: self.recently_paid }.adding(amount, now);
        (self.recently_paid_at, self.recently_paid) = (recent.at, recent.amount);
        self.insurance_paid = self.insurance_paid.saturating_add(amount);
    }

    /// The level in force: the highest of what guardian and authority set, what the automatic breaker keeps, and what the books
    /// ask for now, whether or not somebody poked.
    #[inline(always)]
    pub fn level(&self, breaker: &CircuitBreaker, row: &AssetRow, now: i64) -> Level {
        breaker.level(self.index, now).max(row.breaker.level_at(now)).max(self.stress(now).enters)
    }

    /// Whether the market was closed until lately, so that an account above half of maintenance has time to top up.
    #[inline(always)]
    pub fn is_grace(&self, breaker: &CircuitBreaker, row: &AssetRow, now: i64) -> bool {
        let closed_until = row.breaker.closed_until.max(breaker.closed_until(self.index));
        risk::is_grace(closed_until, self.grace_seconds, now)
    }

    /// This market's side of the ledger identities.
    pub fn totals(&self) -> LedgerTotals {
        LedgerTotals { open_interest: self.open_interest(), pool: self.pool, carry: self.carry, dust: self.dust() }
    }
}
