//! What the protocol thread makes of the engine on a real network: packets before timers, who announces what, and what
//! is said when nothing can be sent.

use std::net::IpAddr;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use lab::{Captured, CapturedFrame, RouterHost, wait};
use libtest_mimic::Trial;
use serde_json::Value;
use testbed::lan::{Bench, Instance, Layout, Protocol, VmacMode, harness};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(15);
/// How much later than the protocol wants something may happen on a busy machine.
const TOLERANCE: Duration = Duration::from_millis(150);

fn main() -> ExitCode {
    harness::run(|| if harness::has_program("ip", "the protocol thread") { all() } else { Vec::new() })
}

fn all() -> Vec<Trial> {
    let mut trials = vec![
        harness::test("a thawed backup whose master never stopped stays a backup", thawed_backup),
        harness::test("a master frozen for less than the down interval stays master", thawed_master),
        harness::test("a master whose address goes says priority 0 from it", address_gone),
        harness::test("adverts that do not leave are counted, and said with the interface's name", nothing_leaves),
        harness::test("a link counts as down, and as up, when it has been for as long as is configured", link_delays),
        harness::test("the other speakers of a VRID are shown", speakers_shown),
        harness::test("a reload inside the startup delay ends it", startup_delay),
        harness::test("the threads are scheduled as configured, and as before when nothing is", scheduled),
    ];
    for (protocol, vmac) in [
        (Protocol::V3Ipv4, VmacMode::Vmac),
        (Protocol::V3Ipv4, VmacMode::None),
        (Protocol::V3Ipv6, VmacMode::Vmac),
        (Protocol::V3Ipv6, VmacMode::None),
    ] {
        let name = |what: &str| format!("{protocol} {vmac}: {what}");
        trials.push(harness::test(name("a takeover is announced as often as configured"), move || {
            for repeat in [1, 3] {
                takeover_rounds(protocol, vmac, repeat);
            }
        }));
        trials.push(harness::test(name("of a reload only what is added is announced"), move || {
            added_address(protocol, vmac);
        }));
    }
    trials
}

fn bench() -> Bench {
    let tanist = || harness::tanist(env!("CARGO_BIN_EXE_tanist"));
    Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap()
}

fn instance(priority: u8) -> Instance {
    Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, priority)
}

/// Left is master, right is backup.
fn pair(master: &Instance, backup: &Instance) -> Bench {
    let mut bench = bench();
    bench.left.start_with(master).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    bench.right.start_with(backup).unwrap();
    let heard = || bench.right.status().is_some_and(|status| status["master"]["priority"] == 150);
    assert!(wait::until(PATIENCE, heard), "the backup hears its master; {}", bench.right.log());
    bench
}

fn thawed_backup() {
    // Between one and two down intervals: a longer silence would make it listen first anyway.
    let backup = instance(100);
    let bench = pair(&instance(150), &backup);
    let since = bench.watch.now();
    for part in [11, 13, 15, 17, 19] {
        bench.right.freeze().unwrap();
        sleep(backup.down_interval() * part / 10);
        bench.right.thaw().unwrap();
        sleep(backup.interval);
        let said: Vec<CapturedFrame> = bench.watch.adverts(since, &bench.right.host);
        assert!(said.is_empty(), "it spoke after {part} tenths of its down interval; {}", bench.right.log());
    }
    assert!(!bench.right.log().contains("-> MASTER"), "{}", bench.right.log());
}

fn thawed_master() {
    // Longer than a thread may be silent before it counts as hanging, but shorter than the backup waits.
    let second = |priority| Instance { interval: Duration::from_secs(1), ..instance(priority) };
    let bench = pair(&second(150), &second(100));
    let since = bench.watch.now();
    for _ in 0..2 {
        bench.left.freeze().unwrap();
        sleep(Duration::from_millis(2_500));
        bench.left.thaw().unwrap();
        sleep(Duration::from_millis(1_100));
    }
    assert!(bench.watch.priority_zero(since, &bench.left.host, Duration::ZERO).is_none(), "{}", bench.left.log());
    assert!(bench.watch.adverts(since, &bench.right.host).is_empty(), "{}", bench.right.log());
    assert!(!bench.left.log().contains("-> FAULT"), "{}", bench.left.log());
}

fn address_gone() {
    let backup = instance(100);
    let bench = pair(&instance(150), &backup);
    let since = bench.watch.now();
    bench.left.host.run_program("ip", &["address", "delete", "10.9.0.3/24", "dev", "eth0"]).unwrap();
    let farewell = bench.watch.priority_zero(since, &bench.left.host, PATIENCE);
    let farewell = farewell.unwrap_or_else(|| panic!("leaves in silence; {}", bench.left.log()));
    let advert = bench.watch.advert_of(&farewell, &bench.left.host).unwrap();
    assert_eq!(advert.source, IpAddr::from([10, 9, 0, 3]));
    let claim = bench.watch.first_advert(since, &bench.right.host, PATIENCE);
    let claim = claim.unwrap_or_else(|| panic!("nobody takes over: {}; {}", bench.left.log(), bench.right.log()));
    let gap = claim.at.since(farewell.at);
    assert!(gap <= backup.skew() + TOLERANCE, "after {gap:?}");
}

