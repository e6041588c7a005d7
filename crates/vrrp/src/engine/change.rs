//! What changes at run time: configuration, parent, trackers, planned stops. Role and timers are kept wherever the rules
//! allow it, for none of these is a reason for a failover.

use super::election::Preemption;
use super::outbox::Outbox;
use super::router::{NO_PARENT, Router, Startup, Stopped};
use super::state::{Backup, OnExpiry, State};
use super::tracking::{Tracked, effective_priority};
use crate::config::{Medium, RouterConfig};
use crate::event::{EventKind, StateName};
use crate::input::{HostState, Parent};
use crate::snapshot::Claim;
use crate::time::Instant;
use crate::types::{Family, Priority, Version};

impl Router {
    /// A planned stop, or its end.
    pub(crate) fn set_stopped(&mut self, now: Instant, stopped: Stopped, out: &mut Outbox) {
        self.stopped = stopped;
        self.reevaluate(now, out);
    }

    /// It does not start before then. One that runs goes on.
    pub(crate) fn hold(&mut self, now: Instant, until: Instant, out: &mut Outbox) {
        self.held_until = (until > now).then_some(until);
        self.reevaluate(now, out);
    }

    /// Its parent is another than before, or in another state.
    pub(crate) fn set_parent(&mut self, now: Instant, parent: Parent, out: &mut Outbox) {
        if self.parent.ifindex.is_some() && self.parent.ifindex != parent.ifindex {
            // Another interface under the same name: what we did on the old one went with it.
            self.parent = NO_PARENT;
            self.reevaluate(now, out);
            self.let_go(out);
        }
        let source = parent.source.filter(|source| Family::of(source) == self.config.family);
        self.parent = Parent { source, ..parent };
        self.reevaluate(now, out);
        if let (State::Active(active), Some(source)) = (&mut self.state, source)
            && active.source != source
        {
            active.source = source;
            self.transmit(now, self.priority, out);
        }
        if self.startup == Startup::Unplaced {
            self.startup = Startup::Silent;
        }
        self.report_fault_causes(now, out);
    }

    pub(crate) fn set_host_state(&mut self, now: Instant, state: HostState, out: &mut Outbox) {
        self.host = state;
        self.reevaluate(now, out);
    }

    /// A reading of something it tracks has changed.
    pub(crate) fn set_tracked(&mut self, now: Instant, tracked: Tracked, out: &mut Outbox) {
        self.tracked = tracked;
        let (state, priority) = (self.state.name(), self.priority);
        self.recompute_priority(now, out);
        self.reevaluate(now, out);
        if self.priority != priority && self.is_still_active(state) {
            self.show_priority(now, out);
        }
        self.report_fault_causes(now, out);
    }

    /// Backups learn of another priority at once, but a tracker that never rests makes no flood: what is left is said in
    /// turn.
    fn show_priority(&mut self, now: Instant, out: &mut Outbox) {
        if let State::Active(active) = &mut self.state
            && active.take_answer().is_some()
        {
            self.transmit(now, self.priority, out);
        }
    }

    /// Another configuration; role and timers stay.
    pub(crate) fn set_config(&mut self, now: Instant, config: RouterConfig, tracked: Tracked, out: &mut Outbox) {
        let (state, priority) = (self.state.name(), self.priority);
        let (family, vrid) = (self.config.family, self.config.vrid);
        if lacks_peers(&config.medium) && !lacks_peers(&self.config.medium) {
            // It is about to leave, and can say so only to those it spoke to so far.
            self.transmit(now, Priority::RELEASE, out);
        }
        let old = core::mem::replace(&mut self.config, RouterConfig { family, vrid, ..config });
        // A version 3 router that loses them all leaves with those it had.
        if !self.lacks_addresses() {
            self.advertised.clone_from(&self.config.addresses);
        }
        if (old.parameters.interval, &old.addresses) != (self.config.parameters.interval, &self.config.addresses) {
            self.peers.forget_mismatches();
        }
        self.tracked = tracked;
        self.recompute_priority(now, out);
        self.reevaluate(now, out);
        self.reschedule(now, &old);
        if self.is_still_active(state) {
            self.show_change(now, priority, &old, out);
        }
    }

