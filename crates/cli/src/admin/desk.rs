//! What governance works at: the clearinghouse as it is, names as people type them, and how an instruction gets signed.

use std::io::{BufRead, IsTerminal, Write};

use firebreak_client::{Failure as ClientFailure, Snapshot, sending, symbol};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_signer::Signer;

use super::export;
use crate::{
    context::Context,
    failure::{Failure, Outcome, ProgramError},
};

/// How a change is signed.
#[derive(Clone, Debug, clap::Args)]
pub struct Signing {
    /// Send without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Send nothing; print the unsigned transaction in base58 and base64, for a multisig
    #[arg(long)]
    pub export: bool,
    /// With --export: the address that signs and pays, a multisig's vault [default: who holds the role on chain]
    #[arg(long, value_name = "ADDRESS", requires = "export")]
    pub authority: Option<Address>,
}

/// Whose signature an instruction needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Authority,
    /// Guardian or authority, whichever the key is.
    Either,
    /// Exactly this key.
    Key(Address),
}

/// A clearinghouse, read.
pub struct Desk<'a> {
    pub context: &'a Context,
    pub rpc: RpcClient,
    pub found: Snapshot,
}

/// What a client reports, with its exit code.
pub fn of_client(failure: ClientFailure) -> Failure {
    let message = capitalised(&failure.to_string());
    match &failure {
        ClientFailure::Network(_) | ClientFailure::Expired { .. } => Failure::unreachable(message),
        ClientFailure::Missing { .. } => Failure::not_found(message),
        ClientFailure::Refused(refused) => {
            let program_error = refused.text().map(|text| ProgramError { code: text.code, name: text.name.clone() });
            Failure { program_error, ..Failure::refused(message) }
        }
        _ => Failure::refused(message),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl<'a> Desk<'a> {
    pub async fn open(context: &'a Context) -> Outcome<Self> {
        let rpc = context.rpc();
        let found = Snapshot::load(&rpc, context.addresses()).await.map_err(of_client)?;
        Ok(Self { context, rpc, found })
    }

    /// An asset or market by symbol or index.
    pub fn asset(&self, name: &str) -> Outcome<u8> {
        let index = self.found.asset(name).or_else(|| name.parse().ok());
        let is_listed = |index: &u8| usize::from(*index) < self.found.board.rows.len();
        index.filter(is_listed).ok_or_else(|| {
            let known: Vec<_> = self.found.board.rows.iter().map(symbol).collect();
            Failure::not_found(format!("There is no asset {name}: listed are {}", known.join(", ")))
        })
    }

    /// A market; `all` is the global breaker.
    pub fn market_or_all(&self, name: &str) -> Outcome<u8> {
        match name {
            "all" | "255" => Ok(u8::MAX),
            _ => self.asset(name),
        }
    }

    /// A bank by index, by its asset's symbol, or `quote`.
    pub fn bank(&self, name: &str) -> Outcome<u8> {
        let by_asset = |asset: u8| self.found.board.rows.get(asset as usize).map(|row| row.collateral_bank);
        let index = match name.parse::<u8>() {
            Ok(index) => Some(index),
            Err(_) if name.eq_ignore_ascii_case("quote") => Some(0),
            Err(_) => self.found.asset(name).and_then(by_asset).filter(|bank| *bank > 0),
        };
        index.filter(|index| self.found.banks.contains_key(index)).ok_or_else(|| {
            let known: Vec<_> = self.found.banks.keys().map(|index| self.bank_name(*index)).collect();
            Failure::not_found(format!("There is no bank {name}: there are {}", known.join(", ")))
        })
    }

    /// As `bank` takes it.
    pub fn bank_name(&self, index: u8) -> String {
        let asset = self.found.banks.get(&index).filter(|bank| !bank.is_quote()).map(|bank| bank.asset);
        let row = asset.and_then(|asset| self.found.board.rows.get(asset as usize));
        row.map_or_else(|| format!("{index} (quote)"), |row| format!("{index} ({})", symbol(row)))
    }

    /// The symbol of a market, or `all`.
    pub fn market_name(&self, index: u8) -> String {
        match self.found.board.rows.get(index as usize) {
            Some(row) => symbol(row),
            None if index == u8::MAX => "all".to_owned(),
            None => index.to_string(),
        }
    }

    fn holds(&self, role: Role, key: Address) -> bool {
        let root = &self.found.clearinghouse;
        match role {
            Role::Authority => key == root.authority,
            Role::Either => key == root.authority || key == root.guardian,
            Role::Key(wanted) => key == wanted,
        }
    }

    fn holder(&self, role: Role) -> Address {
        match role {
            Role::Authority => self.found.clearinghouse.authority,
            Role::Either => self.found.clearinghouse.guardian,
            Role::Key(key) => key,
        }
    }

    /// The address that will sign: the key's, or with `--export` the one given or the role's holder. Error: a key that does not hold
    /// the role.
    pub fn signer(&self, role: Role, signing: &Signing) -> Outcome<Address> {
        if signing.export {
            return Ok(signing.authority.unwrap_or_else(|| self.holder(role)));
        }
        let key = self.context.keypair()?.pubkey();
        if self.holds(role, key) {
            return Ok(key);
        }
        let (name, holder) = match role {
            Role::Authority => ("authority", self.holder(role)),
            Role::Either => ("guardian or authority", self.holder(role)),
            Role::Key(wanted) => ("key that takes over", wanted),
        };
        Err(Failure::usage(format!(
            "The key {key} is not the {name}, which is {holder}: give its file with --keypair, or print the transaction for a \
             multisig with --export"
        )))
    }

    /// Asks, unless told not to. Error: the answer is no.
    pub fn confirm(&self, signing: &Signing, question: &str) -> Outcome {
        if signing.yes || signing.export {
            return Ok(());
        }
        if self.context.output.is_json || !std::io::stdin().is_terminal() {
            return Err(Failure::usage(
                "Nobody can be asked here: add --yes to send, or --export to print the transaction",
            ));
        }
        eprint!("{question} [y/N] ");
        let _shown = std::io::stderr().flush();
        let mut answer = String::new();
        // What cannot be read is no yes.
        let _read = std::io::stdin().lock().read_line(&mut answer);
        match answer.trim() {
            "y" | "Y" | "yes" => Ok(()),
            _ => Err(Failure::refused("Nothing was sent")),
        }
    }

    /// Sends the instruction signed by the key, or prints it for a multisig. What was sent, where it was.
    pub async fn sign(
        &self,
        signing: &Signing,
        signer: Address,
        instruction: Instruction,
    ) -> Outcome<Option<sending::Sent>> {
        if signing.export {
            let exported = export::Exported::of(&self.rpc, &[instruction], signer).await?;
            self.context.output.print(&exported)?;
            return Ok(None);
        }
        let key = self.context.keypair()?;
        let sent = sending::send(&self.rpc, &[instruction], &[&key], 0).await.map_err(of_client)?;
        Ok(Some(sent))
    }
}

/// A time for people, in UTC.
pub fn time(unix_seconds: i64) -> String {
    jiff::Timestamp::from_second(unix_seconds).map_or_else(|_| unix_seconds.to_string(), |time| time.to_string())
}

/// A span for people, its two largest units.
pub fn span(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let begun = parts.iter().skip_while(|(count, _)| *count == 0).take(2).filter(|(count, _)| *count > 0);
    let text: Vec<_> = begun.map(|(count, unit)| format!("{count} {unit}")).collect();
    if text.is_empty() { "0 s".to_owned() } else { text.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_show_two_units() {
        assert_eq!(
            [0, 59, 60, 3_661, 172_800, 180_061].map(span),
            ["0 s", "59 s", "1 min", "1 h 1 min", "2 d", "2 d 2 h"]
        );
    }
}
