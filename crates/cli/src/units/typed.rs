//! What people type where a size or an amount is asked for.

use crate::decimal::{Decimal, DecimalError};

/// A size as it was typed: units of the asset, or lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypedSize {
    Units(Decimal),
    Lots(Decimal),
}

impl std::str::FromStr for TypedSize {
    type Err = DecimalError;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let lots = typed.strip_suffix("lots").or_else(|| typed.strip_suffix("lot"));
        lots.map_or_else(|| Ok(Self::Units(typed.parse()?)), |lots| Ok(Self::Lots(lots.trim_end().parse()?)))
    }
}

/// All that there is, or an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllOr {
    All,
    Amount(Decimal),
}

impl std::str::FromStr for AllOr {
    type Err = DecimalError;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        if typed == "all" { Ok(Self::All) } else { Ok(Self::Amount(typed.parse()?)) }
    }
}
