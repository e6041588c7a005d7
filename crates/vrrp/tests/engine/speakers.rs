//! Who else speaks for our VRID, and what is said of them.

use vrrp::config::{Preempt, RouterConfig};
use vrrp::wire::ChecksumForm;
use vrrp::{
    Action, Checksums, Discard, EventKind, Input, Interval, IpHeader, Packet, Priority, Remedy, Speaker, StateName,
    TransmitFrom, Version,
};

use crate::bench::{Bench, HIGHER, LOWER, OURS, SECOND, config, events, host, packet, v2_config, words};

fn speakers(bench: &Bench) -> Vec<Speaker> {
    let mut speakers: Vec<_> = bench.snapshot().speakers.into_iter().flatten().collect();
    speakers.sort_by_key(|speaker| speaker.address);
    speakers
}

/// A packet that is dropped for its hop limit, but can be read.
fn far(bench: &mut Bench, from: u8) {
    let bytes = [0x31, 5, 77, 0, 0, 0, 0, 0];
    let packet = packet(from, bench.now, &bytes);
    bench.give(Input::Packet(Packet { ip: IpHeader { hop_limit: Some(1), ..packet.ip }, ..packet }));
}

#[test]
fn every_other_speaker_is_listed_with_what_became_of_its_packet() {
    let mut bench = Bench::started(config());
    bench.hear(HIGHER, 200);
    bench.pass(SECOND);
    far(&mut bench, LOWER);
    far(&mut bench, OURS + 1);
    bench.hear(OURS, 200); // our own packet is no other speaker
    let speaker = |last, priority, ago: u32, discarded| Speaker {
        address: host(last),
        priority: Some(Priority::new(priority)),
        heard: bench.now - ago * SECOND,
        discarded,
    };
    let hop_limit = Some(Discard::HopLimit);
    assert_eq!(
        speakers(&bench),
        [speaker(LOWER, 77, 0, hop_limit), speaker(OURS + 1, 77, 0, hop_limit), speaker(HIGHER, 200, 1, None),]
    );
}

#[test]
fn a_speaker_appears_once_with_its_last_packet() {
    let mut bench = Bench::started(config());
    far(&mut bench, HIGHER);
    assert_eq!(speakers(&bench)[0].discarded, Some(Discard::HopLimit));
    bench.hear(HIGHER, 200);
    assert_eq!(speakers(&bench).iter().map(|it| it.discarded).collect::<Vec<_>>(), [None]);
    bench.pass(SECOND);
    far(&mut bench, HIGHER);
    let listed = speakers(&bench);
    assert_eq!((listed.len(), listed[0].discarded, listed[0].heard), (1, Some(Discard::HopLimit), bench.now));
    assert_eq!(listed[0].priority, Some(Priority::new(77)), "as its last packet says");
}

#[test]
fn invented_speakers_do_not_displace_peers() {
    let mut bench = Bench::started(config());
    bench.hear(HIGHER, 200);
    (100..250).for_each(|from| far(&mut bench, from));
    let listed = speakers(&bench);
    assert!(listed.len() <= 8);
    assert!(listed.iter().any(|it| it.address == host(HIGHER) && it.discarded.is_none()));
    assert!(listed.iter().any(|it| it.address == host(249)), "the last heard");
}

#[test]
fn a_router_that_waits_lists_the_master_it_hears() {
    let mut bench = Bench::started(config());
    bench.give(Input::Shutdown { router: None });
    bench.hear(HIGHER, 200);
    let expected = (host(HIGHER), Some(Discard::NotRunning));
    assert_eq!(speakers(&bench).iter().map(|it| (it.address, it.discarded)).collect::<Vec<_>>(), [expected]);
}

