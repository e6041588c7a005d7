//! Receiving: what an accepted advert does in each state. Only an accepted advert may touch a timer.

use core::time::Duration;

use super::admit::{Heard, List, admit, message, takes_part};
use super::election::{ActiveHears, BackupHears, Preemption, active_hears, backup_hears};
use super::outbox::Outbox;
use super::peers::{Notice, Reception};
use super::router::{Repeat, Router};
use super::state::{Backup, DownTimer, OnExpiry, State};
use crate::auth::Proof;
use crate::config::{Medium, OnInferior, OnSuperior, Preempt, SourceMac};
use crate::discard::Discard;
use crate::event::{EventKind, Peer, Reason, Remedy, WonBy};
use crate::input::Packet;
use crate::snapshot::{Checksums, Claim, Speaker};
use crate::time::Instant;
use crate::types::{Interval, Priority, Version};

impl Router {
    /// A packet that names this router came in on its parent.
    pub(crate) fn receive(&mut self, now: Instant, packet: &Packet<'_>, out: &mut Outbox) {
        match admit(packet, Some(self)) {
            Ok(heard) => self.receive_advert(now, packet, &heard, out),
            Err(reason) => self.discard(now, packet, reason, out),
        }
    }

    /// What an advert shows of its age is remembered whether the router takes part or not: it must count on from there once
    /// it speaks, and what it has heard must not be new to it later.
    fn receive_advert(&mut self, now: Instant, packet: &Packet<'_>, heard: &Heard, out: &mut Outbox) {
        let age = self.authenticated.check_age(heard.proof, out.wall_time(heard.received));
        if age.is_ok() {
            self.authenticated.heard(heard.proof);
            self.hear_successor(heard.peer, out);
        }
        match (takes_part(self), age) {
            (Ok(()), Ok(())) => self.accept(now, heard, out),
            (Ok(()), Err(reason)) => {
                self.answer_old(now, heard, out);
                self.discard(now, packet, reason, out);
            }
            (Err(reason), _) => self.discard(now, packet, reason, out),
        }
    }

    /// Nothing but its number is wrong with an advert. A peer that has begun to count anew learns the number from a
    /// master's adverts, if it hears them: so a master answers as if it were an inferior one, whatever its priority. Only
    /// one that counts on may be deaf to that: anything else is a packet of old, sent again by anybody.
    fn answer_old(&mut self, now: Instant, heard: &Heard, out: &mut Outbox) {
        match (&self.state, self.config.parameters.switches.on_inferior, heard.proof) {
            (State::Active(_), OnInferior::Answer, Proof::Ah(number)) => {
                if self.peers.counts_on(heard.peer.address, number) {
                    self.peers.heard(heard.peer, heard.received, heard.form);
                    self.adapt_to_deaf_peer(now, heard, out);
                }
                self.send_answer(now, heard, out);
            }
            (State::Initialize { .. } | State::Backup(_) | State::Active(_), _, _) => {}
        }
    }

    fn discard(&mut self, now: Instant, packet: &Packet<'_>, reason: Discard, out: &mut Outbox) {
        let source = packet.ip.source;
        self.counters.discarded.count(reason);
        if reason != Discard::OwnPacket {
            self.note_speaker(now, packet, reason, out);
        }
        // A router that waits has said what for: that it hears nobody meanwhile is no news. Nor is what it is configured to.
        let is_expected = matches!(reason, Discard::NotRunning | Discard::OwnerIgnores);
        if !is_expected && self.drop_reports.is_news(reason as usize, now) {
            out.report(now, self.id, EventKind::Discarded { reason, source });
        }
    }

