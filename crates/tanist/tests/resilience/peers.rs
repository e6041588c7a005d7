//! What others send: who they are is shown, and what they can bring about has limits.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use lab::{Asker, Captured, ForgedAdvert, Program, RouterHost, wait};
use serde_json::{Value, json};
use testbed::lan::{Bench, Instance, Protocol, VmacMode};

use super::{PATIENCE, Test, bench, count, instance, ip, pair, start_master, status, tanist};

pub(super) const TESTS: &[Test] = &[
    ("every speaker of the VRID is shown, and what became of its packets", speakers),
    ("peers that advertise another list are named once, not at each transition", other_list),
    ("adverts that make the role flap bring about a limited number of scripts and events", flapping),
    ("a backup that waits for preempt_delay says for how long", preempt_delay),
];

/// An advert for the usual router, from a host that is no router.
fn forged(version: u8, priority: u8, source: &str) -> ForgedAdvert {
    ForgedAdvert::new(version, Instance::VRID, priority, ip(source), &[ip("10.9.0.1")])
}

fn send(bench: &Bench, advert: &ForgedAdvert) {
    Asker::new(&bench.client).unwrap().send(&advert.frame(bench.client.mac)).unwrap();
}

/// What the left router says of a speaker.
fn heard(bench: &Bench, address: &str) -> Value {
    let all = status(&bench.left)["heard"].clone();
    let found = all.as_array().into_iter().flatten().find(|speaker| speaker["address"] == address);
    found.cloned().unwrap_or_default()
}

fn speakers() {
    let secret = Instance::new(Protocol::V2, VmacMode::None, 150);
    let secret = secret.with("authentication {\n auth_type PASS\n auth_pass secret\n }");
    let mut bench = bench();
    start_master(&mut bench.left, &secret);
    let with = |priority, source, password: &[u8; 8]| {
        let authentication = Some((1, *password));
        ForgedAdvert { authentication, ..forged(2, priority, source) }
    };
    let shown = |address: &str, wanted: Value| {
        let is_shown = || {
            let found = heard(&bench, address);
            ["priority", "dropped", "obeyed"].iter().all(|field| found[*field] == wanted[*field])
        };
        assert!(wait::until(PATIENCE, is_shown), "{address}: {}; {}", heard(&bench, address), bench.left.log());
        assert!(heard(&bench, address)["seconds_ago"].as_f64().is_some_and(|ago| ago < 5.0));
    };
    send(&bench, &with(200, "10.9.0.20", b"mistake\0"));
    shown(
        "10.9.0.20",
        json!({ "priority": 200, "dropped": "wrong password, or signed with another key", "obeyed": false }),
    );
    send(&bench, &with(50, "10.9.0.21", b"secret\0\0"));
    shown("10.9.0.21", json!({ "priority": 50, "dropped": null, "obeyed": false }));
    send(&bench, &with(200, "10.9.0.22", b"secret\0\0"));
    shown("10.9.0.22", json!({ "priority": 200, "dropped": null, "obeyed": true }));
    assert_eq!(status(&bench.left)["state"], "BACKUP");
    let text = details(&bench.left);
    for line in [
        "10.9.0.20 (02:00:00:00:00:03) with priority 200",
        "dropped: wrong password, or signed with another key",
        "with priority 50",
        "not obeyed",
        "obeyed",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

/// What `tanist status VI_1` says.
fn details(router: &RouterHost) -> String {
    let Program::Tanist(binary) = tanist() else { unreachable!() };
    let output = Command::new(binary).args(["status", "VI_1", "--control"]).arg(router.control()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

// T01: ka#1603
fn other_list() {
    let mut master = instance(150);
    master.addresses.push("10.9.0.77/24".into());
    let mut bench = pair(&master, &instance(100));
    for _ in 0..3 {
        bench.left.signal(rustix::process::Signal::TERM).unwrap();
        assert!(bench.right.wait_state("MASTER", PATIENCE), "{}", bench.right.log());
        bench.left.wait_end(PATIENCE).unwrap();
        bench.left.start_with(&master).unwrap();
        assert!(bench.right.wait_state("BACKUP", PATIENCE), "{}", bench.right.log());
    }
    let log = bench.right.log();
    assert_eq!(log.matches("another list of addresses").count(), 1, "{log}");
}

/// Adverts of the highest priority and the shortest interval, a little further apart than the down interval they ask for.
fn flapping() {
    const TIME: Duration = Duration::from_secs(10);
    const APART: Duration = Duration::from_millis(40);
    let mut bench = bench();
    let (script, record) = (bench.left.file("script"), bench.left.file("record"));
    fs::write(&script, format!("#!/bin/sh\necho $3 >> {}\n", record.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    start_master(&mut bench.left, &instance(100).with(&format!("notify {}", script.display())));
    let before = bench.left.log().lines().count();
    let (since, asker) = (bench.watch.now(), Asker::new(&bench.client).unwrap());
    let frame = ForgedAdvert { interval: 1, ..forged(3, 254, "10.9.0.9") }.frame(bench.client.mac);
    let (start, mut sent) = (Instant::now(), 0);
    while start.elapsed() < TIME {
        asker.send(&frame).unwrap();
        sent += 1;
        sleep((APART * sent).saturating_sub(start.elapsed()));
    }
    let takeovers = || status(&bench.left)["counters"]["became_master"].as_u64().unwrap_or_default();
    assert!(takeovers() > u64::from(sent) / 4, "it does flap: {} of {sent}", takeovers());
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let read = || fs::read_to_string(&record).unwrap_or_default();
    let is_told = || bench.left.log().contains("flapping") && read().ends_with("MASTER\n");
    sleep(Duration::from_secs(2));
    assert!(wait::until(PATIENCE, is_told), "{}; {}", read(), bench.left.log());
    // Twenty at once, and one a second.
    let most = 20 + 12 + 5;
    assert!(read().lines().count() <= most, "{} scripts", read().lines().count());
    let lines = bench.left.log().lines().count() - before;
    assert!(lines <= 2 * most, "{lines} lines: {}", bench.left.log());
    let announced = count(&bench.watch.announcements(since, &bench.left.host), "10.9.0.1");
    let takeovers = usize::try_from(takeovers()).unwrap();
    assert!(announced <= takeovers + 5 * most, "{announced} for {takeovers} takeovers");
    assert_eq!(status(&bench.left)["state"], "MASTER");
    assert!(bench.watch.first_advert(Captured::default(), &bench.left.host, Duration::ZERO).is_some());
}

fn preempt_delay() {
    let mut bench = pair(&instance(100), &instance(50));
    bench.right.kill().unwrap();
    let waiting = instance(150).with("preempt_delay 20");
    bench.right.start_with(&waiting).unwrap();
    let seconds = || status(&bench.right)["preempts_in_seconds"].as_f64();
    let says = || seconds().is_some_and(|left| left > 10.0 && left <= 20.0);
    assert!(wait::until(PATIENCE, says), "{}; {}", status(&bench.right), bench.right.log());
    let text = details(&bench.right);
    assert!(text.contains("preempt delay   ends in "), "{text}");
    let first = seconds().unwrap();
    sleep(Duration::from_secs(1));
    assert!(seconds().is_some_and(|left| left < first - 0.5), "it runs: {first}, {:?}", seconds());
    assert_eq!(status(&bench.right)["state"], "BACKUP");
}
