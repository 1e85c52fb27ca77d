//! What is read: everything at first and now and then, and before every pass the few accounts that everything hangs on.

use firebreak::state::Offer;
use firebreak_client::{
    Addresses, PROGRAM_ID,
    snapshot::{CLOCK, unix_seconds},
};
use risk::MAX_ASSETS;
use solana_account::Account;
use solana_address::Address;
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};

use super::{
    book::{Book, Seen},
    config::Config,
    link::{Link, short},
    news::FullRead,
};
use crate::{
    scene::{Own, Settings},
    upkeep,
};

/// Pyth's receivers since August 2026, and the push oracle that goes with each.
const PYTH: [(Address, Address); 2] = [
    (
        Address::from_str_const("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ"),
        Address::from_str_const("pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT"),
    ),
    (
        Address::from_str_const("rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp"),
        Address::from_str_const("pyt2F414BA6dPttK6RddPZUdHfapoBN24GL5wbrPCou"),
    ),
];
/// Where every account but offers and stakes names its clearinghouse.
const CLEARINGHOUSE_AT: usize = 8;

fn filter(at: usize, bytes: &[u8]) -> RpcFilterType {
    RpcFilterType::Memcmp(Memcmp::new_base58_encoded(at, bytes))
}

/// All accounts of one clearinghouse, and all offers: an offer names its maker, and is its clearinghouse's.
pub async fn everything(link: &Link, at: &Addresses) -> FullRead {
    let named = |error| short(&error);
    let own = vec![filter(CLEARINGHOUSE_AT, at.clearinghouse.as_ref())];
    let (slot, mut accounts) = link.program_accounts(&PROGRAM_ID, own).await.map_err(named)?;
    let offers = vec![filter(0, &discriminator()), RpcFilterType::DataSize(8 + size_of::<Offer>() as u64)];
    let (offers_slot, offers) = link.program_accounts(&PROGRAM_ID, offers).await.map_err(named)?;
    let (_, root) = link.accounts(&[at.clearinghouse], None).await.map_err(named)?;
    accounts.extend(offers);
    accounts.extend(root.into_iter().filter_map(|(address, account)| Some((address, account?))));
    Ok((slot.min(offers_slot), accounts))
}

fn discriminator() -> [u8; 8] {
    use anchor_lang::Discriminator;
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&Offer::DISCRIMINATOR[..8]);
    bytes
}

/// What the pass before the next decision read, in the order of `hot_addresses`.
pub type Hot = Vec<Seen>;

/// The clock, the board, the breaker, the fund, the own account, markets and feeds.
pub async fn hot(link: &Link, book: &Book, own: &Own, settings: &Settings) -> Result<(u64, Hot), String> {
    let at = &book.scene.at;
    let mut wanted = vec![CLOCK, at.board, at.breaker, at.insurance_fund];
    wanted.extend(own.margin_account);
    wanted.extend(book.scene.markets.keys().map(|market| at.market(*market)));
    for (asset, row) in (0_u8..).zip(&book.scene.board.rows) {
        wanted.extend(upkeep::feeds(row, settings.feeds.get(&asset)).unwrap_or_default());
    }
    let (slot, found) = link.accounts(&wanted, None).await.map_err(|error| short(&error))?;
    Ok((slot, found.into_iter().map(|(address, account)| Seen { address, slot, account }).collect()))
}

/// Takes over what was read.
pub fn apply(book: &mut Book, found: Hot, settings: &Settings) {
    let mut others = std::collections::HashMap::new();
    for seen in found {
        let data = seen.account.as_ref().map(|account| &account.data);
        if seen.address == CLOCK {
            book.scene.now = data.and_then(|data| unix_seconds(data)).unwrap_or(book.scene.now);
            continue;
        }
        if seen.account.as_ref().is_some_and(|account| account.owner == PROGRAM_ID) {
            book.see(seen);
        } else {
            others.insert(seen.address, seen.account);
        }
    }
    let rows = book.scene.board.rows.clone();
    for (asset, row) in (0_u8..).zip(&rows) {
        let Some(feeds) = upkeep::feeds(row, settings.feeds.get(&asset)) else { continue };
        let said: Vec<Option<Account>> = feeds.iter().map(|feed| others.get(feed).cloned().flatten()).collect();
        book.hear(asset, &said);
    }
}

/// Where the feeds of assets are that nobody told: for pull feeds the push oracle's own addresses.
pub fn learn_feeds(book: &Book, settings: &mut Settings, config: &Config) {
    let (told, shard) = &config.push_oracle;
    let receivers = &book.scene.board.header.receivers;
    let pair = PYTH.iter().find(|(receiver, _)| receivers.contains(receiver)).unwrap_or(&PYTH[0]);
    let program = told.unwrap_or(pair.1);
    let derived = |id: &[u8; 32]| Address::find_program_address(&[&shard.to_le_bytes(), id], &program).0;
    let pull = firebreak::state::FeedKind::PythPull as u8;
    for (asset, row) in (0_u8..).zip(&book.scene.board.rows).take(MAX_ASSETS) {
        if settings.feeds.contains_key(&asset) {
            continue;
        }
        let place = |kind: u8, id: &[u8; 32]| if kind == pull { derived(id) } else { Address::new_from_array(*id) };
        let mut feeds = vec![place(row.primary_kind, &row.primary_feed)];
        if row.has_secondary() {
            feeds.push(place(row.secondary_kind, &row.secondary_feed));
        }
        let feeds = config.feeds.get(&asset).cloned().unwrap_or(feeds);
        settings.feeds.insert(asset, feeds);
    }
}
