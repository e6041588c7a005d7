//! The plan of a seed.

use std::time::Duration;

use host::LeaseRule;
use vrrp::config::{ChecksumPolicy, Effect, EffectKind, HmacMode, OnInferior, OnSuperior, Preempt, Tracking};
use vrrp::{Family, Interval, Reading, TrackerId, Version};

use super::seal;
use super::{
    ADDRESSES, Cast, Change, Fault, Grouped, MACHINES, Mac, Member, NodeFault, NodePlan, Noise, Plan, Presence,
    ReadLimits, Refusal, Seal, Unadvertised, VirtualRouter, Watched,
};
use crate::sim::random::Random;

/// Most faults in one plan.
const FAULTS: u64 = 14;
/// Length of the time in which faults happen, in intervals; never less than `TROUBLED`.
const TROUBLED_INTERVALS: u32 = 20;
const TROUBLED: Duration = Duration::from_secs(6);
/// Tells these dice from those of other things that were added to plans later.
const LINGERING: u64 = 0x6c69_6e67_6572;
/// Host threads that hang are noticed after seconds, whatever the interval.
const LONGEST_HANG: Duration = Duration::from_secs(10);
/// How long another program takes at most until it goes on.
const LONGEST_RESTART: Duration = Duration::from_millis(200);

impl Plan {
    /// The plan of a seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let base = Interval::from_centis(random.pick(&[10, 25, 100, 100])).unwrap_or(Interval::DEFAULT);
        // Many routers on few machines, or few on many.
        let (routers, nodes) = match random.below(20) {
            0 => (8, 2),
            1..12 => (1, 2 + random.below(MACHINES as u64 - 1)),
            _ => (2 + random.below(2), 2 + random.below(2)),
        };
        let mut routers = virtual_routers(&mut random, routers, base);
        let mut nodes: Vec<_> = (0..nodes).map(|_| node(&mut random, &routers, base)).collect();
        for router in 0..routers.len() {
            silence_one(&mut random, router, &mut nodes);
            agree_on_interval(router, &mut nodes, base);
        }
        let mut seals = seal::dice(seed);
        routers.iter_mut().enumerate().for_each(|(place, router)| seal::draw(&mut seals, place, router, &mut nodes));
        let mut others = Random::new(!seed);
        let mut lingering = Random::new(seed.rotate_left(32) ^ LINGERING);
        for member in nodes.iter_mut().flat_map(|node| &mut node.members) {
            member.linger = linger(&mut lingering, base);
        }
        let groups = groups(&mut others, routers.len(), nodes.len());
        let unit = base.duration();
        let quiet_from = (unit * TROUBLED_INTERVALS).max(TROUBLED);
        let mut plan = Self {
            dice: seed,
            routers,
            groups,
            nodes,
            noise: noise(&mut random, unit),
            lease: lease(&mut lingering),
            faults: Vec::new(),
            quiet_from,
        };
        let count = random.below(FAULTS + 1);
        let faults = (0..count).map(|_| (part_of(&mut random, quiet_from), fault(&mut random, &plan, base)));
        plan.faults = faults.collect();
        plan.faults.extend(regroupings(&mut others, &plan));
        plan.faults.extend(seal::attacks(&mut seals, &plan));
        plan.faults.sort_by_key(|(at, _)| *at);
        plan
    }
}

/// VRIDs differ within a family and a way of speaking, and are shared across.
fn virtual_routers(random: &mut Random, count: u64, base: Interval) -> Vec<VirtualRouter> {
    let mut routers: Vec<VirtualRouter> = Vec::new();
    for _ in 0..count {
        let family = random.pick(&[Family::Ipv4, Family::Ipv4, Family::Ipv6]);
        let cast = random.pick(&[Cast::Multicast, Cast::Multicast, Cast::Unicast]);
        let others = routers.iter().filter(|other| (other.family, other.cast) == (family, cast)).count();
        let version = version(random, family, base);
        let vrid = u8::try_from(51 + others).unwrap_or(1);
        routers.push(VirtualRouter { vrid, family, version, cast, seal: Seal::None });
    }
    routers
}

