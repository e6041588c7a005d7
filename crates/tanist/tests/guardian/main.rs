//! The guardian: a daemon that is killed or hangs costs what a planned stop costs, and leaves nothing behind.

mod container;
mod hangs;
mod killed;
mod life;
mod restart;
mod times;

use std::process::ExitCode;
use std::time::Duration;

use lab::{Program, RouterHost, wait};
use libtest_mimic::Trial;
use rustix::process::Pid;
use testbed::lan::{Bench, Instance, Layout, MachineState, Protocol, VmacMode, harness};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    harness::run(|| if harness::has_program("ip", "the guardian") { all() } else { Vec::new() })
}

fn all() -> Vec<Trial> {
    let mut trials = Vec::new();
    for protocol in [Protocol::V3Ipv4, Protocol::V3Ipv6] {
        for vmac in [VmacMode::Vmac, VmacMode::None] {
            let instance = Instance::new(protocol, vmac, 150);
            trials.push(harness::test(format!("{protocol} {vmac}: a killed master is succeeded at once"), move || {
                killed::master(&instance);
            }));
        }
    }
    for (protocol, vmac) in
        [(Protocol::V3Ipv4, VmacMode::Vmac), (Protocol::V3Ipv4, VmacMode::None), (Protocol::V3Ipv6, VmacMode::Vmac)]
    {
        let instance = Instance::new(protocol, vmac, 150);
        trials.push(harness::test(format!("{protocol} {vmac}: another program goes on in its place"), move || {
            restart::master(&instance);
        }));
    }
    let single: [(&str, fn()); 16] = [
        ("a daemon that starts at once after a kill waits, and then runs", killed::restarted),
        ("killed while it starts, reloads or stops", killed::at_any_time),
        ("without a guardian the next start undoes what a killed daemon left", killed::unguarded),
        ("a daemon that stands still loses its role, and comes back by the rules", hangs::stopped),
        ("a thread that does nothing any more does not keep the role", hangs::protocol_thread),
        ("a guardian that is killed is started again, and watches", life::killed),
        ("while a guardian is missing leases are short", life::missing),
        ("a guardian does nothing while its daemon lives, and ends with it", life::planned_stop),
        ("a daemon that hangs while it leaves lets its addresses go", hangs::while_it_leaves),
        ("a guardian that wakes late says nothing against a new daemon", life::late),
        ("a guardian that stands still holds nobody up", life::stopped),
        ("a program that fails its self-test leaves the running one as it is", restart::refused),
        ("a program that cannot go on after all begins anew", restart::begins_anew),
        ("a stop at any time of a restart leaves nothing behind", restart::stopped),
        ("what others do while no program looks is undone", restart::meanwhile),
        ("trackers, groups, statics, scripts and released routers go on", restart::everything),
    ];
    if std::env::var_os("TANIST_LONG").is_some() {
        trials.push(harness::test("how soon priority 0 is said", times::priority_zero));
    }
    if container::is_possible() {
        trials.push(harness::test(
            "in a container whose first process is another, a killed daemon leaves nothing",
            container::killed,
        ));
    } else {
        harness::skipped(
            "a guardian in a container: this machine permits no processes of our own (unshare --pid --mount-proc)",
        );
    }
    trials.extend(single.map(|(what, test)| harness::test(what, test)));
    trials
}

/// A bench of two routers that do not run yet, and what the left one's machine looks like.
fn machines() -> (Bench, MachineState) {
    let tanist = || Program::Tanist(env!("CARGO_BIN_EXE_tanist").into());
    let bench = Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap();
    let before = MachineState::at_rest(&bench.left.host, PATIENCE).unwrap();
    (bench, before)
}

/// The left router is master, the right one its backup.
fn bench(instance: &Instance) -> (Bench, MachineState) {
    let (mut bench, before) = machines();
    bench.left.start_with(&guarded(instance)).unwrap();
    becomes(&bench.left, "MASTER");
    bench.right.start_with(&Instance { priority: 100, ..instance.clone() }).unwrap();
    becomes(&bench.right, "BACKUP");
    (bench, before)
}

/// With a guardian, unless it says otherwise.
fn guarded(instance: &Instance) -> Instance {
    if instance.globals.is_empty() { instance.clone().with_global("tanist_guardian on") } else { instance.clone() }
}

fn becomes(router: &RouterHost, state: &str) {
    assert!(router.wait_state(state, PATIENCE), "becomes {state}; {}", router.log());
}

/// The guardian of a router's daemon.
fn guardian(router: &RouterHost) -> Pid {
    child(router.pid().unwrap(), "tanist-guardian", router)
}

/// The child of that name, of a process of a router.
fn child(parent: Pid, name: &str, router: &RouterHost) -> Pid {
    let of = |parent: Pid| {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", parent.as_raw_pid())).ok()?;
        let children = tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        let children: Vec<i32> = children
            .flat_map(|all| all.split_whitespace().filter_map(|it| it.parse().ok()).collect::<Vec<_>>())
            .collect();
        let is_it =
            |pid: &i32| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|it| it.trim_end() == name);
        children.into_iter().find(is_it).and_then(Pid::from_raw)
    };
    let found = wait::found(PATIENCE, || of(parent));
    found.unwrap_or_else(|| panic!("{parent:?} has a child {name}; {}", router.log()))
}

/// How often a process has gone to sleep.
fn wakeups(pid: Pid) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
    line.trim().parse().unwrap()
}

/// The process has ended.
fn ends(pid: Pid, router: &RouterHost) {
    let gone = || !std::path::Path::new(&format!("/proc/{}", pid.as_raw_pid())).exists() || is_zombie(pid);
    assert!(wait::until(PATIENCE, gone), "{pid:?} ends; {}", router.log());
}

/// One that has ended, and whose parent did so before: whoever adopts it may not care.
fn is_zombie(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid())).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

/// The machine is as it was, and nothing is left for a later start.
fn restored(router: &RouterHost, before: &MachineState) {
    let changes = before.changes_at_rest(&router.host, PATIENCE);
    assert_eq!(changes, Vec::<String>::new(), "log: {}", router.log());
    let record = router.file("state").join("ledger.json");
    assert!(wait::until(PATIENCE, || !record.exists()), "no record is left; {}", router.log());
}

/// Stops it as planned.
fn stop(router: &mut RouterHost) {
    router.signal(rustix::process::Signal::TERM).unwrap();
    let status = router.wait_end(PATIENCE);
    assert!(status.is_some_and(|status| status.success()), "ends with success: {status:?}; {}", router.log());
}

/// Whether the host has the virtual address.
fn has_address(router: &RouterHost) -> bool {
    router.host.run_program("ip", &["-o", "addr", "show"]).is_ok_and(|all| all.contains("10.9.0.1/"))
}
