//! I-14: a coalition of one owner's accounts, long and short, over a gap in the price.
//!
//! Whatever it does, and in whatever order: it ends with at most what it put in, what others lost to it by trading, what the
//! tranche paid for its bankrupt accounts, and what auto-deleveraging charged to others for them. The tranche pays within its
//! caps. The numbers are in docs/coalition.md, which `coalition_table.rs` keeps.

use crate::{
    permutation::stage_with,
    stage::{SOL, Stage, assert_sound, confirm_mark, move_mark, rejects, send},
};
use firebreak::state::CROSS;
use firebreak_client::FirebreakError;
use firebreak_replay::{
    chain::Chain,
    listing::DOLLAR,
    world::{Actor, keypair},
};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

/// Lots of the coalition on each side, and of honest accounts on each side.
pub const LOTS: u64 = 960_000;
pub const HONEST: u64 = 240_000;

/// Terms of a market's insurance, amounts in dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub tranche: u64,
    pub event_cap: u64,
    pub window_cap: u64,
    pub coinsurance_bps: u32,
}

pub const NARROW: Terms = Terms { tranche: 100_000, event_cap: 20_000, window_cap: 60_000, coinsurance_bps: 0 };
pub const WIDE: Terms = Terms { tranche: 1_000_000, event_cap: 1_000_000, window_cap: 1_000_000, coinsurance_bps: 0 };

/// One owner's accounts in pairs, its liquidator, and two honest accounts who traded with each other.
pub struct Coalition {
    pub world: Stage,
    pub owner: Actor,
    pub longs: Vec<Actor>,
    pub shorts: Vec<Actor>,
    pub liquidator: Actor,
    pub honest: [Actor; 2],
    accounts: u16,
    /// What opening the pairs cost.
    pub fees: i128,
}

/// What a run brought, in atoms: paid by the tranche, what the coalition's and the honest accounts are worth more, and what the
/// market's own position owes more: claims that nothing backs yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub drawn: u64,
    pub coalition: i128,
    /// The honest ones traded with each other only: what they lose together is what they were charged.
    pub honest: i128,
    pub owed: i128,
}

impl Outcome {
    /// From `before` to this.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            drawn: self.drawn - before.drawn,
            coalition: self.coalition - before.coalition,
            honest: self.honest - before.honest,
            owed: self.owed - before.owed,
        }
    }

    /// I-14: nothing comes from anywhere else.
    #[track_caller]
    pub fn assert_law(&self) {
        assert!(self.coalition <= i128::from(self.drawn) - self.honest + self.owed.max(0), "{self:?}");
    }
}

impl Coalition {
    /// `pairs` pairs with the least cash for `leverage`, the honest ones without any leverage.
    pub fn new(pairs: u64, leverage: u64, terms: Terms) -> Self {
        let mut world = stage_with(1, |listing| {
            listing.market.insurance_event_cap = terms.event_cap * DOLLAR;
            listing.market.insurance_window_cap = terms.window_cap * DOLLAR;
            listing.market.coinsurance_share_bps = terms.coinsurance_bps;
        });
        world.fund_tranche(0, terms.tranche * DOLLAR).unwrap();
        let honest = [("honest long", 500_000), ("honest short", 500_000)]
            .map(|(name, dollars)| world.actor(name, 4, dollars * DOLLAR).unwrap());
        world.trade(0, &honest[0], &honest[1], HONEST, SOL).unwrap();
        let owner = world.actor("owner", 4, 0).unwrap();
        let (mint, tokens) = (world.mint.pubkey(), owner.tokens);
        world.mint_to(&mint, &tokens, 1 << 50).unwrap();
        let liquidator = Actor { key: keypair("owner"), tokens, margin: owner.margin };
        let mut coalition =
            Self { world, owner, longs: Vec::new(), shorts: Vec::new(), liquidator, honest, accounts: 1, fees: 0 };
        let deposit = coalition.deposit(coalition.liquidator.margin, 1_000_000 * DOLLAR);
        send(&mut coalition.world, &[deposit]).unwrap();
        // Cash for the margin and the fee; at ten times, for the interval around the price as well.
        let lots = LOTS / pairs;
        let cash = lots * SOL / leverage + lots * SOL / 500;
        for _ in 0..pairs {
            let (long, short) = (coalition.account(cash), coalition.account(cash));
            let trade = coalition.trade(&long, &short, lots, SOL);
            send(&mut coalition.world, &[trade]).unwrap();
            coalition.longs.push(long);
            coalition.shorts.push(short);
        }
        let own = coalition.own();
        let put_in = u128::from(1_000_000 * DOLLAR + 2 * pairs * cash);
        coalition.fees = put_in as i128 - coalition.worth(&own);
        coalition
    }

