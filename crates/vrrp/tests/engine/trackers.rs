//! Tracked objects: weights and faults.

use std::time::Duration;

use vrrp::config::{Effect, EffectKind, RouterConfig, Tracking};
use vrrp::snapshot::{Outcome, Tracked};
use vrrp::{Causes, EventKind, Input, Priority, Reading, Reason, StateName, TrackerId};

use crate::bench::{Bench, HIGHER, SECOND, config, events, words};

fn tracking(effects: &[Effect]) -> RouterConfig {
    let tracking = (0..).zip(effects).map(|(id, effect)| Tracking { tracker: TrackerId(id), effect: *effect });
    RouterConfig { tracking: tracking.collect(), ..config() }
}

fn say(bench: &mut Bench, tracker: u32, reading: Reading) -> Vec<vrrp::Action> {
    bench.give(Input::Reading { tracker: TrackerId(tracker), reading })
}

#[test]
fn weights_add_up() {
    let weight = |weight| Effect::plain(EffectKind::Weight(weight));
    let reverse = |weight| Effect::reverse(EffectKind::Weight(weight));
    // effect, priority while up, priority while down; base 150
    for (effect, up, down) in [
        (weight(20), 170, 150),
        (weight(-20), 150, 130),
        (reverse(20), 130, 150),
        (reverse(-20), 150, 170),
        (weight(253), 254, 150),
        (weight(-253), 150, 1),
    ] {
        let mut bench = Bench::started(tracking(&[effect]));
        assert_eq!(bench.snapshot().priority.value(), up, "{effect:?}: up");
        say(&mut bench, 0, Reading::Down);
        assert_eq!(bench.snapshot().priority.value(), down, "{effect:?}");
        say(&mut bench, 0, Reading::Up);
        assert_eq!(bench.snapshot().priority.value(), up, "{effect:?}");
    }
    let mut bench = Bench::started(tracking(&[weight(20), weight(-50), weight(3)]));
    say(&mut bench, 1, Reading::Down);
    say(&mut bench, 2, Reading::Down);
    assert_eq!(bench.snapshot().priority.value(), 120);
    assert_eq!(bench.snapshot().base_priority.value(), 150);
    // Bounds hold for the sum, not for each step to it.
    let mut bench = Bench::started(tracking(&[weight(253), weight(253), weight(-253), weight(-253)]));
    assert_eq!(bench.snapshot().priority.value(), 254);
    say(&mut bench, 2, Reading::Down);
    say(&mut bench, 3, Reading::Down);
    assert_eq!(bench.snapshot().priority.value(), 150);
}

#[test]
fn the_priority_of_an_owner_does_not_move() {
    // V3-OW-05. A tracker without weight stops it all the same.
    let effects = [Effect::plain(EffectKind::Weight(-50)), Effect::plain(EffectKind::Fault)];
    let mut bench = Bench::started(tracking(&effects).with(|it| it.priority = Priority::OWNER));
    say(&mut bench, 0, Reading::Down);
    assert_eq!((bench.snapshot().priority, bench.state()), (Priority::OWNER, StateName::Active));
    say(&mut bench, 1, Reading::Down);
    assert_eq!(bench.snapshot().waiting_for, Causes::TRACKER);
}

#[test]
fn a_backup_that_changes_priority_waits_accordingly() {
    // V3-TM-07, V3-TM-12.
    let mut bench = Bench::started(tracking(&[Effect::plain(EffectKind::Weight(-50))]));
    bench.pass(SECOND);
    let actions = say(&mut bench, 0, Reading::Down);
    let changed = EventKind::PriorityChanged { from: Priority::new(150), to: Priority::new(100) };
    assert_eq!((words(&actions).len(), events(&actions)), (0, vec![changed]));
    assert_eq!(bench.left(), Duration::from_micros(2_609_375));
    bench.hear(HIGHER, 120);
    assert_eq!(bench.left(), Duration::from_micros(3_609_375), "120 is better than 100");
}

#[test]
fn a_timer_that_became_shorter_expires_now_not_in_the_past() {
    // At 3.5 s of 3.609 s the priority rises to 250: 3.023 s would have been the time.
    let config = tracking(&[Effect::reverse(EffectKind::Weight(-150))]).with(|it| it.priority = Priority::new(100));
    let mut bench = Bench::new(config);
    say(&mut bench, 0, Reading::Up);
    bench.set_parent(crate::bench::parent());
    assert_eq!(bench.snapshot().priority.value(), 100);
    bench.pass(Duration::from_millis(3_500));
    say(&mut bench, 0, Reading::Down);
    assert_eq!(bench.left(), Duration::ZERO);
    bench.pass(Duration::ZERO);
    assert!(matches!(bench.reason(), Reason::MasterSilent { .. }));
}

