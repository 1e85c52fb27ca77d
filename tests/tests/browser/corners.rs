//! What the random walk of `chain` does not come by: corners, each foretold by the page and carried out by the program.

use firebreak::{
    instructions::OfferTerms,
    state::{CROSS, CollateralBank},
};
use firebreak_replay::{chain::Chain, listing::DOLLAR};
use firebreak_tests::tamper::edit;
use serde_json::json;
use solana_signer::Signer;

use crate::{
    page::{big, figure},
    stage::{SOL_BANK, Stage},
};

/// A small account may take all it has while nothing else may leave, and no part of it.
#[test]
fn a_small_account_s_exit_is_foretold_while_the_bank_is_drained() {
    let mut stage = Stage::new(13);
    let small = stage.world.actor("small", 4, 500 * DOLLAR).unwrap();
    stage.traders.push(small);
    stage.world.advance(2 * 86_400).unwrap();
    let most = stage.foretell_withdrawal(0, 0, 1)["most"].as_str().unwrap().parse().unwrap();
    assert!(stage.withdraw_exactly(0, 0, most, "whale")["refusal"].is_null());
    let small = stage.traders.len() - 1;
    let foretold = stage.foretell_withdrawal(small, 0, 100 * DOLLAR);
    assert_eq!((&foretold["refusal"], &foretold["most"]), (&json!("OutflowLimited"), &figure(500 * DOLLAR)));
    assert_eq!(stage.withdraw_exactly(small, 0, 100 * DOLLAR, "small part")["refusal"], "OutflowLimited");
    assert!(stage.withdraw_exactly(small, 0, 500 * DOLLAR, "small exit")["refusal"].is_null());
}

/// With a position it is no exit: what may not leave is asked before what must stay.
#[test]
fn a_small_account_with_a_position_has_no_exit_of_its_own() {
    let mut stage = Stage::new(14);
    let small = stage.world.actor("small", 4, 500 * DOLLAR).unwrap();
    let mark = stage.world.row(0).mark;
    stage.world.trade(0, &small, &stage.house, 1, mark).unwrap();
    stage.traders.push(small);
    stage.world.advance(2 * 86_400).unwrap();
    let most = stage.foretell_withdrawal(0, 0, 1)["most"].as_str().unwrap().parse().unwrap();
    stage.withdraw_exactly(0, 0, most, "whale");
    let small = stage.traders.len() - 1;
    let margin = stage.traders[small].margin;
    let cash = stage.world.margin(&margin).header.cash;
    assert_eq!(stage.withdraw_exactly(small, 0, cash, "small")["refusal"], "OutflowLimited");
}

#[test]
fn the_time_to_top_up_after_a_market_was_closed_is_foretold() {
    let mut stage = Stage::new(15);
    let (margin, mark) = (stage.traders[4].margin, stage.world.row(0).mark);
    let lots = 2_000 * DOLLAR * 9 / mark;
    stage.world.trade(0, &stage.traders[4], &stage.house, lots, mark).unwrap();
    let trip = stage.world.at.trip_breaker(stage.world.guardian.pubkey(), 0, 4, 60, 0);
    stage.world.chain.send(&[trip], &[&stage.world.guardian]).unwrap();
    let price: u64 = stage.report(&margin)["holdings"][0]["liquidationPrice"].as_str().unwrap().parse().unwrap();
    for (seconds, refusal) in [(1, "BreakerActive"), (61, "GraceRunning"), (400, "")] {
        stage.world.advance(seconds).unwrap();
        let now = stage.now() + 1;
        stage.world.chain.set_now(now);
        stage.world.set_mark(0, price - price / 100).unwrap();
        let (place, now) = (stage.place(0), stage.now());
        let house = stage.house.margin;
        let input = json!({
            "liquidator": stage.raw(&house), "liquidatee": stage.raw(&margin), "maxLots": big(u64::MAX), "limitPrice": big(u64::MAX),
        });
        let foretold = stage.page.value("previewLiquidation", json!([place, input, big(now)]));
        let sent = stage.world.liquidate(0, &stage.house, &margin, u64::MAX, u64::MAX);
        stage.agrees("liquidate", &foretold, sent, &house);
        assert_eq!(foretold["refusal"].as_str().unwrap_or_default(), refusal, "after {seconds} seconds");
    }
}

