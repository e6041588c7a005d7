//! `vrrp_script`.

use std::time::{Duration, Instant};

use lab::wait;
use rustix::process::Signal;

use super::{Ground, PATIENCE, Test, becomes, config, lives, pid_in, tracking};

pub(super) const ALL: &[Test] = &[
    ("a script that fails moves the priority of a master, which loses to its peer and comes back", weight),
    ("a script without weight that fails stops its router, with priority 0", fault),
    ("a router waits in silence for the first result of its scripts", waits),
    ("init_fail stops a router until its script succeeds", init_fail),
    ("rise and fall count results in a row", rise_and_fall),
    ("a script that takes too long is killed with all that it started, and counts as one that failed", timeout),
    ("a script runs once at a time, for all routers that track it", one_at_a_time),
    ("a script or a file that a sync group tracks stops all its routers", group),
    ("a daemon that is killed leaves none of its scripts running, nor does one that stops", killed),
    ("a process for scripts that is killed is replaced, and no router notices", runner_killed),
    ("a freeze for longer than a script may take is no failure of the script", frozen),
    ("a script that is not there stops the router, which is said once, and is run as soon as it is", missing),
    ("a reload keeps what was counted of a script that is the same", reload_same),
    ("a reload that changes a script starts it afresh, and the router keeps its state", reload_changed),
    ("a reload that adds a script to a master moves nothing unless it fails", reload_added),
    ("a script that a reload removes is killed, and forgotten", reload_removed),
];

/// A `vrrp_script chk`.
fn block(script: &str, lines: &str) -> String {
    format!("vrrp_script chk {{\n script \"{script}\"\n interval 0.1\n timeout 5\n {lines}\n}}\n")
}

const TRACK: &str = "track_script {\n chk\n }";

fn weight() {
    let mut ground = Ground::new();
    let script = ground.script("check", "test ! -e $DIR/bad");
    let left = config(&block(&script, "weight -60"), &tracking(150, TRACK));
    ground.bench.left.start_with(&left).unwrap();
    becomes(&ground.bench.left, "MASTER");
    ground.bench.right.start_with(&tracking(100, "")).unwrap();
    becomes(&ground.bench.right, "BACKUP");
    let since = ground.bench.watch.now();
    ground.write("bad", "");
    becomes(&ground.bench.right, "MASTER");
    becomes(&ground.bench.left, "BACKUP");
    let said = ground.bench.watch.adverts(since, &ground.bench.left.host);
    let priorities: Vec<u8> = said
        .iter()
        .filter_map(|frame| ground.bench.watch.advert_of(frame, &ground.bench.left.host))
        .map(|advert| advert.priority)
        .collect();
    assert!(priorities.contains(&90), "it says its new priority: {priorities:?}");
    let down = ground.tracker("vrrp_script chk", |it| it["reading"] == "down");
    assert_eq!((&down["weight"], &down["effect"]), (&(-60).into(), &"it moves the priority by -60".into()));
    ground.remove("bad");
    becomes(&ground.bench.left, "MASTER");
    becomes(&ground.bench.right, "BACKUP");
    ground.priority(150);
    ground.says("vrrp_script chk is down: it ended with exit status: 1");
    ground.says("vrrp_script chk is up: it succeeded");
}

fn fault() {
    let mut ground = Ground::new();
    let script = ground.script("check", "test ! -e $DIR/bad");
    let left = config(&block(&script, ""), &tracking(150, TRACK));
    ground.bench.left.start_with(&left).unwrap();
    becomes(&ground.bench.left, "MASTER");
    let since = ground.bench.watch.now();
    ground.write("bad", "");
    becomes(&ground.bench.left, "FAULT");
    assert!(ground.bench.watch.priority_zero(since, &ground.bench.left.host, PATIENCE).is_some());
    ground.tracker("vrrp_script chk", |it| it["effect"] == "it stops the router");
    ground.remove("bad");
    becomes(&ground.bench.left, "MASTER");
}

