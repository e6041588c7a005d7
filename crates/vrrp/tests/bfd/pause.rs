//! A pause in which another program takes the place of this one: peers agree to it before (RFC 5880 §6.8.3), sessions go on in
//! another process, and intervals are as before.

use vrrp::bfd::{
    Consent, ControlPacket, EventKind, Input, KnownSession, Reason, Sequence, SessionConfig, SessionState, Sessions,
};
use vrrp::{Instant, Reading, TrackerId};

use crate::bench::{End, Pair, Wire, config, ms, packet, says};

const START: Instant = Instant::from_nanos(1_000_000_000);

/// An end that is up, and whose peer, the test, knows its intervals.
fn up(config: SessionConfig) -> End {
    let mut end = End::new(START, 1, config);
    end.drain(START);
    let init = says(SessionState::Init, Some(&end)).write();
    end.hear(START, START, 2, &init);
    answer(&mut end, START);
    assert_eq!(end.state(), SessionState::Up);
    end
}

fn answer(end: &mut End, now: Instant) {
    let bytes = ControlPacket { sequence: Sequence::Final, ..says(SessionState::Up, Some(end)) }.write();
    end.hear(now, now, 2, &bytes);
}

/// What is known of the one session of this end, as another program reads it.
fn known(end: &End) -> KnownSession {
    let (_, known) = end.sessions.known().next().unwrap();
    serde_json::from_slice(&serde_json::to_vec(&known).unwrap()).unwrap()
}

/// Another program in the place of this end's.
fn go_on(end: &mut End, now: Instant, deaf_since: Instant, config: SessionConfig) -> Vec<ControlPacket> {
    let known = known(end);
    end.sessions = Sessions::new();
    end.id = end.sessions.resume(now, deaf_since, config, 4711, known);
    end.drain(now)
}

#[test]
fn the_longer_interval_is_used_once_the_peer_knows_and_covers_the_silence_with_every_multiplier() {
    for (multiplier, interval) in [(1, 4000), (3, 1334), (5, 800), (40, 100), (255, 100)] {
        let mut end = up(SessionConfig { multiplier, ..config(2) });
        let sent = end.handle(START + ms(1), Input::Pause);
        if interval == 100 {
            assert!(sent.is_empty(), "as configured");
        } else {
            let told = (sent[0].sequence, sent[0].desired_tx, sent[0].required_rx);
            assert_eq!(told, (Sequence::Poll, ms(interval), ms(100)));
            assert_eq!((end.snapshot().transmit_interval, end.sessions.bear_silence()), (Some(ms(100)), false));
            assert!(end.consents.is_empty());
            answer(&mut end, START + ms(2));
        }
        assert_eq!(end.snapshot().transmit_interval, Some(ms(interval)));
        assert_eq!((&end.consents[..], end.sessions.bear_silence()), (&[Consent::Given][..], true));
        let sent = end.handle(START + ms(3), Input::EndPause);
        assert!(sent.iter().all(|it| (it.sequence, it.desired_tx) == (Sequence::Poll, ms(100))));
        assert_eq!(end.snapshot().transmit_interval, Some(ms(100)), "a faster rate at once");
    }
}

#[test]
fn a_session_goes_on_after_a_silence_that_the_peer_has_agreed_to() {
    let mut pair = Pair::up();
    let (now, before) = (pair.now, [pair.ends[0].snapshot(), pair.ends[1].snapshot()]);
    let sent = pair.ends[0].handle(now, Input::Pause);
    pair.carry(1, &sent);
    pair.run(ms(5));
    assert_eq!(pair.ends[0].consents, [Consent::Given]);
    assert_eq!(pair.ends[1].snapshot().detection_time, Some(ms(4002)));
    // It has sent a moment ago, and sends no second time.
    let now = pair.now;
    pair.ends[0].sessions.speak_now(now);
    assert!(pair.ends[0].drain(now).is_empty());
    pair.run(ms(200));
    let deaf_since = pair.now;
    pair.ends[0].sessions.speak_now(deaf_since);
    let sent = pair.ends[0].drain(deaf_since);
    assert_eq!(sent.len(), 1);
    pair.carry(1, &sent);
    // Nobody is there.
    let gone = std::mem::replace(&mut pair.ends[0].sessions, Sessions::new());
    pair.run(ms(3900));
    pair.ends[0].sessions = gone;
    let now = pair.now;
    let sent = go_on(&mut pair.ends[0], now, deaf_since, config(2));
    assert_eq!(sent.iter().map(|it| (it.state, it.desired_tx)).collect::<Vec<_>>(), [(SessionState::Up, ms(1334))]);
    pair.carry(1, &sent);
    // What the peer sent meanwhile is lost, and it is given the whole detection time from now on.
    pair.ends[0].wake(now);
    pair.run(ms(50));
    let now = pair.now;
    let sent = pair.ends[0].handle(now, Input::EndPause);
    pair.carry(1, &sent);
    pair.run(ms(5000));
    for (end, before) in pair.ends.iter().zip(&before) {
        let after = end.snapshot();
        assert_eq!(
            (after.state, after.since, after.discriminator),
            (SessionState::Up, before.since, before.discriminator)
        );
        assert_eq!((after.transmit_interval, after.detection_time), (Some(ms(100)), Some(ms(300))));
        assert!(after.counters.received > before.counters.received && after.counters.sent > before.counters.sent);
        assert_eq!((end.readings.len(), end.events.len()), (1, 1), "up, and nothing since");
    }
    assert!(pair.ends[0].sent.iter().rev().take(10).all(|(_, it)| it.sequence == Sequence::None));
    // It is watched as ever.
    pair.wire = Wire::Cut;
    pair.run(ms(301));
    assert_eq!(pair.states(), [SessionState::Down; 2]);
    let lost = |end: &End| matches!(end.events.last(), Some(EventKind::Changed { from: Reading::Up, .. }));
    assert!(pair.ends.iter().all(lost), "from what was reported before");
}

