//! Receiving: the checks, in the order of RFC 9568 §7.1, and what an accepted advertisement does in each state.
//!
//! Only an accepted advertisement may touch a timer.

use super::admit::{Heard, admit};
use super::election::{ActiveHears, BackupHears, Preemption, active_hears, backup_hears};
use super::outbox::Outbox;
use super::peers::{Hearing, Notice};
use super::router::{Copies, Router};
use super::state::{Backup, Outlook, Span, State};
use crate::action::AnnounceCause;
use crate::config::{ChecksumPolicy, LosingRival, Preempt, SourceMac, WinningRival};
use crate::event::{EventKind, Reason, Rival, WonBy};
use crate::input::Envelope;
use crate::time::Instant;
use crate::types::{Interval, Priority, Version};

impl Router {
    /// A packet that names this router came in on its parent.
    pub(crate) fn receive(&mut self, now: Instant, envelope: &Envelope, bytes: &[u8], out: &mut Outbox) {
        match admit(envelope, bytes, Some(self)) {
            Ok(heard) => self.accept(now, &heard, out),
            Err(reason) => {
                self.counters.discarded.count(reason);
                if self.notices.is_news(reason, now) {
                    out.tell(now, self.id, EventKind::Discarded { reason, source: envelope.source });
                }
            }
        }
    }

    fn accept(&mut self, now: Instant, heard: &Heard, out: &mut Outbox) {
        let rival = heard.rival;
        self.counters.received += 1;
        self.counters.received_priority_zero += u64::from(rival.priority == Priority::RELEASE);
        self.peers.heard(rival.address, heard.received, heard.form);
        self.tell_oddities(now, heard, out);
        match &self.state {
            State::Initialize { .. } => {} // admit() refused it
            State::Backup(_) => self.heard_in_backup(heard),
            State::Active(_) => self.heard_in_active(now, heard, out),
        }
    }

    /// What is kept but worth a word (V3-RX-13 to V3-RX-16).
    fn tell_oddities(&mut self, now: Instant, heard: &Heard, out: &mut Outbox) {
        let rival = heard.rival;
        let ours = self.config.interval;
        if heard.interval != ours {
            self.counters.interval_mismatches += 1;
            let mismatch = EventKind::IntervalMismatch { rival, heard: heard.interval, ours };
            self.tell_once(now, rival, Notice::Interval, mismatch, out);
        }
        if heard.has_other_addresses {
            self.counters.address_mismatches += 1;
            self.tell_once(now, rival, Notice::Addresses, EventKind::AddressMismatch(rival), out);
        }
        if rival.priority != self.priority {
            return;
        }
        if rival.priority.is_owner() {
            self.tell_once(now, rival, Notice::OwnerConflict, EventKind::OwnerConflict(rival), out);
        } else {
            self.tell_once(now, rival, Notice::SamePriority, EventKind::SamePriority(rival), out);
        }
    }

    fn tell_once(&mut self, now: Instant, rival: Rival, notice: Notice, event: EventKind, out: &mut Outbox) {
        if self.peers.is_news(rival.address, notice, now) {
            out.tell(now, self.id, event);
        }
    }

    /// RFC 9568 §6.4.2.
    fn heard_in_backup(&mut self, heard: &Heard) {
        // What came before we began to listen counts from then: after a standstill the queue is old.
        let received = heard.received.max(self.since);
        let preemption = self.preemption(heard.rival.priority, received);
        let (rival, form, learned) = (heard.rival, heard.form, self.learnable(heard.interval));
        let State::Backup(backup) = &mut self.state else { return };
        match backup_hears(self.priority, rival.priority, preemption) {
            BackupHears::Release => {
                (backup.from, backup.span) = (received, Span::Skew); // V3-ST-06
                backup.outlook = Outlook::Left(rival.address);
            }
            BackupHears::Master => {
                (backup.from, backup.span) = (received, Span::Down); // V3-ST-07
                (backup.learned, backup.outlook) = (learned, Outlook::Silence);
                (self.master, self.form) = (Some(rival), form);
            }
            BackupHears::WorseMaster => {
                backup.outlook = Outlook::Preemption(rival); // V3-ST-08: the timer runs on
                self.form = form;
            }
        }
    }

