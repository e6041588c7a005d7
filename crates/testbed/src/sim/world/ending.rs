//! The end of a run: calm, a time in which nothing may change, and the stop of everything.

use std::time::Duration;

use super::{Era, START, What, World};
use crate::sim::invariants::{Broken, Invariant, lan, require};
use crate::sim::node::Thread;
use crate::sim::node::messages::ToProtocol;

/// Intervals watched after everything has settled.
const WATCHED_INTERVALS: u32 = 10;
/// From the start of the daemons that are dead to the stop of all.
const LAST_LIFE: Duration = Duration::from_millis(150);
/// From the stop of all to the last look.
const LAST_LOOK: Duration = Duration::from_secs(2);

impl World<'_> {
    pub(super) fn schedule_ending(&mut self) {
        let calm = START + self.plan.quiet_from;
        let settled = calm + self.plan.settling_time();
        let watched = settled + self.plan.longest_interval() * WATCHED_INTERVALS;
        self.plan_at(calm, What::Calm);
        self.plan_at(settled, What::Settled);
        self.plan_at(watched, What::Watched);
        self.plan_at(watched + LAST_LIFE, What::Stop);
        // Masters keep their addresses for an interval at most, in version 2 for a second.
        let last_look = LAST_LOOK + self.plan.longest_interval().max(Duration::from_secs(1));
        self.plan_at(watched + LAST_LIFE + last_look, What::End);
    }

    /// The trouble ends: no noise, no one-way faults, nobody stalled, nothing refused. What is dead, stopped or split
    /// remains so.
    pub(super) fn calm(&mut self) -> Result<(), Broken> {
        self.story.note(self.now, || "calm".to_owned());
        self.lan.calm();
        (self.era, self.lan_changed) = (Era::Calm, self.now);
        for node in 0..self.nodes.len() {
            self.relent(node);
            self.nodes[node].machine.kill_after(None);
            for thread in [Thread::Host, Thread::Protocol] {
                self.thaw(node, thread, None)?;
            }
        }
        Ok(())
    }

    pub(super) fn settled(&mut self) -> Result<(), Broken> {
        if lan::may_circle(self.plan, &self.nodes) {
            return Ok(());
        }
        self.story.note(self.now, || "settled".to_owned());
        self.era = Era::Settled;
        for node in &mut self.nodes {
            if let Some(protocol) = node.protocol() {
                protocol.routers.iter_mut().flatten().for_each(|router| router.adverts = 0);
            }
        }
        self.held = self.nodes.iter().map(|node| node.machine.holds()).collect();
        lan::settled(self.plan, &mut self.nodes, &self.lan)
    }

    pub(super) fn nothing_changed(&self) -> Result<(), Broken> {
        let changed = (0..self.nodes.len()).find(|node| self.nodes[*node].machine.holds() != self.held[*node]);
        require(Invariant::NothingChanges, changed.is_none(), || {
            format!("node {changed:?} holds other addresses than when everything had settled")
        })
    }

    pub(super) fn watched(&mut self) -> Result<(), Broken> {
        match self.era {
            Era::Settled => {
                lan::settled(self.plan, &mut self.nodes, &self.lan)?;
                lan::steady(&self.nodes, self.plan.longest_interval() * WATCHED_INTERVALS)?;
            }
            Era::Troubled | Era::Calm | Era::Ending => {}
        }
        self.era = Era::Ending;
        (0..self.nodes.len()).try_for_each(|node| self.start(node))
    }

    pub(super) fn stop_all(&mut self) {
        for node in 0..self.nodes.len() {
            self.nodes[node].tell(ToProtocol::Quit);
            self.wake(node, Thread::Protocol);
        }
    }

    /// Whatever happened: after the last stop every machine is as before.
    pub(super) fn end(&mut self) -> Result<(), Broken> {
        for (place, node) in self.nodes.iter_mut().enumerate() {
            require(Invariant::MachineAsBefore, node.daemon.is_none(), || format!("node {place} did not stop"))?;
            let left = node.machine.left_behind();
            require(Invariant::MachineAsBefore, left.is_none(), || {
                format!("in the end, on node {place}, {}", left.unwrap_or_default())
            })?;
        }
        Ok(())
    }
}