#[test]
fn a_mismatch_is_reported_once_for_each_list_and_interval() {
    let mismatches = |actions: &[Action]| {
        let is_it =
            |event: &EventKind| matches!(event, EventKind::AddressMismatch(_) | EventKind::IntervalMismatch { .. });
        events(actions).into_iter().filter(is_it).count()
    };
    let mut bench = Bench::started(config());
    bench.hear(HIGHER, 200); // agrees
    bench.update(|config| config.parameters.interval = Interval::from_centis(200).unwrap());
    bench.update(|config| config.parameters.interval = Interval::from_centis(100).unwrap());
    assert_eq!(mismatches(&bench.hear_interval(HIGHER, 200, 50)), 1);
    for _ in 0..5 {
        // It takes over and gives back; in between it is silent for long.
        let mut actions = bench.pass(60 * SECOND);
        actions.extend(bench.hear_interval(HIGHER, 200, 50));
        assert_eq!(bench.state(), StateName::Backup);
        assert_eq!(mismatches(&actions), 0);
    }
    assert_eq!(mismatches(&bench.hear_interval(HIGHER, 200, 70)), 1, "another interval is news");
    assert_eq!(mismatches(&bench.hear_interval(HIGHER, 200, 70)), 0);
    bench.update(|config| config.parameters.interval = Interval::from_centis(60).unwrap());
    assert_eq!(mismatches(&bench.hear_interval(HIGHER, 200, 70)), 1, "and so is another of ours");
}

#[test]
fn a_preemption_delay_is_shown() {
    let delay = 20 * SECOND;
    let mut bench = Bench::started(config().with(|it| it.preempt = Preempt::After(delay)));
    assert_eq!(bench.snapshot().preempts_at, None, "no master is heard");
    bench.pass(SECOND);
    let heard = bench.now;
    bench.hear(LOWER, 100);
    bench.pass(SECOND);
    bench.hear(LOWER, 100);
    assert_eq!(bench.snapshot().preempts_at, Some(heard + delay));
    bench.hear(HIGHER, 200);
    assert_eq!(bench.snapshot().preempts_at, None, "a superior master ends it");
}

/// An inferior peer that advertises with this checksum and does not heed our answers. Returns what the third answer is.
fn deaf(config: RouterConfig, form: ChecksumForm) -> (Bench, Vec<Action>) {
    let mut bench = Bench::active(config);
    for _ in 0..2 {
        bench.hear_form(LOWER, 100, form);
        bench.pass(SECOND);
    }
    let actions = bench.hear_form(LOWER, 100, form);
    (bench, actions)
}

#[test]
fn a_peer_deaf_to_our_checksum_gets_both_and_others_go_on_hearing_us() {
    let mut bench = Bench::active(config());
    bench.hear_form(LOWER, 100, ChecksumForm::Rfc9568);
    bench.pass(SECOND);
    let actions = bench.hear_form(LOWER, 100, ChecksumForm::Rfc9568);
    let remedy = Remedy::BothChecksums;
    assert!(events(&actions).iter().any(|it| matches!(it, EventKind::DeafPeer { remedy: r, .. } if *r == remedy)));
    let sent = bench.snapshot().counters.sent;
    for _ in 0..10 {
        let actions = bench.pass(SECOND);
        let adverts: Vec<_> = actions.iter().filter(|it| matches!(it, Action::Transmit(_))).collect();
        let mut forms: Vec<_> = adverts.iter().map(|it| bench.message(it).2).collect();
        forms.sort_by_key(|form| *form == ChecksumForm::Rfc9568);
        assert_eq!(forms, [ChecksumForm::Rfc5798, ChecksumForm::Rfc9568], "in each interval");
    }
    assert_eq!(bench.snapshot().counters.sent - sent, 10, "copies are not counted");
    assert_eq!(bench.snapshot().from, TransmitFrom::Virtual);
}

#[test]
fn one_checksum_is_enough_where_there_is_one_only() {
    let (bench, _) = deaf(config().with(|it| it.version = Version::V2), ChecksumForm::Rfc9568);
    assert_eq!(bench.snapshot().checksums, Checksums::One(ChecksumForm::Rfc5798), "it does not matter");
    let (bench, actions) = deaf(v2_config(b"secret\0\0"), ChecksumForm::Rfc9568);
    assert_eq!(words(&actions)[0], "send 150 both");
    assert_eq!(actions.iter().filter(|it| matches!(it, Action::Transmit(_))).count(), 1);
    assert!(!matches!(bench.snapshot().checksums, Checksums::Both(..)));
    let insists = config().with(|it| it.checksum = vrrp::config::ChecksumPolicy::Rfc5798);
    let (bench, _) = deaf(insists, ChecksumForm::Rfc9568);
    assert_eq!(bench.snapshot().checksums, Checksums::One(ChecksumForm::Rfc5798));
}
