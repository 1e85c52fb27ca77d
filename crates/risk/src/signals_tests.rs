use super::*;
use Level::{Caution, Halted, LiquidationOnly, Normal, ReduceOnly};
use proptest::prelude::*;

const PARAMS: BreakerParams = BreakerParams {
    move_bps: 500,
    uncertain_seconds: 60,
    liquidated_bps: 1_000,
    liquidated_floor_lots: 10_000,
    drawdown_bps: 1_000,
    cooldown_seconds: 300,
    grace_seconds: 300,
};
const NOW: i64 = 1_760_000_000;
const COOL: i64 = 300;

fn seen(enters: Level, holds: Level) -> Stress {
    Stress { enters, holds }
}

#[test]
fn t96_each_signal_enters_at_its_threshold_and_not_one_below() {
    let of = |measure| Stress::of(Signal { measure, threshold: 100, highest: LiquidationOnly });
    let enters = [99, 100, 199, 200, 399, 400, u64::MAX].map(|measure| of(measure).enters);
    assert_eq!(enters, [Normal, Caution, Caution, ReduceOnly, ReduceOnly, LiquidationOnly, LiquidationOnly]);
    let holds = [49, 50, 99, 100, 199, 200].map(|measure| of(measure).holds);
    assert_eq!(holds, [Normal, Caution, Caution, ReduceOnly, ReduceOnly, LiquidationOnly]);
    let capped = Stress::of(Signal { measure: 400, threshold: 100, highest: ReduceOnly });
    assert_eq!((capped.enters, capped.holds), (ReduceOnly, ReduceOnly));
    assert_eq!(Stress::of(Signal { measure: u64::MAX, threshold: 0, highest: Halted }), Stress::default());
}

#[test]
fn t96_a_price_far_from_any_average_or_long_uncertain() {
    let of = |distances, uncertain| price_stress(distances, uncertain, &PARAMS).enters;
    assert_eq!(of([499, 999, 1_999], 59), Normal);
    for distances in [[500, 0, 0], [0, 1_000, 0], [0, 0, 2_000]] {
        assert_eq!(of(distances, 0), Caution, "{distances:?}");
        assert_eq!(of(distances.map(|bps| bps * 2), 0), ReduceOnly);
        // However far: whoever wants to reduce may.
        assert_eq!(of(distances.map(|bps| bps * 100), 0), ReduceOnly);
    }
    assert_eq!([60, 119, 120, 100_000].map(|seconds| of([0; 3], seconds)), [Caution, Caution, ReduceOnly, ReduceOnly]);
}

#[test]
fn a_distance_is_of_the_average_and_both_ways() {
    let bps = |mark, average: u64| distance_bps(mark, average << 16);
    assert_eq!([bps(105, 100), bps(95, 100), bps(100, 100), bps(100, 0)], [500, 500, 0, 0]);
    assert_eq!(bps(1_049_999, 1_000_000), 499);
    assert_eq!(distance_bps(u64::MAX, 1), 0);
}

#[test]
fn t96_liquidations_of_open_interest_and_drawdown_of_the_target() {
    let of = |liquidated, held, paid, target| books_stress((liquidated, held), (paid, target), &PARAMS).enters;
    assert_eq!(
        [9_999, 10_000, 20_000, u64::MAX].map(|lots| of(lots, 100_000, 0, 1)),
        [Normal, Caution, Caution, Caution]
    );
    assert_eq!([99, 100, 200, 400].map(|paid| of(0, 0, paid, 1_000)), [Normal, Caution, ReduceOnly, LiquidationOnly]);
}

/// T98: in an empty market, liquidations count against the floor.
#[test]
fn t98_few_lots_trip_nothing_however_small_the_market() {
    let of = |lots| books_stress((lots, 1), (0, 1), &PARAMS);
    assert_eq!([1, 499].map(of), [Stress::default(); 2]);
    assert_eq!((of(999).enters, of(1_000).enters), (Normal, Caution));
}

