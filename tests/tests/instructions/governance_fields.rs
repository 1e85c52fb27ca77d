//! Every parameter there is: that none is forgotten, and which way each one may be moved at once.

use crate::{
    propose::{DELAY, pass, proposed},
    scene::*,
};
use bytemuck::Zeroable;
use firebreak::{
    governance::{AssetParameters, BankParameters, Change, FundParameters},
    state::{AssetRow, Clearinghouse, CollateralBank, InsuranceFund, Market, RiskBoard},
};
use risk::{ASSET_RULES, BANK_RULES, FUND_RULES, MARKET_RULES, Rule, Tighter};
use std::{collections::BTreeSet, fmt::Debug};

/// Fields of an account that no proposal changes, and why: prices and books are written by rules; identities for ever.
const NO_PARAMETERS: [(&str, &str); 6] = [
    (
        "AssetRow",
        "mark confidence ema publish_time long_price short_price initial_margin maintenance_margin variance \
         risk_opens_at long_side short_side initial_multiplier_bps maintenance_multiplier_bps quality primary_mark \
         primary_time secondary_mark secondary_time \
         primary_feed secondary_feed primary_exponent secondary_exponent primary_kind secondary_kind has_market \
         collateral_bank lot_atoms_exponent lot_exponent scale secondary_scale version padding symbol \
         maintenance_from_bps ramp_started haircut_from_bps reserved followed_mark followed_time takeover_margin \
         initial_liquidity maintenance_liquidity takeover_liquidity initial_grouped maintenance_grouped \
         takeover_grouped fresh_until funding_rate funding_index funding_until slow_ema slowest_ema uncertain_since breaker \
         depth_lots cap_lots", // the last two: a copy of the market's, and what the bank was listed with
    ),
    (
        "Market",
        "clearinghouse long_open_interest short_open_interest pool tranche fees protocol_fees carry dust_size dust_entry \
         long_owed short_owed long_left_behind short_left_behind own_debt liquidation_window_started \
         liquidation_window_used insurance_window_started insurance_window_used refill_window_started \
         refill_window_used tranche_reported insurance_paid liquidated_lots recently_liquidated recently_liquidated_at recently_paid \
         recently_paid_at spare more_spare premium_sum premium_lots premium_time funding_seen index bump version reserved",
    ),
    (
        "CollateralBank",
        "clearinghouse mint vault token_program total outflow_at hour_outflow day_outflow listed_at \
         first_day_cap asset index decimals bump vault_bump version reserved",
    ),
    (
        "InsuranceFund",
        "clearinghouse vault assets deployed shares virtual_shares closed_until epoch bump vault_bump version reserved",
    ),
    // Price programs have a change of their own.
    ("RiskBoard", "clearinghouse receivers legacy_program bump version reserved"),
    // So have the roles and the delay.
    (
        "Clearinghouse",
        "authority guardian quote_mint id proposal_count delay_seconds guardian_trips quote_decimals bank_count sealed \
         bump version reserved",
    ),
];

