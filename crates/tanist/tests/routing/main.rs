//! Routes and rules: those of keepalived for the same file, put back whoever takes them away, exchanged by a reload one by
//! one, gone at the end, and those of others as they were.

mod encapsulated;
mod full_table;
mod keepalived;

use std::process::ExitCode;
use std::time::Duration;

use lab::{AdminState, Network, NetworkBuilder, Program, RouterHost, Segment, wait};
use libtest_mimic::Trial;
use rustix::process::Signal;
use testbed::lan::{MachineState, harness};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    harness::run(|| if harness::has_program("ip", "routes and rules") { all() } else { Vec::new() })
}

fn all() -> Vec<Trial> {
    let mut trials = vec![
        harness::test(
            "G13, G14: default routes while master, through the virtual MAC, beside those of others",
            defaults,
        ),
        harness::test("what is lost comes back, and what is somebody else's stays (G22)", lost),
        harness::test("a reload touches the routes that differ, and no others", reload),
        harness::test("a route that is refused is told with its place, and added once it can be", refused),
        harness::test("a killed daemon's routes are removed, and all is as before after the stop", killed),
        harness::test("a daemon killed before it was ever master takes nothing of others away", never_master),
        harness::test("an IPv6 address on the loopback interface leaves no route behind", on_loopback),
        harness::test("static routes and rules stand from start to stop, whatever routers do", statics),
        harness::test("encapsulations and rules are those of iproute2", encapsulated::compare),
        harness::test("a full routing table of others costs nothing", full_table::flood),
    ];
    if harness::has_program("keepalived", "routes and rules as keepalived makes them") {
        trials.push(harness::test("the routes and rules of one file are those of keepalived", keepalived::compare));
    }
    trials
}

/// One router on two LANs.
struct Lab {
    router: RouterHost,
    _network: (lab::Lan, lab::Host, lab::Capture),
}

impl Lab {
    fn new(program: Program) -> Self {
        let network = NetworkBuilder::new()
            .router("r1", program)
            .cable("eth0", &["192.0.2.10/24", "2001:db8:1::10/64"])
            .cable_to(Segment::nth(1), "eth1", &["198.51.100.10/24", "2001:db8:2::10/64"])
            .build();
        let Network { routers: [router], client, capture, lan } = network.unwrap();
        Self { router, _network: (lan, client, capture) }
    }

    fn tanist() -> Self {
        Self::new(harness::tanist(env!("CARGO_BIN_EXE_tanist")))
    }

    /// What a command of the shell prints.
    fn run(&self, command: &str) -> String {
        self.router.host.run_program("sh", &["-c", command]).unwrap()
    }

