//! Plans applied to accounts. What a handler does between loading and moving tokens, on plain references, so that the
//! native engine of the simulator runs the very same code.

mod convert;
mod deleverage;
mod fund;
mod funding;
mod liquidate;
mod portfolio;
mod settle;
mod trade;
mod value;

pub use convert::{Conversion, ConversionRequest, convert_collateral};
pub use deleverage::{Deleveraging, auto_deleverage};
pub use fund::{Sweep, recall, request_unstake, require_exit, require_swept, stake, sweep, unstake};
pub use funding::update_funding;
pub use liquidate::{Liquidation, LiquidationRequest, liquidate};
pub use portfolio::Portfolio;
pub use settle::{Settlement, settle};
pub use trade::{Fill, Side, offer_price, offer_reference, trade};
pub use value::{value_for_deleveraging, value_for_initial, value_for_maintenance, value_for_withdrawal};
