//! What concerns an asset, a market or the fund and needs no capital: tried on a copy, and listed where it would change something.

use firebreak::clearing::{sweep, update_funding, value_for_deleveraging};
use firebreak::state::{AssetRow, FeedKind, Market, Position};
use risk::{BPS_ONE, Level, OraclePrice, PriceState};
use solana_address::Address;

use firebreak_client::instructions::cancel_offer;

use crate::{
    job::{Job, Task},
    scene::{Own, Scene, Settings},
};

/// A deficit is reported again before the hour that exits stay closed for is over.
const REPORTED_AGAIN_SECONDS: i64 = 1_800;
/// Accounts touched by one instruction.
const PER_TOUCH: usize = 16;

/// Prices that will soon be no longer fresh, one job each: a dead feed must not keep the others from being refreshed.
pub fn refreshes(scene: &Scene, settings: &Settings) -> Vec<Job> {
    let assets = (0_u8..).zip(&scene.board.rows).filter(|(asset, _)| settings.shard.has_asset(*asset));
    assets.filter_map(|(asset, row)| refresh(scene, settings, (asset, row))).collect()
}

fn refresh(scene: &Scene, settings: &Settings, (asset, row): (u8, &AssetRow)) -> Option<Job> {
    let age = scene.now.saturating_sub(row.publish_time);
    let is_old = age >= i64::from(row.fresh_age_seconds).saturating_sub(settings.refresh_lead_seconds);
    let said = scene.readings.get(&asset).map(|said| news(row, said, scene.now));
    let why = match said {
        None if is_old => {
            format!("asset {asset}'s price is {age} seconds old and fresh up to {}", row.fresh_age_seconds)
        }
        Some(Some(next)) if is_old || is_far(row, &next, settings) => {
            let PriceState { mark, publish_time, .. } = next;
            format!("asset {asset} is at {} since {age} seconds, its feed at {mark} of {publish_time}", row.mark)
        }
        // Nothing on the board would change: a dead feed is not asked again and again.
        _ => return None,
    };
    let feeds: Vec<(u8, Address)> =
        feeds(row, settings.feeds.get(&asset))?.into_iter().map(|feed| (asset, feed)).collect();
    Some(Job::new(Task::RefreshPrice { asset }, scene.at.refresh_prices(&feeds), why))
}

/// What the feeds would bring onto the board, where the gate lets them and they say something newer.
fn news(row: &AssetRow, said: &[Option<OraclePrice>], now: i64) -> Option<PriceState> {
    let reading = |index: usize| said.get(index).copied().flatten();
    let next = match row.has_secondary() {
        true => risk::accept_feeds([reading(0), reading(1)], &row.feed_gates(), &row.feeds_state(), now).ok()?.price,
        false => risk::accept_price(&reading(0)?, &row.gate(), &row.price_state(), now).ok()?,
    };
    (next.publish_time > row.publish_time).then_some(next)
}

/// Whether the feed is far enough from the board not to wait until the price is old.
fn is_far(row: &AssetRow, next: &PriceState, settings: &Settings) -> bool {
    let far = risk::bps_up(row.mark, settings.refresh_move_bps.min(BPS_ONE)).unwrap_or(u64::MAX);
    next.mark.abs_diff(row.mark) >= far.max(1) || next.quality as u8 != row.quality
}

/// The accounts of an asset's feeds, as told or as the row names them. None where nobody knows one.
pub(crate) fn feeds(row: &AssetRow, told: Option<&Vec<Address>>) -> Option<Vec<Address>> {
    let legacy = FeedKind::PythLegacy as u8;
    let feed = |index: usize, kind: u8, id: [u8; 32]| {
        let told = told.and_then(|told| told.get(index)).copied();
        told.or_else(|| (kind == legacy).then(|| Address::new_from_array(id)))
    };
    let mut found = vec![feed(0, row.primary_kind, row.primary_feed)?];
    if row.has_secondary() {
        found.push(feed(1, row.secondary_kind, row.secondary_feed)?);
    }
    Some(found)
}

/// The worst bankrupt account among these, where exits are not closed for long: nobody leaves ahead of a loss that is known.
pub fn deficit(scene: &Scene, below: &[Address]) -> Option<Job> {
    let fund = scene.fund.as_ref()?;
    if fund.closed_until > scene.now.saturating_add(REPORTED_AGAIN_SECONDS) {
        return None;
    }
    let equity = |address: &Address| {
        let account = scene.accounts.get(address)?;
        let value = value_for_deleveraging(&account.header, &account.slots, &scene.board.rows, scene.now).ok()?;
        (value.equity < 0).then_some((value.equity, *address))
    };
    let (equity, account) = below.iter().filter_map(equity).min()?;
    let why =
        format!("{account} is bankrupt by {} atoms and exits of the insurance fund are open", equity.unsigned_abs());
    Some(Job::new(Task::ReportDeficit { account }, scene.at.report_deficit(account), why))
}

