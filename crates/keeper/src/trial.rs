//! Copies of the accounts, on which the program's own code carries a job out before it is listed.

use std::collections::BTreeMap;

use firebreak::clearing::{
    Conversion, ConversionRequest, Deleveraging, Fill, Liquidation, LiquidationRequest, Portfolio, Settlement, Side,
    auto_deleverage, convert_collateral, liquidate, settle, trade, value_for_initial,
};
use firebreak::state::Market;
use firebreak_client::{Board, FirebreakError, MarginAccountView};
use risk::{Action, Activity, BPS_ONE, Level, Valuation};
use solana_address::Address;

use crate::scene::Scene;

/// The scene as the jobs listed so far will leave it.
pub struct Trial<'a> {
    scene: &'a Scene,
    pub board: Board,
    markets: BTreeMap<u8, Market>,
    changed: BTreeMap<Address, MarginAccountView>,
}

/// What a take-over would leave.
pub struct TakeOver {
    done: Liquidation,
    market: u8,
    books: Market,
    accounts: [(Address, MarginAccountView); 2],
}

fn portfolio(account: &mut MarginAccountView) -> Portfolio<'_> {
    Portfolio { account: &mut account.header, slots: &mut account.slots }
}

impl TakeOver {
    pub fn done(&self) -> &Liquidation {
        &self.done
    }
}

impl<'a> Trial<'a> {
    pub fn new(scene: &'a Scene) -> Self {
        Self { scene, board: scene.board.clone(), markets: scene.markets.clone(), changed: BTreeMap::new() }
    }

    pub fn account(&self, address: &Address) -> Option<&MarginAccountView> {
        self.changed.get(address).or_else(|| self.scene.accounts.get(address))
    }

    pub fn value(&self, address: &Address) -> Result<Valuation, FirebreakError> {
        let account = self.account(address).ok_or(FirebreakError::AccountHealthy)?;
        account.value_for_maintenance(&self.board, self.scene.now)
    }

    /// An account and a market to try something on, and the level of the market's breaker.
    fn copies(&self, address: &Address, market: u8) -> Result<(MarginAccountView, Market, Level), FirebreakError> {
        let account = self.account(address).ok_or(FirebreakError::PositionMissing)?;
        let books = self.markets.get(&market).ok_or(FirebreakError::AssetMissing)?;
        let row = self.board.rows.get(market as usize).ok_or(FirebreakError::AssetMissing)?;
        Ok((account.clone(), *books, books.level(&self.scene.breaker, row, self.scene.now)))
    }

    pub fn settle(&mut self, address: &Address, market: u8) -> Result<Settlement, FirebreakError> {
        let (mut account, mut books, level) = self.copies(address, market)?;
        let how = (level, false);
        let done = settle(&mut portfolio(&mut account), &mut books, &self.board.rows, how, self.scene.now)?;
        if done.profit_paid > 0 {
            self.keep(market, books, [(*address, account)]);
        }
        Ok(done)
    }

    /// A take-over of up to `max_lots` that leaves `reserve_bps` of the own requirement free, to be kept or dropped.
    pub fn liquidate(
        &self,
        (own, address): (&Address, &Address),
        market: u8,
        (max_lots, limit_price): (u64, u64),
        reserve_bps: u64,
    ) -> Result<TakeOver, FirebreakError> {
        let (mut account, mut books, level) = self.copies(address, market)?;
        let mut taker = self.account(own).ok_or(FirebreakError::MarginInsufficient)?.clone();
        if !level.permits(Activity::Liquidate) {
            return Err(FirebreakError::BreakerActive);
        }
        let row = self.board.rows.get(market as usize).ok_or(FirebreakError::AssetMissing)?;
        let is_grace = books.is_grace(&self.scene.breaker, row, self.scene.now);
        let request = LiquidationRequest { max_lots, limit_price, is_grace };
        let (mut buying, mut giving) = (portfolio(&mut taker), portfolio(&mut account));
        let done = liquidate(&mut books, &self.board.rows, &mut buying, &mut giving, request, self.scene.now)?;
        self.require_reserve(own, &taker, reserve_bps)?;
        Ok(TakeOver { done, market, books, accounts: [(*own, taker), (*address, account)] })
    }

    pub fn keep_take_over(&mut self, taken: TakeOver) -> Liquidation {
        self.keep(taken.market, taken.books, taken.accounts);
        taken.done
    }

