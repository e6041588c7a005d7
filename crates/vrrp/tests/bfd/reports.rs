//! What is reported has limits, and the last state is reported always.

use vrrp::bfd::{EventKind, SessionState};
use vrrp::{Instant, Reading};

use crate::bench::{End, config, ms, says};

#[test]
fn a_peer_that_changes_its_mind_without_end_fills_no_log_and_routers_see_it_all() {
    let mut now = Instant::from_nanos(1_000_000_000);
    let mut end = End::new(now, 1, config(2));
    end.drain(now);
    for turn in 0..1000 {
        now = now + ms(1);
        let state = if turn % 2 == 0 { SessionState::Init } else { SessionState::Down };
        let bytes = says(state, Some(&end)).write();
        end.hear(now, now, 2, &bytes);
        end.wake(now);
    }
    assert!(end.readings.len() > 400, "{}", end.readings.len());
    let reported = |end: &End| end.events.len();
    assert!((20..=22).contains(&reported(&end)), "{} events", reported(&end));
    // Silence: it is down in the end, and that is said with what was not.
    end.wake(now + ms(5000));
    let told = end.events.iter().rev().find_map(|it| match it {
        EventKind::Changed { to, unreported, .. } => Some((Some(*to), *unreported)),
        EventKind::Flapping { unreported } => Some((None, *unreported)),
        EventKind::Discarded { .. } => None,
    });
    assert_eq!(end.last_reading(), Some(Reading::Down));
    let (to, unreported) = told.unwrap();
    assert!(to.is_none_or(|to| to == Reading::Down) && unreported > 300, "{to:?} {unreported}");
}
