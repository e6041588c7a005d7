//! Near failovers, and two masters: what an engine reports before, or although, nothing changes.

use std::num::NonZeroU8;
use std::time::Duration;

use vrrp::config::{OnInferior, RouterConfig, Switches};
use vrrp::{EventKind, StateName};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, SECOND, config, events};

/// A Backup that has heard its master once.
fn followed(config: RouterConfig) -> Bench {
    let mut bench = Bench::started(config);
    bench.pass(SECOND);
    bench.hear(HIGHER, 200);
    bench
}

fn near(bench: &Bench) -> u64 {
    bench.snapshot().counters.near_failovers
}

#[test]
fn an_advert_that_came_with_less_than_an_interval_left_is_counted() {
    // Three intervals and a skew of 106/256: less than one is left from 2.414 s on.
    for (silence, counted) in [(1000, 0), (2414, 0), (2415, 1), (3000, 1), (3414, 1)] {
        let mut bench = followed(config());
        bench.pass(silence * MILLISECOND);
        let told = bench.hear(HIGHER, 200);
        assert_eq!((near(&bench), bench.state()), (counted, StateName::Backup), "{silence} ms");
        let told = events(&told);
        match (counted, &told[..]) {
            (0, []) => {}
            (1, [EventKind::NearFailover { silent, left, .. }]) => {
                assert_eq!((*silent, *left), (silence * MILLISECOND, Duration::from_nanos(3_414_062_500) - *silent));
            }
            (_, told) => panic!("{silence} ms: {told:?}"),
        }
    }
}

#[test]
fn each_is_counted_and_one_a_minute_is_told() {
    let mut bench = followed(config());
    let mut told = 0;
    for _ in 0..40 {
        bench.pass(3 * SECOND);
        told += events(&bench.hear(HIGHER, 200)).len();
    }
    assert_eq!((near(&bench), told), (40, 2), "in two minutes");
}

#[test]
fn only_the_masters_silence_counts() {
    // What is heard first: that master may just have started.
    let mut bench = Bench::started(config());
    bench.pass(3 * SECOND);
    bench.hear(HIGHER, 200);
    assert_eq!(near(&bench), 0);
    // Another master: it has taken over from the one that was silent.
    bench.pass(3 * SECOND);
    bench.hear(LOWER, 200);
    assert_eq!(near(&bench), 0);
    // The master left, and comes back within the skew time.
    bench.hear(LOWER, 0);
    bench.pass(400 * MILLISECOND);
    bench.hear(LOWER, 200);
    assert_eq!(near(&bench), 0);
    // Its farewell after a silence.
    bench.pass(3 * SECOND);
    bench.hear(LOWER, 0);
    assert_eq!(near(&bench), 0);
}

#[test]
fn with_one_advert_to_miss_less_than_an_interval_is_always_left() {
    let mut bench = followed(RouterConfig { down_adverts: NonZeroU8::MIN, ..config() });
    for _ in 0..5 {
        bench.pass(SECOND);
        bench.hear(HIGHER, 200);
    }
    assert_eq!((near(&bench), bench.state()), (0, StateName::Backup));
}

#[test]
fn an_inferior_master_that_goes_on_is_a_second_one() {
    let is_told =
        |actions: &[vrrp::Action]| events(actions).iter().filter(|it| matches!(it, EventKind::TwoMasters(_))).count();
    for on_inferior in [OnInferior::Answer, OnInferior::Ignore] {
        let switches = Switches { on_inferior, ..Switches::default() };
        let mut bench = Bench::active(RouterConfig { switches, ..config() });
        // Two that crossed ours.
        let mut told = vec![is_told(&bench.hear(LOWER, 100))];
        for _ in 0..20 {
            bench.pass(SECOND);
            told.push(is_told(&bench.hear(LOWER, 100)));
        }
        assert_eq!((&told[..4], told.iter().sum::<usize>()), (&[0, 0, 0, 1][..], 1), "{on_inferior:?}");
        // After a silence it is news again.
        bench.pass(31 * SECOND);
        let mut again = 0;
        for _ in 0..4 {
            again += is_told(&bench.hear(LOWER, 100));
            bench.pass(SECOND);
        }
        assert_eq!(again, 1, "{on_inferior:?}");
    }
}

#[test]
fn many_adverts_at_once_are_no_second_master() {
    let mut bench = Bench::active(config());
    for _ in 0..100 {
        let told = bench.hear(LOWER, 100);
        assert!(!events(&told).iter().any(|it| matches!(it, EventKind::TwoMasters(_))));
    }
}
