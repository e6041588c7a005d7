//! Settings that others change while a router is master, and families that are switched off for a moment.

use lab::Asker;
use testbed::lan::{CLIENT, Instance, Protocol, VmacMode};

use super::{REPAIR_TIME, Test, answers, becomes, holds, instance, master, setting, sh, soon};

pub(super) const ALL: &[Test] = &[
    ("settings that hardening tools write are repaired, and clients reach the address", hardening),
    ("what all.arp_filter makes impossible is said, with the command that helps", all_arp_filter),
    ("IPv6 off for a moment on the parent costs seconds, not minutes", ipv6_blip_plain),
    ("IPv6 off for a moment on the virtual MAC interface costs seconds, not minutes", ipv6_blip_vmac),
    ("a macvlan that had our MAC is gone: the router is back at once", mac_free_again),
    ("a start without IPv6 on the parent is one event and a hold-down", refused_start),
];

fn hardening() {
    let router = instance(Protocol::V3Ipv4, VmacMode::Vmac);
    let bench = master(&router);
    let settings = [
        ("vrrp.51/rp_filter", "1", "0"),
        ("vrrp.51/arp_filter", "1", "0"),
        ("vrrp.51/arp_ignore", "0", "1"),
        ("vrrp.51/accept_local", "0", "1"),
        ("eth0/arp_ignore", "0", "1"),
        ("eth0/arp_announce", "0", "2"),
    ];
    for (key, wrong, right) in settings {
        sh(&bench, &format!("echo {wrong} > /proc/sys/net/ipv4/conf/{key}"));
        soon(&bench, key, || setting(&bench, &format!("ipv4/conf/{key}")) == right);
        answers(&bench, "10.9.0.1");
    }
    sh(&bench, "echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter");
    soon(&bench, "all.rp_filter", || setting(&bench, "ipv4/conf/vrrp.51/rp_filter") == "2");
    answers(&bench, "10.9.0.1");
    assert_eq!(bench.left.status().unwrap()["state"], "MASTER");
}

fn all_arp_filter() {
    let bench = master(&instance(Protocol::V3Ipv4, VmacMode::Vmac));
    let told = || bench.left.log().matches("sysctl -w net.ipv4.conf.all.arp_filter=0").count();
    for _ in 0..2 {
        let before = told();
        sh(&bench, "echo 1 > /proc/sys/net/ipv4/conf/all/arp_filter");
        soon(&bench, "the command is told", || told() == before + 1);
        sh(&bench, "echo 0 > /proc/sys/net/ipv4/conf/all/arp_filter");
        std::thread::sleep(REPAIR_TIME / 2);
        assert_eq!(told(), before + 1, "once each time");
    }
    answers(&bench, "10.9.0.1");
}

/// One router with nine IPv6 addresses.
fn nine(vmac: VmacMode) -> Instance {
    let mut router = instance(Protocol::V3Ipv6, vmac);
    router.addresses.extend((0xa1..0xa8).map(|last| format!("2001:db8:9::{last:x}/64")));
    router
}

fn ipv6_blip_plain() {
    let router = nine(VmacMode::None);
    let bench = master(&router);
    sh(
        &bench,
        "echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6; sleep 0.3; echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6; \
         ip addr replace 2001:db8:9::3/64 dev eth0 nodad",
    );
    becomes(&bench.left, "MASTER");
    holds(&bench, &router);
}

fn ipv6_blip_vmac() {
    let router = nine(VmacMode::Vmac);
    let bench = master(&router);
    let switch = "/proc/sys/net/ipv6/conf/vrrp.51/disable_ipv6";
    sh(&bench, &format!("echo 1 > {switch}; sleep 0.3; echo 0 > {switch}"));
    becomes(&bench.left, "MASTER");
    holds(&bench, &router);
    answers(&bench, "2001:db8:9::1");
    // Nobody switches it on again.
    sh(&bench, &format!("echo 1 > {switch}"));
    becomes(&bench.left, "MASTER");
    holds(&bench, &router);
    answers(&bench, "2001:db8:9::1");
    // However many addresses there are, it is one repair.
    assert!(!bench.left.log().contains("again and again"), "{}", bench.left.log());
}

fn mac_free_again() {
    for hup in [false, true] {
        let router = instance(Protocol::V3Ipv4, VmacMode::Vmac);
        let mut bench = super::bench();
        sh(
            &bench,
            "ip link add foreign link eth0 address 00:00:5e:00:01:33 type macvlan mode bridge; ip link set foreign up",
        );
        bench.left.start_with(&router).unwrap();
        let log = || bench.left.log();
        assert!(lab::wait::until(super::PATIENCE, || log().contains("leaves the election")), "{}", log());
        let begin = std::time::Instant::now();
        if hup {
            // The notification of its end says nothing if it is no longer what was in the way.
            sh(&bench, "ip link set foreign down; ip link set foreign address 02:00:00:00:00:99");
            bench.left.signal(rustix::process::Signal::HUP).unwrap();
        } else {
            sh(&bench, "ip link del foreign");
        }
        becomes(&bench.left, "MASTER");
        assert!(begin.elapsed() < REPAIR_TIME + router.down_interval(), "{:?}; {}", begin.elapsed(), log());
        holds(&bench, &router);
        let mut asker = Asker::new(&bench.client).unwrap();
        let answers = asker.ask(CLIENT, "10.9.0.1".parse().unwrap(), REPAIR_TIME / 4).unwrap();
        assert_eq!(answers, [router.virtual_mac()]);
    }
}

fn refused_start() {
    let six = "2001:db8:9::1";
    let router = instance(Protocol::V3Ipv4, VmacMode::None);
    let router = router.with(&format!("virtual_ipaddress_excluded {{\n        {six}/64\n    }}"));
    let mut bench = super::bench();
    sh(&bench, "echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6");
    bench.left.start_with(&router).unwrap();
    let log = || bench.left.log();
    assert!(lab::wait::until(super::PATIENCE, || log().contains("leaves the election")), "{}", log());
    std::thread::sleep(REPAIR_TIME);
    let lines = log();
    assert_eq!(lines.matches("leaves the election").count(), 1, "{lines}");
    assert_eq!(lines.matches("ERROR").count(), 1, "{lines}");
    assert!(!lines.contains("someone removed"), "{lines}");
    becomes(&bench.left, "FAULT");
    sh(&bench, "echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6");
    becomes(&bench.left, "MASTER");
    soon(&bench, "both are held", || bench.left.host.link_of(six.parse().unwrap()).is_some());
    holds(&bench, &router);
    // While it is master: the renewal is refused as well.
    let before = log().len();
    sh(&bench, "echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6");
    becomes(&bench.left, "FAULT");
    std::thread::sleep(REPAIR_TIME);
    let lines = log()[before..].to_owned();
    let count = |text: &str| lines.matches(text).count();
    assert!(count("leaves the election") == 1 && count("ERROR") == 1 && count("someone removed") <= 1, "{lines}");
}