/// The link of a router that counts as down after a second and a half.
fn link_delays() {
    let mut bench = bench();
    let delays = "interface_up_down_delays {\n eth0 1.5 0.5\n}\n";
    let instance = Instance { interval: Duration::from_secs(1), ..instance(150) };
    bench.left.start_with(&format!("{delays}{instance}")).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let set = |state: &str| bench.left.host.run_program("ip", &["link", "set", "eth0", state]).unwrap();
    set("down");
    sleep(Duration::from_millis(100));
    set("up");
    // Longer than the delay, if it had begun.
    sleep(Duration::from_millis(1600));
    assert!(!bench.left.log().contains("-> FAULT"), "{}", bench.left.log());
    let begin = Instant::now();
    set("down");
    assert!(bench.left.wait_state("FAULT", PATIENCE), "{}", bench.left.log());
    assert!(begin.elapsed() >= Duration::from_millis(1500), "after {:?}", begin.elapsed());
    let begin = Instant::now();
    set("up");
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    assert!(begin.elapsed() >= Duration::from_millis(500), "after {:?}", begin.elapsed());
}

fn startup_delay() {
    let mut bench = bench();
    let delayed = |seconds: &str| instance(150).with_global(&format!("vrrp_startup_delay {seconds}"));
    bench.left.start_with(&delayed("4000")).unwrap();
    let waits = |router: &RouterHost| {
        router.status().is_some_and(|status| status["waiting_for"][0] == "the startup delay is not over")
    };
    assert!(wait::until(PATIENCE, || waits(&bench.left)), "{}", bench.left.log());
    bench.left.reload_with(&delayed("3000")).unwrap();
    let still = |status: &Value| status["next"]["in_seconds"].as_f64().is_some_and(|left| left < 3000.0);
    assert!(wait::until(PATIENCE, || bench.left.status().is_some_and(|it| still(&it))), "{}", bench.left.log());
    assert!(waits(&bench.left) && !bench.left.log().contains(" -> "), "{}", bench.left.log());
    bench.left.reload_with(&instance(150)).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    // Over once, it is over: what starts now starts at once.
    bench.left.reload_with(&delayed("0.001")).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    assert_eq!(bench.left.log().matches(" -> ").count(), 2, "{}", bench.left.log());
}

/// Nice value, realtime priority and processors of a thread of the daemon.
fn scheduling(router: &RouterHost, thread: &str) -> Option<[String; 3]> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", router.pid().ok()?.as_raw_pid())).ok()?;
    let read = |task: &std::path::Path, file: &str| std::fs::read_to_string(task.join(file)).unwrap_or_default();
    let mut tasks = tasks.filter_map(|task| Some(task.ok()?.path()));
    let task = tasks.find(|task| read(task, "comm").trim() == thread)?;
    let stat = read(&task, "stat");
    // Fields 19 and 40, counted from the end of the name in parentheses, which is field 2.
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let (nice, realtime) = ((*fields.get(16)?).to_owned(), (*fields.get(37)?).to_owned());
    let status = read(&task, "status");
    let processors = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    Some([nice, realtime, processors.trim().to_owned()])
}

fn scheduled() {
    let mut bench = bench();
    bench.left.start_with(&instance(150)).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let of = |bench: &Bench| ["protocol", "host"].map(|thread| scheduling(&bench.left, thread).unwrap());
    let becomes = |bench: &Bench, expected: &[[String; 3]; 2]| {
        let is_so = || of(bench) == *expected;
        assert!(wait::until(PATIENCE, is_so), "{:?}, not {expected:?}; {}", of(bench), bench.left.log());
    };
    let before = of(&bench);
    let last = before[0][2].rsplit([',', '-']).next().unwrap().to_owned();
    // Without the right to it nothing runs in real time.
    let realtime = |priority: &str| if before[0][1] == "0" { "0".to_owned() } else { priority.to_owned() };
    let configured =
        instance(150).with_global(&format!("vrrp_priority 5\n vrrp_rt_priority 20\n vrrp_cpu_affinity {last}"));
    bench.left.reload_with(&configured).unwrap();
    let expected = ["20", "19"].map(|priority| ["5".to_owned(), realtime(priority), last.clone()]);
    becomes(&bench, &expected);
    bench.left.reload_with(&instance(150)).unwrap();
    becomes(&bench, &before);
}

