//! What a page or a test asks of the network over HTTP, on loopback.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    thread::JoinHandle,
};

use anyhow::{Context, Result};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use solana_address::Address;
use tokio::sync::oneshot;

use super::{
    files,
    manifest::Manifest,
    orders::{Order, Orders},
};

/// What is told and served.
#[derive(Clone)]
pub struct Served {
    pub manifest: Manifest,
    pub app: Option<PathBuf>,
}

#[derive(Clone)]
struct Shared {
    served: Served,
    orders: Orders,
}

/// A running control server.
pub struct Control {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    pub fn start(port: u16, served: Served, orders: Orders) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
            format!("the control port {port} was taken meanwhile: choose another with --control-port")
        })?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let app = routes(Shared { served, orders });
        let run = move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                let serve = axum::serve(listener, app);
                tokio::select! {
                    // Ends with its listener only.
                    _ended = async { serve.await } => {}
                    _told = stopped => {}
                }
            });
            runtime.shutdown_background();
        };
        let thread =
            std::thread::Builder::new().name("control".to_owned()).spawn(run).context("cannot start a thread")?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }

    /// Ends the server, and returns once its port is free.
    pub fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ended = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/localnet.json", get(async |State(shared): State<Shared>| Json(shared.served.manifest)))
        .route("/control/price", post(price))
        .route("/control/clock", post(clock))
        .route("/control/faucet", post(faucet))
        .fallback(page)
        .layer(middleware::from_fn(open_to_pages))
        .with_state(shared)
}

/// Lets pages of any origin ask: there is nothing here but play money.
async fn open_to_pages(request: Request, next: Next) -> Response {
    let is_question = request.method() == Method::OPTIONS;
    let mut response = if is_question { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let any = HeaderValue::from_static("*");
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, any);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    response
}

async fn page(State(shared): State<Shared>, request: Request) -> Response {
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    match shared.served.app {
        Some(folder) if is_reading => files::serve(&folder, request.uri().path()).await,
        _ => wrong(
            StatusCode::NOT_FOUND,
            "there is nothing here: ask for /localnet.json, or start with --app".to_owned(),
        ),
    }
}

fn wrong(status: StatusCode, error: String) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

/// Reads what was asked, gives the order, answers.
async fn answer<T: DeserializeOwned>(
    shared: Shared,
    body: Bytes,
    order: impl FnOnce(T) -> Result<Order, String>,
) -> Response {
    let asked = serde_json::from_slice(&body).map_err(|error| format!("the request is not as expected: {error}"));
    let order = match asked.and_then(order) {
        Ok(order) => order,
        Err(error) => return wrong(StatusCode::BAD_REQUEST, error),
    };
    match tokio::task::spawn_blocking(move || shared.orders.give(order)).await {
        Ok(Ok(())) => Json(json!({ "ok": true })).into_response(),
        Ok(Err(refused)) => wrong(StatusCode::BAD_REQUEST, refused.0),
        Err(error) => wrong(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceAsked {
    asset: u8,
    /// Dollars, with up to eight decimals.
    price: Option<String>,
    #[serde(default)]
    silent: bool,
    /// Follows the course again.
    #[serde(default)]
    release: bool,
}

async fn price(State(shared): State<Shared>, body: Bytes) -> Response {
    let order = |asked: PriceAsked| match (&asked.price, asked.silent, asked.release) {
        (Some(price), false, false) => Ok(Order::Price { asset: asked.asset, price_e8: dollars_e8(price)? }),
        (None, true, false) => Ok(Order::Silence { asset: asked.asset }),
        (None, false, true) => Ok(Order::Release { asset: asked.asset }),
        _ => Err("give one of \"price\", \"silent\": true and \"release\": true".to_owned()),
    };
    answer(shared, body, order).await
}

/// A price in 10^-8 dollars. Error: it is not a positive decimal number of up to eight decimals.
fn dollars_e8(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no price: expected dollars such as 140.25, with up to eight decimals");
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(decimals) || decimals.len() > 8 {
        return Err(wrong());
    }
    let number: Option<u64> = format!("{whole}{decimals:0<8}").parse().ok();
    number.filter(|price| *price > 0).ok_or_else(wrong)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockAsked {
    advance_seconds: u32,
}

async fn clock(State(shared): State<Shared>, body: Bytes) -> Response {
    answer(shared, body, |asked: ClockAsked| Ok(Order::Advance { seconds: asked.advance_seconds })).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaucetAsked {
    owner: String,
    /// As text, since numbers of a page are exact up to 2^53 only.
    atoms: String,
    #[serde(default)]
    bank: u8,
}

async fn faucet(State(shared): State<Shared>, body: Bytes) -> Response {
    let order = |asked: FaucetAsked| {
        let owner: Address = asked.owner.parse().map_err(|_| format!("`{}` is no address in base58", asked.owner))?;
        let atoms =
            asked.atoms.parse().map_err(|_| format!("`{}` is no number of atoms, such as 1000000", asked.atoms))?;
        Ok(Order::Faucet { owner, atoms, bank: asked.bank })
    };
    answer(shared, body, order).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_exact_or_refused() {
        assert_eq!(dollars_e8("140.25"), Ok(14_025_000_000));
        assert_eq!(dollars_e8("7"), Ok(700_000_000));
        assert_eq!(dollars_e8("0.00000001"), Ok(1));
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1e3", "0", "0.000000001", "1.2.3", "184467440738", " 1", "１"] {
            assert!(dollars_e8(bad).is_err(), "{bad}");
        }
    }
}
