//! Stakes, asks to leave, leaves, funds tranches and sweeps.

use firebreak_client::{
    firebreak::state::{EXIT_SECONDS, InsuranceStake},
    tokens::create_token_account,
};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

use super::show::read_stake;
use crate::{
    account::{execute_each, require_tokens, tokens},
    decimal::Decimal,
    failure::{Failure, Outcome},
    sending::Sending,
    session::Session,
    units::{AllOr, duration, time},
};

/// Markets whose sweeps fit one transaction with a stake or an exit.
const SWEEPS: usize = 8;

/// Sweeps that stakes and exits need just before, in the same transaction. Of more markets than fit, only those that need it.
fn sweeps(session: &Session<'_>) -> Outcome<Vec<Instruction>> {
    let bank = session.bank(0)?;
    let markets = session.overview.markets.values();
    let is_needed = |market: &&firebreak_client::firebreak::state::Market| {
        session.overview.markets.len() <= SWEEPS || market.fees > 0 || market.tranche != market.tranche_reported
    };
    let needed = markets.filter(is_needed);
    Ok(needed.map(|market| session.at.sweep_insurance(market.index, bank.mint, bank.token_program)).collect())
}

fn all_markets(session: &Session<'_>) -> Vec<u8> {
    session.overview.markets.keys().copied().collect()
}

pub async fn stake(session: &Session<'_>, amount: Decimal, from: Option<Address>, sending: Sending) -> Outcome {
    let amount = session.units.parse_quote(amount)?;
    let key = session.context.keypair()?;
    let side = tokens(session, 0, &key.pubkey(), from)?;
    require_tokens(session, 0, &side, amount).await?;
    let mut instructions = sweeps(session)?;
    let markets = all_markets(session);
    instructions.push(session.at.stake_insurance(key.pubkey(), key.pubkey(), side, amount, &markets));
    session.execute_and_print(&instructions, &key, sending).await
}

async fn require_stake(session: &Session<'_>, staker: &Address) -> Outcome<InsuranceStake> {
    let stake = read_stake(session, staker).await?;
    let stake = stake.filter(|stake| stake.epoch == session.overview.fund.epoch && stake.shares > 0);
    stake.ok_or_else(|| {
        Failure::not_found(format!("{staker} has no shares of the fund: buy some with firebreak insurance stake"))
    })
}

/// `None` takes the request back.
pub async fn request(session: &Session<'_>, shares: Option<AllOr>, sending: Sending) -> Outcome {
    let typed = match shares {
        Some(AllOr::Amount(typed)) => Some(session.units.parse_shares(typed)?),
        _ => None,
    };
    let key = session.context.keypair()?;
    let stake = require_stake(session, &key.pubkey()).await?;
    let asked = match shares {
        None => 0,
        Some(_) => typed.unwrap_or(stake.shares),
    };
    if asked > stake.shares {
        let (asked, held) = (session.units.shares(asked).pretty(), session.units.shares(stake.shares).pretty());
        return Err(Failure::refused(format!("the stake has {held} shares, less than {asked}: ask for fewer")));
    }
    if asked == 0 && stake.leaving_shares == 0 {
        return Err(Failure::refused("no shares have asked to leave: there is nothing to take back"));
    }
    let request = session.at.request_unstake(key.pubkey(), asked);
    session.execute_and_print(&[request], &key, sending).await
}

pub async fn unstake(session: &Session<'_>, to: Option<Address>, sending: Sending) -> Outcome {
    let key = session.context.keypair()?;
    let stake = require_stake(session, &key.pubkey()).await?;
    require_exit(session, &stake)?;
    let side = tokens(session, 0, &key.pubkey(), to)?;
    let mut instructions = sweeps(session)?;
    if to.is_none() {
        instructions.push(create_token_account(key.pubkey(), key.pubkey(), &side));
    }
    instructions.push(session.at.unstake(key.pubkey(), side, &all_markets(session)));
    session.execute_and_print(&instructions, &key, sending).await
}

/// Says when an exit opens, where the program would only say that it is not open.
fn require_exit(session: &Session<'_>, stake: &InsuranceStake) -> Outcome {
    let now = session.now();
    let closes_at = stake.leaves_at.saturating_add(EXIT_SECONDS);
    if stake.leaving_shares == 0 {
        return Err(Failure::refused("no shares have asked to leave: ask with firebreak insurance request-unstake"));
    }
    if now < stake.leaves_at {
        return Err(Failure::refused(format!(
            "the exit opens at {}, in {}: wait for it",
            time(stake.leaves_at),
            duration(stake.leaves_at - now)
        )));
    }
    if now >= closes_at {
        return Err(Failure::refused(format!(
            "the exit closed at {}: ask again with firebreak insurance request-unstake",
            time(closes_at)
        )));
    }
    Ok(())
}

pub async fn fund_tranche(
    session: &Session<'_>,
    (market, amount): (&str, Decimal),
    from: Option<Address>,
    sending: Sending,
) -> Outcome {
    let market = session.units.market(market)?;
    let amount = session.units.parse_quote(amount)?;
    let key = session.context.keypair()?;
    let side = tokens(session, 0, &key.pubkey(), from)?;
    require_tokens(session, 0, &side, amount).await?;
    let fund = session.at.fund_tranche(market, key.pubkey(), side, amount);
    session.execute_and_print(&[fund], &key, sending).await
}

pub async fn sweep(session: &Session<'_>, market: Option<&str>, sending: Sending) -> Outcome {
    let markets = match market {
        Some(typed) => vec![session.units.market(typed)?],
        None => all_markets(session),
    };
    let key = session.context.keypair()?;
    let bank = session.bank(0)?;
    let sweep = |market: &u8| session.at.sweep_insurance(*market, bank.mint, bank.token_program);
    let sweeps: Vec<Instruction> = markets.iter().map(sweep).collect();
    match sweeps.as_slice() {
        [] => Err(Failure::not_found("there are no markets to sweep")),
        [only] => session.execute_and_print(std::slice::from_ref(only), &key, sending).await,
        all => execute_each(session, all, &key, sending).await,
    }
}
