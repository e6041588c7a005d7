//! Trackers: what scripts and files do to routers, with real daemons.
#![expect(clippy::print_stderr, reason = "tests talk to whoever runs them")]

mod builtin;
mod files;
mod interop;
mod load;
mod processes;
mod scripts;
mod unsafe_scripts;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use lab::{Program, RouterHost, wait};
use libtest_mimic::Trial;
use rustix::process::Pid;
use serde_json::Value;
use tempfile::TempDir;
use testbed::lan::{Bench, Instance, Layout, Protocol, VmacMode, harness};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(20);

/// A test: what it shows, and how.
type Test = (&'static str, fn());

fn main() -> ExitCode {
    harness::run(|| {
        if !harness::has_program("sh", "trackers") {
            return Vec::new();
        }
        let mut themes = vec![scripts::ALL, files::ALL, builtin::ALL, load::ALL, processes::ALL];
        if rustix::fs::stat("/").is_ok_and(|file| file.st_uid == 0) {
            themes.push(unsafe_scripts::ALL);
        } else {
            eprintln!("SKIPPED, unsafe scripts: in this namespace nothing belongs to root");
        }
        if harness::has_program("keepalived", "what keepalived makes of the same") {
            themes.push(interop::ALL);
        }
        themes.into_iter().flatten().map(|(what, test)| harness::test(*what, test)).collect::<Vec<Trial>>()
    })
}

/// Two routers and a directory of files for their trackers.
struct Ground {
    bench: Bench,
    files: TempDir,
}

impl Ground {
    fn new() -> Self {
        Self::with(tanist(), tanist())
    }

    fn with(left: Program, right: Program) -> Self {
        let bench = Bench::new(left, right, Layout::LeftHigher).unwrap();
        let files = TempDir::with_prefix("tanist-track-").unwrap();
        fs::set_permissions(files.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { bench, files }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// A script with this body. `$DIR` is the directory.
    fn script(&self, name: &str, body: &str) -> String {
        self.write(name, &format!("#!/bin/sh\nDIR={}\n{body}\n", self.files.path().display()));
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        self.path(name).display().to_string()
    }

    /// The left router's log says this.
    #[track_caller]
    fn says(&self, what: &str) {
        self.bench.left.says(what);
    }

    /// What `status` says of the left router's tracker, for which it waits.
    #[track_caller]
    fn tracker(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let found = wait::until(PATIENCE, || {
            let all = self.bench.left.status().map_or(Value::Null, |mut status| status["trackers"].take());
            last = all.as_array().into_iter().flatten().find(|it| it["name"] == name).cloned().unwrap_or(Value::Null);
            wanted(&last)
        });
        assert!(found, "{name}: {last}; {}", self.bench.left.log());
        last
    }

    /// The left router has this effective priority soon.
    #[track_caller]
    fn priority(&self, priority: u8) {
        let has = || self.bench.left.status().is_some_and(|status| status["priority"] == priority);
        let status = || self.bench.left.status();
        assert!(wait::until(PATIENCE, has), "priority {priority}: {:?}; {}", status(), self.bench.left.log());
    }
}

fn tanist() -> Program {
    harness::tanist(env!("CARGO_BIN_EXE_tanist"))
}

#[track_caller]
fn becomes(router: &RouterHost, state: &str) {
    assert!(router.wait_state(state, PATIENCE), "{} becomes {state}; {}", router.host.name, router.log());
}

/// A router of this priority that tracks what these lines say.
fn tracking(priority: u8, lines: &str) -> Instance {
    Instance::new(Protocol::V3Ipv4, VmacMode::None, priority).with(lines)
}

/// Its text behind the blocks that say what is tracked.
fn config(blocks: &str, instance: &Instance) -> String {
    format!("{blocks}\n{instance}")
}

/// Whether a process is there and is no zombie.
fn lives(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid())).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

fn pid_in(text: &str) -> Option<Pid> {
    Pid::from_raw(text.trim().parse().ok()?)
}
