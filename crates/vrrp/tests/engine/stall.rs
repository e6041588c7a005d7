//! A process that was stopped, paused or starved: V3-TM-09, V3-TM-10.

use std::time::Duration;

use vrrp::{EventKind, Reason, Since, StateName};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, SECOND, config, events, words};

const DOWN: Duration = Duration::from_nanos(3_414_062_500);

#[test]
fn a_short_sleep_of_an_active_changes_nothing() {
    let mut bench = Bench::active(config());
    let actions = bench.oversleep(SECOND + DOWN);
    assert_eq!((bench.state(), events(&actions).len()), (StateName::Active, 0));
}

#[test]
fn an_active_that_slept_listens_before_it_speaks() {
    let mut bench = Bench::active(config());
    let actions = bench.oversleep(SECOND + DOWN + Duration::from_nanos(1));
    assert_eq!(words(&actions), ["withdraw"], "no advertisement, no priority 0: others have taken over");
    assert!(matches!(events(&actions)[..], [EventKind::Stalled { .. }, EventKind::Transition(_)]));
    assert!(matches!(bench.reason(), Reason::Stalled { late } if late == DOWN + Duration::from_nanos(1)));
    assert_eq!((bench.state(), bench.left()), (StateName::Backup, DOWN));
    bench.pass(DOWN);
    assert_eq!(bench.state(), StateName::Active, "nobody was there");
}

#[test]
fn the_first_packet_after_a_sleep_does_not_make_an_active_speak() {
    // The sockets are drained before the timers: the new master's queued advertisements come first.
    let mut bench = Bench::active(config());
    let asleep = bench.now;
    bench.now = asleep + 60 * SECOND;
    let actions = bench.hear_at(asleep + 4 * SECOND, LOWER, 100);
    assert_eq!(words(&actions), ["withdraw"]);
    assert_eq!((bench.state(), bench.left()), (StateName::Backup, DOWN));
    bench.hear_at(asleep + 5 * SECOND, HIGHER, 200);
    assert_eq!(bench.left(), DOWN, "what came before we listened counts from then");
}

#[test]
fn a_planned_stop_after_a_sleep_says_nothing() {
    let mut bench = Bench::active(config());
    bench.now = bench.now + 60 * SECOND;
    assert_eq!(words(&bench.give(vrrp::Input::Shutdown { router: None })), ["withdraw"]);
}

#[test]
fn a_backup_that_slept_finds_the_master_alive_in_its_queue() {
    // 30 s asleep; the last advertisement was received 200 ms ago.
    let mut bench = Bench::started(config());
    let asleep = bench.now;
    bench.now = asleep + 30 * SECOND + 200 * MILLISECOND;
    for second in 1..=30_u32 {
        assert_eq!(bench.hear_at(asleep + second * SECOND, HIGHER, 200), []);
    }
    assert_eq!(bench.wake(), []);
    assert_eq!((bench.state(), bench.left()), (StateName::Backup, DOWN - 200 * MILLISECOND));
}

#[test]
fn a_backup_that_slept_and_heard_nothing_listens_first() {
    let mut bench = Bench::started(config());
    let actions = bench.oversleep(DOWN + DOWN + Duration::from_nanos(1));
    assert!(matches!(events(&actions)[..], [EventKind::Stalled { .. }]));
    assert_eq!((bench.state(), bench.left()), (StateName::Backup, DOWN));
}

#[test]
fn a_backup_that_is_a_little_late_takes_over() {
    let mut bench = Bench::started(config());
    bench.oversleep(DOWN + 500 * MILLISECOND);
    assert_eq!(bench.state(), StateName::Active);
    assert_eq!(bench.left(), SECOND, "from now on");
}

#[test]
fn the_kernels_time_of_receipt_counts() {
    // DESIGN §4: an advertisement that lay in the socket for 800 ms restarts the timer 800 ms ago.
    let mut bench = Bench::started(config());
    bench.pass(2 * SECOND);
    bench.hear_at(bench.now - 800 * MILLISECOND, HIGHER, 200);
    assert_eq!(bench.left(), DOWN - 800 * MILLISECOND);
    bench.hear_at(bench.now + SECOND, HIGHER, 200);
    assert_eq!(bench.left(), DOWN, "no packet comes from the future");
}

#[test]
fn a_clock_that_runs_backwards_does_no_harm() {
    let mut bench = Bench::active(config());
    bench.now = bench.now - 100 * SECOND;
    assert_eq!(bench.wake(), []);
    assert_eq!(bench.state(), StateName::Active);
}

#[test]
fn a_role_that_was_taken_is_not_missed_and_comes_back_by_the_rules() {
    let mut bench = Bench::active(config());
    bench.now = bench.now + SECOND + 300 * MILLISECOND;
    let actions = bench.give(vrrp::Input::RoleTaken { since: Since::Silent });
    assert_eq!(words(&actions), ["withdraw"], "priority 0 was said already");
    assert!(matches!(events(&actions)[..], [EventKind::Stalled { .. }, EventKind::Transition(_)]));
    assert!(matches!(bench.reason(), Reason::Stalled { late } if late == 300 * MILLISECOND));
    assert_eq!((bench.state(), bench.left()), (StateName::Backup, DOWN));
    assert_eq!(bench.give(vrrp::Input::RoleTaken { since: Since::Spoken }), [], "a backup has no role");
    bench.pass(DOWN);
    assert_eq!(bench.state(), StateName::Active, "nobody was there");
}

#[test]
fn who_spoke_after_its_role_was_taken_says_priority_0_itself() {
    let mut bench = Bench::active(config());
    let actions = bench.give(vrrp::Input::RoleTaken { since: Since::Spoken });
    assert_eq!(words(&actions), ["send 0", "withdraw"]);
    assert_eq!(bench.state(), StateName::Backup);
}
