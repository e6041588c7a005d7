//! Notify scripts: what runs them, as whom, and how they end.
#![expect(clippy::print_stderr, reason = "tests talk to whoever runs them")]

mod daemon;
mod flips;
mod life;
mod likeness;
mod machine;
mod pipes;
mod users;

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use lab::wait;
use libtest_mimic::Trial;
use rustix::process::{Signal, kill_process};
use testbed::lan::harness;

use self::machine::{Machine, PATIENCE, children, eventually, lives, pid_in, state, states};

/// A script that takes this long was not waited for.
const LONG: &str = "sleep 300";
/// A stop waits a second for scripts. On a loaded machine it takes longer, but not so long.
const STOP_TIME: Duration = Duration::from_secs(4);
/// Writes its process id and that of a child, and takes long.
const SLOW: &str = "sleep 300 & echo $! > $DIR/child; echo $$ > $DIR/pid; wait";

fn main() -> ExitCode {
    harness::run(all)
}

/// A test, given a machine of its own.
type Test = fn(&mut Machine);

fn all() -> Vec<Trial> {
    let everywhere: [(&str, Test); 18] = [
        ("the runner has a name of its own", name),
        ("a daemon that is killed takes its runner and its scripts with it", killed),
        ("a runner that is killed is replaced, leaves no zombie, and its script ends", runner_killed),
        ("a frozen runner does not hold up a stop", frozen_runner),
        ("a frozen runner ends with a daemon that is killed", frozen_runner_killed),
        ("a stop waits a second for scripts, and runs the one for STOP behind one that is slow", slow_stop),
        ("no more than 64 scripts run at a time", limit),
        ("scripts get what users set, and nothing that loads code", environment),
        ("a router that a reload removes runs its script for STOP", removed),
        ("a script that takes too long is ended with all that it started", time_limit),
        (
            "a router that changes its state all the time: the last script is that of the state",
            flips::the_last_script_is_that_of_the_state,
        ),
        ("startup_script and shutdown_script run around all that routers do", daemon::startup_and_shutdown),
        ("scripts of the daemon that hang are ended", daemon::time_limits),
        ("a stop does not wait for startup_script", daemon::stopped_during_startup),
        ("what reads a pipe gets all lines, and starts again after a reload and with its runner", pipes::reader),
        ("a reader that does not end is killed", pipes::stubborn_reader),
        ("a pipe is neither a file nor behind a link", pipes::refused),
        ("a pipe of a daemon that was killed is taken away", pipes::killed),
    ];
    let as_root: [(&str, Test); 8] = [
        ("with enable_script_security, what becomes unsafe after the start does not run", users::becomes_unsafe),
        ("without, it runs with a warning", users::becomes_unsafe_and_runs),
        ("a link to a safe script in a directory of somebody else does not run", users::link_of_somebody_else),
        ("scripts of another user have no capability, whoever the daemon is", users::ambient_capabilities),
        ("a user that scripts cannot run as is named at the start", users::no_setuid),
        ("as process 1 it leaves no zombies", process_1),
        ("a pipe of somebody else is not used, and one that is made has its owner", pipes::of_somebody_else),
        ("with set_supplementary_groups scripts have all groups of their user", users::all_groups),
    ];
    let root = is_root_of_the_machine()
        && harness::has_program("setpriv", "users")
        && harness::has_program("unshare", "users");
    if !root {
        eprintln!("SKIPPED, users, unsafe scripts and process 1: only the machine's root can try them");
    }
    if root {
        users::give_nobody_a_group();
    }
    let as_root = as_root.iter().filter(|_| root);
    let trial = |&(what, test): &(&'static str, Test)| harness::test(what, move || test(&mut Machine::new()));
    let mut trials: Vec<Trial> = everywhere.iter().chain(as_root).map(trial).collect();
    trials.push(harness::test("pipes are told a whole life as by keepalived", life::of_tanist));
    trials.push(harness::test("G24: a master whose race was lost for a moment claims again", life::lost_race));
    if harness::has_program("keepalived", "its lines and its scripts") {
        trials.push(harness::test("the same life of keepalived", life::of_keepalived));
        if root {
            let test = || likeness::beside_keepalived(&mut Machine::new());
            trials.push(harness::test("scripts are run as by keepalived", test));
        }
    }
    trials
}

/// In a user namespace nothing belongs to root, and there are no other users.
fn is_root_of_the_machine() -> bool {
    let root = rustix::fs::stat("/").is_ok_and(|file| file.st_uid == 0);
    root && fs::read_to_string("/proc/self/uid_map").is_ok_and(|map| map.split_whitespace().nth(2) != Some("1"))
}

fn name(machine: &mut Machine) {
    let script = machine.script("script", "true");
    machine.configure("", 1, &format!("notify \"{script}\""));
    machine.start();
    let runner = machine.runner().as_raw_pid();
    let of = |file: &str| fs::read_to_string(format!("/proc/{runner}/{file}")).unwrap_or_default();
    assert!(eventually(|| of("comm") == "tanist: scripts\n"), "{}", of("comm"));
    assert!(of("cmdline").starts_with("tanist: scripts\0"), "{}", of("cmdline"));
    assert!(machine.stop() < STOP_TIME);
}

fn killed(machine: &mut Machine) {
    let script = machine.script("script", SLOW);
    machine.configure("", 1, &format!("notify_backup {script}"));
    machine.start();
    machine.holds("pid", "\n");
    let mut all = vec![machine.runner()];
    all.extend([pid_in(&machine.read("pid")), pid_in(&machine.read("child"))]);
    machine.kill();
    // A new daemon has its own at once.
    assert!(wait::until(STOP_TIME, || !all.iter().any(|pid| lives(*pid))), "{:?}", states(&all));
}

fn runner_killed(machine: &mut Machine) {
    let backup = machine.script("backup", SLOW);
    let stop = machine.script("stop", "echo stopped > $DIR/stopped");
    machine.configure("", 1, &format!("notify_backup {backup}\n notify_stop {stop}"));
    machine.start();
    machine.holds("pid", "\n");
    let (runner, script) = (machine.runner(), pid_in(&machine.read("pid")));
    kill_process(runner, Signal::KILL).unwrap();
    assert!(eventually(|| !lives(script)), "the script ends");
    assert!(eventually(|| machine.runner() != runner), "another runner");
    assert_eq!(state(runner), None, "no zombie; {}", machine.read("log"));
    // Whoever dies before it could say that the script runs has it run again.
    let reported = || machine.read("log").contains("was ended, because the script runner ended");
    let repeated = || machine.read("pid").trim().parse().is_ok_and(|pid: i32| pid != script.as_raw_pid());
    assert!(eventually(|| reported() || repeated()), "{}", machine.read("log"));
    machine.stop();
    assert_eq!(machine.read("stopped"), "stopped\n", "{}", machine.read("log"));
}

fn frozen_runner(machine: &mut Machine) {
    let script = machine.script("script", SLOW);
    machine.configure("", 1, &format!("notify_backup {script}"));
    machine.start();
    machine.holds("pid", "\n");
    let all = [machine.runner(), pid_in(&machine.read("pid")), pid_in(&machine.read("child"))];
    kill_process(all[0], Signal::STOP).unwrap();
    let took = machine.stop();
    assert!(took < STOP_TIME, "{took:?}; {}", machine.read("log"));
    assert!(eventually(|| !all.iter().any(|pid| lives(*pid))), "and takes all along: {:?}", states(&all));
}

fn frozen_runner_killed(machine: &mut Machine) {
    let script = machine.script("script", SLOW);
    machine.configure("", 1, &format!("notify_backup {script}"));
    machine.start();
    machine.holds("pid", "\n");
    let all = [machine.runner(), pid_in(&machine.read("pid")), pid_in(&machine.read("child"))];
    kill_process(all[0], Signal::STOP).unwrap();
    machine.kill();
    assert!(wait::until(STOP_TIME, || !all.iter().any(|pid| lives(*pid))), "{:?}", states(&all));
}

fn slow_stop(machine: &mut Machine) {
    let backup = machine.script("backup", &format!("echo backup >> $DIR/record; {LONG}"));
    let stop = machine.script("stop", &format!("echo stop >> $DIR/record; {LONG}"));
    machine.configure("", 1, &format!("notify_backup {backup}\n notify_stop {stop}"));
    machine.start();
    machine.holds("record", "backup");
    let took = machine.stop();
    assert!(took < STOP_TIME, "{took:?}; {}", machine.read("log"));
    assert_eq!(machine.read("record"), "backup\nstop\n", "{}", machine.read("log"));
    assert!(machine.read("log").contains("was ended, because the daemon stops"), "{}", machine.read("log"));
}

fn limit(machine: &mut Machine) {
    const ROUTERS: u8 = 100;
    // One write each, so lines stay whole.
    let script = machine.script("script", "echo + >> $DIR/record; sleep 1; echo - >> $DIR/record");
    machine.configure("", ROUTERS, &format!("notify_backup {script}"));
    machine.start();
    let ended = || machine.read("record").lines().filter(|line| *line == "-").count();
    assert!(eventually(|| ended() == usize::from(ROUTERS)), "{}; {}", machine.read("record"), machine.read("log"));
    let mut running = 0_i32;
    let mut most = 0;
    for line in machine.read("record").lines() {
        running += if line == "+" { 1 } else { -1 };
        most = most.max(running);
    }
    // A loaded machine starts them slowly.
    assert!((8..=64).contains(&most), "{most} at a time");
}

fn environment(machine: &mut Machine) {
    let script = machine.script("script", "env > $DIR/env; echo >> $DIR/env done");
    machine.configure("", 1, &format!("notify_backup {script}"));
    machine.start();
    machine.holds("env", "done");
    let environment = machine.read("env");
    assert!(environment.contains("AWS_REGION=here") && environment.contains("PATH=/"), "{environment}");
    for withheld in ["LD_AUDIT", "BASH_ENV", "PYTHONPATH"] {
        assert!(!environment.contains(withheld), "{environment}");
    }
}

fn removed(machine: &mut Machine) {
    let script = machine.script("script", "echo $2 $3 >> $DIR/record");
    machine.configure("", 2, &format!("notify {script}"));
    machine.start();
    machine.holds("record", "VI_1 MASTER");
    machine.holds("record", "VI_2 MASTER");
    machine.configure("", 1, &format!("notify {script}"));
    machine.signal(Signal::HUP);
    machine.holds("record", "VI_2 STOP");
    machine.stop();
    assert!(machine.read("record").ends_with("VI_1 STOP\n"), "{}", machine.read("record"));
}

/// Speaks with the runner as the daemon does.
fn time_limit(machine: &mut Machine) {
    let slow = machine.script("slow", SLOW);
    // Without a first line that names an interpreter, the shell runs it.
    let plain = machine.script("plain", "");
    fs::write(&plain, format!("echo plain > {}\n", machine.text("record"))).unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanist"));
    machine.child = Some(command.arg("runner").stdin(Stdio::from(OwnedFd::from(theirs))).spawn().unwrap());
    drop(command);
    let mut requests = ours.try_clone().unwrap();
    let mut run = |id: u64, script: &str, limit: &str| {
        let job = format!(
            r#"{{"queue":"VI","argv":["{script}"],"identity":null,"if_weak":"report","time_limit":{limit},"life":"once","output":"inherited"}}"#
        );
        writeln!(requests, r#"{{"run":{{"id":{id},"job":{job}}}}}"#).unwrap();
    };
    run(1, &plain, r#"{"secs":60,"nanos":0}"#);
    run(2, &slow, r#"{"secs":2,"nanos":0}"#);
    let mut replies = BufReader::new(ours).lines().map(Result::unwrap);
    let mut wait_for = |what: &str| {
        let found = replies.by_ref().find(|reply| reply.contains(what) || reply.contains("cannot"));
        assert!(found.as_ref().is_some_and(|reply| reply.contains(what)), "{found:?}");
    };
    wait_for(r#""ended":{"id":1,"status":0"#);
    assert_eq!(machine.read("record"), "plain\n");
    wait_for(r#""timed_out":{"id":2"#);
    let all = [pid_in(&machine.read("pid")), pid_in(&machine.read("child"))];
    assert!(eventually(|| !all.iter().any(|pid| lives(*pid))));
    drop((requests, replies));
    assert!(eventually(|| machine.child.as_mut().unwrap().try_wait().unwrap().is_some()), "it ends with its input");
}

fn process_1(machine: &mut Machine) {
    const ROUTERS: u8 = 25;
    // What it leaves running ends when the script has ended, so nobody waits for it.
    let script = machine.script("script", "(sleep 0.3) & echo x >> $DIR/record");
    machine.configure("", ROUTERS, &format!("notify {script}"));
    machine.start_by(&["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]);
    let runs = || machine.read("record").lines().count();
    assert!(eventually(|| runs() == 2 * usize::from(ROUTERS)), "{} runs; {}", runs(), machine.read("log"));
    let daemon = children(machine.pid())[0];
    let left = || states(&children(daemon));
    assert!(eventually(|| left().len() == 2), "the runner and the guardian: {:?}", left());
    let begin = Instant::now();
    kill_process(daemon, Signal::TERM).unwrap();
    let status = machine.child.take().map(|mut child| child.wait());
    assert!(begin.elapsed() < PATIENCE && status.is_some_and(|it: io::Result<_>| it.is_ok_and(|it| it.success())));
}
