//! As whom scripts run, and whose scripts run.

use std::fs;
use std::os::unix::fs::{chown, symlink};

use super::machine::Machine;

/// A user other than root that every system has.
const NOBODY: u32 = 65534;
/// A further group of that user.
const FURTHER: u32 = 64_242;
/// A user that the daemon runs as where it is not root.
const DAEMON: u32 = 1;

/// A script that is fine when the daemon starts, and then is another: the link points elsewhere, and that can be changed.
fn changed_script(machine: &mut Machine, global: &str) {
    machine.script("good", "echo good $1 $2 $3 >> $DIR/record");
    machine.script("bad", "echo bad $3 >> $DIR/record");
    symlink("good", machine.path("link")).unwrap();
    let link = machine.text("link");
    machine.configure(global, 1, &format!("notify {link}"));
    machine.start();
    machine.holds("record", "MASTER");
    machine.mode("bad", 0o777);
    fs::remove_file(machine.path("link")).unwrap();
    symlink("bad", machine.path("link")).unwrap();
    machine.stop();
}

pub(super) fn becomes_unsafe(machine: &mut Machine) {
    changed_script(machine, "enable_script_security");
    let bad = machine.text("bad");
    machine.holds(
        "log",
        &format!("was not run, because enable_script_security is set: {bad} can be changed by every user"),
    );
    assert_eq!(machine.read("record"), "good INSTANCE VI_1 BACKUP\ngood INSTANCE VI_1 MASTER\n");
}

pub(super) fn becomes_unsafe_and_runs(machine: &mut Machine) {
    changed_script(machine, "");
    let bad = machine.text("bad");
    machine.holds("log", &format!("{bad} can be changed by every user"));
    machine.holds("log", "it runs as root all the same");
    assert!(machine.read("record").ends_with("bad STOP\n"), "{}", machine.read("record"));
}

pub(super) fn link_of_somebody_else(machine: &mut Machine) {
    let script = machine.script("script", "echo ran >> $DIR/record");
    fs::create_dir(machine.path("home")).unwrap();
    symlink(script, machine.path("home/hook")).unwrap();
    chown(machine.path("home"), Some(NOBODY), Some(NOBODY)).unwrap();
    let hook = machine.text("home/hook");
    machine.configure("enable_script_security", 1, &format!("notify {hook}"));
    machine.start();
    let home = machine.text("home");
    machine.holds("log", &format!("{home} belongs to user {NOBODY}"));
    machine.holds("log", "-> MASTER");
    machine.stop();
    assert_eq!(machine.read("record"), "");
}

/// Runs the daemon as a user with ambient capabilities.
fn start_with_ambient(machine: &mut Machine, capabilities: &str) {
    fs::create_dir(machine.path("state")).unwrap();
    chown(machine.path("state"), Some(DAEMON), Some(DAEMON)).unwrap();
    let user = DAEMON.to_string();
    let inheritable = format!("--inh-caps={capabilities}");
    let ambient = format!("--ambient-caps={capabilities}");
    machine.start_by(&["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups", &inheritable, &ambient]);
}

pub(super) fn ambient_capabilities(machine: &mut Machine) {
    fs::create_dir(machine.path("out")).unwrap();
    machine.mode("out", 0o777);
    let script = machine.script("script", "cat /proc/self/status > $DIR/out/status; echo done >> $DIR/out/status");
    let own = machine.script("own", "cat /proc/self/status > $DIR/out/own; echo done >> $DIR/out/own");
    machine.mode("own", 0o777);
    machine.configure("", 1, &format!("notify_backup {script} nobody nogroup\n notify_master {own}"));
    start_with_ambient(machine, "+net_admin,+net_raw,+setuid,+setgid");
    machine.holds("out/status", "done");
    let status = machine.read("out/status");
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert!(status.contains(&format!("{set}:\t0000000000000000\n")), "{status}");
    }
    assert!(status.contains("Groups:\t \n"), "{status}");
    assert!(status.contains(&format!("Uid:\t{NOBODY}\t{NOBODY}\t{NOBODY}\t{NOBODY}\n")), "{status}");
    // A script that names no user has what the daemon has, which it is trusted with.
    machine.holds("out/own", "done");
    assert!(machine.read("out/own").contains("CapEff:\t00000000000030c0\n"), "{}", machine.read("out/own"));
    machine.holds("log", "it runs with the capabilities of the daemon all the same");
}

/// Lets `nobody` have a further group, for this program and its daemons only.
pub(super) fn give_nobody_a_group() {
    let groups = fs::read_to_string("/etc/group").unwrap();
    testbed::lan::harness::replace("/etc/group", &format!("{groups}tanist-test:x:{FURTHER}:nobody\n")).unwrap();
}

pub(super) fn all_groups(machine: &mut Machine) {
    fs::create_dir(machine.path("out")).unwrap();
    machine.mode("out", 0o777);
    let script = machine.script("script", "id -G > $DIR/out/groups; echo done >> $DIR/out/groups");
    machine.configure("set_supplementary_groups", 1, &format!("notify_backup {script} nobody"));
    machine.start();
    machine.holds("out/groups", "done");
    let groups = machine.read("out/groups");
    assert!(groups.starts_with(&format!("{NOBODY} {FURTHER}\n")), "{groups}");
}

pub(super) fn no_setuid(machine: &mut Machine) {
    let script = machine.script("script", "true");
    machine.configure("script_user nobody nogroup", 1, &format!("notify_backup {script}"));
    start_with_ambient(machine, "+net_admin,+net_raw");
    machine.holds("log", &format!("cannot run as user {NOBODY} and group {NOBODY}: the daemon has no CAP_SETUID"));
}
