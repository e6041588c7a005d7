//! Source addresses that come later or go, and routers without peers.

use lab::{Captured, CapturedFrame, RouterHost, prefixed, wait};
use testbed::lan::{Instance, Protocol, VmacMode};

use super::{PATIENCE, Test, bench, destinations, ip, left, right, start_master, status};

pub(super) const TESTS: &[Test] = &[
    ("a source address that comes later starts the router, and stops it when it goes", comes_and_goes),
    ("an IPv6 source address that comes later starts the router", comes_ipv6),
    ("a source address on another interface will do", elsewhere),
    ("track_src_ip stops a multicast router without its source address, and nothing else does", tracked),
    ("with unicast_fault_no_peer a router without peers says nothing", no_peers),
    ("a router without peers multicasts, which is said", falls_back),
    ("a link-local source and peer may bear their scope", scoped),
    ("a link-local source speaks and hears again on an interface that is made anew", scope_changes),
    ("of one file on all machines only the router with the machine's own source runs", one_file),
    ("unicast_ttl is what leaves", ttl),
];

fn waits_for(router: &RouterHost, cause: &str) {
    let waits = || status(router)["state"] == "FAULT" && status(router)["waiting_for"][0] == cause;
    assert!(wait::until(PATIENCE, waits), "{}; {}", status(router), router.log());
}

const ABSENT: &str = "the configured source address is not on this machine";

// G19: ka#1847, kaC:b48f005a
fn comes_and_goes() {
    let mut bench = bench();
    let later = Instance::new(Protocol::V3Ipv4, VmacMode::None, 150).unicast("10.9.0.33", &["10.9.0.2"]);
    bench.left.start_with(&later).unwrap();
    waits_for(&bench.left, ABSENT);
    bench.right.start_with(&right(100).with("check_unicast_src")).unwrap();
    assert!(bench.right.wait_state("MASTER", PATIENCE), "{}", bench.right.log());
    let address = prefixed("10.9.0.33/24").unwrap();
    assert_eq!(bench.watch.adverts(Captured::default(), &bench.left.host), [], "never master meanwhile");
    bench.left.host.add_address("eth0", address).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let since = bench.watch.now();
    bench.left.host.remove_address("eth0", address).unwrap();
    let farewell = bench.watch.priority_zero(since, &bench.left.host, PATIENCE).expect("leaves with priority 0");
    let advert = bench.watch.advert_of(&farewell, &bench.left.host).unwrap();
    assert_eq!((advert.source, advert.destination), (ip("10.9.0.33"), ip("10.9.0.2")), "from the address that is gone");
    waits_for(&bench.left, ABSENT);
    bench.left.says(&format!("MASTER -> FAULT: {ABSENT}"));
    bench.left.host.add_address("eth0", address).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
}

fn comes_ipv6() {
    let mut bench = bench();
    let later = Instance::new(Protocol::V3Ipv6, VmacMode::Vmac, 150).unicast("2001:db8:9::33", &["2001:db8:9::2"]);
    bench.left.start_with(&later).unwrap();
    waits_for(&bench.left, ABSENT);
    bench.left.host.add_address("eth0", prefixed("2001:db8:9::33/64").unwrap()).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let first = bench.watch.first_advert(Captured::default(), &bench.left.host, PATIENCE).expect("speaks");
    assert_eq!(bench.watch.advert_of(&first, &bench.left.host).unwrap().source, ip("2001:db8:9::33"));
}

fn elsewhere() {
    let mut bench = bench();
    let host = &bench.left.host;
    host.run_program("ip", &["address", "add", "10.7.0.3/32", "dev", "lo"]).unwrap();
    let peer = &bench.right.host;
    peer.run_program("ip", &["route", "add", "10.7.0.3/32", "via", "10.9.0.3"]).unwrap();
    let instance = |priority, own: &str, peer: &str| {
        Instance::new(Protocol::V3Ipv4, VmacMode::None, priority).unicast(own, &[peer])
    };
    start_master(&mut bench.left, &instance(150, "10.7.0.3", "10.9.0.2"));
    bench.right.start_with(&instance(100, "10.9.0.2", "10.7.0.3").with("check_unicast_src")).unwrap();
    let heard = || status(&bench.right)["master"]["address"] == "10.7.0.3";
    assert!(wait::until(PATIENCE, heard), "{}", bench.right.log());
    bench.left.host.run_program("ip", &["address", "delete", "10.7.0.3/32", "dev", "lo"]).unwrap();
    waits_for(&bench.left, ABSENT);
    assert!(bench.right.wait_state("MASTER", PATIENCE), "{}", bench.right.log());
}

