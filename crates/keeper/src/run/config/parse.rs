//! From texts to settings, with every bound in one place.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use solana_address::Address;
use solana_commitment_config::CommitmentConfig;

use super::{Amount, Config, ConfigError, Endpoint, FeeConfig, Given, HermesConfig, Limits, Pace, RpcConfig, Watch};
use crate::scene::{Shard, Switches};

const HERMES: &str = "https://hermes.pyth.network";
const LOCAL: &str = "http://127.0.0.1:8899";

/// A whole number within bounds.
fn number<T: FromStr + PartialOrd + std::fmt::Display + Copy>(
    given: &mut Given,
    key: &str,
    what: &str,
    (low, high): (T, T),
    default: T,
) -> Result<T, ConfigError> {
    let expected = format!("{what} from {low} to {high}");
    let parse = |text: &str| text.parse::<T>().ok().filter(|value| (low..=high).contains(value));
    Ok(given.read(key, &expected, parse)?.unwrap_or(default))
}

fn milliseconds(given: &mut Given, key: &str, bounds: (u64, u64), default: u64) -> Result<Duration, ConfigError> {
    number(given, key, "milliseconds", bounds, default).map(Duration::from_millis)
}

fn flag(given: &mut Given, key: &str, default: bool) -> Result<bool, ConfigError> {
    Ok(given.read(key, "true or false", |text| text.parse().ok())?.unwrap_or(default))
}

fn address(given: &mut Given, key: &str) -> Result<Option<Address>, ConfigError> {
    given.read(key, "an address in base58", |text| text.parse().ok())
}

fn amount(given: &mut Given, key: &str) -> Result<Option<Amount>, ConfigError> {
    given.read(key, "an amount of quote tokens such as 10000 or 0.25", Amount::parse)
}

fn url(given: &mut Given, key: &str, schemes: [&str; 2]) -> Result<Option<String>, ConfigError> {
    let expected = format!("an address that begins with {}:// or {}://", schemes[0], schemes[1]);
    let parse = |text: &str| {
        let rest = schemes.iter().find_map(|scheme| text.strip_prefix(&format!("{scheme}://")))?;
        let host = rest.split(['/', '?']).next()?;
        (!host.is_empty() && !host.starts_with(':')).then(|| text.to_owned())
    };
    given.read(key, &expected, parse)
}

/// Where an RPC server's WebSocket is by custom: the next port where one is named, the same host else.
fn ws_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let scheme = if scheme == "https" { "wss" } else { "ws" };
    let (host, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
    let next = host.rsplit_once(':').and_then(|(name, port)| Some((name, port.parse::<u16>().ok()?.checked_add(1)?)));
    match next {
        Some((name, port)) => format!("{scheme}://{name}:{port}{path}"),
        None => format!("{scheme}://{host}{path}"),
    }
}

fn endpoints(given: &mut Given) -> Result<Vec<Endpoint>, ConfigError> {
    let mut found = vec![];
    for (key, ws_key, default) in
        [("rpc.url", "rpc.ws_url", Some(LOCAL)), ("rpc.fallback_url", "rpc.fallback_ws_url", None)]
    {
        let named = url(given, key, ["http", "https"])?;
        let ws_url = url(given, ws_key, ["ws", "wss"])?;
        if let Some(url) = named.or_else(|| default.map(str::to_owned)) {
            let ws_url = ws_url.unwrap_or_else(|| ws_of(&url));
            found.push(Endpoint { url, ws_url });
        }
    }
    Ok(found)
}

fn rpc(given: &mut Given) -> Result<RpcConfig, ConfigError> {
    let commitment = |text: &str| match text {
        "processed" => Some(CommitmentConfig::processed()),
        "confirmed" => Some(CommitmentConfig::confirmed()),
        _ => None,
    };
    Ok(RpcConfig {
        endpoints: endpoints(given)?,
        timeout: milliseconds(given, "rpc.timeout_ms", (100, 60_000), 5_000)?,
        commitment: given
            .read("rpc.commitment", "processed or confirmed", commitment)?
            .unwrap_or(CommitmentConfig::processed()),
        reread: milliseconds(given, "rpc.reread_ms", (1_000, 3_600_000), 30_000)?,
        silence: milliseconds(given, "rpc.silence_ms", (500, 600_000), 5_000)?,
    })
}

