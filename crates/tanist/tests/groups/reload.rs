//! Reloads: a router that stays as it is sees nothing of what happens to its group.

use lab::{Captured, wait};

use crate::stage::{Config, INTERVAL, MEMBERS, Mac, Member, PATIENCE, Stage, Who};

fn member(name: &str) -> &'static Member {
    MEMBERS.iter().find(|member| member.name == name).unwrap()
}

/// A running master reads a configuration.
fn reload(stage: &mut Stage, config: &Config) {
    let before = stage.r1.log().matches("is in force").count();
    stage.r1.reload_with(&config.text()).unwrap();
    let read = || stage.r1.log().matches("is in force").count() > before;
    assert!(wait::until(PATIENCE, read), "{}", stage.logs());
}

/// Since then a router of the first machine has advertised at its interval and said nothing else, and the peer nothing.
#[track_caller]
fn undisturbed(stage: &Stage, since: Captured, member: &Member) {
    let (watch, cable) = (stage.watch(member), stage.cable(Who::R1, member));
    assert!(wait::until(PATIENCE, || watch.adverts(since, cable).len() > 6), "{}", stage.logs());
    let gap = watch.longest_gap(since, cable).unwrap();
    assert!(gap < INTERVAL * 2, "{}: {gap:?}", member.name);
    let left = watch.priority_zero(since, cable, std::time::Duration::ZERO);
    assert!(left.is_none(), "{} never leaves; {}", member.name, stage.logs());
    assert!(watch.adverts(since, stage.cable(Who::R2, member)).is_empty(), "{}", stage.logs());
}

pub(crate) fn group_comes_and_goes() {
    let mut stage = Stage::running(Mac::Virtual);
    let since = stage.now();
    let config = Config::new(Mac::Virtual, 150);
    reload(&mut stage, &Config { grouped: Vec::new(), ..config.clone() });
    let document = stage.r1.status_document().unwrap();
    assert!(document.get("groups").is_none(), "{document}");
    reload(&mut stage, &config);
    stage.says(Who::R1, "MASTER");
    MEMBERS.iter().for_each(|member| undisturbed(&stage, since, member));
    // Without the group each side is on its own.
    reload(&mut stage, &Config { grouped: vec!["OUT", "OUT6"], ..config });
    stage.lan.cut(stage.cable(Who::R1, member("IN"))).unwrap();
    let is_master = || stage.r2.status_of("IN").is_some_and(|status| status["state"] == "MASTER");
    assert!(!wait::until(INTERVAL * 6, is_master), "the group of the peer waits for OUT; {}", stage.logs());
    undisturbed(&stage, since, member("OUT"));
    undisturbed(&stage, since, member("OUT6"));
}

pub(crate) fn member_comes_and_goes() {
    let mut stage = Stage::running(Mac::Virtual);
    let since = stage.now();
    let more = "vrrp_instance MORE {\n interface eth1\n use_vmac vip-more\n virtual_router_id 9\n priority 150\n advert_int 0.3\n \
                virtual_ipaddress {\n 198.51.100.9/24\n }\n}\n";
    let config = Config::new(Mac::Virtual, 150);
    let mut grouped = config.grouped.clone();
    grouped.push("MORE");
    let text = Config { grouped, ..config.clone() }.text() + more;
    stage.r1.reload_with(&text).unwrap();
    let is_master = || stage.r1.status_of("MORE").is_some_and(|status| status["state"] == "MASTER");
    assert!(wait::until(PATIENCE, is_master), "{}", stage.logs());
    MEMBERS.iter().for_each(|member| undisturbed(&stage, since, member));
    reload(&mut stage, &config);
    stage.says(Who::R1, "MASTER");
    MEMBERS.iter().for_each(|member| undisturbed(&stage, since, member));
}

pub(crate) fn renamed() {
    let mut stage = Stage::running(Mac::Physical);
    let since = stage.now();
    let (script, lines) = stage.script(Who::R1);
    let group_lines = format!("notify \"{}\"", script.display());
    let text = Config { group_lines, ..Config::new(Mac::Physical, 150) }.text().replace("PAIR", "OTHER");
    stage.r1.reload_with(&text).unwrap();
    let is_there = || {
        let document = stage.r1.status_document();
        document.is_some_and(|it| it["groups"][0]["name"] == "OTHER" && it["groups"][0]["state"] == "MASTER")
    };
    assert!(wait::until(PATIENCE, is_there), "{}", stage.logs());
    let said = || std::fs::read_to_string(&lines).unwrap_or_default();
    assert!(wait::until(PATIENCE, || said().contains("GROUP OTHER MASTER 0")), "{}; {}", said(), stage.logs());
    MEMBERS.iter().for_each(|member| undisturbed(&stage, since, member));
}