    /// Whether we may displace a master of that priority now. Starts and cancels the preemption delay.
    fn preemption(&mut self, theirs: Priority, received: Instant) -> Preemption {
        let State::Backup(backup) = &mut self.state else { return Preemption::Forbidden };
        if theirs >= self.priority {
            backup.held_since = None;
        }
        match self.config.preempt {
            _ if self.config.priority.is_owner() => Preemption::Allowed, // V3-OW-03
            Preempt::Always => Preemption::Allowed,
            Preempt::Never => Preemption::Forbidden,
            Preempt::After(_) if theirs == Priority::RELEASE || theirs >= self.priority => Preemption::Forbidden,
            Preempt::After(delay) if received.since(*backup.held_since.get_or_insert(received)) >= delay => {
                Preemption::Allowed
            }
            Preempt::After(_) => Preemption::Forbidden,
        }
    }

    /// The interval to learn from an accepted advertisement: none in VRRPv2 (V2-ST-01).
    const fn learnable(&self, interval: Interval) -> Option<Interval> {
        match self.version() {
            Version::V2 => None,
            Version::V3 => Some(interval),
        }
    }

    /// RFC 9568 §6.4.3.
    fn heard_in_active(&mut self, now: Instant, heard: &Heard, out: &mut Outbox) {
        let Some(source) = self.parent.source else { return };
        match active_hears((self.priority, source), (heard.rival.priority, heard.rival.address)) {
            ActiveHears::Release => self.confirm(now, out),
            ActiveHears::BetterRival(by) => self.yield_to(now, heard, by, out),
            ActiveHears::WorseRival => self.assert_against(now, heard, out),
        }
    }

    /// V3-ST-11: advertise at once and restart Adver_Timer.
    fn confirm(&mut self, now: Instant, out: &mut Outbox) {
        let next = now + self.config.interval.duration();
        if self.may_answer() {
            self.transmit(self.priority, out);
            if let State::Active(active) = &mut self.state {
                active.next_advert = next;
            }
        }
    }

    /// V3-ST-12.
    fn yield_to(&mut self, now: Instant, heard: &Heard, by: WonBy, out: &mut Outbox) {
        match self.config.winning_rival {
            WinningRival::Yield => {}
            WinningRival::AnswerOnce => self.transmit(self.priority, out),
        }
        let rival = heard.rival;
        (self.master, self.form) = (Some(rival), heard.form);
        let learned = self.learnable(heard.interval);
        let backup = Backup { learned, ..Backup::new(heard.received) };
        self.transition(now, State::Backup(backup), Reason::BetterRival { rival, by }, out);
    }

    /// V3-ST-13: discard, advertise at once. Adver_Timer is not restarted.
    fn assert_against(&mut self, now: Instant, heard: &Heard, out: &mut Outbox) {
        let rival = heard.rival;
        self.tell_once(now, rival, Notice::LosingRival, EventKind::LosingRival(rival), out);
        match self.config.losing_rival {
            LosingRival::Ignore => {}
            LosingRival::Answer => {
                self.mend_hearing(now, heard, out);
                if self.may_answer() {
                    self.peers.answered(rival.address, now);
                    self.counters.answered += 1;
                    self.transmit(self.priority, out);
                } else {
                    self.counters.answers_suppressed += 1;
                }
            }
        }
        if let State::Active(active) = &mut self.state {
            let rounds = active.announcements.losing_rival(now, self.config.interval, &self.config.announce);
            self.announce(AnnounceCause::LosingRival, rounds, out);
        }
    }

    /// A rival that does not heed our answers cannot hear them: first its own form of checksum is tried, then the
    /// physical MAC beside the virtual one (keepalived with `vmac_xmit_base` drops what comes from the virtual MAC).
    fn mend_hearing(&mut self, now: Instant, heard: &Heard, out: &mut Outbox) {
        match self.peers.lost_again(heard.rival.address, heard.received, heard.interval) {
            Hearing::Fine => {}
            Hearing::Doubtful(form) => match self.config.checksum {
                ChecksumPolicy::Auto => self.form = form,
                ChecksumPolicy::Rfc5798 | ChecksumPolicy::Rfc9568 => {}
            },
            Hearing::Deaf => {
                if self.config.source_mac == SourceMac::Virtual && self.copies == Copies::None {
                    self.copies = Copies::Physical;
                    out.tell(now, self.id, EventKind::PhysicalCopies(heard.rival));
                }
            }
        }
    }

    /// Takes one of the advertisements that may be sent out of turn.
    fn may_answer(&mut self) -> bool {
        let State::Active(active) = &mut self.state else { return false };
        let left = active.answers_left.checked_sub(1);
        active.answers_left = left.unwrap_or(0);
        left.is_some()
    }
}
