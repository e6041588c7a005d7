//! `tanist restart`: another program goes on in the place of the daemon's, and nobody hears of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use lab::{Captured, Program, RouterHost, wait};
use rustix::process::Signal;
use testbed::lan::{Bench, Instance, Layout, MachineState, OwnProgram, Protocol, VmacMode, harness};

use crate::{PATIENCE, becomes, bench, ends, guardian, restored, stop};

const TANIST: &str = env!("CARGO_BIN_EXE_tanist");
/// Backups wait for longer than three of them, and a program that is not optimised takes seconds on a busy machine.
const INTERVAL: Duration = Duration::from_millis(2500);

fn restart(router: &RouterHost) -> (bool, String) {
    harness::restart(TANIST, router)
}

/// It goes on, with a guardian of its own.
fn goes_on(router: &RouterHost) {
    let (before, first) = (router.pid().unwrap(), guardian(router));
    // Scripts of the start may still run.
    let mut said = String::new();
    let done = wait::until(PATIENCE, || {
        let (is_done, words) = restart(router);
        said = words;
        is_done || !said.contains("try again")
    });
    assert!(done && said.contains("goes on where"), "{said}; {}", router.log());
    ends(first, router);
    assert_eq!(router.pid().unwrap(), before);
    // The one before stays in the list of processes for a moment.
    assert!(wait::until(PATIENCE, || guardian(router) != first), "{}", router.log());
}

/// What happened to its routers, with the numbers of events.
fn history(router: &RouterHost) -> String {
    let output = Command::new(TANIST).args(["history", "--json", "--control"]).arg(router.control()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Its links and addresses, by index and name.
fn machine(router: &RouterHost) -> String {
    let show = |what: &str| router.host.run_program("ip", &["-o", what, "show"]).unwrap();
    let addresses = show("addr");
    // What is left of leases is another at each look.
    let addresses = addresses.lines().map(|line| line.split("valid_lft").next().unwrap_or_default().trim_end());
    show("link") + &addresses.collect::<Vec<_>>().join("\n")
}

fn has_said_nothing(bench: &Bench, since: Captured, router: &RouterHost) {
    assert_eq!(bench.watch.announcements(since, &router.host), [], "{}", router.log());
    let zero = bench.watch.priority_zero(since, &router.host, Duration::ZERO);
    assert!(zero.is_none(), "no priority 0; {}", router.log());
}

/// A master goes on as master, twice, and its backup has not become one. Then all is watched and undone as ever.
pub(crate) fn master(instance: &Instance) {
    // All announcements of the takeover leave at once.
    let instance = Instance { interval: INTERVAL, ..instance.clone() }.with("garp_master_delay 0");
    let (mut bench, before) = bench(&instance);
    let is_quiet = || {
        let since = bench.watch.now();
        sleep(Duration::from_millis(500));
        bench.watch.announcements(since, &bench.left.host).is_empty()
    };
    assert!(wait::until(PATIENCE, is_quiet), "{}", bench.left.log());
    let (since, stands) = (bench.watch.now(), machine(&bench.left));
    let (status, told) = (bench.left.status().unwrap(), history(&bench.left));
    assert!(told.contains("\"to\":\"MASTER\""), "{told}");
    for _ in 0..2 {
        goes_on(&bench.left);
        becomes(&bench.left, "MASTER");
    }
    let advert = bench.watch.now();
    assert!(bench.watch.first_advert(advert, &bench.left.host, PATIENCE).is_some(), "{}", bench.left.log());
    has_said_nothing(&bench, since, &bench.left);
    assert_eq!(machine(&bench.left), stands, "{}", bench.left.log());
    assert_eq!(history(&bench.left), told);
    let now = bench.left.status().unwrap();
    for same in ["state", "since", "reason", "priority"] {
        assert_eq!(now[same], status[same], "{same}: {now}");
    }
    assert_eq!(bench.watch.all_adverts(&bench.right.host), [], "the backup never spoke; {}", bench.right.log());
    // A backup goes on as well, and takes over in its time.
    let (first, status) = (bench.watch.now(), bench.right.status().unwrap());
    goes_on(&bench.right);
    becomes(&bench.right, "BACKUP");
    assert_eq!(bench.right.status().unwrap()["since"], status["since"]);
    assert!(bench.watch.first_advert(first, &bench.right.host, Duration::ZERO).is_none());
    let killed = bench.watch.now();
    bench.left.kill_alone().unwrap();
    assert!(bench.watch.priority_zero(killed, &bench.left.host, PATIENCE).is_some(), "{}", bench.left.log());
    assert!(bench.watch.first_advert(killed, &bench.right.host, PATIENCE).is_some(), "{}", bench.right.log());
    restored(&bench.left, &before);
    stop(&mut bench.right);
}

/// A bench whose left router runs the program at a path of its own.
fn replaceable() -> (Bench, OwnProgram, MachineState) {
    let program = OwnProgram::new(TANIST).unwrap();
    let bench = Bench::new(program.program(), Program::Tanist(TANIST.into()), Layout::LeftHigher).unwrap();
    let before = MachineState::at_rest(&bench.left.host, PATIENCE).unwrap();
    (bench, program, before)
}

fn instance() -> Instance {
    let instance = Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 150).with_global("tanist_guardian on");
    Instance { interval: INTERVAL, ..instance }
}

/// Before the program is executed, and while the new one finds what was handed over.
pub(crate) fn stopped() {
    let instance = Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 150).with_global("tanist_guardian on");
    let (mut bench, _program, before) = replaceable();
    for (word, millis) in [("", 30), ("", 60), ("is executed in the place", 0), ("is executed in the place", 30)] {
        bench.left.start_with(&instance).unwrap();
        becomes(&bench.left, "MASTER");
        let said = bench.left.log().matches(word).count();
        let mut asks = Command::new(TANIST).arg("restart").arg("--control").arg(bench.left.control()).spawn().unwrap();
        let is_there = || word.is_empty() || bench.left.log().matches(word).count() > said;
        assert!(wait::until(PATIENCE, is_there), "{}", bench.left.log());
        sleep(Duration::from_millis(millis));
        bench.left.signal(Signal::TERM).unwrap();
        let ended = bench.left.wait_end(PATIENCE);
        assert!(ended.is_some_and(|it| it.success()), "{word} {millis}: {ended:?}; {}", bench.left.log());
        restored(&bench.left, &before);
        asks.wait().unwrap();
    }
}

