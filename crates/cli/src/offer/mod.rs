//! `firebreak offer`: makers' standing quotes, pegged to the mark.

mod book;
mod manage;

use clap::{Args, Subcommand};
use solana_address::Address;

use crate::{
    account::Chosen, context::Context, failure::Outcome, sending::Sending, session::Session, units::TypedSize,
};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What a maker offers. What is not named stays as it is in an update.
#[derive(Clone, Debug, Args)]
pub struct Terms {
    /// How much it buys; 0 for none
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true)]
    pub bid: Option<TypedSize>,
    /// How much it sells; 0 for none
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true)]
    pub ask: Option<TypedSize>,
    /// How far below and above the mark it trades, in basis points
    #[arg(long, value_name = "BPS", conflicts_with_all = ["bid_spread_bps", "ask_spread_bps"])]
    pub spread_bps: Option<u32>,
    /// How far below the mark it buys
    #[arg(long, value_name = "BPS")]
    pub bid_spread_bps: Option<u32>,
    /// How far above the mark it sells
    #[arg(long, value_name = "BPS")]
    pub ask_spread_bps: Option<u32>,
    /// How long it stands: a number and s, m, h or d
    #[arg(long, value_name = "TIME")]
    pub expires_in: Option<Duration>,
}

/// A length of time as it was typed, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(pub i64);

impl std::str::FromStr for Duration {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let bad = || format!("\"{typed}\" is no length of time: type a number and s, m, h or d, like 90s or 12h");
        let unit = typed.chars().last().ok_or_else(bad)?;
        let length = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(bad()),
        };
        let count: u32 = typed[..typed.len() - unit.len_utf8()].parse().map_err(|_| bad())?;
        if count == 0 {
            return Err("0 is no length of time: type more than 0".to_owned());
        }
        Ok(Self(i64::from(count) * length))
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List a market's offers as a book
    #[command(after_help = "Examples:\n  firebreak offer list SOL\n  firebreak offer list SOL --maker 9aQ3… --json")]
    List {
        /// Index or symbol of the market
        market: String,
        /// Only those of this margin account
        #[arg(long, value_name = "ADDRESS")]
        maker: Option<Address>,
    },
    /// Place an offer
    #[command(
        after_help = "Examples:\n  firebreak offer place SOL --bid 10 --ask 10 --spread-bps 10\n  firebreak offer place SOL --ask 250lots --ask-spread-bps 5 --expires-in 1h"
    )]
    Place {
        /// Index or symbol of the market
        market: String,
        #[command(flatten)]
        terms: Terms,
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        sending: Sending,
    },
    /// Change an offer: what is not named stays
    #[command(after_help = "Example:\n  firebreak offer update SOL --spread-bps 20")]
    Update {
        /// Index or symbol of the market
        market: String,
        #[command(flatten)]
        terms: Terms,
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        sending: Sending,
    },
    /// Cancel an offer and get its rent back
    #[command(after_help = "Example:\n  firebreak offer cancel SOL")]
    Cancel {
        /// Index or symbol of the market
        market: String,
        /// Who receives the rent; by default the account's owner
        #[arg(long, value_name = "ADDRESS")]
        rent_to: Option<Address>,
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        sending: Sending,
    },
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    let session = Session::open(context).await?;
    match arguments.command {
        Command::List { market, maker } => book::run(&session, &market, maker.as_ref()).await,
        Command::Place { market, terms, chosen, sending } => {
            manage::place(&session, &market, &terms, &chosen, sending).await
        }
        Command::Update { market, terms, chosen, sending } => {
            manage::update(&session, &market, &terms, &chosen, sending).await
        }
        Command::Cancel { market, rent_to, chosen, sending } => {
            manage::cancel(&session, &market, rent_to, &chosen, sending).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Duration;

    #[test]
    fn times_have_a_unit() {
        assert_eq!("90s".parse(), Ok(Duration(90)));
        assert_eq!("2d".parse(), Ok(Duration(172_800)));
        for bad in ["", "h", "12", "-1h", "1w", "0s", "1.5h", "9999999999h", "5é"] {
            assert!(bad.parse::<Duration>().is_err(), "{bad}");
        }
    }
}
