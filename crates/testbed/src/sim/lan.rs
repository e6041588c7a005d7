//! The LAN: who can reach whom, and what happens to packets on the way.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::TransmitFrom;

use super::plan::Noise;
use super::random::Random;

/// Time a packet takes when nothing delays it.
const PROPAGATION: Duration = Duration::from_micros(50);

/// A packet on the wire.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    pub(super) source: IpAddr,
    pub(super) from: TransmitFrom,
    pub(super) bytes: Vec<u8>,
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

    /// The side of a router.
    pub(super) const fn side(&self, router: usize) -> u8 {
        self.sides >> router & 1
    }

    /// How long each copy of a packet takes: none if it is lost, two if it is doubled.
    pub(super) fn journeys(&self, random: &mut Random, from: usize, to: usize) -> Vec<Duration> {
        if self.side(from) != self.side(to) || self.blocked.contains(&(from, to)) || random.chance(self.noise.loss) {
            return Vec::new();
        }
        let copies = if random.chance(self.noise.duplication) { 2 } else { 1 };
        let delay = u64::try_from(self.noise.delay.as_nanos()).unwrap_or(u64::MAX);
        (0..copies).map(|_| PROPAGATION + Duration::from_nanos(random.below(delay))).collect()
    }
}
