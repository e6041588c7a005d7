//! RFC 9568 §6.4 as a table: every state, every advertisement, every preemption mode.

use std::time::Duration;

use vrrp::config::{Parameters, Preempt, RouterConfig};
use vrrp::{Priority, StateName, Version, Why};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, SECOND, config, words};
use StateName::{Active, Backup, Initialize};

/// What becomes of the timer of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    /// There is none.
    None,
    /// It goes on as if nothing had been heard.
    RunsOn,
    /// Active_Down_Timer starts anew.
    Down,
    /// Active_Down_Timer = Skew_Time.
    Skew,
    /// Adver_Timer starts anew.
    Adver,
}

const ALWAYS: Preempt = Preempt::Always;
const NEVER: Preempt = Preempt::Never;
const DELAYED: Preempt = Preempt::After(Duration::from_secs(60));
const ANY: &[Preempt] = &[ALWAYS, NEVER, DELAYED];

/// One row: rule, state, own priority, preemption, priority heard, from a lower or higher address → state, what is
/// done, timer.
struct Row(
    &'static str,
    StateName,
    u8,
    &'static [Preempt],
    &'static [u8],
    &'static [u8],
    StateName,
    &'static [&'static str],
    Timer,
);

const EITHER: &[u8] = &[LOWER, HIGHER];

/// Our priority is 150; 100 is below, 200 above, 255 the owner's.
const TABLE: &[Row] = &[
    Row("V3-ST-03", Initialize, 150, ANY, &[0, 100, 150, 200, 255], EITHER, Initialize, &[], Timer::None),
    Row("V3-ST-06", Backup, 150, ANY, &[0], EITHER, Backup, &[], Timer::Skew),
    Row("V3-ST-07", Backup, 150, ANY, &[150, 151, 200, 255], EITHER, Backup, &[], Timer::Down),
    Row("V3-ST-07", Backup, 150, &[NEVER, DELAYED], &[1, 100, 149], EITHER, Backup, &[], Timer::Down),
    Row("V3-ST-08", Backup, 150, &[ALWAYS], &[1, 100, 149], EITHER, Backup, &[], Timer::RunsOn),
    Row("V3-ST-11", Active, 150, ANY, &[0], EITHER, Active, &["send 150"], Timer::Adver),
    Row("V3-ST-12", Active, 150, ANY, &[151, 200, 255], EITHER, Backup, &["withdraw"], Timer::Down),
    Row("V3-ST-12", Active, 150, ANY, &[150], &[HIGHER], Backup, &["withdraw"], Timer::Down),
    Row("V3-ST-13", Active, 150, ANY, &[150], &[LOWER], Active, ASSERT, Timer::RunsOn),
    Row("V3-ST-13", Active, 150, ANY, &[1, 100, 149], EITHER, Active, ASSERT, Timer::RunsOn),
    // The owner: preempts whatever the mode (V3-OW-03); against another owner the address decides (EID 8298).
    Row("V3-ST-11", Active, 255, ANY, &[0], EITHER, Active, &["send 255"], Timer::Adver),
    Row("V3-ST-13", Active, 255, ANY, &[1, 150, 254], EITHER, Active, ASSERT_OWNER, Timer::RunsOn),
    Row("V3-ST-13", Active, 255, ANY, &[255], &[LOWER], Active, ASSERT_OWNER, Timer::RunsOn),
    Row("EID 8298", Active, 255, ANY, &[255], &[HIGHER], Backup, &["withdraw"], Timer::Down),
    Row("V3-OW-03", Backup, 255, ANY, &[1, 150, 254], EITHER, Backup, &[], Timer::RunsOn),
    Row("V3-ST-07", Backup, 255, ANY, &[255], EITHER, Backup, &[], Timer::Down),
    Row("V3-ST-06", Backup, 255, ANY, &[0], EITHER, Backup, &[], Timer::Skew),
];

const ASSERT: &[&str] = &["send 150", "announce 5 InferiorAdvert"];
const ASSERT_OWNER: &[&str] = &["send 255", "announce 5 InferiorAdvert"];

/// A router in a state, half a second after it entered it.
fn router_in(state: StateName, config: RouterConfig) -> Bench {
    let is_owner = config.parameters.priority.is_owner();
    let mut bench = match state {
        Initialize => Bench::new(config),
        Backup if is_owner => {
            let mut bench = Bench::active(config);
            bench.hear(HIGHER, 255);
            bench
        }
        Backup => Bench::started(config),
        Active => Bench::active(config),
    };
    assert_eq!(bench.state(), state);
    bench.pass(500 * MILLISECOND);
    bench
}

