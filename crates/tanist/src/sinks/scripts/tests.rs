use std::time::Duration;

use vrrp::event::{Causes, Reason, StateName, Transition};
use vrrp::types::Priority;

use super::*;

fn scripts(text: &str) -> (Scripts, Vec<String>) {
    let source = format!(
        "vrrp_instance VI {{\n interface eth0\n virtual_router_id 5\n {text}\n virtual_ipaddress {{\n 10.0.0.1/24\n }}\n}}\n"
    );
    let loaded =
        conf::load("test.conf".as_ref(), &mut conf::MemoryLoader::default().with("test.conf", source.into_bytes()));
    Scripts::new(&loaded.config)
}

fn vi() -> Named {
    Named::Router("VI".into())
}

fn transition(to: StateName, reason: Reason) -> Transition {
    Transition {
        from: StateName::Backup,
        to,
        reason,
        priority: Priority::DEFAULT,
        after: Duration::ZERO,
        unreported: 0,
    }
}

#[test]
fn the_general_script_gets_keepalived_arguments_after_its_own() {
    let (scripts, complaints) = scripts("notify_master \"/bin/sh -c true\"\n notify \"/bin/sh one\"");
    assert_eq!(complaints, Vec::<String>::new());
    let jobs: Vec<_> =
        scripts.jobs(&vi(), NotifyState::Master, 150).into_iter().map(|job| job.argv.join(" ")).collect();
    assert_eq!(jobs, ["/bin/sh -c true", "/bin/sh one INSTANCE VI MASTER 150"]);
}

#[test]
fn a_planned_stop_is_stop_and_a_lost_interface_is_fault() {
    assert_eq!(NotifyState::after(&transition(StateName::Initialize, Reason::Shutdown)), NotifyState::Stop);
    let lost = Reason::Lost { waiting_for: Causes::LINK_DOWN };
    assert_eq!(NotifyState::after(&transition(StateName::Initialize, lost)), NotifyState::Fault);
}

#[test]
fn a_script_that_is_not_there_is_named_and_left_out() {
    let (scripts, complaints) = scripts("notify_backup \"/nonexistent/script.sh\"");
    assert_eq!(complaints.len(), 1);
    assert!(complaints[0].starts_with("VI: notify_backup: /nonexistent/script.sh"), "{complaints:?}");
    assert!(scripts.is_empty());
}

#[test]
fn a_router_that_is_gone_keeps_its_scripts_for_one_reload() {
    let (before, _) = scripts("notify_stop \"/bin/sh stop\"");
    let after = Scripts::default().following(&before);
    let jobs: Vec<_> = after.jobs(&vi(), NotifyState::Stop, 100).into_iter().map(|job| job.argv.join(" ")).collect();
    assert_eq!(jobs, ["/bin/sh stop"]);
    assert_eq!(Scripts::default().following(&after).jobs(&vi(), NotifyState::Stop, 100), []);
}

#[test]
fn an_unknown_user_is_named() {
    let (scripts, complaints) = scripts("notify_backup \"/bin/sh x\" nosuchuser");
    assert!(complaints[0].contains("nosuchuser"), "{complaints:?}");
    assert!(scripts.jobs(&vi(), NotifyState::Backup, 1).is_empty());
}

#[test]
fn a_group_has_scripts_of_its_own_and_priority_0() {
    let source = "vrrp_sync_group G {\n group {\n VI\n }\n notify_master /bin/true\n notify \"/bin/sh one\"\n}\n\
                  vrrp_instance VI {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n 10.0.0.1/24\n }\n}\n";
    let loaded = conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", source));
    let (scripts, complaints) = Scripts::new(&loaded.config);
    assert_eq!(complaints, Vec::<String>::new());
    let group = Named::Group("G".into());
    let jobs = scripts.jobs(&group, NotifyState::Master, 0);
    assert!(jobs.iter().all(|job| job.queue == "sync group G"), "{jobs:?}");
    let jobs: Vec<_> = jobs.into_iter().map(|job| job.argv.join(" ")).collect();
    assert_eq!(jobs, ["/bin/true", "/bin/sh one GROUP G MASTER 0"]);
    assert_eq!(scripts.jobs(&vi(), NotifyState::Master, 150), []);
}