fn tracked() {
    let mut bench = bench();
    let plain = Instance::new(Protocol::V3Ipv4, VmacMode::None, 150).with("mcast_src_ip 10.9.0.33");
    start_master(&mut bench.left, &plain);
    bench.left.reload_with(&plain.clone().with("track_src_ip")).unwrap();
    waits_for(&bench.left, ABSENT);
    bench.left.host.add_address("eth0", prefixed("10.9.0.33/24").unwrap()).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
}

fn no_peers() {
    let mut bench = bench();
    let instance = Instance::new(Protocol::V3Ipv4, VmacMode::None, 150);
    let instance = instance.with("unicast_src_ip 10.9.0.3").with("unicast_fault_no_peer");
    bench.left.start_with(&instance).unwrap();
    waits_for(&bench.left, "no unicast peer");
    assert_eq!(destinations(&bench.watch, Captured::default(), &bench.left.host), [""; 0].map(ip));
    bench.left.reload_with(&left(150)).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let since = bench.watch.now();
    bench.left.reload_with(&instance).unwrap();
    waits_for(&bench.left, "no unicast peer");
    let farewell = bench.watch.priority_zero(since, &bench.left.host, PATIENCE).expect("leaves with priority 0");
    assert_eq!(bench.watch.advert_of(&farewell, &bench.left.host).unwrap().destination, ip("10.9.0.2"));
    assert_eq!(destinations(&bench.watch, Captured::default(), &bench.left.host), [ip("10.9.0.2")]);
}

fn falls_back() {
    let mut bench = bench();
    start_master(
        &mut bench.left,
        &Instance::new(Protocol::V3Ipv4, VmacMode::None, 150).with("unicast_src_ip 10.9.0.3"),
    );
    assert_eq!(destinations(&bench.watch, Captured::default(), &bench.left.host), [ip("224.0.0.18")]);
    let log = bench.left.log();
    assert!(log.contains("`unicast_src_ip` without `unicast_peer`"), "{log}");
}

fn scoped() {
    let mut bench = bench();
    let link_local = |router: &RouterHost| {
        let addresses = router.host.addresses().unwrap();
        let own = addresses.iter().find_map(|it| match it.address {
            std::net::IpAddr::V6(address) if address.is_unicast_link_local() => Some(address),
            std::net::IpAddr::V6(_) | std::net::IpAddr::V4(_) => None,
        });
        own.unwrap().to_string()
    };
    let (ours, theirs) = (link_local(&bench.left), link_local(&bench.right));
    let with_scope = |own: &str, peer: &str| (format!("{own}%eth0"), format!("{peer}%eth0"));
    let instance = |priority, (own, peer): (String, String)| {
        Instance::new(Protocol::V3Ipv6, VmacMode::None, priority).unicast(&own, &[&peer]).with("check_unicast_src")
    };
    start_master(&mut bench.left, &instance(150, with_scope(&ours, &theirs)));
    bench.right.start_with(&instance(100, with_scope(&theirs, &ours))).unwrap();
    let heard = || status(&bench.right)["master"]["address"] == ours.as_str();
    assert!(wait::until(PATIENCE, heard), "{}", bench.right.log());
    assert_eq!(destinations(&bench.watch, Captured::default(), &bench.left.host), [ip(&theirs)]);
}

