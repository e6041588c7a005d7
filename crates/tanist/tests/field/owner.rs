//! An address owner on a virtual MAC, and routes through the virtual MAC interface.

use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use host::{Item, Kernel as _, Op, Task};
use lab::{Asker, Capture, CapturedFrame, EchoProbe, Resolution, forget_neighbours, wait};
use linux::Machine;
use testbed::lan::{Bench, CLIENT, CLIENT_V6, Instance, Protocol, VmacMode};
use vrrp::types::MacAddr;

use super::{PATIENCE, Test, answers, becomes, instance, setting, sh, soon, start, stop};

pub(super) const ALL: &[Test] = &[
    ("an owner on a virtual MAC gives one answer, and its address outlives it", owner),
    ("an owner asks with its virtual MAC while it is master, and nothing of that is left", asking),
    (
        "an owner's parent answers with its own MAC for other addresses, and with the virtual one for the owned",
        owner_among_others,
    ),
    ("an IPv6 owner asks and answers with its virtual MAC", ipv6),
    ("a script adds routes through the virtual MAC interface at once, and both addresses answer", routes),
];

/// How long answers are listened for.
const ANSWER_TIME: Duration = Duration::from_millis(300);
/// The left router's own address.
const OWN: &str = "10.9.0.3";

fn owning() -> Instance {
    let router = instance(Protocol::V3Ipv4, VmacMode::Vmac);
    Instance { priority: 255, addresses: vec![format!("{OWN}/24")], ..router }
}

fn who_answers(bench: &Bench) -> Vec<MacAddr> {
    let mut all = Asker::new(&bench.client).unwrap().ask(CLIENT, OWN.parse().unwrap(), ANSWER_TIME).unwrap();
    all.sort_unstable();
    all.dedup();
    all
}

fn stays_for_ever(bench: &Bench) {
    let shown = sh(bench, "ip -o -4 addr show dev eth0");
    assert!(shown.contains(&format!("{OWN}/24")) && shown.contains("valid_lft forever"), "{shown}");
}

fn owner() {
    let router = owning();
    let mut bench = super::bench();
    let physical = bench.left.host.mac;
    let found = setting(&bench, "ipv4/conf/eth0/arp_ignore");
    assert_eq!(who_answers(&bench), [physical]);
    for killed in [false, true] {
        start(&mut bench, &router);
        soon(&bench, "only the virtual MAC answers", || who_answers(&bench) == [router.virtual_mac()]);
        stays_for_ever(&bench);
        answers(&bench, OWN);
        if killed {
            bench.left.kill().unwrap();
            stays_for_ever(&bench);
            start(&mut bench, &router);
        }
        stop(&mut bench);
        stays_for_ever(&bench);
        assert_eq!(setting(&bench, "ipv4/conf/eth0/arp_ignore"), found, "{}", bench.left.log());
        assert_eq!(who_answers(&bench), [physical]);
    }
}

/// The ARP frames in which the left router speaks under its own address, with the MAC addresses that they bear.
fn spoken(frame: &CapturedFrame) -> Option<[MacAddr; 2]> {
    match frame.resolution()? {
        Resolution::Request { sender, sender_mac, .. } if sender.to_string() == OWN => {
            Some([frame.source_mac(), sender_mac?])
        }
        Resolution::Reply { address, mac } if address.to_string() == OWN => Some([frame.source_mac(), mac]),
        Resolution::Request { .. } | Resolution::Reply { .. } => None,
    }
}

/// The left router gets answers from the client, after having asked for it by broadcast and then, to confirm it, directly.
/// All ARP frames under its address bear `mac`.
#[track_caller]
fn asks_with(bench: &Bench, heard: &Capture, mac: MacAddr) {
    const PERIOD: Duration = Duration::from_millis(50);
    const BROADCAST: MacAddr = MacAddr([0xff; 6]);
    forget_neighbours(&bench.left.host.namespace).unwrap();
    let from = heard.now();
    let probe = EchoProbe::start(&bench.left.host, CLIENT, PERIOD).unwrap();
    let is_request = |frame: &CapturedFrame| matches!(frame.resolution(), Some(Resolution::Request { .. }));
    for is_broadcast in [true, false] {
        let asked = |frame: &CapturedFrame| {
            is_request(frame) && spoken(frame).is_some() && (frame.destination_mac() == BROADCAST) == is_broadcast
        };
        assert!(heard.wait(from, PATIENCE, asked).is_some(), "asks, broadcast: {is_broadcast}; {}", bench.left.log());
    }
    let sent = probe.position();
    soon(bench, "the client answers", || {
        let tally = probe.tally(sent, probe.position());
        tally.sent > tally.lost
    });
    let all = heard.since(from, |frame| spoken(frame).is_some());
    assert!(all.iter().all(|frame| spoken(frame) == Some([mac; 2])), "{mac}: {all:?}");
}

