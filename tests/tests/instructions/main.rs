//! Every instruction on the real program in a bank, one module each.

mod breakers;
mod close_margin_account;
mod create_margin_account;
mod deposit;
mod fund_tranche;
mod grow_margin_account;
mod liquidate;
mod offers;
mod refresh_prices;
mod scene;
mod set_delegate;
mod settle;
mod take_offer;
mod trade;
mod withdraw;
