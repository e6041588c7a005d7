//! tanist and its peers: another tanist, keepalived, and FRR's vrrpd. Every protocol, every way to use the virtual MAC on
//! either side, either one preferred; by multicast, to another group, and by unicast.
//!
//! Each test plays the same story: election, kill -9, preemption, planned stop, preemption, and a split between equals.
//! What is not installed is skipped, and said so. At the end stands a table of what was shown.

mod frr;
mod table;

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use lab::{Captured, CapturedFrame, Program};
use libtest_mimic::Trial;
use rustix::process::Signal;
use testbed::lan::{Bench, Instance, Layout, Protocol, VmacMode, harness};
use vrrp::types::MacAddr;

/// What is forgiven beyond the protocol's bound: many tests share few processors.
const TOLERANCE: Duration = Duration::from_millis(700);
/// What is forgiven before it: timers run by the receiver's clock, the capture by the switch's.
const EARLY_TOLERANCE: Duration = Duration::from_millis(15);
/// How long a daemon may take to start or to stop.
const PROCESS_TIME: Duration = Duration::from_secs(12);

fn main() -> ExitCode {
    let code = harness::run(|| {
        let mut trials = with_tanist();
        if harness::has_program("keepalived", "interoperability with keepalived") {
            trials.extend(with_keepalived());
        }
        if frr::installed() {
            trials.extend(with_frr());
        }
        trials
    });
    table::print();
    code
}

/// How they speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cast {
    Multicast,
    OtherGroup,
    Unicast,
}

impl fmt::Display for Cast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Multicast => "",
            Self::OtherGroup => " another group",
            Self::Unicast => " unicast",
        })
    }
}

/// The other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Tanist(VmacMode),
    Keepalived(VmacMode),
    /// It has no choice but to send from the virtual MAC.
    Frr,
}

impl Peer {
    const fn name(self) -> &'static str {
        match self {
            Self::Tanist(_) => "tanist",
            Self::Keepalived(_) => "keepalived",
            Self::Frr => "FRR",
        }
    }

    const fn vmac(self) -> VmacMode {
        match self {
            Self::Tanist(vmac) | Self::Keepalived(vmac) => vmac,
            Self::Frr => VmacMode::Vmac,
        }
    }

    fn program(self) -> Program {
        match self {
            Self::Tanist(_) => harness::tanist(env!("CARGO_BIN_EXE_tanist")),
            Self::Keepalived(_) => Program::Keepalived,
            Self::Frr => Program::Frr,
        }
    }

    /// What a router with this configuration reads.
    fn text(self, instance: &Instance) -> String {
        match self {
            Self::Tanist(_) | Self::Keepalived(_) => instance.to_string(),
            Self::Frr => frr::text(instance),
        }
    }
}

const PROTOCOLS: [Protocol; 3] = [Protocol::V2, Protocol::V3Ipv4, Protocol::V3Ipv6];
const MODES: [VmacMode; 3] = [VmacMode::Vmac, VmacMode::XmitBase, VmacMode::None];
const EITHER: [Preferred; 2] = [Preferred::Ours, Preferred::Theirs];

/// Both sides with the same use of the virtual MAC.
fn with_tanist() -> Vec<Trial> {
    let mut trials = Vec::new();
    for protocol in PROTOCOLS {
        for (vmac, cast) in
            [(VmacMode::Vmac, Cast::Multicast), (VmacMode::None, Cast::Multicast), (VmacMode::None, Cast::Unicast)]
        {
            trials.push(trial(protocol, cast, vmac, Peer::Tanist(vmac), Preferred::Ours));
        }
    }
    trials
}

/// 27 pairings by multicast, 3 with another group and 9 by unicast, each with either side preferred.
fn with_keepalived() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (protocol, preferred) in PROTOCOLS.into_iter().flat_map(|protocol| EITHER.map(|it| (protocol, it))) {
        let mut with = |cast, ours, theirs| {
            trials.push(trial(protocol, cast, ours, Peer::Keepalived(theirs), preferred));
        };
        for (ours, theirs) in MODES.into_iter().flat_map(|ours| MODES.map(|theirs| (ours, theirs))) {
            with(Cast::Multicast, ours, theirs);
        }
        with(Cast::OtherGroup, VmacMode::Vmac, VmacMode::None);
        for (ours, theirs) in BY_UNICAST {
            with(Cast::Unicast, ours, theirs);
        }
    }
    trials
}

/// Unicast comes from the physical MAC, whatever is configured.
const BY_UNICAST: [(VmacMode, VmacMode); 3] =
    [(VmacMode::None, VmacMode::None), (VmacMode::Vmac, VmacMode::XmitBase), (VmacMode::XmitBase, VmacMode::None)];

