//! Scripts of the daemon itself.

use std::time::Instant;

use rustix::process::Signal;

use super::machine::{Machine, eventually, lives, pid_in};
use super::{LONG, STOP_TIME};

/// They run around all that routers do, which find what the one has made.
pub(super) fn startup_and_shutdown(machine: &mut Machine) {
    let startup = machine.script(
        "startup",
        "echo \"startup $*\" >> $DIR/record; sleep 0.5; ip link set eth0 down\nip link set eth0 name away; echo made >> $DIR/record\n\
         ip link set away name eth0; ip link set eth0 up; exit 3",
    );
    let shutdown = machine.script("shutdown", "sleep 0.2; echo shutdown >> $DIR/record");
    let notify = machine.script("notify", "echo $3 >> $DIR/record");
    machine.configure(
        &format!("startup_script \"{startup} 'a b' c\"\n shutdown_script {shutdown}"),
        1,
        &format!("notify {notify}"),
    );
    machine.start();
    machine.holds("record", "MASTER");
    machine.holds("log", "startup_script: script");
    assert!(machine.stop() < STOP_TIME);
    assert_eq!(
        machine.read("record"),
        "startup a b c\nmade\nBACKUP\nMASTER\nSTOP\nshutdown\n",
        "{}",
        machine.read("log")
    );
}

pub(super) fn time_limits(machine: &mut Machine) {
    let hangs = machine.script("hangs", LONG);
    let global = format!(
        "startup_script {hangs}\n startup_script_timeout 1\n shutdown_script {hangs}\n shutdown_script_timeout 1"
    );
    machine.configure(&global, 1, "");
    machine.start();
    machine.holds("log", "startup_script: script");
    machine.holds("log", "-> MASTER");
    machine.stop();
    let ended = format!("shutdown_script: script {hangs} ran for 1s and was ended");
    machine.holds("log", &ended);
}

/// Nothing has started yet, so there is nothing to stop but the script.
pub(super) fn stopped_during_startup(machine: &mut Machine) {
    let startup = machine.script("startup", &format!("echo $$ > $DIR/pid; {LONG}"));
    let shutdown = machine.script("shutdown", "echo shutdown >> $DIR/record");
    machine.configure(&format!("startup_script {startup}\n shutdown_script {shutdown}"), 1, "");
    machine.start();
    machine.holds("pid", "\n");
    let begin = Instant::now();
    machine.signal(Signal::HUP);
    machine.stop();
    assert!(begin.elapsed() < STOP_TIME, "{}", machine.read("log"));
    assert!(eventually(|| !lives(pid_in(&machine.read("pid")))));
    assert_eq!(machine.read("record"), "shutdown\n", "what the one began the other may take back");
}
