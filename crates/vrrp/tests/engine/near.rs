//! Near failovers, two masters, lost redundancy: what an engine reports before, or although, nothing changes.

use std::num::NonZeroU8;
use std::time::Duration;

use vrrp::config::{OnInferior, RouterConfig, Switches};
use vrrp::discard::Discard;
use vrrp::{EventKind, StateName};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, SECOND, config, events, host, message, packet};

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
    let mut bench = followed(config().with(|it| it.down_adverts = NonZeroU8::MIN));
    for _ in 0..5 {
        bench.pass(SECOND);
        bench.hear(HIGHER, 200);
    }
    assert_eq!((near(&bench), bench.state()), (0, StateName::Backup));
}

#[test]
fn an_inferior_master_that_goes_on_is_a_second_one() {
    let is_told = |actions: &[vrrp::Action]| {
        events(actions).iter().filter(|it| matches!(it, EventKind::TwoMasters { dropped: None, .. })).count()
    };
    for on_inferior in [OnInferior::Answer, OnInferior::Ignore] {
        let switches = Switches { on_inferior, ..Switches::default() };
        let mut bench = Bench::active(config().with(|it| it.switches = switches));
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
        assert!(!events(&told).iter().any(|it| matches!(it, EventKind::TwoMasters { .. })));
    }
}

/// An advert of which nothing but its form is wrong: what is reported of it.
fn drop(bench: &mut Bench, from: u8, priority: u8) -> Vec<EventKind> {
    let mut bytes = message(&bench.config, host(from), vrrp::wire::group(vrrp::Family::Ipv4), priority);
    bytes[6] ^= 1; // checksum
    events(&bench.give(vrrp::Input::Packet(packet(from, bench.now, &bytes))))
}

#[test]
fn a_master_whose_adverts_are_dropped_is_a_second_one_as_well() {
    let mut bench = Bench::active(config());
    let mut told = Vec::new();
    for _ in 0..40 {
        // Which of both is superior does not matter, and who leaves is none.
        told.extend(drop(&mut bench, HIGHER, 200));
        told.extend(drop(&mut bench, LOWER, 0));
        bench.pass(SECOND);
    }
    let second = |it: &&EventKind| matches!(it, EventKind::TwoMasters { peer, dropped: Some(Discard::Checksum) } if peer.address == host(HIGHER));
    assert_eq!((told.iter().filter(second).count(), told.len()), (1, 2), "{told:?}");
    assert_eq!(bench.snapshot().counters.two_masters, 1);
    // One that pauses is no other.
    let mut bench = Bench::active(config());
    for _ in 0..10 {
        drop(&mut bench, LOWER, 100);
        bench.pass(5 * SECOND);
    }
    assert_eq!(bench.snapshot().counters.two_masters, 0);
    // With another interval than ours it is one all the same.
    let mut bench = Bench::active(config().with(|it| it.interval = vrrp::Interval::from_centis(10).unwrap()));
    bench.config = config();
    for _ in 0..10 {
        drop(&mut bench, LOWER, 100);
        bench.pass(SECOND);
    }
    assert_eq!(bench.snapshot().counters.two_masters, 1);
    // A backup has no second master.
    let mut bench = Bench::started(config());
    for _ in 0..10 {
        bench.hear(HIGHER, 200);
        drop(&mut bench, LOWER, 100);
        bench.pass(SECOND);
    }
    assert_eq!(bench.snapshot().counters.two_masters, 0);
}

/// What is told of those who would take over, within this time.
fn told_of_standby(actions: &[vrrp::Action]) -> Vec<&'static str> {
    let word = |it: &EventKind| {
        let words = [
            (matches!(it, EventKind::RedundancyLost { .. }), "lost"),
            (matches!(it, EventKind::RedundancyBack(_)), "back"),
        ];
        words.into_iter().find_map(|(is_it, word)| is_it.then_some(word))
    };
    events(actions).iter().filter_map(word).collect()
}

#[test]
fn redundancy_is_lost_when_a_master_has_gone_and_nobody_is_heard() {
    for farewell in [None, Some(0)] {
        let mut bench = followed(config());
        if let Some(priority) = farewell {
            bench.hear(HIGHER, priority);
        }
        let left = bench.left();
        assert_eq!(told_of_standby(&bench.pass(left)), [] as [&str; 0]);
        assert_eq!(bench.state(), StateName::Active);
        let actions = bench.pass(60 * SECOND);
        let lost = events(&actions).into_iter().find(|it| matches!(it, EventKind::RedundancyLost { .. }));
        // With the first advert after another Active_Down_Interval of 3.41 s, once.
        assert_eq!(lost, Some(EventKind::RedundancyLost { gone: host(HIGHER), alone: 4 * SECOND }), "{farewell:?}");
        assert_eq!(told_of_standby(&actions), ["lost"]);
        // An inferior master is one who would take over, and so is a superior one. Its farewell says nothing.
        assert_eq!(told_of_standby(&bench.hear(LOWER, 0)), [] as [&str; 0]);
        assert_eq!(told_of_standby(&bench.hear(LOWER, 100)), ["back"]);
        assert_eq!(told_of_standby(&bench.pass(60 * SECOND)), [] as [&str; 0]);
        assert_eq!(bench.snapshot().counters.redundancy_lost, 1);
    }
}

#[test]
fn redundancy_is_not_lost_where_somebody_was_heard_or_nobody_ever() {
    // Nobody ever.
    let mut bench = Bench::started(config());
    assert_eq!(told_of_standby(&bench.pass(60 * SECOND)), [] as [&str; 0]);
    // The one that was displaced is there.
    let mut bench = Bench::started(config());
    bench.hear(LOWER, 100);
    assert_eq!(told_of_standby(&bench.pass(60 * SECOND)), [] as [&str; 0]);
    // Somebody speaks in time.
    let mut bench = followed(config());
    bench.pass(5 * SECOND);
    bench.hear(LOWER, 100);
    assert_eq!((told_of_standby(&bench.pass(60 * SECOND)), bench.state()), (vec![], StateName::Active));
    // The master comes back and ends it.
    let mut bench = followed(config());
    assert_eq!(told_of_standby(&bench.pass(60 * SECOND)), ["lost"]);
    assert_eq!((told_of_standby(&bench.hear(HIGHER, 200)), bench.state()), (vec!["back"], StateName::Backup));
}

#[test]
fn what_flaps_fast_does_not_lose_redundancy() {
    let mut bench = followed(config().with(|it| it.interval = vrrp::Interval::from_centis(1).unwrap()));
    for _ in 0..100 {
        bench.pass(500 * MILLISECOND);
        bench.hear(HIGHER, 200);
    }
    assert_eq!(bench.snapshot().counters.redundancy_lost, 0);
}