/// What cannot go on leaves the old program as it is, and says why.
pub(crate) fn refused() {
    let (mut bench, program, before) = replaceable();
    let instance = instance();
    bench.left.start_with(&instance).unwrap();
    becomes(&bench.left, "MASTER");
    let (since, first) = (bench.watch.now(), guardian(&bench.left));
    let is_refused = |router: &RouterHost, why: &str| {
        let mut said = String::new();
        let is_so = wait::until(PATIENCE, || {
            let (is_done, words) = restart(router);
            said = words;
            !is_done && said.contains(why)
        });
        assert!(is_so, "{said:?}, not {why:?}; {}", router.log());
        router.says(why);
        assert_eq!(guardian(router), first);
    };
    program.put("#!/bin/sh\necho it is of version 9 >&2\nexit 1\n").unwrap();
    is_refused(&bench.left, "fails its self-test (exit status: 1): it is of version 9");
    program.put("#!/bin/sh\necho done\n").unwrap();
    is_refused(&bench.left, "does not know what a self-test is");
    program.put("#!/bin/sh\nyes ha\nyes ha\n").unwrap();
    is_refused(&bench.left, "fails its self-test");
    program.put("no program\n").unwrap();
    is_refused(&bench.left, "cannot be run: ");
    program.put_back().unwrap();
    bench.left.configure(&instance.to_string().replace("priority 150", "priority much")).unwrap();
    is_refused(&bench.left, "has errors");
    bench.left.configure(&instance.to_string().replace("VI_1", "VI_2")).unwrap();
    is_refused(&bench.left, "reload it first");
    bench.left.configure(&instance.to_string()).unwrap();
    goes_on(&bench.left);
    becomes(&bench.left, "MASTER");
    let zero = bench.watch.priority_zero(since, &bench.left.host, Duration::ZERO);
    assert!(zero.is_none(), "{}", bench.left.log());
    stop(&mut bench.left);
    restored(&bench.left, &before);
}