#[test]
fn a_peer_that_does_not_answer_is_named_and_all_poll_back() {
    let mut end = up(config(2));
    let willing = SessionConfig { tracker: TrackerId(3), neighbor: crate::bench::address(3), ..config(2) };
    end.sessions.add(START, willing, 99);
    end.drain(START);
    let second = |end: &End| end.sessions.snapshots().find(|it| it.tracker == TrackerId(3)).unwrap();
    let to_second = |end: &End, state, sequence| {
        let your_discriminator = Some(second(end).discriminator);
        ControlPacket { your_discriminator, sequence, ..says(state, None) }.write()
    };
    for (state, sequence) in [(SessionState::Init, Sequence::None), (SessionState::Up, Sequence::Final)] {
        let bytes = to_second(&end, state, sequence);
        end.hear(START, START, 3, &bytes);
    }
    let mut now = START + ms(1);
    end.handle(now, Input::Pause);
    let bytes = to_second(&end, SessionState::Up, Sequence::Final);
    end.hear(now, now, 3, &bytes);
    assert_eq!(second(&end).transmit_interval, Some(ms(1334)));
    while now < START + ms(2000) {
        assert!(end.consents.is_empty());
        assert_eq!(end.snapshot().transmit_interval, Some(ms(100)), "it does not know");
        now = now + ms(50);
        for (from, bytes) in
            [(2, says(SessionState::Up, Some(&end)).write()), (3, to_second(&end, SessionState::Up, Sequence::None))]
        {
            end.hear(now, now, from, &bytes);
        }
        end.wake(now);
    }
    assert_eq!(end.consents, [Consent::Missing(vec![TrackerId(2)])]);
    assert_eq!(second(&end).transmit_interval, Some(ms(100)));
    let (_, last) = end.sent.iter().rev().find(|(_, it)| it.your_discriminator.is_some()).unwrap();
    assert_eq!((last.desired_tx, last.sequence), (ms(100), Sequence::Poll));
    assert_eq!(end.readings.iter().filter(|(_, reading)| *reading != Reading::Up).count(), 0);
    // Another may follow.
    end.handle(now, Input::Pause);
    for _ in 0..2 {
        answer(&mut end, now);
        let bytes = to_second(&end, SessionState::Up, Sequence::Final);
        end.hear(now, now, 3, &bytes);
    }
    assert_eq!(end.consents.last(), Some(&Consent::Given));
}

#[test]
fn an_answer_that_was_asked_for_before_is_no_consent() {
    let mut end = End::new(START, 1, config(2));
    end.drain(START);
    let init = says(SessionState::Init, Some(&end)).write();
    end.hear(START, START, 2, &init);
    end.handle(START, Input::Pause);
    answer(&mut end, START);
    assert!(end.consents.is_empty(), "to the poll of a session that has come up");
    answer(&mut end, START);
    assert_eq!(end.consents, [Consent::Given]);
}

#[test]
fn a_peer_that_polls_at_that_moment_gets_its_answer_and_gives_ours() {
    let mut end = up(config(2));
    let now = START + ms(50);
    let poll = ControlPacket { sequence: Sequence::Poll, ..says(SessionState::Up, Some(&end)) }.write();
    end.sessions.handle(now, Input::Packet(packet(now, 2, &poll)));
    let mut sent = end.handle(now, Input::Pause);
    sent.extend(end.wake(START + ms(101)));
    let said: Vec<_> = sent.iter().map(|it| (it.sequence, it.desired_tx)).collect();
    assert_eq!(said, [(Sequence::Final, ms(1334)), (Sequence::Poll, ms(1334))]);
    answer(&mut end, START + ms(102));
    assert_eq!(end.consents, [Consent::Given]);
    // Its Poll waited while nobody was there.
    let now = START + ms(200);
    go_on(&mut end, now, START + ms(110), config(2));
    assert_eq!(end.hear(now, START + ms(150), 2, &poll)[0].sequence, Sequence::Final);
}

