//! Collateral other than quote: what it counts, and what a buyer pays for it.

use num_bigint::BigInt;
use risk::ConversionPlan;

use super::{Answer, FRESH, Model, No, ONE, UNCERTAIN, View, allow, big, law, not_below_zero};
use crate::{
    fraction::{Fraction, ceiling, floor},
    operation::{BANKS, MARKETS},
};

impl Model {
    fn lot_atoms(&self, bank: usize) -> BigInt {
        big(10).pow(u32::from(self.banks[bank].lot_atoms_exponent))
    }

    /// What an amount counts: each quarter of the cap at one more haircut. Values rounded down, haircuts up.
    fn counted_at(&self, bank: usize, amount: &BigInt, price: &BigInt) -> BigInt {
        let terms = &self.banks[bank];
        let quarter = ceiling(self.lot_atoms(bank) * terms.cap_lots, 4);
        let (mut sum, mut left) = (BigInt::ZERO, amount.clone());
        for times in 1..=4_u64 {
            let is_last = times == 4 || terms.cap_lots == 0;
            let part = if is_last { left.clone() } else { left.clone().min(quarter.clone()) };
            let value = floor(&part * price, self.lot_atoms(bank));
            sum += &value - ceiling(&value * (terms.haircut_bps * times).min(ONE), ONE);
            left -= part;
        }
        sum
    }

    /// The same, less the surcharge beside longs of the token's group.
    fn counted_beside(&self, bank: usize, amount: &BigInt, price: &BigInt, longs: &BigInt) -> BigInt {
        let counted = self.counted_at(bank, amount, price);
        let (asset, _, _) = &self.parameters[bank];
        let longs = if asset.group == 1 { longs.clone() } else { BigInt::ZERO };
        let surcharge = ceiling(&counted * self.banks[bank].surcharge_bps, ONE).min(longs);
        counted - surcharge
    }

    /// What all its collateral counts.
    pub(super) fn collateral_value(&self, account: usize, view: View) -> BigInt {
        let mut sum = BigInt::ZERO;
        let [longs, _] = self.group_stress(account, view);
        for (amount, (bank, book)) in self.accounts[account].collateral.iter().zip(self.books.iter().enumerate()) {
            if *amount == BigInt::ZERO {
                continue;
            }
            let price = if view == View::Maintenance { book.mark.clone() } else { book.low() };
            sum += self.counted_beside(bank, amount, &price, &longs);
        }
        sum
    }

    pub(super) fn has_no_collateral(&self, account: usize) -> bool {
        self.accounts[account].collateral.iter().all(|amount| *amount == BigInt::ZERO)
    }

    /// Whether each price that its collateral depends on is this good.
    pub(super) fn has_collateral_of(&self, account: usize, least: u8) -> bool {
        let collateral = &self.accounts[account].collateral;
        (0..BANKS).all(|bank| collateral[bank] == BigInt::ZERO || self.quality(bank) >= least)
    }

    /// Collateral is looked at only where cash and positions are not enough.
    pub(super) fn allow_covered(&self, account: usize, view: View) -> Answer {
        if self.quote_worth(account, view).is_covered() {
            return Ok(());
        }
        let collateral = &self.accounts[account].collateral;
        let is_known = (0..BANKS).all(|bank| collateral[bank] == BigInt::ZERO || self.may_add_risk(bank));
        allow(is_known && self.worth(account, view).is_covered())
    }

    pub(super) fn remove_collateral(&mut self, account: usize, bank: usize, amount: u64) -> Answer {
        self.accounts[account].collateral[bank] -= amount;
        self.bank_vaults[bank] -= amount;
        allow(self.accounts[account].collateral[bank] >= BigInt::ZERO && self.may_add_risk_with(account))?;
        self.allow_covered(account, View::Withdrawal)
    }

    pub(super) fn convert(
        &mut self,
        [buyer, seller]: [usize; 2],
        bank: usize,
        [asked, most]: [u64; 2],
        proposal: Option<&ConversionPlan>,
    ) -> Answer {
        allow(buyer != seller && asked > 0 && self.accounts[seller].collateral[bank] > BigInt::ZERO)?;
        allow(self.holds_only(seller, UNCERTAIN) && self.has_collateral_of(seller, UNCERTAIN))?;
        let before = self.worth(seller, View::Maintenance);
        allow(!before.is_covered() || self.uncovered(seller) > BigInt::ZERO)?;
        let plan = proposal.ok_or(No::Broken("a plan for every account that needs quote"))?;
        let branch = self.judge_conversion(seller, bank, asked, plan)?;
        self.reach(branch);
        let (amount, paid) = (big(plan.amount), big(plan.paid));
        allow(paid <= big(most))?;
        self.accounts[seller].collateral[bank] -= &amount;
        self.accounts[buyer].collateral[bank] += &amount;
        self.accounts[buyer].cash -= &paid;
        self.accounts[seller].cash += &paid;
        let after = self.worth(seller, View::Maintenance);
        law(after.equity >= before.equity, "selling never lowers equity")?;
        law(&after.equity - &before.equity == big(plan.equity), "what the sale does to equity")?;
        allow(self.accounts[buyer].cash >= BigInt::ZERO && self.holds_only(buyer, UNCERTAIN))?;
        let is_covered = self.quote_worth(buyer, View::Initial).is_covered();
        allow(is_covered || self.has_collateral_of(buyer, UNCERTAIN))?;
        allow(is_covered || self.worth(buyer, View::Initial).is_covered())
    }