/// Most plans with several virtual routers have groups. They have dice of their own, so that a seed without groups stands
/// for the plan that it always stood for.
///
/// Of three machines each may lack another router of a group. With more than two routers to a group they could displace
/// each other in turns for ever.
fn groups(random: &mut Random, routers: usize, nodes: usize) -> Vec<Vec<usize>> {
    if routers < 2 || random.chance(30) {
        return Vec::new();
    }
    let most = if nodes > 2 { 2 } else { 4 };
    let mut left: Vec<usize> = (0..routers).collect();
    let mut groups = Vec::new();
    while left.len() >= 2 && groups.len() < 2 {
        let count = 2 + random.place(most.min(left.len()) - 1);
        groups.push((0..count).map(|_| left.remove(random.place(left.len()))).collect());
    }
    groups
}

/// Routers that leave their groups and come back.
fn regroupings(random: &mut Random, plan: &Plan) -> Vec<(Duration, Fault)> {
    let grouped: Vec<usize> = plan.groups.iter().flatten().copied().collect();
    if grouped.is_empty() {
        return Vec::new();
    }
    let count = random.below(4);
    let regrouping = |_| {
        let change = random.pick(&[Change::Leave, Change::Join]);
        let fault = NodeFault::Reload(random.pick(&grouped), change);
        (part_of(random, plan.quiet_from), Fault::Node(random.place(plan.nodes.len()), fault))
    };
    (0..count).map(regrouping).collect()
}

/// Whether members keep their addresses when they leave, and for how long, has dice of its own, as groups have.
fn linger(random: &mut Random, base: Interval) -> Duration {
    random.pick(&[Duration::ZERO, base.duration() / 4, base.duration(), 10 * base.duration()])
}

/// Mostly what counts without a word.
fn lease(random: &mut Random) -> LeaseRule {
    match random.below(8) {
        0 => LeaseRule::Lasts(Duration::from_secs(3 + random.below(9))),
        _ => LeaseRule::Unsaid,
    }
}

/// VRRPv2 counts whole seconds.
fn version(random: &mut Random, family: Family, base: Interval) -> Version {
    match family {
        Family::Ipv4 if base == Interval::DEFAULT => random.pick(&[Version::V2, Version::V3]),
        Family::Ipv4 | Family::Ipv6 => Version::V3,
    }
}

fn node(random: &mut Random, routers: &[VirtualRouter], base: Interval) -> NodePlan {
    let trackers: Vec<Reading> = (0..random.below(3)).map(|_| first_reading(random)).collect();
    NodePlan {
        start: part_of(random, base.duration() * 3),
        limits: limits(random),
        piece: random.pick(&[1, 2, 64]),
        clock: 0,
        members: routers.iter().map(|router| member(random, router, base, trackers.len())).collect(),
        trackers,
    }
}

/// The daemon's numbers, or small ones, so that few packets are already too many for one turn.
fn limits(random: &mut Random) -> ReadLimits {
    match random.below(3) {
        0 => ReadLimits::DAEMON,
        _ => ReadLimits { batch: random.pick(&[1, 2, 4, 16]), batches: random.pick(&[1, 2]), room: 1024 },
    }
}

fn first_reading(random: &mut Random) -> Reading {
    random.pick(&[Reading::Up, Reading::Up, Reading::Up, Reading::Down, Reading::Unknown, Reading::Level(20)])
}

