//! What a run consists of: which machines take part in which virtual routers, and what goes wrong when.

mod addresses;
mod draw;
mod fault;
mod seal;
mod show;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use host::{LeaseRule, LeaseTerms, Lifetime, Survivor};
use vrrp::config::{
    AnnouncePlan, ChecksumPolicy, DOWN_ADVERTS, HmacMode, Medium, OnInferior, OnSuperior, Parameters, Preempt,
    RouterConfig, SourceCheck, SourceMac, Switches, Tracking, Unicast, UnicastPeer,
};
use vrrp::{Family, Interval, Priority, Reading, Version, Vrid, wire};

pub(super) use addresses::AddressSet;
pub use fault::{Change, Fault, NodeFault, Refusal, Watched};
pub use seal::{Attack, Keys, Seal};

/// Most machines of one plan.
const MACHINES: usize = 4;
/// Most addresses of one virtual router that stand in adverts.
pub(super) const ADDRESSES: u8 = 3;
/// How long it takes at most until the host threads have brought the machines in line: a tick, and work in pieces.
const HOST_WORK: Duration = Duration::from_millis(2_000);
/// The same after they hung or were refused something: silence that was noticed, and the longest back-off.
const HOST_RECOVERY: Duration = Duration::from_secs(6);

/// A run, as data: nothing else but this and the mutation decides what happens.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Seed of the dice of the LAN and of the scheduler.
    pub dice: u64,
    /// The virtual routers of the LAN.
    pub routers: Vec<VirtualRouter>,
    /// The sync groups on each machine, as places in `routers`.
    pub groups: Vec<Vec<usize>>,
    /// The machines, each with one daemon.
    pub nodes: Vec<NodePlan>,
    /// What the LAN does to packets until the troubled time ends.
    pub noise: Noise,
    /// How long the kernel keeps addresses that are not renewed.
    pub lease: LeaseRule,
    /// What goes wrong, in order of time.
    pub faults: Vec<(Duration, Fault)>,
    /// When all that heals by itself has healed.
    pub quiet_from: Duration,
}

/// What all members of a virtual router agree on.
#[derive(Clone, Copy, Debug)]
pub struct VirtualRouter {
    /// VRID: of its family and way of speaking, nobody else's.
    pub vrid: u8,
    /// Family of its addresses.
    pub family: Family,
    /// Protocol version.
    pub version: Version,
    /// How its adverts travel.
    pub cast: Cast,
    /// How its routers know each other's.
    pub seal: Seal,
}

/// How the adverts of a virtual router travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// To the group.
    Multicast,
    /// To each machine that a plan may have, oneself among them, and from these only.
    Unicast,
}

/// A machine and its daemon.
#[derive(Clone, Debug)]
pub struct NodePlan {
    /// When the daemon starts.
    pub start: Duration,
    /// How the protocol thread reads its sockets.
    pub limits: ReadLimits,
    /// Routers in one piece of the host thread's work.
    pub piece: usize,
    /// Milliseconds by which its clock is wrong.
    pub clock: i64,
    /// What is known of each tracked object at the start.
    pub trackers: Vec<Reading>,
    /// The routers it may run, by virtual router.
    pub members: Vec<Member>,
}

/// How a protocol thread reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// Packets of one call.
    pub batch: usize,
    /// Calls in one turn of the loop.
    pub batches: usize,
    /// Packets that the kernel keeps; of more, the newest are lost.
    pub room: usize,
}

impl ReadLimits {
    /// The daemon's.
    pub const DAEMON: Self = Self { batch: 64, batches: 16, room: 4096 };
}

