//! Everything there is, apart: parameters, books, and what is somebody's own.

use firebreak::{
    governance::{AssetParameters, BankParameters, Change, FundParameters, Parameters},
    instructions::MarketConfig,
    state::{AssetRow, CircuitBreaker, Clearinghouse, CollateralBank, InsuranceFund, Market, Proposal, RiskBoard},
};
use firebreak_client::{Board, PROGRAM_ID, decode};
use solana_account::Account;
use solana_address::Address;
use std::collections::BTreeMap;

use crate::{chain::Chain, ledger::token_amount, simulation::authority::Stage};

/// A clearinghouse at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub root: Clearinghouse,
    pub header: RiskBoard,
    pub rows: Vec<AssetRow>,
    pub breaker: CircuitBreaker,
    pub fund: InsuranceFund,
    pub markets: BTreeMap<u8, Market>,
    pub banks: BTreeMap<u8, CollateralBank>,
    /// Margin accounts, stakes, offers; byte for byte.
    pub own: BTreeMap<Address, Account>,
    /// Tokens in vaults.
    pub vaults: BTreeMap<Address, u64>,
}

impl View {
    pub fn of(world: &mut Stage) -> Self {
        let accounts = world.chain.program_accounts();
        let mut view = Self {
            root: world.clearinghouse(),
            header: bytemuck::Zeroable::zeroed(),
            rows: Vec::new(),
            breaker: bytemuck::Zeroable::zeroed(),
            fund: bytemuck::Zeroable::zeroed(),
            markets: BTreeMap::new(),
            banks: BTreeMap::new(),
            own: BTreeMap::new(),
            vaults: BTreeMap::new(),
        };
        for (address, account) in accounts {
            view.sort(address, account);
        }
        let vaults: Vec<_> = view.banks.values().map(|bank| bank.vault).chain([view.fund.vault]).collect();
        view.vaults =
            vaults.into_iter().filter_map(|vault| Some((vault, token_amount(&world.chain.account(&vault)?)))).collect();
        view
    }

    fn sort(&mut self, address: Address, account: Account) {
        let data = &account.data;
        if account.owner != PROGRAM_ID || decode::<Clearinghouse>(data).is_ok() || decode::<Proposal>(data).is_ok() {
        } else if let Ok(board) = Board::decode(data) {
            (self.header, self.rows) = (board.header, board.rows);
        } else if let Ok(breaker) = decode::<CircuitBreaker>(data) {
            self.breaker = breaker;
        } else if let Ok(fund) = decode::<InsuranceFund>(data) {
            self.fund = fund;
        } else if let Ok(market) = decode::<Market>(data) {
            self.markets.insert(market.index, market);
        } else if let Ok(bank) = decode::<CollateralBank>(data) {
            self.banks.insert(bank.index, bank);
        } else {
            self.own.insert(address, account);
        }
    }

    /// Every parameter, by name.
    pub fn parameters(&self) -> BTreeMap<String, u64> {
        let mut all = BTreeMap::new();
        for (index, row) in self.rows.iter().enumerate() {
            name(&mut all, &format!("asset {index}"), &AssetParameters::of(row));
        }
        for (index, market) in &self.markets {
            if let Some(row) = self.rows.get(*index as usize) {
                name(&mut all, &format!("market {index}"), &MarketConfig::of(market, row));
            }
        }
        for (index, bank) in &self.banks {
            let row = self.rows.get(bank.asset as usize).filter(|_| !bank.is_quote());
            name(&mut all, &format!("bank {index}"), &BankParameters::of(bank, row));
        }
        name(&mut all, "fund", &FundParameters::of(&self.fund));
        all.insert("root.delay_seconds".to_owned(), u64::from(self.root.delay_seconds));
        all
    }

    /// The same moment with the parameters of another one: what is left to compare are the books.
    pub fn with_parameters_of(&self, other: &Self) -> Self {
        let mut view = self.clone();
        for (row, old) in view.rows.iter_mut().zip(&other.rows) {
            AssetParameters::of(old).apply(row);
            (row.haircut_bps, row.discount_bps, row.surcharge_bps) =
                (old.haircut_bps, old.discount_bps, old.surcharge_bps);
            (row.maintenance_from_bps, row.haircut_from_bps) = (old.maintenance_from_bps, old.haircut_from_bps);
            row.ramp_started = old.ramp_started;
        }
        for (index, old) in &other.markets {
            let row = *index as usize;
            if let (Some(market), Some(row), Some(then)) =
                (view.markets.get_mut(index), view.rows.get_mut(row), other.rows.get(row))
            {
                // A depth that is stored fits its row.
                let _ = MarketConfig::of(old, then).apply(market, row);
            }
        }
        for (index, old) in &other.banks {
            if let Some(bank) = view.banks.get_mut(index) {
                BankParameters::of(old, None).apply(bank);
            }
        }
        FundParameters::of(&other.fund).apply(&mut view.fund);
        view.root = other.root;
        view.header = other.header;
        view
    }
}

/// The parameters that a change sets, by name.
pub fn set_by(change: &Change) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    match change {
        Change::Asset { index, parameters } => name(&mut all, &format!("asset {index}"), parameters),
        Change::Market { index, parameters } => name(&mut all, &format!("market {index}"), parameters),
        Change::Bank { index, parameters } => name(&mut all, &format!("bank {index}"), parameters),
        Change::Fund { parameters } => name(&mut all, "fund", parameters),
        Change::Delay { seconds } => drop(all.insert("root.delay_seconds".to_owned(), u64::from(*seconds))),
        _ => {}
    }
    all
}

fn name<P: Parameters>(all: &mut BTreeMap<String, u64>, of: &str, parameters: &P) {
    let named = P::RULES.iter().zip(parameters.values().as_ref().to_vec());
    all.extend(named.map(|(rule, value)| (format!("{of}.{}", rule.name), value)));
}
