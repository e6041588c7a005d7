//! BFD sessions with real daemons at both ends, over real links.

mod ends;
mod interop;
mod links;
mod restart;

use std::process::ExitCode;
use std::time::Duration;

use lab::{Program, RouterHost, wait};
use libtest_mimic::Trial;
use serde_json::Value;
use testbed::lan::{Instance, Protocol, VmacMode, harness};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(20);

/// A test: what it shows, and how.
type Test = (&'static str, fn());

fn main() -> ExitCode {
    harness::run(|| {
        let mut themes = vec![ends::ALL, links::ALL, restart::ALL];
        if harness::has_program("keepalived", "BFD with keepalived") {
            themes.extend([interop::KEEPALIVED, restart::KEEPALIVED]);
        }
        if harness::has_frr("bfdd", "BFD with FRR") {
            themes.extend([interop::FRR, restart::FRR]);
        }
        themes.into_iter().flatten().map(|(what, test)| harness::test(*what, test)).collect::<Vec<Trial>>()
    })
}

fn tanist() -> Program {
    harness::tanist(env!("CARGO_BIN_EXE_tanist"))
}

/// A session of 100 ms: three packets may be missed.
fn session(name: &str, neighbor: &str, lines: &str) -> String {
    format!("bfd_instance {name} {{\n neighbor_ip {neighbor}\n min_rx 100\n min_tx 100\n multiplier 3\n {lines}\n}}\n")
}

/// The usual router of this priority behind these sessions, with these lines.
fn config(sessions: &[String], priority: u8, lines: &str) -> String {
    let instance = Instance::new(Protocol::V3Ipv4, VmacMode::None, priority).with(lines);
    format!("{}\n{instance}", sessions.concat())
}

/// What `status` says of a session; nothing if there is none.
fn status(router: &RouterHost, name: &str) -> Option<Value> {
    let document = router.status_document()?;
    document["bfd_sessions"].as_array()?.iter().find(|session| session["name"] == name).cloned()
}

/// Waits until a session is in this state; returns its status.
#[track_caller]
fn becomes(router: &RouterHost, name: &str, state: &str) -> Value {
    let mut last = None;
    let found = wait::until(PATIENCE, || {
        last = status(router, name);
        last.as_ref().is_some_and(|session| session["state"] == state)
    });
    assert!(found, "{name} becomes {state}: {last:?}; {}", router.log());
    last.unwrap_or_default()
}

#[track_caller]
fn never_down(router: &RouterHost) {
    let log = router.log();
    assert!(!log.lines().any(|line| line.contains("bfd_instance") && line.contains(" is down")), "{log}");
}

#[track_caller]
fn is_router(router: &RouterHost, state: &str) {
    assert!(router.wait_state(state, PATIENCE), "{} becomes {state}; {}", router.host.name, router.log());
}
