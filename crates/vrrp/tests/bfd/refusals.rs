//! Packets that are dropped, each for its reason, and bytes of any kind.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use vrrp::bfd::{ControlPacket, Discard, EventKind, Hops, Input, Packet, SessionConfig, SessionState};
use vrrp::{IfIndex, Instant};

use crate::bench::{End, address, config, ms, packet, says};

/// Breaks a packet.
type Fault = fn(&mut [u8; 24]);

const START: Instant = Instant::from_nanos(1_000_000_000);

fn up(config: SessionConfig) -> End {
    let mut end = End::new(START, 1, config);
    end.drain(START);
    let init = says(SessionState::Init, Some(&end)).write();
    end.hear(START, START, 2, &init);
    assert_eq!(end.state(), SessionState::Up);
    end
}

#[test]
fn each_fault_has_its_reason_and_changes_nothing() {
    let faults: [(Discard, Fault); 8] = [
        (Discard::Version, |bytes| bytes[0] = 0x40),
        (Discard::Length, |bytes| bytes[3] = 23),
        (Discard::TooShort, |bytes| bytes[3] = 25),
        (Discard::Multiplier, |bytes| bytes[2] = 0),
        (Discard::Multipoint, |bytes| bytes[1] |= 1),
        (Discard::NoDiscriminator, |bytes| bytes[4..8].fill(0)),
        (Discard::NotNamed, |bytes| bytes[8..12].fill(0)),
        (Discard::Authentication, |bytes| bytes[1] |= 4),
    ];
    for (reason, fault) in faults {
        let mut end = up(config(2));
        let before = end.snapshot();
        let mut bytes = says(SessionState::Up, Some(&end)).write();
        fault(&mut bytes);
        for _ in 0..3 {
            assert!(end.hear(START + ms(50), START + ms(50), 2, &bytes).is_empty());
        }
        let after = end.snapshot();
        assert_eq!(
            (after.detection_time, after.heard, after.state),
            (before.detection_time, before.heard, before.state)
        );
        let counted: Vec<_> = after.counters.discarded.iter().collect();
        let of_none: Vec<_> = end.sessions.no_session().iter().collect();
        assert_eq!(counted.into_iter().chain(of_none).collect::<Vec<_>>(), [(reason, 3)]);
        let told = |it: &&EventKind| matches!(it, EventKind::Discarded { .. });
        assert!(end.events.iter().filter(told).count() <= 1, "told once a minute");
    }
}

#[test]
fn packets_from_too_far_away_or_for_another_port_or_session_are_dropped() {
    let far = SessionConfig { least_hop_limit: 250, ..config(2) };
    for (least, hop_limit, accepted) in [
        (config(2), Some(255), true),
        (config(2), Some(254), false),
        (config(2), None, false),
        (far.clone(), Some(250), true),
        (far, Some(249), false),
        (SessionConfig { least_hop_limit: 0, ..config(2) }, None, true),
    ] {
        let mut end = up(least);
        let down = says(SessionState::Down, Some(&end)).write();
        let packet = Packet { hop_limit, ..packet(START, 2, &down) };
        end.handle(START, Input::Packet(packet));
        assert_eq!(end.state() == SessionState::Down, accepted, "{hop_limit:?}");
    }
    let mut end = up(config(2));
    let down = says(SessionState::Down, Some(&end)).write();
    end.handle(START, Input::Packet(Packet { hops: Hops::Multiple, ..packet(START, 2, &down) }));
    let unnamed = says(SessionState::Down, None).write();
    end.handle(START, Input::Packet(packet(START, 9, &unnamed)));
    let mut other = down;
    other[8..12].fill(0xee);
    end.handle(START, Input::Packet(packet(START, 2, &other)));
    assert_eq!(end.state(), SessionState::Up);
    assert_eq!(end.sessions.no_session().iter().collect::<Vec<_>>(), [(Discard::NoSession, 3)]);
}

