//! One clearinghouse on one network, read: what every command that asks the chain begins with.

use std::time::Duration;

use firebreak_client::{
    Addresses, Failure as ClientFailure, MarginAccountView, Overview,
    firebreak::state::{AssetRow, CollateralBank, Market},
    overview,
};
use solana_address::Address;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;

use crate::{
    context::Context,
    failure::{Failure, Outcome, ProgramError},
    units::Units,
};

/// The network, and the clearinghouse as it was when the command began.
pub struct Session<'a> {
    pub context: &'a Context,
    pub rpc: RpcClient,
    pub at: Addresses,
    pub overview: Overview,
    pub units: Units,
}

impl<'a> Session<'a> {
    /// Reads the clearinghouse of the global options.
    pub async fn open(context: &'a Context) -> Outcome<Self> {
        let names = context.names()?;
        let (rpc, at) = (context.rpc(), context.addresses());
        let overview = within(context, Overview::load(&rpc, at)).await?;
        let units = Units::of(&overview, &names);
        Ok(Self { context, rpc, at, overview, units })
    }

    pub fn now(&self) -> i64 {
        self.overview.now
    }

    pub fn row(&self, asset: u8) -> Outcome<&AssetRow> {
        let row = self.overview.board.rows.get(usize::from(asset));
        row.ok_or_else(|| Failure::not_found(format!("there is no asset {asset} on the board")))
    }

    pub fn market(&self, index: u8) -> Outcome<&Market> {
        let market = self.overview.markets.get(&index);
        market.ok_or_else(|| Failure::not_found(format!("there is no market {index}")))
    }

    pub fn bank(&self, index: u8) -> Outcome<&CollateralBank> {
        let bank = self.overview.banks.get(&index);
        bank.ok_or_else(|| Failure::not_found(format!("there is no bank {index}")))
    }

    /// Reads a margin account of this clearinghouse.
    pub async fn margin_account(&self, address: &Address) -> Outcome<MarginAccountView> {
        let (_, found) = within(self.context, overview::accounts_at(&self.rpc, &[*address])).await?;
        let Some(account) = found.into_iter().next().flatten() else {
            return Err(Failure::not_found(format!(
                "there is no margin account {address}: create it with firebreak account create, or choose another with --sub or --account"
            )));
        };
        let view = MarginAccountView::decode(&account.data)
            .map_err(|error| Failure::not_found(format!("{address} is no margin account: {error}")))?;
        if view.header.clearinghouse != self.at.clearinghouse {
            return Err(Failure::not_found(format!(
                "margin account {address} belongs to another clearinghouse: choose it with --clearinghouse"
            )));
        }
        Ok(view)
    }
}

/// Waits no longer than `--timeout`.
pub async fn within<T>(context: &Context, work: impl Future<Output = Result<T, ClientFailure>>) -> Outcome<T> {
    let seconds = context.global.timeout;
    match tokio::time::timeout(Duration::from_secs(seconds), work).await {
        Ok(done) => done.map_err(Failure::from),
        Err(_) => Err(Failure::unreachable(format!(
            "the network did not answer within {seconds} seconds: check --url ({}), or raise --timeout",
            context.global.url
        ))),
    }
}

impl From<ClientFailure> for Failure {
    fn from(failure: ClientFailure) -> Self {
        let message = failure.to_string();
        match &failure {
            ClientFailure::Refused(refused) => {
                let text = refused.text().map(|text| ProgramError { code: text.code, name: text.name.clone() });
                Self { program_error: text, ..Self::refused(message) }
            }
            ClientFailure::Network(_) | ClientFailure::Expired { .. } => Self::unreachable(message),
            ClientFailure::Missing { .. } => Self::not_found(message),
            ClientFailure::Unsigned { .. } => Self::usage(message),
            ClientFailure::Malformed { .. } | ClientFailure::Unvalued { .. } => Self::refused(message),
        }
    }
}
