//! Two ends: coming up, going down, stopping.

use std::time::Duration;

use vrrp::bfd::{Diag, EventKind, Hops, Input, Reason, SessionConfig, SessionRole, SessionState};
use vrrp::{Reading, TrackerId};

use crate::bench::{End, Pair, Wire, address, config, ms};

#[test]
fn two_ends_come_up_within_two_slow_intervals_and_then_send_at_the_rate_both_can_bear() {
    let slower = SessionConfig { min_rx: ms(250), min_tx: ms(20), ..config(1) };
    let mut pair = Pair::new([config(2), slower]);
    pair.run(ms(2000));
    assert_eq!(pair.states(), [SessionState::Up; 2]);
    assert!(pair.ends.iter().all(|end| end.last_reading() == Some(Reading::Up)));
    let [left, right] = [pair.ends[0].snapshot(), pair.ends[1].snapshot()];
    assert_eq!(left.transmit_interval, Some(ms(250)), "the peer takes no more");
    assert_eq!(right.transmit_interval, Some(ms(100)), "we take no more");
    assert_eq!((left.detection_time, right.detection_time), (Some(ms(300)), Some(ms(750))));
    assert_eq!(left.remote.unwrap().discriminator, right.discriminator);
    assert_eq!((left.diag, left.remote.unwrap().diag), (Diag::NONE, Diag::NONE));
    let before = pair.ends[0].sent.len();
    pair.run(ms(10_000));
    let sent = pair.ends[0].sent.len() - before;
    assert!((40..=54).contains(&sent), "{sent} packets in 10 s, each up to a quarter early");
    assert_eq!(pair.states(), [SessionState::Up; 2]);
}

#[test]
fn a_peer_that_falls_silent_is_lost_after_the_detection_time_and_found_again() {
    let mut pair = Pair::up();
    pair.wire = Wire::Cut;
    let cut = pair.now;
    pair.run(ms(301));
    for end in &pair.ends {
        let (at, reading) = *end.readings.last().unwrap();
        assert_eq!(reading, Reading::Down);
        assert!(at.since(cut) > ms(199) && at.since(cut) <= ms(301), "{:?}", at.since(cut));
        assert!(matches!(end.events.last(), Some(EventKind::Changed {
            reason: Reason::Silent { detection_time }, from: Reading::Up, .. }) if *detection_time == ms(300)));
        assert_eq!((end.snapshot().diag, end.snapshot().remote), (Diag::SILENT, None));
        let (_, last) = end.sent.last().unwrap();
        assert_eq!((last.state, last.your_discriminator), (SessionState::Down, None));
    }
    // Slow while it is down.
    let before = pair.ends[0].sent.len();
    pair.run(ms(10_000));
    assert!((10..=14).contains(&(pair.ends[0].sent.len() - before)));
    pair.wire = Wire::Whole;
    pair.run(ms(2000));
    assert_eq!(pair.states(), [SessionState::Up; 2]);
}

#[test]
fn one_direction_is_not_enough() {
    let mut pair = Pair::up();
    // The left one hears, and is not heard.
    let since = pair.now;
    while pair.now.since(since) < ms(2000) {
        let next = pair.ends.iter().filter_map(|end| end.sessions.poll_timeout()).min().unwrap();
        pair.now = pair.now.max(next);
        let now = pair.now;
        pair.ends[0].wake(now);
        for packet in pair.ends[1].wake(now) {
            pair.ends[0].hear(now, now, 2, &packet.write());
        }
    }
    let [left, right] = pair.states();
    assert!(left != SessionState::Up && right == SessionState::Down, "{left:?} {right:?}");
    assert_eq!(pair.ends[0].last_reading(), Some(Reading::Down));
    assert!(pair.ends[0].events.iter().any(|it| matches!(
        it,
        EventKind::Changed {
            reason: Reason::Signalled { state: SessionState::Down, diag: Diag::SILENT },
            to: Reading::Down,
            ..
        }
    )));
}

#[test]
fn a_peer_that_stops_on_purpose_says_so_and_is_down_at_once() {
    let mut pair = Pair::up();
    let now = pair.now;
    let sent = pair.ends[0].handle(now, Input::Shutdown);
    assert_eq!((sent[0].state, sent[0].diag, sent.len()), (SessionState::AdminDown, Diag::STOPPED, 1));
    pair.carry(1, &sent);
    pair.run(ms(1));
    assert_eq!(pair.states(), [SessionState::AdminDown, SessionState::Down]);
    assert_eq!(pair.ends[1].last_reading(), Some(Reading::Down));
    let stopped = Reason::Signalled { state: SessionState::AdminDown, diag: Diag::STOPPED };
    assert!(matches!(pair.ends[1].events.last(), Some(EventKind::Changed { reason, .. }) if *reason == stopped));
    // It says nothing more, hears nothing more, and reports nothing of itself.
    let (events, sent) = (pair.ends[0].events.len(), pair.ends[0].sent.len());
    pair.run(ms(5000));
    assert_eq!((pair.ends[0].events.len(), pair.ends[0].sent.len()), (events, sent));
    assert_eq!(pair.states(), [SessionState::AdminDown, SessionState::Down]);
}

