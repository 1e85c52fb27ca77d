//! `execute_proposal`, and the proposals that set-up instructions use up.

use crate::{
    breakers::{GLOBAL, trip},
    propose::{DELAY, pass, proposed, sealed_world},
    scene::*,
};
use firebreak::{
    event::{AssetAdded, ProposalExecuted},
    governance::{Change, FundParameters},
    state::EXECUTION_SECONDS,
};
use firebreak_replay::pyth;

/// The event of a proposal that was executed.
fn executed(world: &mut Bank, id: u64, by: Address) -> ProposalExecuted {
    let proposal = world.proposal(id);
    ProposalExecuted {
        clearinghouse: world.at.clearinghouse,
        by,
        id,
        before: proposal.before,
        change: proposal.change,
        direction: proposal.direction,
        reserved: [0; 7],
    }
}

#[test]
fn a_tightening_takes_effect_at_once_and_changes_nothing_else() {
    let mut world = sealed_world();
    let tighter = world.market_change(1, |market| market.price_band_bps = 150);
    let id = proposed(&mut world, tighter);

    let step = succeeds(&mut world, |world| world.execute(id));

    let event = executed(&mut world, id, authority().pubkey());
    step.changes_only([change("market 1.price_band_bps", 200, 150), change("proposal 0.state", 0, 1)]).emits([&event]);
}

#[test]
fn rejects_a_loosening_until_the_second_it_is_due() {
    let mut world = sealed_world();
    let looser = world.market_change(1, |market| market.price_band_bps = 240);
    let id = proposed(&mut world, looser);
    for now in [NOW, NOW + DELAY - 1] {
        world.chain.set_now(now);
        assert_rejects(&mut world, FirebreakError::ProposalTooEarly, |world| world.execute(id));
    }
    world.chain.set_now(NOW + DELAY);

    let step = succeeds(&mut world, |world| world.execute(id));

    step.changes_only([change("market 1.price_band_bps", 200, 240), change("proposal 0.state", 0, 1)]);
    assert_rejects(&mut world, FirebreakError::ProposalClosed, |world| world.execute(id));
}

#[test]
fn rejects_what_has_expired() {
    let mut world = sealed_world();
    let looser = world.market_change(1, |market| market.price_band_bps = 240);
    let ids = [proposed(&mut world, looser), proposed(&mut world, looser)];
    pass(&mut world, DELAY + EXECUTION_SECONDS);
    assert_rejects(&mut world, FirebreakError::ProposalExpired, |world| world.execute(ids[0]));
    pass(&mut world, -1);
    world.execute(ids[1]).unwrap();
}

/// One step per delay: what was proposed beside it is void once one of them took effect.
#[test]
fn rejects_what_was_made_against_other_parameters() {
    let mut world = sealed_world();
    let looser = world.asset_change(0, |asset| asset.initial_ratio_bps = 900);
    let other = world.asset_change(0, |asset| asset.gain_weight_bps = 9_000);
    let elsewhere = world.asset_change(1, |asset| asset.initial_ratio_bps = 900);
    let ids = [looser, other, elsewhere].map(|change| proposed(&mut world, change));
    pass(&mut world, DELAY);
    world.execute(ids[0]).unwrap();
    assert_rejects(&mut world, FirebreakError::ProposalVoid, |world| world.execute(ids[1]));
    world.execute(ids[2]).unwrap();
}

/// Consistent when it was proposed; its market was tightened since.
#[test]
fn rejects_a_set_that_no_longer_fits_what_depends_on_it() {
    let mut world = sealed_world();
    let lower = world.asset_change(0, |asset| asset.maintenance_ratio_bps = 450);
    let id = proposed(&mut world, lower);
    let higher = world.market_change(0, |market| market.exit_slippage_bps = 170);
    let tightening = proposed(&mut world, higher);
    world.execute(tightening).unwrap();
    pass(&mut world, DELAY);
    world.execute(id).unwrap();

    let lower = world.asset_change(0, |asset| asset.maintenance_ratio_bps = 430);
    let id = proposed(&mut world, lower);
    let wider = world.market_change(0, |market| market.penalty_max_bps = 275);
    let waiting = proposed(&mut world, wider);
    pass(&mut world, DELAY);
    world.execute(waiting).unwrap();
    assert_rejects(&mut world, FirebreakError::PenaltyExceedsMaintenance, |world| world.execute(id));
}

