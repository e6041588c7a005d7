//! One look at processes in `/proc`. The command line of a process that hangs in the kernel may not be read for long, so it
//! never happens on the services thread itself.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::fs;
use std::io;

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
    /// Processes, each with whose they are; none that is nobody's.
    pub(super) found: Vec<(Pid, Vec<TrackerId>)>,
}

/// Looks at processes; `Err`: there is no `/proc`.
pub(super) fn look(which: Which, patterns: &[(TrackerId, Pattern)]) -> io::Result<Look> {
    let found = match &which {
        Which::All => all()?.filter_map(|pid| of(pid, patterns)).collect(),
        Which::These(pids) => pids.iter().filter_map(|pid| of(*pid, patterns)).collect(),
    };
    Ok(Look { which, found })
}

fn all() -> io::Result<impl Iterator<Item = Pid>> {
    let pid = |entry: io::Result<fs::DirEntry>| Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?);
    Ok(fs::read_dir("/proc")?.filter_map(pid))
}

/// Whose a process is; `None`: nobody's, or it is gone.
fn of(pid: Pid, patterns: &[(TrackerId, Pattern)]) -> Option<(Pid, Vec<TrackerId>)> {
    let mut name = fs::read(format!("/proc/{pid}/comm")).ok()?;
    name.pop_if(|last| *last == b'\n');
    let command = OnceCell::new();
    let is_of = |(id, pattern): &(TrackerId, Pattern)| {
        pattern.is_of(&name, || command.get_or_init(|| command_line(pid))).then_some(*id)
    };
    let ids: Vec<TrackerId> = patterns.iter().filter_map(is_of).collect();
    (!ids.is_empty()).then_some((pid, ids))
}

fn command_line(pid: Pid) -> Vec<Vec<u8>> {
    let Ok(mut bytes) = fs::read(format!("/proc/{pid}/cmdline")) else { return Vec::new() };
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
        let this = (pid, vec![TrackerId(1), TrackerId(2)]);
        // The kernel gives it its name a moment before its command line.
        let begin = Instant::now();
        while found(Which::These([pid].into())) != [this.clone()] && begin.elapsed() < Duration::from_secs(20) {}
        assert!(found(Which::All).contains(&this));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found(Which::These([pid].into())), []);
    }
}
