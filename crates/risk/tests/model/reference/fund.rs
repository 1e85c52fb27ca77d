//! Shares of the insurance fund, and what it exchanges with the markets.

use core::cmp::Ordering;

use num_bigint::BigInt;
use risk::OwnSettlement;

use super::{Answer, Budget, MARKETS, Model, ONE, allow, big, law, not_below_zero};
use crate::{
    fraction::{Fraction, ceiling, floor},
    operation::{ACCOUNTS, COOLDOWN_SECONDS, DEAD_SECONDS, EXIT_SECONDS, REPORT_SECONDS, TRANCHE_TARGETS},
};

/// What an atom first buys.
const SHARES_PER_ATOM: u64 = 1_000;

#[derive(Clone, Default)]
pub struct Fund {
    pub assets: BigInt,
    pub deployed: BigInt,
    pub shares: BigInt,
    /// Nobody's.
    pub virtual_shares: BigInt,
    pub leaving: BigInt,
    pub epoch: u32,
}

#[derive(Clone, Default)]
pub struct Stake {
    pub shares: BigInt,
    pub leaving: BigInt,
    pub value_then: BigInt,
    leaves_at: i64,
    epoch: u32,
}

impl Fund {
    fn total(&self) -> BigInt {
        &self.assets + &self.deployed
    }

    fn value(&self, shares: &BigInt) -> BigInt {
        let all = self.all();
        if all == BigInt::ZERO {
            return all;
        }
        floor(shares * (self.total() + 1), all).min(self.total())
    }

    fn all(&self) -> BigInt {
        &self.shares + &self.virtual_shares
    }
}

impl Model {
    /// Every market is swept to the last atom, and where anybody has a position, on a price that is fresh, or silent for days.
    fn allow_swept(&self) -> Answer {
        let is_swept = |market: usize| {
            let book = &self.books[market];
            let is_idle = self.accounts.iter().all(|account| account.positions[market].size == BigInt::ZERO);
            let is_dead = book.published.is_some_and(|then| self.now - then > DEAD_SECONDS);
            let is_known = is_idle || is_dead || self.may_add_risk(market);
            is_known && book.fees == BigInt::ZERO && book.tranche == book.reported
        };
        allow((0..MARKETS).all(is_swept))
    }

    pub(super) fn stake(&mut self, staker: usize, amount: u64) -> Answer {
        self.allow_swept()?;
        let fund = &mut self.fund;
        let is_empty = fund.shares == BigInt::ZERO;
        let is_new_epoch = is_empty || fund.total() * 1_000_000_000 < fund.shares;
        if is_new_epoch {
            let Fund { assets, deployed, epoch, .. } = fund.clone();
            let virtual_shares = (fund.total() + 1) * SHARES_PER_ATOM;
            *fund = Fund { assets, deployed, virtual_shares, epoch: epoch + 1, ..Fund::default() };
        }
        let (total, all): (BigInt, BigInt) = (fund.total() + 1, fund.all());
        let shares = floor(amount * &all, total.clone());
        allow(shares > BigInt::ZERO)?;
        let paid = ceiling(&shares * total, all);
        law(paid <= big(amount), "a stake costs at most the amount")?;
        fund.shares += &shares;
        fund.assets += &paid;
        self.insurance_vault += paid;
        let stake = &mut self.stakes[staker];
        let is_renewed = stake.epoch != self.fund.epoch;
        if is_renewed {
            *stake = Stake { epoch: self.fund.epoch, ..Stake::default() };
        }
        stake.shares += shares;
        if is_new_epoch {
            self.reach(if is_empty { "fund: nobody holds a share" } else { "fund: all is lost" });
        }
        if is_renewed {
            self.reach("fund: a stake of an older epoch starts again");
        }
        Ok(())
    }

    pub(super) fn request_unstake(&mut self, staker: usize, shares: &BigInt) -> Answer {
        let value_then = self.fund.value(shares);
        let stake = &mut self.stakes[staker];
        allow(stake.epoch == self.fund.epoch && *shares <= stake.shares)?;
        self.fund.leaving += shares - &stake.leaving;
        stake.leaving = shares.clone();
        stake.value_then = value_then;
        stake.leaves_at = self.now + COOLDOWN_SECONDS;
        Ok(())
    }

