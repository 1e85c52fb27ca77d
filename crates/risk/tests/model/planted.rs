//! What the model is for: each mistake is found, and by the check that should find it.

use risk::OraclePrice;

use crate::{
    engine::{Bug, Engine},
    lockstep::{Lockstep, Violation},
    operation::{COOLDOWN_SECONDS, MARKETS, Operation},
};

/// The mistake, and how what finds it begins.
const PLANTED: [(Bug, &str); 72] = [
    (Bug::ConcentrationIgnored, "valuation"),
    (Bug::SurchargeForgotten, "valuation"),
    (Bug::WholeStressOffset, "valuation"),
    (Bug::AddOnForgotten, "valuation"),
    (Bug::OffsetNotLost, "law: after"),
    (Bug::LossPaidPlusOne, "balance: cash"),
    (Bug::LossLeavesCash, "I-01 vault of the engine"),
    (Bug::ProfitNotFromPool, "I-01 vault of the engine"),
    (Bug::FeeRoundedDown, "balance: cash"),
    (Bug::FeeClaimForgotten, "I-01 market of the engine"),
    (Bug::LiquidatorTradesAtMark, "I-01 market of the engine"),
    (Bug::InsuranceFeeVanishes, "I-01 vault of the engine"),
    (Bug::SliceIgnored, "law: at most the slice and the window"),
    (Bug::OpenInterestForgotten, "I-03 of the engine"),
    (Bug::TrancheNotDebited, "I-01 vault of the engine"),
    (Bug::InsurancePaysWithoutDeficit, "answer: Ok"),
    (Bug::WithdrawalOnGains, "answer: Ok"),
    (Bug::GainAtMark, "balance: cash"),
    (Bug::StalePriceTraded, "answer: Ok"),
    (Bug::OtherMarketPays, "balance: cash"),
    (Bug::BankruptSettles, "balance: cash"),
    (Bug::GainBelowMaintenanceAtWorsePrice, "balance: cash"),
    (Bug::DeficitOfOtherMarket, "law: carry takes what was closed and charged"),
    (Bug::CoinsuranceIgnored, "law: carry takes what was closed and charged"),
    (Bug::WindowIgnored, "law: carry takes what was closed and charged"),
    (Bug::TrancheSparedByLiquidation, "answer: Ok"),
    (Bug::BankruptKeepsCash, "balance: cash"),
    (Bug::MarketBearsTwice, "balance: shared out"),
    (Bug::PartOfDeficitRoundedDown, "balance: entry"),
    (Bug::LotsLeaveTheirDeficit, "answer: Ok"),
    (Bug::LeavesLossBehind, "answer: Ok"),
    (Bug::ReopensAtOnce, "answer: Ok"),
    (Bug::OwnLotsSettledUnfresh, "law: own lots are settled on a fresh price only"),
    (Bug::TrancheSparesOwnLoss, "balance: pool"),
    (Bug::CollateralIgnoredInBankruptcy, "answer: Ok"),
    (Bug::ChargeOnWrongSide, "law: carry takes what was closed and charged"),
    (Bug::ChargeHalved, "law: carry takes what was closed and charged"),
    (Bug::ChargeDoubled, "law: carry takes what was closed and charged"),
    (Bug::ClosesOneLotMore, "law: carry takes what was closed and charged"),
    (Bug::OwedNotRaised, "touch: a side is never counted for more than it holds"),
    (Bug::LeftBehindNotChecked, "answer: Ok"),
    (Bug::LastEpochForgotten, "touch: a touch costs what it must"),
    (Bug::ScaleRoundedUp, "touch: a touch costs what it must"),
    (Bug::ChargeIndexRoundedDown, "touch: the charge is not below what was charged"),
    (Bug::EpochNotEnded, "touch: a touch leaves no more lots than are left"),
    (Bug::EventCarryForgotten, "law: carry takes what was closed and charged"),
    (Bug::ValuedUntouched, "valuation"),
    (Bug::StampKept, "touch: a position that is up to date is as it was left"),
    (Bug::TouchChargeRoundedDown, "balance: entry"),
    (Bug::OwedNotReduced, "touch: a side is counted for what it holds"),
    (Bug::CarryForgotten, "I-01 market of the engine"),
    (Bug::DustWithoutFraction, "I-01 market of the engine"),
    (Bug::StakePaysAll, "balance: fund assets"),
    (Bug::SharesRoundedUp, "balance: stake"),
    (Bug::PayoutAtHigherValue, "answer: Err"),
    (Bug::LeavesEarly, "answer: Ok"),
    (Bug::LeavesAheadOfDeficit, "answer: Ok"),
    (Bug::EntersUnswept, "answer: Ok"),
    (Bug::DustSettlesUnowed, "law: the market's own loss"),
    (Bug::DeployedForgotten, "balance: fund deployed"),
    (Bug::RefillWindowIgnored, "balance: tranche"),
    (Bug::RecallWindowIgnored, "balance: tranche"),
    (Bug::RecallsAfterDeficit, "balance: tranche"),
    (Bug::RecallNotBooked, "balance: refilled"),
    (Bug::PartOfExitForgotten, "balance: leaving"),
    (Bug::FeesAllKept, "balance: tranche"),
    (Bug::HaircutForgotten, "valuation"),
    (Bug::CollateralAtMark, "valuation"),
    (Bug::FullDiscountForHealthy, "law: the price is mark less the discount, rounded up"),
    (Bug::SoldAtMark, "law: the price is mark less the discount, rounded up"),
    (Bug::StaleCollateralCounts, "answer: Ok"),
    (Bug::BuyerPaysLess, "law: the price is mark less the discount, rounded up"),
];

