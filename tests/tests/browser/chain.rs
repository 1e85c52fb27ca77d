//! What the page foretells is what the program does: refusals by name, amounts and accounts to the atom.

use firebreak::{
    instructions::OfferTerms,
    state::{CollateralBank, InsuranceStake},
};
use firebreak_client::{Event, decode, events, instructions as ix};
use firebreak_replay::{chain::Chain, listing::DOLLAR};
use serde_json::{Value, json};
use solana_signer::Signer;
use std::collections::BTreeMap;

use crate::{
    page::{big, bytes, figure},
    stage::{MIDDLES, SOL_BANK, Stage},
    valuation::{outflow, value},
};

impl Stage {
    /// The clock moves on, and so does a price, mostly by little; the others are published again, mostly.
    fn price(&mut self) {
        let (seconds, market) = (self.dice.between(1, 20), self.dice.below(3) as u8);
        if self.dice.chance(150) {
            (0..40).for_each(|_| self.world.advance(15).unwrap()); // averages follow, breakers cool down
        }
        let now = self.now() + seconds;
        self.world.chain.set_now(now);
        for each in 0..3 {
            let (mark, middle) = (self.world.row(each).mark, MIDDLES[usize::from(each)]);
            let low = if self.dice.chance(30) { 90 } else { 96 };
            let moved = self.dice.share(mark, low, 104).clamp(middle / 2, middle * 2);
            if each == market || self.dice.chance(950) {
                let _refused_where_too_far = self.world.set_mark(each, if each == market { moved } else { mark });
            }
        }
        let _refused_where_not_fresh = self.world.update_funding(1);
    }

    /// A price goes where it liquidates somebody, by a fortieth every ten seconds.
    fn press(&mut self) {
        let trader = 1 + self.dice.below(4) as usize;
        let margin = self.traders[trader].margin;
        for _ in 0..40 {
            let seen = self.report(&margin);
            let near = |holding: &&Value| holding["liquidationPrice"].is_string() && holding["size"] != "0";
            let Some(holding) = seen["holdings"].as_array().unwrap().iter().find(near) else { return };
            let target: u64 = holding["liquidationPrice"].as_str().unwrap().parse().unwrap();
            let asset = holding["asset"].as_u64().unwrap() as u8;
            let mark = self.world.row(asset).mark;
            self.world.advance(10).unwrap();
            let now = self.now() + 1;
            self.world.chain.set_now(now);
            let step = (mark / 40).min(mark.abs_diff(target));
            let _refused_where_too_far =
                self.world.set_mark(asset, if target < mark { mark - step } else { mark + step });
            if seen["isLiquidatable"] == true {
                break;
            }
        }
        self.liquidate();
    }

    /// A price jumps over somebody's head: what is left is less than nothing. Once averages have followed, insurance pays.
    fn crash(&mut self) {
        let trader = 3 + self.dice.below(2) as usize; // without collateral, which would have to be sold first
        let view = self.world.margin(&self.traders[trader].margin);
        let Some(position) = view.positions().iter().find(|position| position.size != 0) else { return };
        let (market, middle) = (position.market, MIDDLES[usize::from(position.market)]);
        let mark = self.world.row(market).mark;
        let now = self.now() + 1;
        self.world.chain.set_now(now);
        let gap = if position.size > 0 { self.dice.share(mark, 75, 88) } else { self.dice.share(mark, 112, 130) };
        let _refused_where_too_far = self.world.set_mark(market, gap.clamp(middle / 2, middle * 2));
        self.liquidate();
        (0..40).for_each(|_| self.world.advance(15).unwrap());
        self.liquidate();
    }

    /// The house's offer in a market, new or changed.
    pub fn offer(&mut self, market: u8) {
        let terms = OfferTerms {
            bid_lots: self.dice.below(100_000),
            ask_lots: self.dice.below(100_000),
            bid_spread_bps: self.dice.below(210) as u32,
            ask_spread_bps: self.dice.below(210) as u32,
            expires_at: self.now() + self.dice.between(1, 600),
        };
        let offer = self.world.offer_address(&self.house, market);
        let sent = match self.world.chain.account(&offer) {
            None => self.world.place_offer(market, &self.house, terms),
            Some(_) => {
                let update = ix::update_offer(market, self.house.address(), self.house.margin, terms);
                self.world.chain.send(&[update], &[&self.house.key])
            }
        };
        drop(sent); // terms without lots are refused
    }

