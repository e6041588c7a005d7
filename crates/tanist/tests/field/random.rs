//! Random events, one after the other, on one machine: every ten of them the machine must be as a daemon makes it that is
//! started afresh.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

use lab::wait;
use rustix::process::Signal;
use testbed::lan::Bench;
use testbed::sim::Random;

use super::parents::{ADDRESSES, AWAY, RENAME};
use super::{Test, sh};

pub(super) const ALL: &[Test] = &[
    ("random events leave the machine as a fresh start makes it, with virtual MACs", with_vmac),
    ("random events leave the machine as a fresh start makes it, without", without_vmac),
];

/// Events between two comparisons.
const ROUND: usize = 10;
/// Repairs that were limited wait for this long at the most.
const SETTLED: Duration = Duration::from_secs(16);

fn with_vmac() {
    play("    use_vmac\n");
}

fn without_vmac() {
    play("");
}

/// An IPv4 and an IPv6 router.
fn config(vmac: &str) -> String {
    let router = |name: &str, vrid: u8, addresses: &str| {
        format!(
            "vrrp_instance {name} {{\n    state BACKUP\n    interface eth0\n    virtual_router_id {vrid}\n    version 3\n    \
             priority 150\n    advert_int 0.3\n{vmac}    virtual_ipaddress {{\n{addresses}    }}\n}}\n"
        )
    };
    let four = router("four", 51, "        10.9.0.1/24\n        10.9.0.21/32\n");
    let six = router("six", 52, "        fe80::9:1/64\n        2001:db8:9::1/64\n");
    format!("global_defs {{\n    dynamic_interfaces\n    vrrp_garp_master_delay 1\n}}\n{four}{six}")
}

fn play(vmac: &str) {
    let events = if std::env::var_os("TANIST_LONG").is_some() { 1000 } else { 60 };
    let mut random = Random::new(8);
    let mut bench = super::bench();
    bench.left.start_with(&config(vmac)).unwrap();
    settle(&bench);
    for round in 0..events / ROUND {
        let mut done = Vec::new();
        for _ in 0..ROUND {
            done.push(event(&mut bench, &mut random));
            sleep(Duration::from_millis(random.below(400)));
        }
        let carrier = random.pick(&["up", "up", "up", "down"]);
        sh(&bench, &format!("ip link set eth0 {carrier}; [ {carrier} = down ] || {{ {ADDRESSES}; }}"));
        settle(&bench);
        let left = state(&bench);
        bench.left.signal(Signal::TERM).unwrap();
        let ended = bench.left.wait_end(super::PATIENCE);
        assert!(ended.is_some_and(|status| status.success()), "round {round}: ends; {}", bench.left.log());
        assert_eq!(sh(&bench, "ip -o link show type macvlan"), "", "round {round}: nothing is left behind");
        bench.left.start().unwrap();
        settle(&bench);
        let fresh = state(&bench);
        let differences: Vec<_> = left.symmetric_difference(&fresh).map(|it| (left.contains(it), it)).collect();
        assert!(differences.is_empty(), "round {round}, {done:?}:\n{differences:#?}\n{}", bench.left.log());
    }
}

