//! One session: what it knows of both ends, and what it owes the peer.

mod handover;
mod pace;
mod pause;

use core::net::IpAddr;
use core::num::NonZeroU32;
use core::time::Duration;

pub use self::handover::KnownSession;
pub(super) use self::pause::Intervals;
use super::damping::Damping;
use super::discard::Discard;
use super::outbox::Outbox;
use super::packet::{ControlPacket, Sequence};
use super::reporting::Reporting;
use super::snapshot::{Counters, Remote, Snapshot};
use super::state::{Diag, SessionState};
use super::timing::{Random, Timing};
use super::{Event, EventKind, Hops, Reason, SessionConfig, SessionId, SessionRole};
use crate::input::Reading;
use crate::time::Instant;
use crate::types::IfIndex;

/// How long a new session may take to come up before it counts as down. A peer in Down sends once a second.
const PATIENCE: Duration = Duration::from_secs(3);

/// A session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    id: SessionId,
    pub(super) config: SessionConfig,
    /// bfd.LocalDiscr.
    pub(super) discriminator: NonZeroU32,
    state: SessionState,
    since: Instant,
    diag: Diag,
    intervals: Intervals,
    timing: Timing,
    /// What the peer said last; `None` before its first packet and after a detection time without any.
    remote: Option<Remote>,
    /// The interface on which the last packet came in that named this session.
    link: Option<IfIndex>,
    /// When its last packet was received.
    heard: Option<Instant>,
    /// Silence before then says nothing, for nobody listened.
    listening_since: Instant,
    /// It is lost if it is not heard by then.
    detect_by: Option<Instant>,
    /// A session that has never been up counts as down from then on.
    patience: Option<Instant>,
    /// Time between packets; `None`: none are sent by the clock.
    pace: Option<Duration>,
    transmitted: Option<Instant>,
    pub(super) transmit_at: Option<Instant>,
    owed: Owed,
    random: Random,
    damping: Damping,
    reporting: Reporting,
    pub(super) counters: Counters,
}

/// What is to be sent at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owed {
    Nothing,
    /// A packet, for something in it has changed (RFC 5880 §6.8.7).
    Packet,
    /// The answer to a Poll.
    Final,
}

impl Session {
    pub(super) fn new(now: Instant, id: SessionId, config: SessionConfig, mut random: Random) -> Self {
        let discriminator = NonZeroU32::new(random.next()).unwrap_or(NonZeroU32::MIN);
        let mut session = Self {
            id,
            discriminator,
            state: SessionState::Down,
            since: now,
            diag: Diag::NONE,
            intervals: Intervals::Configured,
            timing: Timing::slow(&config),
            remote: None,
            link: None,
            heard: None,
            listening_since: now,
            detect_by: None,
            patience: Some(now + PATIENCE),
            pace: None,
            transmitted: None,
            transmit_at: None,
            owed: Owed::Nothing,
            random,
            damping: Damping::default(),
            reporting: Reporting::new(now),
            counters: Counters::default(),
            config,
        };
        session.repace(now);
        session
    }

    /// Takes other settings; those of a session that is up become known to the peer before they are used.
    pub(super) fn update(&mut self, now: Instant, config: SessionConfig, out: &mut Outbox) {
        if self.config == config {
            return;
        }
        let before = core::mem::replace(&mut self.config, config);
        if before.tracker != self.config.tracker && self.reading() != Reading::Unknown {
            out.read(self.config.tracker, self.reading());
        }
        match self.state {
            SessionState::Up => self.follow_intervals(),
            SessionState::AdminDown | SessionState::Down | SessionState::Init => {
                self.timing = Timing::slow(&self.config);
            }
        }
        self.redetect();
        self.repace(now);
        self.owe(Owed::Packet, out);
    }

