//! Everything a clearinghouse keeps, and what differs between two moments, by name.
//!
//! Two equal snapshots are the frame condition: no byte and no lamport of any program account, vault or actor's token
//! account changed.

use firebreak::state::{
    CircuitBreaker, Clearinghouse, CollateralBank, InsuranceFund, InsuranceStake, MarginAccount, Market, Offer,
    Proposal,
};
use firebreak_client::{Board, MarginAccountView, decode};
use firebreak_replay::{
    chain::Chain,
    world::{World, keypair},
};
use solana_account::Account;
use solana_address::Address;
use solana_signer::Signer;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Debug, Display},
    sync::OnceLock,
};

/// Names that actors of tests go by, so that a snapshot can call their accounts by them.
pub const CAST: [&str; 10] =
    ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "mallory", "maker", "tranche funder"];

/// Names of keys of token accounts that hold collateral.
pub const COLLATERAL_TOKENS: [&str; 5] =
    ["tokens of mint 1", "tokens of mint 2", "tokens of mint 3", "tokens of mint 4", "tokens of mint 5"];

/// One field that differs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    pub at: String,
    pub before: String,
    pub after: String,
}

impl Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", self.at, self.before, self.after)
    }
}

/// A field that went from one value to another.
pub fn change(at: impl Display, before: impl Display, after: impl Display) -> Change {
    Change { at: at.to_string(), before: before.to_string(), after: after.to_string() }
}

/// An account that appeared.
pub fn created(name: &str) -> Change {
    change(name, "absent", "present")
}

/// An account that is gone.
pub fn closed(name: &str) -> Change {
    change(name, "present", "absent")
}

/// All accounts that count, by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<String, Account>);

impl Snapshot {
    pub fn of<C: Chain>(world: &mut World<C>) -> Self {
        let mut accounts = world.chain.program_accounts();
        accounts.retain(|(_, account)| account.lamports > 0);
        let tokens = token_addresses(&accounts);
        accounts.extend(tokens.into_iter().filter_map(|address| Some((address, world.chain.account(&address)?))));
        accounts.retain(|(_, account)| account.lamports > 0);
        let names = Names::of(world, &accounts);
        Self(accounts.into_iter().map(|(address, account)| (names.known(&address), account)).collect())
    }

    /// What differs in a later snapshot, in order of the names.
    pub fn diff(&self, after: &Self) -> Vec<Change> {
        let names: BTreeSet<_> = self.0.keys().chain(after.0.keys()).collect();
        let mut changes = Vec::new();
        for name in names {
            match (self.0.get(name), after.0.get(name)) {
                (Some(before), Some(after)) if before != after => changes.extend(account_diff(name, before, after)),
                (None, Some(_)) => changes.push(created(name)),
                (Some(_), None) => changes.push(closed(name)),
                _ => {}
            }
        }
        changes.sort();
        changes
    }
}

impl Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Vaults, the token accounts of the cast, and those that hold collateral.
fn token_addresses(accounts: &[(Address, Account)]) -> BTreeSet<Address> {
    let of_bank = |data: &[u8]| decode::<CollateralBank>(data).ok().map(|bank| bank.vault);
    let of_fund = |data: &[u8]| decode::<InsuranceFund>(data).ok().map(|fund| fund.vault);
    let vaults = accounts.iter().filter_map(|(_, account)| of_bank(&account.data).or_else(|| of_fund(&account.data)));
    vaults.chain(cast().values().map(|member| member.1)).chain(collateral_tokens().values().copied()).collect()
}

/// Keys and token accounts of the cast.
fn cast() -> &'static BTreeMap<&'static str, (Address, Address)> {
    static KNOWN: OnceLock<BTreeMap<&'static str, (Address, Address)>> = OnceLock::new();
    let addresses = |name: &str| (keypair(name).pubkey(), keypair(&format!("{name}'s tokens")).pubkey());
    KNOWN.get_or_init(|| CAST.iter().map(|name| (*name, addresses(name))).collect())
}

fn collateral_tokens() -> &'static BTreeMap<&'static str, Address> {
    static KNOWN: OnceLock<BTreeMap<&'static str, Address>> = OnceLock::new();
    KNOWN.get_or_init(|| COLLATERAL_TOKENS.iter().map(|name| (*name, keypair(name).pubkey())).collect())
}

/// What the accounts of a world are called.
struct Names(BTreeMap<Address, String>);

impl Names {
    fn of<C: Chain>(world: &World<C>, accounts: &[(Address, Account)]) -> Self {
        let at = &world.at;
        let mut names = BTreeMap::from([
            (at.clearinghouse, "clearinghouse".to_owned()),
            (at.board, "board".to_owned()),
            (at.breaker, "breaker".to_owned()),
            (at.insurance_fund, "insurance fund".to_owned()),
            (at.insurance_vault, "insurance vault".to_owned()),
        ]);
        for (name, (key, tokens)) in cast() {
            names.insert(*key, (*name).to_owned());
            names.insert(*tokens, format!("{name}'s tokens"));
        }
        names.extend(collateral_tokens().iter().map(|(name, tokens)| (*tokens, (*name).to_owned())));
        let mut names = Self(names);
        names.add_derived(&at.clearinghouse, accounts);
        names
    }

