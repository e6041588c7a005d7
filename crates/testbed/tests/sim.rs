//! Thousands of simulated runs, and planted bugs that they must find.

use testbed::sim::{self, Cast, Failure, Fault, Invariant, Mutation, NodeFault, Noise, Plan, Seal, Stats, Watched};

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

/// The first failure of one of these rules that a bug causes within so many seeds, shrunk.
fn found(mutation: Mutation, seeds: u64, rules: &[Invariant]) -> Failure {
    let breaks = |seed: &u64| sim::run(&Plan::from_seed(*seed), mutation).is_err_and(|it| rules.contains(&it.rule));
    let seed = (0..seeds).find(breaks).unwrap_or_else(|| panic!("{seeds} seeds do not find {mutation:?}"));
    *sim::check(seed, mutation).expect_err("the same seed gives the same run")
}

fn is_stall(fault: &Fault, what: &[Watched]) -> bool {
    matches!(fault, Fault::Node(_, NodeFault::Stall(it, _)) if what.contains(it))
}

fn has_stall(plan: &Plan, what: &[Watched]) -> bool {
    plan.faults.iter().any(|(_, fault)| is_stall(fault, what))
}

#[test]
fn a_wrong_tie_rule_is_found_and_shrunk() {
    let failure = found(Mutation::WinsTies, 200, &[Invariant::OneHolder, Invariant::OneActive]);
    let plan = &failure.plan;
    assert_eq!((plan.nodes.len(), plan.routers.len()), (2, 1), "two routers of one priority are enough: {failure}");
    assert!(plan.faults.len() <= 2, "{failure}");
}

#[test]
fn a_lost_skew_is_found_and_shrunk() {
    let failure = found(Mutation::NoSkew, 200, &[Invariant::LiveMasterIsHeard]);
    assert!(failure.violation.how.contains("are due"), "{failure}");
    assert_eq!((failure.plan.faults.len(), failure.plan.noise), (0, Noise::default()), "it needs no fault: {failure}");
}

#[test]
fn a_driver_that_expires_timers_before_it_has_read_is_found_and_shrunk() {
    let failure = found(Mutation::UnreadExpiry, 400, &[Invariant::LiveMasterIsHeard]);
    assert!(failure.violation.how.contains("are due"), "{failure}");
    assert_eq!(failure.plan.nodes.len(), 2, "a master and a backup are enough: {failure}");
    assert!(has_stall(&failure.plan, &[Watched::Process, Watched::Protocol]), "it takes a stall: {failure}");
}

#[test]
fn a_driver_that_expires_timers_before_it_reads_when_a_signal_woke_it_is_found() {
    let failure = found(Mutation::ExpiresWhenInterrupted, 400, &[Invariant::LiveMasterIsHeard]);
    assert!(
        failure.plan.nodes.len() == 2 && failure.plan.faults.len() <= 3,
        "a stall or a signal is enough: {failure}"
    );
}

#[test]
fn a_driver_whose_timers_wait_for_the_next_packet_is_found() {
    let failure = found(Mutation::ExpiresToThePacket, 20, &[Invariant::TakesOver]);
    assert_eq!((failure.plan.nodes.len(), failure.plan.faults.len()), (1, 0), "{failure}");
}

#[test]
fn a_tracker_that_counts_as_up_before_its_first_reading_is_found() {
    let failure = found(Mutation::UnknownIsUp, 100, &[Invariant::AwaitsReadings]);
    assert_eq!((failure.plan.nodes.len(), failure.plan.faults.len()), (1, 0), "{failure}");
}

#[test]
fn an_install_that_is_ignored_is_found() {
    let failure = found(Mutation::InstallIgnored, 20, &[Invariant::ActiveHolds]);
    assert_eq!((failure.plan.nodes.len(), failure.plan.faults.len()), (1, 0), "{failure}");
}

#[test]
fn a_withdraw_that_is_forgotten_is_found() {
    let failure = found(Mutation::WithdrawForgotten, 50, &[Invariant::OthersHoldNothing]);
    assert!(failure.plan.nodes.len() <= 2 && failure.plan.faults.len() <= 2, "{failure}");
}

