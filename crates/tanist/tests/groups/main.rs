//! Sync groups on real kernels: two routers between two LANs, both families, with and without virtual MAC, and Debian's
//! keepalived on the other side.

mod interop;
mod reload;
mod stage;

use std::fs;
use std::process::ExitCode;

use lab::wait;
use libtest_mimic::Trial;
use rustix::process::Signal;
use testbed::lan::harness;

use self::stage::{Config, INTERVAL, MEMBERS, Mac, PATIENCE, Stage, UPLINK, Who, tanist};

fn main() -> ExitCode {
    harness::run(all)
}

/// A test that is run with and without virtual MAC.
type OfMac = fn(Mac);

fn all() -> Vec<Trial> {
    let both: [(&str, OfMac); 5] = [
        ("a cable of one side is pulled", cable_pulled),
        ("cables are pulled in turns", pulled_in_turns),
        ("the interface of one side is replaced", interface_replaced),
        ("kill -9", killed),
        ("planned stop", stopped),
    ];
    let with_both = both.into_iter().flat_map(|(what, test)| {
        [Mac::Virtual, Mac::Physical].map(|mac| harness::test(format!("{what}, {mac:?} MAC"), move || test(mac)))
    });
    let once: [(&str, fn()); 7] = [
        ("crossed priorities settle on one side", crossed),
        ("scripts of the group run once, behind those of its routers", scripts),
        ("what the group tracks stops all", tracked),
        ("a script that the group tracks stops all, or moves all priorities", tracked_script),
        ("a reload that adds, changes and removes the group", reload::group_comes_and_goes),
        ("a reload that adds and removes a router of the group", reload::member_comes_and_goes),
        ("a group that is renamed", reload::renamed),
    ];
    let once = once.into_iter().map(|(what, test)| harness::test(what, test));
    with_both.chain(once).chain(interop::all()).collect()
}

fn cable_pulled(mac: Mac) {
    let stage = Stage::running(mac);
    let inner = MEMBERS.iter().find(|member| member.name == "IN").unwrap();
    let cut = stage.now();
    stage.lan.cut(stage.cable(Who::R1, inner)).unwrap();
    stage.says(Who::R1, "FAULT");
    for member in MEMBERS.iter().filter(|member| member.nic == "eth0") {
        let leaving = stage.watch(member).priority_zero(cut, stage.cable(Who::R1, member), PATIENCE);
        assert!(leaving.is_some(), "{} says priority 0; {}", member.name, stage.logs());
    }
    stage.settles_on(Who::R2, cut, "cut");
    stage.says(Who::R2, "MASTER");
    let restored = stage.now();
    stage.lan.restore(stage.cable(Who::R1, inner)).unwrap();
    stage.settles_on(Who::R1, restored, "restored");
    stage.says(Who::R1, "MASTER");
    stage.says(Who::R2, "BACKUP");
}

/// The second is pulled while the first is out, and the first again (G18: ka#2685).
fn pulled_in_turns(mac: Mac) {
    let stage = Stage::running(mac);
    let [outer, inner] = ["OUT", "IN"].map(|name| MEMBERS.iter().find(|member| member.name == name).unwrap());
    let [outer, inner] = [outer, inner].map(|member| stage.cable(Who::R1, member));
    let cut = stage.now();
    stage.lan.cut(outer).unwrap();
    stage.says(Who::R1, "FAULT");
    stage.lan.cut(inner).unwrap();
    stage.lan.restore(outer).unwrap();
    stage.lan.cut(outer).unwrap();
    stage.lan.restore(inner).unwrap();
    stage.settles_on(Who::R2, cut, "one is out");
    stage.says(Who::R1, "FAULT");
    let restored = stage.now();
    stage.lan.restore(outer).unwrap();
    stage.settles_on(Who::R1, restored, "restored");
    stage.says(Who::R1, "MASTER");
}

fn interface_replaced(mac: Mac) {
    let mut stage = Stage::running(mac);
    let deleted = stage.now();
    stage.r1.host.delete_link("eth1").unwrap();
    stage.says(Who::R1, "FAULT");
    stage.settles_on(Who::R2, deleted, "deleted");
    let back = stage.now();
    stage.replug();
    stage.settles_on(Who::R1, back, "replaced");
    stage.says(Who::R1, "MASTER");
}

fn killed(mac: Mac) {
    let mut stage = Stage::running(mac);
    let killed = stage.now();
    stage.r1.kill().unwrap();
    stage.settles_on(Who::R2, killed, "killed");
    let back = stage.now();
    stage.r1.start().unwrap();
    stage.settles_on(Who::R1, back, "started again");
}

