//! A step compared with the chain.

use std::fmt::{Debug, Display};

use anyhow::{Context, Result};
use firebreak::{
    governance::{AssetParameters, BankParameters, Parameters},
    instructions::{MarketConfig, OutflowConfig, PricePrograms},
    state::{Clearinghouse, CollateralBank, Market},
};
use firebreak_client::{Addresses, Board, decode};
use serde::Serialize;
use solana_account::Account;
use solana_address::Address;

use super::{Bank, Create, List, Network, Step, Token};

/// What a step finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The chain is as the file says.
    Done,
    /// It will be done, with these values.
    Will { values: Vec<(String, String)> },
    /// It is there, with other values.
    Differs { differences: Vec<Difference> },
    /// Somebody has to do something first.
    Blocked { reason: String },
}

/// A field with two values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub field: String,
    pub chain: String,
    pub file: String,
}

/// Collects fields that differ.
#[derive(Default)]
struct Comparison {
    differences: Vec<Difference>,
}

impl Comparison {
    fn field<T: PartialEq + Display>(&mut self, name: &str, chain: T, file: T) {
        if chain != file {
            let (chain, file) = (chain.to_string(), file.to_string());
            self.differences.push(Difference { field: name.to_owned(), chain, file });
        }
    }

    fn list<T: PartialEq + Debug>(&mut self, name: &str, chain: T, file: T) {
        if chain != file {
            let (chain, file) = (format!("{chain:?}"), format!("{file:?}"));
            self.differences.push(Difference { field: name.to_owned(), chain, file });
        }
    }

    fn parameters<P: Parameters>(&mut self, prefix: &str, chain: &P, file: &P) {
        let values = chain.values().as_ref().to_vec().into_iter().zip(file.values().as_ref().to_vec());
        for (rule, (chain, file)) in P::RULES.iter().zip(values) {
            self.field(&format!("{prefix}{}", rule.name), chain, file);
        }
    }

    fn verdict(self) -> Verdict {
        match self.differences.is_empty() {
            true => Verdict::Done,
            false => Verdict::Differs { differences: self.differences },
        }
    }
}

fn values_of<P: Parameters>(prefix: &str, parameters: &P) -> Vec<(String, String)> {
    let values = parameters.values().as_ref().to_vec();
    P::RULES.iter().zip(values).map(|(rule, value)| (format!("{prefix}{}", rule.name), value.to_string())).collect()
}

fn pair(name: &str, value: impl Display) -> (String, String) {
    (name.to_owned(), value.to_string())
}

/// A symbol as text.
pub fn symbol_text(symbol: &[u8; 8]) -> String {
    String::from_utf8_lossy(symbol).trim_end_matches('\0').to_owned()
}

impl Step {
    /// Compares the step with the chain. Errors: the network, or an account that does not decode.
    pub fn verdict(&self, at: &Addresses, network: &mut dyn Network) -> Result<Verdict> {
        match self {
            Self::Deploy(deploy) => {
                let is_there = network.account(&deploy.program)?.is_some_and(|account| account.executable);
                Ok(match (is_there, network.local().is_some()) {
                    (true, _) => Verdict::Done,
                    (false, true) => Verdict::Will { values: vec![pair("program", deploy.program)] },
                    (false, false) => Verdict::Blocked {
                        reason: format!(
                            "no program at {}: build with platform-tools, then run `solana program deploy --program-id \
                             <its key file> firebreak.so`, and run this again",
                            deploy.program
                        ),
                    },
                })
            }
            Self::Tokens(tokens) => tokens_verdict(&tokens.tokens, network),
            Self::Create(create) => create.verdict(at, network),
            Self::List(list) => list.verdict(at, network),
            Self::Bank(bank) => bank.verdict(at, network),
            Self::Seal(_) => Ok(match clearinghouse(at, network)? {
                Some(found) if found.sealed == 1 => Verdict::Done,
                _ => Verdict::Will { values: vec![pair("sealed", "true, for ever")] },
            }),
        }
    }
}

