//! The coalition of `picking`, the window's prices, and what each action earns at the true ones.

use crate::{
    crisis::{equity, leg, tokens},
    feeds::{DUO, PAR, Reading, feed, two_feeds, write},
    stage::{START, Stage, assert_sound, cash, send, stage},
};
use firebreak::{
    instructions::OfferTerms,
    state::{AssetRow, FeedKind},
};
use firebreak_client::instructions::TokenSide;
use firebreak_replay::{chain::Chain, listing::DOLLAR, pyth::Feed, world::Actor};
use solana_instruction::Instruction;

const WINDOW: usize = 30;
const ACTIONS: usize = 45;
/// Cash of each of the coalition.
const STAKE: u64 = 10_000;

/// xorshift: the same search on every machine.
pub struct Dice(pub u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

/// Whom there is beside the coalition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Two who hold positions against each other, far from any liquidation.
    Bystanders,
    /// A maker whose offers follow the oracle.
    Maker,
    /// Somebody whom the window's worst prices bring below maintenance.
    Victim,
}

pub struct Scene {
    pub world: Stage,
    market: u8,
    coalition: [Actor; 3],
    maker: Actor,
    victim: Actor,
    others: Others,
    /// The true price of each second, and what the secondary feed says of it.
    path: [[u64; 2]; WINDOW + 2],
    second: usize,
    /// Lots that the coalition holds together.
    net: i128,
    /// What those earned at the true price, and what is documented that a pick may earn.
    earned: i128,
    allowed: i128,
    /// The most that one action made beyond it, at the true price of its second.
    beyond: i128,
    pub accepted: [usize; 8],
}

/// A walk that swings by ten percent, from the price that stands: between 95 and 105 percent of it, or lower where that brings somebody
/// below maintenance.
fn path(dice: &mut Dice, others: Others) -> [[u64; 2]; WINDOW + 2] {
    let percent = if others == Others::Victim { 92 } else { 95 };
    let (low, high) = (PAR * percent / 100, PAR * (percent + 10) / 100);
    let mut price = PAR;
    let mut aims = [low, high];
    if dice.one_in(2) {
        aims.swap(0, 1);
    }
    let (turn, pace) = (5 + dice.below(20) as usize, 1 + dice.below(40));
    std::array::from_fn(|second| {
        if second == 0 {
            return [PAR; 2];
        }
        let aim = aims[usize::from(second > turn)];
        let step = (high - low) / (3 + dice.below(pace)) + dice.below(3_000);
        price = if dice.one_in(4) {
            price
        } else if aim > price {
            (price + step).min(aim)
        } else {
            price.saturating_sub(step).max(aim)
        };
        // The other feed is at most 0.4 % away: they agree.
        [price, price * (9_960 + dice.below(81)) / 10_000]
    })
}

impl Scene {
    pub fn new(market: u8, others: Others) -> Self {
        let mut world = stage();
        if market == DUO {
            let mut listing = two_feeds([FeedKind::PythPull; 2]);
            (listing.asset.multiplier_cap_bps, listing.asset.calm_volatility_bps) = (30_000, 400);
            (listing.asset.variance_seconds, listing.asset.notice_seconds) = (3_600, 3_600);
            world.list(DUO, &listing).unwrap();
        }
        world.publish_mark(market, PAR);
        world.refresh(&[market]).unwrap();
        world.fund_tranche(market, 500_000 * DOLLAR).unwrap();
        let mut actor = |name, dollars| world.actor(name, 4, dollars * DOLLAR).unwrap();
        let coalition = ["one", "two", "three"].map(|name| actor(name, STAKE));
        let [maker, long, short] = ["maker", "long", "short"].map(|name| actor(name, 2_000_000));
        let victim = actor("victim", 9_300);
        world.trade(market, &long, &short, 100_000, PAR).unwrap();
        match others {
            Others::Bystanders => {}
            Others::Maker => {
                let (lots, spread) = (1_000_000, 20);
                let expires_at = START + 86_400;
                let terms = OfferTerms {
                    bid_lots: lots,
                    ask_lots: lots,
                    bid_spread_bps: spread,
                    ask_spread_bps: spread,
                    expires_at,
                };
                world.place_offer(market, &maker, terms).unwrap();
            }
            Others::Victim => drop(world.trade(market, &victim, &short, 60_000, PAR).unwrap()),
        }
        let path = [[PAR; 2]; WINDOW + 2];
        let (net, earned, allowed, beyond, accepted) = (0, 0, 0, 0, [0; 8]);
        Self {
            world,
            market,
            coalition,
            maker,
            victim,
            others,
            path,
            second: 0,
            net,
            earned,
            allowed,
            beyond,
            accepted,
        }
    }

