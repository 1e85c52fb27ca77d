//! Runs each instruction once in a world of known state and reads the meter.

use anyhow::{Result, anyhow};
use firebreak::{
    governance::Change,
    instructions::{AssetConfig, OfferTerms},
    state::{CROSS, MarginAccount},
};
use firebreak_client::{PROGRAM_ID, instructions as ix};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{
    bench::{losses, report::Figure},
    chain::{Chain, Receipt, Refusal},
    listing::{self, DOLLAR, Listing},
    litesvm_chain::{LiteSvmChain, program_file},
    pyth::{self, Update, Verification},
    world::{Actor, World, keypair},
};

pub(super) const NOW: i64 = 1_760_000_000;
pub(super) const MARK: u64 = 1_500_000;
/// Numbers of open positions each instruction is measured with.
pub const POSITIONS: [u8; 3] = [1, 8, 16];

pub(super) type Bench = World<LiteSvmChain>;

pub(super) fn units(sent: std::result::Result<Receipt, Box<Refusal>>) -> Result<u64> {
    Ok(sent.map_err(|refusal| anyhow!("{refusal}"))?.compute_units)
}

/// Every figure, in the order of the table.
pub fn measure() -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let mut add = |key: String, value: u64| figures.push(Figure { key, value });
    for count in POSITIONS {
        with_positions((count, ""), &mut add)?;
        with_positions((count, "_portfolio"), &mut add)?;
        funded(count, &mut add)?;
    }
    accounts(&mut add)?;
    offers(&mut add)?;
    prices(&mut add)?;
    governance(&mut add)?;
    refused(&mut add)?;
    losses::measure(&mut add)?;
    for capacity in [4, 8, 16] {
        add(format!("bytes/margin_account/{capacity}"), MarginAccount::space(capacity) as u64);
    }
    let program = std::fs::metadata(program_file("firebreak"))?;
    add("bytes/program".to_owned(), program.len());
    figures.extend(per_position(&figures));
    figures.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(figures)
}

/// What each further position of one account costs an instruction, from its figures for 1 and for 16; a trade values two accounts.
fn per_position(figures: &[Figure]) -> Vec<Figure> {
    let of = |key: String| figures.iter().find(|figure| figure.key == key).map(|figure| figure.value);
    let kinds = [("trade", 2), ("take_offer", 2), ("withdraw", 1), ("liquidate", 1)];
    let names = kinds.iter().flat_map(|(name, accounts)| {
        ["", "_portfolio", "_funded"].map(|kind| (format!("{name}{kind}"), accounts * (16 - 1)))
    });
    names
        .filter_map(|(name, positions)| {
            let value = of(format!("{name}/16"))?.saturating_sub(of(format!("{name}/1"))?).div_ceil(positions);
            Some(Figure { key: format!("per_position/{name}"), value })
        })
        .collect()
}

pub(super) fn listings(count: u8) -> Vec<Listing> {
    (0..count).map(|index| listing::listing(&format!("A{index:02}"), -2)).collect()
}

/// The same, in one correlation group, with margins that grow with size.
fn portfolio_listings(count: u8) -> Vec<Listing> {
    let mut listings = listings(count);
    for listing in &mut listings {
        (listing.asset.group, listing.asset.group_weight_bps) = (1, 5_000);
        listing.market.depth_lots = listing.market.slice_lots;
    }
    listings
}

/// A world of `count` markets in which everybody named has a position in each: `long` long, `short` short.
fn world(count: u8) -> Result<(Bench, Actor, Actor)> {
    world_of(&listings(count))
}

fn world_of(listings: &[Listing]) -> Result<(Bench, Actor, Actor)> {
    let count = listings.len() as u8;
    let mut world = World::listed(LiteSvmChain::new()?, NOW, listings).map_err(|refusal| anyhow!("{refusal}"))?;
    let long = world.actor("long", 16, 1_000 * DOLLAR).map_err(|refusal| anyhow!("{refusal}"))?;
    let short = world.actor("short", 16, 100_000 * DOLLAR).map_err(|refusal| anyhow!("{refusal}"))?;
    for market in 0..count {
        units(world.set_mark(market, MARK))?;
        units(world.trade(market, &long, &short, 100, MARK))?;
    }
    Ok((world, long, short))
}

