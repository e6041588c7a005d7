//! Inferior peers: answered, but not without limit; and those who cannot hear us.

use std::time::Duration;

use vrrp::config::{AnnouncePlan, OnInferior, OnSuperior, Parameters, SourceMac, Switches};
use vrrp::wire::ChecksumForm;
use vrrp::{Action, Checksums, EventKind, Remedy, StateName, TransmitFrom};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, SECOND, config, events, words};

fn sent(actions: &[Action]) -> usize {
    words(actions).iter().filter(|word| word.starts_with("send")).count()
}

#[test]
fn answers_are_limited_and_counted() {
    // V3-SE-06: at most two answers in an interval, whatever comes; Adver_Timer is not restarted (V3-ST-13).
    let mut bench = Bench::active(config());
    bench.pass(10 * SECOND);
    for second in 1..=5_u64 {
        let mut answers = 0;
        for _ in 0..99 {
            answers += sent(&bench.pass(10 * MILLISECOND));
            answers += sent(&bench.hear(LOWER, 100));
        }
        answers += sent(&bench.pass(10 * MILLISECOND));
        assert_eq!(answers, 3, "two answers and the advertisement in turn");
        let counters = bench.snapshot().counters;
        assert_eq!((counters.answered, counters.answers_suppressed), (2 * second, 97 * second));
    }
}

#[test]
fn priority_zero_cannot_silence_an_active() {
    // V3-ST-11 restarts Adver_Timer; only together with an advertisement, and not without limit.
    let mut bench = Bench::active(config());
    let mut total = 0;
    for _ in 0..1000 {
        let actions = [bench.pass(50 * MILLISECOND), bench.hear(HIGHER, 0)].concat();
        total += sent(&actions);
    }
    assert_eq!(bench.state(), StateName::Active);
    assert!((50..=150).contains(&total), "{total} in 50 s");
}

#[test]
fn rfc_3768_only_discards() {
    // `lower_prio_no_advert`, V2-ST-02.
    let announce = AnnouncePlan { lower_prio_repeat: 0, ..AnnouncePlan::DEFAULT };
    let switches = Switches { on_inferior: OnInferior::Ignore, ..Switches::default() };
    let mut bench = Bench::active(config().with(|it| *it = Parameters { switches, announce, ..*it }));
    assert_eq!(words(&bench.hear(LOWER, 100)), [""; 0]);
}

#[test]
fn a_superior_peer_may_be_answered_once() {
    // `higher_prio_send_advert`.
    let switches = Switches { on_superior: OnSuperior::AnswerOnce, ..Switches::default() };
    let mut bench = Bench::active(config().with(|it| it.switches = switches));
    assert_eq!(words(&bench.hear(HIGHER, 200)), ["send 150", "withdraw"]);
}

#[test]
fn an_inferior_advert_makes_us_announce_again_later() {
    let announce = AnnouncePlan {
        lower_prio_repeat: 2,
        lower_prio_delay: Duration::from_millis(700),
        delay: Duration::ZERO,
        ..AnnouncePlan::DEFAULT
    };
    let mut bench = Bench::active(config().with(|it| it.announce = announce));
    assert_eq!(words(&bench.hear(LOWER, 100)), ["send 150", "announce 2 InferiorAdvert"]);
    assert_eq!(words(&bench.hear(LOWER, 100)), ["send 150"], "not twice in an interval");
    assert_eq!(words(&bench.pass(700 * MILLISECOND)), ["announce 2 InferiorAdvert"]);
    assert_eq!(words(&bench.pass(300 * MILLISECOND)), ["send 150"]);
}

