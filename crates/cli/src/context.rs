//! What a command works with: the network, the keys, the names, the output.

use clap::{ArgMatches, parser::ValueSource};
use firebreak_client::Addresses;
use solana_commitment_config::CommitmentConfig;
use solana_keypair::{Keypair, read_keypair_file};
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use std::{path::PathBuf, time::Duration};

use crate::{
    arguments::Global,
    failure::{Failure, Outcome},
    names::Names,
    output::Output,
};

/// The global options, ready for use.
pub struct Context {
    pub global: Global,
    pub output: Output,
    pub given: Given,
}

/// Which of the options that have defaults were given, on the command line or in the environment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given {
    pub url: bool,
    pub clearinghouse: bool,
}

impl Given {
    pub fn of(matches: &ArgMatches) -> Self {
        let is_given = |id| matches.value_source(id).is_some_and(|source| source != ValueSource::DefaultValue);
        Self { url: is_given("url"), clearinghouse: is_given("clearinghouse") }
    }
}

impl Context {
    pub fn new(global: Global, given: Given) -> Self {
        let output = Output { is_json: global.json };
        Self { global, output, given }
    }

    /// A client of `--url` that sees what is confirmed. Nothing is sent yet.
    pub fn rpc(&self) -> RpcClient {
        let timeout = Duration::from_secs(self.global.timeout);
        RpcClient::new_with_timeout_and_commitment(self.global.url.clone(), timeout, CommitmentConfig::confirmed())
    }

    /// `--ws-url`, or the port after that of `--url`, where Solana nodes have it.
    pub fn ws_url(&self) -> Outcome<String> {
        if let Some(url) = &self.global.ws_url {
            return Ok(url.clone());
        }
        websocket_of(&self.global.url)
    }

    /// Addresses of `--clearinghouse`.
    pub fn addresses(&self) -> Addresses {
        Addresses::of_id(self.global.clearinghouse)
    }

    /// Names from `--names`, or from the local network's own file where that network is meant.
    pub fn names(&self) -> Outcome<Names> {
        match &self.global.names {
            Some(path) => Names::read(path),
            None => Ok(Names::of_localnet(&self.global.url)),
        }
    }

    /// The key of `--keypair`.
    pub fn keypair(&self) -> Outcome<Keypair> {
        let path = self.keypair_path()?;
        read_keypair_file(&path).map_err(|error| {
            let path = path.display();
            Failure::usage(format!(
                "no key could be read from {path} ({error}): give one with --keypair, or make one with solana-keygen new"
            ))
        })
    }

    fn keypair_path(&self) -> Outcome<PathBuf> {
        if let Some(path) = &self.global.keypair {
            return Ok(path.clone());
        }
        let home = std::env::home_dir().ok_or_else(|| Failure::usage("there is no home directory: give --keypair"))?;
        Ok(home.join(".config/solana/id.json"))
    }
}

/// `http://host:8899` to `ws://host:8900`; without a port, the same address.
fn websocket_of(url: &str) -> Outcome<String> {
    let (scheme, rest) = match url.split_once("://") {
        Some(("http", rest)) => ("ws", rest),
        Some(("https", rest)) => ("wss", rest),
        _ => return Err(Failure::usage(format!("{url} is no RPC address: it must begin with http:// or https://"))),
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let port = host.rsplit_once(':').and_then(|(name, port)| Some((name, port.parse::<u16>().ok()?.checked_add(1)?)));
    Ok(match port {
        Some((name, port)) => format!("{scheme}://{name}:{port}{path}"),
        None => format!("{scheme}://{host}{path}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_is_told_from_defaults_wherever_it_stands() {
        use crate::arguments::Arguments;
        use clap::{CommandFactory, FromArgMatches};
        let of = |line: &[&str]| {
            let matches = Arguments::command().try_get_matches_from(line).unwrap();
            let given = Given::of(&matches);
            (given.url, given.clearinghouse, Arguments::from_arg_matches(&matches).unwrap().global)
        };
        let (url, clearinghouse, global) = of(&["firebreak", "market", "list", "--url", "http://a:1"]);
        assert_eq!((url, clearinghouse, global.url.as_str()), (true, false, "http://a:1"));
        let (_, clearinghouse, global) = of(&["firebreak", "--clearinghouse", "1", "keeper"]);
        assert_eq!((clearinghouse, global.clearinghouse), (true, 1));
    }

    #[test]
    fn the_websocket_has_the_next_port() {
        let of = |url| websocket_of(url).unwrap();
        assert_eq!(of("http://127.0.0.1:8899"), "ws://127.0.0.1:8900");
        assert_eq!(of("https://rpc.example.com/key"), "wss://rpc.example.com/key");
        assert_eq!(of("http://[::1]:8899/a"), "ws://[::1]:8900/a");
        assert!(websocket_of("rpc.example.com").is_err());
    }
}
