//! Settlement, and who bears the losses of a bankrupt account.

use core::cmp::Ordering;

use num_bigint::BigInt;

use super::{Answer, FRESH, Model, ONE, UNCERTAIN, View, allow, big, law, not_below_zero, sides::Charge};
use crate::{
    fraction::{Fraction, ceiling, floor, magnitude},
    operation::{ACCOUNTS, MARKETS},
};

/// What a market's loss is made of.
#[derive(Clone)]
pub struct Share {
    deficit: BigInt,
    from_cash: BigInt,
    waiting: BigInt,
}

impl Model {
    pub(super) fn settle(&mut self, accounts: &[bool; ACCOUNTS], market: usize) -> Answer {
        let mut has_moved = false;
        for account in (0..ACCOUNTS).filter(|account| accounts[*account]) {
            has_moved |= self.settle_one(account, market)?;
        }
        allow(has_moved)
    }

    fn settle_one(&mut self, account: usize, market: usize) -> Answer<bool> {
        // What is open needs a price, and so does a fraction that changes hands.
        let touch = self.touches[market][account];
        let (size, entry) = self.counted(account, market);
        let fraction = entry - &self.accounts[account].positions[market].entry - touch.charge;
        if (size != BigInt::ZERO || fraction != BigInt::ZERO) && self.quality(market) < UNCERTAIN {
            return Ok(false);
        }
        let was_touched = self.touch(account, market)?;
        let is_known = self.holds_only(account, UNCERTAIN) && self.has_collateral_of(account, UNCERTAIN);
        let worth = self.worth(account, View::Maintenance);
        let mark = self.books[market].mark.clone();
        let gain = self.gain(account, market, &mark);
        let cash = self.accounts[account].cash.clone();
        if gain < BigInt::ZERO {
            if is_known && worth.equity < BigInt::ZERO {
                self.reach("settle: left to be shared out");
                return Ok(was_touched);
            }
            let paid = cash.min(-gain);
            self.move_gain(account, market, -&paid);
            return Ok(was_touched || paid > BigInt::ZERO);
        }
        let is_below = is_known && !worth.is_covered();
        let size = self.accounts[account].positions[market].size.clone();
        let price = if is_below { mark } else { self.books[market].worse_price(&size) };
        let gain = not_below_zero(self.gain(account, market, &price));
        if size != BigInt::ZERO && !self.may_add_risk(market) {
            return Ok(was_touched);
        }
        let paid = gain.min(self.books[market].pool.clone());
        if is_below && paid > BigInt::ZERO {
            self.reach("settle: a gain below maintenance");
        }
        self.move_gain(account, market, paid.clone());
        Ok(was_touched || paid > BigInt::ZERO)
    }

    /// From the pool to cash; where negative, from cash to the pool.
    fn move_gain(&mut self, account: usize, market: usize, amount: BigInt) {
        self.books[market].pool -= &amount;
        let position = &mut self.accounts[account].positions[market];
        position.entry += &amount;
        position.is_shared_out &= position.entry != BigInt::ZERO;
        self.accounts[account].cash += amount;
    }

    /// Equity at mark is negative with every price it depends on fresh, and no collateral is left.
    pub(super) fn is_bankrupt(&self, account: usize) -> bool {
        self.holds_only(account, FRESH)
            && self.has_no_collateral(account)
            && self.worth(account, View::Maintenance).equity < BigInt::ZERO
    }

    /// What a market bears of a bankrupt account's loss there, and what the account's cash pays. A debt that was shared out
    /// bears something only where there is nothing else.
    pub(super) fn share(&self, account: usize, market: usize) -> Share {
        let missing = -self.worth(account, View::Maintenance).equity;
        let loss = |market: usize| not_below_zero(-self.gain(account, market, &self.books[market].mark));
        let is_shared_out = |market: usize| self.accounts[account].positions[market].is_shared_out;
        let of =
            |is_out: bool| (0..MARKETS).filter(|market| is_shared_out(*market) == is_out).map(loss).sum::<BigInt>();
        let (mut losses, mut loss) = (of(false), loss(market));
        if losses == BigInt::ZERO {
            losses = of(true);
        } else if is_shared_out(market) {
            loss = BigInt::ZERO;
        }
        if loss == BigInt::ZERO {
            return Share { deficit: loss.clone(), from_cash: loss.clone(), waiting: loss };
        }
        let deficit = ceiling(missing * &loss, losses).min(loss.clone());
        let from_cash = (&loss - &deficit).min(self.accounts[account].cash.clone());
        let waiting = loss - &deficit - &from_cash;
        Share { deficit, from_cash, waiting }
    }

