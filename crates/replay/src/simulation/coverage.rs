//! Which branches of the losses, the collateral and the insurance fund a run has been through.

use firebreak::state::{AssetRow, Position};

use crate::simulation::{
    check::{
        Purpose, Said, Step, bankruptcy_share, is_current, is_far, is_fresh, losses, may_add_risk, most_insured,
        own_charge, own_worth, pnl, quote_worth, said, touched_leg, worth,
    },
    operation::{Operation, Party},
    state::State,
};

/// The stored quality above which two feeds agree.
const FRESH: u8 = 3;

macro_rules! branches {
    ($($name:ident $text:literal)*) => {
        /// A branch that a run should go through.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Branch { $($name,)* }

        impl Branch {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

branches! {
    AdlLongs "deleveraged: longs bear it"
    AdlShorts "deleveraged: shorts bear it"
    AdlDebt "deleveraged: a debt without lots"
    AdlTranchePaid "deleveraged: the tranche paid its part"
    AdlTrancheEmpty "deleveraged: the tranche was empty"
    AdlEventCap "deleveraged: the cap per event"
    AdlWindowCap "deleveraged: the cap per window"
    AdlCoinsurance "deleveraged: the co-insurance share"
    AdlCash "deleveraged: cash paid its part"
    AdlWaiting "deleveraged: a debt waits for claims"
    AdlMarket "deleveraged: the market's own position owes"
    AdlElsewhere "deleveraged: with positions elsewhere"
    AdlClosed "deleveraged: a side closed wholly"
    AdlLow "deleveraged: a scale that was low began again"
    AdlUntouched "deleveraged: untouched before"
    AdlSharedOut "deleveraged: a debt that was shared out before"
    TouchSettle "touched by a settlement"
    TouchTrade "touched by a trade"
    TouchLiquidate "touched by a liquidation"
    TouchEpoch "touched an epoch late"
    TouchNothing "touched, and nothing was left"
    SettleSeveral "settled: several accounts"
    SettleLoss "settled: a loss"
    SettleGain "settled: a gain"
    SettleGainStays "settled: a gain that stays, at mark"
    SettleBankrupt "settled: a bankrupt account's loss left alone"
    SettlePassedOver "settled: an account passed over"
    SettleTouchOnly "settled: touched, the gain not to be taken"
    LiquidateInsured "liquidated: the tranche paid the whole share"
    LiquidatePart "liquidated: the tranche paid for a part of the lots"
    LiquidateDebt "liquidated: a debt without lots"
    LiquidateUnconfirmed "liquidated: a slice at an unconfirmed price"
    CollateralIn "collateral deposited"
    CollateralOut "collateral withdrawn"
    CollateralCounts "collateral made a trade possible"
    ConvertBelow "converted: below maintenance"
    ConvertGone "converted: equity gone"
    ConvertHealthy "converted: healthy, losses beyond cash"
    ConvertUnconfirmed "converted: at an unconfirmed price"
    SweepFees "swept: fees shared"
    SweepReturned "swept: a surplus returned"
    SweepRefilled "swept: a tranche refilled"
    SweepWindow "swept: a refill cut by its window"
    SweepOwnLoss "swept: fees paid the market's own loss"
    SweepOwnInsured "swept: the tranche paid the market's own loss"
    SweepOwnGain "swept: the market's own gain"
    SweepWaits "swept: the market's own lots wait for a price"
    StakeNew "staked: a new stake"
    StakeMore "staked: into an older stake"
    StakeEpoch "staked: nobody held a share, or shares were worthless"
    RequestNew "asked to leave"
    RequestAgain "asked again"
    RequestBack "took a request back"
    UnstakeWhole "left"
    UnstakePart "left in part"
    UnstakeRecall "left with a tranche's money"
    UnstakeThen "left at the value of then"
    UnstakeNow "left at the value of now"
    Reported "a deficit reported"
    PriceConfirmed "priced: two feeds agree"
    PriceJumpConfirmed "priced: a jump that two feeds confirm"
    PriceDisputed "priced: two feeds disagree"
    PriceJumpDisputed "priced: a jump that the other feed does not follow"
    PriceLone "priced: one feed alone, the other alive"
    PriceAhead "priced: both, after a lone voice"
    PriceSilent "priced: one feed alone, the other silent"
    PriceSilentJump "priced: a jump of one feed, the other silent"
    PriceReopened "priced: the feeds agree again after a doubt"
    FundingLongsPay "funded: longs paid"
    FundingShortsPay "funded: shorts paid"
    FundingEnded "funded: a rate ended"
    FundingLate "funded: a rate came back after it had ended"
    FundingScaled "funded: a side below a scale of 1"
    FundingOwn "funded: the market's own lots"
    LiquidateProtective "liquidated: a slice at the other feed's better price"
    LiquidateConfirmedJump "liquidated: at a jump that two feeds confirm"
    InsuredConfirmedJump "liquidated: the tranche paid at a jump that two feeds confirm"
}

/// How often each branch was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage(Vec<u64>);

impl Default for Coverage {
    fn default() -> Self {
        Self(vec![0; Branch::ALL.len()])
    }
}

impl Coverage {
    pub fn of(&self, branch: Branch) -> u64 {
        self.0[branch as usize]
    }

    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(all, more)| *all += more);
    }

    fn when(&mut self, holds: bool, branch: Branch) {
        self.0[branch as usize] += u64::from(holds);
    }

    /// Counts an accepted operation.
    pub fn count(&mut self, step: &Step) {
        use Operation::*;
        match *step.operation {
            UpdateFunding { market } => {
                let row = &step.before.rows[market as usize];
                let is_late = row.funding_rate == 0 && row.funding_until > 0;
                self.when(is_late && step.after.rows[market as usize].funding_rate != 0, Branch::FundingLate);
            }
            RefreshPrices { ref pairs, .. } => {
                pairs.iter().for_each(|(asset, _)| self.accrue(step, *asset));
                let seconds = pairs.iter().filter(|(asset, feed)| asset != feed);
                seconds.for_each(|(asset, _)| self.price(step, *asset));
            }
            AutoDeleverage { account, market } => self.deleverage(step, account, market),
            Settle { ref accounts, market } => self.settle(step, accounts, market),
            Trade { buyer, seller, market, .. } => self.trade(step, [buyer.account, seller.account], market),
            TakeOffer { taker, maker, market, .. } => self.trade(step, [taker.account, maker], market),
            Liquidate { liquidator, liquidatee, market, .. } => self.liquidate(step, liquidator, liquidatee, market),
            LiquidateCollateral { seller, bank, .. } => self.convert(step, seller, bank),
            Deposit { bank, .. } => self.when(bank > 0, Branch::CollateralIn),
            Withdraw { bank, .. } => self.when(bank > 0, Branch::CollateralOut),
            SweepInsurance { market } => self.sweep(step, market),
            Stake { staker, .. } => {
                let had = step.before.stakes[staker as usize].is_some();
                self.when(had, Branch::StakeMore);
                self.when(!had, Branch::StakeNew);
                self.when(step.before.fund.epoch != step.after.fund.epoch, Branch::StakeEpoch);
            }
            RequestUnstake { staker, shares, .. } => {
                let asked = step.before.stakes[staker as usize].is_some_and(|stake| stake.leaving_shares > 0);
                self.when(shares > 0 && !asked, Branch::RequestNew);
                self.when(shares > 0 && asked, Branch::RequestAgain);
                self.when(shares == 0 && asked, Branch::RequestBack);
            }
            Unstake { staker, .. } => self.unstake(step, staker),
            ReportDeficit { .. } => self.when(true, Branch::Reported),
            _ => {}
        }
    }

    fn deleverage(&mut self, step: &Step, account: u8, market: u8) {
        let (before, index) = (step.before, market as usize);
        let Some(view) = before.account(account) else { return };
        let Some(share) = bankruptcy_share(view, &before.rows, market) else { return };
        let size = before.size(account, market);
        let (old, new) = (&before.markets[index], &step.after.markets[index]);
        let paid = new.insurance_paid - old.insurance_paid;
        self.when(size < 0, Branch::AdlLongs);
        self.when(size > 0, Branch::AdlShorts);
        self.when(size == 0, Branch::AdlDebt);
        self.when(paid > 0, Branch::AdlTranchePaid);
        self.when(old.tranche == 0, Branch::AdlTrancheEmpty);
        self.when(paid > 0 && paid == old.insurance_event_cap, Branch::AdlEventCap);
        let used = most_insured(old, 0, before.now).1;
        let is_last = used + paid == old.insurance_window_cap && paid < old.insurance_event_cap;
        self.when(is_last, Branch::AdlWindowCap);
        let insured = share.deficit * (10_000 - i128::from(old.coinsurance_share_bps)) / 10_000;
        self.when(old.coinsurance_share_bps > 0 && i128::from(paid) == insured, Branch::AdlCoinsurance);
        self.when(share.from_cash > 0, Branch::AdlCash);
        self.when(share.waiting > 0, Branch::AdlWaiting);
        let kept = own_worth(before, market) - i128::from(paid) - own_worth(step.after, market);
        self.when(size != 0 && kept > 1_000, Branch::AdlMarket);
        let elsewhere = |position: &Position| position.market != market && position.size != 0;
        self.when(view.positions().iter().any(elsewhere), Branch::AdlElsewhere);
        let side = |state: &State| *state.rows[index].side(size < 0);
        let has_begun_again = side(before).epoch != side(step.after).epoch;
        self.when(has_begun_again && side(step.after).last_scale == 0, Branch::AdlClosed);
        self.when(has_begun_again && side(step.after).last_scale > 0, Branch::AdlLow);
        let Some(position) = view.position(market) else { return };
        self.when(!is_current(position, &before.rows[index]), Branch::AdlUntouched);
        self.when(position.is_shared_out(), Branch::AdlSharedOut);
    }

    fn accrue(&mut self, step: &Step, asset: u8) {
        let (old, new) = (&step.before.rows[asset as usize], &step.after.rows[asset as usize]);
        let paid = new.funding_index - old.funding_index;
        self.when(paid > 0, Branch::FundingLongsPay);
        self.when(paid < 0, Branch::FundingShortsPay);
        self.when(old.funding_rate != 0 && new.funding_rate == 0, Branch::FundingEnded);
        let is_scaled = [old.long_side, old.short_side].iter().any(|side| side.scale < risk::SCALE_ONE);
        self.when(paid != 0 && is_scaled, Branch::FundingScaled);
        let own = own_charge(&step.after.markets[asset as usize], new);
        self.when(own.abs() > 1, Branch::FundingOwn);
    }

    /// What an asset's two feeds said.
    fn price(&mut self, step: &Step, asset: u8) {
        let Some(Ok(said)) = said(step, asset) else { return };
        let row = &step.before.rows[asset as usize];
        let now = &step.after.rows[asset as usize];
        if row.quality == 0 || row == now {
            return;
        }
        let is_jump = is_far(row, now.mark.into());
        match said {
            Said::Together(..) => {
                let is_confirmed = now.quality > FRESH;
                self.when(is_confirmed, Branch::PriceConfirmed);
                self.when(is_confirmed && is_jump, Branch::PriceJumpConfirmed);
                self.when(!is_confirmed, Branch::PriceDisputed);
                self.when(!is_confirmed && is_jump, Branch::PriceJumpDisputed);
                self.when(row.followed_time != row.publish_time, Branch::PriceAhead);
                let is_open = |row: &AssetRow| row.risk_opens_at != i64::MAX;
                self.when(!is_open(row) && is_open(now), Branch::PriceReopened);
            }
            Said::Alone(_, false) => self.when(true, Branch::PriceLone),
            Said::Alone(_, true) => {
                self.when(true, Branch::PriceSilent);
                self.when(is_jump, Branch::PriceSilentJump);
            }
        }
    }

    fn touch(&mut self, step: &Step, account: u8, market: u8, branch: Branch) -> bool {
        let row = &step.before.rows[market as usize];
        let position = step.before.account(account).and_then(|view| view.position(market));
        let Some(position) = position.filter(|position| !is_current(position, row)) else { return false };
        self.when(true, branch);
        self.when(row.side(position.size > 0).epoch != position.side_epoch, Branch::TouchEpoch);
        self.when(touched_leg(position, row).0 == 0, Branch::TouchNothing);
        true
    }

    fn settle(&mut self, step: &Step, accounts: &[u8], market: u8) {
        self.when(accounts.len() > 1, Branch::SettleSeveral);
        let row = &step.before.rows[market as usize];
        for account in accounts {
            let was_touched = self.touch(step, *account, market, Branch::TouchSettle);
            let (Some(old), Some(new)) = (step.before.account(*account), step.after.account(*account)) else {
                continue;
            };
            let had = worth(old, &step.before.rows, Purpose::Maintenance);
            let at_mark = old.position(market).map(|position| pnl(position, row, i128::from(row.mark)));
            let (cash, now) = (old.header.cash, new.header.cash);
            self.when(now < cash, Branch::SettleLoss);
            self.when(now > cash, Branch::SettleGain);
            self.when(now > cash && !had.is_covered(), Branch::SettleGainStays);
            let is_left = at_mark.is_some_and(|pnl| pnl < 0) && cash > 0 && had.equity < 0 && now == cash;
            self.when(is_left, Branch::SettleBankrupt);
            self.when(at_mark.is_none(), Branch::SettlePassedOver);
            let is_gain = at_mark.is_some_and(|pnl| pnl > 0);
            let may_take = may_add_risk(row, step.before.now);
            self.when(was_touched && is_gain && now == cash && !may_take, Branch::SettleTouchOnly);
        }
    }

    fn trade(&mut self, step: &Step, accounts: [u8; 2], market: u8) {
        for account in accounts {
            self.touch(step, account, market, Branch::TouchTrade);
            let Some(view) = step.after.account(account) else { continue };
            let (size, next) = (step.before.size(account, market), step.after.size(account, market));
            let is_short = !quote_worth(view, &step.before.rows, Purpose::Initial).is_covered();
            self.when(next.abs() > size.abs() && is_short, Branch::CollateralCounts);
        }
    }

    fn liquidate(&mut self, step: &Step, liquidator: Party, liquidatee: u8, market: u8) {
        self.touch(step, liquidator.account, market, Branch::TouchLiquidate);
        self.touch(step, liquidatee, market, Branch::TouchLiquidate);
        let books = |state: &State| state.markets[market as usize].insurance_paid;
        let paid = books(step.after) > books(step.before);
        let (size, left) = (step.before.size(liquidatee, market), step.after.size(liquidatee, market));
        self.when(paid && left == 0, Branch::LiquidateInsured);
        self.when(paid && left != 0, Branch::LiquidatePart);
        self.when(paid && size == 0, Branch::LiquidateDebt);
        let fresh = is_fresh(&step.before.rows[market as usize], step.before.now);
        self.when(size != 0 && !fresh, Branch::LiquidateUnconfirmed);
        let row = &step.before.rows[market as usize];
        let is_jump = row.quality > FRESH && row.risk_opens_at == i64::MAX && fresh;
        self.when(size != left && is_jump, Branch::LiquidateConfirmedJump);
        self.when(paid && is_jump, Branch::InsuredConfirmedJump);
        let is_better = |other: u64| if size > 0 { other > row.mark } else { other < row.mark };
        let is_other = row.has_secondary() && [row.primary_mark, row.secondary_mark].into_iter().any(is_better);
        self.when(size != left && !fresh && is_other, Branch::LiquidateProtective);
    }

    fn convert(&mut self, step: &Step, seller: u8, bank: u8) {
        let Some(view) = step.before.account(seller) else { return };
        let rows = &step.before.rows;
        let had = worth(view, rows, Purpose::Maintenance);
        let is_short = losses(view, rows) > i128::from(view.header.cash);
        self.when(!had.is_covered() && had.equity > 0, Branch::ConvertBelow);
        self.when(had.equity <= 0, Branch::ConvertGone);
        self.when(had.is_covered() && is_short, Branch::ConvertHealthy);
        let row = &rows[step.before.banks[bank as usize].asset as usize];
        self.when(!is_fresh(row, step.before.now), Branch::ConvertUnconfirmed);
    }

    fn sweep(&mut self, step: &Step, market: u8) {
        let (old, new) = (&step.before.markets[market as usize], &step.after.markets[market as usize]);
        let insured = new.insurance_paid - old.insurance_paid;
        let row = &step.before.rows[market as usize];
        let owns = old.own_lots().is_ok_and(|lots| lots != 0);
        let held = old.tranche - insured;
        let used = new.refill_window_used;
        self.when(new.protocol_fees > old.protocol_fees, Branch::SweepFees);
        self.when(new.tranche < held, Branch::SweepReturned);
        self.when(new.tranche > held, Branch::SweepRefilled);
        let is_cut = new.tranche < new.tranche_target && step.after.fund.assets > 0;
        self.when(is_cut && used == new.insurance_window_cap, Branch::SweepWindow);
        self.when(new.pool > old.pool + insured, Branch::SweepOwnLoss);
        self.when(insured > 0, Branch::SweepOwnInsured);
        self.when(new.pool < old.pool, Branch::SweepOwnGain);
        self.when(owns && !may_add_risk(row, step.before.now), Branch::SweepWaits);
    }

    fn unstake(&mut self, step: &Step, staker: u8) {
        let stake = |state: &State| state.stakes[staker as usize];
        let (Some(old), Some(new)) = (stake(step.before), stake(step.after)) else { return };
        self.when(new.leaving_shares == 0, Branch::UnstakeWhole);
        self.when(new.leaving_shares > 0, Branch::UnstakePart);
        let tranches = |state: &State| -> u64 { state.markets.iter().map(|market| market.tranche).sum() };
        self.when(tranches(step.after) < tranches(step.before), Branch::UnstakeRecall);
        let now = step.before.fund.fund().value_down(old.leaving_shares);
        self.when(old.leaving_value < now, Branch::UnstakeThen);
        self.when(old.leaving_value > now, Branch::UnstakeNow);
    }
}
