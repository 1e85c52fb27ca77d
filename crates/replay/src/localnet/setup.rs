//! From an empty network to one that trades.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use firebreak_client::{Addresses, PROGRAM_ID, TOKEN_PROGRAM};
use solana_account::Account;
use solana_signer::Signer;

use super::{
    Options,
    chain::LiveChain,
    course::Prices,
    crowd::Crowd,
    manifest::{AssetEntry, BankEntry, Keys, Manifest, write_key},
    net::{Net, Ports},
    people::{self, Live},
};
use crate::{
    chain::{Chain, Refusal},
    migrations::{self, Migration, Signers, Step},
    pyth::Feed,
    world::{Actor, World, keypair},
};

/// The clearinghouse that local networks have.
const ID: u64 = 1;
const LAMPORTS: u64 = 1_000_000_000_000_000;

/// A network with everybody on it.
pub struct Stage {
    pub world: Live,
    pub makers: Vec<Actor>,
    pub crowd: Crowd,
    pub assets: Vec<AssetEntry>,
    pub banks: Vec<BankEntry>,
}

/// Starts the network and sets everything up at these prices.
pub fn set_stage(options: &Options, ports: Ports, prices: Prices) -> Result<Stage> {
    let steps = match &options.migrations {
        Some(folder) => migrations::read_folder(folder)?,
        None => migrations::built_in()?,
    };
    let (seal, steps): (Vec<_>, Vec<_>) = steps.into_iter().partition(|found| matches!(found.step, Step::Seal(_)));
    let mut world = empty_world(ports)?;
    migrate(&mut world, &steps)?;
    let assets = assets(&mut world);
    let banks = banks(&steps, &assets);
    let markets: Vec<u8> = world.markets();
    publish(&mut world, &assets, prices.map(Some));
    refresh(&mut world, &assets).map_err(refused)?;
    people::insure(&mut world, &markets).map_err(refused)?;
    let mint = world.mint.pubkey();
    people::faucet(&mut world, &people::keeper().pubkey(), &mint, people::KEEPER_TOKENS).map_err(refused)?;
    let makers: Result<Vec<_>, _> =
        (0..options.makers).map(|number| people::maker(&mut world, number, &markets)).collect();
    let makers = makers.map_err(refused)?;
    if options.seal {
        migrate(&mut world, &seal)?;
    }
    let mut crowd = Crowd::join(&mut world, options.crowd).map_err(refused)?;
    crowd.enter(&mut world, &makers);
    Ok(Stage { world, makers, crowd, assets, banks })
}

fn refused(refusal: Box<Refusal>) -> anyhow::Error {
    anyhow!("setting up was refused: {refusal}")
}

fn empty_world(ports: Ports) -> Result<Live> {
    let mut world = World {
        chain: LiveChain::new(Net::start(ports)?)?,
        at: Addresses::of_id(ID),
        id: ID,
        payer: keypair("payer"),
        authority: keypair("authority"),
        guardian: keypair("guardian"),
        mint: keypair("quote mint"),
        token_program: TOKEN_PROGRAM,
        donated: 0,
    };
    for key in [world.payer.pubkey(), world.authority.pubkey(), world.guardian.pubkey()] {
        world.chain.set_account(key, Account { lamports: LAMPORTS, rent_epoch: u64::MAX, ..Account::default() });
    }
    Ok(world)
}

fn migrate(world: &mut Live, steps: &[Migration]) -> Result<()> {
    let signers = Signers { payer: &world.payer, authority: &world.authority };
    migrations::apply(&mut world.chain, ID, steps, signers, &mut |_| {}).context("the migrations").map(drop)
}

fn assets(world: &mut Live) -> Vec<AssetEntry> {
    let entry = |(index, row): (u8, &firebreak::state::AssetRow)| AssetEntry {
        index,
        symbol: migrations::symbol_text(&row.symbol),
        lot_exponent: row.lot_exponent,
        feeds: Feed::of(row).map(|feed| feed.address().to_string()).collect(),
    };
    (0_u8..).zip(&world.board().rows).map(entry).collect()
}

