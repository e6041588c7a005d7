//! Received before expired wins: a process that was late takes no live peer for lost.

use vrrp::Instant;
use vrrp::bfd::{Input, SessionState};

use crate::bench::{End, config, ms, says};

const START: Instant = Instant::from_nanos(1_000_000_000);

fn up() -> End {
    let mut end = End::new(START, 1, config(2));
    end.drain(START);
    let init = says(SessionState::Init, Some(&end)).write();
    end.hear(START, START, 2, &init);
    end
}

#[test]
fn packets_that_waited_count_from_when_they_were_received() {
    let mut end = up();
    // Stopped for ten seconds; the peer went on.
    let now = START + ms(10_000);
    assert!(end.sessions.has_silence_run_out(now));
    let bytes = says(SessionState::Up, Some(&end)).write();
    for received in (1..=100).map(|turn| START + ms(100) * turn) {
        end.hear(now, received, 2, &bytes);
    }
    assert!(!end.sessions.has_silence_run_out(now));
    end.wake(now);
    assert_eq!(end.state(), SessionState::Up);
    assert!(end.sessions.poll_timeout().is_some_and(|at| at <= now + ms(300)));
}

#[test]
fn while_a_socket_is_not_empty_silence_ends_with_the_last_packet_taken() {
    let mut end = up();
    let now = START + ms(10_000);
    let bytes = says(SessionState::Up, Some(&end)).write();
    end.hear(now, START + ms(100), 2, &bytes);
    end.handle(now, Input::Wake { heard_until: START + ms(200) });
    assert_eq!(end.state(), SessionState::Up);
    assert!(end.sessions.poll_timeout().is_some_and(|at| at <= now), "at once again");
    end.handle(now, Input::Wake { heard_until: START + ms(400) });
    assert_eq!(end.state(), SessionState::Down);
}

#[test]
fn an_old_packet_that_comes_last_shortens_nothing() {
    let mut end = up();
    let bytes = says(SessionState::Up, Some(&end)).write();
    end.hear(START + ms(200), START + ms(200), 2, &bytes);
    end.hear(START + ms(200), START + ms(10), 2, &bytes);
    end.wake(START + ms(499));
    assert_eq!(end.state(), SessionState::Up);
    end.wake(START + ms(500));
    assert_eq!(end.state(), SessionState::Down);
}
