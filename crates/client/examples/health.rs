//! What a margin account is worth, requires, and where it would be liquidated:
//! `cargo run --example health -- http://127.0.0.1:8899 <owner>`.

use firebreak_client::{Addresses, Portfolio, symbol};
use solana_address::Address;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(owner)) = (arguments.next(), arguments.next()) else {
        return Err("say the address of an RPC and an owner".into());
    };
    let owner: Address = owner.parse()?;
    let rpc = RpcClient::new(url);
    let at = Addresses::of_id(1);
    let portfolio = Portfolio::load(&rpc, &at, at.margin_account(&owner, 0)).await?;
    let (account, holdings) = portfolio.report()?;
    println!("equity {} atoms, maintenance margin {}", account.equity, account.maintenance_margin);
    for (asset, holding) in holdings {
        let name = symbol(&portfolio.board.rows[asset as usize]);
        println!("{name}: {} atoms at mark, liquidated at {:?}", holding.notional, holding.liquidation_price);
    }
    Ok(())
}
