//! `vrrp_track_process`.

use std::process::{Child, Command, Stdio};

use super::{Ground, Test, becomes, config, tracking};

pub(super) const ALL: &[Test] = &[
    ("a process that ends moves the priority at once, and one that begins soon", weight),
    ("too few processes stop a router and its group, which a reload may change", quorum),
];

/// A process that only this test knows.
struct Sleeper(Child);

impl Sleeper {
    fn start(ground: &Ground) -> Self {
        let mut command = Command::new("sleep");
        command.arg(seconds(ground)).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// An argument of `sleep` that no other test has.
fn seconds(ground: &Ground) -> String {
    let name = ground.files.path().as_os_str().as_encoded_bytes();
    let number = name.iter().fold(0u64, |number, byte| number.wrapping_mul(31).wrapping_add((*byte).into()));
    format!("300.{number}")
}

fn block(ground: &Ground, lines: &str) -> String {
    format!("vrrp_track_process p {{\n process sleep {}\n {lines}\n}}\n", seconds(ground))
}

const TRACK: &str = "track_process {\n p\n }";

fn weight() {
    let mut ground = Ground::new();
    let sleeper = Sleeper::start(&ground);
    ground.bench.left.start_with(&config(&block(&ground, "weight -30"), &tracking(150, TRACK))).unwrap();
    becomes(&ground.bench.left, "MASTER");
    ground.priority(150);
    drop(sleeper);
    ground.priority(120);
    ground.says("vrrp_track_process p is down: no process runs, 1 must; ");
    let down = ground.tracker("vrrp_track_process p", |it| it["reading"] == "down");
    assert_eq!((&down["weight"], &down["effect"]), (&(-30).into(), &"it moves the priority by -30".into()));
    let _sleeper = Sleeper::start(&ground);
    ground.priority(150);
    ground.says("vrrp_track_process p is up: 1 process runs, 1 must; ");
}

fn quorum() {
    let mut ground = Ground::new();
    let group = "vrrp_sync_group G {\n group {\n VI_1\n }\n track_process {\n p\n }\n}\n";
    let text = |ground: &Ground, lines: &str| config(&(block(ground, lines) + group), &tracking(150, ""));
    let _first = Sleeper::start(&ground);
    ground.bench.left.start_with(&text(&ground, "quorum 2")).unwrap();
    becomes(&ground.bench.left, "FAULT");
    let second = Sleeper::start(&ground);
    becomes(&ground.bench.left, "MASTER");
    ground.bench.left.reload_with(&text(&ground, "quorum_max 1")).unwrap();
    becomes(&ground.bench.left, "FAULT");
    drop(second);
    becomes(&ground.bench.left, "MASTER");
}
