//! Which signed adverts a router must take for authentic and new, by the rules of AH and `auth_hmac`. The engine is not asked.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::config::{Authentication, Freshness, HmacMode};
use vrrp::{Instant, Stamp, WallTime, wire};

/// The time of day at the zero of the clock, which is the same for all nodes.
const EPOCH: Duration = Duration::from_secs(1_800_000_000);

/// The time of day on a node whose clock is wrong by so many milliseconds.
pub(in crate::sim) fn wall_time(now: Instant, clock: i64) -> WallTime {
    let since = EPOCH + now.since(Instant::from_nanos(0));
    let nanos = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
    WallTime::from_nanos(nanos.saturating_add_signed(clock * 1_000_000))
}

/// What an advert shows of its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Signature {
    None,
    Ah { key: u8, number: u64 },
    Hmac { key: u8, number: u64 },
}

impl Signature {
    /// What an advert of a router with this configuration shows.
    pub(in crate::sim) fn of(authentication: &Authentication, stamp: &Stamp) -> Self {
        match authentication {
            Authentication::None | Authentication::Password(_) => Self::None,
            Authentication::Ah(key) => Self::Ah { key: key.expose()[0], number: stamp.sequence },
            Authentication::Hmac(hmac) => match hmac.mode {
                HmacMode::Enforce | HmacMode::Permissive => Self::Hmac { key: hmac.active, number: stamp.sequence },
                HmacMode::ReceiveOnly => Self::None,
            },
        }
    }

    /// Its number; `None` if there is nothing by which one could tell it from a copy.
    pub(in crate::sim) const fn number(self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Ah { number, .. } | Self::Hmac { number, .. } => Some(number),
        }
    }
}

/// IP protocol number of adverts that are authenticated so.
pub(in crate::sim) const fn protocol_of(authentication: &Authentication) -> u8 {
    match authentication {
        Authentication::Ah(_) => wire::AH_PROTOCOL,
        Authentication::None | Authentication::Password(_) | Authentication::Hmac(_) => wire::PROTOCOL,
    }
}

/// What is to be thought of an advert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Verdict {
    /// It is authentic and new.
    Taken,
    /// It is authentic, but not new.
    Old,
    /// Nobody knows who sent it.
    Foreign,
}

/// What a router remembers of signed adverts.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Trust {
    /// The highest number that was sent or heard in an authentication header: all routers count together.
    counter: u64,
    /// The highest number of each sender in a trailer.
    senders: Vec<(IpAddr, u64)>,
}

impl Trust {
    pub(in crate::sim) fn sent(&mut self, signature: Signature) {
        if let Signature::Ah { number, .. } = signature {
            self.counter = self.counter.max(number);
        }
    }

    /// An advert came at this time of day. What is taken is remembered.
    pub(in crate::sim) fn judge(
        &mut self,
        expected: &Authentication,
        (source, signature): (IpAddr, Signature),
        wall: WallTime,
    ) -> Verdict {
        match (expected, signature) {
            (Authentication::None | Authentication::Password(_), Signature::None) => Verdict::Taken,
            (Authentication::Ah(expected), Signature::Ah { key, number }) if expected.expose()[0] == key => {
                if number <= self.counter {
                    return Verdict::Old;
                }
                self.counter = number;
                Verdict::Taken
            }
            (Authentication::Hmac(hmac), Signature::None) => match hmac.mode {
                HmacMode::Enforce => Verdict::Foreign,
                HmacMode::Permissive | HmacMode::ReceiveOnly => Verdict::Taken,
            },
            (Authentication::Hmac(hmac), Signature::Hmac { key, number })
                if hmac.keys.iter().any(|known| known.id == key) =>
            {
                let is_of_now = is_of_now(number, wall, hmac.freshness);
                if is_of_now && self.is_higher(source, number) { Verdict::Taken } else { Verdict::Old }
            }
            _ => Verdict::Foreign,
        }
    }

    /// A number that would be new.
    pub(in crate::sim) fn unheard(&self, source: IpAddr, signature: Signature) -> u64 {
        let of_sender = self.senders.iter().find(|(sender, _)| *sender == source).map(|(_, highest)| highest + 1);
        match signature {
            Signature::None => 0,
            Signature::Ah { .. } => self.counter + 1,
            Signature::Hmac { number, .. } => of_sender.unwrap_or(number),
        }
    }

    fn is_higher(&mut self, source: IpAddr, number: u64) -> bool {
        match self.senders.iter_mut().find(|(sender, _)| *sender == source) {
            Some((_, highest)) if number <= *highest => false,
            Some((_, highest)) => {
                *highest = number;
                true
            }
            None => {
                self.senders.push((source, number));
                true
            }
        }
    }
}

/// Whether a number is that of a time near this one, in whole seconds.
fn is_of_now(number: u64, wall: WallTime, freshness: Freshness) -> bool {
    let now = wall.nanos() / 1_000_000_000;
    match freshness {
        Freshness::Time { window } => (number >> 32).abs_diff(now) <= window.as_secs(),
        Freshness::Monotonic => true,
    }
}
