//! From what people type to atoms and lots, and back: which decimals each number has, and what markets and banks are called.

mod typed;
mod wording;

pub use typed::{AllOr, TypedSize};
pub use wording::{duration, percent, short, time};

use serde::Serialize;

use firebreak_client::{Overview, symbol};

use crate::{
    decimal::{self, Decimal},
    failure::{Failure, Outcome},
    names::Names,
};

/// Money or tokens. As JSON: atoms as a string, and the same with its decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Amount {
    #[serde(serialize_with = "as_string")]
    pub atoms: i128,
    pub human: String,
    #[serde(skip)]
    decimals: i32,
}

/// Lots, and the same in units of the asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Size {
    #[serde(serialize_with = "as_string")]
    pub lots: i128,
    pub human: String,
    #[serde(skip)]
    decimals: i32,
}

/// Quote atoms per lot, and the same in quote per unit of the asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Price {
    #[serde(serialize_with = "as_string")]
    pub atoms_per_lot: i128,
    pub human: String,
    #[serde(skip)]
    decimals: i32,
}

fn as_string<S: serde::Serializer>(value: &i128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl Amount {
    /// For people: thousands apart, at least two decimals.
    pub fn pretty(&self) -> String {
        decimal::pretty(self.atoms, self.decimals, 2)
    }

    /// The same with all its decimals, so that points stand under points.
    pub fn pretty_whole(&self) -> String {
        decimal::pretty(self.atoms, self.decimals, self.decimals.max(0) as usize)
    }
}

impl Size {
    pub fn pretty(&self) -> String {
        decimal::pretty(self.lots, self.decimals, self.decimals.max(0) as usize)
    }
}

impl Price {
    pub fn pretty(&self) -> String {
        decimal::pretty(self.atoms_per_lot, self.decimals, self.decimals.max(0) as usize)
    }
}

/// A token.
#[derive(Clone, Debug)]
pub struct Token {
    pub symbol: String,
    pub decimals: i32,
}

/// An asset with a row on the board.
#[derive(Clone, Debug)]
struct Asset {
    symbol: String,
    lot_exponent: i32,
    has_market: bool,
}

/// Decimals and names of everything in a clearinghouse.
#[derive(Clone, Debug)]
pub struct Units {
    pub quote: Token,
    assets: Vec<Asset>,
    banks: Vec<Token>,
}

impl Units {
    pub fn of(overview: &Overview, names: &Names) -> Self {
        let assets: Vec<Asset> = overview
            .board
            .rows
            .iter()
            .map(|row| Asset {
                symbol: symbol(row),
                lot_exponent: i32::from(row.lot_exponent),
                has_market: row.has_market != 0,
            })
            .collect();
        let banks = overview.banks.values().map(|bank| {
            let asset = assets.get(usize::from(bank.asset)).map(|asset| asset.symbol.as_str());
            Token { symbol: names.of_bank(bank, asset), decimals: i32::from(bank.decimals) }
        });
        let banks: Vec<Token> = banks.collect();
        let decimals = i32::from(overview.clearinghouse.quote_decimals);
        let symbol = banks.first().map_or_else(|| "quote".to_owned(), |bank| bank.symbol.clone());
        Self { quote: Token { symbol, decimals }, assets, banks }
    }

    fn asset(&self, index: u8) -> Asset {
        let none = || Asset { symbol: format!("asset {index}"), lot_exponent: 0, has_market: false };
        self.assets.get(usize::from(index)).cloned().unwrap_or_else(none)
    }

    /// What an asset or its market is called.
    pub fn symbol(&self, asset: u8) -> String {
        let Asset { symbol, .. } = self.asset(asset);
        if symbol.is_empty() { format!("asset {asset}") } else { symbol }
    }

    pub fn bank(&self, index: u8) -> Token {
        let none = || Token { symbol: format!("bank {index}"), decimals: 0 };
        self.banks.get(usize::from(index)).cloned().unwrap_or_else(none)
    }

    pub fn amount(&self, atoms: impl Into<i128>) -> Amount {
        Self::amount_of(&self.quote, atoms)
    }

    /// Tokens of a bank.
    pub fn bank_amount(&self, bank: u8, atoms: impl Into<i128>) -> Amount {
        Self::amount_of(&self.bank(bank), atoms)
    }

    /// Shares of the insurance fund: a thousand for what was an atom at first.
    pub fn shares(&self, shares: u64) -> Amount {
        Self::amount_of(&Token { symbol: String::new(), decimals: self.quote.decimals + 3 }, shares)
    }

    pub fn amount_of(token: &Token, atoms: impl Into<i128>) -> Amount {
        let (atoms, decimals) = (atoms.into(), token.decimals);
        Amount { atoms, human: decimal::format(atoms, decimals), decimals }
    }

    pub fn size(&self, asset: u8, lots: impl Into<i128>) -> Size {
        let (lots, decimals) = (lots.into(), -self.asset(asset).lot_exponent);
        Size { lots, human: decimal::format(lots, decimals), decimals }
    }

    fn price_decimals(&self, asset: u8) -> i32 {
        self.quote.decimals + self.asset(asset).lot_exponent
    }

    pub fn price(&self, asset: u8, atoms_per_lot: impl Into<i128>) -> Price {
        let (atoms_per_lot, decimals) = (atoms_per_lot.into(), self.price_decimals(asset));
        Price { atoms_per_lot, human: decimal::format(atoms_per_lot, decimals), decimals }
    }

    /// Atoms of a bank's token. Error: 0, too precise, too large.
    pub fn parse_amount(&self, bank: u8, typed: Decimal) -> Outcome<u64> {
        let token = self.bank(bank);
        above_zero(typed.to_integer(token.decimals).map_err(of(&token.symbol))?, &token.symbol)
    }

    /// Quote atoms.
    pub fn parse_quote(&self, typed: Decimal) -> Outcome<u64> {
        self.parse_amount(0, typed)
    }

    /// Shares of the insurance fund, as `shares` prints them.
    pub fn parse_shares(&self, typed: Decimal) -> Outcome<u64> {
        above_zero(typed.to_integer(self.quote.decimals + 3).map_err(of("shares"))?, "shares")
    }

    /// Lots. Error: none, no whole number of lots, more than an account may hold.
    pub fn parse_size(&self, asset: u8, typed: TypedSize) -> Outcome<u64> {
        let symbol = self.symbol(asset);
        let lots = match typed {
            TypedSize::Lots(lots) => lots.to_integer(0).map_err(of("lots"))?,
            TypedSize::Units(units) => units.to_integer(-self.asset(asset).lot_exponent).map_err(|error| {
                let lot = self.size(asset, 1).human;
                Failure::usage(format!("size: {error}; a lot is {lot} {symbol}"))
            })?,
        };
        let most = risk::MAX_LOTS.unsigned_abs();
        if lots > most {
            let (given, most) = (self.size(asset, lots).pretty(), self.size(asset, most).pretty());
            return Err(Failure::usage(format!("size: {given} {symbol} are too many: {most} is the largest position")));
        }
        above_zero(lots, &symbol)
    }

    /// Quote atoms per lot. Error: 0, finer than the market's prices, too large.
    pub fn parse_price(&self, asset: u8, typed: Decimal) -> Outcome<u64> {
        let what = format!("price of {}", self.symbol(asset));
        above_zero(typed.to_integer(self.price_decimals(asset)).map_err(of(&what))?, &what)
    }

    /// The market of this index or symbol.
    pub fn market(&self, typed: &str) -> Outcome<u8> {
        let indexed = (0_u8..).zip(&self.assets).filter(|(_, asset)| asset.has_market);
        let markets: Vec<(u8, &str)> = indexed.map(|(index, asset)| (index, asset.symbol.as_str())).collect();
        find("market", typed, &markets)
    }

    /// The asset of this index or symbol, whether it has a market or not.
    pub fn find_asset(&self, typed: &str) -> Outcome<u8> {
        let assets: Vec<(u8, &str)> = (0_u8..).zip(self.assets.iter().map(|asset| asset.symbol.as_str())).collect();
        find("asset", typed, &assets)
    }

    /// The bank of this index or symbol.
    pub fn find_bank(&self, typed: &str) -> Outcome<u8> {
        let banks: Vec<(u8, &str)> = (0_u8..).zip(self.banks.iter().map(|bank| bank.symbol.as_str())).collect();
        find("bank", typed, &banks)
    }
}

/// Names what a number was for.
fn of(what: &str) -> impl Fn(decimal::DecimalError) -> Failure {
    move |error| Failure::usage(format!("{what}: {error}"))
}

fn above_zero(value: u64, what: &str) -> Outcome<u64> {
    if value == 0 { Err(Failure::usage(format!("{what}: 0 is not enough, type more than 0"))) } else { Ok(value) }
}

/// By index, or by symbol in whatever case; an exact symbol wins.
fn find(what: &str, typed: &str, known: &[(u8, &str)]) -> Outcome<u8> {
    let by_symbol = known.iter().find(|(_, symbol)| symbol.eq_ignore_ascii_case(typed));
    let by_index = || typed.parse::<u8>().ok().and_then(|index| known.iter().find(|(known, _)| *known == index));
    if let Some((index, _)) = by_symbol.or_else(by_index) {
        return Ok(*index);
    }
    let list: Vec<String> = known.iter().map(|(index, symbol)| format!("{symbol} ({index})")).collect();
    let list = if list.is_empty() { "none".to_owned() } else { list.join(", ") };
    Err(Failure::not_found(format!("there is no {what} {typed}: there is {list}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units() -> Units {
        let asset =
            |symbol: &str, lot_exponent| Asset { symbol: symbol.to_owned(), lot_exponent, has_market: symbol != "X" };
        let token = |symbol: &str, decimals| Token { symbol: symbol.to_owned(), decimals };
        Units {
            quote: token("USDC", 6),
            assets: vec![asset("SOL", -2), asset("BTC", -5), asset("BONK", 5), asset("X", 0)],
            banks: vec![token("USDC", 6), token("SOL", 9)],
        }
    }

    #[test]
    fn sizes_are_units_or_lots() {
        let size = |market, typed: &str| units().parse_size(market, typed.parse().unwrap());
        assert_eq!(size(0, "1.25").unwrap(), 125);
        assert_eq!(size(0, "125lots").unwrap(), 125);
        assert_eq!(size(0, "1 lot").unwrap(), 1);
        assert_eq!(size(2, "300000").unwrap(), 3);
        assert!(size(0, "1.255").unwrap_err().message.contains("a lot is 0.01 SOL"));
        assert!(size(2, "300001").unwrap_err().message.contains("a lot is 100000 BONK"));
        assert!(size(0, "0").is_err() && size(0, "0.5lots").is_err());
        assert_eq!(size(0, "268435456lots").unwrap(), 1 << 28);
        assert!(size(0, "268435457lots").unwrap_err().message.contains("largest position"));
    }

    #[test]
    fn prices_are_per_unit_and_exact() {
        let units = units();
        let price = |market, typed: &str| units.parse_price(market, typed.parse().unwrap());
        assert_eq!(price(0, "140.25").unwrap(), 1_402_500);
        assert_eq!(price(1, "100000.1").unwrap(), 1_000_001);
        assert_eq!(price(2, "0.00002").unwrap(), 2_000_000);
        assert!(price(1, "100000.15").unwrap_err().message.contains("at most 1"));
        assert_eq!(units.price(0, 1_402_500_u64).human, "140.2500");
        assert_eq!(units.price(2, 2_000_000_u64).human, "0.00002000000");
    }

    #[test]
    fn markets_and_banks_go_by_index_or_symbol() {
        let units = units();
        assert_eq!(units.market("sol").unwrap(), 0);
        assert_eq!(units.market("1").unwrap(), 1);
        assert_eq!(units.find_bank("SOL").unwrap(), 1);
        for missing in ["X", "3", "9", "", "-1", "256"] {
            let failure = units.market(missing).unwrap_err();
            assert_eq!(failure.exit_code(), 4);
            assert!(failure.message.contains("SOL (0), BTC (1), BONK (2)"), "{failure}");
        }
    }
}
