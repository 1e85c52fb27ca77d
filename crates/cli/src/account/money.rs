//! Deposits and withdrawals.

use firebreak_client::{
    instructions::TokenSide,
    overview::accounts_at,
    tokens::{create_token_account, token_balance},
};
use serde::Serialize;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::Chosen;
use crate::{
    decimal::Decimal,
    failure::{Failure, Kind, Outcome},
    output::{Colour, Page, Report},
    sending::{Sending, Transaction},
    session::{Session, within},
    units::{AllOr, Units},
};

/// Where a key's tokens of a bank are, unless another token account was named.
pub fn tokens(session: &Session<'_>, bank: u8, owner: &Address, named: Option<Address>) -> Outcome<TokenSide> {
    let side = TokenSide::of(session.bank(bank)?, owner);
    Ok(TokenSide { token_account: named.unwrap_or(side.token_account), ..side })
}

/// Refuses to take more from a token account than it holds.
pub async fn require_tokens(session: &Session<'_>, bank: u8, side: &TokenSide, amount: u64) -> Outcome {
    let (_, found) = within(session.context, accounts_at(&session.rpc, &[side.token_account])).await?;
    let token = session.units.bank(bank);
    let address = side.token_account;
    let Some(account) = found.into_iter().next().flatten() else {
        return Err(Failure::not_found(format!(
            "there is no token account {address} for {}: fund it, or name another one",
            token.symbol
        )));
    };
    let held = token_balance(&account.data).filter(|_| account.owner == side.token_program).map(|(_, amount)| amount);
    let held = held.ok_or_else(|| Failure::usage(format!("{address} is no token account for {}", token.symbol)))?;
    if held < amount {
        let (held, wanted) = (Units::amount_of(&token, held).pretty(), Units::amount_of(&token, amount).pretty());
        return Err(Failure::refused(format!(
            "token account {address} holds {held} {}, less than {wanted}: fund it, or choose a smaller amount",
            token.symbol
        )));
    }
    Ok(())
}

pub async fn deposit(
    session: &Session<'_>,
    (amount, bank): (Decimal, &str),
    from: Option<Address>,
    chosen: &Chosen,
    sending: Sending,
) -> Outcome {
    let bank = session.units.find_bank(bank)?;
    let amount = session.units.parse_amount(bank, amount)?;
    let key = session.context.keypair()?;
    let address = chosen.address(session, &key.pubkey());
    session.margin_account(&address).await?;
    let side = tokens(session, bank, &key.pubkey(), from)?;
    require_tokens(session, bank, &side, amount).await?;
    let deposit = session.at.deposit(bank, key.pubkey(), address, side, amount);
    session.execute_and_print(&[deposit], &key, sending).await
}

pub async fn withdraw(
    session: &Session<'_>,
    (amount, typed_bank): (AllOr, &str),
    to: Option<Address>,
    chosen: &Chosen,
    sending: Sending,
) -> Outcome {
    let bank = session.units.find_bank(typed_bank)?;
    let given = match amount {
        AllOr::All => None,
        AllOr::Amount(typed) => Some(session.units.parse_amount(bank, typed)?),
    };
    let key = session.context.keypair()?;
    let address = chosen.address(session, &key.pubkey());
    let account = session.margin_account(&address).await?;
    let token = session.units.bank(bank);
    let held = if bank == 0 { account.header.cash } else { account.header.collateral_of(session.bank(bank)?) };
    let amount = given.unwrap_or(held);
    if held < amount || amount == 0 {
        let (held, wanted) = (Units::amount_of(&token, held).pretty(), Units::amount_of(&token, amount).pretty());
        let (wanted, symbol) = (
            if amount == 0 { "there is nothing to withdraw".to_owned() } else { format!("less than {wanted}") },
            token.symbol,
        );
        return Err(Failure::refused(format!("account {address} holds {held} {symbol}: {wanted}")));
    }
    let side = tokens(session, bank, &key.pubkey(), to)?;
    let mut instructions = vec![];
    if to.is_none() {
        instructions.push(create_token_account(key.pubkey(), key.pubkey(), &side));
    }
    instructions.push(session.at.withdraw(bank, key.pubkey(), address, side, amount));
    let done = session.execute_and_print(&instructions, &key, sending).await;
    done.map_err(|failure| session.with_outflow(session.with_numbers(failure, &account), bank, amount))
}

/// What several transactions did; some may have been refused.
#[derive(Serialize)]
pub struct DoneEach {
    pub dry_run: bool,
    pub transactions: Vec<Transaction>,
    pub refused: Vec<Failure>,
}

impl Report for DoneEach {
    fn draw(&self, page: &mut Page) {
        for (index, transaction) in self.transactions.iter().enumerate() {
            if index > 0 {
                page.gap();
            }
            transaction.draw(page);
        }
        for failure in &self.refused {
            page.note(format!("Refused: {failure}"), Colour::Warning);
        }
    }
}

/// Sends each instruction in a transaction of its own, so that one refused stops no other. Refused where all were, with the first cause.
pub async fn execute_each(
    session: &Session<'_>,
    instructions: &[Instruction],
    key: &Keypair,
    sending: Sending,
) -> Outcome {
    let mut done = DoneEach { dry_run: sending.dry_run, transactions: vec![], refused: vec![] };
    let progress = session.context.output.progress(instructions.len(), "sending");
    for instruction in instructions {
        progress.inc(1);
        match session.execute(std::slice::from_ref(instruction), key, sending).await {
            Ok(transaction) => done.transactions.push(transaction),
            Err(failure) if failure.kind == Kind::Refused => done.refused.push(failure),
            Err(failure) => return Err(failure),
        }
    }
    progress.finish_and_clear();
    if done.transactions.is_empty()
        && let Some(first) = done.refused.first()
    {
        return Err(first.clone());
    }
    session.context.output.print(&done)
}
