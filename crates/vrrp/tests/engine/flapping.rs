//! Role changes that valid adverts cause many times a second: the roles follow the RFC, what is made of them has a limit.

use vrrp::{Action, EventKind, StateName, Transition};

use crate::bench::{Bench, HIGHER, MILLISECOND, SECOND, config, events, words};

/// A peer that advertises a tiny interval and then falls silent, `times` times: each time we yield and take over again.
fn flap(bench: &mut Bench, times: u32) -> Vec<Action> {
    let mut actions = Vec::new();
    for _ in 0..times {
        actions.extend(bench.hear_interval(HIGHER, 254, 1));
        actions.extend(bench.pass(36 * MILLISECOND));
    }
    actions
}

fn transitions(actions: &[Action]) -> Vec<Transition> {
    let transition = |event| if let EventKind::Transition(transition) = event { Some(transition) } else { None };
    events(actions).into_iter().filter_map(transition).collect()
}

#[test]
fn flapping_is_reported_once_a_second_and_counted() {
    let mut bench = Bench::active(config());
    let before = bench.snapshot().counters.became_active;
    let actions = flap(&mut bench, 280); // ten seconds
    assert_eq!(bench.snapshot().counters.became_active - before, 280, "roles follow the RFC");
    let changes = |event| {
        if let EventKind::Transition(transition) = event {
            return Some(1 + transition.unreported);
        }
        if let EventKind::Flapping { unreported } = event { Some(unreported) } else { None }
    };
    let reports: Vec<u32> = events(&actions).into_iter().filter_map(changes).collect();
    assert!(reports.len() <= 20 + 11, "{reports:?}");
    let counted: u32 = reports.iter().sum();
    assert!((560 - 60..=560).contains(&counted), "{counted} of 560 changes are accounted for");
}

#[test]
fn what_is_reported_joins_up_and_the_last_state_is_reported() {
    let mut bench = Bench::active(config());
    let mut reported = transitions(&flap(&mut bench, 100));
    bench.hear(HIGHER, 254);
    for _ in 0..3 {
        reported.extend(transitions(&bench.pass(SECOND)));
        reported.extend(transitions(&bench.hear(HIGHER, 254)));
    }
    assert_eq!(reported.first().map(|first| first.from), Some(StateName::Active));
    assert_eq!(reported.last().map(|last| last.to), Some(StateName::Backup));
    assert!(reported.windows(2).all(|pair| pair[0].to == pair[1].from), "{reported:?}");
    assert!(reported.iter().all(|transition| transition.from != transition.to), "{reported:?}");
}

#[test]
fn flapping_is_announced_with_one_round_each() {
    let rounds = |actions: &[Action]| {
        let rounds = actions.iter().map(|action| match action {
            Action::AnnounceFirst { .. } => 1,
            Action::InstallAddresses { rounds, .. } => rounds.arp,
            Action::Announce(order) => order.rounds,
            Action::Transmit(_)
            | Action::KeepAddresses { .. }
            | Action::WithdrawAddresses { .. }
            | Action::Event(_)
            | Action::UnknownVrid(_) => 0,
        });
        rounds.sum::<u32>()
    };
    let mut bench = Bench::active(config());
    flap(&mut bench, 50);
    assert!(rounds(&flap(&mut bench, 100)) <= 100 + 4 * 5);
}

#[test]
fn a_stop_is_reported_however_much_it_flapped() {
    let mut bench = Bench::active(config());
    flap(&mut bench, 100);
    let actions = bench.give(vrrp::Input::Shutdown { router: None });
    assert_eq!(words(&actions), ["send 0", "withdraw"]);
    assert_eq!(transitions(&actions).last().map(|last| last.to), Some(StateName::Initialize));
}

#[test]
fn ordinary_failovers_are_reported_one_by_one() {
    let mut bench = Bench::active(config());
    for _ in 0..100 {
        let mut actions = bench.hear(HIGHER, 200);
        actions.extend(bench.pass(10 * SECOND));
        let reported = transitions(&actions);
        assert!(matches!(reported[..], [Transition { unreported: 0, .. }, Transition { unreported: 0, .. }]));
    }
}
