//! Notify scripts: what runs them, as whom, and how they end.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use linux::lan::{Host, Lan, Role, Seat};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use testbed::lan::harness;

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(30);
/// A script that takes this long was not waited for.
const LONG: &str = "sleep 300";
/// A stop waits a second for scripts. On a loaded machine it takes longer, but not so long.
const STOP_TIME: Duration = Duration::from_secs(4);
/// A user other than root that every system has.
const NOBODY: u32 = 65534;
/// A user that the daemon runs as where it is not root.
const DAEMON: u32 = 1;

fn main() -> ExitCode {
    harness::run(all)
}

/// A test, given a machine of its own.
type Test = fn(&mut Machine);

fn all() -> Vec<Trial> {
    let everywhere: [(&str, Test); 9] = [
        ("the runner has a name of its own", name),
        ("a daemon that is killed takes its runner and its scripts with it", killed),
        ("a runner that is killed is replaced, leaves no zombie, and its script ends", runner_killed),
        ("a frozen runner does not hold up a stop", frozen_runner),
        ("a frozen runner ends with a daemon that is killed", frozen_runner_killed),
        ("a stop waits a second for scripts, and tells STOP behind one that is slow", slow_stop),
        ("no more than 64 scripts run at a time", limit),
        ("scripts get what users set, and nothing that loads code", environment),
        ("a script that takes too long is ended with all that it started", time_limit),
    ];
    let as_root: [(&str, Test); 6] = [
        ("with enable_script_security, what becomes unsafe after the start does not run", becomes_unsafe),
        ("without, it runs with a warning", becomes_unsafe_and_runs),
        ("a link to a safe script in a directory of somebody else does not run", link_of_somebody_else),
        ("scripts of another user have no capability, whoever the daemon is", ambient_capabilities),
        ("a user that scripts cannot run as is named at the start", no_setuid),
        ("as process 1 it leaves no zombies", process_1),
    ];
    let root = is_root_of_the_machine()
        && harness::has_program("setpriv", "users")
        && harness::has_program("unshare", "users");
    let as_root = as_root.iter().filter(|_| root);
    let trial = |&(what, test): &(&'static str, Test)| harness::test(what, move || test(&mut Machine::new()));
    everywhere.iter().chain(as_root).map(trial).collect()
}

/// In a user namespace nothing belongs to root, and there are no other users.
fn is_root_of_the_machine() -> bool {
    let root = rustix::fs::stat("/").is_ok_and(|file| file.st_uid == 0);
    root && fs::read_to_string("/proc/self/uid_map").is_ok_and(|map| map.split_whitespace().nth(2) != Some("1"))
}

/// A host with a daemon, and a directory for both.
struct Machine {
    host: Host,
    files: TempDir,
    child: Option<Child>,
    _lan: Lan,
}

impl Machine {
    fn new() -> Self {
        let mut lan = Lan::new().unwrap();
        let addresses = [("10.9.0.2".parse().unwrap(), 24)];
        let seat = Seat { name: "router", nic: "eth0", role: Role::Router, addresses: &addresses };
        let host = lan.plug(&seat).unwrap();
        let files = TempDir::with_prefix("tanist-test-").unwrap();
        fs::set_permissions(files.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { host, files, child: None, _lan: lan }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// A script with this body. `$DIR` is the directory.
    fn script(&self, name: &str, body: &str) -> String {
        let path = self.path(name);
        fs::write(&path, format!("#!/bin/sh\nDIR={}\n{body}\n", self.files.path().display())).unwrap();
        self.mode(name, 0o755);
        self.text(name)
    }

    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// A configuration of this many routers, each with these lines.
    fn configure(&self, global: &str, routers: u8, lines: &str) {
        let instance = |number: u8| {
            format!(
                "vrrp_instance VI_{number} {{\n interface eth0\n virtual_router_id {number}\n priority 150\n advert_int 0.3\n \
                 {lines}\n virtual_ipaddress {{\n 10.9.1.{number}/24\n }}\n}}\n"
            )
        };
        let instances: String = (1..=routers).map(instance).collect();
        let text = format!("global_defs {{\n vrrp_version 3\n {global}\n}}\n{instances}");
        fs::write(self.path("daemon.conf"), text).unwrap();
    }

    /// Starts the daemon, through a program that runs it.
    fn start_by(&mut self, wrapper: &[&str]) {
        let log = File::options().create(true).append(true).open(self.path("log")).unwrap();
        let words = [wrapper, &[env!("CARGO_BIN_EXE_tanist"), "run", "--foreground", "-f"]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(self.path("daemon.conf"));
        command.arg("--state-dir").arg(self.path("state")).arg("--control").arg(self.path("state/control"));
        command.env("AWS_REGION", "here").env("LD_AUDIT", "").env("BASH_ENV", "/no/such").env("PYTHONPATH", "/no/such");
        let _inside = self.host.namespace.enter().unwrap();
        let command = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    fn start(&mut self) {
        self.start_by(&[]);
    }

    fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().unwrap())
    }

    /// Waits for the runner, the only child of the daemon.
    fn runner(&self) -> Pid {
        let daemon = self.pid();
        assert!(eventually(|| children(daemon).len() == 1), "one child; {}", self.read("log"));
        children(daemon)[0]
    }

    /// Waits until a file holds this.
    fn holds(&self, name: &str, what: &str) {
        let holds = || self.read(name).contains(what);
        assert!(eventually(holds), "{what} in {name}: {}; {}", self.read(name), self.read("log"));
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// SIGTERM; tells how long the daemon took to end, which it does with success.
    fn stop(&mut self) -> Duration {
        let begin = Instant::now();
        self.signal(Signal::TERM);
        let mut child = self.child.take().unwrap();
        let mut status = None;
        eventually(|| {
            status = child.try_wait().unwrap();
            status.is_some()
        });
        if status.is_none() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert!(status.is_some_and(|status| status.success()), "{status:?}; {}", self.read("log"));
        begin.elapsed()
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.kill();
    }
}

fn eventually(condition: impl FnMut() -> bool) -> bool {
    within(PATIENCE, condition)
}

fn within(time: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + time;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        sleep(Duration::from_millis(10));
    }
}

/// Children of all threads of a process.
fn children(pid: Pid) -> Vec<Pid> {
    let tasks = fs::read_dir(format!("/proc/{}/task", pid.as_raw_pid())).into_iter().flatten().flatten();
    let lists = tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default());
    let pids = |list: String| -> Vec<Pid> {
        list.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
    };
    lists.flat_map(pids).collect()
}

/// Whether a process is there and is no zombie.
fn lives(pid: Pid) -> bool {
    state(pid).is_some_and(|state| state != "Z")
}

/// The state of a process: a letter.
fn state(pid: Pid) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid())).ok()?;
    stat.rsplit(") ").next()?.split(' ').next().map(str::to_owned)
}

