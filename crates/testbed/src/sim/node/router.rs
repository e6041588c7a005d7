//! One router of a node, as what its engine is given and what it does show it. The engine itself is not asked.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use vrrp::config::{EffectKind, Preempt, RouterConfig, Sense, Tracking};
use vrrp::wire::ChecksumForm;
use vrrp::{
    Destination, HostState, Instant, Interval, LinkState, Parent, Priority, Reading, Reason, RouterId, StateName,
    Transition, Transmit, TransmitFrom, Version, WallTime,
};

use super::machine::PARENT;
use super::trust::{Trust, Verdict};
use crate::sim::lan::{Packet, Said};
use crate::sim::plan::Grouped;

/// What is known of a router.
#[derive(Debug)]
pub(in crate::sim) struct Router {
    pub(in crate::sim) id: RouterId,
    pub(in crate::sim) config: RouterConfig,
    /// As given to the engine.
    pub(in crate::sim) parent: Parent,
    /// As the host thread said, which may hang since.
    pub(in crate::sim) host_said: HostState,
    /// As given to the engine.
    pub(in crate::sim) host: HostState,
    pub(in crate::sim) stop: Stop,
    pub(in crate::sim) placed: Placed,
    pub(in crate::sim) grouped: Grouped,
    pub(in crate::sim) state: StateName,
    /// The state its last report led to.
    pub(in crate::sim) reported: StateName,
    /// When its state changed last.
    pub(in crate::sim) since: Instant,
    respects: Option<Respected>,
    /// Whether packets that were read since the last report have changed that.
    news: News,
    /// When it sent adverts, and when it was given reason to do so, within one interval.
    pub(in crate::sim) sent: VecDeque<Instant>,
    pub(in crate::sim) provoked: VecDeque<Instant>,
    /// Its priority before the message that is being obeyed.
    pub(in crate::sim) former: Option<Priority>,
    /// Adverts since this was set to 0.
    pub(in crate::sim) adverts: u64,
    pub(in crate::sim) last_sent: Instant,
    pub(in crate::sim) last_provoked: Instant,
    /// The advert of which packets to other peers and in the other checksum form may follow, and those that it has had.
    advert: Option<(Instant, Priority)>,
    packets: Vec<(Destination, ChecksumForm, TransmitFrom)>,
    /// What it remembers of signed adverts.
    pub(in crate::sim) trust: Trust,
    /// Adverts that were taken since the last report.
    pub(in crate::sim) taken: Vec<(IpAddr, Priority)>,
}

/// Whether a planned stop of the router is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Stop {
    No,
    Planned,
}

/// Whether it was told of its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Placed {
    No,
    Yes,
}

/// Whether packets were read that count, and no report has come since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Reported,
    Read,
}

/// What a Backup waits from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Respected {
    pub(in crate::sim) at: Instant,
    /// That of the master; `None`: our own.
    interval: Option<Interval>,
}

/// What the tracked objects do to a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Pull {
    weight: i32,
    pub(in crate::sim) fault: Tracked,
}

/// Whether tracked objects let a router take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sim) enum Tracked {
    Fine,
    /// Nothing is known of one of them.
    Unknown,
    Fault,
}

impl Router {
    pub(in crate::sim) fn new(id: RouterId, now: Instant, config: RouterConfig) -> Self {
        Self {
            id,
            config,
            parent: Parent { ifindex: None, link: LinkState::Down, source: None },
            host_said: HostState::Ready,
            host: HostState::Ready,
            stop: Stop::No,
            placed: Placed::No,
            grouped: Grouped::No,
            state: StateName::Initialize,
            reported: StateName::Initialize,
            since: now,
            respects: None,
            news: News::Reported,
            sent: VecDeque::new(),
            provoked: VecDeque::new(),
            former: None,
            adverts: 0,
            last_sent: now,
            last_provoked: now,
            advert: None,
            packets: Vec::new(),
            trust: Trust::default(),
            taken: Vec::new(),
        }
    }

