//! The program's valuation in the browser: account bytes in, figures out as JSON, worked out by the program's own code
//! (`firebreak::clearing`, `firebreak::state`, `risk`).
//!
//! Every function returns a JSON text. Amounts, prices, lots and times are decimal strings, because JavaScript's numbers hold 53 bits;
//! indices, levels and basis points are numbers; `refusal` is the name of the program's error. Where the bytes are no such account, the
//! text is `{"problem": …}`. Quote atoms, lots, quote atoms per lot and unix seconds throughout, as in the accounts. The JavaScript side is
//! `clients/ts/src/valuation`.
#![cfg(target_arch = "wasm32")] // errors are the program's own there; elsewhere they are Anchor's, and clients have `firebreak-client`

mod accounts;
mod fund;
mod json;
mod ledger;
mod market;
mod money;
mod parameters;
mod report;
mod trade;

use wasm_bindgen::prelude::wasm_bindgen;

use accounts::{BankData, Board, BreakerData, FundData, Margin, MarketData, OfferData, StakeData, packed};
use json::answer;

/// What an account is worth, what it requires and why, where each asset would have it liquidated: everything at mark.
#[wasm_bindgen]
pub fn report(board: &[u8], account: &[u8]) -> String {
    answer(|| report::report(&Board::decode(board)?, &Margin::decode(account)?))
}

/// Equity, requirement and nearest liquidation of many accounts, in their order; `accounts` is packed.
#[wasm_bindgen]
pub fn report_many(board: &[u8], accounts: &[u8]) -> String {
    answer(|| {
        let accounts = packed(accounts)?.into_iter().map(Margin::decode).collect::<Result<Vec<_>, _>>()?;
        report::report_many(&Board::decode(board)?, &accounts)
    })
}

/// The account as liquidation, deleveraging, new risk and a withdrawal see it now, or why they would be refused.
#[wasm_bindgen]
pub fn value(board: &[u8], account: &[u8], now: i64) -> String {
    answer(|| report::value(&Board::decode(board)?, &Margin::decode(account)?, now))
}

/// Every asset's price, how good it is now, and for what.
#[wasm_bindgen]
pub fn prices(board: &[u8], now: i64) -> String {
    answer(|| Ok(market::prices(&Board::decode(board)?, now)))
}

/// The breaker's levels now, with who asks for them and until when; `markets` is packed.
#[wasm_bindgen]
pub fn levels(breaker: &[u8], board: &[u8], markets: &[u8], now: i64) -> String {
    answer(|| {
        let markets = packed(markets)?.into_iter().map(MarketData::decode).collect::<Result<Vec<_>, _>>()?;
        market::levels(&BreakerData::decode(breaker)?, &Board::decode(board)?, &markets, now)
    })
}

/// What taking an offer does to the taker. `accounts` is packed: board, taker, maker, offer, market, breaker; an empty maker stands for one
/// that has enough of everything. A `limit_price` of 0: none.
#[wasm_bindgen]
pub fn preview_take(accounts: &[u8], lots: i64, limit_price: u64, now: i64) -> String {
    answer(|| {
        let [board, taker, maker, offer, market, breaker] = exactly(accounts)?;
        let maker = if maker.is_empty() { None } else { Some(Margin::decode(maker)?) };
        let place = trade::Place::decode(board, market, breaker)?;
        trade::preview_take(place, Margin::decode(taker)?, maker, OfferData::decode(offer)?, (lots, limit_price), now)
    })
}

/// The worst price that a slippage lets a taker pay, or get: rounded towards the price.
#[wasm_bindgen]
pub fn worst_price(price: u64, slippage_bps: u32, buys: bool) -> String {
    answer(|| Ok(json::figure(trade::worst_price(price, slippage_bps, buys)?)))
}

