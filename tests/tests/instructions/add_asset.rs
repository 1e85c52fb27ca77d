use crate::scene::*;
use firebreak::{
    event::AssetAdded,
    state::{AssetRow, VERSION},
};

fn config() -> AssetConfig {
    listing::listing("JUP", 0).asset
}

fn add(world: &Bank, config: AssetConfig) -> Instruction {
    world.at.add_asset(payer().pubkey(), authority().pubkey(), config)
}

fn sent(world: &mut Bank, config: AssetConfig) -> Sent {
    let add = add(world, config);
    send(world, add, &[&payer(), &authority()])
}

#[test]
fn a_listed_asset_gets_the_next_row_and_the_others_keep_theirs() {
    let mut world = world();
    let before = world.board();
    let config = AssetConfig { exponent: -5, lot_exponent: 1, group: 7, ..config() };

    let step = succeeds(&mut world, |world| sent(world, config));

    let board = world.board();
    assert_eq!((board.header, &board.rows[..3]), (before.header, &before.rows[..]));
    let expected = AssetRow {
        primary_feed: config.feed,
        primary_kind: 1,
        primary_exponent: -5,
        lot_exponent: 1,
        scale: -5 + 6 + 1,
        symbol: *b"JUP\0\0\0\0\0",
        group: 7,
        initial_ratio_bps: 1_000,
        maintenance_ratio_bps: 500,
        gain_weight_bps: 8_000,
        initial_multiplier_bps: 10_000,
        maintenance_multiplier_bps: 10_000,
        max_age_seconds: 60,
        fresh_age_seconds: 15,
        confidence_fresh_bps: 100,
        confidence_max_bps: 500,
        ema_band_bps: 1_000,
        ema_seconds: 300,
        calm_variance: 20_361,
        multiplier_cap_bps: 10_000,
        variance_seconds: 3_600,
        notice_seconds: 3_600,
        long_side: risk::SideIndex::NEW.into(),
        short_side: risk::SideIndex::NEW.into(),
        version: VERSION,
        ..bytemuck::Zeroable::zeroed()
    };
    assert_eq!(board.rows[3..], [expected]);
    assert!(step.changes.iter().all(|change| change.at.starts_with("board.")), "{:?}", step.changes);
    step.emits([&AssetAdded {
        clearinghouse: world.at.clearinghouse,
        feed: config.feed,
        symbol: config.symbol,
        index: 3,
        feed_kind: 1,
        reserved: [0; 6],
    }]);
}

#[test]
fn rejects_a_65th_asset() {
    let mut world = world();
    for _ in 3..64 {
        sent(&mut world, config()).unwrap();
    }
    assert_rejects(&mut world, FirebreakError::BoardFull, |world| sent(world, config()));
    assert_eq!(world.board().rows.len(), 64);
}

/// Lists each configuration: the good must be accepted, the bad refused.
fn rejects(error: FirebreakError, good: &[fn(&mut AssetConfig)], bad: &[fn(&mut AssetConfig)]) {
    let mut world = world();
    for change in good {
        let mut config = config();
        change(&mut config);
        sent(&mut world, config).unwrap();
    }
    for change in bad {
        let mut config = config();
        change(&mut config);
        assert_rejects(&mut world, error, |world| sent(world, config));
    }
}

#[test]
fn rejects_a_feed_of_no_kind_or_without_an_id() {
    rejects(
        FirebreakError::FeedInvalid,
        &[|c| c.feed_kind = 2],
        &[|c| c.feed_kind = 0, |c| c.feed_kind = 3, |c| c.feed = [0; 32]],
    );
}

#[test]
fn rejects_a_lot_that_the_arithmetic_cannot_scale() {
    // Exponent + 6 decimals + lot exponent must be within 19 of zero.
    rejects(
        FirebreakError::LotOutOfRange,
        &[|c| c.lot_exponent = 21, |c| c.lot_exponent = -17],
        &[
            |c| c.lot_exponent = 22,
            |c| c.lot_exponent = -18,
            |c| c.exponent = i32::MIN,
            |c| c.exponent = i32::MAX,
            |c| (c.exponent, c.lot_exponent) = (-300, 127),
        ],
    );
}