    pub(in crate::sim) fn enter(&mut self, now: Instant, state: StateName) {
        if self.state != state {
            (self.state, self.since) = (state, now);
        }
    }

    /// Something was done to it that may make it send.
    pub(in crate::sim) fn provoke(&mut self, now: Instant) {
        self.provoked.push_back(now);
        self.last_provoked = now;
    }

    /// It sent a packet of an advert. Further ones to another peer, in the other checksum form or
    /// from the other MAC do not count.
    pub(in crate::sim) fn count_advert(&mut self, now: Instant, transmit: &Transmit) {
        let (advert, packet) = (Some((now, transmit.priority)), (transmit.to, transmit.stamp.form, transmit.from));
        if self.advert != advert || self.packets.contains(&packet) {
            self.packets.clear();
            self.advert = advert;
            self.sent.push_back(now);
            self.adverts += 1;
            self.last_sent = now;
        }
        self.packets.push(packet);
    }

    /// What the tracked objects do to it.
    pub(in crate::sim) fn pull(&self, readings: &[Reading]) -> Pull {
        let reading = |tracking: &Tracking| readings.get(tracking.tracker.0 as usize).copied().unwrap_or_default();
        let pulls = self.config.tracking.iter().map(|tracking| pull(tracking, reading(tracking)));
        pulls.fold(Pull { weight: 0, fault: Tracked::Fine }, |all, one| Pull {
            weight: all.weight + one.weight,
            fault: all.fault.max(one.fault),
        })
    }

    /// Base priority and weights, within 1–254; an owner's does not move.
    pub(in crate::sim) fn priority(&self, readings: &[Reading]) -> Priority {
        let base = self.config.parameters.priority;
        let sum = (i32::from(base.value()) + self.pull(readings).weight).clamp(1, 254);
        if base.is_owner() { base } else { u8::try_from(sum).map_or(base, Priority::new) }
    }

    /// What a packet that names it is to be taken for. Without a parent it hears nothing, and remembers nothing.
    pub(in crate::sim) fn judge(&mut self, packet: &Packet, wall: WallTime) -> Verdict {
        match packet.advert {
            Some(_) if self.parent.ifindex == Some(PARENT) => {
                self.trust.judge(&self.config.authentication, (packet.ip.source, packet.signature), wall)
            }
            Some(_) | None => Verdict::Foreign,
        }
    }

    /// An advert was read that the machine received at `at`.
    pub(in crate::sim) fn heard(&mut self, at: Instant, (source, said): (IpAddr, Said), ours: Priority) {
        self.taken.push((source, said.priority));
        let respected = Some(Respected { at, interval: Some(said.interval) });
        let respects = match self.config.parameters.preempt {
            _ if said.priority == Priority::RELEASE => None,
            _ if said.priority >= ours => respected,
            _ if ours.is_owner() => return,
            Preempt::Always => return,
            Preempt::Never => respected,
            Preempt::After(_) => None, // It depends on the delay whether this one counts.
        };
        (self.respects, self.news) = (respects, News::Read);
    }

    /// All reports have been taken.
    pub(in crate::sim) fn end_of_reports(&mut self) {
        self.news = News::Reported;
        self.taken.clear();
    }

    /// Whether an advert makes a Backup wait from the beginning.
    pub(in crate::sim) fn must_respect(&self, said: Said, ours: Priority) -> bool {
        let is_accepted = self.config.parameters.preempt == Preempt::Never && !ours.is_owner();
        said.priority != Priority::RELEASE && (said.priority >= ours || is_accepted)
    }

    /// What it waits from, if that is known.
    pub(in crate::sim) const fn respects(&self) -> Option<Respected> {
        self.respects
    }