fn pace(given: &mut Given) -> Result<Pace, ConfigError> {
    Ok(Pace {
        pass: milliseconds(given, "pace.pass_ms", (20, 60_000), 400)?,
        concurrency: number(given, "pace.concurrency", "a number of transactions", (1, 256), 32)?,
        resend: milliseconds(given, "pace.resend_ms", (100, 60_000), 500)?,
        backoff: milliseconds(given, "pace.backoff_ms", (100, 60_000), 1_000)?,
        backoff_cap: milliseconds(given, "pace.backoff_cap_ms", (100, 3_600_000), 30_000)?,
        grace: milliseconds(given, "pace.grace_ms", (0, 300_000), 30_000)?,
    })
}

fn fees(given: &mut Given) -> Result<FeeConfig, ConfigError> {
    Ok(FeeConfig {
        percentile: number(given, "fees.percentile", "percent of recent priority fees", (0, 100), 75)?,
        floor: number(given, "fees.floor", "micro-lamports per compute unit", (0, 1_000_000_000), 0)?,
        cap: number(given, "fees.cap", "lamports per transaction", (0, 1_000_000_000), 100_000)?,
        budget_per_hour: number(given, "fees.budget_per_hour", "lamports", (0, 1 << 50), 100_000_000)?,
    })
}

fn limits(given: &mut Given) -> Result<Limits, ConfigError> {
    Ok(Limits {
        min_profit: amount(given, "limits.min_profit")?,
        sweep_from: amount(given, "limits.sweep_from")?,
        margin_reserve_bps: number(given, "limits.margin_reserve_bps", "basis points", (0, 100_000), 500)?,
        worse_bps: number(given, "limits.worse_bps", "basis points", (0, 10_000), 0)?,
        unwind_worst_bps: number(given, "limits.unwind_worst_bps", "basis points", (0, 10_000), 50)?,
        refresh_lead_seconds: number(given, "limits.refresh_lead_seconds", "seconds", (0, 3_600), 5)?,
        refresh_move_bps: number(given, "limits.refresh_move_bps", "basis points", (0, 10_000), 10)?,
        max_accounts: number(given, "limits.max_accounts", "a number of accounts", (1, 100_000), 256)?,
    })
}

fn watch(given: &mut Given) -> Result<Watch, ConfigError> {
    let loopback = |text: &str| text.parse::<std::net::SocketAddr>().ok().filter(|address| address.ip().is_loopback());
    let is_json = |text: &str| match text {
        "text" => Some(false),
        "json" => Some(true),
        _ => None,
    };
    Ok(Watch {
        address: given.read("watch.address", "a loopback address and port such as 127.0.0.1:9464", loopback)?,
        stalled_after: milliseconds(given, "watch.stalled_after_ms", (1_000, 3_600_000), 15_000)?,
        slot_lag: number(given, "watch.slot_lag", "slots", (1, 100_000), 50)?,
        json_logs: given.read("watch.logs", "text or json", is_json)?.unwrap_or(false),
        log: given
            .read("watch.log", "a filter such as info or firebreak_keeper=debug", |text| {
                tracing_subscriber::EnvFilter::try_new(text).ok().map(|_| text.to_owned())
            })?
            .unwrap_or_else(|| "info".to_owned()),
    })
}

/// Every kind of job, all switched on unless the file says otherwise. Posting updates needs a service, and is off.
fn switches(given: &mut Given) -> Result<(Switches, bool), ConfigError> {
    let mut on = |name: &str| flag(given, &format!("jobs.{name}"), true);
    let switches = Switches {
        refresh_prices: on("refresh_prices")?,
        report_deficit: on("report_deficit")?,
        poke: on("poke")?,
        settle: on("settle")?,
        convert_collateral: on("convert_collateral")?,
        liquidate: on("liquidate")?,
        auto_deleverage: on("auto_deleverage")?,
        update_funding: on("update_funding")?,
        sweep_insurance: on("sweep_insurance")?,
        expire_offers: on("expire_offers")?,
        unwind: on("unwind")?,
    };
    Ok((switches, flag(given, "jobs.post_updates", false)?))
}

fn shard(text: &str) -> Option<Shard> {
    let (index, count) = text.split_once('/')?;
    let shard = Shard { index: index.parse().ok()?, count: count.parse().ok()? };
    (shard.count >= 1 && shard.count <= 1_024 && shard.index < shard.count).then_some(shard)
}

