//! What is answered, of a scene without threads, as a master asks for it.

use std::collections::HashMap;
use std::sync::Arc;

use agentx::{Body, ErrorCode, Message, Oid, Response, SearchRange, Start, Value, VarBind};
use conf::model::Switch;
use conf::model::snmp::Snmp as Wanted;
use vrrp::config::RouterConfig;
use vrrp::event::Reason;
use vrrp::types::IfIndex;
use vrrp::{Engine, Input, LinkState, Parent};

use super::past::{NewMaster, Past};
use super::scene::{AgentClock, Scene, Told};
use super::view::View;
use super::views::{parts, view};
use super::{answer, keepalived, rfc2787};
use crate::ports::directory::{Directory, Names};
use crate::ports::protocol::Snapshots;

const CONFIG: &str = "
global_defs {
    router_id R
    enable_snmp_vrrp
    enable_snmp_rfc
    notification_email {
        a@example.net
        b@example.net
    }
}
static_ipaddress {
    10.9.0.1/24 dev eth0
}
vrrp_instance B {
    interface eth0
    virtual_router_id 20
    version 2
    priority 150
    virtual_ipaddress {
        10.0.0.20/24
        10.0.0.21/24 brd 10.0.0.255 label eth0:x
    }
    virtual_ipaddress_excluded {
        2001:db8::20/64
    }
    notify_master \"/bin/true a b\"
}
vrrp_instance A {
    interface eth0
    virtual_router_id 10
    version 3
    virtual_ipaddress {
        fe80::10
    }
}
";

fn everything() -> View {
    let loaded = conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", CONFIG));
    let (mut engine, now) = (Engine::new(), vrrp::Instant::from_nanos(1_000_000_000_000));
    let mut known = HashMap::new();
    for router in &loaded.config.routers {
        let addresses = router.addresses.iter().map(|it| it.address).collect();
        let config = RouterConfig::new(router.vrid, router.parameters.version, addresses)
            .with(|it| it.priority = router.parameters.priority);
        let id = engine.add(now, config);
        if router.name == "B" {
            let source = Some([10, 0, 0, 1].into());
            let parent = Parent { ifindex: IfIndex::new(3), link: LinkState::Up, source };
            engine.handle(now, Input::Parent { router: id, parent });
        }
        known.insert(id, Arc::new(router.clone()));
    }
    let snapshots = Snapshots {
        routers: engine.routers().filter_map(|id| engine.snapshot(id)).collect(),
        tracked: HashMap::new(),
        groups: Vec::new(),
        no_such_router: engine.no_such_router().clone(),
        overflows: 0,
        sessions: Vec::new(),
        no_session: vrrp::bfd::Discards::default(),
    };
    let directory = Directory::default().followed_by(known, Names::default());
    let told = Told { past: Past::default(), traps: Switch::Off, agent: AgentClock { at: now, uptime: 700 } };
    let wanted = loaded.config.global.snmp.clone();
    let links = |_: &_| HashMap::from([("eth0".to_owned(), IfIndex::new(3).unwrap())]);
    let config = Arc::new(loaded.config);
    view(Scene::new(config, (Arc::new(snapshots), None, Arc::new(directory)), told, links), &wanted)
}

fn after(from: Oid) -> SearchRange {
    SearchRange { from, start: Start::After, until: None }
}

/// Everything there is, one after the other.
fn walk(view: &View) -> Vec<VarBind> {
    let next = |it: &VarBind| Some(view.next(&after(it.name.clone()))).filter(|it| it.value != Value::EndOfMibView);
    std::iter::successors(Some(view.next(&after(Oid::default()))), next).collect()
}

fn ask(view: &View, body: Body) -> Response {
    answer::read(view, &Message { session: 1, transaction: 2, packet: 3, context: None, body })
}

#[test]
fn a_walk_rises_and_finds_what_get_finds() {
    let view = everything();
    let all = walk(&view);
    assert!(all.len() > 150, "{}", all.len());
    assert!(all.is_sorted_by(|a, b| a.name < b.name));
    for found in &all {
        assert_eq!(&view.get(&found.name), found);
        let range = |start, until| SearchRange { from: found.name.clone(), start, until };
        assert_eq!(&view.next(&range(Start::At, None)), found);
        let nothing = view.next(&range(Start::At, Some(found.name.clone())));
        assert_eq!(nothing, VarBind { name: found.name.clone(), value: Value::EndOfMibView });
    }
    let parts =
        parts(&Wanted { keepalived: Switch::On, rfc2787: Switch::On, rfc6527: Switch::On, ..Wanted::default() });
    let is_ours = |it: &VarBind| parts.iter().any(|part| it.name.below(part).is_some());
    assert!(all.iter().all(is_ours));
}

