//! A second clearinghouse with the same markets and owners: accounts that are right in everything but where they belong.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use firebreak_client::Addresses;
use solana_address::Address;
use solana_signer::Signer;

use crate::{
    chain::Chain,
    listing,
    simulation::{
        cast::{ACCOUNTS, Cast, MARKETS, kind_of, listings, owner_of, sub_id_of},
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
    let listed = (0_u8..).zip(&listings()).try_for_each(|(index, listing)| world.list(index, listing).map(|_| ()));
    world.at = own;
    listed.map_err(set_up)?;

    let mut twins = Twins::from([
        (own.clearinghouse, other.clearinghouse),
        (own.board, other.board),
        (own.breaker, other.breaker),
        (own.quote_bank, other.quote_bank),
        (own.quote_vault, other.quote_vault),
    ]);
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
