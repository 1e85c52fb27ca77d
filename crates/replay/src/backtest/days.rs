//! The days that are replayed, and where their candles come from.

use anyhow::{Context, Result};

use crate::candles::{Candle, Series, crash_table, data_folder};

/// One asset on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Also the plot's file name.
    pub id: &'static str,
    pub asset: &'static str,
    pub title: &'static str,
    /// A lot is `10^lot_exponent` units: worth about 1 to 10 dollars on that day.
    pub lot_exponent: i8,
    /// First and last second; `None` takes the project's own table whole.
    pub window: Option<(i64, i64)>,
}

/// From the project's own table: in every checkout.
pub const OWN: [Day; 3] = [
    Day { id: "2025-10-10-sol", asset: "SOL", title: "SOL, 10 October 2025", lot_exponent: -2, window: None },
    Day { id: "2025-10-10-eth", asset: "ETH", title: "ETH, 10 October 2025", lot_exponent: -3, window: None },
    Day { id: "2025-10-10-btc", asset: "BTC", title: "BTC, 10 October 2025", lot_exponent: -5, window: None },
];

/// From the folder of longer series, where there is one (`candles::data_folder`).
pub const LONGER: [Day; 5] = [
    Day {
        id: "2020-03-12-eth",
        asset: "ETH",
        title: "ETH, 12 March 2020",
        lot_exponent: -2,
        window: Some((1_583_971_200, 1_584_071_999)),
    },
    Day {
        id: "2020-03-12-btc",
        asset: "BTC",
        title: "BTC, 12 March 2020",
        lot_exponent: -4,
        window: Some((1_583_971_200, 1_584_071_999)),
    },
    Day {
        id: "2021-05-19-sol",
        asset: "SOL",
        title: "SOL, 19 May 2021",
        lot_exponent: -1,
        window: Some((1_621_382_400, 1_621_468_799)),
    },
    Day {
        id: "2022-11-08-sol",
        asset: "SOL",
        title: "SOL, 8/9 November 2022",
        lot_exponent: -1,
        window: Some((1_667_865_600, 1_668_038_399)),
    },
    Day {
        id: "2025-10-10-sol-day",
        asset: "SOL",
        title: "SOL, 10/11 October 2025",
        lot_exponent: -2,
        window: Some((1_760_097_600, 1_760_183_999)),
    },
];

impl Day {
    /// The candles, oldest first; `None` where nothing at hand covers the day.
    pub fn candles(&self) -> Result<Option<Vec<Candle>>> {
        let Some((from, to)) = self.window else {
            return Ok(crash_table().remove(self.asset));
        };
        if data_folder().is_none() {
            return Ok(None);
        }
        let series = Series::best_for(self.asset, from, to);
        if let Err(crate::candles::SeriesError::SeriesAbsent { .. }) = series {
            return Ok(None);
        }
        let series = series.with_context(|| format!("no candles for {}", self.title))?;
        Ok(series.covers_window.then_some(series.candles))
    }
}