#[test]
fn an_active_that_changes_priority_says_so_at_once() {
    // §8.3: send at once so that backups see it; the grid stays.
    let mut bench = Bench::active(tracking(&[Effect::plain(EffectKind::Weight(-50))]));
    bench.pass(Duration::from_millis(2_300));
    let actions = say(&mut bench, 0, Reading::Down);
    assert_eq!(words(&actions), ["send 100"]);
    assert_eq!(bench.left(), Duration::from_millis(700));
    assert_eq!(say(&mut bench, 0, Reading::Down), [], "nothing new");
}

#[test]
fn a_tracker_that_never_rests_makes_no_flood() {
    let mut bench = Bench::active(tracking(&[Effect::plain(EffectKind::Weight(-50))]));
    let mut sent = 0;
    for number in 0..10_000 {
        let reading = if number % 2 == 0 { Reading::Down } else { Reading::Up };
        let actions = [say(&mut bench, 0, reading), bench.pass(Duration::from_millis(1))].concat();
        sent += actions.iter().filter(|action| matches!(action, vrrp::Action::Transmit(_))).count();
    }
    assert!((20..=30).contains(&sent), "{sent} adverts in ten intervals");
}

#[test]
fn without_weight_the_router_stops() {
    for (effect, bad, good) in [
        (Effect::plain(EffectKind::Fault), Reading::Down, Reading::Up),
        (Effect::reverse(EffectKind::Fault), Reading::Up, Reading::Down),
    ] {
        let mut bench = Bench::new(tracking(&[effect]));
        say(&mut bench, 0, good);
        bench.set_parent(crate::bench::parent());
        bench.pass(bench.left());
        assert_eq!(words(&say(&mut bench, 0, bad)), ["send 0", "withdraw"], "{effect:?}");
        assert_eq!(bench.snapshot().waiting_for, Causes::TRACKER);
        assert_eq!(bench.reason(), Reason::Lost { waiting_for: Causes::TRACKER });
        say(&mut bench, 0, good);
        assert_eq!(bench.state(), StateName::Backup);
    }
}

#[test]
fn each_tracker_counts() {
    // keepalived forgets which of two interfaces is down: the first to return clears the fault.
    let mut bench = Bench::started(tracking(&[Effect::plain(EffectKind::Fault), Effect::plain(EffectKind::Fault)]));
    say(&mut bench, 0, Reading::Down);
    say(&mut bench, 1, Reading::Down);
    say(&mut bench, 0, Reading::Up);
    assert_eq!(bench.state(), StateName::Initialize);
    say(&mut bench, 1, Reading::Up);
    assert_eq!(bench.state(), StateName::Backup);
}

#[test]
fn a_verdict_from_before_counts_for_a_new_router() {
    let mut bench = Bench::new(config());
    say(&mut bench, 7, Reading::Down);
    let tracking = vec![Tracking { tracker: TrackerId(7), effect: Effect::plain(EffectKind::Fault) }];
    let router = bench.engine.add(bench.now, RouterConfig { tracking, ..config() });
    let causes = bench.engine.snapshot(router).map(|snapshot| snapshot.waiting_for);
    assert_eq!(causes, Some(Causes::NO_INTERFACE.with(Causes::TRACKER)));
}

#[test]
fn a_router_waits_in_silence_until_all_it_tracks_has_a_reading() {
    let config = tracking(&[Effect::plain(EffectKind::Fault), Effect::plain(EffectKind::Weight(10))]);
    let mut bench = Bench::new(config);
    assert_eq!(bench.set_parent(crate::bench::parent()), [], "no event: nothing is wrong");
    assert_eq!(bench.snapshot().waiting_for, Causes::TRACKER_PENDING);
    assert_eq!(say(&mut bench, 0, Reading::Up), []);
    assert_eq!(bench.state(), StateName::Initialize, "one is not known yet");
    say(&mut bench, 1, Reading::Up);
    assert_eq!((bench.state(), bench.snapshot().priority.value()), (StateName::Backup, 160));
}

#[test]
fn a_first_reading_that_forbids_to_run_is_reported() {
    let mut bench = Bench::new(tracking(&[Effect::plain(EffectKind::Fault)]));
    bench.set_parent(crate::bench::parent());
    let waiting = EventKind::WaitingFor { causes: Causes::TRACKER, priority: Priority::new(150) };
    assert_eq!(events(&say(&mut bench, 0, Reading::Down)), [waiting]);
    assert_eq!(bench.reason(), Reason::Lost { waiting_for: Causes::TRACKER });
}

#[test]
fn what_is_missing_beside_a_reading_is_reported() {
    let mut bench = Bench::new(tracking(&[Effect::plain(EffectKind::Fault)]));
    let down = vrrp::Parent { link: vrrp::LinkState::Down, ..crate::bench::parent() };
    let causes = Causes::LINK_DOWN.with(Causes::TRACKER_PENDING);
    assert_eq!(events(&bench.set_parent(down)), [EventKind::WaitingFor { causes, priority: Priority::new(150) }]);
    assert_eq!(events(&say(&mut bench, 0, Reading::Down)), [], "once");
}