fn hermes(given: &mut Given, is_on: bool) -> Result<Option<HermesConfig>, ConfigError> {
    let config = HermesConfig {
        url: url(given, "hermes.url", ["http", "https"])?.unwrap_or_else(|| HERMES.to_owned()),
        api_key: given.secret("hermes.api_key").filter(|key| !key.is_empty()),
        every: milliseconds(given, "hermes.every_ms", (100, 600_000), 2_000)?,
        receiver: address(given, "hermes.receiver")?,
    };
    Ok(is_on.then_some(config))
}

fn yellowstone(given: &mut Given) -> Result<Option<(String, Option<String>)>, ConfigError> {
    let address = url(given, "yellowstone.url", ["http", "https"])?;
    let token = given.secret("yellowstone.token").filter(|token| !token.is_empty());
    if address.is_some() && !cfg!(feature = "yellowstone") {
        return Err(ConfigError::Bad {
            key: "yellowstone.url".to_owned(),
            value: address.unwrap_or_default(),
            source: "configuration".to_owned(),
            expected: "nothing: this keeper was built without the feature `yellowstone`".to_owned(),
        });
    }
    Ok(address.map(|address| (address, token)))
}

/// `feeds.3 = ["address", "address"]`.
fn feeds(given: &mut Given) -> Result<BTreeMap<u8, Vec<Address>>, ConfigError> {
    let parse = |index: &str, text: &str| -> Option<(u8, Vec<Address>)> {
        let asset = index.parse::<u8>().ok().filter(|asset| usize::from(*asset) < risk::MAX_ASSETS)?;
        let found: Vec<Address> = text.split(',').map(|one| one.trim().parse().ok()).collect::<Option<_>>()?;
        (!found.is_empty() && found.len() <= 2).then_some((asset, found))
    };
    let bad = |index: &str, text: &str, source: &str| ConfigError::Bad {
        key: format!("feeds.{index}"),
        value: text.to_owned(),
        source: source.to_owned(),
        expected: "an asset's index, and one or two addresses of its feeds' accounts".to_owned(),
    };
    let entries = given.below("feeds");
    entries.iter().map(|(index, (text, source))| parse(index, text).ok_or_else(|| bad(index, text, source))).collect()
}

pub fn config(mut given: Given) -> Result<Config, ConfigError> {
    let of = &mut given;
    let (switches, posts) = switches(of)?;
    let config = Config {
        keypair: of
            .read("keypair", "the path of a key file", |text| (!text.is_empty()).then(|| text.into()))?
            .ok_or_else(|| ConfigError::Missing {
                key: "keypair".to_owned(),
                expected: "the path of the keeper's key file (--keypair, or FIREBREAK_KEEPER_KEYPAIR)".to_owned(),
            })?,
        clearinghouse: number(of, "clearinghouse", "an id", (0, u64::MAX), 1)?,
        sub_id: number(of, "sub_id", "a sub-id", (0, u16::MAX), 100)?,
        capacity: of
            .read("capacity", "4, 8 or 16", |text| text.parse().ok().filter(|slots| [4, 8, 16].contains(slots)))?
            .unwrap_or(16),
        deposit: amount(of, "deposit")?,
        token_account: address(of, "token_account")?,
        dry_run: flag(of, "dry_run", false)?,
        shard: of.read("shard", "index/count with index below count, such as 0/2", shard)?.unwrap_or(Shard::WHOLE),
        switches,
        rpc: rpc(of)?,
        pace: pace(of)?,
        fees: fees(of)?,
        limits: limits(of)?,
        watch: watch(of)?,
        push_oracle: (address(of, "feeds.push_oracle")?, number(of, "feeds.push_shard", "a shard", (0, u16::MAX), 0)?),
        feeds: feeds(of)?,
        hermes: hermes(of, posts)?,
        yellowstone: yellowstone(of)?,
    };
    given.finish()?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_is_where_custom_has_it() {
        assert_eq!(ws_of("http://127.0.0.1:8899"), "ws://127.0.0.1:8900");
        assert_eq!(ws_of("https://rpc.example/key?x=1"), "wss://rpc.example/key?x=1");
        assert_eq!(ws_of("http://[::1]:1000/"), "ws://[::1]:1001/");
    }

    #[test]
    fn a_shard_is_one_of_its_count() {
        assert_eq!(shard("1/3"), Some(Shard { index: 1, count: 3 }));
        for bad in ["3/3", "0/0", "1", "a/b", "-1/2", "0/9999"] {
            assert_eq!(shard(bad), None, "{bad}");
        }
    }
}