    fn take(&mut self) {
        // The first only deposits and withdraws.
        let (market, trader) = (self.dice.below(3) as u8, 1 + self.dice.below(4) as usize);
        if self.dice.chance(600) {
            self.offer(market);
        }
        let offer = self.world.offer_address(&self.house, market);
        if self.world.chain.account(&offer).is_none() {
            return;
        }
        let most = self.dice.pick(&[10, 3_000, 20_000, 150_000]);
        let lots = self.dice.between(-most, most);
        let mark = self.world.row(market).mark;
        let limit = if lots > 0 { self.dice.share(mark, 100, 115) } else { self.dice.share(mark, 85, 100) };
        let (taker, maker) = (self.traders[trader].margin, self.house.margin);
        let now = self.now();
        let place = self.place(market);
        let input = json!({
            "taker": self.raw(&taker), "maker": self.raw(&maker), "offer": self.raw(&offer),
            "lots": big(lots), "limitPrice": big(limit),
        });
        let foretold = self.page.value("previewTake", json!([place, input, big(now)]));
        let (cash, fees) = (self.world.margin(&taker).header.cash, self.world.market(market).fees);
        let sent = self.world.take_offer(market, &self.traders[trader], &self.house, lots, limit);
        let Some(said) = self.agrees("take", &foretold, sent, &taker) else { return };
        let [Event::Traded(traded)] = said[..] else { panic!("a trade says that it happened") };
        let signed = traded.lots as i64 * lots.signum();
        assert_eq!((&foretold["lots"], &foretold["price"]), (&figure(signed), &figure(traded.price)));
        let fee = self.world.market(market).fees - fees;
        assert!(fee == cash || foretold["fee"] == figure(fee), "{foretold}: {fee} were charged");
    }

    /// Either bank's token, in random amounts, the most, and an atom more.
    fn withdraw(&mut self) {
        let trader = self.trader();
        let bank = if self.dice.chance(300) { SOL_BANK } else { 0 };
        let first = self.foretell_withdrawal(trader, bank, 1);
        let most: u64 = first["most"].as_str().unwrap().parse().unwrap();
        let random = 1 + self.dice.below(most.saturating_mul(2).max(1_000));
        if first["mostRefusal"].is_string() {
            let foretold = self.withdraw_exactly(trader, bank, most + 1, "withdraw most + 1");
            assert_eq!(foretold["refusal"], first["mostRefusal"]);
        }
        self.withdraw_exactly(trader, bank, random, "withdraw");
        let again = self.foretell_withdrawal(trader, bank, 1);
        let most: u64 = again["most"].as_str().unwrap().parse().unwrap();
        if most > 0 && self.dice.chance(500) {
            let foretold = self.withdraw_exactly(trader, bank, most, "withdraw most");
            assert!(foretold["refusal"].is_null());
        }
    }

    pub fn foretell_withdrawal(&mut self, trader: usize, bank: u8, amount: u64) -> Value {
        let (at, now, margin) = (self.world.at, self.now(), self.traders[trader].margin);
        let input = json!({
            "board": self.raw(&at.board), "account": self.raw(&margin), "bank": self.raw(&at.bank(bank)),
            "breaker": self.raw(&at.breaker), "amount": big(amount),
        });
        let foretold = self.page.value("previewWithdrawal", json!([input, big(now)]));
        let data = self.world.chain.account(&at.bank(bank)).unwrap().data;
        let (left, seconds) = outflow(&decode::<CollateralBank>(&data).unwrap(), amount, now);
        assert_eq!((&foretold["outflowLeft"], &foretold["secondsUntil"]), (&left, &seconds));
        foretold
    }

    pub fn withdraw_exactly(&mut self, trader: usize, bank: u8, amount: u64, kind: &str) -> Value {
        let foretold = self.foretell_withdrawal(trader, bank, amount);
        let (tokens, actor) = (self.tokens(trader, bank), &self.traders[trader]);
        let withdraw = self.world.at.withdraw(bank, actor.address(), actor.margin, tokens, amount);
        let sent = self.world.chain.send(&[withdraw], &[&actor.key]);
        let margin = self.traders[trader].margin;
        self.agrees(kind, &foretold, sent, &margin);
        foretold
    }

    fn deposit(&mut self) {
        let trader = self.trader();
        let (bank, most) = if trader < 3 && self.dice.chance(400) { (SOL_BANK, 1 << 36) } else { (0, 5_000 * DOLLAR) };
        let amount = self.dice.below(most);
        self.deposit_exactly(trader, bank, amount);
    }

