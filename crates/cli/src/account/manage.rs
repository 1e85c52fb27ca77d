//! Creates, grows, closes, delegates and settles accounts.

use firebreak_client::{firebreak::state::CROSS, instructions};
use solana_address::Address;
use solana_signer::Signer;

use super::Chosen;
use crate::{
    failure::{Failure, Outcome},
    sending::Sending,
    session::Session,
};

const SLOTS: [u8; 3] = [4, 8, 16];

pub async fn create(
    session: &Session<'_>,
    (sub, slots): (u16, u8),
    isolated: Option<&str>,
    sending: Sending,
) -> Outcome {
    if !SLOTS.contains(&slots) {
        return Err(Failure::usage(format!("{slots} position slots are not possible: choose 4, 8 or 16")));
    }
    let market = isolated.map_or(Ok(CROSS), |market| session.units.market(market))?;
    let key = session.context.keypair()?;
    let owner = key.pubkey();
    let address = session.at.margin_account(&owner, sub);
    if session.margin_account(&address).await.is_ok() {
        return Err(Failure::refused(format!(
            "margin account {address} (sub {sub}) exists already: choose another number with --sub"
        )));
    }
    let create = session.at.create_margin_account(owner, owner, sub, slots, market);
    session.execute_and_print(&[create], &key, sending).await
}

pub async fn grow(session: &Session<'_>, slots: u8, chosen: &Chosen, sending: Sending) -> Outcome {
    let key = session.context.keypair()?;
    let address = chosen.address(session, &key.pubkey());
    let has = session.margin_account(&address).await?.slots.len();
    if !SLOTS.contains(&slots) || usize::from(slots) <= has {
        return Err(Failure::usage(format!(
            "the account has {has} position slots: it can grow to 8 or 16, and not shrink"
        )));
    }
    let grow = instructions::grow_margin_account(key.pubkey(), key.pubkey(), address, slots);
    session.execute_and_print(&[grow], &key, sending).await
}

pub async fn close(session: &Session<'_>, chosen: &Chosen, rent_to: Option<Address>, sending: Sending) -> Outcome {
    let key = session.context.keypair()?;
    let address = chosen.address(session, &key.pubkey());
    session.margin_account(&address).await?;
    let close = instructions::close_margin_account(key.pubkey(), address, rent_to.unwrap_or(key.pubkey()));
    session.execute_and_print(&[close], &key, sending).await
}

/// The default address for nobody.
pub async fn delegate(session: &Session<'_>, delegate: Address, chosen: &Chosen, sending: Sending) -> Outcome {
    let key = session.context.keypair()?;
    let address = chosen.address(session, &key.pubkey());
    session.margin_account(&address).await?;
    let set = instructions::set_delegate(key.pubkey(), address, delegate);
    session.execute_and_print(&[set], &key, sending).await
}

/// In every market that the account has a position or an unpaid loss in, or in one.
pub async fn settle(session: &Session<'_>, market: Option<&str>, chosen: &Chosen, sending: Sending) -> Outcome {
    let key = session.context.keypair()?;
    let address = chosen.address(session, &key.pubkey());
    let account = session.margin_account(&address).await?;
    let mut markets: Vec<u8> = account.positions().iter().map(|position| position.market).collect();
    if let Some(typed) = market {
        let index = session.units.market(typed)?;
        markets.retain(|market| *market == index);
        if markets.is_empty() {
            let symbol = session.units.symbol(index);
            return Err(Failure::not_found(format!(
                "account {address} has no position in {symbol}: nothing to settle"
            )));
        }
    }
    if markets.is_empty() {
        return Err(Failure::not_found(format!("account {address} has no positions: nothing to settle")));
    }
    let settle: Vec<_> = markets.iter().map(|market| session.at.settle(*market, &[address])).collect();
    // One market in which nothing can be settled now refuses its own transaction, and no other's.
    if let [only] = settle.as_slice() {
        return session.execute_and_print(std::slice::from_ref(only), &key, sending).await;
    }
    super::execute_each(session, &settle, &key, sending).await
}