// G04: ka#1728
fn scope_changes() {
    let mut bench = bench();
    let instance = |priority, own: &str, peer: &str| {
        Instance::new(Protocol::V3Ipv6, VmacMode::None, priority).unicast(own, &[peer]).with("check_unicast_src")
    };
    let address = |host: &lab::Host, text: &str| {
        host.run_program("ip", &["address", "add", text, "dev", "eth0", "nodad"]).unwrap();
    };
    address(&bench.left.host, "fe80::11/64");
    address(&bench.right.host, "fe80::12/64");
    start_master(&mut bench.left, &instance(150, "fe80::11", "fe80::12"));
    bench.right.start_with(&instance(100, "fe80::12", "fe80::11")).unwrap();
    let heard = |bench: &testbed::lan::Bench| {
        let heard =
            || status(&bench.right)["state"] == "BACKUP" && status(&bench.right)["master"]["address"] == "fe80::11";
        assert!(wait::until(PATIENCE, heard), "{}", bench.right.log());
    };
    heard(&bench);
    bench.left.host.delete_link("eth0").unwrap();
    assert!(bench.right.wait_state("MASTER", PATIENCE), "{}", bench.right.log());
    bench.replug_left().unwrap();
    address(&bench.left.host, "fe80::11/64");
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    heard(&bench);
    bench.left.reload_with(&instance(50, "fe80::11", "fe80::12")).unwrap();
    // It hears its peer on the new link, too.
    assert!(bench.right.wait_state("MASTER", PATIENCE), "{}", bench.right.log());
    assert!(bench.left.wait_state("BACKUP", PATIENCE), "{}", bench.left.log());
    assert_eq!(destinations(&bench.watch, Captured::default(), &bench.left.host), [ip("fe80::12")]);
}

// G01: ka#2651
fn one_file() {
    let mut bench = bench();
    let nodes = ["10.9.0.3", "10.9.0.2", "10.9.0.99"];
    let router = |place: usize| {
        let peers: Vec<&str> = nodes.into_iter().filter(|node| *node != nodes[place]).collect();
        let text = Instance::new(Protocol::V3Ipv4, VmacMode::None, 150).unicast(nodes[place], &peers).to_string();
        let text = text.replace("VI_1", &format!("VI_{place}")).replace("_id 51", &format!("_id {}", 51 + place));
        let text = text.replace("10.9.0.1/", &format!("10.9.0.{}/", 71 + place));
        text[text.find("vrrp_instance").unwrap()..].to_owned()
    };
    let file = format!("global_defs {{\n vrrp_version 3\n}}\n{}", (0..3).map(router).collect::<String>());
    bench.left.start_with(&file).unwrap();
    bench.right.start_with(&file).unwrap();
    let state = |router: &RouterHost, place: usize| {
        let status = router.status_of(&format!("VI_{place}")).unwrap_or_default();
        (status["state"].as_str().unwrap_or_default().to_owned(), status["waiting_for"][0] == ABSENT)
    };
    let (master, waits) = (("MASTER".to_owned(), false), ("FAULT".to_owned(), true));
    let settled = || {
        let states = |router: &RouterHost| [0, 1, 2].map(|place| state(router, place));
        states(&bench.left) == [master.clone(), waits.clone(), waits.clone()]
            && states(&bench.right) == [waits.clone(), master.clone(), waits.clone()]
    };
    assert!(wait::until(PATIENCE, settled), "{}; {}", bench.left.log(), bench.right.log());
    let multicast = |frame: &CapturedFrame| frame.advert().is_some_and(|it| it.destination.is_multicast());
    assert_eq!(bench.watch.capture.since(Captured::default(), multicast), []);
}

fn ttl() {
    for protocol in [Protocol::V2, Protocol::V3Ipv4, Protocol::V3Ipv6] {
        let mut bench = bench();
        let [own, peer] = super::sides(protocol);
        let instance = Instance::new(protocol, VmacMode::None, 150).unicast(own, &[peer]).with("unicast_ttl 7");
        start_master(&mut bench.left, &instance);
        let first = bench.watch.first_advert(Captured::default(), &bench.left.host, PATIENCE).expect("speaks");
        assert_eq!(bench.watch.advert_of(&first, &bench.left.host).unwrap().hop_limit, 7);
    }
}