    /// Whether the tranche can pay the whole deficit; if not, what it pays of it.
    pub(super) fn insured(&mut self, market: usize, deficit: &BigInt) -> (bool, BigInt) {
        let caps = &self.parameters[market].1.insurance;
        let book = &mut self.books[market];
        book.insured = book.insured.at(self.now, caps.window_seconds);
        let insurable = floor(deficit * (ONE - caps.coinsurance_bps), ONE);
        let left = not_below_zero(caps.per_window - &book.insured.used);
        let paid = insurable.min(book.tranche.clone()).min(big(caps.per_event)).min(left);
        (paid == *deficit, paid)
    }

    /// Moves what cash and the tranche pay of a loss. Returns what is left of the deficit.
    fn pay(&mut self, account: usize, market: usize, share: &Share) -> BigInt {
        let (_, paid) = self.insured(market, &share.deficit);
        let book = &mut self.books[market];
        book.tranche -= &paid;
        book.insured.used += &paid;
        book.pool += &paid + &share.from_cash;
        self.accounts[account].cash -= &share.from_cash;
        self.accounts[account].positions[market].entry -= &paid + &share.from_cash;
        &share.deficit - paid
    }

    /// With `lots` of `all` goes their part of what the market bears: of the deficit rounded up, of the cash down. The tranche
    /// must be able to pay the whole.
    pub(super) fn share_out(
        &mut self,
        account: usize,
        market: usize,
        whole: Share,
        [lots, all]: [BigInt; 2],
    ) -> Answer {
        let mut part = whole.clone();
        if lots < all {
            allow(whole.waiting == BigInt::ZERO)?;
            part.deficit = ceiling(&whole.deficit * &lots, all.clone());
            part.from_cash = floor(&whole.from_cash * &lots, all.clone());
            self.reach("liquidate: some lots of a bankrupt account, with their part");
        }
        if whole.deficit > BigInt::ZERO {
            allow(self.has_no_collateral(account) && self.holds_only(account, FRESH))?;
            allow(self.insured(market, &whole.deficit).0)?;
            self.reach("liquidate: the tranche pays");
        }
        allow(self.pay(account, market, &part) == BigInt::ZERO)?;
        if whole.deficit > BigInt::ZERO && lots == all {
            self.mark_shared_out(account, market);
        }
        Ok(())
    }

    fn mark_shared_out(&mut self, account: usize, market: usize) {
        let position = &mut self.accounts[account].positions[market];
        position.is_shared_out = position.entry != BigInt::ZERO;
        if position.is_shared_out {
            self.reach("share: claims elsewhere pay later");
        }
    }

    pub(super) fn insure(&mut self, account: usize, market: usize) -> Answer {
        allow(self.is_bankrupt(account) && !self.has_position(account, market))?;
        allow(self.accounts[account].positions[market].entry > BigInt::ZERO)?;
        let share = self.share(account, market);
        allow(share.deficit > BigInt::ZERO)?;
        self.share_out(account, market, share, [BigInt::ZERO, BigInt::ZERO])
    }

    pub(super) fn auto_deleverage(&mut self, account: usize, market: usize) -> Answer {
        allow(self.is_bankrupt(account) && self.quality(market) >= FRESH)?;
        self.touch(account, market)?;
        let losing = |market: &usize| self.gain(account, *market, &self.books[*market].mark) < BigInt::ZERO;
        let (is_losing, count) = (losing(&market), (0..MARKETS).filter(losing).count());
        allow(is_losing)?;
        if count > 1 {
            self.reach("share: several markets");
        }
        if self.accounts[account].positions[market].is_shared_out {
            self.reach("share: again, where nothing else is left");
        }
        let share = self.share(account, market);
        let charge = self.pay(account, market, &share);
        allow(charge > BigInt::ZERO)?;
        let size = self.accounts[account].positions[market].size.clone();
        if size == BigInt::ZERO {
            // Nobody can tell any more who had its gain: the market's own position owes it.
            self.reach("event: a debt without lots");
            self.books[market].own_entry += &charge;
            self.accounts[account].positions[market].entry -= charge;
        } else {
            self.close_against(account, market, &size, &charge)?;
        }
        let entry = &self.accounts[account].positions[market].entry;
        law(*entry == share.waiting, "a bankrupt account is left with what waits for its claims")?;
        self.mark_shared_out(account, market);
        Ok(())
    }

