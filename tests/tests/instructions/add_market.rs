use crate::scene::*;
use firebreak::{
    event::MarketAdded,
    state::{Market, VERSION},
};

/// The market of the fourth asset, which is listed and has none.
fn config() -> MarketConfig {
    listing::listing("JUP", 0).market
}

fn world_with_an_asset() -> Bank {
    let mut world = world();
    let add = world.at.add_asset(payer().pubkey(), authority().pubkey(), listing::listing("JUP", 0).asset);
    send(&mut world, add, &[&payer(), &authority()]).unwrap();
    world
}

fn add(world: &Bank, index: u8, config: MarketConfig) -> Instruction {
    world.at.add_market(payer().pubkey(), authority().pubkey(), index, config)
}

fn sent(world: &mut Bank, index: u8, config: MarketConfig) -> Sent {
    let add = add(world, index, config);
    send(world, add, &[&payer(), &authority()])
}

#[test]
fn a_market_opens_empty_with_its_parameters() {
    let mut world = world_with_an_asset();

    let step = succeeds(&mut world, |world| sent(world, 3, config()));

    step.changes_only([
        created("market 3"),
        change("board.rows[3].has_market", 0, 1),
        change("board.rows[3].move_bps", 0, 1_000),
        change("board.rows[3].uncertain_seconds", 0, 120),
        change("board.rows[3].cooldown_seconds", 0, 300),
    ])
    .emits([&MarketAdded { clearinghouse: world.at.clearinghouse, market: world.at.market(3) }]);
    let (market, config) = (world.market(3), config());
    let expected = Market {
        clearinghouse: world.at.clearinghouse,
        max_open_interest_lots: config.max_open_interest_lots,
        slice_lots: config.slice_lots,
        min_position_lots: config.min_position_lots,
        liquidation_window_lots: config.liquidation_window_lots,
        insurance_event_cap: config.insurance_event_cap,
        insurance_window_cap: config.insurance_window_cap,
        tranche_target: config.tranche_target,
        depth_lots: config.depth_lots,
        penalty_min_bps: 50,
        penalty_max_bps: 250,
        penalty_ramp_bps_per_minute: 10,
        insurance_share_bps: 3_000,
        buffer_bps: 1_000,
        exit_slippage_bps: 100,
        price_band_bps: 200,
        taker_fee_bps: 5,
        liquidation_window_seconds: 60,
        insurance_window_seconds: 3_600,
        fee_share_bps: 5_000,
        liquidated_floor_lots: 100_000,
        liquidated_bps: 2_500,
        drawdown_bps: 1_000,
        grace_seconds: 300,
        funding_cap_bps: 0,
        funding_seconds: 0,
        premium_seconds: 0,
        index: 3,
        bump: market.bump,
        version: VERSION,
        ..bytemuck::Zeroable::zeroed()
    };
    assert_eq!(market, expected);
}

#[test]
fn rejects_an_asset_that_is_not_listed() {
    let mut world = world_with_an_asset();
    for index in [4, 63, 255] {
        assert_rejects(&mut world, FirebreakError::AssetMissing, |world| sent(world, index, config()));
    }
    sent(&mut world, 3, config()).unwrap();
}

/// The account exists, so that the system program refuses before the program could.
#[test]
fn rejects_a_second_market_of_an_asset() {
    let mut world = world_with_an_asset();
    sent(&mut world, 3, config()).unwrap();
    assert_rejects(&mut world, 0_u32, |world| sent(world, 3, config()));
}

/// Only where the market's account were gone, which no instruction can bring about.
#[test]
fn rejects_an_asset_whose_row_says_that_it_has_a_market() {
    let mut world = world_with_an_asset();
    edit_row(&mut world, 3, |row| row.has_market = 1);
    assert_rejects(&mut world, FirebreakError::MarketExists, |world| sent(world, 3, config()));
    edit_row(&mut world, 3, |row| row.has_market = 0);
    sent(&mut world, 3, config()).unwrap();
}

/// Opens each configuration in a world of its own: the good must be accepted, the bad refused.
fn rejects(error: FirebreakError, good: &[fn(&mut MarketConfig)], bad: &[fn(&mut MarketConfig)]) {
    for change in good {
        let (mut world, mut config) = (world_with_an_asset(), config());
        change(&mut config);
        sent(&mut world, 3, config).unwrap();
    }
    let mut world = world_with_an_asset();
    for change in bad {
        let mut config = config();
        change(&mut config);
        assert_rejects(&mut world, error, |world| sent(world, 3, config));
    }
}

