//! What attacks on losses and on insurance begin with: actors by the dozen, what they are worth, tokens that back them.

use crate::stage::{Stage, send};
use firebreak::{
    instructions::BankConfig,
    state::{InsuranceFund, InsuranceStake},
};
use firebreak_client::{decode, instructions::TokenSide};
use firebreak_replay::{
    chain::Chain,
    listing::DOLLAR,
    world::{Actor, keypair},
};
use risk::Leg;
use solana_instruction::Instruction;
use solana_signer::Signer;

/// Actors with four slots and so many dollars of cash.
pub fn actors<const N: usize>(world: &mut Stage, named: [(&str, u64); N]) -> [Actor; N] {
    named.map(|(name, dollars)| world.actor(name, 4, dollars * DOLLAR).unwrap())
}

/// Equity at mark.
pub fn equity(world: &mut Stage, actor: &Actor) -> i64 {
    let (board, now) = (world.board(), world.chain.now());
    world.margin(&actor.margin).value_for_maintenance(&board, now).unwrap().equity
}

/// Of all of them together.
pub fn wealth(world: &mut Stage, actors: &[&Actor]) -> i128 {
    actors.iter().map(|actor| i128::from(equity(world, actor))).sum()
}

/// What an account owes beyond everything it has. Panics where it is not bankrupt.
#[track_caller]
pub fn deficit(world: &mut Stage, actor: &Actor) -> u64 {
    let equity = equity(world, actor);
    assert!(equity < 0, "the account has {equity} atoms of equity");
    equity.unsigned_abs()
}

/// A position as it would be touched now.
pub fn leg(world: &mut Stage, actor: &Actor, market: u8) -> Leg {
    let row = world.row(market);
    world.margin(&actor.margin).position(market).map_or(Leg::default(), |position| row.leg(position).unwrap())
}

/// Gives an actor more of the quote token, in its token account.
pub fn mint_quote(world: &mut Stage, actor: &Actor, dollars: u64) {
    world.mint_to(&world.mint.pubkey(), &actor.tokens, dollars * DOLLAR).unwrap();
}

/// Lists a token of six decimals as collateral for an asset, with a haircut of 10 % and a discount of 4 %.
pub fn list_collateral(world: &mut Stage, bank: u8, asset: u8) {
    let mint = keypair(&format!("collateral {bank}"));
    world.create_mint(&mint, 6).unwrap();
    let config = BankConfig {
        asset,
        haircut_bps: 1_000,
        liquidation_discount_bps: 400,
        deposit_cap: 1 << 37,
        surcharge_bps: 0,
        outflow: firebreak_replay::listing::OUTFLOW,
    };
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let add = world.at.add_collateral_bank(payer, authority, mint.pubkey(), world.token_program, bank, config);
    send(world, &[add]).unwrap();
}

/// An actor's token account of a bank's token, created where there is none, holding `amount` more.
pub fn collateral_tokens(world: &mut Stage, bank: u8, actor: &Actor, amount: u64) -> TokenSide {
    let mint = keypair(&format!("collateral {bank}")).pubkey();
    let key = keypair(&format!("{}'s collateral {bank}", actor.address()));
    if world.chain.account(&key.pubkey()).is_none() {
        world.create_token_account(&key, &mint, &actor.address()).unwrap();
    }
    world.mint_to(&mint, &key.pubkey(), amount).unwrap();
    TokenSide { mint, token_program: world.token_program, token_account: key.pubkey() }
}

/// Puts so many atoms of a bank's token into an actor's margin account.
pub fn deposit_collateral(world: &mut Stage, bank: u8, actor: &Actor, amount: u64) {
    let side = collateral_tokens(world, bank, actor, amount);
    let deposit = world.at.deposit(bank, actor.address(), actor.margin, side, amount);
    send(world, &[deposit]).unwrap();
}

