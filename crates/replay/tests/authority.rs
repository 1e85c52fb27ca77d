//! T108: whoever holds the keys of governance moves nobody's money and loosens nothing before its time; and a program that let them would
//! be found out.

use firebreak_replay::simulation::{AuthorityFault, AuthorityPlan, AuthorityReport, misgovern};

fn run(seed: u64, operations: usize, fault: Option<AuthorityFault>) -> AuthorityReport {
    misgovern(&AuthorityPlan { seed, operations, fault }, || {}).expect("the program is built")
}

#[test]
fn t108_a_malicious_authority_gets_nothing_within_the_delay() {
    for seed in 1..=3 {
        let report = run(seed, 4_000, None);
        println!("{report}");
        assert!(report.failure.is_none(), "{report}");
        // It did try, and what may be done was done.
        for kind in ["propose", "execute", "veto", "set up by proposal", "trip", "trade", "deposit", "time"] {
            assert!(report.kinds[kind].0 > 10, "{kind}: {report}");
        }
        assert_eq!((report.kinds["seal"].0, report.kinds["set up directly"].0), (0, 0), "{report}");
        assert!(report.tightened.len() > 10 && report.loosened.len() > 15, "{report}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    assert_eq!(run(9, 300, None), run(9, 300, None));
}

/// Each planted bug, and what names it.
#[test]
fn every_planted_bug_of_governance_is_found() {
    let mut missed = Vec::new();
    for fault in AuthorityFault::ALL {
        match (1..=4).find_map(|seed| run(seed, 4_000, Some(fault)).failure) {
            Some((index, found)) => println!("{fault:?}: {index}: {}", found.join("; ")),
            None => missed.push(fault),
        }
    }
    assert!(missed.is_empty(), "not found within 4,000 operations of four seeds: {missed:?}");
}