    pub fn deposit_exactly(&mut self, trader: usize, bank: u8, amount: u64) -> Value {
        let (now, at, actor) = (self.now(), self.world.at, &self.traders[trader]);
        let (margin, tokens) = (actor.margin, self.tokens(trader, bank));
        let deposit = at.deposit(bank, actor.address(), margin, tokens, amount);
        let input = json!({
            "board": self.raw(&at.board), "account": self.raw(&margin), "bank": self.raw(&at.bank(bank)), "amount": big(amount),
        });
        let foretold = self.page.value("previewDeposit", json!([input, big(now)]));
        let sent = self.world.chain.send(&[deposit], &[&self.traders[trader].key]);
        self.agrees("deposit", &foretold, sent, &margin);
        foretold
    }

    /// Whoever is below maintenance, and now and then somebody who is not.
    fn liquidate(&mut self) {
        for trader in 0..self.traders.len() {
            let margin = self.traders[trader].margin;
            let view = self.world.margin(&margin);
            let is_below = self.report(&margin)["isLiquidatable"] == true;
            if view.positions().is_empty() || (!is_below && self.dice.chance(900)) {
                continue;
            }
            let position = self.dice.pick(view.positions());
            let now = self.now();
            let (market, max_lots) = (position.market, self.dice.pick(&[500, u64::MAX, u64::MAX]));
            let limit = if position.size > 0 { u64::MAX } else { 0 };
            let place = self.place(market);
            let house = self.house.margin;
            let input = json!({
                "liquidator": self.raw(&house), "liquidatee": self.raw(&margin), "maxLots": big(max_lots), "limitPrice": big(limit),
            });
            let foretold = self.page.value("previewLiquidation", json!([place, input, big(now)]));
            let sent = self.world.liquidate(market, &self.house, &margin, max_lots, limit);
            let Some(said) = self.agrees("liquidate", &foretold, sent, &house) else { continue };
            let [Event::Liquidated(done)] = said[..] else { panic!("a liquidation says that it happened") };
            let valued = |equity: i64, requirement: u64| (figure(equity), figure(requirement));
            let pair = |side: &Value| (side["equity"].clone(), side["requirement"].clone());
            assert_eq!(pair(&foretold["liquidateeBefore"]), valued(done.equity_before, done.maintenance_before));
            assert_eq!(pair(&foretold["liquidateeAfter"]), valued(done.equity_after, done.maintenance_after));
            assert_eq!((&foretold["lots"], &foretold["price"]), (&figure(done.lots), &figure(done.price)));
            assert_eq!(foretold["insuranceFee"], figure(done.insurance_fee));
            assert_eq!(foretold["insurancePaid"], figure(done.insurance_paid));
            if done.insurance_paid > 0 {
                *self.seen.entry("liquidate: insured".into()).or_default() += 1;
            }
        }
    }

    fn settle(&mut self) {
        let (trader, market, now) = (self.trader(), self.dice.below(3) as u8, self.now());
        let margin = self.traders[trader].margin;
        let (place, data) = (self.place(market), self.raw(&margin));
        let foretold = self.page.value("previewSettlement", json!([place, data, big(now)]));
        let sent = self.world.settle(market, &margin);
        let Some(said) = self.agrees("settle", &foretold, sent, &margin) else { return };
        let [Event::Settled(done)] = said[..] else { panic!("a settlement says that it happened") };
        assert_eq!(foretold["lossPaid"], figure(done.loss_paid));
        assert_eq!(foretold["profitPaid"], figure(done.profit_paid));
    }

    fn stake(&mut self) {
        let (trader, now, at) = (self.trader(), self.now(), self.world.at);
        let amount = self.dice.below(1_000 * DOLLAR);
        if self.world.sweep_all().is_err() {
            return;
        }
        let fund = self.raw(&at.insurance_fund);
        let foretold = self.page.value("fund", json!([fund, big(now), big(amount)]));
        let Ok(done) = self.world.stake(&self.traders[trader], amount) else { return };
        let said = events(&done.logs);
        let Some(Event::Staked(staked)) = said.last() else { panic!("a stake says that it happened") };
        assert_eq!(foretold["buys"]["shares"], figure(staked.shares));
        assert_eq!(foretold["buys"]["paid"], figure(staked.paid));
        *self.seen.entry("stake: done".into()).or_default() += 1;
        let own = at.stake(&self.traders[trader].address());
        let shares = decode::<InsuranceStake>(&self.world.chain.account(&own).unwrap().data).unwrap().shares;
        let (fund, stake) = (self.raw(&at.insurance_fund), self.raw(&own));
        let seen = self.page.value("stake", json!([fund, stake, big(now)]));
        assert_eq!((&seen["shares"], &seen["refusal"]), (&figure(shares), &json!("SharesInsufficient")));
    }