fn with_positions((count, kind): (u8, &str), add: &mut impl FnMut(String, u64)) -> Result<()> {
    let listings = if kind.is_empty() { listings(count) } else { portfolio_listings(count) };
    let (mut world, long, short) = world_of(&listings)?;
    let mut add = |name: &str, value| add(format!("{name}{kind}/{count}"), value);
    add("withdraw", units(world.withdraw(&long, DOLLAR))?);
    add("trade", units(world.trade(0, &long, &short, 10, MARK))?);
    let terms =
        OfferTerms { bid_lots: 100, ask_lots: 100, bid_spread_bps: 5, ask_spread_bps: 5, expires_at: NOW + 3_600 };
    units(world.place_offer(0, &short, terms))?;
    add("take_offer", units(world.take_offer(0, &long, &short, 10, u64::MAX))?);
    add("take_offer_reducing", units(world.take_offer(0, &long, &short, -10, 0))?);

    // Take out what is free, and let all prices fall by 7.5 %: below maintenance, with equity left.
    let liquidator = world.actor("liquidator", 16, 100_000 * DOLLAR).map_err(|refusal| anyhow!("{refusal}"))?;
    let cash = world.margin(&long.margin).header.cash;
    let margin: u64 = (0..count).map(|market| world.row(market).initial_margin * 111).sum();
    units(world.withdraw(&long, cash - margin - DOLLAR))?;
    world.chain.set_now(NOW + 30);
    for market in 0..count {
        units(world.set_mark(market, MARK - MARK * 75 / 1_000))?;
    }
    add("settle", units(world.settle(0, &long.margin))?);
    add("liquidate", units(world.liquidate(0, &liquidator, &long.margin, u64::MAX, u64::MAX))?);
    Ok(())
}

/// Every market pays funding, and a price has accrued it: each position is behind its side by a charge.
fn funded(count: u8, add: &mut impl FnMut(String, u64)) -> Result<()> {
    let listings: Vec<Listing> = listings(count).into_iter().map(listing::funded).collect();
    let (mut world, long, short) = world_of(&listings)?;
    for market in 0..count {
        units(world.trade(market, &long, &short, 10, MARK + 3_000))?;
        let updated = units(world.update_funding(market))?;
        if market == 0 && count == 1 {
            add("update_funding".to_owned(), updated);
        }
    }
    world.chain.set_now(NOW + 10);
    let assets: Vec<u8> = (0..count).collect();
    assets.iter().for_each(|asset| world.publish_mark(*asset, MARK));
    add(format!("refresh_prices_funded/{count}"), units(world.refresh(&assets))?);
    add(format!("withdraw_funded/{count}"), units(world.withdraw(&long, DOLLAR))?);
    add(format!("trade_funded/{count}"), units(world.trade(0, &long, &short, 10, MARK))?);
    Ok(())
}

/// A key whose derived margin account has the highest bump, as a patient user would choose one.
fn patient_key(world: &Bench) -> Result<(Keypair, u16)> {
    let key = keypair("patient");
    let owner = key.pubkey();
    let seeds = |sub_id: u16| -> (Address, u8) {
        let sub_id = sub_id.to_le_bytes();
        let seeds: [&[u8]; 4] = [firebreak::seeds::MARGIN, world.at.clearinghouse.as_ref(), owner.as_array(), &sub_id];
        Address::find_program_address(&seeds, &PROGRAM_ID)
    };
    let sub_id = (0..1_000).find(|sub_id| seeds(*sub_id).1 == 255).ok_or_else(|| anyhow!("no bump of 255 found"))?;
    Ok((key, sub_id))
}

