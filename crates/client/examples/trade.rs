//! Buys from a maker's offer, and says what that did:
//! `cargo run --example trade -- http://127.0.0.1:8899 key.json <maker's margin account> <lots>`.

use firebreak_client::{Addresses, Event, Portfolio, sending::send};
use solana_keypair::read_keypair_file;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_signer::Signer;

const SOL: u8 = 0;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, key, maker, lots] = arguments.as_slice() else {
        return Err("say an RPC, a key file, a maker's margin account and lots".into());
    };
    let rpc = RpcClient::new(url.clone());
    let trader = read_keypair_file(key)?;
    let at = Addresses::of_id(1);
    let own = at.margin_account(&trader.pubkey(), 0);

    // Whatever the price moves meanwhile, no more than one percent above the mark is paid.
    let portfolio = Portfolio::load(&rpc, &at, own).await?;
    let mark = portfolio.board.rows[SOL as usize].mark;
    let take = at.take_offer(SOL, trader.pubkey(), own, maker.parse()?, lots.parse()?, mark + mark / 100);

    // An error is a sentence: the program's own, where it was the program that refused.
    let sent = send(&rpc, &[take], &[&trader], 0).await?;
    for event in &sent.events {
        if let Event::Traded(traded) = event {
            println!("{} lots at {} atoms, {} compute units", traded.lots, traded.price, sent.compute_units);
        }
    }
    Ok(())
}
