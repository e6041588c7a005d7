//! What a router needs, what happens when it is lost, and when it returns (`docs/vrrp-rules.md` §8.3).

use vrrp::config::PrimaryTracking;
use vrrp::{
    Action, Causes, EventKind, HostState, IfIndex, Input, LinkState, Parent, Priority, Reason, StateName, Subject,
    Transition, WallTime,
};

use crate::bench::{Bench, LOWER, OURS, SECOND, config, events, host, parent, words};

const GONE: Parent = Parent { ifindex: None, link: LinkState::Down, source: None };

fn link_down() -> Parent {
    Parent { link: LinkState::Down, ..parent() }
}

fn no_source() -> Parent {
    Parent { source: None, ..parent() }
}

#[test]
fn a_new_router_waits_for_its_parent() {
    let mut bench = Bench::new(config());
    assert_eq!((bench.state(), bench.snapshot().waiting_for), (StateName::Initialize, Causes::NO_INTERFACE));
    assert_eq!((bench.snapshot().reason, bench.engine.poll_timeout()), (None, None));
    for (parent, causes) in [
        (link_down(), Causes::LINK_DOWN),
        (no_source(), Causes::NO_SOURCE),
        (Parent { link: LinkState::Down, ..no_source() }, Causes::LINK_DOWN.with(Causes::NO_SOURCE)),
        (GONE, Causes::NO_INTERFACE),
        (Parent { source: Some("fe80::1".parse().unwrap()), ..parent() }, Causes::NO_SOURCE),
    ] {
        let actions = bench.set_parent(parent);
        // What it lacks is told once, with the first word about its parent.
        let told = if causes == Causes::LINK_DOWN { 1 } else { 0 };
        assert_eq!((events(&actions).len(), actions.len()), (told, told));
        assert_eq!(bench.snapshot().waiting_for, causes);
    }
    let actions = bench.set_parent(parent());
    assert_eq!((bench.state(), words(&actions).len()), (StateName::Backup, 0));
    assert_eq!((bench.reason(), bench.left()), (Reason::Ready, bench.snapshot().down_interval));
}

#[test]
fn an_active_that_loses_something_leaves_with_priority_zero_if_it_can() {
    for (parent, waiting_for, done) in [
        (link_down(), Causes::LINK_DOWN, &["send 0", "withdraw"][..]),
        (no_source(), Causes::NO_SOURCE, &["send 0", "withdraw"]),
        (GONE, Causes::NO_INTERFACE, &["withdraw"]),
    ] {
        let mut bench = Bench::active(config());
        bench.pass(10 * SECOND);
        let actions = bench.set_parent(parent);
        assert_eq!(words(&actions), done, "{waiting_for:?}");
        assert_eq!((bench.state(), bench.snapshot().waiting_for), (StateName::Initialize, waiting_for));
        let reason = Reason::Lost { waiting_for };
        let (from, to, priority) = (StateName::Active, StateName::Initialize, bench.snapshot().priority);
        let transition = Transition { from, to, reason, priority, after: 10 * SECOND, unreported: 0 };
        assert_eq!(events(&actions), [EventKind::Transition(transition)]);
        assert_eq!(bench.engine.poll_timeout(), None);
    }
}

#[test]
fn a_backup_that_loses_something_leaves_in_silence() {
    let mut bench = Bench::started(config());
    assert_eq!(words(&bench.set_parent(link_down())), [""; 0]);
    assert_eq!(bench.state(), StateName::Initialize);
}

#[test]
fn what_returns_starts_as_backup() {
    let mut bench = Bench::active(config());
    bench.set_parent(GONE);
    assert_eq!(words(&bench.set_parent(parent())), [""; 0]);
    assert_eq!((bench.state(), bench.left()), (StateName::Backup, bench.snapshot().down_interval));
    assert_eq!(bench.snapshot().master, None);
}

#[test]
fn an_ignored_link_may_be_down() {
    // `dont_track_primary`.
    let mut bench = Bench::active(config().with(|it| it.primary = PrimaryTracking::Ignored));
    assert_eq!(bench.set_parent(link_down()), []);
    assert_eq!(bench.state(), StateName::Active);
    bench.set_parent(GONE);
    assert_eq!(bench.state(), StateName::Initialize, "but not missing");
}

#[test]
fn another_source_is_used_at_once() {
    // §8.3: while Active and the primary changes: send at once with the new source.
    let mut bench = Bench::active(config());
    let actions = bench.set_parent(Parent { source: Some(host(51)), ..parent() });
    assert_eq!(words(&actions), ["send 150"]);
    assert_eq!(bench.snapshot().source, Some(host(51)));
    assert_eq!(bench.set_parent(Parent { source: Some(host(51)), ..parent() }), []);
}

#[test]
fn another_interface_is_another_start() {
    let mut bench = Bench::active(config());
    let other = Parent { ifindex: IfIndex::new(3), ..parent() };
    assert_eq!(words(&bench.set_parent(other)), ["withdraw"]);
    assert_eq!(bench.state(), StateName::Backup);
    bench.hear(LOWER, 200);
    assert_eq!(bench.snapshot().counters.received, 0, "nothing of the old interface is ours any more");
}

