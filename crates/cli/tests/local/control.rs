//! The control server: good and bad requests, and the page it serves.

use firebreak_replay::localnet::Options;
use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_signer::Signer;

use crate::{
    commands::{Net, scratch},
    localnet::wait_for,
};

struct Asked {
    status: u16,
    body: String,
    kind: String,
    allows: String,
}

/// Sends a request to the control server, whatever its path.
fn ask(net: &Net, method: reqwest::Method, path: &str, body: Option<&str>) -> Asked {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = format!("{}{path}", net.net.manifest.control);
        let mut request = reqwest::Client::new().request(method, url);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        let response = request.send().await.unwrap();
        let header = |name: &str| {
            let found = response.headers().get(name);
            found.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let (status, kind, allows) =
            (response.status().as_u16(), header("content-type"), header("access-control-allow-origin"));
        Asked { status, kind, allows, body: response.text().await.unwrap() }
    })
}

fn get(net: &Net, path: &str) -> Asked {
    ask(net, reqwest::Method::GET, path, None)
}

fn post(net: &Net, what: &str, body: &Value) -> Asked {
    ask(net, reqwest::Method::POST, &format!("/control/{what}"), Some(&body.to_string()))
}

fn done(net: &Net, what: &str, body: Value) {
    let asked = post(net, what, &body);
    assert_eq!(asked.status, 200, "{what} {body}: {}", asked.body);
    assert_eq!(asked.allows, "*");
}

fn refused(net: &Net, what: &str, body: Value, says: &str) {
    let asked = post(net, what, &body);
    assert_eq!(asked.status, 400, "{what} {body}: {}", asked.body);
    let error: Value = serde_json::from_str(&asked.body).unwrap();
    assert!(error["error"].as_str().unwrap().contains(says), "{what} {body} should say `{says}`: {error}");
}

#[test]
fn the_manifest_and_the_clock_and_prices_are_had_over_http() {
    let net = Net::start();
    let manifest: Value = serde_json::from_str(&get(&net, "/localnet.json").body).unwrap();
    assert_eq!(manifest, serde_json::to_value(&net.net.manifest).unwrap());
    assert_eq!(ask(&net, reqwest::Method::OPTIONS, "/control/price", None).status, 204);

    done(&net, "price", json!({ "asset": 0, "price": "140.25" }));
    wait_for(&net, "the price asked for", |now| now.board.rows[0].mark == 1_402_500);
    done(&net, "price", json!({ "asset": 0, "silent": true }));
    done(&net, "price", json!({ "asset": 0, "release": true }));
    wait_for(&net, "the price of the course", |now| now.board.rows[0].mark == 1_500_000);
    for (body, says) in [
        (json!({ "asset": 3, "price": "1" }), "there is no asset 3"),
        (json!({ "asset": 3, "silent": true }), "there is no asset 3"),
        (json!({ "asset": 0, "price": "-1" }), "`-1` is no price"),
        (json!({ "asset": 0, "price": "0" }), "`0` is no price"),
        (json!({ "asset": 0, "price": "99999999999" }), "a lot of asset 0 would cost"),
        (json!({ "asset": 0, "price": "0.00000001" }), "a lot of asset 0 would cost 0"),
        (json!({ "asset": 0, "price": 140 }), "expected"),
        (json!({ "asset": 0 }), "give one of"),
        (json!({ "asset": 0, "price": "1", "silent": true }), "give one of"),
        (json!({ "asset": 300, "silent": true }), "expected u8"),
        (json!({ "price": "1" }), "asset"),
        (json!({ "asset": 0, "silence": true }), "unknown field"),
    ] {
        refused(&net, "price", body, says);
    }

    let before = net.snapshot().now;
    done(&net, "clock", json!({ "advance_seconds": 3_600 }));
    let after = net.snapshot();
    assert!(after.now >= before + 3_600 && after.now < before + 3_900, "{} {before}", after.now);
    assert!(after.board.rows.iter().all(|row| row.publish_time >= before + 3_600), "prices are published there");
    refused(&net, "clock", json!({ "advance_seconds": -1 }), "expected u32");
    refused(&net, "clock", json!({ "advance_seconds": 4_000_000_000_u32 }), "too many at once");
    assert_eq!(get(&net, "/control/clock").status, 405);
    let nothing = get(&net, "/");
    assert_eq!(nothing.status, 404);
    assert!(nothing.body.contains("--app"), "{}", nothing.body);
}

