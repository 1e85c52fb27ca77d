use super::*;
use proptest::prelude::*;

const TABLES: [&[Rule]; 4] = [&ASSET_RULES, &MARKET_RULES, &BANK_RULES, &FUND_RULES];

/// A value from which a step in either direction is possible.
fn middle(rule: &Rule) -> u64 {
    (rule.least.max(8) * rule.most.clamp(8, 1 << 40)).isqrt().clamp(rule.least + 1, rule.most - 1)
}

#[test]
fn each_parameter_tightens_and_loosens_as_its_rule_says() {
    for rules in TABLES {
        let values: Vec<u64> = rules.iter().map(middle).collect();
        for (index, rule) in rules.iter().enumerate() {
            let with = |value: u64| {
                let mut changed = values.clone();
                changed[index] = value;
                (direction(rules, &values, &changed), require_step(rules, &values, &changed))
            };
            let (up, down) = (with(values[index] + 1), with(values[index] - 1));
            let expected = match rule.tighter {
                Up => (Direction::Tightening, Direction::Loosening),
                Down => (Direction::Loosening, Direction::Tightening),
                Neither => (Direction::Loosening, Direction::Loosening),
            };
            assert_eq!((up.0, down.0), expected, "{}", rule.name);
            assert_eq!((up.1, down.1), (Ok(()), Ok(())), "{}", rule.name);
            assert_eq!(with(values[index]), (Direction::Unchanged, Ok(())));
        }
    }
}

/// Both sides of each step and each bound, of each parameter.
#[test]
fn t110_a_loosening_is_bounded_by_its_step_and_every_change_by_its_bounds() {
    for rules in TABLES {
        for rule in rules {
            let single = [*rule];
            let moved = |old: u64, new: u64| require_step(&single, &[old], &[new]);
            let (old, is_requirement) = (middle(rule), rule.step == Requirement);
            let (up, down) = match rule.step {
                Ratio | Requirement => (old / 5, old / 5),
                Cap => (old / 2, old / 3),
                Any => (rule.most - old, old - rule.least),
            };
            let refused = |is_loosening: bool, beyond: bool| match (beyond, is_loosening) {
                (true, _) => Err(RiskError::BoundExceeded),
                (false, true) => Err(RiskError::StepTooLarge),
                (false, false) => Ok(()),
            };
            assert_eq!(moved(old, (old + up).min(rule.most)), Ok(()), "{}", rule.name);
            assert_eq!(moved(old, (old - down).max(rule.least)), Ok(()), "{}", rule.name);
            let (above, below) = (old + up + 1, (old - down).checked_sub(1));
            assert_eq!(
                moved(old, above),
                refused(rule.tighter != Up || is_requirement, above > rule.most),
                "{}",
                rule.name
            );
            if let Some(below) = below {
                assert_eq!(moved(old, below), refused(rule.tighter != Down, below < rule.least), "{}", rule.name);
            }
            if let Some(beyond) = rule.most.checked_add(1) {
                assert_eq!(moved(rule.most, beyond), Err(RiskError::BoundExceeded), "{}", rule.name);
            }
            if let Some(beyond) = rule.least.checked_sub(1) {
                assert_eq!(moved(rule.least, beyond), Err(RiskError::BoundExceeded), "{}", rule.name);
                assert_eq!(require_bounds(&single, &[beyond]), Err(RiskError::BoundExceeded), "{}", rule.name);
            }
            assert_eq!(require_bounds(&single, &[rule.least]), Ok(()));
            assert_eq!(require_bounds(&single, &[rule.most]), Ok(()));
        }
    }
}

#[test]
fn a_mixed_change_and_one_without_a_rule_are_loosenings() {
    let old = [1_000, 500, 8_000];
    let rules = &ASSET_RULES[..3];
    assert_eq!(direction(rules, &old, &[1_001, 501, 8_000]), Direction::Tightening);
    assert_eq!(direction(rules, &old, &[1_001, 499, 8_000]), Direction::Loosening);
    assert_eq!(direction(rules, &old, &[1_001, 501]), Direction::Loosening);
    assert_eq!(direction(rules, &old[..2], &[1_001, 501, 8_000]), Direction::Loosening);
}

