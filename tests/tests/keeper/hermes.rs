//! Prices from Hermes: its answers as Pyth's own code writes them, served by a stand-in, posted through a stand-in of the receiver.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::Engine;
use firebreak_client::snapshot::{CLOCK, unix_seconds};
use firebreak_keeper::run::{
    config::HermesConfig,
    hermes::{Receiver, Update, decode},
};
use firebreak_replay::{listing::feed_id, litesvm_chain::program_file, pyth::RECEIVER};
use proptest::prelude::*;
use pythnet_sdk::{
    hashers::keccak256_160::Keccak160,
    messages::{Message, PriceFeedMessage},
    wire::{
        to_vec,
        v1::{AccumulatorUpdateData, MerklePriceUpdate, Proof},
    },
};
use serde_json::{Value, json};
use solana_rpc_client_api::request::RpcRequest;

use super::stage::Stage;

const BASE64: base64::engine::GeneralPurpose = base64::engine::general_purpose::STANDARD;
/// Publish time of the recorded answer.
const RECORDED: i64 = 1_795_000_000;
const PRICES: [(&str, i64); 2] = [("SOL", 14_000_000_000), ("BTC", 11_900_000_000_000)];

fn recorded() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keeper/hermes.json"))
}

/// Signed by so many, of set 3; nobody checks the signatures here.
fn signed_root(signatures: u8) -> Vec<u8> {
    let mut bytes = vec![1, 0, 0, 0, 3, signatures];
    bytes.extend((0..signatures).flat_map(|index| [index; 66]));
    bytes.extend([0x2f; 51 + 37]);
    bytes
}

/// An answer of Hermes, written by Pyth's own code.
fn answer(publish_time: i64, signatures: u8) -> Value {
    let update = |(symbol, price): (&str, i64)| {
        let message = Message::PriceFeedMessage(PriceFeedMessage {
            feed_id: feed_id(symbol),
            price,
            conf: 7_000_000,
            exponent: -8,
            publish_time,
            prev_publish_time: publish_time - 1,
            ema_price: price + 1,
            ema_conf: 7_000_001,
        });
        let message = to_vec::<_, byteorder::BE>(&message).unwrap();
        let proof = pythnet_sdk::accumulators::merkle::MerklePath::<Keccak160>::new(vec![[9; 20]; 4]);
        MerklePriceUpdate { message: message.into(), proof }
    };
    let proof = Proof::WormholeMerkle {
        vaa: signed_root(signatures).into(),
        updates: PRICES.into_iter().map(update).collect(),
    };
    let bytes = to_vec::<_, byteorder::BE>(&AccumulatorUpdateData::new(proof)).unwrap();
    json!({ "binary": { "encoding": "base64", "data": [BASE64.encode(bytes)] } })
}

fn bytes(answer: &Value) -> Vec<u8> {
    BASE64.decode(answer["binary"]["data"][0].as_str().unwrap()).unwrap()
}

#[test]
fn the_recorded_answer_is_read_as_pyths_own_code_wrote_it() {
    if std::env::var("FIREBREAK_BLESS").is_ok() {
        std::fs::write(recorded(), serde_json::to_string_pretty(&answer(RECORDED, 3)).unwrap() + "\n").unwrap();
    }
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(recorded()).unwrap()).unwrap();
    assert_eq!(kept, answer(RECORDED, 3));
    let updates = decode(&bytes(&kept)).unwrap();
    assert_eq!(updates.len(), PRICES.len());
    for (update, (symbol, price)) in updates.iter().zip(PRICES) {
        let read = update.price;
        assert_eq!(update.feed_id, feed_id(symbol));
        assert_eq!((read.price, read.confidence, read.exponent, read.publish_time), (price, 7_000_000, -8, RECORDED));
        assert_eq!((&update.signed_root, &update.proof), (&signed_root(3), &vec![[9; 20]; 4]));
    }
}