    fn deposit(&self, margin: Address, amount: u64) -> Instruction {
        self.world.at.deposit(0, self.owner.address(), margin, self.world.quote(self.owner.tokens), amount)
    }

    /// One more account of the owner's.
    pub fn account(&mut self, cash: u64) -> Actor {
        let (sub_id, owner) = (self.accounts, self.owner.address());
        self.accounts += 1;
        let margin = self.world.at.margin_account(&owner, sub_id);
        let create = self.world.at.create_margin_account(self.world.payer.pubkey(), owner, sub_id, 4, CROSS);
        let deposit = self.deposit(margin, cash);
        send(&mut self.world, &[create, deposit]).unwrap();
        Actor { key: keypair("owner"), tokens: self.owner.tokens, margin }
    }

    pub fn trade(&self, buyer: &Actor, seller: &Actor, lots: u64, price: u64) -> Instruction {
        let sides = ((buyer.address(), buyer.margin), (seller.address(), seller.margin));
        self.world.at.trade(0, sides.0, sides.1, lots, price)
    }

    pub fn liquidate(&self, who: &Actor, is_long: bool) -> Instruction {
        let (key, margin, limit) = (self.owner.address(), self.liquidator.margin, if is_long { u64::MAX } else { 0 });
        self.world.at.liquidate(0, key, margin, who.margin, u64::MAX, limit)
    }

    /// Cash and PnL at mark; nobody pays what an account owes beyond it.
    pub fn worth(&mut self, margins: &[Address]) -> i128 {
        let (board, now) = (self.world.board(), self.world.chain.now());
        let worth = |margin| self.world.margin(margin).value_for_maintenance(&board, now).unwrap().equity.max(0);
        margins.iter().map(worth).map(i128::from).sum()
    }

    /// The owner's margin accounts.
    pub fn own(&self) -> Vec<Address> {
        (0..self.accounts).map(|sub_id| self.world.at.margin_account(&self.owner.address(), sub_id)).collect()
    }

    /// What has happened up to now.
    pub fn stock(&mut self) -> Outcome {
        let honest = self.honest.each_ref().map(|actor| actor.margin);
        let (own, market) = (self.own(), self.world.market(0));
        let (coalition, honest) = (self.worth(&own), self.worth(&honest));
        let lots = (i128::from(market.own_lots().unwrap()) * i128::from(self.world.row(0).mark)) >> 32;
        let owed = i128::from(market.dust_entry) + i128::from(market.carry) - lots;
        Outcome { drawn: market.insurance_paid, coalition, honest, owed }
    }

    /// Resolves one of the losing accounts as far as anybody can: by deleveraging, else by liquidation. Returns whether the
    /// tranche may have paid for it.
    pub fn resolve(&mut self, who: &Actor, is_long: bool) -> bool {
        let deleverage = self.world.at.auto_deleverage(0, who.margin);
        let liquidate = self.liquidate(who, is_long);
        for _ in 0..4 {
            match send(&mut self.world, std::slice::from_ref(&deleverage)) {
                Ok(_) => return true,
                Err(refusal) if refusal.is(FirebreakError::TrancheSufficient) => {
                    send(&mut self.world, std::slice::from_ref(&liquidate)).unwrap();
                    return true;
                }
                Err(refusal) => assert!(refusal.is(FirebreakError::AccountSolvent), "{refusal}"),
            }
            match send(&mut self.world, std::slice::from_ref(&liquidate)) {
                Ok(_) => (),
                Err(refusal) if refusal.is(FirebreakError::AccountHealthy) => return false,
                Err(refusal) => panic!("{refusal}"),
            }
        }
        false
    }

