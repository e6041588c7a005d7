//! Make before break: a master that leaves by plan keeps its addresses until it hears its successor.

use std::time::Duration;

use vrrp::config::{Parameters, RouterConfig, Switches};
use vrrp::{Input, Interval, Leavers, LinkState, Priority, Reading, Reason, StateName, Version, Why};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, SECOND, config, words};
use crate::group_bench::Node;
use crate::table::{Cell, Event, FAULT, LEAVE, TABLE, happen, router_in, sleep_past_deadline};
use StateName::{Active, Backup, Initialize};

/// A router that keeps its addresses for as long as the slowest backup needs.
fn lingering(config: RouterConfig) -> RouterConfig {
    config.with(|it| it.switches.linger = 10 * SECOND)
}

#[test]
fn it_lingers_when_it_is_stopped_or_by_a_tracked_object_and_not_otherwise() {
    for (event, [.., cell]) in TABLE {
        let mut bench = router_in(Active, lingering);
        let done = words(&happen(&mut bench, *event));
        let leaves_by_plan = matches!(event, Event::TrackerDown | Event::Shutdown);
        let expected = if leaves_by_plan { (LEAVE.0, &["send 0", "keep"][..]) } else { *cell };
        assert_eq!(bench.state(), expected.0, "{event:?}");
        assert_eq!(done, *expected.1, "{event:?}");
        assert_eq!(bench.snapshot().leaving_until.is_some(), leaves_by_plan, "{event:?}");
    }
}

/// How a router came to keep its addresses, and in which state it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// By a tracked object: in Initialize.
    Fault,
    /// By plan: in Initialize.
    Stop,
    /// By a tracked object that is up again: in Backup.
    Briefly,
}

const KEEPS: &[&str] = &[];
const GIVES: &[&str] = &["withdraw"];

const WAITS: Cell = (Initialize, KEEPS);
const HEARS: Cell = (Backup, KEEPS);
const ENDS: Cell = (Initialize, GIVES);
const YIELDS: Cell = (Backup, GIVES);

/// A fault, a stop, and a fault that is over.
const WHILE_LEAVING: &[(Event, [Cell; 3])] = &[
    (Event::ParentReady, [WAITS, WAITS, HEARS]),
    (Event::LinkDown, [ENDS, ENDS, ENDS]),
    (Event::SourceGone, [ENDS, ENDS, ENDS]),
    (Event::SourceChanged, [WAITS, WAITS, HEARS]),
    (Event::InterfaceGone, [ENDS, ENDS, ENDS]),
    (Event::InterfaceReplaced, [ENDS, ENDS, YIELDS]),
    (Event::TrackerDown, [WAITS, WAITS, WAITS]),
    (Event::TrackerUp, [HEARS, WAITS, HEARS]),
    (Event::TrackerUnknown, [WAITS, WAITS, HEARS]),
    (Event::WeightDown, [WAITS, WAITS, HEARS]),
    (Event::HostFailed, [ENDS, ENDS, ENDS]),
    (Event::HostReady, [WAITS, WAITS, HEARS]),
    (Event::Shutdown, [WAITS, WAITS, WAITS]),
    (Event::Resume, [WAITS, HEARS, HEARS]),
    (Event::TimerExpires, [ENDS, ENDS, YIELDS]),
    (Event::TimerRuns, [WAITS, WAITS, HEARS]),
    (Event::TimerExpiresUnread, [ENDS, ENDS, YIELDS]),
    (Event::AdvertRelease, [WAITS, WAITS, HEARS]),
    (Event::AdvertInferior, [ENDS, ENDS, YIELDS]),
    (Event::AdvertSuperior, [ENDS, ENDS, YIELDS]),
    (Event::AdvertBroken, [WAITS, WAITS, HEARS]),
    (Event::SendFailed, [WAITS, WAITS, HEARS]),
    (Event::WallClock, [WAITS, WAITS, HEARS]),
    (Event::SameConfig, [WAITS, WAITS, HEARS]),
    (Event::OtherPriority, [WAITS, WAITS, HEARS]),
    (Event::OtherInterval, [WAITS, WAITS, HEARS]),
    (Event::AddressAdded, [WAITS, WAITS, HEARS]),
    (Event::NoAddresses, [ENDS, ENDS, ENDS]),
];