#[test]
fn rejects_a_breaker_whose_thresholds_mean_nothing() {
    rejects(
        FirebreakError::BreakerThresholdOutOfRange,
        &[|c| c.breaker.move_bps = 2_499, |c| c.breaker.liquidated_floor_lots = 400],
        &[
            |c| c.breaker.move_bps = 0,
            |c| c.breaker.move_bps = 2_500,
            |c| c.breaker.liquidated_bps = 0,
            |c| c.breaker.liquidated_bps = 10_001,
            |c| c.breaker.drawdown_bps = 0,
            |c| c.breaker.liquidated_floor_lots = 399,
        ],
    );
    rejects(
        FirebreakError::DurationOutOfRange,
        &[|c| c.breaker.cooldown_seconds = 120, |c| c.breaker.grace_seconds = 0],
        &[
            |c| c.breaker.cooldown_seconds = 119,
            |c| c.breaker.cooldown_seconds = 3_601,
            |c| c.breaker.grace_seconds = 3_601,
            |c| c.breaker.uncertain_seconds = 0,
        ],
    );
}

#[test]
fn rejects_a_minimum_penalty_above_the_maximum() {
    rejects(
        FirebreakError::PenaltyRangeInverted,
        &[|c| c.penalty_min_bps = 250],
        &[|c| c.penalty_min_bps = 251, |c| c.penalty_min_bps = u32::MAX],
    );
}

#[test]
fn rejects_a_penalty_that_with_slippage_reaches_maintenance() {
    rejects(
        FirebreakError::PenaltyExceedsMaintenance,
        &[|c| c.penalty_max_bps = 399],
        &[|c| c.penalty_max_bps = 400, |c| c.exit_slippage_bps = 250, |c| c.exit_slippage_bps = u32::MAX],
    );
}

#[test]
fn rejects_a_penalty_whose_larger_part_does_not_pay_for_slippage() {
    // 70 % of 143 is just above 100, 70 % of 142 is not.
    rejects(
        FirebreakError::PenaltyBelowSlippage,
        &[|c| c.penalty_max_bps = 143],
        &[|c| c.penalty_max_bps = 142, |c| c.insurance_share_bps = 10_000],
    );
}

#[test]
fn rejects_a_buffer_that_aims_above_initial_margin() {
    // 5 % doubled is 10 %: the most a buffer can be.
    rejects(FirebreakError::BufferExceedsInitial, &[|c| c.buffer_bps = 10_000], &[]);
    let mut world = world();
    let mut narrow = listing::listing("JUP", 0);
    narrow.asset.maintenance_ratio_bps = 951;
    let add = world.at.add_asset(payer().pubkey(), authority().pubkey(), narrow.asset);
    send(&mut world, add, &[&payer(), &authority()]).unwrap();
    let buffered = |buffer_bps| MarketConfig { buffer_bps, ..config() };
    assert_rejects(&mut world, FirebreakError::BufferExceedsInitial, |world| sent(world, 3, buffered(516)));
    sent(&mut world, 3, buffered(515)).unwrap();
}

#[test]
fn rejects_a_price_band_of_nothing_or_up_to_maintenance() {
    rejects(
        FirebreakError::PriceBandExceedsMaintenance,
        &[|c| c.price_band_bps = 499, |c| (c.price_band_bps, c.taker_fee_bps) = (1, 0)],
        &[|c| c.price_band_bps = 500, |c| c.price_band_bps = 0],
    );
}

#[test]
fn rejects_a_fee_of_the_whole_band() {
    rejects(
        FirebreakError::FeeExceedsBand,
        &[|c| c.taker_fee_bps = 199, |c| c.taker_fee_bps = 0],
        &[|c| c.taker_fee_bps = 200],
    );
}

#[test]
fn rejects_shares_above_one() {
    rejects(
        FirebreakError::ShareAboveOne,
        &[
            |c| c.insurance_share_bps = 0,
            |c| c.penalty_ramp_bps_per_minute = 10_000,
            |c| c.coinsurance_share_bps = 10_000,
            |c| c.fee_share_bps = 10_000,
        ],
        &[
            |c| c.insurance_share_bps = 10_001,
            |c| c.buffer_bps = 10_001,
            |c| c.penalty_ramp_bps_per_minute = 10_001,
            |c| c.coinsurance_share_bps = 10_001,
            |c| c.fee_share_bps = 10_001,
        ],
    );
}

