//! tanist leaves a machine as it found it, and copes with what others do to the machine meanwhile.

use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use lab::{Asker, Captured, CapturedFrame, Checksum, ForgedAdvert, Program, vrrp_frame, wait};
use libtest_mimic::Trial;
use rustix::process::Signal;
use testbed::lan::{Bench, CLIENT, Instance, Layout, MachineState, Protocol, VmacMode, harness};
use vrrp::types::MacAddr;

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a repair may take on a busy machine.
const REPAIR_TIME: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    harness::run(|| if harness::has_program("ip", "restoring the machine") { all() } else { Vec::new() })
}

/// A test, given what the left router is to run.
type Test = fn(Instance);

fn all() -> Vec<Trial> {
    let mut trials = Vec::new();
    for protocol in [Protocol::V3Ipv4, Protocol::V3Ipv6] {
        for vmac in [VmacMode::Vmac, VmacMode::XmitBase, VmacMode::None] {
            let instance = Instance::new(protocol, vmac, 150);
            let tests: [(&str, Test); 3] = [
                ("a planned stop restores the machine", planned_stop),
                ("after a kill, the next start and stop restore it", killed),
                ("an address that others delete comes back", address_deleted),
            ];
            for (what, test) in tests {
                let instance = instance.clone();
                trials.push(harness::test(format!("{protocol} {vmac}: {what}"), move || test(instance)));
            }
        }
    }
    let single: [(&str, Test); 9] = [
        ("a start that fails changes nothing", failed_start),
        ("a killed daemon's address ends with its lease", lease_ends),
        ("a frozen master loses its address and listens before it speaks", frozen),
        ("a reload without changes is not seen on the wire", quiet_reload),
        ("a reload with errors keeps the old configuration, one without is heeded", bad_reload),
        ("a virtual interface that others delete is made again", link_deleted),
        ("a parent that is renamed is waited for", parent_renamed),
        ("a parent that is removed is waited for", parent_removed),
        ("junk packets change nothing", junk),
    ];
    for (what, test) in single {
        let instance = Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 150);
        trials.push(harness::test(what, move || test(instance)));
    }
    trials
}

/// A bench with nothing running.
fn bench() -> Bench {
    let tanist = || Program::Tanist(env!("CARGO_BIN_EXE_tanist").into());
    Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap()
}

/// Starts the left router and waits until it is master.
fn master(bench: &mut Bench, instance: &Instance) {
    bench.left.start_with(instance).unwrap();
    becomes(bench, "MASTER");
}

fn becomes(bench: &Bench, state: &str) {
    assert!(bench.left.wait_state(state, PATIENCE), "becomes {state}; {}", bench.left.log());
}

/// The left router has the address: it comes a moment after the state.
fn has_address(bench: &Bench) {
    let there = wait::until(REPAIR_TIME, || link_of(bench, "10.9.0.1/24").is_some());
    assert!(there, "has its address; {}", bench.left.log());
}

/// Stops the left router as planned.
fn stop(bench: &mut Bench) {
    bench.left.signal(Signal::TERM).unwrap();
    let status = bench.left.wait_end(PATIENCE);
    assert!(status.is_some_and(|status| status.success()), "ends with success: {status:?}; {}", bench.left.log());
}

/// The machine as it is before a test.
fn calm(bench: &Bench) -> MachineState {
    MachineState::at_rest(&bench.left.host, PATIENCE).unwrap()
}

/// The machine is as it was, soon.
fn restored(bench: &Bench, before: &MachineState) {
    let changes = before.changes_at_rest(&bench.left.host, REPAIR_TIME);
    assert_eq!(changes, Vec::<String>::new(), "log: {}", bench.left.log());
}

/// The kernel has finished with the addresses. It joins the anycast group of an IPv6 address some time after it was added,
/// and leaves it at once when it is removed: in between it would leave the group of the host's own address.
fn settled(bench: &Bench, instance: &Instance) {
    for address in &instance.addresses {
        let bare = address.split('/').next().unwrap_or(address);
        let is_local = || {
            let route = bench.left.host.run_program("ip", &["-o", "route", "get", bare]);
            route.is_ok_and(|route| route.starts_with("local"))
        };
        assert!(wait::until(REPAIR_TIME, is_local), "{address} is local; {}", bench.left.log());
    }
}

