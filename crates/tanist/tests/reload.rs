//! Reloads that move a router elsewhere: another version, MAC, tracker, VRID, interface, and away. Each costs what the
//! protocol asks for and no more, and the router beside it sees nothing of all that.

use std::fs;
use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use lab::{Cable, Capture, Captured, Lan, Network, NetworkBuilder, RouterHost, Segment, Watch, wait};
use testbed::lan::harness;

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(20);
const INTERVAL: Duration = Duration::from_millis(300);
/// The router that is never changed.
const STAYS: u8 = 10;
/// The address of the other one.
const MOVED: &str = "192.0.2.2";

fn main() -> ExitCode {
    let what = "routers that move by reload keep their role where they can, and others see nothing";
    harness::run(|| {
        let mut all = vec![harness::test("a file says when a reload takes place, and another while it is read", timed)];
        if harness::has_program("ip", "reloads") {
            all.push(harness::test(what, moves));
        }
        all
    })
}

/// The router that is changed: its VRID, its interface, and further lines.
#[derive(Clone, Copy)]
struct Moves {
    vrid: u8,
    nic: &'static str,
    lines: &'static str,
}

const START: Moves = Moves { vrid: 20, nic: "eth0", lines: "version 3\n advert_int 0.3" };

/// Both routers with a priority, or only the one that stays.
fn config(priority: u8, moves: Option<Moves>) -> String {
    let globals = "global_defs {\n script_user root\n enable_script_security\n}\n";
    let script = "vrrp_script chk {\n script \"/bin/true\"\n interval 1\n}\n";
    let stays = format!(
        "vrrp_instance STAYS {{\n interface eth0\n virtual_router_id {STAYS}\n version 3\n use_vmac\n priority {priority}\n \
         advert_int 0.3\n virtual_ipaddress {{\n 192.0.2.1/24\n }}\n}}\n"
    );
    let moves = moves.map_or_else(String::new, |Moves { vrid, nic, lines }| {
        format!(
            "vrrp_instance MOVES {{\n interface {nic}\n virtual_router_id {vrid}\n priority {priority}\n {lines}\n \
             virtual_ipaddress {{\n {MOVED}/24\n }}\n}}\n"
        )
    });
    [globals, script, &stays, &moves].concat()
}

/// Two machines; the first is master of both routers.
struct Stage {
    r1: RouterHost,
    r2: RouterHost,
    capture: Arc<Capture>,
    _lan: Lan,
}

/// Who reads the new configuration first: a backup that does not understand its master any more waits for as long as it
/// was told before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Master,
    Backup,
}

impl Stage {
    fn new() -> Self {
        let tanist = || harness::tanist(env!("CARGO_BIN_EXE_tanist"));
        let network = NetworkBuilder::new()
            .router("r1", tanist())
            .cable("eth0", &["192.0.2.11/24"])
            .cable_to(Segment::nth(1), "eth1", &["198.51.100.11/24"])
            .router("r2", tanist())
            .cable("eth0", &["192.0.2.12/24"])
            .cable_to(Segment::nth(1), "eth1", &["198.51.100.12/24"])
            .client(&["192.0.2.50/24"])
            .build();
        let Network { routers: [mut r1, mut r2], client: _, capture, lan } = network.unwrap();
        r1.start_with(&config(150, Some(START))).unwrap();
        becomes(&r1, "STAYS", "MASTER");
        becomes(&r1, "MOVES", "MASTER");
        r2.start_with(&config(100, Some(START))).unwrap();
        let heard = || ["STAYS", "MOVES"].iter().all(|name| hears_master(&r2, name));
        assert!(wait::until(PATIENCE, heard), "{}", r2.log());
        Self { r1, r2, capture: capture.into(), _lan: lan }
    }

    fn watch(&self, vrid: u8) -> Watch {
        Watch::new(Arc::clone(&self.capture), vrid)
    }