    /// Stops it on purpose: the peer is told, and nothing is heard any more.
    pub(super) fn stop(&mut self, now: Instant, out: &mut Outbox) {
        (self.state, self.since, self.diag) = (SessionState::AdminDown, now, Diag::STOPPED);
        (self.detect_by, self.patience) = (None, None);
        (self.timing, self.reporting) = (Timing::slow(&self.config), Reporting::new(now));
        self.damping.passed();
        self.repace(now);
        self.owe(Owed::Packet, out);
    }

    /// A packet of the peer, which passed all checks, received at `received` (RFC 5880 §6.8.6).
    pub(super) fn receive(&mut self, now: Instant, received: Instant, packet: &ControlPacket, out: &mut Outbox) {
        self.counters.received += 1;
        if self.state == SessionState::AdminDown {
            return;
        }
        self.remote = Some(Remote::of(packet));
        self.heard = self.heard.max(Some(received));
        if packet.sequence == Sequence::Final {
            self.timing.answered();
        }
        let state = self.state.after(packet.state);
        if state != self.state {
            self.enter(now, state, Reason::Signalled { state: packet.state, diag: packet.diag }, out);
        }
        if packet.sequence == Sequence::Poll {
            self.owe(Owed::Final, out);
        }
        self.redetect();
        self.repace(now);
    }

    /// Whether a packet cannot be the peer's, which has no need to guess our discriminator, for it is on another link.
    pub(super) fn is_elsewhere(&self, link: Option<IfIndex>, packet: &ControlPacket) -> bool {
        let is_settled = self.state == SessionState::Up && self.config.hops == Hops::Single;
        is_settled && packet.your_discriminator.is_none() && link != self.link
    }

    /// Where the peer is, as somebody shows who knows our discriminator.
    pub(super) fn note_link(&mut self, link: Option<IfIndex>, packet: &ControlPacket) {
        if packet.your_discriminator.is_some() {
            self.link = link;
        }
    }

    /// A packet that looked like the peer's was dropped.
    pub(super) fn discard(&mut self, now: Instant, reason: Discard, source: IpAddr, out: &mut Outbox) {
        self.counters.discarded.count(reason);
        if self.reporting.drops.is_news(reason as usize, now) {
            self.report(now, EventKind::Discarded { reason, source }, out);
        }
    }

    /// When silence, or what was not reported, has a consequence.
    pub(super) fn silence_at(&self) -> Option<Instant> {
        [self.detect_by, self.patience, self.damping.until(), self.reporting.report_by()].into_iter().flatten().min()
    }

    /// Whatever was received before `until` was handed in.
    pub(super) fn silent(&mut self, now: Instant, until: Instant, out: &mut Outbox) {
        let has_come = |at: Option<Instant>| at.is_some_and(|at| at <= until);
        if has_come(self.detect_by) {
            let detection_time = self.detection_time().unwrap_or_default();
            // Nothing of what it said counts any more: it may come back as another (RFC 5880 §6.8.1, bfd.RemoteDiscr).
            (self.remote, self.detect_by) = (None, None);
            match self.state {
                SessionState::AdminDown | SessionState::Down => {}
                SessionState::Init | SessionState::Up => {
                    self.enter(now, SessionState::Down, Reason::Silent { detection_time }, out);
                }
            }
            self.repace(now);
        }
        if has_come(self.patience) {
            self.patience = None;
            self.reading_changed(now, Reason::NeverUp { last_heard: self.heard }, out);
        }
        if has_come(self.damping.until())
            && let Some(Remote { state, diag, .. }) = self.remote
        {
            self.damping.passed();
            self.reading_changed(now, Reason::Signalled { state, diag }, out);
        }
        if has_come(self.reporting.report_by()) {
            let kind = self.reporting.overdue(now, self.reading(), self.since);
            kind.into_iter().for_each(|kind| self.report(now, kind, out));
        }
    }

