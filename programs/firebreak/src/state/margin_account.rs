use crate::anchor::*;
use risk::{Leg, Stamp};

use crate::{error::FirebreakError, state::CollateralBank};

/// `isolated_market` of an account that may trade every market.
pub const CROSS: u8 = u8::MAX;

/// One trader's account: senior cash, collateral, and position slots behind it. The first `position_count` slots are in use.
#[account]
#[derive(Debug, PartialEq, Eq)]
pub struct MarginAccount {
    pub clearinghouse: Address,
    pub owner: Address,
    /// May trade and manage offers, never withdraw; the default key where there is none.
    pub delegate: Address,
    /// Quote atoms deposited or really paid. Senior.
    pub cash: u64,
    /// Unix seconds at which a liquidation first found the account below maintenance; 0 where it was not.
    pub liquidatable_since: i64,
    /// Unix seconds of the last liquidation.
    pub liquidated_at: i64,
    pub collateral: [CollateralSlot; 4],
    pub sub_id: u16,
    /// Live offers; an account with any cannot be closed.
    pub offer_count: u16,
    pub position_count: u8,
    /// The only market it may trade, or `CROSS`.
    pub isolated_market: u8,
    pub bump: u8,
    pub version: u8,
    pub reserved: [u8; 16],
}

const _: () = assert!(core::mem::size_of::<MarginAccount>() == 208);

/// Atoms of one bank's token, and the row of its price. An empty slot has amount 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable, IdlType)]
#[repr(C)]
pub struct CollateralSlot {
    pub amount: u64,
    pub bank: u8,
    pub asset: u8,
    pub reserved: [u8; 6],
}

/// One position. Keyed by market and series; series 0 is the perpetual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable, IdlType)]
#[repr(C)]
pub struct Position {
    /// Signed cost in quote atoms.
    pub entry: i64,
    /// Its side's indices when the position was touched last: `entry` and `size` are of that time. A scale of 0 marks a
    /// debt without lots that was shared out (`is_shared_out`).
    pub side_charge: i64,
    pub side_scale: u64,
    /// Signed lots.
    pub size: i32,
    pub side_epoch: u16,
    pub market: u8,
    pub series: u8,
}

const _: () = assert!(core::mem::size_of::<Position>() == 32);
const _: () = assert!(risk::MAX_LOTS <= i32::MAX as i64);

impl Position {
    #[inline(always)]
    pub fn leg(&self) -> Leg {
        Leg { size: i64::from(self.size), entry: self.entry }
    }

    /// Whether it is a debt of a bankrupt account of which its market has borne its share: the account's claims in other
    /// markets pay it.
    pub fn is_shared_out(&self) -> bool {
        self.size == 0 && self.side_scale == 0
    }

    /// The indices it saw last.
    #[inline(always)]
    pub fn stamp(&self) -> Stamp {
        Stamp { scale: self.side_scale, charge: self.side_charge, epoch: self.side_epoch }
    }

    #[inline(always)]
    pub fn set_stamp(&mut self, stamp: Stamp) {
        self.side_scale = stamp.scale;
        self.side_charge = stamp.charge;
        self.side_epoch = stamp.epoch;
    }

    /// Error: a size beyond 32 bits, which a `Leg` that was traded within bounds cannot have.
    #[inline(always)]
    pub fn set_leg(&mut self, leg: Leg) -> core::result::Result<(), FirebreakError> {
        self.size = i32::try_from(leg.size).map_err(|_| FirebreakError::SizeOutOfRange)?;
        self.entry = leg.entry;
        Ok(())
    }
}

impl MarginAccount {
    /// Account bytes for a number of position slots: discriminator, header, the slots' length, the slots.
    pub const fn space(capacity: u8) -> usize {
        8 + core::mem::size_of::<Self>() + 8 + capacity as usize * core::mem::size_of::<Position>()
    }

    pub const fn is_capacity(capacity: u8) -> bool {
        matches!(capacity, 4 | 8 | 16)
    }