#[test]
fn a_peer_that_was_started_anew_is_noticed_before_the_detection_time() {
    let slow = |neighbor| SessionConfig { multiplier: 255, ..config(neighbor) };
    let mut pair = Pair::new([slow(2), slow(1)]);
    pair.run(ms(5000));
    let before = pair.ends[1].snapshot().discriminator;
    let mut anew = slow(1);
    anew.tracker = TrackerId(9);
    pair.ends[1] = End::new(pair.now, 3, anew);
    // It has the old address, of course.
    pair.run(ms(2500));
    assert_eq!(pair.states(), [SessionState::Up; 2]);
    assert_eq!(
        pair.ends[0].readings.iter().map(|it| it.1).collect::<Vec<_>>(),
        [Reading::Up, Reading::Down, Reading::Up]
    );
    assert_ne!(pair.ends[0].snapshot().remote.unwrap().discriminator, before);
}

#[test]
fn who_is_passive_waits_for_the_peer() {
    let passive = |neighbor| SessionConfig { role: SessionRole::Passive, ..config(neighbor) };
    let mut pair = Pair::new([passive(2), passive(1)]);
    pair.run(ms(10_000));
    assert!(pair.ends.iter().all(|end| end.sent.is_empty() && end.last_reading() == Some(Reading::Down)));
    let mut pair = Pair::new([passive(2), config(1)]);
    pair.run(ms(2000));
    assert_eq!(pair.states(), [SessionState::Up; 2]);
    pair.wire = Wire::Cut;
    pair.run(ms(1000));
    let before = pair.ends[0].sent.len();
    pair.run(ms(10_000));
    assert_eq!(pair.ends[0].sent.len(), before, "silent again once the peer is lost");
    pair.wire = Wire::Whole;
    pair.run(ms(2000));
    assert_eq!(pair.states(), [SessionState::Up; 2]);
}

#[test]
fn a_session_reads_nothing_until_it_is_up_or_had_time_to_come_up() {
    let mut pair = Pair::new([config(2), config(1)]);
    pair.wire = Wire::Cut;
    pair.run(ms(2999));
    assert!(pair.ends[0].readings.is_empty());
    pair.run(ms(1));
    assert_eq!(pair.ends[0].last_reading(), Some(Reading::Down));
    let never = Reason::NeverUp { last_heard: None };
    assert!(matches!(pair.ends[0].events[..], [EventKind::Changed { reason, .. }] if reason == never));
    pair.wire = Wire::Whole;
    pair.run(ms(2000));
    assert_eq!(pair.ends[0].last_reading(), Some(Reading::Up));
}

#[test]
fn of_two_sessions_with_one_neighbor_each_has_its_own_packets() {
    let now = vrrp::Instant::from_nanos(1);
    let mut end = End::new(now, 1, SessionConfig { source: Some(address(1)), ..config(2) });
    let other = SessionConfig { tracker: TrackerId(50), hops: Hops::Multiple, ..config(2) };
    end.sessions.add(now, other.clone(), 50);
    let third = SessionConfig { tracker: TrackerId(51), source: Some(address(200)), ..config(2) };
    end.sessions.add(now, third, 51);
    end.drain(now);
    let bytes = crate::bench::says(SessionState::Down, None).write();
    end.hear(now, now, 2, &bytes);
    let states = |end: &End| {
        let mut states: Vec<_> = end.sessions.snapshots().map(|it| (it.tracker.0, it.state)).collect();
        states.sort_unstable();
        states
    };
    use SessionState::{Down, Init};
    assert_eq!(states(&end), [(2, Init), (50, Down), (51, Down)]);
    // A removed one has no packets, and leaves those of the others alone.
    end.sessions.remove(end.id);
    end.hear(now, now, 2, &bytes);
    assert_eq!(states(&end), [(50, Down), (51, Down)]);
    assert_eq!(end.sessions.no_session().iter().count(), 1);
    assert!(end.sessions.poll_timeout().is_some_and(|at| at.since(now) <= Duration::from_secs(1)));
}