#[test]
fn small_values_move_by_one_and_a_limit_may_be_introduced() {
    let moved = |rule: Rule, old: u64, new: u64| require_step(&[rule], &[old], &[new]);
    let fee = MARKET_RULES[7];
    assert_eq!((moved(fee, 0, 1), moved(fee, 0, 2)), (Ok(()), Err(RiskError::StepTooLarge)));
    let floor = BANK_RULES[6];
    assert_eq!((floor.name, moved(floor, 0, 1 << 50)), ("outflow_floor", Ok(())));
    assert_eq!(moved(floor, 1 << 50, 0), Err(RiskError::StepTooLarge));
}

#[test]
fn t111_a_requirement_rises_over_the_notice_and_two_days_at_least() {
    const DAY: i64 = 86_400;
    assert_eq!((ramp_seconds(1), ramp_seconds(172_800), ramp_seconds(172_801)), (172_800, 172_800, 172_801));
    assert_eq!(ramped(500, 600, 0, 3_600), 500);
    assert_eq!(ramped(500, 600, DAY, 3_600), 550);
    assert_eq!(ramped(500, 600, 2 * DAY - 1, 3_600), 599);
    assert_eq!(ramped(500, 600, 2 * DAY, 3_600), 600);
    assert_eq!(ramped(500, 600, 2 * DAY, 4 * DAY as u32), 550);
    assert_eq!(ramped(500, 600, -5, 3_600), 500);
    assert_eq!(ramped(600, 500, 0, 3_600), 500);
}

#[test]
fn t114_a_new_token_s_cap_doubles_every_day_up_to_its_own() {
    let first = probation_atoms(7).unwrap();
    assert_eq!(first, 4_096 * 10_000_000);
    let cap = |days: i64| probation_cap(1 << 50, first, days * 86_400);
    assert_eq!((cap(-1), cap(0), cap(1), cap(10)), (first, first, 2 * first, 1_024 * first));
    assert_eq!((cap(14), cap(15)), (first << 14, 1 << 50));
    assert_eq!(probation_cap(1 << 50, first, 86_399), first);
    assert_eq!(probation_cap(5, first, 0), 5);
    assert_eq!(probation_cap(1 << 50, 0, 0), 1 << 50);
    assert_eq!(cap(1 << 40), 1 << 50);
    assert_eq!(probation_atoms(10), Err(RiskError::LotOutOfRange));
}

proptest! {
    /// What a change and its reverse do are never both tightenings: nothing loosens by going round in a circle.
    #[test]
    fn i11_no_circle_of_tightenings_loosens(old in prop::collection::vec(0..1_000_u64, 15), new in prop::collection::vec(0..1_000_u64, 15)) {
        let (there, back) = (direction(&ASSET_RULES, &old, &new), direction(&ASSET_RULES, &new, &old));
        prop_assert!(there != Direction::Tightening || back == Direction::Loosening);
        prop_assert_eq!(there == Direction::Unchanged, old == new);
    }

    #[test]
    fn a_ramp_never_passes_its_ends_nor_turns_back(from in 0..100_000_u64, to in 0..100_000_u64, seconds: i64, more in 0..1_000_000_i64, notice: u32) {
        let now = ramped(from, to, seconds, notice);
        prop_assert!(now <= to && (now >= from || to < from));
        prop_assert!(ramped(from, to, seconds.saturating_add(more), notice) >= now);
    }

    #[test]
    fn nothing_panics(old: u64, new: u64, first: u64, seconds: i64, notice: u32) {
        for rule in TABLES.into_iter().flatten() {
            let _ = require_step(&[*rule], &[old], &[new]);
        }
        prop_assert!(probation_cap(new, first, seconds) <= new);
        let _ = ramped(old, new, seconds, notice);
    }
}
