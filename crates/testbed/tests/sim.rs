//! Thousands of simulated runs, and planted bugs that they must find.

use testbed::sim::{self, Failure, Mutation, Stats};

/// Seeds of one test; there are several so that they run side by side.
const SEEDS: u64 = 1_000;

fn all_hold(from: u64) {
    let mut total = Stats::default();
    for seed in from..from + SEEDS {
        match sim::check(seed, Mutation::None) {
            Ok(stats) => total += stats,
            Err(failure) => panic!("{failure}"),
        }
    }
    assert!(total.adverts > 40 * SEEDS && total.transitions > 4 * SEEDS, "too little happened: {total:?}");
}

#[test]
fn invariants_hold_1() {
    all_hold(0);
}

#[test]
fn invariants_hold_2() {
    all_hold(SEEDS);
}

#[test]
fn invariants_hold_3() {
    all_hold(2 * SEEDS);
}

#[test]
fn invariants_hold_4() {
    all_hold(3 * SEEDS);
}

/// The first failure that a bug causes.
fn found(mutation: Mutation) -> Failure {
    let failure = (0..200).find_map(|seed| sim::check(seed, mutation).err());
    *failure.expect("a bug that two hundred seeds do not find")
}

#[test]
fn a_wrong_tie_rule_is_found_and_shrunk() {
    let failure = found(Mutation::WinsTies);
    assert!(failure.violation.what.contains("are Active"), "{failure}");
    assert_eq!(failure.plan.participants.len(), 2, "two routers of one priority are enough: {failure}");
    assert_eq!(failure.plan.participants[0].priority, failure.plan.participants[1].priority, "{failure}");
    assert!(failure.plan.faults.len() <= 1, "{failure}");
}

#[test]
fn a_lost_skew_is_found_and_shrunk() {
    let failure = found(Mutation::NoSkew);
    assert!(failure.violation.what.contains("are due"), "{failure}");
    assert_eq!(failure.plan.faults, [], "it needs no fault: {failure}");
}

#[test]
fn a_driver_that_expires_timers_before_it_has_read_is_found_and_shrunk() {
    let failure = found(Mutation::UnreadExpiry);
    assert!(failure.violation.what.contains("are due"), "{failure}");
    assert_eq!(failure.plan.participants.len(), 2, "a master and a backup are enough: {failure}");
    assert!(matches!(failure.plan.faults[..], [(_, testbed::sim::Fault::Stall(..))]), "a stall is enough: {failure}");
}

#[test]
fn a_seed_tells_the_same_story_each_time() {
    let (first, second) = (found(Mutation::NoSkew), found(Mutation::NoSkew));
    assert_eq!(first.to_string(), second.to_string());
    assert!(first.to_string().starts_with(&format!("seed {}: ", first.seed)));
}
