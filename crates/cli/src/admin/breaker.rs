//! `firebreak admin trip`.

use clap::ValueEnum;
use risk::Level;
use serde::Serialize;

use super::desk::{Desk, Role, Signing};
use crate::{
    context::Context,
    failure::Outcome,
    output::{Page, Report},
    units::{duration, time},
};

/// Raises a breaker: the guardian or the authority for up to six hours; the authority, reduce-only at most, for up to seven days. It ends
/// by its expiry, or by a proposal.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  firebreak admin trip SOL reduce-only --minutes 30 --keypair guardian.json
  firebreak admin trip all halted --minutes 15 --yes")]
pub struct Arguments {
    /// Symbol or index of the market, or `all`
    market: String,
    level: LevelName,
    /// For how long
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_080))]
    minutes: u32,
    /// A number that users see, free for the guardian to choose
    #[arg(long, default_value_t = 0)]
    reason: u8,
    #[command(flatten)]
    signing: Signing,
}

/// How far.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum LevelName {
    /// A quarter more margin, half the band, no new open interest beyond half the cap
    Caution,
    /// No new risk
    ReduceOnly,
    /// No trades either
    LiquidationOnly,
    /// Nothing but deposits, cancelling and settling losses
    Halted,
}

impl LevelName {
    fn level(self) -> Level {
        match self {
            Self::Caution => Level::Caution,
            Self::ReduceOnly => Level::ReduceOnly,
            Self::LiquidationOnly => Level::LiquidationOnly,
            Self::Halted => Level::Halted,
        }
    }
}

#[derive(Serialize)]
struct Tripped {
    market: String,
    level: String,
    expires_at: i64,
}

impl Report for Tripped {
    fn draw(&self, page: &mut Page) {
        page.line(format!("The breaker of {} stands at {} until {}.", self.market, self.level, time(self.expires_at)));
    }
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    let desk = Desk::open(context).await?;
    let market = desk.market_or_all(&arguments.market)?;
    let level = arguments.level.level();
    let signer = desk.signer(Role::Either, &arguments.signing)?;
    let (name, seconds) = (desk.market_name(market), arguments.minutes.saturating_mul(60));
    desk.confirm(&arguments.signing, &format!("Raise {name} to {level:?} for {}?", duration(seconds.into())))?;
    let trip = desk.found.at.trip_breaker(signer, market, level as u8, seconds, arguments.reason);
    if desk.sign(&arguments.signing, signer, trip).await?.is_some() {
        let again = Desk::open(context).await?;
        let breaker = &again.found.breaker;
        let state = if market == u8::MAX { breaker.global } else { breaker.markets[market as usize] };
        let expires_at = state.emergency.expires_at.max(state.standing.expires_at);
        context.output.print(&Tripped { market: name, level: format!("{level:?}"), expires_at })?;
    }
    Ok(())
}
