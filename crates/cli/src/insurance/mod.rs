//! `firebreak insurance`: the fund that pays when margins did not, and its stakers.

mod manage;
mod show;

pub use show::share_price;

use clap::{Args, Subcommand};
use solana_address::Address;

use crate::{context::Context, decimal::Decimal, failure::Outcome, sending::Sending, session::Session, units::AllOr};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the fund, its share price, the markets' tranches and your stake
    #[command(after_help = "Examples:\n  firebreak insurance show\n  firebreak insurance show --staker 7xKX… --json")]
    Show {
        /// Whose stake; by default your key's, where there is one
        #[arg(long, value_name = "ADDRESS")]
        staker: Option<Address>,
    },
    /// Buy shares of the fund: they earn fees, and bear bad debt
    #[command(after_help = "Examples:\n  firebreak insurance stake 1000\n  firebreak insurance stake 1000 --dry-run")]
    Stake {
        /// How much, in the quote token
        #[arg(allow_negative_numbers = true)]
        amount: Decimal,
        /// Token account it comes from; by default your associated one
        #[arg(long, value_name = "ADDRESS")]
        from: Option<Address>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Ask for shares to leave after the cool-down, or take the request back
    #[command(
        after_help = "Examples:\n  firebreak insurance request-unstake 250\n  firebreak insurance request-unstake all\n  firebreak insurance request-unstake --cancel"
    )]
    RequestUnstake {
        /// How many shares, or `all`; replaces an earlier request
        #[arg(required_unless_present = "cancel", conflicts_with = "cancel", allow_negative_numbers = true)]
        shares: Option<AllOr>,
        /// Take the request back
        #[arg(long)]
        cancel: bool,
        #[command(flatten)]
        sending: Sending,
    },
    /// Leave with the shares that were asked for, once the cool-down is over
    #[command(after_help = "Example:\n  firebreak insurance unstake")]
    Unstake {
        /// Token account it goes to; by default your associated one, created where there is none
        #[arg(long, value_name = "ADDRESS")]
        to: Option<Address>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Give quote to a market's tranche; nobody gets it back
    #[command(after_help = "Example:\n  firebreak insurance fund-tranche SOL 5000")]
    FundTranche {
        /// Index or symbol of the market
        market: String,
        /// How much, in the quote token
        #[arg(allow_negative_numbers = true)]
        amount: Decimal,
        /// Token account it comes from; by default your associated one
        #[arg(long, value_name = "ADDRESS")]
        from: Option<Address>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Bring markets and the fund to terms: fees and surplus in, refills out
    #[command(after_help = "Examples:\n  firebreak insurance sweep\n  firebreak insurance sweep SOL")]
    Sweep {
        /// Index or symbol of one market; by default all
        market: Option<String>,
        #[command(flatten)]
        sending: Sending,
    },
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    let session = Session::open(context).await?;
    match arguments.command {
        Command::Show { staker } => show::run(&session, staker).await,
        Command::Stake { amount, from, sending } => manage::stake(&session, amount, from, sending).await,
        Command::RequestUnstake { shares, sending, .. } => manage::request(&session, shares, sending).await,
        Command::Unstake { to, sending } => manage::unstake(&session, to, sending).await,
        Command::FundTranche { market, amount, from, sending } => {
            manage::fund_tranche(&session, (&market, amount), from, sending).await
        }
        Command::Sweep { market, sending } => manage::sweep(&session, market.as_deref(), sending).await,
    }
}
