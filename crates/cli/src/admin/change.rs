//! From words to a typed change.

use std::str::FromStr;

use firebreak_client::firebreak::{
    governance::{AssetParameters, BankParameters, Change, FundParameters, Parameters, Payload},
    instructions::{MarketConfig, PricePrograms},
};
use solana_address::Address;

use super::desk::Desk;
use crate::failure::{Failure, Outcome};

/// `name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    name: String,
    value: u64,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form name=value"))?;
        let digits = value.replace('_', "");
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let value = Some(digits).filter(|_| is_number).and_then(|digits| digits.parse().ok());
        let value = value.ok_or_else(|| format!("`{text}`: the value must be a whole number from 0 to 2^64 - 1"))?;
        Ok(Self { name: name.to_owned(), value })
    }
}

/// Parameters in force with some of them replaced. Errors: an unknown name with all that are known, a name given twice, a value that
/// is too large.
fn with<P: Parameters>(what: &str, current: &P, assignments: &[Assignment]) -> Outcome<P> {
    let mut values = current.values().as_ref().to_vec();
    for (number, Assignment { name, value }) in assignments.iter().enumerate() {
        let Some(place) = P::RULES.iter().position(|rule| rule.name == name) else {
            let known: Vec<_> = P::RULES.iter().map(|rule| rule.name).collect();
            return Err(Failure::usage(format!("{name} is no parameter of {what}: there are {}", known.join(", "))));
        };
        if assignments[..number].iter().any(|earlier| earlier.name == *name) {
            return Err(Failure::usage(format!("{name} is given twice: give it once")));
        }
        values[place] = *value;
        if P::of_values(&values).is_none() {
            let rule = &P::RULES[place];
            return Err(Failure::usage(format!(
                "{name}={value} is too large: its bounds are {} to {}",
                rule.least, rule.most
            )));
        }
    }
    P::of_values(&values).ok_or_else(|| Failure::usage(format!("the parameters of {what} cannot be read")))
}

/// A payload as a proposal would keep it.
fn payload(bytes: impl IntoIterator<Item = u8>) -> Payload {
    let mut payload = [0; 256];
    payload.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    payload
}

fn kept<P: Parameters>(parameters: &P) -> Payload {
    payload(parameters.values().as_ref().iter().flat_map(|value| value.to_le_bytes()))
}

impl Desk<'_> {
    /// A change of an asset's parameters, and what it replaces.
    pub fn asset_change(&self, name: &str, assignments: &[Assignment]) -> Outcome<(Change, Payload)> {
        let index = self.units.find_asset(name)?;
        let current = AssetParameters::of(&self.found.board.rows[index as usize]);
        let parameters = with("an asset", &current, assignments)?;
        Ok((Change::Asset { index, parameters }, kept(&current)))
    }

    pub fn market_change(&self, name: &str, assignments: &[Assignment]) -> Outcome<(Change, Payload)> {
        let index = self.units.find_asset(name)?;
        let current = self.market_parameters(index)?;
        let parameters = with("a market", &current, assignments)?;
        Ok((Change::Market { index, parameters }, kept(&current)))
    }

    pub fn market_parameters(&self, index: u8) -> Outcome<MarketConfig> {
        let market = self.found.markets.get(&index);
        let market =
            market.ok_or_else(|| Failure::not_found(format!("there is no market {}", self.market_name(index))))?;
        Ok(MarketConfig::of(market, &self.found.board.rows[index as usize]))
    }

    pub fn bank_change(&self, name: &str, assignments: &[Assignment]) -> Outcome<(Change, Payload)> {
        let index = self.bank(name)?;
        let current = self.bank_parameters(index)?;
        let parameters = with("a bank", &current, assignments)?;
        Ok((Change::Bank { index, parameters }, kept(&current)))
    }

    pub fn bank_parameters(&self, index: u8) -> Outcome<BankParameters> {
        let bank = self.found.banks.get(&index);
        let bank = bank.ok_or_else(|| Failure::not_found(format!("there is no bank {index}")))?;
        let row = self.found.board.rows.get(bank.asset as usize).filter(|_| !bank.is_quote());
        Ok(BankParameters::of(bank, row))
    }

    pub fn fund_change(&self, assignments: &[Assignment]) -> Outcome<(Change, Payload)> {
        let current = FundParameters::of(&self.found.fund);
        let parameters = with("the insurance fund", &current, assignments)?;
        Ok((Change::Fund { parameters }, kept(&current)))
    }

    pub fn delay_change(&self, seconds: u32) -> (Change, Payload) {
        (Change::Delay { seconds }, payload(self.found.clearinghouse.delay_seconds.to_le_bytes()))
    }

    /// Authority and guardian in force.
    pub fn roles(&self) -> Payload {
        let root = &self.found.clearinghouse;
        payload([root.authority, root.guardian].iter().flat_map(|key| key.to_bytes()))
    }

    pub fn price_programs_change(&self, receivers: &[Address], legacy: Option<Address>) -> Outcome<(Change, Payload)> {
        let current = PricePrograms::of(&self.found.board.header);
        let mut places = [Address::default(); 4];
        if receivers.len() > places.len() {
            return Err(Failure::usage(format!("{} receivers are too many: four may be named", receivers.len())));
        }
        places.iter_mut().zip(receivers).for_each(|(place, receiver)| *place = *receiver);
        let programs = PricePrograms { receivers: places, legacy_program: legacy.unwrap_or_default() };
        let all = current.receivers.into_iter().chain([current.legacy_program]);
        Ok((Change::SetPricePrograms { programs }, payload(all.flat_map(|key| key.to_bytes()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_a_name_and_a_whole_number() {
        let parsed = |text: &str| text.parse::<Assignment>().map(|found| (found.name, found.value));
        assert_eq!(parsed("a=1_000"), Ok(("a".to_owned(), 1_000)));
        for bad in ["a", "a=", "a=-1", "a=1.5", "a=+1", "a=99999999999999999999", "a=0x10"] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn unknown_double_and_oversized_values_are_named() {
        let current = FundParameters { cooldown_seconds: 5 };
        let set = |text: &[&str]| {
            let parsed: Vec<Assignment> = text.iter().map(|text| text.parse().unwrap()).collect();
            with("the insurance fund", &current, &parsed).map_err(|failure| failure.message)
        };
        assert_eq!(set(&["cooldown_seconds=9"]).unwrap().cooldown_seconds, 9);
        assert!(set(&["cooldown=9"]).unwrap_err().contains("there are cooldown_seconds"));
        assert!(set(&["cooldown_seconds=9", "cooldown_seconds=8"]).unwrap_err().contains("given twice"));
        assert!(set(&["cooldown_seconds=4294967296"]).unwrap_err().contains("too large"));
    }
}