/// One event. Returns what it was.
fn event(bench: &mut Bench, random: &mut Random) -> String {
    let value = random.below(2);
    let all = random.pick(&["rp_filter", "arp_ignore", "arp_announce", "accept_local", "forwarding"]);
    let own = random.pick(&["arp_ignore", "arp_announce", "rp_filter", "arp_filter", "promote_secondaries"]);
    let ours = random.pick(&["arp_ignore", "arp_filter", "rp_filter", "accept_local", "promote_secondaries"]);
    let (vip, length) =
        random.pick(&[("10.9.0.1", "24"), ("10.9.0.21", "32"), ("2001:db8:9::1", "64"), ("fe80::9:1", "64")]);
    let each_vmac = |command: &str| {
        format!("for v in $(ip -o link show type macvlan | sed 's/^[0-9]*: //; s/@.*//'); do {command}; done")
    };
    let pause = random.pick(&["0", "0.05", "0.3"]);
    let command = match random.below(24) {
        0 | 1 => format!("ip link set eth0 down; sleep {pause}; {ADDRESSES}"),
        2 => "ip link set eth0 down".to_owned(),
        3 => format!("{RENAME}; {ADDRESSES}"),
        4 => format!("{AWAY}; {ADDRESSES}"),
        5 => {
            sh(bench, "ip link del eth0");
            bench.replug_left().unwrap();
            return "made anew".to_owned();
        }
        6 => format!("ip addr del 10.9.0.3/24 dev eth0; sleep {pause}; {ADDRESSES}"),
        7 => format!("ip addr del 2001:db8:9::3/64 dev eth0; sleep {pause}; {ADDRESSES}"),
        8 => "ip addr replace 10.9.0.77/24 dev eth0; ip addr replace 10.5.0.7/24 dev eth0".to_owned(),
        9 => "ip addr del 10.9.0.77/24 dev eth0; ip addr del 10.5.0.7/24 dev eth0".to_owned(),
        10 | 11 => format!("for d in eth0 vrrp.51 vrrp6.52 vrrp.52; do ip addr del {vip}/{length} dev $d; done"),
        12 => format!("ip addr add {vip}/{length} dev eth0"),
        13 => format!("ip link set eth0 mtu 1200; sleep {pause}; ip link set eth0 mtu 1500; {ADDRESSES}"),
        14 => format!("ip link set eth0 mtu {}", random.pick(&[1400, 1500, 1500, 1300])),
        15 => format!("echo {value} > /proc/sys/net/ipv4/conf/all/{all}"),
        16 => format!("echo {value} > /proc/sys/net/ipv4/conf/eth0/{own}"),
        17 => each_vmac(&format!("echo {value} > /proc/sys/net/ipv4/conf/$v/{ours}")),
        18 => format!(
            "echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6; sleep {pause}; echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6; {ADDRESSES}"
        ),
        19 => each_vmac(&format!("echo {value} > /proc/sys/net/ipv6/conf/$v/disable_ipv6")),
        20 => each_vmac("ip link del $v"),
        21 => each_vmac(&format!("ip link set $v {}", random.pick(&["down", "up"]))),
        22 => each_vmac("ip link set $v down; ip link set $v address 02:00:00:00:00:0a; ip link set $v up"),
        _ => {
            bench.left.signal(Signal::HUP).unwrap();
            return "reload".to_owned();
        }
    };
    // Not every event is possible in every state.
    sh(bench, &format!("{{ {command}; }} 2> /dev/null; true"));
    command
}

fn parent_is_up(bench: &Bench) -> bool {
    sh(bench, "ip -o link show eth0").contains(",UP")
}

/// What is wanted of the routers is done: all are master, or none can be, and nothing waits to be repaired.
fn settle(bench: &Bench) {
    let wanted = if parent_is_up(bench) { "MASTER" } else { "FAULT" };
    let is_so = || {
        let document = bench.left.status_document();
        let routers = document.as_ref().and_then(|it| it.get("routers")?.as_array().cloned());
        routers.is_some_and(|routers| routers.len() == 2 && routers.iter().all(|router| router["state"] == wanted))
    };
    assert!(wait::until(SETTLED * 2, is_so), "all are {wanted}; {}", bench.left.log());
    sleep(Duration::from_secs(2));
    let mut last = state(bench);
    wait::until(SETTLED, || {
        sleep(Duration::from_secs(1));
        let now = state(bench);
        std::mem::replace(&mut last, now.clone()) == now && is_so()
    });
}

/// What the daemon is answerable for, one fact per line, without indexes and times. Left out are groups of the kernel's own
/// that depend on what a link has gone through: of all nodes and routers where IPv6 is off, and the anycast group.
fn state(bench: &Bench) -> BTreeSet<String> {
    let facts = "ip -o link show | sed -E 's/^[0-9]+: //; s/@[^:]*//; s/ qdisc.*link/ link/; s/link-netnsid.*//'
        ip -o addr show | sed -E 's/^[0-9]+: //; s/[0-9]+sec/lease/g; s/ (dynamic|secondary|noprefixroute|deprecated)//g'
        awk 'NF >= 4 && $1 ~ /^[0-9]+$/ { d = $2 } NF <= 5 && $1 !~ /^[0-9]+$/ && /:/ { print \"igmp\", d, $1 }' /proc/net/igmp
        awk '$3 !~ /ff000000$/ { print \"igmp6\", $2, $3 }' /proc/net/igmp6
        awk '$5 !~ /^3333ff000000/ && !($2 ~ /^vrrp/ && $5 ~ /^33330000000[12]/) { print \"mac\", $2, $5 }' /proc/net/dev_mcast
        cd /proc/sys/net; for d in eth0 all $(cd ipv4/conf; ls -d vrrp* 2> /dev/null); do
            grep -H . ipv4/conf/$d/* ipv6/conf/$d/* 2> /dev/null; done; true";
    let roles = bench.left.status_document();
    let roles = roles.as_ref().and_then(|it| it.get("routers")?.as_array().cloned()).unwrap_or_default();
    let roles = roles.iter().map(|router| format!("role {} {}", router["name"], router["state"]));
    // A link that goes down loses the MACs of its groups until it is up; one that is down and joins one gets it.
    let is_up = parent_is_up(bench);
    let is_there = |fact: &&str| is_up || !fact.starts_with("mac eth0");
    sh(bench, facts).lines().filter(is_there).map(str::to_owned).chain(roles).collect()
}