#[test]
fn only_the_neighbor_is_heard_and_where_it_is() {
    // The right discriminator is not enough: somebody on the way may have seen it.
    let from = |end: &End, from, to, link| {
        let down = says(SessionState::Down, Some(end)).write();
        (Packet { destination: address(to), link: IfIndex::new(link), ..packet(START, from, &[]) }, down)
    };
    let ours = SessionConfig { source: Some(address(1)), ..config(2) };
    for (config, source, to, accepted) in [
        (config(2), 2, 1, true),
        (config(2), 9, 1, false),
        (config(2), 2, 7, true),
        (ours.clone(), 2, 1, true),
        (ours, 2, 7, false),
    ] {
        let mut end = up(config);
        let (packet, payload) = from(&end, source, to, 2);
        end.handle(START, Input::Packet(Packet { payload: &payload, ..packet }));
        assert_eq!(end.state() == SessionState::Down, accepted, "{source} {to}");
        assert_eq!(end.sessions.no_session().iter().next().is_none(), accepted);
    }
    // Whoever does not name the session of one that is up must be on the link of those who do.
    for (name, link, hops, accepted) in [
        (None, Some(2), Hops::Single, true),
        (None, Some(3), Hops::Single, false),
        (None, None, Hops::Single, false),
        (None, Some(3), Hops::Multiple, true),
        (Some(()), Some(3), Hops::Single, true),
    ] {
        let mut end = End::new(START, 1, SessionConfig { hops, ..config(2) });
        end.drain(START);
        let give = |end: &mut End, state, name: Option<()>, link| {
            let payload = says(state, name.map(|()| &*end)).write();
            end.handle(START, Input::Packet(Packet { hops, link, ..packet(START, 2, &payload) }));
        };
        give(&mut end, SessionState::Init, Some(()), IfIndex::new(2));
        assert_eq!(end.state(), SessionState::Up);
        give(&mut end, SessionState::Down, name, link.and_then(IfIndex::new));
        assert_eq!(end.state() == SessionState::Down, accepted, "{name:?} {link:?} {hops:?}");
        let dropped: Vec<_> = end.snapshot().counters.discarded.iter().collect();
        assert_eq!(dropped, if accepted { vec![] } else { vec![(Discard::WrongLink, 1)] });
    }
}

#[test]
fn a_packet_that_names_no_session_keeps_none_silent_for_long() {
    // It looks like the peer's, asks for silence, and says that it will be hours until the next. The peer is passive: it waits
    // for our packets.
    let mut end = End::new(START, 1, config(2));
    end.drain(START);
    let forged = ControlPacket {
        multiplier: 255,
        desired_tx: Duration::from_micros(u32::MAX.into()),
        required_rx: Duration::ZERO,
        ..says(SessionState::Down, None)
    };
    end.hear(START, START, 2, &forged.write());
    assert_eq!((end.state(), end.snapshot().transmit_interval), (SessionState::Init, None), "as RFC 5880 §6.8.7 asks");
    assert!(end.wake(START + ms(9_999)).is_empty());
    let sent = end.wake(START + ms(10_000));
    assert_eq!(
        sent.iter().map(|it| (it.state, it.your_discriminator)).collect::<Vec<_>>(),
        [(SessionState::Down, None)]
    );
    assert!(end.snapshot().transmit_interval.is_some_and(|pace| pace <= ms(1000)), "packets go on");
    // The real peer answers them, and what it says counts.
    let now = START + ms(10_100);
    end.hear(now, now, 2, &says(SessionState::Init, Some(&end)).write());
    assert_eq!((end.state(), end.snapshot().detection_time), (SessionState::Up, Some(ms(300))));
}

#[test]
fn demand_mode_is_not_entered() {
    let mut end = up(config(2));
    let mut demand = says(SessionState::Up, Some(&end)).write();
    demand[1] |= 2;
    end.hear(START, START, 2, &demand);
    assert_eq!(end.wake(START + ms(100)).len(), 1, "packets go on");
    assert!(end.sent.iter().all(|(_, packet)| packet.write()[1] & 2 == 0));
    end.wake(START + ms(300));
    assert_eq!(end.state(), SessionState::Down, "and so does detection");
}

proptest! {
    /// Whatever comes, packets are bounded, deadlines are ahead, and a session is up only with a peer that was heard.
    #[test]
    fn any_bytes(packets in vec((vec(any::<u8>(), 0..60), any::<u8>(), 0..200_u64), 0..60), seed in any::<u8>()) {
        let mut end = End::new(START, seed, config(2));
        let mut now = START;
        end.drain(now);
        for (mut bytes, kind, pause) in packets {
            now = now + ms(pause);
            if kind & 1 == 1 && bytes.len() >= 24 {
                // One that gets past the first checks.
                (bytes[0], bytes[3]) = (0x20 | bytes[0] & 0x1f, 24);
                bytes[1] &= 0xfa;
                if kind & 2 == 2 {
                    bytes[8..12].copy_from_slice(&end.snapshot().discriminator.get().to_be_bytes());
                }
            }
            let sent = end.hear(now, now, 2, &bytes);
            prop_assert!(sent.len() <= 1);
            end.wake(now);
            prop_assert!(end.sessions.poll_timeout().is_none_or(|at| at > now));
            let snapshot = end.snapshot();
            prop_assert!(snapshot.state != SessionState::Up || snapshot.remote.is_some());
        }
    }
}