    /// A Backup that has heard nobody waits by its own interval. A stall is noticed at the first packet that is read after
    /// it, and reported after all of them: these count from the moment it was noticed. Whether a group yielded before an advert
    /// was read or after it is not told: an Active learns no interval from one.
    pub(in crate::sim) fn note_start_of_waiting(&mut self, at: Instant, transition: &Transition) {
        match (transition.reason, self.news) {
            (Reason::Stalled { .. }, News::Read) => self.waits_anew(at),
            (Reason::GroupYielded, News::Read) => {
                self.waits_anew(at);
                let own = self.config.parameters.interval;
                let shorter = |it: Respected| Respected { interval: it.interval.map(|heard| heard.min(own)), ..it };
                self.respects = self.respects.map(shorter);
            }
            (Reason::Ready, _) | (Reason::Stalled { .. } | Reason::GroupYielded, News::Reported) => {
                self.respects = Some(Respected { at, interval: None });
            }
            (
                Reason::OwnerReady
                | Reason::GroupIsActive
                | Reason::MasterSilent { .. }
                | Reason::MasterLeft { .. }
                | Reason::Preempted { .. }
                | Reason::SuperiorAdvert { .. }
                | Reason::Lost { .. }
                | Reason::Shutdown,
                _,
            ) => {}
        }
    }

    /// It has heard nothing for so long, which says nothing of its master.
    pub(in crate::sim) fn was_deaf(&mut self, now: Instant, deaf: Duration) {
        self.respects = self.respects.map(|it| Respected { at: (it.at + deaf).min(now.max(it.at)), ..it });
    }

    /// It was late by so much that it waits anew.
    pub(in crate::sim) fn waits_anew(&mut self, at: Instant) {
        self.respects = self.respects.map(|it| Respected { at: it.at.max(at), ..it });
    }

    /// How long it must have heard nothing before it may say that the master is silent: by the RFC's formula, not the
    /// engine's.
    pub(in crate::sim) fn down_interval(&self, respected: Option<Respected>, priority: Priority) -> Duration {
        let heard = respected.and_then(|respected| respected.interval);
        let interval = match self.config.parameters.version {
            Version::V2 => self.config.parameters.interval,
            Version::V3 => heard.unwrap_or(self.config.parameters.interval),
        };
        let unit = match self.config.parameters.version {
            Version::V2 => Duration::from_secs(1),
            Version::V3 => interval.duration(),
        };
        let skew = u64::try_from(unit.as_nanos()).unwrap_or(u64::MAX) / 256 * (256 - u64::from(priority.value()));
        3 * interval.duration() + Duration::from_nanos(skew)
    }

    pub(in crate::sim) fn is_grouped(&self) -> bool {
        self.grouped == Grouped::Yes
    }

    /// Whether it displaces an inferior master, at once or later.
    pub(in crate::sim) fn preempts(&self) -> bool {
        self.config.parameters.priority.is_owner() || self.config.parameters.preempt != Preempt::Never
    }
}

/// What one object does: a reversed effect subtracts what another adds, and stops while the object is up; a number counts as
/// it is, up as 0, down as 1.
fn pull(tracking: &Tracking, reading: Reading) -> Pull {
    let level = match reading {
        Reading::Unknown => return Pull { weight: 0, fault: Tracked::Unknown },
        Reading::Up => 0,
        Reading::Down => 1,
        Reading::Level(level) => level,
    };
    let (sign, bad) = match tracking.effect.sense {
        Sense::Plain => (1, level != 0),
        Sense::Reverse => (-1, level == 0),
    };
    let (weight, fault) = match tracking.effect.kind {
        EffectKind::Fault if bad => (0, Tracked::Fault),
        EffectKind::Fault => (0, Tracked::Fine),
        EffectKind::Weight(weight) if (weight < 0) == (level != 0) => (i32::from(weight) * sign, Tracked::Fine),
        EffectKind::Weight(_) => (0, Tracked::Fine),
        EffectKind::Factor(factor) => match level * i32::from(factor) * sign {
            ..-253 => (0, Tracked::Fault),
            product => (product, Tracked::Fine),
        },
    };
    Pull { weight, fault }
}
