//! `vrrp_startup_delay`, `vrrp_delay_after_boot`: routers that wait at the start of the daemon.

use std::time::Duration;

use vrrp::config::{Effect, EffectKind, RouterConfig, Tracking};
use vrrp::{Causes, Input, Instant, LinkState, Parent, Priority, Reading, StateName, TrackerId, Why};

use crate::bench::{Bench, HIGHER, SECOND, config, events, parent, words};
use crate::group_bench::Node;

const DELAY: Duration = Duration::from_secs(5);

/// A router that has everything but the time.
fn held(config: RouterConfig) -> Bench {
    let mut bench = Bench::new(config);
    let until = bench.now + DELAY;
    bench.give(Input::StartupDelay { until });
    let actions = bench.set_parent(parent());
    assert_eq!((words(&actions), events(&actions)), (vec![], vec![]), "in silence");
    bench
}

fn delay(bench: &mut Bench, until: Instant) -> Vec<String> {
    words(&bench.give(Input::StartupDelay { until }))
}

#[test]
fn what_a_router_becomes_once_the_delay_is_over() {
    for (priority, sent, after) in
        [(150, vec![], StateName::Backup), (255, vec!["send 255", "install"], StateName::Active)]
    {
        let mut bench = held(config().with(|it| it.priority = Priority::new(priority)));
        let snapshot = bench.snapshot();
        assert_eq!((snapshot.state, snapshot.waiting_for), (StateName::Initialize, Causes::STARTUP_DELAY));
        let deadline = bench.engine.poll_timeout().unwrap();
        assert_eq!((deadline.why, bench.left()), (Why::Start, DELAY));
        bench.hear(HIGHER, 200);
        assert_eq!(bench.pass(DELAY - Duration::from_nanos(1)), []);
        assert_eq!(words(&bench.pass(Duration::from_nanos(1))), sent);
        assert_eq!((bench.state(), bench.snapshot().master), (after, None), "{priority}");
    }
}

#[test]
fn another_delay_counts_at_once_for_those_that_wait() {
    // A reload: the end earlier, later, or past.
    for (from_now, left) in [(2, 2), (9, 9)] {
        let mut bench = held(config());
        bench.pass(SECOND);
        let until = bench.now + from_now * SECOND;
        delay(&mut bench, until);
        assert_eq!((bench.state(), bench.left()), (StateName::Initialize, left * SECOND));
        bench.pass(left * SECOND);
        assert_eq!(bench.state(), StateName::Backup);
    }
    let mut bench = held(config());
    let now = bench.now;
    delay(&mut bench, now);
    assert_eq!(bench.state(), StateName::Backup, "no delay any more");
}

#[test]
fn one_that_runs_goes_on_and_one_that_comes_back_waits() {
    let mut bench = Bench::active(config());
    let until = bench.now + DELAY;
    assert_eq!(delay(&mut bench, until), [""; 0]);
    assert_eq!(bench.state(), StateName::Active);
    bench.set_parent(Parent { link: LinkState::Down, ..parent() });
    bench.set_parent(parent());
    assert_eq!(bench.snapshot().waiting_for, Causes::STARTUP_DELAY);
    bench.pass(DELAY);
    assert_eq!(bench.state(), StateName::Backup);
}

#[test]
fn what_is_missing_when_the_delay_is_over_is_waited_for() {
    let tracker = TrackerId(1);
    let tracking = vec![Tracking { tracker, effect: Effect::plain(EffectKind::Fault) }];
    let mut bench = held(RouterConfig { tracking, ..config() });
    bench.give(Input::Reading { tracker, reading: Reading::Down });
    bench.pass(DELAY);
    assert_eq!(bench.snapshot().waiting_for, Causes::TRACKER);
    assert_eq!(bench.engine.poll_timeout(), None);
    bench.give(Input::Reading { tracker, reading: Reading::Up });
    assert_eq!(bench.state(), StateName::Backup);
}

#[test]
fn a_router_that_is_added_meanwhile_waits_as_well() {
    let mut bench = held(config());
    let other = bench.engine.add(bench.now, RouterConfig { vrid: vrrp::Vrid::new(6).unwrap(), ..config() });
    bench.give(Input::Parent { router: other, parent: parent() });
    assert_eq!(bench.engine.snapshot(other).unwrap().waiting_for, Causes::STARTUP_DELAY);
    bench.pass(DELAY);
    let late = bench.engine.add(bench.now, RouterConfig { vrid: vrrp::Vrid::new(7).unwrap(), ..config() });
    bench.give(Input::Parent { router: late, parent: parent() });
    for router in [bench.router, other, late] {
        assert_eq!(bench.engine.snapshot(router).unwrap().state, StateName::Backup);
    }
}

#[test]
fn a_group_starts_as_one_when_the_delay_is_over() {
    let mut node = Node::new(50, &[255, 255]);
    let until = node.now + DELAY;
    node.give(Input::StartupDelay { until });
    node.place_all();
    assert_eq!(node.pass(DELAY - Duration::from_nanos(1)), []);
    let actions = node.pass(Duration::from_nanos(1));
    assert_eq!(node.states(), [StateName::Active; 2], "{:?}", node.words(&actions));
}