#[test]
fn counts_halve_every_half_hour_and_cannot_be_kept_by_asking() {
    let recent = Recent { at: NOW, amount: 1_000 };
    let at = |seconds| recent.at(NOW + seconds).amount;
    assert_eq!([at(0), at(900), at(1_800), at(3_600), at(64 * 1_800)], [1_000, 750, 500, 250, 0]);
    assert_eq!(recent.at(NOW - 5).amount, 1_000);
    let mut asked = recent;
    for second in 1..=1_800 {
        asked = asked.at(NOW + second);
    }
    assert!(asked.amount <= 500);
    assert_eq!(recent.adding(7, NOW + 1_800), Recent { at: NOW + 1_800, amount: 507 });
    assert_eq!(Recent { at: 0, amount: u64::MAX }.adding(u64::MAX, 1).amount, u64::MAX);
}

#[test]
fn t96_a_level_steps_down_after_its_cool_down_once_the_signal_is_gone() {
    let tripped = Automatic::default().followed(seen(ReduceOnly, ReduceOnly), 300, NOW);
    assert_eq!((tripped.level_at(NOW + COOL - 1), tripped.level_at(NOW + COOL)), (ReduceOnly, Normal));
    // Still held: the cool-down begins again.
    let held = tripped.followed(seen(Caution, ReduceOnly), 300, NOW + 100);
    assert_eq!((held.until, held.trips), (NOW + 100 + COOL, 1));
    // Below what holds it: it runs out, then steps down to what is still held, then to Normal.
    let gone = held.followed(seen(Normal, Caution), 300, NOW + 200);
    assert_eq!(gone, held);
    let lower = gone.followed(seen(Normal, Caution), 300, NOW + 400);
    assert_eq!((lower.level_at(NOW + 400), lower.until), (Caution, NOW + 700));
    let none = lower.followed(Stress::default(), 300, NOW + 700);
    assert_eq!((none.level, none.followed(seen(Normal, ReduceOnly), 300, NOW + 701).level), (Normal, Normal));
}

#[test]
fn t96_trips_within_a_day_escalate_to_eight_cool_downs_and_six_hours() {
    let (mut state, mut now) = (Automatic::default(), NOW);
    let mut holds = Vec::new();
    for _ in 0..6 {
        state = state.followed(seen(Caution, Caution), 300, now);
        holds.push(state.until - now);
        now = state.until;
        state = state.followed(Stress::default(), 300, now);
    }
    assert_eq!(holds, [300, 600, 1_200, 2_400, 2_400, 2_400]);
    let later = state.followed(seen(Caution, Caution), 300, now + 86_400);
    assert_eq!((later.until - now - 86_400, later.trips), (300, 1));
    let long = Automatic { trips: 9, tripped_at: NOW, ..Automatic::default() };
    assert_eq!(long.followed(Stress::BROKEN, 3_600, NOW).until, NOW + 21_600);
}

#[test]
fn a_higher_signal_trips_a_lower_level_never_shortens_it() {
    let low = Automatic::default().followed(seen(Caution, Caution), 300, NOW);
    let high = low.followed(seen(LiquidationOnly, LiquidationOnly), 300, NOW + 1);
    assert_eq!((high.level, high.trips, high.closed_until), (LiquidationOnly, 2, NOW + 601));
    assert_eq!(high.followed(seen(Caution, Caution), 300, NOW + 2), high);
}

#[test]
fn a_grace_begins_when_a_closed_market_opens_and_ends() {
    let grace = |now| is_grace(NOW, 300, now);
    assert_eq!([NOW - 1, NOW, NOW + 299, NOW + 300].map(grace), [false, true, true, false]);
    assert!(!is_grace(0, 300, NOW) && !is_grace(NOW, 0, NOW));
}