fn leaving(left: Left) -> Bench {
    let mut bench = router_in(Active, lingering);
    match left {
        Left::Fault | Left::Briefly => drop(happen(&mut bench, Event::TrackerDown)),
        Left::Stop => drop(happen(&mut bench, Event::Shutdown)),
    }
    bench.pass(300 * MILLISECOND);
    if left == Left::Briefly {
        assert_eq!(words(&happen(&mut bench, Event::TrackerUp)), [""; 0]);
    }
    bench
}

#[test]
fn every_cell_holds() {
    for (event, cells) in WHILE_LEAVING {
        for (left, (state, done)) in [Left::Fault, Left::Stop, Left::Briefly].into_iter().zip(cells) {
            let mut bench = leaving(left);
            let until = bench.snapshot().leaving_until;
            assert_eq!(words(&happen(&mut bench, *event)), *done, "{event:?} after {left:?}");
            assert_eq!(bench.state(), *state, "{event:?} after {left:?}");
            let expected = until.filter(|_| done.is_empty());
            assert_eq!(bench.snapshot().leaving_until, expected, "{event:?} after {left:?}: no later than it was");
        }
    }
}

#[test]
fn it_keeps_them_for_the_skew_time_of_the_slowest_backup_or_as_configured() {
    for (version, centis, linger, expected) in [
        (Version::V3, 100, 10_000, 1_000),
        (Version::V3, 10, 10_000, 100),
        (Version::V3, 1_000, 3_000, 3_000),
        (Version::V3, 100, 250, 250),
        // The skew time of version 2 counts in seconds, whatever the interval.
        (Version::V2, 1_000, 3_000, 1_000),
    ] {
        let switches = Switches { linger: Duration::from_millis(linger), ..Switches::default() };
        let interval = Interval::from_centis(centis).unwrap();
        let mut bench = Bench::active(config().with(|it| *it = Parameters { version, interval, switches, ..*it }));
        let router = bench.router;
        let expected = Duration::from_millis(expected);
        let told = bench.engine.outline(router).unwrap().linger;
        assert_eq!(told, expected, "that of whoever speaks for it once it cannot");
        assert_eq!(words(&bench.give(Input::Shutdown { router: Some(router) })), ["send 0", "keep"]);
        let deadline = bench.engine.poll_timeout().unwrap();
        assert_eq!((deadline.why, deadline.at.since(bench.now)), (Why::LetGo, expected), "{version:?} {centis}");
        assert_eq!(words(&bench.pass(expected - MILLISECOND)), [""; 0]);
        assert_eq!(words(&bench.pass(MILLISECOND)), ["withdraw"]);
        assert_eq!(bench.engine.poll_timeout(), None);
    }
}

#[test]
fn an_owner_that_is_back_before_that_never_gave_them_up() {
    let mut bench = Bench::active(lingering(config().with(|it| it.priority = Priority::OWNER)));
    let router = bench.router;
    bench.give(Input::Shutdown { router: Some(router) });
    let actions = bench.give(Input::Resume { router });
    assert_eq!((words(&actions), bench.state()), (vec!["send 255".to_owned(), "install".to_owned()], Active));
    assert_eq!(bench.snapshot().leaving_until, None);
    assert_eq!(words(&bench.pass(900 * MILLISECOND)), [""; 0], "what it meant to do is forgotten");
}

#[test]
fn a_late_wake_up_does_not_take_over_before_everything_is_read() {
    let mut bench = leaving(Left::Briefly);
    let down = bench.snapshot().down_interval;
    sleep_past_deadline(&mut bench, down);
    let heard_until = bench.now - 2 * SECOND;
    assert_eq!(words(&bench.give(Input::Wake { heard_until })), ["withdraw"]);
    assert_eq!(bench.state(), Backup);
}

