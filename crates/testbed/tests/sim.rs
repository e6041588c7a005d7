//! Thousands of simulated runs, and planted bugs that they must find.

use testbed::sim::{self, Failure, Invariant, Mutation, NodeFault, Noise, Plan, Stats, Watched};

/// Seeds of one test; there are several so that they run side by side.
const SEEDS: u64 = 500;

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

/// The first failure that a bug causes within so many seeds, shrunk.
fn found(mutation: Mutation, seeds: u64) -> Failure {
    let seed = (0..seeds).find(|seed| sim::run(&Plan::from_seed(*seed), mutation).is_err());
    let seed = seed.unwrap_or_else(|| panic!("{seeds} seeds do not find {mutation:?}"));
    *sim::check(seed, mutation).expect_err("the same seed gives the same run")
}

/// A bug is found within so many seeds, by this rule. Returns the smallest plan that shows it.
fn is_found(mutation: Mutation, seeds: u64, rule: Invariant) -> Plan {
    let failure = found(mutation, seeds);
    assert_eq!(failure.violation.rule, rule, "{failure}");
    failure.plan
}

fn stalls(plan: &Plan, what: Watched) -> bool {
    let is_it = |fault: &sim::Fault| matches!(fault, sim::Fault::Node(_, NodeFault::Stall(it, _)) if *it == what);
    plan.faults.iter().any(|(_, fault)| is_it(fault))
}

#[test]
fn a_wrong_tie_rule_is_found_and_shrunk() {
    let failure = found(Mutation::WinsTies, 200);
    assert!(matches!(failure.violation.rule, Invariant::OneHolder | Invariant::OneActive), "{failure}");
    assert_eq!((failure.plan.nodes.len(), failure.plan.routers.len()), (2, 1), "two routers are enough: {failure}");
    assert!(failure.plan.faults.len() <= 2, "{failure}");
}

#[test]
fn a_lost_skew_is_found_and_shrunk() {
    let plan = is_found(Mutation::NoSkew, 200, Invariant::LiveMasterIsHeard);
    assert_eq!((plan.faults.len(), plan.noise), (0, Noise::default()), "it needs no fault:\n{plan}");
}

#[test]
fn timers_that_expire_while_packets_wait_are_found() {
    let plan = is_found(Mutation::ExpiresUnread, 400, Invariant::LiveMasterIsHeard);
    assert!(stalls(&plan, Watched::Process) || stalls(&plan, Watched::Protocol), "it takes a stall:\n{plan}");
}

#[test]
fn timers_that_expire_before_the_sockets_are_read_are_found() {
    let plan = is_found(Mutation::ExpiresWhenInterrupted, 400, Invariant::LiveMasterIsHeard);
    assert!(plan.nodes.len() == 2 && plan.faults.len() <= 3, "a stall or a signal is enough:\n{plan}");
}

#[test]
fn a_tracker_that_counts_as_up_before_its_first_reading_is_found() {
    let failure = found(Mutation::UnknownIsUp, 100);
    assert!(matches!(failure.violation.rule, Invariant::AwaitsReadings | Invariant::TrackedPriority), "{failure}");
    assert_eq!((failure.plan.nodes.len(), failure.plan.faults.len()), (1, 0), "{failure}");
}

#[test]
fn an_install_that_is_ignored_is_found() {
    let plan = is_found(Mutation::InstallIgnored, 20, Invariant::ActiveHolds);
    assert_eq!((plan.nodes.len(), plan.faults.len()), (1, 0), "{plan}");
}

#[test]
fn a_withdraw_that_is_forgotten_is_found() {
    let failure = found(Mutation::WithdrawForgotten, 50);
    assert!(matches!(failure.violation.rule, Invariant::OthersHoldNothing | Invariant::OneHolder), "{failure}");
}

#[test]
fn leases_renewed_for_a_protocol_thread_that_hangs_are_found() {
    let plan = is_found(Mutation::RenewsForTheDead, 1_000, Invariant::LeaseEnds);
    assert!(stalls(&plan, Watched::Protocol), "{plan}");
}

#[test]
fn a_host_thread_that_hangs_unnoticed_is_found() {
    let plan = is_found(Mutation::IgnoresTheHostThread, 400, Invariant::FailedHostLeaves);
    assert!(stalls(&plan, Watched::Host), "{plan}");
}

#[test]
fn a_frozen_daemon_that_blames_its_host_thread_is_found() {
    let plan = is_found(Mutation::JudgesAfterAFreeze, 400, Invariant::FreezeIsNoFailover);
    assert!(stalls(&plan, Watched::Process), "{plan}");
}

#[test]
fn what_a_killed_daemon_left_and_nobody_undid_is_found() {
    let failure = found(Mutation::RecoversNothing, 100);
    let rules = [Invariant::MachineAsBefore, Invariant::TakesPart, Invariant::LedgerIsTrue];
    assert!(rules.contains(&failure.violation.rule), "{failure}");
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
    let (first, second) = (found(Mutation::NoSkew, 200), found(Mutation::NoSkew, 200));
    assert_eq!(first.to_string(), second.to_string());
    assert!(first.to_string().starts_with(&format!("seed {}: ", first.seed)));
}
