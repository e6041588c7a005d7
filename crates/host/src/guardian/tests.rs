//! The table of the guardian's states and events, and the times that count.

use super::*;

const PATIENCE: Duration = Duration::from_secs(1);
const HOLD: Duration = Duration::from_secs(1);

fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

/// A daemon that was due at the beginning.
const LATE: Beat = Beat { due: Some(Instant::from_nanos(0)), patience: PATIENCE };

fn released(cause: Cause, routers: &[u8]) -> Guardian<u8> {
    let mut guardian = Guardian::new();
    let step = match cause {
        Cause::Death => guardian.died(at(0), Duty::On),
        Cause::Hang => {
            for look in 20..23 {
                assert_eq!(guardian.look(at(look * 100), LATE, Motion::Free), Step::Nothing);
            }
            guardian.look(at(2300), LATE, Motion::Free)
        }
    };
    assert_eq!(step, Step::Release(cause));
    let step = guardian.released(at(0), routers.iter().map(|router| (*router, HOLD * u32::from(*router))));
    let all = if routers.is_empty() && cause == Cause::Death { Step::UndoAll } else { Step::Nothing };
    assert_eq!(step, all);
    guardian
}

#[test]
fn a_daemon_that_shows_itself_or_sleeps_is_left_alone() {
    let mut guardian = Guardian::<u8>::new();
    for look in 0..100 {
        let now = at(look * 100);
        for beat in
            [Beat { due: None, ..LATE }, Beat { due: Some(now), ..LATE }, Beat { due: Some(now - PATIENCE), ..LATE }]
        {
            assert_eq!(guardian.look(now, beat, Motion::Free), Step::Nothing);
        }
    }
}

#[test]
fn a_daemon_that_shows_itself_in_between_does_not_hang() {
    let mut guardian = Guardian::<u8>::new();
    for look in 20..100 {
        let now = at(look * 100);
        let due = if look % 3 == 0 { now } else { at(0) };
        assert_eq!(guardian.look(now, Beat { due: Some(due), ..LATE }, Motion::Free), Step::Nothing);
    }
}

#[test]
fn who_was_late_itself_does_not_judge() {
    let mut guardian = Guardian::<u8>::new();
    for pause in [0, 1000, 2000] {
        for look in 0..3 {
            assert_eq!(
                guardian.look(at(10_000 + pause + look * 100), LATE, Motion::Free),
                Step::Nothing,
                "{pause} {look}"
            );
        }
    }
    assert_eq!(guardian.look(at(12_300), LATE, Motion::Free), Step::Release(Cause::Hang));
}

#[test]
fn a_daemon_that_is_stopped_hangs_earlier_than_one_that_is_late() {
    let on_time = Beat { due: None, ..LATE };
    let mut guardian = Guardian::<u8>::new();
    let mut look = |tick: u64, motion| guardian.look(at(10_000 + tick * 100), on_time, motion);
    // A debugger's glance.
    for tick in 0..100 {
        let motion = if tick % 7 == 0 { Motion::Free } else { Motion::Stopped };
        assert_eq!(look(tick, motion), Step::Nothing, "{tick}");
    }
    let steps: Vec<Step<u8>> = (100..108).map(|tick| look(tick, Motion::Stopped)).collect();
    let (last, before) = steps.split_last().unwrap();
    assert!(before.iter().all(|step| *step == Step::Nothing), "{steps:?}");
    assert_eq!(*last, Step::Release(Cause::Hang), "half the patience, and three looks");
}

#[test]
fn who_stood_still_itself_begins_anew_with_one_that_is_stopped() {
    let mut guardian = Guardian::<u8>::new();
    for pause in [0, 1000, 2000] {
        for look in 0..8 {
            let now = at(10_000 + pause + look * 100);
            assert_eq!(
                guardian.look(now, Beat { due: None, ..LATE }, Motion::Stopped),
                Step::Nothing,
                "{pause} {look}"
            );
        }
    }
}

#[test]
fn who_is_not_on_duty_leaves_nothing_to_be_done() {
    let mut guardian = Guardian::<u8>::new();
    assert_eq!(guardian.died(at(0), Duty::Off), Step::End);
    assert_eq!(guardian.died(at(1), Duty::On), Step::Nothing, "only once");
}

#[test]
fn the_addresses_of_the_dead_are_held_until_a_successor_is_heard_or_the_time_is_over() {
    let mut guardian = released(Cause::Death, &[1, 2, 3]);
    assert_eq!(guardian.deadline(), Some(at(1000)));
    assert_eq!(guardian.heard(&2), Step::Withdraw(vec![2]));
    assert_eq!(guardian.heard(&2), Step::Nothing, "only once");
    assert_eq!(guardian.expire(at(999)), Step::Nothing);
    assert_eq!(guardian.expire(at(1000)), Step::Withdraw(vec![1]));
    assert_eq!((guardian.holds(&1), guardian.holds(&3)), (false, true));
    assert_eq!(guardian.heard(&3), Step::UndoAll);
    assert_eq!((guardian.deadline(), guardian.expire(at(9000))), (None, Step::Nothing));
    assert_eq!(released(Cause::Death, &[1]).expire(at(1000)), Step::UndoAll);
    released(Cause::Death, &[]);
}

#[test]
fn the_addresses_of_one_that_hangs_are_held_until_a_successor_is_heard() {
    let mut guardian = released(Cause::Hang, &[1, 2]);
    assert_eq!((guardian.deadline(), guardian.expire(at(60_000))), (None, Step::Nothing));
    assert_eq!(guardian.heard(&1), Step::Withdraw(vec![1]));
    assert_eq!(guardian.heard(&2), Step::Withdraw(vec![2]));
    assert_eq!(guardian.look(at(60_000), LATE, Motion::Free), Step::Nothing, "it is known");
    guardian.resumed();
    assert!(guardian.is_watching());
}

#[test]
fn one_that_hangs_and_dies_is_dead() {
    let mut guardian = released(Cause::Hang, &[1]);
    assert_eq!(guardian.died(at(5000), Duty::On), Step::Nothing);
    guardian.resumed();
    assert_eq!(guardian.deadline(), Some(at(6000)), "nobody goes on");
    assert_eq!(guardian.expire(at(6000)), Step::UndoAll);
    let mut guardian = released(Cause::Hang, &[1]);
    assert_eq!(guardian.heard(&1), Step::Withdraw(vec![1]));
    assert_eq!(guardian.died(at(5000), Duty::On), Step::UndoAll);
}

#[test]
fn patience_has_a_lower_bound() {
    let millis = Duration::from_millis;
    assert_eq!([millis(3609), millis(360)].map(patience), [millis(1203), millis(1000)]);
}
