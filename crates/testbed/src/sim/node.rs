//! One router of a run: an engine, its driver, and what they did to the machine.

use std::collections::VecDeque;
use std::time::Duration;

use vrrp::config::{Preempt, RouterConfig};
use vrrp::wire::{self, Message};
use vrrp::{
    Action, Engine, EventKind, Family, IfIndex, Input, Instant, Interval, IpHeader, LinkState, Parent, Priority,
    Reason, RouterId, Snapshot, StateName, Transition, Transmit,
};

use super::lan::Packet;
use super::mutation::Mutation;

/// Packets that fit into a socket's queue; of more, the newest are lost, as in the kernel.
const SOCKET_ROOM: usize = 64;
/// Packets read before timers get their turn: few, so that what a real driver meets with many routers happens with one.
const BATCH: usize = 2;

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// It is not there.
    Dead,
    /// It is scheduled.
    Running,
    /// It is not scheduled, since then.
    Stalled { from: Instant },
}

/// A router and its driver.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) engine: Engine,
    pub(super) router: RouterId,
    pub(super) config: RouterConfig,
    pub(super) parent: Parent,
    pub(super) life: Life,
    /// Whether the machine holds the virtual addresses.
    pub(super) owns: bool,
    /// When it sent advertisements, and when it was given reason to do so, within one interval.
    pub(super) sent: VecDeque<Instant>,
    pub(super) provoked: VecDeque<Instant>,
    /// The last advertisement it had to respect while it was Backup: when, and the interval in it.
    pub(super) respects: Option<(Instant, Interval)>,
    /// The state its last transition led to.
    pub(super) told_state: StateName,
    /// The state its engine is in.
    state: StateName,
    /// The wake-up that is under way.
    pub(super) armed: Option<Instant>,
    socket: VecDeque<Received>,
}

/// A packet in a socket's queue.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) at: Instant,
    pub(super) ip: IpHeader,
    pub(super) payload: Vec<u8>,
}

/// What came of an input.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Transmissions with their bytes.
    pub(super) packets: Vec<(Transmit, Packet)>,
    /// Changes of state.
    pub(super) transitions: Vec<Transition>,
    /// Anything the driver was asked to do that it may not be asked.
    pub(super) complaints: Vec<String>,
}

impl Node {
    /// A process that is not there yet.
    pub(super) fn new(config: RouterConfig, source: std::net::IpAddr) -> Self {
        let parent = Parent { ifindex: IfIndex::new(2), link: LinkState::Up, source: Some(source) };
        Self {
            engine: Engine::new(),
            router: RouterId::default(),
            config,
            parent,
            life: Life::Dead,
            owns: false,
            sent: VecDeque::new(),
            provoked: VecDeque::new(),
            respects: None,
            told_state: StateName::Initialize,
            state: StateName::Initialize,
            armed: None,
            socket: VecDeque::new(),
        }
    }

    /// Starts the process.
    pub(super) fn start(&mut self, now: Instant) -> Outcome {
        self.engine = Engine::new();
        self.router = self.engine.add(now, self.config.clone());
        (self.life, self.told_state, self.respects) = (Life::Running, StateName::Initialize, None);
        self.set_link(now, self.parent.link)
    }

    /// Kills the process; the kernel takes the addresses away.
    pub(super) fn crash(&mut self) {
        (self.life, self.owns, self.armed) = (Life::Dead, false, None);
        self.socket.clear();
    }

    pub(super) fn set_link(&mut self, now: Instant, link: LinkState) -> Outcome {
        self.parent.link = link;
        let (router, parent) = (self.router, self.parent);
        self.give(now, Input::Parent { router, parent })
    }

    pub(super) fn set_priority(&mut self, now: Instant, priority: u8) -> Outcome {
        self.config.priority = Priority::new(priority);
        self.engine.update(now, self.router, self.config.clone());
        self.drain()
    }

    /// Hands in an input and obeys.
    pub(super) fn give(&mut self, now: Instant, input: Input<'_>) -> Outcome {
        self.engine.handle(now, input);
        self.drain()
    }

    /// The kernel puts a packet into the socket's queue.
    pub(super) fn receive(&mut self, now: Instant, packet: Packet) {
        if self.life == Life::Dead || self.parent.link == LinkState::Down || self.socket.len() >= SOCKET_ROOM {
            return;
        }
        let ip = IpHeader {
            source: packet.source,
            destination: wire::group(Family::of(&packet.source)),
            hop_limit: Some(wire::HOP_LIMIT),
            protocol: wire::PROTOCOL,
        };
        self.socket.push_back(Received { at: now, ip, payload: packet.bytes });
    }

    /// What lies in the socket, oldest first.
    pub(super) fn unread(&self) -> impl Iterator<Item = &Received> {
        self.socket.iter()
    }

