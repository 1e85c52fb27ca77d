//! One margin account with all that values it, read in one call.

use firebreak::state::{CircuitBreaker, CollateralBank};
use risk::{AccountReport, HoldingReport, Valuation};
use solana_address::Address;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;

use crate::{
    Addresses, Board, DecodeError, Failure, MarginAccountView, decode,
    snapshot::{CLOCK, unix_seconds},
};

/// A margin account and what its value hangs on, all of one slot.
#[derive(Clone, Debug)]
pub struct Portfolio {
    pub address: Address,
    pub account: MarginAccountView,
    pub board: Board,
    pub breaker: CircuitBreaker,
    /// For what may leave.
    pub quote_bank: CollateralBank,
    /// Unix seconds, as the chain's clock has them.
    pub now: i64,
    /// All of it was read at this slot.
    pub slot: u64,
}

impl Portfolio {
    /// Reads a margin account, the board, the breaker, the quote bank and the clock, in one call and so of one slot.
    ///
    /// # Errors
    /// Where the network does not answer, an account is missing, or is something else.
    pub async fn load(rpc: &RpcClient, at: &Addresses, address: Address) -> Result<Self, Failure> {
        let named = [
            (address, "margin account"),
            (at.board, "board"),
            (at.breaker, "breaker"),
            (at.quote_bank, "quote bank"),
            (CLOCK, "clock"),
        ];
        let addresses = named.map(|(address, _)| address);
        let found = rpc.get_multiple_accounts_with_commitment(&addresses, rpc.commitment()).await?;
        let data = |index: usize| {
            let account = found.value.get(index).and_then(Option::as_ref);
            account.map(|account| account.data.as_slice()).ok_or_else(|| {
                let (address, what) = named[index];
                Failure::Missing { what: format!("{what} {address}: is the address right, and the network?") }
            })
        };
        let wrong = |index: usize| {
            move |error: DecodeError| {
                let (address, what) = named[index];
                Failure::Malformed { what: format!("{what} {address}"), why: error.to_string() }
            }
        };
        let short = || DecodeError::TooShort { needed: 40, got: 0 };
        Ok(Self {
            address,
            account: MarginAccountView::decode(data(0)?).map_err(wrong(0))?,
            board: Board::decode(data(1)?).map_err(wrong(1))?,
            breaker: decode(data(2)?).map_err(wrong(2))?,
            quote_bank: decode(data(3)?).map_err(wrong(3))?,
            now: unix_seconds(data(4)?).ok_or_else(short).map_err(wrong(4))?,
            slot: found.context.slot,
        })
    }

    /// As liquidation sees it.
    ///
    /// # Errors
    /// Where the program would refuse to value it: a price that it needs does not do.
    pub fn maintenance(&self) -> Result<Valuation, Failure> {
        Ok(self.account.value_for_maintenance(&self.board, self.now)?)
    }

    /// As new risk sees it.
    ///
    /// # Errors
    /// As `maintenance`.
    pub fn initial(&self) -> Result<Valuation, Failure> {
        Ok(self.account.value_for_initial(&self.board, self.now)?)
    }

    /// What it is worth and requires at mark, and where each asset would have it liquidated; whatever the age of prices.
    ///
    /// # Errors
    /// Where a number does not fit.
    pub fn report(&self) -> Result<(AccountReport, Vec<(u8, HoldingReport)>), Failure> {
        Ok(self.account.report(&self.board)?)
    }
}
