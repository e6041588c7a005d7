//! Masters that do not take packets to their addresses.

use std::net::IpAddr;
use std::time::Duration;

use lab::{Asker, EchoProbe, wait};
use testbed::lan::{Bench, CLIENT, Instance, Protocol, VmacMode};

use super::owner::{flush, tables};
use super::{Test, answers, instance, master, soon, stop};

pub(super) const ALL: &[Test] = &[
    ("no_accept on a virtual MAC: pings are dropped and counted, ARP goes on", on_virtual_mac),
    ("no_accept without virtual MAC, IPv6", without_virtual_mac),
];

fn on_virtual_mac() {
    let accepting = instance(Protocol::V3Ipv4, VmacMode::Vmac);
    let mut bench = refuses(&accepting);
    let vip = address(&accepting);
    let asker = || Asker::new(&bench.client).unwrap().ask(CLIENT, vip, Duration::from_millis(300)).unwrap();
    assert_eq!(asker(), [accepting.virtual_mac()]);
    bench.left.reload_with(&accepting).unwrap();
    soon(&bench, "its table is gone", || tables(&bench).is_empty());
    answers(&bench, &vip.to_string());
    bench.left.reload_with(&accepting.with("no_accept")).unwrap();
    soon(&bench, "its table is there", || tables(&bench).len() == 1);
    assert!(!is_answered(&bench, vip), "{}", bench.left.log());
    stop(&mut bench);
    assert_eq!(tables(&bench), []);
}

fn without_virtual_mac() {
    let accepting = instance(Protocol::V3Ipv6, VmacMode::None);
    let mut bench = refuses(&accepting);
    flush(&bench);
    soon(&bench, "the table is back", || tables(&bench).len() == 1);
    assert!(!is_answered(&bench, address(&accepting)), "{}", bench.left.log());
    bench.left.kill().unwrap();
    assert_eq!(tables(&bench).len(), 1);
    super::start(&mut bench, &accepting);
    assert_eq!(tables(&bench), []);
    answers(&bench, &address(&accepting).to_string());
}

/// A master that drops and counts what is sent to its address.
fn refuses(accepting: &Instance) -> Bench {
    let bench = master(&accepting.clone().with("no_accept"));
    let vip = address(accepting);
    assert!(!is_answered(&bench, vip), "{}", bench.left.log());
    answers(&bench, if vip.is_ipv4() { "10.9.0.3" } else { "2001:db8:9::3" });
    let dropped = || bench.left.status().unwrap()["dropped_packets"].as_u64();
    assert!(dropped().is_some_and(|packets| packets > 0), "{:?}; {}", dropped(), bench.left.log());
    bench
}

/// The last of its addresses, which is not a link-local one.
fn address(instance: &Instance) -> IpAddr {
    instance.addresses.last().unwrap().split('/').next().unwrap().parse().unwrap()
}

fn is_answered(bench: &Bench, target: IpAddr) -> bool {
    let probe = EchoProbe::start(&bench.client, target, Duration::from_millis(50)).unwrap();
    wait::until(Duration::from_millis(700), || {
        let tally = probe.tally(0, probe.position());
        tally.sent > tally.lost
    })
}
