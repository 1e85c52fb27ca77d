//! One transaction that succeeds for each instruction, on one chain.

use crate::feeds::{MIXED, PAR, two_feeds};
use crate::stage::{START, Stage, add_second_clearinghouse, confirm_mark, send, stage};
use firebreak::governance::Change;
use firebreak::instructions::{BankConfig, OfferTerms, PricePrograms};
use firebreak::state::CROSS;
use firebreak_client::{Addresses, addresses::offer, addresses::vault, instructions as ix};
use firebreak_replay::{
    chain::Chain,
    listing::{self, DOLLAR},
    pyth,
    world::{Actor, keypair},
};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

pub struct Case {
    pub name: &'static str,
    pub instruction: Instruction,
    /// Names of the account slots, as the IDL has them; the last one repeats.
    pub slots: Vec<&'static str>,
}

/// Accounts that stand in for others, by what they are.
pub struct Cast {
    /// Program accounts: (label, address).
    pub states: Vec<(String, Address)>,
    /// Token accounts.
    pub tokens: Vec<(&'static str, Address)>,
    pub mints: Vec<(&'static str, Address)>,
    pub feeds: Vec<(&'static str, Address)>,
}

pub const TERMS: OfferTerms =
    OfferTerms { bid_lots: 50, ask_lots: 50, bid_spread_bps: 20, ask_spread_bps: 20, expires_at: START + 30 * 86_400 };
pub const BANK: BankConfig = BankConfig {
    asset: 1,
    haircut_bps: 1_000,
    liquidation_discount_bps: 200,
    deposit_cap: 1 << 40,
    surcharge_bps: 0,
    outflow: listing::OUTFLOW,
};

/// The asset with two feeds, one of each kind.
const TWO_FEEDS: u8 = 4;

/// Who is on stage: Dave falls below maintenance, Erin has nothing, Frank goes bankrupt, Grace lives on collateral.
struct Actors {
    alice: Actor,
    bob: Actor,
    carol: Actor,
    dave: Actor,
    erin: Actor,
    frank: Actor,
    grace: Actor,
}

/// Everybody on stage: positions, offers, stakes of which one may leave, a tripped breaker.
pub fn theatre() -> (Stage, Cast, Vec<Case>) {
    let mut world = stage();
    let second = add_second_clearinghouse(&mut world);
    let mut actor = |name, dollars| world.actor(name, 8, dollars * DOLLAR).unwrap();
    let actors = Actors {
        alice: actor("alice", 20_000),
        bob: actor("bob", 20_000),
        carol: actor("carol", 20_000),
        dave: actor("dave", 1_000),
        erin: actor("erin", 0),
        frank: actor("frank", 450),
        grace: actor("grace", 500),
    };
    let Actors { alice, bob, carol, .. } = &actors;
    for actor in [alice, bob, carol] {
        world.mint_to(&world.mint.pubkey(), &actor.tokens, 10_000 * DOLLAR).unwrap();
    }
    let banks = list_more(&mut world);
    insure_and_wait(&mut world, bob);
    trade_and_fall(&mut world, &actors);
    world.stake(alice, 100 * DOLLAR).unwrap();
    let elsewhere = second.margin_account(&alice.address(), 0);
    open_in_second(&mut world, &second, alice);
    let now = world.chain.now();
    let trip = world.at.trip_breaker(world.guardian.pubkey(), 2, 1, 3_600, 0);
    send(&mut world, &[trip]).unwrap();
    let change = narrower(&mut world);
    for at in [world.at, second] {
        let propose = at.propose(0, world.payer.pubkey(), world.authority.pubkey(), change);
        send(&mut world, &[propose]).unwrap();
    }
    world.chain.set_now(now + 1);
    let row = world.row(1);
    let price = pyth::raw_price(&row, 1_210_000);
    let verification = pyth::Verification::Full;
    let (exponent, publish_time) = (row.primary_exponent, now + 1);
    world.publish(&pyth::Update {
        feed_id: row.primary_feed,
        verification,
        price,
        confidence: 1,
        exponent,
        publish_time,
    });

    // The asset with two feeds, and one more with one, have something new to say.
    world.publish_mark(TWO_FEEDS, PAR);
    world.publish_mark(2, 3_500_000);

    let cast = cast(&world, &second, &actors, elsewhere);
    let mut cases = cases(&world, &actors, banks);
    cases.extend(governance_cases(&world, change));
    (world, cast, cases)
}

/// An asset without a market, one with two feeds, a collateral bank, and a mint that is not listed. Returns the mints.
fn list_more(world: &mut Stage) -> [Address; 2] {
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let asset = world.at.add_asset(payer, authority, listing::listing("DOGE", 1).asset);
    let duo = world.at.add_asset(payer, authority, two_feeds(MIXED[0]).asset);
    let mints = [keypair("collateral mint"), keypair("another mint")];
    for mint in &mints {
        world.create_mint(mint, 9).unwrap();
    }
    let bank = world.at.add_collateral_bank(payer, authority, mints[0].pubkey(), world.token_program, 1, BANK);
    send(world, &[asset, duo, bank]).unwrap();
    for (key, mint, owner) in [
        ("alice's collateral", mints[0].pubkey(), keypair("alice").pubkey()),
        ("grace's collateral", mints[0].pubkey(), keypair("grace").pubkey()),
        ("vault of the attacker", world.mint.pubkey(), world.at.quote_vault),
        ("stranger's tokens", world.mint.pubkey(), keypair("stranger").pubkey()),
    ] {
        world.create_token_account(&keypair(key), &mint, &owner).unwrap();
        world.mint_to(&mint, &keypair(key).pubkey(), 1_000 * DOLLAR).unwrap();
    }
    mints.map(|mint| mint.pubkey())
}

/// Bob stakes, asks to leave, and the door is open.
fn insure_and_wait(world: &mut Stage, bob: &Actor) {
    world.stake(bob, 5_000 * DOLLAR).unwrap();
    let shares = world.ledger().fund.expect("there is a fund").shares;
    world.request_unstake(bob, shares).unwrap();
    world.advance(14 * 86_400).unwrap();
}

fn trade_and_fall(world: &mut Stage, Actors { alice, bob, dave, frank, grace, .. }: &Actors) {
    world.trade(2, frank, bob, 1_000, 4_000_000).unwrap();
    confirm_mark(world, 2, 3_500_000);
    let token_account = keypair("grace's collateral").pubkey();
    let mint = keypair("collateral mint").pubkey();
    let side = ix::TokenSide { mint, token_program: world.token_program, token_account };
    let deposit = world.at.deposit(1, grace.address(), grace.margin, side, 100_000_000);
    send(world, &[deposit]).unwrap();
    world.trade(0, alice, bob, 1_000, 1_500_000).unwrap();
    world.trade(1, alice, bob, 100, 1_200_000).unwrap();
    world.trade(0, dave, bob, 6_000, 1_500_000).unwrap();
    world.trade(0, grace, bob, 6_000, 1_500_000).unwrap();
    world.place_offer(0, alice, TERMS).unwrap();
    world.place_offer(1, alice, TERMS).unwrap();
    world.place_offer(0, bob, TERMS).unwrap();
    world.advance(9).unwrap();
    world.advance(1).unwrap();
    let now = world.chain.now();
    world.chain.set_now(now + 1);
    world.set_mark(0, 1_400_000).unwrap();
}

/// Takes a twentieth off the price band of SOL's market.
fn narrower(world: &mut Stage) -> Change {
    world.market_change(0, |market| market.price_band_bps -= market.price_band_bps / 20)
}

/// The same owner's account, offer and stake in the other clearinghouse.
fn open_in_second(world: &mut Stage, second: &Addresses, alice: &Actor) {
    let (payer, owner) = (world.payer.pubkey(), alice.address());
    let margin = second.margin_account(&owner, 0);
    let create = second.create_margin_account(payer, owner, 0, 8, CROSS);
    let deposit = second.deposit(0, owner, margin, world.quote(alice.tokens), 100 * DOLLAR);
    let place = second.place_offer(0, payer, owner, margin, TERMS);
    send(world, &[create, deposit, place]).unwrap();
    let sweep = |market| second.sweep_insurance(market, world.mint.pubkey(), world.token_program);
    let stake = second.stake_insurance(payer, owner, world.quote(alice.tokens), DOLLAR, &[0, 1, 2]);
    let instructions = [sweep(0), sweep(1), sweep(2), stake];
    send(world, &instructions).unwrap();
}

fn cast(world: &Stage, second: &Addresses, actors: &Actors, elsewhere: Address) -> Cast {
    let Actors { alice, bob, carol, erin, frank, grace, .. } = actors;
    let mut states = Vec::new();
    for (label, at) in [("", world.at), ("other clearinghouse's ", *second)] {
        let named = [
            ("clearinghouse", at.clearinghouse),
            ("board", at.board),
            ("breaker", at.breaker),
            ("insurance fund", at.insurance_fund),
            ("quote bank", at.quote_bank),
            ("proposal", at.proposal(0)),
            ("market 0", at.market(0)),
            ("market 1", at.market(1)),
        ];
        states.extend(named.map(|(name, address)| (format!("{label}{name}"), address)));
    }
    states.push(("collateral bank".into(), world.at.bank(1)));
    states.push(("same owner's account in the other clearinghouse".into(), elsewhere));
    states.push(("same owner's offer in the other clearinghouse".into(), offer(&elsewhere, 0)));
    for (name, actor) in
        [("alice", alice), ("bob", bob), ("carol", carol), ("erin", erin), ("frank", frank), ("grace", grace)]
    {
        states.push((format!("{name}'s account"), actor.margin));
    }
    states.push(("same owner's stake in the other clearinghouse".into(), second.stake(&alice.address())));
    states.push(("alice's stake".into(), world.at.stake(&alice.address())));
    states.push(("bob's stake".into(), world.at.stake(&bob.address())));
    states.push(("alice's offer".into(), offer(&alice.margin, 0)));
    states.push(("alice's offer in market 1".into(), offer(&alice.margin, 1)));
    states.push(("bob's offer".into(), offer(&bob.margin, 0)));
    let feed = |symbol: &str| pyth::feed_address(&listing::feed_id(symbol));
    Cast {
        states,
        tokens: vec![
            ("bob's tokens", bob.tokens),
            ("alice's tokens", alice.tokens),
            ("alice's collateral", keypair("alice's collateral").pubkey()),
            ("vault of the attacker", keypair("vault of the attacker").pubkey()),
            ("stranger's tokens", keypair("stranger's tokens").pubkey()),
            ("quote vault", world.at.quote_vault),
            ("insurance vault", world.at.insurance_vault),
            ("collateral vault", vault(&world.at.bank(1))),
            ("other clearinghouse's quote vault", second.quote_vault),
        ],
        mints: vec![
            ("quote mint", world.mint.pubkey()),
            ("collateral mint", keypair("collateral mint").pubkey()),
            ("another mint", keypair("another mint").pubkey()),
        ],
        feeds: vec![("SOL", feed("SOL")), ("ETH", feed("ETH"))],
    }
}

fn case(name: &'static str, slots: &str, instruction: Instruction) -> Case {
    let slots: Vec<&'static str> = slots.to_string().leak().split(' ').collect();
    assert_eq!(slots.len(), instruction.accounts.len(), "{name}");
    Case { name, instruction, slots }
}

fn cases(world: &Stage, actors: &Actors, mints: [Address; 2]) -> Vec<Case> {
    let mut cases = trading_cases(world, actors);
    cases.extend(loss_cases(world, actors));
    cases.extend(insurance_cases(world, actors));
    cases.extend(set_up_cases(world, mints));
    cases
}

/// Instructions after a loss.
fn loss_cases(world: &Stage, Actors { alice, carol, dave, frank, grace, .. }: &Actors) -> Vec<Case> {
    let at = world.at;
    vec![
        case(
            "liquidate",
            "trader liquidator liquidatee market board breaker",
            at.liquidate(0, carol.address(), carol.margin, dave.margin, u64::MAX, u64::MAX),
        ),
        case("auto_deleverage", "bankrupt market board breaker", at.auto_deleverage(2, frank.margin)),
        case(
            "liquidate_collateral",
            "trader buyer seller bank board breaker",
            at.liquidate_collateral(1, alice.address(), alice.margin, grace.margin, u64::MAX, u64::MAX),
        ),
        case("report_deficit", "bankrupt board fund", at.report_deficit(frank.margin)),
    ]
}

fn insurance_cases(world: &Stage, Actors { alice, bob, carol, .. }: &Actors) -> Vec<Case> {
    let (at, payer) = (world.at, world.payer.pubkey());
    let quote = |actor: &Actor| world.quote(actor.tokens);
    let stake_slots = "payer staker fund stake board bank source insurance_vault mint token_program system_program \
                       market_0 market_1 market_2";
    let stake = |actor: &Actor| at.stake_insurance(payer, actor.address(), quote(actor), DOLLAR, &[0, 1, 2]);
    vec![
        case(
            "fund_tranche",
            "funder market bank source vault mint token_program",
            at.fund_tranche(0, alice.address(), quote(alice), DOLLAR),
        ),
        case(
            "sweep_insurance",
            "market board fund insurance_vault bank quote_vault mint token_program",
            at.sweep_insurance(0, world.mint.pubkey(), world.token_program),
        ),
        case("update_funding", "board market", at.update_funding(0)),
        // Opening a stake, and adding to one.
        case("stake", stake_slots, stake(carol)),
        case("stake", stake_slots, stake(alice)),
        case("request_unstake", "staker fund stake", at.request_unstake(alice.address(), 1)),
        case(
            "unstake",
            "staker fund stake board breaker bank quote_vault insurance_vault destination mint token_program \
             market_0 market_1 market_2",
            at.unstake(bob.address(), quote(bob), &[0, 1, 2]),
        ),
    ]
}

fn trading_cases(world: &Stage, Actors { alice, bob, carol, erin, .. }: &Actors) -> Vec<Case> {
    let at = world.at;
    // Keys that appear in one slot only, so that a flag cleared there is cleared for the transaction.
    let payer = world.payer.pubkey();
    let [alice_key, bob_key, carol_key] = [alice, bob, carol].map(Actor::address);
    let quote = |actor: &Actor| world.quote(actor.tokens);
    let bank_tokens = "source vault mint token_program";
    let [btc, eth] = ["BTC", "ETH"].map(|symbol| pyth::feed_address(&listing::feed_id(symbol)));
    let duo = two_feeds(MIXED[0]).asset;
    let duo =
        [pyth::feed_address(&duo.feed), Address::new_from_array(duo.secondary_feed)].map(|feed| (TWO_FEEDS, feed));
    vec![
        case("poke", "market board", at.poke(0)),
        case("refresh_prices", "board feed", at.refresh_prices(&[(1, btc)])),
        case("refresh_prices", "board primary secondary", at.refresh_prices(&duo)),
        case(
            "refresh_prices",
            "board feed primary secondary second_feed",
            at.refresh_prices(&[(1, btc), duo[0], duo[1], (2, eth)]),
        ),
        case(
            "take_offer",
            "trader taker maker offer market board breaker",
            at.take_offer(0, carol_key, carol.margin, alice.margin, 10, u64::MAX),
        ),
        case(
            "trade",
            "buyer_trader seller_trader buyer seller market board breaker",
            at.trade(0, (alice_key, alice.margin), (bob_key, bob.margin), 10, 1_400_000),
        ),
        case("settle", "market board breaker margin_account", at.settle(0, &[alice.margin])),
        case(
            "deposit",
            &format!("depositor margin_account bank {bank_tokens}"),
            at.deposit(0, alice_key, alice.margin, quote(alice), DOLLAR),
        ),
        case(
            "withdraw",
            "owner margin_account bank board breaker destination vault mint token_program",
            at.withdraw(0, alice_key, alice.margin, quote(alice), DOLLAR),
        ),
        case("place_offer", "payer trader maker market offer system_program", {
            at.place_offer(0, payer, carol_key, carol.margin, TERMS)
        }),
        case("update_offer", "trader maker offer", ix::update_offer(0, alice_key, alice.margin, TERMS)),
        case("cancel_offer", "trader maker offer rent_receiver", {
            ix::cancel_offer(0, alice_key, alice.margin, keypair("receiver").pubkey())
        }),
        case(
            "create_margin_account",
            "payer owner board margin_account system_program",
            at.create_margin_account(payer, alice_key, 7, 8, CROSS),
        ),
        case(
            "grow_margin_account",
            "payer owner margin_account system_program",
            ix::grow_margin_account(payer, alice_key, alice.margin, 16),
        ),
        case("close_margin_account", "owner margin_account rent_receiver", {
            ix::close_margin_account(erin.address(), erin.margin, keypair("receiver").pubkey())
        }),
        case("set_delegate", "owner margin_account", ix::set_delegate(alice_key, alice.margin, bob_key)),
    ]
}

fn set_up_cases(world: &Stage, [_, mint]: [Address; 2]) -> Vec<Case> {
    let (at, payer) = (world.at, world.payer.pubkey());
    let (authority, guardian, token_program) = (world.authority.pubkey(), world.guardian.pubkey(), world.token_program);
    let third = Addresses::of_id(3);
    let config = listing::clearinghouse_config(guardian);
    let programs = PricePrograms { receivers: [pyth::RECEIVER; 4], legacy_program: pyth::LEGACY_PROGRAM };
    vec![
        case("trip_breaker", "signer clearinghouse breaker", at.trip_breaker(guardian, 255, 1, 60, 0)),
        case("reset_breaker", "authority clearinghouse breaker", at.reset_breaker(authority, 2)),
        case(
            "create_clearinghouse",
            "payer authority quote_mint clearinghouse board breaker insurance_fund insurance_vault quote_bank quote_vault \
             token_program system_program",
            third.create_clearinghouse(3, payer, authority, world.mint.pubkey(), token_program, config),
        ),
        case("set_price_programs", "authority clearinghouse board", at.set_price_programs(authority, programs)),
        case(
            "add_asset",
            "payer authority clearinghouse board system_program",
            at.add_asset(payer, authority, listing::listing("WIF", 1).asset),
        ),
        case(
            "add_market",
            "payer authority clearinghouse board market system_program",
            at.add_market(payer, authority, 3, listing::listing("DOGE", 1).market),
        ),
        case(
            "add_collateral_bank",
            "payer authority clearinghouse board mint bank vault token_program system_program",
            at.add_collateral_bank(payer, authority, mint, token_program, 2, BankConfig { asset: 2, ..BANK }),
        ),
    ]
}

fn governance_cases(world: &Stage, change: Change) -> Vec<Case> {
    let (at, payer) = (world.at, world.payer.pubkey());
    let (authority, guardian) = (world.authority.pubkey(), world.guardian.pubkey());
    vec![
        case(
            "propose",
            "payer authority clearinghouse board proposal system_program target",
            at.propose(1, payer, authority, change),
        ),
        case(
            "execute_proposal",
            "signer clearinghouse board proposal target",
            at.execute_proposal(0, authority, &change),
        ),
        case("veto_proposal", "signer clearinghouse proposal", at.veto_proposal(0, guardian)),
        case("seal", "authority clearinghouse", at.seal(authority)),
    ]
}