/// Version 3, and each use of our virtual MAC.
fn with_frr() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (protocol, vmac) in [Protocol::V3Ipv4, Protocol::V3Ipv6].into_iter().flat_map(|it| MODES.map(|vmac| (it, vmac)))
    {
        trials.extend(EITHER.map(|preferred| trial(protocol, Cast::Multicast, vmac, Peer::Frr, preferred)));
    }
    trials
}

/// A test, which is part of a cell of the table.
fn trial(protocol: Protocol, cast: Cast, ours: VmacMode, peer: Peer, preferred: Preferred) -> Trial {
    let (them, theirs) = (peer.name(), peer.vmac());
    let name = format!("{protocol}{cast}: tanist {ours}, {them} {theirs}, {preferred:?} preferred");
    let column = match preferred {
        Preferred::Ours => format!("tanist before {them}"),
        Preferred::Theirs => format!("{them} before tanist"),
    };
    let row = format!("{protocol}{cast}, {ours}");
    harness::test(name, move || {
        table::record(row, column, || Story::new(protocol, ours, peer, preferred, cast).play());
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Preferred {
    Ours,
    Theirs,
}

/// Two peers: the left one has the higher priority, and the higher address.
struct Story {
    bench: Bench,
    left: Instance,
    right: Instance,
    preferred: Preferred,
    peer: Peer,
    cast: Cast,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Story {
    fn new(protocol: Protocol, ours: VmacMode, peer: Peer, preferred: Preferred, cast: Cast) -> Self {
        let (left, right) = match preferred {
            Preferred::Ours => (Peer::Tanist(ours), peer),
            Preferred::Theirs => (peer, Peer::Tanist(ours)),
        };
        let bench = Bench::new(left.program(), right.program(), Layout::LeftHigher).unwrap();
        for (side, router, order) in [(left, &bench.left, Ordering::Greater), (right, &bench.right, Ordering::Less)] {
            if side == Peer::Frr {
                frr::prepare(&router.host, protocol, order);
            }
        }
        let [higher, lower, group] = match protocol {
            Protocol::V2 | Protocol::V3Ipv4 => ["10.9.0.3", "10.9.0.2", "224.0.0.77"],
            Protocol::V3Ipv6 => ["2001:db8:9::3", "2001:db8:9::2", "ff02::77"],
        };
        let instance = |vmac, priority, own: &str, peer: &str| {
            let instance = Instance::new(protocol, vmac, priority);
            match cast {
                Cast::Multicast => instance,
                Cast::OtherGroup => instance.with(&format!("mcast_dst_ip {group}")),
                Cast::Unicast => instance.unicast(own, &[peer]),
            }
        };
        Self {
            bench,
            left: instance(left.vmac(), 150, higher, lower),
            right: instance(right.vmac(), 100, lower, higher),
            preferred,
            peer,
            cast,
        }
    }

    fn play(mut self) {
        self.the_higher_priority_is_elected();
        self.a_killed_master_is_replaced_after_the_down_interval();
        self.a_better_router_preempts();
        self.a_stopped_master_is_replaced_after_the_skew();
        self.a_better_router_preempts();
        self.equals_are_told_apart_by_address_after_a_split();
        match self.cast {
            Cast::Multicast | Cast::OtherGroup => self.adverts_carry_the_right_mac(),
            Cast::Unicast => self.adverts_go_to_the_peer_alone(),
        }
    }

    fn start(&mut self, side: Side) {
        let (router, instance, is_ours) = match side {
            Side::Left => (&mut self.bench.left, &self.left, self.preferred == Preferred::Ours),
            Side::Right => (&mut self.bench.right, &self.right, self.preferred == Preferred::Theirs),
        };
        let program = if is_ours { Peer::Tanist(instance.vmac) } else { self.peer };
        router.start_with(&program.text(instance)).unwrap();
    }

    fn the_higher_priority_is_elected(&mut self) {
        self.start(Side::Right);
        self.start(Side::Left);
        self.settles_on(Side::Left, "election");
    }

    fn a_killed_master_is_replaced_after_the_down_interval(&mut self) {
        let since = self.bench.watch.now();
        self.bench.left.kill().unwrap();
        let (new, old) = (&self.bench.right.host, &self.bench.left.host);
        let gap = self.bench.watch.takeover(since, new, old, self.right.down_interval() + PROCESS_TIME);
        let Some(gap) = gap.and_then(|takeover| takeover.gap()) else {
            panic!("kill -9: nobody took over; {}", self.logs())
        };
        in_time(gap, self.right.down_interval(), "kill -9");
        self.settles_on(Side::Right, "kill -9");
    }

    fn a_better_router_preempts(&mut self) {
        self.start(Side::Left);
        self.settles_on(Side::Left, "preemption");
    }

    fn a_stopped_master_is_replaced_after_the_skew(&mut self) {
        let since = self.bench.watch.now();
        self.bench.left.signal(Signal::TERM).unwrap();
        let leaving = self.bench.watch.priority_zero(since, &self.bench.left.host, PROCESS_TIME);
        let Some(leaving) = leaving else { panic!("a stopped master says priority 0; {}", self.logs()) };
        let first = self.bench.watch.first_advert(since, &self.bench.right.host, PROCESS_TIME);
        let Some(first) = first else { panic!("planned stop: nobody took over; {}", self.logs()) };
        in_time(first.at.since(leaving.at), self.right.skew(), "planned stop");
        self.settles_on(Side::Right, "planned stop");
        assert!(self.bench.left.wait_end(PROCESS_TIME).is_some(), "the stopped daemon ends; {}", self.logs());
    }

    fn equals_are_told_apart_by_address_after_a_split(&mut self) {
        self.right.priority = self.left.priority;
        self.bench.right.kill().unwrap();
        self.bench.lan.isolate(&self.bench.right.host).unwrap();
        let since = self.bench.watch.now();
        self.start(Side::Right);
        let split = self.bench.watch.first_advert(since, &self.bench.right.host, PROCESS_TIME);
        assert!(split.is_some(), "a router that hears nobody becomes master; {}", self.logs());
        self.bench.lan.rejoin(&self.bench.right.host).unwrap();
        self.settles_on(Side::Left, "split between equals");
    }

    /// The configured one; and copies from the physical MAC exactly where a losing keepalived with `vmac_xmit_base` could
    /// not hear the virtual one.
    fn adverts_carry_the_right_mac(&self) {
        let (ours, instance, theirs) = match self.preferred {
            Preferred::Ours => (&self.bench.left, &self.left, &self.right),
            Preferred::Theirs => (&self.bench.right, &self.right, &self.left),
        };
        let deaf = match self.peer {
            Peer::Keepalived(_) => theirs.vmac == VmacMode::XmitBase && self.preferred == Preferred::Ours,
            Peer::Tanist(_) | Peer::Frr => false,
        };
        let macs: HashSet<MacAddr> =
            self.bench.watch.adverts(Captured::default(), &ours.host).iter().map(CapturedFrame::source_mac).collect();
        let expected: &[MacAddr] = match (instance.vmac, deaf) {
            (VmacMode::Vmac, true) => &[instance.virtual_mac(), ours.host.mac],
            (VmacMode::Vmac, false) => &[instance.virtual_mac()],
            (VmacMode::XmitBase | VmacMode::None, _) => &[ours.host.mac],
        };
        assert_eq!(macs, expected.iter().copied().collect(), "{}", self.logs());
        let copies = ours.status().and_then(|status| status["physical_copies"].as_bool());
        assert_eq!(copies, Some(instance.vmac == VmacMode::Vmac && deaf), "{}", self.logs());
    }

    fn adverts_go_to_the_peer_alone(&self) {
        let ours = match self.preferred {
            Preferred::Ours => &self.bench.left.host,
            Preferred::Theirs => &self.bench.right.host,
        };
        let adverts = self.bench.watch.adverts(Captured::default(), ours);
        let is_right = |frame: &CapturedFrame| {
            let advert = frame.advert().unwrap();
            frame.source_mac() == ours.mac && !advert.destination.is_multicast() && advert.hop_limit == 255
        };
        assert!(!adverts.is_empty() && adverts.iter().all(is_right), "{}", self.logs());
    }

    /// From now on, soon, only `side` advertises.
    fn settles_on(&mut self, side: Side, scene: &str) {
        let (master, peer) = match side {
            Side::Left => (&self.bench.left.host, &self.bench.right.host),
            Side::Right => (&self.bench.right.host, &self.bench.left.host),
        };
        let since = self.bench.watch.now();
        let calm = self.left.down_interval() + self.left.interval;
        let settled = self.bench.watch.settles(since, master, peer, calm, calm * 4 + PROCESS_TIME);
        assert!(settled, "{scene}: {} should be the only master; {}", master.name, self.logs());
    }

    fn logs(&self) -> String {
        format!("left said:\n{}\nright said:\n{}", self.bench.left.log(), self.bench.right.log())
    }
}

/// A takeover comes when the protocol says, neither early nor late.
fn in_time(gap: Duration, expected: Duration, scene: &str) {
    assert!(gap + EARLY_TOLERANCE >= expected, "{scene}: took over after {gap:?}, not {expected:?}: early");
    assert!(gap <= expected + TOLERANCE, "{scene}: took over after {gap:?}, not {expected:?}: late");
}