#[test]
fn rejects_ratios_out_of_order() {
    rejects(
        FirebreakError::RatiosInconsistent,
        &[|c| c.maintenance_ratio_bps = 999, |c| c.initial_ratio_bps = 10_000, |c| c.maintenance_ratio_bps = 1],
        &[|c| c.maintenance_ratio_bps = 1_000, |c| c.initial_ratio_bps = 10_001, |c| c.maintenance_ratio_bps = 0],
    );
}

#[test]
fn rejects_a_weight_above_one() {
    rejects(
        FirebreakError::ShareAboveOne,
        &[|c| c.gain_weight_bps = 10_000, |c| c.gain_weight_bps = 0],
        &[|c| c.gain_weight_bps = 10_001],
    );
}

#[test]
fn rejects_confidence_limits_out_of_order() {
    rejects(
        FirebreakError::ConfidenceLimitsInconsistent,
        &[|c| c.confidence_fresh_bps = 500, |c| c.confidence_max_bps = 9_999, |c| c.confidence_fresh_bps = 1],
        &[|c| c.confidence_fresh_bps = 501, |c| c.confidence_max_bps = 10_000, |c| c.confidence_fresh_bps = 0],
    );
}

#[test]
fn rejects_times_of_nothing_or_too_long() {
    rejects(
        FirebreakError::DurationOutOfRange,
        &[
            |c| c.max_age_seconds = 3_600,
            |c| (c.fresh_age_seconds, c.max_age_seconds) = (3_600, 3_600),
            |c| (c.fresh_age_seconds, c.max_age_seconds) = (1, 1),
            |c| c.fresh_age_seconds = 1,
            |c| c.ema_seconds = 604_800,
        ],
        &[
            |c| c.max_age_seconds = 3_601,
            |c| (c.fresh_age_seconds, c.max_age_seconds) = (0, 0),
            |c| c.fresh_age_seconds = 0,
            |c| (c.fresh_age_seconds, c.max_age_seconds) = (2, 1),
            |c| c.fresh_age_seconds = c.max_age_seconds + 1,
            |c| c.ema_seconds = 604_801,
            |c| c.ema_seconds = 0,
        ],
    );
}

#[test]
fn rejects_a_band_around_the_average_of_nothing_or_everything() {
    rejects(
        FirebreakError::EmaBandOutOfRange,
        &[|c| c.ema_band_bps = 1, |c| c.ema_band_bps = 9_999],
        &[|c| c.ema_band_bps = 0, |c| c.ema_band_bps = 10_000],
    );
}

#[test]
fn rejects_a_listing_by_anybody_else_once_sealed_or_on_another_board() {
    let mut world = world();
    let theirs = other_clearinghouse(&mut world);
    let own = add(&world, config());
    let by_guardian = world.at.add_asset(payer().pubkey(), guardian().pubkey(), config());
    let foreign = swapped(own.clone(), world.at.board, theirs.board);
    assert_rejects(&mut world, FirebreakError::SignerNotAuthority, |world| {
        send(world, by_guardian, &[&payer(), &guardian()])
    });
    assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| {
        send(world, foreign, &[&payer(), &authority()])
    });
    send(&mut world, own.clone(), &[&payer(), &authority()]).unwrap();
    seal(&mut world);
    assert_rejects(&mut world, FirebreakError::Sealed, |world| send(world, own, &[&payer(), &authority()]));
}

// ---- two feeds ------------------------------------------------------------------------------------------------------

/// A pull feed of eight decimals, and an older account of five.
fn with_two(config: AssetConfig) -> AssetConfig {
    AssetConfig { secondary_kind: 2, secondary_feed: [7; 32], secondary_exponent: -5, agreement_bps: 50, ..config }
}