    /// The lots of the bankrupt position go to the market's own at the mark and the charge, and the other side takes over
    /// what it can.
    fn close_against(&mut self, account: usize, market: usize, size: &BigInt, charge: &BigInt) -> Answer {
        let is_long = *size < BigInt::ZERO;
        let lots = magnitude(size);
        let mark = self.books[market].mark.clone();
        let total = size * &mark + charge;
        let held = self.held(market, is_long);
        let slack = self.held_slack(market, is_long);
        let (mut carry, mut tolerance) = (Fraction::zero(), Fraction::zero());
        if !held.is_zero() {
            // A lot is charged at most what a bankrupt lot is short of, and at most its mark.
            let most = |held: &Fraction| {
                let part = (held * &Fraction::whole(charge.clone())).over(&Fraction::whole(lots.clone()));
                let worth = held * &Fraction::whole(mark.clone());
                Fraction::whole(part.at_most(worth).floor()).at_most(Fraction::whole(charge.clone()))
            };
            let borne = most(&held);
            if borne < Fraction::whole(charge.clone()) {
                self.reach("event: more than the side can bear");
            }
            // The side may be counted for less than it holds.
            tolerance = &borne - &most(&(&held - &slack));
            let closed =
                self.charge_side(&Charge { market, is_long, lots: &lots, money: &borne, below: &tolerance })?;
            let cost = &closed.lots * &Fraction::whole(mark.clone());
            carry = &(if is_long { -&cost } else { cost }) + &borne;
            tolerance = &(&tolerance + &(&closed.slip * &Fraction::whole(mark))) + &Fraction::whole(1);
            self.reach(match (closed.is_whole, closed.lots.cmp(&Fraction::whole(lots))) {
                (false, _) if closed.is_low => "event: so little is left that a new epoch begins",
                (false, _) => "event: part of the side",
                (true, Ordering::Less) => "event: the side is smaller than the bankrupt position",
                (true, _) => "event: exactly the side",
            });
        } else {
            self.reach("event: nobody on the other side");
        }
        let book = &mut self.books[market];
        let change = self.carry_after[market] - &book.carry;
        let off = (&Fraction::whole(change.clone()) - &carry).magnitude();
        law(off <= tolerance, "carry takes what was closed and charged")?;
        book.carry += &change;
        book.own_entry += &total - change;
        book.own_size += size;
        let position = &mut self.accounts[account].positions[market];
        position.entry -= total;
        position.size = BigInt::ZERO;
        Ok(())
    }

    /// The identities, from their definition. Names the first that fails.
    pub fn identities(&self) -> Result<(), &'static str> {
        let cash: BigInt = self.accounts.iter().map(|account| &account.cash).sum();
        let held: BigInt = self.books.iter().map(|book| &book.pool + &book.tranche + &book.fees + &book.kept).sum();
        if cash + held != self.quote_vault || self.fund.assets != self.insurance_vault {
            return Err("I-01 vault");
        }
        for (bank, vault) in self.bank_vaults.iter().enumerate() {
            if self.accounts.iter().map(|account| &account.collateral[bank]).sum::<BigInt>() != *vault {
                return Err("I-01 collateral");
            }
        }
        for (index, book) in self.books.iter().enumerate() {
            let positions = || self.accounts.iter().map(|account| &account.positions[index]);
            let entries: BigInt = positions().map(|position| &position.entry).sum();
            if positions().map(|position| &position.size).sum::<BigInt>() + &book.own_size != BigInt::ZERO
                || entries + &book.own_entry + &book.pool + &book.carry != BigInt::ZERO
            {
                return Err("I-01 market");
            }
        }
        let balances = self.books.iter().flat_map(|book| [&book.pool, &book.tranche, &book.fees, &book.kept]);
        let is_negative = |balance: &BigInt| *balance < BigInt::ZERO;
        let collateral = self.accounts.iter().flat_map(|account| account.collateral.iter());
        let cash = self.accounts.iter().map(|account| &account.cash);
        if balances.chain(cash).chain(collateral).chain([&self.fund.assets]).any(is_negative) {
            return Err("I-02");
        }
        Ok(())
    }
}
