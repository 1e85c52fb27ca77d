//! Every instruction on the real program in a bank, one module each.

mod add_asset;
mod add_collateral_bank;
mod add_market;
mod breakers;
mod clearinghouse;
mod close_margin_account;
mod create_margin_account;
mod deposit;
mod errors;
mod fund_tranche;
mod grow_margin_account;
mod harness;
mod liquidate;
mod many_cases;
mod offers;
mod refresh_prices;
mod scene;
mod set_delegate;
mod settle;
mod take_offer;
mod token_2022;
mod trade;
mod withdraw;