/// A fund that loses everything: the whole stake stands in one tranche when a deficit takes it.
fn lose_the_fund(lockstep: &mut Lockstep) -> Result<(), Violation> {
    let sweeps = || (0..MARKETS).map(|market| Operation::Sweep { market });
    let publish = |engine: &Engine, percent: i64, pause: i64| {
        let (price, publish_time) = (engine.price(0) / 100 * percent, engine.now + pause);
        let reading = OraclePrice { price, confidence: 0, exponent: -8, publish_time };
        Operation::Publish { market: 0, reading, pause }
    };
    let stake = |staker| Operation::Stake { staker, amount: 10_000_000 };
    for operation in sweeps().chain([stake(0), Operation::RequestUnstake { staker: 0, shares: 5_000_000_000 }]) {
        lockstep.apply(operation)?;
    }
    // The market's fees go first, so that nothing comes after the loss.
    for operation in [
        Operation::Deposit { account: 2, amount: 100_700_000 },
        Operation::Deposit { account: 3, amount: 200_000_000 },
        Operation::Trade { buyer: 2, seller: 3, market: 0, lots: 1_000, price: 1_000_000 },
        Operation::Sweep { market: 0 },
    ] {
        lockstep.apply(operation)?;
    }
    let crash = publish(&lockstep.engine, 70, 1);
    for operation in [crash, Operation::AutoDeleverage { account: 2, market: 0 }] {
        lockstep.apply(operation)?;
    }
    lockstep.apply(Operation::Wait { seconds: COOLDOWN_SECONDS })?;
    let recovery = publish(&lockstep.engine, 100, 1);
    for operation in [recovery].into_iter().chain(sweeps()) {
        lockstep.apply(operation)?;
    }
    assert_eq!(lockstep.engine.fund.total(), 0, "nothing is left");
    // Another owner begins anew; the one before has nothing to take, and starts again as well.
    for operation in [stake(1), Operation::Unstake { staker: 0, passed: [true; MARKETS] }, stake(0)] {
        lockstep.apply(operation)?;
    }
    Ok(())
}

#[test]
fn t73_shares_of_a_fund_that_lost_everything_are_worthless_and_the_next_stake_begins_anew() {
    let mut lockstep = Lockstep::empty(0, Bug::None);
    if let Err(violation) = lose_the_fund(&mut lockstep) {
        panic!("{violation:?}");
    }
    assert!(lockstep.reached.contains(&("fund: all is lost", 1)), "{:?}", lockstep.reached);
    assert!(lockstep.reached.contains(&("fund: a stake of an older epoch starts again", 3)), "{:?}", lockstep.reached);
    let found = lose_the_fund(&mut Lockstep::empty(0, Bug::OldEpochPaid)).map_err(|violation| violation.found);
    assert!(found.as_ref().is_err_and(|found| found.starts_with("answer: Ok")), "{found:?}");
}

/// Planted bugs of every part, each in the adapter that applies the risk crate's plans.
#[test]
fn i01_planted_bugs_are_found() {
    for (bug, found_by) in PLANTED {
        let mut found =
            (0..24).filter_map(|seed| Lockstep::new(seed, bug).run(20_000).err().map(|violation| violation.found));
        assert!(found.any(|found| found.starts_with(found_by)), "{bug:?} was not found by \"{found_by}\"");
    }
}
