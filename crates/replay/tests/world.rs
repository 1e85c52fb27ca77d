//! The world itself: a trade, a fall, a liquidation, settlement, a withdrawal, with the identities after each.

use firebreak_replay::{chain::Chain, listing::DOLLAR, litesvm_chain::LiteSvmChain, world::World};

#[test]
fn i01_a_market_lives_through_a_fall_with_its_ledger_intact() {
    let mut world = World::with_majors(LiteSvmChain::new().unwrap(), 1_760_000_000).unwrap();
    let alice = world.actor("alice", 8, 1_000 * DOLLAR).unwrap();
    let bob = world.actor("bob", 8, 10_000 * DOLLAR).unwrap();
    let carol = world.actor("carol", 8, 10_000 * DOLLAR).unwrap();
    world.trade(0, &alice, &bob, 6_000, 1_500_000).unwrap();
    assert_eq!(world.violations(), Vec::<String>::new());

    world.advance(9).unwrap();
    let now = world.chain.now();
    world.chain.set_now(now + 1);
    world.set_mark(0, 1_400_000).unwrap();
    world.liquidate(0, &carol, &alice.margin, u64::MAX, u64::MAX).unwrap();
    assert_eq!(world.violations(), Vec::<String>::new());

    // The numbers of the README's example.
    let (alice_after, carol_after, market) =
        (world.margin(&alice.margin), world.margin(&carol.margin), world.market(0));
    let value = alice_after.value_for_maintenance(&world.board(), world.chain.now()).unwrap();
    assert_eq!((alice_after.positions()[0].size, carol_after.positions()[0].size), (5_050, 950));
    assert_eq!((value.equity, value.requirement), (388_850_000, 353_500_000));
    assert_eq!(market.tranche, 1_995_000);
    assert_eq!(carol_after.positions()[0].entry, 950 * 1_393_000);

    // Alice's losses fill the pool, from which Bob's gain is paid; then he may take money out.
    world.settle(0, &bob.margin).unwrap();
    world.withdraw(&bob, 100 * DOLLAR).unwrap();
    assert_eq!(world.violations(), Vec::<String>::new());
}
