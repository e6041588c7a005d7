//! The run of a plan: one clock, one queue of events.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use vrrp::config::SourceMac;
use vrrp::{Input, Instant, LinkState, StateName, Transition, TransmitFrom, Why};

use super::invariants::{self, Farewell};
use super::lan::{Lan, Packet};
use super::mutation::Mutation;
use super::node::{Life, Node, Outcome};
use super::plan::{Fault, Plan};
use super::random::Random;
use super::{Stats, Violation};

/// The scheduler wakes a process up to this much too late.
const LATENESS: Duration = Duration::from_micros(500);
/// Intervals watched after everything has settled.
const WATCHED_INTERVALS: u32 = 10;
/// The clock does not start at its zero, where subtractions would saturate.
const START: Instant = Instant::from_nanos(1_000_000_000_000);

/// Carries a plan out.
///
/// # Errors
/// The first invariant that broke.
pub fn run(plan: &Plan, mutation: Mutation) -> Result<Stats, Violation> {
    World::new(plan, mutation, None).run().0
}

/// Carries a plan out and tells what happened.
pub(super) fn retell(plan: &Plan, mutation: Mutation) -> (Result<Stats, Violation>, Vec<String>) {
    World::new(plan, mutation, Some(Vec::new())).run()
}

/// Something that is going to happen.
#[derive(Debug)]
enum What {
    Start(usize),
    Fault(Fault),
    Arrival(usize, Packet),
    /// The wake-up asked for a deadline; void if another has been asked for since.
    Wake(usize, Instant),
    StallEnds(usize),
    /// The troubled time is over.
    Calm,
    /// Nothing may change any more.
    Settled,
    End,
}

struct World<'p> {
    plan: &'p Plan,
    mutation: Mutation,
    now: Instant,
    /// (when, in which order of asking, place in `whats`): each place is used once.
    queue: BinaryHeap<Reverse<(Instant, usize)>>,
    whats: Vec<Option<What>>,
    dice: Random,
    lan: Lan,
    nodes: Vec<Node>,
    settled: bool,
    stats: Stats,
    story: Option<Vec<String>>,
}

impl<'p> World<'p> {
    fn new(plan: &'p Plan, mutation: Mutation, story: Option<Vec<String>>) -> Self {
        let nodes = (0..plan.participants.len()).map(|place| Node::new(plan.config(place), plan.source(place)));
        let mut world = Self {
            plan,
            mutation,
            now: START,
            queue: BinaryHeap::new(),
            whats: Vec::new(),
            dice: Random::new(plan.dice),
            lan: Lan::new(plan.noise),
            nodes: nodes.collect(),
            settled: false,
            stats: Stats::default(),
            story,
        };
        world.schedule();
        world
    }

    fn schedule(&mut self) {
        for (place, participant) in self.plan.participants.iter().enumerate() {
            self.plan_at(START + participant.start, What::Start(place));
        }
        for (at, fault) in &self.plan.faults {
            self.plan_at(START + *at, What::Fault(*fault));
        }
        let calm = START + self.plan.quiet_from;
        let settled = calm + self.plan.settling_time();
        self.plan_at(calm, What::Calm);
        self.plan_at(settled, What::Settled);
        self.plan_at(settled + self.plan.longest_interval() * WATCHED_INTERVALS, What::End);
    }

    fn plan_at(&mut self, at: Instant, what: What) {
        self.queue.push(Reverse((at, self.whats.len())));
        self.whats.push(Some(what));
    }

    fn run(mut self) -> (Result<Stats, Violation>, Vec<String>) {
        while let Some(Reverse((at, place))) = self.queue.pop() {
            let Some(what) = self.whats[place].take() else { continue };
            self.now = at;
            self.stats.events += 1;
            let is_end = matches!(what, What::End);
            let done = self.happen(what).and_then(|()| invariants::hold(&self.nodes));
            if let Err(what) = done {
                let violation = Violation { at: self.now.since(START), what };
                return (Err(violation), self.story.unwrap_or_default());
            }
            if is_end {
                break;
            }
        }
        (Ok(self.stats), self.story.unwrap_or_default())
    }

