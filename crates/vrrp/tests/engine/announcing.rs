//! Gratuitous ARP and neighbour advertisements: who announces which addresses, how often, and with which limits.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::config::{AnnouncePlan, MOST_ROUNDS, RouterConfig};
use vrrp::{Action, AnnounceCause, Announced, Input, Priority, TakeoverRounds};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, SECOND, config, host, parent, virtual_address};

fn with_plan(plan: AnnouncePlan) -> RouterConfig {
    config().with(|it| it.announce = plan)
}

fn repeat(repeat: u32) -> AnnouncePlan {
    AnnouncePlan { repeat, ..AnnouncePlan::DEFAULT }
}

/// Rounds of a takeover: those that leave at once, and those ordered once the addresses are in.
fn takeover(actions: &[Action]) -> (usize, TakeoverRounds) {
    let first = actions.iter().filter(|action| matches!(action, Action::AnnounceFirst { .. })).count();
    let ordered = actions.iter().find_map(|action| match action {
        Action::InstallAddresses { rounds, .. } => Some(*rounds),
        Action::Transmit(_)
        | Action::AnnounceFirst { .. }
        | Action::KeepAddresses { .. }
        | Action::WithdrawAddresses { .. }
        | Action::Announce(_)
        | Action::Event(_)
        | Action::UnknownVrid(_) => None,
    });
    (first, ordered.expect("a takeover"))
}

/// Ordered announcements: cause, rounds, addresses (none: all).
fn ordered(actions: &[Action]) -> Vec<(AnnounceCause, u32, Vec<IpAddr>)> {
    let order = |action: &Action| match action {
        Action::Announce(order) => Some((
            order.cause,
            order.rounds,
            match &order.addresses {
                Announced::All => vec![],
                Announced::These(addresses) => addresses.to_vec(),
            },
        )),
        Action::Transmit(_)
        | Action::AnnounceFirst { .. }
        | Action::InstallAddresses { .. }
        | Action::KeepAddresses { .. }
        | Action::WithdrawAddresses { .. }
        | Action::Event(_)
        | Action::UnknownVrid(_) => None,
    };
    actions.iter().filter_map(order).collect()
}

#[test]
fn a_takeover_has_as_many_rounds_as_configured() {
    for (configured, first, arp) in [(0, 0, 0), (1, 1, 0), (2, 1, 1), (5, 1, 4)] {
        let mut bench = Bench::started(with_plan(repeat(configured)));
        let takeover = takeover(&bench.pass(bench.left()));
        assert_eq!(takeover, (first, TakeoverRounds { arp, na: configured }), "{configured} configured");
    }
}

#[test]
fn an_owner_that_starts_announces_nothing_before_its_addresses_are_in() {
    // V3-AR-10.
    let mut bench = Bench::new(with_plan(repeat(2)).with(|it| it.priority = Priority::OWNER));
    let actions = bench.set_parent(parent());
    assert_eq!(takeover(&actions), (0, TakeoverRounds { arp: 2, na: 2 }));
}

#[test]
fn no_neighbour_advertisement_precedes_the_solicited_node_group() {
    // V3-ND-02: the group is joined as the address comes in.
    let mut engine = vrrp::Engine::new();
    let (start, addresses) = (vrrp::Instant::from_nanos(1), vec!["fe80::254".parse().unwrap()]);
    let ipv6 = RouterConfig::new(vrrp::Vrid::new(5).unwrap(), vrrp::Version::V3, addresses);
    for (unadvertised, first) in [(vec![], 0), (vec![virtual_address()], 1)] {
        let router = engine.add(start, RouterConfig { unadvertised, ..ipv6.clone() });
        let parent = vrrp::Parent { source: Some("fe80::1".parse().unwrap()), ..parent() };
        engine.handle(start, Input::Parent { router, parent });
        let due = engine.poll_timeout().unwrap().at;
        engine.handle(due, Input::Wake { heard_until: due });
        let actions: Vec<_> = std::iter::from_fn(|| engine.poll_action()).collect();
        let arp = 5 - u32::try_from(first).unwrap();
        assert_eq!(takeover(&actions), (first, TakeoverRounds { arp, na: 5 }));
        engine.remove(router);
    }
}