    /// Losses at mark that cash does not cover.
    fn uncovered(&self, account: usize) -> BigInt {
        let loss = |market: usize| not_below_zero(-self.gain(account, market, &self.books[market].mark));
        not_below_zero((0..MARKETS).map(loss).sum::<BigInt>() - &self.accounts[account].cash)
    }

    /// Price and amount, by exact fractions. Names the case.
    fn judge_conversion(&self, seller: usize, bank: usize, asked: u64, plan: &ConversionPlan) -> Answer<&'static str> {
        let (terms, book) = (&self.banks[bank], &self.books[bank]);
        let before = self.worth(seller, View::Maintenance);
        let quote = self.quote_worth(seller, View::Maintenance).equity;
        let is_healthy = before.is_covered();
        let discount = if is_healthy { terms.discount_bps / 2 } else { terms.discount_bps };
        let is_fresh = self.quality(bank) >= FRESH;
        let price = if is_fresh { book.mark.clone() } else { book.high() };
        let per_atom = Fraction::new(&price * (ONE - discount), self.lot_atoms(bank) * ONE);
        let (amount, paid) = (big(plan.amount), big(plan.paid));
        let most = big(asked).min(self.accounts[seller].collateral[bank].clone());
        let proceeds = |amount: &BigInt| &Fraction::whole(amount.clone()) * &per_atom;
        law(amount > BigInt::ZERO && amount <= most, "no more than asked and held")?;
        law(paid == proceeds(&amount).ceiling(), "the price is mark less the discount, rounded up")?;

        let one_fewer = &amount - 1;
        if is_healthy {
            let gap = Fraction::whole(self.uncovered(seller));
            law(proceeds(&one_fewer) < gap, "a healthy account sells what its losses exceed its cash by")?;
            law(amount == most || proceeds(&amount) >= gap, "a healthy account sells enough")?;
            return Ok("convert: a healthy account");
        }
        if before.equity <= BigInt::ZERO {
            law(amount == most, "all of it where equity is gone")?;
            return Ok("convert: equity is gone");
        }
        // What a sale adds to equity: what it brings, less what it counted. While the price is not fresh, the plan reckons as if
        // it had counted at the price it is sold for, and sells more than the aim asks: it may, up to there.
        let (at_price, at_mark) = (price.clone(), book.mark.clone());
        let [longs, _] = self.group_stress(seller, View::Maintenance);
        let held = &self.accounts[seller].collateral[bank];
        let equity = |amount: &BigInt, price: &BigInt| {
            let counted = |amount: &BigInt| self.counted_beside(bank, amount, price, &longs);
            let lost = counted(held) - counted(&(held - amount));
            &Fraction::whole(&before.equity - lost) + &proceeds(amount)
        };
        let aim = Fraction::new(&before.requirement * 11, 10);
        let owes = |amount: &BigInt| &Fraction::whole(quote.clone()) + &proceeds(amount) < Fraction::zero();
        let rounding = Fraction::whole(12); // four parts before, four after, a surcharge each
        let is_needed = equity(&one_fewer, &at_price) < &aim + &rounding || owes(&one_fewer);
        law(is_needed, "no more than brings equity to 110 % of maintenance, or quote equity to zero")?;
        let is_enough = equity(&amount, &at_mark) >= &aim - &rounding && !owes(&(&amount + 1));
        // Of several haircuts the plan counts on the highest, and may come short: the next sale goes on.
        let is_one_haircut = terms.cap_lots == 0
            || (*held <= ceiling(self.lot_atoms(bank) * terms.cap_lots, 4) && terms.surcharge_bps == 0);
        law(amount == most || is_enough || !is_one_haircut, "as much as is needed")?;
        Ok(if !is_fresh {
            "convert: on a price that is not fresh"
        } else if owes(&one_fewer) && equity(&one_fewer, &at_mark) >= aim {
            "convert: to where nothing is owed in quote"
        } else {
            "convert: below maintenance"
        })
    }
}
