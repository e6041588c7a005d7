//! Two ends on a wire, and one end whose peer is the test.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use vrrp::bfd::{
    Action, Consent, ControlPacket, Diag, EventKind, Hops, Input, Packet, Sequence, SessionConfig, SessionId,
    SessionRole, SessionState, Sessions, Snapshot,
};
use vrrp::{IfIndex, Instant, Reading, TrackerId};

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

/// Of the node with this last octet: a session to the other.
pub(crate) fn config(neighbor: u8) -> SessionConfig {
    SessionConfig {
        tracker: TrackerId(neighbor.into()),
        neighbor: address(neighbor),
        source: None,
        hops: Hops::Single,
        least_hop_limit: 255,
        min_tx: ms(100),
        min_rx: ms(100),
        idle_tx: ms(1000),
        multiplier: 3,
        role: SessionRole::Active,
    }
}

/// One end and what it did.
pub(crate) struct End {
    pub(crate) sessions: Sessions,
    pub(crate) id: SessionId,
    address: IpAddr,
    pub(crate) sent: Vec<(Instant, ControlPacket)>,
    pub(crate) readings: Vec<(Instant, Reading)>,
    pub(crate) events: Vec<EventKind>,
    pub(crate) consents: Vec<Consent>,
}

impl End {
    pub(crate) fn new(now: Instant, own: u8, config: SessionConfig) -> Self {
        let mut sessions = Sessions::new();
        let id = sessions.add(now, config, own.into());
        let (sent, readings, events, consents) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { sessions, id, address: address(own), sent, readings, events, consents }
    }

    pub(crate) fn handle(&mut self, now: Instant, input: Input<'_>) -> Vec<ControlPacket> {
        self.sessions.handle(now, input);
        self.drain(now)
    }

    /// Obeys; returns what is sent.
    pub(crate) fn drain(&mut self, now: Instant) -> Vec<ControlPacket> {
        let mut sent = Vec::new();
        while let Some(action) = self.sessions.poll_action(now) {
            match action {
                Action::Transmit { packet, .. } => sent.push(ControlPacket::read(&packet).unwrap()),
                Action::Reading { reading, .. } => self.readings.push((now, reading)),
                Action::Event(event) => self.events.push(event.kind),
                Action::Consent(consent) => self.consents.push(consent),
            }
        }
        self.sent.extend(sent.iter().map(|packet| (now, *packet)));
        sent
    }

    pub(crate) fn hear(&mut self, now: Instant, received: Instant, from: u8, bytes: &[u8]) -> Vec<ControlPacket> {
        let packet = Packet { destination: self.address, ..packet(received, from, bytes) };
        self.handle(now, Input::Packet(packet))
    }

    pub(crate) fn wake(&mut self, now: Instant) -> Vec<ControlPacket> {
        self.handle(now, Input::Wake { heard_until: now })
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.sessions.snapshots().next().unwrap()
    }

    pub(crate) fn state(&self) -> SessionState {
        self.snapshot().state
    }

    pub(crate) fn last_reading(&self) -> Option<Reading> {
        self.readings.last().map(|(_, reading)| *reading)
    }
}

/// As it comes from the node with this last octet.
pub(crate) fn packet(received: Instant, from: u8, payload: &[u8]) -> Packet<'_> {
    let (source, destination) = (address(from), address(1));
    let link = IfIndex::new(2);
    Packet { hops: Hops::Single, link, source, destination, hop_limit: Some(255), received, payload }
}

/// What a peer says whose discriminator is 77.
pub(crate) fn says(state: SessionState, to: Option<&End>) -> ControlPacket {
    ControlPacket {
        diag: Diag::NONE,
        state,
        sequence: Sequence::None,
        multiplier: 3,
        my_discriminator: NonZeroU32::new(77).unwrap(),
        your_discriminator: to.map(|end| end.snapshot().discriminator),
        desired_tx: ms(100),
        required_rx: ms(100),
    }
}

/// Whether packets arrive.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    Whole,
    Cut,
}

/// Two ends, 1 ms apart.
pub(crate) struct Pair {
    pub(crate) now: Instant,
    pub(crate) ends: [End; 2],
    pub(crate) wire: Wire,
    under_way: Vec<(Instant, usize, [u8; 24])>,
}

impl Pair {
    pub(crate) fn new(configs: [SessionConfig; 2]) -> Self {
        let now = Instant::from_nanos(1_000_000_000);
        let [left, right] = configs;
        let ends = [End::new(now, 1, left), End::new(now, 2, right)];
        Self { now, ends, wire: Wire::Whole, under_way: Vec::new() }
    }

    /// With the usual settings, and up.
    pub(crate) fn up() -> Self {
        let mut pair = Self::new([config(2), config(1)]);
        pair.run(ms(5000));
        assert_eq!(pair.states(), [SessionState::Up; 2]);
        pair
    }

    pub(crate) fn states(&self) -> [SessionState; 2] {
        [self.ends[0].state(), self.ends[1].state()]
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let arrivals = self.under_way.iter().map(|(at, ..)| *at);
            let timeouts = self.ends.iter().filter_map(|end| end.sessions.poll_timeout());
            let Some(next) = arrivals.chain(timeouts).min().filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            let (arrived, under_way) = self.under_way.drain(..).partition(|(at, ..)| *at <= self.now);
            let arrived: Vec<_> = arrived;
            self.under_way = under_way;
            for (at, to, bytes) in arrived {
                let from = if to == 0 { 2 } else { 1 };
                let sent = self.ends[to].hear(self.now, at, from, &bytes);
                self.carry(1 - to, &sent);
            }
            for from in [0, 1] {
                let sent = self.ends[from].wake(self.now);
                self.carry(1 - from, &sent);
            }
        }
        self.now = end;
    }

    pub(crate) fn carry(&mut self, to: usize, sent: &[ControlPacket]) {
        if self.wire == Wire::Whole {
            self.under_way.extend(sent.iter().map(|packet| (self.now + ms(1), to, packet.write())));
        }
    }
}