/// One that passes the test and finds something else when it is executed begins anew, loudly; its backup takes over at once.
pub(crate) fn begins_anew() {
    let (mut bench, program, before) = replaceable();
    let instance = instance();
    bench.left.start_with(&instance).unwrap();
    becomes(&bench.left, "MASTER");
    bench.right.start_with(&Instance { priority: 100, ..instance.clone() }).unwrap();
    becomes(&bench.right, "BACKUP");
    program
        .put(&format!("#!/bin/sh\n[ $1 = self-test ] && exec echo this program can go on\nexec {TANIST} \"$@\"\n"))
        .unwrap();
    bench.left.configure(&instance.to_string().replace("VI_1", "VI_2")).unwrap();
    let since = bench.watch.now();
    let mut said = String::new();
    let is_told = wait::until(PATIENCE, || {
        let (is_done, words) = restart(&bench.left);
        said = words;
        !is_done && said.contains("reload it first")
    });
    assert!(is_told, "{said}; {}", bench.left.log());
    bench.left.says("this is an ordinary start");
    assert!(bench.watch.priority_zero(since, &bench.left.host, PATIENCE).is_some(), "{}", bench.left.log());
    assert!(bench.watch.first_advert(since, &bench.right.host, PATIENCE).is_some(), "{}", bench.right.log());
    becomes(&bench.left, "MASTER");
    stop(&mut bench.left);
    restored(&bench.left, &before);
}

