//! One address in two routers, from one router to another, and back after others took it away.

use lab::RouterHost;

use super::{Monitor, PATIENCE, Test, bench, has, sh, soon, tanist};

pub(super) const ALL: &[Test] = &[
    ("an address of two masters stays while either of them has it", of_two),
    ("an address that a reload moves to another master is never away", moved),
    ("an address with no_track is not put back, and costs nothing", no_track),
    ("an address on a link that goes and comes costs no transition", on_a_link_that_goes),
    ("routers of version 3 without addresses elect a master by unicast", without_addresses),
];

/// A router on own0, where nobody else is.
fn router(name: &str, vrid: u8, more: &str, addresses: &str) -> String {
    format!(
        "vrrp_instance {name} {{\n interface own0\n version 3\n virtual_router_id {vrid}\n priority 150\n advert_int 0.2\n \
         {more}\n virtual_ipaddress {{\n 10.4.0.{vrid}/24\n {addresses}\n }}\n}}\n"
    )
}

fn is_master(host: &RouterHost, name: &str) -> bool {
    host.status_of(name).is_some_and(|status| status["state"] == "MASTER")
}

fn masters(host: &RouterHost, names: &[&str]) {
    soon(host, "all are masters", || names.iter().all(|name| is_master(host, name)));
}

fn of_two() {
    let mut bench = bench(tanist());
    let shared = "10.4.0.77/24";
    // The leases of one are longer than those of the other.
    let first = router("A", 11, "track_interface {\n dmz0\n }", shared).replace("advert_int 0.2", "advert_int 2");
    bench.left.start_with(&(first + &router("B", 12, "", shared))).unwrap();
    masters(&bench.left, &["A", "B"]);
    soon(&bench.left, "it is there", || has(&bench.left, " 10.4.0.77/24 ") && has(&bench.left, " 10.4.0.11/24 "));
    let monitor = Monitor::start(&bench.left);
    sh(&bench.left, "ip link set dmz0 down");
    soon(&bench.left, "A has left", || !has(&bench.left, " 10.4.0.11/24 "));
    assert!(
        has(&bench.left, " 10.4.0.77/24 ") && !monitor.lost(&bench.left, " 10.4.0.77/"),
        "{}",
        monitor.seen(&bench.left)
    );
    // It is B's, which puts it back.
    sh(&bench.left, "ip addr del 10.4.0.77/24 dev own0");
    soon(&bench.left, "it is put back", || has(&bench.left, " 10.4.0.77/24 "));
    monitor.end(&bench.left);
    sh(&bench.left, "ip link set dmz0 up");
    masters(&bench.left, &["A", "B"]);
    bench.left.reload_with(&router("A", 11, "", "")).unwrap();
    soon(&bench.left, "nobody has it", || !has(&bench.left, " 10.4.0.77/24 "));
}

fn moved() {
    let mut bench = bench(tanist());
    let moving = "10.4.0.77/24";
    let both = |a: &str, b: &str| router("A", 11, "", a) + &router("B", 12, "", b);
    bench.left.start_with(&both(moving, "")).unwrap();
    masters(&bench.left, &["A", "B"]);
    soon(&bench.left, "it is there", || has(&bench.left, " 10.4.0.77/24 ") && has(&bench.left, " 10.4.0.12/24 "));
    let monitor = Monitor::start(&bench.left);
    bench.left.reload_with(&both("10.4.0.78/24", moving)).unwrap();
    soon(&bench.left, "the reload is over", || has(&bench.left, " 10.4.0.78/24 "));
    bench.left.reload_with(&both(moving, "10.4.0.79/24")).unwrap();
    soon(&bench.left, "it is back", || has(&bench.left, " 10.4.0.79/24 ") && !has(&bench.left, " 10.4.0.78/24 "));
    assert!(
        has(&bench.left, " 10.4.0.77/24 ") && !monitor.lost(&bench.left, " 10.4.0.77/"),
        "{}",
        monitor.seen(&bench.left)
    );
    monitor.end(&bench.left);
    let log = bench.left.log();
    assert!(!log.contains("10.4.0.77 on own0: it is removed") && !log.contains("removed 10.4.0.77"), "{log}");
}

