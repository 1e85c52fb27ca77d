use crate::anchor::*;
use risk::Fund;

use crate::error::FirebreakError;

/// How long a deficit that was reported keeps everybody in.
const DEFICIT_SECONDS: i64 = 3_600;
/// How long an exit stays open once its cool-down is over: nobody holds an open door in reserve.
pub const EXIT_SECONDS: i64 = 2 * 86_400;

/// The shared insurance book. Its vault is a token account of its own, so that no error in the trading ledger can reach
/// the stakers' money.
#[account]
#[derive(Debug, PartialEq, Eq)]
pub struct InsuranceFund {
    pub clearinghouse: Address,
    pub vault: Address,
    /// Quote atoms that the ledger knows of; a donation to the vault is not among them.
    pub assets: u64,
    /// Quote atoms in the markets' tranches, as of each one's last sweep.
    pub deployed: u64,
    pub shares: u64,
    /// Shares nobody holds: they own what was there before the first staker.
    pub virtual_shares: u64,
    /// Unix seconds until which a reported deficit keeps everybody in.
    pub closed_until: i64,
    /// Raised when nearly all was lost: older shares are worthless.
    pub epoch: u32,
    pub cooldown_seconds: u32,
    pub bump: u8,
    pub vault_bump: u8,
    pub version: u8,
    pub reserved: [u8; 77],
}

const _: () = assert!(core::mem::size_of::<InsuranceFund>() == 192);

impl InsuranceFund {
    pub fn fund(&self) -> Fund {
        let Self { assets, deployed, shares, virtual_shares, .. } = *self;
        Fund { assets, deployed, shares, virtual_shares }
    }

    /// Keeps everybody in from now.
    pub fn close_exits(&mut self, now: i64) {
        self.closed_until = self.closed_until.max(now.saturating_add(DEFICIT_SECONDS));
    }
}

/// One staker's shares.
#[account]
#[derive(Debug, PartialEq, Eq)]
pub struct InsuranceStake {
    pub fund: Address,
    pub owner: Address,
    pub shares: u64,
    /// Of `shares`, those that asked to leave; what they were worth then, and from when they may.
    pub leaving_shares: u64,
    pub leaving_value: u64,
    pub leaves_at: i64,
    /// The fund's, when the shares were bought.
    pub epoch: u32,
    pub bump: u8,
    pub version: u8,
    pub reserved: [u8; 26],
}

const _: () = assert!(core::mem::size_of::<InsuranceStake>() == 128);

impl InsuranceStake {
    /// Refuses everybody but the owner, and a stake in another fund.
    pub fn require_owner(&self, owner: &Address, fund: &Address) -> Result<()> {
        require!(address_eq(&self.owner, owner), FirebreakError::SignerNotAllowed);
        require!(address_eq(&self.fund, fund), FirebreakError::ClearinghouseMismatch);
        Ok(())
    }

    /// Forgets shares of an epoch that is over.
    pub fn enter_epoch(&mut self, epoch: u32) {
        if self.epoch != epoch {
            self.shares = 0;
            self.forget_request();
            self.epoch = epoch;
        }
    }

    pub fn forget_request(&mut self) {
        (self.leaving_shares, self.leaving_value, self.leaves_at) = (0, 0, 0);
    }
}
