use risk::Action;

use crate::{
    error::FirebreakError,
    state::{AssetRow, Market},
};

/// Puts the rate that the average premium asks for on the row, from the last price on, for as long as a premium counts: a rate that nobody
/// renews ends. Needs a price good enough to add risk.
pub fn update_funding(market: &mut Market, row: &mut AssetRow, now: i64) -> core::result::Result<(), FirebreakError> {
    row.require(Action::AddRisk, now)?;
    let terms = market.funding_terms();
    let premium = market.premium().at(now, &terms);
    market.set_premium(premium);
    row.funding_rate = premium.rate(market.open_interest(), row.mark, &terms);
    row.funding_until = row.publish_time.saturating_add(i64::from(terms.premium_seconds));
    Ok(())
}