    /// The driver takes one batch out of the queue. Returns what came of each packet, and up to when everything was read.
    pub(super) fn read(&mut self, now: Instant, mutation: Mutation) -> (Vec<Outcome>, Instant) {
        let mut last = now;
        let mut outcomes = Vec::new();
        while outcomes.len() < BATCH
            && let Some(received) = self.socket.pop_front()
        {
            last = received.at;
            outcomes.push(self.hear(now, &received, mutation));
        }
        (outcomes, if self.socket.is_empty() { now } else { last })
    }

    fn hear(&mut self, now: Instant, received: &Received, mutation: Mutation) -> Outcome {
        let ours = self.snapshot().map_or(self.config.priority, |snapshot| snapshot.priority);
        let heard = mutation.heard(received, &self.config, ours);
        let link = self.parent.ifindex.unwrap_or_else(|| unreachable!("every node has a parent"));
        let packet = vrrp::Packet { link, received: received.at, ip: received.ip, payload: &heard };
        let outcome = self.give(now, Input::Packet(packet));
        self.respects = self.respected(received, ours, self.respects);
        outcome
    }

    /// The advertisement that a Backup must wait for once it has received this one, by our own reading of the rules.
    pub(super) fn respected(
        &self,
        received: &Received,
        ours: Priority,
        before: Option<(Instant, Interval)>,
    ) -> Option<(Instant, Interval)> {
        let message = Message::read(&received.ip, &received.payload);
        let message = message.filter(|message| message.version() == Some(self.config.version));
        let Some((message, interval)) = message.and_then(|message| Some((message, message.interval()?))) else {
            return before;
        };
        let respected = Some((received.at, interval));
        match self.config.preempt {
            _ if message.priority() == Priority::RELEASE => None,
            _ if message.priority() >= ours => respected,
            _ if ours.is_owner() => before,
            Preempt::Always => before,
            Preempt::Never => respected,
            Preempt::After(_) => None, // It depends on the delay whether this one counts.
        }
    }

    /// A Backup that has heard nobody waits by its own interval.
    fn note_start_of_waiting(&mut self, at: Instant, reason: &Reason) {
        match reason {
            Reason::Ready | Reason::Stalled { .. } => self.respects = Some((at, self.config.interval)),
            Reason::OwnerReady
            | Reason::MasterSilent { .. }
            | Reason::MasterLeft { .. }
            | Reason::Preempted { .. }
            | Reason::SuperiorAdvert { .. }
            | Reason::Lost { .. }
            | Reason::Shutdown => {}
        }
    }

    pub(super) fn snapshot(&self) -> Option<Snapshot> {
        self.engine.snapshot(self.router)
    }

    /// Its state; that of a process that is not there is Initialize.
    pub(super) const fn state(&self) -> StateName {
        match self.life {
            Life::Dead => StateName::Initialize,
            Life::Running | Life::Stalled { .. } => self.state,
        }
    }

    /// Whether it takes part in elections.
    pub(super) fn is_running(&self) -> bool {
        self.state() != StateName::Initialize
    }

    fn drain(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        let mut transmits_over = false;
        while let Some(action) = self.engine.poll_action() {
            match action {
                Action::Transmit(transmit) if transmits_over => {
                    outcome.complaints.push(format!("{transmit:?} came after other actions"));
                }
                Action::Transmit(transmit) => self.transmit(transmit, &mut outcome),
                Action::AnnounceFirst { .. } | Action::Announce(_) => transmits_over = true,
                Action::InstallAddresses { .. } => (transmits_over, self.owns) = (true, true),
                Action::WithdrawAddresses { .. } => (transmits_over, self.owns) = (true, false),
                Action::Event(event) => {
                    transmits_over = true;
                    if let EventKind::Transition(transition) = event.kind {
                        self.note_start_of_waiting(event.at, &transition.reason);
                        outcome.transitions.push(transition);
                    }
                }
            }
        }
        self.state = self.snapshot().map_or(StateName::Initialize, |snapshot| snapshot.state);
        outcome
    }

    fn transmit(&mut self, transmit: Transmit, outcome: &mut Outcome) {
        let mut packet = vec![0; 512];
        let source = transmit.stamp.source;
        let header = wire::ip_header_len(Family::of(&source));
        match self.engine.write_packet(&transmit, &mut packet) {
            Some(length) => {
                let bytes = packet[header..length].to_vec();
                outcome.packets.push((transmit, Packet { source, from: transmit.from, bytes }));
            }
            None => outcome.complaints.push(format!("{transmit:?} has no bytes")),
        }
    }

    /// How long it must have been silent before it may say that the master is: by the RFC's formula, not the engine's.
    pub(super) fn must_wait(&self, interval: Interval, priority: Priority) -> Duration {
        let unit = match self.config.version {
            vrrp::Version::V2 => Duration::from_secs(1),
            vrrp::Version::V3 => interval.duration(),
        };
        let skew_nanos = u64::try_from(unit.as_nanos()).unwrap_or(u64::MAX) / 256 * (256 - u64::from(priority.value()));
        3 * interval.duration() + Duration::from_nanos(skew_nanos)
    }
}
