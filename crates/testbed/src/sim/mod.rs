//! Deterministic simulation: several daemons, one virtual clock, a lossy LAN, and faults, all from one seed.
//!
//! A [`Plan`] says who takes part and what goes wrong; [`run`] carries it out and checks the [`Invariant`]s after every
//! event; [`check`] makes the plan from a seed and, if an invariant breaks, removes from it whatever is not needed to
//! break it. The same seed gives the same run for ever.
//!
//! Each node runs the real engine with several routers in it, and the real footprints, ledger and record of `host` on a
//! machine in memory. The threads around them are models of the daemon's: they read sockets in bounded batches, work in
//! pieces, renew leases while the other is alive, and hang, are killed, or are refused what they ask for.
//!
//! Nothing here knows how the engine works: the invariants speak of packets, addresses held and time.

mod forge;
mod invariants;
mod lan;
mod mutation;
mod node;
mod plan;
mod random;
mod shrink;
mod story;
mod world;

use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

pub use invariants::Invariant;
pub use mutation::Mutation;
pub use plan::{
    Attack, Cast, Change, Fault, Grouped, Keys, Mac, Member, NodeFault, NodePlan, Noise, Plan, Presence, ReadLimits,
    Refusal, Seal, Unadvertised, VirtualRouter, Watched,
};
pub use random::Random;
pub use world::run;

/// How much a run did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    /// Events handled.
    pub events: u64,
    /// Adverts sent.
    pub adverts: u64,
    /// Changes of state.
    pub transitions: u64,
}

impl AddAssign for Stats {
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.adverts += other.adverts;
        self.transitions += other.transitions;
    }
}

/// A broken invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When, from the start of the run.
    pub at: Duration,
    /// Which invariant.
    pub rule: Invariant,
    /// How.
    pub how: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (at {:?})", self.rule, self.how, self.at)
    }
}

/// A seed whose plan breaks an invariant.
#[derive(Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What broke, in the shrunk plan.
    pub violation: Violation,
    /// The smallest plan found that breaks an invariant.
    pub plan: Plan,
    /// Faults in the plan that the seed stands for.
    pub faults_before: usize,
    /// What happened in the shrunk plan.
    pub story: Vec<String>,
}

/// Runs the plan of a seed.
///
/// # Errors
/// An invariant broke: the shrunk plan and what happened in it.
pub fn check(seed: u64, mutation: Mutation) -> Result<Stats, Box<Failure>> {
    let plan = Plan::from_seed(seed);
    match run(&plan, mutation) {
        Ok(stats) => Ok(stats),
        Err(violation) => Err(Box::new(shrink::shrink(seed, plan, violation.rule, mutation))),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.violation)?;
        writeln!(f, "shrunk from {} faults to {}:", self.faults_before, self.plan.faults.len())?;
        writeln!(f, "{}", self.plan)?;
        writeln!(f, "what happened:")?;
        self.story.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}
