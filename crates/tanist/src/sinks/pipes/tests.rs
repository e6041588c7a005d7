use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use conf::model::Config;
use rustix::fs::{Mode, OFlags};
use tempfile::TempDir;
use vrrp::types::{GroupId, RouterId};

use super::*;

fn config(global: &str, router: &str) -> Config {
    let text = format!(
        "global_defs {{\n{global}\n}}\nvrrp_instance VI {{\n interface eth0\n virtual_router_id 5\n {router}\n \
         virtual_ipaddress {{\n 10.0.0.1/24\n }}\n}}\n"
    );
    conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", text)).config
}

fn settings(config: &Config) -> Settings {
    let mut complaints = Vec::new();
    let settings = Settings::new(config, &mut complaints);
    assert_eq!(complaints, Vec::<String>::new());
    settings
}

/// What stands in a pipe now.
fn lines(path: &Path) -> String {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK;
    let mut pipe = File::from(rustix::fs::open(path, flags, Mode::empty()).unwrap());
    let mut bytes = Vec::new();
    // It ends with an error, for the pipe is open for writing.
    pipe.read_to_end(&mut bytes).unwrap_err();
    String::from_utf8(bytes).unwrap()
}

const GROUP: Subject = Subject::Group(GroupId(1));

fn router_id() -> Subject {
    Subject::Router(RouterId::default())
}

struct Ground {
    folder: TempDir,
    pipes: Pipes,
    tally: Tally,
}

impl Ground {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let tally = Tally::default();
        let state = Arc::new(StateDir::open(&folder.path().join("state")).unwrap());
        Self { pipes: Pipes::new(state, tally.clone(), Start::Ordinary), folder, tally }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("pipe")
    }

    fn follow(&mut self, more: &str, router: &str) -> Settings {
        let config = config(&format!("notify_fifo {}\n{more}", self.path().display()), router);
        let settings = settings(&config);
        self.pipes.follow(&settings);
        settings
    }

    fn becomes(&mut self, subject: Subject, state: NotifyState, priority: u8) {
        self.pipes.state(subject, &name(subject), state, Priority::new(priority));
    }
}

fn name(subject: Subject) -> Named {
    match subject {
        Subject::Router(_) => Named::Router("VI".into()),
        Subject::Group(_) => Named::Group("G".into()),
    }
}

#[test]
fn lines_are_those_of_keepalived() {
    let mut ground = Ground::new();
    let settings = ground.follow("vrrp_notify_priority_changes on", "");
    ground.becomes(GROUP, NotifyState::Backup, 0);
    ground.becomes(router_id(), NotifyState::Backup, 100);
    let priority = |ground: &mut Ground, to| {
        ground.pipes.priority(router_id(), &name(router_id()), Priority::new(to), &settings);
    };
    priority(&mut ground, 90);
    ground.becomes(router_id(), NotifyState::Master, 90);
    priority(&mut ground, 120);
    ground.pipes.lower_priority(router_id(), &name(router_id()));
    ground.becomes(router_id(), NotifyState::Fault, 120);
    priority(&mut ground, 100);
    ground.becomes(router_id(), NotifyState::Deleted, 100);
    ground.becomes(GROUP, NotifyState::Stop, 0);
    assert_eq!(
        lines(&ground.path()),
        "GROUP \"G\" BACKUP 0\nINSTANCE \"VI\" BACKUP 100\nINSTANCE \"VI\" BACKUP_PRIORITY 90\n\
         INSTANCE \"VI\" MASTER 90\nINSTANCE \"VI\" MASTER_PRIORITY 120\nINSTANCE \"VI\" MASTER_RX_LOWER_PRI 120\n\
         INSTANCE \"VI\" FAULT 120\nINSTANCE \"VI\" BACKUP_PRIORITY 100\nINSTANCE \"VI\" DELETED 100\n\
         GROUP \"G\" STOP 0\n"
    );
}

#[test]
fn priorities_are_told_if_the_router_or_else_the_configuration_says_so() {
    for (global, router, told) in [
        ("", "", ""),
        ("vrrp_notify_priority_changes on", "notify_priority_changes off", ""),
        ("", "notify_priority_changes on", "INSTANCE \"VI\" BACKUP_PRIORITY 90\n"),
    ] {
        let mut ground = Ground::new();
        let settings = ground.follow(global, router);
        ground.becomes(router_id(), NotifyState::Backup, 100);
        lines(&ground.path());
        ground.pipes.priority(router_id(), &name(router_id()), Priority::new(90), &settings);
        assert_eq!(lines(&ground.path()), told, "{global} {router}");
    }
}

#[test]
fn a_pipe_that_stays_keeps_its_lines_and_one_that_goes_is_taken_away() {
    let mut ground = Ground::new();
    ground.follow("", "");
    ground.becomes(router_id(), NotifyState::Backup, 100);
    ground.follow("fifo_write_vrrp_states_on_reload", "");
    assert_eq!(lines(&ground.path()), "INSTANCE \"VI\" BACKUP 100\n");
    ground.pipes.follow(&settings(&config("", "")));
    assert!(!ground.path().exists());
}

#[test]
fn lines_without_room_are_counted() {
    let mut ground = Ground::new();
    ground.follow("", "");
    let mut written = 0_u64;
    while ground.tally.lines_lost() == 0 {
        ground.becomes(router_id(), NotifyState::Master, 100);
        written += 1;
        assert!(written < 1_000_000, "a pipe has an end");
    }
    ground.becomes(router_id(), NotifyState::Backup, 100);
    assert_eq!(ground.tally.lines_lost(), 2);
    assert_eq!(lines(&ground.path()).lines().count() as u64, written - 1);
}