    fn row(&mut self) -> AssetRow {
        self.world.row(self.market)
    }

    /// Writes an update of these seconds for each feed (`None`: nothing), and brings them.
    fn bring(&mut self, seconds: [Option<usize>; 2]) -> bool {
        let row = self.row();
        let said = [0, 1].map(|which| {
            seconds[which].map(|second| Reading {
                mark: self.path[second][which],
                confidence: 0,
                time: START + second as i64,
            })
        });
        if self.market == DUO {
            write(&mut self.world, said);
        } else {
            let account = feed(&row, 0).account(said[0]);
            self.world.chain.set_account(feed(&row, 0).address(), account);
        }
        let feeds: Vec<_> = Feed::of(&row).map(|feed| (self.market, feed.address())).collect();
        let refresh = self.world.at.refresh_prices(&feeds);
        send(&mut self.world, &[refresh]).is_ok()
    }

    /// A second passes: what is held together earns what the true price moved.
    fn pass(&mut self) {
        let moved = i128::from(self.path[self.second + 1][0]) - i128::from(self.path[self.second][0]);
        self.earned += self.net * moved;
        self.second += 1;
        self.world.chain.set_now(START + self.second as i64);
    }

    fn size(&mut self, actor: usize) -> i64 {
        let address = self.coalition[actor].margin;
        self.world.margin(&address).position(self.market).map_or(0, |position| position.size.into())
    }

    /// What a lot bought (sold) now at any price that was true up to so many seconds ago earns at most, at the true price of now.
    fn picked_within(&self, seconds: usize, is_bought: bool) -> i128 {
        let now = i128::from(self.path[self.second][0]);
        let from = self.second.saturating_sub(seconds);
        let prices = self.path[from..=self.second].iter().flatten().map(|price| now - i128::from(*price));
        prices.map(|gain| if is_bought { gain } else { -gain }).max().unwrap_or(0).max(0)
    }

    /// Sends, and where it passes notes what the coalition holds then, and what the lots it got from others may have earned.
    fn attempt(&mut self, kind: usize, instruction: Instruction, documented: impl Fn(&Self, bool) -> i128) -> bool {
        let before = self.true_worth();
        if send(&mut self.world, &[instruction]).is_err() {
            return false;
        }
        self.accepted[kind] += 1;
        let net: i128 = (0..3).map(|actor| i128::from(self.size(actor))).sum();
        let lots = net - self.net;
        self.net = net;
        let allowed = lots.abs() * documented(self, lots > 0);
        self.allowed += allowed;
        self.beyond = self.beyond.max(self.true_worth() - before - allowed);
        true
    }

    fn quote(&self, actor: usize) -> TokenSide {
        self.world.quote(self.coalition[actor].tokens)
    }

