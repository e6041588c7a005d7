//! A container whose first process is another: the daemon is its child, and so is the guardian once the daemon is dead.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use rustix::process::{Signal, kill_process};
use testbed::lan::{Instance, Protocol, VmacMode};

use crate::{PATIENCE, becomes, child, ends, guarded, machines, restored};

/// Starts a command as the child of a shell that has number 1.
const UNSHARE: [&str; 7] = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c"];

/// Whether there can be such a container here.
pub(crate) fn is_possible() -> bool {
    let [program, arguments @ ..] = UNSHARE;
    let tried = Command::new(program).args(arguments).arg("true").stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// Its end leaves nothing behind: no address, no interface, no record, no process.
pub(crate) fn killed() {
    let instance = Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 150);
    let (mut bench, before) = machines();
    bench.left.configure(&guarded(&instance).to_string()).unwrap();
    let daemon = bench.left.command();
    let [program, arguments @ ..] = UNSHARE;
    let mut command = Command::new(program);
    // The first process has something else to do as well.
    command.args(arguments).args(["\"$@\" & wait; sleep 1000", "sh"]).arg(daemon.get_program());
    let parent = std::process::id().to_string();
    command.args(daemon.get_args().map(|it| if it == parent.as_str() { OsStr::new("1") } else { it }));
    bench.left.start_as(command).unwrap();
    becomes(&bench.left, "MASTER");
    bench.right.start_with(&Instance { priority: 100, ..instance }).unwrap();
    becomes(&bench.right, "BACKUP");

    let first = child(bench.left.pid().unwrap(), "sh", &bench.left);
    let daemon = child(first, "tanist", &bench.left);
    let guardian = child(daemon, "tanist-guardian", &bench.left);
    let since = bench.watch.now();
    kill_process(daemon, Signal::KILL).unwrap();
    assert!(bench.watch.priority_zero(since, &bench.left.host, PATIENCE).is_some(), "{}", bench.left.log());
    becomes(&bench.right, "MASTER");
    restored(&bench.left, &before);
    ends(guardian, &bench.left);
    bench.left.kill().unwrap();
}