    /// Refuses a take-over that leaves less than the reserve, unless the own requirement falls.
    fn require_reserve(
        &self,
        own: &Address,
        after: &MarginAccountView,
        reserve_bps: u64,
    ) -> Result<(), FirebreakError> {
        let value = |account: &MarginAccountView| {
            value_for_initial(&account.header, &account.slots, &self.board.rows, Action::Liquidate, self.scene.now)
        };
        // Without a price for everything held nobody can tell; the program has its own rule for that.
        let Ok(valued) = value(after) else { return Ok(()) };
        let wanted = u128::from(valued.requirement) * u128::from(BPS_ONE + reserve_bps);
        let is_free = i128::from(valued.equity) * i128::from(BPS_ONE) >= wanted as i128;
        let before = self.account(own).and_then(|account| value(account).ok());
        let is_relief = before.is_some_and(|before| valued.requirement <= before.requirement);
        if is_free || is_relief { Ok(()) } else { Err(FirebreakError::MarginInsufficient) }
    }

    /// Buys up to `amount` atoms of a bank's token for at most `max_paid`, for no more than their mark worsened by `worse_bps`, and for
    /// a gain of at least `least_gain` quote atoms. What was gained at mark comes with it.
    pub fn convert(
        &mut self,
        (own, address): (&Address, &Address),
        bank: u8,
        request: ConversionRequest,
        (worse_bps, least_gain): (u64, i64),
    ) -> Result<(Conversion, i64), FirebreakError> {
        let bank = self.scene.banks.get(&bank).ok_or(FirebreakError::BankAccountMismatch)?;
        let mut seller = self.account(address).ok_or(FirebreakError::CollateralInsufficient)?.clone();
        let mut buyer = self.account(own).ok_or(FirebreakError::MarginInsufficient)?.clone();
        if !self.scene.breaker.global.level_at(self.scene.now).permits(Activity::Liquidate) {
            return Err(FirebreakError::BreakerActive);
        }
        let (mut buying, mut selling) = (portfolio(&mut buyer), portfolio(&mut seller));
        let done = convert_collateral(bank, &self.board.rows, &mut buying, &mut selling, request, self.scene.now)?;
        let row = self.board.rows.get(bank.asset as usize).ok_or(FirebreakError::AssetMissing)?;
        let value =
            row.collateral().value_whole(done.amount, row.mark).map_err(|_| FirebreakError::ArithmeticOverflow)?;
        let gain = i64::try_from(i128::from(value) - i128::from(done.paid)).unwrap_or(0);
        let most = value.saturating_add(risk::bps_down(value, worse_bps.min(BPS_ONE)).unwrap_or(0));
        if done.paid > most || gain < least_gain {
            return Err(FirebreakError::LimitPriceExceeded);
        }
        self.changed.extend([(*own, buyer), (*address, seller)]);
        Ok((done, gain))
    }

    /// Buys `lots` from a maker, sells where negative, for the taker's fee of the market.
    pub fn take(
        &mut self,
        (own, maker): (&Address, &Address),
        market: u8,
        lots: i64,
        price: u64,
    ) -> Result<(), FirebreakError> {
        let (mut making, mut books, level) = self.copies(maker, market)?;
        let mut taking = self.account(own).ok_or(FirebreakError::MarginInsufficient)?.clone();
        let fee_bps = u64::from(books.taker_fee_bps);
        let (mut taker, mut other) = (portfolio(&mut taking), portfolio(&mut making));
        let (taker, other) = (Side { portfolio: &mut taker, fee_bps }, Side { portfolio: &mut other, fee_bps: 0 });
        let (buyer, seller) = if lots > 0 { (taker, other) } else { (other, taker) };
        let fill = Fill { lots: lots.unsigned_abs(), price };
        trade(&mut books, &self.board.rows, buyer, seller, fill, level, self.scene.now)?;
        self.keep(market, books, [(*own, taking), (*maker, making)]);
        Ok(())
    }

    pub fn deleverage(&mut self, address: &Address, market: u8) -> Result<Deleveraging, FirebreakError> {
        let (mut account, mut books, level) = self.copies(address, market)?;
        if !level.permits(Activity::Liquidate) {
            return Err(FirebreakError::BreakerActive);
        }
        let mut rows = self.board.rows.clone();
        let done = auto_deleverage(&mut books, &mut rows, &mut portfolio(&mut account), self.scene.now)?;
        self.board.rows = rows;
        self.keep(market, books, [(*address, account)]);
        Ok(done)
    }

    fn keep<const N: usize>(&mut self, market: u8, books: Market, accounts: [(Address, MarginAccountView); N]) {
        self.markets.insert(market, books);
        self.changed.extend(accounts);
    }
}
