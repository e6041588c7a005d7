//! What can be asked of a router.

use super::peers::PEERS;
use super::router::Router;
use super::speakers::STRANGERS;
use super::state::State;
use crate::event::Causes;
use crate::snapshot::{Claim, SPEAKERS, Snapshot, Speaker};
use crate::time::Deadline;

const _: () = assert!(SPEAKERS == PEERS + STRANGERS, "each has its place in a snapshot");

impl Router {
    /// What it waits for next.
    pub(super) fn next(&self) -> Option<Deadline> {
        self.deadline().map(|(at, why)| Deadline { at, router: self.id, why })
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            router: self.id,
            state: self.state.name(),
            waiting_for: self.waiting_for(),
            since: self.since,
            reason: self.reason,
            leaving_until: self.leaving,
            base_priority: self.config.parameters.priority,
            priority: self.priority,
            interval: self.config.parameters.interval,
            active_interval: self.active_interval(),
            skew: self.skew(),
            down_interval: self.down_interval(),
            source: self.source(),
            master: self.master,
            next: self.next(),
            group: self.company.group(),
            claim: self.claim(),
            preempts_at: self.preempts_at(),
            from: self.transmit_from(),
            checksums: self.checksums(),
            speakers: self.speakers(),
            counters: self.counters.clone(),
        }
    }

    pub(super) const fn claim(&self) -> Claim {
        match &self.state {
            State::Initialize { .. } | State::Active(_) => Claim::No,
            State::Backup(backup) => backup.claim,
        }
    }

    const fn waiting_for(&self) -> Causes {
        match &self.state {
            State::Initialize { waiting_for } => *waiting_for,
            State::Backup(_) | State::Active(_) => Causes::NONE,
        }
    }

    fn speakers(&self) -> [Option<Speaker>; SPEAKERS] {
        let mut all = [None; SPEAKERS];
        let heard = self.peers.speakers().chain(self.strangers.iter());
        all.iter_mut().zip(heard).for_each(|(slot, speaker)| *slot = Some(speaker));
        all
    }
}