    /// Names what says itself whose it is.
    fn add_derived(&mut self, clearinghouse: &Address, accounts: &[(Address, Account)]) {
        for (address, account) in accounts {
            if let Ok(market) = decode::<Market>(&account.data) {
                if market.clearinghouse == *clearinghouse {
                    self.0.insert(*address, format!("market {}", market.index));
                }
            } else if let Ok(bank) = decode::<CollateralBank>(&account.data) {
                if bank.clearinghouse == *clearinghouse {
                    self.0.insert(*address, format!("bank {}", bank.index));
                    self.0.insert(bank.vault, format!("vault {}", bank.index));
                }
            } else if let Ok(margin) = decode::<MarginAccount>(&account.data) {
                if margin.clearinghouse != *clearinghouse {
                    continue;
                }
                let owner = self.known(&margin.owner);
                let sub = if margin.sub_id == 0 { String::new() } else { format!("/{}", margin.sub_id) };
                self.0.insert(*address, format!("{owner}{sub}"));
            } else if let Ok(proposal) = decode::<Proposal>(&account.data) {
                if proposal.clearinghouse == *clearinghouse {
                    self.0.insert(*address, format!("proposal {}", proposal.id));
                }
            } else if let Ok(stake) = decode::<InsuranceStake>(&account.data)
                && self.known(&stake.fund) == "insurance fund"
            {
                self.0.insert(*address, format!("{}'s stake", self.known(&stake.owner)));
            }
        }
        for (address, account) in accounts {
            if let Ok(offer) = decode::<Offer>(&account.data) {
                let name = format!("{}'s offer {}", self.known(&offer.margin_account), offer.market);
                self.0.insert(*address, name);
            }
        }
    }

    /// A name, or for accounts of another clearinghouse the address.
    fn known(&self, address: &Address) -> String {
        self.0.get(address).cloned().unwrap_or_else(|| address.to_string())
    }
}

fn account_diff(name: &str, before: &Account, after: &Account) -> Vec<Change> {
    let (old, new) = (fields(before), fields(after));
    let paths: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let absent = "absent".to_owned();
    let mut changes: Vec<_> = paths
        .into_iter()
        .map(|path| (path, old.get(path).unwrap_or(&absent), new.get(path).unwrap_or(&absent)))
        .filter(|(_, old, new)| old != new)
        .map(|(path, old, new)| change(format!("{name}.{path}"), old, new))
        .collect();
    if changes.is_empty() {
        changes.push(change(format!("{name}.data"), format!("{:?}", before.data), format!("{:?}", after.data)));
    }
    changes
}

/// An account's fields as text, by path.
fn fields(account: &Account) -> BTreeMap<String, String> {
    let mut fields = flatten(&describe(account));
    fields.insert("lamports".to_owned(), account.lamports.to_string());
    fields.insert("account owner".to_owned(), account.owner.to_string());
    fields
}

/// A token account's own bytes: what is not the amount is one field.
#[derive(Debug)]
#[allow(dead_code)] // read through `Debug`
struct TokenAccount {
    amount: u64,
    others: String,
}

fn describe(account: &Account) -> String {
    fn text<T: Debug>(decoded: Result<T, firebreak_client::DecodeError>) -> Option<String> {
        decoded.ok().map(|decoded| format!("{decoded:#?}"))
    }
    let data = &account.data;
    if account.owner != firebreak_client::PROGRAM_ID {
        let amount = firebreak_replay::ledger::token_amount(account);
        let others: Vec<_> = data.iter().take(64).chain(data.iter().skip(72)).collect();
        return format!("{:#?}", TokenAccount { amount, others: format!("{others:?}") });
    }
    text(decode::<Clearinghouse>(data))
        .or_else(|| text(Board::decode(data)))
        .or_else(|| text(decode::<CircuitBreaker>(data)))
        .or_else(|| text(decode::<Market>(data)))
        .or_else(|| text(decode::<CollateralBank>(data)))
        .or_else(|| text(MarginAccountView::decode(data)))
        .or_else(|| text(decode::<Offer>(data)))
        .or_else(|| text(decode::<InsuranceFund>(data)))
        .or_else(|| text(decode::<InsuranceStake>(data)))
        .or_else(|| text(decode::<Proposal>(data)))
        .unwrap_or_default()
}

/// Turns a value's `{:#?}` into paths and leaves: `slots[0].size` and `1000`. The header of a view is left out.
fn flatten(text: &str) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    // The path so far and, within a list, the index of the next element.
    let mut stack: Vec<(String, Option<usize>)> = Vec::new();
    for line in text.lines() {
        let line = line.trim().trim_end_matches(',');
        if matches!(line, "}" | "]" | ")") {
            stack.pop();
            continue;
        }
        let (key, value) = line.split_once(": ").unwrap_or(("", line));
        let path = match stack.last_mut() {
            None => String::new(),
            Some((parent, Some(index))) => {
                *index += 1;
                format!("{parent}[{}]", *index - 1)
            }
            Some((parent, None)) if parent.is_empty() || key == "header" => key.replace("header", ""),
            Some((parent, None)) => format!("{parent}.{key}"),
        };
        match value.chars().last() {
            Some('{' | '(') => stack.push((path, None)),
            Some('[') => stack.push((path, Some(0))),
            _ => drop(leaves.insert(path, value.to_owned())),
        }
    }
    leaves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_becomes_paths_and_leaves() {
        #[derive(Debug)]
        #[allow(dead_code)]
        struct Inner {
            list: [u8; 2],
        }
        #[derive(Debug)]
        #[allow(dead_code)]
        struct View {
            header: Inner,
            slots: Vec<Inner>,
            size: i8,
        }
        let view = View { header: Inner { list: [7, 8] }, slots: vec![Inner { list: [1, 2] }], size: -3 };
        let expected = [("list[0]", "7"), ("list[1]", "8"), ("size", "-3")];
        let slots = [("slots[0].list[0]", "1"), ("slots[0].list[1]", "2")];
        let all: BTreeMap<_, _> = expected.iter().chain(&slots).map(|(k, v)| (k.to_string(), v.to_string())).collect();
        assert_eq!(flatten(&format!("{view:#?}")), all);
    }
}
