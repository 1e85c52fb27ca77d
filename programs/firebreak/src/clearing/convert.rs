use risk::{Action, Converted, PriceQuality, Valuation, plan_conversion};

use crate::{
    clearing::{
        portfolio::Portfolio,
        value::{add_collateral, losses_at_mark, value_for_initial, value_without_collateral},
    },
    error::{FirebreakError, Named},
    state::{AssetRow, CollateralBank},
};

type Checked<T> = core::result::Result<T, FirebreakError>;

/// What a buyer of collateral wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConversionRequest {
    /// Atoms of the token, at most.
    pub amount: u64,
    /// Quote atoms, at most.
    pub max_paid: u64,
}

/// What a conversion did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conversion {
    pub amount: u64,
    pub paid: u64,
    pub before: Valuation,
    /// Equity at maintenance afterwards.
    pub equity_after: i64,
}

/// Sells collateral of an account that needs quote for the buyer's cash, between their margin accounts (design, section 7
/// step 2). I-04: the buyer must hold initial margin afterwards. I-06: the price is rounded up.
pub fn convert_collateral(
    bank: &CollateralBank,
    rows: &[AssetRow],
    buyer: &mut Portfolio,
    seller: &mut Portfolio,
    request: ConversionRequest,
    now: i64,
) -> Checked<Conversion> {
    let row = rows.get(bank.asset as usize).ok_or(FirebreakError::AssetMissing)?;
    let available = seller.account.collateral_of(bank);
    if available == 0 {
        return Err(FirebreakError::CollateralInsufficient);
    }
    let (quote, _) = value_without_collateral(seller, rows, (Action::Liquidate, now))?;
    let mut before = quote;
    add_collateral(seller.account, rows, (Action::Liquidate, now), |row| (row.collateral(), row.mark), &mut before)?;
    let losses = losses_at_mark(seller.positions(), rows)?;
    let converted = Converted {
        account: before,
        quote_equity: quote.equity,
        uncovered_losses: losses.shared_out.saturating_add(losses.others).saturating_sub(seller.account.cash),
        available,
    };
    let is_fresh = row.require(Action::Liquidate, now)? >= PriceQuality::Fresh;
    // The side that protects the seller.
    let price = if is_fresh { row.mark } else { row.short_price.max(row.protective_mark(true)) };
    let plan = plan_conversion(&converted, &row.collateral(), price, row.mark, request.amount).named()?;
    if plan.paid > request.max_paid {
        return Err(FirebreakError::LimitPriceExceeded);
    }

    seller.account.take_collateral(bank, plan.amount)?;
    seller.account.add_cash(plan.paid)?;
    buyer.account.take_cash(plan.paid)?;
    buyer.account.add_collateral(bank, plan.amount)?;
    if !value_for_initial(buyer.account, buyer.slots, rows, Action::Liquidate, now)?.is_covered() {
        return Err(FirebreakError::MarginInsufficient);
    }
    let equity_after = before.equity.checked_add(plan.equity).ok_or(FirebreakError::ArithmeticOverflow)?;
    Ok(Conversion { amount: plan.amount, paid: plan.paid, before, equity_after })
}