#[test]
fn a_second_feed_is_five_more_fields_of_the_row_and_nothing_else() {
    let mut world = world();
    sent(&mut world, config()).unwrap();
    let step = succeeds(&mut world, |world| sent(world, with_two(config())));
    let (single, double) = (world.row(3), world.row(4));
    let second =
        AssetRow { secondary_kind: 2, secondary_feed: [7; 32], secondary_exponent: -5, agreement_bps: 50, ..single };
    assert_eq!(double, AssetRow { secondary_scale: -5 + 6, ..second });
    assert!(double.has_secondary() && !single.has_secondary());
    assert!(step.changes.iter().all(|change| change.at.starts_with("board.")), "{:?}", step.changes);
}

/// Lists each configuration of two feeds: the good must be accepted, the bad refused.
fn rejects_two(error: FirebreakError, good: &[fn(&mut AssetConfig)], bad: &[fn(&mut AssetConfig)]) {
    let mut world = world();
    for change in good {
        let mut config = with_two(config());
        change(&mut config);
        sent(&mut world, config).unwrap();
    }
    for change in bad {
        let mut config = with_two(config());
        change(&mut config);
        assert_rejects(&mut world, error, |world| sent(world, config));
    }
}

#[test]
fn rejects_a_second_feed_of_no_kind_without_an_id_or_that_is_the_first() {
    rejects_two(
        FirebreakError::FeedInvalid,
        &[
            |c| c.secondary_kind = 1,
            |c| (c.feed_kind, c.secondary_kind) = (2, 1),
            |c| (c.feed_kind, c.secondary_kind) = (2, 2),
            |c| c.secondary_feed = c.feed, // an address that equals an id is another feed
        ],
        &[
            |c| c.secondary_kind = 3,
            |c| c.secondary_kind = 255,
            |c| c.secondary_feed = [0; 32],
            |c| (c.secondary_kind, c.secondary_feed) = (c.feed_kind, c.feed),
            |c| (c.feed_kind, c.secondary_kind, c.secondary_feed) = (2, 2, c.feed),
        ],
    );
}

#[test]
fn rejects_an_agreement_of_nothing_or_everything() {
    rejects_two(
        FirebreakError::FeedInvalid,
        &[|c| c.agreement_bps = 1, |c| c.agreement_bps = 9_999],
        &[|c| c.agreement_bps = 0, |c| c.agreement_bps = 10_000, |c| c.agreement_bps = u32::MAX],
    );
}

#[test]
fn rejects_what_belongs_to_a_second_feed_where_there_is_none() {
    rejects_two(
        FirebreakError::FeedInvalid,
        &[|c| (c.secondary_kind, c.secondary_feed, c.secondary_exponent, c.agreement_bps) = (0, [0; 32], 0, 0)],
        &[
            |c| (c.secondary_kind, c.secondary_exponent, c.agreement_bps) = (0, 0, 0),
            |c| (c.secondary_kind, c.secondary_feed, c.agreement_bps) = (0, [0; 32], 0),
            |c| (c.secondary_kind, c.secondary_feed, c.secondary_exponent) = (0, [0; 32], 0),
        ],
    );
}

/// The same bounds as the primary's: exponent + 6 decimals + lot exponent (0) within 19 of zero.
#[test]
fn rejects_a_second_feed_that_the_arithmetic_cannot_scale() {
    rejects_two(
        FirebreakError::LotOutOfRange,
        &[|c| c.secondary_exponent = 13, |c| c.secondary_exponent = -25],
        &[
            |c| c.secondary_exponent = i32::MIN,
            |c| c.secondary_exponent = i32::MAX,
            |c| c.secondary_exponent = 200,
            |c| c.secondary_exponent = 14,
            |c| c.secondary_exponent = -26,
        ],
    );
}