/// What either side of an offer does to its maker, where it is taken whole at the present mark. `accounts` is packed: board, maker,
/// market, breaker.
#[wasm_bindgen]
pub fn preview_offer(accounts: &[u8], bid: &[u64], ask: &[u64], now: i64) -> String {
    answer(|| {
        let [board, maker, market, breaker] = exactly(accounts)?;
        let (bid, ask) = (trade::Quote::read(bid)?, trade::Quote::read(ask)?);
        trade::preview_offer(&trade::Place::decode(board, market, breaker)?, &Margin::decode(maker)?, bid, ask, now)
    })
}

/// What liquidating does. `accounts` is packed: board, liquidator, liquidatee, market, breaker.
#[wasm_bindgen]
pub fn preview_liquidation(accounts: &[u8], max_lots: u64, limit_price: u64, now: i64) -> String {
    answer(|| {
        let [board, liquidator, liquidatee, market, breaker] = exactly(accounts)?;
        let place = trade::Place::decode(board, market, breaker)?;
        let sides = (Margin::decode(liquidator)?, Margin::decode(liquidatee)?);
        trade::preview_liquidation(place, sides, (max_lots, limit_price), now)
    })
}

/// What settling an account in a market does. `accounts` is packed: board, account, market, breaker.
#[wasm_bindgen]
pub fn preview_settlement(accounts: &[u8], now: i64) -> String {
    answer(|| {
        let [board, account, market, breaker] = exactly(accounts)?;
        trade::preview_settlement(trade::Place::decode(board, market, breaker)?, Margin::decode(account)?, now)
    })
}

/// What a deposit does.
#[wasm_bindgen]
pub fn preview_deposit(board: &[u8], account: &[u8], bank: &[u8], amount: u64, now: i64) -> String {
    answer(|| {
        let (board, account) = (Board::decode(board)?, Margin::decode(account)?);
        money::preview_deposit(&board, account, BankData::decode(bank)?, amount, now)
    })
}

/// What a withdrawal does, and the most that could be withdrawn now. `accounts` is packed: board, account, bank, breaker.
#[wasm_bindgen]
pub fn preview_withdrawal(accounts: &[u8], amount: u64, now: i64) -> String {
    answer(|| {
        let [board, account, bank, breaker] = exactly(accounts)?;
        let (board, breaker) = (Board::decode(board)?, BreakerData::decode(breaker)?);
        let exit = money::Exit { board: &board, breaker: &breaker, bank: BankData::decode(bank)?, now };
        money::preview_withdrawal(&exit, &Margin::decode(account)?, amount)
    })
}

/// The ledger identities over everything there is: `accounts` is packed, of all kinds, in any order; `vaults` is packed, 32 bytes of address
/// before each token account's data.
#[wasm_bindgen]
pub fn identities(accounts: &[u8], vaults: &[u8]) -> String {
    answer(|| ledger::identities(&packed(accounts)?, &packed(vaults)?))
}

/// What the insurance fund holds, what a share is worth, and what `amount` quote atoms would buy.
#[wasm_bindgen]
pub fn fund(fund: &[u8], amount: u64, now: i64) -> String {
    answer(|| Ok(fund::figures(&FundData::decode(fund)?, amount, now)))
}

/// What a stake is worth, and what leaving with all that asked to would pay now.
#[wasm_bindgen]
pub fn stake(fund: &[u8], stake: &[u8], now: i64) -> String {
    answer(|| fund::stake(FundData::decode(fund)?, StakeData::decode(stake)?, now))
}

/// The rules of a parameter set (`asset`, `market`, `bank`, `fund`), in the order in which proposals keep old values.
#[wasm_bindgen]
pub fn rules(set: &str) -> String {
    answer(|| parameters::rules(set))
}

/// Which way a change of a parameter set goes, whole and field by field, and whether a proposal may make it in one step.
#[wasm_bindgen]
pub fn direction(set: &str, old: &[u64], new: &[u64]) -> String {
    answer(|| parameters::direction(set, old, new))
}

fn exactly<const N: usize>(bytes: &[u8]) -> Result<[&[u8]; N], json::Problem> {
    let accounts = packed(bytes)?;
    let got = accounts.len();
    accounts.try_into().map_err(|_| json::Problem(format!("{got} accounts were passed, {N} are needed")))
}