fn accounts(add: &mut impl FnMut(String, u64)) -> Result<()> {
    let (mut world, _, short) = world(1)?;
    let (key, sub_id) = patient_key(&world)?;
    let address = world.at.margin_account(&key.pubkey(), sub_id);
    let payer = world.payer.pubkey();
    let create = world.at.create_margin_account(payer, key.pubkey(), sub_id, 8, CROSS);
    add("create_margin_account/8".to_owned(), units(world.chain.send(&[create], &[&world.payer, &key]))?);
    let grow = ix::grow_margin_account(payer, key.pubkey(), address, 16);
    add("grow_margin_account/16".to_owned(), units(world.chain.send(&[grow], &[&world.payer, &key]))?);
    let delegate = ix::set_delegate(key.pubkey(), address, payer);
    add("set_delegate".to_owned(), units(world.chain.send(&[delegate], &[&world.payer, &key]))?);
    let close = ix::close_margin_account(key.pubkey(), address, payer);
    add("close_margin_account".to_owned(), units(world.chain.send(&[close], &[&world.payer, &key]))?);

    let mint = world.mint.pubkey();
    units(world.mint_to(&mint, &short.tokens, 10 * DOLLAR))?;
    add("deposit".to_owned(), units(world.deposit(&short, DOLLAR))?);
    let flat = world.actor("flat", 8, 10 * DOLLAR).map_err(|refusal| anyhow!("{refusal}"))?;
    add("withdraw/0".to_owned(), units(world.withdraw(&flat, DOLLAR))?);
    let fund = world.at.fund_tranche(0, short.address(), world.quote(short.tokens), DOLLAR);
    add("fund_tranche".to_owned(), units(world.chain.send(&[fund], &[&short.key]))?);
    Ok(())
}

fn offers(add: &mut impl FnMut(String, u64)) -> Result<()> {
    let (mut world, _, short) = world(1)?;
    let terms =
        OfferTerms { bid_lots: 100, ask_lots: 100, bid_spread_bps: 5, ask_spread_bps: 5, expires_at: NOW + 3_600 };
    add("place_offer".to_owned(), units(world.place_offer(0, &short, terms))?);
    let update = ix::update_offer(0, short.address(), short.margin, terms);
    add("update_offer".to_owned(), units(world.chain.send(&[update], &[&short.key]))?);
    let cancel = ix::cancel_offer(0, short.address(), short.margin, short.address());
    add("cancel_offer".to_owned(), units(world.chain.send(&[cancel], &[&short.key]))?);
    Ok(())
}

fn prices(add: &mut impl FnMut(String, u64)) -> Result<()> {
    let (mut world, ..) = world(16)?;
    for (step, count) in [1_u8, 8, 16].into_iter().enumerate() {
        world.chain.set_now(NOW + 1 + step as i64);
        let assets: Vec<u8> = (0..count).collect();
        assets.iter().for_each(|asset| world.publish_mark(*asset, MARK + 100));
        add(format!("refresh_prices/{count}"), units(world.refresh(&assets))?);
    }
    add("refresh_prices_dynamic/1".to_owned(), refreshed(|asset| asset.multiplier_cap_bps = 30_000)?);
    let two_feeds = |asset: &mut AssetConfig| {
        (asset.secondary_kind, asset.secondary_feed) = (1, listing::feed_id("other"));
        (asset.secondary_exponent, asset.agreement_bps) = (asset.exponent, 50);
    };
    add("refresh_prices_two_feeds/1".to_owned(), refreshed(two_feeds)?);
    Ok(())
}

/// The second refresh of an asset that is listed in another way.
fn refreshed(change: impl Fn(&mut AssetConfig)) -> Result<u64> {
    let mut listing = listing::listing("A00", -2);
    change(&mut listing.asset);
    let mut world = World::listed(LiteSvmChain::new()?, NOW, &[listing]).map_err(|refusal| anyhow!("{refusal}"))?;
    let mut last = 0;
    for second in 0..2 {
        world.chain.set_now(NOW + second);
        world.publish_mark(0, MARK + 100 * second as u64);
        let row = world.row(0);
        if row.has_secondary() {
            let price = pyth::raw_price(&row, MARK + 100 * second as u64);
            let feed_id = row.secondary_feed;
            let update = Update {
                feed_id,
                verification: Verification::Full,
                price,
                confidence: 0,
                exponent: row.secondary_exponent,
                publish_time: NOW + second,
            };
            world.publish(&update);
        }
        last = units(world.refresh(&[0]))?;
    }
    Ok(last)
}