fn waits() {
    let mut ground = Ground::new();
    let script = ground.script("check", "while ! test -e $DIR/go; do sleep 0.05; done");
    let left = config(&block(&script, "weight 10\n timeout 30"), &tracking(150, TRACK));
    let since = ground.bench.watch.now();
    ground.bench.left.start_with(&left).unwrap();
    let pending = ground.tracker("vrrp_script chk", |it| it["reading"] == "unknown");
    assert_eq!(pending["effect"], "nothing is known yet");
    let down_interval = tracking(150, "").down_interval();
    assert_eq!(ground.bench.watch.first_advert(since, &ground.bench.left.host, down_interval * 2), None);
    assert!(ground.bench.left.status().is_some_and(|it| it["state"] == "FAULT"), "{}", ground.bench.left.log());
    ground.write("go", "");
    becomes(&ground.bench.left, "MASTER");
    ground.priority(160);
}

fn init_fail() {
    let mut ground = Ground::new();
    let script = ground.script("check", "while ! test -e $DIR/go; do sleep 0.05; done");
    let left = config(&block(&script, "init_fail\n rise 100\n timeout 30"), &tracking(150, TRACK));
    ground.bench.left.start_with(&left).unwrap();
    ground.says("FAULT: waiting for: tracked object down");
    ground.says("vrrp_script chk is down: init_fail, until it succeeds");
    ground.write("go", "");
    // The first result counts at once.
    becomes(&ground.bench.left, "MASTER");
}

fn rise_and_fall() {
    let mut ground = Ground::new();
    // Fails on the runs whose numbers are listed.
    let script = ground.script(
        "check",
        "n=$(($(cat $DIR/runs 2>/dev/null || echo 0) + 1)); echo $n > $DIR/runs; ! grep -qx $n $DIR/failures",
    );
    ground.write("failures", "2\n3\n5\n6\n7\n9\n");
    let left = config(&block(&script, "rise 2\n fall 3\n weight -10"), &tracking(150, TRACK));
    ground.bench.left.start_with(&left).unwrap();
    let seen = || ground.read("runs").trim().parse().is_ok_and(|runs: u32| runs >= 14);
    assert!(wait::until(PATIENCE, seen), "{}", ground.bench.left.log());
    // 1 up; 5 6 7 down; 8 up once, 9 fails, 10 and 11 up.
    let log = ground.bench.left.log();
    let changes: Vec<&str> = log.lines().filter(|line| line.contains("vrrp_script chk is ")).collect();
    assert_eq!(changes.len(), 3, "{changes:#?}");
    assert!(changes[1].contains("is down") && changes[2].contains("is up"), "{changes:#?}");
}

fn timeout() {
    let mut ground = Ground::new();
    let script = ground.script("check", "test -e $DIR/hang || exit 0; sleep 300 & echo $! > $DIR/child; wait");
    let left = config(&block(&script, "timeout 0.5\n fall 2"), &tracking(150, TRACK));
    ground.bench.left.start_with(&left).unwrap();
    becomes(&ground.bench.left, "MASTER");
    ground.write("hang", "");
    becomes(&ground.bench.left, "FAULT");
    ground.says("vrrp_script chk is down: it ran for 500ms and was ended");
    let child = pid_in(&ground.read("child"));
    ground.remove("hang");
    becomes(&ground.bench.left, "MASTER");
    assert!(wait::until(PATIENCE, || !child.is_some_and(lives)), "what it started is killed");
}

