//! The lines that pipes are told through a whole life: as keepalived 2.2.7 writes them.

use std::collections::BTreeMap;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use lab::{AdminState, Asker, Checksum, ForgedAdvert, Program, wait};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use rustix::process::Signal;
use testbed::lan::{Bench, CLIENT, Layout, harness};

use super::machine::PATIENCE;

/// What keepalived 2.2.7 wrote, phase by phase; the lines of each router and of the group in their order.
const START: &[&str] = &[
    r#"GROUP "G" BACKUP 0"#,
    r#"INSTANCE "VI_1" BACKUP 100"#,
    r#"INSTANCE "VI_2" BACKUP 100"#,
    r#"INSTANCE "VI_3" BACKUP 100"#,
    r#"INSTANCE "VI_1" MASTER 100"#,
    r#"INSTANCE "VI_3" MASTER 100"#,
    r#"INSTANCE "VI_2" MASTER 100"#,
    r#"GROUP "G" MASTER 0"#,
];
const LOWER: &[&str] = &[r#"INSTANCE "VI_1" MASTER_RX_LOWER_PRI 100"#];
const HIGHER: &[&str] = &[
    r#"INSTANCE "VI_3" BACKUP 100"#,
    r#"INSTANCE "VI_2" BACKUP 100"#,
    r#"GROUP "G" BACKUP 0"#,
    r#"INSTANCE "VI_1" BACKUP 100"#,
];
const RELEASED: &[&str] = &[
    r#"INSTANCE "VI_1" MASTER 100"#,
    r#"INSTANCE "VI_3" MASTER 100"#,
    r#"INSTANCE "VI_2" MASTER 100"#,
    r#"GROUP "G" MASTER 0"#,
];
const WEIGHT: &[&str] = &[r#"INSTANCE "VI_1" MASTER_PRIORITY 105"#];
const DOWN: &[&str] = &[
    r#"INSTANCE "VI_1" FAULT 105"#,
    r#"INSTANCE "VI_2" FAULT 100"#,
    r#"INSTANCE "VI_3" FAULT 100"#,
    r#"GROUP "G" FAULT 0"#,
];
const UP: &[&str] = &[
    r#"INSTANCE "VI_1" BACKUP 105"#,
    r#"INSTANCE "VI_3" BACKUP 100"#,
    r#"INSTANCE "VI_2" BACKUP 100"#,
    r#"GROUP "G" BACKUP 0"#,
    r#"INSTANCE "VI_1" MASTER 105"#,
    r#"INSTANCE "VI_2" MASTER 100"#,
    r#"INSTANCE "VI_3" MASTER 100"#,
    r#"GROUP "G" MASTER 0"#,
];
/// With `fifo_write_vrrp_states_on_reload`. keepalived sets the priority anew, and leaves the routers out.
const RELOAD_OF_KEEPALIVED: &[&str] = &[r#"INSTANCE "VI_1" BACKUP_PRIORITY 105"#, r#"GROUP "G" MASTER 0"#];
const RELOAD: &[&str] = &[
    r#"GROUP "G" MASTER 0"#,
    r#"INSTANCE "VI_1" MASTER 105"#,
    r#"INSTANCE "VI_2" MASTER 100"#,
    r#"INSTANCE "VI_3" MASTER 100"#,
];
const STOP: &[&str] = &[
    r#"INSTANCE "VI_1" STOP 105"#,
    r#"INSTANCE "VI_2" STOP 100"#,
    r#"INSTANCE "VI_3" STOP 100"#,
    r#"GROUP "G" STOP 0"#,
];

pub(super) fn of_tanist() {
    whole_life(harness::tanist(env!("CARGO_BIN_EXE_tanist")), RELOAD);
}

pub(super) fn of_keepalived() {
    whole_life(Program::Keepalived, RELOAD_OF_KEEPALIVED);
}

fn whole_life(program: Program, reload: &[&str]) {
    let other = harness::tanist(env!("CARGO_BIN_EXE_tanist"));
    let mut bench = Bench::new(program, other, Layout::LeftHigher).unwrap();
    let mut pipe = Reader::make(&bench.left.file("found"));
    let made = bench.left.file("made");
    fs::write(bench.left.file("weight"), "0").unwrap();
    bench.left.start_with(&config(&bench, "")).unwrap();
    pipe.expects("start", START);
    let file = fs::symlink_metadata(&made).unwrap();
    assert!(file.file_type().is_fifo() && file.permissions().mode() & 0o7777 == 0o600, "{file:?}");
    advertise(&bench, &[1], 50);
    pipe.expects("a lower priority", LOWER);
    advertise(&bench, &[1, 2, 3], 200);
    pipe.expects("a higher priority", HIGHER);
    advertise(&bench, &[1, 2, 3], 0);
    pipe.expects("the other leaves", RELEASED);
    fs::write(bench.left.file("weight"), "5").unwrap();
    pipe.expects("another weight", WEIGHT);
    bench.left.host.set_link("eth0", AdminState::Down).unwrap();
    pipe.expects("the link goes down", DOWN);
    bench.left.host.set_link("eth0", AdminState::Up).unwrap();
    pipe.expects("the link comes up", UP);
    bench.left.reload_with(&config(&bench, "fifo_write_vrrp_states_on_reload")).unwrap();
    pipe.expects("reload", reload);
    bench.left.signal(Signal::TERM).unwrap();
    pipe.expects("stop", STOP);
    assert!(bench.left.wait_end(PATIENCE).is_some_and(|status| status.success()), "{}", bench.left.log());
    assert!(bench.left.file("found").exists() && !made.exists(), "takes away what it made");
}

/// G24, ka#2087: no address at all, and a script that claims one from a provider. It runs again each time that another router
/// was master for a moment.
pub(super) fn lost_race() {
    let tanist = || harness::tanist(env!("CARGO_BIN_EXE_tanist"));
    let mut bench = Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap();
    let (hook, record) = (bench.left.file("hook"), bench.left.file("record"));
    fs::write(&hook, format!("#!/bin/sh\necho \"$1\" >> {}\n", record.display())).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let hook = hook.display();
    let config = format!(
        "vrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 1\n priority 100\n advert_int 1\n \
         notify_master \"{hook} claim\"\n notify_master_rx_lower_pri \"{hook} again\"\n}}\n"
    );
    bench.left.start_with(&config).unwrap();
    let holds = |what: &str| wait::until(PATIENCE, || fs::read_to_string(&record).is_ok_and(|text| text == what));
    assert!(holds("claim\n"), "{}", bench.left.log());
    let other = ForgedAdvert::new(2, 1, 50, CLIENT, &[]).frame(bench.client.mac);
    let sender = Asker::new(&bench.client).unwrap();
    for (already, expected) in [("claim\n", "claim\nagain\n"), ("claim\nagain\n", "claim\nagain\nagain\n")] {
        assert!(holds(already));
        sender.send(&other).unwrap();
        assert!(holds(expected), "{}; {}", fs::read_to_string(&record).unwrap(), bench.left.log());
        // Another try, not the same one that goes on.
        sleep(Duration::from_millis(2500));
    }
}

fn config(bench: &Bench, global: &str) -> String {
    let file = |name: &str| bench.left.file(name).display().to_string();
    let instance = |number: u8, lines: &str| {
        format!(
            "vrrp_instance VI_{number} {{\n interface eth0\n virtual_router_id {number}\n priority 100\n advert_int 0.3\n \
             {lines}\n virtual_ipaddress {{\n 10.9.0.10{number}/24\n }}\n}}\n"
        )
    };
    format!(
        "global_defs {{\n vrrp_version 3\n script_user root\n notify_fifo {}\n vrrp_notify_fifo {}\n \
         vrrp_notify_priority_changes on\n {global}\n}}\ntrack_file weight {{\n file {}\n}}\n\
         vrrp_sync_group G {{\n group {{\n VI_2\n VI_3\n }}\n}}\n{}{}{}",
        file("found"),
        file("made"),
        file("weight"),
        instance(1, "track_file {\n weight weight 1\n }"),
        instance(2, ""),
        instance(3, "")
    )
}

/// One advert for each of these, whose long interval makes the next last.
fn advertise(bench: &Bench, vrids: &[u8], priority: u8) {
    let sender = Asker::new(&bench.client).unwrap();
    for vrid in vrids {
        let address = [10, 9, 0, 100 + vrid].into();
        let advert = ForgedAdvert {
            interval: 300,
            checksum: Checksum::PseudoHeader,
            ..ForgedAdvert::new(3, *vrid, priority, CLIENT, &[address])
        };
        sender.send(&advert.frame(bench.client.mac)).unwrap();
    }
}

/// A pipe that is there before the daemon, and stays open.
struct Reader {
    pipe: OwnedFd,
    text: String,
}

impl Reader {
    fn make(path: &Path) -> Self {
        mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let pipe = open(path, OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty()).unwrap();
        Self { pipe, text: String::new() }
    }

    /// Waits until these lines are there, and no others; they are taken.
    fn expects(&mut self, phase: &str, lines: &[&str]) {
        let expected = by_subject(lines.iter().copied());
        let is_there = wait::until(PATIENCE, || {
            let mut bytes = [0; 4096];
            while let Ok(count) = rustix::io::read(&self.pipe, &mut bytes) {
                self.text += std::str::from_utf8(&bytes[..count]).unwrap();
            }
            by_subject(self.text.lines()) == expected
        });
        assert!(is_there && self.text.ends_with('\n'), "{phase}:\n{}", self.text);
        self.text.clear();
    }
}

/// The lines of each router and group, in order.
fn by_subject<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut by_subject: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in lines {
        let (subject, rest) = line.rsplit_once("\" ").unwrap_or((line, ""));
        by_subject.entry(subject).or_default().push(rest);
    }
    by_subject
}
