//! What the journal gets: a socket in its place.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use rustix::process::Signal;
use testbed::lan::{Bench, Listener};

use super::{PATIENCE, TANIST, bench, instance};

/// In a /run of our own.
const SOCKET: &str = "/run/systemd/journal/socket";

fn listen() -> Listener {
    let socket = Path::new(SOCKET);
    fs::create_dir_all(socket.parent().unwrap()).unwrap();
    fs::remove_file(socket).ok();
    Listener::at(socket)
}

/// Waits for an entry with these fields.
#[track_caller]
fn hear(journal: &Listener, fields: &[&str], bench: &Bench) -> String {
    let deadline = Instant::now() + PATIENCE;
    while let Some(entry) = journal.next(deadline.saturating_duration_since(Instant::now())) {
        if fields.iter().all(|field| entry.lines().any(|line| line == *field)) {
            return entry;
        }
    }
    panic!("no entry with {fields:?}; {}", bench.left.log());
}

pub(crate) fn fields() {
    let mut bench = bench();
    let journal = listen();
    bench.left.configure(&instance().to_string()).unwrap();
    let stderr = File::create(bench.left.file("log")).unwrap().metadata().unwrap();
    let mut command = Command::new(TANIST);
    command.args(bench.left.command().get_args().filter(|it| *it != "--foreground"));
    command.env("JOURNAL_STREAM", format!("{}:{}", stderr.dev(), stderr.ino()));
    bench.left.start_as(command).unwrap();
    let entry = hear(&journal, &["VRRP_INSTANCE=VI_1", "VRRP_STATE=MASTER", "TANIST_EVENT=transition"], &bench);
    let says = |line: &str| entry.lines().any(|it| it.starts_with(line));
    for line in ["PRIORITY=6", "SYSLOG_IDENTIFIER=tanist", "MESSAGE=VI_1: BACKUP -> MASTER: "] {
        assert!(says(line), "{line}: {entry}");
    }

    // It is started again.
    drop(journal);
    let journal = listen();
    bench.left.reload_with("vrrp_instance {\n").unwrap();
    let file = bench.left.file("daemon.conf");
    let refused = format!("MESSAGE={} has errors: the old configuration stays in force", file.display());
    hear(&journal, &["PRIORITY=3", &refused], &bench);
    drop(journal);
    bench.left.signal(Signal::TERM).unwrap();
    assert!(bench.left.wait_end(PATIENCE).is_some_and(|status| status.success()));
    assert_eq!(bench.left.log(), "", "nothing is said twice");
}