fn one_at_a_time() {
    let mut ground = Ground::new();
    let script = ground.script(
        "check",
        "mkdir $DIR/lock || echo twice >> $DIR/twice; echo run >> $DIR/runs; sleep 0.25; rmdir $DIR/lock",
    );
    let second = tracking(150, TRACK).to_string().replace("VI_1", "VI_2").replace("_id 51", "_id 52");
    let second = second.replace("10.9.0.1/", "10.9.0.77/");
    let second = &second[second.find("vrrp_instance").unwrap()..];
    let left = format!("{}{second}", config(&block(&script, ""), &tracking(150, TRACK)));
    ground.bench.left.start_with(&left).unwrap();
    let begin = Instant::now();
    let runs = || ground.read("runs").lines().count();
    assert!(wait::until(PATIENCE, || runs() >= 5), "{}", ground.bench.left.log());
    // A run of 0.25 s leaves out the two that would begin meanwhile.
    assert!(begin.elapsed() >= Duration::from_millis(4 * 300), "{:?}", begin.elapsed());
    assert_eq!(ground.read("twice"), "");
    let is_master = |name| ground.bench.left.status_of(name).is_some_and(|status| status["state"] == "MASTER");
    assert!(wait::until(PATIENCE, || is_master("VI_1") && is_master("VI_2")), "{}", ground.bench.left.log());
}

fn group() {
    let mut ground = Ground::new();
    let script = ground.script("check", "test ! -e $DIR/bad");
    ground.write("number", "0");
    let second = tracking(150, "").to_string().replace("VI_1", "VI_2").replace("_id 51", "_id 52");
    let second = second.replace("10.9.0.1/", "10.9.0.77/");
    let second = &second[second.find("vrrp_instance").unwrap()..];
    let file = format!("track_file f {{\n file {}\n weight 0\n}}\n", ground.path("number").display());
    let lists = format!("{TRACK}\n track_file {{\n f\n }}");
    let group = format!("vrrp_sync_group G {{\n group {{\n VI_1\n VI_2\n }}\n {lists}\n}}\n");
    let left = format!("{file}{}{second}{group}", config(&block(&script, ""), &tracking(150, "")));
    ground.bench.left.start_with(&left).unwrap();
    let both = |state: &str| {
        let is = |name| ground.bench.left.status_of(name).is_some_and(|status| status["state"] == state);
        assert!(wait::until(PATIENCE, || is("VI_1") && is("VI_2")), "{state}; {}", ground.bench.left.log());
    };
    both("MASTER");
    ground.write("bad", "");
    both("FAULT");
    ground.remove("bad");
    both("MASTER");
    ground.write("number", "1");
    both("FAULT");
}

fn killed() {
    for signal in [Signal::KILL, Signal::TERM] {
        let mut ground = Ground::new();
        let script = ground.script("check", "sleep 300 & echo $! > $DIR/child; echo $$ > $DIR/pid; wait");
        let left = config(&block(&script, "timeout 100"), &tracking(150, TRACK));
        ground.bench.left.start_with(&left).unwrap();
        let pids = || Some([pid_in(&ground.read("pid"))?, pid_in(&ground.read("child"))?]);
        let pids = wait::found(PATIENCE, pids).expect("it runs");
        assert!(pids.into_iter().all(lives));
        let begin = Instant::now();
        if signal == Signal::KILL {
            ground.bench.left.kill_alone().unwrap();
        } else {
            ground.bench.left.signal(signal).unwrap();
            let status = ground.bench.left.wait_end(PATIENCE);
            assert!(status.is_some_and(|status| status.success()), "{}", ground.bench.left.log());
            assert!(begin.elapsed() < Duration::from_secs(4), "it does not wait for checks: {:?}", begin.elapsed());
        }
        let gone = wait::until(PATIENCE, || !pids.into_iter().any(lives));
        assert!(gone, "{signal:?}: {}", ground.bench.left.log());
    }
}

