//! What is true of every list of jobs, over scenes made up at random.

mod made;

use std::collections::BTreeSet;

use firebreak_keeper::{
    Own, Scene, Settings, Shard, Stage, Switches, Task,
    columns::Columns,
    decide,
    decide::{below, urgency},
};
use made::{KEEPER, scene, settings};
use proptest::prelude::*;
use solana_address::Address;

fn is_healthy(scene: &Scene, address: &Address) -> bool {
    scene.accounts[address].value_for_maintenance(&scene.board, scene.now).is_ok_and(|value| value.is_covered())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn i13_jobs_are_determined_ordered_and_name_nobody_healthy(
        seed: u64, mark in 700_000..1_300_000_u64, cash in 0..2_000_000_000_000_u64, count in 1..80_usize,
    ) {
        let scene = scene(count, seed, mark, cash);
        let jobs = decide(&scene, &KEEPER, &settings(Shard::WHOLE));
        prop_assert_eq!(&jobs, &decide(&scene.clone(), &KEEPER, &settings(Shard::WHOLE)));
        let stages: Vec<Stage> = jobs.iter().map(|job| job.task.stage()).collect();
        prop_assert!(stages.is_sorted());
        let mut urgencies = vec![];
        for job in &jobs {
            prop_assert!(!job.why.is_empty() && job.instructions.len() == 1);
            let Some(account) = job.task.account() else { continue };
            prop_assert!(!is_healthy(&scene, &account), "{account} is healthy: {job:?}");
            prop_assert_ne!(Some(account), KEEPER.margin_account);
            let value = scene.accounts[&account].value_for_maintenance(&scene.board, scene.now).unwrap();
            urgencies.push(urgency(&value));
        }
        let found: BTreeSet<Address> = below(&scene, &KEEPER, &settings(Shard::WHOLE)).into_iter().collect();
        let all = scene.accounts.keys().filter(|address| !is_healthy(&scene, address)).copied();
        prop_assert_eq!(found, all.collect::<BTreeSet<_>>(), "nobody below maintenance is left out");
        prop_assert!(urgencies.is_sorted_by(|one, other| one >= other), "the most urgent first");

        // What the columns suspect is enough to decide on.
        let views: Vec<_> = scene.accounts.values().cloned().collect();
        let columns = Columns::new(&views, &scene.board);
        let addresses: Vec<Address> = scene.accounts.keys().copied().collect();
        let suspects = columns.candidates().map(|number| addresses[number as usize]).collect();
        let suspecting = Scene { suspects: Some(suspects), ..scene.clone() };
        prop_assert_eq!(&jobs, &decide(&suspecting, &KEEPER, &settings(Shard::WHOLE)));
    }

    #[test]
    fn shards_partition_the_accounts(numbers in proptest::collection::vec(any::<[u8; 32]>(), 1..50), count in 1..9_u32) {
        for bytes in numbers {
            let address = Address::new_from_array(bytes);
            let owners = (0..count).filter(|index| Shard { index: *index, count }.has_account(&address)).count();
            prop_assert_eq!(owners, 1);
            prop_assert_eq!((0..count).filter(|index| Shard { index: *index, count }.has_asset(bytes[0])).count(), 1);
        }
    }

    #[test]
    fn two_keepers_never_take_the_same_account(seed: u64, mark in 800_000..1_200_000_u64, count in 2..5_u32) {
        let scene = scene(80, seed, mark, 1_000_000_000_000);
        let whole = below(&scene, &KEEPER, &settings(Shard::WHOLE));
        let mut seen = BTreeSet::new();
        for index in 0..count {
            for job in decide(&scene, &KEEPER, &settings(Shard { index, count })) {
                if let Some(account) = job.task.account() {
                    let own = Shard { index, count };
                    prop_assert!(own.has_account(&account));
                }
            }
            for account in below(&scene, &KEEPER, &settings(Shard { index, count })) {
                prop_assert!(seen.insert(account), "{account} is two keepers'");
            }
        }
        prop_assert_eq!(seen, whole.into_iter().collect::<BTreeSet<_>>());
    }
}

#[test]
fn a_fall_is_answered_and_each_kind_of_job_can_be_switched_off() {
    let scene = scene(200, 3, 900_000, 1_000_000_000_000);
    let liquidations = |settings: &Settings| {
        let jobs = decide(&scene, &KEEPER, settings);
        jobs.iter().filter(|job| matches!(job.task, Task::Liquidate { .. })).count()
    };
    assert!(liquidations(&settings(Shard::WHOLE)) > 5);
    let switched = |change: fn(&mut Switches)| {
        let mut changed = settings(Shard::WHOLE);
        change(&mut changed.switches);
        changed
    };
    assert_eq!(liquidations(&switched(|switches| switches.liquidate = false)), 0);
    assert!(decide(&scene, &KEEPER, &switched(|switches| *switches = Switches::NONE)).is_empty());
    let poor = Own { margin_account: None, ..KEEPER };
    let jobs = decide(&scene, &poor, &settings(Shard::WHOLE));
    assert!(jobs.iter().all(|job| !matches!(job.task, Task::Liquidate { .. } | Task::ConvertCollateral { .. })));
}

#[test]
fn take_overs_are_sized_by_the_own_margin() {
    let lots = |cash| -> i64 {
        let scene = scene(200, 3, 900_000, cash);
        let jobs = decide(&scene, &KEEPER, &settings(Shard::WHOLE));
        let lots = |task: &Task| if let Task::Liquidate { expected, .. } = task { expected.abs() } else { 0 };
        jobs.iter().map(|job| lots(&job.task)).sum()
    };
    let (none, little, much) = (lots(0), lots(100_000_000), lots(1_000_000_000_000));
    assert_eq!(none, 0);
    assert!(little > 0 && little < much, "{little} {much}");
}
