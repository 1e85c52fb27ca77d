//! What absorbing losses costs: settling in batches, deleveraging, the insurance fund, collateral.

use anyhow::{Result, anyhow};
use firebreak::instructions::BankConfig;
use firebreak_client::instructions::TokenSide;
use solana_signer::Signer;

use crate::{
    bench::measure::{Bench, MARK, NOW, POSITIONS, listings, units},
    chain::Chain,
    listing::{DOLLAR, OUTFLOW},
    litesvm_chain::LiteSvmChain,
    world::{Actor, World, keypair},
};

/// Time for an average to follow a gap, so that the price counts as fresh.
const CONFIRMED_AFTER: i64 = 3_600;

pub fn measure(add: &mut impl FnMut(String, u64)) -> Result<()> {
    for count in POSITIONS {
        deleveraging(count, add)?;
    }
    settling(add)?;
    insurance(add)?;
    collateral(add)
}

fn actor(world: &mut Bench, name: &str, capacity: u8, cash: u64) -> Result<Actor> {
    world.actor(name, capacity, cash).map_err(|refusal| anyhow!("{refusal}"))
}

/// Moves every mark by a gap, and waits until it is confirmed.
fn gap(world: &mut Bench, count: u8, mark: u64) -> Result<()> {
    for step in 1..=2 {
        world.chain.set_now(NOW + step * CONFIRMED_AFTER);
        for market in 0..count {
            units(world.set_mark(market, mark))?;
        }
    }
    Ok(())
}

/// A bankrupt account with `count` positions; no tranche holds anything. Then a position that is behind is valued and touched.
fn deleveraging(count: u8, add: &mut impl FnMut(String, u64)) -> Result<()> {
    let mut world =
        World::listed(LiteSvmChain::new()?, NOW, &listings(count)).map_err(|refusal| anyhow!("{refusal}"))?;
    let bankrupt = actor(&mut world, "bankrupt", 16, u64::from(count) * 30 * DOLLAR)?;
    let winner = actor(&mut world, "winner", 16, 100_000 * DOLLAR)?;
    for market in 0..count {
        units(world.set_mark(market, MARK))?;
        units(world.trade(market, &bankrupt, &winner, 100, MARK))?;
        let other = actor(&mut world, &format!("other {market}"), 4, 1_000 * DOLLAR)?;
        units(world.trade(market, &other, &winner, 77, MARK))?;
    }
    gap(&mut world, count, MARK / 2)?;
    add(format!("report_deficit/{count}"), units(world.report_deficit(&bankrupt.margin))?);
    add(format!("auto_deleverage/{count}"), units(world.auto_deleverage(0, &bankrupt.margin))?);
    if count == 1 {
        units(world.fund_tranche(0, DOLLAR))?;
        units(world.settle(0, &keypair_margin(&world, "other 0")))?;
        add("settle_touching/1".to_owned(), units(world.settle(0, &winner.margin))?);
    }
    Ok(())
}

fn keypair_margin(world: &Bench, name: &str) -> solana_address::Address {
    world.at.margin_account(&keypair(name).pubkey(), 0)
}

/// Losses of several accounts in one instruction.
fn settling(add: &mut impl FnMut(String, u64)) -> Result<()> {
    let mut world = World::listed(LiteSvmChain::new()?, NOW, &listings(1)).map_err(|refusal| anyhow!("{refusal}"))?;
    units(world.set_mark(0, MARK))?;
    let short = actor(&mut world, "short", 16, 100_000 * DOLLAR)?;
    let mut longs = Vec::new();
    for index in 0..20 {
        let long = actor(&mut world, &format!("long {index}"), 4, 1_000 * DOLLAR)?;
        units(world.trade(0, &long, &short, 100, MARK))?;
        longs.push(long.margin);
    }
    world.chain.set_now(NOW + 30);
    units(world.set_mark(0, MARK - MARK / 100))?;
    let settle = world.at.settle(0, &longs);
    add("settle_batch/20".to_owned(), units(world.chain.send(&[settle], &[&world.payer]))?);
    Ok(())
}