fn clearinghouse(at: &Addresses, network: &mut dyn Network) -> Result<Option<Clearinghouse>> {
    let found = network.account(&at.clearinghouse)?;
    found.map(|account| decode(&account.data)).transpose().context("the clearinghouse does not decode")
}

/// Refuses to list without a proposal where the clearinghouse is sealed.
fn free_until_sealed(will: Verdict, at: &Addresses, network: &mut dyn Network) -> Result<Verdict> {
    let is_sealed = clearinghouse(at, network)?.is_some_and(|found| found.sealed == 1);
    Ok(match is_sealed {
        true => Verdict::Blocked {
            reason: "the clearinghouse is sealed: propose the listing (`firebreak admin propose --help`)".to_owned(),
        },
        false => will,
    })
}

fn mint_decimals(account: &Account) -> Option<u8> {
    (account.data.len() >= 82).then(|| account.data[44])
}

fn tokens_verdict(tokens: &[Token], network: &mut dyn Network) -> Result<Verdict> {
    let (mut compared, mut missing) = (Comparison::default(), Vec::new());
    for token in tokens {
        match network.account(&token.mint)?.as_ref().map(mint_decimals) {
            Some(Some(decimals)) => compared.field(&format!("{}.decimals", token.symbol), decimals, token.decimals),
            Some(None) => {
                compared.field(&format!("{}.mint", token.symbol), "not a mint".to_owned(), token.mint.to_string())
            }
            None => missing.push(pair(&token.symbol, format!("{} of {} decimals", token.mint, token.decimals))),
        }
    }
    if missing.is_empty() || !compared.differences.is_empty() {
        return Ok(compared.verdict());
    }
    Ok(match network.local() {
        Some(_) => Verdict::Will { values: missing },
        None => {
            let names: Vec<_> = missing.into_iter().map(|(symbol, mint)| format!("{symbol} ({mint})")).collect();
            let reason =
                format!("no mint of {}: only a local network makes tokens; check the addresses", names.join(", "));
            Verdict::Blocked { reason }
        }
    })
}

impl Create {
    fn verdict(&self, at: &Addresses, network: &mut dyn Network) -> Result<Verdict> {
        let Some(found) = clearinghouse(at, network)? else {
            return Ok(Verdict::Will { values: self.values(at) });
        };
        let (board, bank) = (network.account(&at.board)?, network.account(&at.quote_bank)?);
        let board = Board::decode(&board.context("the board is missing")?.data).context("the board does not decode")?;
        let bank: CollateralBank =
            decode(&bank.context("the quote bank is missing")?.data).context("the quote bank does not decode")?;
        let mut compared = Comparison::default();
        compared.field("guardian", found.guardian, self.guardian);
        compared.field("quote_mint", found.quote_mint, self.quote_mint);
        compared.field("delay_seconds", found.delay_seconds, self.delay_seconds);
        compared.field("quote_deposit_cap", bank.deposit_cap, self.quote_deposit_cap);
        let programs = PricePrograms { receivers: board.header.receivers, legacy_program: board.header.legacy_program };
        compared.list("receivers", programs.receivers, self.price_programs().receivers);
        compared.field("legacy_program", programs.legacy_program, self.legacy_program);
        let outflow =
            |outflow| BankParameters { outflow, deposit_cap: 0, haircut_bps: 0, discount_bps: 0, surcharge_bps: 0 };
        compared.parameters("outflow.", &outflow(OutflowConfig::of(&bank)), &outflow(self.outflow));
        Ok(compared.verdict())
    }