#[test]
fn an_inferior_peer_is_reported_at_once_and_ever_less_often_while_it_goes_on() {
    let is_it = |event: &EventKind| matches!(event, EventKind::InferiorAdvert(_));
    let told = |actions: &[Action]| events(actions).iter().filter(|event| is_it(event)).count();
    let mut bench = Bench::active(config());
    let heard = |bench: &mut Bench| told(&bench.hear(LOWER, 100));
    assert_eq!(heard(&mut bench), 1);
    let reported: Vec<u32> = (1..=60)
        .filter(|_| {
            bench.pass(SECOND);
            heard(&mut bench) == 1
        })
        .collect();
    assert_eq!(reported, [1, 3, 7, 15, 31]);
    bench.pass(200 * SECOND);
    assert_eq!(heard(&mut bench), 1, "it tried before");
    bench.pass(10 * SECOND);
    assert_eq!(heard(&mut bench), 1, "a new try soon after a try (field case G24)");
    let strangers: usize = (100..200).map(|from| told(&bench.hear(from, 100))).sum();
    assert!(strangers < 10, "a hundred invented peers made {strangers} events");
}

#[test]
fn a_deaf_peer_gets_copies_from_the_physical_mac() {
    // DESIGN §8: keepalived with vmac_xmit_base does not hear the virtual MAC.
    let mut bench = Bench::active(config());
    assert_eq!(words(&bench.hear(LOWER, 100))[0], "send 150");
    bench.pass(SECOND);
    assert_eq!(words(&bench.hear(LOWER, 100))[0], "send 150", "the answer may have been lost");
    bench.pass(SECOND);
    let actions = bench.hear(LOWER, 100);
    assert!(matches!(events(&actions)[..], [EventKind::DeafPeer { remedy: Remedy::PhysicalMac, .. }]));
    assert_eq!(words(&actions)[0], "send 150 both");
    assert_eq!(bench.snapshot().from, TransmitFrom::Both);
    assert_eq!(words(&bench.pass(SECOND))[0], "send 150 both", "and thereafter");
    bench.hear(HIGHER, 200);
    bench.pass(bench.left());
    assert_eq!(words(&bench.pass(SECOND)), ["send 150 both"], "for good");
}

#[test]
fn a_peer_whose_advert_crossed_our_answer_is_not_deaf() {
    let mut bench = Bench::active(config());
    for _ in 0..3 {
        bench.hear(LOWER, 100);
        bench.pass(400 * MILLISECOND);
        bench.hear(LOWER, 100);
        bench.pass(600 * SECOND);
    }
    assert_ne!(bench.snapshot().from, TransmitFrom::Both);
}

#[test]
fn without_virtual_mac_there_is_nothing_to_copy() {
    let mut bench = Bench::active(config().with(|it| it.source_mac = SourceMac::Physical));
    for _ in 0..5 {
        bench.hear(LOWER, 100);
        bench.pass(SECOND);
    }
    assert_ne!(bench.snapshot().from, TransmitFrom::Both);
}

#[test]
fn a_peer_that_does_not_heed_us_is_answered_in_its_own_form_as_well() {
    // It may drop the other form (holo drops RFC 5798's): only then, for others may know no other than ours.
    let mut bench = Bench::active(config());
    let form = |bench: &mut Bench| {
        let actions = bench.hear_form(LOWER, 100, ChecksumForm::Rfc9568);
        let form = bench.message(&actions[0]).2;
        bench.pass(SECOND);
        form
    };
    assert_eq!(form(&mut bench), ChecksumForm::Rfc5798);
    assert_eq!(form(&mut bench), ChecksumForm::Rfc9568);
    assert_eq!(bench.snapshot().checksums, Checksums::Both(ChecksumForm::Rfc5798, ChecksumForm::Rfc9568));
}

#[test]
fn the_same_priority_is_worth_a_word() {
    // V3-RX-16.
    let mut bench = Bench::active(config());
    let actions = bench.hear(LOWER, 150);
    assert!(events(&actions).iter().any(|event| matches!(event, EventKind::SamePriority(_))));
    let again = bench.hear(LOWER, 150);
    assert_eq!(events(&again), []);
}
