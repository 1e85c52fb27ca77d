//! What the client works out is what the program does, over thousands of random accounts (I-15). On LiteSVM, for its speed.

use crate::scene::*;
use firebreak_replay::litesvm_chain::LiteSvmChain;

type Svm = World<LiteSvmChain>;

/// xorshift: the same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

const PRICES: [u64; 3] = [1_500_000, 1_200_000, 4_000_000];

fn world_with_two_rich() -> (Svm, Actor, Actor) {
    let mut world = World::with_majors(LiteSvmChain::new().unwrap(), NOW).unwrap();
    let alice = world.actor("alice", 4, 100_000 * DOLLAR).unwrap();
    let bob = world.actor("bob", 4, 100_000 * DOLLAR).unwrap();
    for actor in [&alice, &bob] {
        world.mint_to(&world.mint.pubkey(), &actor.tokens, 100_000 * DOLLAR).unwrap();
    }
    (world, alice, bob)
}

/// A trade in some market, in some direction, and a mark within 5 % of where it began; what is refused is refused.
fn stir(world: &mut Svm, numbers: &mut Numbers, alice: &Actor, bob: &Actor) {
    let market = numbers.below(3) as u8;
    let mark = world.row(market).mark;
    let lots = 1 + numbers.below(20_000);
    let price = mark - mark / 100 + numbers.below(mark / 50);
    let _ = match numbers.below(2) {
        0 => world.trade(market, alice, bob, lots, price),
        _ => world.trade(market, bob, alice, lots, price),
    };
    let middle = PRICES[market as usize];
    world.advance(1 + numbers.below(20) as i64).unwrap();
    let now = world.chain.now() + 1;
    world.chain.set_now(now);
    world.set_mark(market, middle - middle / 20 + numbers.below(middle / 10)).unwrap();
    let _ = world.settle(market, &alice.margin);
    let _ = world.settle(market, &bob.margin);
    assert_eq!(world.violations(), Vec::<String>::new());
}

/// The most that can be withdrawn, by the client's valuation.
fn limit(world: &mut Svm, actor: &Actor) -> u64 {
    let (account, board, now) = (world.margin(&actor.margin), world.board(), world.chain.now());
    let (mut low, mut high) = (0, account.header.cash + 1);
    let covers = |amount| account.value_for_withdrawal(&board, amount, now).is_ok_and(|value| value.is_covered());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if covers(middle) { low = middle } else { high = middle }
    }
    low
}

#[test]
fn i15_rejects_one_atom_above_what_the_client_works_out_and_pays_exactly_that() {
    let (mut world, alice, bob) = world_with_two_rich();
    unwatched(&mut world);
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut paid, mut refused) = (0, 0);
    for _ in 0..1_000 {
        stir(&mut world, &mut numbers, &alice, &bob);
        let limit = limit(&mut world, &alice);
        assert!(world.withdraw(&alice, limit + 1).is_err(), "{limit} and one");
        refused += 1;
        if limit > 0 {
            world.withdraw(&alice, limit).unwrap();
            world.deposit(&alice, limit).unwrap();
            paid += 1;
        }
    }
    assert!(paid > 500, "{paid} withdrawals paid, {refused} refused");
}
