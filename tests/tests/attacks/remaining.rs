//! T21 to T27: accounts that follow the named ones. A valuation reads every price from one board, so that no oracle, market or leg
//! can be left out of it; what is left are the lists of `refresh_prices`, `settle`, `stake` and `unstake`.

use crate::{
    crisis::{actors, equity, stake_of},
    feeds::{DUO, MIXED, PAR, list_duo},
    matrix::cases::theatre,
    stage::{
        SOL, START, Sent, Stage, accepts, add_second_clearinghouse, assert_sound, cash, move_mark, rejects,
        rejects_somehow, send, snapshot, stage,
    },
};
use firebreak_client::FirebreakError;
use firebreak_replay::{chain::Chain, listing::DOLLAR, pyth::Feed, world::Actor};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

/// Accounts that one instruction can name.
const MOST: usize = 255;

/// The instruction, with these accounts behind its own.
fn followed_by(instruction: &Instruction, more: impl IntoIterator<Item = AccountMeta>) -> Instruction {
    let mut instruction = instruction.clone();
    instruction.accounts.extend(more);
    instruction
}

/// As many of one account as there is place for.
fn filled(instruction: &Instruction, with: AccountMeta) -> Instruction {
    followed_by(instruction, vec![with; MOST - instruction.accounts.len()])
}

/// What all accounts are after an instruction, on a copy of the chain.
fn outcome(world: &mut Stage, instruction: &Instruction) -> (Sent, impl PartialEq + use<>) {
    let saved = world.chain.svm.clone();
    let sent = send(world, std::slice::from_ref(instruction));
    let left = snapshot(&world.chain.svm);
    world.chain.svm = saved;
    (sent, left)
}

/// Nothing that follows is looked at where an instruction has no list: neither more of its own accounts, nor other valid ones, nor 255.
#[test]
fn t24_t25_extra_accounts_change_nothing_where_no_list_is_read() {
    let (mut world, cast, cases) = theatre();
    let state = |label: &str| cast.states.iter().find(|(name, _)| name == label).expect("it is on stage").1;
    let extras = [
        vec![AccountMeta::new(state("market 1"), false)],
        vec![AccountMeta::new(state("bob's account"), false), AccountMeta::new_readonly(state("board"), false)],
        cast.states.iter().take(20).map(|(_, address)| AccountMeta::new_readonly(*address, false)).collect(),
    ];
    let mut tried = 0;
    for case in &cases {
        // The last seven may find a proposal there.
        const WITH_A_LIST: [&str; 11] = [
            "refresh_prices",
            "settle",
            "stake",
            "unstake",
            "add_asset",
            "add_market",
            "add_collateral_bank",
            "set_price_programs",
            "reset_breaker",
            "propose",
            "execute_proposal",
        ];
        if WITH_A_LIST.contains(&case.name) {
            continue;
        }
        let (sent, right) = outcome(&mut world, &case.instruction);
        sent.unwrap_or_else(|refusal| panic!("{}: the positive control was refused: {refusal}", case.name));
        let own = case.instruction.accounts.last().expect("every instruction names accounts").clone();
        let mut attacks: Vec<_> = extras.iter().map(|more| followed_by(&case.instruction, more.clone())).collect();
        attacks.push(followed_by(&case.instruction, [own]));
        attacks.push(filled(&case.instruction, AccountMeta::new_readonly(state("market 1"), false)));
        for (index, attack) in attacks.iter().enumerate() {
            let (sent, left) = outcome(&mut world, attack);
            assert!(sent.is_ok(), "{}, {index}: {:?}", case.name, sent.err());
            assert!(left == right, "{}, {index}: what follows changed the outcome", case.name);
            tried += 1;
        }
    }
    assert!(tried >= 100, "{tried}");
}

