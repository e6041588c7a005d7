//! Links and addresses that come late, and scripts at reloads, as users of other implementations reported them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use lab::{Captured, CapturedFrame, wait};
use rustix::process::Signal;
use testbed::lan::{Bench, Instance, Protocol, VmacMode};

use super::{PATIENCE, Test, becomes, instance, sh, soon, start, stop};

pub(super) const ALL: &[Test] = &[
    ("a parent that is down, or comes after a reload that names it, is used once it is there", absent_parent),
    ("addresses that lie on the machine already are removed when a reload adds their backup", foreign_addresses),
    ("state MASTER listens first", listens_first),
    ("a reload in BACKUP runs no script, and a changed script is the one that runs", scripts_at_reload),
    ("a tracked link that is made anew is tracked again", tracked_anew),
];

// T07: ka#2280, ka#2277, ka#2281
fn absent_parent() {
    let router = instance(Protocol::V3Ipv6, VmacMode::Vmac);
    let mut bench = super::bench();
    sh(&bench, "ip link set eth0 down");
    bench.left.start_with(&router).unwrap();
    becomes(&bench.left, "FAULT");
    sh(&bench, super::parents::ADDRESSES);
    becomes(&bench.left, "MASTER");
    let since = bench.watch.now();
    bench.left.reload_with(&router.to_string().replace("interface eth0", "interface later0")).unwrap();
    assert!(bench.watch.priority_zero(since, &bench.left.host, PATIENCE).is_some(), "{}", bench.left.log());
    becomes(&bench.left, "FAULT");
    soon(&bench, "no interface is left", || sh(&bench, "ip -o link show type macvlan").is_empty());
    sh(
        &bench,
        "ip link add spare0 type veth peer name spare1; ip link set spare1 up; ip link set spare0 name later0; \
         ip link set later0 up",
    );
    becomes(&bench.left, "MASTER");
    let links = sh(&bench, "ip -o link show type macvlan");
    assert!(links.contains("vrrp.51@later0") && links.lines().count() == 1, "{links}");
    bench.left.reload_with(&router).unwrap();
    soon(&bench, "back on eth0", || sh(&bench, "ip -o link show type macvlan").contains("vrrp.51@eth0"));
    becomes(&bench.left, "MASTER");
    assert_eq!(sh(&bench, "ip -o link show type macvlan").lines().count(), 1);
}

// T10: ka#2700
fn foreign_addresses() {
    let mut bench = super::bench();
    sh(
        &bench,
        "ip link add dmz0 type veth peer name dmz1; ip link set dmz1 up; ip link set dmz0 up; \
         ip addr add 10.7.0.2/24 dev dmz0; ip addr add 2001:db8:69::3/64 dev dmz0 nodad; \
         ip addr add 10.9.0.1/24 dev eth0; ip addr add 10.7.0.69/24 dev dmz0; \
         ip addr add 2001:db8:69::2/64 dev dmz0 nodad",
    );
    let excluded = |address| format!("virtual_ipaddress_excluded {{\n        {address} dev dmz0\n    }}");
    let v4 = Instance::new(Protocol::V3Ipv4, VmacMode::None, 100).with(&excluded("10.7.0.69/24"));
    let v6 = Instance::new(Protocol::V3Ipv6, VmacMode::None, 100).with(&excluded("2001:db8:69::2/64")).to_string();
    let v6 = v6.replace("VI_1", "VI_6");
    let both = format!("{v4}{}", &v6[v6.find("vrrp_instance").unwrap()..]);
    bench.right.start_with(&both.replace("priority 100", "priority 150").replace(" dev dmz0", " dev lo")).unwrap();
    becomes(&bench.right, "MASTER");
    let other = v4.to_string().replace("VI_1", "OLD").replace("_id 51", "_id 68");
    let other = other.replace("10.9.0.1/", "10.9.0.68/").replace("10.7.0.69/", "10.7.0.68/");
    bench.left.start_with(&other).unwrap();
    becomes(&bench.left, "MASTER");
    let all = "ip -o addr show";
    let foreign = [" 10.9.0.1/24", " 10.7.0.69/24", " 2001:db8:69::2/64"];
    let text = sh(&bench, all);
    assert!(foreign.iter().all(|address| text.contains(address)), "not ours yet: {text}");
    bench.left.reload_with(&both).unwrap();
    soon(&bench, "all are gone", || {
        let text = sh(&bench, all);
        !foreign.iter().any(|address| text.contains(address))
    });
    becomes(&bench.left, "BACKUP");
    let text = sh(&bench, all);
    assert!(text.contains(" 10.7.0.2/24") && text.contains(" 2001:db8:69::3/64"), "{text}");
    for address in foreign {
        let bare = address.trim().split('/').next().unwrap();
        assert_eq!(bench.left.log().matches(&format!("had put {bare} on")).count(), 1, "{}", bench.left.log());
    }
}