fn check(row: &Row, version: Version, preempt: Preempt, heard: u8, from: u8) {
    let Row(rule, state, ours, _, _, _, next, done, timer) = row;
    let case = format!("{rule}: {ours} in {state:?}, {version}, {preempt:?}, hears {heard} from .{from}");
    let mut bench = router_in(
        *state,
        config().with(|it| *it = Parameters { priority: Priority::new(*ours), preempt, version, ..*it }),
    );
    let before = bench.engine.poll_timeout();
    let actions = bench.hear(from, heard);
    assert_eq!(bench.state(), *next, "{case}");
    assert_eq!(words(&actions), *done, "{case}");
    let snapshot = bench.snapshot();
    let left = bench.engine.poll_timeout().map(|deadline| (deadline.at.since(bench.now), deadline.why));
    match timer {
        Timer::None => assert_eq!(left, None, "{case}"),
        Timer::RunsOn => assert_eq!(bench.engine.poll_timeout(), before, "{case}"),
        Timer::Down => assert_eq!(left, Some((snapshot.down_interval, Why::ActiveDown)), "{case}"),
        Timer::Skew => assert_eq!(left, Some((snapshot.skew, Why::ActiveDown)), "{case}"),
        Timer::Adver => assert_eq!(left, Some((SECOND, Why::Advertise)), "{case}"),
    }
}

#[test]
fn every_cell_of_the_table_holds() {
    let mut cells = 0;
    for row in TABLE {
        let Row(_, _, _, preempts, priorities, addresses, ..) = row;
        for version in [Version::V2, Version::V3] {
            for preempt in *preempts {
                for (heard, from) in priorities.iter().flat_map(|heard| addresses.iter().map(move |from| (heard, from)))
                {
                    check(row, version, *preempt, *heard, *from);
                    cells += 1;
                }
            }
        }
    }
    assert_eq!(cells, 2 * (3 * (10 + 2 + 8 + 2 + 6 + 1 + 1 + 6 + 2 + 6 + 1 + 1 + 6 + 2 + 2) + 2 * 6 + 6));
}

#[test]
fn a_backup_takes_over_when_its_timer_expires() {
    // V3-ST-05: advertisement, announcement, addresses; Adver_Timer = Advertisement_Interval.
    let mut bench = Bench::started(config());
    assert_eq!(words(&bench.pass(bench.left() - Duration::from_nanos(1))), [""; 0]);
    let actions = bench.pass(Duration::from_nanos(1));
    assert_eq!(words(&actions), ["send 150", "announce 1 Takeover", "install"]);
    assert_eq!((bench.state(), bench.left()), (Active, SECOND));
}

#[test]
fn a_backup_is_silent() {
    // V3-TX-08.
    let mut bench = Bench::started(config());
    for _ in 0..100 {
        assert_eq!(words(&bench.pass(SECOND)), [""; 0]);
        assert_eq!(words(&bench.hear(LOWER, 200)), [""; 0]);
    }
    assert_eq!(bench.snapshot().counters.received, 100);
}

#[test]
fn equal_backups_never_look_at_addresses() {
    // §8.1 consequence (a).
    let mut bench = Bench::started(config());
    bench.pass(SECOND);
    bench.hear(LOWER, 150);
    assert_eq!(bench.left(), bench.snapshot().down_interval);
}

#[test]
fn preemption_counts_from_entering_backup() {
    // §7.3: Backup 200 against Active 100, takeover 3218.75 ms after it started, whatever it hears.
    let mut bench = Bench::started(config().with(|it| it.priority = Priority::new(200)));
    let started = bench.now;
    for _ in 0..3 {
        bench.pass(SECOND);
        bench.hear(LOWER, 100);
    }
    bench.pass(bench.left());
    assert_eq!(bench.state(), Active);
    assert_eq!(bench.now.since(started), Duration::from_micros(3_218_750));
}

#[test]
fn version_2_learns_nothing() {
    // V2-ST-01, V2-TM-01: restart the timer with our own interval and a skew that is a part of a second.
    let interval = vrrp::Interval::from_secs(3).unwrap();
    let mut bench = Bench::started(config().with(|it| *it = Parameters { version: Version::V2, interval, ..*it }));
    bench.pass(SECOND);
    bench.hear(LOWER, 200);
    assert_eq!(bench.left(), Duration::from_nanos(9_414_062_500));
}
