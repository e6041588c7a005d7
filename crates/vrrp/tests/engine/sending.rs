//! What an Active sends, and when.

use std::time::Duration;

use vrrp::config::{AnnouncePlan, ChecksumPolicy, Parameters, RouterConfig, SourceMac};
use vrrp::wire::ChecksumForm;
use vrrp::{Engine, Input, Interval, Priority, Vrid, Why};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, SECOND, config, parent, v2_config, virtual_address, words};

#[test]
fn adverts_do_not_drift() {
    // Each wake-up is 3 ms late; a thousand intervals later the grid is the same.
    let mut bench = Bench::active(config());
    let start = bench.now;
    for second in 1..=1000_u32 {
        let due = bench.engine.poll_timeout().unwrap();
        assert_eq!(due.at.since(start), second * SECOND);
        let late = due.at.since(bench.now) + 3 * MILLISECOND;
        assert!(words(&bench.oversleep(late)).contains(&"send 150".to_owned()));
    }
}

#[test]
fn missed_adverts_are_not_sent_in_a_burst() {
    let mut bench = Bench::active(config().with(|it| it.announce = QUIET));
    let actions = bench.oversleep(3_700 * MILLISECOND);
    assert_eq!(words(&actions), ["send 150"]);
    assert_eq!(bench.left(), 300 * MILLISECOND, "back on the grid");
}

const QUIET: AnnouncePlan = AnnouncePlan { delay: Duration::ZERO, ..AnnouncePlan::DEFAULT };

#[test]
fn addresses_are_announced_at_once_later_and_for_ever() {
    let announce = AnnouncePlan {
        repeat: 3,
        delay: Duration::from_millis(2_500),
        refresh: Duration::from_millis(10_200),
        refresh_repeat: 2,
        ..AnnouncePlan::DEFAULT
    };
    let mut bench = Bench::started(config().with(|it| it.announce = announce));
    let takeover = bench.pass(bench.left());
    assert_eq!(words(&takeover), ["send 150", "announce 1 Takeover", "install"]);
    assert_eq!(announced(&bench.pass(2_499 * MILLISECOND)), [""; 0]);
    assert_eq!(bench.engine.poll_timeout().unwrap().why, Why::Announce);
    assert_eq!(announced(&bench.pass(MILLISECOND)), ["announce 3 Delayed"]);
    assert_eq!(announced(&bench.pass(10_199 * MILLISECOND)), [""; 0]);
    assert_eq!(announced(&bench.pass(MILLISECOND)), ["announce 2 Refresh"]);
    assert_eq!(announced(&bench.pass(102 * SECOND)), ["announce 2 Refresh"; 10]);
    bench.hear(HIGHER, 200);
    assert_eq!(announced(&bench.pass(3 * SECOND)), [""; 0], "a backup announces nothing");
}

fn announced(actions: &[vrrp::Action]) -> Vec<String> {
    words(actions).into_iter().filter(|word| word.starts_with("announce")).collect()
}

#[test]
fn all_adverts_of_a_batch_come_first() {
    let mut engine = Engine::new();
    let now = vrrp::Instant::from_nanos(1);
    for vrid in 1..=3 {
        let vrid = Vrid::new(vrid).unwrap();
        let router = engine.add(now, RouterConfig { vrid, ..config().with(|it| it.priority = Priority::OWNER) });
        engine.handle(now, Input::Parent { router, parent: parent() });
    }
    engine.handle(now, Input::Shutdown { router: None });
    let actions: Vec<_> = std::iter::from_fn(|| engine.poll_action()).collect();
    let words = words(&actions);
    assert_eq!(words[..6], ["send 255", "send 255", "send 255", "send 0", "send 0", "send 0"]);
    assert_eq!(words[6..], ["install", "install", "install", "withdraw", "withdraw", "withdraw"]);
}

#[test]
fn adverts_carry_what_is_configured() {
    // V3-TX-01, V3-PK-09, V3-TX-12.
    let addresses = vec![virtual_address(), crate::bench::host(253)];
    let interval = Interval::from_centis(25).unwrap();
    let mut bench =
        Bench::started(RouterConfig { addresses: addresses.clone(), ..config().with(|it| it.interval = interval) });
    let actions = bench.pass(bench.left());
    assert_eq!(bench.message(&actions[0]), (Priority::new(150), interval, ChecksumForm::Rfc5798, addresses));
    assert_eq!(bench.left(), interval.duration());
}