/// Executable, and writes its arguments into a file, a line a call.
fn recorder(bench: &Bench) -> (String, impl Fn() -> Vec<String> + use<>) {
    let (script, record) = (bench.left.file("script"), bench.left.file("record"));
    fs::write(&script, format!("#!/bin/sh\necho \"$@\" >> {}\n", record.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let read = move || fs::read_to_string(&record).unwrap_or_default().lines().map(str::to_owned).collect();
    (script.display().to_string(), read)
}

// T15: ka#1804
fn listens_first() {
    let mut bench = super::bench();
    bench.right.start_with(&instance(Protocol::V3Ipv4, VmacMode::None)).unwrap();
    becomes(&bench.right, "MASTER");
    let (script, calls) = recorder(&bench);
    let keen = Instance { priority: 90, ..instance(Protocol::V3Ipv4, VmacMode::None) };
    let keen = keen.with_global("script_user root").with(&format!("notify {script}"));
    let keen = keen.to_string().replace("state BACKUP", "state MASTER");
    for round in 0..5 {
        bench.left.start_with(&keen).unwrap();
        let heard = || bench.left.status().is_some_and(|it| it["master"]["priority"] == 150);
        assert!(wait::until(PATIENCE, heard), "{}", bench.left.log());
        match round {
            4 => stop(&mut bench),
            _ => bench.left.kill().unwrap(),
        }
    }
    let speaks = |frame: &CapturedFrame| {
        frame.port == bench.left.host.port
            && (frame.advert().is_some() || frame.announcement().is_some_and(|it| it.0.to_string() == "10.9.0.1"))
    };
    assert_eq!(bench.watch.capture.since(Captured::default(), speaks), []);
    assert!(!calls().iter().any(|call| call.contains("MASTER")), "{:?}", calls());
    assert!(calls().contains(&"INSTANCE VI_1 STOP 90".to_owned()), "{:?}", calls());
}

// T19: ka#1311, ka#1850, kaC:67aba04b; ka#157
fn scripts_at_reload() {
    let mut bench = super::bench();
    bench.right.start_with(&instance(Protocol::V3Ipv4, VmacMode::None)).unwrap();
    becomes(&bench.right, "MASTER");
    let (script, calls) = recorder(&bench);
    let told = |word: &str| {
        let told = Instance { priority: 90, ..instance(Protocol::V3Ipv4, VmacMode::None) };
        let told = told.with_global("script_user root").with(&format!("notify \"{script} {word} all\""));
        told.with(&format!("notify_backup \"{script} {word} backup\""))
    };
    bench.left.start_with(&told("one")).unwrap();
    becomes(&bench.left, "BACKUP");
    let sorted = || {
        let mut calls = calls();
        calls.sort();
        calls
    };
    let at_start = ["one all INSTANCE VI_1 BACKUP 90", "one backup"];
    assert!(wait::until(PATIENCE, || sorted() == at_start), "{:?}; {}", sorted(), bench.left.log());
    for round in 2..6 {
        let word = if round == 5 { "two" } else { "one" };
        bench.left.configure(&told(word).to_string()).unwrap();
        bench.left.signal(Signal::HUP).unwrap();
        let read = || bench.left.log().matches("is in force").count() == round;
        assert!(wait::until(PATIENCE, read), "{}", bench.left.log());
    }
    bench.right.kill().unwrap();
    becomes(&bench.left, "MASTER");
    bench.right.start().unwrap();
    becomes(&bench.left, "BACKUP");
    let later = ["two all INSTANCE VI_1 BACKUP 90", "two all INSTANCE VI_1 MASTER 90", "two backup"];
    let expected = [at_start.as_slice(), &later].concat();
    assert!(wait::until(PATIENCE, || sorted() == expected), "{:?}, not {expected:?}; {}", sorted(), bench.left.log());
}

// T34: ka#2142
fn tracked_anew() {
    let router = instance(Protocol::V3Ipv4, VmacMode::None).with("track_interface {\n        maint0\n    }");
    let mut bench = super::bench();
    let make = "ip link add maint0 type veth peer name maint1; ip link set maint1 up; ip link set maint0 up";
    sh(&bench, make);
    start(&mut bench, &router);
    for _ in 0..2 {
        sh(&bench, "ip link del maint0");
        becomes(&bench.left, "FAULT");
        sh(&bench, make);
        becomes(&bench.left, "MASTER");
        sh(&bench, "ip link set maint0 down");
        becomes(&bench.left, "FAULT");
        sh(&bench, "ip link set maint0 up");
        becomes(&bench.left, "MASTER");
    }
}
