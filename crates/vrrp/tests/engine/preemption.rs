//! `nopreempt`, `preempt_delay`, and what displacing a master is called.

use std::time::Duration;

use vrrp::config::{Effect, EffectKind, Preempt, RouterConfig, Tracking};
use vrrp::{Input, Priority, Reading, Reason, StateName, TrackerId};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, SECOND, config, host};
use crate::group_bench::Node;

fn delayed(seconds: u64) -> RouterConfig {
    config().with(|it| it.preempt = Preempt::After(Duration::from_secs(seconds)))
}

/// A worse master advertises every second; how long until we displace it, at most `limit` seconds.
fn displaces_after(bench: &mut Bench, limit: u32) -> Option<Duration> {
    let start = bench.now;
    for _ in 0..limit {
        bench.pass(SECOND);
        if bench.state() == StateName::Active {
            return Some(bench.snapshot().since.since(start));
        }
        bench.hear(LOWER, 100);
    }
    None
}

#[test]
fn a_better_backup_displaces_the_master() {
    let mut bench = Bench::started(config());
    assert_eq!(displaces_after(&mut bench, 10), Some(Duration::from_nanos(3_414_062_500)));
    let Reason::Preempted { peer } = bench.reason() else { panic!("{:?}", bench.reason()) };
    assert_eq!((peer.address, peer.priority.value()), (host(LOWER), 100));
}

#[test]
fn without_preemption_it_waits_for_ever() {
    let mut bench = Bench::started(config().with(|it| it.preempt = Preempt::Never));
    assert_eq!(displaces_after(&mut bench, 100), None);
    bench.pass(bench.left());
    assert!(matches!(bench.reason(), Reason::MasterSilent { last: Some(peer), .. } if peer.address == host(LOWER)));
}

#[test]
fn a_delay_counts_from_the_first_worse_advert() {
    // Heard at 1, 2, 3, 4 s: followed. From 5 s on (1 + 4) discarded, the timer of 4 s runs out.
    let mut bench = Bench::started(delayed(4));
    assert_eq!(displaces_after(&mut bench, 20), Some(Duration::from_nanos(4_000_000_000 + 3_414_062_500)));
    assert!(matches!(bench.reason(), Reason::Preempted { .. }));
}

#[test]
fn a_delay_is_cancelled_by_an_advert_as_good_as_ours() {
    let mut bench = Bench::started(delayed(4));
    assert_eq!(displaces_after(&mut bench, 4), None);
    bench.hear(HIGHER, 150);
    assert_eq!(displaces_after(&mut bench, 7), None, "it starts again at 1 s and ends at 5 s + ...");
}

#[test]
fn a_delay_starts_again_in_each_backup() {
    let mut bench = Bench::started(delayed(4));
    assert!(displaces_after(&mut bench, 20).is_some());
    bench.hear(HIGHER, 200);
    assert_eq!(bench.state(), StateName::Backup);
    assert_eq!(displaces_after(&mut bench, 20), Some(Duration::from_nanos(7_414_062_500)));
}

#[test]
fn a_delay_does_not_hold_up_a_takeover_from_a_dead_master() {
    let mut bench = Bench::started(delayed(1000));
    bench.hear(LOWER, 100);
    bench.pass(bench.left());
    assert_eq!(bench.state(), StateName::Active);
}

#[test]
fn a_master_that_leaves_is_named() {
    let mut bench = Bench::started(config());
    bench.hear(HIGHER, 200);
    bench.pass(500 * MILLISECOND);
    bench.hear(HIGHER, 0);
    bench.pass(bench.left());
    let skew = Duration::from_nanos(414_062_500);
    assert_eq!(bench.reason(), Reason::MasterLeft { peer: host(HIGHER), skew });
}

#[test]
fn a_worse_router_that_was_faster_than_us_is_displaced_by_name() {
    // The master leaves; before our skew has passed a worse router speaks.
    let mut bench = Bench::started(config());
    bench.hear(HIGHER, 200);
    bench.hear(HIGHER, 0);
    bench.pass(100 * MILLISECOND);
    bench.hear(LOWER, 100);
    bench.pass(bench.left());
    assert!(matches!(bench.reason(), Reason::Preempted { peer } if peer.address == host(LOWER)));
    assert_eq!(bench.now.since(bench.snapshot().since), Duration::ZERO);
}