#[test]
fn one_that_is_removed_is_forgotten_once_it_has_withdrawn() {
    for ends_by_hearing in [true, false] {
        let mut bench = leaving(Left::Stop);
        let router = bench.router;
        bench.engine.remove(router);
        assert!(bench.engine.has(router) && bench.engine.is_any_leaving());
        let actions = if ends_by_hearing { bench.hear(LOWER, 50) } else { bench.pass(SECOND) };
        assert_eq!(words(&actions), ["withdraw"]);
        assert!(!bench.engine.has(router));
        assert_eq!((bench.engine.poll_timeout(), bench.engine.is_any_leaving()), (None, false));
    }
}

#[test]
fn they_let_go_when_they_are_told() {
    let mut bench = leaving(Left::Stop);
    assert_eq!(bench.give(Input::LetGo(Leavers::Removed)), []);
    let router = bench.router;
    bench.engine.remove(router);
    assert_eq!(words(&bench.give(Input::LetGo(Leavers::Removed))), ["withdraw"]);
    assert!(!bench.engine.has(router));
    let mut bench = leaving(Left::Fault);
    assert!(bench.engine.is_any_leaving());
    assert_eq!(words(&bench.give(Input::LetGo(Leavers::All))), ["withdraw"]);
    assert_eq!(bench.give(Input::LetGo(Leavers::All)), []);
    assert!(!bench.engine.is_any_leaving());
}

#[test]
fn an_owner_that_ignores_adverts_hears_its_successor() {
    let hearing = vrrp::config::Hearing::UnlessOwner;
    let owner = lingering(config()).with(|it| it.priority = Priority::OWNER);
    let switches = Switches { hearing, ..owner.parameters.switches };
    let mut bench = Bench::active(owner.with(|it| it.switches = switches));
    assert_eq!(words(&bench.hear(HIGHER, 255)), [""; 0]);
    let router = bench.router;
    bench.give(Input::Shutdown { router: Some(router) });
    assert_eq!(words(&bench.hear(LOWER, 100)), ["withdraw"]);
}

#[test]
fn of_a_group_each_keeps_what_it_can() {
    let mut node = Node::with(50, &[100, 100], lingering);
    node.place_all();
    node.pass(4 * SECOND);
    let words = |node: &Node, actions: &[vrrp::Action]| {
        let mut words = node.words(actions);
        words.retain(|word| word.contains("keep") || word.contains("withdraw"));
        words
    };
    // One lost its link: the other still reaches its clients.
    let actions = node.set_link(0, LinkState::Down);
    assert_eq!(words(&node, &actions), ["0 withdraw", "1 keep"]);
    assert_eq!(node.states(), [Initialize, Initialize]);
    node.set_link(0, LinkState::Up);
    node.pass(6 * SECOND);
    assert_eq!(node.states(), [Active, Active]);
    // One yields: nobody is known to have the other.
    let actions = node.hear(0, 90, 200);
    assert_eq!(words(&node, &actions), ["0 withdraw", "1 keep"]);
    let yielded = node.engine.snapshot(node.routers[1]).unwrap();
    assert_eq!((yielded.state, yielded.reason), (Backup, Some(Reason::GroupYielded)));
    let actions = node.hear(1, 90, 200);
    assert_eq!(words(&node, &actions), ["1 withdraw"]);
}

#[test]
fn a_reading_that_comes_while_it_leaves_moves_nothing() {
    let mut bench = leaving(Left::Fault);
    for reading in [Reading::Down, Reading::Unknown, Reading::Level(7)] {
        assert_eq!(words(&bench.give(Input::Reading { tracker: FAULT, reading })), [""; 0]);
    }
    assert_eq!(words(&bench.pass(SECOND)), ["withdraw"]);
}