fn runner_killed() {
    let mut ground = Ground::new();
    let script = ground.script("check", "echo $PPID > $DIR/runner; echo run >> $DIR/runs; sleep 0.05");
    let left = config(&block(&script, ""), &tracking(150, TRACK));
    ground.bench.left.start_with(&left).unwrap();
    becomes(&ground.bench.left, "MASTER");
    let since = ground.bench.watch.now();
    let runner = wait::found(PATIENCE, || pid_in(&ground.read("runner"))).expect("it runs");
    rustix::process::kill_process(runner, Signal::KILL).unwrap();
    let another = || pid_in(&ground.read("runner")).is_some_and(|pid| pid != runner);
    assert!(wait::until(PATIENCE, another), "{}", ground.bench.left.log());
    ground.says("the script runner ended");
    becomes(&ground.bench.left, "MASTER");
    assert_eq!(ground.bench.watch.priority_zero(since, &ground.bench.left.host, Duration::from_millis(500)), None);
}

fn frozen() {
    let mut ground = Ground::new();
    // It runs nearly always, and never for long.
    let script = ground.script("check", "sleep 0.09");
    let left = config(&block(&script, "timeout 0.5"), &tracking(150, TRACK));
    ground.bench.left.start_with(&left).unwrap();
    becomes(&ground.bench.left, "MASTER");
    for _ in 0..3 {
        ground.bench.left.freeze().unwrap();
        std::thread::sleep(Duration::from_secs(2));
        ground.bench.left.thaw().unwrap();
        becomes(&ground.bench.left, "MASTER");
        std::thread::sleep(Duration::from_millis(300));
    }
    assert!(!ground.bench.left.log().contains("vrrp_script chk is down"), "{}", ground.bench.left.log());
}

fn missing() {
    let mut ground = Ground::new();
    let script = ground.path("check").display().to_string();
    let left = config(&block(&script, ""), &tracking(150, TRACK));
    ground.bench.left.start_with(&left).unwrap();
    becomes(&ground.bench.left, "FAULT");
    ground.says("there is no such program");
    let calm = Duration::from_millis(500);
    assert!(!wait::until(calm, || ground.bench.left.log().matches("there is no such program").count() > 1));
    ground.script("check", "true");
    becomes(&ground.bench.left, "MASTER");
}

fn reload_same() {
    let mut ground = Ground::new();
    let script = ground.script("check", "test ! -e $DIR/bad");
    // With an interval this long only what was counted before can decide.
    let slow = block(&script, "weight -60\n interval 1000");
    ground.write("bad", "");
    let text = |lines: &str| config(&slow, &tracking(150, TRACK).with(lines));
    ground.bench.left.start_with(&text("")).unwrap();
    ground.priority(90);
    becomes(&ground.bench.left, "MASTER");
    ground.remove("bad");
    ground.bench.left.reload_with(&text("garp_master_repeat 3")).unwrap();
    let in_force = || ground.bench.left.log().matches("is in force").count() == 2;
    assert!(wait::until(PATIENCE, in_force), "{}", ground.bench.left.log());
    let calm = Duration::from_secs(1);
    let moved = || ground.bench.left.status().is_some_and(|status| status["priority"] != 90);
    assert!(!wait::until(calm, moved), "{}", ground.bench.left.log());
}

fn reload_changed() {
    let mut ground = Ground::new();
    let good = ground.script("good", "true");
    let slow = ground.script("slow", "while ! test -e $DIR/go; do sleep 0.05; done; false");
    let text = |script: &str| config(&block(script, "weight 20\n timeout 30\n fall 3"), &tracking(150, TRACK));
    ground.bench.left.start_with(&text(&good)).unwrap();
    becomes(&ground.bench.left, "MASTER");
    ground.priority(170);
    let since = ground.bench.watch.now();
    ground.bench.left.reload_with(&text(&slow)).unwrap();
    let in_force = || ground.bench.left.log().matches("is in force").count() == 2;
    assert!(wait::until(PATIENCE, in_force), "{}", ground.bench.left.log());
    let moved = || ground.bench.left.status().is_some_and(|status| status["priority"] != 170);
    assert!(!wait::until(Duration::from_secs(1), moved), "the old reading counts until there is one");
    ground.write("go", "");
    ground.priority(150);
    becomes(&ground.bench.left, "MASTER");
    let gap = ground.bench.watch.longest_gap(since, &ground.bench.left.host).unwrap();
    assert!(gap < Duration::from_millis(450), "{gap:?}");
}