    /// Lets backups and hosts know what changed in the configuration of an Active.
    fn show_change(&mut self, now: Instant, old_priority: Priority, old: &RouterConfig, out: &mut Outbox) {
        let new = &self.config;
        let same_advert = old_priority == self.priority
            && (old.parameters.version, old.parameters.interval) == (new.parameters.version, new.parameters.interval)
            && old.authentication == new.authentication;
        // Whoever was not spoken to before must hear of the master before it becomes another.
        let same_listeners = are_same_listeners(&old.medium, &new.medium);
        if !same_advert || !same_listeners || old.addresses != new.addresses {
            self.transmit(now, self.priority, out);
        }
        if let State::Active(active) = &mut self.state {
            active.announcements.change(now, self.id, old, &self.config, out);
        }
    }

    /// Whether it is Active and was so in the `state` before.
    fn is_still_active(&self, before: StateName) -> bool {
        before == StateName::Active && self.state.name() == StateName::Active
    }

    /// Brings the timers in line with a new configuration (V3-TM-11).
    fn reschedule(&mut self, now: Instant, old: &RouterConfig) {
        let version = self.version();
        match &mut self.state {
            State::Initialize { .. } => {}
            State::Backup(backup) => {
                if version == Version::V2 {
                    backup.learned = None; // VRRPv2 never learns (V2-TM-02)
                }
                self.review_down_timer(now);
            }
            State::Active(active) => {
                if old.parameters.interval != self.config.parameters.interval {
                    active.next_advert = now + self.config.parameters.interval.duration();
                }
            }
        }
    }

    fn recompute_priority(&mut self, now: Instant, out: &mut Outbox) {
        let from = self.priority;
        self.priority = effective_priority(self.config.parameters.priority, self.tracked.weight);
        if self.priority != from {
            out.report(now, self.id, EventKind::PriorityChanged { from, to: self.priority });
            self.review_down_timer(now);
        }
    }

    /// The priority, the interval or the preemption mode of a Backup has changed. Its timer follows by itself
    /// (V3-TM-12), but may no longer be meant to displace the master.
    fn review_down_timer(&mut self, now: Instant) {
        let (priority, preemption) = (self.priority, self.preemption(now));
        let State::Backup(backup) = &mut self.state else { return };
        if let OnExpiry::Preemption(peer) = backup.on_expiry
            && (peer.priority >= priority || preemption == Preemption::Forbidden)
        {
            *backup = Backup { learned: backup.learned, hold_from: backup.hold_from, ..Backup::new(now) };
            self.master = Some(peer);
        }
        self.review_claim(now);
        self.keep_down_timer_ahead(now);
    }

    /// A down timer that became longer may not have run out yet.
    fn review_claim(&mut self, now: Instant) {
        let State::Backup(Backup { claim: Claim::Made, from, timer, .. }) = &self.state else { return };
        let runs_on = *from + self.down_timer(*timer) > now;
        if let (State::Backup(backup), true) = (&mut self.state, runs_on) {
            backup.claim = Claim::No;
        }
    }

    /// A down timer that became shorter may have expired in the past: it expires now, for else it would look as if we
    /// had been late.
    fn keep_down_timer_ahead(&mut self, now: Instant) {
        let State::Backup(Backup { timer, .. }) = &self.state else { return };
        let earliest = now - self.down_timer(*timer);
        if let State::Backup(backup) = &mut self.state {
            backup.from = backup.from.max(earliest);
        }
    }
}

/// Whether nobody is there to hear adverts.
const fn lacks_peers(medium: &Medium) -> bool {
    match medium {
        Medium::Multicast { .. } => false,
        Medium::Unicast(unicast) => unicast.peers.is_empty(),
    }
}

/// Whether adverts go where they went before.
fn are_same_listeners(old: &Medium, new: &Medium) -> bool {
    match (old, new) {
        (Medium::Unicast(old), Medium::Unicast(new)) => {
            let (before, after) = (old.peers.iter(), new.peers.iter());
            old.hop_limit == new.hop_limit && before.map(|peer| peer.address).eq(after.map(|peer| peer.address))
        }
        (Medium::Multicast { .. }, Medium::Multicast { .. }) => old == new,
        (Medium::Multicast { .. }, Medium::Unicast(_)) | (Medium::Unicast(_), Medium::Multicast { .. }) => false,
    }
}
