//! Many checks beside routers.

use std::fmt::Write as _;
use std::time::Duration;

use lab::wait;

use super::{Ground, PATIENCE, Test, becomes, config, tracking};

pub(super) const ALL: &[Test] = &[
    ("200 scripts every 0.1 s take no advert from the routers beside them", many_scripts),
    ("scripts that hang hold up neither others nor scripts of states", hanging),
];

const SCRIPTS: usize = 200;

fn many_scripts() {
    let mut ground = Ground::new();
    let mut blocks = String::new();
    for number in 0..SCRIPTS {
        writeln!(blocks, "vrrp_script c{number} {{\n script /bin/true\n interval 0.1\n timeout 10\n weight -1\n}}")
            .unwrap();
    }
    let list: String = (0..SCRIPTS).map(|number| format!("c{number}\n")).collect();
    let instance = tracking(150, &format!("track_script {{\n {list} }}"));
    ground.bench.left.start_with(&config(&blocks, &instance)).unwrap();
    becomes(&ground.bench.left, "MASTER");
    let since = ground.bench.watch.now();
    std::thread::sleep(Duration::from_secs(3));
    let gap = ground.bench.watch.longest_gap(since, &ground.bench.left.host).unwrap();
    assert!(gap < instance.interval * 3 / 2, "{gap:?}; {}", ground.bench.left.log());
    ground.priority(150);
}

fn hanging() {
    let mut ground = Ground::new();
    let script = ground.script("check", "test $1 = good || sleep 300");
    let notify = ground.script("notify", "echo $3 >> $DIR/states");
    let mut blocks = String::new();
    for number in 0..100 {
        writeln!(
            blocks,
            "vrrp_script c{number} {{\n script \"{script} bad\"\n init_fail\n timeout 300\n weight -1\n}}"
        )
        .unwrap();
    }
    writeln!(blocks, "vrrp_script good {{\n script \"{script} good\"\n interval 0.1\n weight 100\n}}").unwrap();
    let list: String = (0..100).map(|number| format!("c{number}\n")).collect();
    let instance = tracking(150, &format!("track_script {{\n {list} good\n }}")).with(&format!("notify {notify}"));
    ground.bench.left.start_with(&config(&blocks, &instance)).unwrap();
    becomes(&ground.bench.left, "MASTER");
    ground.priority(150);
    assert!(wait::until(PATIENCE, || ground.read("states").contains("MASTER")), "{}", ground.bench.left.log());
}