/// The quote bank and those of the steps, as the steps' tokens name them.
fn banks(steps: &[Migration], assets: &[AssetEntry]) -> Vec<BankEntry> {
    let tokens: Vec<_> = steps
        .iter()
        .filter_map(|found| match &found.step {
            Step::Tokens(tokens) => Some(&tokens.tokens),
            _ => None,
        })
        .flatten()
        .collect();
    let entry = |index, mint: &solana_address::Address, asset: Option<u8>| {
        let token = tokens.iter().find(|token| token.mint == *mint);
        let symbol = token.map_or_else(|| mint.to_string(), |token| token.symbol.clone());
        BankEntry { index, symbol, mint: mint.to_string(), decimals: token.map_or(0, |token| token.decimals), asset }
    };
    let banks = steps.iter().filter_map(|found| match &found.step {
        Step::Create(create) => Some(entry(0, &create.quote_mint, None)),
        Step::Bank(bank) if usize::from(bank.terms.asset) < assets.len() => {
            Some(entry(bank.index, &bank.mint, Some(bank.terms.asset)))
        }
        _ => None,
    });
    banks.collect()
}

/// Writes the feeds of all assets that say something, as of the chain's time.
pub fn publish(world: &mut Live, assets: &[AssetEntry], prices: [Option<u64>; 3]) {
    let (rows, now) = (world.board().rows, world.chain.now());
    for (entry, row) in assets.iter().zip(&rows) {
        let Some(price_e8) = prices.get(entry.index as usize).copied().flatten() else { continue };
        for feed in Feed::of(row) {
            world.chain.set_account(feed.address(), feed.account(per_lot(price_e8, row.lot_exponent), now));
        }
    }
}

/// Quote atoms per lot, rounded down, of a price in 10^-8 dollars.
fn per_lot(price_e8: u64, lot_exponent: i8) -> u64 {
    crate::demo::per_lot(price_e8, lot_exponent)
}

/// Brings all feeds onto the board.
pub fn refresh(world: &mut Live, assets: &[AssetEntry]) -> Result<(), Box<Refusal>> {
    let indices: Vec<u8> = assets.iter().map(|asset| asset.index).collect();
    world.refresh(&indices).map(drop)
}

/// Writes keys and manifest into a folder. Errors: the folder cannot be made or written.
pub fn write_files(folder: &Path, stage: &Stage, ports: Ports) -> Result<Manifest> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let folder = std::fs::canonicalize(folder).with_context(|| format!("cannot find {}", folder.display()))?;
    let world = &stage.world;
    let mut makers = Vec::<PathBuf>::new();
    for (number, maker) in stage.makers.iter().enumerate() {
        makers.push(write_key(&folder, &format!("maker-{number}"), &maker.key)?);
    }
    let Some(quote) = stage.banks.iter().find(|bank| bank.index == 0) else {
        bail!("the migrations create no clearinghouse");
    };
    let manifest = Manifest {
        rpc: format!("http://127.0.0.1:{}", ports.rpc),
        ws: format!("ws://127.0.0.1:{}", ports.ws),
        control: format!("http://127.0.0.1:{}", ports.control),
        program: PROGRAM_ID.to_string(),
        clearinghouse_id: ID,
        clearinghouse: world.at.clearinghouse.to_string(),
        quote_mint: quote.mint.clone(),
        quote_decimals: quote.decimals,
        token_program: world.token_program.to_string(),
        assets: stage.assets.clone(),
        banks: stage.banks.clone(),
        keys: Keys {
            authority: write_key(&folder, "authority", &world.authority)?,
            guardian: write_key(&folder, "guardian", &world.guardian)?,
            payer: write_key(&folder, "payer", &world.payer)?,
            makers,
            keeper: write_key(&folder, "keeper", &people::keeper())?,
        },
    };
    manifest.write(&folder)?;
    Ok(manifest)
}