/// One router on one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Whether the configuration has it.
    pub presence: Presence,
    /// Whether it is in the sync group that the plan has for it.
    pub grouped: Grouped,
    /// Base priority.
    pub priority: u8,
    /// Own interval.
    pub interval: Interval,
    /// Preemption.
    pub preempt: Preempt,
    /// Which MAC it uses.
    pub mac: Mac,
    /// How many of the virtual router's addresses it has, at most three.
    pub addresses: u8,
    /// Another address that stands in no advert.
    pub unadvertised: Unadvertised,
    /// What a master does about adverts of others.
    pub answers: (OnInferior, OnSuperior),
    /// Which checksum its adverts carry, where there is a choice.
    pub checksum: ChecksumPolicy,
    /// What it does about adverts without a trailer, where there are trailers.
    pub mode: HmacMode,
    /// How long it keeps its addresses when it leaves by plan.
    pub linger: Duration,
    /// What it tracks.
    pub tracking: Vec<Tracking>,
}

/// An address that is held and stands in no advert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unadvertised {
    /// None.
    None,
    /// One of the router's family.
    SameFamily,
    /// One of the other: it belongs on the parent, whatever the router's MAC.
    OtherFamily,
}

/// Whether a configuration has a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It has.
    Configured,
    /// Not yet, or no longer: a reload may add it.
    Absent,
}

/// Whether a router changes its state together with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouped {
    /// It is in its sync group.
    Yes,
    /// It is in none.
    No,
}

/// Which MAC a router uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mac {
    /// That of the parent, for addresses and adverts.
    Parent,
    /// The virtual one, on an interface of its own.
    Virtual,
    /// The virtual one for addresses only; it is deaf to adverts from a virtual MAC, as keepalived with
    /// `vmac_xmit_base`.
    VirtualDeaf,
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

impl Member {
    /// Whether it is configured.
    #[must_use]
    pub const fn is_configured(&self) -> bool {
        matches!(self.presence, Presence::Configured)
    }

    /// The configuration of its engine.
    pub(super) fn config(&self, place: usize, router: &VirtualRouter, keys: Keys) -> RouterConfig {
        let vrid = Vrid::new(router.vrid).unwrap_or_else(|| unreachable!("no plan has VRID 0"));
        let addresses = (0..self.addresses).map(|n| address(place, router.family, n)).collect();
        let unadvertised = match self.unadvertised {
            Unadvertised::None => None,
            Unadvertised::SameFamily => Some(router.family),
            Unadvertised::OtherFamily => Some(other(router.family)),
        };
        RouterConfig {
            family: router.family,
            medium: router.medium(),
            unadvertised: unadvertised.map(|family| address(place, family, ADDRESSES)).into_iter().collect(),
            authentication: router.seal.authentication(self.mode, keys),
            tracking: self.tracking.clone(),
            parameters: Parameters {
                priority: Priority::new(self.priority),
                interval: self.interval,
                preempt: self.preempt,
                source_mac: match self.mac {
                    Mac::Virtual => SourceMac::Virtual,
                    Mac::Parent | Mac::VirtualDeaf => SourceMac::Physical,
                },
                switches: Switches {
                    on_inferior: self.answers.0,
                    on_superior: self.answers.1,
                    linger: self.linger,
                    ..Switches::default()
                },
                checksum: self.checksum,
                announce: AnnouncePlan { delay: self.interval.duration() * 5, ..AnnouncePlan::DEFAULT },
                ..Parameters::new(router.version)
            },
            ..RouterConfig::new(vrid, router.version, addresses)
        }
    }
}

impl Plan {
    /// The longest interval anybody may advertise.
    #[must_use]
    pub fn longest_interval(&self) -> Duration {
        let configured = self.members().map(|member| member.interval);
        let reloaded = self.faults.iter().filter_map(|(_, fault)| {
            let Fault::Node(_, NodeFault::Reload(_, Change::Interval(interval))) = fault else { return None };
            Some(*interval)
        });
        configured.chain(reloaded).map(Interval::duration).max().unwrap_or_default()
    }

    /// Time that an election takes at most: three times the longest that any backup waits (to time out; to be displaced;
    /// for a deaf peer to be found out), and the preemption delay.
    pub(super) fn election_time(&self) -> Duration {
        let longest = self.longest_interval();
        let seconds = self.routers.iter().any(|router| router.version == Version::V2);
        let skew = if seconds { longest.max(Duration::from_secs(1)) } else { longest };
        let delay = |member: &Member| match member.preempt {
            Preempt::After(delay) => delay,
            Preempt::Always | Preempt::Never => Duration::ZERO,
        };
        // Groups that all yield meet again after a down interval.
        let elections = if self.groups.is_empty() { 3 } else { 9 };
        elections * (3 * longest + skew) + self.members().map(delay).max().unwrap_or_default()
    }

