//! The LAN: who can reach whom, and what happens to packets on the way.

use std::time::Duration;

use vrrp::{Family, Interval, IpHeader, Priority, TransmitFrom, wire};

use super::node::trust::Signature;
use super::plan::Noise;
use super::random::Random;

/// Time a packet takes when nothing delays it.
const PROPAGATION: Duration = Duration::from_micros(50);

/// A packet on the wire.
#[derive(Debug)]
pub(super) struct Packet {
    /// The virtual router it names.
    pub(super) router: usize,
    /// What the sender meant; `None` if it is no advert that anybody may accept.
    pub(super) advert: Option<Said>,
    pub(super) signature: Signature,
    pub(super) from: TransmitFrom,
    pub(super) ip: IpHeader,
    /// The IP packet, header and all.
    pub(super) bytes: Vec<u8>,
}

/// What an advert says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) priority: Priority,
    pub(super) interval: Interval,
}

impl Packet {
    /// What follows the IP header.
    pub(super) fn payload(&self) -> &[u8] {
        &self.bytes[wire::ip_header_len(self.family())..]
    }

    pub(super) const fn family(&self) -> Family {
        self.ip.family()
    }
}

/// State of the LAN.
#[derive(Clone, Debug)]
pub(super) struct Lan {
    noise: Noise,
    blocked: Vec<(usize, usize)>,
    sides: u8,
}

impl Lan {
    pub(super) const fn new(noise: Noise) -> Self {
        Self { noise, blocked: Vec::new(), sides: 0 }
    }

    pub(super) fn block(&mut self, from: usize, to: usize) {
        self.blocked.push((from, to));
    }

    pub(super) const fn split(&mut self, sides: u8) {
        self.sides = sides;
    }

    pub(super) fn heal(&mut self) {
        (self.sides, self.blocked) = (0, Vec::new());
    }

    /// No noise and no one-way faults any more; a split remains.
    pub(super) fn calm(&mut self) {
        (self.noise, self.blocked) = (Noise::default(), Vec::new());
    }

    /// Whether every packet arrives that its side of the LAN allows.
    pub(super) fn is_calm(&self) -> bool {
        self.noise == Noise::default() && self.blocked.is_empty()
    }

    /// The side of a node.
    pub(super) const fn side(&self, node: usize) -> u8 {
        self.sides >> node & 1
    }

    /// How long each copy of a packet takes: none if it is lost, two if it is doubled.
    pub(super) fn journeys(&self, random: &mut Random, from: usize, to: usize) -> [Option<Duration>; 2] {
        if self.side(from) != self.side(to) || self.blocked.contains(&(from, to)) || random.chance(self.noise.loss) {
            return [None; 2];
        }
        let delay = u64::try_from(self.noise.delay.as_nanos()).unwrap_or(u64::MAX);
        let journey = |random: &mut Random| PROPAGATION + Duration::from_nanos(random.below(delay));
        let first = journey(random);
        let second = random.chance(self.noise.duplication).then(|| journey(random));
        [Some(first), second]
    }
}
