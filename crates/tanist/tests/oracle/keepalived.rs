//! keepalived: started, made to dump what it understood, stopped.
//!
//! With `-d` every process writes all its data to the log once the configuration has been read and checked, and before
//! anything happens that would change it: instances still have the state they are to start in. A signal would bring the
//! same later (SIGUSR1) or less of it (JSON), and none of it if it comes before the handlers are there.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use testbed::lan::harness;

use crate::case::{Bfd, Case};
use crate::dump;
use crate::ground::Ground;
use crate::normal::Normal;

/// Where Debian installs it; /usr/sbin is not in every user's PATH.
const PROGRAM: &str = "/usr/sbin/keepalived";
/// Other versions differ in what they accept (Debian 12 has this one) and in what they dump.
const VERSION: &str = "v2.2.7";
/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL_PERIOD: Duration = Duration::from_millis(5);
/// The last section of the VRRP process: what comes before it is complete.
const END_OF_VRRP: &str = "------< Interfaces >------";
/// The section of the BFD process, and the first and last line of each session in it.
const BFD_SECTION: &str = "------< BFD Topology >------";
const BFD_FIRST: &str = " BFD Instance = ";
const BFD_LAST: &str = "   send event to checker process = ";
/// Options for pid files, each with a file.
const PID_FILES: [(&str, &str); 4] = [("-p", "pid"), ("-r", "vrrp.pid"), ("-b", "bfd.pid"), ("-c", "checkers.pid")];

/// What keepalived made of a case.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It runs, with this.
    Runs(Normal),
    /// It ended.
    Refused {
        /// How.
        status: ExitStatus,
        /// What it said.
        log: String,
    },
}

/// Whether keepalived is installed in the version whose dump is understood here; if not, says so on standard error.
#[expect(clippy::print_stderr, reason = "tests talk to whoever runs them")]
pub(crate) fn is_the_known_one() -> bool {
    if !harness::has_program("keepalived", "the oracle") {
        return false;
    }
    let output = Command::new(PROGRAM).arg("--version").output();
    let said = output.map(|output| String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned());
    let version = said.unwrap_or_default().lines().next().unwrap_or_default().to_owned();
    let known = version.contains(VERSION);
    if !known {
        eprintln!("SKIPPED, the oracle: {PROGRAM} is not {VERSION} but {version:?}");
    }
    known
}

/// Starts keepalived and reads its dump.
pub(crate) fn ask(ground: &Ground, case: &Case) -> Result<Outcome, String> {
    let vrrp_only: &[&str] = match case.bfd {
        // Two processes that dump at a time mix their lines.
        Bfd::With => &["-B"],
        Bfd::Without => &[],
    };
    let log = match run(ground, case, vrrp_only, is_vrrp_complete).map_err(|error| error.to_string())? {
        Ended::Dumped(log) => log,
        Ended::Refused(status, log) => return Ok(Outcome::Refused { status, log }),
    };
    let mut normal = dump::read(&log)?;
    if case.bfd == Bfd::With {
        match run(ground, case, &[], is_bfd_complete).map_err(|error| error.to_string())? {
            Ended::Dumped(log) => dump::read_bfd(&log, &mut normal)?,
            Ended::Refused(status, log) => return Ok(Outcome::Refused { status, log }),
        }
    }
    Ok(Outcome::Runs(normal))
}

/// How a run ended.
enum Ended {
    Dumped(String),
    Refused(ExitStatus, String),
}

fn run(ground: &Ground, case: &Case, options: &[&str], complete: fn(&str) -> bool) -> io::Result<Ended> {
    let mut daemon = Daemon::start(ground, case, options)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = daemon.child.try_wait()?;
        let log = daemon.log()?;
        if complete(&log) {
            return Ok(Ended::Dumped(log));
        }
        if let Some(status) = status {
            return Ok(Ended::Refused(status, log));
        }
        if Instant::now() >= deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("no dump of keepalived; it said:\n{log}")));
        }
        sleep(POLL_PERIOD);
    }
}

fn is_vrrp_complete(log: &str) -> bool {
    log.contains(END_OF_VRRP)
}

fn is_bfd_complete(log: &str) -> bool {
    let count = |what| log.matches(what).count();
    log.contains(END_OF_VRRP) && log.contains(BFD_SECTION) && count(BFD_FIRST) == count(BFD_LAST)
}

/// A running keepalived; dropping it kills all its processes.
struct Daemon<'a> {
    child: Child,
    ground: &'a Ground,
}

impl<'a> Daemon<'a> {
    fn start(ground: &'a Ground, case: &Case, options: &[&str]) -> io::Result<Self> {
        let log = File::create(ground.scratch.path().join("log"))?;
        let mut command = Command::new(PROGRAM);
        command.args(["-n", "-l", "-G", "-D", "-d", "-i", &case.id]).args(options).args(&case.arguments);
        command.arg("-f").arg(&case.file);
        for (option, file) in PID_FILES {
            let file = ground.scratch.path().join(file);
            fs::remove_file(&file).ok();
            command.arg(option).arg(file);
        }
        command.env("TMPDIR", ground.scratch.path()).current_dir(ground.scratch.path());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
        let _inside = ground.host.namespace.enter()?;
        Ok(Self { child: command.spawn()?, ground })
    }

    fn log(&self) -> io::Result<String> {
        let bytes = fs::read(self.ground.scratch.path().join("log"))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        // All at once, so that none can say goodbye or start another; it fails only if there is nothing left to kill.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process_group(group, Signal::KILL).ok();
        }
        self.child.wait().ok();
    }
}