// G11: ka#1941
#[test]
fn a_reload_that_adds_a_tracker_is_no_failover() {
    for (effect, priority) in [(EffectKind::Fault, 150), (EffectKind::Weight(-50), 150), (EffectKind::Weight(50), 150)]
    {
        let mut bench = Bench::active(config());
        let tracking = vec![Tracking { tracker: TrackerId(9), effect: Effect::plain(effect) }];
        assert_eq!(bench.update(|config| config.tracking = tracking), []);
        assert_eq!((bench.state(), bench.snapshot().priority.value()), (StateName::Active, priority));
    }
}

#[test]
fn what_is_tracked_is_listed_with_its_reading_and_what_it_does() {
    let effects = [EffectKind::Fault, EffectKind::Weight(-50), EffectKind::Factor(2), EffectKind::Weight(3)];
    let mut bench = Bench::new(tracking(&effects.map(Effect::plain)));
    say(&mut bench, 0, Reading::Down);
    let first = bench.now;
    bench.pass(SECOND);
    say(&mut bench, 0, Reading::Down);
    say(&mut bench, 1, Reading::Down);
    say(&mut bench, 2, Reading::Level(7));
    let since = [Some(first), Some(bench.now), Some(bench.now), None];
    let readings = [Reading::Down, Reading::Down, Reading::Level(7), Reading::Unknown];
    let outcomes = [Outcome::Fault, Outcome::Weight(-50), Outcome::Weight(14), Outcome::Pending];
    let router = bench.engine.routers().next().unwrap();
    let all: Vec<Tracked> = bench.engine.tracked(router).collect();
    for (id, tracked) in (0..).zip(&all) {
        let (reading, since, outcome) = (readings[id], since[id], outcomes[id]);
        let tracker = TrackerId(u32::try_from(id).unwrap());
        assert_eq!(*tracked, Tracked { tracker, reading, since, outcome });
    }
    assert_eq!(all.len(), 4);
}

#[test]
fn a_tracker_that_knows_nothing_any_more_moves_nothing() {
    let mut bench = Bench::active(tracking(&[Effect::plain(EffectKind::Weight(-50))]));
    say(&mut bench, 0, Reading::Down);
    assert_eq!(bench.snapshot().priority.value(), 100);
    assert_eq!(words(&say(&mut bench, 0, Reading::Unknown)), ["send 150"]);
    assert_eq!(bench.state(), StateName::Active);
}

#[test]
fn numbers_count_times_their_factor() {
    let (plain, reverse) = (Effect::plain, Effect::reverse);
    // effect, reading, priority (base 150), fault
    for (effect, reading, priority, causes) in [
        (plain(EffectKind::Factor(2)), Reading::Level(-20), 110, Causes::NONE),
        (plain(EffectKind::Factor(2)), Reading::Level(20), 190, Causes::NONE),
        (reverse(EffectKind::Factor(2)), Reading::Level(20), 110, Causes::NONE),
        (plain(EffectKind::Factor(-3)), Reading::Level(0), 150, Causes::NONE),
        (plain(EffectKind::Factor(-3)), Reading::Up, 150, Causes::NONE),
        (plain(EffectKind::Factor(-3)), Reading::Down, 147, Causes::NONE),
        (plain(EffectKind::Factor(i16::MAX)), Reading::Level(i32::MAX), 254, Causes::NONE),
        (reverse(EffectKind::Factor(i16::MIN)), Reading::Level(i32::MAX), 254, Causes::NONE),
        (reverse(EffectKind::Factor(i16::MIN)), Reading::Level(i32::MIN), 150, Causes::TRACKER),
        (plain(EffectKind::Factor(1)), Reading::Level(-253), 1, Causes::NONE),
        (plain(EffectKind::Factor(1)), Reading::Level(-254), 150, Causes::TRACKER),
        (plain(EffectKind::Factor(1)), Reading::Level(254), 254, Causes::NONE),
        (plain(EffectKind::Factor(2)), Reading::Level(-127), 150, Causes::TRACKER),
        (reverse(EffectKind::Factor(-2)), Reading::Level(-127), 150, Causes::TRACKER),
        (plain(EffectKind::Factor(-254)), Reading::Down, 150, Causes::TRACKER),
        (plain(EffectKind::Weight(-20)), Reading::Level(7), 130, Causes::NONE),
        (plain(EffectKind::Weight(-20)), Reading::Level(0), 150, Causes::NONE),
        (plain(EffectKind::Fault), Reading::Level(0), 150, Causes::NONE),
        (plain(EffectKind::Fault), Reading::Level(-1), 150, Causes::TRACKER),
        (reverse(EffectKind::Fault), Reading::Level(0), 150, Causes::TRACKER),
        (reverse(EffectKind::Fault), Reading::Level(1), 150, Causes::NONE),
    ] {
        let mut bench = Bench::new(tracking(&[effect]));
        bench.set_parent(crate::bench::parent());
        say(&mut bench, 0, reading);
        let snapshot = bench.snapshot();
        assert_eq!((snapshot.priority.value(), snapshot.waiting_for), (priority, causes), "{effect:?} {reading:?}");
    }
}
