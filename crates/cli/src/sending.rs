//! Sends what a command has put together, or with `--dry-run` only tries it, and tells what it did.

use clap::Args;
use firebreak_client::{
    Event, FirebreakError, MarginAccountView, event_fields,
    sending::{self, Sent, Simulated},
};
use serde::Serialize;
use serde_json::{Value, json};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use std::time::Duration;

use crate::{
    events,
    failure::{Failure, Outcome},
    output::{Colour, Page, Report, cell},
    session::{Session, within},
    units::Units,
};

/// How a transaction is sent.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Sending")]
pub struct Sending {
    /// Only simulate: say what would happen, send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Priority fee, in millionths of a lamport per compute unit
    #[arg(long, value_name = "MICROLAMPORTS", default_value_t = 0)]
    pub unit_price: u64,
}

/// What one transaction did, or would do.
#[derive(Serialize)]
pub struct Transaction {
    /// `None` where it was only simulated.
    pub signature: Option<String>,
    pub slot: Option<u64>,
    pub compute_units: u64,
    pub fee_lamports: Option<u64>,
    pub events: Vec<Value>,
    #[serde(skip)]
    pub sentences: Vec<String>,
    #[serde(skip)]
    pub decoded: Vec<Event>,
}

impl Transaction {
    fn of(session: &Session<'_>, found: Vec<Event>, compute_units: u64) -> Self {
        let events = found.iter().map(|event| json!({ "event": event.name(), "fields": event_fields(event) }));
        let sentences = found.iter().map(|event| events::sentence(event, &session.overview, &session.units)).collect();
        Self {
            signature: None,
            slot: None,
            compute_units,
            fee_lamports: None,
            events: events.collect(),
            sentences,
            decoded: found,
        }
    }

    fn simulated(session: &Session<'_>, found: Simulated) -> Self {
        Self::of(session, found.events, found.compute_units)
    }

    fn sent(session: &Session<'_>, sent: Sent) -> Self {
        Self {
            signature: Some(sent.signature.to_string()),
            slot: Some(sent.slot),
            fee_lamports: Some(sent.fee),
            ..Self::of(session, sent.events, sent.compute_units)
        }
    }

    /// What it did in sentences, then its costs.
    pub fn draw(&self, page: &mut Page) {
        for sentence in &self.sentences {
            page.line(sentence);
        }
        self.draw_costs(page);
    }

    /// Signature, compute units, fee.
    pub fn draw_costs(&self, page: &mut Page) {
        let Some(signature) = &self.signature else {
            page.note(
                format!("Dry run: nothing was sent. It would take {} compute units.", self.compute_units),
                Colour::Warning,
            );
            return;
        };
        let fee = crate::decimal::format(i128::from(self.fee_lamports.unwrap_or(0)), 9);
        page.pairs([
            ("signature", signature.as_str().into()),
            ("compute units", cell(self.compute_units, Colour::Dim)),
            ("fee", cell(format!("{} SOL", fee.trim_end_matches('0')), Colour::Dim)),
        ]);
    }
}

/// The result of a command that sends one transaction.
#[derive(Serialize)]
pub struct Done {
    pub dry_run: bool,
    #[serde(flatten)]
    pub transaction: Transaction,
}

impl Report for Done {
    fn draw(&self, page: &mut Page) {
        self.transaction.draw(page);
    }
}

impl Session<'_> {
    /// Simulates, and sends unless it is a dry run. The key pays and signs.
    pub async fn execute(&self, instructions: &[Instruction], key: &Keypair, how: Sending) -> Outcome<Transaction> {
        if how.dry_run {
            let found = within(self.context, sending::simulate(&self.rpc, instructions, &key.pubkey())).await;
            return Ok(Transaction::simulated(self, found?));
        }
        let spinner = self.context.output.spinner("waiting for the transaction to be confirmed");
        let seconds = self.context.global.timeout;
        let signers = [key];
        let send = sending::send(&self.rpc, instructions, &signers, how.unit_price);
        let sent = tokio::time::timeout(Duration::from_secs(seconds), send).await;
        spinner.finish_and_clear();
        match sent {
            Ok(sent) => Ok(Transaction::sent(self, sent?)),
            Err(_) => Err(Failure::unreachable(format!(
                "not confirmed within {seconds} seconds: it may still be carried out, look at the account before you send again"
            ))),
        }
    }

    /// The same, and prints the result.
    pub async fn execute_and_print(&self, instructions: &[Instruction], key: &Keypair, how: Sending) -> Outcome {
        let transaction = self.execute(instructions, key, how).await?;
        self.context.output.print(&Done { dry_run: how.dry_run, transaction })
    }

    /// Adds an account's numbers to a refusal that is about them.
    pub fn with_numbers(&self, failure: Failure, account: &MarginAccountView) -> Failure {
        let is = |cause: FirebreakError| {
            let code = firebreak_client::failure::ERROR_OFFSET + cause as u32;
            failure.program_error.as_ref().is_some_and(|error| error.code == code)
        };
        let units = &self.units;
        let amount = |atoms: i128| format!("{} {}", units.amount(atoms).pretty(), units.quote.symbol);
        if is(FirebreakError::MarginInsufficient)
            && let Ok((report, _)) = account.report(&self.overview.board)
        {
            let numbers = format!(
                "equity is {}, initial margin {}, free collateral {}",
                amount(report.equity.into()),
                amount(report.initial_margin.into()),
                amount(report.free_collateral.into())
            );
            return Failure { message: format!("{}; now {numbers}", failure.message), ..failure };
        }
        if is(FirebreakError::CashInsufficient) {
            let cash = amount(account.header.cash.into());
            return Failure { message: format!("{}; its cash is {cash}", failure.message), ..failure };
        }
        failure
    }

    /// Adds to a refused withdrawal how much may leave, and when.
    pub fn with_outflow(&self, failure: Failure, bank: u8, amount: u64) -> Failure {
        let code = firebreak_client::failure::ERROR_OFFSET + FirebreakError::OutflowLimited as u32;
        let Some(bank) = self.overview.banks.get(&bank) else { return failure };
        if failure.program_error.as_ref().is_none_or(|error| error.code != code) {
            return failure;
        }
        let (flows, params) = (bank.outflow(), bank.outflow_params());
        let left = flows.left(&params, bank.total, false, self.now());
        let token = self.units.bank(bank.index);
        let (left, wanted) = (Units::amount_of(&token, left).pretty(), Units::amount_of(&token, amount).pretty());
        let when = match flows.seconds_until(&params, bank.total, amount, self.now()) {
            Some(seconds) => {
                format!("{wanted} in {}", crate::units::duration(i64::try_from(seconds).unwrap_or(i64::MAX)))
            }
            None => format!("{wanted} are more than may leave at once: withdraw them in parts"),
        };
        Failure { message: format!("{}: {left} {} may leave now, {when}", failure.message, token.symbol), ..failure }
    }
}
