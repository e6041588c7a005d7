//! What a service manager is told (sd_notify(3)): a socket in its place.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{PATIENCE, bench, instance};
use testbed::lan::{Bench, Instance, Listener};

/// `WatchdogSec=` of the tests.
const WATCHDOG: Duration = Duration::from_millis(900);

/// The manager's end.
struct Manager(Listener);

impl Manager {
    fn at(path: &Path) -> Self {
        Self(Listener::at(path))
    }

    /// Waits for a message with that line; what comes before is none of those that must not.
    #[track_caller]
    fn hear(&self, line: &str, not: &[&str], bench: &Bench) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let message = self.0.next(deadline.saturating_duration_since(Instant::now()));
            let message = message.unwrap_or_else(|| panic!("{line} is not told; {}", bench.left.log()));
            if message.lines().any(|it| it.starts_with(line)) {
                return message;
            }
            assert!(!message.lines().any(|it| not.contains(&it)), "{message} before {line}; {}", bench.left.log());
        }
    }

    /// Waits until no sign of life comes for as long as the watchdog waits.
    fn hears_no_life(&self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        let mut last = Instant::now();
        while Instant::now() < deadline {
            if self.0.next(WATCHDOG / 4).is_some_and(|message| message.contains("WATCHDOG=1")) {
                last = Instant::now();
            }
            if last.elapsed() > WATCHDOG {
                return true;
            }
        }
        false
    }
}

/// The daemon's command, under a manager that listens in the router's directory.
fn managed(bench: &Bench) -> (Manager, Command) {
    let socket = bench.left.file("notify");
    let mut command = bench.left.command();
    command.env("NOTIFY_SOCKET", &socket);
    (Manager::at(&socket), command)
}

pub(crate) fn life() {
    let mut bench = bench();
    bench.left.configure(&instance().to_string()).unwrap();
    let (manager, mut command) = managed(&bench);
    command.env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string());
    bench.left.start_as(command).unwrap();
    manager.hear("READY=1", &["STOPPING=1"], &bench);
    manager.hear("STATUS=1 master", &[], &bench);
    manager.hear("WATCHDOG=1", &[], &bench);

    let before = uptime();
    bench.left.reload_with(&Instance { priority: 120, ..instance() }).unwrap();
    let reloading = manager.hear("RELOADING=1", &["READY=1"], &bench);
    let since: u128 = reloading.lines().find_map(|it| it.strip_prefix("MONOTONIC_USEC=")?.parse().ok()).unwrap();
    assert!((before..=uptime()).contains(&since), "{reloading}");
    manager.hear("READY=1", &["STOPPING=1"], &bench);
    // One that is refused comes to its end as well.
    bench.left.reload_with("vrrp_instance {\n").unwrap();
    manager.hear("RELOADING=1", &["READY=1"], &bench);
    manager.hear("READY=1", &["STOPPING=1"], &bench);

    let second =
        instance().to_string().replace("VI_1", "VI_2").replace("id 51", "id 52").replace("10.9.0.1/", "10.9.0.111/");
    bench.left.reload_with(&format!("{}{second}", instance())).unwrap();
    manager.hear("STATUS=2 master", &[], &bench);

    let hung = bench.left.stop_thread("host").unwrap();
    assert!(manager.hears_no_life(), "{}", bench.left.log());
    drop(hung);
    manager.hear("WATCHDOG=1", &[], &bench);

    bench.left.signal(Signal::TERM).unwrap();
    manager.hear("STOPPING=1", &[], &bench);
    assert!(bench.left.wait_end(PATIENCE).is_some_and(|status| status.success()), "{}", bench.left.log());
}

/// Microseconds of the monotonic clock.
fn uptime() -> u128 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::try_from(now).unwrap().as_micros()
}

pub(crate) fn failed_start() {
    let mut bench = bench();
    let nowhere = instance().to_string().replace("interface eth0", "interface nowhere0");
    bench.left.configure(&nowhere).unwrap();
    let (manager, command) = managed(&bench);
    bench.left.start_as(command).unwrap();
    let failed = manager.hear("ERRNO=", &["READY=1"], &bench);
    assert!(failed.contains("ERRNO=19\n") && failed.contains("STATUS=no such interface: nowhere0"), "{failed}");
    assert!(bench.left.wait_end(PATIENCE).is_some());
}