#[test]
fn version_2_adverts_carry_the_password() {
    // V2-AU-01.
    let mut bench = Bench::started(v2_config(b"s3cret\0\0"));
    let actions = bench.pass(bench.left());
    let vrrp::Action::Transmit(transmit) = &actions[0] else { panic!("{actions:?}") };
    let mut bytes = [0; 40];
    assert_eq!(bench.engine.write_packet(transmit, &mut bytes), Some(20 + 20));
    assert_eq!(bytes[20..26], [0x21, 5, 150, 1, 1, 1]);
    assert_eq!(bytes[32..], *b"s3cret\0\0");
    assert_eq!(bench.engine.write_packet(transmit, &mut [0; 39]), None);
}

#[test]
fn the_checksum_form_is_the_masters() {
    // V3-CK-06, DESIGN §8: RFC 5798's until anyone was heard, then that of whoever is in charge.
    let form = |bench: &mut Bench| {
        let actions = bench.pass(bench.left());
        bench.message(&actions[0]).2
    };
    let mut bench = Bench::started(config());
    assert_eq!(form(&mut bench), ChecksumForm::Rfc5798);
    bench.hear_form(HIGHER, 200, ChecksumForm::Rfc9568);
    assert_eq!(form(&mut bench), ChecksumForm::Rfc9568);
    let mut bench = Bench::started(config());
    bench.hear_form(HIGHER, 200, ChecksumForm::Rfc9568);
    bench.hear_form(HIGHER, 200, ChecksumForm::Rfc5798);
    assert_eq!(form(&mut bench), ChecksumForm::Rfc5798);
    for (checksum, other, own) in [
        (ChecksumPolicy::Rfc5798, ChecksumForm::Rfc9568, ChecksumForm::Rfc5798),
        (ChecksumPolicy::Rfc9568, ChecksumForm::Rfc5798, ChecksumForm::Rfc9568),
    ] {
        let mut bench = Bench::started(config().with(|it| it.checksum = checksum));
        bench.hear_form(HIGHER, 200, other);
        assert_eq!(form(&mut bench), own);
    }
}

#[test]
fn the_source_mac_is_as_configured() {
    let mut bench = Bench::started(config().with(|it| it.source_mac = SourceMac::Physical));
    assert_eq!(words(&bench.pass(bench.left()))[0], "send 150 physical");
}

#[test]
fn counters_tell_what_was_sent() {
    let mut bench = Bench::active(config());
    bench.pass(3 * SECOND);
    bench.hear(LOWER, 0);
    bench.give(Input::Shutdown { router: None });
    let counters = bench.snapshot().counters;
    assert_eq!((counters.became_active, counters.sent, counters.sent_priority_zero), (1, 6, 1));
    assert_eq!((counters.received, counters.received_priority_zero), (1, 1));
}

#[test]
fn what_did_not_leave_is_not_counted_as_sent() {
    // V3-TX-11.
    let mut bench = Bench::active(config());
    let sent = bench.snapshot().counters.sent;
    let actions = bench.give(Input::Shutdown { router: None });
    let vrrp::Action::Transmit(transmit) = &actions[0] else { panic!("{actions:?}") };
    bench.give(Input::SendFailed(*transmit));
    let counters = bench.snapshot().counters;
    assert_eq!((counters.sent, counters.sent_priority_zero, counters.send_failed), (sent, 0, 1));
}

#[test]
fn each_advert_is_stamped_when_it_is_queued() {
    let mut bench = Bench::active(config());
    let actions = bench.pass(3 * SECOND);
    let mut last = None;
    for action in actions.iter().filter(|action| matches!(action, vrrp::Action::Transmit(_))) {
        let vrrp::Action::Transmit(transmit) = action else { continue };
        let mut bytes = [0; 32];
        assert_eq!(bench.engine.write_packet(transmit, &mut bytes), Some(32));
        let identification = u16::from_be_bytes([bytes[4], bytes[5]]);
        assert_eq!(identification, transmit.stamp.identification);
        assert!(last.is_none_or(|last| identification == last + 1));
        last = Some(identification);
        assert_eq!(transmit.to, vrrp::Destination::Multicast(vrrp::wire::group(vrrp::Family::Ipv4)));
        let again = &mut [0; 32];
        bench.engine.write_packet(transmit, again);
        assert_eq!(bytes, *again, "a second copy is the same packet");
    }
    assert!(last.is_some());
}

