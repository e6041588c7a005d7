//! Making a failing plan small: whatever can be left out while an invariant still breaks is left out.

use super::Failure;
use super::mutation::Mutation;
use super::plan::{Noise, Plan};
use super::world::{retell, run};

/// The failure of the smallest plan found.
///
/// # Panics
/// If `plan` does not fail: there is nothing to shrink.
pub(super) fn shrink(seed: u64, plan: Plan, mutation: Mutation) -> Failure {
    let faults_before = plan.faults.len();
    let mut smallest = plan;
    while let Some(smaller) = smaller(&smallest, mutation) {
        smallest = smaller;
    }
    let (result, story) = retell(&smallest, mutation);
    let violation = result.expect_err("only plans that fail are kept");
    Failure { seed, violation, plan: smallest, faults_before, story }
}

/// A smaller plan that fails too.
fn smaller(plan: &Plan, mutation: Mutation) -> Option<Plan> {
    candidates(plan).find(|candidate| fails(candidate, mutation))
}

fn fails(plan: &Plan, mutation: Mutation) -> bool {
    run(plan, mutation).is_err()
}

/// Plans that are a little smaller, the boldest first: without half of the faults, without one, without noise, with
/// fewer routers.
fn candidates(plan: &Plan) -> impl Iterator<Item = Plan> + use<'_> {
    let faults = plan.faults.len();
    let halves = (faults > 1).then_some([0..faults / 2, faults / 2..faults]).into_iter().flatten();
    let ones = (0..faults).map(|at| at..at + 1);
    let fewer_faults = halves.chain(ones).map(|range| {
        let mut smaller = plan.clone();
        smaller.faults.drain(range);
        smaller
    });
    let is_noisy = plan.noise != Noise::default();
    let quieter = is_noisy.then(|| Plan { noise: Noise::default(), ..plan.clone() });
    let routers = plan.participants.len();
    let fewer_routers = (0..routers).filter(move |_| routers > 2).map(|gone| plan.without(gone));
    fewer_faults.chain(quieter).chain(fewer_routers)
}
