//! Making a failing plan small: whatever can be left out while the same invariant still breaks is left out.

use super::Failure;
use super::invariants::Invariant;
use super::mutation::Mutation;
use super::plan::{Noise, Plan};
use super::world::{retell, run};

/// The failure of the smallest plan found.
///
/// # Panics
/// If `plan` does not break `rule`: there is nothing to shrink.
pub(super) fn shrink(seed: u64, plan: Plan, rule: Invariant, mutation: Mutation) -> Failure {
    let faults_before = plan.faults.len();
    let breaks = |plan: &Plan| run(plan, mutation).is_err_and(|violation| violation.rule == rule);
    let mut smallest = plan;
    while let Some(smaller) = smaller(&smallest, breaks) {
        smallest = smaller;
    }
    let (result, story) = retell(&smallest, mutation);
    let violation = result.expect_err("only plans that fail are kept");
    Failure { seed, violation, plan: smallest, faults_before, story }
}

fn smaller(plan: &Plan, breaks: impl Fn(&Plan) -> bool) -> Option<Plan> {
    candidates(plan).find(breaks)
}

/// Plans that are a little smaller, the boldest first: with fewer machines or routers, without half of the faults,
/// without one, without noise.
fn candidates(plan: &Plan) -> impl Iterator<Item = Plan> + use<'_> {
    let (nodes, routers, faults) = (plan.nodes.len(), plan.routers.len(), plan.faults.len());
    let fewer_nodes = (0..nodes).filter(move |_| nodes > 1).map(|gone| plan.without_node(gone));
    let fewer_routers = (0..routers).filter(move |_| routers > 1).map(|gone| plan.without_router(gone));
    let halves = (faults > 1).then_some([0..faults / 2, faults / 2..faults]).into_iter().flatten();
    let ones = (0..faults).map(|at| at..at + 1);
    let fewer_faults = halves.chain(ones).map(|range| {
        let mut smaller = plan.clone();
        smaller.faults.drain(range);
        smaller
    });
    let is_noisy = plan.noise != Noise::default();
    let quieter = is_noisy.then(|| Plan { noise: Noise::default(), ..plan.clone() });
    fewer_nodes.chain(fewer_routers).chain(fewer_faults).chain(quieter)
}
