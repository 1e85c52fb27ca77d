//! The RPC servers: one is asked until it does not answer, then the other.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use solana_account::Account;
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::{
    client_error::{Error as ClientError, ErrorKind},
    config::{RpcAccountInfoConfig, RpcProgramAccountsConfig, UiAccountEncoding},
    filter::RpcFilterType,
    request::{RpcError, RpcRequest},
    response::{OptionalContext, Response, RpcKeyedAccount, UiAccount},
};

use super::config::{Endpoint, RpcConfig};

/// Accounts that one request may name.
const PER_READ: usize = 100;
/// Codes with which a server says that it is behind or unwell: another may not be.
const UNWELL: [i64; 4] = [-32_004, -32_005, -32_014, -32_016];

/// Accounts as of a slot.
pub type Read = (u64, Vec<(Address, Option<Account>)>);

/// The servers, and which one is asked.
pub struct Link {
    servers: Vec<(Endpoint, Arc<RpcClient>)>,
    current: AtomicUsize,
    switched: AtomicU64,
    pub commitment: CommitmentConfig,
}

impl Link {
    pub fn new(config: &RpcConfig) -> Self {
        let client = |endpoint: &Endpoint| {
            let (url, timeout) = (endpoint.url.clone(), config.timeout);
            let client = RpcClient::new_with_timeout_and_commitment(url, timeout, config.commitment);
            (endpoint.clone(), Arc::new(client))
        };
        Self {
            servers: config.endpoints.iter().map(client).collect(),
            current: AtomicUsize::new(0),
            switched: AtomicU64::new(0),
            commitment: config.commitment,
        }
    }

    fn at(&self) -> usize {
        self.current.load(Ordering::Relaxed) % self.servers.len().max(1)
    }

    /// The WebSocket of the server that is asked now.
    pub fn ws_url(&self) -> &str {
        &self.servers[self.at()].0.ws_url
    }

    /// How often the keeper went over to the other server.
    pub fn switched(&self) -> u64 {
        self.switched.load(Ordering::Relaxed)
    }

    /// Leaves a server, if it is still the one that is asked.
    fn leave(&self, index: usize, why: &str) {
        if self.servers.len() < 2 {
            return;
        }
        let next = (index + 1) % self.servers.len();
        if self.current.compare_exchange(index, next, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.switched.fetch_add(1, Ordering::Relaxed);
            let (from, to) = (host(&self.servers[index].0.url), host(&self.servers[next].0.url));
            tracing::warn!("{from} does not answer ({why}): asking {to} instead");
        }
    }

    /// Leaves the server that is asked now: its slots stopped, or its socket is silent.
    pub fn leave_current(&self, why: &str) {
        self.leave(self.at(), why);
    }

    /// Asks a server, and where it does not answer the others. An answer that says no is an answer.
    pub async fn call<T, F, A>(&self, ask: F) -> Result<T, ClientError>
    where
        F: Fn(Arc<RpcClient>) -> A,
        A: Future<Output = Result<T, ClientError>>,
    {
        let mut tries = self.servers.len();
        loop {
            let index = self.at();
            match ask(self.servers[index].1.clone()).await {
                Err(error) if is_unreached(&error) => {
                    self.leave(index, &short(&error));
                    tries -= 1;
                    if tries == 0 {
                        return Err(error);
                    }
                }
                answer => return answer,
            }
        }
    }

    /// Accounts by address, as of one slot where they fit into one request, of the oldest otherwise.
    pub async fn accounts(&self, addresses: &[Address], at_least: Option<u64>) -> Result<Read, ClientError> {
        let (mut slot, mut found) = (u64::MAX, Vec::with_capacity(addresses.len()));
        for some in addresses.chunks(PER_READ) {
            let config = RpcAccountInfoConfig { min_context_slot: at_least, ..self.account_config() };
            let names: Vec<String> = some.iter().map(Address::to_string).collect();
            let ask = |client: Arc<RpcClient>| {
                let params = serde_json::json!([names, config]);
                async move { client.send(RpcRequest::GetMultipleAccounts, params).await }
            };
            let read: Response<Vec<Option<UiAccount>>> = self.call(ask).await?;
            slot = slot.min(read.context.slot);
            let accounts = read.value.into_iter().map(|account| account.and_then(|account| account.to_account()));
            found.extend(some.iter().copied().zip(accounts));
        }
        Ok((slot, found))
    }

    /// All accounts of a program that pass the filters.
    pub async fn program_accounts(
        &self,
        program: &Address,
        filters: Vec<RpcFilterType>,
    ) -> Result<(u64, Vec<(Address, Account)>), ClientError> {
        let config = RpcProgramAccountsConfig {
            filters: Some(filters),
            account_config: self.account_config(),
            with_context: Some(true),
            ..RpcProgramAccountsConfig::default()
        };
        let params = serde_json::json!([program.to_string(), config]);
        let ask = |client: Arc<RpcClient>| {
            let params = params.clone();
            async move { client.send(RpcRequest::GetProgramAccounts, params).await }
        };
        let (slot, found): (u64, Vec<RpcKeyedAccount>) = match self.call(ask).await? {
            OptionalContext::Context(Response { context, value }) => (context.slot, value),
            OptionalContext::NoContext(value) => (0, value),
        };
        let account = |keyed: RpcKeyedAccount| Some((keyed.pubkey.parse().ok()?, keyed.account.to_account()?));
        Ok((slot, found.into_iter().filter_map(account).collect()))
    }

    fn account_config(&self) -> RpcAccountInfoConfig {
        RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            commitment: Some(self.commitment),
            ..RpcAccountInfoConfig::default()
        }
    }
}

/// Whether another server may answer what this one did not.
pub fn is_unreached(error: &ClientError) -> bool {
    match error.kind() {
        ErrorKind::Io(_) | ErrorKind::Reqwest(_) | ErrorKind::Middleware(_) | ErrorKind::SerdeJson(_) => true,
        ErrorKind::RpcError(RpcError::RpcRequestError(_)) => true,
        ErrorKind::RpcError(RpcError::RpcResponseError { code, .. }) => UNWELL.contains(code),
        _ => false,
    }
}

/// An error without the address of the server, which may hold a key.
pub fn short(error: &ClientError) -> String {
    match error.kind() {
        ErrorKind::Reqwest(error) if error.is_timeout() => "no answer in time".to_owned(),
        ErrorKind::Reqwest(error) if error.is_connect() => "no connection".to_owned(),
        ErrorKind::Reqwest(error) => match error.status() {
            Some(status) => format!("HTTP {status}"),
            None => "the connection broke".to_owned(),
        },
        kind => kind.to_string(),
    }
}

/// Host and port of an address: its path may be a key.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['/', '?']).next().unwrap_or(rest);
    rest.rsplit_once('@').map_or(rest, |(_, host)| host)
}

/// Pauses that double from the first to the longest.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    next: Duration,
    first: Duration,
    longest: Duration,
}

impl Pauses {
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, first, longest }
    }

    pub fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause
    }

    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_may_be_secret() {
        assert_eq!(host("https://user:pass@rpc.example:8899/secret?api-key=1"), "rpc.example:8899");
        assert_eq!(host("http://127.0.0.1:1"), "127.0.0.1:1");
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut pauses = Pauses::new(Duration::from_millis(100), Duration::from_millis(350));
        let seen: Vec<u128> = (0..4).map(|_| pauses.next().as_millis()).collect();
        assert_eq!(seen, [100, 200, 350, 350]);
        pauses.reset();
        assert_eq!(pauses.next().as_millis(), 100);
    }
}
