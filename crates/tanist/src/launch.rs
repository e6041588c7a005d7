//! How a daemon was started: who waits for it, what it leaves for others to find it by, and what is to be said first.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use conf::model::Switch;
use conf::model::snmp::MasterAgent;
use linux::program;
use rustix::process::{Pid, test_kill_process};
use sha2::{Digest as _, Sha256};

use crate::logging::LogFormat;

/// Where keepalived writes its process id unless it is told otherwise: whoever has this file needs no other name.
pub(crate) const DEFAULT_PID: &str = "/run/keepalived.pid";
/// Names of the processes that may be meant by a pid file.
const DAEMONS: [&str; 2] = ["keepalived", "tanist"];

/// What whoever starts the daemon wants beside the options of `tanist run`.
#[derive(Debug, Default)]
pub(crate) struct Launch {
    /// How it logs; `None`: as `tanist run` says.
    pub(crate) log: Option<LogFormat>,
    /// What is logged first.
    pub(crate) remarks: Vec<String>,
    pub(crate) idle: Idle,
    /// A process that waits until the daemon is known to run.
    pub(crate) launcher: Option<Launcher>,
    /// The pid file by which it is told from other daemons, as [`known_by`] says.
    pub(crate) known_by: Option<String>,
    pub(crate) snmp: SnmpAsked,
}

/// What is asked for of SNMP, whatever the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SnmpAsked {
    /// All MIBs are answered for.
    pub(crate) all: Switch,
    /// By this agent.
    pub(crate) agent: Option<MasterAgent>,
}

impl Launch {
    /// The time within which the service manager wants signs of life of the process that it has started: this one, or the one
    /// that waits for it.
    pub(crate) fn watchdog(&self) -> Option<Duration> {
        self.launcher.as_ref().map_or_else(sd_notify::watchdog_enabled, |launcher| launcher.watchdog)
    }
}

/// What becomes of a start with a configuration in which nothing can run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Idle {
    #[default]
    Refused,
    /// The daemon waits for a reload, as keepalived does.
    Awaits,
}

/// The end of a pipe, at whose other end a process waits. It sees the end of this one as well.
#[derive(Debug)]
pub(crate) struct Launcher {
    pipe: OwnedFd,
    /// What the service manager wants of that process: [`Launch::watchdog`].
    watchdog: Option<Duration>,
}

impl Launcher {
    /// What the two ends are for: that of the daemon, and that of the process that waits.
    ///
    /// # Errors
    /// If there are no more descriptors.
    pub(crate) fn pipe() -> io::Result<(Self, Waits)> {
        let (theirs, ours) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        Ok((Self { pipe: ours, watchdog: sd_notify::watchdog_enabled() }, Waits(theirs)))
    }

    /// The daemon runs, and its pid files are there.
    pub(crate) fn release(&self) {
        // It may have been killed.
        rustix::io::write(&self.pipe, b"\n").ok();
    }
}

/// The end of whoever waits.
#[derive(Debug)]
pub(crate) struct Waits(OwnedFd);

/// What became of the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Started {
    Yes,
    /// The daemon has ended, or is about to.
    No,
}

impl Waits {
    /// Waits until the daemon runs or has ended.
    pub(crate) fn wait(self) -> Started {
        loop {
            match rustix::io::read(&self.0, &mut [0u8; 1]) {
                Ok(1) => return Started::Yes,
                Err(rustix::io::Errno::INTR) => {}
                Ok(_) | Err(_) => return Started::No,
            }
        }
    }
}

/// Pid files, which go with this value unless somebody else has written to them.
#[derive(Debug, Default)]
pub(crate) struct PidFiles(Vec<PathBuf>);

impl PidFiles {
    /// Writes them all, beside their places and then into these, so that no link is followed and nobody reads half a number.
    ///
    /// # Errors
    /// Which cannot be written, and why. None is left then.
    pub(crate) fn write(paths: &[PathBuf]) -> Result<Self, (PathBuf, io::Error)> {
        let mut written = Self::default();
        for path in paths {
            put(path).map_err(|error| (path.clone(), error))?;
            written.0.push(path.clone());
        }
        Ok(written)
    }
}

