//! What an account is worth, worked out a second time: wide integers, straight from prices and ratios, none of the
//! program's prepared numbers.

use firebreak::state::{AssetRow, Position};
use firebreak_client::MarginAccountView;

/// What the value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Maintenance,
    Initial,
    Withdrawal,
}

/// Equity and requirement, in quote atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    pub equity: i128,
    pub requirement: i128,
}

impl Worth {
    pub const fn is_covered(&self) -> bool {
        self.equity >= self.requirement
    }

    /// With equity before and not less than none after: the ratio of equity to requirement rose, or nothing is required.
    pub const fn improves_to(&self, after: &Self) -> bool {
        self.equity > 0
            && after.equity >= 0
            && (after.requirement == 0 || after.equity * self.requirement > self.equity * after.requirement)
    }

    /// What could be lost before the requirement is no longer covered.
    pub fn free(&self) -> u64 {
        u64::try_from((self.equity - self.requirement).max(0)).unwrap_or(u64::MAX)
    }
}

/// Price at which a position of this sign is worth least.
pub fn worse_price(row: &AssetRow, size: i32) -> i128 {
    let (mark, confidence, ema) = (i128::from(row.mark), i128::from(row.confidence), i128::from(row.ema));
    match size >= 0 {
        true => (mark - confidence).min(ema >> 16),
        false => (mark + confidence).max((ema + 0xffff) >> 16),
    }
}

pub fn pnl(position: &Position, price: i128) -> i128 {
    i128::from(position.size) * price - i128::from(position.entry)
}

fn bps_up(amount: i128, bps: u32) -> i128 {
    (amount * i128::from(bps) + 9_999) / 10_000
}

/// Margin per lot.
pub fn margin(row: &AssetRow, purpose: Purpose) -> i128 {
    match purpose {
        Purpose::Maintenance => bps_up(i128::from(row.mark), row.maintenance_ratio_bps),
        _ => bps_up(i128::from(row.mark) + i128::from(row.confidence), row.initial_ratio_bps),
    }
}

/// The whole account at the board's prices, whatever their age.
pub fn worth(account: &MarginAccountView, rows: &[AssetRow], purpose: Purpose) -> Worth {
    let mut worth = Worth { equity: i128::from(account.header.cash), requirement: 0 };
    for position in account.positions() {
        let row = &rows[position.market as usize];
        worth.equity += match purpose {
            Purpose::Maintenance => pnl(position, i128::from(row.mark)),
            Purpose::Initial => match pnl(position, worse_price(row, position.size)) {
                gain if gain > 0 => gain * i128::from(row.gain_weight_bps) / 10_000,
                loss => loss,
            },
            Purpose::Withdrawal => pnl(position, worse_price(row, position.size)).min(0),
        };
        worth.requirement += i128::from(position.size.unsigned_abs()) * margin(row, purpose);
    }
    worth
}

/// At mark, for the laws that count equity.
pub fn equity(account: &MarginAccountView, rows: &[AssetRow]) -> i128 {
    worth(account, rows, Purpose::Maintenance).equity
}
