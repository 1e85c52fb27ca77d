//! Who takes part: token accounts as wallets have them, makers, stakers.

use firebreak::state::{CROSS, Offer};
use firebreak_client::{SYSTEM_PROGRAM, addresses, instructions as ix};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::chain::LiveChain;
use crate::{
    chain::{Chain, Refusal},
    demo::players,
    listing::DOLLAR,
    world::{Actor, World, keypair},
};

const ASSOCIATED_TOKEN_PROGRAM: Address = Address::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// What the faucet gives for fees and rent.
const LAMPORTS: u64 = 10_000_000_000;
const MAKER_CASH: u64 = 20_000_000 * DOLLAR;
/// What a maker is brought back to when less is left.
const MAKER_LEAST: u64 = 5_000_000 * DOLLAR;
const STAKE: u64 = 3_000_000 * DOLLAR;
const TRANCHE: u64 = 250_000 * DOLLAR;
/// Distance of the makers' offers from the mark.
const SPREAD_BPS: u32 = 4;

/// What a keeper finds in its wallet.
pub const KEEPER_TOKENS: u64 = 1_000_000 * DOLLAR;

type Sent = Result<(), Box<Refusal>>;
/// A world on the network.
pub type Live = World<LiveChain>;

/// The key that local networks fund for a keeper.
pub fn keeper() -> Keypair {
    keypair("keeper")
}

/// Where a wallet keeps tokens of a mint.
pub fn associated(owner: &Address, mint: &Address, token_program: &Address) -> Address {
    let seeds = [owner.as_ref(), token_program.as_ref(), mint.as_ref()];
    Address::find_program_address(&seeds, &ASSOCIATED_TOKEN_PROGRAM).0
}

fn create_associated(payer: Address, owner: Address, mint: Address, token_program: Address) -> Instruction {
    let accounts = vec![
        AccountMeta::new(payer, true),
        AccountMeta::new(associated(&owner, &mint, &token_program), false),
        AccountMeta::new_readonly(owner, false),
        AccountMeta::new_readonly(mint, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
        AccountMeta::new_readonly(token_program, false),
    ];
    Instruction { program_id: ASSOCIATED_TOKEN_PROGRAM, accounts, data: vec![1] } // unless it is there
}

/// Gives lamports, whatever the account is.
pub fn fund(world: &mut Live, owner: &Address) {
    let account = world.chain.account(owner).unwrap_or_else(|| Account { rent_epoch: u64::MAX, ..Account::default() });
    let lamports = account.lamports.saturating_add(LAMPORTS);
    world.chain.set_account(*owner, Account { lamports, ..account });
}

/// Mints atoms into an owner's associated token account, and gives lamports.
pub fn faucet(world: &mut Live, owner: &Address, mint: &Address, atoms: u64) -> Sent {
    fund(world, owner);
    let (payer, program) = (world.payer.pubkey(), world.token_program);
    let create = create_associated(payer, *owner, *mint, program);
    world.chain.send(&[create], &[&world.payer])?;
    if atoms > 0 {
        world.mint_to(mint, &associated(owner, mint, &program), atoms)?;
    }
    Ok(())
}

/// Somebody with a wallet and a cross margin account of this capacity that holds `cash`.
pub fn actor(world: &mut Live, name: &str, capacity: u8, cash: u64) -> Result<Actor, Box<Refusal>> {
    let key = keypair(name);
    let mint = world.mint.pubkey();
    faucet(world, &key.pubkey(), &mint, cash)?;
    let tokens = associated(&key.pubkey(), &mint, &world.token_program);
    let margin = world.at.margin_account(&key.pubkey(), 0);
    let create = world.at.create_margin_account(world.payer.pubkey(), key.pubkey(), 0, capacity, CROSS);
    let mut all = vec![create];
    if cash > 0 {
        all.push(world.at.deposit(0, key.pubkey(), margin, world.quote(tokens), cash));
    }
    world.chain.send(&all, &[&world.payer, &key])?;
    Ok(Actor { key, tokens, margin })
}

/// A maker with an offer in each market.
pub fn maker(world: &mut Live, number: usize, markets: &[u8]) -> Result<Actor, Box<Refusal>> {
    let maker = actor(world, &format!("maker {number}"), 8, MAKER_CASH)?;
    let now = world.chain.now();
    for market in markets {
        let terms = players::terms(world.row(*market).mark, SPREAD_BPS + number as u32, now);
        world.place_offer(*market, &maker, terms)?;
    }
    Ok(maker)
}

/// Renews what was taken of a maker's offers, or is about to expire, and brings money where little is left.
pub fn renew(world: &mut Live, number: usize, maker: &Actor, markets: &[u8]) -> Sent {
    const SOON_SECONDS: i64 = 86_400;
    let now = world.chain.now();
    for market in markets {
        let terms = players::terms(world.row(*market).mark, SPREAD_BPS + number as u32, now);
        let account = world.chain.account(&addresses::offer(&maker.margin, *market));
        let offer = account.and_then(|account| firebreak_client::decode::<Offer>(&account.data).ok());
        let is_good = offer.is_some_and(|offer| {
            offer.bid_lots.min(offer.ask_lots) >= terms.bid_lots / 2 && offer.expires_at > now + SOON_SECONDS
        });
        match offer {
            None => drop(world.place_offer(*market, maker, terms)?),
            Some(_) if !is_good => {
                let update = ix::update_offer(*market, maker.address(), maker.margin, terms);
                world.chain.send(&[update], &[&maker.key])?;
            }
            Some(_) => {}
        }
    }
    if world.margin(&maker.margin).header.cash < MAKER_LEAST {
        let mint = world.mint.pubkey();
        faucet(world, &maker.address(), &mint, MAKER_CASH)?;
        world.deposit(maker, MAKER_CASH)?;
    }
    Ok(())
}

/// Somebody who stakes, and tranches that are funded.
pub fn insure(world: &mut Live, markets: &[u8]) -> Sent {
    for market in markets {
        world.fund_tranche(*market, TRANCHE)?;
    }
    let staker = keypair("staker");
    let mint = world.mint.pubkey();
    faucet(world, &staker.pubkey(), &mint, STAKE)?;
    let tokens = associated(&staker.pubkey(), &mint, &world.token_program);
    world.stake(&Actor { margin: tokens, tokens, key: staker }, STAKE)?;
    Ok(())
}