/// Three assets, one of them with two feeds: each account in its place and none else.
#[test]
fn t21_t26_refresh_prices_takes_every_oracle_in_its_place_and_no_other() {
    let mut world = stage();
    list_duo(&mut world, MIXED[0]);
    world.chain.set_now(START + 10);
    for (asset, mark) in [(0, SOL), (1, 1_200_000), (DUO, PAR)] {
        world.publish_mark(asset, mark);
    }
    let named: Vec<(u8, Address)> = [0, DUO, 1]
        .into_iter()
        .flat_map(|asset| Feed::of(&world.row(asset)).map(move |feed| (asset, feed.address())).collect::<Vec<_>>())
        .collect();
    let [sol, primary, secondary, btc] = [0, 1, 2, 3].map(|index| named[index].1);
    let right = world.at.refresh_prices(&named);
    accepts(&mut world, std::slice::from_ref(&right));
    let with = |accounts: &[Address]| {
        let mut wrong = right.clone();
        wrong.accounts.truncate(1);
        followed_by(&wrong, accounts.iter().map(|account| AccountMeta::new_readonly(*account, false)))
    };
    use FirebreakError::{PriceAccountOwner, PriceAccountsMismatch, PriceFeedMismatch};
    let too_many = |account| [&[sol, primary, secondary, btc][..], &vec![account; MOST - 5]].concat();
    let cases: Vec<(FirebreakError, Vec<Address>)> = vec![
        // T21: one left out, from the end, or so that others move up.
        (PriceAccountsMismatch, vec![sol, primary, secondary]),
        (PriceFeedMismatch, vec![primary, secondary, btc]),
        (PriceAccountOwner, vec![sol, secondary, btc]),
        (PriceAccountOwner, vec![sol, primary, btc]),
        // T23: another order, of assets and of one asset's two.
        (PriceAccountOwner, vec![sol, secondary, primary, btc]),
        (PriceFeedMismatch, vec![btc, primary, secondary, sol]),
        (PriceFeedMismatch, vec![primary, sol, secondary, btc]),
        // T24: one more, of anything.
        (PriceAccountsMismatch, vec![sol, primary, secondary, btc, btc]),
        (PriceAccountsMismatch, vec![sol, primary, secondary, btc, world.at.market(0)]),
        // T25: none, and as many as there may be.
        (PriceAccountsMismatch, vec![]),
        (PriceAccountsMismatch, too_many(btc)),
        // T26: another valid feed instead.
        (PriceFeedMismatch, vec![btc, primary, secondary, btc]),
        (PriceFeedMismatch, vec![sol, sol, secondary, btc]),
        (PriceAccountOwner, vec![sol, primary, sol, btc]),
    ];
    for (cause, accounts) in cases {
        rejects(&mut world, cause, &[with(&accounts)]);
    }
    // The list of assets is part of it: none, one twice, one that is not listed.
    for (cause, assets) in [(PriceAccountsMismatch, vec![]), (PriceAccountsMismatch, vec![(0, sol), (0, sol)])] {
        let wrong = world.at.refresh_prices(&assets);
        rejects(&mut world, cause, &[wrong]);
    }
    for asset in [63, 64, 200, 255] {
        let wrong = world.at.refresh_prices(&[(0, sol), (asset, btc)]);
        rejects(&mut world, FirebreakError::AssetMissing, &[wrong]);
    }
}

/// Alice and Carol lose 60 and 40 dollars to Bob in SOL; Alice's ETH is far above.
fn after_a_fall() -> (Stage, [Actor; 4]) {
    let mut world = stage();
    let [alice, bob, carol, dave] =
        actors(&mut world, [("alice", 2_000), ("bob", 2_000), ("carol", 2_000), ("dave", 2_000)]);
    world.trade(0, &alice, &bob, 600, SOL).unwrap();
    world.trade(0, &carol, &bob, 400, SOL).unwrap();
    world.trade(2, &alice, &dave, 100, 4_000_000).unwrap();
    move_mark(&mut world, 0, SOL - 100_000);
    move_mark(&mut world, 2, 4_100_000);
    (world, [alice, bob, carol, dave])
}

/// T21 to T26 on `settle`: whoever is left out is settled another time, whoever is named twice once; nobody is settled in a market by
/// passing another's account, and no order gives more to all together.
#[test]
fn t21_t26_settle_moves_what_each_named_account_owes_once_and_nothing_else() {
    let (mut world, [alice, bob, carol, dave]) = after_a_fall();
    let people = [&alice, &bob, &carol, &dave];
    let at = world.at;
    let all = at.settle(0, &[alice.margin, bob.margin, carol.margin]);
    accepts(&mut world, std::slice::from_ref(&all));
    let before = people.map(|actor| cash(&mut world, actor));

    // Of each list: what Alice, Bob and Carol gain or lose; 10 of 60 dollars are the average's, not yet Bob's.
    let margins = [alice.margin, bob.margin, carol.margin, dave.margin];
    let lists: [(&[usize], [bool; 3]); 7] = [
        (&[0], [true, false, false]),
        (&[2], [false, false, true]),
        (&[0, 0, 0], [true, false, false]),
        (&[0, 1, 2], [true, true, true]),
        (&[2, 1, 0], [true, true, true]),
        (&[1, 0, 2], [true, false, true]),
        (&[3, 0, 3], [true, false, false]),
    ];
    for (list, moves) in lists {
        let settle = at.settle(0, &list.iter().map(|who| margins[*who]).collect::<Vec<_>>());
        let saved = world.chain.svm.clone();
        send(&mut world, &[settle]).unwrap();
        let after = people.map(|actor| cash(&mut world, actor));
        assert_eq!(before[0] - after[0], if moves[0] { 60 * DOLLAR } else { 0 }, "{list:?}");
        assert_eq!(before[2] - after[2], if moves[2] { 40 * DOLLAR } else { 0 }, "{list:?}");
        assert_eq!(after[1] > before[1], moves[1], "{list:?}");
        let pool = world.market(0).pool;
        assert_eq!(before.iter().sum::<u64>(), after.iter().sum::<u64>() + pool, "{list:?}");
        assert_eq!(after[3], before[3], "{list:?}");
        assert_sound(&mut world);
        world.chain.svm = saved;
    }
    // T25: none, and as many as there may be.
    let none = at.settle(0, &[]);
    rejects(&mut world, FirebreakError::NothingToSettle, std::slice::from_ref(&none));
    let (sent, once) = outcome(&mut world, &at.settle(0, &[alice.margin]));
    sent.unwrap();
    let (sent, often) = outcome(&mut world, &filled(&none, AccountMeta::new(alice.margin, false)));
    sent.unwrap();
    assert!(once == often, "an account named 252 times is settled once");
    // T26: in the market of another leg, and with that market where an account belongs.
    let elsewhere = at.settle(1, &[alice.margin]);
    rejects(&mut world, FirebreakError::NothingToSettle, &[elsewhere]);
    for wrong in [at.market(2), at.market(0), at.board, at.breaker, at.quote_bank] {
        rejects_somehow(&mut world, &[followed_by(&all, [AccountMeta::new(wrong, false)])]);
    }
    rejects_somehow(&mut world, &[followed_by(&all, [AccountMeta::new_readonly(dave.margin, false)])]);
}