    fn values(&self, at: &Addresses) -> Vec<(String, String)> {
        vec![
            pair("clearinghouse", at.clearinghouse),
            pair("guardian", self.guardian),
            pair("quote_mint", self.quote_mint),
            pair("delay_seconds", self.delay_seconds),
            pair("quote_deposit_cap", self.quote_deposit_cap),
            pair("receivers", self.receivers.iter().map(Address::to_string).collect::<Vec<_>>().join(" ")),
            pair("legacy_program", self.legacy_program),
            pair("outflow", format!("{:?}", self.outflow)),
        ]
    }
}

impl List {
    fn verdict(&self, at: &Addresses, network: &mut dyn Network) -> Result<Verdict> {
        let decimals = clearinghouse(at, network)?.map_or(6, |found| found.quote_decimals);
        let wanted = self.asset.row(decimals).map_err(|error| {
            let cause = firebreak_client::explain(u64::from(error) as u32);
            let why =
                cause.map_or_else(|| "its parameters".to_owned(), |text| format!("{} ({})", text.sentence, text.name));
            anyhow::anyhow!("the asset would be refused: {why}")
        })?;
        let board = network.account(&at.board)?.map(|account| Board::decode(&account.data));
        let rows = board.transpose().context("the board does not decode")?.map_or(vec![], |board| board.rows);
        let Some(row) = rows.get(self.index as usize) else {
            let mut values = vec![pair("index", self.index), pair("symbol", symbol_text(&self.asset.symbol))];
            values.extend(values_of("asset.", &AssetParameters::of(&wanted)));
            values.extend(values_of("market.", &self.market));
            return free_until_sealed(Verdict::Will { values }, at, network);
        };
        let mut compared = Comparison::default();
        compared.field("asset.symbol", symbol_text(&row.symbol), symbol_text(&wanted.symbol));
        compared.field("asset.feed_kind", row.primary_kind, wanted.primary_kind);
        compared.list("asset.feed", row.primary_feed, wanted.primary_feed);
        compared.field("asset.exponent", row.primary_exponent, wanted.primary_exponent);
        compared.field("asset.lot_exponent", row.lot_exponent, wanted.lot_exponent);
        compared.field("asset.secondary_kind", row.secondary_kind, wanted.secondary_kind);
        compared.list("asset.secondary_feed", row.secondary_feed, wanted.secondary_feed);
        compared.field("asset.secondary_exponent", row.secondary_exponent, wanted.secondary_exponent);
        compared.parameters("asset.", &AssetParameters::of(row), &AssetParameters::of(&wanted));
        let market = network.account(&at.market(self.index))?.context("the asset is listed, its market is missing")?;
        let market: Market = decode(&market.data).context("the market does not decode")?;
        compared.parameters("market.", &MarketConfig::of(&market, row), &self.market);
        Ok(compared.verdict())
    }
}

impl Bank {
    fn verdict(&self, at: &Addresses, network: &mut dyn Network) -> Result<Verdict> {
        let terms = &self.terms;
        let wanted = BankParameters {
            deposit_cap: terms.deposit_cap,
            haircut_bps: terms.haircut_bps,
            discount_bps: terms.liquidation_discount_bps,
            surcharge_bps: terms.surcharge_bps,
            outflow: terms.outflow,
        };
        let Some(account) = network.account(&at.bank(self.index))? else {
            let mut values = vec![pair("index", self.index), pair("mint", self.mint), pair("asset", terms.asset)];
            values.extend(values_of("", &wanted));
            return free_until_sealed(Verdict::Will { values }, at, network);
        };
        let bank: CollateralBank = decode(&account.data).context("the bank does not decode")?;
        let board = network.account(&at.board)?.context("the board is missing")?;
        let board = Board::decode(&board.data).context("the board does not decode")?;
        let mut compared = Comparison::default();
        compared.field("mint", bank.mint, self.mint);
        compared.field("asset", bank.asset, terms.asset);
        compared.parameters("", &BankParameters::of(&bank, board.rows.get(bank.asset as usize)), &wanted);
        Ok(compared.verdict())
    }
}