#[test]
fn another_group_is_sent_to_and_listened_to() {
    let group = std::net::IpAddr::from([224, 0, 0, 99]);
    let medium = vrrp::config::Medium::Multicast { group };
    let mut bench = Bench::active(RouterConfig { medium, ..config() });
    let actions = bench.pass(SECOND);
    let vrrp::Action::Transmit(transmit) = &actions[0] else { panic!("{actions:?}") };
    let mut bytes = [0; 32];
    bench.engine.write_packet(transmit, &mut bytes).unwrap();
    let (ip, _) = vrrp::wire::read_ipv4(&bytes).unwrap();
    assert_eq!(ip.destination, group);
    assert_eq!(bench.message(&actions[0]).2, ChecksumForm::Rfc5798, "V3-CK-09: summed with the real destination");
    bench.hear(HIGHER, 200);
    assert_eq!(bench.snapshot().counters.discarded.of(vrrp::Discard::WrongDestination), 1);
}

/// Owners that started one after another, each `apart` after the last.
fn owners(count: u8, apart: Duration) -> (Engine, vrrp::Instant) {
    let (mut engine, mut now) = (Engine::new(), vrrp::Instant::from_nanos(1_000_000_000));
    for vrid in 1..=count {
        let vrid = Vrid::new(vrid).unwrap();
        let config = RouterConfig {
            vrid,
            ..config().with(|it| *it = Parameters { priority: Priority::OWNER, announce: QUIET, ..*it })
        };
        let router = engine.add(now, config);
        engine.handle(now, Input::Parent { router, parent: parent() });
        now = now + apart;
    }
    while engine.poll_action().is_some() {}
    (engine, now)
}

#[test]
fn adverts_that_are_due_soon_leave_together() {
    // 100 routers whose beats lie 10 ms apart: not a wake-up each, and no gap is longer than the interval.
    let (mut engine, mut now) = owners(100, 10 * MILLISECOND);
    let mut last = std::collections::BTreeMap::new();
    let (mut wakes, end) = (0, now + 10 * SECOND);
    while let Some(deadline) = engine.poll_timeout().filter(|deadline| deadline.at <= end) {
        now = now.max(deadline.at) + MILLISECOND / 10;
        engine.handle(now, Input::Wake { heard_until: now });
        wakes += 1;
        while let Some(action) = engine.poll_action() {
            let vrrp::Action::Transmit(transmit) = action else { continue };
            if let Some(before) = last.insert(transmit.router, now) {
                assert!(now.since(before) <= SECOND + MILLISECOND, "{:?} of silence", now.since(before));
                assert!(now.since(before) >= SECOND * 3 / 4, "{:?} after the last", now.since(before));
            }
        }
    }
    assert_eq!(last.len(), 100);
    assert!(wakes <= 50, "{wakes} wake-ups in ten intervals");
}

#[test]
fn a_takeover_does_not_wait_for_adverts_that_are_not_due() {
    let (mut engine, now) = owners(10, MILLISECOND);
    let config = RouterConfig { vrid: Vrid::new(99).unwrap(), ..config() };
    let backup = engine.add(now, config);
    engine.handle(now, Input::Parent { router: backup, parent: parent() });
    for second in 1..=3 {
        engine.handle(now + second * SECOND, Input::Wake { heard_until: now + second * SECOND });
    }
    // Late for the backup's down timer, and in time for the first owner's fourth advert.
    let now = now + 3_990 * MILLISECOND;
    while engine.poll_action().is_some() {}
    engine.handle(now, Input::Wake { heard_until: now });
    let sent = std::iter::from_fn(|| engine.poll_action());
    let sent: Vec<_> = sent.filter(|action| matches!(action, vrrp::Action::Transmit(_))).collect();
    assert_eq!(words(&sent), ["send 255", "send 150"]);
}