/// T22: settling the leg that gains, and leaving the one that loses, makes nobody richer: a withdrawal counts both.
#[test]
fn t22_settling_only_the_winning_leg_frees_nothing_that_the_losing_one_needs() {
    let (mut world, [alice, _, carol, dave]) = after_a_fall();
    world.advance(300).unwrap();
    let withdraw =
        |world: &Stage, amount| world.at.withdraw(0, alice.address(), alice.margin, world.quote(alice.tokens), amount);
    let held = equity(&mut world, &alice);
    let most = {
        let (mut low, mut high) = (0, 3_000 * DOLLAR);
        while high - low > 1 {
            let middle = low.midpoint(high);
            let attempt = withdraw(&world, middle);
            let is_possible = outcome(&mut world, &attempt).0.is_ok();
            if is_possible { low = middle } else { high = middle }
        }
        low
    };
    assert!(most > 0, "positive control: something may leave");
    // Dave pays his loss into ETH's pool, and Alice takes her gain out of it.
    let before = cash(&mut world, &alice);
    for margin in [dave.margin, alice.margin] {
        let settle = world.at.settle(2, &[margin]);
        send(&mut world, &[settle]).unwrap();
    }
    let gain = cash(&mut world, &alice) - before;
    assert!(gain > 4 * DOLLAR, "{gain}");
    assert_eq!(equity(&mut world, &alice), held, "settling is not worth anything");
    let gained = withdraw(&world, most + gain);
    accepts(&mut world, &[gained]);
    // What became cash, and no atom more: the loss in SOL still counts, settled or not.
    let more = withdraw(&world, most + gain + 1);
    rejects(&mut world, FirebreakError::MarginInsufficient, std::slice::from_ref(&more));
    let settle = world.at.settle(0, &[alice.margin, carol.margin]);
    send(&mut world, &[settle]).unwrap();
    rejects(&mut world, FirebreakError::MarginInsufficient, &[more]);
}

/// T27: a leg that rescues cannot be left out of a liquidation, nor one that ruins be left out of the liquidatee's defence.
#[test]
fn t27_no_list_makes_a_healthy_account_liquidatable_or_an_unhealthy_one_safe() {
    let mut world = stage();
    let [victim, other, keeper] = actors(&mut world, [("victim", 1_000), ("other", 20_000), ("keeper", 20_000)]);
    world.trade(0, &victim, &other, 5_000, SOL).unwrap();
    world.trade(2, &victim, &other, 250, 4_000_000).unwrap();
    // SOL alone would ruin it: 750 of 1,000 dollars are lost. ETH brings 500.
    move_mark(&mut world, 2, 6_000_000);
    move_mark(&mut world, 0, SOL - 150_000);
    let at = world.at;
    let liquidate = |market| at.liquidate(market, keeper.address(), keeper.margin, victim.margin, u64::MAX, u64::MAX);
    let accounts = |addresses: &[Address]| -> Vec<AccountMeta> {
        addresses.iter().map(|address| AccountMeta::new(*address, false)).collect()
    };
    let lists = [
        vec![],
        accounts(&[at.market(0)]),
        accounts(&[at.market(1), at.market(2)]),
        accounts(&[at.market(2), other.margin, at.quote_bank]),
    ];
    for market in [0, 2] {
        for list in &lists {
            rejects(&mut world, FirebreakError::AccountHealthy, &[followed_by(&liquidate(market), list.clone())]);
        }
        rejects(
            &mut world,
            FirebreakError::AccountHealthy,
            &[filled(&liquidate(market), AccountMeta::new(at.market(1), false))],
        );
    }
    // Without ETH's gain it is below maintenance: the same transactions pass, each to the same end.
    move_mark(&mut world, 2, 4_000_000);
    for market in [0, 2] {
        let (sent, right) = outcome(&mut world, &liquidate(market));
        sent.unwrap();
        for list in &lists {
            let (sent, left) = outcome(&mut world, &followed_by(&liquidate(market), list.clone()));
            sent.unwrap();
            assert!(left == right);
        }
    }
}

