use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::sync::Arc;

use linux::state::StateDir;
use tempfile::TempDir;

use super::*;
use crate::launch::Start;

struct Ground {
    folder: TempDir,
    record: Record,
}

impl Ground {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let record = Self::record(&folder);
        Self { folder, record }
    }

    fn record(folder: &TempDir) -> Record {
        Record::read(Arc::new(StateDir::open(&folder.path().join("state")).unwrap()), Start::Ordinary)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&mut self, name: &str) -> Result<Pipe, String> {
        Pipe::open(&self.path(name), None, &mut self.record)
    }

    fn mkfifo(&self, name: &str) {
        mknodat(rustix::fs::CWD, self.path(name), FileType::Fifo, Mode::RUSR, 0).unwrap();
    }
}

#[test]
fn what_is_made_is_taken_away_and_what_was_found_stays() {
    let mut ground = Ground::new();
    ground.mkfifo("found");
    let (found, made) = (ground.open("found").unwrap(), ground.open("made").unwrap());
    let mode = fs::metadata(ground.path("made")).unwrap().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert!(found.is_in_place() && made.is_in_place());
    assert!(ground.path("state/pipes.json").exists());
    found.close(&mut ground.record);
    made.close(&mut ground.record);
    assert!(ground.path("found").exists() && !ground.path("made").exists());
    assert!(!ground.path("state/pipes.json").exists());
}

#[test]
fn a_path_that_leads_elsewhere_meanwhile_has_nothing_taken_away_there() {
    let mut ground = Ground::new();
    for directory in ["ours", "theirs"] {
        fs::create_dir(ground.path(directory)).unwrap();
    }
    symlink(ground.path("ours"), ground.path("way")).unwrap();
    let made = ground.open("way/pipe").unwrap();
    ground.mkfifo("theirs/pipe");
    fs::remove_file(ground.path("way")).unwrap();
    symlink(ground.path("theirs"), ground.path("way")).unwrap();
    assert!(!made.is_in_place());
    made.close(&mut ground.record);
    assert!(!ground.path("ours/pipe").exists() && ground.path("theirs/pipe").exists());
}

#[test]
fn what_somebody_put_in_the_place_of_a_new_pipe_is_given_to_nobody() {
    let ground = Ground::new();
    ground.mkfifo("pipe");
    let look = |name: &str| Place::of(&ground.path(name)).unwrap().look().unwrap();
    assert!(is_new(&look("pipe")).unwrap());
    fs::hard_link(ground.path("pipe"), ground.path("twice")).unwrap();
    fs::create_dir(ground.path("directory")).unwrap();
    assert!(!is_new(&look("pipe")).unwrap() && !is_new(&look("directory")).unwrap());
}

#[test]
fn a_later_daemon_makes_anew_what_one_that_was_killed_has_made() {
    let mut ground = Ground::new();
    let before = ground.open("made").unwrap();
    drop(before);
    assert!(ground.path("made").exists());
    ground.record = Ground::record(&ground.folder);
    assert!(ground.record.has(&ground.path("made")));
    ground.open("made").unwrap().close(&mut ground.record);
    assert!(!ground.path("made").exists());
}

#[test]
fn nothing_but_a_pipe_is_used_or_taken_away() {
    let mut ground = Ground::new();
    fs::write(ground.path("file"), "mine").unwrap();
    ground.mkfifo("real");
    symlink("real", ground.path("link")).unwrap();
    symlink("nothing", ground.path("dangling")).unwrap();
    fs::create_dir(ground.path("folder")).unwrap();
    for (name, why) in [
        ("file", "no named pipe"),
        ("link", "symbolic link"),
        ("dangling", "symbolic link"),
        ("folder", "no named pipe"),
        ("nowhere/pipe", "directory cannot be opened"),
    ] {
        let refused = ground.open(name).unwrap_err();
        assert!(refused.contains(why), "{name}: {refused}");
        take_leftover_away(&ground.path(name));
    }
    assert_eq!(fs::read_to_string(ground.path("file")).unwrap(), "mine");
    assert!(ground.path("link").symlink_metadata().is_ok() && ground.path("real").exists());
    assert_eq!(ground.record.paths().count(), 0);
}

#[test]
fn what_took_the_place_of_a_pipe_stays() {
    let mut ground = Ground::new();
    let pipe = ground.open("pipe").unwrap();
    fs::remove_file(ground.path("pipe")).unwrap();
    ground.mkfifo("pipe");
    assert!(!pipe.is_in_place());
    pipe.close(&mut ground.record);
    assert!(ground.path("pipe").exists());
}

#[test]
fn a_pipe_that_nobody_reads_takes_what_it_has_room_for_and_nothing_waits() {
    let mut ground = Ground::new();
    let pipe = ground.open("pipe").unwrap();
    let line = format!("{}\n", "x".repeat(99));
    let fits = std::iter::from_fn(|| (pipe.write(&line) == Written::Yes).then_some(())).count();
    assert!(fits >= 500, "64 KiB at least: {fits}");
    let mut reader = fs::File::open(ground.path("pipe")).unwrap();
    let mut some = vec![0; 100 * 100];
    reader.read_exact(&mut some).unwrap();
    assert_eq!(pipe.write(&line), Written::Yes, "there is room again");
    assert_eq!(pipe.write(&"x".repeat(5000)), Written::NoRoom, "a line is written whole or not at all");
}