/// Atoms of a bank's token in a margin account.
pub fn collateral(world: &mut Stage, bank: u8, actor: &Actor) -> u64 {
    let slots = world.margin(&actor.margin).header.collateral;
    slots.iter().filter(|slot| slot.bank == bank).map(|slot| slot.amount).sum()
}

pub fn fund(world: &mut Stage) -> InsuranceFund {
    let account = world.chain.account(&world.at.insurance_fund).expect("the fund exists");
    decode(&account.data).expect("the fund decodes")
}

pub fn stake_of(world: &mut Stage, staker: &Actor) -> InsuranceStake {
    let address = world.at.stake(&staker.address());
    decode(&world.chain.account(&address).expect("the stake exists").data).expect("the stake decodes")
}

/// What all of an actor's shares are worth now.
pub fn value_of_stake(world: &mut Stage, staker: &Actor) -> u64 {
    let shares = stake_of(world, staker).shares;
    fund(world).fund().value_down(shares)
}

/// Tokens in an actor's token account.
pub fn tokens(world: &mut Stage, actor: &Actor) -> u64 {
    world.chain.account(&actor.tokens).map_or(0, |account| firebreak_replay::ledger::token_amount(&account))
}

/// Long 6,000 lots of SOL with 1,000 dollars, and short the same with 20,000; then SOL falls to 1.30: the long owes 204.5 dollars more than it has.
pub fn go_bankrupt(world: &mut Stage, name: &str) -> [Actor; 2] {
    let (counter, lots) = (format!("{name}'s counterparty"), 6_000);
    let [long, short] = actors(world, [(name, 1_000), (&counter, 20_000)]);
    world.trade(0, &long, &short, lots, crate::stage::SOL).unwrap();
    world.advance(9).unwrap();
    crate::stage::confirm_mark(world, 0, 1_300_000);
    assert_eq!(deficit(world, &long), OWED);
    [long, short]
}

/// The deficit of `go_bankrupt`.
pub const OWED: u64 = 204_500_000;
/// What the fund gets of the fees of its trade.
pub const FEES: u64 = 4_500_000;

/// Sets the tranche that each market aims at, so that the fund keeps the rest in its vault.
pub fn set_targets(world: &mut Stage, dollars: u64) {
    for market in 0..3 {
        let address = world.at.market(market);
        crate::stage::patch_state::<firebreak::state::Market>(world, &address, |market| {
            market.tranche_target = dollars * DOLLAR;
        });
    }
}

/// Buys shares for dollars that are minted for it.
pub fn stake(world: &mut Stage, staker: &Actor, dollars: u64) {
    mint_quote(world, staker, dollars);
    world.stake(staker, dollars * DOLLAR).unwrap();
}

/// Asks for all of an actor's shares.
pub fn ask_to_leave(world: &mut Stage, staker: &Actor) {
    let shares = stake_of(world, staker).shares;
    world.request_unstake(staker, shares).unwrap();
}

/// Leaves the fund without sweeping anything; what the vault lacks comes from the tranches of these markets.
pub fn leaves(world: &Stage, staker: &Actor, recalled: &[u8]) -> Instruction {
    let mut leave = world.at.unstake(staker.address(), world.quote(staker.tokens), &[0, 1, 2]);
    for meta in &mut leave.accounts {
        let market = (0..3).find(|market| world.at.market(*market) == meta.pubkey);
        meta.is_writable &= market.is_none_or(|market| recalled.contains(&market));
    }
    leave
}

/// Buys shares without sweeping anything.
pub fn enters(world: &Stage, staker: &Actor, amount: u64) -> Instruction {
    let (payer, tokens) = (world.payer.pubkey(), world.quote(staker.tokens));
    world.at.stake_insurance(payer, staker.address(), tokens, amount, &[0, 1, 2])
}

/// Sweeps of all markets, then an instruction.
pub fn swept(world: &Stage, then: &Instruction) -> Vec<Instruction> {
    let sweep = |market| world.at.sweep_insurance(market, world.mint.pubkey(), world.token_program);
    [0, 1, 2].map(sweep).into_iter().chain([then.clone()]).collect()
}
