//! What a keeper needs before it can take anything over: a margin account of its own, and cash in it.

use firebreak::state::CROSS;
use firebreak_client::{MarginAccountView, instructions::TokenSide};
use solana_address::Address;
use solana_signer::Signer;

use super::{
    book::Book,
    carry::{Carrier, Outcome},
    config::Config,
};

const ASSOCIATED: Address = Address::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// Where a token account has its amount.
const AMOUNT: std::ops::Range<usize> = 64..72;

/// What was set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// None in a dry run where there is no account yet.
    pub margin_account: Option<Address>,
    /// Quote atoms.
    pub deposited: u64,
    pub equity: i64,
    pub wallet: u64,
}

/// The token account that wallets use.
pub fn associated(owner: &Address, mint: &Address, token_program: &Address) -> Address {
    Address::find_program_address(&[owner.as_ref(), token_program.as_ref(), mint.as_ref()], &ASSOCIATED).0
}

/// Creates the own margin account where it is missing, and fills its cash up to what was configured. Error: a sentence.
pub async fn prepare(carrier: &Carrier, book: &Book, config: &Config, token_program: Address) -> Result<Ready, String> {
    let owner = carrier.key.pubkey();
    let margin = book.scene.at.margin_account(&owner, config.sub_id);
    let mut ready = Ready { wallet: wallet(carrier, &owner).await?, ..Ready::default() };
    let mut account = book.scene.accounts.get(&margin).cloned();
    if account.is_none() && !carrier.dry_run {
        let create = book.scene.at.create_margin_account(owner, owner, config.sub_id, config.capacity, CROSS);
        finish("create its margin account", carrier.send(&[create], ("setup", 0), |_| Ok(())).await)?;
        tracing::info!("created the margin account {margin} (sub-id {})", config.sub_id);
        account = read(carrier, margin).await?.and_then(|data| MarginAccountView::decode(&data).ok());
    }
    let Some(account) = account else {
        tracing::warn!("dry run without a margin account: only jobs that need no capital are tried");
        return Ok(ready);
    };
    ready.margin_account = Some(margin);
    if let Some(amount) = &config.deposit {
        let wanted = amount.atoms(book.clearinghouse.quote_decimals).and_then(|atoms| u64::try_from(atoms).ok());
        let wanted = wanted.ok_or_else(|| {
            let decimals = book.clearinghouse.quote_decimals;
            format!("`deposit` is `{amount}`; expected: an amount of at most {decimals} decimal places, 0 or more")
        })?;
        let mint = book.clearinghouse.quote_mint;
        let source = config.token_account.unwrap_or_else(|| associated(&owner, &mint, &token_program));
        let side = TokenSide { mint, token_program, token_account: source };
        ready.deposited = deposit(carrier, book, (margin, side), wanted.saturating_sub(account.header.cash)).await?;
    }
    let equity = account.report(&book.scene.board).map_or(0, |(report, _)| report.equity);
    ready.equity = equity.saturating_add(i64::try_from(ready.deposited).unwrap_or(i64::MAX));
    Ok(ready)
}

async fn deposit(
    carrier: &Carrier,
    book: &Book,
    (margin, side): (Address, TokenSide),
    missing: u64,
) -> Result<u64, String> {
    if missing == 0 || carrier.dry_run {
        return Ok(0);
    }
    let data = read(carrier, side.token_account).await?.unwrap_or_default();
    let has = data.get(AMOUNT).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
    let amount = missing.min(has);
    if amount < missing {
        let account = side.token_account;
        tracing::warn!("{missing} atoms are missing to `deposit`, and the token account {account} holds {has}");
    }
    if amount == 0 {
        return Ok(0);
    }
    let deposit = book.scene.at.deposit(0, carrier.key.pubkey(), margin, side, amount);
    finish("deposit", carrier.send(&[deposit], ("setup", 1), |_| Ok(())).await)?;
    tracing::info!("deposited {amount} atoms into {margin}");
    Ok(amount)
}

fn finish(what: &str, outcome: Outcome) -> Result<(), String> {
    match outcome {
        Outcome::Done { .. } => Ok(()),
        Outcome::Refused { cause, .. } | Outcome::Withheld { cause } | Outcome::Unreached { cause } => {
            Err(format!("the keeper cannot {what}: {cause}"))
        }
        other => Err(format!("the keeper cannot {what}: {}", other.name())),
    }
}

async fn read(carrier: &Carrier, address: Address) -> Result<Option<Vec<u8>>, String> {
    let (_, mut found) = carrier.link.accounts(&[address], None).await.map_err(|error| super::link::short(&error))?;
    Ok(found.pop().and_then(|(_, account)| account).map(|account| account.data))
}

/// Lamports of the key. Error: it has none, and cannot pay for anything.
async fn wallet(carrier: &Carrier, owner: &Address) -> Result<u64, String> {
    let (_, mut found) = carrier.link.accounts(&[*owner], None).await.map_err(|error| super::link::short(&error))?;
    let lamports = found.pop().and_then(|(_, account)| account).map_or(0, |account| account.lamports);
    if lamports == 0 && !carrier.dry_run {
        return Err(format!(
            "the key {owner} has no SOL on this network: it cannot pay for transactions. Send it some"
        ));
    }
    Ok(lamports)
}
