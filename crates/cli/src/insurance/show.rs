//! The fund and its shares.

use firebreak_client::{
    Overview, decode,
    firebreak::state::{EXIT_SECONDS, InsuranceFund, InsuranceStake},
    overview::accounts_at,
};
use serde::Serialize;
use solana_address::Address;
use solana_signer::Signer;

use crate::{
    failure::Outcome,
    output::{Colour, Page, Report, Table, cell},
    session::{Session, within},
    units::{Amount, duration, percent, time},
};

/// Shares that are told the price of: a thousand for what was an atom at first.
const SHARES_PER_ATOM: u64 = 1_000;

#[derive(Serialize)]
struct Shown {
    /// In the fund's vault.
    assets: Amount,
    /// In the markets' tranches, as of each one's last sweep.
    deployed: Amount,
    total: Amount,
    shares: Amount,
    /// What one share is worth; the first cost 1.
    share_price: Amount,
    cooldown_seconds: u32,
    /// Unix seconds until which a reported deficit keeps everybody in.
    closed_until: Option<i64>,
    tranches: Vec<Tranche>,
    stake: Option<Stake>,
    #[serde(skip)]
    quote: String,
    #[serde(skip)]
    now: i64,
}

#[derive(Serialize)]
struct Tranche {
    market: u8,
    symbol: String,
    held: Amount,
    target: Amount,
    /// Of the target; `None` where there is none.
    filled_bps: Option<u64>,
    fees_not_swept: Amount,
    paid_ever: Amount,
}

#[derive(Serialize)]
struct Stake {
    staker: String,
    shares: Amount,
    worth: Amount,
    leaving: Option<Leaving>,
}

#[derive(Serialize)]
struct Leaving {
    shares: Amount,
    /// Most that it brings.
    value: Amount,
    /// Unix seconds from and until which it may leave.
    leaves_at: i64,
    closes_at: i64,
}

impl Report for Shown {
    fn draw(&self, page: &mut Page) {
        let money = |amount: &Amount| format!("{} {}", amount.pretty(), self.quote);
        page.heading("Insurance fund");
        page.pairs([
            ("in the vault", money(&self.assets).into()),
            ("in tranches", money(&self.deployed).into()),
            ("total", money(&self.total).into()),
            ("shares", self.shares.pretty().into()),
            ("a share is worth", money(&self.share_price).into()),
            ("cool-down", duration(self.cooldown_seconds.into()).into()),
        ]);
        if let Some(until) = self.closed_until {
            page.note(format!(" A deficit was reported: nobody leaves before {}", time(until)), Colour::Warning);
        }
        page.heading("Tranches");
        let mut table = Table::new(&["market", ">holds", ">target", ">filled", ">fees not swept", ">paid ever"]);
        for tranche in &self.tranches {
            let colour =
                if tranche.filled_bps.is_some_and(|bps| bps < 5_000) { Colour::Warning } else { Colour::Plain };
            table.row([
                tranche.symbol.as_str().into(),
                tranche.held.pretty().into(),
                tranche.target.pretty().into(),
                tranche.filled_bps.map_or_else(|| cell("-", Colour::Dim), |bps| cell(percent(bps), colour)),
                tranche.fees_not_swept.pretty().into(),
                tranche.paid_ever.pretty().into(),
            ]);
        }
        page.table(&table);
        if let Some(stake) = &self.stake {
            self.draw_stake(page, stake);
        }
    }
}

impl Shown {
    fn draw_stake(&self, page: &mut Page, stake: &Stake) {
        page.heading(format!("Stake of {}", stake.staker));
        page.pairs([
            ("shares", stake.shares.pretty().into()),
            ("worth", format!("{} {}", stake.worth.pretty(), self.quote).into()),
        ]);
        let Some(leaving) = &stake.leaving else { return };
        let when = match self.now {
            now if now < leaving.leaves_at => {
                format!("from {} (in {})", time(leaving.leaves_at), duration(leaving.leaves_at - now))
            }
            now if now < leaving.closes_at => format!("now, for {}", duration(leaving.closes_at - now)),
            _ => "no longer: ask again".to_owned(),
        };
        let (shares, value) = (leaving.shares.pretty(), leaving.value.pretty());
        page.line(format!(" {shares} shares for at most {value} {} may leave {when}", self.quote));
    }
}

pub async fn run(session: &Session<'_>, staker: Option<Address>) -> Outcome {
    let own = || session.context.keypair().ok().map(|key| key.pubkey());
    let staker = staker.or_else(own);
    let stake = match staker {
        Some(staker) => read_stake(session, &staker).await?,
        None => None,
    };
    let (units, fund) = (&session.units, &session.overview.fund);
    let tranches = session.overview.markets.values().map(|market| Tranche {
        market: market.index,
        symbol: units.symbol(market.index),
        held: units.amount(market.tranche),
        target: units.amount(market.tranche_target),
        filled_bps: (u128::from(market.tranche) * 10_000)
            .checked_div(market.tranche_target.into())
            .and_then(|bps| u64::try_from(bps).ok()),
        fees_not_swept: units.amount(market.fees),
        paid_ever: units.amount(market.insurance_paid),
    });
    let total = i128::try_from(fund.fund().total()).unwrap_or(i128::MAX);
    session.context.output.print(&Shown {
        assets: units.amount(fund.assets),
        deployed: units.amount(fund.deployed),
        total: units.amount(total),
        shares: units.shares(fund.shares),
        share_price: units.amount(share_price(&session.overview)),
        cooldown_seconds: fund.cooldown_seconds,
        closed_until: (session.now() < fund.closed_until).then_some(fund.closed_until),
        tranches: tranches.collect(),
        stake: staker.zip(stake).map(|(staker, stake)| of_stake(session, fund, &staker, &stake)),
        quote: units.quote.symbol.clone(),
        now: session.now(),
    })
}

/// Atoms for a whole share, rounded down; what the first costs where there is none yet.
pub fn share_price(overview: &Overview) -> u64 {
    let fund = &overview.fund;
    let whole = 10_u64.saturating_pow(u32::from(overview.clearinghouse.quote_decimals));
    if fund.shares == 0 { whole } else { fund.fund().value_down(whole.saturating_mul(SHARES_PER_ATOM)) }
}

fn of_stake(session: &Session<'_>, fund: &InsuranceFund, staker: &Address, stake: &InsuranceStake) -> Stake {
    let units = &session.units;
    // Shares of an epoch that is over are worth nothing.
    let shares = if stake.epoch == fund.epoch { stake.shares } else { 0 };
    Stake {
        staker: staker.to_string(),
        shares: units.shares(shares),
        worth: units.amount(fund.fund().value_down(shares)),
        leaving: (stake.leaving_shares > 0 && shares > 0).then(|| Leaving {
            shares: units.shares(stake.leaving_shares),
            value: units.amount(stake.leaving_value),
            leaves_at: stake.leaves_at,
            closes_at: stake.leaves_at.saturating_add(EXIT_SECONDS),
        }),
    }
}

/// A staker's shares, where there are any.
pub async fn read_stake(session: &Session<'_>, staker: &Address) -> Outcome<Option<InsuranceStake>> {
    let address = session.at.stake(staker);
    let (_, found) = within(session.context, accounts_at(&session.rpc, &[address])).await?;
    Ok(found.into_iter().next().flatten().and_then(|account| decode(&account.data).ok()))
}