fn planned_stop(instance: Instance) {
    let mut bench = bench();
    let before = calm(&bench);
    master(&mut bench, &instance);
    assert_ne!(before.changes(&MachineState::of(&bench.left.host).unwrap()), Vec::<String>::new());
    settled(&bench, &instance);
    stop(&mut bench);
    restored(&bench, &before);
}

fn killed(instance: Instance) {
    let mut bench = bench();
    let before = calm(&bench);
    master(&mut bench, &instance);
    settled(&bench, &instance);
    bench.left.kill().unwrap();
    master(&mut bench, &instance);
    settled(&bench, &instance);
    stop(&mut bench);
    restored(&bench, &before);
}

fn address_deleted(instance: Instance) {
    let mut bench = bench();
    master(&mut bench, &instance);
    for address in &instance.addresses {
        let mut link = None;
        wait::until(REPAIR_TIME, || {
            link = link_of(&bench, address);
            link.is_some()
        });
        let link = link.expect("the master has its address");
        bench.left.host.run_program("ip", &["addr", "del", address, "dev", &link]).unwrap_or_else(|_| {
            let host = format!("{}/{}", bare(address), if address.contains(':') { 128 } else { 32 });
            bench.left.host.run_program("ip", &["addr", "del", &host, "dev", &link]).unwrap()
        });
        let back = wait::until(REPAIR_TIME, || link_of(&bench, address).is_some());
        assert!(back, "{address} is put back; {}", bench.left.log());
    }
    let left = bench.watch.priority_zero(Captured::default(), &bench.left.host, Duration::ZERO);
    assert!(left.is_none() && bench.left.status().unwrap()["state"] == "MASTER", "stays master; {}", bench.left.log());
}

fn failed_start(instance: Instance) {
    let mut bench = bench();
    let before = calm(&bench);
    let elsewhere = format!(
        "{instance}\nvrrp_instance VI_2 {{\n    interface eth7\n    virtual_router_id 52\n    use_vmac\n    virtual_ipaddress {{\n        10.9.0.7/24\n    }}\n}}\n"
    );
    bench.left.start_with(&elsewhere).unwrap();
    let status = bench.left.wait_end(PATIENCE);
    assert!(status.is_some_and(|status| !status.success()), "refuses to start: {status:?}; {}", bench.left.log());
    restored(&bench, &before);
    assert!(bench.left.log().contains("eth7"), "says what is missing; {}", bench.left.log());
}

fn lease_ends(instance: Instance) {
    let instance = instance.with_global("tanist_lease 3");
    let mut bench = bench();
    master(&mut bench, &instance);
    has_address(&bench);
    bench.left.kill().unwrap();
    assert!(link_of(&bench, "10.9.0.1/24").is_some(), "the kernel still has the address");
    let gone = wait::until(Duration::from_secs(6), || link_of(&bench, "10.9.0.1/24").is_none());
    assert!(gone, "the kernel takes it away: {}", addresses(&bench));
}

fn frozen(instance: Instance) {
    let instance = instance.with_global("tanist_lease 3");
    let mut bench = bench();
    bench.right.start_with(&Instance::new(instance.protocol, instance.vmac, 100)).unwrap();
    master(&mut bench, &instance);
    bench.left.freeze().unwrap();
    assert!(bench.right.wait_state("MASTER", PATIENCE), "the backup takes over; {}", bench.right.log());
    let gone = wait::until(Duration::from_secs(6), || link_of(&bench, "10.9.0.1/24").is_none());
    assert!(gone, "the kernel takes the address of a frozen master away");
    let since = bench.watch.now();
    bench.left.thaw().unwrap();
    let peer =
        bench.watch.capture.wait(since, PATIENCE, |frame| bench.watch.advert_of(frame, &bench.right.host).is_some());
    let first = bench.watch.first_advert(since, &bench.left.host, PATIENCE).expect("preempts in the end");
    assert!(peer.is_some_and(|peer| peer.at < first.at), "it hears the master before it speaks; {}", bench.left.log());
    let calm = instance.down_interval();
    assert!(bench.watch.settles(since, &bench.left.host, &bench.right.host, calm, PATIENCE), "{}", bench.left.log());
    has_address(&bench);
}

