//! A router that changes its state all the time: its scripts run in order, one at a time, and the last is that of the state.

use std::thread::sleep;
use std::time::Duration;

use lab::AdminState;

use super::machine::{Machine, eventually};

/// Changes of the link, and the time between two.
const FLIPS: (u32, Duration) = (100, Duration::from_millis(10));
/// The same, where there is time (`TANIST_LONG=1`).
const MANY_FLIPS: (u32, Duration) = (1000, Duration::from_millis(10));

pub(super) fn the_last_script_is_that_of_the_state(machine: &mut Machine) {
    // One that ran beside another would find its mark.
    let body = "mkdir $DIR/runs || echo beside >> $DIR/record\nsleep 0.3; echo $3 >> $DIR/record; rmdir $DIR/runs";
    let script = machine.script("script", body);
    machine.configure("", 1, &format!("notify {script}"));
    machine.start();
    machine.holds("record", "MASTER");
    let (flips, pause) = if std::env::var_os("TANIST_LONG").is_some() { MANY_FLIPS } else { FLIPS };
    for flip in 0..flips {
        let state = if flip % 2 == 0 { AdminState::Down } else { AdminState::Up };
        machine.host.set_link("eth0", state).unwrap();
        sleep(pause);
    }
    machine.holds("log", "scripts of this router do not keep up");
    let is_master = || machine.read("log").lines().rev().find_map(becomes).is_some_and(|state| state == "MASTER");
    assert!(eventually(is_master), "{}", machine.read("log"));
    let last = || machine.read("record").lines().last().map(str::to_owned);
    let runs_none = || !machine.path("runs").exists();
    assert!(eventually(|| last().as_deref() == Some("MASTER") && runs_none()), "{:?}", last());
    // Whatever still waited would run now.
    sleep(Duration::from_millis(700));
    let record = machine.read("record");
    assert!(record.ends_with("MASTER\n") && !record.contains("beside") && runs_none(), "{record}");
    let status = machine.status();
    assert!(status["scripts_superseded"].as_u64().is_some_and(|count| count > 0), "{status}");
    machine.stop();
}

/// The state that a line of the log tells.
fn becomes(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(" -> ")?;
    Some(rest.split(':').next()?.to_owned())
}
