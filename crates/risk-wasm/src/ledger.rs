//! The ledger identities (I-01 to I-03), over everything there is.

use firebreak::state::{CollateralBank, InsuranceFund, InsuranceStake, MarginAccount, Market};
use serde_json::{Value, json};

use crate::{
    accounts::{BankData, FundData, Margin, MarketData, StakeData, is},
    json::{Problem, figure},
};

/// Where a token account keeps its amount.
const AMOUNT: core::ops::Range<usize> = 64..72;
const ADDRESS_LEN: usize = 32;

#[derive(Default)]
struct Books {
    accounts: Vec<Margin>,
    markets: Vec<Market>,
    banks: Vec<CollateralBank>,
    fund: Option<InsuranceFund>,
    stakes: Vec<InsuranceStake>,
}

impl Books {
    fn read(accounts: &[&[u8]]) -> Result<Self, Problem> {
        let mut books = Self::default();
        for data in accounts.iter().copied() {
            if is::<MarginAccount>(data) {
                books.accounts.push(Margin::decode(data)?);
            } else if is::<Market>(data) {
                books.markets.push(MarketData::decode(data)?.0);
            } else if is::<CollateralBank>(data) {
                books.banks.push(BankData::decode(data)?.0);
            } else if is::<InsuranceFund>(data) {
                books.fund = Some(FundData::decode(data)?.0);
            } else if is::<InsuranceStake>(data) {
                books.stakes.push(StakeData::decode(data)?.0);
            }
        }
        books.markets.sort_by_key(|market| market.index);
        books.banks.sort_by_key(|bank| bank.index);
        Ok(books)
    }
}

/// What a vault holds; none where it was not passed.
fn balance(vaults: &[&[u8]], address: &[u8]) -> Option<i128> {
    let vault = vaults.iter().find(|vault| vault.starts_with(address))?;
    let amount = vault.get(ADDRESS_LEN..)?.get(AMOUNT)?;
    Some(i128::from(u64::from_le_bytes(amount.try_into().ok()?)))
}

/// One identity: two sides that must be equal.
fn identity(id: &str, name: &str, (of, index): (&str, Option<u8>), left: i128, right: i128) -> Value {
    json!({
        "id": id,
        "name": name,
        "of": of,
        "index": index,
        "left": figure(left),
        "right": figure(right),
        "difference": figure(left - right),
        "holds": left == right,
    })
}

pub fn identities(accounts: &[&[u8]], vaults: &[&[u8]]) -> Result<Value, Problem> {
    let books = Books::read(accounts)?;
    let mut all = Vec::new();
    for bank in &books.banks {
        let at = (if bank.is_quote() { "quote" } else { "bank" }, Some(bank.index));
        let booked = i128::from(bank.total);
        all.push(identity("I-01", "accounts and markets == booked", at, held(&books, bank), booked));
        if let Some(vault) = balance(vaults, bank.vault.as_ref()) {
            all.push(identity("I-02", "vault == booked", at, vault, booked));
        }
    }
    books.markets.iter().for_each(|market| all.extend(of_market(&books, market)));
    if let Some(fund) = &books.fund {
        all.extend(of_fund(&books, fund, balance(vaults, fund.vault.as_ref())));
    }
    Ok(Value::Array(all))
}

/// What of a bank's token belongs to accounts and, of the quote token, to markets.
fn held(books: &Books, bank: &CollateralBank) -> i128 {
    if !bank.is_quote() {
        let slots = books.accounts.iter().flat_map(|margin| margin.account.collateral);
        return slots.filter(|slot| slot.bank == bank.index).map(|slot| i128::from(slot.amount)).sum();
    }
    let cash: i128 = books.accounts.iter().map(|margin| i128::from(margin.account.cash)).sum();
    let own = |market: &Market| [market.pool, market.tranche, market.fees, market.protocol_fees];
    cash + books.markets.iter().flat_map(own).map(i128::from).sum::<i128>()
}

fn of_market(books: &Books, market: &Market) -> [Value; 3] {
    let at = ("market", Some(market.index));
    let positions =
        || books.accounts.iter().flat_map(Margin::positions).filter(|position| position.market == market.index);
    let size: i128 = positions().map(|position| i128::from(position.size)).sum();
    let entry: i128 = positions().map(|position| i128::from(position.entry)).sum();
    let dust = market.dust();
    let own_entry = i128::from(dust.entry) + i128::from(market.pool) + i128::from(market.carry);
    let longs: i128 = positions().map(|position| i128::from(position.size.max(0))).sum();
    [
        identity("I-01", "sizes + the market's own == 0", at, size + i128::from(dust.size), 0),
        identity("I-01", "entries + the market's own + pool + carry == 0", at, entry + own_entry, 0),
        identity("I-03", "long positions == long open interest", at, longs, i128::from(market.long_open_interest)),
    ]
}

fn of_fund(books: &Books, fund: &InsuranceFund, vault: Option<i128>) -> Vec<Value> {
    let at = ("fund", None);
    let reported = books.markets.iter().map(|market| i128::from(market.tranche_reported)).sum();
    let current = books.stakes.iter().filter(|stake| stake.epoch == fund.epoch);
    let shares = current.map(|stake| i128::from(stake.shares)).sum();
    let vault = vault.map(|vault| identity("I-02", "insurance vault == fund", at, vault, i128::from(fund.assets)));
    let books = [
        identity("I-01", "tranches reported == deployed", at, reported, i128::from(fund.deployed)),
        identity("I-01", "stakers' shares == shares", at, shares, i128::from(fund.shares)),
    ];
    vault.into_iter().chain(books).collect()
}