fn quiet_reload(instance: Instance) {
    let instance = Instance { extra: vec!["garp_master_delay 0".into()], ..instance };
    let mut bench = bench();
    master(&mut bench, &instance);
    let after_announcements = |frame: &CapturedFrame| bench.watch.advert_of(frame, &bench.left.host).is_some();
    sleep(instance.interval);
    let since = bench.watch.now();
    for _ in 0..3 {
        bench.left.signal(Signal::HUP).unwrap();
        let seen = bench.watch.now();
        bench.watch.capture.wait(seen, PATIENCE, after_announcements).expect("goes on advertising");
    }
    let frames = bench.watch.capture.since(since, |frame| frame.port == bench.left.host.port);
    let adverts: Vec<_> = frames.iter().filter(|frame| after_announcements(frame)).map(|frame| frame.at).collect();
    for pair in adverts.windows(2) {
        let gap = pair[1].since(pair[0]);
        assert!(gap.abs_diff(instance.interval) < Duration::from_millis(150), "advert after {gap:?}");
    }
    let others = frames.iter().filter(|frame| !after_announcements(frame)).count();
    assert_eq!(others, 0, "nothing is announced that has not changed");
    assert_eq!(bench.left.status().unwrap()["state"], "MASTER");
}

fn bad_reload(instance: Instance) {
    let mut bench = bench();
    master(&mut bench, &instance);
    bench.left.configure("vrrp_instance VI_1 {\n    interface\n    priority many\n}\n").unwrap();
    let said = bench.left.log().len();
    bench.left.signal(Signal::HUP).unwrap();
    assert!(wait::until(PATIENCE, || bench.left.log().len() > said), "says why");
    assert_eq!(bench.left.status().unwrap()["priority"], 150);
    let better = Instance { priority: 120, ..instance };
    let since = bench.watch.now();
    bench.left.reload_with(&better).unwrap();
    let changed =
        |frame: &CapturedFrame| bench.watch.advert_of(frame, &bench.left.host).is_some_and(|it| it.priority == 120);
    assert!(bench.watch.capture.wait(since, PATIENCE, changed).is_some(), "new priority; {}", bench.left.log());
    assert!(bench.watch.priority_zero(Captured::default(), &bench.left.host, Duration::ZERO).is_none(), "never left");
}

fn link_deleted(instance: Instance) {
    let mut bench = bench();
    master(&mut bench, &instance);
    bench.left.host.run_program("ip", &["link", "del", "vrrp.51"]).unwrap();
    let back = wait::until(PATIENCE, || link_of(&bench, "10.9.0.1/24").is_some_and(|link| link == "vrrp.51"));
    assert!(back, "made again, with its address; {}", bench.left.log());
    becomes(&bench, "MASTER");
    let since = bench.watch.now();
    assert!(bench.watch.first_advert(since, &bench.left.host, PATIENCE).is_some(), "advertises");
}

fn parent_renamed(instance: Instance) {
    let mut bench = bench();
    let before = calm(&bench);
    master(&mut bench, &instance);
    rename(&bench, "eth0", "eth9");
    becomes(&bench, "FAULT");
    rename(&bench, "eth9", "eth0");
    becomes(&bench, "MASTER");
    has_address(&bench);
    stop(&mut bench);
    let left_behind = bench.left.host.run_program("ip", &["link", "show", "type", "macvlan"]).unwrap();
    assert_eq!(left_behind, "", "{:?}", before.changes(&MachineState::of(&bench.left.host).unwrap()));
}

