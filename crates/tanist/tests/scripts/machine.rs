//! A host with a daemon on it, and a look at processes.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lab::{Forwarding, Host, HostSpec, Lan, wait};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long something may take that is not timed by the protocol.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// A host with a daemon, and a directory for both.
pub(super) struct Machine {
    pub(super) host: Host,
    files: TempDir,
    pub(super) child: Option<Child>,
    _lan: Lan,
}

impl Machine {
    pub(super) fn new() -> Self {
        let mut lan = Lan::new().unwrap();
        let addresses = [("10.9.0.2".parse().unwrap(), 24)];
        let spec = HostSpec { name: "router", nic: "eth0", forwarding: Forwarding::On, addresses: &addresses };
        let host = lan.plug(&spec).unwrap();
        let files = TempDir::with_prefix("tanist-test-").unwrap();
        fs::set_permissions(files.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { host, files, child: None, _lan: lan }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    pub(super) fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// A script with this body. `$DIR` is the directory.
    pub(super) fn script(&self, name: &str, body: &str) -> String {
        let path = self.path(name);
        fs::write(&path, format!("#!/bin/sh\nDIR={}\n{body}\n", self.files.path().display())).unwrap();
        self.mode(name, 0o755);
        self.text(name)
    }

    pub(super) fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// A configuration of this many routers, each with these lines.
    pub(super) fn configure(&self, global: &str, routers: u8, lines: &str) {
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
    pub(super) fn start_by(&mut self, wrapper: &[&str]) {
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

    /// Starts another program on the host.
    pub(super) fn spawn(&self, command: &mut Command) -> Child {
        let _inside = self.host.namespace.enter().unwrap();
        command.spawn().unwrap()
    }

    /// What `tanist status --json` says.
    pub(super) fn status(&self) -> serde_json::Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tanist"));
        command.args(["status", "--json", "--control"]).arg(self.path("state/control"));
        let output = command.output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    pub(super) fn start(&mut self) {
        self.start_by(&[]);
    }

    pub(super) fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().unwrap())
    }

    /// Waits for the runner.
    pub(super) fn runner(&self) -> Pid {
        let is_it = |pid: &Pid| {
            let name = fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_pid()));
            name.is_ok_and(|name| name == "tanist: scripts\n")
        };
        let found = wait::found(PATIENCE, || children(self.pid()).into_iter().find(is_it));
        found.unwrap_or_else(|| panic!("there is a runner; {}", self.read("log")))
    }

    /// Waits until a file holds this.
    pub(super) fn holds(&self, name: &str, what: &str) {
        let holds = || self.read(name).contains(what);
        assert!(eventually(holds), "{what} in {name}: {}; {}", self.read(name), self.read("log"));
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// SIGTERM; returns how long the daemon took to end, which it does with success.
    pub(super) fn stop(&mut self) -> Duration {
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

    pub(super) fn kill(&mut self) {
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

pub(super) fn eventually(condition: impl FnMut() -> bool) -> bool {
    wait::until(PATIENCE, condition)
}

/// Children of all threads of a process.
pub(super) fn children(pid: Pid) -> Vec<Pid> {
    let tasks = fs::read_dir(format!("/proc/{}/task", pid.as_raw_pid())).into_iter().flatten().flatten();
    let lists = tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default());
    let pids = |list: String| -> Vec<Pid> {
        list.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
    };
    lists.flat_map(pids).collect()
}

/// Whether a process is there and is no zombie.
pub(super) fn lives(pid: Pid) -> bool {
    state(pid).is_some_and(|state| state != "Z")
}

/// The state of a process: a letter.
pub(super) fn state(pid: Pid) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid())).ok()?;
    stat.rsplit(") ").next()?.split(' ').next().map(str::to_owned)
}

pub(super) fn pid_in(text: &str) -> Pid {
    Pid::from_raw(text.trim().parse().unwrap()).unwrap()
}

/// Of each of these.
pub(super) fn states(pids: &[Pid]) -> Vec<Option<String>> {
    pids.iter().map(|pid| state(*pid)).collect()
}
