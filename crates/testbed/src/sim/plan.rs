//! What a run consists of: who takes part, and what goes wrong when.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use vrrp::config::{AnnouncePlan, Preempt, RouterConfig, SourceMac};
use vrrp::{Family, Interval, Priority, Version, Vrid};

use super::random::Random;

/// Most routers in one plan.
const PARTICIPANTS: u64 = 5;
/// Most faults in one plan.
const FAULTS: u64 = 14;
/// Length of the time in which faults happen, in intervals.
const TROUBLED_INTERVALS: u32 = 24;

/// A run, as data: nothing else but this and the mutation decides what happens.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Seed of the dice of the LAN and of the scheduler.
    pub dice: u64,
    /// Address family of all routers.
    pub family: Family,
    /// Protocol version of all routers.
    pub version: Version,
    /// Who takes part.
    pub participants: Vec<Participant>,
    /// What the LAN does to packets until the troubled time ends.
    pub noise: Noise,
    /// What goes wrong, in order of time.
    pub faults: Vec<(Duration, Fault)>,
    /// When all that heals by itself has healed.
    pub quiet_from: Duration,
}

/// One router.
#[derive(Clone, Copy, Debug)]
pub struct Participant {
    /// Configured priority.
    pub priority: u8,
    /// Own interval.
    pub interval: Interval,
    /// Preemption.
    pub preempt: Preempt,
    /// Which MAC it sends from. One that sends from the physical MAC is also deaf to the virtual one, as keepalived
    /// with `vmac_xmit_base`.
    pub source_mac: SourceMac,
    /// When it starts.
    pub start: Duration,
}

/// What the LAN does to each copy of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Noise {
    /// Lost, of a hundred.
    pub loss: u64,
    /// Delivered twice, of a hundred.
    pub duplication: u64,
    /// Delayed by up to this much; more than the gap between two packets reorders them.
    pub delay: Duration,
}

/// Something that goes wrong, or is made good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process dies; the kernel takes its addresses away.
    Crash(usize),
    /// A dead process is started again.
    Restart(usize),
    /// The process is not scheduled for this long; its socket queue fills.
    Stall(usize, Duration),
    /// A planned stop.
    Stop(usize),
    /// The end of a planned stop.
    Resume(usize),
    /// The link goes down.
    LinkDown(usize),
    /// The link comes back.
    LinkUp(usize),
    /// Another configured priority.
    Priority(usize, u8),
    /// Nothing gets from one to the other any more.
    Block(usize, usize),
    /// The LAN falls apart: a router belongs to the side its bit says.
    Split(u8),
    /// The LAN is whole again, in all directions.
    Heal,
}

impl Fault {
    /// The same fault where a router is missing and those after it have moved up; `None` if it was that router's.
    fn without(self, gone: usize) -> Option<Self> {
        let moved = |router: usize| (router != gone).then(|| router - usize::from(router > gone));
        Some(match self {
            Self::Crash(one) => Self::Crash(moved(one)?),
            Self::Restart(one) => Self::Restart(moved(one)?),
            Self::Stall(one, duration) => Self::Stall(moved(one)?, duration),
            Self::Stop(one) => Self::Stop(moved(one)?),
            Self::Resume(one) => Self::Resume(moved(one)?),
            Self::LinkDown(one) => Self::LinkDown(moved(one)?),
            Self::LinkUp(one) => Self::LinkUp(moved(one)?),
            Self::Priority(one, priority) => Self::Priority(moved(one)?, priority),
            Self::Block(from, to) => Self::Block(moved(from)?, moved(to)?),
            Self::Split(sides) => Self::Split(sides & ((1 << gone) - 1) | sides >> (gone + 1) << gone),
            Self::Heal => Self::Heal,
        })
    }
}

