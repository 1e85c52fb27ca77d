//! A clearinghouse on LiteSVM, with the real `.so`, and a page that looks on.

use firebreak::instructions::BankConfig;
use firebreak_client::{Event, events, explain, instructions as ix};
use firebreak_replay::{
    chain::{Chain, Receipt, Refusal},
    listing::{self, DOLLAR},
    litesvm_chain::LiteSvmChain,
    simulation::dice::Dice,
    world::{Actor, World, keypair},
};
use serde_json::{Value, json};
use solana_address::Address;
use solana_signer::Signer;
use std::collections::BTreeMap;

use crate::{
    page::{Page, bytes},
    valuation::report,
};

pub type Sent = Result<Receipt, Box<Refusal>>;

pub const NOW: i64 = 1_760_000_000;
pub const SOL_BANK: u8 = 1;
pub const MIDDLES: [u64; 3] = [1_500_000, 1_200_000, 4_000_000];

/// A clearinghouse with traders, and a page that looks on.
pub struct Stage {
    pub world: World<LiteSvmChain>,
    pub page: Page,
    pub dice: Dice,
    pub traders: Vec<Actor>,
    /// Makes offers, and takes over positions.
    pub house: Actor,
    pub sol: ix::TokenSide,
    /// How often each kind of step was carried out and refused.
    pub seen: BTreeMap<String, u32>,
}

impl Stage {
    pub fn new(seed: u64) -> Self {
        let mut listings = listing::majors();
        for listing in &mut listings {
            (listing.asset.group_weight_bps, listing.market.depth_lots) = (5_000, 4_000_000);
            (listing.market.tranche_target, listing.asset.multiplier_cap_bps) = (10_000 * DOLLAR, 30_000);
        }
        listings[1] = listing::funded(listings[1]);
        let mut world = World::listed(LiteSvmChain::new().unwrap(), NOW, &listings).unwrap();
        (0..3).for_each(|market| drop(world.set_mark(market, MIDDLES[usize::from(market)]).unwrap()));
        let house = world.actor("house", 8, 3_000_000 * DOLLAR).unwrap();
        // The first is a whale: nobody may take that much out of the bank at once.
        let cash = [900_000, 20_000, 10_000, 5_000, 2_000].map(|dollars| dollars * DOLLAR);
        let traders: Vec<Actor> =
            (0..5).map(|index| world.actor(&format!("trader {index}"), 4, cash[index]).unwrap()).collect();
        for actor in traders.iter().chain([&house]) {
            world.mint_to(&world.mint.pubkey(), &actor.tokens, 10_000_000 * DOLLAR).unwrap();
        }
        (0..3).for_each(|market| drop(world.fund_tranche(market, 20_000 * DOLLAR).unwrap()));
        let sol = sol_bank(&mut world, &traders);
        world.advance(2 * 86_400).unwrap(); // what came yesterday excuses nothing that leaves today
        Self { world, page: Page::open(), dice: Dice::new(seed), traders, house, sol, seen: BTreeMap::new() }
    }

    pub fn raw(&mut self, address: &Address) -> Value {
        self.world.chain.account(address).map_or(Value::Null, |account| bytes(&account.data))
    }

    pub fn now(&mut self) -> i64 {
        self.world.chain.now()
    }

    pub fn place(&mut self, market: u8) -> Value {
        let at = self.world.at;
        json!({ "board": self.raw(&at.board), "market": self.raw(&at.market(market)), "breaker": self.raw(&at.breaker) })
    }

    /// An account at mark, as the page sees it now; the Rust client sees the same.
    pub fn report(&mut self, margin: &Address) -> Value {
        let board = self.world.at.board;
        let (board, data) = (self.raw(&board), self.raw(margin));
        let seen = self.page.value("report", json!([board, data]));
        let (board, margin) = (self.world.board(), self.world.margin(margin));
        assert_eq!(seen, report(&board, &margin).unwrap());
        seen
    }

    /// What was foretold of an account is what the chain made of it; refusals are the foretold ones. Returns what the program said.
    pub fn agrees(&mut self, kind: &str, foretold: &Value, sent: Sent, margin: &Address) -> Option<Vec<Event>> {
        let refusal = sent.as_ref().err().map(|refusal| {
            let name = refusal.code().and_then(explain).map(|text| text.name.clone());
            name.unwrap_or_else(|| panic!("{kind}: {refusal}"))
        });
        assert_eq!(foretold["refusal"], json!(refusal), "{kind}: {foretold}");
        let outcome = refusal.clone().unwrap_or_else(|| "done".to_owned());
        *self.seen.entry(format!("{kind}: {outcome}")).or_default() += 1;
        let after = self.report(margin);
        if refusal.is_none() {
            assert_eq!(foretold["after"], after, "{kind}");
            Some(events(&sent.unwrap().logs))
        } else {
            assert_eq!(foretold["before"], after, "{kind}: refused, and yet something changed");
            None
        }
    }

    pub fn trader(&mut self) -> usize {
        self.dice.below(self.traders.len() as u64) as usize
    }

    pub fn tokens(&self, trader: usize, bank: u8) -> ix::TokenSide {
        match bank {
            0 => self.world.quote(self.traders[trader].tokens),
            _ => ix::TokenSide { token_account: keypair(&format!("SOL of {trader}")).pubkey(), ..self.sol },
        }
    }
}

/// SOL as collateral, and some of it for everybody.
fn sol_bank(world: &mut World<LiteSvmChain>, traders: &[Actor]) -> ix::TokenSide {
    let mint = keypair("SOL mint");
    world.create_mint(&mint, 9).unwrap();
    let config = BankConfig {
        asset: 0,
        haircut_bps: 1_000,
        liquidation_discount_bps: 200,
        deposit_cap: 1 << 42,
        surcharge_bps: 500,
        outflow: listing::OUTFLOW,
    };
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let (address, program) = (mint.pubkey(), world.token_program);
    let add = world.at.add_collateral_bank(payer, authority, address, program, SOL_BANK, config);
    world.chain.send(&[add], &[&world.payer, &world.authority]).unwrap();
    for (index, trader) in traders.iter().enumerate() {
        let tokens = keypair(&format!("SOL of {index}"));
        world.create_token_account(&tokens, &address, &trader.address()).unwrap();
        world.mint_to(&address, &tokens.pubkey(), 1 << 50).unwrap();
    }
    ix::TokenSide { mint: address, token_program: program, token_account: address }
}