#[test]
fn thresholds_that_mean_nothing_are_refused() {
    let with = |change: fn(&mut BreakerParams)| {
        let mut params = PARAMS;
        change(&mut params);
        validate_breaker(&params)
    };
    let (threshold, duration) = (Err(RiskError::BreakerThresholdOutOfRange), Err(RiskError::DurationOutOfRange));
    assert_eq!(with(|_| {}), Ok(()));
    assert_eq!([with(|p| p.move_bps = 0), with(|p| p.move_bps = 2_500)], [threshold; 2]);
    assert_eq!([with(|p| p.liquidated_bps = 0), with(|p| p.liquidated_bps = 10_001)], [threshold; 2]);
    assert_eq!([with(|p| p.drawdown_bps = 0), with(|p| p.drawdown_bps = 10_001)], [threshold; 2]);
    assert_eq!(with(|p| p.liquidated_floor_lots = 1_000), Ok(()));
    assert_eq!([with(|p| p.liquidated_floor_lots = 999), with(|p| p.liquidated_floor_lots = u64::MAX)], [threshold; 2]);
    assert_eq!([with(|p| p.cooldown_seconds = 119), with(|p| p.cooldown_seconds = 3_601)], [duration; 2]);
    assert_eq!([with(|p| p.uncertain_seconds = 0), with(|p| p.uncertain_seconds = 3_601)], [duration; 2]);
    assert_eq!((with(|p| p.grace_seconds = 0), with(|p| p.grace_seconds = 3_601)), (Ok(()), duration));
}

fn levels() -> impl Strategy<Value = Stress> {
    (0..5_u8, 0..5_u8).prop_map(|(enters, more)| {
        let level = |value: u8| Level::try_from(value.min(4)).unwrap();
        seen(level(enters), level(enters + more))
    })
}

proptest! {
    #[test]
    fn t96_a_larger_measure_never_asks_for_less(measure: u64, more: u64, threshold: u64, highest in 0..5_u8) {
        let highest = Level::try_from(highest).unwrap();
        let of = |measure| Stress::of(Signal { measure, threshold, highest });
        let (low, high) = (of(measure), of(measure.saturating_add(more)));
        prop_assert!(low.enters <= high.enters && low.holds <= high.holds && low.enters <= low.holds && high.holds <= highest);
    }

    #[test]
    fn more_liquidations_never_ask_for_less(lots: u64, more: u64, held: u64, paid: u64, target: u64) {
        let of = |lots| books_stress((lots, held), (paid, target), &PARAMS);
        let (low, high) = (of(lots), of(lots.saturating_add(more)));
        prop_assert!(low.enters <= high.enters && low.holds <= high.holds);
    }

    /// Whatever was seen: without a signal the level is Normal six hours later, looked at or not.
    #[test]
    fn t96_it_always_returns_to_normal(sights in prop::collection::vec((levels(), 0..20_000_i64), 1..40), cooldown in 60..3_600_u32, looks in 0..4_usize) {
        let (mut state, mut now) = (Automatic::default(), NOW);
        for (stress, seconds) in sights {
            now += seconds;
            let before = state.level_at(now);
            state = state.followed(stress, cooldown, now);
            prop_assert!(state.level_at(now) >= stress.enters.max(before), "a signal is answered, and a level never cut short");
            prop_assert!(state.until <= now + 21_600);
        }
        let quiet = state.level_at(now);
        for _ in 0..looks {
            now += 1;
            state = state.followed(Stress::default(), cooldown, now);
            prop_assert!(state.level_at(now) <= quiet);
        }
        now += 21_600;
        prop_assert_eq!(state.level_at(now), Normal);
        prop_assert_eq!(state.followed(Stress::default(), cooldown, now).level, Normal);
    }

    /// No chatter: a measure that swings between the thresholds of entering and holding trips once.
    #[test]
    fn t96_a_measure_around_its_threshold_trips_once(swings in prop::collection::vec(50..200_u64, 1..200)) {
        let mut state = Automatic::default();
        for (step, measure) in (0..).zip(swings) {
            state = state.followed(Stress::of(Signal { measure, threshold: 100, highest: LiquidationOnly }), 300, NOW + step * 10);
            prop_assert!(state.trips <= 1);
        }
    }

    #[test]
    fn nothing_panics(until: i64, tripped_at: i64, closed_until: i64, trips: u8, level in 0..5_u8, stress in levels(), cooldown: u32, now: i64, at: i64, amount: u64, more: u64, grace: u32) {
        let state = Automatic { level: Level::try_from(level).unwrap(), until, tripped_at, closed_until, trips };
        let _ = (state.followed(stress, cooldown, now), state.level_at(now), is_grace(closed_until, grace, now));
        let _ = (Recent { at, amount }.adding(more, now), distance_bps(amount, more));
    }
}