#[test]
fn rejects_an_execution_by_anybody_else() {
    let mut world = sealed_world();
    let tighter = world.market_change(0, |market| market.price_band_bps = 150);
    let id = proposed(&mut world, tighter);
    for key in [guardian(), payer()] {
        let execute = world.at.execute_proposal(id, key.pubkey(), &tighter);
        assert_rejects(&mut world, FirebreakError::SignerNotAuthority, |world| send(world, execute, &[&key]));
    }
    world.execute(id).unwrap();
}

#[test]
fn rejects_a_target_that_is_not_the_proposal_s() {
    let mut world = sealed_world();
    let theirs = other_clearinghouse(&mut world);
    let tighter = world.market_change(0, |market| market.price_band_bps = 150);
    let id = proposed(&mut world, tighter);
    let own = world.at.execute_proposal(id, authority().pubkey(), &tighter);
    for (from, to) in [
        (world.at.market(0), world.at.market(1)),
        (world.at.market(0), theirs.market(0)),
        (world.at.board, theirs.board),
        (world.at.clearinghouse, theirs.clearinghouse),
    ] {
        let foreign = swapped(own.clone(), from, to);
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| {
            send(world, foreign, &[&authority()])
        });
    }
    world.execute(id).unwrap();
}

// ---- roles ------------------------------------------------------------------------------------------------------

#[test]
fn a_role_goes_to_a_key_that_signs_after_the_delay() {
    let heir = keypair("heir");
    for (make, field, old) in [
        (Change::Authority { key: heir.pubkey() }, "clearinghouse.authority", authority().pubkey()),
        (Change::Guardian { key: heir.pubkey() }, "clearinghouse.guardian", guardian().pubkey()),
    ] {
        let mut world = sealed_world();
        let id = proposed(&mut world, make);
        let execute = world.at.execute_proposal(id, heir.pubkey(), &make);
        assert_rejects(&mut world, FirebreakError::ProposalTooEarly, |world| {
            world.chain.send(std::slice::from_ref(&execute), &[&payer(), &heir])
        });
        pass(&mut world, DELAY);

        let step = succeeds(&mut world, |world| world.chain.send(&[execute], &[&payer(), &heir]));

        step.changes_only([change(field, old, heir.pubkey()), change("proposal 0.state", 0, 1)]);
    }
}

#[test]
fn rejects_a_transfer_that_the_successor_does_not_sign() {
    let mut world = sealed_world();
    let heir = keypair("heir");
    let transfer = Change::Authority { key: heir.pubkey() };
    let id = proposed(&mut world, transfer);
    pass(&mut world, DELAY);
    for key in [authority(), guardian()] {
        let execute = world.at.execute_proposal(id, key.pubkey(), &transfer);
        assert_rejects(&mut world, FirebreakError::SignerNotSuccessor, |world| send(world, execute, &[&key]));
    }
    let execute = world.at.execute_proposal(id, heir.pubkey(), &transfer);
    world.chain.send(&[execute], &[&payer(), &heir]).unwrap();
}

#[test]
fn rejects_roles_that_would_be_one_key_or_nobody_s() {
    let mut world = sealed_world();
    for key in [authority().pubkey(), guardian().pubkey(), Address::default()] {
        for change in [Change::Authority { key }, Change::Guardian { key }] {
            assert_rejects(&mut world, FirebreakError::KeysNotDistinct, |world| world.propose(change));
        }
    }
    // Distinct when proposed, one key when executed: void, since the roles changed.
    let key = keypair("heir").pubkey();
    let ids = [Change::Authority { key }, Change::Guardian { key }].map(|change| proposed(&mut world, change));
    pass(&mut world, DELAY);
    let execute = |world: &mut Bank, id: u64| {
        let change = world.proposed(id);
        let execute = world.at.execute_proposal(id, key, &change);
        world.chain.send(&[execute], &[&payer(), &keypair("heir")])
    };
    execute(&mut world, ids[0]).unwrap();
    assert_rejects(&mut world, FirebreakError::ProposalVoid, |world| execute(world, ids[1]));
}

// ---- set-up by proposal -----------------------------------------------------------------------------------------

