//! Intervals that change, and Poll Sequences: RFC 5880 §6.5, §6.8.3.

use vrrp::Instant;
use vrrp::bfd::{ControlPacket, Input, Sequence, SessionConfig, SessionState};

use crate::bench::{End, Pair, config, ms, packet, says};

const START: Instant = Instant::from_nanos(1_000_000_000);

/// An end that is up; the test is its peer.
fn up() -> End {
    let mut end = End::new(START, 1, config(2));
    end.drain(START);
    let init = says(SessionState::Init, Some(&end)).write();
    end.hear(START, START, 2, &init);
    assert_eq!(end.state(), SessionState::Up);
    end
}

fn answer(end: &End) -> [u8; 24] {
    ControlPacket { sequence: Sequence::Final, ..says(SessionState::Up, Some(end)) }.write()
}

#[test]
fn the_first_packet_of_a_session_that_is_up_asks_whether_its_intervals_are_known() {
    let mut end = up();
    let (_, last) = end.sent.last().unwrap();
    assert_eq!((last.state, last.sequence, last.desired_tx), (SessionState::Up, Sequence::Poll, ms(100)));
    let next = end.wake(START + ms(100));
    assert_eq!(next[0].sequence, Sequence::Poll, "until it is answered");
    let bytes = answer(&end);
    end.hear(START + ms(101), START + ms(101), 2, &bytes);
    assert_eq!(end.wake(START + ms(250))[0].sequence, Sequence::None);
}

#[test]
fn a_poll_is_answered_at_once_in_every_state_and_does_not_end_ours() {
    for state in [SessionState::Down, SessionState::Init, SessionState::Up, SessionState::AdminDown] {
        let mut end = up();
        end.sent.clear();
        let poll = ControlPacket { sequence: Sequence::Poll, ..says(state, Some(&end)) };
        // However many there are: one answer to those that are read together.
        let now = START + ms(5);
        let bytes = poll.write();
        for _ in 0..3 {
            end.sessions.handle(now, Input::Packet(packet(now, 2, &bytes)));
        }
        let sent = end.drain(now);
        assert_eq!(sent.iter().map(|it| it.sequence).collect::<Vec<_>>(), [Sequence::Final], "{state:?}");
        if state == SessionState::Up {
            assert_eq!(end.wake(START + ms(100))[0].sequence, Sequence::Poll);
        }
    }
}

#[test]
fn a_slower_rate_begins_when_the_peer_knows_and_a_faster_one_at_once() {
    let mut end = up();
    let bytes = answer(&end);
    end.hear(START, START, 2, &bytes);
    end.sessions.update(START, end.id, SessionConfig { min_tx: ms(400), min_rx: ms(50), ..config(2) });
    let sent = end.drain(START);
    let told = (sent[0].sequence, sent[0].desired_tx, sent[0].required_rx);
    assert_eq!(told, (Sequence::Poll, ms(400), ms(50)));
    let known = |end: &End| (end.snapshot().transmit_interval, end.snapshot().detection_time);
    assert_eq!(known(&end), (Some(ms(100)), Some(ms(300))));
    let bytes = answer(&end);
    end.hear(START, START, 2, &bytes);
    // The peer sends once in 100 ms whatever we could take.
    assert_eq!(known(&end), (Some(ms(400)), Some(ms(300))));
    end.sessions.update(START, end.id, SessionConfig { min_tx: ms(100), min_rx: ms(200), ..config(2) });
    end.drain(START);
    assert_eq!(known(&end), (Some(ms(100)), Some(ms(600))));
}

#[test]
fn intervals_that_change_while_the_peer_is_asked_are_asked_about_again() {
    let mut end = up();
    end.sessions.update(START, end.id, SessionConfig { min_tx: ms(300), ..config(2) });
    end.drain(START);
    for (interval, sequence) in [(ms(100), Sequence::Poll), (ms(300), Sequence::None)] {
        let bytes = answer(&end);
        end.hear(START, START, 2, &bytes);
        assert_eq!(end.snapshot().transmit_interval, Some(interval));
        let now = end.sessions.poll_timeout().unwrap();
        assert_eq!(end.wake(now)[0].sequence, sequence);
    }
}

#[test]
fn a_peer_that_wants_no_packets_gets_none_but_answers() {
    let mut end = up();
    let quiet = ControlPacket { required_rx: ms(0), ..says(SessionState::Up, Some(&end)) };
    end.hear(START, START, 2, &quiet.write());
    assert_eq!(end.snapshot().transmit_interval, None);
    assert!(end.wake(START + ms(200)).is_empty());
    let poll = ControlPacket { sequence: Sequence::Poll, ..quiet };
    assert_eq!(end.hear(START, START, 2, &poll.write())[0].sequence, Sequence::Final);
}

#[test]
fn a_changed_session_stays_up_and_both_ends_follow() {
    let mut pair = Pair::up();
    let now = pair.now;
    for (tx, multiplier) in [(ms(500), 3), (ms(10), 5), (ms(10), 2)] {
        let id = pair.ends[0].id;
        let config = SessionConfig { min_tx: tx, min_rx: tx, multiplier, ..config(2) };
        pair.ends[0].sessions.update(now, id, config);
        let sent = pair.ends[0].drain(pair.now);
        pair.carry(1, &sent);
        pair.run(ms(3000));
        let right = pair.ends[1].snapshot();
        assert_eq!(right.detection_time, Some(tx.max(ms(100)) * multiplier.into()), "{tx:?}");
        assert_eq!(right.transmit_interval, Some(tx.max(ms(100))));
    }
    let events = pair.ends.iter().map(|end| end.readings.len()).collect::<Vec<_>>();
    assert_eq!(events, [1, 1], "up, and nothing since");
}