    /// Routes and rules that are no kernel's, a line each.
    fn routing(&self) -> Vec<String> {
        let command = "ip -o -4 route show table all; ip -o -6 route show table all; ip -4 rule; ip -6 rule";
        let text = self.run(command);
        let is_asked =
            |line: &&str| !line.contains("proto kernel") && !line.contains("fe80::") && !line.contains("ff00::");
        text.lines().filter(is_asked).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    fn has(&self, route: &str) -> bool {
        self.routing().iter().any(|line| line.contains(route))
    }

    #[track_caller]
    fn gets(&self, route: &str) {
        let there = wait::until(PATIENCE, || self.has(route));
        assert!(there, "{route} is not among {:#?}; {}", self.routing(), self.router.log());
    }

    #[track_caller]
    fn loses(&self, route: &str) {
        let gone = wait::until(PATIENCE, || !self.has(route));
        assert!(gone, "{route} is among {:#?}; {}", self.routing(), self.router.log());
    }

    #[track_caller]
    fn becomes_master(&self) {
        assert!(self.router.wait_state("MASTER", PATIENCE), "{}", self.router.log());
    }

    #[track_caller]
    fn stop(&mut self) {
        self.router.signal(Signal::TERM).unwrap();
        let ended = self.router.wait_end(PATIENCE);
        assert!(ended.is_some_and(|status| status.success()), "{}", self.router.log());
    }
}

/// A router of VRID 51 with these lines in its block, routes and rules.
fn config(more: &str, routes: &str, rules: &str) -> String {
    format!(
        "vrrp_instance VI {{\n    version 3\n    interface eth0\n    virtual_router_id 51\n    priority 200\n    advert_int 0.1\n    \
         {more}\n    virtual_ipaddress {{\n        192.0.2.1/24\n    }}\n    virtual_ipaddress_excluded {{\n        \
         2001:db8:1::1/64\n    }}\n    virtual_routes {{\n{routes}\n    }}\n    virtual_rules {{\n{rules}\n    }}\n}}\n"
    )
}

/// A user's default route stays, whatever the master's is; one with another metric as well. A route through the virtual MAC,
/// which is down when the file is read.
fn defaults() {
    let mut lab = Lab::tanist();
    lab.run("ip route add default via 192.0.2.250; ip route add default via 198.51.100.250 metric 200");
    let before = MachineState::of(&lab.router.host).unwrap();
    let routes = "default via 192.0.2.254\ndefault via 192.0.2.253 dev eth0 metric 100\n0.0.0.0/0 via 192.0.2.252 dev vrrp.51 table \
                  20\n::/0 via 2001:db8:1::fe\n10.7.0.0/16 dev vrrp.51 src 192.0.2.1";
    lab.router.start_with(&config("use_vmac\n    state BACKUP", routes, "")).unwrap();
    lab.becomes_master();
    for route in [
        "default via 192.0.2.254 dev",
        "default via 192.0.2.253 dev eth0 proto keepalived metric 100",
        "default via 192.0.2.252 dev vrrp.51 table 20 proto keepalived",
        "default via 2001:db8:1::fe dev eth0 proto keepalived metric 1024",
        "10.7.0.0/16 dev vrrp.51 proto keepalived src 192.0.2.1",
        "default via 192.0.2.250 dev eth0",
        "default via 198.51.100.250 dev eth1 metric 200",
    ] {
        lab.gets(route);
    }
    lab.stop();
    let after = MachineState::of(&lab.router.host).unwrap();
    assert_eq!(before.changes(&after), Vec::<String>::new());
}

fn lost() {
    let mut lab = Lab::tanist();
    let routes = "10.1.0.0/16 via 192.0.2.254\n10.2.0.0/16 via 198.51.100.254 dev eth1 no_track\n10.3.0.0/16 via 192.0.2.254 src \
                  192.0.2.1\n10.4.0.0/16 via 192.0.2.254 no_track\n2001:db8:9::/48 via 2001:db8:2::fe\n2001:db8:8::/48 via \
                  2001:db8:1::fe src 2001:db8:1::1";
    let rules = "from 10.1.0.0/16 table 100 preference 70\nfrom 2001:db8:9::/48 table 100 preference 71";
    lab.router.start_with(&config("", routes, rules)).unwrap();
    lab.becomes_master();
    let all = [
        "10.1.0.0/16 via 192.0.2.254",
        "10.2.0.0/16 via 198.51.100.254",
        "10.3.0.0/16 via 192.0.2.254",
        "2001:db8:9::/48 via 2001:db8:2::fe",
        "70: from 10.1.0.0/16 lookup 100 proto keepalived",
        "71: from 2001:db8:9::/48 lookup 100 proto keepalived",
    ];
    all.into_iter().for_each(|route| lab.gets(route));
    lab.gets("10.4.0.0/16");
    // A user's route to the same prefix on another link comes and goes.
    lab.run("ip route add 10.1.0.0/16 via 198.51.100.254 dev eth1 metric 9; ip route del 10.1.0.0/16 via 198.51.100.254 metric 9");
    lab.run("ip route del 10.4.0.0/16");
    lab.run("ip route del 10.1.0.0/16; ip -4 rule del preference 70; ip -6 rule del preference 71");
    all.into_iter().for_each(|route| lab.gets(route));
    lab.router.says("route `10.1.0.0/16 via 192.0.2.254`");
    assert!(!lab.has("10.4.0.0/16"), "no_track: it is not put back");
    // Another takes its place.
    lab.run("ip route replace 10.1.0.0/16 via 192.0.2.99");
    lab.gets("10.1.0.0/16 via 192.0.2.254");
    // The kernel takes them with their link and with their source, and says nothing.
    lab.router.host.set_link("eth1", AdminState::Down).unwrap();
    lab.loses("10.2.0.0/16");
    lab.router.host.set_link("eth1", AdminState::Up).unwrap();
    lab.run("ip addr del 192.0.2.1/24 dev eth0");
    all.into_iter().take(3).for_each(|route| lab.gets(route));
    // Of IPv6 routes it takes the source only.
    lab.run("ip -6 addr del 2001:db8:1::1/64 dev eth0");
    lab.gets("2001:db8:8::/48 via 2001:db8:1::fe dev eth0 proto keepalived src 2001:db8:1::1");
    assert!(lab.router.status().is_some_and(|status| status["state"] == "MASTER"), "{}", lab.router.log());
    lab.stop();
    assert!(!lab.routing().iter().any(|line| line.contains("keepalived")), "{:#?}", lab.routing());
}

fn reload() {
    let mut lab = Lab::tanist();
    let with = |changing: &str| {
        config("", &format!("10.1.0.0/16 via 192.0.2.254\n2001:db8:9::/48 via 2001:db8:1::fe\n{changing}"), "")
    };
    lab.router.start_with(&with("10.2.0.0/16 via 192.0.2.254\n2001:db8:8::/48 via 2001:db8:1::fe")).unwrap();
    lab.becomes_master();
    lab.gets("10.2.0.0/16 via 192.0.2.254");
    lab.gets("2001:db8:8::/48 via 2001:db8:1::fe");
    let seen = lab.router.file("monitor");
    let pid = lab.run(&format!("timeout 60 ip monitor route > {} 2>&1 & echo $!; sleep 0.5", seen.display()));
    lab.router
        .reload_with(&with(
            "10.2.0.0/16 via 192.0.2.254 metric 5\n2001:db8:8::/48 via 2001:db8:1::fe src 2001:db8:1::1",
        ))
        .unwrap();
    lab.gets("10.2.0.0/16 via 192.0.2.254 dev eth0 proto keepalived metric 5");
    lab.gets("2001:db8:8::/48 via 2001:db8:1::fe dev eth0 proto keepalived src 2001:db8:1::1");
    lab.loses("10.2.0.0/16 via 192.0.2.254 dev eth0 proto keepalived\n");
    // What a later change shows was seen after all of these.
    lab.run("ip route add 203.0.113.0/24 dev eth1");
    let text = || std::fs::read_to_string(&seen).unwrap_or_default();
    assert!(wait::until(PATIENCE, || text().contains("203.0.113.0/24")), "{}", text());
    lab.run(&format!("kill {}", pid.trim()));
    assert!(text().contains("10.2.0.0/16"), "{}", text());
    assert!(!text().contains("10.1.0.0/16") && !text().contains("2001:db8:9::"), "{}", text());
    let old = lab.routing().iter().filter(|line| line.contains("10.2.0.0/16")).count();
    assert_eq!(old, 1, "{:#?}", lab.routing());
    // Without any they all go.
    lab.router.reload_with(&config("", "", "")).unwrap();
    lab.loses("keepalived");
    lab.stop();
}

/// A gateway that is nowhere, until somebody gives the machine an address beside it; and an interface that is not there.
fn refused() {
    let mut lab = Lab::tanist();
    let routes = "10.1.0.0/16 via 203.0.113.1\n10.2.0.0/16 dev dummy7 no_track\n10.3.0.0/16 dev eth1";
    lab.router.start_with(&config("", routes, "")).unwrap();
    lab.becomes_master();
    lab.router.says("route `10.1.0.0/16 via 203.0.113.1` (");
    lab.router.says(":15): add route 10.1.0.0/16 via 203.0.113.1: Network is unreachable");
    lab.router.says("waits for the interface dummy7");
    let states = || -> Vec<String> {
        let status = lab.router.status().unwrap_or_default();
        let lines = status["routing"].as_array().cloned().unwrap_or_default();
        lines.iter().map(|line| line["state"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert!(wait::until(PATIENCE, || states() == ["refused", "waiting", "added"]), "{:?}", states());
    assert!(lab.router.status().is_some_and(|status| status["state"] == "MASTER"), "{}", lab.router.log());
    lab.run("ip addr add 203.0.113.9/24 dev eth1");
    lab.gets("10.1.0.0/16 via 203.0.113.1 dev eth1 proto keepalived");
    lab.run("ip link add dummy7 type veth peer name dummy8; ip link set dummy8 up; ip link set dummy7 up");
    lab.gets("10.2.0.0/16 dev dummy7 proto keepalived");
    assert!(wait::until(PATIENCE, || states() == ["added"; 3]), "{:?}", states());
    // As in keepalived, the router does not run without the interface of a route, unless that has `no_track`.
    lab.router.host.set_link("dummy7", AdminState::Down).unwrap();
    lab.loses("10.2.0.0/16");
    assert!(lab.router.status().is_some_and(|status| status["state"] == "MASTER"), "{}", lab.router.log());
    lab.router.host.set_link("eth1", AdminState::Down).unwrap();
    assert!(lab.router.wait_state("FAULT", PATIENCE), "{}", lab.router.log());
    lab.router.host.set_link("eth1", AdminState::Up).unwrap();
    lab.becomes_master();
    lab.gets("10.3.0.0/16 dev eth1 proto keepalived");
    lab.stop();
    assert!(!lab.has("keepalived"), "{:#?}", lab.routing());
}

/// Whatever their protocol, only the record can tell whose they are.
fn killed() {
    let mut lab = Lab::tanist();
    lab.run("ip route add 10.3.0.0/16 via 192.0.2.254 proto static");
    let before = MachineState::of(&lab.router.host).unwrap();
    let routes = "10.1.0.0/16 via 192.0.2.254\n10.2.0.0/16 via 192.0.2.254 protocol static no_track\n10.3.0.0/16 via 192.0.2.254 \
                  protocol static no_track\nblackhole 2001:db8:9::/48\n10.4.0.0/16 nexthop via 192.0.2.254 nexthop via \
                  198.51.100.254";
    let config = config("use_vmac", routes, "from 10.1.0.0/16 table 100 preference 70");
    lab.router.start_with(&config).unwrap();
    lab.becomes_master();
    let all = ["10.1.0.0/16", "10.2.0.0/16", "10.4.0.0/16", "2001:db8:9::/48", "70: from 10.1.0.0/16"];
    all.into_iter().for_each(|route| lab.gets(route));
    lab.router.says("route `10.3.0.0/16 via 192.0.2.254 protocol 4 no_track`");
    lab.stop();
    let after = MachineState::of(&lab.router.host).unwrap();
    assert_eq!(before.changes(&after), Vec::<String>::new());
    // One that was killed while it was master, and is none after the next start.
    lab.router.start_with(&config).unwrap();
    lab.becomes_master();
    all.into_iter().for_each(|route| lab.gets(route));
    lab.router.kill().unwrap();
    lab.router
        .start_with(&config.replace("interface eth0", "interface eth0\n    track_interface {\n        none9\n    }"))
        .unwrap();
    all.into_iter().for_each(|route| lab.loses(route));
    assert!(lab.has("10.3.0.0/16 via 192.0.2.254 dev eth0 proto static"));
    lab.stop();
}

/// keepalived and other daemons of ours number their routes alike.
fn never_master() {
    let mut lab = Lab::tanist();
    lab.run("ip route add 10.1.0.0/16 via 192.0.2.254 proto 18; ip route add 10.2.0.0/16 via 192.0.2.254 proto 18 metric 50");
    lab.run("ip rule add from 10.1.0.0/16 table 100 preference 70 protocol 18");
    let before = lab.routing();
    let routes = "10.1.0.0/16 via 192.0.2.254\n10.2.0.0/16 via 192.0.2.254";
    let config = config("state BACKUP", routes, "from 10.1.0.0/16 table 100 preference 70");
    lab.router.start_with(&config.replace("advert_int 0.1", "advert_int 20")).unwrap();
    assert!(lab.router.wait_state("BACKUP", PATIENCE), "{}", lab.router.log());
    lab.router.kill().unwrap();
    lab.router.start().unwrap();
    assert!(lab.router.wait_state("BACKUP", PATIENCE), "{}", lab.router.log());
    assert_eq!(lab.routing(), before, "{}", lab.router.log());
    lab.stop();
    assert_eq!(lab.routing(), before);
}

fn on_loopback() {
    let mut lab = Lab::tanist();
    let config = config("", "", "").replace("2001:db8:1::1/64", "2001:db8:5::1/64 dev lo");
    lab.router.start_with(&config).unwrap();
    lab.becomes_master();
    let has = || lab.run("ip -6 addr show dev lo").contains("2001:db8:5::1/64");
    assert!(wait::until(PATIENCE, has), "{}", lab.router.log());
    lab.stop();
    assert_eq!(lab.run("ip -6 route show dev lo"), "");
}

/// Beside them a router, which has one of the static routes as well; a group of one of them takes it out of the election.
fn statics() {
    let mut lab = Lab::tanist();
    lab.run("ip route add 10.3.0.0/16 via 192.0.2.254 proto keepalived");
    let before = lab.routing();
    let with = |metric: u32| {
        format!(
            "track_group G {{\n    group {{\n        VI\n    }}\n}}\nstatic_routes {{\n    10.1.0.0/16 via 192.0.2.254\n    10.2.0.0/16 \
             via 198.51.100.254 dev eth1 metric {metric} track_group G\n    10.3.0.0/16 via 192.0.2.254\n    2001:db8:9::/48 \
             via 2001:db8:1::fe\n}}\nstatic_rules {{\n    from 10.1.0.0/16 table 100 preference 70\n}}\n{}",
            config("", "10.1.0.0/16 via 192.0.2.254", "")
        )
    };
    lab.router.start_with(&with(5)).unwrap();
    let all = ["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "2001:db8:9::/48", "70: from 10.1.0.0/16 lookup 100"];
    all.into_iter().for_each(|route| lab.gets(route));
    lab.becomes_master();
    lab.router.says("static route `10.3.0.0/16 via 192.0.2.254` (");
    lab.run("ip route del 10.1.0.0/16; ip -4 rule del preference 70; ip -6 route del 2001:db8:9::/48");
    all.into_iter().for_each(|route| lab.gets(route));
    lab.router.reload_with(&with(6)).unwrap();
    lab.gets("10.2.0.0/16 via 198.51.100.254 dev eth1 proto keepalived metric 6");
    lab.loses("metric 5");
    lab.router.host.set_link("eth1", AdminState::Down).unwrap();
    assert!(lab.router.wait_state("FAULT", PATIENCE), "{}", lab.router.log());
    assert!(lab.has("10.1.0.0/16"), "it stands without the router: {:#?}", lab.routing());
    lab.router.host.set_link("eth1", AdminState::Up).unwrap();
    lab.gets("10.2.0.0/16");
    lab.becomes_master();
    lab.router.kill().unwrap();
    lab.router.start_with(&with(6)).unwrap();
    all.into_iter().for_each(|route| lab.gets(route));
    lab.becomes_master();
    lab.stop();
    assert_eq!(lab.routing(), before);
}
