//! keepalived's sync groups on the other side.

use lab::Program;
use libtest_mimic::Trial;
use rustix::process::Signal;
use testbed::lan::harness;

use crate::stage::{Config, MEMBERS, Mac, PATIENCE, Stage, Who, tanist};

/// Nothing if keepalived is not installed, which is said.
pub(crate) fn all() -> Vec<Trial> {
    if !harness::has_program("keepalived", "sync groups of keepalived") {
        return Vec::new();
    }
    let macs = [Mac::Virtual, Mac::Physical];
    let play = |mac| {
        [Who::R1, Who::R2].map(move |ours| {
            let role = if ours == Who::R1 { "preferred" } else { "second" };
            harness::test(format!("with keepalived, tanist {role}, {mac:?} MAC"), move || story(ours, mac))
        })
    };
    macs.into_iter().flat_map(play).collect()
}

/// Election, a pulled cable, its return, kill -9, preemption, planned stop.
fn story(ours: Who, mac: Mac) {
    let (r1, r2) = match ours {
        Who::R1 => (tanist(), Program::Keepalived),
        Who::R2 => (Program::Keepalived, tanist()),
    };
    let mut stage = Stage::new(r1, r2);
    let inner = MEMBERS.iter().find(|member| member.name == "IN").unwrap();
    let start = stage.now();
    stage.r2.start_with(&Config::new(mac, 100).text()).unwrap();
    stage.r1.start_with(&Config::new(mac, 150).text()).unwrap();
    stage.settles_on(Who::R1, start, "election");

    let cut = stage.now();
    stage.lan.cut(stage.cable(Who::R1, inner)).unwrap();
    stage.settles_on(Who::R2, cut, "cut");
    let restored = stage.now();
    stage.lan.restore(stage.cable(Who::R1, inner)).unwrap();
    stage.settles_on(Who::R1, restored, "restored");

    let killed = stage.now();
    stage.r1.kill().unwrap();
    stage.settles_on(Who::R2, killed, "kill -9");
    let back = stage.now();
    stage.r1.start().unwrap();
    stage.settles_on(Who::R1, back, "preemption");

    let stop = stage.now();
    stage.r1.signal(Signal::TERM).unwrap();
    for member in &MEMBERS {
        let leaving = stage.watch(member).priority_zero(stop, stage.cable(Who::R1, member), PATIENCE);
        assert!(leaving.is_some(), "{} says priority 0; {}", member.name, stage.logs());
    }
    stage.settles_on(Who::R2, stop, "planned stop");
}