    fn logs(&self) -> String {
        format!("r1 said:\n{}\nr2 said:\n{}", self.r1.log(), self.r2.log())
    }

    /// Both machines read it. Returns the moment before.
    fn reload(&mut self, moves: Option<Moves>, first: First) -> Captured {
        let since = self.watch(STAYS).now();
        let sides = [(&mut self.r1, 150), (&mut self.r2, 100)];
        let mut sides = sides.into_iter().collect::<Vec<_>>();
        if first == First::Backup {
            sides.reverse();
        }
        for (router, priority) in sides {
            let before = in_force(router);
            router.reload_with(&config(priority, moves)).unwrap();
            assert!(wait::until(PATIENCE, || in_force(router) > before), "{}", router.log());
        }
        since
    }

    /// The first machine goes on as master of the router that was moved, in this version: it does not leave, and the
    /// other one does not come.
    #[track_caller]
    fn keeps(&self, since: Captured, to: Moves, version: u8) {
        let (watch, [ours, theirs]) = (self.watch(to.vrid), self.cables(to.nic));
        let speaks = || {
            let adverts = watch.adverts(since, ours);
            adverts.iter().filter_map(|frame| watch.advert_of(frame, ours)).filter(|it| it.version == version).count()
                > 2
        };
        assert!(wait::until(PATIENCE, speaks), "{}", self.logs());
        assert!(watch.priority_zero(since, ours, Duration::ZERO).is_none(), "it leaves; {}", self.logs());
        assert!(watch.adverts(since, theirs).is_empty(), "the other comes; {}", self.logs());
        self.holds(true);
    }

    /// It says good-bye where it was, and is elected where it is now.
    #[track_caller]
    fn goes(&self, since: Captured, from: Moves, to: Option<Moves>) {
        let left = self.watch(from.vrid).priority_zero(since, self.cables(from.nic)[0], PATIENCE);
        assert!(left.is_some(), "it left without a word; {}", self.logs());
        let Some(to) = to else { return self.holds(false) };
        let (watch, [ours, theirs]) = (self.watch(to.vrid), self.cables(to.nic));
        assert!(watch.settles(since, ours, theirs, INTERVAL * 4, PATIENCE), "{}", self.logs());
        self.holds(true);
        let heard = || hears_master(&self.r2, "MOVES");
        assert!(wait::until(PATIENCE, heard), "{}", self.logs());
    }

    fn cables(&self, nic: &str) -> [&Cable; 2] {
        [&self.r1, &self.r2].map(|router| router.host.cable(nic).unwrap())
    }

    /// Whether the first machine has the address of the router that is moved, and the other one has not.
    #[track_caller]
    fn holds(&self, held: bool) {
        let address: IpAddr = MOVED.parse().unwrap();
        let is_so = || {
            let has = |router: &RouterHost| router.host.link_of(address).is_some();
            has(&self.r1) == held && !has(&self.r2)
        };
        assert!(wait::until(PATIENCE, is_so), "{}", self.logs());
    }
}

fn in_force(router: &RouterHost) -> usize {
    router.log().matches("is in force").count()
}

fn hears_master(router: &RouterHost, name: &str) -> bool {
    router.status_of(name).is_some_and(|it| it["state"] == "BACKUP" && it["master"]["priority"] == 150)
}

#[track_caller]
fn becomes(router: &RouterHost, name: &str, state: &str) {
    let is_so = || router.status_of(name).is_some_and(|status| status["state"] == state);
    assert!(wait::until(PATIENCE, is_so), "{name} becomes {state}; {}", router.log());
}

