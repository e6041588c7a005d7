//! The one way to change state, and what the passing of time does in each.

use core::time::Duration;

use super::outbox::Outbox;
use super::router::Router;
use super::state::{Active, Backup, Outlook, Span, State};
use crate::action::{Action, AnnounceCause, Transmit};
use crate::event::{EventKind, Reason, Transition};
use crate::time::Instant;
use crate::types::Priority;

impl Router {
    /// Leaves the state it is in and enters `next`. Nothing else changes the kind of state.
    pub(super) fn transition(&mut self, now: Instant, next: State, reason: Reason, out: &mut Outbox) {
        let from = self.state.name();
        self.exit(&reason, out);
        self.state = next;
        self.enter(&reason, out);
        let after = now.since(self.since);
        (self.since, self.reason) = (now, Some(reason));
        self.peers.start_afresh();
        let transition = Transition { from, to: self.state.name(), reason, priority: self.priority, after };
        out.tell(now, self.id, EventKind::Transition(transition));
    }

    /// Leaving a state for this reason.
    fn exit(&mut self, reason: &Reason, out: &mut Outbox) {
        match &self.state {
            State::Initialize { .. } | State::Backup(_) => {}
            State::Active(_) => {
                if leaves_a_gap(reason) {
                    self.transmit(Priority::RELEASE, out);
                }
                out.act(Action::Disown { router: self.id });
            }
        }
    }

    /// Having entered the present state for this reason.
    fn enter(&mut self, reason: &Reason, out: &mut Outbox) {
        match &self.state {
            State::Initialize { .. } | State::Backup(_) => {}
            State::Active(_) => {
                self.counters.became_active += 1;
                self.transmit(self.priority, out);
                if *reason != Reason::OwnerReady {
                    // At boot nothing is announced before address and MAC are in place (V3-AR-10): Own does it then.
                    self.announce(AnnounceCause::Takeover, self.config.announce.repeat.min(1), out);
                }
                out.act(Action::Own { router: self.id });
            }
        }
    }

    /// An Active state that begins now.
    pub(super) fn new_active(&self, now: Instant) -> State {
        State::Active(Active::new(now, self.config.interval, &self.config.announce))
    }

    /// Queues an advertisement, unless there is no address to send it from.
    pub(super) fn transmit(&mut self, priority: Priority, out: &mut Outbox) {
        if self.parent.source.is_none() {
            return;
        }
        self.counters.sent += 1;
        self.counters.sent_priority_zero += u64::from(priority == Priority::RELEASE);
        out.transmit(Transmit { router: self.id, priority, from: self.transmit_from() });
    }

    /// Queues announcements, if there are any to make.
    pub(super) fn announce(&self, cause: AnnounceCause, rounds: u32, out: &mut Outbox) {
        if rounds > 0 {
            out.act(Action::Announce { router: self.id, rounds, cause });
        }
    }

    /// Does what is due.
    pub(super) fn expire(&mut self, now: Instant, out: &mut Outbox) {
        match &self.state {
            State::Initialize { .. } => {}
            State::Backup(backup) => {
                let expiry = backup.from + self.down_timer(backup.span);
                if expiry <= now {
                    self.down_timer_expired(now, now.since(expiry), out);
                }
            }
            State::Active(_) => self.expire_active(now, out),
        }
    }

    /// Active_Down_Timer has expired (V3-ST-05). If we were away for long the silence may have been ours: then we
    /// listen for a whole down interval first (V3-TM-09).
    fn down_timer_expired(&mut self, now: Instant, late: Duration, out: &mut Outbox) {
        if late <= self.down_interval() {
            return self.transition(now, self.new_active(now), self.takeover_reason(), out);
        }
        out.tell(now, self.id, EventKind::Stalled { late });
        if let State::Backup(backup) = &mut self.state {
            (backup.from, backup.span, backup.outlook) = (now, Span::Down, Outlook::Silence);
        }
    }

    /// Why the down timer has run out.
    fn takeover_reason(&self) -> Reason {
        let outlook = match &self.state {
            State::Backup(backup) => backup.outlook,
            State::Initialize { .. } | State::Active(_) => Outlook::Silence,
        };
        match outlook {
            Outlook::Silence => Reason::MasterSilent { last: self.master, down_interval: self.down_interval() },
            Outlook::Left(rival) => Reason::MasterLeft { rival, skew: self.skew() },
            Outlook::Preemption(rival) => Reason::Preempted { rival },
        }
    }

    fn expire_active(&mut self, now: Instant, out: &mut Outbox) {
        let State::Active(active) = &mut self.state else { return };
        let is_advert_due = active.next_advert <= now;
        if is_advert_due {
            active.advance(now, self.config.interval);
        }
        let mut due = [None; 3];
        for slot in &mut due {
            *slot = active.announcements.take_due(now, &self.config.announce);
        }
        if is_advert_due {
            self.transmit(self.priority, out); // V3-ST-10
        }
        for (cause, rounds) in due.into_iter().flatten() {
            self.announce(cause, rounds, out);
        }
    }

    /// An Active that comes back after more than its down interval has most likely been replaced: it gives up its
    /// addresses and listens before it speaks (V3-TM-10). Called before anything else happens to the router.
    pub(super) fn notice_standstill(&mut self, now: Instant, out: &mut Outbox) {
        let State::Active(active) = &self.state else { return };
        let late = now.since(active.next_advert);
        if late > self.down_interval() {
            out.tell(now, self.id, EventKind::Stalled { late });
            self.transition(now, State::Backup(Backup::new(now)), Reason::Stalled { late }, out);
        }
    }
}

/// Whether nobody is known to hold the addresses when an Active leaves for this reason, so that a priority 0 is due
/// (V3-ST-09). After a standstill others have probably taken over and must not be disturbed.
const fn leaves_a_gap(reason: &Reason) -> bool {
    match reason {
        Reason::Lost { .. } | Reason::Shutdown => true,
        Reason::BetterRival { .. }
        | Reason::Stalled { .. }
        | Reason::Ready
        | Reason::OwnerReady
        | Reason::MasterSilent { .. }
        | Reason::MasterLeft { .. }
        | Reason::Preempted { .. } => false,
    }
}
