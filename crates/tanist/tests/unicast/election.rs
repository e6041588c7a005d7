//! Elections by unicast: two nodes in every protocol, three nodes that share one list of peers.

use std::time::Duration;

use lab::{Captured, Network, NetworkBuilder, RouterHost, Watch, wait};
use libtest_mimic::Trial;
use rustix::process::Signal;
use testbed::lan::{Instance, Protocol, VmacMode, harness};
use vrrp::types::MacAddr;

use super::{PATIENCE, destinations, ip, listens, pair, sides, status, tanist};

/// How much later than the protocol wants something may happen on a busy machine.
const TOLERANCE: Duration = Duration::from_millis(500);
const NODES_V4: [&str; 3] = ["10.9.0.11", "10.9.0.12", "10.9.0.13"];
const NODES_V6: [&str; 3] = ["2001:db8:9::11", "2001:db8:9::12", "2001:db8:9::13"];

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for protocol in [Protocol::V2, Protocol::V3Ipv4, Protocol::V3Ipv6] {
        for vmac in [VmacMode::None, VmacMode::Vmac, VmacMode::XmitBase] {
            trials.push(harness::test(format!("{protocol} {vmac}: two nodes, nothing is multicast"), move || {
                two_nodes(protocol, vmac);
            }));
        }
        trials.push(harness::test(format!("{protocol}: three nodes with one list of peers"), move || {
            three_nodes(protocol, VmacMode::None);
        }));
    }
    trials.push(harness::test("v3 vmac: three nodes with one list of peers", || {
        three_nodes(Protocol::V3Ipv4, VmacMode::Vmac);
    }));
    trials
}

const fn group(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::V2 | Protocol::V3Ipv4 => "224.0.0.18",
        Protocol::V3Ipv6 => "ff02::12",
    }
}

fn two_nodes(protocol: Protocol, vmac: VmacMode) {
    let [left, right] = sides(protocol);
    let master = Instance::new(protocol, vmac, 150).unicast(left, &[right]);
    let backup = Instance::new(protocol, vmac, 100).unicast(right, &[left]);
    let mut bench = pair(&master, &backup);
    let peer = status(&bench.right)["peers"][0].clone();
    assert_eq!((peer["address"].as_str(), peer["heard"]["priority"].as_u64()), (Some(left), Some(150)), "{peer}");
    assert!(status(&bench.left)["peers"][0]["heard"].is_null(), "a backup says nothing");
    for host in [&bench.left.host, &bench.right.host] {
        assert!(!listens(host, group(protocol)), "no group is joined");
    }
    // A planned stop.
    let since = bench.watch.now();
    bench.left.signal(Signal::TERM).unwrap();
    let farewell = bench.watch.priority_zero(since, &bench.left.host, PATIENCE).expect("says priority 0");
    let advert = bench.watch.advert_of(&farewell, &bench.left.host).unwrap();
    assert_eq!((advert.source, advert.destination, advert.hop_limit), (ip(left), ip(right), 255));
    let first = bench.watch.first_advert(since, &bench.right.host, PATIENCE).expect("takes over");
    assert!(first.at.since(farewell.at) <= backup.skew() + TOLERANCE, "{}", bench.right.log());
    bench.left.wait_end(PATIENCE).unwrap();
    // Preemption.
    bench.left.start().unwrap();
    assert!(bench.right.wait_state("BACKUP", PATIENCE) && bench.left.wait_state("MASTER", PATIENCE));
    // A crash.
    let since = bench.watch.now();
    bench.left.kill().unwrap();
    let gap = bench.watch.takeover(since, &bench.right.host, &bench.left.host, PATIENCE).unwrap().gap();
    let down = backup.down_interval();
    assert!(gap.is_none_or(|gap| gap <= down + TOLERANCE), "{gap:?}, not {down:?}");
    for (host, peer) in [(&bench.left.host, right), (&bench.right.host, left)] {
        assert_eq!(destinations(&bench.watch, Captured::default(), host), [ip(peer)], "to the peer, and nobody else");
        let macs = bench.watch.adverts(Captured::default(), host);
        assert!(macs.iter().all(|frame| frame.source_mac() == host.mac), "from the physical MAC");
    }
    nothing_is_multicast(&bench.watch);
}

/// No router has said anything of protocol 112 to a group.
fn nothing_is_multicast(watch: &Watch) {
    let is_multicast = |mac: MacAddr| mac.0[0] & 1 == 1;
    let wrong = watch.capture.since(Captured::default(), |frame| {
        frame.advert().is_some_and(|advert| advert.destination.is_multicast() || is_multicast(frame.destination_mac()))
    });
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn three_nodes(protocol: Protocol, vmac: VmacMode) {
    let nodes = match protocol {
        Protocol::V2 | Protocol::V3Ipv4 => NODES_V4,
        Protocol::V3Ipv6 => NODES_V6,
    };
    let mut builder = NetworkBuilder::new();
    for (name, (v4, v6)) in ["r1", "r2", "r3"].into_iter().zip(NODES_V4.into_iter().zip(NODES_V6)) {
        builder = builder.router(name, tanist()).cable("eth0", &[format!("{v4}/24"), format!("{v6}/64")]);
    }
    let Network { mut routers, client: _client, capture, lan: _lan } = builder.build::<3>().unwrap();
    let watch = Watch::new(capture, Instance::VRID);
    for ((router, priority), own) in routers.iter_mut().zip([150, 100, 50]).zip(nodes) {
        // The list is the same on all of them; of IPv4 the source is the interface's own address.
        let instance = Instance::new(protocol, vmac, priority);
        let instance = match protocol {
            Protocol::V2 | Protocol::V3Ipv4 => {
                instance.with(&format!("unicast_peer {{\n        {}\n    }}", nodes.join("\n        ")))
            }
            Protocol::V3Ipv6 => instance.unicast(own, &nodes),
        };
        router.start_with(&instance).unwrap();
    }
    let follows = |router: &RouterHost, priority: u64| {
        let follows = || status(router)["state"] == "BACKUP" && status(router)["master"]["priority"] == priority;
        assert!(wait::until(PATIENCE, follows), "{}; {}", status(router), router.log());
    };
    let is_master = |router: &RouterHost| assert!(router.wait_state("MASTER", PATIENCE), "{}", router.log());
    let [first, second, third] = &mut routers;
    is_master(first);
    follows(second, 150);
    follows(third, 150);
    let own = &status(second)["peers"][1];
    assert_eq!((own["address"].as_str(), own["is_self"].as_bool()), (Some(nodes[1]), Some(true)));
    first.kill().unwrap();
    is_master(second);
    follows(third, 100);
    first.start().unwrap();
    is_master(first);
    follows(second, 150);
    first.signal(Signal::TERM).unwrap();
    is_master(second);
    follows(third, 100);
    let destinations = destinations(&watch, Captured::default(), &first.host);
    assert_eq!(destinations, [ip(nodes[1]), ip(nodes[2])], "to all but itself");
    nothing_is_multicast(&watch);
}