/// What scripts, trackers, groups, statics and `tanist release` have made of routers stays.
pub(crate) fn everything() {
    let (mut bench, before) = crate::machines();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    fs::write(folder.path().join("number"), "-30\n").unwrap();
    fs::write(folder.path().join("told.sh"), format!("#!/bin/sh\necho $2 $3 >> {}\n", file("told"))).unwrap();
    fs::set_permissions(folder.path().join("told.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let router = |name: &str, vrid: u8, more: &str| {
        format!(
            "vrrp_instance {name} {{\n interface eth0\n virtual_router_id {vrid}\n priority 200\n advert_int 2.5\n {more}\n \
             virtual_ipaddress {{\n 10.9.0.{vrid}/24\n }}\n notify {}\n}}\n",
            file("told.sh")
        )
    };
    let config = format!(
        "global_defs {{\n vrrp_version 3\n tanist_guardian on\n script_user root\n vrrp_notify_fifo {}\n}}\n\
         track_file number {{\n file {}\n weight 1\n}}\n\
         vrrp_script fails {{\n script /bin/false\n interval 1\n fall 1\n weight 10\n}}\n\
         vrrp_sync_group G {{\n group {{\n a\n b\n }}\n sync_group_tracking_weight\n}}\n\
         static_routes {{\n 198.51.100.0/24 via 10.9.0.9 dev eth0\n}}\n{}{}{}",
        file("pipe"),
        file("number"),
        router("a", 101, "use_vmac\n accept\n track_file {\n number\n }\n track_script {\n fails\n }"),
        router("b", 102, "virtual_routes {\n 203.0.113.0/24 via 10.9.0.9 dev eth0\n }"),
        router("c", 103, ""),
    );
    bench.left.start_with(&config).unwrap();
    for name in ["a", "b", "c"] {
        let is_master = || bench.left.status_of(name).is_some_and(|it| it["state"] == "MASTER");
        assert!(wait::until(PATIENCE, is_master), "{name}; {}", bench.left.log());
    }
    let is_weighed = || bench.left.status_of("a").is_some_and(|it| it["priority"] == 170);
    assert!(wait::until(PATIENCE, is_weighed), "{:?}; {}", bench.left.status_of("a"), bench.left.log());
    let output = Command::new(TANIST).args(["release", "c", "--control"]).arg(bench.left.control()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let lines = || fs::read_to_string(folder.path().join("told")).unwrap_or_default();
    let is_settled = || {
        lines().contains("c STOP")
            && bench.left.host.run_program("ip", &["-o", "addr"]).is_ok_and(|it| !it.contains("10.9.0.103/"))
    };
    assert!(wait::until(PATIENCE, is_settled), "{}; {}", lines(), bench.left.log());
    let state = || {
        let of = |name: &str| {
            bench.left.status_of(name).map(|it| [it["state"].clone(), it["priority"].clone(), it["since"].clone()])
        };
        ["a", "b", "c"].map(of)
    };
    let routes = || bench.left.host.run_program("ip", &["-o", "route", "show"]).unwrap();
    let (told, states, stands) = (lines(), state(), (machine(&bench.left), routes()));
    let pipe = fs::metadata(folder.path().join("pipe")).unwrap();
    goes_on(&bench.left);
    // A check or two are made.
    sleep(Duration::from_secs(2));
    assert_eq!((lines(), state()), (told, states), "{}", bench.left.log());
    assert_eq!((machine(&bench.left), routes()), stands, "{}", bench.left.log());
    let same = fs::metadata(folder.path().join("pipe")).unwrap();
    assert_eq!(
        std::os::unix::fs::MetadataExt::ino(&same),
        std::os::unix::fs::MetadataExt::ino(&pipe),
        "its readers have it open"
    );
    stop(&mut bench.left);
    restored(&bench.left, &before);
    assert!(!folder.path().join("pipe").exists(), "it was made by the program before");
}

/// What others do to the machine while no program looks: a script does it between the program before and this one.
pub(crate) fn meanwhile() {
    let (mut bench, program, before) = replaceable();
    let router = |name: &str, vrid: u8, more: &str, address: &str| {
        format!(
            "vrrp_instance {name} {{\n interface eth0\n virtual_router_id {vrid}\n priority 200\n advert_int 0.5\n {more}\n \
             virtual_ipaddress {{\n {address}\n }}\n}}\n"
        )
    };
    let config = format!(
        "global_defs {{\n vrrp_version 3\n tanist_guardian on\n}}\n\
         static_ipaddress {{\n 10.77.0.1/24 dev eth0\n}}\n{}{}{}{}",
        router("down", 101, "use_vmac", "10.9.0.101/24"),
        router("plain", 102, "", "10.9.0.102/24"),
        router("six", 103, "use_vmac", "fe80::9:103/64\n 2001:db8:9::103/64"),
        router("gone", 104, "use_vmac", "10.9.0.104/24"),
    );
    bench.left.start_with(&config).unwrap();
    for name in ["down", "plain", "six", "gone"] {
        let is_master = || bench.left.status_of(name).is_some_and(|it| it["state"] == "MASTER");
        assert!(wait::until(PATIENCE, is_master), "{name}; {}", bench.left.log());
    }
    let is_installed = || stands(&bench.left).contains("10.9.0.104/24");
    assert!(wait::until(PATIENCE, is_installed), "{}", bench.left.log());
    let (was, since) = (stands(&bench.left), bench.left.status_of("gone").unwrap()["since"].clone());
    let script = format!(
        "#!/bin/sh\n[ $1 = self-test ] && exec {TANIST} \"$@\"\nip link set vrrp.101 down\nip addr del 10.9.0.102/24 dev eth0\n\
             echo 1 > /proc/sys/net/ipv6/conf/vrrp.103/disable_ipv6\nip link del vrrp.104\nip addr del 10.77.0.1/24 dev eth0\n\
             echo 0 > /proc/sys/net/ipv4/conf/eth0/arp_ignore\nexec {TANIST} \"$@\"\n"
    );
    program.put(&script).unwrap();
    goes_on(&bench.left);
    let is_mended = wait::until(PATIENCE, || stands(&bench.left) == was);
    assert!(is_mended, "{}\nis not\n{was}\n{}", stands(&bench.left), bench.left.log());
    for name in ["down", "plain", "six", "gone"] {
        assert_eq!(bench.left.status_of(name).unwrap()["state"], "MASTER", "{name}; {}", bench.left.log());
    }
    assert_eq!(bench.left.status_of("gone").unwrap()["since"], since, "{}", bench.left.log());
    stop(&mut bench.left);
    restored(&bench.left, &before);
}

/// Links, addresses and settings that routers have, without what differs from link to link of one name.
fn stands(router: &RouterHost) -> String {
    let facts = "ip -o link show | sed -E 's/^[0-9]+: //; s/@.*<(.*)>.*/ \\1/'
        ip -o addr show | sed -E 's/^[0-9]+: //; s/[0-9]+sec/lease/g' | sort
        cd /proc/sys/net; grep -H . ipv4/conf/eth0/arp_* ipv4/conf/vrrp*/rp_filter ipv6/conf/vrrp*/disable_ipv6";
    router.host.run_program("sh", &["-c", facts]).unwrap()
}
