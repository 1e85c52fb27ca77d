//! Several price paths on one clock.

use super::error::PathError;
use super::path::PricePath;

/// Rows in one answer, one per tick of the clock.
const MAX_ROWS: usize = 5_000_000;

/// The paths on one clock, from the latest start to the earliest end: `(time, prices_e8)` with the prices in the order
/// of the paths.
///
/// The clock ticks whenever a path has a sample, and each price is its path's last sample so far: no extreme of any
/// path within that time is skipped, whatever the steps.
///
/// # Errors
/// `PathsAbsent`, `PathsDisjoint`, `SamplesTooMany` (over 5 million rows).
pub fn aligned(paths: impl IntoIterator<Item = PricePath>) -> Result<Vec<(i64, Vec<u64>)>, PathError> {
    let paths: Vec<PricePath> = paths.into_iter().collect();
    let start = paths.iter().map(PricePath::start).max().ok_or(PathError::PathsAbsent)?;
    let end = paths.iter().map(PricePath::end).min().ok_or(PathError::PathsAbsent)?;
    if start > end {
        return Err(PathError::PathsDisjoint);
    }
    let mut paths: Vec<_> = paths.into_iter().map(Iterator::peekable).collect();
    let mut prices_e8 = vec![0; paths.len()];
    let mut rows = Vec::new();
    let mut clock = Some(start);
    while let Some(time) = clock.filter(|time| *time <= end) {
        if rows.len() == MAX_ROWS {
            return Err(PathError::SamplesTooMany);
        }
        for (path, price_e8) in paths.iter_mut().zip(&mut prices_e8) {
            while let Some((_, sample_e8)) = path.next_if(|(sample_time, _)| *sample_time <= time) {
                *price_e8 = sample_e8;
            }
        }
        rows.push((time, prices_e8.clone()));
        clock = paths.iter_mut().filter_map(|path| path.peek().map(|(time, _)| *time)).min();
    }
    Ok(rows)
}
