//! What governance works at: the clearinghouse as it is, names as people type them, and how an instruction gets signed.

use std::{
    collections::BTreeMap,
    io::{BufRead, IsTerminal, Write},
};

use firebreak_client::{Overview, decode, firebreak::state::Proposal, overview, sending};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_signer::Signer;

use super::export;
use crate::{
    context::Context,
    failure::{Failure, Outcome},
    session::{Session, within},
    units::Units,
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

/// A clearinghouse, read, with all its proposals.
pub struct Desk<'a> {
    pub context: &'a Context,
    pub rpc: RpcClient,
    pub found: Overview,
    pub proposals: BTreeMap<u64, Proposal>,
    pub units: Units,
}

impl<'a> Desk<'a> {
    pub async fn open(context: &'a Context) -> Outcome<Self> {
        let Session { rpc, overview: found, units, .. } = Session::open(context).await?;
        let numbers = 0..found.clearinghouse.proposal_count;
        let addresses: Vec<Address> = numbers.clone().map(|id| found.at.proposal(id)).collect();
        let (_, accounts) = within(context, overview::accounts_at(&rpc, &addresses)).await?;
        let decoded = accounts.into_iter().map(|account| decode::<Proposal>(&account?.data).ok());
        let proposals = numbers.zip(decoded).filter_map(|(id, proposal)| Some((id, proposal?))).collect();
        Ok(Self { context, rpc, found, proposals, units })
    }

    /// A market by symbol or index; `all` is the global breaker.
    pub fn market_or_all(&self, name: &str) -> Outcome<u8> {
        match name {
            "all" | "255" => Ok(u8::MAX),
            _ => self.units.find_asset(name),
        }
    }

    /// A bank by index or symbol, or `quote`.
    pub fn bank(&self, name: &str) -> Outcome<u8> {
        if name.eq_ignore_ascii_case("quote") { Ok(0) } else { self.units.find_bank(name) }
    }

    /// The symbol of a market, or `all`.
    pub fn market_name(&self, index: u8) -> String {
        if index == u8::MAX { "all".to_owned() } else { self.units.symbol(index) }
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
            "the key {key} is not the {name}, which is {holder}: give its file with --keypair, or print the transaction for a \
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
                "nobody can be asked here: add --yes to send, or --export to print the transaction",
            ));
        }
        eprint!("{question} [y/N] ");
        let _shown = std::io::stderr().flush();
        let mut answer = String::new();
        // What cannot be read is no yes.
        let _read = std::io::stdin().lock().read_line(&mut answer);
        match answer.trim() {
            "y" | "Y" | "yes" => Ok(()),
            _ => Err(Failure::refused("nothing was sent")),
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
        let sent = sending::send(&self.rpc, &[instruction], &[&key], 0).await?;
        Ok(Some(sent))
    }
}
