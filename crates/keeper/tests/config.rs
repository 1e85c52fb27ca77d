//! Settings: the example says what the code says, and every bad value is refused with its key, what it is and what it should be.

use std::path::{Path, PathBuf};

use firebreak_keeper::run::{Config, KeeperArguments, Network, config::Given};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("keeper.example.toml")
}

/// The defaults, with this much said by a file.
fn read(text: &str) -> Result<Config, String> {
    let path = std::env::temp_dir().join(format!("firebreak-config-{}-{:x}.toml", std::process::id(), hash(text)));
    std::fs::write(&path, text).unwrap();
    let read = Given::file(&path).and_then(|given| Config::read(given.with("keypair", Some("key.json".to_owned()))));
    std::fs::remove_file(path).unwrap();
    read.map_err(|error| error.to_string())
}

fn hash(text: &str) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = std::hash::DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn the_example_is_what_the_code_does_by_default() {
    let shown = Config::read(Given::file(&example()).unwrap()).unwrap();
    let mut default = Config::new("/etc/firebreak/keeper.json", "http://127.0.0.1:8899").unwrap();
    // What a default is where nothing is said: the program's code has it, and the example says the same.
    (default.limits.min_profit, default.limits.sweep_from) =
        (shown.limits.min_profit.clone(), shown.limits.sweep_from.clone());
    assert_eq!(format!("{shown:#?}"), format!("{default:#?}"));
}

#[test]
fn the_example_names_every_setting() {
    let text = std::fs::read_to_string(example()).unwrap();
    // An unknown key is answered with all that there are in its section.
    for section in ["rpc", "jobs", "limits", "pace", "fees", "watch", "hermes", "feeds", "yellowstone"] {
        let error = read(&format!("[{section}]\nnothing_like_that = \"1\"\n"));
        let error = error.expect_err("no such setting");
        let (_, known) = error.split_once("there are: ").unwrap_or_default();
        if section != "feeds" {
            assert!(!known.is_empty(), "{section}: {error}");
        }
        for key in known.split(", ").filter_map(|key| key.split_once('.')).map(|(_, key)| key) {
            assert!(text.contains(key) || key == "<index>", "keeper.example.toml does not name {section}.{key}");
        }
    }
}

#[test]
fn every_bad_value_is_refused_by_its_key() {
    let bad = [
        ("clearinghouse = -1", "`clearinghouse` is `-1`"),
        ("sub_id = 70000", "`sub_id` is `70000`"),
        ("capacity = 5", "4, 8 or 16"),
        ("deposit = \"many\"", "`deposit` is `many`"),
        ("token_account = \"abc\"", "base58"),
        ("dry_run = \"perhaps\"", "true or false"),
        ("shard = \"2/2\"", "0/2"),
        ("nonsense = 1", "`nonsense`"),
        ("[rpc]\nurl = \"ftp://x\"", "http:// or https://"),
        ("[rpc]\nurl = \"http://\"", "`rpc.url`"),
        ("[rpc]\nws_url = \"http://x\"", "ws:// or wss://"),
        ("[rpc]\nfallback_url = 7", "`rpc.fallback_url` is `7`"),
        ("[rpc]\ntimeout_ms = 0", "from 100 to 60000"),
        ("[rpc]\ntimeout_ms = \"soon\"", "`rpc.timeout_ms` is `soon`"),
        ("[rpc]\ncommitment = \"rooted\"", "processed or confirmed"),
        ("[rpc]\nreread_ms = 1", "`rpc.reread_ms`"),
        ("[rpc]\nsilence_ms = 1", "`rpc.silence_ms`"),
        ("[jobs]\nliquidate = 1", "`jobs.liquidate` is `1`"),
        ("[jobs]\nunwind = \"no\"", "`jobs.unwind` is `no`"),
        ("[jobs]\nliquidations = true", "jobs.liquidate"),
        ("[limits]\nmin_profit = \"1,5\"", "`limits.min_profit`"),
        ("[limits]\nworse_bps = 10001", "from 0 to 10000"),
        ("[limits]\nmax_accounts = 0", "`limits.max_accounts`"),
        ("[pace]\nconcurrency = 0", "from 1 to 256"),
        ("[pace]\nresend_ms = 1.5", "`pace.resend_ms` is `1.5`"),
        ("[fees]\npercentile = 101", "from 0 to 100"),
        ("[fees]\ncap = -1", "`fees.cap`"),
        ("[fees]\nbudget_per_hour = \"all\"", "`fees.budget_per_hour`"),
        ("[watch]\naddress = \"0.0.0.0:9464\"", "loopback"),
        ("[watch]\naddress = \"9464\"", "loopback"),
        ("[watch]\nlogs = \"xml\"", "text or json"),
        ("[feeds]\n99 = [\"11111111111111111111111111111111\"]", "`feeds.99`"),
        ("[feeds]\n0 = [\"abc\"]", "`feeds.0`"),
        ("[feeds]\npush_shard = -1", "`feeds.push_shard`"),
        ("[hermes]\nevery_ms = 1", "`hermes.every_ms`"),
        ("[hermes]\nreceiver = \"x\"", "`hermes.receiver`"),
    ];
    for (text, said) in bad {
        let error = read(text).expect_err(text);
        assert!(error.contains(said), "{text}: {error}");
    }
    assert!(read("[rpc").unwrap_err().contains("not valid TOML"));
    assert!(Given::file(Path::new("/nowhere.toml")).unwrap_err().to_string().contains("cannot read"));
}

#[test]
fn a_secret_is_never_shown() {
    let config = read("[jobs]\npost_updates = true\n[hermes]\napi_key = \"very secret\"\n").unwrap();
    let hermes = config.hermes.clone().unwrap();
    assert_eq!(hermes.api_key.as_deref(), Some("very secret"));
    assert!(!format!("{config:?}").contains("very secret"));
}

#[test]
fn a_key_file_and_an_address_are_enough_and_the_key_file_is_asked_for() {
    let network =
        Network { url: Some("http://127.0.0.1:1".to_owned()), keypair: Some("k".to_owned()), ..Network::default() };
    let arguments = KeeperArguments { shard: Some("1/2".to_owned()), dry_run: true, ..KeeperArguments::default() };
    let config = arguments.config(&network).unwrap();
    assert_eq!(config.rpc.endpoints[0].ws_url, "ws://127.0.0.1:2");
    assert!(config.dry_run && config.shard.index == 1);
    let error = KeeperArguments::default().config(&Network::default()).unwrap_err().to_string();
    assert!(error.contains("--keypair"), "{error}");
}
