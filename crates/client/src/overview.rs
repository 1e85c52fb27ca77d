//! A clearinghouse without its users: what one needs to name, price and value anything, in two calls.

use std::collections::BTreeMap;

use firebreak::state::{CircuitBreaker, Clearinghouse, CollateralBank, InsuranceFund, Market, Offer};
use solana_account::Account;
use solana_address::Address;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};

use crate::{
    Addresses, Board, DecodeError, Failure, MarginAccountView, decode,
    snapshot::{CLOCK, missing, program_accounts_where, unix_seconds},
};

/// What one call may ask for.
const MAX_ACCOUNTS: usize = 100;
/// Where a margin account names its clearinghouse and its owner, and an offer its market, in their bytes.
const CLEARINGHOUSE_AT: usize = 8;
const OWNER_AT: usize = 40;
const OFFER_MARKET_AT: usize = 8 + 32 + 3 * 8 + 2 * 4;

/// Everything of a clearinghouse but margin accounts, offers, stakes and proposals.
#[derive(Clone, Debug)]
pub struct Overview {
    pub at: Addresses,
    /// Unix seconds, as the chain's clock had them.
    pub now: i64,
    pub slot: u64,
    pub clearinghouse: Clearinghouse,
    pub board: Board,
    pub breaker: CircuitBreaker,
    pub fund: InsuranceFund,
    pub markets: BTreeMap<u8, Market>,
    /// The quote bank is number 0.
    pub banks: BTreeMap<u8, CollateralBank>,
}

/// Accounts as they are; `None` where there is none. Up to 100 are read in one call and so of one slot, which is returned.
///
/// # Errors
/// Where the network does not answer.
pub async fn accounts_at(rpc: &RpcClient, addresses: &[Address]) -> Result<(u64, Vec<Option<Account>>), Failure> {
    let (mut slot, mut found) = (0, Vec::with_capacity(addresses.len()));
    for part in addresses.chunks(MAX_ACCOUNTS) {
        let answer = rpc.get_multiple_accounts_with_commitment(part, rpc.commitment()).await?;
        slot = answer.context.slot;
        found.extend(answer.value);
    }
    Ok((slot, found))
}

fn named(found: &[Option<Account>], index: usize, what: &str, at: &Addresses) -> Result<Vec<u8>, Failure> {
    let account = found.get(index).and_then(Option::as_ref).map(|account| account.data.clone());
    account.ok_or_else(|| missing(what, at))
}

fn wrong(what: &str) -> impl Fn(DecodeError) -> Failure {
    move |error| Failure::Malformed { what: what.to_owned(), why: error.to_string() }
}

impl Overview {
    /// Reads the root and the board first, to know what there is, and then all of it.
    ///
    /// # Errors
    /// Where the network does not answer, or there is no such clearinghouse.
    pub async fn load(rpc: &RpcClient, at: Addresses) -> Result<Self, Failure> {
        let (_, roots) = accounts_at(rpc, &[at.clearinghouse, at.board]).await?;
        let root: Clearinghouse = decode(&named(&roots, 0, "root", &at)?).map_err(wrong("the root"))?;
        let board = Board::decode(&named(&roots, 1, "board", &at)?).map_err(wrong("the board"))?;
        let markets: Vec<u8> =
            (0_u8..).zip(&board.rows).filter(|(_, row)| row.has_market != 0).map(|(index, _)| index).collect();
        let mut addresses = vec![CLOCK, at.clearinghouse, at.board, at.breaker, at.insurance_fund];
        addresses.extend(markets.iter().map(|index| at.market(*index)));
        addresses.extend((0..root.bank_count).map(|index| at.bank(index)));

        let (slot, found) = accounts_at(rpc, &addresses).await?;
        let clock = named(&found, 0, "clock", &at)?;
        let short = || wrong("the clock")(DecodeError::TooShort { needed: 40, got: clock.len() });
        let mut overview = Self {
            at,
            now: unix_seconds(&clock).ok_or_else(short)?,
            slot,
            clearinghouse: decode(&named(&found, 1, "root", &at)?).map_err(wrong("the root"))?,
            board: Board::decode(&named(&found, 2, "board", &at)?).map_err(wrong("the board"))?,
            breaker: decode(&named(&found, 3, "breaker", &at)?).map_err(wrong("the breaker"))?,
            fund: decode(&named(&found, 4, "insurance fund", &at)?).map_err(wrong("the insurance fund"))?,
            markets: BTreeMap::new(),
            banks: BTreeMap::new(),
        };
        let rest = found.iter().skip(5).flatten();
        for account in rest {
            if let Ok(market) = decode::<Market>(&account.data) {
                overview.markets.insert(market.index, market);
            } else {
                let bank: CollateralBank = decode(&account.data).map_err(wrong("a bank"))?;
                overview.banks.insert(bank.index, bank);
            }
        }
        Ok(overview)
    }
}

