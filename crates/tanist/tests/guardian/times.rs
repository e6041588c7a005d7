//! Measurements, for `TANIST_LONG`: they print.
#![expect(clippy::print_stdout, reason = "measurements are for whoever asks for them")]

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use linux::clock;
use rustix::process::Pid;
use testbed::lan::{Instance, Protocol, VmacMode};

use crate::{PATIENCE, becomes, bench, guardian, restored, wakeups};

const KILLS: usize = 100;

/// From before `kill` to the frame at the switch; and what the guardian costs meanwhile.
pub(crate) fn priority_zero() {
    let instance = Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 150);
    let (mut bench, before) = bench(&instance);
    let pid = guardian(&bench.left);
    let switches = wakeups(pid);
    sleep(Duration::from_secs(10));
    println!("idle beside an Active router: {} wake-ups in 10 s; {}", wakeups(pid) - switches, memory(pid));
    let pid = guardian(&bench.right);
    let switches = wakeups(pid);
    sleep(Duration::from_secs(10));
    println!("idle beside a Backup: {} wake-ups in 10 s; {}", wakeups(pid) - switches, memory(pid));
    let mut times = Vec::new();
    for kill in 0..KILLS {
        becomes(&bench.left, "MASTER");
        guardian(&bench.left);
        sleep(Duration::from_millis(u64::try_from(kill * 13 % 300).unwrap()));
        let since = bench.watch.now();
        let start = clock::now();
        bench.left.kill_alone().unwrap();
        let zero = bench.watch.priority_zero(since, &bench.left.host, PATIENCE);
        let zero = zero.unwrap_or_else(|| panic!("kill {kill}: {}", bench.left.log()));
        times.push(zero.at.since(start));
        restored(&bench.left, &before);
        bench.left.start().unwrap();
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("{KILLS} kills: median {:?}, p90 {:?}, p99 {:?}, longest {:?}", at(50), at(90), at(99), at(100));
}

fn memory(pid: Pid) -> String {
    let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", pid.as_raw_pid())).unwrap();
    let wanted = ["Rss", "Pss:", "Private_Clean", "Private_Dirty", "Locked"];
    let lines = rollup.lines().filter(|line| wanted.iter().any(|it| line.starts_with(it)));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(", ")
}