    pub(super) fn unstake(&mut self, staker: usize, passed: &[bool; MARKETS]) -> Answer {
        self.allow_swept()?;
        let stake = self.stakes[staker].clone();
        allow(stake.epoch == self.fund.epoch && stake.leaving > BigInt::ZERO)?;
        allow((stake.leaves_at..stake.leaves_at + EXIT_SECONDS).contains(&self.now))?;
        allow(self.deficit_reported_at.is_none_or(|then| self.now - then >= REPORT_SECONDS))?;
        for market in (0..MARKETS).filter(|market| passed[*market]) {
            self.recall(market, &stake);
        }
        let value_now = self.fund.value(&stake.leaving);
        self.reach(match value_now.cmp(&stake.value_then) {
            Ordering::Less => "fund: leaving after a loss",
            Ordering::Equal => "fund: leaving as asked",
            Ordering::Greater => "fund: leaving after income",
        });
        let worth = value_now.min(stake.value_then.clone());
        let (mut leaving, mut paid) = (stake.leaving.clone(), worth.clone());
        if paid > self.fund.assets {
            // As many shares as are paid for, rounded up.
            paid = self.fund.assets.clone();
            allow(paid > BigInt::ZERO)?;
            leaving = ceiling(&stake.leaving * &paid, worth);
            self.reach("fund: leaving in part");
        }
        let fund = &mut self.fund;
        let others = fund.value(&(&fund.shares - &stake.leaving));
        fund.assets -= &paid;
        fund.shares -= &leaving;
        fund.leaving -= &leaving;
        law(fund.value(&(&fund.shares - &stake.leaving + &leaving)) + 1 >= others, "nobody pays for those who leave")?;
        self.insurance_vault -= paid;
        let value_then = floor(&stake.value_then * (&stake.leaving - &leaving), stake.leaving.clone());
        let (shares, leaving) = (&stake.shares - &leaving, &stake.leaving - leaving);
        self.stakes[staker] = Stake { shares, leaving, value_then, ..stake };
        Ok(())
    }

    /// A tranche gives back what the vault lacks for those who leave, and `deployed` follows it.
    fn recall(&mut self, market: usize, stake: &Stake) {
        let worth = self.fund.value(&stake.leaving).min(stake.value_then.clone());
        let wanted = not_below_zero(worth - &self.fund.assets);
        let caps = &self.parameters[market].1.insurance;
        let book = &mut self.books[market];
        if wanted == BigInt::ZERO {
            return;
        }
        let window = book.refilled.at(self.now, caps.window_seconds);
        if book.insured.at(self.now, caps.window_seconds).used > BigInt::ZERO {
            return self.reach("fund: nothing leaves a tranche that paid");
        }
        let left = not_below_zero(caps.per_window - &window.used);
        let recalled = wanted.min(book.tranche.clone()).min(left.clone());
        if recalled == BigInt::ZERO {
            return;
        }
        book.tranche -= &recalled;
        book.refilled = Budget { used: &window.used + &recalled, ..window };
        self.fund.deployed += &book.tranche - &book.reported;
        book.reported = book.tranche.clone();
        self.fund.assets += &recalled;
        self.quote_vault -= &recalled;
        self.insurance_vault += &recalled;
        self.reach(if recalled == left {
            "fund: as much back as the window allows"
        } else {
            "fund: money back from a tranche"
        });
    }

    /// What the market's own position really holds: its leg, less what positions have not taken over yet.
    fn own_lots(&self, market: usize) -> Fraction {
        let mut lots = Fraction::whole(self.books[market].own_size.clone());
        for account in 0..ACCOUNTS {
            let position = &self.accounts[account].positions[market];
            let Some(pending) = &position.pending else { continue };
            let given_up = &Fraction::whole(position.size.clone()).magnitude() - &pending.lots;
            lots = if position.size > BigInt::ZERO { &lots + &given_up } else { &lots - &given_up };
        }
        lots
    }

    /// A loss at mark from fees to the pool, then from the tranche within its caps; a gain at the worse price from the pool to
    /// fees. With lots, or fractions of one, only on a fresh price.
    fn settle_own(&mut self, market: usize, own: &OwnSettlement) -> Answer {
        let lots = self.own_lots(market);
        let slack = &self.held_slack(market, true) + &self.held_slack(market, false);
        if *own == OwnSettlement::default() && !self.may_add_risk(market) && !(lots.is_zero() && slack.is_zero()) {
            self.reach("sweep: own lots wait for a price");
            return Ok(());
        }
        law(self.may_add_risk(market) || lots.magnitude() <= slack, "own lots are settled on a fresh price only")?;
        let book = &self.books[market];
        let worth =
            |lots: &Fraction, price: &BigInt| (lots * &Fraction::whole(price.clone())).floor() - &book.own_entry;
        let gain = |lots: &Fraction| {
            let price = if *lots >= Fraction::zero() { book.low() } else { book.high() };
            not_below_zero(worth(lots, &price)).min(book.pool.clone())
        };
        let [least, most] = [&lots - &slack, &lots + &slack];
        let at_mark = [&least, &most].map(|lots| worth(lots, &book.mark));
        let losses = [&at_mark[1], &at_mark[0]].map(|worth| not_below_zero(-worth));
        let loss = big(own.paid) + own.unpaid;
        law(losses[0] <= loss && loss <= losses[1], "the market's own loss")?;
        law(big(own.paid) == loss.min(book.fees.clone()), "fees pay the market's own loss")?;
        let received = if at_mark[0] < BigInt::ZERO { BigInt::ZERO } else { gain(&least) };
        let up_to = if at_mark[1] < BigInt::ZERO { BigInt::ZERO } else { gain(&most) };
        law((received..=up_to).contains(&big(own.received)), "the pool pays the market's own gain")?;
        law((own.paid == 0 && own.unpaid == 0) || own.received == 0, "a loss or a gain")?;
        let mut insured = BigInt::ZERO;
        if own.unpaid > 0 {
            insured = self.insured(market, &big(own.unpaid)).1;
            self.reach("sweep: fees do not cover a loss");
        }
        let book = &mut self.books[market];
        book.tranche -= &insured;
        book.insured.used += &insured;
        book.own_entry -= &insured;
        book.pool += insured;
        if own.paid > 0 {
            self.reach("sweep: fees pay a loss");
        }
        if own.received > 0 && !lots.is_zero() {
            self.reach("sweep: a gain with lots");
        }
        let book = &mut self.books[market];
        book.fees += own.received;
        book.fees -= own.paid;
        book.pool += own.paid;
        book.pool -= own.received;
        book.own_entry += own.received;
        book.own_entry -= own.paid;
        Ok(())
    }