proptest! {
    #[test]
    fn edited_and_cut_answers_are_read_or_refused_and_never_more(at in 0..700_usize, bit in 0..8_u8, cut in 0..800_usize) {
        let whole = bytes(&answer(RECORDED, 3));
        let mut edited = whole.clone();
        let at = at % edited.len();
        edited[at] ^= 1 << bit;
        let _read: Result<Vec<Update>, String> = decode(&edited);
        let cut = &whole[..cut.min(whole.len())];
        prop_assert!(decode(cut).is_err() || cut.len() == whole.len());
    }
}

/// Serves what is in the slot, to who brings the key. Stops with the process.
fn serve(slot: Arc<Mutex<Value>>, key: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let asked = lines.next().unwrap_or_default();
            let has_key = lines.take_while(|line| !line.is_empty()).any(|line| {
                line.to_lowercase().starts_with("authorization:") && line.ends_with(&format!("Bearer {key}"))
            });
            let is_known = asked.starts_with("GET /v2/updates/price/latest?ids") && asked.contains("encoding=base64");
            let (status, body) = match (has_key, is_known) {
                (false, _) => ("401 Unauthorized", String::new()),
                (_, false) => ("404 Not Found", asked),
                _ => ("200 OK", slot.lock().unwrap().to_string()),
            };
            let mut stream = stream;
            let _gone = write!(
                stream,
                "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    url
}

fn now(stage: &Stage) -> i64 {
    unix_seconds(&stage.rpc.get_account(&CLOCK).unwrap().data).unwrap()
}

/// A receiver program that verifies nothing, with a configuration that names some verifier.
fn deploy_receiver(stage: &Stage) {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let cheat = |method, params| {
        stage.rpc.send::<Value>(RpcRequest::Custom { method }, params).unwrap();
    };
    let program = std::fs::read(program_file("receiver")).unwrap();
    cheat("surfnet_writeProgram", json!([RECEIVER.to_string(), hex(&program), 0]));
    let mut config = vec![155, 12, 170, 224, 30, 250, 204, 130];
    config.extend([1; 32]); // the authority
    config.push(0); // no successor
    config.extend([2; 32]); // the verifier
    config.resize(370, 0);
    let account = json!({ "lamports": 10_000_000, "data": hex(&config), "owner": RECEIVER.to_string() });
    cheat("surfnet_setAccount", json!([Receiver::config(&RECEIVER).to_string(), account]));
}

#[test]
fn prices_from_hermes_reach_the_board_and_only_those_that_were_verified_fully() {
    let stage = Stage::new();
    deploy_receiver(&stage);
    let slot = Arc::new(Mutex::new(answer(now(&stage), 2)));
    let mut config = stage.config("keeper", 10_000);
    config.hermes = Some(HermesConfig {
        url: serve(slot.clone(), "secret"),
        api_key: Some("secret".to_owned()),
        every: Duration::from_millis(500),
        receiver: None,
    });
    let keeper = stage.keeper(config);
    let refused = stage.until("a partial verification is refused", || {
        *slot.lock().unwrap() = answer(now(&stage), 2);
        keeper.statistics().refusals.get("refresh_prices").cloned()
    });
    assert!(refused.contains("PriceNotFullyVerified"), "{refused}");
    assert_ne!(stage.row(0).mark, 1_400_000);
    stage.until("SOL and BTC are where Hermes has them", || {
        *slot.lock().unwrap() = answer(now(&stage), 3);
        (stage.row(0).mark == 1_400_000 && stage.row(1).mark == 1_190_000).then_some(())
    });
    let seen = keeper.stop().unwrap();
    assert!(seen.done("refresh_prices") >= 2, "{seen:?}");
}

#[test]
fn without_a_receiver_nothing_is_begun() {
    let stage = Stage::new();
    let mut config = stage.config("keeper", 10_000);
    let every = Duration::from_secs(1);
    config.hermes = Some(HermesConfig { url: "http://127.0.0.1:1".to_owned(), api_key: None, every, receiver: None });
    let keeper = firebreak_keeper::run::Keeper::start(config).unwrap();
    let error = keeper.until(async { tokio::time::sleep(Duration::from_secs(60)).await }).err().unwrap().to_string();
    assert!(error.contains("has no configuration"), "{error}");
}
