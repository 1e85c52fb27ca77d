//! Traders who pledge tokens instead of dollars, and liquidators who buy them.

use firebreak::instructions::BankConfig;
use firebreak_client::{MarginAccountView, instructions::TokenSide};
use solana_signer::Signer;

use crate::{
    chain::{Chain, Refusal},
    world::{Actor, World, keypair},
};

use super::tally::Counted;

/// The pledged token's asset and bank: SOL, as the first collateral bank.
pub const ASSET: u8 = 0;
pub const BANK: u8 = 1;
const HAIRCUT_BPS: u32 = 1_000;
const DISCOUNT_BPS: u32 = 400;
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
