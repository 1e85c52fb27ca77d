//! A change beside what it replaces: field by field, with the direction of each.

use firebreak_client::firebreak::{
    governance::{Change, Parameters, Payload},
    instructions::PricePrograms,
};
use firebreak_replay::migrations::symbol_text;
use risk::{Direction, Rule};
use serde::Serialize;
use solana_address::Address;

use super::desk::Desk;
use crate::output::{Colour, Table, cell};

/// One field of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    pub name: String,
    /// None where it is new.
    pub old: Option<String>,
    pub new: String,
    pub direction: &'static str,
}

/// The word for a direction.
pub fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Unchanged => "unchanged",
        Direction::Tightening => "tightens",
        Direction::Loosening => "loosens",
    }
}

/// A change, taken apart.
pub struct Compared {
    /// What it is about, such as `market SOL`.
    pub about: String,
    pub fields: Vec<Field>,
    pub direction: Direction,
}

fn values_of(payload: &Payload) -> Vec<u64> {
    payload.chunks_exact(8).map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap_or_default())).collect()
}

fn addresses_of(payload: &Payload) -> Vec<Address> {
    let read = |bytes: &[u8]| Address::new_from_array(bytes.try_into().unwrap_or_default());
    payload.chunks_exact(32).map(read).collect()
}

fn one(rule: &Rule, old: u64, new: u64) -> Direction {
    risk::direction(std::slice::from_ref(rule), &[old], &[new])
}

/// The fields that differ, and the direction of all together.
fn changed<P: Parameters>(before: &Payload, new: &P) -> (Vec<Field>, Direction) {
    let (new, mut old) = (new.values().as_ref().to_vec(), values_of(before));
    old.truncate(new.len());
    let rows = P::RULES.iter().zip(old.iter().zip(&new)).filter(|(_, (old, new))| old != new);
    let field = |(rule, (old, new)): (&Rule, (&u64, &u64))| Field {
        name: rule.name.to_owned(),
        old: Some(old.to_string()),
        new: new.to_string(),
        direction: word(one(rule, *old, *new)),
    };
    (rows.map(field).collect(), risk::direction(P::RULES, &old, &new))
}

fn listed(name: &str, new: impl ToString) -> Field {
    Field { name: name.to_owned(), old: None, new: new.to_string(), direction: word(Direction::Loosening) }
}

fn all_new<P: Parameters>(new: &P) -> Vec<Field> {
    let values = new.values().as_ref().to_vec();
    P::RULES.iter().zip(values).map(|(rule, value)| listed(rule.name, value)).collect()
}

fn role(name: &str, old: Option<&Address>, new: &Address) -> Vec<Field> {
    vec![Field { old: old.map(Address::to_string), ..listed(name, new) }]
}

/// Takes a change apart; `before` is what it replaces, as a proposal keeps it.
pub fn compare(desk: &Desk, change: &Change, before: &Payload) -> Compared {
    let parameters = |about, (fields, direction)| Compared { about, fields, direction };
    let loosening = |about, fields| Compared { about, fields, direction: Direction::Loosening };
    match change {
        Change::Asset { index, parameters: new } => {
            parameters(format!("asset {}", desk.market_name(*index)), changed(before, new))
        }
        Change::Market { index, parameters: new } => {
            parameters(format!("market {}", desk.market_name(*index)), changed(before, new))
        }
        Change::Bank { index, parameters: new } => {
            parameters(format!("bank {}", desk.units.bank(*index).symbol), changed(before, new))
        }
        Change::Fund { parameters: new } => parameters("insurance fund".to_owned(), changed(before, new)),
        Change::Delay { seconds } => {
            let old = u32::from_le_bytes([before[0], before[1], before[2], before[3]]);
            let direction = if old == *seconds { Direction::Unchanged } else { Direction::Tightening };
            let field =
                Field { old: Some(old.to_string()), direction: word(direction), ..listed("delay_seconds", seconds) };
            Compared { about: "delay".to_owned(), fields: vec![field], direction }
        }
        Change::Authority { key } => {
            loosening("authority".to_owned(), role("authority", addresses_of(before).first(), key))
        }
        Change::Guardian { key } => {
            loosening("guardian".to_owned(), role("guardian", addresses_of(before).get(1), key))
        }
        Change::AddAsset { config } => {
            let mut fields = vec![
                listed("symbol", symbol_text(&config.symbol)),
                listed("lot_exponent", config.lot_exponent),
                listed("feed_kind", config.feed_kind),
                listed("feed", hexadecimal(&config.feed)),
                listed("secondary_kind", config.secondary_kind),
            ];
            if let Ok(row) = config.row(desk.found.clearinghouse.quote_decimals) {
                fields.extend(all_new(&firebreak_client::firebreak::governance::AssetParameters::of(&row)));
            }
            loosening(format!("listing of the asset {}", symbol_text(&config.symbol)), fields)
        }
        Change::AddMarket { index, config } => {
            loosening(format!("listing of the market {}", desk.market_name(*index)), all_new(config))
        }
        Change::AddCollateralBank { index, mint, config } => {
            let fields = vec![
                listed("mint", mint),
                listed("asset", desk.market_name(config.asset)),
                listed("haircut_bps", config.haircut_bps),
                listed("liquidation_discount_bps", config.liquidation_discount_bps),
                listed("deposit_cap", config.deposit_cap),
                listed("surcharge_bps", config.surcharge_bps),
            ];
            loosening(format!("listing of the bank {index}"), fields)
        }
        Change::SetPricePrograms { programs } => {
            loosening("price programs".to_owned(), price_programs(&addresses_of(before), programs))
        }
        Change::ResetBreaker { market } => loosening(format!("breaker of {}", desk.market_name(*market)), vec![]),
    }
}

fn price_programs(old: &[Address], programs: &PricePrograms) -> Vec<Field> {
    let [a, b, c, d] = programs.receivers;
    let names = ["receiver 1", "receiver 2", "receiver 3", "receiver 4", "legacy program"];
    let new = [a, b, c, d, programs.legacy_program];
    let rows = names.into_iter().zip(old.iter().zip(new)).filter(|(_, (old, new))| **old != *new);
    rows.map(|(name, (old, new))| Field { old: Some(old.to_string()), ..listed(name, new) }).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The fields as a table.
pub fn table(fields: &[Field]) -> Table {
    let mut table = Table::new(&["parameter", ">now", ">then", ""]);
    for field in fields {
        let colour = if field.direction == "loosens" { Colour::Warning } else { Colour::Good };
        let old = field.old.clone().unwrap_or_else(|| "-".to_owned());
        table.row([field.name.clone().into(), old.into(), field.new.clone().into(), cell(field.direction, colour)]);
    }
    table
}