impl Drop for PidFiles {
    fn drop(&mut self) {
        for path in &self.0 {
            if number(path) == Some(rustix::process::getpid()) {
                fs::remove_file(path).ok();
            }
        }
    }
}

fn put(path: &Path) -> io::Result<()> {
    let directory = path.parent().unwrap_or_else(|| Path::new("/"));
    let mut file = tempfile::Builder::new().prefix(".keepalived.pid.").tempfile_in(directory)?;
    writeln!(file, "{}", std::process::id())?;
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The daemon, tanist or keepalived, that runs under the number in a pid file. A number that somebody else has now is none.
pub(crate) fn holder(path: &Path) -> Option<Pid> {
    let pid = number(path)?;
    test_kill_process(pid).ok()?;
    let said = |what: &str| fs::read(format!("/proc/{}/{what}", pid.as_raw_pid())).ok();
    let name = String::from_utf8(said("comm")?).ok()?;
    // One that was killed, and that nobody has waited for yet, has no arguments any more.
    let runs = !said("cmdline")?.is_empty();
    (runs && pid != rustix::process::getpid() && DAEMONS.contains(&name.trim_end())).then_some(pid)
}

fn number(path: &Path) -> Option<Pid> {
    // Longer than any number: nobody else's device or fifo is read to its end.
    fs::symlink_metadata(path).ok().filter(|it| it.is_file() && it.len() < 32)?;
    fs::read_to_string(path).ok()?.trim().parse().ok().and_then(Pid::from_raw)
}

/// What tells a daemon from others by its pid file; `None`: the usual one. Short enough for the path of a socket, and the same
/// wherever the file is named from.
pub(crate) fn known_by(pid_file: &Path) -> Option<String> {
    let path = std::path::absolute(pid_file).ok()?;
    let usual = [Path::new(DEFAULT_PID), Path::new("/var/run/keepalived.pid")].contains(&path.as_path());
    let digest = || Sha256::digest(path.as_os_str().as_encoded_bytes());
    (!usual).then(|| digest().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// Whether a daemon begins, or goes on from where a program before was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Ordinary,
    GoesOn,
}

/// Environment variable by which a program that is executed in the place of another finds what that has passed on: the process id,
/// which says for whom it is, and numbers of descriptors. All versions of the program write and read it so.
const PASSED_ON: &str = "TANIST_PASSED_ON";
/// What the number of [`Passed::stop`] begins with there: it is none to programs that do not know of it.
const STOP_MARK: char = 's';

/// What the program before has passed on.
#[derive(Debug)]
pub(crate) struct Passed {
    /// What it knew ([`Handover`](crate::ports::handover::Handover)).
    pub(crate) state: File,
    /// The lock on the state directory.
    pub(crate) lock: OwnedFd,
    /// The way to its guardian, if it had one.
    pub(crate) guardian: Option<OwnedFd>,
    /// What is to stay open until this program has its own: memberships of groups, pipes.
    pub(crate) kept: Vec<OwnedFd>,
    /// Readable if that program was told to stop when it could no longer do so itself. Older ones have none.
    pub(crate) stop: Option<UnixStream>,
}

impl Passed {
    /// Takes it; to be called once. `None`: this is an ordinary start.
    ///
    /// # Errors
    /// If what was passed on is not there.
    pub(crate) fn take() -> io::Result<Option<Self>> {
        let Some((numbers, stop)) = passed_on() else { return Ok(None) };
        let [state, lock, guardian, kept @ ..] = &numbers[..] else { return Err(io::ErrorKind::InvalidData.into()) };
        let (state, lock) = (File::from(program::inherited(*state)?), program::inherited(*lock)?);
        let guardian = (*guardian != 0).then(|| program::inherited(*guardian)).transpose()?;
        let kept = kept.iter().map(|number| program::inherited(*number)).collect::<io::Result<_>>()?;
        let stop = stop.map(program::inherited).transpose()?.map(UnixStream::from);
        Ok(Some(Self { state, lock, guardian, kept, stop }))
    }

    /// Whether the program before was told to stop, and did not. To be asked once.
    pub(crate) fn is_to_stop(&mut self) -> bool {
        let told = |mut stop: UnixStream| {
            stop.set_nonblocking(true).is_ok() && stop.read(&mut [0]).is_ok_and(|length| length > 0)
        };
        self.stop.take().is_some_and(told)
    }

    /// The variable, for the program that is to find all this.
    ///
    /// # Errors
    /// There are none for descriptors that are open.
    pub(crate) fn pass_on(&self) -> io::Result<(&'static str, String)> {
        let Self { state, lock, guardian, kept, stop } = self;
        let mut numbers = vec![state.as_raw_fd(), lock.as_raw_fd()];
        numbers.push(guardian.as_ref().map_or(0, AsRawFd::as_raw_fd));
        numbers.extend(kept.iter().map(AsRawFd::as_raw_fd));
        program::pass_on(state)?;
        [lock].into_iter().chain(guardian).chain(kept).try_for_each(program::pass_on)?;
        let mut numbers = numbers.iter().map(|number| format!(" {number}")).collect::<String>();
        if let Some(stop) = stop {
            program::pass_on(stop)?;
            numbers += &format!(" {STOP_MARK}{}", stop.as_raw_fd());
        }
        Ok((PASSED_ON, format!("{}{numbers}", std::process::id())))
    }

    /// Whether a variable of the environment is of this.
    pub(crate) fn is_variable(name: &OsStr) -> bool {
        name == PASSED_ON
    }
}

/// Whether this program was executed in the place of another.
pub(crate) fn is_passed_on() -> bool {
    passed_on().is_some()
}

/// Scripts of the daemon have the variable as well: it is not for them.
fn passed_on() -> Option<(Vec<i32>, Option<i32>)> {
    let text = std::env::var(PASSED_ON).ok()?;
    let (pid, words) = text.split_once(' ')?;
    let numbers = || words.split(' ').filter_map(|it| it.parse().ok()).collect();
    let stop = || words.split(' ').find_map(|it| it.strip_prefix(STOP_MARK)?.parse().ok());
    (pid.parse() == Ok(std::process::id())).then(|| (numbers(), stop()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_signal_that_the_program_before_could_not_heed_is_found() {
        let nothing = || OwnedFd::from(File::open("/dev/null").unwrap());
        for (said, is_to_stop) in [(&b""[..], false), (b"X", true)] {
            let (stop, mut tell) = UnixStream::pair().unwrap();
            tell.write_all(said).unwrap();
            let (state, lock) = (File::from(nothing()), nothing());
            let mut passed = Passed { state, lock, guardian: None, kept: Vec::new(), stop: Some(stop) };
            assert_eq!((passed.is_to_stop(), passed.is_to_stop()), (is_to_stop, false));
        }
    }

    #[test]
    fn a_pid_file_is_a_number_replaces_links_and_goes_with_the_daemon() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, pid) = (folder.path().join("victim"), folder.path().join("pid"));
        fs::write(&victim, "1\n").unwrap();
        symlink(&victim, &pid).unwrap();
        let files = PidFiles::write(std::slice::from_ref(&pid)).unwrap();
        assert_eq!(fs::read_to_string(&pid).unwrap(), format!("{}\n", std::process::id()));
        assert_eq!(fs::metadata(&pid).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "1\n");
        drop(files);
        assert!(!pid.exists());
        let files = PidFiles::write(std::slice::from_ref(&pid)).unwrap();
        fs::write(&pid, "1\n").unwrap();
        drop(files);
        assert!(pid.exists(), "somebody else's");
        assert!(PidFiles::write(&[pid, folder.path().join("no/such/pid")]).is_err());
    }

    #[test]
    fn a_number_that_another_program_has_is_no_daemon() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        for text in ["1\n", "", "x", "999999999\n"] {
            fs::write(&path, text).unwrap();
            assert_eq!(holder(&path), None, "{text:?}");
        }
        assert_eq!(holder(Path::new("/dev/zero")), None);
    }

    #[test]
    fn the_usual_pid_file_needs_no_name_and_others_have_one_each() {
        assert_eq!(known_by(Path::new(DEFAULT_PID)), None);
        assert_eq!(known_by(Path::new("/var/run/keepalived.pid")), None);
        let name = known_by(Path::new("/var/lib/neutron/ha_confs/r.pid.keepalived")).unwrap();
        assert_eq!(name.len(), 16);
        assert_ne!(Some(name), known_by(Path::new("/var/lib/neutron/ha_confs/s.pid.keepalived")));
    }
}
