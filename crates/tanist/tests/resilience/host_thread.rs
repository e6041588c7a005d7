//! The thread that changes the machine hangs, waits for the kernel, or is refused what it needs.

use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use lab::{RouterHost, prefixed, wait};
use rustix::process::Signal;
use testbed::lan::{Bench, Instance, Protocol, VmacMode};

use super::{PATIENCE, Test, bench, instance, ip, pair, start_master, status};

pub(super) const TESTS: &[Test] = &[
    ("a master whose host thread hangs leaves, and comes back when it works again", master_hangs),
    ("a backup whose host thread hangs takes over nothing", backup_hangs),
    ("a daemon whose host thread hangs ends all the same, and the next start undoes what is left", ends_all_the_same),
    ("what a daemon whose host thread hangs does not undo its guardian does", guardian_ends_it),
    ("hundreds of routers start without an alarm", many),
    ("a container with a read-only /proc/sys runs an IPv6 router, and says once what it cannot set", read_only),
    ("a router that the kernel refuses does not disturb the master when it is tried again", refused),
];

/// How long a hanging thread may go unnoticed.
const NOTICE_TIME: Duration = Duration::from_secs(5);

fn master_hangs() {
    let backup = instance(100);
    let bench = pair(&instance(150).with_global("tanist_lease 3"), &backup);
    let since = bench.watch.now();
    let stopped = bench.left.stop_thread("host").unwrap();
    let farewell = bench.watch.priority_zero(since, &bench.left.host, NOTICE_TIME);
    let farewell = farewell.unwrap_or_else(|| panic!("leaves; {}", bench.left.log()));
    let first = bench.watch.first_advert(since, &bench.right.host, PATIENCE).expect("the backup takes over");
    assert!(first.at.since(farewell.at) < backup.interval * 2, "{:?}", first.at.since(farewell.at));
    let says = status(&bench.left);
    assert_eq!(
        (&says["state"], &says["waiting_for"][0]),
        (&"FAULT".into(), &"the host thread, which does not answer".into())
    );
    let causes = bench.left.why("VI_1");
    assert!(causes.iter().any(|cause| cause["cause"] == "host_thread"), "{causes:?}");
    bench.left.says("host thread hangs");
    let gone = || bench.left.host.link_of(ip("10.9.0.1")).is_none();
    assert!(wait::until(PATIENCE, gone), "the lease of the address ends");
    let since = bench.watch.now();
    drop(stopped);
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    assert!(bench.watch.settles(since, &bench.left.host, &bench.right.host, backup.down_interval(), PATIENCE));
    assert_eq!(bench.left.host.link_of(ip("10.9.0.1")).as_deref(), Some("vrrp.51"), "{}", bench.left.log());
    bench.left.says("host thread works again");
}

fn backup_hangs() {
    let mut bench = pair(&instance(150), &instance(100));
    let stopped = bench.right.stop_thread("host").unwrap();
    assert!(bench.right.wait_state("FAULT", NOTICE_TIME), "{}", bench.right.log());
    let since = bench.watch.now();
    bench.left.kill().unwrap();
    sleep(Duration::from_secs(3));
    assert_eq!(bench.watch.adverts(since, &bench.right.host).len(), 0, "{}", bench.right.log());
    drop(stopped);
    assert!(bench.right.wait_state("MASTER", PATIENCE), "{}", bench.right.log());
}

fn ends_all_the_same() {
    let mut bench = bench();
    let found = arp_ignore(&bench);
    ends_with_a_hung_thread(&mut bench, &instance(150).with_global("tanist_guardian off"));
    assert!(has_vmac(&bench) && arp_ignore(&bench) != found, "something is left");
    start_master(&mut bench.left, &instance(150));
    bench.left.signal(Signal::TERM).unwrap();
    let ended = bench.left.wait_end(PATIENCE).expect("it ends");
    assert_eq!((ended.code(), arp_ignore(&bench)), (Some(0), found), "{}", bench.left.log());
    assert!(!has_vmac(&bench), "the virtual MAC interface is gone");
}

fn guardian_ends_it() {
    let mut bench = bench();
    let found = arp_ignore(&bench);
    ends_with_a_hung_thread(&mut bench, &instance(150));
    let undone = || !has_vmac(&bench) && arp_ignore(&bench) == found;
    assert!(wait::until(PATIENCE, undone), "nothing is left; {}", bench.left.log());
}