#[test]
fn leases_renewed_for_a_protocol_thread_that_hangs_are_found() {
    let failure = found(Mutation::RenewsForTheDead, 1_000, &[Invariant::LeaseEnds]);
    assert!(has_stall(&failure.plan, &[Watched::Protocol]), "{failure}");
}

#[test]
fn a_host_thread_that_hangs_unnoticed_is_found() {
    let failure = found(Mutation::IgnoresTheHostThread, 400, &[Invariant::FailedHostLeaves]);
    assert!(has_stall(&failure.plan, &[Watched::Host]), "{failure}");
}

#[test]
fn a_frozen_daemon_that_blames_its_host_thread_is_found() {
    let failure = found(Mutation::JudgesAfterAFreeze, 400, &[Invariant::FreezeIsNoFailover]);
    assert!(has_stall(&failure.plan, &[Watched::Process]), "{failure}");
}

#[test]
fn a_router_that_is_lost_to_its_group_is_found() {
    let failure = found(Mutation::LosesAMember, 100, &[Invariant::GroupIsWhole]);
    assert_eq!((failure.plan.groups.len(), failure.plan.groups[0].len()), (1, 2), "{failure}");
    assert!(failure.plan.nodes.len() <= 2 && failure.plan.faults.len() <= 2, "{failure}");
}

#[test]
fn a_router_that_does_not_join_its_group_at_a_reload_is_found() {
    let failure = found(Mutation::ForgetsNewcomers, 400, &[Invariant::GroupIsWhole, Invariant::TakesPart]);
    assert!(failure.plan.groups.len() == 1 && failure.plan.nodes.len() <= 2, "{failure}");
}

#[test]
fn what_a_killed_daemon_left_and_nobody_undid_is_found() {
    let failure = found(Mutation::RecoversNothing, 100, &[Invariant::MachineAsBefore]);
    assert_eq!(failure.plan.nodes.len(), 1, "{failure}");
}

#[test]
fn a_unicast_advert_that_goes_to_one_peer_only_is_found_and_shrunk() {
    let failure = found(Mutation::ForgetsPeers, 100, &[Invariant::OneHolder, Invariant::OneActive]);
    let plan = &failure.plan;
    assert_eq!((plan.nodes.len(), plan.routers.len()), (3, 1), "it takes a third router: {failure}");
    assert_eq!(plan.routers[0].cast, Cast::Unicast, "{failure}");
}

#[test]
fn a_master_that_leaves_and_does_not_hear_its_successor_is_found_and_shrunk() {
    let failure = found(Mutation::DeafWhileLeaving, 200, &[Invariant::GivesWay]);
    assert!(failure.plan.nodes.len() == 2 && failure.plan.faults.len() <= 3, "{failure}");
}

fn has_restart(plan: &Plan) -> bool {
    plan.faults.iter().any(|(_, fault)| matches!(fault, Fault::Node(_, NodeFault::Restart(_))))
}

#[test]
fn a_program_that_goes_on_without_the_roles_of_its_routers_is_found_and_shrunk() {
    let failure = found(Mutation::ForgetsRoles, 100, &[Invariant::StatesJoin, Invariant::TakesPart]);
    assert!(has_restart(&failure.plan) && failure.plan.faults.len() <= 2, "{failure}");
}

#[test]
fn a_program_that_takes_the_time_of_its_restart_for_silence_is_found_and_shrunk() {
    let failure = found(Mutation::CountsDeafTime, 400, &[Invariant::LiveMasterIsHeard]);
    assert!(has_restart(&failure.plan) && failure.plan.nodes.len() <= 2, "{failure}");
}

#[test]
fn sequence_numbers_that_nobody_looks_at_are_found_and_shrunk() {
    let failure = found(Mutation::TakesReplays, 200, &[Invariant::OnlyAuthentic, Invariant::TakesOver]);
    assert!(failure.plan.nodes.len() <= 3 && failure.plan.faults.len() <= 4, "{failure}");
    assert!(failure.plan.routers.iter().any(|router| router.seal != Seal::None), "it takes a signature: {failure}");
}

#[test]
fn a_seed_tells_the_same_story_each_time() {
    let again = || found(Mutation::NoSkew, 200, &[Invariant::LiveMasterIsHeard]);
    let (first, second) = (again(), again());
    assert_eq!(first.to_string(), second.to_string());
    assert!(first.to_string().starts_with(&format!("seed {}: ", first.seed)));
}