#[test]
fn no_configuration_floods_a_link() {
    let most = u32::MAX;
    let plan =
        AnnouncePlan { repeat: most, refresh_repeat: most, lower_prio_repeat: most, refresh: SECOND, ..repeat(most) };
    let mut bench = Bench::started(with_plan(plan));
    let actions = bench.pass(bench.left());
    assert_eq!(takeover(&actions), (1, TakeoverRounds { arp: MOST_ROUNDS - 1, na: MOST_ROUNDS }));
    let mut later = bench.hear(LOWER, 100);
    later.extend(bench.pass(7 * SECOND));
    later.extend(bench.update(|config| config.addresses.push(host(253))));
    let orders = ordered(&later);
    assert_eq!(orders.len(), 1 + 2 + 2 + 1, "{orders:?}");
    assert!(orders.iter().all(|(_, rounds, _)| *rounds == MOST_ROUNDS), "{orders:?}");
}

#[test]
fn an_added_address_alone_is_announced_at_once_and_later() {
    let added = |addresses: &[IpAddr]| vec![(AnnounceCause::AddressAdded, 2, addresses.to_vec())];
    let plan = AnnouncePlan { repeat: 2, delay: 3 * SECOND, ..AnnouncePlan::DEFAULT };
    let mut bench = Bench::active(with_plan(plan));
    bench.pass(10 * SECOND);
    assert_eq!(ordered(&bench.update(|config| config.addresses.push(host(201)))), added(&[host(201)]));
    bench.pass(SECOND);
    let both = |config: &mut RouterConfig| {
        config.addresses.push(host(202));
        config.unadvertised.push(host(203));
    };
    assert_eq!(ordered(&bench.update(both)), added(&[host(202), host(203)]));
    assert_eq!(ordered(&bench.pass(1_999 * MILLISECOND)), []);
    assert_eq!(ordered(&bench.pass(MILLISECOND)), added(&[host(201)]));
    assert_eq!(ordered(&bench.pass(SECOND)), added(&[host(202), host(203)]));
    assert_eq!(ordered(&bench.pass(60 * SECOND)), []);
}

#[test]
fn a_removed_address_is_never_announced_again() {
    let mut bench = Bench::active(config());
    bench.pass(10 * SECOND);
    bench.update(|config| config.addresses = vec![virtual_address(), host(201), host(202)]);
    // Replaced before the second block: only what is new is announced, and nothing that is gone.
    let actions = bench.update(|config| config.addresses = vec![host(202), host(203)]);
    assert_eq!(ordered(&actions), [(AnnounceCause::AddressAdded, 5, vec![host(203)])]);
    let later = bench.pass(6 * SECOND);
    assert_eq!(ordered(&later), [(AnnounceCause::AddressAdded, 5, vec![host(202), host(203)])]);
    assert_eq!(ordered(&bench.update(|config| config.addresses.truncate(1))), []);
}

#[test]
fn inferior_adverts_buy_few_announcements() {
    // V3-SE-06: at 10 ms and many addresses each would be an amplifier.
    let interval = vrrp::Interval::from_centis(1).unwrap();
    let plan = AnnouncePlan { lower_prio_delay: Duration::ZERO, delay: Duration::ZERO, ..AnnouncePlan::DEFAULT };
    let mut bench = Bench::active(with_plan(plan).with(|it| it.interval = interval));
    let flood = |bench: &mut Bench, seconds: u32| {
        let mut orders = 0;
        for _ in 0..seconds * 100 {
            orders += ordered(&bench.pass(10 * MILLISECOND)).len();
            orders += ordered(&bench.hear(LOWER, 100)).len();
        }
        orders
    };
    assert_eq!(flood(&mut bench, 1), 1);
    assert_eq!(flood(&mut bench, 62), 5, "after 1, 3, 7, 15, 31 and 63 s");
    assert!(flood(&mut bench, 640) <= 11, "once a minute if it goes on");
    bench.pass(200 * SECOND);
    assert_eq!(ordered(&bench.hear(LOWER, 100)).len(), 1, "anew after a silence");
    bench.pass(SECOND);
    assert_eq!(ordered(&bench.hear(LOWER, 100)).len(), 1, "and soon again");
}

#[test]
fn a_backup_announces_nothing() {
    let mut bench = Bench::active(config());
    bench.update(|config| config.addresses.push(host(201)));
    bench.hear(HIGHER, 200);
    assert_eq!(ordered(&bench.pass(3 * SECOND)), []);
    assert_eq!(ordered(&bench.update(|config| config.addresses.push(host(202)))), []);
}
