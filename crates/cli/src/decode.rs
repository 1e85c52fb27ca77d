//! `firebreak decode`: what codes, accounts and transactions say.

use clap::{Args, Subcommand};
use firebreak_client::{
    Event, PROGRAM_ID, account_fields, errors, event_fields, events, explain, overview::accounts_at,
};
use serde::Serialize;
use serde_json::{Value, json};
use solana_address::Address;
use solana_rpc_client_api::config::RpcTransactionConfig;
use solana_signature::Signature;

use crate::{
    context::Context,
    events::sentence,
    failure::{Failure, Outcome},
    output::{Page, Report, Table},
    session::{Session, within},
    units::time,
};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Explain one of the program's errors
    #[command(
        after_help = "Examples:\n  firebreak decode error 6013\n  firebreak decode error 0x177d\n  firebreak decode error MarginInsufficient"
    )]
    Error {
        /// Code, in decimal or hexadecimal, or name
        error: String,
    },
    /// Print the fields of an account of the program
    #[command(after_help = "Example:\n  firebreak decode account 9rfe… --json")]
    Account {
        /// Its address
        address: Address,
    },
    /// Tell what the program did in a transaction
    #[command(after_help = "Example:\n  firebreak decode transaction 5Jx…")]
    Transaction {
        /// Its signature
        signature: Signature,
    },
}

#[derive(Serialize)]
struct Explained {
    code: u32,
    name: String,
    sentence: String,
}

impl Report for Explained {
    fn draw(&self, page: &mut Page) {
        page.heading(format!("{} (code {}, {:#x})", self.name, self.code, self.code));
        page.line(&self.sentence);
    }
}

#[derive(Serialize)]
struct Fields {
    address: String,
    kind: &'static str,
    bytes: usize,
    fields: Value,
}

impl Report for Fields {
    fn draw(&self, page: &mut Page) {
        page.heading(format!("{} {} ({} bytes)", self.kind, self.address, self.bytes));
        let mut table = Table::new(&["field", "value"]);
        for (name, value) in self.fields.as_object().into_iter().flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let text: String = if text.len() > 90 { text.chars().take(89).chain(['…']).collect() } else { text };
            table.row([name.as_str().into(), text.into()]);
        }
        page.table(&table);
    }
}

#[derive(Serialize)]
struct Told {
    signature: String,
    slot: u64,
    /// Unix seconds.
    at: Option<i64>,
    error: Option<String>,
    events: Vec<Value>,
    #[serde(skip)]
    sentences: Vec<String>,
}

impl Report for Told {
    fn draw(&self, page: &mut Page) {
        let when = self.at.map_or_else(String::new, |at| format!(", {}", time(at)));
        page.heading(format!("Transaction of slot {}{when}", self.slot));
        match &self.error {
            Some(error) => page.line(format!("Refused: {error}")),
            None if self.sentences.is_empty() => page.line("The program reported no events."),
            None => self.sentences.iter().for_each(|sentence| page.line(sentence)),
        }
    }
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    match arguments.command {
        Command::Error { error } => explain_error(context, &error),
        Command::Account { address } => account(context, &address).await,
        Command::Transaction { signature } => transaction(context, signature).await,
    }
}

fn explain_error(context: &Context, typed: &str) -> Outcome {
    let code = match typed.strip_prefix("0x") {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
        None => typed.parse().ok(),
    };
    let found =
        code.and_then(explain).or_else(|| errors::all().iter().find(|error| error.name.eq_ignore_ascii_case(typed)));
    let found = found.ok_or_else(|| {
        let (first, last) = (errors::all().first(), errors::all().last());
        let [first, last] = [first, last].map(|error| error.map_or(0, |error| error.code));
        Failure::not_found(format!("the program has no error {typed}: its codes are {first} to {last}"))
    })?;
    let (code, name, sentence) = (found.code, found.name.clone(), found.sentence.clone());
    context.output.print(&Explained { code, name, sentence })
}

async fn account(context: &Context, address: &Address) -> Outcome {
    let (_, found) = within(context, accounts_at(&context.rpc(), &[*address])).await?;
    let account = found.into_iter().next().flatten();
    let account = account.ok_or_else(|| Failure::not_found(format!("there is no account {address}")))?;
    let decoded = account_fields(&account.data).filter(|_| account.owner == PROGRAM_ID);
    let Some((kind, fields)) = decoded else {
        return Err(Failure::refused(format!(
            "account {address} is none of the program's: it is owned by {}",
            account.owner
        )));
    };
    context.output.print(&Fields { address: address.to_string(), kind, bytes: account.data.len(), fields })
}

async fn transaction(context: &Context, signature: Signature) -> Outcome {
    let session = Session::open(context).await?;
    let config = RpcTransactionConfig {
        max_supported_transaction_version: Some(0),
        commitment: Some(session.rpc.commitment()),
        ..Default::default()
    };
    let found = session.rpc.get_transaction_with_config(&signature, config).await;
    let found = found.map_err(|_| Failure::not_found(format!("the network knows no transaction {signature}")))?;
    let meta = found.transaction.meta;
    let error = meta.as_ref().and_then(|meta| meta.err.clone()).map(|error| error.to_string());
    let logs = meta.and_then(|meta| Option::<Vec<String>>::from(meta.log_messages)).unwrap_or_default();
    let decoded: Vec<Event> = events(&logs);
    context.output.print(&Told {
        signature: signature.to_string(),
        slot: found.slot,
        at: found.block_time,
        error,
        events: decoded.iter().map(|event| json!({ "event": event.name(), "fields": event_fields(event) })).collect(),
        sentences: decoded.iter().map(|event| sentence(event, &session.overview, &session.units)).collect(),
    })
}
