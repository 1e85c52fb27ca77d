//! A second clearinghouse with the same markets and owners: accounts that are right in everything but where they belong.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use firebreak_client::{Addresses, addresses::vault};
use solana_address::Address;
use solana_signer::Signer;

use crate::{
    chain::{Chain, Refusal},
    listing,
    simulation::{
        cast::{ACCOUNTS, Cast, MARKETS, TOKENS, kind_of, owner_of, sub_id_of},
        operation::Operation,
    },
    world::World,
};

/// From each account of the clearinghouse to its like in the other one.
pub type Twins = BTreeMap<Address, Address>;

/// Creates the second clearinghouse.
pub fn create<C: Chain>(cast: &Cast, world: &mut World<C>) -> Result<Twins> {
    const ID: u64 = 2;
    let (own, other) = (world.at, Addresses::of_id(ID));
    let set_up = |refusal| anyhow!("setting up a second clearinghouse: {refusal}");
    let config = listing::clearinghouse_config(world.guardian.pubkey());
    let (payer, authority, mint) = (world.payer.pubkey(), world.authority.pubkey(), world.mint.pubkey());
    let create = other.create_clearinghouse(ID, payer, authority, mint, world.token_program, config);
    world.chain.send(&[create], &[&world.payer, &world.authority]).map_err(set_up)?;

    world.at = other;
    let listed = (0_u8..).zip(&cast.listings).try_for_each(|(index, listing)| world.list(index, listing).map(|_| ()));
    let banked = listed.and_then(|()| open_banks(cast, world));
    world.at = own;
    banked.map_err(set_up)?;

    let mut twins = Twins::from([
        (own.clearinghouse, other.clearinghouse),
        (own.board, other.board),
        (own.breaker, other.breaker),
        (own.quote_bank, other.quote_bank),
        (own.quote_vault, other.quote_vault),
        (own.insurance_fund, other.insurance_fund),
        (own.insurance_vault, other.insurance_vault),
    ]);
    for bank in (1..TOKENS as u8).map(|index| [own.bank(index), other.bank(index)]) {
        twins.extend([(bank[0], bank[1]), (vault(&bank[0]), vault(&bank[1]))]);
    }
    twins.extend((0..MARKETS as u8).map(|market| (own.market(market), other.market(market))));
    for account in 0..ACCOUNTS as u8 {
        let (owner, sub_id) = (&cast.keys[owner_of(account) as usize], sub_id_of(account));
        let (capacity, isolated_market) = kind_of(account);
        let create = other.create_margin_account(payer, owner.pubkey(), sub_id, capacity, isolated_market);
        world.chain.send(&[create], &[&world.payer, owner]).map_err(set_up)?;
        twins.insert(cast.margin(account), other.margin_account(&owner.pubkey(), sub_id));
    }
    Ok(twins)
}

/// Opens the banks of the world's clearinghouse.
pub fn open_banks<C: Chain>(cast: &Cast, world: &mut World<C>) -> Result<(), Box<Refusal>> {
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    for (index, config) in (1_u8..).zip(cast.banks) {
        let mint = cast.mints[index as usize].pubkey();
        let open = world.at.add_collateral_bank(payer, authority, mint, world.token_program, index, config);
        world.chain.send(&[open], &[&world.payer, &world.authority])?;
    }
    Ok(())
}

/// Whether an operation with one account of the other clearinghouse must be refused. One that concerns a single account
/// is simply one of the other clearinghouse.
pub const fn is_mixture(operation: &Operation) -> bool {
    !matches!(
        operation,
        Operation::GrowAccount { .. }
            | Operation::CloseAccount { .. }
            | Operation::SetDelegate { .. }
            | Operation::RefreshPrices { .. }
    )
}
