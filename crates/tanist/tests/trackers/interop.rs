//! The same configuration in keepalived: what moves a priority there moves it here.

use std::time::Duration;

use lab::{Program, wait};
use testbed::lan::{Instance, Protocol, VmacMode};

use super::{Ground, PATIENCE, Test, becomes, config, tanist};

pub(super) const ALL: &[Test] = &[
    ("weights of scripts, reversed or not, are as in keepalived, whichever side has them", weights),
    ("numbers in files are read as in keepalived, and do the same", numbers),
];

/// Weights with the priorities of a script that succeeds and of one that fails; base 150.
const WEIGHTS: [(&str, u8, u8); 4] =
    [("20", 170, 150), ("-20", 150, 130), ("20 reverse", 130, 150), ("-20 reverse", 150, 170)];

fn weights() {
    for keepalived in [false, true] {
        for (weight, good, bad) in WEIGHTS {
            let left = if keepalived { Program::Keepalived } else { tanist() };
            let mut ground = Ground::with(left, tanist());
            let script = ground.script("check", "test ! -e $DIR/bad");
            let block = format!("vrrp_script chk {{\n script {script}\n interval 1\n weight {weight}\n}}\n");
            let instance = Instance::new(Protocol::V3Ipv4, VmacMode::None, 150)
                .with("track_script {\n chk\n }")
                .with_global("script_user root");
            ground.bench.left.start_with(&config(&block, &instance)).unwrap();
            says(&ground, good, &format!("{weight}, good, keepalived: {keepalived}"));
            ground.write("bad", "");
            says(&ground, bad, &format!("{weight}, bad, keepalived: {keepalived}"));
        }
    }
    // One of each: the one whose script fails gives way.
    let mut ground = Ground::with(Program::Keepalived, tanist());
    let script = ground.script("check", "test ! -e $DIR/bad");
    let block = format!("vrrp_script chk {{\n script {script}\n interval 1\n weight -60\n}}\n");
    let track = |priority| {
        Instance::new(Protocol::V3Ipv4, VmacMode::None, priority)
            .with("track_script {\n chk\n }")
            .with_global("script_user root")
    };
    ground.bench.right.start_with(&config(&block, &track(150))).unwrap();
    becomes(&ground.bench.right, "MASTER");
    let since = ground.bench.watch.now();
    ground.bench.left.start_with(&Instance::new(Protocol::V3Ipv4, VmacMode::None, 100)).unwrap();
    assert_eq!(ground.bench.watch.first_advert(since, &ground.bench.left.host, Duration::from_secs(3)), None);
    ground.write("bad", "");
    becomes(&ground.bench.right, "BACKUP");
    ground.remove("bad");
    becomes(&ground.bench.right, "MASTER");
}

/// What is written into a file, and the priority that follows; base 150. `None`: the router stops.
type Step = (&'static str, Option<u8>);

/// By weight.
const NUMBERS: [(&str, &[Step]); 4] = [
    (
        "1",
        &[
            ("7x", Some(157)),
            ("+5", Some(155)),
            ("3.5", Some(153)),
            ("-", Some(150)),
            (" 9 ", Some(159)),
            ("6\n7", Some(156)),
            ("-253", Some(1)),
            ("-254", None),
            ("0", Some(150)),
            ("254", Some(254)),
            ("99999999999", Some(254)),
            ("", Some(150)),
        ],
    ),
    ("2", &[("126", Some(254)), ("-126", Some(1)), ("-127", None), ("-10", Some(130))]),
    ("-3", &[("5", Some(135)), ("200", None), ("-20", Some(210))]),
    ("2 reverse", &[("5", Some(140)), ("127", None), ("-20", Some(190))]),
];

fn numbers() {
    for keepalived in [false, true] {
        for (weight, steps) in NUMBERS {
            let left = if keepalived { Program::Keepalived } else { tanist() };
            let mut ground = Ground::with(left, tanist());
            ground.write("number", "0");
            let file = ground.path("number").display().to_string();
            let block = format!("track_file f {{\n file {file}\n weight {weight}\n}}\n");
            let instance = Instance::new(Protocol::V3Ipv4, VmacMode::None, 150).with("track_file {\n f\n }");
            ground.bench.left.start_with(&config(&block, &instance)).unwrap();
            says(&ground, 150, "at the start");
            for (text, priority) in steps {
                let what = format!("{weight}: {text:?}, keepalived: {keepalived}");
                let since = ground.bench.watch.now();
                ground.write("number", text);
                match priority {
                    Some(priority) => says(&ground, *priority, &what),
                    None => {
                        let left = ground.bench.watch.priority_zero(since, &ground.bench.left.host, PATIENCE);
                        assert!(left.is_some(), "{what}: it stops");
                    }
                }
            }
        }
    }
}

/// The left router advertises this priority.
#[track_caller]
fn says(ground: &Ground, priority: u8, what: &str) {
    let left = &ground.bench.left.host;
    let last = || {
        let from = ground.bench.watch.now();
        let frame = ground.bench.watch.first_advert(from, left, Duration::from_secs(2))?;
        ground.bench.watch.advert_of(&frame, left).map(|advert| advert.priority)
    };
    assert!(wait::until(PATIENCE, || last() == Some(priority)), "{what}: {priority}, not {:?}", last());
}