fn governance(add: &mut impl FnMut(String, u64)) -> Result<()> {
    let mut world = World::empty(LiteSvmChain::new()?, NOW).map_err(|refusal| anyhow!("{refusal}"))?;
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let Listing { asset, market } = listing::listing("A00", -2);
    let listed = world.at.add_asset(payer, authority, asset);
    add("add_asset".to_owned(), units(world.chain.send(&[listed], &[&world.payer, &world.authority]))?);
    let opened = world.at.add_market(payer, authority, 0, market);
    add("add_market".to_owned(), units(world.chain.send(&[opened], &[&world.payer, &world.authority]))?);
    let poke = world.at.poke(0);
    add("poke".to_owned(), units(world.chain.send(&[poke], &[&world.payer]))?);
    let trip = world.at.trip_breaker(world.guardian.pubkey(), 0, 1, 60, 0);
    add("trip_breaker".to_owned(), units(world.chain.send(&[trip], &[&world.guardian]))?);
    let reset = world.at.reset_breaker(authority, 0);
    add("reset_breaker".to_owned(), units(world.chain.send(&[reset], &[&world.authority]))?);
    let programs = listing::clearinghouse_config(world.guardian.pubkey()).price_programs;
    let set = world.at.set_price_programs(authority, programs);
    add("set_price_programs".to_owned(), units(world.chain.send(&[set], &[&world.authority]))?);

    let at = firebreak_client::Addresses::of_id(2);
    let config = listing::clearinghouse_config(world.guardian.pubkey());
    let create = at.create_clearinghouse(2, payer, authority, world.mint.pubkey(), world.token_program, config);
    add("create_clearinghouse".to_owned(), units(world.chain.send(&[create], &[&world.payer, &world.authority]))?);

    let wrapped = keypair("collateral mint");
    units(world.create_mint(&wrapped, 9))?;
    let config = firebreak::instructions::BankConfig {
        asset: 0,
        haircut_bps: 1_000,
        liquidation_discount_bps: 200,
        deposit_cap: 1 << 50,
        surcharge_bps: 0,
        outflow: crate::listing::OUTFLOW,
    };
    let bank = world.at.add_collateral_bank(payer, authority, wrapped.pubkey(), world.token_program, 1, config);
    add("add_collateral_bank".to_owned(), units(world.chain.send(&[bank], &[&world.payer, &world.authority]))?);
    proposals(world, add)
}

/// Proposals, and what they are executed by.
fn proposals(mut world: Bench, add: &mut impl FnMut(String, u64)) -> Result<()> {
    add("seal".to_owned(), units(world.seal())?);
    for (name, change) in [
        ("asset", world.asset_change(0, |asset| asset.maintenance_ratio_bps = 600)),
        ("market", world.market_change(0, |market| market.price_band_bps = 150)),
    ] {
        let id = world.next_proposal();
        add(format!("propose/{name}"), units(world.propose(change))?);
        add(format!("execute_proposal/{name}"), units(world.execute(id))?);
    }
    let asset = listing::listing("A01", -2).asset;
    let id = world.next_proposal();
    units(world.propose(Change::AddAsset { config: asset }))?;
    world.chain.set_now(NOW + 48 * 3_600);
    let listed = world.at.add_asset(world.payer.pubkey(), world.authority.pubkey(), asset);
    let listed = world.at.under_proposal(id, listed);
    add("add_asset/sealed".to_owned(), units(world.chain.send(&[listed], &[&world.payer, &world.authority]))?);
    let id = world.next_proposal();
    units(world.propose(Change::AddAsset { config: asset }))?;
    let guardian = keypair("guardian");
    add("veto_proposal".to_owned(), units(world.veto(id, &guardian))?);
    Ok(())
}

/// What a refusal costs: an unknown instruction, and a liquidation of a healthy account.
fn refused(add: &mut impl FnMut(String, u64)) -> Result<()> {
    let (mut world, long, short) = world(1)?;
    let unknown = Instruction { program_id: PROGRAM_ID, accounts: vec![], data: vec![250] };
    let cost = |sent: std::result::Result<Receipt, Box<Refusal>>| match sent {
        Ok(_) => Err(anyhow!("it was accepted")),
        Err(refusal) => Ok(refusal.compute_units),
    };
    add("unknown_instruction".to_owned(), cost(world.chain.send(&[unknown], &[&world.payer]))?);
    add("liquidate_refused/1".to_owned(), cost(world.liquidate(0, &short, &long.margin, u64::MAX, u64::MAX))?);
    Ok(())
}
