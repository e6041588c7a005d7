//! Sync groups: routers that change their state together.

use std::time::Duration;

use vrrp::config::{Preempt, RouterConfig};
use vrrp::{
    Action, Event, EventKind, GroupConfig, GroupId, Input, Interval, LinkState, Priority, Reason, StateName, Vrid,
};

use crate::bench::{MILLISECOND, SECOND};
use crate::group_bench::{GROUP, Node};
use StateName::{Active, Backup, Initialize};

#[test]
fn a_group_starts_and_takes_over_as_one() {
    let mut node = Node::new(1, &[150, 100]);
    assert_eq!(node.set_link(0, LinkState::Up), [], "one alone waits in silence");
    assert_eq!(node.states(), [Initialize, Initialize]);
    let actions = node.set_link(1, LinkState::Up);
    assert_eq!(node.words(&actions), ["G Backup", "0 Backup", "1 Backup"], "the group first, as in keepalived");
    // The first would take over after 3.414 s, the other after 3.609 s.
    assert_eq!(node.pass(3_600 * MILLISECOND), []);
    assert_eq!(node.states(), [Backup, Backup]);
    let actions = node.pass(10 * MILLISECOND);
    let words = node.words(&actions);
    assert_eq!(words, ["1 send 100", "0 send 150", "1 install", "1 Active", "0 install", "0 Active", "G Active"]);
}

#[test]
fn one_that_heard_nobody_waits_for_the_others_without_a_timer() {
    let mut node = Node::started(1, &[150, 100]);
    for _ in 0..20 {
        node.pass(SECOND);
        node.hear(1, 2, 120);
        assert_eq!(node.states(), [Backup, Backup]);
    }
    let snapshot = node.engine.snapshot(node.routers[0]).unwrap();
    assert_eq!((snapshot.claim, snapshot.next), (vrrp::Claim::Made, None));
    // A master is heard: it would no longer be Active.
    node.hear(0, 2, 200);
    let snapshot = node.engine.snapshot(node.routers[0]).unwrap();
    assert_eq!((snapshot.claim, snapshot.next.is_some()), (vrrp::Claim::No, true));
    assert_ne!(node.pass(3_610 * MILLISECOND), []);
    assert_eq!(node.states(), [Active, Active]);
}

#[test]
fn a_claim_is_withdrawn_if_a_lower_priority_would_still_wait() {
    let mut node = Node::started(1, &[200, 100]);
    node.pass(3_230 * MILLISECOND);
    let claim = |node: &Node| node.engine.snapshot(node.routers[0]).unwrap().claim;
    assert_eq!(claim(&node), vrrp::Claim::Made);
    node.engine.update(node.now, node.routers[0], node.configs[0].clone().with(|it| it.priority = Priority::new(50)));
    assert_eq!(claim(&node), vrrp::Claim::No);
    node.pass(3_804 * MILLISECOND - 3_230 * MILLISECOND);
    assert_eq!(node.states(), [Backup, Backup]);
    node.pass(MILLISECOND);
    assert_eq!(node.states(), [Active, Active]);
}

#[test]
fn priority_0_heard_by_the_last_that_waited_makes_all_active() {
    let mut node = Node::started(1, &[150, 150]);
    node.pass(3_400 * MILLISECOND);
    node.hear(1, 2, 200);
    node.pass(SECOND);
    assert_eq!(node.states(), [Backup, Backup]);
    node.hear(1, 2, 0);
    node.pass(415 * MILLISECOND);
    assert_eq!(node.states(), [Active, Active]);
    let reasons: Vec<Reason> =
        node.routers.iter().map(|router| node.engine.snapshot(*router).unwrap().reason.unwrap()).collect();
    assert!(matches!(reasons[..], [Reason::MasterSilent { .. }, Reason::MasterLeft { .. }]), "{reasons:?}");
}

#[test]
fn a_superior_advert_for_one_makes_all_backup_and_the_others_say_so() {
    let mut node = Node::active(1, &[150, 150, 150]);
    let actions = node.hear(1, 2, 200);
    assert_eq!(
        node.words(&actions),
        [
            "0 send 0",
            "2 send 0",
            "1 withdraw",
            "1 Backup",
            "0 withdraw",
            "0 Backup",
            "2 withdraw",
            "2 Backup",
            "G Backup"
        ]
    );
    assert_eq!(node.engine.snapshot(node.routers[0]).unwrap().reason, Some(Reason::GroupYielded));
}

