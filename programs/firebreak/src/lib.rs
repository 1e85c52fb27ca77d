//! Firebreak: a clearing and risk engine for leveraged derivatives on Solana.
//!
//! Handlers hold no arithmetic on money: they load accounts, ask `risk` for a plan (through `clearing`, which applies it),
//! move tokens and emit. See docs/spec.md for what each instruction does.
#![cfg_attr(not(any(feature = "idl-build", target_arch = "wasm32")), no_std)] // the IDL is printed by tests of the host
#![cfg_attr(target_arch = "wasm32", allow(clippy::needless_question_mark))] // no conversion of errors is needed there

extern crate alloc;

#[cfg(target_os = "solana")]
use sbpf_builtins as _;

use anchor::*;

pub mod anchor;
pub mod clearing;
pub mod error;
#[cfg(not(target_arch = "wasm32"))]
pub mod event;
#[cfg(not(target_arch = "wasm32"))]
pub mod governance;
#[cfg(not(target_arch = "wasm32"))]
pub mod instructions;
#[cfg(not(target_arch = "wasm32"))]
pub mod oracle;
pub mod seeds;
pub mod state;
#[cfg(not(target_arch = "wasm32"))]
mod tokens;

pub use error::FirebreakError;
#[cfg(not(target_arch = "wasm32"))]
use instructions::*;

declare_id!("F1rebreak1111111111111111111111111111111111");

// What SECURITY.md says, for whoever has only the binary. No contact is named that is not there.
#[cfg(all(not(feature = "no-entrypoint"), not(target_arch = "wasm32")))]
solana_security_txt::security_txt! {
    name: "Firebreak",
    project_url: "none: README.md of the repository you got this from",
    contacts: "other:the maintainers of the repository you got this from (on GitHub: Report a vulnerability under Security)",
    policy: "SECURITY.md of the repository: report privately with the steps and if you can a failing test. No public issue first",
    preferred_languages: "en",
    auditors: "None"
}

// Dispatch compares discriminators in this order: the hot instructions come first.
#[cfg(not(target_arch = "wasm32"))]
#[program]
pub mod firebreak {
    use super::*;

    #[discrim = 0]
    pub fn refresh_prices(ctx: &mut Context<RefreshPrices>, assets: &[u8]) -> Result<()> {
        instructions::refresh_prices::refresh_prices(ctx, assets)
    }

    #[discrim = 1]
    pub fn liquidate(ctx: &mut Context<Liquidate>, max_lots: u64, limit_price: u64) -> Result<()> {
        instructions::liquidate::liquidate(ctx, max_lots, limit_price)
    }

    #[discrim = 2]
    pub fn take_offer(ctx: &mut Context<TakeOffer>, lots: i64, limit_price: u64) -> Result<()> {
        instructions::take_offer::take_offer(ctx, lots, limit_price)
    }

    #[discrim = 3]
    pub fn trade(ctx: &mut Context<Trade>, lots: u64, price: u64) -> Result<()> {
        instructions::trade::trade(ctx, lots, price)
    }

    #[discrim = 4]
    pub fn settle(ctx: &mut Context<Settle>) -> Result<()> {
        instructions::settle::settle(ctx)
    }

    #[discrim = 5]
    pub fn deposit(ctx: &mut Context<Deposit>, amount: u64) -> Result<()> {
        instructions::deposit::deposit(ctx, amount)
    }

    #[discrim = 6]
    pub fn withdraw(ctx: &mut Context<Withdraw>, amount: u64) -> Result<()> {
        instructions::withdraw::withdraw(ctx, amount)
    }

    #[discrim = 7]
    pub fn place_offer(ctx: &mut Context<PlaceOffer>, terms: OfferTerms) -> Result<()> {
        instructions::place_offer::place_offer(ctx, terms)
    }

    #[discrim = 8]
    pub fn update_offer(ctx: &mut Context<UpdateOffer>, terms: OfferTerms) -> Result<()> {
        instructions::update_offer::update_offer(ctx, terms)
    }

    #[discrim = 9]
    pub fn cancel_offer(ctx: &mut Context<CancelOffer>) -> Result<()> {
        instructions::cancel_offer::cancel_offer(ctx)
    }

    #[discrim = 10]
    pub fn create_margin_account(
        ctx: &mut Context<CreateMarginAccount>,
        sub_id: u16,
        capacity: u8,
        isolated_market: u8,
    ) -> Result<()> {
        instructions::create_margin_account::create_margin_account(ctx, sub_id, capacity, isolated_market)
    }

    #[discrim = 11]
    pub fn grow_margin_account(ctx: &mut Context<GrowMarginAccount>, capacity: u8) -> Result<()> {
        instructions::grow_margin_account::grow_margin_account(ctx, capacity)
    }

