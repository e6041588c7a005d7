//! Three routers on two LANs: one VRID on both, each with a master of its own.

use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use lab::{CapturedFrame, Host, Network, NetworkBuilder, Program, RouterHost, Segment, Watch, wait};
use testbed::lan::harness;
use vrrp::types::{Family, MacAddr, Vrid};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(15);
const VRID: u8 = 7;
const INTERVAL: Duration = Duration::from_millis(300);
/// The LANs: which segment, which interface, which virtual address.
const FIRST: (&str, &str) = ("eth0", "192.0.2.1");
const SECOND: (&str, &str) = ("eth1", "198.51.100.1");

fn main() -> ExitCode {
    harness::run(|| vec![harness::test("one VRID on two LANs: each has its own master", two_lans)])
}

/// Routers by interface and priority.
fn config(routers: &[((&str, &str), u8)]) -> String {
    let router = |&((nic, address), priority): &((&str, &str), u8)| {
        format!(
            "vrrp_instance {nic} {{\n    version 3\n    interface {nic}\n    use_vmac vip-{nic}\n    virtual_router_id {VRID}\n    \
             priority {priority}\n    advert_int {}\n    virtual_ipaddress {{\n        {address}/24\n    }}\n}}\n",
            INTERVAL.as_secs_f64()
        )
    };
    routers.iter().map(router).collect()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// `router` says that it is `state` on `lan`.
#[track_caller]
fn becomes(router: &RouterHost, lan: (&str, &str), state: &str) {
    let says_so = || router.status_of(lan.0).is_some_and(|status| status["state"] == state);
    assert!(wait::until(PATIENCE, says_so), "{} becomes {state} on {lan:?}; {}", router.host.name, router.log());
}

/// The host has the virtual address of a LAN, on the interface that was named for it.
#[track_caller]
fn holds(host: &Host, (nic, address): (&str, &str)) {
    let there = || host.link_of(ip(address)).is_some_and(|link| link == format!("vip-{nic}"));
    assert!(wait::until(PATIENCE, there), "{} holds {address}", host.name);
}

fn two_lans() {
    let tanist = || Program::Tanist(env!("CARGO_BIN_EXE_tanist").into());
    let network = NetworkBuilder::new()
        .router("r1", tanist())
        .cable("eth0", &["192.0.2.11/24"])
        .cable_to(Segment::nth(1), "eth1", &["198.51.100.11/24"])
        .router("r2", tanist())
        .cable("eth0", &["192.0.2.12/24"])
        .cable_to(Segment::nth(1), "eth1", &["198.51.100.12/24"])
        .router("r3", tanist())
        .cable("eth0", &["192.0.2.13/24"])
        .client(&["192.0.2.50/24"])
        .build();
    let Network { routers: [mut r1, mut r2, mut r3], client: _client, capture, lan: _lan } = network.unwrap();
    let watch = Watch::new(capture, VRID);
    r1.start_with(&config(&[(FIRST, 150), (SECOND, 100)])).unwrap();
    r2.start_with(&config(&[(FIRST, 100), (SECOND, 150)])).unwrap();
    r3.start_with(&config(&[(FIRST, 50)])).unwrap();
    for (router, lan, state) in [
        (&r1, FIRST, "MASTER"),
        (&r2, FIRST, "BACKUP"),
        (&r3, FIRST, "BACKUP"),
        (&r1, SECOND, "BACKUP"),
        (&r2, SECOND, "MASTER"),
    ] {
        becomes(router, lan, state);
    }
    holds(&r1.host, FIRST);
    holds(&r2.host, SECOND);

    let frozen = watch.now();
    r1.freeze().unwrap();
    let takeover = watch.takeover(frozen, &r2.host, &r1.host, PATIENCE).expect("r2 takes over the first LAN");
    assert!(takeover.gap().is_some_and(|gap| gap >= INTERVAL * 3), "{takeover:?}");
    holds(&r2.host, FIRST);
    let vmac = MacAddr::virtual_router(Family::Ipv4, Vrid::new(VRID).unwrap());
    let announced =
        |frame: &CapturedFrame| frame.port == r2.host.port && frame.announcement() == Some((ip(FIRST.1), vmac));
    assert!(watch.capture.wait(frozen, PATIENCE, announced).is_some(), "r2 announces the address");
    let second = r2.host.cable("eth1").unwrap();
    let gap = watch.longest_gap(frozen, second).expect("r2 goes on advertising on the second LAN");
    assert!(gap < INTERVAL * 3, "{gap:?}: undisturbed");

    let thawed = watch.now();
    r1.thaw().unwrap();
    assert!(watch.settles(thawed, &r1.host, &r2.host, INTERVAL * 4, PATIENCE), "r1 preempts; {}", r1.log());
    let lowered = watch.now();
    r1.reload_with(&config(&[(FIRST, 20), (SECOND, 100)])).unwrap();
    assert!(watch.settles(lowered, &r2.host, &r1.host, INTERVAL * 4, PATIENCE), "r2 is better now; {}", r2.log());
    assert!(watch.adverts(lowered, &r3.host).is_empty(), "r3 is never master");
}