    /// Settles everybody, losers first or not, until nothing is left to settle.
    pub fn settle_all(&mut self) {
        let mut everybody = self.own();
        everybody.extend(self.honest.each_ref().map(|actor| actor.margin));
        let settles: Vec<_> = everybody.chunks(16).map(|margins| self.world.at.settle(0, margins)).collect();
        for _ in 0..3 {
            for settle in &settles {
                let _ = send(&mut self.world, std::slice::from_ref(settle));
            }
        }
        assert_sound(&mut self.world);
    }

    /// A gap, the wait until it is confirmed, and every losing account resolved. I-14 holds for what comes of it.
    pub fn play(&mut self, percent: i64) -> Outcome {
        let before = self.stock();
        self.play_since(percent, before)
    }

    /// `play`, counted from `before`.
    pub fn play_since(&mut self, percent: i64, before: Outcome) -> Outcome {
        let mark = SOL * (100 + percent).unsigned_abs() / 100;
        confirm_mark(&mut self.world, 0, mark);
        let is_long = percent < 0;
        let losers: Vec<_> = if is_long { &self.longs } else { &self.shorts }.iter().map(|who| who.margin).collect();
        let mut events = 0;
        for margin in losers {
            let who = Actor { key: keypair("owner"), tokens: self.owner.tokens, margin };
            events += u64::from(self.resolve(&who, is_long));
        }
        self.settle_all();
        let done = self.stock().since(&before);
        assert!(done.drawn <= self.most_drawn(events, 1), "{done:?}");
        done.assert_law();
        done
    }

    /// What the tranche may pay in so many events and windows: it holds no more than it was given, and penalties.
    pub fn most_drawn(&mut self, events: u64, windows: u64) -> u64 {
        let market = self.world.market(0);
        let held = market.tranche + market.insurance_paid;
        held.min(events * market.insurance_event_cap).min(windows * market.insurance_window_cap)
    }
}

#[test]
fn i14_a_coalition_waits_until_a_gap_is_confirmed_and_is_paid_within_the_caps_then() {
    for percent in [-20_i64, -40, -70, 20, 70] {
        let mut own = Coalition::new(4, 10, NARROW);
        let before = own.stock();
        let losers = if percent < 0 { &own.longs } else { &own.shorts };
        let (first, is_long) = (losers[0].margin, percent < 0);
        let who = Actor { key: keypair("owner"), tokens: own.owner.tokens, margin: first };
        move_mark(&mut own.world, 0, SOL * (100 + percent).unsigned_abs() / 100);
        // At once: nothing is paid, nothing is charged, no lot leaves its loss behind.
        let deleverage = own.world.at.auto_deleverage(0, first);
        rejects(&mut own.world, FirebreakError::PriceUncertain, &[deleverage]);
        let liquidate = own.liquidate(&who, is_long);
        rejects(&mut own.world, FirebreakError::PriceUncertain, &[liquidate]);
        // Later: the caps.
        let done = own.play_since(percent, before);
        println!("{percent} %: {done:?}");
        let cap = NARROW.window_cap * DOLLAR;
        assert_eq!(done.drawn, cap);
    }
}

#[test]
fn i14_i06_splitting_a_coalition_into_accounts_evades_the_cap_per_event_and_no_other() {
    // Within the caps: what 64 pairs bring is what one pair brings, to the rounding of 64 events.
    let mut alone = None;
    for pairs in [1, 4, 16, 64] {
        let done = Coalition::new(pairs, 10, WIDE).play(-20);
        let first = *alone.get_or_insert(done);
        assert!(done.coalition.abs_diff(first.coalition) <= u128::from(4 * pairs), "{pairs}: {done:?} {first:?}");
        assert!(done.drawn.abs_diff(first.drawn) <= 2 * pairs);
    }
    // Beyond: the cap per event times the events, up to the cap per window.
    let drawn = [1, 2, 3, 4, 16].map(|pairs| Coalition::new(pairs, 10, NARROW).play(-40).drawn / DOLLAR);
    assert_eq!(drawn, [20_000, 40_000, 60_000, 60_000, 60_000]);
}
