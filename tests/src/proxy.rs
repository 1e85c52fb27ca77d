//! A proxy between a keeper and a network, for HTTP and WebSocket, that fails in the ways servers do.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    sync::watch,
};

/// What one of the two servers does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Up,
    /// Nobody listens, and what was open is cut.
    Down,
    /// Connections stay open, and nothing comes through any more.
    Stalled,
}

/// How the servers behave now.
#[derive(Clone, Copy, Debug)]
struct Rules {
    http: Mode,
    ws: Mode,
    /// Every second `sendTransaction` is answered, and not passed on.
    drops_sends: bool,
}

/// A running proxy.
pub struct Proxy {
    pub url: String,
    pub ws_url: String,
    rules: watch::Sender<Rules>,
    /// Sends that came while every second one was lost.
    sends: Arc<AtomicU64>,
    runtime: Option<Runtime>,
}

impl Proxy {
    /// In front of these two addresses, `http://127.0.0.1:1` and `ws://127.0.0.1:2`.
    pub fn start(url: &str, ws_url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (rules, seen) = watch::channel(Rules { http: Mode::Up, ws: Mode::Up, drops_sends: false });
        let sends = Arc::new(AtomicU64::new(0));
        let bound = || runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let (http, ws) = (bound(), bound());
        let (http_at, ws_at) = (http.local_addr().unwrap(), ws.local_addr().unwrap());
        let upstream = Upstream { url: url.to_owned(), client: reqwest::Client::new(), sends: sends.clone() };
        let serve_http = move |stream, seen| {
            let upstream = upstream.clone();
            async move { upstream.serve(stream, seen).await }
        };
        let ws_to: SocketAddr = ws_url.trim_start_matches("ws://").trim_end_matches('/').parse().unwrap();
        let serve_ws = move |stream, seen| relay(stream, ws_to, seen);
        runtime.spawn(listen(http, http_at, seen.clone(), |rules| rules.http, serve_http));
        runtime.spawn(listen(ws, ws_at, seen, |rules| rules.ws, serve_ws));
        let (url, ws_url) = (format!("http://{http_at}"), format!("ws://{ws_at}"));
        Self { url, ws_url, rules, sends, runtime: Some(runtime) }
    }

    /// What HTTP and WebSocket do from now on.
    pub fn set(&self, http: Mode, ws: Mode) {
        self.rules.send_modify(|rules| (rules.http, rules.ws) = (http, ws));
    }

    /// Whether every second `sendTransaction` is lost.
    pub fn drop_sends(&self, drops_sends: bool) {
        self.rules.send_modify(|rules| rules.drops_sends = drops_sends);
    }

    /// Transactions that were lost.
    pub fn dropped(&self) -> u64 {
        self.sends.load(Ordering::Relaxed).div_ceil(2)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Accepts while the server is up or stalled; lets go of the port while it is down.
async fn listen<S, F>(
    first: TcpListener,
    address: SocketAddr,
    mut seen: watch::Receiver<Rules>,
    mode: fn(&Rules) -> Mode,
    serve: S,
) where
    S: Fn(TcpStream, watch::Receiver<Rules>) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let mut listener = Some(first);
    loop {
        if mode(&seen.borrow()) == Mode::Down {
            listener = None;
            if seen.changed().await.is_err() {
                return;
            }
            continue;
        }
        let Some(open) = &listener else {
            // The port may be held a moment longer by what was cut.
            listener = TcpListener::bind(address).await.ok();
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        tokio::select! {
            accepted = open.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let (task, mut cut) = (serve(stream, seen.clone()), seen.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = task => {}
                        _ = cut.wait_for(|rules| mode(rules) == Mode::Down) => {}
                    }
                });
            }
            changed = seen.changed() => if changed.is_err() { return },
        }
    }
}

#[derive(Clone)]
struct Upstream {
    url: String,
    client: reqwest::Client,
    sends: Arc<AtomicU64>,
}

impl Upstream {
    /// Request after request of one connection.
    async fn serve(&self, stream: TcpStream, mut seen: watch::Receiver<Rules>) {
        let mut stream = BufReader::new(stream);
        while let Some(body) = request(&mut stream).await {
            if seen.wait_for(|rules| rules.http != Mode::Stalled).await.is_err() {
                return;
            }
            let is_send = String::from_utf8_lossy(&body).contains("\"sendTransaction\"");
            let is_lost =
                is_send && seen.borrow().drops_sends && self.sends.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
            let answer = match is_lost {
                // A server that took it and lost it answers like one that did not; the client checks nothing but that it is a signature.
                true => lost(&body),
                false => self.forward(body).await,
            };
            let Some(answer) = answer else { return };
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                answer.len()
            );
            if stream.write_all(head.as_bytes()).await.is_err() || stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    }

    async fn forward(&self, body: Vec<u8>) -> Option<Vec<u8>> {
        let request = self.client.post(&self.url).header("content-type", "application/json").body(body);
        let answer = request.send().await.ok()?.bytes().await.ok()?;
        Some(answer.to_vec())
    }
}

/// The answer to a send that nobody carries out: the transaction's own signature, as if it had been taken.
fn lost(body: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine;
    let request: serde_json::Value = serde_json::from_slice(body).ok()?;
    let transaction = base64::engine::general_purpose::STANDARD.decode(request["params"][0].as_str()?).ok()?;
    let signature = solana_signature::Signature::try_from(transaction.get(1..65)?).ok()?;
    let answer = serde_json::json!({ "jsonrpc": "2.0", "id": request["id"], "result": signature.to_string() });
    serde_json::to_vec(&answer).ok()
}

/// The body of the next request.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(body)
}

/// Bytes to and fro, as long as nothing is stalled.
async fn relay(stream: TcpStream, to: SocketAddr, seen: watch::Receiver<Rules>) {
    let Ok(other) = TcpStream::connect(to).await else { return };
    let (from_client, to_client) = stream.into_split();
    let (from_server, to_server) = other.into_split();
    tokio::select! {
        () = pump(from_client, to_server, seen.clone()) => {}
        () = pump(from_server, to_client, seen) => {}
    }
}

async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut seen: watch::Receiver<Rules>,
) {
    let mut bytes = vec![0; 64 << 10];
    loop {
        let Ok(count) = from.read(&mut bytes).await else { return };
        if count == 0 || seen.wait_for(|rules| rules.ws != Mode::Stalled).await.is_err() {
            return;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