#[test]
fn a_planned_stop_and_its_end() {
    // V3-ST-09, V3-ST-04.
    let mut bench = Bench::active(config());
    let router = bench.router;
    assert_eq!(words(&bench.give(Input::Shutdown { router: Some(router) })), ["send 0", "withdraw"]);
    assert_eq!((bench.reason(), bench.snapshot().waiting_for), (Reason::Shutdown, Causes::SHUTDOWN));
    assert_eq!(bench.give(Input::Shutdown { router: Some(router) }), []);
    assert_eq!(bench.set_parent(parent()), [], "there is no way back but Resume");
    bench.give(Input::Resume { router });
    assert_eq!((bench.state(), bench.reason()), (StateName::Backup, Reason::Ready));
    assert_eq!(words(&bench.give(Input::Shutdown { router: None })), [""; 0]);
    assert_eq!(bench.state(), StateName::Initialize);
}

#[test]
fn a_planned_stop_is_told_by_a_router_that_waits_too() {
    let mut bench = Bench::new(config());
    bench.set_parent(link_down());
    let actions = bench.give(Input::Shutdown { router: None });
    assert_eq!((events(&actions).len(), bench.reason()), (1, Reason::Shutdown));
}

#[test]
fn a_master_that_cannot_hold_its_addresses_makes_way_until_it_can() {
    let mut bench = Bench::active(config());
    let router = bench.router;
    let actions = bench.give(Input::HostState { router, state: HostState::Failed });
    assert_eq!(words(&actions), ["send 0", "withdraw"]);
    assert_eq!((bench.state(), bench.snapshot().waiting_for), (StateName::Initialize, Causes::HOST_FAILED));
    bench.give(Input::HostState { router, state: HostState::Ready });
    assert_eq!((bench.state(), bench.reason()), (StateName::Backup, Reason::Ready));
}

#[test]
fn a_removed_router_is_forgotten() {
    let mut bench = Bench::active(config());
    let router = bench.router;
    bench.engine.remove(router);
    assert_eq!((bench.engine.snapshot(router), bench.engine.poll_timeout()), (None, None));
    assert_eq!(bench.hear(LOWER, 100), []);
    assert_eq!(bench.engine.no_such_router().of(vrrp::Discard::UnknownVrid), 1);
    assert_eq!(bench.set_parent(parent()), [], "a late input of a removed router is harmless");
}

#[test]
fn a_master_whose_address_goes_says_so_from_that_address() {
    let mut bench = Bench::active(config());
    let actions = bench.set_parent(no_source());
    let Action::Transmit(transmit) = &actions[0] else { panic!("{actions:?}") };
    assert_eq!((transmit.priority, transmit.stamp.source), (Priority::RELEASE, host(OURS)));
    assert_eq!(bench.message(&actions[0]).0, Priority::RELEASE);
    // The last address is the one that counts.
    let mut bench = Bench::active(config());
    bench.set_parent(Parent { source: Some(host(51)), ..parent() });
    let actions = bench.set_parent(no_source());
    let Action::Transmit(transmit) = &actions[0] else { panic!("{actions:?}") };
    assert_eq!(transmit.stamp.source, host(51));
}

#[test]
fn a_waiting_router_reports_no_change_of_state() {
    let mut bench = Bench::new(config());
    let waiting = EventKind::WaitingFor { causes: Causes::LINK_DOWN, priority: Priority::new(150) };
    assert_eq!(events(&bench.set_parent(link_down())), [waiting]);
    assert_eq!(bench.reason(), Reason::Lost { waiting_for: Causes::LINK_DOWN });
    let causes = Causes::LINK_DOWN.with(Causes::SHUTDOWN);
    let stopped = EventKind::WaitingFor { causes, priority: Priority::new(150) };
    assert_eq!(events(&bench.give(Input::Shutdown { router: None })), [stopped]);
    // After it has run, what else it lacks meanwhile is shown, not reported.
    let mut bench = Bench::active(config());
    bench.set_parent(GONE);
    assert_eq!(bench.set_parent(link_down()), []);
    assert_eq!(bench.snapshot().waiting_for, Causes::LINK_DOWN);
}

#[test]
fn events_bear_the_time_of_day_once_that_is_known() {
    let event = |actions: &[Action]| match actions.last() {
        Some(Action::Event(event)) => *event,
        _ => panic!("{actions:?}"),
    };
    let mut bench = Bench::started(config());
    let first = event(&bench.set_parent(link_down()));
    assert_eq!((first.subject, first.at, first.wall), (Subject::Router(bench.router), bench.now, None));
    bench.give(Input::WallClock(WallTime::from_nanos(5_000_000_000)));
    bench.pass(SECOND);
    assert_eq!(event(&bench.set_parent(parent())).wall, Some(WallTime::from_nanos(6_000_000_000)));
    bench.give(Input::WallClock(WallTime::from_nanos(1_000))); // it was set
    assert_eq!(event(&bench.set_parent(link_down())).wall, Some(WallTime::from_nanos(1_000)));
}