    fn happen(&mut self, what: What) -> Result<(), String> {
        match what {
            What::Start(node) => self.start(node),
            What::Fault(fault) => self.fault(fault),
            What::Arrival(node, packet) => self.arrive(node, packet),
            What::Wake(node, deadline) if self.nodes[node].armed == Some(deadline) => self.wake(node),
            What::Wake(..) => Ok(()),
            What::StallEnds(node) => self.end_stall(node),
            What::Calm => self.calm(),
            What::Settled => {
                self.settled = true;
                self.nodes.iter_mut().for_each(|node| node.sent.clear());
                invariants::one_active_per_set(&self.nodes, &self.lan)
            }
            What::End => {
                invariants::one_active_per_set(&self.nodes, &self.lan)?;
                self.nodes.iter().try_for_each(|node| {
                    invariants::steady_adverts(node, self.plan.longest_interval() * WATCHED_INTERVALS)
                })
            }
        }
    }

    fn start(&mut self, node: usize) -> Result<(), String> {
        if self.nodes[node].life != Life::Dead {
            return Ok(());
        }
        self.narrate(|| format!("router {node} starts"));
        let outcome = self.nodes[node].start(self.now);
        self.obey(node, outcome)
    }

    /// The trouble ends: no noise, no one-way faults, nobody stalled. What is dead, stopped or split remains so.
    fn calm(&mut self) -> Result<(), String> {
        self.narrate(|| "calm".to_owned());
        self.lan.calm();
        (0..self.nodes.len()).try_for_each(|node| self.end_stall(node))
    }

    fn fault(&mut self, fault: Fault) -> Result<(), String> {
        self.narrate(|| format!("{fault:?}"));
        match fault {
            Fault::Crash(node) => {
                self.nodes[node].crash();
                Ok(())
            }
            Fault::Restart(node) => self.start(node),
            Fault::Stall(node, duration) => {
                if self.nodes[node].life == Life::Running {
                    self.nodes[node].life = Life::Stalled { from: self.now };
                    self.plan_at(self.now + duration, What::StallEnds(node));
                }
                Ok(())
            }
            Fault::Stop(node) => self.leave(node, |it, now| it.give(now, Input::Shutdown { router: None })),
            Fault::Resume(node) => self.touch(node, |it, now| it.give(now, Input::Resume { router: it.router })),
            Fault::LinkDown(node) => self.leave(node, |it, now| it.set_link(now, LinkState::Down)),
            Fault::LinkUp(node) => self.touch(node, |it, now| it.set_link(now, LinkState::Up)),
            Fault::Priority(node, priority) => self.touch(node, |it, now| it.set_priority(now, priority)),
            Fault::Block(from, to) => {
                self.lan.block(from, to);
                Ok(())
            }
            Fault::Split(sides) => {
                self.lan.split(sides);
                Ok(())
            }
            Fault::Heal => {
                self.lan.heal();
                Ok(())
            }
        }
    }

    /// Something that makes a router leave: if it was Active it must say so.
    fn leave(&mut self, node: usize, act: impl FnOnce(&mut Node, Instant) -> Outcome) -> Result<(), String> {
        let farewell = Farewell::due(&self.nodes[node]);
        self.touch(node, |it, now| {
            let mut outcome = act(it, now);
            outcome.complaints.extend(farewell.missing(&outcome));
            outcome
        })
    }

    /// Something from outside happens to a running router.
    fn touch(&mut self, node: usize, act: impl FnOnce(&mut Node, Instant) -> Outcome) -> Result<(), String> {
        if self.nodes[node].life != Life::Running {
            return Ok(());
        }
        self.nodes[node].provoked.push_back(self.now);
        let outcome = act(&mut self.nodes[node], self.now);
        self.obey(node, outcome)
    }

    fn arrive(&mut self, node: usize, packet: Packet) -> Result<(), String> {
        self.nodes[node].receive(self.now, packet);
        match self.nodes[node].life {
            Life::Running => self.turn(node),
            Life::Dead | Life::Stalled { .. } => Ok(()),
        }
    }

    /// The driver sees its deadline.
    fn wake(&mut self, node: usize) -> Result<(), String> {
        if self.nodes[node].life != Life::Running {
            return Ok(());
        }
        self.nodes[node].armed = None;
        self.turn(node)
    }