fn moves() {
    let mut stage = Stage::new();
    let start = stage.watch(STAYS).now();
    let with = |lines: &'static str| Moves { lines, ..START };

    let version_2 = with("version 2\n advert_int 1");
    let since = stage.reload(Some(version_2), First::Backup);
    stage.keeps(since, version_2, 2);
    let since = stage.reload(Some(START), First::Master);
    stage.keeps(since, START, 3);

    let tracking = with("version 3\n advert_int 0.3\n track_script {\n chk\n }\n track_interface {\n eth1\n }");
    let since = stage.reload(Some(tracking), First::Backup);
    stage.keeps(since, tracking, 3);
    let up = || {
        let trackers = stage.r1.status_of("MOVES").map(|it| it["trackers"].clone()).unwrap_or_default();
        trackers.as_array().is_some_and(|all| all.len() == 2 && all.iter().all(|tracker| tracker["reading"] == "up"))
    };
    assert!(wait::until(PATIENCE, up), "{}", stage.logs());

    let virtual_mac = with("version 3\n advert_int 0.3\n use_vmac vip");
    let since = stage.reload(Some(virtual_mac), First::Backup);
    stage.keeps(since, virtual_mac, 3);
    assert_eq!(stage.r1.host.link_of(MOVED.parse().unwrap()).as_deref(), Some("vip"), "{}", stage.logs());

    let other_vrid = Moves { vrid: 21, ..START };
    let since = stage.reload(Some(other_vrid), First::Backup);
    stage.goes(since, virtual_mac, Some(other_vrid));
    let other_side = Moves { nic: "eth1", ..other_vrid };
    let since = stage.reload(Some(other_side), First::Backup);
    stage.goes(since, other_vrid, Some(other_side));
    let since = stage.reload(None, First::Backup);
    stage.goes(since, other_side, None);

    let (watch, [ours, theirs]) = (stage.watch(STAYS), stage.cables("eth0"));
    assert!(watch.priority_zero(start, ours, Duration::ZERO).is_none(), "{}", stage.logs());
    assert!(watch.adverts(start, theirs).is_empty(), "{}", stage.logs());
    let gap = watch.longest_gap(start, ours).unwrap();
    assert!(gap < INTERVAL * 3, "{gap:?}; {}", stage.logs());
    let transitions = |router: &RouterHost| router.log().matches("STAYS: BACKUP ->").count();
    assert_eq!((transitions(&stage.r1), transitions(&stage.r2)), (1, 0), "{}", stage.logs());
}

fn timed() {
    let network = NetworkBuilder::new()
        .router("r1", harness::tanist(env!("CARGO_BIN_EXE_tanist")))
        .cable("eth0", &["192.0.2.11/24"])
        .client(&["192.0.2.50/24"])
        .build();
    let Network { routers: [mut r1], client: _, capture: _, lan: _lan } = network.unwrap();
    let (time, mark) = (r1.file("reload-at"), r1.file("reloading"));
    let globals =
        format!("global_defs {{\n reload_time_file {}\n reload_file {}\n}}\n", time.display(), mark.display());
    let text = |priority| globals.clone() + &config(priority, None);
    fs::write(&mark, "the configuration is being written").unwrap();
    r1.start_with(&text(150)).unwrap();
    becomes(&r1, "STAYS", "MASTER");
    assert!(!mark.exists(), "it was read");
    r1.configure(&text(160)).unwrap();
    fs::write(&mark, "the configuration is being written").unwrap();
    // On a machine that is so busy that the time is over when the daemon reads it, another one is written.
    let mut written: Option<Instant> = None;
    let reloaded = || {
        if written.is_none_or(|at| at.elapsed() > Duration::from_secs(8)) {
            let soon = humantime::format_rfc3339_seconds(SystemTime::now() + Duration::from_secs(3)).to_string();
            fs::write(&time, soon.replace('T', " ")).unwrap();
            written = Some(Instant::now());
        }
        r1.status_of("STAYS").is_some_and(|router| router["base_priority"] == 160)
    };
    assert!(wait::until(PATIENCE * 2, reloaded), "{}", r1.log());
    assert!(!mark.exists() && !time.exists(), "{}", r1.log());
    r1.says("the configuration is read again at");
}
