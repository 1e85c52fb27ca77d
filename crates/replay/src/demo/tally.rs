//! What happened, counted from every transaction and the events in its logs.

use std::collections::BTreeMap;

use anchor_lang::Discriminator;
use base64::{Engine, prelude::BASE64_STANDARD};
use firebreak::event::{Deposited, InsuranceSwept, Liquidated, Settled, Traded, Withdrawn};
use firebreak::instruction::{
    AddAsset, AddCollateralBank, AddMarket, AutoDeleverage, CreateClearinghouse, CreateMarginAccount, Deposit,
    Liquidate, LiquidateCollateral, PlaceOffer, Poke, RefreshPrices, ReportDeficit, RequestUnstake, Settle, Stake,
    SweepInsurance, TakeOffer, Trade, TripBreaker, Unstake, UpdateFunding, UpdateOffer, Withdraw,
};
use firebreak_client::{FirebreakError, PROGRAM_ID, decode};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;

use crate::chain::{Chain, Receipt, Refusal};

/// Counts and sums of a run; amounts in quote atoms.
#[derive(Debug, Default)]
pub struct Tally {
    pub transactions: u64,
    pub refused: BTreeMap<String, u64>,
    /// Of the program alone, by instruction, one for each that was carried out.
    pub compute_units: BTreeMap<&'static str, Vec<u64>>,
    pub trades: u64,
    pub traded_notional: u128,
    pub liquidations: u64,
    pub liquidated: BTreeMap<Address, u64>,
    pub liquidated_notional: u128,
    pub insurance_fees: u64,
    /// Of trading fees, what sweeps brought to the fund, and what the protocol kept.
    pub fees_to_fund: u64,
    pub fees_kept: u64,
    /// From the fund to tranches, and back.
    pub refilled: u64,
    pub returned: u64,
    pub losses_settled: u128,
    pub gains_settled: u128,
    pub deposited: u128,
    pub withdrawn: u128,
    pub identity_checks: u64,
    pub violations: Vec<String>,
}

impl Tally {
    fn note(&mut self, instructions: &[Instruction], sent: &Result<Receipt, Box<Refusal>>) {
        self.transactions += 1;
        match sent {
            Ok(receipt) => {
                let ours = instructions.iter().filter(|instruction| instruction.program_id == PROGRAM_ID);
                for (instruction, units) in ours.zip(program_units(&receipt.logs)) {
                    self.compute_units.entry(name_of(instruction)).or_default().push(units);
                }
                self.read_events(&receipt.logs);
            }
            Err(refusal) => *self.refused.entry(cause(refusal)).or_default() += 1,
        }
    }

    fn read_events(&mut self, logs: &[String]) {
        for bytes in events(logs) {
            if let Ok(event) = decode::<Traded>(&bytes) {
                self.trades += 1;
                self.traded_notional += u128::from(event.lots) * u128::from(event.price);
            } else if let Ok(event) = decode::<Liquidated>(&bytes) {
                self.count_liquidation(&event);
            } else if let Ok(event) = decode::<Settled>(&bytes) {
                self.losses_settled += u128::from(event.loss_paid);
                self.gains_settled += u128::from(event.profit_paid);
            } else if let Ok(event) = decode::<InsuranceSwept>(&bytes) {
                self.fees_to_fund += event.fees_to_fund;
                self.fees_kept += event.fees_kept;
                self.refilled += event.refilled;
                self.returned += event.returned;
            } else if let Ok(event) = decode::<Deposited>(&bytes) {
                self.deposited += u128::from(event.amount);
            } else if let Ok(event) = decode::<Withdrawn>(&bytes) {
                self.withdrawn += u128::from(event.amount);
            }
        }
    }

    fn count_liquidation(&mut self, event: &Liquidated) {
        if event.lots != 0 {
            self.liquidations += 1;
            *self.liquidated.entry(event.liquidatee).or_default() += 1;
            self.liquidated_notional += u128::from(event.lots.unsigned_abs()) * u128::from(event.mark);
        }
        self.insurance_fees += event.insurance_fee;
    }

    /// How often the program refused for this cause.
    pub fn refused_for(&self, cause: &FirebreakError) -> u64 {
        self.refused.get(&format!("{cause:?}")).copied().unwrap_or_default()
    }
}