fn own_markets<'a>(
    scene: &'a Scene,
    settings: &'a Settings,
) -> impl Iterator<Item = (u8, &'a Market, &'a AssetRow)> + 'a {
    let own = scene.markets.iter().filter(|(index, _)| settings.shard.has_asset(**index));
    own.filter_map(|(index, market)| Some((*index, market, scene.board.rows.get(*index as usize)?)))
}

/// Breakers that a poke would raise, or keep from running out while what tripped them goes on.
pub fn pokes(scene: &Scene, settings: &Settings) -> Vec<Job> {
    let poke = |(market, books, row): (u8, &Market, &AssetRow)| {
        let mut after = *row;
        after.poke(books.seen(scene.now), scene.now);
        let (level, next) = (row.breaker.level_at(scene.now), after.breaker.level_at(scene.now));
        let gained = after.breaker.until.saturating_sub(row.breaker.until);
        let is_kept = next > Level::Normal && gained > i64::from(row.cooldown_seconds) / 2;
        if next == level && !is_kept {
            return None;
        }
        let why = format!("market {market}'s breaker is at {level:?} and its books and price ask for {next:?}");
        Some(Job::new(Task::Poke { market }, scene.at.poke(market), why))
    };
    own_markets(scene, settings).filter_map(poke).collect()
}

/// Positions of the epoch before, several accounts to a job.
pub fn touches(scene: &Scene, settings: &Settings) -> Vec<Job> {
    let left = scene.markets.iter().filter(|(_, market)| market.long_left_behind + market.short_left_behind > 0);
    let mut jobs = Vec::new();
    for (market, _) in left {
        let Some(row) = scene.board.rows.get(*market as usize) else { continue };
        let is_behind =
            |position: &&Position| position.side_epoch != row.side(position.size > 0).epoch && position.size != 0;
        let own = scene.accounts.iter().filter(|(address, _)| settings.shard.has_account(address));
        let behind = own.filter(|(_, account)| account.position(*market).as_ref().is_some_and(is_behind));
        let behind: Vec<Address> = behind.map(|(address, _)| *address).collect();
        for some in behind.chunks(PER_TOUCH) {
            let why = format!(
                "{} accounts stand in market {market}'s epoch before, which deleveraging waits for",
                some.len()
            );
            let task = Task::TouchLeftBehind { market: *market, accounts: some.to_vec() };
            jobs.push(Job::new(task, scene.at.settle(*market, some), why));
        }
    }
    jobs
}

/// Rates that would change, or that end before half of their time.
pub fn funding(scene: &Scene, settings: &Settings) -> Vec<Job> {
    let funding = |(market, books, row): (u8, &Market, &AssetRow)| {
        if books.funding_cap_bps == 0 {
            return None;
        }
        let (mut books, mut after) = (*books, *row);
        update_funding(&mut books, &mut after, scene.now).ok()?;
        let is_due = row.funding_until.saturating_sub(scene.now) < i64::from(books.premium_seconds) / 2;
        let is_new = (row.funding_rate == 0) != (after.funding_rate == 0);
        let is_kept_up = is_due && after.funding_rate != 0;
        if !is_new && !is_kept_up {
            return None;
        }
        let why =
            format!("market {market}'s rate is {} and its fills ask for {}", row.funding_rate, after.funding_rate);
        Some(Job::new(Task::UpdateFunding { market }, scene.at.update_funding(market), why))
    };
    own_markets(scene, settings).filter_map(funding).collect()
}

/// Sweeps that move enough.
pub fn sweeps(scene: &Scene, settings: &Settings) -> Vec<Job> {
    let try_one = |(market, books, _): (u8, &Market, &AssetRow)| {
        let mut fund = scene.fund?;
        let done = sweep(&mut books.clone(), &scene.board.rows, &mut fund, scene.now).ok()?;
        let moved = done.fees_to_fund.saturating_add(done.returned).saturating_add(done.refilled);
        if moved < settings.sweep_from.max(1) {
            return None;
        }
        let why =
            format!("market {market} and the fund have {moved} atoms to exchange, {} of them a refill", done.refilled);
        let instruction = scene.at.sweep_insurance(market, settings.quote_mint, settings.quote_token_program);
        Some(Job::new(Task::SweepInsurance { market }, instruction, why))
    };
    own_markets(scene, settings).filter_map(try_one).collect()
}

/// Own offers that ran out: nobody takes them any more, and their rent is waiting.
pub fn expired_offers(scene: &Scene, own: &Own) -> Vec<Job> {
    let cancel = |(address, offer): (&Address, &firebreak::state::Offer)| {
        let maker = &scene.accounts.get(&offer.margin_account)?.header;
        if offer.expires_at > scene.now || (maker.owner != own.trader && maker.delegate != own.trader) {
            return None;
        }
        let why = format!("the own offer {address} ran out {} seconds ago", scene.now.saturating_sub(offer.expires_at));
        let instruction = cancel_offer(offer.market, own.trader, offer.margin_account, maker.owner);
        Some(Job::new(Task::CancelOwnOffer { offer: *address }, instruction, why))
    };
    scene.offers.iter().filter_map(cancel).collect()
}