/// T21 to T26 on `stake` and `unstake`: every market, in order, once, of this clearinghouse, and nothing else.
#[test]
fn t21_t26_stakers_show_every_market_in_its_place_and_no_other() {
    let mut world = stage();
    let theirs = add_second_clearinghouse(&mut world);
    let [staker] = actors(&mut world, [("staker", 10)]);
    world.mint_to(&solana_signer::Signer::pubkey(&world.mint), &staker.tokens, 1_000 * DOLLAR).unwrap();
    world.stake(&staker, 500 * DOLLAR).unwrap();
    let shares = stake_of(&mut world, &staker).shares;
    world.request_unstake(&staker, shares).unwrap();
    world.advance(14 * 86_400).unwrap();
    world.sweep_all().unwrap();
    let at = world.at;
    let payer = solana_signer::Signer::pubkey(&world.payer);
    let instructions = |world: &Stage, markets: &[u8]| {
        let quote = world.quote(staker.tokens);
        [
            at.stake_insurance(payer, staker.address(), quote, DOLLAR, markets),
            at.unstake(staker.address(), world.quote(staker.tokens), markets),
        ]
    };
    for (index, right) in instructions(&world, &[0, 1, 2]).into_iter().enumerate() {
        accepts(&mut world, std::slice::from_ref(&right));
        let lists: [&[u8]; 12] = [
            &[],
            &[0],
            &[0, 1],
            &[0, 2],
            &[1, 2],
            &[1, 0, 2],
            &[0, 2, 1],
            &[2, 1, 0],
            &[0, 0, 1, 2],
            &[0, 1, 1, 2],
            &[0, 1, 2, 2],
            &[1, 1, 1],
        ];
        for list in lists {
            let wrong = instructions(&world, list)[index].clone();
            rejects(&mut world, FirebreakError::MarketsNotSwept, &[wrong]);
        }
        let market = AccountMeta::new_readonly(at.market(2), false);
        rejects(&mut world, FirebreakError::MarketsNotSwept, &[filled(&right, market)]);
        // Accounts that are no market, behind the list and in it.
        let own = right.accounts.len() - 3;
        for other in [staker.margin, at.board, at.insurance_fund, at.stake(&staker.address())] {
            rejects_somehow(&mut world, &[followed_by(&right, [AccountMeta::new_readonly(other, false)])]);
            let mut wrong = right.clone();
            wrong.accounts[own].pubkey = other;
            rejects_somehow(&mut world, &[wrong]);
        }
        // Another clearinghouse's market of the same index.
        for place in 0..3 {
            let mut wrong = right.clone();
            wrong.accounts[own + place].pubkey = theirs.market(place as u8);
            rejects(&mut world, FirebreakError::ClearinghouseMismatch, &[wrong]);
        }
    }
}

/// T26 on `sweep_insurance`, which names its one market: any valid one is another sweep, and none counts for another.
#[test]
fn t26_sweeping_one_market_sweeps_no_other() {
    let mut world = stage();
    let [alice, bob] = actors(&mut world, [("alice", 10_000), ("bob", 10_000)]);
    for market in [0, 1] {
        let price = world.row(market).mark;
        world.trade(market, &alice, &bob, 100, price).unwrap();
    }
    let fees = |world: &mut Stage| [0, 1, 2].map(|market| world.market(market).fees);
    let [sol, btc, eth] = fees(&mut world);
    assert!(sol > 0 && btc > 0 && eth == 0);
    world.sweep(1).unwrap();
    assert_eq!(fees(&mut world), [sol, 0, 0]);
    let mut wrong = world.at.sweep_insurance(0, solana_signer::Signer::pubkey(&world.mint), world.token_program);
    accepts(&mut world, std::slice::from_ref(&wrong));
    wrong.accounts[0].pubkey = world.at.quote_bank;
    rejects_somehow(&mut world, &[wrong]);
    world.sweep(0).unwrap();
    assert_eq!(fees(&mut world), [0, 0, 0]);
    assert_sound(&mut world);
}