#[test]
fn a_fault_of_one_takes_all_out_until_it_is_over() {
    let mut node = Node::active(1, &[150, 150]);
    let actions = node.set_link(0, LinkState::Down);
    assert_eq!(
        node.words(&actions),
        ["0 send 0", "1 send 0", "0 withdraw", "0 Initialize", "1 withdraw", "1 Initialize", "G Initialize"]
    );
    let waits = node.engine.snapshot(node.routers[1]).unwrap().waiting_for;
    assert_eq!(waits, vrrp::Causes::GROUP);
    node.pass(10 * SECOND);
    assert_eq!(node.states(), [Initialize, Initialize]);
    let actions = node.set_link(0, LinkState::Up);
    assert_eq!(node.words(&actions), ["G Backup", "0 Backup", "1 Backup"]);
}

#[test]
fn a_fault_at_the_start_is_said_of_all() {
    let mut node = Node::new(1, &[150, 150]);
    let actions = node.set_link(0, LinkState::Down);
    assert_eq!(node.words(&actions), ["0 waits for [LinkDown]", "G waits for [LinkDown]"]);
    let actions = node.set_link(1, LinkState::Up);
    assert_eq!(node.words(&actions), ["1 waits for [Group]"]);
}

#[test]
fn only_a_group_of_owners_starts_as_active() {
    let mut owners = Node::new(1, &[255, 255]);
    let actions = owners.place_all();
    let words = owners.words(&actions);
    assert_eq!(words, ["0 send 255", "1 send 255", "G Active", "0 install", "0 Active", "1 install", "1 Active"]);
    let mut mixed = Node::started(1, &[255, 100]);
    assert_eq!(mixed.states(), [Backup, Backup]);
    mixed.hear(0, 2, 254);
    mixed.pass(4 * SECOND);
    assert_eq!(mixed.states(), [Active, Active]);
}

#[test]
fn all_leave_by_plan_and_the_group_comes_last() {
    let mut node = Node::active(1, &[150, 150]);
    let actions = node.give(Input::Shutdown { router: None });
    let words = node.words(&actions);
    assert_eq!(
        words,
        ["0 send 0", "1 send 0", "0 withdraw", "0 Initialize", "1 withdraw", "1 Initialize", "G Initialize"]
    );
    let Some(Action::Event(Event { kind: EventKind::Transition(last), .. })) = actions.last() else { panic!() };
    assert_eq!((last.reason, last.priority), (Reason::Shutdown, Priority::RELEASE));
}

#[test]
fn one_that_is_stopped_or_removed_does_not_concern_the_others() {
    let mut node = Node::active(1, &[150, 150, 150]);
    node.give(Input::Shutdown { router: Some(node.routers[0]) });
    assert_eq!(node.states(), [Initialize, Active, Active]);
    let actions = node.give(Input::Resume { router: node.routers[0] });
    assert_eq!(node.words(&actions), ["0 send 150", "0 install", "0 Active"], "it joins a group that is Active");
    node.engine.remove(node.routers[2]);
    node.pass(2 * SECOND);
    assert_eq!((node.state(0), node.state(1)), (Active, Active));
    assert_eq!(node.engine.group(GROUP).unwrap().members, node.routers[..2]);
}

#[test]
fn one_that_joins_an_active_group_becomes_active_once_it_can() {
    let mut node = Node::active(1, &[150, 150, 150]);
    let newcomer = RouterConfig { vrid: Vrid::new(9).unwrap(), ..node.configs[0].clone() };
    let id = node.engine.add(node.now, newcomer.clone());
    node.configs.push(newcomer);
    node.routers.push(id);
    node.engine.set_groups(node.now, vec![GroupConfig { id: GROUP, members: node.routers.clone() }]);
    assert_eq!(node.drain(), [], "the others see nothing");
    assert_eq!(node.states(), [Active, Active, Active, Initialize]);
    let actions = node.set_link(3, LinkState::Up);
    assert_eq!(node.words(&actions), ["3 send 150", "3 install", "3 Active"]);
}

#[test]
fn one_that_can_start_joins_the_others_whatever_another_newcomer_still_waits_for() {
    for state in [Active, Backup] {
        let mut node = if state == Active { Node::active(1, &[150, 150]) } else { Node::started(1, &[150, 150]) };
        for vrid in [8, 9] {
            let newcomer = RouterConfig { vrid: Vrid::new(vrid).unwrap(), ..node.configs[0].clone() };
            node.routers.push(node.engine.add(node.now, newcomer.clone()));
            node.configs.push(newcomer);
        }
        node.engine.set_groups(node.now, vec![GroupConfig { id: GROUP, members: node.routers.clone() }]);
        node.set_link(2, LinkState::Up);
        assert_eq!(node.states(), [state, state, state, Initialize]);
        node.set_link(3, LinkState::Up);
        assert_eq!(node.states(), [state; 4]);
    }
}