    fn note_speaker(&mut self, now: Instant, packet: &Packet<'_>, reason: Discard, out: &mut Outbox) {
        let message = message(packet);
        let priority = message.as_ref().map(|message| message.priority());
        // Of another version, or with another interval than ours: that of the sender counts, or what it says is not readable.
        let theirs = message.and_then(|message| message.interval());
        let interval =
            theirs.map_or(self.config.parameters.interval, |theirs| theirs.max(self.config.parameters.interval));
        let (address, heard) = (packet.ip.source, packet.received);
        let speaker = Speaker { address, priority, heard, discarded: Some(reason) };
        let claims = match self.peers.dropped(speaker) {
            Some(claims) => claims,
            None => self.strangers.heard(speaker),
        };
        match (&self.state, priority) {
            (State::Active(_), Some(priority)) if priority != Priority::RELEASE && reason.may_be_ours() => {
                if claims.go_on(heard, interval) {
                    self.counters.two_masters += 1;
                    // Anybody can make up senders.
                    if self.second_reports.is_news(0, now) {
                        let peer = Peer { address, priority };
                        out.report(now, self.id, EventKind::TwoMasters { peer, dropped: Some(reason) });
                    }
                }
            }
            (State::Initialize { .. } | State::Backup(_) | State::Active(_), _) => {}
        }
    }

    fn accept(&mut self, now: Instant, heard: &Heard, out: &mut Outbox) {
        let peer = heard.peer;
        self.counters.received += 1;
        self.counters.received_priority_zero += u64::from(peer.priority == Priority::RELEASE);
        self.peers.heard(peer, heard.received, heard.form);
        self.strangers.forget(peer.address);
        self.report_mismatches(now, heard, out);
        match &self.state {
            State::Initialize { .. } => {} // takes_part() refused it
            State::Backup(_) => self.heard_in_backup(now, heard, out),
            State::Active(_) => self.heard_in_active(now, heard, out),
        }
    }

    /// What is kept but worth a word (V3-RX-13 to V3-RX-16).
    fn report_mismatches(&mut self, now: Instant, heard: &Heard, out: &mut Outbox) {
        let (peer, ours, interval) = (heard.peer, self.config.parameters.interval, heard.interval);
        if interval != ours {
            self.counters.interval_mismatches += 1;
            let mismatch = EventKind::IntervalMismatch { peer, heard: interval, ours };
            self.report_once(now, peer, Notice::Interval(interval), mismatch, out);
        }
        if let List::Other(list) = heard.list {
            self.counters.address_mismatches += 1;
            self.report_once(now, peer, Notice::Addresses(list), EventKind::AddressMismatch(peer), out);
        }
        if let Medium::Unicast(unicast) = &self.config.medium
            && unicast.peer(peer.address).is_none()
        {
            self.report_once(now, peer, Notice::Unlisted, EventKind::UnlistedPeer(peer), out);
        }
        if peer.priority != self.priority {
            return;
        }
        if peer.priority.is_owner() {
            self.report_once(now, peer, Notice::OwnerConflict, EventKind::OwnerConflict(peer), out);
        } else {
            self.report_once(now, peer, Notice::SamePriority, EventKind::SamePriority(peer), out);
        }
    }

    fn report_once(&mut self, now: Instant, peer: Peer, notice: Notice, event: EventKind, out: &mut Outbox) {
        if self.peers.is_news(peer.address, notice, now) {
            out.report(now, self.id, event);
        }
    }

    /// RFC 9568 §6.4.2.
    fn heard_in_backup(&mut self, now: Instant, heard: &Heard, out: &mut Outbox) {
        // Adverts queued before we entered Backup are dated to the entry: after a stall the socket queue is old.
        let received = heard.received.max(self.since);
        self.note_near_failover(now, heard.peer, received, out);
        self.hold_preemption(heard.peer.priority, received);
        let preemption = self.preemption(received);
        let (peer, form, learned) = (heard.peer, heard.form, self.learnable(heard.interval));
        let State::Backup(backup) = &mut self.state else { return };
        match backup_hears(self.priority, peer.priority, preemption) {
            BackupHears::Release => {
                (backup.from, backup.timer) = (received, DownTimer::Skew); // V3-ST-06
                backup.on_expiry = OnExpiry::Left(peer.address);
            }
            BackupHears::Master => {
                (backup.from, backup.timer) = (received, DownTimer::ActiveDown); // V3-ST-07
                (backup.learned, backup.on_expiry, backup.claim) = (learned, OnExpiry::Silence, Claim::No);
                (self.master, self.form) = (Some(peer), form);
            }
            BackupHears::InferiorMaster => {
                backup.on_expiry = OnExpiry::Preemption(peer); // V3-ST-08: the timer runs on
                self.form = form;
            }
        }
    }

