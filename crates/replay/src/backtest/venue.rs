//! One market with its accounts as plain values, and the program's own functions on them. Whatever is refused changes nothing.

use anchor_lang::prelude::Address;
use bytemuck::Zeroable;
use firebreak::{
    FirebreakError,
    clearing::{self, Deleveraging, Fill, Liquidation, LiquidationRequest, Portfolio, Side},
    instructions::BreakerConfig,
    state::{AssetRow, CROSS, MarginAccount, Market, Position},
};
use firebreak_client::MarginAccountView;
use risk::{Action, Level, OraclePrice, PositionTotals, Valuation};

use crate::listing::{DOLLAR, Listing};

type Checked<T> = Result<T, FirebreakError>;

pub const LIQUIDATOR: usize = 0;
const MAKERS: usize = 4;
pub const FIRST_TRADER: usize = LIQUIDATOR + MAKERS + 1;

pub const LIQUIDATOR_CASH: u64 = 200_000 * DOLLAR;
pub const MAKER_CASH: u64 = 2_000_000 * DOLLAR;
pub const TRANCHE: u64 = 50_000 * DOLLAR;

/// The market, its row, its accounts and its clock.
pub struct Venue {
    pub now: i64,
    pub rows: Vec<AssetRow>,
    pub market: Market,
    pub accounts: Vec<MarginAccountView>,
    deposited: u64,
}

/// A cleared trade, not yet written.
pub struct Taken {
    maker: usize,
    market: Market,
    taking: MarginAccountView,
    making: MarginAccountView,
}

/// Nothing is watched where there is no threshold.
const NO_BREAKER: BreakerConfig = BreakerConfig {
    move_bps: 0,
    uncertain_seconds: 0,
    liquidated_bps: 0,
    liquidated_floor_lots: 0,
    drawdown_bps: 0,
    cooldown_seconds: 0,
    grace_seconds: 0,
};

impl Venue {
    /// A listed market with its tranche (where it has no automatic breaker, nothing is watched), the liquidator and the makers; no price, no trader yet.
    pub fn new(listing: &Listing, liquidator_cash: u64, has_breaker: bool) -> Checked<Self> {
        let mut row = listing.asset.row(6).map_err(|_| FirebreakError::InvariantBroken)?;
        let mut market = Market::zeroed();
        listing.market.list(&mut market, &mut row)?;
        if !has_breaker {
            NO_BREAKER.apply(&mut market, &mut row);
        }
        market.tranche = TRANCHE;
        let rows = vec![row];
        let mut venue = Self { now: 0, rows, market, accounts: Vec::new(), deposited: TRANCHE };
        venue.open_account(liquidator_cash);
        for _ in 0..MAKERS {
            venue.open_account(MAKER_CASH);
        }
        Ok(venue)
    }

    /// A new account with cash; its number.
    pub fn open_account(&mut self, cash: u64) -> usize {
        let header =
            MarginAccount { owner: Address::default(), cash, isolated_market: CROSS, ..MarginAccount::zeroed() };
        self.accounts.push(MarginAccountView { header, slots: vec![Position::default(); 4] });
        self.deposited += cash;
        self.accounts.len() - 1
    }

    pub fn row(&self) -> &AssetRow {
        &self.rows[0]
    }

    /// Takes a reading through the gate onto the row.
    pub fn refresh(&mut self, time: i64, price_e8: u64, confidence_e8: u64) -> Checked<()> {
        self.now = time;
        let row = &mut self.rows[0];
        let reading = OraclePrice {
            price: i64::try_from(price_e8).map_err(|_| FirebreakError::PriceOutOfRange)?,
            confidence: confidence_e8,
            exponent: row.primary_exponent,
            publish_time: time,
        };
        let state =
            risk::accept_price(&reading, &row.gate(), &row.price_state(), time).map_err(FirebreakError::from)?;
        row.apply_price(&state)
    }

    /// The level that the automatic breaker has the market at; nobody else sets one.
    pub fn level(&self) -> Level {
        self.row().breaker.level_at(self.now).max(self.market.stress(self.now).enters)
    }

    /// What a keeper does: the breaker sees the books.
    pub fn poke(&mut self) {
        let (seen, now) = (self.market.seen(self.now), self.now);
        self.rows[0].poke(seen, now);
    }

    /// Signed lots, whatever the side went through since the position was touched.
    pub fn size(&self, account: usize) -> i64 {
        let position = self.accounts[account].position(0);
        position.and_then(|position| self.row().leg(position).ok()).map_or(0, |leg| leg.size)
    }

    pub fn for_maintenance(&self, account: usize) -> Checked<Valuation> {
        let view = &self.accounts[account];
        clearing::value_for_maintenance(&view.header, &view.slots, &self.rows, self.now)
    }

    /// Initial margin that an account's position needs now; its price may be uncertain.
    pub fn initial_margin(&self, account: usize) -> u64 {
        let view = &self.accounts[account];
        let value = clearing::value_for_initial(&view.header, &view.slots, &self.rows, Action::ReduceRisk, self.now);
        value.map_or(0, |value| value.requirement)
    }

    /// The maker whose position a trade brings nearest to zero.
    fn maker_for(&self, lots: i64) -> usize {
        (LIQUIDATOR + 1..FIRST_TRADER).min_by_key(|maker| (self.size(*maker) - lots).abs()).unwrap_or(FIRST_TRADER - 1)
    }