fn reload_removed() {
    let mut ground = Ground::new();
    let script = ground.script("check", "echo $$ > $DIR/pid; while true; do sleep 0.1; done");
    let text = config(&block(&script, "timeout 100\n init_fail\n weight -50"), &tracking(150, TRACK));
    ground.bench.left.start_with(&text).unwrap();
    let pid = wait::found(PATIENCE, || pid_in(&ground.read("pid"))).expect("it runs");
    ground.priority(100);
    ground.bench.left.reload_with(&tracking(150, "")).unwrap();
    ground.priority(150);
    assert!(wait::until(PATIENCE, || !lives(pid)), "{}", ground.bench.left.log());
    // What it was found to be does not come back with it.
    let other = ground.script("check", "sleep 0.3; true");
    let text = config(&block(&other, "timeout 100"), &tracking(150, TRACK));
    becomes(&ground.bench.left, "MASTER");
    ground.bench.left.reload_with(&text).unwrap();
    ground.tracker("vrrp_script chk", |it| it["reading"] == "up");
    assert!(!ground.bench.left.log().contains("MASTER -> FAULT"), "{}", ground.bench.left.log());
}

// G11: ka#1941, ka#2037
fn reload_added() {
    let mut ground = Ground::new();
    let router = tracking(150, "");
    ground.bench.left.start_with(&router).unwrap();
    becomes(&ground.bench.left, "MASTER");
    ground.bench.right.start_with(&tracking(100, "")).unwrap();
    becomes(&ground.bench.right, "BACKUP");
    let since = ground.bench.watch.now();
    let script = ground.script("check", "echo x >> $DIR/runs");
    let added = config(&block(&script, "fall 3"), &tracking(150, TRACK));
    ground.bench.left.reload_with(&added).unwrap();
    assert!(wait::until(PATIENCE, || ground.read("runs").lines().count() > 3), "{}", ground.bench.left.log());
    let spoken = || ground.bench.watch.adverts(since, &ground.bench.left.host).len();
    assert!(wait::until(PATIENCE, || spoken() > 3), "{}", ground.bench.left.log());
    let gap = ground.bench.watch.longest_gap(since, &ground.bench.left.host).unwrap();
    assert!(gap < router.interval * 2, "{gap:?}; {}", ground.bench.left.log());
    assert_eq!(ground.bench.watch.adverts(since, &ground.bench.right.host), []);
    assert!(!ground.bench.left.log().contains("MASTER -> "), "{}", ground.bench.left.log());
    // Of one that fails as many failures count as are asked for, unlike at the start, where routers wait for the first.
    ground.bench.left.reload_with(&router).unwrap();
    let in_force = |times| ground.bench.left.log().matches("is in force").count() == times;
    assert!(wait::until(PATIENCE, || in_force(3)), "{}", ground.bench.left.log());
    let failing = ground.script("failing", "echo x >> $DIR/failures; test ! -e $DIR/enough");
    ground.write("enough", "");
    ground.bench.left.reload_with(&config(&block(&failing, "fall 1000000"), &tracking(150, TRACK))).unwrap();
    assert!(wait::until(PATIENCE, || ground.read("failures").lines().count() > 3), "{}", ground.bench.left.log());
    assert!(!ground.bench.left.log().contains("MASTER -> "), "{}", ground.bench.left.log());
    ground.bench.left.reload_with(&config(&block(&failing, "fall 2"), &tracking(150, TRACK))).unwrap();
    becomes(&ground.bench.left, "FAULT");
    becomes(&ground.bench.right, "MASTER");
}