/// The tables of ours on the left router.
pub(super) fn tables(bench: &Bench) -> Vec<Item> {
    bench.left.host.namespace.run(|| Machine::open().unwrap().left_tables()).unwrap()
}

/// As `nft flush ruleset` does.
pub(super) fn flush(bench: &Bench) {
    let tasks: Vec<_> = tables(bench).into_iter().map(|it| Task::new((), Op::Remove(it))).collect();
    bench.left.host.namespace.run(|| assert_eq!(Machine::open().unwrap().apply(&tasks), [])).unwrap();
}

fn asking() {
    let router = owning();
    let mut bench = super::bench();
    let physical = bench.left.host.mac;
    for (name, value) in [("base_reachable_time_ms", "200"), ("delay_first_probe_time", "1")] {
        bench.left.host.set_sysctl(&format!("net/ipv4/neigh/eth0/{name}"), value).unwrap();
    }
    let heard = bench.client.capture("eth0", |frame| spoken(frame).is_some()).unwrap();
    asks_with(&bench, &heard, physical);
    for killed in [false, true] {
        start(&mut bench, &router);
        soon(&bench, "only the virtual MAC answers", || who_answers(&bench) == [router.virtual_mac()]);
        asks_with(&bench, &heard, router.virtual_mac());
        if killed {
            bench.left.kill().unwrap();
            assert_eq!(tables(&bench).len(), 1);
            start(&mut bench, &router);
        }
        // Of the killed daemon a table is left, which is replaced: to flush is to be told of the new one.
        let installed = || bench.left.status().is_some_and(|it| it["addresses_installed"] == "installed");
        soon(&bench, "the table is there", || installed() && tables(&bench).len() == 1);
        flush(&bench);
        soon(&bench, "the table is back", || tables(&bench).len() == 1);
        let told =
            || bench.left.log().matches("removed or changed the nftables table").count() == 1 + usize::from(killed);
        soon(&bench, "the flush is told", told);
        asks_with(&bench, &heard, router.virtual_mac());
        stop(&mut bench);
        assert_eq!(tables(&bench), []);
    }
    asks_with(&bench, &heard, physical);
}

fn owner_among_others() {
    let router = owning();
    let mut bench = super::bench();
    sh(&bench, "ip addr add 10.9.0.77/24 dev eth0");
    start(&mut bench, &router);
    soon(&bench, "only the virtual MAC answers", || who_answers(&bench) == [router.virtual_mac()]);
    assert_eq!(setting(&bench, "ipv4/conf/eth0/arp_ignore"), "1", "as any other router on this parent wants it");
    answers(&bench, "10.9.0.77");
    let other = Asker::new(&bench.client).unwrap().ask(CLIENT, "10.9.0.77".parse().unwrap(), ANSWER_TIME).unwrap();
    assert_eq!(other, [bench.left.host.mac]);
    assert!(!bench.left.log().contains("answers for it as well"), "{}", bench.left.log());
}

/// What neighbours learn of an address of the left router, from any message.
fn learned(frame: &CapturedFrame) -> Option<[MacAddr; 2]> {
    const OWN_V6: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3];
    let packet = frame.bytes.get(14..)?;
    let (source, message) = (packet.get(8..24)?, packet.get(40..)?);
    let of_icmpv6 = frame.bytes.get(12..14)? == [0x86, 0xdd] && packet.get(6)? == &58;
    let (kind, target) = (message.first()?, message.get(8..24)?);
    let speaks = match kind {
        135 => source == OWN_V6,
        136 => target == OWN_V6,
        _ => false,
    };
    let option: [u8; 6] = message.get(26..32)?.try_into().ok()?;
    (of_icmpv6 && speaks).then_some([frame.source_mac(), MacAddr(option)])
}