    /// One thing that somebody of the coalition does.
    fn act(&mut self, dice: &mut Dice) {
        let (who, other) = (dice.below(3) as usize, dice.below(3) as usize);
        let at = self.world.at;
        let (market, row) = (self.market, self.row());
        let (mark, now) = (row.mark, START + self.second as i64);
        let good_for = if row.require(risk::Action::AddRisk, now).is_ok() { 15 } else { 60 };
        let [one, two] = [who, other].map(|actor| (self.coalition[actor].address(), self.coalition[actor].margin));
        let most = [100, 5_000, 60_000][dice.below(3) as usize];
        let lots = 1 + dice.below(most);
        match dice.below(12) {
            0..3 => {
                let mut pick = || (!dice.one_in(6)).then(|| self.second - (dice.below(20) as usize).min(self.second));
                let mut seconds = [pick(), pick()];
                if dice.one_in(2) {
                    seconds[1] = seconds[0];
                }
                let passed = self.bring(seconds);
                self.accepted[0] += usize::from(passed);
            }
            3 | 4 if who != other => {
                let price = mark * (9_800 + [0, 200, 400, dice.below(401)][dice.below(4) as usize]) / 10_000;
                let trade = at.trade(market, one, two, lots, price);
                self.attempt(1, trade, |_, _| 0);
            }
            5 | 6 if self.others == Others::Maker => {
                // Mostly where the true price has gone already.
                let is_buying = (self.path[self.second][0] > mark) != dice.one_in(4);
                let signed = if is_buying { lots as i64 } else { -(lots as i64) };
                let limit = if signed > 0 { u64::MAX } else { 0 };
                let take = at.take_offer(market, one.0, one.1, self.maker.margin, signed, limit);
                // Where both reduce, an older price will do.
                self.attempt(2, take, |scene, is_bought| scene.picked_within(good_for, is_bought));
            }
            5..8 => {
                let target = match dice.one_in(2) {
                    true => self.victim.margin,
                    false => two.1,
                };
                let penalty = i128::from(mark) * 250 / 10_000;
                for limit in [0, u64::MAX] {
                    let liquidate = at.liquidate(market, one.0, one.1, target, lots, limit);
                    self.attempt(3, liquidate, |scene, is_bought| scene.picked_within(good_for, is_bought) + penalty);
                }
            }
            8 => {
                let settle = at.settle(market, &self.coalition.each_ref().map(|actor| actor.margin));
                self.attempt(4, settle, |_, _| 0);
            }
            9 => {
                let amount = 1 + dice.below(STAKE * DOLLAR);
                let withdraw = at.withdraw(0, one.0, one.1, self.quote(who), amount);
                self.attempt(5, withdraw, |_, _| 0);
            }
            10 => {
                let held = tokens(&mut self.world, &self.coalition[who]);
                let deposit = at.deposit(0, one.0, one.1, self.quote(who), 1 + dice.below(held + 1));
                self.attempt(6, deposit, |_, _| 0);
            }
            11 => {
                let deleverage = at.auto_deleverage(market, two.1);
                self.attempt(7, deleverage, |_, _| 0);
            }
            _ => {}
        }
        if dice.one_in(2) && self.second < WINDOW {
            self.pass();
        }
    }

    /// Tokens and equity of the coalition at the true price, debts included.
    fn true_worth(&mut self) -> i128 {
        let (market, price) = (self.market, i128::from(self.path[self.second][0]));
        let Self { world, coalition, .. } = self;
        let worth = |actor: &Actor| {
            let leg = leg(world, actor, market);
            let gain = i128::from(leg.size) * price - i128::from(leg.entry);
            i128::from(tokens(world, actor)) + i128::from(cash(world, actor)) + gain
        };
        coalition.iter().map(worth).sum()
    }

    /// Tokens, and equity at the mark; what an account lacks is not the coalition's.
    fn wealth(&mut self) -> i128 {
        let Self { world, coalition, .. } = self;
        let worth = |actor| i128::from(tokens(world, actor)) + i128::from(equity(world, actor).max(0));
        coalition.iter().map(worth).sum()
    }

    /// One order of picks: what it made beyond what is earned and documented.
    pub fn search(&mut self, dice: &mut Dice) -> i128 {
        self.path = path(dice, self.others);
        (self.second, self.net, self.earned, self.allowed, self.beyond) = (0, 0, 0, 0, i128::MIN);
        self.bring([Some(0); 2]);
        let before = self.wealth();
        for _ in 0..ACTIONS {
            self.act(dice);
        }
        while self.second <= WINDOW {
            self.pass();
        }
        assert!(self.bring([Some(self.second); 2]), "the last price of both is taken");
        assert_sound(&mut self.world);
        self.beyond.max(self.wealth() - before - self.earned - self.allowed)
    }
}