fn nothing_leaves() {
    let mut bench = bench();
    bench.left.start_with(&instance(150).with("dont_track_primary")).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let counter = |name: &str| bench.left.status().and_then(|status| status["counters"][name].as_u64()).unwrap();
    assert!(wait::until(PATIENCE, || counter("adverts_sent") > 1));
    assert_eq!(counter("adverts_not_sent"), 0);
    bench.left.host.run_program("ip", &["link", "set", "eth0", "down"]).unwrap();
    assert!(wait::until(PATIENCE, || counter("adverts_not_sent") > 0), "{}", bench.left.log());
    let (sent, lost) = (counter("adverts_sent"), counter("adverts_not_sent"));
    assert!(wait::until(PATIENCE, || counter("adverts_not_sent") > lost + 2));
    assert_eq!(counter("adverts_sent"), sent, "what does not leave is not counted as sent");
    bench.left.says("VI_1: cannot send adverts on eth0: ");
    let log = bench.left.log();
    assert!(log.matches("cannot send").count() <= 2, "{log}");
}

fn speakers_shown() {
    let bench = pair(&instance(150), &instance(100));
    let heard = || bench.right.status().map(|status| status["heard"].clone()).unwrap();
    let master = &heard()[0];
    assert_eq!((master["address"].as_str(), master["priority"].as_u64()), (Some("10.9.0.3"), Some(150)));
    assert!(master["dropped"].is_null() && master["seconds_ago"].as_f64() < Some(1.0), "{master}");
    assert_eq!(bench.left.status().map(|status| status["heard"].clone()), Some(serde_json::json!([])));
    // One that speaks another version is heard, and why it is dropped is said.
    let mut bench = bench;
    bench.right.kill().unwrap();
    bench.right.start_with(&Instance::new(Protocol::V2, VmacMode::None, 200)).unwrap();
    let dropped = || bench.left.status().is_some_and(|it| it["heard"][0]["dropped"] == "another VRRP version");
    assert!(wait::until(PATIENCE, dropped), "{:?}; {}", bench.left.status(), bench.left.log());
}

/// The announcements of the left router since `from`, by address.
fn announced(bench: &Bench, from: Captured) -> Vec<IpAddr> {
    bench.watch.announcements(from, &bench.left.host).into_iter().map(|(_, address)| address).collect()
}

fn count(announced: &[IpAddr], address: &str) -> usize {
    let address: IpAddr = address.parse().unwrap();
    announced.iter().filter(|it| **it == address).count()
}

fn bare(address: &str) -> &str {
    address.split('/').next().unwrap()
}

fn takeover_rounds(protocol: Protocol, vmac: VmacMode, repeat: usize) {
    let mut bench = bench();
    let instance = Instance::new(protocol, vmac, 150);
    let instance = instance.with(&format!("garp_master_repeat {repeat}")).with("garp_master_delay 1");
    bench.left.start_with(&instance).unwrap();
    let first = bench.watch.first_advert(Captured::default(), &bench.left.host, PATIENCE).expect("takes over");
    let all = || announced(&bench, Captured::default());
    let done = || instance.addresses.iter().all(|address| count(&all(), bare(address)) >= 2 * repeat);
    assert!(wait::until(PATIENCE, done), "{:?}; {}", all(), bench.left.log());
    sleep(TOLERANCE);
    for address in &instance.addresses {
        let rounds = count(&all(), bare(address));
        assert_eq!(rounds, 2 * repeat, "{address}: {repeat} at once and {repeat} later; {}", bench.left.log());
    }
    let early = bench.watch.capture.since(Captured::default(), |frame| {
        frame.at < first.at && frame.announcement().is_some_and(|(_, mac)| mac == instance.virtual_mac())
    });
    assert!(early.is_empty(), "nothing is announced before the first advert: {early:?}");
}

fn added_address(protocol: Protocol, vmac: VmacMode) {
    let (kept, first, second) = match protocol {
        Protocol::V3Ipv6 => ("2001:db8:9::1", "2001:db8:9::71/64", "2001:db8:9::72/64"),
        Protocol::V2 | Protocol::V3Ipv4 => ("10.9.0.1", "10.9.0.71/24", "10.9.0.72/24"),
    };
    let mut bench = bench();
    let plan = |instance: Instance| instance.with("garp_master_repeat 2").with("garp_master_delay 1");
    let mut instance = plan(Instance::new(protocol, vmac, 150));
    bench.left.start_with(&instance).unwrap();
    let all = || announced(&bench, Captured::default());
    assert!(wait::until(PATIENCE, || count(&all(), kept) >= 4), "{}", bench.left.log());
    for (added, removed) in [(first, None), (second, Some(first))] {
        instance.addresses.retain(|address| Some(address.as_str()) != removed);
        instance.addresses.push(added.to_owned());
        let since = bench.watch.now();
        bench.left.configure(&instance.to_string()).unwrap();
        bench.left.signal(rustix::process::Signal::HUP).unwrap();
        let news = || announced(&bench, since);
        assert!(wait::until(PATIENCE, || count(&news(), bare(added)) >= 4), "{:?}; {}", news(), bench.left.log());
        sleep(TOLERANCE);
        let news = news();
        assert_eq!(count(&news, bare(added)), 4, "two at once and two later; {}", bench.left.log());
        assert_eq!(count(&news, kept), 0, "an address that did not change; {}", bench.left.log());
        assert_eq!(removed.map_or(0, |removed| count(&news, bare(removed))), 0, "an address that is gone");
    }
}