    /// The driver's loop until the socket is empty: a batch of packets, then the timers as far as everything was read.
    fn turn(&mut self, node: usize) -> Result<(), String> {
        loop {
            let (outcomes, heard_until) = self.nodes[node].read(self.now, self.mutation);
            outcomes.into_iter().try_for_each(|outcome| self.obey(node, outcome))?;
            let haste = self.mutation.haste(|| self.nodes[node].snapshot());
            let heard_until = self.mutation.heard_until(heard_until, self.now) + haste;
            let outcome = self.nodes[node].give(self.now + haste, Input::Wake { heard_until });
            self.obey(node, outcome)?;
            if self.nodes[node].unread().next().is_none() {
                return Ok(());
            }
        }
    }

    fn end_stall(&mut self, node: usize) -> Result<(), String> {
        let Life::Stalled { from } = self.nodes[node].life else { return Ok(()) };
        self.narrate(|| format!("router {node} runs again"));
        let must_listen = invariants::must_listen(&self.nodes[node], from, self.now);
        self.nodes[node].life = Life::Running;
        self.nodes[node].provoked.push_back(self.now);
        self.wake(node)?;
        if must_listen && self.nodes[node].sent.back() == Some(&self.now) {
            return Err(format!("router {node} spoke at once after {:?} of stall", self.now.since(from)));
        }
        Ok(())
    }

    /// Carries out what a router's engine asked for, and checks what it did.
    fn obey(&mut self, node: usize, outcome: Outcome) -> Result<(), String> {
        for transition in &outcome.transitions {
            self.note_transition(node, transition)?;
        }
        if let Some(complaint) = outcome.complaints.first() {
            return Err(format!("router {node}: {complaint}"));
        }
        for (transmit, packet) in outcome.packets {
            self.narrate(|| format!("router {node} sends priority {}", transmit.priority));
            self.stats.adverts += 1;
            self.nodes[node].sent.push_back(self.now);
            self.send(node, &packet);
        }
        invariants::no_storm(&mut self.nodes[node], self.now, self.settled)?;
        self.arm(node)
    }

    fn note_transition(&mut self, node: usize, transition: &Transition) -> Result<(), String> {
        self.narrate(|| {
            format!("router {node}: {:?} -> {:?}: {:?}", transition.from, transition.to, transition.reason)
        });
        self.stats.transitions += 1;
        if self.settled {
            return Err(format!("router {node} became {:?} after everything had settled", transition.to));
        }
        invariants::sound_transition(&mut self.nodes[node], self.now, transition)
    }

    fn send(&mut self, from: usize, packet: &Packet) {
        if self.nodes[from].parent.link == LinkState::Down {
            return;
        }
        for to in (0..self.nodes.len()).filter(|to| *to != from) {
            let is_deaf = self.plan.participants[to].source_mac == SourceMac::Physical;
            if is_deaf && packet.from == TransmitFrom::Virtual {
                continue;
            }
            for journey in self.lan.journeys(&mut self.dice, from, to) {
                self.plan_at(self.now + journey, What::Arrival(to, packet.clone()));
            }
        }
    }

    /// Asks for a wake-up at the engine's deadline, a little late as schedulers are.
    fn arm(&mut self, node: usize) -> Result<(), String> {
        let Some(deadline) = self.nodes[node].engine.poll_timeout() else { return Ok(()) };
        let state = self.nodes[node].state();
        let (why, of_state) = match deadline.why {
            Why::ActiveDown => (deadline.why, StateName::Backup),
            Why::Advertise | Why::Announce => (deadline.why, StateName::Active),
        };
        if state != of_state {
            return Err(format!("router {node} waits for {why:?} while {state:?}"));
        }
        if self.nodes[node].armed == Some(deadline.at) {
            return Ok(());
        }
        self.nodes[node].armed = Some(deadline.at);
        let haste = self.mutation.haste(|| self.nodes[node].snapshot());
        let late = Duration::from_nanos(self.dice.below(LATENESS.subsec_nanos().into()));
        let at = self.now.max(deadline.at - haste) + late;
        self.plan_at(at, What::Wake(node, deadline.at));
        Ok(())
    }

    fn narrate(&mut self, line: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            let at = self.now.since(START);
            story.push(format!("{:>10.6} s  {}", at.as_secs_f64(), line()));
        }
    }
}
