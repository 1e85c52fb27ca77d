use super::*;
use proptest::prelude::*;

/// A fifth per hour, a half per day, at least 1,000,000 atoms.
const PARAMS: OutflowParams =
    OutflowParams { hourly_share_bps: 2_000, daily_share_bps: 5_000, floor: 1_000_000, small_exit: 100_000 };
const TOTAL: u64 = 100_000_000;
const NOW: i64 = 1_760_000_000;

#[test]
fn t97_at_once_half_of_the_hours_limit_less_what_is_kept_for_small_accounts() {
    let new = Outflow::default();
    assert_eq!([false, true].map(|small| new.left(&PARAMS, TOTAL, small, NOW)), [7_500_000, 10_000_000]);
    assert_eq!(new.paid(&PARAMS, TOTAL, (7_500_001, false), NOW), Err(RiskError::OutflowLimited));
    let used = new.paid(&PARAMS, TOTAL, (7_500_000, false), NOW).unwrap();
    let left = |small| used.left(&PARAMS, TOTAL - 7_500_000, small, NOW);
    assert_eq!([false, true].map(left), [0, 2_500_000]);
    assert_eq!(used.paid(&PARAMS, TOTAL - 7_500_000, (1, false), NOW), Err(RiskError::OutflowLimited));
}

#[test]
fn t97_what_frees_is_half_of_a_limit_per_window_and_the_wait_is_named() {
    let used = Outflow::default().paid(&PARAMS, TOTAL, (7_500_000, false), NOW).unwrap();
    let total = TOTAL - 7_500_000;
    assert_eq!(used.seconds_until(&PARAMS, total, 0, NOW), Some(0));
    for amount in [1_000, 1_000_000, 6_000_000] {
        let wait = used.seconds_until(&PARAMS, total, amount, NOW).unwrap() as i64;
        assert!(used.left(&PARAMS, total, false, NOW + wait) >= amount, "{amount} after {wait}");
        assert!(used.left(&PARAMS, total, false, NOW + wait - 1) < amount, "{amount} before {wait}");
    }
    assert_eq!(used.seconds_until(&PARAMS, total, 9_000_001, NOW), None);
}

/// T97: deposits are taken off; in and out again uses up nothing of others', and opens nothing.
#[test]
fn t97_a_deposit_that_leaves_again_changes_nothing() {
    let wash = |amount: u64| {
        let held = TOTAL.saturating_add(amount);
        let came = Outflow::default().received(&PARAMS, TOTAL, amount, NOW);
        came.paid(&PARAMS, held, (amount, false), NOW).map(|after| after.left(&PARAMS, TOTAL, false, NOW))
    };
    for amount in [1, 7_500_000, TOTAL, 1 << 60] {
        assert_eq!(wash(amount), Ok(7_500_000), "{amount}");
    }
    // However large a deposit: what leaves beyond it is what would have left anyway.
    for amount in [1, TOTAL, 1 << 60] {
        let came = Outflow::default().received(&PARAMS, TOTAL, amount, NOW);
        assert_eq!(came.left(&PARAMS, TOTAL + amount, false, NOW), amount + 7_500_000);
    }
}

#[test]
fn a_deposit_excuses_what_leaves_within_a_window_only() {
    let came = Outflow::default().received(&PARAMS, TOTAL, 1_000_000, NOW);
    let left = |seconds| came.left(&PARAMS, TOTAL + 1_000_000, false, NOW + seconds);
    assert!(left(0) == 8_500_000 && left(1_800) < left(0) && left(3_600) < 7_600_000, "{}", left(3_600));
}

#[test]
fn inconsistent_limits_are_refused() {
    let with = |change: fn(&mut OutflowParams)| {
        let mut params = PARAMS;
        change(&mut params);
        validate_outflow(&params)
    };
    let refused = Err(RiskError::OutflowLimitsInconsistent);
    assert_eq!(with(|_| {}), Ok(()));
    assert_eq!(with(|p| p.hourly_share_bps = 0), refused);
    assert_eq!((with(|p| p.hourly_share_bps = 5_000), with(|p| p.hourly_share_bps = 5_001)), (Ok(()), refused));
    assert_eq!((with(|p| p.daily_share_bps = 20_000), with(|p| p.daily_share_bps = 20_001)), (Ok(()), refused));
    assert_eq!((with(|p| p.small_exit = 125_000), with(|p| p.small_exit = 125_001)), (Ok(()), refused));
    let floor = |floor| validate_outflow(&OutflowParams { floor, small_exit: 0, ..PARAMS });
    assert_eq!([172_799, 172_800, 1 << 62, (1 << 62) + 1].map(floor), [refused, Ok(()), Ok(()), refused]);
}

proptest! {
    /// No window of an hour or a day, wherever it begins, sees more leave (net of what came in it) than its limit of what there
    /// was, plus what came shortly before.
    #[test]
    fn t97_no_window_sees_more_than_its_limit(steps in prop::collection::vec((0..3_000_i64, any::<bool>(), 0..20_000_000_u64), 1..120)) {
        let (mut flows, mut total, mut now) = (Outflow::default(), TOTAL, NOW);
        let mut log: Vec<(i64, u64)> = Vec::new();
        for (seconds, small, wanted) in steps {
            now += seconds;
            let amount = wanted.min(flows.left(&PARAMS, total, small, now)).min(total);
            flows = flows.paid(&PARAMS, total, (amount, small), now).unwrap();
            total -= amount;
            log.push((now, amount));
            for (window, limit) in [(3_600, TOTAL / 5), (86_400, TOTAL / 2)] {
                let sum: u64 = log.iter().filter(|(at, _)| *at > now - window).map(|(_, amount)| amount).sum();
                prop_assert!(sum <= limit, "{sum} within {window}");
            }
        }
    }

    /// T118: even somebody who holds everything, a thousand times the floor, gets all of it out within six weeks, in parts.
    #[test]
    fn t118_everything_leaves_in_bounded_time(total in 1..1_000_000_000_u64) {
        let (mut flows, mut left, mut now) = (Outflow::default(), total, NOW);
        for _ in 0..42 * 24 {
            let amount = left.min(flows.left(&PARAMS, left, false, now));
            flows = flows.paid(&PARAMS, left, (amount, false), now).unwrap();
            left -= amount;
            if left == 0 {
                break;
            }
            now += 3_600;
        }
        prop_assert!(left == 0, "{left} of {total} after {} days", (now - NOW) / 86_400);
    }

    #[test]
    fn nothing_panics_and_time_only_frees(at: i64, hour: i64, day: i64, total: u64, amount: u64, now: i64, more in 0..i64::MAX / 2, small: bool, floor: u64, share: u64) {
        let params = OutflowParams { hourly_share_bps: share, daily_share_bps: share, floor, small_exit: 0 };
        let flows = Outflow { at, hour, day };
        let _ = (flows.received(&params, total, amount, now), flows.seconds_until(&params, total, amount, now));
        let _ = flows.paid(&params, total, (amount, small), now);
        if validate_outflow(&params).is_ok() && hour >= 0 && (0..1 << 60).contains(&day) {
            // What ran through the limits' share falls, but never by more than what left runs back.
            let _ = flows.left(&params, total, small, now.saturating_add(more));
        }
    }
}