#[test]
fn a_listing_waits_and_uses_its_proposal_up() {
    let mut world = sealed_world();
    let config = listing::listing("WIF", 0).asset;
    let id = proposed(&mut world, Change::AddAsset { config });
    let add = world.at.add_asset(payer().pubkey(), authority().pubkey(), config);
    let add = world.at.under_proposal(id, add);
    let list = |world: &mut Bank| world.chain.send(std::slice::from_ref(&add), &[&payer(), &authority()]);
    assert_rejects(&mut world, FirebreakError::ProposalTooEarly, list);
    pass(&mut world, DELAY);

    let step = succeeds(&mut world, list);

    let by = authority().pubkey();
    let event = executed(&mut world, id, by);
    step.emits([
        &event,
        &AssetAdded {
            clearinghouse: world.at.clearinghouse,
            feed: config.feed,
            symbol: config.symbol,
            index: 3,
            feed_kind: 1,
            reserved: [0; 6],
        },
    ]);
    assert_eq!(world.board().rows.len(), 4);
    assert_rejects(&mut world, FirebreakError::ProposalClosed, list);
}

#[test]
fn rejects_a_set_up_instruction_that_is_not_what_was_proposed() {
    let mut world = sealed_world();
    let config = listing::listing("WIF", 0).asset;
    let id = proposed(&mut world, Change::AddAsset { config });
    pass(&mut world, DELAY);
    let add = |world: &mut Bank, config| {
        let add = world.at.add_asset(payer().pubkey(), authority().pubkey(), config);
        let add = world.at.under_proposal(id, add);
        world.chain.send(&[add], &[&payer(), &authority()])
    };
    let mut other = config;
    other.maintenance_ratio_bps -= 1;
    assert_rejects(&mut world, FirebreakError::ProposalMismatch, |world| add(world, other));
    // Nor is a listing carried out by `execute_proposal`.
    assert_rejects(&mut world, FirebreakError::ProposalMismatch, |world| world.execute(id));
    add(&mut world, config).unwrap();
}

#[test]
fn a_market_a_bank_price_programs_and_a_reset_by_proposal() {
    let mut world = world();
    let asset = world.at.add_asset(payer().pubkey(), authority().pubkey(), listing::listing("WIF", 0).asset);
    world.chain.send(&[asset], &[&payer(), &authority()]).unwrap();
    let mint = keypair("a mint");
    world.create_mint(&mint, 9).unwrap();
    seal(&mut world);
    trip(&mut world, &authority(), GLOBAL, 1, 7 * 86_400).unwrap();
    let (from, by, at) = (payer().pubkey(), authority().pubkey(), world.at);
    let market = listing::listing("WIF", 0).market;
    let mut programs = listing::clearinghouse_config(guardian().pubkey()).price_programs;
    programs.receivers[1] = pyth::LEGACY_PROGRAM;
    let (mint, config) = (mint.pubkey(), bank_config());
    for (change, call) in [
        (Change::AddMarket { index: 3, config: market }, at.add_market(from, by, 3, market)),
        (
            Change::AddCollateralBank { index: 1, mint, config },
            at.add_collateral_bank(from, by, mint, world.token_program, 1, config),
        ),
        (Change::SetPricePrograms { programs }, at.set_price_programs(by, programs)),
        (Change::ResetBreaker { market: GLOBAL }, at.reset_breaker(by, GLOBAL)),
    ] {
        let id = proposed(&mut world, change);
        let call = at.under_proposal(id, call);
        let send = |world: &mut Bank| world.chain.send(std::slice::from_ref(&call), &[&payer(), &authority()]);
        assert_rejects(&mut world, FirebreakError::ProposalTooEarly, send);
        world.chain.set_now(NOW + DELAY);
        send(&mut world).unwrap();
        world.chain.set_now(NOW);
    }
    assert_eq!(world.row(3).has_market, 1);
    assert_eq!(world.board().header.receivers[1], pyth::LEGACY_PROGRAM);
    let bank = world.bank(1);
    assert_eq!((bank.listed_at, bank.first_day_cap), (NOW + DELAY, 4_096 * 10_000_000));
}

#[test]
fn the_fund_s_cool_down_changes_for_those_who_ask_afterwards() {
    let mut world = sealed_world();
    let parameters = FundParameters { cooldown_seconds: 20 * 86_400 };
    let id = proposed(&mut world, Change::Fund { parameters });
    pass(&mut world, DELAY);

    let step = succeeds(&mut world, |world| world.execute(id));

    step.changes_only([
        change("insurance fund.cooldown_seconds", 14 * 86_400, 20 * 86_400),
        change("proposal 0.state", 0, 1),
    ]);
}