    pub(super) fn sweep(&mut self, market: usize, own: &OwnSettlement) -> Answer {
        self.settle_own(market, own)?;
        let (_, params, _) = &self.parameters[market];
        let caps = params.insurance;
        let (book, fund) = (&mut self.books[market], &mut self.fund);
        let to_fund = floor(&book.fees * params.fee_share_bps, ONE);
        book.kept += &book.fees - &to_fund;
        book.fees = BigInt::ZERO;
        let mut moved = to_fund;
        fund.assets += &moved;
        fund.deployed += &book.tranche - &book.reported;

        let target = big(TRANCHE_TARGETS[market]);
        let window = book.refilled.at(self.now, caps.window_seconds);
        let left = not_below_zero(caps.per_window - &window.used);
        // Out of the tranche into the fund; a refill where negative.
        let mut returned = &book.tranche - &target;
        let mut used = BigInt::ZERO;
        let mut branch = "sweep: the excess";
        if returned <= BigInt::ZERO {
            used = (-returned).min(fund.assets.clone()).min(left.clone());
            returned = -&used;
            branch = if used == BigInt::ZERO { "sweep: nothing to refill" } else { "sweep: a refill" };
            if used > BigInt::ZERO && used == left {
                branch = "sweep: a refill that ends the window";
            }
        }
        book.tranche -= &returned;
        fund.assets += &returned;
        fund.deployed -= &returned;
        moved += returned;
        book.reported = book.tranche.clone();
        book.refilled = Budget { used: &window.used + used, ..window };
        self.quote_vault -= &moved;
        self.insurance_vault += moved;
        self.reach(branch);
        let deployed: BigInt = (0..MARKETS).map(|market| &self.books[market].reported).sum();
        law(deployed == self.fund.deployed, "what is deployed is what tranches held when they were swept")
    }

    /// Every balance with its name, to be compared with the engine's. Open interest is counted from the positions.
    pub fn balances(&self, mut each: impl FnMut(&'static str, usize, &BigInt)) {
        for (index, account) in self.accounts.iter().enumerate() {
            each("cash", index, &account.cash);
            account.collateral.iter().for_each(|amount| each("collateral", index, amount));
            for position in &account.positions {
                each("size", index, &position.size);
                each("entry", index, &position.entry);
                each("shared out", index, &big(u8::from(position.is_shared_out)));
            }
        }
        for (index, book) in self.books.iter().enumerate() {
            let sizes = || self.accounts.iter().map(|account| &account.positions[index].size);
            let long: BigInt = sizes().filter(|size| **size > BigInt::ZERO).sum();
            let short: BigInt = -sizes().filter(|size| **size < BigInt::ZERO).sum::<BigInt>();
            for (name, value) in [
                ("long", &long),
                ("short", &short),
                ("pool", &book.pool),
                ("carry", &book.carry),
                ("dust size", &book.own_size),
                ("dust entry", &book.own_entry),
                ("tranche", &book.tranche),
                ("fees", &book.fees),
                ("protocol fees", &book.kept),
                ("reported", &book.reported),
                ("mark", &book.mark),
                ("confidence", &book.confidence),
                ("ema", &book.ema),
                ("quality", &big(book.quality)),
                ("liquidated", &book.liquidated.used),
                ("insured", &book.insured.used),
                ("refilled", &book.refilled.used),
                ("left behind short", &self.left_behind(index, false)),
                ("left behind long", &self.left_behind(index, true)),
            ] {
                each(name, index, value);
            }
        }
        for (index, stake) in self.stakes.iter().enumerate() {
            each("stake", index, &stake.shares);
            each("leaving", index, &stake.leaving);
            each("value then", index, &stake.value_then);
        }
        let fund = &self.fund;
        for (name, value) in [
            ("fund assets", &fund.assets),
            ("fund deployed", &fund.deployed),
            ("fund shares", &fund.shares),
            ("virtual shares", &fund.virtual_shares),
            ("fund leaving", &fund.leaving),
            ("quote vault", &self.quote_vault),
            ("insurance vault", &self.insurance_vault),
        ] {
            each(name, 0, value);
        }
    }
}