    /// Counts an advert of the master followed that came when this router was about to take over.
    fn note_near_failover(&mut self, now: Instant, peer: Peer, received: Instant, out: &mut Outbox) {
        let Some((silent, left)) = self.near_failover(peer, received) else { return };
        self.counters.near_failovers += 1;
        if self.near_reports.is_news(0, now) {
            out.report(now, self.id, EventKind::NearFailover { peer, silent, left });
        }
    }

    /// How long the master followed was silent, and what was left of Active_Down_Timer, if that was less than an interval.
    /// Nothing if the timer ran for another reason than its silence: what is heard first, of another master, or after
    /// priority 0 says nothing of lost adverts.
    fn near_failover(&self, peer: Peer, received: Instant) -> Option<(Duration, Duration)> {
        let State::Backup(Backup { from, timer: DownTimer::ActiveDown, on_expiry: OnExpiry::Silence, .. }) =
            &self.state
        else {
            return None;
        };
        let is_followed = self.master.is_some_and(|master| master.address == peer.address) && *from > self.since;
        let (silent, interval) = (received.since(*from), self.active_interval().duration());
        let left = self.down_interval().saturating_sub(silent);
        // With `vrrp_down_timer_adverts 1` less than an interval is always left.
        let lacks_adverts = silent >= interval * 3 / 2;
        (is_followed && peer.priority != Priority::RELEASE && lacks_adverts && left < interval)
            .then_some((silent, left))
    }

    /// Starts the preemption delay at the first advert of an inferior master; one as good as we ends it.
    fn hold_preemption(&mut self, theirs: Priority, received: Instant) {
        let (ours, preempt) = (self.priority, self.config.parameters.preempt);
        let State::Backup(backup) = &mut self.state else { return };
        match preempt {
            _ if theirs >= ours || ours.is_owner() => backup.hold_from = None,
            Preempt::After(_) if theirs != Priority::RELEASE => {
                backup.hold_from.get_or_insert(received);
            }
            Preempt::Always | Preempt::Never | Preempt::After(_) => {}
        }
    }

    /// Whether we may displace an inferior master now.
    pub(super) fn preemption(&self, received: Instant) -> Preemption {
        match self.config.parameters.preempt {
            _ if self.config.parameters.priority.is_owner() => Preemption::Allowed, // V3-OW-03
            Preempt::Always => Preemption::Allowed,
            Preempt::Never => Preemption::Forbidden,
            Preempt::After(_) => match self.preempts_at() {
                Some(at) if received >= at => Preemption::Allowed,
                Some(_) | None => Preemption::Forbidden,
            },
        }
    }

    /// End of the preemption delay, if one runs.
    pub(super) fn preempts_at(&self) -> Option<Instant> {
        match (&self.state, self.config.parameters.preempt) {
            (State::Backup(backup), Preempt::After(delay)) => backup.hold_from.map(|from| from + delay),
            (State::Backup(_), Preempt::Always | Preempt::Never) | (State::Initialize { .. } | State::Active(_), _) => {
                None
            }
        }
    }

    /// The interval to learn from an accepted advert: none in VRRPv2 (V2-ST-01).
    const fn learnable(&self, interval: Interval) -> Option<Interval> {
        match self.version() {
            Version::V2 => None,
            Version::V3 => Some(interval),
        }
    }