#[test]
fn a_session_that_comes_up_in_a_pause_is_asked_as_well() {
    let mut end = End::new(START, 1, config(2));
    end.drain(START);
    end.handle(START, Input::Pause);
    assert_eq!(end.consents, [Consent::Given], "there is nothing that a peer could lose");
    let init = says(SessionState::Init, Some(&end)).write();
    let sent = end.hear(START, START, 2, &init);
    assert_eq!((sent[0].sequence, sent[0].desired_tx), (Sequence::Poll, ms(1334)));
    assert!(!end.sessions.bear_silence());
    answer(&mut end, START);
    assert!(end.sessions.bear_silence());
    // A peer that wants no packets misses none.
    let mut end = up(config(2));
    let quiet = ControlPacket { required_rx: ms(0), ..says(SessionState::Up, Some(&end)) };
    end.hear(START, START, 2, &quiet.write());
    end.handle(START, Input::Pause);
    assert_eq!(end.consents, [Consent::Given]);
}

#[test]
fn sessions_that_are_not_up_go_on_as_what_they_are() {
    // One that nobody has heard yet has the rest of its time to come up.
    let mut end = End::new(START, 1, config(2));
    end.drain(START);
    let (deaf_since, now) = (START + ms(100), START + ms(600));
    let sent = go_on(&mut end, now, deaf_since, config(2));
    assert!(sent.is_empty(), "once a second, as before");
    end.wake(START + ms(3499));
    assert!(end.readings.is_empty());
    end.wake(START + ms(3500));
    assert_eq!(end.last_reading(), Some(Reading::Down));
    let never = Reason::NeverUp { last_heard: None };
    assert!(matches!(end.events[..], [EventKind::Changed { reason, .. }] if reason == never));
    // One that is down stays down without a word, and comes up.
    end.wake(START + ms(4000));
    let now = START + ms(4100);
    go_on(&mut end, now, now, config(2));
    end.handle(now, Input::EndPause);
    assert_eq!((end.readings.len(), end.events.len(), end.state()), (1, 1, SessionState::Down));
    let init = says(SessionState::Init, Some(&end)).write();
    let sent = end.hear(now, now, 2, &init);
    assert_eq!((end.state(), sent[0].desired_tx), (SessionState::Up, ms(100)));
    let changed = |it: &EventKind| matches!(it, EventKind::Changed { from: Reading::Down, to: Reading::Up, .. });
    assert!(end.events.last().is_some_and(changed), "{:?}", end.events);
}

#[test]
fn a_configuration_may_be_another_and_what_is_no_session_is_refused() {
    let mut end = up(config(2));
    end.handle(START, Input::Pause);
    answer(&mut end, START);
    let same = known(&end);
    let other = SessionConfig { min_tx: ms(20), min_rx: ms(50), tracker: TrackerId(8), ..config(2) };
    go_on(&mut end, START + ms(100), START, other.clone());
    end.handle(START + ms(100), Input::EndPause);
    let (_, last) = end.sent.last().unwrap();
    assert_eq!((last.desired_tx, last.required_rx, last.sequence), (ms(20), ms(50), Sequence::Poll));
    assert_eq!((end.snapshot().tracker, end.state()), (TrackerId(8), SessionState::Up));
    // A second one of that discriminator begins anew.
    let elsewhere = SessionConfig { neighbor: crate::bench::address(9), ..other };
    end.sessions.resume(START, START, elsewhere, 5, same.clone());
    let states: Vec<_> = end.sessions.snapshots().map(|it| it.state).collect();
    assert_eq!(states, [SessionState::Up, SessionState::Down]);
    let text = serde_json::to_string(&same).unwrap();
    for (right, wrong) in [("\"state\":\"Up\"", "\"state\":\"Sideways\""), ("\"multiplier\":3", "\"multiplier\":300")] {
        assert!(text.contains(right), "{text}");
        assert!(serde_json::from_str::<KnownSession>(&text.replace(right, wrong)).is_err(), "{wrong}");
    }
    // A number that makes no sense is no reason to panic.
    let far = text.replace("\"secs\":0", "\"secs\":18446744073709551615");
    let far = far.replace("\"secs\":1,", "\"secs\":18446744073709551615,");
    let absurd = serde_json::from_str::<KnownSession>(&far).unwrap();
    let mut sessions = Sessions::new();
    sessions.resume(START, START, config(2), 5, absurd);
    sessions.handle(START + ms(1), Input::EndPause);
    while sessions.poll_action(START + ms(1)).is_some() {}
}
