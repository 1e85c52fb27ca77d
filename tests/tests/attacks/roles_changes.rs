//! Whatever governance changes, it reaches no user's account.

use crate::{
    governance::{DELAY, pass, proposed},
    matrix::cases::{BANK, theatre},
    roles::{keys, property},
    stage::{Stage, fund, send},
};
use firebreak::{
    governance::{Change, FundParameters},
    instructions::{BankConfig, PricePrograms},
};
use firebreak_replay::{listing, world::keypair};
use solana_account::ReadableAccount;
use solana_instruction::Instruction;
use solana_signer::Signer;

/// The number of a kind of change: a new kind does not compile until it has one, and then needs a change below.
fn kind(change: &Change) -> usize {
    match change {
        Change::Asset { .. } => 0,
        Change::Market { .. } => 1,
        Change::Bank { .. } => 2,
        Change::Fund { .. } => 3,
        Change::Delay { .. } => 4,
        Change::Authority { .. } => 5,
        Change::Guardian { .. } => 6,
        Change::AddAsset { .. } => 7,
        Change::AddMarket { .. } => 8,
        Change::AddCollateralBank { .. } => 9,
        Change::SetPricePrograms { .. } => 10,
        Change::ResetBreaker { .. } => 11,
    }
}

/// One change of each kind, and what carries it out under the proposal of this number.
fn changes(world: &mut Stage) -> Vec<(Change, Instruction)> {
    let (at, payer, authority) = (world.at, world.payer.pubkey(), world.authority.pubkey());
    let heir = keypair("heir").pubkey();
    let mint = keypair("another mint").pubkey();
    let (asset, market) = (listing::listing("WIF", 1).asset, listing::listing("DOGE", 1).market);
    let bank = BankConfig { asset: 2, ..BANK };
    let programs = PricePrograms { receivers: [heir; 4], legacy_program: heir };
    let plain = [
        world.asset_change(0, |asset| asset.initial_ratio_bps -= asset.initial_ratio_bps / 10),
        world.market_change(0, |market| market.taker_fee_bps += 1),
        world.bank_change(0, |bank| bank.outflow.hourly_share_bps += 1),
        Change::Fund { parameters: FundParameters { cooldown_seconds: 15 * 86_400 } },
        Change::Delay { seconds: 3 * 86_400 },
        Change::Authority { key: heir },
        Change::Guardian { key: heir },
    ];
    let signer = |change: &Change| if kind(change) > 4 { heir } else { authority };
    let first = world.next_proposal();
    let plain =
        plain.into_iter().zip(first..).map(|(change, id)| (change, at.execute_proposal(id, signer(&change), &change)));
    let mut all: Vec<_> = plain.collect();
    let listings = [
        (Change::AddAsset { config: asset }, at.add_asset(payer, authority, asset)),
        (Change::AddMarket { index: 3, config: market }, at.add_market(payer, authority, 3, market)),
        (
            Change::AddCollateralBank { index: 2, mint, config: bank },
            at.add_collateral_bank(payer, authority, mint, world.token_program, 2, bank),
        ),
        (Change::SetPricePrograms { programs }, at.set_price_programs(authority, programs)),
        (Change::ResetBreaker { market: 255 }, at.reset_breaker(authority, 255)),
    ];
    for (change, call) in listings {
        all.push((change, at.under_proposal(first + all.len() as u64, call)));
    }
    all
}

/// Whatever governance changes, it writes no user's account and no vault, neither when it is proposed nor when it is executed.
#[test]
fn t108_no_change_of_any_kind_writes_a_user_s_account_or_a_vault() {
    let (mut world, ..) = theatre();
    keys(&mut world);
    let week = world.at.trip_breaker(world.authority.pubkey(), 255, 1, 7 * 86_400, 0);
    send(&mut world, &[week]).unwrap();
    world.seal().unwrap();
    fund(&mut world, keypair("heir").pubkey(), 1 << 40);
    let before = property(&world);
    let changes = changes(&mut world);
    assert_eq!(changes.iter().map(|(change, _)| kind(change)).collect::<Vec<_>>(), (0..12).collect::<Vec<_>>());
    for (change, _) in &changes {
        proposed(&mut world, *change);
    }
    pass(&mut world, DELAY);
    for (change, execute) in changes {
        let saved = world.chain.svm.clone();
        send(&mut world, &[execute]).unwrap_or_else(|refusal| panic!("{change:?}: {refusal}"));
        let mut after = property(&world);
        after.retain(|address, account| before.contains_key(address) || account.data()[64..72] != [0; 8]);
        assert!(after == before, "{change:?} reached a user's property");
        world.chain.svm = saved;
    }
}
