//! Steps carried out.

use anyhow::{Context, Result, bail};
use firebreak_client::{Addresses, TOKEN_PROGRAM};
use serde::Serialize;
use solana_account::Account;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::{Migration, Network, Step, Token, Verdict};

/// Lamports that keep a mint for ever.
const MINT_LAMPORTS: u64 = 10_000_000;

/// Who signs: the payer for rent, the authority for what it allows. May be one key.
#[derive(Clone, Copy)]
pub struct Signers<'a> {
    pub payer: &'a Keypair,
    pub authority: &'a Keypair,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Applied {
    pub step: String,
    #[serde(flatten)]
    pub verdict: Verdict,
    pub outcome: Outcome,
}

/// Whether a step changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing was to be done, or nothing was done.
    Untouched,
    /// Carried out.
    Applied,
}

/// The steps up to and with the one of this name, or number. Error: there is none, with the names there are.
pub fn up_to(mut steps: Vec<Migration>, name: &str) -> Result<Vec<Migration>> {
    let is_named = |step: &Migration| step.name == name || step.name.split('-').next() == Some(name);
    let Some(last) = steps.iter().position(is_named) else {
        let names: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
        bail!("there is no step {name}: take one of {}", names.join(", "));
    };
    steps.truncate(last + 1);
    Ok(steps)
}

/// Compares every step with the chain, and changes nothing.
pub fn plan(network: &mut dyn Network, id: u64, steps: &[Migration]) -> Result<Vec<Applied>> {
    let at = Addresses::of_id(id);
    let compare = |step: &Migration| {
        let verdict = step.step.verdict(&at, network).with_context(|| step.name.clone())?;
        Ok(Applied { step: step.name.clone(), verdict, outcome: Outcome::Untouched })
    };
    steps.iter().map(compare).collect()
}

/// Error: a step differs from the chain; with the first difference.
pub fn require_no_difference(planned: &[Applied]) -> Result<()> {
    let differs = planned.iter().find_map(|step| match &step.verdict {
        Verdict::Differs { differences } => differences.first().map(|difference| (step, difference)),
        _ => None,
    });
    let Some((step, found)) = differs else { return Ok(()) };
    bail!(
        "{}: {} is {} on chain and {} in the file. Nothing was changed: what is listed already changes by a proposal \
         (`firebreak admin propose --help`); correct the file, or propose the change",
        step.step,
        found.field,
        found.chain,
        found.file
    )
}

/// Carries out, in order, the steps that are not done. Each is compared with the chain at its turn, and `report` is told. Errors:
/// a step that differs or is blocked, or that the program refused; earlier ones stay carried out.
pub fn apply(
    network: &mut dyn Network,
    id: u64,
    steps: &[Migration],
    signers: Signers,
    report: &mut dyn FnMut(&Applied),
) -> Result<Vec<Applied>> {
    let at = Addresses::of_id(id);
    let mut all = Vec::new();
    for step in steps {
        let verdict = step.step.verdict(&at, network).with_context(|| step.name.clone())?;
        let mut applied = Applied { step: step.name.clone(), verdict, outcome: Outcome::Untouched };
        if let Verdict::Blocked { reason } = &applied.verdict {
            bail!("{}: {reason}", step.name);
        }
        require_no_difference(std::slice::from_ref(&applied))?;
        if matches!(applied.verdict, Verdict::Will { .. }) {
            carry_out(network, (id, &at), &step.step, signers).with_context(|| format!("{} was refused", step.name))?;
            applied.outcome = Outcome::Applied;
        }
        report(&applied);
        all.push(applied);
    }
    Ok(all)
}

fn carry_out(network: &mut dyn Network, at: (u64, &Addresses), step: &Step, signers: Signers) -> Result<()> {
    let (payer, authority) = (signers.payer.pubkey(), signers.authority.pubkey());
    match (step, network.local()) {
        (Step::Deploy(deploy), Some(local)) => local.deploy(&deploy.program)?,
        (Step::Tokens(tokens), Some(_)) => make_tokens(network, &tokens.tokens, &payer)?,
        _ => {}
    }
    let token_program = match step.mint() {
        Some(mint) => network.account(&mint)?.map(|account| account.owner),
        None => None,
    };
    for transaction in step.transactions(at, (payer, authority), token_program) {
        let signed_by_payer = transaction.iter().any(|part| part.accounts.iter().any(|meta| meta.pubkey == payer));
        let both = [signers.payer, signers.authority];
        let signing = if payer == authority || !signed_by_payer { &both[1..] } else { &both[..] };
        network.send(&transaction, signing)?;
    }
    Ok(())
}

/// Writes the mints that are missing, the payer their authority.
fn make_tokens(network: &mut dyn Network, tokens: &[Token], authority: &Address) -> Result<()> {
    for token in tokens {
        if network.account(&token.mint)?.is_none()
            && let Some(local) = network.local()
        {
            local.set_account(token.mint, mint(authority, token.decimals))?;
        }
    }
    Ok(())
}

/// A mint of the token program without a supply.
fn mint(authority: &Address, decimals: u8) -> Account {
    let mut data = vec![0; 82];
    data[0] = 1; // there is an authority
    data[4..36].copy_from_slice(authority.as_ref());
    data[44] = decimals;
    data[45] = 1; // initialised
    Account { lamports: MINT_LAMPORTS, data, owner: TOKEN_PROGRAM, executable: false, rent_epoch: u64::MAX }
}
