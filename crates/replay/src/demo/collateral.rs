//! Traders who pledge tokens instead of dollars, and liquidators who buy them.

use firebreak::{event::CollateralLiquidated, instructions::BankConfig};
use firebreak_client::{MarginAccountView, instructions::TokenSide};
use risk::Action;
use solana_address::Address;
use solana_signer::Signer;

use crate::{
    chain::{Chain, Refusal},
    world::{Actor, World, keypair},
};

use super::{
    losses::worth,
    stage::{Snapshot, Stage},
    tally::{Counted, event},
};

/// The pledged token's asset and bank: SOL, as the first collateral bank.
pub const ASSET: u8 = 0;
pub const BANK: u8 = 1;
const HAIRCUT_BPS: u32 = 1_000;
const DISCOUNT_BPS: u32 = 400;
/// What a healthy account may owe beyond its cash before a keeper sells its collateral, in quote atoms.
const WORTH_SELLING: i128 = 100_000_000;

/// Tokens that changed hands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sold {
    pub sales: u64,
    /// Lots of the token: the demo's token is cut so that its atom is a lot.
    pub lots: u64,
    /// Quote atoms, and what the tokens were worth at mark.
    pub paid: u64,
    pub value: u64,
}

/// The token has as many decimals as a lot has, so that sums over accounts are exact. `None` where a lot is more than a token.
fn decimals(lot_exponent: i8) -> Option<u8> {
    u8::try_from(-i16::from(lot_exponent)).ok()
}

/// Lists the token.
pub fn list<C: Chain>(world: &mut World<Counted<C>>, lot_exponent: i8) -> Result<bool, Box<Refusal>> {
    let Some(decimals) = decimals(lot_exponent) else { return Ok(false) };
    let mint = keypair("pledged token");
    world.create_mint(&mint, decimals)?;
    let config = BankConfig {
        asset: ASSET,
        haircut_bps: HAIRCUT_BPS,
        liquidation_discount_bps: DISCOUNT_BPS,
        deposit_cap: risk::MAX_LOTS as u64,
        surcharge_bps: 0,
        outflow: crate::listing::OUTFLOW,
    };
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let add = world.at.add_collateral_bank(payer, authority, mint.pubkey(), world.token_program, BANK, config);
    world.chain.send(&[add], &[&world.payer, &world.authority])?;
    Ok(true)
}

/// Mints lots of the token to an actor and deposits them.
pub fn pledge<C: Chain>(
    world: &mut World<Counted<C>>,
    name: &str,
    actor: &Actor,
    lots: u64,
) -> Result<(), Box<Refusal>> {
    let (mint, tokens) = (keypair("pledged token").pubkey(), keypair(&format!("{name}'s pledge")));
    world.create_token_account(&tokens, &mint, &actor.address())?;
    world.mint_to(&mint, &tokens.pubkey(), lots)?;
    let side = TokenSide { mint, token_program: world.token_program, token_account: tokens.pubkey() };
    let deposit = world.at.deposit(BANK, actor.address(), actor.margin, side, lots);
    world.chain.send(&[deposit], &[&actor.key])?;
    Ok(())
}

/// Lots of the token that an account holds.
pub fn pledged(account: &MarginAccountView) -> u64 {
    account.header.collateral.iter().filter(|slot| slot.bank == BANK).map(|slot| slot.amount).sum()
}

/// Accounts whose collateral a liquidator may buy: below maintenance, or owing more than their cash. Worst first.
pub fn for_sale(snapshot: &Snapshot, own: &[Address]) -> Vec<Address> {
    let accounts = snapshot.ledger.margin_accounts.iter();
    let mut found: Vec<(i128, Address)> = accounts
        .filter(|(address, account)| pledged(account) > 0 && !own.contains(address))
        .filter_map(|(address, account)| {
            let value = account.value_for_maintenance(&snapshot.board, snapshot.now).ok()?;
            let quote = worth(account, &snapshot.board);
            (!value.is_covered() || quote < -WORTH_SELLING).then_some((quote, *address))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, address)| address).collect()
}

impl<C: Chain> Stage<C> {
    /// Liquidators buy the collateral of accounts that need quote, below the mark.
    pub(super) fn buy_collateral(&mut self, own: &[Address], snapshot: &Snapshot) {
        let row = &snapshot.board.rows[ASSET as usize];
        if row.require(Action::AutoDeleverage, snapshot.now).is_err() {
            return; // until the price is fresh, the seller is protected by the higher one: no business
        }
        for (turn, seller) in for_sale(snapshot, own).into_iter().enumerate() {
            let Some(lots) = snapshot.ledger.margin_accounts.get(&seller).map(pledged) else { continue };
            let buyer = &self.liquidators[turn % own.len()];
            let (trader, at) = (buyer.address(), self.world.at);
            let buy = at.liquidate_collateral(BANK, trader, buyer.margin, seller, lots, lots * row.mark);
            if let Ok(receipt) = self.world.chain.send(&[buy], &[&buyer.key])
                && let Some(event) = event::<CollateralLiquidated>(&receipt.logs)
            {
                self.sold.sales += 1;
                self.sold.lots += event.amount;
                self.sold.paid += event.paid;
                self.sold.value += event.amount * row.mark;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;
    use firebreak::state::{CollateralSlot, MarginAccount};

    #[test]
    fn an_atom_of_the_token_is_a_lot() {
        assert_eq!([-2, 0, 1].map(decimals), [Some(2), Some(0), None]);
        let mut header = MarginAccount::zeroed();
        header.collateral[1] = CollateralSlot { amount: 7, bank: BANK, asset: ASSET, reserved: [0; 6] };
        header.collateral[0] = CollateralSlot { amount: 5, bank: 2, asset: 1, reserved: [0; 6] };
        assert_eq!(pledged(&MarginAccountView { header, slots: vec![] }), 7);
    }
}