/// The margin accounts of a clearinghouse, or those of one owner, by address.
///
/// # Errors
/// Where the network does not answer.
pub async fn margin_accounts(
    rpc: &RpcClient,
    at: &Addresses,
    owner: Option<&Address>,
) -> Result<BTreeMap<Address, MarginAccountView>, Failure> {
    let part =
        |offset, address: &Address| RpcFilterType::Memcmp(Memcmp::new_raw_bytes(offset, address.to_bytes().to_vec()));
    let mut filters = vec![part(CLEARINGHOUSE_AT, &at.clearinghouse)];
    filters.extend(owner.map(|owner| part(OWNER_AT, owner)));
    let found = program_accounts_where(rpc, filters).await?;
    Ok(found
        .into_iter()
        .filter_map(|(address, account)| Some((address, MarginAccountView::decode(&account.data).ok()?)))
        .filter(|(_, account)| account.header.clearinghouse == at.clearinghouse)
        .filter(|(_, account)| owner.is_none_or(|owner| account.header.owner == *owner))
        .collect())
}

/// An offer with the account that made it.
#[derive(Clone, Debug)]
pub struct MadeOffer {
    pub address: Address,
    pub offer: Offer,
    pub maker: MarginAccountView,
}

/// The offers of one market, expired ones among them, each with its maker.
///
/// # Errors
/// Where the network does not answer.
pub async fn offers_in(rpc: &RpcClient, at: &Addresses, market: u8) -> Result<Vec<MadeOffer>, Failure> {
    let size = 8 + size_of::<Offer>() as u64;
    let filters = vec![
        RpcFilterType::DataSize(size),
        RpcFilterType::Memcmp(Memcmp::new_raw_bytes(OFFER_MARKET_AT, vec![market])),
    ];
    let offers: Vec<(Address, Offer)> = program_accounts_where(rpc, filters)
        .await?
        .into_iter()
        .filter_map(|(address, account)| Some((address, decode::<Offer>(&account.data).ok()?)))
        .filter(|(_, offer)| offer.market == market)
        .collect();
    let makers: Vec<Address> = offers.iter().map(|(_, offer)| offer.margin_account).collect();
    let (_, accounts) = accounts_at(rpc, &makers).await?;
    let made = offers.into_iter().zip(accounts).filter_map(|((address, offer), account)| {
        let maker = MarginAccountView::decode(&account?.data).ok()?;
        (maker.header.clearinghouse == at.clearinghouse).then_some(MadeOffer { address, offer, maker })
    });
    Ok(made.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;
    use firebreak::state::MarginAccount;

    #[test]
    fn filters_look_where_the_fields_are() {
        let offer = Offer { market: 7, ..Zeroable::zeroed() };
        assert_eq!(bytemuck::bytes_of(&offer)[OFFER_MARKET_AT - 8], 7);
        let account = MarginAccount {
            clearinghouse: Address::new_from_array([1; 32]),
            owner: Address::new_from_array([2; 32]),
            ..Zeroable::zeroed()
        };
        let bytes = bytemuck::bytes_of(&account);
        assert_eq!(bytes[CLEARINGHOUSE_AT - 8..][..32], [1; 32]);
        assert_eq!(bytes[OWNER_AT - 8..][..32], [2; 32]);
    }
}
