//! Moving tokens, with the vault read again afterwards: I-02 holds after every movement, to the atom.

use anchor_lang::{
    address_eq,
    pinocchio::cpi::{Seed, Signer},
    prelude::*,
};
use anchor_spl::token_interface::Mint;
use pinocchio_token_2022::instructions::{InitializeAccount3, TransferChecked};

use crate::{
    error::FirebreakError,
    state::{CollateralBank, InsuranceFund},
};

/// Offset of the amount in a token account, the same for both token programs.
const AMOUNT: usize = 64;
/// Bytes of a token account without extensions; the allow-list has none that asks more of an account.
const TOKEN_ACCOUNT_LEN: usize = 165;
/// Where a Token-2022 mint's extensions begin: base account length, then the account type.
const EXTENSIONS: usize = 166;
/// Most decimals a listed token may have: more would leave too few bits for amounts.
const MAX_DECIMALS: u8 = 9;

/// The accounts of a movement in or out of a bank's vault, or the insurance fund's, which holds the quote bank's token.
pub struct Vault<'a> {
    bank: &'a CollateralBank,
    /// The vault's own address and bump.
    own: (&'a Address, u8),
    vault: &'a AccountView,
    mint: &'a AccountView,
    token_program: &'a AccountView,
}

impl<'a> Vault<'a> {
    pub fn of(
        bank: &'a CollateralBank,
        vault: &'a UncheckedAccount,
        mint: &'a UncheckedAccount,
        token_program: &'a UncheckedAccount,
    ) -> Self {
        let own = (&bank.vault, bank.vault_bump);
        Self { bank, own, vault: vault.account(), mint: mint.account(), token_program: token_program.account() }
    }

    /// The insurance fund's vault, in the token of the quote bank.
    pub fn of_fund(
        fund: &'a InsuranceFund,
        quote_bank: &'a CollateralBank,
        vault: &'a UncheckedAccount,
        mint: &'a UncheckedAccount,
        token_program: &'a UncheckedAccount,
    ) -> Self {
        Self { own: (&fund.vault, fund.vault_bump), ..Self::of(quote_bank, vault, mint, token_program) }
    }

    /// Refuses accounts that are not the holder's own.
    pub fn validate(&self) -> Result<()> {
        let is_own = address_eq(self.own.0, self.vault.address())
            && address_eq(&self.bank.mint, self.mint.address())
            && address_eq(&self.bank.token_program, self.token_program.address());
        require!(is_own, FirebreakError::BankAccountMismatch);
        Ok(())
    }

    /// Takes `amount` from `source`. Refuses where the vault did not grow by exactly that.
    pub fn pull(&self, source: &AccountView, authority: &AccountView, amount: u64) -> Result<()> {
        let before = self.balance()?;
        self.transfer(source, self.vault, authority, amount).invoke()?;
        require!(self.balance()?.checked_sub(before) == Some(amount), FirebreakError::VaultMismatch);
        Ok(())
    }

    /// Pays `amount` to `destination`, signed by the vault itself. Refuses where the vault did not fall by exactly that.
    /// `holder` is the bank or the fund.
    pub fn push(&self, destination: &AccountView, holder: &Address, amount: u64) -> Result<()> {
        let before = self.balance()?;
        let bump = [self.own.1];
        let seeds = [Seed::from(crate::seeds::VAULT), Seed::from(holder.as_ref()), Seed::from(&bump)];
        self.transfer(self.vault, destination, self.vault, amount).invoke_signed(&[Signer::from(&seeds)])?;
        require!(before.checked_sub(self.balance()?) == Some(amount), FirebreakError::VaultMismatch);
        Ok(())
    }

    /// Pays `amount` to another own vault. Refuses where the two did not change by exactly that.
    pub fn push_to(&self, other: &Vault, holder: &Address, amount: u64) -> Result<()> {
        let before = other.balance()?;
        self.push(other.vault, holder, amount)?;
        require!(other.balance()?.checked_sub(before) == Some(amount), FirebreakError::VaultMismatch);
        Ok(())
    }

    fn transfer<'t>(
        &'t self,
        from: &'t AccountView,
        to: &'t AccountView,
        authority: &'t AccountView,
        amount: u64,
    ) -> TransferChecked<'t, 't> {
        let token_program = self.token_program.address();
        TransferChecked { from, mint: self.mint, to, authority, amount, decimals: self.bank.decimals, token_program }
    }

    fn balance(&self) -> Result<u64> {
        let data = self.vault.try_borrow()?;
        let bytes = data.get(AMOUNT..AMOUNT + 8).and_then(|bytes| bytes.try_into().ok());
        Ok(u64::from_le_bytes(bytes.ok_or(FirebreakError::BankAccountMismatch)?))
    }
}

/// Creates the token account at `["vault", holder]`. It is its own authority: no other address can sign for it, and it
/// signs for no other vault. Returns its bump.
pub fn create_vault(
    payer: &AccountView,
    vault: &AccountView,
    holder: &Address,
    mint: &AccountView,
    token_program: &AccountView,
) -> Result<u8> {
    require!(mint.owned_by(token_program.address()), FirebreakError::BankAccountMismatch);
    let (address, bump) = find_program_address(&[crate::seeds::VAULT, holder.as_ref()], &crate::ID);
    require!(*vault.address() == address, FirebreakError::BankAccountMismatch);
    let seeds: [&[u8]; 3] = [crate::seeds::VAULT, holder.as_ref(), &[bump]];
    create_account_signed(payer, vault, TOKEN_ACCOUNT_LEN, token_program.address(), &seeds)?;
    InitializeAccount3 { account: vault, mint, owner: vault.address(), token_program: token_program.address() }
        .invoke()?;
    Ok(bump)
}

/// Refuses a mint that could change what a balance means: only extensions that describe the token are allowed.
/// A mint of the older token program has none.
pub fn validate_mint(mint: &InterfaceAccount<Mint>) -> Result<()> {
    require!(mint.decimals() <= MAX_DECIMALS, FirebreakError::MintDecimalsOutOfRange);
    let view = mint.account();
    if view.owned_by(&Token::id()) {
        return Ok(());
    }
    let data = view.try_borrow()?;
    let mut rest = data.get(EXTENSIONS..).unwrap_or(&[]);
    while let Some((head, tail)) = rest.split_first_chunk::<4>() {
        let kind = u16::from_le_bytes([head[0], head[1]]);
        let length = u16::from_le_bytes([head[2], head[3]]) as usize;
        if kind == 0 {
            break;
        }
        require!(is_descriptive(kind), FirebreakError::MintExtensionForbidden);
        rest = tail.get(length..).ok_or(FirebreakError::MintExtensionForbidden)?;
    }
    Ok(())
}

/// Metadata pointer, metadata, group pointer, group, member pointer, member: words about the token, nothing that moves,
/// charges, freezes or rescales it. Everything else, known or not, is refused.
fn is_descriptive(extension: u16) -> bool {
    (18..=23).contains(&extension)
}