#[test]
fn rejects_insurance_caps_out_of_order() {
    rejects(
        FirebreakError::InsuranceCapsInverted,
        &[|c| c.insurance_event_cap = c.insurance_window_cap],
        &[|c| c.insurance_event_cap = c.insurance_window_cap + 1],
    );
}

/// Off, durations are not looked at.
#[test]
fn rejects_funding_that_its_own_fee_does_not_pay_for() {
    const ON: fn(&mut MarketConfig) = |c| (c.funding_cap_bps, c.funding_seconds, c.premium_seconds) = (50, 28_800, 600);
    rejects(
        FirebreakError::FundingExceedsFee,
        &[
            ON,
            |c| (c.funding_cap_bps, c.funding_seconds, c.premium_seconds) = (50, 24_796, 600),
            |c| c.funding_seconds = 1,
        ],
        &[
            |c| (c.funding_cap_bps, c.funding_seconds, c.premium_seconds) = (50, 24_795, 600),
            |c| (c.funding_cap_bps, c.funding_seconds, c.premium_seconds) = (60, 28_800, 600),
            |c| (c.funding_cap_bps, c.funding_seconds, c.premium_seconds, c.taker_fee_bps) = (1, 28_800, 600, 0),
        ],
    );
    rejects(
        FirebreakError::DurationOutOfRange,
        &[ON],
        &[
            |c| (c.funding_cap_bps, c.funding_seconds, c.premium_seconds) = (1, 0, 600),
            |c| (c.funding_cap_bps, c.funding_seconds, c.premium_seconds) = (1, 604_801, 600),
            |c| (c.funding_cap_bps, c.funding_seconds, c.premium_seconds) = (1, 28_800, 0),
            |c| (c.funding_cap_bps, c.funding_seconds, c.premium_seconds) = (1, 28_800, 3_601),
        ],
    );
    rejects(
        FirebreakError::CapOutOfRange,
        &[ON],
        &[|c| (c.funding_cap_bps, c.funding_seconds, c.premium_seconds) = (201, 604_800, 1)],
    );
}

#[test]
fn rejects_caps_in_lots_of_nothing_beyond_the_largest_position_or_too_small_for_the_rest() {
    rejects(
        FirebreakError::CapOutOfRange,
        &[
            |c| c.max_open_interest_lots = 1 << 28,
            |c| c.slice_lots = 1 << 28,
            |c| c.liquidation_window_lots = 1 << 28,
            |c| c.min_position_lots = c.slice_lots,
        ],
        &[
            |c| c.max_open_interest_lots = 0,
            |c| c.max_open_interest_lots = (1 << 28) + 1,
            |c| c.slice_lots = 0,
            |c| c.slice_lots = (1 << 28) + 1,
            |c| c.liquidation_window_lots = 0,
            |c| c.liquidation_window_lots = (1 << 28) + 1,
            |c| c.min_position_lots = c.slice_lots + 1,
        ],
    );
}

#[test]
fn rejects_windows_of_no_time_or_beyond_a_week() {
    rejects(
        FirebreakError::DurationOutOfRange,
        &[|c| c.liquidation_window_seconds = 604_800, |c| c.insurance_window_seconds = 1],
        &[
            |c| c.liquidation_window_seconds = 0,
            |c| c.liquidation_window_seconds = 604_801,
            |c| c.insurance_window_seconds = 0,
            |c| c.insurance_window_seconds = 604_801,
        ],
    );
}

#[test]
fn rejects_a_market_by_anybody_else_once_sealed_or_on_another_board() {
    let mut world = world_with_an_asset();
    let theirs = other_clearinghouse(&mut world);
    let own = add(&world, 3, config());
    let by_guardian = world.at.add_market(payer().pubkey(), guardian().pubkey(), 3, config());
    let foreign = swapped(own.clone(), world.at.board, theirs.board);
    assert_rejects(&mut world, FirebreakError::SignerNotAuthority, |world| {
        send(world, by_guardian, &[&payer(), &guardian()])
    });
    assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| {
        send(world, foreign, &[&payer(), &authority()])
    });
    seal(&mut world);
    assert_rejects(&mut world, FirebreakError::Sealed, |world| send(world, own.clone(), &[&payer(), &authority()]));
    let clearinghouse = world.at.clearinghouse;
    edit::<firebreak::state::Clearinghouse, _>(&mut world, &clearinghouse, |clearinghouse| clearinghouse.sealed = 0);
    send(&mut world, own, &[&payer(), &authority()]).unwrap();
}