/// Time for which a delay of ten seconds, of which three have passed, still lasts after this happened; `None`: the router
/// never displaces the master.
fn goes_on_for(happens: impl FnOnce(&mut Bench)) -> Option<Duration> {
    let tracking = vec![Tracking { tracker: TRACKER, effect: Effect::plain(EffectKind::Weight(-100)) }];
    let mut bench = Bench::started(RouterConfig { tracking, ..delayed(10) });
    bench.hear(LOWER, 100);
    assert_eq!(displaces_after(&mut bench, 3), None);
    happens(&mut bench);
    // It lets the master go on until the delay is over, and then for as long as its down timer takes.
    displaces_after(&mut bench, 40).map(|after| after - Duration::from_nanos(3_414_062_500) + SECOND)
}

const TRACKER: TrackerId = TrackerId(1);

fn read(bench: &mut Bench, reading: Reading) {
    bench.give(Input::Reading { tracker: TRACKER, reading });
}

#[test]
fn a_delay_and_what_may_happen_while_it_runs() {
    let after = |seconds| Preempt::After(Duration::from_secs(seconds));
    assert_eq!(goes_on_for(|_| {}), Some(7 * SECOND));
    // A reload: the delay counts from when the master was first heard, also if it is another than before.
    assert_eq!(goes_on_for(|it| drop(it.update(|config| config.parameters.preempt = after(20)))), Some(17 * SECOND));
    assert_eq!(goes_on_for(|it| drop(it.update(|config| config.parameters.preempt = after(6)))), Some(3 * SECOND));
    assert_eq!(
        goes_on_for(|it| drop(it.update(|config| config.parameters.preempt = after(2)))),
        Some(SECOND),
        "the next advert"
    );
    assert_eq!(goes_on_for(|it| drop(it.update(|config| config.parameters.preempt = Preempt::Always))), Some(SECOND));
    assert_eq!(goes_on_for(|it| drop(it.update(|config| config.parameters.preempt = Preempt::Never))), None);
    // Another inferior router takes over.
    assert_eq!(goes_on_for(|it| drop(it.hear(HIGHER, 120))), Some(7 * SECOND));
    // A tracker takes our priority below that of the master, and gives it back at once or after an advert.
    let flap = |it: &mut Bench| {
        read(it, Reading::Down);
        read(it, Reading::Up);
    };
    assert_eq!(goes_on_for(flap), Some(7 * SECOND));
    let recover = |it: &mut Bench| {
        read(it, Reading::Down);
        it.hear(LOWER, 100);
        read(it, Reading::Up);
    };
    assert_eq!(goes_on_for(recover), Some(11 * SECOND), "it counts from the first advert after that");
}

#[test]
fn a_delay_ends_with_the_master() {
    // It leaves with priority 0, or is not heard any more: nobody is displaced.
    for (leaves, down_timer) in
        [(true, Duration::from_nanos(414_062_500)), (false, Duration::from_nanos(3_414_062_500))]
    {
        let mut bench = Bench::started(delayed(1000));
        bench.hear(LOWER, 100);
        bench.pass(500 * MILLISECOND);
        bench.hear(LOWER, if leaves { 0 } else { 100 });
        assert_eq!((bench.state(), bench.left()), (StateName::Backup, down_timer));
        bench.pass(down_timer);
        assert_eq!(bench.state(), StateName::Active);
    }
}

#[test]
fn a_delay_that_a_reload_brings_calls_off_a_takeover() {
    let mut bench = Bench::started(config());
    bench.hear(LOWER, 100);
    bench.pass(3 * SECOND);
    bench.update(|config| config.parameters.preempt = Preempt::After(10 * SECOND));
    assert_eq!(bench.left(), Duration::from_nanos(3_414_062_500));
    bench.hear(LOWER, 100);
    assert_eq!(displaces_after(&mut bench, 10), None);
}

#[test]
fn an_owner_waits_for_no_delay() {
    // V3-OW-03.
    let mut bench = Bench::active(delayed(1000).with(|it| it.priority = Priority::OWNER));
    bench.hear(HIGHER, 255);
    assert_eq!(bench.state(), StateName::Backup);
    assert_eq!(displaces_after(&mut bench, 10), Some(Duration::from_nanos(3_003_906_250)));
}

#[test]
fn a_group_waits_for_the_longest_delay_of_its_routers() {
    let with = |config: RouterConfig| {
        let seconds = if config.vrid.value() == 5 { 4 } else { 8 };
        config.with(|it| it.preempt = Preempt::After(Duration::from_secs(seconds)))
    };
    let mut node = Node::with(50, &[150, 150], with);
    node.place_all();
    for second in 1..=20 {
        node.hear(0, 10, 100);
        node.hear(1, 10, 100);
        node.pass(SECOND);
        let expected = if second < 11 { StateName::Backup } else { StateName::Active };
        assert_eq!(node.states(), [expected; 2], "{second} s");
        if expected == StateName::Active {
            break;
        }
    }
}
