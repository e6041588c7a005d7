//! The run of a plan: one clock, one queue of events.
//!
//! | file | holds |
//! |---|---|
//! | this one | the queue, and the rules that are looked at after every event |
//! | `turns` | turns of the daemons' threads, and packets on their way |
//! | `faults` | what goes wrong |
//! | `attacks` | what strangers send |
//! | `ending` | calm, the time when nothing may change, and the stop of everything |

mod attacks;
mod ending;
mod faults;
mod turns;

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::time::Duration;

use vrrp::Instant;

use self::attacks::Records;
use super::invariants::Broken;
use super::invariants::machine::{self, Doubles};
use super::lan::{Lan, Packet};
use super::mutation::Mutation;
use super::node::{Node, Thread};
use super::plan::{AddressSet, Fault, Plan};
use super::random::Random;
use super::story::Story;
use super::{Stats, Violation};

/// The clock does not start at its zero, where subtractions would saturate.
const START: Instant = Instant::from_nanos(1_000_000_000_000);

/// Carries a plan out.
///
/// # Errors
/// The first invariant that broke.
pub fn run(plan: &Plan, mutation: Mutation) -> Result<Stats, Violation> {
    World::new(plan, mutation, Story::dropped(START)).run().0
}

/// Carries a plan out and tells what happened.
pub(super) fn retell(plan: &Plan, mutation: Mutation) -> (Result<Stats, Violation>, Vec<String>) {
    World::new(plan, mutation, Story::kept(START)).run()
}

/// Something that is going to happen.
#[derive(Debug)]
enum What {
    Start(usize),
    Fault(Fault),
    Arrival(usize, Rc<Packet>),
    /// A thread's turn; void if an earlier one came instead.
    Turn(usize, Thread),
    /// The services thread tells what the trackers know.
    Readings(usize),
    /// A thread is scheduled again; void if its stall ends at another time by now.
    Thaw(usize, Thread, Instant),
    /// A program goes on in the place of another.
    GoesOn(usize),
    /// The kernel refuses nothing any more.
    Relent(usize),
    /// The troubled time is over.
    Calm,
    /// Nothing may change any more.
    Settled,
    /// It has not changed.
    Watched,
    /// All daemons are stopped.
    Stop,
    End,
}

/// An event and its time; of two at one time the one that was planned first comes first.
#[derive(Debug)]
struct Entry {
    at: Instant,
    order: u64,
    what: What,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    /// The earliest is the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Era {
    /// Anything.
    Troubled,
    /// Nothing goes wrong any more.
    Calm,
    /// Nothing may change.
    Settled,
    /// Daemons start and stop.
    Ending,
}

struct World<'p> {
    plan: &'p Plan,
    mutation: Mutation,
    now: Instant,
    queue: BinaryHeap<Entry>,
    planned: u64,
    dice: Random,
    lan: Lan,
    /// When the LAN last changed.
    lan_changed: Instant,
    nodes: Vec<Node>,
    records: Records,
    doubles: Doubles,
    era: Era,
    /// What each machine held when everything had settled.
    held: Vec<AddressSet>,
    stats: Stats,
    story: Story,
}

impl<'p> World<'p> {
    fn new(plan: &'p Plan, mutation: Mutation, story: Story) -> Self {
        let nodes = plan.nodes.iter().enumerate().map(|(place, node)| Node::new(place, node, plan.lease, START));
        let mut world = Self {
            plan,
            mutation,
            now: START,
            queue: BinaryHeap::new(),
            planned: 0,
            dice: Random::new(plan.dice),
            lan: Lan::new(plan.noise),
            lan_changed: START,
            nodes: nodes.collect(),
            records: Records::new(plan.routers.len()),
            doubles: Doubles::new(plan),
            era: Era::Troubled,
            held: Vec::new(),
            stats: Stats::default(),
            story,
        };
        world.schedule();
        world
    }

    fn schedule(&mut self) {
        let plan = self.plan;
        for (place, node) in plan.nodes.iter().enumerate() {
            self.plan_at(START + node.start, What::Start(place));
        }
        for (at, fault) in &plan.faults {
            self.plan_at(START + *at, What::Fault(*fault));
        }
        self.schedule_ending();
    }

    fn plan_at(&mut self, at: Instant, what: What) {
        self.planned += 1;
        self.queue.push(Entry { at, order: self.planned, what });
    }

    /// A time up to `most` from now.
    fn soon(&mut self, most: Duration) -> Instant {
        self.now + Duration::from_nanos(self.dice.below(u64::try_from(most.as_nanos()).unwrap_or(u64::MAX)))
    }

    fn run(mut self) -> (Result<Stats, Violation>, Vec<String>) {
        while let Some(Entry { at, what, order: _ }) = self.queue.pop() {
            self.now = at;
            self.stats.events += 1;
            let is_end = matches!(what, What::End);
            self.nodes.iter_mut().for_each(|node| node.machine.set_clock(at));
            if let Err((rule, how)) = self.happen(what).and_then(|node| self.look(node)) {
                let violation = Violation { at: self.now.since(START), rule, how };
                return (Err(violation), self.story.into_lines());
            }
            if is_end {
                break;
            }
        }
        (Ok(self.stats), self.story.into_lines())
    }

    /// Returns the node that something happened to.
    fn happen(&mut self, what: What) -> Result<Option<usize>, Broken> {
        match what {
            What::Start(node) => self.start(node)?,
            What::Fault(fault) => return self.fault(fault),
            What::Arrival(node, packet) => {
                self.arrive(node, packet);
                return Ok(None);
            }
            What::Turn(node, thread) => {
                self.planned_turn(node, thread)?;
                return Ok(Some(node));
            }
            What::Readings(node) => {
                self.nodes[node].repeat_readings();
                self.wake(node, Thread::Protocol);
            }
            What::Thaw(node, thread, until) => self.thaw(node, thread, Some(until))?,
            What::GoesOn(node) => self.goes_on(node)?,
            What::Relent(node) => self.relent(node),
            What::Calm => self.calm()?,
            What::Settled => self.settled()?,
            What::Watched => self.watched()?,
            What::Stop => self.stop_all(),
            What::End => self.end()?,
        }
        Ok(None)
    }

    /// What must be true after every event.
    fn look(&mut self, node: Option<usize>) -> Result<(), Broken> {
        match self.era {
            Era::Troubled | Era::Calm => {}
            Era::Settled => self.nothing_changed()?,
            Era::Ending => return Ok(()),
        }
        self.doubles.look(self.now, &self.nodes, &self.lan, self.lan_changed)?;
        match node {
            Some(node) => machine::follows(&self.nodes[node], self.now, self.plan.longest_lease()),
            None => Ok(()),
        }
    }
}
