//! The life of a daemon that nobody waits for: neutron and Octavia know it by its pid files only.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use lab::{Network, NetworkBuilder, Program, RouterHost, wait};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use testbed::lan::Listener;

use super::{PATIENCE, as_keepalived};

const VIP: &str = "10.9.0.100";
const OTHER: &str = "10.9.0.101";

fn config(addresses: &[&str]) -> String {
    format!(
        "vrrp_instance A {{\n interface eth0\n virtual_router_id 51\n version 3\n advert_int 0.1\n notify_stop \"/bin/sleep 8\"\n \
         virtual_ipaddress {{\n {}\n }}\n}}\n",
        addresses.join("\n ")
    )
}

/// Ends what the pid file names.
struct Ended<'a>(&'a Path);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        if let Some(pid) = pid_in(self.0) {
            kill_process(pid, Signal::KILL).ok();
        }
    }
}

fn pid_in(file: &Path) -> Option<Pid> {
    let text = fs::read_to_string(file).ok()?;
    text.strip_suffix('\n')?.parse().ok().and_then(Pid::from_raw)
}

/// What is left of one that has ended until somebody has waited for it has no arguments.
fn runs(pid: Pid) -> bool {
    test_kill_process(pid).is_ok() && !proc(pid, "cmdline").is_empty()
}

fn proc(pid: Pid, what: &str) -> String {
    fs::read_to_string(format!("/proc/{}/{what}", pid.as_raw_pid())).unwrap_or_default()
}

/// The next word to a service manager.
fn heard(manager: &Listener) -> String {
    manager.next(PATIENCE).expect("the service manager is told nothing")
}

/// Starts it as a service manager would, and waits for that process only. What it says goes to the log.
fn launch(in_foreground: &Command, router: &RouterHost) -> ExitStatus {
    let arguments = in_foreground.get_args().filter(|it| *it != "-n");
    let log = File::options().create(true).append(true).open(router.file("log")).unwrap();
    let mut command = Command::new(in_foreground.get_program());
    command.arg0("keepalived").args(arguments).env("TMPDIR", router.file(""));
    command.envs(in_foreground.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).status().unwrap()
}

pub(crate) fn life() {
    let builder = NetworkBuilder::new().router("a", Program::Keepalived).cable("eth0", &["10.9.0.2/24"]);
    let Network { routers: [mut router], client: _client, capture: _capture, lan: _lan } = builder.build().unwrap();
    router.configure(&config(&[VIP])).unwrap();
    let (parent, vrrp) = (router.file("pid"), router.file("vrrp.pid"));
    // Making it removes pid files.
    let mut command = as_keepalived(&router);
    let manager = Listener::at(&router.file("notify"));
    command.env("NOTIFY_SOCKET", router.file("notify"));
    let start = || router.host.namespace.run(|| launch(&command, &router)).unwrap();
    let holds = |address: &str| router.host.link_of(address.parse().unwrap()).is_some();
    let _ended = Ended(&parent);

    let started = start();
    assert!(started.success(), "{started}: {}", router.log());
    // Whoever started it goes by these at once.
    let pid = pid_in(&parent).expect("a pid file");
    assert_eq!(heard(&manager), format!("MAINPID={}\n", pid.as_raw_pid()));
    while heard(&manager) != "READY=1\n" {}
    drop(manager);
    assert_eq!(pid_in(&vrrp), Some(pid));
    assert_eq!(proc(pid, "comm"), "keepalived\n");
    assert!(proc(pid, "cmdline").contains("daemon.conf"), "{}", proc(pid, "cmdline"));
    assert!(wait::until(PATIENCE, || holds(VIP)));

    let again = start();
    assert!(again.success() && router.log().contains("already running"), "{again}: {}", router.log());
    assert_eq!(pid_in(&parent), Some(pid));

    fs::write(router.file("daemon.conf"), config(&[VIP, OTHER])).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
    assert!(wait::until(PATIENCE, || holds(OTHER)));
    assert!(runs(pid));

    kill_process(pid, Signal::USR1).unwrap();
    let dump = router.file("keepalived.data");
    assert!(wait::until(PATIENCE, || fs::read_to_string(&dump).is_ok_and(|it| it.contains("   State = MASTER\n"))));

    kill_process(pid, Signal::KILL).unwrap();
    assert!(wait::until(PATIENCE, || !runs(pid)));
    let started = start();
    assert!(started.success(), "its pid file is stale: {started}: {}", router.log());
    let pid = pid_in(&parent).expect("a pid file");
    assert!(wait::until(PATIENCE, || holds(VIP)));

    kill_process(pid, Signal::TERM).unwrap();
    // neutron waits for five seconds, and its stop script takes eight.
    assert!(wait::until(PATIENCE / 3, || !runs(pid)), "its script holds it up");
    assert!(!parent.exists() && !vrrp.exists());
    assert!(!holds(VIP) && !holds(OTHER));
}