/// Names of a value's own fields.
fn fields_of(value: &impl Debug) -> BTreeSet<String> {
    let text = format!("{value:#?}");
    let own =
        text.lines().filter_map(|line| line.strip_prefix("    ").filter(|rest| !rest.starts_with([' ', ']', '}'])));
    own.filter_map(|line| line.split_once(':')).map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_field_of_an_account_is_a_parameter_or_is_listed_as_none() {
    let rules = |rules: &[Rule]| rules.iter().map(|rule| rule.name.to_owned()).collect::<Vec<_>>();
    let mut row_rules = rules(&ASSET_RULES);
    let elsewhere =
        ["haircut_bps", "discount_bps", "surcharge_bps", "move_bps", "uncertain_seconds", "cooldown_seconds"];
    let market_rules: Vec<_> =
        rules(&MARKET_RULES).into_iter().filter(|name| !elsewhere.contains(&name.as_str())).collect();
    row_rules.extend(elsewhere.map(str::to_owned));
    let bank_rules: Vec<_> = rules(&BANK_RULES).into_iter().filter(|name| !row_rules.contains(name)).collect();
    for ((name, none), (fields, parameters)) in NO_PARAMETERS.iter().zip([
        (fields_of(&AssetRow::zeroed()), row_rules),
        (fields_of(&Market::zeroed()), market_rules),
        (fields_of(&CollateralBank::zeroed()), bank_rules),
        (fields_of(&InsuranceFund::zeroed()), rules(&FUND_RULES)),
        (fields_of(&RiskBoard::zeroed()), vec![]),
        (fields_of(&Clearinghouse::zeroed()), vec![]),
    ]) {
        let none: BTreeSet<_> = none.split_whitespace().map(str::to_owned).collect();
        let parameters: BTreeSet<_> = parameters.into_iter().collect();
        let both: Vec<_> = none.intersection(&parameters).collect();
        assert!(both.is_empty(), "{name}: a parameter and none: {both:?}");
        let known: BTreeSet<_> = none.union(&parameters).cloned().collect();
        let forgotten: Vec<_> = fields.difference(&known).collect();
        assert!(forgotten.is_empty(), "{name}: give these a rule in crates/risk/src/governance.rs: {forgotten:?}");
        let gone: Vec<_> = known.difference(&fields).collect();
        assert!(gone.is_empty(), "{name}: no longer a field: {gone:?}");
    }
}

/// A field's name, and how to move it by one.
type Field<P> = (&'static str, fn(&mut P, bool));

macro_rules! fields {
    ($set:ident: $($field:ident)+ $(; $part:ident: $($inner:ident)+)?) => {
        [
            $((stringify!($field), (|set, up| if up { set.$field += 1 } else { set.$field -= 1 }) as fn(&mut $set, bool)),)+
            $($((stringify!($inner), (|set, up| if up { set.$part.$inner += 1 } else { set.$part.$inner -= 1 }) as fn(&mut $set, bool)),)+)?
        ]
    };
}

/// SOL with two feeds and volatile margin, a market with co-insurance, its token as collateral with outflow limits: no parameter is at
/// the end of its range.
fn world_in_the_middle() -> Bank {
    let mut world = World::empty(BankChain::new(), NOW).unwrap();
    let mut sol = listing::listing("SOL", -2);
    sol.asset.secondary_kind = 1;
    sol.asset.secondary_feed = listing::feed_id("SOL again");
    (sol.asset.secondary_exponent, sol.asset.agreement_bps, sol.asset.multiplier_cap_bps) = (-8, 50, 20_000);
    (sol.market.coinsurance_share_bps, sol.market.depth_lots) = (1_000, 1_000_000);
    sol.asset.group_weight_bps = 1_000;
    (sol.market.funding_cap_bps, sol.market.funding_seconds, sol.market.premium_seconds) = (10, 28_800, 600);
    world.list(0, &sol).unwrap();
    let alice = world.actor("alice", 4, 0).unwrap();
    collateral(&mut world, 1, &alice, 0);
    edit_row(&mut world, 0, |row| row.surcharge_bps = 1_000);
    seal(&mut world);
    world
}

/// Moves every field of a set up by one and down again: what tightens is executed at once, what loosens waits.
fn each_moves_as_its_rule_says<P, const N: usize>(
    rules: &[Rule],
    fields: [Field<P>; N],
    change: impl Fn(&mut Bank, &dyn Fn(&mut P)) -> Change,
) {
    assert_eq!(fields.each_ref().map(|field| field.0).to_vec(), rules.iter().map(|rule| rule.name).collect::<Vec<_>>());
    let mut world = world_in_the_middle();
    for (rule, (name, step)) in rules.iter().zip(fields) {
        for up in [true, false] {
            let moved = change(&mut world, &|set| step(set, up));
            let id = proposed(&mut world, moved);
            let tightens = rule.tighter == if up { Tighter::Up } else { Tighter::Down };
            assert_eq!(world.proposal(id).direction, if tightens { 1 } else { 2 }, "{name}, up: {up}");
            if !tightens {
                assert_rejects(&mut world, FirebreakError::ProposalTooEarly, |world| world.execute(id));
                pass(&mut world, DELAY);
            }
            let done = succeeds(&mut world, |world| world.execute(id));
            let written = |change: &firebreak_tests::Change| change.at.ends_with(&format!(".{name}"));
            assert!(done.changes.iter().any(written), "{name}: {:?}", done.changes);
            let others = |change: &&firebreak_tests::Change| {
                !written(change)
                    && !change.at.ends_with(".state")
                    && !change.at.contains("ramp_started")
                    && !change.at.ends_with("_from_bps")
            };
            assert_eq!(done.changes.iter().filter(others).count(), 0, "{name}: {:?}", done.changes);
        }
    }
}

#[test]
fn t111_every_parameter_of_an_asset_tightens_at_once_and_loosens_after_the_delay() {
    let fields = fields!(AssetParameters:
        initial_ratio_bps maintenance_ratio_bps gain_weight_bps max_age_seconds fresh_age_seconds confidence_fresh_bps
        confidence_max_bps ema_band_bps ema_seconds agreement_bps calm_variance multiplier_cap_bps variance_seconds
        notice_seconds group group_weight_bps);
    each_moves_as_its_rule_says(&ASSET_RULES, fields, |world, step| world.asset_change(0, step));
}

#[test]
fn t111_every_parameter_of_a_market_tightens_at_once_and_loosens_after_the_delay() {
    let fields = fields!(MarketConfig:
        penalty_min_bps penalty_max_bps penalty_ramp_bps_per_minute insurance_share_bps buffer_bps exit_slippage_bps
        price_band_bps taker_fee_bps liquidation_window_seconds insurance_window_seconds max_open_interest_lots
        slice_lots min_position_lots liquidation_window_lots depth_lots insurance_event_cap insurance_window_cap
        tranche_target coinsurance_share_bps fee_share_bps funding_cap_bps funding_seconds premium_seconds;
        breaker: move_bps uncertain_seconds liquidated_bps liquidated_floor_lots drawdown_bps cooldown_seconds grace_seconds);
    each_moves_as_its_rule_says(&MARKET_RULES, fields, |world, step| world.market_change(0, step));
}

#[test]
fn t111_every_parameter_of_a_bank_and_the_fund_tightens_at_once_and_loosens_after_the_delay() {
    let fields = fields!(BankParameters: deposit_cap haircut_bps discount_bps surcharge_bps;
        outflow: hourly_share_bps daily_share_bps outflow_floor small_exit);
    each_moves_as_its_rule_says(&BANK_RULES, fields, |world, step| world.bank_change(1, step));
    let fields = fields!(FundParameters: cooldown_seconds);
    each_moves_as_its_rule_says(&FUND_RULES, fields, |world, step| {
        let fund: InsuranceFund =
            firebreak_client::decode(&world.chain.account(&world.at.insurance_fund).unwrap().data).unwrap();
        let mut parameters = FundParameters::of(&fund);
        step(&mut parameters);
        Change::Fund { parameters }
    });
}