fn stopped(mac: Mac) {
    let mut stage = Stage::running(mac);
    let stop = stage.now();
    stage.r1.signal(Signal::TERM).unwrap();
    for member in &MEMBERS {
        let leaving = stage.watch(member).priority_zero(stop, stage.cable(Who::R1, member), PATIENCE);
        let leaving = leaving.unwrap_or_else(|| panic!("{} says priority 0; {}", member.name, stage.logs()));
        let first = stage.watch(member).first_advert(stop, stage.cable(Who::R2, member), PATIENCE);
        let gap = first.map(|first| first.at.since(leaving.at));
        assert!(gap.is_some_and(|gap| gap < INTERVAL * 3), "{}: after the skew: {gap:?}", member.name);
    }
    assert!(stage.r1.wait_end(PATIENCE).is_some(), "{}", stage.logs());
    stage.settles_on(Who::R2, stop, "stopped");
}

/// Each is better on one side: with the roles on different machines nothing would be routed.
fn crossed() {
    let mut stage = Stage::new(tanist(), tanist());
    let crossed = |priorities| Config { priorities, ..Config::new(Mac::Physical, 100) }.text();
    stage.r1.start_with(&crossed([200, 50, 200])).unwrap();
    stage.r2.start_with(&crossed([50, 200, 50])).unwrap();
    let masters = || {
        [Who::R1, Who::R2].map(|who| {
            let document = stage.router(who).status_document();
            document.is_some_and(|document| document["groups"][0]["state"] == "MASTER")
        })
    };
    let settled = wait::until(PATIENCE, || masters()[0] != masters()[1]);
    assert!(settled, "one group is MASTER; {}", stage.logs());
    let master = if masters()[0] { Who::R1 } else { Who::R2 };
    stage.settles_on(master, stage.now(), "settled");
}

fn scripts() {
    let mut stage = Stage::new(tanist(), tanist());
    let (script, lines) = stage.script(Who::R1);
    let notify = format!("notify \"{}\"", script.display());
    let config = Config { group_lines: notify.clone(), router_lines: notify, ..Config::new(Mac::Physical, 150) };
    stage.r1.start_with(&config.text()).unwrap();
    stage.says(Who::R1, "MASTER");
    stage.r1.signal(Signal::TERM).unwrap();
    assert!(stage.r1.wait_end(PATIENCE).is_some(), "{}", stage.logs());
    let said = fs::read_to_string(&lines).unwrap_or_default();
    let of_group: Vec<&str> = said.lines().filter(|line| line.starts_with("GROUP")).collect();
    assert_eq!(of_group, ["GROUP PAIR BACKUP 0", "GROUP PAIR MASTER 0", "GROUP PAIR STOP 0"], "{said}");
    for member in &MEMBERS {
        let name = member.name;
        let of_router: Vec<&str> = said.lines().filter(|line| line.starts_with(&format!("INSTANCE {name} "))).collect();
        let expected = ["BACKUP", "MASTER", "STOP"].map(|state| format!("INSTANCE {name} {state} 150"));
        assert_eq!(of_router, expected, "{said}");
    }
}

fn tracked() {
    let mut stage = Stage::new(tanist(), tanist());
    let group_lines = format!("track_interface {{\n {UPLINK}\n }}");
    let since = stage.now();
    stage.r2.start_with(&Config::new(Mac::Virtual, 100).text()).unwrap();
    stage.r1.start_with(&Config { group_lines, ..Config::new(Mac::Virtual, 150) }.text()).unwrap();
    stage.settles_on(Who::R1, since, "start");
    let down = stage.now();
    let uplink = stage.r1.host.cable(UPLINK).unwrap();
    stage.lan.cut(uplink).unwrap();
    stage.says(Who::R1, "FAULT");
    stage.settles_on(Who::R2, down, "uplink down");
    let up = stage.now();
    stage.lan.restore(uplink).unwrap();
    stage.settles_on(Who::R1, up, "uplink up");
}

fn tracked_script() {
    let mut stage = Stage::new(tanist(), tanist());
    let (failing, weighing) = (stage.r1.file("failing"), stage.r1.file("weighing"));
    let check = |name: &str, file: &std::path::Path, more: &str| {
        let test = format!("/usr/bin/test ! -e {}", file.display());
        format!("vrrp_script {name} {{\n script \"{test}\"\n interval 1\n fall 1\n rise 1\n {more}\n}}\n")
    };
    let group_lines = "track_script {\n failing\n weighing\n }".to_owned();
    let scripts = check("failing", &failing, "") + &check("weighing", &weighing, "weight -100");
    let since = stage.now();
    stage.r2.start_with(&Config::new(Mac::Physical, 100).text()).unwrap();
    stage.r1.start_with(&(scripts + &Config { group_lines, ..Config::new(Mac::Physical, 150) }.text())).unwrap();
    stage.settles_on(Who::R1, since, "start");
    let lighter = stage.now();
    fs::write(&weighing, "").unwrap();
    stage.settles_on(Who::R2, lighter, "a weight");
    stage.says(Who::R1, "BACKUP");
    fs::write(&failing, "").unwrap();
    stage.says(Who::R1, "FAULT");
    let well = stage.now();
    fs::remove_file(&failing).and_then(|()| fs::remove_file(&weighing)).unwrap();
    stage.settles_on(Who::R1, well, "well again");
    stage.says(Who::R1, "MASTER");
}
