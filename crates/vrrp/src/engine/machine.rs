//! The one way to change state, and what the passing of time does in each.

use core::net::IpAddr;
use core::time::Duration;

use super::announce::takeover_rounds;
use super::company::Company;
use super::outbox::Outbox;
use super::router::{Router, Startup};
use super::state::{Active, Backup, DownTimer, OnExpiry, State};
use crate::action::Action;
use crate::config::StallLimit;
use crate::event::{EventKind, Reason, StateName};
use crate::input::Since;
use crate::snapshot::Claim;
use crate::time::Instant;
use crate::timing;
use crate::types::Priority;

impl Router {
    /// Leaves the state it is in and enters `next`. Nothing else changes the kind of state.
    pub(super) fn transition(&mut self, now: Instant, next: State, reason: Reason, out: &mut Outbox) {
        let from = self.state.name();
        self.exit(now, &reason, out);
        self.state = next;
        self.enter(now, &reason, out);
        (self.since, self.reason, self.startup) = (now, Some(reason), Startup::Reported);
        self.peers.start_afresh();
        self.strangers.start_afresh();
        self.flaps.count();
        match (from, self.state.name()) {
            // Nothing would report these later: no timer runs in Initialize. Peers can bring them about by BFD alone, where
            // sessions that flap are damped.
            (StateName::Initialize, _) | (_, StateName::Initialize) => self.report_changes(now, reason, out),
            (StateName::Backup | StateName::Active, StateName::Backup | StateName::Active) => {
                self.report_role(now, out);
            }
        }
    }

    /// Reports changes of state that were not reported yet, unless there were too many lately. Called again whenever
    /// anything happens to the router: one that runs hears or sends something within an interval or two.
    pub(crate) fn report_role(&mut self, now: Instant, out: &mut Outbox) {
        if let (1.., Some(reason)) = (self.flaps.unreported, self.reason)
            && !self.flaps.is_reached(now)
        {
            self.report_changes(now, reason, out);
        }
    }

    fn report_changes(&mut self, now: Instant, reason: Reason, out: &mut Outbox) {
        let kind = self.flaps.event(self.state.name(), self.since, reason, self.priority);
        out.report(now, self.id, kind);
    }

    /// Leaving a state for this reason.
    fn exit(&mut self, now: Instant, reason: &Reason, out: &mut Outbox) {
        match &self.state {
            State::Initialize { .. } | State::Backup(_) => {}
            State::Active(_) => {
                if leaves_a_gap(reason) && self.parent.ifindex.is_some() {
                    self.transmit(now, Priority::RELEASE, out);
                }
                self.leave_addresses(now, reason, out);
            }
        }
    }

    /// Having entered the present state for this reason.
    fn enter(&mut self, now: Instant, reason: &Reason, out: &mut Outbox) {
        match &self.state {
            State::Initialize { .. } | State::Backup(_) => {}
            State::Active(_) => {
                self.counters.became_active += 1;
                self.leaving = None;
                self.transmit(now, self.priority, out);
                self.announce_takeover(now, reason, out);
                self.miss_standby(reason);
            }
        }
    }

    /// The first round of gratuitous ARP leaves at once, so that switches and neighbours learn where the virtual MAC is;
    /// but not at boot, where nothing may be announced before address and MAC are in place (V3-AR-10).
    fn announce_takeover(&mut self, now: Instant, reason: &Reason, out: &mut Outbox) {
        // A router that flaps announces itself, but not again and again.
        let most = if self.flaps.is_reached(now) { 1 } else { u32::MAX };
        let repeat = self.config.parameters.announce.repeat.min(most);
        let has_ipv4 = self.config.addresses.iter().chain(&self.config.unadvertised).any(IpAddr::is_ipv4);
        let at_boot = matches!(reason, Reason::OwnerReady | Reason::GroupIsActive);
        let arp_sent = u32::from(has_ipv4 && repeat > 0 && !at_boot);
        if arp_sent > 0 {
            out.act(Action::AnnounceFirst { router: self.id });
        }
        out.act(Action::InstallAddresses { router: self.id, rounds: takeover_rounds(repeat, arp_sent) });
    }

    /// An Active state that begins now. `None` if there is no address to send from, which nobody but a router in
    /// Initialize lacks.
    pub(super) fn new_active(&self, now: Instant) -> Option<State> {
        let source = self.parent.source?;
        Some(State::Active(Active::new(now, source, self.config.parameters.interval, &self.config.parameters.announce)))
    }

    /// Does what is due. The timer of the state has its own time to be looked at, if another was due first.
    pub(super) fn expire(&mut self, now: Instant, out: &mut Outbox) {
        if self.leaving_expired(now, out) {
            return;
        }
        match &self.state {
            State::Initialize { .. } => self.delay_expired(now, out),
            State::Backup(backup) => {
                let expiry = backup.from + self.down_timer(backup.timer);
                if expiry <= now {
                    self.down_timer_expired(now, now.since(expiry), out);
                }
            }
            State::Active(_) => self.expire_active(now, out),
        }
    }