fn insurance(add: &mut impl FnMut(String, u64)) -> Result<()> {
    let mut world = World::listed(LiteSvmChain::new()?, NOW, &listings(1)).map_err(|refusal| anyhow!("{refusal}"))?;
    units(world.set_mark(0, MARK))?;
    let (long, short) = (actor(&mut world, "long", 4, 1_000 * DOLLAR)?, actor(&mut world, "short", 4, 1_000 * DOLLAR)?);
    units(world.trade(0, &long, &short, 100, MARK))?;
    add("sweep_insurance/fees".to_owned(), units(world.sweep(0))?);
    let staker = actor(&mut world, "staker", 4, 0)?;
    let mint = world.mint.pubkey();
    units(world.mint_to(&mint, &staker.tokens, 2_000 * DOLLAR))?;
    let tokens = world.quote(staker.tokens);
    let mut staked = |key: &str, world: &mut Bench| -> Result<()> {
        let stake = world.at.stake_insurance(world.payer.pubkey(), staker.address(), tokens, 1_000 * DOLLAR, &[0]);
        add(key.to_owned(), units(world.chain.send(&[stake], &[&world.payer, &staker.key]))?);
        Ok(())
    };
    staked("stake/first", &mut world)?;
    staked("stake/again", &mut world)?;
    add("sweep_insurance/refill".to_owned(), units(world.sweep(0))?);
    let request = world.at.request_unstake(staker.address(), 1_500 * DOLLAR * 1_000);
    add("request_unstake".to_owned(), units(world.chain.send(&[request], &[&staker.key]))?);
    world.chain.set_now(NOW + 14 * 86_400);
    units(world.set_mark(0, MARK))?;
    units(world.sweep(0))?;
    let unstake = world.at.unstake(staker.address(), tokens, &[0]);
    add("unstake/recalling".to_owned(), units(world.chain.send(&[unstake], &[&staker.key]))?);
    Ok(())
}

fn collateral(add: &mut impl FnMut(String, u64)) -> Result<()> {
    let mut world = World::listed(LiteSvmChain::new()?, NOW, &listings(1)).map_err(|refusal| anyhow!("{refusal}"))?;
    units(world.set_mark(0, MARK))?;
    let token = keypair("collateral mint");
    units(world.create_mint(&token, 9))?;
    let config = BankConfig {
        asset: 0,
        haircut_bps: 1_000,
        liquidation_discount_bps: 200,
        deposit_cap: 1 << 50,
        surcharge_bps: 0,
        outflow: OUTFLOW,
    };
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let bank = world.at.add_collateral_bank(payer, authority, token.pubkey(), world.token_program, 1, config);
    units(world.chain.send(&[bank], &[&world.payer, &world.authority]))?;

    let seller = actor(&mut world, "seller", 4, 20 * DOLLAR)?;
    let holding = keypair("seller's collateral");
    units(world.create_token_account(&holding, &token.pubkey(), &seller.address()))?;
    units(world.mint_to(&token.pubkey(), &holding.pubkey(), 1_000_000_000))?;
    let tokens =
        TokenSide { mint: token.pubkey(), token_program: world.token_program, token_account: holding.pubkey() };
    let deposit = world.at.deposit(1, seller.address(), seller.margin, tokens, 500_000_000);
    add("deposit/collateral".to_owned(), units(world.chain.send(&[deposit], &[&seller.key]))?);
    let buyer = actor(&mut world, "buyer", 4, 10_000 * DOLLAR)?;
    units(world.trade(0, &seller, &buyer, 500, MARK))?;
    world.chain.set_now(NOW + 30);
    units(world.set_mark(0, MARK - MARK / 20))?;
    let buy = world.at.liquidate_collateral(1, buyer.address(), buyer.margin, seller.margin, u64::MAX, u64::MAX);
    add("liquidate_collateral/1".to_owned(), units(world.chain.send(&[buy], &[&buyer.key]))?);
    Ok(())
}
