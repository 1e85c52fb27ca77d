//! Everything that a clearinghouse is, read from the chain.

use std::collections::BTreeMap;

use firebreak::state::{
    CircuitBreaker, Clearinghouse, CollateralBank, InsuranceFund, InsuranceStake, Market, Offer, Proposal,
};
use solana_account::Account;
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_address::Address;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::{
    config::{RpcAccountInfoConfig, RpcProgramAccountsConfig},
    filter::RpcFilterType,
};

use crate::{Addresses, Board, Failure, MarginAccountView, PROGRAM_ID, decode};

/// The sysvar that holds the chain's time.
pub const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");

/// Unix seconds out of the clock sysvar.
pub fn unix_seconds(clock: &[u8]) -> Option<i64> {
    Some(i64::from_le_bytes(clock.get(32..40)?.try_into().ok()?))
}

/// All accounts of one clearinghouse, decoded.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub at: Addresses,
    /// Unix seconds, as the chain's clock had them just before.
    pub now: i64,
    pub clearinghouse: Clearinghouse,
    pub board: Board,
    pub breaker: CircuitBreaker,
    pub fund: InsuranceFund,
    pub markets: BTreeMap<u8, Market>,
    /// The quote bank is number 0.
    pub banks: BTreeMap<u8, CollateralBank>,
    pub accounts: BTreeMap<Address, MarginAccountView>,
    pub offers: BTreeMap<Address, Offer>,
    pub stakes: BTreeMap<Address, InsuranceStake>,
    pub proposals: BTreeMap<u64, Proposal>,
}

/// One of a clearinghouse's accounts.
// What is large is the breaker, of which there is one.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
pub enum Part {
    Clearinghouse(Clearinghouse),
    Board(Board),
    Breaker(CircuitBreaker),
    Fund(InsuranceFund),
    Market(Market),
    Bank(CollateralBank),
    Account(MarginAccountView),
    /// Belongs to whichever clearinghouse its margin account does.
    Offer(Offer),
    Stake(InsuranceStake),
    Proposal(Proposal),
}

impl Part {
    /// What an account of the program is; `None` where it belongs to another clearinghouse, or is none that this version knows.
    pub fn decode(at: &Addresses, address: &Address, data: &[u8]) -> Option<Self> {
        let own = |clearinghouse: Address| clearinghouse == at.clearinghouse;
        if let Ok(account) = MarginAccountView::decode(data) {
            return own(account.header.clearinghouse).then_some(Self::Account(account));
        }
        if let Ok(offer) = decode::<Offer>(data) {
            return Some(Self::Offer(offer));
        }
        if let Ok(market) = decode::<Market>(data) {
            return own(market.clearinghouse).then_some(Self::Market(market));
        }
        if let Ok(bank) = decode::<CollateralBank>(data) {
            return own(bank.clearinghouse).then_some(Self::Bank(bank));
        }
        if let Ok(stake) = decode::<InsuranceStake>(data) {
            return (stake.fund == at.insurance_fund).then_some(Self::Stake(stake));
        }
        if let Ok(proposal) = decode::<Proposal>(data) {
            return own(proposal.clearinghouse).then_some(Self::Proposal(proposal));
        }
        match *address {
            found if found == at.board => Board::decode(data).ok().map(Self::Board),
            found if found == at.breaker => decode(data).ok().map(Self::Breaker),
            found if found == at.insurance_fund => decode(data).ok().map(Self::Fund),
            found if found == at.clearinghouse => decode(data).ok().map(Self::Clearinghouse),
            _ => None,
        }
    }
}

pub(crate) fn missing(what: &str, at: &Addresses) -> Failure {
    Failure::Missing {
        what: format!("{what} of clearinghouse {}: is the id right, and the network?", at.clearinghouse),
    }
}

impl Snapshot {
    /// Reads all of it: the clock first, so that nothing looks older than it is, then every account of the program.
    ///
    /// # Errors
    /// Where the network does not answer, or there is no such clearinghouse.
    pub async fn load(rpc: &RpcClient, at: Addresses) -> Result<Self, Failure> {
        let now = chain_time(rpc).await?;
        let accounts = program_accounts(rpc).await?;
        Self::from_accounts(at, now, accounts.iter().map(|(address, account)| (address, account.data.as_slice())))
    }

