use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

use super::*;

const RECORD: &str = "ledger.json";

/// A directory of a test's own, removed with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tanist-{name}-{}", std::process::id()));
        fs::remove_dir_all(&path).ok();
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn chmod(&self, name: &str, mode: u32) {
        fs::set_permissions(self.at(name), fs::Permissions::from_mode(mode)).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn a_lock_names_its_holder_and_ends_with_it() {
    let scratch = Scratch::new("lock");
    let directory = StateDir::open(&scratch.at("state")).unwrap();
    let first = directory.lock(LockRole::Daemon).unwrap();
    let refused = directory.lock(LockRole::Daemon).unwrap_err();
    assert_eq!(refused.to_string(), format!("held by process {}", std::process::id()));
    drop(first);
    drop(directory.lock(LockRole::Daemon).unwrap());
}

#[test]
fn what_is_made_is_readable_by_us_only() {
    let scratch = Scratch::new("modes");
    let directory = StateDir::open(&scratch.at("a/b")).unwrap();
    let _lock = directory.lock(LockRole::Daemon).unwrap();
    directory.replace(RECORD, b"{}").unwrap();
    assert_eq!([mode(&scratch.at("a/b")), mode(&scratch.at("a/b/lock"))], [0o700, 0o600]);
    assert_eq!(mode(&scratch.at("a/b/ledger.json")), 0o600);
    assert!(!scratch.at("a/b/ledger.json.new").exists());
}

/// Whoever may read the lock file may lock it, and keep the daemon from starting.
#[test]
fn a_lock_file_that_others_may_read_is_closed_to_them() {
    let scratch = Scratch::new("oldlock");
    let directory = StateDir::open(&scratch.at("state")).unwrap();
    fs::write(scratch.at("state/lock"), "").unwrap();
    scratch.chmod("state/lock", 0o644);
    let _lock = directory.lock(LockRole::Daemon).unwrap();
    assert_eq!(mode(&scratch.at("state/lock")), 0o600);
}

#[test]
fn a_file_is_replaced_as_a_whole_and_read_back() {
    let scratch = Scratch::new("replace");
    let directory = StateDir::open(&scratch.at("state")).unwrap();
    assert_eq!(directory.read(RECORD).unwrap(), None);
    for content in [b"first, and longer".as_slice(), b"second"] {
        directory.replace(RECORD, content).unwrap();
        assert_eq!(directory.read(RECORD).unwrap().unwrap(), content);
    }
    assert_eq!(directory.set_aside(RECORD).unwrap(), "ledger.json.unreadable");
    assert_eq!(directory.read(RECORD).unwrap(), None);
    assert_eq!(fs::read(scratch.at("state/ledger.json.unreadable")).unwrap(), b"second");
    directory.remove(RECORD).unwrap();
}

/// What another user planted while the directory was theirs: nothing is written or read through a link.
#[test]
fn planted_links_are_not_followed() {
    let scratch = Scratch::new("links");
    let directory = StateDir::open(&scratch.at("state")).unwrap();
    fs::write(scratch.at("precious"), "precious").unwrap();
    for name in ["lock", "ledger.json", "ledger.json.new"] {
        symlink("../precious", scratch.at("state").join(name)).unwrap();
    }
    assert!(matches!(directory.lock(LockRole::Daemon), Err(LockError::State(StateError::Kind(What::File("lock"))))));
    assert!(matches!(directory.read(RECORD), Err(StateError::Kind(What::File(RECORD)))));
    directory.reserve(RECORD, 4096).unwrap();
    directory.replace(RECORD, b"ours").unwrap();
    assert_eq!(directory.read(RECORD).unwrap().unwrap(), b"ours");
    assert_eq!(fs::read(scratch.at("precious")).unwrap(), b"precious");
    symlink("precious", scratch.at("dangling")).unwrap();
    symlink("state", scratch.at("link")).unwrap();
    assert!(matches!(StateDir::open(&scratch.at("link")), Err(StateError::Io { what: What::Directory, .. })));
}

#[test]
fn what_is_no_ordinary_file_is_refused_without_waiting() {
    let scratch = Scratch::new("kinds");
    let directory = StateDir::open(&scratch.at("state")).unwrap();
    let pipe = scratch.at("state/ledger.json");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    assert!(matches!(directory.read(RECORD), Err(StateError::Kind(_))));
    fs::create_dir(scratch.at("state/lock")).unwrap();
    assert!(matches!(directory.lock(LockRole::Daemon), Err(LockError::State(StateError::Kind(_)))));
}

#[test]
fn what_others_may_write_is_refused() {
    let scratch = Scratch::new("others");
    let state = scratch.at("state");
    let directory = StateDir::open(&state).unwrap();
    for mode in [0o620, 0o602, 0o666] {
        fs::write(scratch.at("state/ledger.json"), "{}").unwrap();
        scratch.chmod("state/ledger.json", mode);
        assert!(matches!(directory.read(RECORD), Err(StateError::Mode { mode: found, .. }) if found == mode));
    }
    scratch.chmod("state", 0o777);
    assert!(matches!(StateDir::open(&state), Err(StateError::Mode { what: What::Directory, mode: 0o777 })));
    scratch.chmod("state", 0o755);
    StateDir::open(&state).unwrap();
    assert_eq!(mode(&state), 0o755, "a directory that is there keeps its permissions");
}

/// A record that somebody else wrote would be obeyed with our rights.
#[test]
fn what_belongs_to_somebody_else_is_refused() {
    let scratch = Scratch::new("owner");
    let state = scratch.at("state");
    let us = geteuid().as_raw();
    let root_is_us = us == 0;
    let directory = StateDir::open(&state).unwrap();
    directory.replace(RECORD, b"{}").unwrap();
    if root_is_us {
        // In a user namespace there may be nobody to give it to.
        if std::os::unix::fs::chown(scratch.at("state/ledger.json"), Some(65534), None).is_err() {
            return;
        }
        assert!(matches!(directory.read(RECORD), Err(StateError::Owner { owner: 65534, .. })));
        std::os::unix::fs::chown(&state, Some(65534), None).unwrap();
        assert!(matches!(StateDir::open(&state), Err(StateError::Owner { what: What::Directory, owner: 65534 })));
    } else {
        assert!(matches!(StateDir::open_as(us + 1, &state), Err(StateError::Owner { owner, .. }) if owner == us));
    }
}

/// A small /run of a container, and a record of many routers in it.
#[test]
fn room_is_reserved_for_a_record_in_place_of_the_one_that_is_there() {
    let scratch = Scratch::new("room");
    let directory = StateDir::open(&scratch.at("state")).unwrap();
    directory.replace(RECORD, &[b'x'; 3000]).unwrap();
    directory.reserve(RECORD, 4096).unwrap();
    directory.reserve(RECORD, 10).unwrap();
    assert_eq!(directory.read(RECORD).unwrap().unwrap(), [b'x'; 3000], "the record stays");
    assert!(!scratch.at("state/ledger.json.new").exists());
}
