//! From account bytes to the program's own types.

use bytemuck::Pod;
use firebreak::{
    clearing::{value_for_initial, value_for_maintenance, value_for_withdrawal},
    error::FirebreakError,
    state::{AssetRow, MarginAccount, Position, RiskBoard},
};
use risk::{AccountReport, Action, HoldingReport, Leg, Level, Valuation};
use std::fmt;

/// Bytes that are not the account expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    TooShort { needed: usize, got: usize },
    WrongDiscriminator { expected: [u8; 8], got: [u8; 8] },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { needed, got } => write!(f, "the account has {got} bytes, {needed} are needed"),
            Self::WrongDiscriminator { expected, got } => {
                write!(f, "the account is of another kind: it begins with {got:02x?}, expected {expected:02x?}")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

/// Reads an account of fixed size: `Market`, `CollateralBank`, `CircuitBreaker`, `Offer`, ...
pub fn decode<T: Pod + anchor_lang::Discriminator>(data: &[u8]) -> Result<T, DecodeError> {
    let needed = 8 + size_of::<T>();
    let bytes = data.get(..needed).ok_or(DecodeError::TooShort { needed, got: data.len() })?;
    let mut got = [0; 8];
    got.copy_from_slice(&bytes[..8]);
    let mut expected = [0; 8];
    expected.copy_from_slice(T::DISCRIMINATOR);
    if got != expected {
        return Err(DecodeError::WrongDiscriminator { expected, got });
    }
    Ok(bytemuck::pod_read_unaligned(&bytes[8..]))
}

/// The items behind a header: their number, then, aligned to eight bytes, the items.
fn items<H: Pod, T: Pod>(data: &[u8]) -> Result<Vec<T>, DecodeError> {
    let length_at = 8 + size_of::<H>();
    let items_at = (length_at + 4).next_multiple_of(8);
    let too_short = |needed| DecodeError::TooShort { needed, got: data.len() };
    let length = data.get(length_at..length_at + 4).ok_or(too_short(items_at))?;
    let count = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
    let end = items_at + count * size_of::<T>();
    let bytes = data.get(items_at..end).ok_or(too_short(end))?;
    Ok(bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect())
}

/// The risk board with its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    pub header: RiskBoard,
    pub rows: Vec<AssetRow>,
}

impl Board {
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self { header: decode(data)?, rows: items::<RiskBoard, AssetRow>(data)? })
    }
}

/// A margin account with all its slots, used and free.
#[derive(Clone, Debug, PartialEq)]
pub struct MarginAccountView {
    pub header: MarginAccount,
    pub slots: Vec<Position>,
}

impl MarginAccountView {
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self { header: decode(data)?, slots: items::<MarginAccount, Position>(data)? })
    }

    /// Positions in use.
    pub fn positions(&self) -> &[Position] {
        self.header.in_use(&self.slots)
    }

    /// The position in a market.
    pub fn position(&self, market: u8) -> Option<&Position> {
        self.positions().iter().find(|position| position.market == market)
    }

    /// The account as liquidation sees it at `now` (unix seconds).
    pub fn value_for_maintenance(&self, board: &Board, now: i64) -> Result<Valuation, FirebreakError> {
        value_for_maintenance(&self.header, &self.slots, &board.rows, now)
    }

    /// The account as new risk sees it.
    pub fn value_for_initial(&self, board: &Board, now: i64) -> Result<Valuation, FirebreakError> {
        value_for_initial(&self.header, &self.slots, &board.rows, Action::AddRisk, now)
    }

    /// What the account is worth, what it requires, and where each asset would have it liquidated: everything at mark, whatever
    /// the age of the prices. One entry for each asset that it holds or holds as collateral, in the order of the board.
    pub fn report(&self, board: &Board) -> Result<(AccountReport, Vec<(u8, HoldingReport)>), FirebreakError> {
        let (mut assets, mut holdings) = (Vec::new(), Vec::new());
        for (asset, row) in (0_u8..).zip(&board.rows) {
            let position = self.position(asset);
            let leg = position.map_or(Ok(Leg::default()), |position| row.leg(position))?;
            let slots = self.header.collateral.iter().filter(|slot| slot.amount > 0 && slot.asset == asset);
            let collateral = slots.map(|slot| slot.amount).sum();
            if position.is_some() || collateral > 0 {
                assets.push(asset);
                holdings.push(row.holding(leg, collateral)?);
            }
        }
        let mut reports = vec![HoldingReport::default(); holdings.len()];
        let account = risk::report(self.header.cash, &holdings, &mut reports)?;
        Ok((account, assets.into_iter().zip(reports).collect()))
    }

    /// The account after withdrawing `amount` of cash, where no breaker asks for more.
    pub fn value_for_withdrawal(&self, board: &Board, amount: u64, now: i64) -> Result<Valuation, FirebreakError> {
        value_for_withdrawal(&self.header, &self.slots, &board.rows, (amount, Level::Normal), now)
    }
}