fn parent_removed(instance: Instance) {
    let mut bench = bench();
    let instance = instance.with_global("dynamic_interfaces");
    master(&mut bench, &instance);
    bench.left.host.run_program("ip", &["link", "del", "eth0"]).unwrap();
    becomes(&bench, "FAULT");
    bench.replug_left().unwrap();
    becomes(&bench, "MASTER");
    has_address(&bench);
    let since = bench.watch.now();
    assert!(bench.watch.first_advert(since, &bench.left.host, PATIENCE).is_some(), "advertises");
    stop(&mut bench);
}

fn junk(instance: Instance) {
    let (mut bench, instance) = (bench(), instance.with_global("log_unknown_vrids"));
    master(&mut bench, &instance);
    let sender = Asker::new(&bench.client).unwrap();
    let since = bench.watch.now();
    for round in 0..200u8 {
        for packet in junk_packets(round) {
            sender.send(&packet).unwrap();
        }
        sleep(Duration::from_millis(5));
    }
    let adverts: Vec<_> = bench.watch.adverts(since, &bench.left.host).iter().map(|frame| frame.at).collect();
    assert!(adverts.len() >= 3, "goes on advertising");
    for pair in adverts.windows(2) {
        let gap = pair[1].since(pair[0]);
        assert!(gap.abs_diff(instance.interval) < Duration::from_millis(150), "advert after {gap:?}");
    }
    let status = bench.left.status().unwrap();
    assert_eq!(status["state"], "MASTER");
    let unknown =
        || bench.left.log().matches("10.9.0.9 advertises VRID 77 on eth0, where no router here has it").count();
    assert!(wait::until(PATIENCE, || unknown() == 1), "told once: {}; {}", unknown(), bench.left.log());
    assert!(bench.left.log().len() < 20_000, "the log is limited: {} bytes", bench.left.log().len());
}

/// Packets for VRID 51 from 10.9.0.9 that no router may heed: TTL 254, wrong checksum, unknown version and type, too
/// short, interval 0, another VRID, and noise.
fn junk_packets(round: u8) -> Vec<Vec<u8>> {
    let source = CLIENT;
    let good = ForgedAdvert {
        interval: 30,
        ..ForgedAdvert::new(3, Instance::VRID, 255, source, &["10.9.0.1".parse().unwrap()])
    };
    let noise: Vec<u8> = (0..round).map(|i| i.wrapping_mul(31).wrapping_add(round)).collect();
    let mac = MacAddr([2, 0, 0, 0, 0, 3]);
    let junk = [
        ForgedAdvert { hop_limit: 254, ..good.clone() },
        ForgedAdvert { checksum: Checksum::Fixed(0), ..good.clone() },
        ForgedAdvert { version: 4, ..good.clone() },
        ForgedAdvert { kind: 2, ..good.clone() },
        ForgedAdvert { interval: 0, ..good.clone() },
        ForgedAdvert { vrid: 77, ..good.clone() },
    ];
    let mut frames: Vec<Vec<u8>> = junk.iter().map(|advert| advert.frame(mac)).collect();
    frames.push(vrrp_frame(mac, source, 255, &good.message()[..usize::from(round % 12)]));
    frames.push(vrrp_frame(mac, source, 255, &noise));
    frames
}

fn rename(bench: &Bench, from: &str, to: &str) {
    let ip = |arguments: &[&str]| bench.left.host.run_program("ip", arguments).unwrap();
    ip(&["link", "set", from, "down"]);
    ip(&["link", "set", from, "name", to]);
    ip(&["link", "set", to, "up"]);
}

/// The link of the left router that has `address` now.
fn link_of(bench: &Bench, address: &str) -> Option<String> {
    let all = addresses(bench);
    let needle = format!(" {}/", bare(address));
    let line = all.lines().find(|line| line.contains(&needle))?;
    line.split_whitespace().nth(1).map(str::to_owned)
}

/// One line per address.
fn addresses(bench: &Bench) -> String {
    bench.left.host.run_program("ip", &["-o", "addr", "show"]).unwrap()
}

fn bare(address: &str) -> &str {
    address.split('/').next().unwrap()
}
