//! How long a scan takes. Recorded by `cargo xtask bench --keeper`, asserted nowhere.

use std::time::Instant;

use crate::{columns::Columns, population};

/// Times a tick is measured.
const TICKS: usize = 15;

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scanned {
    pub accounts: usize,
    pub positions: usize,
    /// In the column that a tick passes over.
    pub in_market: usize,
    /// Accounts that the exact check was asked about, and those that it found below maintenance.
    pub candidates: usize,
    pub below: usize,
    /// The median: the pass over the column; with the exact checks.
    pub prefilter_milliseconds: f64,
    pub milliseconds: f64,
}

/// Measures a price tick of one market that everybody holds, for each number of accounts: a fall of 3 % and its reversal.
pub fn measure(sizes: &[usize]) -> Vec<Scanned> {
    sizes.iter().map(|size| one(*size)).collect()
}

fn one(size: usize) -> Scanned {
    let accounts = population::accounts(size, 7);
    let calm = population::board();
    let mut fallen = calm.clone();
    population::set_mark(&mut fallen, 0, calm.rows[0].mark / 100 * 97);
    let mut columns = Columns::new(&accounts, &calm);
    let (mut filtered, mut whole) = (Vec::new(), Vec::new());
    let (mut candidates, mut below) = (0, 0);
    for _ in 0..TICKS {
        let started = Instant::now();
        columns.follow(&fallen);
        candidates = columns.candidates().count();
        filtered.push(milliseconds(started));
        columns.follow(&calm);

        let started = Instant::now();
        below = columns.scan(&accounts, &fallen, population::NOW).len();
        whole.push(milliseconds(started));
        columns.follow(&calm);
    }
    Scanned {
        accounts: size,
        positions: accounts.iter().map(|account| account.positions().len()).sum(),
        in_market: accounts.iter().filter(|account| account.position(0).is_some()).count(),
        candidates,
        below,
        prefilter_milliseconds: median(filtered),
        milliseconds: median(whole),
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}