impl Plan {
    /// The plan of a seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let family = random.pick(&[Family::Ipv4, Family::Ipv4, Family::Ipv6]);
        let version = match family {
            Family::Ipv4 => random.pick(&[Version::V2, Version::V3]),
            Family::Ipv6 => Version::V3,
        };
        let interval = interval(&mut random, version);
        let count = 2 + random.below(PARTICIPANTS - 1);
        let participants: Vec<_> = (0..count).map(|_| participant(&mut random, version, interval)).collect();
        let unit = longest_interval(&participants);
        let quiet_from = unit * TROUBLED_INTERVALS;
        let mut faults: Vec<_> = (0..random.below(FAULTS + 1))
            .map(|_| (part_of(&mut random, quiet_from), fault(&mut random, participants.len(), unit)))
            .collect();
        faults.sort_by_key(|(at, _)| *at);
        let noise = noise(&mut random, unit);
        Self { dice: seed, family, version, participants, noise, faults, quiet_from }
    }

    /// The longest interval anybody may advertise.
    #[must_use]
    pub fn longest_interval(&self) -> Duration {
        longest_interval(&self.participants)
    }

    /// Time after which nothing may change any more, once no fault happens: three times the longest that any backup
    /// waits (to time out; to be displaced; for a deaf peer to be found out), and the preemption delay.
    #[must_use]
    pub fn settling_time(&self) -> Duration {
        let skew = match self.version {
            Version::V2 => Duration::from_secs(1),
            Version::V3 => self.longest_interval(),
        };
        let delay = |participant: &Participant| match participant.preempt {
            Preempt::After(delay) => delay,
            Preempt::Always | Preempt::Never => Duration::ZERO,
        };
        let delay = self.participants.iter().map(delay).max().unwrap_or_default();
        3 * (3 * self.longest_interval() + skew) + delay
    }

    /// The same plan without one router, and without what happens to it.
    #[must_use]
    pub fn without(&self, gone: usize) -> Self {
        let mut plan = self.clone();
        plan.participants.remove(gone);
        plan.faults = self.faults.iter().filter_map(|(at, fault)| Some((*at, fault.without(gone)?))).collect();
        plan
    }

    /// The configuration of a router.
    #[must_use]
    pub fn config(&self, place: usize) -> RouterConfig {
        let participant = self.participants[place];
        let addresses = match self.family {
            Family::Ipv4 => vec![IpAddr::from([10, 0, 0, 254])],
            Family::Ipv6 => vec!["fe80::254".parse(), "2001:db8::254".parse()].into_iter().flatten().collect(),
        };
        let vrid = Vrid::new(51).unwrap_or_else(|| unreachable!("51 is not 0"));
        RouterConfig {
            priority: Priority::new(participant.priority),
            interval: participant.interval,
            preempt: participant.preempt,
            source_mac: participant.source_mac,
            announce: AnnouncePlan { delay: participant.interval.duration() * 5, ..AnnouncePlan::DEFAULT },
            ..RouterConfig::new(vrid, self.version, addresses)
        }
    }

    /// The address a router sends from: later ones are higher.
    #[must_use]
    pub fn source(&self, place: usize) -> IpAddr {
        let last = u8::try_from(place + 1).unwrap_or(u8::MAX);
        match self.family {
            Family::Ipv4 => IpAddr::from([10, 0, 0, last]),
            Family::Ipv6 => IpAddr::from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]),
        }
    }
}

fn longest_interval(participants: &[Participant]) -> Duration {
    participants.iter().map(|participant| participant.interval.duration()).max().unwrap_or_default()
}

fn interval(random: &mut Random, version: Version) -> Interval {
    let centis = match version {
        Version::V2 => random.pick(&[100, 100, 300]),
        Version::V3 => random.pick(&[5, 10, 25, 100, 100]),
    };
    Interval::from_centis(centis).unwrap_or(Interval::DEFAULT)
}

fn times(interval: Interval, factor: u16) -> Interval {
    Interval::from_centis(interval.centis() * factor).unwrap_or(interval)
}

/// Priorities are few, so that ties are common. VRRPv2 routers agree on the interval or do not hear each other.
fn participant(random: &mut Random, version: Version, common: Interval) -> Participant {
    let own = random.chance(10) && version == Version::V3;
    Participant {
        priority: random.pick(&[1, 50, 100, 100, 100, 101, 150, 150, 200, 254, 255]),
        interval: if own { times(common, random.pick(&[2, 4])) } else { common },
        preempt: match random.below(5) {
            0 => Preempt::Never,
            1 => Preempt::After(common.duration() * 6),
            _ => Preempt::Always,
        },
        source_mac: random.pick(&[SourceMac::Virtual, SourceMac::Virtual, SourceMac::Virtual, SourceMac::Physical]),
        start: part_of(random, common.duration() * 3),
    }
}

fn part_of(random: &mut Random, whole: Duration) -> Duration {
    Duration::from_nanos(random.below(u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX)))
}

fn noise(random: &mut Random, unit: Duration) -> Noise {
    match random.below(3) {
        0 => Noise::default(),
        1 => Noise { loss: random.below(10), duplication: random.below(5), delay: unit / 50 },
        _ => Noise { loss: random.below(60), duplication: random.below(30), delay: part_of(random, 2 * unit) },
    }
}

fn fault(random: &mut Random, routers: usize, unit: Duration) -> Fault {
    let one = random.place(routers);
    match random.below(14) {
        0 | 1 => Fault::Crash(one),
        2 | 3 => Fault::Restart(one),
        4 | 5 => Fault::Stall(one, part_of(random, 12 * unit)),
        6 => Fault::Stop(one),
        7 => Fault::Resume(one),
        8 => Fault::LinkDown(one),
        9 => Fault::LinkUp(one),
        10 => Fault::Priority(one, random.pick(&[1, 90, 100, 120, 254])),
        11 => Fault::Block(one, random.place(routers)),
        12 => Fault::Split(u8::try_from(random.below(1 << routers)).unwrap_or(0)),
        _ => Fault::Heal,
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Noise { loss, duplication, delay } = self.noise;
        writeln!(
            f,
            "  {} over {}; until {:?}: loss {loss} %, duplication {duplication} %, delay up to {delay:?}",
            self.version, self.family, self.quiet_from
        )?;
        for (place, it) in self.participants.iter().enumerate() {
            let (Participant { priority, interval, preempt, source_mac, start }, source) = (it, self.source(place));
            writeln!(
                f,
                "  router {place}: {source}, priority {priority}, every {interval}, preempt {preempt:?}, {source_mac:?} MAC, from {start:?}"
            )?;
        }
        self.faults.iter().try_for_each(|(at, fault)| writeln!(f, "  {at:?}: {fault:?}"))
    }
}
