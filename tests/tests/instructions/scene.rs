//! Worlds that the tests begin with.

pub use firebreak::instructions::*;
pub use firebreak_client::{Addresses, FirebreakError, instructions as ix};
pub use firebreak_replay::{
    chain::{Chain, Receipt, Refusal},
    listing::{self, DOLLAR},
    world::{Actor, World, keypair},
};
pub use firebreak_tests::{
    BankChain, Change, assert_rejects, change, closed, created, succeeds,
    tamper::{edit, edit_row, unwatched},
};
pub use solana_address::Address;
pub use solana_instruction::Instruction;
pub use solana_keypair::Keypair;
pub use solana_signer::Signer;

pub type Bank = World<BankChain>;
pub type Sent = Result<Receipt, Box<Refusal>>;

/// When worlds begin, unix seconds.
pub const NOW: i64 = 1_760_000_000;
/// SOL's first mark, in quote atoms per lot of 0.01.
pub const MARK: u64 = 1_500_000;

/// What the framework says where one account is passed in two writable places.
pub const SAME_ACCOUNT_TWICE: u32 = 2_040;

/// SOL, BTC and ETH, priced.
pub fn world() -> Bank {
    World::with_majors(BankChain::new(), NOW).unwrap()
}

/// A world with two actors of 10,000 dollars each.
pub fn world_with_two() -> (Bank, Actor, Actor) {
    let mut world = world();
    let alice = world.actor("alice", 4, 10_000 * DOLLAR).unwrap();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    (world, alice, bob)
}

/// A slot that took up a position on a side that nobody has deleveraged.
pub fn stamped(slot: &str) -> Change {
    change(format!("{slot}.side_scale"), 0, risk::SCALE_ONE)
}

/// Publishes every mark again, every ten seconds, until the averages have followed and all prices are fresh.
pub fn confirm(world: &mut Bank) {
    let is_fresh = |world: &mut Bank| {
        let now = world.chain.now();
        let priced: Vec<_> = world.board().rows.into_iter().filter(|row| row.mark > 0).collect();
        priced.iter().all(|row| row.quality_at(now) == risk::PriceQuality::Fresh)
    };
    for _ in 0..100 {
        if is_fresh(world) {
            return;
        }
        world.advance(10).unwrap();
    }
    panic!("the averages never followed");
}

/// The same, and a minute more: from then on risk can be added again.
pub fn reopen(world: &mut Bank) {
    confirm(world);
    world.advance(60).unwrap();
}

/// Takes cash away from an account; the books of SOL's market say that it went to the protocol.
pub fn set_cash(world: &mut Bank, actor: &Actor, cash: u64) {
    let before = world.margin(&actor.margin).header.cash;
    edit::<firebreak::state::MarginAccount, _>(world, &actor.margin, |account| account.cash = cash);
    let market = world.at.market(0);
    edit::<firebreak::state::Market, _>(world, &market, |market| market.protocol_fees += before - cash);
}

/// Signs and sends.
pub fn send(world: &mut Bank, instruction: Instruction, signers: &[&Keypair]) -> Sent {
    world.chain.send(&[instruction], signers)
}

/// The same instruction with one account in another's place.
pub fn swapped(mut instruction: Instruction, from: Address, to: Address) -> Instruction {
    for account in instruction.accounts.iter_mut().filter(|account| account.pubkey == from) {
        account.pubkey = to;
    }
    instruction
}

/// A second clearinghouse in the same currency, with a SOL market.
pub fn other_clearinghouse(world: &mut Bank) -> Addresses {
    let (ours, id) = (world.at, world.id);
    (world.at, world.id) = (Addresses::of_id(2), 2);
    let config = listing::clearinghouse_config(world.guardian.pubkey());
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let create = world.at.create_clearinghouse(2, payer, authority, world.mint.pubkey(), world.token_program, config);
    world.chain.send(&[create], &[&world.payer, &world.authority]).unwrap();
    world.list(0, &listing::listing("SOL", -2)).unwrap();
    world.set_mark(0, MARK).unwrap();
    let theirs = world.at;
    (world.at, world.id) = (ours, id);
    theirs
}

pub fn payer() -> Keypair {
    keypair("payer")
}

pub fn authority() -> Keypair {
    keypair("authority")
}

pub fn guardian() -> Keypair {
    keypair("guardian")
}

/// Ends set-up for ever.
pub fn seal(world: &mut Bank) {
    world.seal().unwrap();
}

/// Names a delegate for an actor's account.
pub fn delegate(world: &mut Bank, actor: &Actor, delegate: &Keypair) {
    let set = ix::set_delegate(actor.address(), actor.margin, delegate.pubkey());
    send(world, set, &[&actor.key]).unwrap();
}

/// An asset that can be collateral: a mint, its bank with this index, and `amount` tokens of it in the actor's hands.
/// Bank 1 is SOL's, bank 2 BTC's, and so on; assets that are not there yet are listed.
pub fn collateral(world: &mut Bank, index: u8, actor: &Actor, amount: u64) -> ix::TokenSide {
    let mint = keypair(&format!("mint {index}"));
    world.create_mint(&mint, 9).unwrap();
    let config = BankConfig { asset: asset_of(world, index), ..bank_config() };
    let (payer, authority) = (payer(), authority());
    let (mint_address, token_program) = (mint.pubkey(), world.token_program);
    let add =
        world.at.add_collateral_bank(payer.pubkey(), authority.pubkey(), mint_address, token_program, index, config);
    send(world, add, &[&payer, &authority]).unwrap();
    let tokens = keypair(&format!("tokens of mint {index}"));
    world.create_token_account(&tokens, &mint_address, &actor.address()).unwrap();
    world.mint_to(&mint_address, &tokens.pubkey(), amount).unwrap();
    ix::TokenSide { mint: mint_address, token_program, token_account: tokens.pubkey() }
}

/// The asset of a bank with this index, listed where it is not there yet.
pub fn asset_of(world: &mut Bank, index: u8) -> u8 {
    while world.board().rows.len() < usize::from(index) {
        let next = world.board().rows.len() as u8;
        world.list(next, &listing::listing("MORE", 0)).unwrap();
    }
    index - 1
}

/// SOL as collateral.
pub fn bank_config() -> BankConfig {
    BankConfig {
        asset: 0,
        haircut_bps: 1_000,
        liquidation_discount_bps: 200,
        deposit_cap: 1 << 40,
        surcharge_bps: 0,
        outflow: listing::OUTFLOW,
    }
}

/// Opens a margin account besides an actor's first one.
pub fn open_account(world: &mut Bank, actor: &Actor, sub_id: u16, capacity: u8, isolated_market: u8) -> Address {
    let create = world.at.create_margin_account(payer().pubkey(), actor.address(), sub_id, capacity, isolated_market);
    send(world, create, &[&payer(), &actor.key]).unwrap();
    world.at.margin_account(&actor.address(), sub_id)
}
