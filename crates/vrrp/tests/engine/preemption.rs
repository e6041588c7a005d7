//! `nopreempt`, `preempt_delay`, and what displacing a master is called.

use std::time::Duration;

use vrrp::config::{Preempt, RouterConfig};
use vrrp::{Reason, StateName};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, SECOND, config, host};

fn delayed(seconds: u64) -> RouterConfig {
    RouterConfig { preempt: Preempt::After(Duration::from_secs(seconds)), ..config() }
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
    let mut bench = Bench::started(RouterConfig { preempt: Preempt::Never, ..config() });
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