fn pid_in(text: &str) -> Pid {
    Pid::from_raw(text.trim().parse().unwrap()).unwrap()
}

/// Writes its process id and that of a child, and takes long.
const SLOW: &str = "sleep 300 & echo $! > $DIR/child; echo $$ > $DIR/pid; wait";

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
    assert!(within(STOP_TIME, || !all.iter().any(|pid| lives(*pid))), "{:?}", states(&all));
}

fn states(pids: &[Pid]) -> Vec<Option<String>> {
    pids.iter().map(|pid| state(*pid)).collect()
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
    assert!(eventually(|| children(machine.pid()).first().is_some_and(|pid| *pid != runner)), "another runner");
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
    assert!(within(STOP_TIME, || !all.iter().any(|pid| lives(*pid))), "{:?}", states(&all));
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
    assert!((32..=64).contains(&most), "{most} at a time");
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
        let job =
            format!(r#"{{"queue":"VI","argv":["{script}"],"identity":null,"if_weak":"report","time_limit":{limit}}}"#);
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

fn becomes_unsafe(machine: &mut Machine) {
    changed_script(machine, "enable_script_security");
    let bad = machine.text("bad");
    machine.holds(
        "log",
        &format!("was not run, because enable_script_security is set: {bad} can be changed by every user"),
    );
    assert_eq!(machine.read("record"), "good INSTANCE VI_1 BACKUP\ngood INSTANCE VI_1 MASTER\n");
}

fn becomes_unsafe_and_runs(machine: &mut Machine) {
    changed_script(machine, "");
    let bad = machine.text("bad");
    machine.holds("log", &format!("{bad} can be changed by every user"));
    machine.holds("log", "it runs as root all the same");
    assert!(machine.read("record").ends_with("bad STOP\n"), "{}", machine.read("record"));
}

fn link_of_somebody_else(machine: &mut Machine) {
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

fn ambient_capabilities(machine: &mut Machine) {
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

fn no_setuid(machine: &mut Machine) {
    let script = machine.script("script", "true");
    machine.configure("script_user nobody nogroup", 1, &format!("notify_backup {script}"));
    start_with_ambient(machine, "+net_admin,+net_raw");
    machine.holds("log", &format!("cannot run as user {NOBODY} and group {NOBODY}: the daemon has no CAP_SETUID"));
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
    assert!(eventually(|| left().len() == 1), "the runner only: {:?}", left());
    let begin = Instant::now();
    kill_process(daemon, Signal::TERM).unwrap();
    let status = machine.child.take().map(|mut child| child.wait());
    assert!(begin.elapsed() < PATIENCE && status.is_some_and(|it: io::Result<_>| it.is_ok_and(|it| it.success())));
}