#[test]
fn the_faucet_pays_into_wallets() {
    let net = Net::start();
    let owner = Keypair::new().pubkey();
    done(&net, "faucet", json!({ "owner": owner.to_string(), "atoms": "1000000000", "bank": 0 }));
    done(&net, "faucet", json!({ "owner": owner.to_string(), "atoms": "5" }));
    done(&net, "faucet", json!({ "owner": owner.to_string(), "atoms": "7", "bank": 1 }));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let rpc = RpcClient::new(net.net.manifest.rpc.clone());
    let (lamports, tokens) = runtime.block_on(async {
        let mut tokens = Vec::new();
        for bank in &net.net.manifest.banks {
            let filter = solana_rpc_client_api::request::TokenAccountsFilter::Mint(bank.mint.parse().unwrap());
            let found = rpc.get_token_accounts_by_owner(&owner, filter).await.unwrap();
            assert_eq!(found.len(), 1, "one associated account");
            let address = found[0].pubkey.parse().unwrap();
            tokens.push(rpc.get_token_account_balance(&address).await.unwrap().amount);
        }
        (rpc.get_balance(&owner).await.unwrap(), tokens)
    });
    assert_eq!(tokens, ["1000000005", "7"]);
    assert_eq!(lamports, 30_000_000_000);
    for (body, says) in [
        (json!({ "owner": "me", "atoms": "1" }), "`me` is no address"),
        (json!({ "owner": owner.to_string(), "atoms": "-1" }), "no number of atoms"),
        (json!({ "owner": owner.to_string(), "atoms": "1.5" }), "no number of atoms"),
        (
            json!({ "owner": owner.to_string(), "atoms": "1", "bank": 9 }),
            "there is no bank 9: this network has 0 (USDC), 1 (wSOL)",
        ),
        (json!({ "owner": owner.to_string(), "atoms": "18446744073709551615" }), "the faucet was refused"),
        (json!({ "atoms": "1" }), "owner"),
    ] {
        refused(&net, "faucet", body, says);
    }
    assert_eq!(ask(&net, reqwest::Method::POST, "/control/faucet", Some("{")).status, 400);
}

#[test]
fn a_page_is_served_with_its_own_paths_and_nothing_beside_it() {
    let folder = scratch("control-page");
    std::fs::create_dir_all(folder.join("app/assets")).unwrap();
    std::fs::write(folder.join("app/index.html"), "<title>page</title>").unwrap();
    std::fs::write(folder.join("app/assets/a.wasm"), [0, 97]).unwrap();
    std::fs::write(folder.join("secret.txt"), "secret").unwrap();
    let net = Net::with(Options { app: Some(folder.join("app")), ..Options::default() });
    for path in ["/", "/trade/SOL", "/index.html"] {
        let page = get(&net, path);
        assert_eq!((page.status, page.body.as_str()), (200, "<title>page</title>"), "{path}");
        assert!(page.kind.starts_with("text/html"), "{path}");
    }
    let wasm = get(&net, "/assets/a.wasm");
    assert_eq!((wasm.status, wasm.kind.as_str()), (200, "application/wasm"));
    for path in ["/nope.js", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt"] {
        let asked = get(&net, path);
        assert!(asked.status == 404 && !asked.body.contains("secret\n"), "{path}: {}", asked.body);
    }
    assert_eq!(ask(&net, reqwest::Method::POST, "/", Some("x")).status, 404);
}
