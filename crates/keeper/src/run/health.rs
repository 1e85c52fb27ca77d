//! `/metrics`, `/healthz` and `/readyz`.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use tokio::net::TcpListener;

use super::meter::Meter;

fn answer(result: Result<String, String>) -> (StatusCode, String) {
    match result {
        Ok(text) => (StatusCode::OK, format!("ok: {text}\n")),
        Err(text) => (StatusCode::SERVICE_UNAVAILABLE, format!("{text}\n")),
    }
}

/// Listens, and answers for as long as the task runs. The address, with the port where 0 was asked for.
pub async fn serve(address: SocketAddr, meter: Arc<Meter>) -> Result<SocketAddr, String> {
    let cannot = |cause: std::io::Error| format!("cannot listen on watch.address {address}: {cause}");
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let bound = listener.local_addr().map_err(cannot)?;
    let router = Router::new()
        .route("/metrics", get(|State(meter): State<Arc<Meter>>| async move { meter.render() }))
        .route("/healthz", get(|State(meter): State<Arc<Meter>>| async move { answer(meter.health()) }))
        .route("/readyz", get(|State(meter): State<Arc<Meter>>| async move { answer(meter.readiness()) }))
        .with_state(meter);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(bound)
}