/// Priorities are few, so that ties are common. VRRPv2 routers agree on the interval or do not hear each other.
fn member(random: &mut Random, router: &VirtualRouter, base: Interval, trackers: usize) -> Member {
    let own = random.chance(10) && router.version == Version::V3;
    Member {
        presence: if random.chance(12) { Presence::Absent } else { Presence::Configured },
        grouped: Grouped::Yes,
        priority: priority(random),
        interval: if own { times(base, random.pick(&[2, 4])) } else { base },
        preempt: match random.below(5) {
            0 => Preempt::Never,
            1 => Preempt::After(base.duration() * 6),
            _ => Preempt::Always,
        },
        mac: mac(random, router.cast),
        addresses: address_count(random),
        unadvertised: match random.below(8) {
            0 => Unadvertised::SameFamily,
            1 => Unadvertised::OtherFamily,
            _ => Unadvertised::None,
        },
        answers: (
            OnInferior::Answer,
            random.pick(&[OnSuperior::Yield, OnSuperior::Yield, OnSuperior::Yield, OnSuperior::AnswerOnce]),
        ),
        checksum: random.pick(&[
            ChecksumPolicy::Auto,
            ChecksumPolicy::Auto,
            ChecksumPolicy::Rfc5798,
            ChecksumPolicy::Rfc9568,
        ]),
        mode: HmacMode::Enforce,
        linger: Duration::ZERO,
        tracking: (0..trackers).filter_map(|tracker| tracking(random, tracker)).collect(),
    }
}

/// A unicast router may share its VRID with a multicast one, and a machine has room for one interface with its virtual MAC.
fn mac(random: &mut Random, cast: Cast) -> Mac {
    match cast {
        Cast::Multicast => {
            random.pick(&[Mac::Virtual, Mac::Virtual, Mac::Virtual, Mac::Parent, Mac::Parent, Mac::VirtualDeaf])
        }
        Cast::Unicast => Mac::Parent,
    }
}

/// One member may not answer inferior adverts, unless others are deaf: it would never find that out.
fn silence_one(random: &mut Random, router: usize, nodes: &mut [NodePlan]) {
    let is_deaf = |node: &NodePlan| node.members[router].mac == Mac::VirtualDeaf;
    if random.chance(20) && !nodes.iter().any(is_deaf) {
        let node = random.place(nodes.len());
        nodes[node].members[router].answers.0 = OnInferior::Ignore;
    }
}

/// A router that answers a superior advert before it yields is heard after its master. Whoever accepts that has learned
/// its interval, and if that is shorter than the master's the two backups displace the master in turns for ever: so it
/// asks for members that agree.
fn agree_on_interval(router: usize, nodes: &mut [NodePlan], base: Interval) {
    if answers_once(router, nodes) {
        nodes.iter_mut().for_each(|node| node.members[router].interval = base);
    }
}

fn answers_once(router: usize, nodes: &[NodePlan]) -> bool {
    nodes.iter().any(|node| node.members[router].answers.1 == OnSuperior::AnswerOnce)
}

fn priority(random: &mut Random) -> u8 {
    random.pick(&[1, 50, 100, 100, 100, 101, 150, 150, 200, 254, 255])
}

fn address_count(random: &mut Random) -> u8 {
    u8::try_from(1 + random.below(ADDRESSES.into())).unwrap_or(1)
}

fn tracking(random: &mut Random, tracker: usize) -> Option<Tracking> {
    let kind = match random.below(5) {
        0 => EffectKind::Fault,
        1 => EffectKind::Weight(-60),
        2 => EffectKind::Weight(30),
        3 => EffectKind::Factor(-2),
        _ => return None,
    };
    let effect = if random.chance(20) { Effect::reverse(kind) } else { Effect::plain(kind) };
    Some(Tracking { tracker: TrackerId(u32::try_from(tracker).unwrap_or(0)), effect })
}

fn times(interval: Interval, factor: u16) -> Interval {
    Interval::from_centis(interval.centis() * factor).unwrap_or(interval)
}

pub(super) fn part_of(random: &mut Random, whole: Duration) -> Duration {
    Duration::from_nanos(random.below(u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX)))
}

fn noise(random: &mut Random, unit: Duration) -> Noise {
    match random.below(4) {
        0 | 1 => Noise::default(),
        2 => Noise { loss: random.below(10), duplication: random.below(5), delay: unit / 50 },
        _ => Noise { loss: random.below(60), duplication: random.below(30), delay: part_of(random, 2 * unit) },
    }
}

