//! `track_file`.

use std::fs;
use std::time::Duration;

use lab::wait;

use super::{Ground, PATIENCE, Test, becomes, config, tracking};

pub(super) const ALL: &[Test] = &[
    ("the number in a file, times its weight, moves the priority", numbers),
    ("a file without weight stops its router unless it says 0, and so does a product of -254", faults),
    ("a file may be written, replaced, a link, gone, in a directory that comes later or is exchanged", places),
    ("a file that is written anew is never seen empty", truncated),
    ("init_file makes a file at the start, not at a reload", init),
    ("of two routers with the same priority the one whose file says more is master, whenever that changes", equals),
    ("a reload that changes the file keeps the old number until the new one is read", reload),
];

const TRACK: &str = "track_file {\n f\n }";

/// A `track_file f`.
fn block(ground: &Ground, file: &str, lines: &str) -> String {
    format!("track_file f {{\n file {}\n {lines}\n}}\n", ground.path(file).display())
}

fn level(ground: &Ground, level: &str) {
    ground.tracker("track_file f", |it| it["reading"] == level);
}

fn numbers() {
    let mut ground = Ground::new();
    ground.write("number", "7");
    ground.bench.left.start_with(&config(&block(&ground, "number", "weight 2"), &tracking(150, TRACK))).unwrap();
    ground.priority(164);
    becomes(&ground.bench.left, "MASTER");
    for (text, priority, said) in [
        ("-20\n", 110, "it says -20"),
        ("+30 or so", 210, "it says 30"),
        ("200", 254, "it says 200"),
        ("none", 150, "`none` is no number, which counts as 0"),
        ("99999999999", 150, "99999999999 has more than 32 bits, and is ignored"),
        ("1", 152, "it says 1"),
    ] {
        ground.write("number", text);
        ground.says(said);
        ground.priority(priority);
    }
    ground.remove("number");
    ground.priority(150);
    ground.says("there is no such file");
    // A weight of the list goes before that of the file.
    ground.write("number", "9");
    let track = "track_file {\n f weight 3 reverse\n }";
    ground.bench.left.reload_with(&config(&block(&ground, "number", "weight 2"), &tracking(150, track))).unwrap();
    ground.priority(123);
}

fn faults() {
    let mut ground = Ground::new();
    let text = |ground: &Ground, lines: &str| config(&block(ground, "number", lines), &tracking(150, TRACK));
    ground.bench.left.start_with(&text(&ground, "weight 0")).unwrap();
    becomes(&ground.bench.left, "MASTER");
    ground.write("number", "1");
    becomes(&ground.bench.left, "FAULT");
    ground.write("number", "0");
    becomes(&ground.bench.left, "MASTER");
    ground.bench.left.reload_with(&text(&ground, "weight 0 reverse")).unwrap();
    becomes(&ground.bench.left, "FAULT");
    ground.write("number", "5");
    becomes(&ground.bench.left, "MASTER");
    ground.bench.left.reload_with(&text(&ground, "weight -2")).unwrap();
    ground.priority(140);
    ground.write("number", "126");
    ground.priority(1);
    ground.write("number", "127");
    becomes(&ground.bench.left, "FAULT");
    ground.tracker("track_file f", |it| it["effect"] == "it stops the router");
}

fn places() {
    let mut ground = Ground::new();
    ground.bench.left.start_with(&config(&block(&ground, "dir/number", ""), &tracking(150, TRACK))).unwrap();
    level(&ground, "0");
    fs::create_dir(ground.path("dir")).unwrap();
    ground.write("dir/number", "1");
    level(&ground, "1");
    ground.write("new", "2");
    fs::rename(ground.path("new"), ground.path("dir/number")).unwrap();
    level(&ground, "2");
    // The directory is another.
    fs::create_dir(ground.path("dir2")).unwrap();
    ground.write("dir2/number", "3");
    fs::rename(ground.path("dir"), ground.path("dir1")).unwrap();
    fs::rename(ground.path("dir2"), ground.path("dir")).unwrap();
    level(&ground, "3");
    ground.write("dir/number", "4");
    level(&ground, "4");
    ground.write("dir1/number", "99");
    // A link, what it leads to, and another in its place.
    fs::create_dir(ground.path("far")).unwrap();
    ground.write("far/one", "5");
    ground.remove("dir/number");
    std::os::unix::fs::symlink(ground.path("far/one"), ground.path("dir/number")).unwrap();
    level(&ground, "5");
    ground.write("far/one", "6");
    level(&ground, "6");
    ground.write("far/two", "7");
    std::os::unix::fs::symlink(ground.path("far/two"), ground.path("dir/link")).unwrap();
    fs::rename(ground.path("dir/link"), ground.path("dir/number")).unwrap();
    level(&ground, "7");
    // What is no file.
    ground.remove("dir/number");
    fs::create_dir(ground.path("dir/number")).unwrap();
    ground.says("it cannot be read, which counts as 0: it is no regular file");
    level(&ground, "0");
    fs::remove_dir(ground.path("dir/number")).unwrap();
    ground.write("dir/number", "8");
    level(&ground, "8");
    fs::remove_dir_all(ground.path("dir")).unwrap();
    level(&ground, "0");
    fs::create_dir(ground.path("dir")).unwrap();
    ground.write("dir/number", "10");
    level(&ground, "10");
    assert!(!ground.bench.left.log().contains("says 99"), "{}", ground.bench.left.log());
}