fn ends_with_a_hung_thread(bench: &mut Bench, instance: &Instance) {
    start_master(&mut bench.left, instance);
    let stopped = bench.left.stop_thread("host").unwrap();
    bench.left.signal(Signal::TERM).unwrap();
    assert!(stopped.wait_end(Duration::from_secs(30)), "it ends; {}", bench.left.log());
    let ended = bench.left.wait_end(PATIENCE).expect("it has ended");
    assert_eq!(ended.code(), Some(1), "{}", bench.left.log());
    bench.left.says("what it should have undone is left");
}

fn arp_ignore(bench: &Bench) -> String {
    bench.left.host.sysctl("net/ipv4/conf/eth0/arp_ignore").unwrap()
}

fn has_vmac(bench: &Bench) -> bool {
    bench.left.host.links().unwrap().iter().any(|link| link.name == "vrrp.51")
}

fn many() {
    let mut bench = bench();
    let router = |n: u32| {
        format!(
            "vrrp_instance VI_{n} {{\n interface eth0\n virtual_router_id {n}\n advert_int 3\n use_vmac\n \
             virtual_ipaddress {{\n 10.9.7.{n}/32\n }}\n}}\n"
        )
    };
    let config: String = (1..=254).map(router).collect();
    bench.left.start_with(&format!("global_defs {{\n vrrp_version 3\n}}\n{config}")).unwrap();
    let running = || bench.left.status_of("VI_254").is_some_and(|status| status["state"] == "MASTER");
    assert!(wait::until(PATIENCE * 3, running), "{}", bench.left.log());
    assert!(!bench.left.log().contains("host thread hangs"), "{}", bench.left.log());
}

/// Starts a daemon whose /proc/sys is read-only, as in a container.
fn start_in_container(router: &mut RouterHost, config: &Instance) {
    const READ_ONLY: &str = "mount --rbind /proc/sys /proc/sys \
                             && mount -o remount,bind,ro,nosuid,nodev,noexec /proc/sys && exec \"$@\"";
    router.configure(&config.to_string()).unwrap();
    let plain = router.command();
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", READ_ONLY, "sh"]).arg(plain.get_program()).args(plain.get_args());
    router.start_as(command).unwrap();
}

fn ipv6(priority: u8) -> Instance {
    Instance::new(Protocol::V3Ipv6, VmacMode::Vmac, priority)
}

fn read_only() {
    let mut bench = bench();
    start_in_container(&mut bench.left, &ipv6(150));
    let installed = || status(&bench.left)["addresses_installed"] == "installed";
    assert!(wait::until(PATIENCE, installed), "{}; {}", status(&bench.left), bench.left.log());
    sleep(Duration::from_secs(4));
    let log = bench.left.log();
    for setting in ["autoconf", "disable_ipv6"] {
        let lines = log.lines().filter(|line| line.contains(setting)).count();
        assert!(lines <= 1, "{setting}: {log}");
    }
    assert_eq!((&status(&bench.left)["state"], log.contains("someone changed")), (&"MASTER".into(), false), "{log}");
}

/// IPv6 is off on new interfaces, and cannot be switched on.
fn refused() {
    let instance = ipv6;
    let mut bench = bench();
    bench.left.host.set_sysctl("net/ipv6/conf/default/disable_ipv6", "1").unwrap();
    start_master(&mut bench.right, &instance(100));
    start_in_container(&mut bench.left, &instance(150));
    let held_down = || status(&bench.left)["hold_down_seconds"].as_f64().is_some();
    assert!(wait::until(PATIENCE, held_down), "{}; {}", status(&bench.left), bench.left.log());
    assert!(bench.right.wait_state("MASTER", PATIENCE), "{}", bench.right.log());
    undisturbed(&bench, &instance(100));
    assert_eq!(status(&bench.left)["state"], "FAULT", "{}", bench.left.log());
}

/// What happens on the parent of the left router makes it try again, each time.
fn undisturbed(bench: &Bench, master: &Instance) {
    let (since, before) = (bench.watch.now(), status(&bench.right)["counters"]["became_master"].clone());
    for number in 1..=5 {
        let address = prefixed(&format!("10.7.0.{number}/24")).unwrap();
        bench.left.host.add_address("eth0", address).unwrap();
        sleep(Duration::from_millis(1200));
    }
    assert_eq!(bench.watch.adverts(since, &bench.left.host).len(), 0, "{}", bench.left.log());
    assert_eq!(status(&bench.right)["counters"]["became_master"], before, "{}", bench.right.log());
    let gap = bench.watch.longest_gap(since, &bench.right.host).unwrap();
    assert!(gap < master.down_interval(), "{gap:?}");
}
