//! One look at processes in `/proc`. The command line of a process that hangs in the kernel may not be read for long, so it
//! never happens on the services thread itself.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;

use rustix::io::Errno;
use rustix::process::Pid;
use vrrp::types::TrackerId;

use super::pattern::Pattern;

/// Longest command line that is read.
const COMMAND_BYTES: usize = 64 << 10;

/// Which processes are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    All,
    These(HashSet<Pid>),
}

/// What a look found.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) which: Which,
    /// Processes that are somebody's.
    pub(super) found: Vec<Found>,
}

/// A process that is somebody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) pid: Pid,
    /// When it began, as the kernel counts: tells it from one that had its number before.
    pub(super) begun: u64,
    pub(super) of: Vec<TrackerId>,
}

/// Looks at processes.
///
/// # Errors
/// If it cannot be said which there are: there are no descriptors left, or no memory.
pub(super) fn look(which: Which, patterns: &[(TrackerId, Pattern)]) -> io::Result<Look> {
    let pids = match &which {
        Which::All => all()?,
        Which::These(pids) => pids.iter().copied().collect(),
    };
    let found = pids.into_iter().filter_map(|pid| of(pid, patterns).transpose()).collect::<io::Result<_>>()?;
    Ok(Look { which, found })
}

fn all() -> io::Result<Vec<Pid>> {
    let pid = |name: &OsStr| Pid::from_raw(name.to_str()?.parse().ok()?);
    let Some(entries) = if_there(fs::read_dir("/proc"))? else { return Ok(Vec::new()) };
    entries.filter_map(|entry| entry.map(|entry| pid(&entry.file_name())).transpose()).collect()
}

/// Whose a process is; `None`: nobody's, or it is gone.
fn of(pid: Pid, patterns: &[(TrackerId, Pattern)]) -> io::Result<Option<Found>> {
    let file = |name: &str| if_there(fs::read(format!("/proc/{pid}/{name}")));
    let Some(mut name) = file("comm")? else { return Ok(None) };
    name.pop_if(|last| *last == b'\n');
    let command = if patterns.iter().any(|(_, pattern)| pattern.needs_command()) { file("cmdline")? } else { None };
    let command = command.map(words).unwrap_or_default();
    let is_of = |(id, pattern): &(TrackerId, Pattern)| pattern.is_of(&name, &command).then_some(*id);
    let of: Vec<TrackerId> = patterns.iter().filter_map(is_of).collect();
    if of.is_empty() {
        return Ok(None);
    }
    Ok(file("stat")?.as_deref().and_then(beginning).map(|begun| Found { pid, begun, of }))
}

/// What was read, if it is there for this user to see: processes may be hidden from it (`hidepid`).
fn if_there<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) => match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::NOENT | Errno::SRCH | Errno::PERM | Errno::ACCESS) => Ok(None),
            _ => Err(error),
        },
    }
}

/// When a process began that lives, by its line in `stat` (proc(5), fields 3 and 22; field 2 is its name in parentheses).
fn beginning(stat: &[u8]) -> Option<u64> {
    let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let mut fields = str::from_utf8(&stat[after_name..]).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    let begun = fields.nth(18)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(begun)
}

/// The words of a command line, of which each ends with a zero.
fn words(mut bytes: Vec<u8>) -> Vec<Vec<u8>> {
    bytes.truncate(COMMAND_BYTES);
    bytes.pop_if(|last| *last == 0);
    if bytes.is_empty() {
        return Vec::new();
    }
    bytes.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_process_is_found_by_its_name_and_by_its_command_line() {
        let mut child =
            Command::new("sleep").arg("86399.5").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let command = |argument: &str| Pattern::Command {
            program: b"sleep".to_vec(),
            arguments: vec![argument.as_bytes().to_vec()],
            rule: super::super::pattern::Rule::Same,
        };
        let patterns = [
            (TrackerId(1), Pattern::Name(b"sleep".to_vec())),
            (TrackerId(2), command("86399.5")),
            (TrackerId(3), command("1")),
        ];
        let found = |which| look(which, &patterns).unwrap().found;
        let is_this = |found: &Found| found.pid == pid && found.of == [TrackerId(1), TrackerId(2)];
        // The kernel gives it its name a moment before its command line.
        let begin = Instant::now();
        while !found(Which::These([pid].into())).iter().any(is_this) && begin.elapsed() < Duration::from_secs(20) {}
        assert!(found(Which::All).iter().any(is_this));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found(Which::These([pid].into())), []);
    }

    #[test]
    fn only_what_is_gone_or_hidden_is_not_there() {
        for (errno, is_there) in [
            (Errno::NOENT, Ok(None)),
            (Errno::SRCH, Ok(None)),
            (Errno::PERM, Ok(None)),
            (Errno::MFILE, Err(io::ErrorKind::Other)),
            (Errno::NFILE, Err(io::ErrorKind::Other)),
            (Errno::NOMEM, Err(io::ErrorKind::Other)),
        ] {
            let read = if_there::<()>(Err(errno.into())).map_err(|_| io::ErrorKind::Other);
            assert_eq!(read, is_there, "{errno}");
        }
    }

    #[test]
    fn a_process_has_a_beginning_while_it_lives() {
        let stat = |name: &str, state: &str| format!("7 ({name}) {state} {} 4711 0 0\n", ["1"; 18].join(" "));
        for (name, state, expected) in
            [("a", "S", Some(4711)), ("a) Z 1 (", "R", Some(4711)), ("a", "Z", None), ("a", "X", None)]
        {
            assert_eq!(beginning(stat(name, state).as_bytes()), expected, "{name} {state}");
        }
        assert_eq!(beginning(b"7 (a) S 1"), None);
    }
}
