//! Pipes, what reads them, and what is left of them.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, chown, symlink};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Signal, kill_process};

use super::STOP_TIME;
use super::machine::{Machine, eventually, lives, pid_in};

/// A user that the daemon has nothing to do with.
const NOBODY: u32 = 65534;

/// The processes that began to read, in order.
fn readers(machine: &Machine) -> Vec<rustix::process::Pid> {
    machine.read("readers").lines().filter_map(|line| line.strip_prefix("start ")).map(pid_in).collect()
}

fn has_readers(machine: &Machine, count: usize) {
    assert!(eventually(|| readers(machine).len() == count), "{}; {}", machine.read("readers"), machine.read("log"));
}

pub(super) fn reader(machine: &mut Machine) {
    let body = "echo \"start $$\" >> $DIR/readers\n[ \"$1\" = 'two words' ] || exit 1\n\
                while read -r line; do echo \"$line\" >> $DIR/lines; done < \"$2\"\necho end >> $DIR/readers";
    let reader = machine.script("reader", body);
    let pipe = machine.text("pipe");
    machine.configure(&format!("notify_fifo {pipe}\n notify_fifo_script \"{reader} 'two words'\""), 1, "");
    machine.start();
    machine.holds("lines", "INSTANCE \"VI_1\" MASTER 150\n");
    assert!(machine.read("lines").starts_with("INSTANCE \"VI_1\" BACKUP 150\n"), "{}", machine.read("lines"));
    machine.signal(Signal::HUP);
    has_readers(machine, 2);
    assert!(eventually(|| !lives(readers(machine)[0])), "it ends");
    kill_process(machine.runner(), Signal::KILL).unwrap();
    has_readers(machine, 3);
    assert!(eventually(|| !lives(readers(machine)[1])), "it ends with the runner");
    assert!(machine.stop() < STOP_TIME);
    assert!(machine.read("lines").ends_with("INSTANCE \"VI_1\" STOP 150\n"), "{}", machine.read("lines"));
    assert!(machine.read("readers").ends_with("end\n"), "it saw the end: {}", machine.read("readers"));
    assert!(!machine.path("pipe").exists() && !machine.path("state/pipes.json").exists());
}

pub(super) fn stubborn_reader(machine: &mut Machine) {
    let body = "trap 'echo asked >> $DIR/readers' TERM\necho \"start $$\" >> $DIR/readers\n\
                while :; do sleep 0.1; done";
    let reader = machine.script("reader", body);
    let pipe = machine.text("pipe");
    machine.configure(&format!("vrrp_notify_fifo {pipe}\n vrrp_notify_fifo_script {reader}"), 1, "");
    machine.start();
    has_readers(machine, 1);
    machine.signal(Signal::HUP);
    has_readers(machine, 2);
    assert!(eventually(|| !lives(readers(machine)[0])), "killed after it was asked");
    let took = machine.stop();
    assert!(took < STOP_TIME, "{took:?}; {}", machine.read("log"));
    assert!(eventually(|| !lives(readers(machine)[1])));
    assert!(machine.read("readers").contains("asked"), "{}", machine.read("readers"));
}

pub(super) fn refused(machine: &mut Machine) {
    fs::write(machine.path("file"), "mine").unwrap();
    mknodat(CWD, machine.path("real"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    symlink("real", machine.path("link")).unwrap();
    let (file, link) = (machine.text("file"), machine.text("link"));
    machine.configure(&format!("notify_fifo {file}\n vrrp_notify_fifo {link}"), 1, "");
    machine.start();
    machine.holds("log", &format!("notify_fifo {file}: what is there is no named pipe; nothing is written to it"));
    machine.holds("log", &format!("vrrp_notify_fifo {link}: a symbolic link is there"));
    machine.holds("log", "-> MASTER");
    let missing = machine.text("missing/pipe");
    machine.configure(&format!("notify_fifo {missing}"), 1, "");
    machine.signal(Signal::HUP);
    machine.holds("log", &format!("notify_fifo {missing}: its directory cannot be opened"));
    machine.stop();
    assert_eq!(machine.read("file"), "mine");
    let link = fs::symlink_metadata(machine.path("link")).unwrap();
    assert!(link.is_symlink() && fs::metadata(machine.path("real")).unwrap().file_type().is_fifo());
}

pub(super) fn of_somebody_else(machine: &mut Machine) {
    mknodat(CWD, machine.path("pipe"), FileType::Fifo, Mode::from_raw_mode(0o666), 0).unwrap();
    chown(machine.path("pipe"), Some(NOBODY), None).unwrap();
    let pipe = machine.text("pipe");
    machine.configure(&format!("notify_fifo {pipe}"), 1, "");
    machine.start();
    machine.holds("log", &format!("notify_fifo {pipe}: the pipe there belongs to user {NOBODY}"));
    let made = machine.text("made");
    machine.configure(&format!("notify_fifo {pipe} nobody\n vrrp_notify_fifo {made} nobody nogroup"), 1, "");
    machine.signal(Signal::HUP);
    let owner = |name: &str| rustix::fs::stat(machine.path(name)).map(|it| (it.st_uid, it.st_gid)).ok();
    assert!(eventually(|| owner("made") == Some((NOBODY, NOBODY))), "{:?}; {}", owner("made"), machine.read("log"));
    machine.stop();
    assert!(machine.path("pipe").exists() && !machine.path("made").exists());
}

pub(super) fn killed(machine: &mut Machine) {
    let pipe = machine.text("pipe");
    machine.configure(&format!("notify_fifo {pipe}"), 1, "");
    machine.start();
    machine.holds("log", "-> MASTER");
    machine.kill();
    assert!(machine.path("pipe").exists());
    machine.start();
    assert!(eventually(|| machine.read("log").matches("-> MASTER").count() == 2), "{}", machine.read("log"));
    machine.kill();
    machine.configure("", 1, "");
    machine.start();
    assert!(eventually(|| !machine.path("pipe").exists()), "nobody wants it any more");
    machine.stop();
    assert!(!machine.path("state/pipes.json").exists());
}
