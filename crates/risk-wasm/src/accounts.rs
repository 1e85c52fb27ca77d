//! From account bytes to the program's own types.

use bytemuck::Pod;
use firebreak::{
    anchor::Discriminator,
    clearing::Portfolio,
    state::{
        AssetRow, CircuitBreaker, CollateralBank, InsuranceFund, InsuranceStake, MarginAccount, Market, Offer,
        Position, RiskBoard,
    },
};

use crate::json::Problem;

/// Most rows or slots an account may have.
const MAX_ITEMS: usize = 64;

/// An account of a fixed size.
pub struct Fixed<T>(pub T);

pub type MarketData = Fixed<Market>;
pub type BankData = Fixed<CollateralBank>;
pub type BreakerData = Fixed<CircuitBreaker>;
pub type OfferData = Fixed<Offer>;
pub type FundData = Fixed<InsuranceFund>;
pub type StakeData = Fixed<InsuranceStake>;

impl<T: Pod + Discriminator> Fixed<T> {
    /// Errors: too few bytes, or another kind of account.
    pub fn decode(data: &[u8]) -> Result<Self, Problem> {
        Ok(Self(header(data)?))
    }
}

/// Whether the bytes begin as this kind of account does.
pub fn is<T: Discriminator>(data: &[u8]) -> bool {
    data.starts_with(T::DISCRIMINATOR)
}

fn header<T: Pod + Discriminator>(data: &[u8]) -> Result<T, Problem> {
    let kind = core::any::type_name::<T>().rsplit(':').next().unwrap_or_default();
    let (needed, got) = (8 + size_of::<T>(), data.len());
    let bytes = data.get(..needed).ok_or_else(|| Problem(format!("a {kind} has {needed} bytes, {got} were passed")))?;
    if !is::<T>(bytes) {
        return Err(Problem(format!("the account is no {kind}: it begins with {:02x?}", &bytes[..8])));
    }
    Ok(bytemuck::pod_read_unaligned(&bytes[8..]))
}

/// The items behind a header: their number, then, aligned to eight bytes, the items.
fn items<H: Pod, T: Pod>(data: &[u8]) -> Result<Vec<T>, Problem> {
    let length_at = 8 + size_of::<H>();
    let items_at = (length_at + 4).next_multiple_of(8);
    let short = || Problem(format!("the account's {} bytes end before its items do", data.len()));
    let length = data.get(length_at..length_at + 4).ok_or_else(short)?;
    let count = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
    if count > MAX_ITEMS {
        return Err(Problem(format!("an account has at most {MAX_ITEMS} items, this one says {count}")));
    }
    let bytes = data.get(items_at..items_at + count * size_of::<T>()).ok_or_else(short)?;
    Ok(bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect())
}

/// The risk board with its rows.
pub struct Board {
    pub rows: Vec<AssetRow>,
}

impl Board {
    pub fn decode(data: &[u8]) -> Result<Self, Problem> {
        header::<RiskBoard>(data)?;
        Ok(Self { rows: items::<RiskBoard, AssetRow>(data)? })
    }

    pub fn row(&self, index: u8) -> Result<&AssetRow, Problem> {
        self.rows.get(index as usize).ok_or_else(|| Problem(format!("the board has no asset {index}")))
    }
}

/// A margin account with all its slots.
#[derive(Clone)]
pub struct Margin {
    pub account: MarginAccount,
    pub slots: Vec<Position>,
}

impl Margin {
    pub fn decode(data: &[u8]) -> Result<Self, Problem> {
        Ok(Self { account: header(data)?, slots: items::<MarginAccount, Position>(data)? })
    }

    /// Positions in use.
    pub fn positions(&self) -> &[Position] {
        self.account.in_use(&self.slots)
    }

    pub fn portfolio(&mut self) -> Portfolio<'_> {
        Portfolio { account: &mut self.account, slots: &mut self.slots }
    }
}

/// Several byte strings in one, each behind its length in 32 bits.
pub fn packed(mut bytes: &[u8]) -> Result<Vec<&[u8]>, Problem> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(|| Problem("a length is cut off".into()))?;
        let length = u32::from_le_bytes(*length) as usize;
        let (part, rest) = rest
            .split_at_checked(length)
            .ok_or_else(|| Problem(format!("{length} bytes are announced, {} left", rest.len())))?;
        parts.push(part);
        bytes = rest;
    }
    Ok(parts)
}