    /// The only way from one state to another.
    fn enter(&mut self, now: Instant, state: SessionState, reason: Reason, out: &mut Outbox) {
        let (left, before) = (self.state, self.reading());
        (self.state, self.since) = (state, now);
        self.diag = match (state, &reason) {
            (SessionState::Down, Reason::Silent { .. }) => Diag::SILENT,
            (SessionState::Down, Reason::Signalled { .. } | Reason::NeverUp { .. }) => Diag::SIGNALLED,
            (SessionState::AdminDown | SessionState::Init | SessionState::Up, _) => Diag::NONE,
        };
        if left == SessionState::Up {
            self.timing = Timing::slow(&self.config);
            self.damping.went_down(now);
        }
        if state == SessionState::Up {
            self.damping.came_up(now);
            self.follow_intervals();
            self.patience = None;
        }
        if self.reading() != before {
            self.reading_changed(now, reason, out);
        }
        self.owe(Owed::Packet, out);
    }

    fn reading_changed(&mut self, now: Instant, reason: Reason, out: &mut Outbox) {
        let reading = self.reading();
        out.read(self.config.tracker, reading);
        let kind = self.reporting.changed(now, reading, self.since, reason);
        kind.into_iter().for_each(|kind| self.report(now, kind, out));
    }

    fn report(&self, at: Instant, kind: EventKind, out: &mut Outbox) {
        out.report(Event { tracker: self.config.tracker, at, kind });
    }

    /// What routers that track the session see. A peer that stops by plan is as good as lost: routers have no other means to
    /// find out whether it forwards (RFC 5882 §3.2).
    pub(super) const fn reading(&self) -> Reading {
        match (self.state, self.patience, self.damping.until()) {
            (SessionState::Up, _, None) => Reading::Up,
            (SessionState::AdminDown, _, _) | (SessionState::Down | SessionState::Init, Some(_), _) => Reading::Unknown,
            (SessionState::Down | SessionState::Init, None, _) | (SessionState::Up, _, Some(_)) => Reading::Down,
        }
    }

    /// Whether the peer may hear from us at all.
    fn may_speak(&self) -> bool {
        match self.config.role {
            SessionRole::Active => true,
            SessionRole::Passive => self.remote.is_some(),
        }
    }

    fn owe(&mut self, what: Owed, out: &mut Outbox) {
        if !self.may_speak() {
            return;
        }
        if self.owed == Owed::Nothing {
            out.ready(self.id);
        }
        self.owed = self.owed.max(what);
    }

    /// The next packet is due by the clock.
    pub(super) fn due(&mut self, out: &mut Outbox) {
        // It is set again by the packet.
        self.transmit_at = None;
        self.owe(Owed::Packet, out);
    }

    /// The packet that is owed.
    pub(super) fn packet(&mut self, now: Instant) -> ControlPacket {
        let sequence = match core::mem::replace(&mut self.owed, Owed::Nothing) {
            Owed::Final => Sequence::Final,
            Owed::Nothing | Owed::Packet if self.timing.polls() => Sequence::Poll,
            Owed::Nothing | Owed::Packet => Sequence::None,
        };
        // An answer that is due now is no reason to leave a periodic packet out.
        if sequence != Sequence::Final || self.transmit_at.is_none() {
            self.transmitted = Some(now);
            self.transmit_at = self.after(now);
        }
        self.counters.sent += 1;
        ControlPacket {
            diag: self.diag,
            state: self.state,
            sequence,
            multiplier: self.config.multiplier,
            my_discriminator: self.discriminator,
            your_discriminator: self.remote.map(|remote| remote.discriminator),
            desired_tx: self.timing.desired_tx,
            required_rx: self.timing.required_rx,
        }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            tracker: self.config.tracker,
            neighbor: self.config.neighbor,
            state: self.state,
            since: self.since,
            counts_from: self.damping.until(),
            diag: self.diag,
            discriminator: self.discriminator,
            remote: self.remote,
            heard: self.heard,
            transmit_interval: self.pace,
            detection_time: self.detection_time(),
            counters: self.counters.clone(),
        }
    }
}