    /// Of an account's slots, those in use.
    #[inline(always)]
    pub fn in_use<'a>(&self, slots: &'a [Position]) -> &'a [Position] {
        slots.get(..self.position_count as usize).unwrap_or(slots)
    }

    /// Adds to cash.
    #[inline(always)]
    pub fn add_cash(&mut self, amount: u64) -> core::result::Result<(), FirebreakError> {
        self.cash = self.cash.checked_add(amount).ok_or(FirebreakError::ArithmeticOverflow)?;
        Ok(())
    }

    /// Takes from cash. Error `CashInsufficient` where there is less.
    #[inline(always)]
    pub fn take_cash(&mut self, amount: u64) -> core::result::Result<(), FirebreakError> {
        self.cash = self.cash.checked_sub(amount).ok_or(FirebreakError::CashInsufficient)?;
        Ok(())
    }

    pub fn has_collateral(&self) -> bool {
        self.collateral.iter().any(|slot| slot.amount != 0)
    }

    /// Nothing of the owner's left in it, nothing owed by it, and no offer that would outlive it. (`is_empty` would be the
    /// slab's, which asks for its slots.)
    pub fn holds_nothing(&self) -> bool {
        self.cash == 0 && self.position_count == 0 && self.offer_count == 0 && !self.has_collateral()
    }

    /// Refuses a signer that may not trade for the account.
    #[inline(always)]
    pub fn require_trader(&self, signer: &Address) -> Result<()> {
        // The default key stands for no delegate, and nobody can sign for it.
        let is_trader = address_eq(&self.owner, signer) || address_eq(&self.delegate, signer);
        require!(is_trader, FirebreakError::SignerNotAllowed);
        Ok(())
    }

    /// Refuses everybody but the owner.
    #[inline(always)]
    pub fn require_owner(&self, signer: &Address) -> Result<()> {
        require!(address_eq(&self.owner, signer), FirebreakError::SignerNotAllowed);
        Ok(())
    }

    /// Books a deposit. Returns the account's balance of that token.
    pub fn credit(&mut self, bank: &CollateralBank, amount: u64) -> Result<u64> {
        if !bank.is_quote() {
            return Ok(self.add_collateral(bank, amount)?);
        }
        self.add_cash(amount)?;
        Ok(self.cash)
    }

    /// Books a withdrawal. Returns the account's balance of that token.
    pub fn debit(&mut self, bank: &CollateralBank, amount: u64) -> Result<u64> {
        if !bank.is_quote() {
            return Ok(self.take_collateral(bank, amount)?);
        }
        self.take_cash(amount)?;
        Ok(self.cash)
    }

    /// Atoms of a bank's token that it holds.
    pub fn collateral_of(&self, bank: &CollateralBank) -> u64 {
        self.collateral.iter().find(|slot| slot.amount != 0 && slot.bank == bank.index).map_or(0, |slot| slot.amount)
    }

    /// Adds collateral of a bank to its slot, or to a free one.
    pub fn add_collateral(&mut self, bank: &CollateralBank, amount: u64) -> core::result::Result<u64, FirebreakError> {
        let holds = |slot: &&mut CollateralSlot| slot.amount != 0 && slot.bank == bank.index;
        let slot = match self.collateral.iter_mut().find(holds) {
            Some(slot) => slot,
            None => {
                let free = self.collateral.iter_mut().find(|slot| slot.amount == 0);
                let slot = free.ok_or(FirebreakError::CollateralSlotsFull)?;
                slot.bank = bank.index;
                slot.asset = bank.asset;
                slot
            }
        };
        slot.amount = slot.amount.checked_add(amount).ok_or(FirebreakError::ArithmeticOverflow)?;
        Ok(slot.amount)
    }

    /// Takes collateral of a bank out of its slot; an empty one is free again.
    pub fn take_collateral(&mut self, bank: &CollateralBank, amount: u64) -> core::result::Result<u64, FirebreakError> {
        let slot = self.collateral.iter_mut().find(|slot| slot.amount != 0 && slot.bank == bank.index);
        let slot = slot.ok_or(FirebreakError::CollateralInsufficient)?;
        slot.amount = slot.amount.checked_sub(amount).ok_or(FirebreakError::CollateralInsufficient)?;
        let left = slot.amount;
        if left == 0 {
            *slot = CollateralSlot::default();
        }
        Ok(left)
    }
}