    #[discrim = 12]
    pub fn close_margin_account(ctx: &mut Context<CloseMarginAccount>) -> Result<()> {
        instructions::close_margin_account::close_margin_account(ctx)
    }

    #[discrim = 13]
    pub fn set_delegate(ctx: &mut Context<SetDelegate>, delegate: Address) -> Result<()> {
        instructions::set_delegate::set_delegate(ctx, delegate)
    }

    #[discrim = 14]
    pub fn fund_tranche(ctx: &mut Context<FundTranche>, amount: u64) -> Result<()> {
        instructions::fund_tranche::fund_tranche(ctx, amount)
    }

    #[discrim = 15]
    pub fn trip_breaker(ctx: &mut Context<TripBreaker>, market: u8, level: u8, seconds: u32, reason: u8) -> Result<()> {
        instructions::trip_breaker::trip_breaker(ctx, market, level, seconds, reason)
    }

    #[discrim = 16]
    pub fn reset_breaker(ctx: &mut Context<ResetBreaker>, market: u8) -> Result<()> {
        instructions::reset_breaker::reset_breaker(ctx, market)
    }

    #[discrim = 17]
    pub fn create_clearinghouse(
        ctx: &mut Context<CreateClearinghouse>,
        id: u64,
        config: ClearinghouseConfig,
    ) -> Result<()> {
        instructions::create_clearinghouse::create_clearinghouse(ctx, id, config)
    }

    #[discrim = 18]
    pub fn set_price_programs(ctx: &mut Context<SetPricePrograms>, programs: PricePrograms) -> Result<()> {
        instructions::set_price_programs::set_price_programs(ctx, programs)
    }

    #[discrim = 19]
    pub fn add_asset(ctx: &mut Context<AddAsset>, config: AssetConfig) -> Result<()> {
        instructions::add_asset::add_asset(ctx, config)
    }

    #[discrim = 20]
    pub fn add_market(ctx: &mut Context<AddMarket>, index: u8, config: MarketConfig) -> Result<()> {
        instructions::add_market::add_market(ctx, index, config)
    }

    #[discrim = 21]
    pub fn add_collateral_bank(ctx: &mut Context<AddCollateralBank>, index: u8, config: BankConfig) -> Result<()> {
        instructions::add_collateral_bank::add_collateral_bank(ctx, index, config)
    }

    #[discrim = 22]
    pub fn auto_deleverage(ctx: &mut Context<AutoDeleverage>) -> Result<()> {
        instructions::auto_deleverage::auto_deleverage(ctx)
    }

    #[discrim = 23]
    pub fn liquidate_collateral(ctx: &mut Context<LiquidateCollateral>, amount: u64, max_paid: u64) -> Result<()> {
        instructions::liquidate_collateral::liquidate_collateral(ctx, amount, max_paid)
    }

    #[discrim = 24]
    pub fn sweep_insurance(ctx: &mut Context<SweepInsurance>) -> Result<()> {
        instructions::sweep_insurance::sweep_insurance(ctx)
    }

    #[discrim = 25]
    pub fn stake(ctx: &mut Context<Stake>, amount: u64) -> Result<()> {
        instructions::stake::stake(ctx, amount)
    }

    #[discrim = 26]
    pub fn request_unstake(ctx: &mut Context<RequestUnstake>, shares: u64) -> Result<()> {
        instructions::request_unstake::request_unstake(ctx, shares)
    }

    #[discrim = 27]
    pub fn unstake(ctx: &mut Context<Unstake>) -> Result<()> {
        instructions::unstake::unstake(ctx)
    }

    #[discrim = 28]
    pub fn report_deficit(ctx: &mut Context<ReportDeficit>) -> Result<()> {
        instructions::report_deficit::report_deficit(ctx)
    }

    #[discrim = 40]
    pub fn poke(ctx: &mut Context<Poke>) -> Result<()> {
        instructions::poke::poke(ctx)
    }

    #[discrim = 30]
    pub fn propose(ctx: &mut Context<Propose>, change: governance::Change) -> Result<()> {
        instructions::propose::propose(ctx, change)
    }

    #[discrim = 31]
    pub fn execute_proposal(ctx: &mut Context<ExecuteProposal>) -> Result<()> {
        instructions::execute_proposal::execute_proposal(ctx)
    }

    #[discrim = 32]
    pub fn veto_proposal(ctx: &mut Context<VetoProposal>) -> Result<()> {
        instructions::veto_proposal::veto_proposal(ctx)
    }

    #[discrim = 33]
    pub fn seal(ctx: &mut Context<Seal>) -> Result<()> {
        instructions::seal::seal(ctx)
    }

    #[discrim = 45]
    pub fn update_funding(ctx: &mut Context<UpdateFunding>) -> Result<()> {
        instructions::update_funding::update_funding(ctx)
    }
}
