//! What a step may be, and its instructions.

use firebreak::instructions::{
    AssetConfig, BankConfig, ClearinghouseConfig, MarketConfig, OutflowConfig, PricePrograms,
};
use firebreak_client::{Addresses, TOKEN_PROGRAM};
use serde::Deserialize;
use solana_address::Address;
use solana_instruction::Instruction;

use super::config::{AssetFields, BankFields, MarketFields, OutflowFields, address, addresses};

/// One step of the set-up.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    Deploy(Deploy),
    Tokens(Tokens),
    Create(Create),
    List(Box<List>),
    Bank(Bank),
    Seal(Seal),
}

/// The program is there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    #[serde(deserialize_with = "address")]
    pub program: Address,
}

/// The mints that later steps name are there. Only a local network makes them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    pub tokens: Vec<Token>,
}

/// A mint.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    pub symbol: String,
    #[serde(deserialize_with = "address")]
    pub mint: Address,
    pub decimals: u8,
}

/// The clearinghouse. Its authority is whoever signs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    #[serde(deserialize_with = "address")]
    pub guardian: Address,
    #[serde(deserialize_with = "address")]
    pub quote_mint: Address,
    pub delay_seconds: u32,
    /// Quote atoms that accounts may hold together.
    pub quote_deposit_cap: u64,
    /// Programs that may own price updates, four at most.
    #[serde(deserialize_with = "addresses")]
    pub receivers: Vec<Address>,
    /// Program that may own older price accounts; left out where none is accepted.
    #[serde(default, deserialize_with = "address")]
    pub legacy_program: Address,
    #[serde(with = "OutflowFields")]
    pub outflow: OutflowConfig,
}

/// An asset and its market.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    pub index: u8,
    #[serde(with = "AssetFields")]
    pub asset: AssetConfig,
    #[serde(with = "MarketFields")]
    pub market: MarketConfig,
}

/// A further token as collateral.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    pub index: u8,
    #[serde(deserialize_with = "address")]
    pub mint: Address,
    #[serde(with = "BankFields")]
    pub terms: BankConfig,
}

/// Set-up ends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {}

impl Create {
    /// As the program takes it. Places of receivers beyond the fourth are left out; `read` refuses such a file.
    pub fn config(&self) -> ClearinghouseConfig {
        ClearinghouseConfig {
            guardian: self.guardian,
            delay_seconds: self.delay_seconds,
            quote_deposit_cap: self.quote_deposit_cap,
            price_programs: self.price_programs(),
            outflow: self.outflow,
        }
    }

    pub fn price_programs(&self) -> PricePrograms {
        let mut receivers = [Address::default(); 4];
        receivers.iter_mut().zip(&self.receivers).for_each(|(place, receiver)| *place = *receiver);
        PricePrograms { receivers, legacy_program: self.legacy_program }
    }
}

impl Step {
    /// The transactions of a step that has instructions, each to be signed by payer and authority. `token_program` owns the
    /// mint the step names.
    pub fn transactions(
        &self,
        (id, at): (u64, &Addresses),
        (payer, authority): (Address, Address),
        token_program: Option<Address>,
    ) -> Vec<Vec<Instruction>> {
        let token_program = token_program.unwrap_or(TOKEN_PROGRAM);
        match self {
            Self::Deploy(_) | Self::Tokens(_) => vec![],
            Self::Create(create) => {
                let config = create.config();
                vec![vec![at.create_clearinghouse(id, payer, authority, create.quote_mint, token_program, config)]]
            }
            Self::List(list) => vec![vec![
                at.add_asset(payer, authority, list.asset),
                at.add_market(payer, authority, list.index, list.market),
            ]],
            Self::Bank(bank) => {
                vec![vec![at.add_collateral_bank(payer, authority, bank.mint, token_program, bank.index, bank.terms)]]
            }
            Self::Seal(_) => vec![vec![at.seal(authority)]],
        }
    }

    /// The mint whose token program the step's instructions name.
    pub fn mint(&self) -> Option<Address> {
        match self {
            Self::Create(create) => Some(create.quote_mint),
            Self::Bank(bank) => Some(bank.mint),
            _ => None,
        }
    }
}