    /// From the bytes of accounts, those of other clearinghouses among them.
    ///
    /// # Errors
    /// Where one that every clearinghouse has is not among them.
    pub fn from_accounts<'a>(
        at: Addresses,
        now: i64,
        accounts: impl Iterator<Item = (&'a Address, &'a [u8])>,
    ) -> Result<Self, Failure> {
        let (mut clearinghouse, mut board, mut breaker, mut fund) = (None, None, None, None);
        let (mut markets, mut banks, mut proposals) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (mut margin, mut offers, mut stakes) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (address, data) in accounts {
            match Part::decode(&at, address, data) {
                Some(Part::Clearinghouse(found)) => clearinghouse = Some(found),
                Some(Part::Board(found)) => board = Some(found),
                Some(Part::Breaker(found)) => breaker = Some(found),
                Some(Part::Fund(found)) => fund = Some(found),
                Some(Part::Market(found)) => drop(markets.insert(found.index, found)),
                Some(Part::Bank(found)) => drop(banks.insert(found.index, found)),
                Some(Part::Account(found)) => drop(margin.insert(*address, found)),
                Some(Part::Offer(found)) => drop(offers.insert(*address, found)),
                Some(Part::Stake(found)) => drop(stakes.insert(*address, found)),
                Some(Part::Proposal(found)) => drop(proposals.insert(found.id, found)),
                None => {}
            }
        }
        offers.retain(|_, offer: &mut Offer| margin.contains_key(&offer.margin_account));
        Ok(Self {
            at,
            now,
            clearinghouse: clearinghouse.ok_or_else(|| missing("root", &at))?,
            board: board.ok_or_else(|| missing("board", &at))?,
            breaker: breaker.ok_or_else(|| missing("breaker", &at))?,
            fund: fund.ok_or_else(|| missing("insurance fund", &at))?,
            markets,
            banks,
            accounts: margin,
            offers,
            stakes,
            proposals,
        })
    }

    /// An owner's accounts, by address.
    pub fn of_owner(&self, owner: &Address) -> impl Iterator<Item = (&Address, &MarginAccountView)> {
        let owner = *owner;
        self.accounts.iter().filter(move |(_, account)| account.header.owner == owner)
    }

    /// The market or asset with this symbol, in whatever case.
    pub fn asset(&self, symbol: &str) -> Option<u8> {
        let rows = (0_u8..).zip(&self.board.rows);
        rows.into_iter().find(|(_, row)| crate::symbol(row).eq_ignore_ascii_case(symbol)).map(|(index, _)| index)
    }
}

/// The chain's time, unix seconds.
///
/// # Errors
/// Where the network does not answer.
pub async fn chain_time(rpc: &RpcClient) -> Result<i64, Failure> {
    let clock = rpc.get_account(&CLOCK).await?;
    unix_seconds(&clock.data)
        .ok_or_else(|| Failure::Malformed { what: "the clock".to_owned(), why: format!("{} bytes", clock.data.len()) })
}

/// Every account of the program, those of other clearinghouses among them.
///
/// # Errors
/// Where the network does not answer.
pub async fn program_accounts(rpc: &RpcClient) -> Result<Vec<(Address, Account)>, Failure> {
    program_accounts_where(rpc, vec![]).await
}

/// Those of the program's accounts that the server finds by all of these filters.
pub(crate) async fn program_accounts_where(
    rpc: &RpcClient,
    filters: Vec<RpcFilterType>,
) -> Result<Vec<(Address, Account)>, Failure> {
    let encoding = Some(UiAccountEncoding::Base64);
    let config = RpcProgramAccountsConfig {
        filters: (!filters.is_empty()).then_some(filters),
        account_config: RpcAccountInfoConfig { encoding, ..Default::default() },
        ..Default::default()
    };
    let found = rpc.get_program_ui_accounts_with_config(&PROGRAM_ID, config).await?;
    let decoded = found.into_iter().map(|(address, account)| {
        let account = account.to_account();
        account.map(|account| (address, account)).ok_or_else(|| Failure::Malformed {
            what: format!("account {address}"),
            why: "its data is in no known encoding".to_owned(),
        })
    });
    decoded.collect()
}