fn truncated() {
    let mut ground = Ground::new();
    ground.write("number", "1");
    ground
        .bench
        .left
        .start_with(&config(&block(&ground, "number", "weight 0"), &tracking(150, "track_file {\n f weight 1\n }")))
        .unwrap();
    level(&ground, "1");
    for round in 0..300 {
        // Something else in the directory, at the same time.
        ground.write("other", "");
        ground.remove("other");
        ground.write("number", &(1 + round % 5).to_string());
    }
    level(&ground, "5");
    assert!(!ground.bench.left.log().contains("track_file f is 0"), "{}", ground.bench.left.log());
    ground.write("number", "");
    level(&ground, "0");
}

// G09: kaC:3f386640, ka#1495: a file that is there is kept, unless `overwrite` says otherwise.
fn init() {
    let mut ground = Ground::new();
    ground.write("there", "9");
    ground.write("kept", "40");
    let blocks = |lines: [&str; 4]| {
        let block = |(name, line): (&&str, &str)| {
            format!("track_file {name} {{\n file {}\n {line}\n}}\n", ground.path(name).display())
        };
        ["new", "there", "later", "kept"].iter().zip(lines).map(block).collect::<String>()
    };
    let track = tracking(100, "track_file {\n new\n there\n later\n kept\n }");
    let first = config(&blocks(["init_file 5", "init_file 4 overwrite", "", "init_file 0"]), &track);
    let second = config(&blocks(["init_file 50", "init_file 40 overwrite", "init_file 3", "init_file 1"]), &track);
    ground.bench.left.start_with(&first).unwrap();
    ground.priority(149);
    assert_eq!((ground.read("new"), ground.read("there")), ("5\n".to_owned(), "4\n".to_owned()));
    // Without `overwrite` a file that is there stays.
    assert_eq!(ground.read("kept"), "40");
    ground.bench.left.reload_with(&second).unwrap();
    assert!(wait::until(PATIENCE, || ground.bench.left.log().matches("is in force").count() == 2));
    assert_eq!((ground.read("new"), ground.read("later")), ("5\n".to_owned(), String::new()));
}

// G08: ka#2114
fn equals() {
    let mut ground = Ground::new();
    let text = |ground: &Ground, file: &str| config(&block(ground, file, "weight -1"), &tracking(100, TRACK));
    ground.write("left", "0");
    ground.write("right", "10");
    let (left, right) = (text(&ground, "left"), text(&ground, "right"));
    ground.bench.left.start_with(&left).unwrap();
    ground.bench.right.start_with(&right).unwrap();
    becomes(&ground.bench.left, "MASTER");
    for (number, master) in [("50", "right"), ("0", "left"), ("20", "right")] {
        ground.write("left", number);
        let (new, old) = match master {
            "left" => (&ground.bench.left, &ground.bench.right),
            _ => (&ground.bench.right, &ground.bench.left),
        };
        becomes(new, "MASTER");
        becomes(old, "BACKUP");
    }
}

fn reload() {
    let mut ground = Ground::new();
    ground.write("one", "20");
    ground.write("two", "21");
    let text = |file: &str| config(&block(&ground, file, ""), &tracking(150, TRACK));
    let (one, two) = (text("one"), text("two"));
    ground.bench.left.start_with(&one).unwrap();
    becomes(&ground.bench.left, "MASTER");
    ground.priority(170);
    let since = ground.bench.watch.now();
    ground.bench.left.reload_with(&two).unwrap();
    ground.priority(171);
    let left = &ground.bench.left.host;
    let adverts = ground.bench.watch.adverts(since, left);
    let said = adverts.iter().filter_map(|frame| ground.bench.watch.advert_of(frame, left)).map(|it| it.priority);
    assert!(said.clone().all(|priority| priority >= 170), "{:?}", said.collect::<Vec<_>>());
    // One that is tracked no more is forgotten.
    ground.bench.left.reload_with(&tracking(150, "")).unwrap();
    ground.priority(150);
    let slow = Duration::from_millis(200);
    assert!(!wait::until(slow, || !ground.bench.left.wait_state("MASTER", slow)), "{}", ground.bench.left.log());
}