    fn trip(&mut self) {
        let (market, level) = (self.dice.pick(&[0, 1, 2, 255]), self.dice.between(1, 3) as u8);
        let trip = self.world.at.trip_breaker(self.world.guardian.pubkey(), market, level, 60, 0);
        let _refused_where_lately_closed = self.world.chain.send(&[trip], &[&self.world.guardian]);
        let (now, at) = (self.now(), self.world.at);
        let markets: Vec<Value> = (0..3).map(|market| self.raw(&at.market(market))).collect();
        let input = json!([self.raw(&at.breaker), self.raw(&at.board), markets, big(now)]);
        let seen = self.page.value("levels", input);
        let breaker: firebreak::state::CircuitBreaker =
            decode(&self.world.chain.account(&at.breaker).unwrap().data).unwrap();
        assert_eq!(seen[0]["level"], json!(breaker.global.level_at(now) as u8));
        for market in 0..3_u8 {
            let level = self.world.market(market).level(&breaker, &self.world.row(market), now);
            assert_eq!(seen[usize::from(market) + 1]["level"], json!(level as u8));
        }
    }

    /// Everything as the page sees it is as the program's code on this machine sees it, and the ledger is even.
    fn looks_alike(&mut self) {
        let (at, now) = (self.world.at, self.now());
        let board = self.raw(&at.board);
        for trader in 0..self.traders.len() {
            let margin = self.traders[trader].margin;
            self.report(&margin);
            let data = self.raw(&margin);
            let seen = self.page.value("value", json!([board, data, big(now)]));
            let view = self.world.margin(&margin);
            assert_eq!(seen, value(&self.world.board(), &view, now));
        }
        let accounts: Vec<Value> =
            self.world.chain.program_accounts().iter().map(|(_, account)| bytes(&account.data)).collect();
        let holders = [at.quote_bank, at.insurance_fund, at.bank(SOL_BANK)];
        let vaults: Vec<Value> = holders
            .map(|holder| firebreak_client::addresses::vault(&holder))
            .iter()
            .map(|vault| json!({ "address": vault.to_string(), "data": self.raw(vault) }))
            .collect();
        let seen = self.page.value("identities", json!([accounts, vaults]));
        let seen = seen.as_array().unwrap();
        assert_eq!(seen.len(), 2 + 2 + 3 * 3 + 3, "{seen:#?}");
        assert_eq!(self.world.violations(), Vec::<String>::new());
        assert!(seen.iter().all(|identity| identity["holds"] == true && identity["difference"] == "0"), "{seen:#?}");
    }
}

fn run(seed: u64, steps: u32) -> BTreeMap<String, u32> {
    let mut stage = Stage::new(seed);
    (0..3).for_each(|market| stage.offer(market));
    for step in 0..steps {
        match stage.dice.below(100) {
            0..25 => stage.price(),
            25..60 => stage.take(),
            60..72 => stage.withdraw(),
            72..80 => stage.deposit(),
            80..92 => stage.liquidate(),
            92..95 => stage.settle(),
            95..96 => stage.press(),
            96..98 => stage.crash(),
            98..99 => stage.stake(),
            _ => stage.trip(),
        }
        if step % 10 == 0 {
            stage.looks_alike();
        }
    }
    stage.seen
}

#[test]
fn i15_what_the_page_foretells_is_what_the_program_does_to_the_atom() {
    let mut seen = BTreeMap::new();
    for seed in [1, 2, 3] {
        for (kind, count) in run(seed, 400) {
            *seen.entry(kind).or_insert(0) += count;
        }
    }
    for kind in [
        "take: done",
        "take: MarginInsufficient",
        "take: LimitPriceExceeded",
        "take: OfferExpired",
        "withdraw: done",
        "withdraw most: done",
        "withdraw most + 1: MarginInsufficient",
        "withdraw most + 1: OutflowLimited",
        "deposit: done",
        "liquidate: done",
        "liquidate: insured",
        "liquidate: AccountHealthy",
        "settle: done",
        "settle: NothingToSettle",
        "stake: done",
    ] {
        assert!(seen.contains_key(kind), "it never came to \"{kind}\": {seen:#?}");
    }
}
