//! What an account is worth, worked out a second time: wide integers, straight from prices and ratios, none of the
//! program's prepared numbers.

use firebreak::state::{AssetRow, CollateralSlot, Position};
use firebreak_client::MarginAccountView;

use super::touch::touched_leg;

/// What the value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Maintenance,
    /// Of who took over another's position or collateral.
    Takeover,
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

    /// What is needed where a breaker stands at `level`: from Caution on a quarter more.
    pub const fn at_level(self, level: u8) -> Self {
        let more = if level == 0 { 0 } else { (self.requirement + 3) / 4 };
        Self { requirement: self.requirement + more, ..self }
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
pub fn worse_price(row: &AssetRow, size: i128) -> i128 {
    let (mark, confidence, ema) = (i128::from(row.mark), i128::from(row.confidence), i128::from(row.ema));
    match size >= 0 {
        true => (mark - confidence).min(ema >> 16),
        false => (mark + confidence).max((ema + 0xffff) >> 16),
    }
}

/// Of a position, whatever its side went through since it was touched.
pub fn pnl(position: &Position, row: &AssetRow, price: i128) -> i128 {
    let (size, entry) = touched_leg(position, row);
    size * price - entry
}

fn bps_up(amount: i128, bps: u32) -> i128 {
    (amount * i128::from(bps) + 9_999) / 10_000
}

/// A ratio as volatility multiplies it, rounded up.
fn multiplied(ratio_bps: u32, multiplier_bps: u32) -> u32 {
    u32::try_from(bps_up(i128::from(ratio_bps), multiplier_bps)).expect("a ratio of at most 100 %")
}

/// Margin per lot.
pub fn margin(row: &AssetRow, purpose: Purpose) -> i128 {
    match purpose {
        Purpose::Maintenance => {
            bps_up(i128::from(row.mark), multiplied(row.maintenance_ratio_bps, row.maintenance_multiplier_bps))
        }
        Purpose::Takeover => high(row, multiplied(row.initial_ratio_bps, row.maintenance_multiplier_bps)),
        _ => high(row, multiplied(row.initial_ratio_bps, row.initial_multiplier_bps)),
    }
}

/// A ratio of the high end of the confidence.
fn high(row: &AssetRow, ratio_bps: u32) -> i128 {
    bps_up(i128::from(row.mark) + i128::from(row.confidence), ratio_bps)
}

/// What a position requires by itself: its margin, and the same again for each depth that it holds.
pub fn alone(row: &AssetRow, size: i128, purpose: Purpose) -> i128 {
    let (lots, margin, depth) = (size.abs(), margin(row, purpose), i128::from(row.depth_lots));
    if depth == 0 {
        return lots * margin;
    }
    let grows = ((margin << 16) + depth - 1) / depth;
    lots * margin + ((lots * lots * grows + 0xffff) >> 16)
}

/// What longs, and shorts, stand to lose together with each group.
pub fn group_stress(account: &MarginAccountView, rows: &[AssetRow], purpose: Purpose) -> [[i128; 2]; 8] {
    let mut sums = [[0; 2]; 8];
    for position in account.positions() {
        let row = &rows[position.market as usize];
        let (size, _) = touched_leg(position, row);
        let stress = size.abs() * (margin(row, purpose) * i128::from(row.group_weight_bps) / 10_000);
        sums[row.group as usize][usize::from(size < 0)] += stress;
    }
    sums
}

/// What collateral counts: at mark for maintenance, else at the worse price; each quarter of the cap at one more haircut; and
/// less beside longs of the same group.
pub fn collateral_value(slot: &CollateralSlot, rows: &[AssetRow], purpose: Purpose, longs: &[[i128; 2]; 8]) -> i128 {
    if slot.amount == 0 {
        return 0;
    }
    let row = &rows[slot.asset as usize];
    let is_maintenance = purpose == Purpose::Maintenance;
    let price = if is_maintenance { i128::from(row.mark) } else { worse_price(row, 1) };
    let multiplier = if is_maintenance { row.maintenance_multiplier_bps } else { row.initial_multiplier_bps };
    let haircut = multiplied(row.haircut_bps, multiplier).min(10_000);
    let atoms = 10_i128.pow(u32::from(row.lot_atoms_exponent));
    let quarter = (i128::from(row.cap_lots) * atoms + 3) / 4;
    let (mut counted, mut left) = (0, i128::from(slot.amount));
    for times in 1..=4 {
        let part = if times == 4 { left } else { left.min(quarter) };
        let value = part * price / atoms;
        counted += value - bps_up(value, (haircut * times).min(10_000));
        left -= part;
    }
    counted - bps_up(counted, row.surcharge_bps).min(longs[row.group as usize][0])
}

/// The whole account at the board's prices, whatever their age; its collateral left out.
pub fn quote_worth(account: &MarginAccountView, rows: &[AssetRow], purpose: Purpose) -> Worth {
    let mut worth = Worth { equity: i128::from(account.header.cash), requirement: 0 };
    for position in account.positions() {
        let row = &rows[position.market as usize];
        let (size, entry) = touched_leg(position, row);
        worth.equity += match purpose {
            Purpose::Maintenance => size * i128::from(row.mark) - entry,
            Purpose::Initial | Purpose::Takeover => match size * worse_price(row, size) - entry {
                gain if gain > 0 => gain * i128::from(row.gain_weight_bps) / 10_000,
                loss => loss,
            },
            Purpose::Withdrawal => (size * worse_price(row, size) - entry).min(0),
        };
        worth.requirement += alone(row, size, purpose);
    }
    let offsets = group_stress(account, rows, purpose).map(|[longs, shorts]| longs.min(shorts));
    worth.requirement -= offsets.iter().skip(1).sum::<i128>();
    worth
}

/// The same with collateral.
pub fn worth(account: &MarginAccountView, rows: &[AssetRow], purpose: Purpose) -> Worth {
    let mut worth = quote_worth(account, rows, purpose);
    let stress = group_stress(account, rows, purpose);
    for slot in &account.header.collateral {
        worth.equity += collateral_value(slot, rows, purpose, &stress);
    }
    worth
}

/// In quote at mark, for the laws that count equity.
pub fn equity(account: &MarginAccountView, rows: &[AssetRow]) -> i128 {
    quote_worth(account, rows, Purpose::Maintenance).equity
}

fn loss(position: &Position, rows: &[AssetRow]) -> i128 {
    let row = &rows[position.market as usize];
    (-pnl(position, row, i128::from(row.mark))).max(0)
}

/// What the legs lost at mark, gains counting nothing.
pub fn losses(account: &MarginAccountView, rows: &[AssetRow]) -> i128 {
    account.positions().iter().map(|position| loss(position, rows)).sum()
}

/// Of a bankrupt account's loss in a market: what the market bears, what cash pays, what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub loss: i128,
    pub deficit: i128,
    pub from_cash: i128,
    pub waiting: i128,
}

/// The market's share by its loss; none of an account that is not bankrupt. A debt that was shared out bears nothing, unless
/// nothing else is left.
pub fn bankruptcy_share(account: &MarginAccountView, rows: &[AssetRow], market: u8) -> Option<Share> {
    let missing = -worth(account, rows, Purpose::Maintenance).equity;
    let is_shared_out = |position: &Position| position.size == 0 && position.side_scale == 0;
    let open = account.positions().iter().filter(|position| !is_shared_out(position));
    let others: i128 = open.map(|position| loss(position, rows)).sum();
    let position = account.position(market)?;
    let (loss, all) = match (others, is_shared_out(position)) {
        (0, _) => (loss(position, rows), losses(account, rows)),
        (_, true) => return None,
        (others, false) => (loss(position, rows), others),
    };
    if missing <= 0 || loss == 0 {
        return None;
    }
    let deficit = ((missing * loss + all - 1) / all).min(loss); // up: the markets left bear that much less
    let from_cash = (loss - deficit).min(i128::from(account.header.cash));
    Some(Share { loss, deficit, from_cash, waiting: loss - deficit - from_cash })
}
