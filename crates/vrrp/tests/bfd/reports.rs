//! What is reported has limits, and the last state is reported always.

use vrrp::bfd::{EventKind, Input, Sequence, SessionState};
use vrrp::{Instant, Reading};

use crate::bench::{End, config, ms, says};

const START: Instant = Instant::from_nanos(1_000_000_000);

#[test]
fn a_peer_that_changes_its_mind_without_end_fills_no_log_and_moves_no_router_without_end() {
    let mut now = START;
    let mut end = End::new(now, 1, config(2));
    end.drain(now);
    for turn in 0..1000 {
        now = now + ms(1);
        let state = if turn % 2 == 0 { SessionState::Init } else { SessionState::Down };
        let bytes = says(state, Some(&end)).write();
        end.hear(now, now, 2, &bytes);
        end.wake(now);
    }
    assert!((20..=22).contains(&end.readings.len()), "{}", end.readings.len());
    let reported = |end: &End| end.events.len();
    assert!((20..=22).contains(&reported(&end)), "{} events", reported(&end));
    // Silence: it is down in the end, and that is said with what was not.
    end.wake(now + ms(5000));
    let told = end.events.iter().rev().find_map(|it| match it {
        EventKind::Changed { to, .. } => Some(*to),
        EventKind::Flapping { .. } | EventKind::Discarded { .. } => None,
    });
    assert_eq!((end.last_reading(), told), (Some(Reading::Down), Some(Reading::Down)));
}

#[test]
fn a_session_that_is_stopped_says_slow_intervals_and_asks_nothing() {
    // RFC 5880 §6.8.3: a second at least unless it is up.
    let mut end = End::new(START, 1, config(2));
    end.drain(START);
    end.hear(START, START, 2, &says(SessionState::Init, Some(&end)).write());
    assert_eq!(end.sent.last().map(|(_, packet)| packet.sequence), Some(Sequence::Poll));
    let said = end.handle(START + ms(10), Input::Shutdown);
    let said = said.last().unwrap();
    assert_eq!((said.state, said.sequence, said.desired_tx), (SessionState::AdminDown, Sequence::None, ms(1000)));
}

#[test]
fn a_session_that_flaps_gives_few_readings_and_counts_as_up_once_it_stays_up() {
    let mut end = End::new(START, 1, config(2));
    end.drain(START);
    let mut now = START;
    for turn in 0..1000 {
        now = now + ms(5);
        let state = if turn % 2 == 0 { SessionState::Init } else { SessionState::Down };
        end.hear(now, now, 2, &says(state, Some(&end)).write());
        end.wake(now);
    }
    assert!(end.readings.len() == 20, "{}", end.readings.len());
    assert_eq!(end.last_reading(), Some(Reading::Down), "down is said at once");
    // It stays up.
    let mut stay = |end: &mut End, millis: u64| {
        for _ in 0..millis / 50 {
            now = now + ms(50);
            end.hear(now, now, 2, &says(SessionState::Init, Some(end)).write());
            end.wake(now);
        }
        now
    };
    stay(&mut end, 900);
    assert_eq!((end.state(), end.last_reading()), (SessionState::Up, Some(Reading::Down)));
    assert!(end.snapshot().counts_from.is_some(), "whoever asks for it is told");
    stay(&mut end, 200);
    assert_eq!((end.last_reading(), end.snapshot().counts_from), (Some(Reading::Up), None));
    // After a while without such it is again trusted at once.
    let now = stay(&mut end, 30_000);
    for (state, reading) in [(SessionState::Down, Reading::Down), (SessionState::Init, Reading::Up)] {
        end.hear(now, now, 2, &says(state, Some(&end)).write());
        assert_eq!(end.last_reading(), Some(reading));
    }
}