fn fault(random: &mut Random, plan: &Plan, base: Interval) -> Fault {
    let nodes = plan.nodes.len();
    match random.below(20) {
        0 => Fault::Block(random.place(nodes), random.place(nodes)),
        1 => Fault::Split(u8::try_from(random.below(1 << nodes)).unwrap_or(0)),
        2 => Fault::Heal,
        3..8 => Fault::Node(random.place(nodes), life(random)),
        8..12 => Fault::Node(random.place(nodes), stall(random, base)),
        12..16 => Fault::Node(random.place(nodes), of_link(random)),
        _ => {
            let node = random.place(nodes);
            Fault::Node(node, of_router(random, plan, node, base))
        }
    }
}

fn life(random: &mut Random) -> NodeFault {
    match random.below(8) {
        0 | 1 => NodeFault::Crash,
        2 => NodeFault::CrashWithin(u8::try_from(random.below(24)).unwrap_or(0)),
        3 => NodeFault::Quit,
        4 => NodeFault::Administer(random.pick(&[0, 2, 3])),
        5 => NodeFault::Restart(part_of(random, LONGEST_RESTART)),
        _ => NodeFault::Start,
    }
}

fn stall(random: &mut Random, base: Interval) -> NodeFault {
    match random.below(8) {
        0..3 => NodeFault::Stall(Watched::Process, part_of(random, 12 * base.duration())),
        3 | 4 => NodeFault::Stall(Watched::Protocol, hang(random)),
        5 | 6 => NodeFault::Stall(Watched::Host, hang(random)),
        _ => NodeFault::Interrupt,
    }
}

/// Often long enough to be noticed, and for leases to end.
fn hang(random: &mut Random) -> Duration {
    let half = LONGEST_HANG / 2;
    random.pick(&[Duration::ZERO, half]) + part_of(random, half)
}

fn of_link(random: &mut Random) -> NodeFault {
    match random.below(8) {
        0 => NodeFault::LinkDown,
        1 => NodeFault::LinkUp,
        2 => NodeFault::SourceLost(random.pick(&[Family::Ipv4, Family::Ipv6])),
        3 => NodeFault::SourceBack(random.pick(&[Family::Ipv4, Family::Ipv6])),
        4 => NodeFault::ParentGone,
        5 => NodeFault::ParentBack,
        _ => NodeFault::Refuse(refusal(random), part_of(random, LONGEST_HANG)),
    }
}

fn refusal(random: &mut Random) -> Refusal {
    match random.below(6) {
        0 => Refusal::Addresses,
        1 => Refusal::Links,
        2 => Refusal::Memberships,
        3 => Refusal::Removals,
        _ => Refusal::One(u8::try_from(random.below(20)).unwrap_or(0)),
    }
}

fn of_router(random: &mut Random, plan: &Plan, node: usize, base: Interval) -> NodeFault {
    let router = random.place(plan.routers.len());
    let trackers = plan.nodes[node].trackers.len();
    match random.below(8) {
        0 => NodeFault::Stop(router),
        1 => NodeFault::Resume(router),
        2 => NodeFault::Flood(router, random.pick(&[3, 30, 300])),
        3 | 4 if trackers > 0 => NodeFault::Reading(random.place(trackers), reading(random)),
        _ => NodeFault::Reload(router, change(random, plan, router, base)),
    }
}

fn reading(random: &mut Random) -> Reading {
    random.pick(&[Reading::Up, Reading::Up, Reading::Down, Reading::Unknown, Reading::Level(0), Reading::Level(40)])
}

fn change(random: &mut Random, plan: &Plan, router: usize, base: Interval) -> Change {
    let may_differ = plan.routers[router].version == Version::V3 && !answers_once(router, &plan.nodes);
    match random.below(8) {
        0..3 => Change::Priority(random.pick(&[1, 90, 100, 120, 254])),
        3 if may_differ => Change::Interval(times(base, random.pick(&[1, 2, 3]))),
        3 | 4 => Change::Addresses(if random.chance(10) { 0 } else { address_count(random) }),
        5 => Change::Remove,
        _ => Change::Add,
    }
}
