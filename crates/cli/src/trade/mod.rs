//! `firebreak trade`: takes the best offers of a market.

mod report;
mod take;

use clap::{Args, Subcommand};

use crate::{
    account::Chosen, context::Context, decimal::Decimal, failure::Outcome, sending::Sending, session::Session,
    units::TypedSize,
};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What is traded, and at what price at worst.
#[derive(Clone, Debug, Args)]
pub struct Order {
    /// Index or symbol of the market
    pub market: String,
    /// How much: units of the asset, or lots (like 125lots)
    #[arg(allow_negative_numbers = true)]
    pub size: TypedSize,
    /// Worst price per unit; by default 1 % beyond the mark
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true)]
    pub limit: Option<Decimal>,
    #[command(flatten)]
    pub chosen: Chosen,
    #[command(flatten)]
    pub sending: Sending,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Buy from the best offers up to a size
    ///
    /// Offers beyond the limit, of makers who cannot fill them, and your own are passed over. What nobody offers stays unfilled.
    #[command(
        after_help = "Examples:\n  firebreak trade buy SOL 1.25\n  firebreak trade buy SOL 125lots --limit 141 --dry-run"
    )]
    Buy(Order),
    /// Sell to the best offers up to a size
    ///
    /// Offers beyond the limit, of makers who cannot fill them, and your own are passed over. What nobody offers stays unfilled.
    #[command(
        after_help = "Examples:\n  firebreak trade sell SOL 1.25\n  firebreak trade sell BTC 0.01 --limit 99000 --sub 1"
    )]
    Sell(Order),
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    let session = Session::open(context).await?;
    let (order, buys) = match arguments.command {
        Command::Buy(order) => (order, true),
        Command::Sell(order) => (order, false),
    };
    take::run(&session, &order, buys).await
}