// G20: Launchpad 2097770, ka#1900
fn no_track() {
    let mut bench = bench(tanist());
    let lease = "global_defs {\n tanist_lease 3\n}\n";
    let two = router("A", 11, "", "10.4.0.77/24 no_track\n 10.4.0.78/24");
    bench.left.start_with(&format!("{lease}{two}")).unwrap();
    masters(&bench.left, &["A"]);
    soon(&bench.left, "all are there", || has(&bench.left, " 10.4.0.78/24 ") && has(&bench.left, " 10.4.0.77/24 "));
    sh(&bench.left, "ip addr del 10.4.0.77/24 dev own0; ip addr del 10.4.0.78/24 dev own0");
    soon(&bench.left, "the tracked one is back", || {
        has(&bench.left, " 10.4.0.78/24 ") && bench.left.log().contains("put back at the next takeover (no_track)")
    });
    // Leases are renewed each second.
    soon(&bench.left, "leases are renewed", || bench.left.log().contains("removed 10.4.0.78"));
    let renewed = Monitor::start(&bench.left);
    soon(&bench.left, "leases are renewed", || renewed.seen(&bench.left).contains(" 10.4.0.78/24"));
    renewed.end(&bench.left);
    assert!(!has(&bench.left, " 10.4.0.77/24 ") && is_master(&bench.left, "A"), "{}", bench.left.log());
    let status = bench.left.status_of("A").unwrap();
    assert_eq!(status["addresses_installed"], "installed", "{status}");
}

// T25: Launchpad 2097770
fn on_a_link_that_goes() {
    let mut bench = bench(tanist());
    let excluded = "virtual_ipaddress_excluded {\n 10.6.0.10/32 dev dmz0\n 2001:db8:6::1/64 dev dmz0\n }";
    bench.left.start_with(&router("A", 11, excluded, "")).unwrap();
    masters(&bench.left, &["A"]);
    soon(&bench.left, "all are there", || has(&bench.left, " 10.6.0.10/32 ") && has(&bench.left, " 2001:db8:6::1/64 "));
    sh(&bench.left, "ip link del dmz0");
    soon(&bench.left, "it is told", || bench.left.log().contains("10.6.0.10 is left out: there is no interface dmz0"));
    sh(&bench.left, "ip link add dmz0 type veth peer name dmz1; ip link set dmz1 up; ip link set dmz0 up");
    soon(&bench.left, "all are back", || has(&bench.left, " 10.6.0.10/32 ") && has(&bench.left, " 2001:db8:6::1/64 "));
    let log = bench.left.log();
    assert_eq!(log.matches("10.6.0.10 is left out").count(), 1, "{log}");
    assert!(log.matches(" -> ").count() == 2 && is_master(&bench.left, "A"), "{log}");
}

// G03: ka#2123
fn without_addresses() {
    let mut bench = bench(tanist());
    let text = |priority: u8, own: &str, peer: &str| {
        format!(
            "vrrp_instance role_only {{\n version 3\n interface eth0\n virtual_router_id 23\n priority {priority}\n \
             advert_int 0.2\n native_ipv6\n no_virtual_ipaddress\n unicast_src_ip {own}\n unicast_peer {{\n {peer}\n }}\n}}\n"
        )
    };
    let (left, right) = ("2001:db8:9::3", "2001:db8:9::2");
    for router in [&bench.left, &bench.right] {
        soon(router, "no address is tentative", || !sh(router, "ip addr show eth0").contains("tentative"));
    }
    bench.left.start_with(&text(150, left, right)).unwrap();
    bench.right.start_with(&text(100, right, left)).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    soon(&bench.right, "it hears the master", || {
        bench.right.status_of("role_only").is_some_and(|it| it["state"] == "BACKUP" && it["master"]["priority"] == 150)
    });
    bench.left.signal(rustix::process::Signal::TERM).unwrap();
    assert!(bench.right.wait_state("MASTER", PATIENCE), "{}", bench.right.log());
}