    /// The startup delay may be over.
    fn delay_expired(&mut self, now: Instant, out: &mut Outbox) {
        if self.held_until.take_if(|until| *until <= now).is_some() {
            self.reevaluate(now, out);
            self.report_fault_causes(now, out);
        }
    }

    /// Active_Down_Timer has expired (V3-ST-05). If we were away for long the silence may have been ours: then we
    /// listen for a whole down interval first (V3-TM-09).
    fn down_timer_expired(&mut self, now: Instant, late: Duration, out: &mut Outbox) {
        if late <= self.down_interval() {
            return match self.company {
                Company::Alone => self.take_over(now, out),
                Company::Member { .. } => self.claim_role(),
            };
        }
        out.report(now, self.id, EventKind::Stalled { late });
        if let State::Backup(backup) = &mut self.state {
            (backup.from, backup.timer, backup.on_expiry) = (now, DownTimer::ActiveDown, OnExpiry::Silence);
        }
    }

    /// The down timer has run out in a group: it takes over once those of all its routers have.
    const fn claim_role(&mut self) {
        if let State::Backup(backup) = &mut self.state {
            backup.claim = Claim::Made;
        }
    }

    /// Backup becomes Active.
    pub(super) fn take_over(&mut self, now: Instant, out: &mut Outbox) {
        if let Some(active) = self.new_active(now) {
            self.transition(now, active, self.takeover_reason(), out);
        }
    }

    /// Why the down timer has run out.
    fn takeover_reason(&self) -> Reason {
        let on_expiry = match &self.state {
            State::Backup(backup) => backup.on_expiry,
            State::Initialize { .. } | State::Active(_) => OnExpiry::Silence,
        };
        match on_expiry {
            OnExpiry::Silence => Reason::MasterSilent { last: self.master, down_interval: self.down_interval() },
            OnExpiry::Left(peer) => Reason::MasterLeft { peer, skew: self.skew() },
            OnExpiry::Preemption(peer) => Reason::Preempted { peer },
        }
    }

    fn expire_active(&mut self, now: Instant, out: &mut Outbox) {
        let State::Active(active) = &mut self.state else { return };
        active.announcements.expire(now, self.id, &self.config.parameters.announce, out);
        if active.next_advert <= now {
            self.speak(now, out);
        }
    }

    /// Sends the next advert in turn (V3-ST-10).
    pub(super) fn speak(&mut self, now: Instant, out: &mut Outbox) {
        if let State::Active(active) = &mut self.state {
            active.advance(now, self.config.parameters.interval);
            self.transmit(now, self.priority, out);
            self.look_for_standby(now, out);
        }
    }

    /// Whether the next advert may leave with those of others: it is due within a quarter of the interval.
    pub(crate) fn may_speak_early(&self, now: Instant) -> bool {
        let State::Active(active) = &self.state else { return false };
        active.next_advert <= now + self.config.parameters.interval.duration() / 4
    }

    /// An Active that comes back after long has most likely been replaced: it gives up its addresses and listens before it
    /// speaks (V3-TM-10). Called before anything else happens to the router.
    pub(super) fn check_stall(&mut self, now: Instant, out: &mut Outbox) {
        let State::Active(active) = &self.state else { return };
        let late = now.since(active.next_advert);
        if late > self.longest_delay() {
            out.report(now, self.id, EventKind::Stalled { late });
            self.transition(now, State::Backup(Backup::new(now)), Reason::Stalled { late }, out);
        }
    }

    /// Priority 0 was said in our name while we stood still: what holds after a stall holds here.
    pub(super) fn role_taken(&mut self, now: Instant, since: Since, out: &mut Outbox) {
        let State::Active(active) = &self.state else { return };
        let late = now.since(active.next_advert);
        match since {
            Since::Silent => {}
            Since::Spoken => self.transmit(now, Priority::RELEASE, out),
        }
        out.report(now, self.id, EventKind::Stalled { late });
        self.transition(now, State::Backup(Backup::new(now)), Reason::Stalled { late }, out);
    }
}

impl Router {
    /// By how much an advert may be late before an Active must take it that others have taken over.
    fn longest_delay(&self) -> Duration {
        let interval = self.config.parameters.interval;
        match self.config.parameters.switches.stall {
            StallLimit::Ours => self.down_interval(),
            StallLimit::Backup(priority) => {
                let waits =
                    timing::down_interval(self.version(), priority, interval, self.config.parameters.down_adverts);
                waits.saturating_sub(interval.duration())
            }
        }
    }
}

/// Whether nobody is known to hold the addresses when an Active leaves for this reason, so that a priority 0 is due
/// (V3-ST-09). After a stall others have probably taken over and must not be disturbed.
pub(super) const fn leaves_a_gap(reason: &Reason) -> bool {
    match reason {
        Reason::Lost { .. } | Reason::Shutdown | Reason::GroupYielded => true,
        Reason::SuperiorAdvert { .. }
        | Reason::Stalled { .. }
        | Reason::Ready
        | Reason::OwnerReady
        | Reason::GroupIsActive
        | Reason::MasterSilent { .. }
        | Reason::MasterLeft { .. }
        | Reason::Preempted { .. } => false,
    }
}