    /// RFC 9568 §6.4.3.
    fn heard_in_active(&mut self, now: Instant, heard: &Heard, out: &mut Outbox) {
        let State::Active(active) = &self.state else { return };
        let ours = (self.priority, active.source);
        self.standby_heard(now, heard.peer, out);
        match active_hears(ours, (heard.peer.priority, heard.peer.address)) {
            ActiveHears::Release => self.answer_release(now, heard.received, out),
            ActiveHears::Superior(by) => self.yield_to(now, heard, by, out),
            ActiveHears::Inferior => self.answer_inferior(now, heard, out),
        }
    }

    /// V3-ST-11: advertise at once and restart Adver_Timer.
    fn answer_release(&mut self, now: Instant, received: Instant, out: &mut Outbox) {
        let next = now + self.config.parameters.interval.duration();
        let State::Active(active) = &mut self.state else { return };
        if active.take_answer().is_some() {
            active.next_advert = next;
            self.transmit_answer(now, received, out);
        }
    }

    /// V3-ST-12.
    fn yield_to(&mut self, now: Instant, heard: &Heard, by: WonBy, out: &mut Outbox) {
        match self.config.parameters.switches.on_superior {
            OnSuperior::Yield => {}
            OnSuperior::AnswerOnce => self.transmit_answer(now, heard.received, out),
        }
        let peer = heard.peer;
        (self.master, self.form) = (Some(peer), heard.form);
        let learned = self.learnable(heard.interval);
        let backup = Backup { learned, ..Backup::new(heard.received) };
        self.transition(now, State::Backup(backup), Reason::SuperiorAdvert { peer, by }, out);
    }

    /// V3-ST-13: discard, advertise at once. Adver_Timer is not restarted.
    fn answer_inferior(&mut self, now: Instant, heard: &Heard, out: &mut Outbox) {
        let peer = heard.peer;
        if self.peers.is_second_master(peer.address, heard.received, heard.interval) {
            self.counters.two_masters += 1;
            self.report_once(now, peer, Notice::TwoMasters, EventKind::TwoMasters { peer, dropped: None }, out);
        }
        match self.config.parameters.switches.on_inferior {
            OnInferior::Ignore => {}
            OnInferior::Answer => {
                self.adapt_to_deaf_peer(now, heard, out);
                self.send_answer(now, heard, out);
            }
        }
        if let State::Active(active) = &mut self.state {
            let (interval, plan) = (self.config.parameters.interval, &self.config.parameters.announce);
            active.announcements.inferior_heard(now, peer, interval, self.id, plan, out);
        }
    }

    fn send_answer(&mut self, now: Instant, heard: &Heard, out: &mut Outbox) {
        let State::Active(active) = &mut self.state else { return };
        if active.take_answer().is_some() {
            self.peers.answered(heard.peer.address, now);
            self.counters.answered += 1;
            self.transmit_answer(now, heard.received, out);
        } else {
            self.counters.answers_suppressed += 1;
        }
    }

    /// A peer that does not heed our answers cannot hear them: first they are sent in its own checksum form as well, then
    /// from the physical MAC as well (keepalived with `vmac_xmit_base` drops what comes from the virtual MAC). As well,
    /// not instead: others may be deaf to the other.
    fn adapt_to_deaf_peer(&mut self, now: Instant, heard: &Heard, out: &mut Outbox) {
        let peer = heard.peer;
        match self.peers.inferior_again(peer.address, heard.received, heard.interval) {
            Reception::Ok => {}
            Reception::Suspect(form) => {
                if self.may_send_both_checksums() && self.checksums() == Checksums::One(self.form) && form != self.form
                {
                    self.duplicates.checksum = Some(form);
                    out.report(now, self.id, EventKind::DeafPeer { peer, remedy: Remedy::BothChecksums });
                }
            }
            Reception::Deaf => {
                if self.config.parameters.source_mac == SourceMac::Virtual && self.duplicates.mac == Repeat::No {
                    self.duplicates.mac = Repeat::Yes;
                    out.report(now, self.id, EventKind::DeafPeer { peer, remedy: Remedy::PhysicalMac });
                }
            }
        }
    }
}
