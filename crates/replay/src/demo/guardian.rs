//! The guardian's rule: how far a market moved within fifteen minutes decides the level. Never above `ReduceOnly`: the
//! exit stays open.

use risk::Level;
use std::collections::VecDeque;

/// How far back the guardian looks.
const WINDOW_SECONDS: i64 = 900;
/// How long a trip holds.
pub const TRIP_SECONDS: u32 = 600;
/// Moves, in basis points of the farther price, from which on a level applies.
const CAUTION_BPS: u64 = 500;
const REDUCE_ONLY_BPS: u64 = 1_000;
/// Shown with a trip: a price move.
pub const REASON_PRICE_MOVE: u8 = 1;

/// One market's recent marks.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    marks: VecDeque<(i64, u64)>,
}

/// A trip to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    pub level: Level,
    pub move_bps: u64,
}

impl Watch {
    /// The distance of `mark` from the farthest mark of the window, in basis points of the latter.
    pub fn move_bps(&mut self, now: i64, mark: u64) -> u64 {
        self.marks.push_back((now, mark));
        while self.marks.front().is_some_and(|(time, _)| now - time > WINDOW_SECONDS) {
            self.marks.pop_front();
        }
        let moves = self.marks.iter().map(|(_, past)| mark.abs_diff(*past) * 10_000 / (*past).max(1));
        moves.max().unwrap_or_default()
    }
}

/// What the guardian does about a move while `standing` is in force for `seconds_left`: raises the level, or keeps it
/// from running out while the reason lasts.
pub fn decide(move_bps: u64, standing: Level, seconds_left: i64, step_seconds: u32) -> Option<Trip> {
    let level = match move_bps {
        REDUCE_ONLY_BPS.. => Level::ReduceOnly,
        CAUTION_BPS.. => Level::Caution,
        _ => return None,
    };
    let runs_out = level == standing && seconds_left <= i64::from(step_seconds);
    (level > standing || runs_out).then_some(Trip { level, move_bps })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_raised_once_and_kept_while_the_reason_lasts() {
        let at = |move_bps, standing, left| decide(move_bps, standing, left, 15).map(|trip| trip.level);
        assert_eq!(at(499, Level::Normal, 0), None);
        assert_eq!(at(500, Level::Normal, 0), Some(Level::Caution));
        assert_eq!(at(999, Level::Caution, 300), None);
        assert_eq!(at(999, Level::Caution, 15), Some(Level::Caution));
        assert_eq!(at(1_000, Level::Caution, 300), Some(Level::ReduceOnly));
        assert_eq!(at(5_000, Level::ReduceOnly, 300), None);
        assert_eq!(at(999, Level::ReduceOnly, 1), None);
    }

    #[test]
    fn moves_are_measured_within_the_window() {
        let mut watch = Watch::default();
        assert_eq!(watch.move_bps(0, 1_000), 0);
        assert_eq!(watch.move_bps(600, 900), 1_000);
        assert_eq!(watch.move_bps(901, 900), 0);
        assert_eq!(watch.move_bps(950, 990), 1_000);
    }
}