#[test]
fn routers_that_form_a_group_with_different_states_become_backup() {
    let mut node = Node::active(1, &[150, 150]);
    node.engine.set_groups(node.now, Vec::new());
    assert_eq!(node.drain(), [], "a group that goes changes nothing");
    node.hear(1, 2, 200);
    assert_eq!(node.states(), [Active, Backup]);
    node.engine.set_groups(node.now, vec![GroupConfig { id: GroupId(2), members: node.routers.clone() }]);
    let actions = node.drain();
    assert_eq!(node.words(&actions), ["0 send 0", "0 withdraw", "0 Backup", "G Backup"]);
}

#[test]
fn one_that_leaves_its_group_no_longer_waits_for_it() {
    let mut node = Node::started(1, &[150, 150]);
    node.pass(SECOND);
    node.hear(1, 2, 200);
    node.pass(3 * SECOND);
    assert_eq!(node.states(), [Backup, Backup]);
    node.engine.set_groups(node.now, Vec::new());
    node.pass(Duration::ZERO);
    assert_eq!(node.states(), [Active, Backup]);
}

#[test]
fn one_without_preemption_keeps_the_group_from_displacing_a_master() {
    let never = |config: RouterConfig| {
        let preempt = if config.vrid.value() == 5 { Preempt::Never } else { Preempt::Always };
        config.with(|it| it.preempt = preempt)
    };
    let mut node = Node::with(1, &[200, 200], never);
    node.place_all();
    for _ in 0..10 {
        node.pass(SECOND);
        node.hear(0, 2, 100);
        node.hear(1, 2, 100);
        assert_eq!(node.states(), [Backup, Backup]);
    }
}

#[test]
fn a_stall_of_one_makes_all_listen() {
    let mut node = Node::active(1, &[150, 150]);
    node.now = node.now + 10 * SECOND;
    let actions = node.give(Input::Wake { heard_until: node.now });
    assert_eq!(node.words(&actions), ["0 withdraw", "0 Backup", "1 withdraw", "1 Backup", "G Backup"]);
}

#[test]
fn after_a_stall_one_that_was_stopped_and_resumed_meanwhile_listens_with_the_others() {
    let mut node = Node::active(1, &[150, 150]);
    node.now = node.now + 10 * SECOND;
    let mut actions = node.give(Input::Shutdown { router: Some(node.routers[0]) });
    actions.extend(node.give(Input::Resume { router: node.routers[0] }));
    let words = node.words(&actions);
    assert!(words.iter().all(|word| !word.contains("send")), "{words:?}");
    assert_eq!(node.states(), [Backup, Backup]);
}

/// Whatever order links go and come in, in the end it is as if the group started now (G18: ka#2685).
#[test]
fn links_may_go_and_come_in_any_order() {
    let mut dice = 1_u64;
    for round in 0..200 {
        let mut node = Node::active(1, &[150, 100, 150]);
        let mut links = [LinkState::Up; 3];
        for _ in 0..8 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (place, link) = ((dice >> 40) % 3, if dice >> 63 == 0 { LinkState::Up } else { LinkState::Down });
            let place = usize::try_from(place).unwrap();
            links[place] = link;
            node.set_link(place, link);
            node.pass(Duration::from_millis((dice >> 48) % 700));
        }
        let able = links.iter().all(|link| *link == LinkState::Up);
        node.pass(4 * SECOND);
        let expected = if able { Active } else { Initialize };
        assert_eq!(node.states(), [expected; 3], "round {round}: {links:?}");
        assert_eq!(node.engine.group(GROUP).unwrap().state, expected, "round {round}");
    }
}

#[test]
fn the_last_change_of_each_router_is_reported_in_the_end() {
    // 0.1 s between adverts; each time the group takes over it is displaced in its second router, and the first one, whose
    // down timer has run out, waits for it without a timer.
    let interval = Interval::from_centis(10).unwrap();
    let mut node = Node::with(1, &[200, 200], |config| config.with(|it| it.interval = interval));
    let mut told: Vec<Action> = node.place_all();
    for _ in 0..30 {
        told.extend(node.pass(340 * MILLISECOND));
        told.extend(node.hear(1, 2, 201));
    }
    for _ in 0..1000 {
        told.extend(node.pass(100 * MILLISECOND));
        told.extend(node.hear(1, 2, 201));
    }
    assert_eq!(node.states(), [Backup, Backup]);
    let words = node.words(&told);
    for who in ["0", "1", "G"] {
        let is_state = |word: &&String| [format!("{who} Active"), format!("{who} Backup")].contains(word);
        assert_eq!(words.iter().rfind(is_state), Some(&format!("{who} Backup")));
    }
}