fn ipv6() {
    let router = instance(Protocol::V3Ipv6, VmacMode::Vmac);
    let addresses = vec!["fe80::9:3/64".into(), "2001:db8:9::3/64".into()];
    let router = Instance { priority: 255, addresses, ..router };
    let mut bench = super::bench();
    let heard = bench.client.capture("eth0", |frame| learned(frame).is_some()).unwrap();
    start(&mut bench, &router);
    soon(&bench, "its table is there", || tables(&bench).len() == 1);
    let from = heard.now();
    let said = |kind: u8| {
        let is_it = |frame: &CapturedFrame| learned(frame).is_some() && frame.bytes.get(54) == Some(&kind);
        assert!(heard.wait(from, PATIENCE, is_it).is_some(), "{kind}; {}", bench.left.log());
    };
    let forget = || {
        forget_neighbours(&bench.left.host.namespace).unwrap();
        forget_neighbours(&bench.client.namespace).unwrap();
    };
    // It asks, and the answer, which goes to the virtual MAC, reaches the parent.
    forget();
    let probe = EchoProbe::start(&bench.left.host, CLIENT_V6, Duration::from_millis(50)).unwrap();
    said(135);
    soon(&bench, "the client answers", || {
        let tally = probe.tally(0, probe.position());
        tally.sent > tally.lost
    });
    drop(probe);
    // It is asked.
    forget();
    answers(&bench, "2001:db8:9::3");
    said(136);
    let all = heard.since(from, |frame| learned(frame).is_some());
    assert!(all.iter().all(|frame| learned(frame) == Some([router.virtual_mac(); 2])), "{all:?}");
    stop(&mut bench);
    assert_eq!(tables(&bench), []);
}

fn routes() {
    let families: [(Protocol, &str, IpAddr, &str, &str); 2] = [
        (Protocol::V3Ipv4, "10.9.0.1", CLIENT, "10.9.0.3", "192.0.2.0/24"),
        (Protocol::V3Ipv6, "2001:db8:9::1", CLIENT_V6, "2001:db8:9::3", "2001:db8:77::/64"),
    ];
    for (protocol, vip, gateway, own, network) in families {
        for with_metric in [false, true] {
            for host_prefix in [false, true] {
                let mut bench = super::bench();
                if with_metric {
                    let length = if protocol == Protocol::V3Ipv6 { 64 } else { 24 };
                    sh(&bench, &format!("ip addr del {own}/{length} dev eth0"));
                    let nodad = if protocol == Protocol::V3Ipv6 { "nodad" } else { "" };
                    sh(&bench, &format!("ip addr add {own}/{length} dev eth0 metric 100 {nodad}"));
                }
                let script = bench.left.file("routes.sh");
                let result = bench.left.file("result");
                let text = format!(
                    "#!/bin/sh\nip route add {network} via {gateway} dev vrrp.51 > {0}.new 2>&1; echo $? >> {0}.new; mv {0}.new {0}\n",
                    result.display()
                );
                fs::write(&script, text).unwrap();
                fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
                let length = match (host_prefix, protocol) {
                    (true, Protocol::V3Ipv6) => 128,
                    (true, _) => 32,
                    (false, Protocol::V3Ipv6) => 64,
                    (false, _) => 24,
                };
                let mut router = instance(protocol, VmacMode::Vmac).with_global("script_user root");
                router.addresses = vec![format!("{vip}/{length}")];
                if protocol == Protocol::V3Ipv6 {
                    router.addresses.insert(0, "fe80::9:1/64".into());
                }
                let router = router.with(&format!("notify_master {}", script.display()));
                bench.left.start_with(&router).unwrap();
                becomes(&bench.left, "MASTER");
                let told = wait::found(PATIENCE, || fs::read_to_string(&result).ok());
                assert_eq!(
                    told.as_deref(),
                    Some("0\n"),
                    "{protocol} {with_metric} {host_prefix}; {}",
                    bench.left.log()
                );
                answers(&bench, vip);
                answers(&bench, own);
            }
        }
    }
}
