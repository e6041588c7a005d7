//! The worked numbers of `docs/vrrp-rules.md` §7, to the microsecond.

use std::time::Duration;

use proptest::prelude::*;
use vrrp::config::DOWN_ADVERTS;
use vrrp::timing::{down_interval, skew};
use vrrp::{Interval, Priority, Version};

use crate::bench::{Bench, HIGHER, LOWER, SECOND, config};

const CENTIS: [u16; 6] = [1, 10, 25, 100, 1000, 4095];

/// V3-TM-03, -07, -08: Skew_Time in nanoseconds for the intervals of [`CENTIS`] (§7.1, with all digits).
const SKEW_V3: [(u8, [u64; 6]); 7] = [
    (255, [39_062, 390_625, 976_562, 3_906_250, 39_062_500, 159_960_937]),
    (254, [78_125, 781_250, 1_953_125, 7_812_500, 78_125_000, 319_921_875]),
    (200, [2_187_500, 21_875_000, 54_687_500, 218_750_000, 2_187_500_000, 8_957_812_500]),
    (150, [4_140_625, 41_406_250, 103_515_625, 414_062_500, 4_140_625_000, 16_955_859_375]),
    (100, [6_093_750, 60_937_500, 152_343_750, 609_375_000, 6_093_750_000, 24_953_906_250]),
    (50, [8_046_875, 80_468_750, 201_171_875, 804_687_500, 8_046_875_000, 32_951_953_125]),
    (1, [9_960_937, 99_609_375, 249_023_437, 996_093_750, 9_960_937_500, 40_790_039_062]),
];

#[test]
fn version_3_skews_by_a_part_of_the_interval() {
    for (priority, nanos) in SKEW_V3 {
        for (centis, nanos) in CENTIS.into_iter().zip(nanos) {
            let (priority, interval) = (Priority::new(priority), Interval::from_centis(centis).unwrap());
            let expected = Duration::from_nanos(nanos);
            assert_eq!(skew(Version::V3, priority, interval), expected, "{priority} at {interval}");
            let down = down_interval(Version::V3, priority, interval, DOWN_ADVERTS);
            assert_eq!(down, 3 * interval.duration() + expected, "{priority} at {interval}");
        }
    }
}

#[test]
fn version_2_skews_by_a_part_of_a_second() {
    // V2-TM-01, §7.2: microseconds of skew, whatever the interval.
    let micros = [(255, 3_906), (254, 7_812), (200, 218_750), (100, 609_375), (50, 804_687), (1, 996_093)];
    for (priority, micros) in micros {
        for seconds in [1, 3, 255] {
            let interval = Interval::from_secs(seconds).unwrap();
            let down = down_interval(Version::V2, Priority::new(priority), interval, DOWN_ADVERTS);
            assert_eq!(down.as_micros(), u128::from(seconds) * 3_000_000 + micros, "{priority} at {interval}");
        }
    }
}

#[test]
fn missed_adverts_can_be_counted_otherwise() {
    let down = down_interval(Version::V3, Priority::DEFAULT, Interval::DEFAULT, 100.try_into().unwrap());
    assert_eq!(down, Duration::from_micros(100_609_375));
}

#[test]
fn the_interval_of_the_master_is_learned() {
    // §7.3, V3-TM-02: own interval 100 cs, priority 100; hears 200 at 20 cs, then 200 at 400 cs.
    let mut bench = Bench::started(config().with(|it| it.priority = Priority::new(100)));
    assert_eq!(bench.left(), Duration::from_micros(3_609_375), "V3-TM-01: our own until one is learned");
    bench.hear_interval(HIGHER, 200, 20);
    assert_eq!(bench.snapshot().skew, Duration::from_micros(121_875));
    assert_eq!(bench.left(), Duration::from_micros(721_875));
    bench.hear_interval(HIGHER, 200, 400);
    assert_eq!(bench.left(), Duration::from_micros(14_437_500));
    bench.hear_interval(HIGHER, 200, 20);
    bench.pass(bench.left());
    assert_eq!(bench.left(), SECOND, "V3-TM-05: an Active keeps its own interval");
}

#[test]
fn what_is_discarded_teaches_no_interval() {
    // V3-TM-04: neither a lower priority under preemption nor priority 0.
    let mut bench = Bench::started(config());
    bench.hear_interval(LOWER, 100, 400);
    assert_eq!(bench.snapshot().active_interval, Interval::DEFAULT);
    bench.hear_interval(LOWER, 0, 400);
    assert_eq!(bench.snapshot().active_interval, Interval::DEFAULT);
    assert_eq!(bench.left(), Duration::from_nanos(414_062_500), "V3-TM-06: the present skew");
}

#[test]
fn an_active_learns_from_who_beats_it() {
    // V3-TM-02, second half; V3-TM-01 again at the next start.
    let mut bench = Bench::active(config());
    bench.hear_interval(HIGHER, 200, 20);
    assert_eq!(bench.snapshot().active_interval.centis(), 20);
    assert_eq!(bench.left(), Duration::from_nanos(600_000_000 + 82_812_500));
}

proptest! {
    /// A higher priority always waits less: the order of the election (RFC 9568 §6.1).
    #[test]
    fn waiting_falls_with_priority(lower in 1..255_u8, centis in 1..=4095_u16, v2: bool) {
        let version = if v2 { Version::V2 } else { Version::V3 };
        let interval = Interval::from_centis(centis).unwrap();
        let down = |priority| down_interval(version, Priority::new(priority), interval, DOWN_ADVERTS);
        prop_assert!(down(lower) > down(lower + 1));
        prop_assert!(skew(version, Priority::new(lower), Interval::DEFAULT) < SECOND);
    }
}
