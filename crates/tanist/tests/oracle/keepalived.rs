//! keepalived: started, made to dump what it understood, stopped.
//!
//! With `-d` every process writes all its data to the log once the configuration has been read and checked, and before
//! anything happens that would change it: instances still have the state they are to start in. A signal would bring the
//! same later (SIGUSR1) or less of it (JSON), and none of it if it comes before the handlers are there.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use lab::{DaemonProcess, wait};
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
pub(crate) enum TheirAnswer {
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
pub(crate) fn ask(ground: &Ground, case: &Case) -> Result<TheirAnswer, String> {
    let vrrp_only: &[&str] = match case.bfd {
        // Two processes that dump at a time mix their lines.
        Bfd::With => &["-B"],
        Bfd::Without => &[],
    };
    let log = match run(ground, case, vrrp_only, is_vrrp_complete).map_err(|error| error.to_string())? {
        Ended::Dumped(log) => log,
        Ended::Refused(status, log) => return Ok(TheirAnswer::Refused { status, log }),
    };
    let mut normal = dump::read(&log)?;
    if case.bfd == Bfd::With {
        match run(ground, case, &[], is_bfd_complete).map_err(|error| error.to_string())? {
            Ended::Dumped(log) => dump::read_bfd(&log, &mut normal)?,
            Ended::Refused(status, log) => return Ok(TheirAnswer::Refused { status, log }),
        }
    }
    Ok(TheirAnswer::Runs(normal))
}

/// How a run ended.
enum Ended {
    Dumped(String),
    Refused(ExitStatus, String),
}

fn run(ground: &Ground, case: &Case, options: &[&str], complete: fn(&str) -> bool) -> io::Result<Ended> {
    let mut daemon = start(ground, case, options)?;
    let ended = wait::found(PATIENCE, || look(ground, &mut daemon, complete).transpose());
    ended.unwrap_or_else(|| {
        let log = fs::read_to_string(log_file(ground)).unwrap_or_default();
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("no dump of keepalived; it said:\n{log}")))
    })
}

/// What has become of a run; `None` if it goes on.
fn look(ground: &Ground, daemon: &mut DaemonProcess, complete: fn(&str) -> bool) -> io::Result<Option<Ended>> {
    // The log is read after it was asked: what has ended writes no more.
    let status = daemon.ended()?;
    let log = String::from_utf8_lossy(&fs::read(log_file(ground))?).into_owned();
    if complete(&log) {
        return Ok(Some(Ended::Dumped(log)));
    }
    Ok(status.map(|status| Ended::Refused(status, log)))
}

fn is_vrrp_complete(log: &str) -> bool {
    log.contains(END_OF_VRRP)
}

fn is_bfd_complete(log: &str) -> bool {
    let count = |what| log.matches(what).count();
    log.contains(END_OF_VRRP) && log.contains(BFD_SECTION) && count(BFD_FIRST) == count(BFD_LAST)
}

/// Starts it on the ground of a case; its log is empty then.
fn start(ground: &Ground, case: &Case, options: &[&str]) -> io::Result<DaemonProcess> {
    let mut command = Command::new(PROGRAM);
    command.args(["-n", "-l", "-G", "-D", "-d", "-i", &case.id]).args(options).args(&case.arguments);
    command.arg("-f").arg(&case.file);
    for (option, file) in PID_FILES {
        let file = ground.scratch.path().join(file);
        fs::remove_file(&file).ok();
        command.arg(option).arg(file);
    }
    command.env("TMPDIR", ground.scratch.path()).current_dir(ground.scratch.path());
    fs::write(log_file(ground), "")?;
    DaemonProcess::spawn(&ground.host.namespace, &mut command, &log_file(ground))
}

fn log_file(ground: &Ground) -> PathBuf {
    ground.scratch.path().join("log")
}
