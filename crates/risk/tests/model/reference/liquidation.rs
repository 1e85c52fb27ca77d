//! A liquidation, and whether its plan is one that the spec allows.

use num_bigint::BigInt;
use risk::LiquidationPlan;

use super::{Answer, Budget, MAX_LOTS, Model, No, ONE, UNCERTAIN, View, Worth, allow, big, law, not_below_zero};
use crate::fraction::{floor, magnitude};

impl Model {
    pub(super) fn liquidate(
        &mut self,
        who: [usize; 2],
        market: usize,
        [max_lots, seconds]: [u64; 2],
        proposal: Option<&LiquidationPlan>,
    ) -> Answer {
        let [liquidator, liquidatee] = who;
        let (_, params, _) = self.parameters[market];
        allow(liquidator != liquidatee && self.holds_only(liquidatee, UNCERTAIN))?;
        allow(self.has_collateral_of(liquidatee, UNCERTAIN))?;
        for account in who {
            self.touch(account, market)?;
        }
        let before = who.map(|account| self.worth(account, View::Maintenance));
        let share = (before[1].equity < BigInt::ZERO).then(|| self.share(liquidatee, market));
        let window = self.books[market].liquidated.at(self.now, params.liquidation_window_seconds);
        // Below half of maintenance the window no longer counts.
        let is_deep = &before[1].equity * 2 < before[1].requirement;
        let left = not_below_zero(params.liquidation_window_lots - &window.used);
        let left = if is_deep { big(MAX_LOTS) } else { left };
        allow(!before[1].is_covered() && self.has_position(liquidatee, market) && max_lots > 0)?;
        allow(before[1].equity <= BigInt::ZERO || left > BigInt::ZERO)?;
        let plan = proposal.ok_or(No::Broken("a plan for every account below maintenance"))?;
        self.judge(liquidatee, market, plan, [big(max_lots), left], seconds)?;

        let sizes = who.map(|account| self.accounts[account].positions[market].size.clone());
        let counted = self.collateral_value(liquidatee, View::Maintenance);
        self.exchange(who, market, &big(plan.lots), &big(plan.price))?;
        self.accounts[liquidator].cash -= plan.insurance_fee;
        allow(self.accounts[liquidator].cash >= BigInt::ZERO)?;
        self.books[market].tranche += plan.insurance_fee;
        self.books[market].liquidated = Budget { used: window.used + plan.lots.unsigned_abs(), ..window };
        let after = self.worth(liquidatee, View::Maintenance);
        law(before[1].is_improved_by(&after), "I-05 the ratio improves")?;
        // What collateral counts may rise: a surcharge falls with the longs that are taken.
        let counted = self.collateral_value(liquidatee, View::Maintenance) - counted;
        law(after.equity == plan.after.equity + counted && after.requirement == big(plan.after.requirement), "after")?;
        self.allow_risk(liquidator, &before[0], &sizes[0], market)?;
        match share {
            Some(share) => {
                self.share_out(liquidatee, market, share, [big(plan.lots.unsigned_abs()), magnitude(&sizes[1])])
            }
            None => Ok(()),
        }
    }

    /// Whether the plan is what section 7 step 3 allows. Every bound is exact but for the rounding that it names.
    fn judge(
        &self,
        liquidatee: usize,
        market: usize,
        plan: &LiquidationPlan,
        [max_lots, left]: [BigInt; 2],
        seconds: u64,
    ) -> Answer {
        let (_, params, _) = &self.parameters[market];
        let (terms, book) = (&params.terms, &self.books[market]);
        let Worth { equity, requirement } = self.worth(liquidatee, View::Maintenance);
        let size = &self.accounts[liquidatee].positions[market].size;
        let (all, lots, penalty) = (magnitude(size), big(plan.lots.unsigned_abs()), big(plan.penalty_per_lot));

        law(size * plan.lots > BigInt::ZERO && lots <= all && lots <= max_lots, "no more than there is")?;
        let toward_liquidator = if *size > BigInt::ZERO { -&penalty } else { penalty.clone() };
        law(big(plan.price) == &book.mark + toward_liquidator, "the price is mark less the penalty")?;
        let fee_times_one = big(plan.insurance_fee) * ONE;
        let share_times_one = &lots * &penalty * terms.insurance_share_bps;
        law(
            fee_times_one >= share_times_one && &fee_times_one - &share_times_one < big(ONE),
            "the fee is the share, rounded up",
        )?;
        law(big(plan.insurance_fee) <= &lots * &penalty, "the fee is part of the penalty")?;
        if equity <= BigInt::ZERO {
            law(penalty == BigInt::ZERO, "nothing is taken where nothing is left")?;
            return law(lots == all.min(max_lots), "all of it where equity is gone");
        }

        // What is no longer required without `lots` of the position.
        let released = |lots: &BigInt| {
            let mut without = self.clone();
            let position = &mut without.accounts[liquidatee].positions[market];
            position.size -= lots * if *size > BigInt::ZERO { 1 } else { -1 };
            position.pending = None;
            &requirement - without.quote_worth(liquidatee, View::Maintenance).requirement
        };
        // The share of the equity: p * k * R <= 0.9 * released * E, and the wanted penalty in 1e-4 bps of the mark.
        let has_share = &penalty * &lots * &requirement * 10 <= released(&lots) * &equity * 9;
        law(has_share, "T79 at most 90 % of the position's equity")?;
        // On average the most lots that may be taken release least.
        let most_lots = all.clone().min(big(terms.slice_lots + terms.min_position_lots));
        let margin_least = floor(released(&most_lots) - 1, most_lots);
        let urgency_square: BigInt = {
            let missing = (&requirement - &equity) * ONE;
            &missing * &missing / (&requirement * &requirement)
        };
        let range = terms.penalty_max_bps - terms.penalty_min_bps;
        let ramp: BigInt = big(terms.penalty_ramp_bps_per_minute) * seconds * ONE / 60;
        let most = big(terms.penalty_max_bps) * ONE;
        let wanted: BigInt = big(terms.penalty_min_bps) * ONE + urgency_square * range / ONE + ramp;
        let wanted = wanted.min(most);
        // Rounding: health to a basis point (2 bps of u^2), the two terms and the result down.
        let (unit, slack) = (ONE * ONE, big(3 * ONE));
        law(&penalty * unit <= &book.mark * (&wanted + range * 3), "no more than urgency and time ask")?;
        let share: BigInt = &margin_least * &equity * 9 / (&requirement * 10) - &margin_least / ONE - 4;
        let asked: BigInt = floor(&book.mark * (&wanted - &slack), unit) - 1;
        law(penalty >= asked.min(share), "no less than urgency and time ask, up to the share")?;

        let allowed = big(terms.slice_lots).min(left);
        let is_dust = all < &allowed + terms.min_position_lots;
        law(lots <= allowed || is_dust, "at most the slice and the window")?;
        let aim = ONE + terms.buffer_bps;
        let reaches = |lots: &BigInt| (&equity - lots * &penalty) * ONE >= (&requirement - released(lots)) * aim;
        let is_bounded = lots == all || lots == allowed || lots == max_lots;
        law(is_bounded || reaches(&lots), "the target is reached where nothing bounds it")?;
        // Dust is taken along, as far as the liquidator's own bound lets it.
        let dust_rule = (lots == all || lots == max_lots) && terms.min_position_lots > 0;
        law(dust_rule || !reaches(&(&lots - 1)), "T77 the fewest lots")
    }
}
