//! The guardian's own life.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use lab::wait;
use rustix::process::{Pid, Signal, kill_process};
use testbed::lan::{Instance, Protocol, VmacMode};

use crate::{PATIENCE, becomes, bench, ends, guardian, restored, stop, wakeups};

fn instance() -> Instance {
    Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 150)
}

pub(crate) fn killed() {
    let (mut bench, before) = bench(&instance());
    let first = guardian(&bench.left);
    kill_process(first, Signal::KILL).unwrap();
    let is_told = || bench.left.log().contains("the guardian has ended");
    assert!(wait::until(PATIENCE, is_told), "{}", bench.left.log());
    let other = wait::found(PATIENCE, || Some(guardian(&bench.left)).filter(|it| *it != first)).expect("another");
    let shown = || bench.left.status_document().is_some_and(|it| it["guardian"]["pid"] == other.as_raw_pid());
    assert!(wait::until(PATIENCE, shown), "status shows it; {}", bench.left.log());
    becomes(&bench.left, "MASTER");
    let since = bench.watch.now();
    bench.left.kill_alone().unwrap();
    assert!(bench.watch.priority_zero(since, &bench.left.host, PATIENCE).is_some(), "{}", bench.left.log());
    restored(&bench.left, &before);
}

/// Wakes of a guardian in a second: beside a backup none, beside a master those in which it looks whether that is late.
fn sleeps(pid: Pid, most: u64) -> bool {
    // It may still be starting.
    wait::until(PATIENCE, || {
        let before = wakeups(pid);
        sleep(Duration::from_secs(1));
        wakeups(pid) - before <= most
    })
}

/// Memory of a process that no other shares, in kilobytes: in the pages of its program that the loader has filled in, of which
/// there are many in a build that is not optimised; and in all others.
fn private(pid: Pid) -> (u64, u64) {
    let (mut of_program, mut own, mut is_program) = (0, 0, false);
    for line in fs::read_to_string(format!("/proc/{}/smaps", pid.as_raw_pid())).unwrap().lines() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("Private_Clean:" | "Private_Dirty:"), Some(number)) => {
                let sum = if is_program { &mut of_program } else { &mut own };
                *sum += number.parse::<u64>().unwrap();
            }
            (Some(first), Some(rights)) if !first.ends_with(':') => {
                is_program = rights == "r--p" && line.ends_with("/tanist");
            }
            _ => {}
        }
    }
    (of_program, own)
}

/// Signals that a service manager or a terminal sends to all processes are the daemon's.
pub(crate) fn planned_stop() {
    let (mut bench, before) = bench(&instance());
    let guardian = guardian(&bench.left);
    assert!(sleeps(guardian, 15), "a look each 100 ms; {}", bench.left.log());
    let (of_program, own) = private(guardian);
    assert!(own <= 512, "{of_program} + {own} kB are its own");
    if !cfg!(debug_assertions) {
        assert!(of_program + own <= 1024, "{of_program} + {own} kB are its own");
    }
    assert!(sleeps(crate::guardian(&bench.right), 1), "nothing to look for; {}", bench.right.log());
    let since = bench.watch.now();
    // SIGABRT is that of a watchdog; 36 and 63 ask keepalived for dumps, and with 27 somebody means well.
    for signal in ["TERM", "INT", "HUP", "QUIT", "ABRT", "36", "63", "27"] {
        let pid = guardian.as_raw_pid();
        bench.left.host.run_program("sh", &["-c", &format!("kill -{signal} {pid}")]).unwrap();
    }
    sleep(Duration::from_secs(1));
    let zeros = || bench.watch.priority_zero(since, &bench.left.host, Duration::ZERO);
    assert!(zeros().is_none(), "{}", bench.left.log());
    assert_eq!(crate::guardian(&bench.left), guardian);
    stop(&mut bench.left);
    ends(guardian, &bench.left);
    restored(&bench.left, &before);
    let all = bench.watch.capture.since(since, |frame| {
        bench.watch.advert_of(frame, &bench.left.host).is_some_and(|advert| advert.priority == 0)
    });
    assert_eq!(all.len(), 1, "the daemon says it, and nobody else; {}", bench.left.log());
    assert!(!bench.left.log().contains("guardian"), "{}", bench.left.log());
}

/// It wakes when the daemon that started it is dead, and another one is master.
pub(crate) fn late() {
    let (mut bench, _) = bench(&instance());
    let guardian = guardian(&bench.left);
    kill_process(guardian, Signal::STOP).unwrap();
    bench.left.kill_alone().unwrap();
    bench.left.start().unwrap();
    becomes(&bench.left, "MASTER");
    let since = bench.watch.now();
    kill_process(guardian, Signal::CONT).unwrap();
    ends(guardian, &bench.left);
    let zero = bench.watch.priority_zero(since, &bench.left.host, Duration::ZERO);
    assert!(zero.is_none(), "nothing is said against the new daemon; {}", bench.left.log());
    stop(&mut bench.left);
}

pub(crate) fn stopped() {
    let (mut bench, before) = bench(&instance());
    let guardian = guardian(&bench.left);
    kill_process(guardian, Signal::STOP).unwrap();
    stop(&mut bench.left);
    ends(guardian, &bench.left);
    restored(&bench.left, &before);
    bench.left.start().unwrap();
    becomes(&bench.left, "MASTER");
}

/// It dies again and again, and the daemon waits longer before it starts another: nobody would withdraw addresses meanwhile.
pub(crate) fn missing() {
    let (bench, _) = bench(&instance());
    let valid_seconds = || -> Option<u32> {
        let shown = bench.left.host.run_program("ip", &["-o", "addr", "show", "to", "10.9.0.1"]).ok()?;
        shown.split("valid_lft ").nth(1)?.split("sec").next()?.parse().ok()
    };
    let becomes = |what: &str, is: fn(u32) -> bool| {
        let is_so = wait::until(PATIENCE, || valid_seconds().is_some_and(is));
        assert!(is_so, "{what}: {:?}; {}", valid_seconds(), bench.left.log());
    };
    becomes("long", |seconds| seconds > 60);
    for _ in 0..3 {
        kill_process(guardian(&bench.left), Signal::KILL).unwrap();
        let gone = || bench.left.status_document().is_some_and(|it| it["guardian"]["pid"].is_null());
        wait::until(Duration::from_secs(1), gone);
    }
    becomes("short", |seconds| seconds <= 3);
    guardian(&bench.left);
    becomes("long again", |seconds| seconds > 60);
}
