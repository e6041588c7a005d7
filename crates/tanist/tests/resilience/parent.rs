//! The interface of a router changes while it runs.

use std::net::IpAddr;
use std::thread::sleep;
use std::time::Duration;

use lab::{AdminState, prefixed, wait};
use testbed::lan::{Instance, Protocol, VmacMode};

use super::{PATIENCE, TOLERANCE, Test, bench, instance, ip, pair, start_master, status};

pub(super) const TESTS: &[Test] = &[
    ("a master without any address left says priority 0 from the old one", || {
        for protocol in [Protocol::V2, Protocol::V3Ipv4, Protocol::V3Ipv6] {
            for vmac in [VmacMode::None, VmacMode::Vmac] {
                last_address(protocol, vmac);
            }
        }
    }),
    ("a master that has another address goes on from that one", || {
        for vmac in [VmacMode::None, VmacMode::Vmac] {
            another_address(vmac);
        }
    }),
    ("a router whose adverts exceed the MTU is no master, and says so", mtu),
    ("a router that cannot run says so once, and not that it hears its peer", quiet_in_fault),
];

/// The address a router sends from, which it says itself.
fn source(router: &lab::RouterHost) -> IpAddr {
    ip(status(router)["source"].as_str().unwrap_or_default())
}

fn last_address(protocol: Protocol, vmac: VmacMode) {
    let backup = Instance::new(protocol, vmac, 100);
    let bench = pair(&Instance::new(protocol, vmac, 150), &backup);
    let (source, since) = (source(&bench.left), bench.watch.now());
    let length = if source.is_ipv4() { 24 } else { 64 };
    bench.left.host.remove_address("eth0", (source, length)).unwrap();
    let farewell = bench.watch.priority_zero(since, &bench.left.host, backup.interval);
    let farewell = farewell.unwrap_or_else(|| panic!("{protocol} {vmac}: leaves in silence; {}", bench.left.log()));
    assert_eq!(bench.watch.advert_of(&farewell, &bench.left.host).unwrap().source, source, "{protocol} {vmac}");
    let first = bench.watch.first_advert(since, &bench.right.host, PATIENCE).expect("the backup takes over");
    let gap = first.at.since(farewell.at);
    assert!(gap <= backup.skew() + TOLERANCE, "{protocol} {vmac}: after {gap:?}");
    sleep(backup.down_interval());
    let late = bench.watch.adverts(since, &bench.left.host).into_iter().filter(|frame| frame.at > farewell.at);
    assert_eq!(late.count(), 0, "{protocol} {vmac}: {}", bench.left.log());
}

fn another_address(vmac: VmacMode) {
    let instance = |priority| Instance::new(Protocol::V3Ipv4, vmac, priority);
    let bench = pair(&instance(150), &instance(100));
    bench.left.host.add_address("eth0", prefixed("10.9.7.3/24").unwrap()).unwrap();
    let since = bench.watch.now();
    bench.left.host.remove_address("eth0", prefixed("10.9.0.3/24").unwrap()).unwrap();
    let moved = || source(&bench.left) == ip("10.9.7.3");
    assert!(wait::until(PATIENCE, moved), "{vmac}: {}; {}", status(&bench.left), bench.left.log());
    sleep(instance(100).down_interval() * 2);
    assert_eq!(bench.watch.adverts(since, &bench.right.host).len(), 0, "{vmac}: {}", bench.left.log());
    assert!(bench.watch.priority_zero(since, &bench.left.host, Duration::ZERO).is_none(), "{vmac}");
    let gap = bench.watch.longest_gap(since, &bench.left.host).unwrap();
    assert!(gap <= instance(150).interval + TOLERANCE, "{vmac}: {gap:?}");
    let last = bench.watch.adverts(since, &bench.left.host).pop().unwrap();
    assert_eq!(bench.watch.advert_of(&last, &bench.left.host).unwrap().source, ip("10.9.7.3"), "{vmac}");
    assert!(bench.left.host.link_of(ip("10.9.0.1")).is_some(), "{vmac}: {}", bench.left.log());
}

fn mtu() {
    let long = |priority| {
        let mut instance = Instance::new(Protocol::V3Ipv6, VmacMode::Vmac, priority);
        instance.addresses.extend((0x100..0x14f).map(|number| format!("2001:db8:9::{number:x}/64")));
        instance
    };
    let bench = pair(&long(150), &long(100));
    let since = bench.watch.now();
    bench.left.host.set_mtu("eth0", 1300).unwrap();
    assert!(bench.left.wait_state("FAULT", PATIENCE), "{}", bench.left.log());
    bench.watch.first_advert(since, &bench.right.host, PATIENCE).expect("the backup takes over");
    let said = || bench.left.log().contains("MTU of eth0 is 1300");
    assert!(wait::until(PATIENCE, said), "{}", bench.left.log());
    let waiting = status(&bench.left)["waiting_for"][0].clone();
    assert!(waiting.as_str().is_some_and(|it| it.contains("MTU of eth0 is 1300")), "{waiting}");
    let since = bench.watch.now();
    bench.left.host.set_mtu("eth0", 1500).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    assert!(bench.watch.settles(since, &bench.left.host, &bench.right.host, long(100).down_interval(), PATIENCE));
}

/// Its peer is master meanwhile, which is as it must be.
fn quiet_in_fault() {
    let mut bench = bench();
    start_master(&mut bench.right, &instance(100));
    bench.left.host.run_program("ip", &["link", "add", "tracked0", "type", "bridge"]).unwrap();
    let tracking = instance(150).with("track_interface {\n tracked0\n }");
    bench.left.start_with(&tracking).unwrap();
    assert!(bench.left.wait_state("FAULT", PATIENCE), "{}", bench.left.log());
    sleep(instance(100).interval * 5);
    let log = || bench.left.log();
    assert_eq!(status(&bench.left)["waiting_for"], serde_json::json!(["tracked object down"]));
    assert_eq!(log().matches("tracked object down").count(), 1, "{}", log());
    assert!(!log().contains("FAULT -> FAULT") && !log().contains("was dropped"), "{}", log());
    assert!(
        status(&bench.left)["counters"]["discarded_not_running"].as_u64() > Some(1),
        "counted: {}",
        status(&bench.left)
    );
    bench.left.host.set_link("tracked0", AdminState::Up).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", log());
    assert!(!log().contains("FAULT -> FAULT") && !log().contains("was dropped"), "{}", log());
}