    /// Time that the address of a dead machine stays at most.
    pub(super) fn longest_lease(&self) -> Duration {
        let terms = LeaseTerms { rule: self.lease, survivor: Survivor::None };
        match terms.lease(self.longest_interval(), DOWN_ADVERTS.get()) {
            Lifetime::Lease(lease) => lease,
            Lifetime::Forever => unreachable!("in no plan addresses stay for ever"),
        }
    }

    /// Time after which nothing may change any more, once no fault happens.
    #[must_use]
    pub fn settling_time(&self) -> Duration {
        let is_costly = |(_, fault): &(Duration, Fault)| {
            matches!(fault, Fault::Node(_, NodeFault::Refuse(..) | NodeFault::Stall(..)))
        };
        let host = if self.faults.iter().any(is_costly) { HOST_RECOVERY } else { HOST_WORK };
        self.longest_lease().max(self.election_time()) + host
    }

    /// The same plan without one machine, and without what happens to it.
    #[must_use]
    pub fn without_node(&self, gone: usize) -> Self {
        let mut plan = self.clone();
        plan.nodes.remove(gone);
        plan.faults = self.faults.iter().filter_map(|(at, fault)| Some((*at, fault.without_node(gone)?))).collect();
        plan
    }

    /// The same plan without one virtual router, and without what happens to it.
    #[must_use]
    pub fn without_router(&self, gone: usize) -> Self {
        let mut plan = self.clone();
        plan.routers.remove(gone);
        for group in &mut plan.groups {
            *group = group.iter().filter_map(|router| fault::moved(*router, gone)).collect();
        }
        plan.groups.retain(|group| !group.is_empty());
        plan.nodes.iter_mut().for_each(|node| drop(node.members.remove(gone)));
        plan.faults = self.faults.iter().filter_map(|(at, fault)| Some((*at, fault.without_router(gone)?))).collect();
        plan
    }

    fn members(&self) -> impl Iterator<Item = &Member> {
        self.nodes.iter().flat_map(|node| &node.members)
    }
}

impl VirtualRouter {
    fn medium(&self) -> Medium {
        match self.cast {
            Cast::Multicast => Medium::multicast(self.family),
            Cast::Unicast => {
                let peers = (0..MACHINES).map(|node| UnicastPeer::new(source(node, self.family))).collect();
                Medium::Unicast(Unicast { peers, hop_limit: wire::HOP_LIMIT, sources: SourceCheck::Peers })
            }
        }
    }
}

/// The address that a machine sends from: later ones are higher.
pub(super) fn source(node: usize, family: Family) -> IpAddr {
    let last = u8::try_from(node + 1).unwrap_or(u8::MAX);
    match family {
        Family::Ipv4 => Ipv4Addr::new(10, 0, 0, last).into(),
        Family::Ipv6 => Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, last.into()).into(),
    }
}

/// An address of a virtual router. Those of the first lie in the machines' own IPv4 subnet, the others do not. IPv6
/// routers begin with a link-local one.
fn address(router: usize, family: Family, n: u8) -> IpAddr {
    let (third, last) = (u8::try_from(router).unwrap_or(u8::MAX), 254 - n);
    match (family, n) {
        (Family::Ipv4, _) => Ipv4Addr::new(10, 0, third, last).into(),
        (Family::Ipv6, 0) => Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, third.into(), last.into()).into(),
        (Family::Ipv6, _) => Ipv6Addr::new(0x2001, 0xdb8, third.into(), 0, 0, 0, 0, last.into()).into(),
    }
}

const fn other(family: Family) -> Family {
    match family {
        Family::Ipv4 => Family::Ipv6,
        Family::Ipv6 => Family::Ipv4,
    }
}