    /// An account takes a maker's offer: buys `lots`, sells where negative.
    pub fn take(&mut self, account: usize, lots: i64, spread_bps: u32) -> Checked<()> {
        let Taken { maker, market, taking, making } = self.taken(account, lots, spread_bps)?;
        (self.market, self.accounts[account], self.accounts[maker]) = (market, taking, making);
        Ok(())
    }

    /// What `take` would leave.
    pub fn taken(&self, account: usize, lots: i64, spread_bps: u32) -> Checked<Taken> {
        let maker = self.maker_for(lots);
        let buys = lots > 0;
        let reference = clearing::offer_reference(self.row(), buys, self.now);
        let fill = Fill { lots: lots.unsigned_abs(), price: clearing::offer_price(reference, spread_bps, buys)? };
        let mut market = self.market;
        let (mut taking, mut making) = (self.accounts[account].clone(), self.accounts[maker].clone());
        let fee_bps = u64::from(market.taker_fee_bps);
        let (mut takes, mut makes) = (portfolio(&mut taking), portfolio(&mut making));
        let (takes, makes) = (Side { portfolio: &mut takes, fee_bps }, Side { portfolio: &mut makes, fee_bps: 0 });
        let (buyer, seller) = if buys { (takes, makes) } else { (makes, takes) };
        clearing::trade(&mut market, &self.rows, buyer, seller, fill, self.level(), self.now)?;
        Ok(Taken { maker, market, taking, making })
    }

    /// The liquidator takes over at most `max_lots` of an account's position.
    pub fn liquidate(&mut self, account: usize, max_lots: u64) -> Checked<Liquidation> {
        let limit_price = if self.size(account) > 0 { u64::MAX } else { 0 };
        let is_grace = risk::is_grace(self.row().breaker.closed_until, self.market.grace_seconds, self.now);
        let mut market = self.market;
        let (mut taker, mut target) = (self.accounts[LIQUIDATOR].clone(), self.accounts[account].clone());
        let done = clearing::liquidate(
            &mut market,
            &self.rows,
            &mut portfolio(&mut taker),
            &mut portfolio(&mut target),
            LiquidationRequest { max_lots, limit_price, is_grace },
            self.now,
        )?;
        (self.market, self.accounts[LIQUIDATOR], self.accounts[account]) = (market, taker, target);
        Ok(done)
    }

    pub fn auto_deleverage(&mut self, account: usize) -> Checked<Deleveraging> {
        let (mut market, mut rows, mut view) = (self.market, self.rows.clone(), self.accounts[account].clone());
        let done = clearing::auto_deleverage(&mut market, &mut rows, &mut portfolio(&mut view), self.now)?;
        (self.market, self.rows, self.accounts[account]) = (market, rows, view);
        Ok(done)
    }

    /// Settles every account, as a keeper would: what may not be settled now waits.
    pub fn settle_all(&mut self) {
        for account in 0..self.accounts.len() {
            let (mut market, mut view) = (self.market, self.accounts[account].clone());
            let how = (self.level(), true);
            if clearing::settle(&mut portfolio(&mut view), &mut market, &self.rows, how, self.now).is_ok() {
                (self.market, self.accounts[account]) = (market, view);
            }
        }
    }

    /// The identities, to the atom: all cash is somewhere, and what one side holds the other owes.
    pub fn is_conserved(&self) -> bool {
        let cash: u64 = self.accounts.iter().map(|view| view.header.cash).sum();
        let market = &self.market;
        let held = cash + market.pool + market.tranche + market.fees + market.protocol_fees;
        let mut positions = PositionTotals::default();
        self.accounts.iter().flat_map(|view| view.positions()).for_each(|position| positions.add(position.leg()));
        held == self.deposited && market.invariant().is_ok() && market.totals().holds(&positions)
    }
}

fn portfolio(view: &mut MarginAccountView) -> Portfolio<'_> {
    Portfolio { account: &mut view.header, slots: &mut view.slots }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backtest::REGIMES;

    #[test]
    fn i01_an_atom_more_or_less_is_noticed() {
        let mut venue = Venue::new(&REGIMES[0].listing("SOL", -2), LIQUIDATOR_CASH, false).unwrap();
        let trader = venue.open_account(1_000 * DOLLAR);
        venue.refresh(1_000, 20_000_000_000, 10_000_000).unwrap();
        venue.take(trader, 1_000, 10).unwrap();
        assert_eq!((venue.size(trader), venue.is_conserved()), (1_000, true));
        venue.accounts[trader].header.cash += 1;
        assert!(!venue.is_conserved());
        venue.accounts[trader].header.cash -= 1;
        venue.market.pool += 1;
        venue.accounts[trader].header.cash -= 1;
        assert!(!venue.is_conserved());
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let mut venue = Venue::new(&REGIMES[0].listing("SOL", -2), LIQUIDATOR_CASH, false).unwrap();
        let trader = venue.open_account(100 * DOLLAR);
        venue.refresh(1_000, 20_000_000_000, 10_000_000).unwrap();
        let before = (venue.market, venue.accounts.clone());
        assert!(matches!(venue.take(trader, 1_000, 10), Err(FirebreakError::MarginInsufficient)));
        assert_eq!((venue.market, venue.accounts), before);
    }
}