#[test]
fn in_bulk_the_same_is_found_in_whole_rounds() {
    let view = everything();
    let all = walk(&view);
    let bulk = |non_repeaters, max_repetitions, ranges: &[usize]| {
        let ranges = ranges.iter().map(|place| after(all[*place].name.clone())).collect();
        ask(&view, Body::GetBulk { non_repeaters, max_repetitions, ranges }).variables
    };
    assert_eq!(bulk(0, 5, &[0]), all[1..6]);
    let expected = [&all[1], &all[11], &all[21], &all[12], &all[22]].map(Clone::clone);
    assert_eq!(bulk(1, 2, &[0, 10, 20]), expected);
    assert_eq!(bulk(3, 9, &[0, 10]), [all[1].clone(), all[11].clone()]);
    // It stops at the end, and at what fits into one answer.
    let last = all.len() - 1;
    assert_eq!(bulk(0, 1000, &[last]), [VarBind { name: all[last].name.clone(), value: Value::EndOfMibView }]);
    assert_eq!(bulk(0, u16::MAX, &[0; 100]).len(), 500);
}

#[test]
fn what_is_not_there_is_told_from_what_has_no_such_row() {
    let view = everything();
    let value = |below: &[u32]| view.get(&keepalived::below(below).into()).value;
    assert_eq!(value(&[2, 3, 1, 2, 1]), Value::Octets(b"B".to_vec()));
    assert_eq!(value(&[2, 3, 1, 2, 3]), Value::NoSuchInstance);
    assert_eq!(value(&[2, 3, 1, 99, 1]), Value::NoSuchObject);
    assert_eq!(value(&[3, 1]), Value::NoSuchObject);
    // Its MAC is not known without the host thread.
    assert_eq!(view.get(&[rfc2787::ROOT, &[1, 3, 1, 2, 3, 20]].concat().into()).value, Value::NoSuchInstance);
}

#[test]
fn routers_are_told_as_keepalived_tells_them() {
    let view = everything();
    let value = |below: &[u32]| view.get(&keepalived::below(below).into()).value;
    let text = |text: &str| Value::Octets(text.as_bytes().to_vec());
    for (column, b, a) in [
        (2, text("B"), text("A")),
        (3, Value::Gauge32(20), Value::Gauge32(10)),
        (4, Value::Integer(1), Value::Integer(3)),
        (7, Value::Integer(150), Value::Integer(100)),
        (12, Value::Gauge32(1), Value::Gauge32(100)),
        (22, text("'/bin/true' 'a' 'b'"), Value::NoSuchInstance),
        (34, Value::Integer(1), Value::Integer(2)),
    ] {
        assert_eq!((value(&[2, 3, 1, column, 1]), value(&[2, 3, 1, column, 2])), (b, a), "column {column}");
    }
    let address = |column, instance, place| value(&[2, 6, 1, column, instance, place]);
    assert_eq!(address(3, 0, 1), Value::Octets(vec![10, 9, 0, 1]));
    assert_eq!(address(4, 1, 2), Value::Octets(vec![10, 0, 0, 255]));
    assert_eq!((address(9, 1, 2), address(9, 1, 1)), (text("eth0:x"), Value::NoSuchInstance));
    assert_eq!((address(2, 1, 3), address(11, 1, 3)), (Value::Integer(2), Value::Integer(2)));
    assert_eq!(address(7, 1, 1), Value::Integer(3));
    assert_eq!(value(&[1, 3, 5, 1, 2, 2]), text("b@example.net"));
    let v2: Vec<_> =
        walk(&view).into_iter().filter_map(|it| it.name.below(rfc2787::ROOT).map(<[u32]>::to_vec)).collect();
    assert!(v2.contains(&vec![1, 3, 1, 3, 3, 20]) && !v2.iter().any(|name| name.ends_with(&[3, 10])), "{v2:?}");
}

#[test]
fn contexts_are_unknown_and_nothing_is_writable() {
    let view = everything();
    let request =
        Message { session: 1, transaction: 2, packet: 3, context: Some(b"x".to_vec()), body: Body::Get(vec![]) };
    assert_eq!(answer::read(&view, &request).error, ErrorCode::UnsupportedContext);
    let refused = answer::refusal(&Body::TestSet(Vec::new()));
    assert_eq!((refused.error, refused.index), (ErrorCode::NotWritable, 1));
    assert_eq!(answer::refusal(&Body::CommitSet).error, ErrorCode::CommitFailed);
}

#[test]
fn times_are_those_of_the_agent() {
    let at = vrrp::Instant::from_nanos(10_000_000_000);
    let clock = AgentClock { at, uptime: 700 };
    let seconds = |seconds: u64| vrrp::Instant::from_nanos(seconds * 1_000_000_000);
    assert_eq!([10, 8, 1, 12].map(|it| clock.ticks_of(seconds(it))), [700, 500, 0, 900]);
    assert_eq!(NewMaster::of(&Reason::OwnerReady), NewMaster::Preempted);
}