#[test]
fn what_a_young_token_s_first_day_allows_is_foretold() {
    let mut stage = Stage::new(16);
    let (now, bank) = (stage.now(), stage.world.at.bank(SOL_BANK));
    edit::<CollateralBank, _>(&mut stage.world, &bank, |bank| (bank.listed_at, bank.first_day_cap) = (now, 1_000));
    for (amount, refusal) in [(1_001, "DepositCapExceeded"), (1_000, ""), (1, "DepositCapExceeded"), (0, "AmountZero")]
    {
        let foretold = stage.deposit_exactly(1, SOL_BANK, amount);
        assert_eq!(foretold["refusal"].as_str().unwrap_or_default(), refusal, "{amount}");
    }
}

#[test]
fn an_offer_s_sides_are_what_taking_them_whole_does_to_the_maker() {
    let mut stage = Stage::new(11);
    let (market, now) = (0, stage.now());
    for (bid, ask) in [(1_000, 2_000), (50_000, 1), (7, 30_000)] {
        let terms =
            OfferTerms { bid_lots: bid, ask_lots: ask, bid_spread_bps: 10, ask_spread_bps: 20, expires_at: now + 100 };
        for is_bid in [true, false] {
            let mut stage = Stage::new(11);
            stage.world.place_offer(market, &stage.traders[0], terms).unwrap();
            let (place, maker) = (stage.place(market), stage.traders[0].margin);
            let data = stage.raw(&maker);
            let quote = |lots: u64, bps: u32| json!({ "lots": big(lots), "spreadBps": bps });
            let input = json!({ "maker": data, "bid": quote(bid, 10), "ask": quote(ask, 20) });
            let foretold = stage.page.value("previewOffer", json!([place, input, big(now)]));
            let side = &foretold[if is_bid { "bid" } else { "ask" }];
            let (lots, limit) = if is_bid { (-(bid as i64), 1) } else { (ask as i64, u64::MAX) };
            let sent = stage.world.take_offer(market, &stage.house, &stage.traders[0], lots, limit);
            stage.agrees("offer", side, sent, &maker);
        }
    }
}

#[test]
fn an_account_of_a_delegate_s_owner_is_isolated_where_it_says_so() {
    let mut stage = Stage::new(12);
    let (now, owner) = (stage.now(), stage.traders[0].address());
    let create = stage.world.at.create_margin_account(stage.world.payer.pubkey(), owner, 1, 4, 1);
    stage.world.chain.send(&[create], &[&stage.world.payer, &stage.traders[0].key]).unwrap();
    let isolated = stage.world.at.margin_account(&owner, 1);
    assert_ne!(stage.world.margin(&isolated).header.isolated_market, CROSS);
    stage.offer(0);
    let offer = stage.world.offer_address(&stage.house, 0);
    let (place, house) = (stage.place(0), stage.house.margin);
    let input = json!({
        "taker": stage.raw(&isolated), "maker": stage.raw(&house), "offer": stage.raw(&offer), "lots": big(1), "limitPrice": big(u64::MAX),
    });
    let foretold = stage.page.value("previewTake", json!([place, input, big(now)]));
    let take = stage.world.at.take_offer(0, owner, isolated, house, 1, u64::MAX);
    let sent = stage.world.chain.send(&[take], &[&stage.traders[0].key]);
    stage.agrees("isolated", &foretold, sent, &isolated);
    assert_eq!(foretold["refusal"], "AccountIsolated");
}