/// What the program itself used, instruction by instruction, from its lines in the logs.
fn program_units(logs: &[String]) -> impl Iterator<Item = u64> {
    let prefix = format!("Program {PROGRAM_ID} consumed ");
    logs.iter().filter_map(move |line| line.strip_prefix(&prefix)?.split(' ').next()?.parse().ok())
}

/// The bytes of a transaction's events.
fn events(logs: &[String]) -> impl Iterator<Item = Vec<u8>> {
    let data = logs.iter().filter_map(|line| line.strip_prefix("Program data: "));
    data.filter_map(|data| BASE64_STANDARD.decode(data).ok())
}

/// The first event of its kind in a transaction's logs.
pub fn event<T: bytemuck::Pod + Discriminator>(logs: &[String]) -> Option<T> {
    events(logs).find_map(|bytes| decode::<T>(&bytes).ok())
}

/// Lots that a transaction traded.
pub fn lots_traded(receipt: &Receipt) -> u64 {
    events(&receipt.logs).filter_map(|bytes| decode::<Traded>(&bytes).ok()).map(|event| event.lots).sum()
}

fn name_of(instruction: &Instruction) -> &'static str {
    let known = [
        (RefreshPrices::DISCRIMINATOR, "refresh_prices"),
        (Liquidate::DISCRIMINATOR, "liquidate"),
        (TakeOffer::DISCRIMINATOR, "take_offer"),
        (Trade::DISCRIMINATOR, "trade"),
        (Settle::DISCRIMINATOR, "settle"),
        (Deposit::DISCRIMINATOR, "deposit"),
        (Withdraw::DISCRIMINATOR, "withdraw"),
        (PlaceOffer::DISCRIMINATOR, "place_offer"),
        (UpdateOffer::DISCRIMINATOR, "update_offer"),
        (CreateMarginAccount::DISCRIMINATOR, "create_margin_account"),
        (AutoDeleverage::DISCRIMINATOR, "auto_deleverage"),
        (LiquidateCollateral::DISCRIMINATOR, "liquidate_collateral"),
        (AddCollateralBank::DISCRIMINATOR, "add_collateral_bank"),
        (ReportDeficit::DISCRIMINATOR, "report_deficit"),
        (SweepInsurance::DISCRIMINATOR, "sweep_insurance"),
        (UpdateFunding::DISCRIMINATOR, "update_funding"),
        (Poke::DISCRIMINATOR, "poke"),
        (Stake::DISCRIMINATOR, "stake"),
        (RequestUnstake::DISCRIMINATOR, "request_unstake"),
        (Unstake::DISCRIMINATOR, "unstake"),
        (TripBreaker::DISCRIMINATOR, "trip_breaker"),
        (CreateClearinghouse::DISCRIMINATOR, "create_clearinghouse"),
        (AddAsset::DISCRIMINATOR, "add_asset"),
        (AddMarket::DISCRIMINATOR, "add_market"),
    ];
    let found = known.into_iter().find(|(discriminator, _)| instruction.data.starts_with(discriminator));
    found.map_or("other", |(_, name)| name)
}

fn cause(refusal: &Refusal) -> String {
    let known = refusal.code().and_then(firebreak_client::explain);
    known.map_or_else(|| refusal.error.to_string(), |text| text.name.clone())
}

/// A chain that counts what is sent to it.
pub struct Counted<C> {
    inner: C,
    pub tally: Tally,
}

impl<C> Counted<C> {
    pub fn new(inner: C) -> Self {
        Self { inner, tally: Tally::default() }
    }
}

impl<C: Chain> Chain for Counted<C> {
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Receipt, Box<Refusal>> {
        let sent = self.inner.send(instructions, signers);
        self.tally.note(instructions, &sent);
        sent
    }

    fn account(&mut self, address: &Address) -> Option<Account> {
        self.inner.account(address)
    }

    fn set_account(&mut self, address: Address, account: Account) {
        self.inner.set_account(address, account);
    }

    fn now(&mut self) -> i64 {
        self.inner.now()
    }

    fn set_now(&mut self, unix_seconds: i64) {
        self.inner.set_now(unix_seconds);
    }

    fn program_accounts(&mut self) -> Vec<(Address, Account)> {
        self.inner.program_accounts()
    }
}
