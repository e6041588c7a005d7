//! What two peers go through.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::time::Duration;

use lab::{Captured, CapturedFrame, Host};
use rustix::process::Signal;
use testbed::lan::{Bench, Instance, Layout, Protocol, VmacMode};
use vrrp::types::MacAddr;

use crate::{Authentication, Cast, Pairing, Peer, Preferred, frr};

/// What is forgiven beyond the protocol's bound: many tests share few processors.
const TOLERANCE: Duration = Duration::from_millis(700);
/// What is forgiven before it: timers run by the receiver's clock, the capture by the switch's.
const EARLY_TOLERANCE: Duration = Duration::from_millis(15);
/// How long a daemon may take to start or to stop.
const PROCESS_TIME: Duration = Duration::from_secs(12);

/// Two peers: the left one has the higher priority, and the higher address.
pub(crate) struct Story {
    bench: Bench,
    left: Instance,
    right: Instance,
    preferred: Preferred,
    peer: Peer,
    cast: Cast,
    authentication: Authentication,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Story {
    pub(crate) fn new(pairing: Pairing, preferred: Preferred) -> Self {
        let Pairing { protocol, ours, peer, cast, authentication } = pairing;
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
            let instance = match authentication {
                Authentication::None => instance,
                Authentication::Ah => instance.with("authentication {\n auth_type AH\n auth_pass s3cret\n}"),
            };
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
            authentication,
        }
    }

    pub(crate) fn play(mut self) {
        self.the_higher_priority_is_elected();
        self.a_killed_master_is_replaced_after_the_down_interval();
        self.a_better_router_preempts();
        self.a_stopped_master_is_replaced_after_the_skew();
        self.a_better_router_preempts();
        self.equals_are_told_apart_by_address_after_a_split();
        match (self.cast, self.authentication) {
            (Cast::Multicast | Cast::OtherGroup, Authentication::None) => self.adverts_carry_the_right_mac(),
            // With AH a keepalived that is deaf gets copies whoever is preferred: it must learn the number.
            (Cast::Multicast | Cast::OtherGroup, Authentication::Ah) => {}
            (Cast::Unicast, _) => self.adverts_go_to_the_peer_alone(),
        }
        self.adverts_travel_as_configured();
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

    /// In an authentication header or not.
    fn adverts_travel_as_configured(&self) {
        let ours = self.our_host();
        let protocols: HashSet<u8> =
            self.bench.watch.adverts(Captured::default(), ours).iter().map(|it| it.bytes[23]).collect();
        let expected = match (self.left.protocol, self.authentication) {
            (Protocol::V3Ipv6, _) => return,
            (Protocol::V2 | Protocol::V3Ipv4, Authentication::None) => 112,
            (Protocol::V2 | Protocol::V3Ipv4, Authentication::Ah) => 51,
        };
        assert_eq!(protocols, HashSet::from([expected]), "{}", self.logs());
    }

    const fn our_host(&self) -> &Host {
        match self.preferred {
            Preferred::Ours => &self.bench.left.host,
            Preferred::Theirs => &self.bench.right.host,
        }
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
        let ours = self.our_host();
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
