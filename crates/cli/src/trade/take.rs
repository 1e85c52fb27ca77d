//! Works out which offers to take, takes them, and compares the account before and after.

use firebreak_client::{
    FirebreakError, MarginAccountView, explain, failure,
    firebreak::clearing::offer_reference,
    overview::offers_in,
    taking::{self, Taking, plan_taking, quotes},
};
use risk::BPS_ONE;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

use super::{
    Order,
    report::{Figures, Traded},
};
use crate::{
    failure::{Failure, Outcome, ProgramError},
    session::{Session, within},
};

/// How far beyond it a price may be where no limit is given.
const SLIPPAGE_BPS: u64 = 100;
/// Offers that one transaction takes: each names two accounts of its own, and all must fit 1,232 bytes.
const TAKES: usize = 5;

pub async fn run(session: &Session<'_>, order: &Order, buys: bool) -> Outcome {
    let market = session.units.market(&order.market)?;
    let lots = session.units.parse_size(market, order.size)?;
    let limit_price = match order.limit {
        Some(typed) => session.units.parse_price(market, typed)?,
        // What offers are priced from: the mark, or beside a price that is not fresh, what is worse for the taker.
        None => default_limit(offer_reference(session.row(market)?, buys, session.now()), buys)?,
    };
    let key = session.context.keypair()?;
    let taker = order.chosen.address(session, &key.pubkey());
    let account = session.margin_account(&taker).await?;
    let offers = within(session.context, offers_in(&session.rpc, &session.at, market)).await?;
    let signed = i64::try_from(lots).map_err(|_| Failure::usage("the size is too large"))?;
    let asked = taking::Order { market, lots: if buys { signed } else { -signed }, limit_price };
    let plan = plan_taking(&session.overview, &offers, (&taker, &account), asked);
    // Part of what was asked for is not what was asked for: where the taker cannot bear it all, nothing is sent.
    if plan.takes.is_empty() || plan.refused.is_some() {
        let best = quotes(&session.overview, &offers, market, buys).first().map(|quote| quote.price);
        return Err(nothing(session, &account, &plan, asked, best));
    }

    let before = Figures::of(session, &account, market)?;
    let mut traded = Traded::new(session, (market, buys), &plan, limit_price, before);
    let instructions: Vec<Instruction> = plan
        .takes
        .iter()
        .map(|take| {
            let lots = i64::try_from(take.lots).unwrap_or(i64::MAX); // at most what was asked for
            session.at.take_offer(market, key.pubkey(), taker, take.maker, if buys { lots } else { -lots }, limit_price)
        })
        .collect();
    let progress = session.context.output.progress(instructions.len().div_ceil(TAKES), "taking offers");
    for part in instructions.chunks(TAKES) {
        progress.inc(1);
        match session.execute(part, &key, order.sending).await {
            Ok(transaction) => traded.add(session, transaction),
            // What was done before stays done, and is told.
            Err(failure) if traded.is_started() => {
                traded.refused = Some(session.with_numbers(failure, &account));
                break;
            }
            Err(failure) => return Err(session.with_numbers(failure, &account)),
        }
    }
    progress.finish_and_clear();
    let after = after(session, &taker, &plan, order.sending.dry_run).await?;
    traded.finish(session, Figures::of_fresh(session, &after, market).await?);
    session.context.output.print(&traded)?;
    traded.refused.map_or(Ok(()), |failure| Err(failure.told()))
}

/// One percent beyond where offers are priced from, rounded toward it.
fn default_limit(reference: u64, buys: bool) -> Outcome<u64> {
    let beyond = if buys { BPS_ONE + SLIPPAGE_BPS } else { BPS_ONE - SLIPPAGE_BPS };
    let limit = if buys { risk::bps_down(reference, beyond) } else { risk::bps_up(reference, beyond) };
    match limit {
        Ok(limit) if limit > 0 => Ok(limit),
        _ => Err(Failure::refused("the market has no price yet: refresh its price first, or wait for it")),
    }
}

/// As the chain has it; after a dry run, as it would be.
async fn after(session: &Session<'_>, taker: &Address, plan: &Taking, dry_run: bool) -> Outcome<MarginAccountView> {
    if dry_run { Ok(plan.after.clone()) } else { session.margin_account(taker).await }
}

/// Why nothing can be taken.
fn nothing(
    session: &Session<'_>,
    account: &MarginAccountView,
    plan: &Taking,
    order: taking::Order,
    best: Option<u64>,
) -> Failure {
    if let Some(cause) = plan.refused {
        return session.with_numbers(refusal(cause), account);
    }
    let (units, market) = (&session.units, order.market);
    let (symbol, verb) = (units.symbol(market), if order.lots > 0 { "sells" } else { "buys" });
    let limit = units.price(market, order.limit_price).pretty();
    Failure::refused(match best {
        _ if plan.passed_over > 0 => format!(
            "of {} offers at {limit} or better none can be taken: their makers cannot fill them, or are you",
            plan.passed_over
        ),
        Some(best) => format!(
            "nobody {verb} {symbol} at {limit} or better: the best price is {}, give another --limit",
            units.price(market, best).pretty()
        ),
        None => {
            format!("nobody {verb} {symbol} now: look at firebreak offer list {symbol}, or place an offer yourself")
        }
    })
}

/// What the program would say.
fn refusal(cause: FirebreakError) -> Failure {
    match explain(failure::ERROR_OFFSET + cause as u32) {
        Some(text) => Failure {
            program_error: Some(ProgramError { code: text.code, name: text.name.clone() }),
            ..Failure::refused(format!("{} ({}, code {})", text.sentence, text.name, text.code))
        },
        None => Failure::refused(format!("the program would refuse: {cause:?}")),
    }
}
