//! Switches of the election: each does what it says, and only that.

use std::time::Duration;

use vrrp::config::{
    Hearing, ListCheck, Medium, NoAddresses, OldChecksum, Preempt, RouterConfig, SourceCheck, StallLimit, Switches,
    Unicast, UnicastPeer,
};
use vrrp::wire::{self, Advert, AuthenticationField, ChecksumForm};
use vrrp::{Discard, Input, IpHeader, Packet, Priority, StateName};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, OURS, SECOND, config, events, host, packet, words};

fn switched(switches: Switches) -> RouterConfig {
    config().with(|it| it.switches = switches)
}

#[test]
fn an_owner_may_ignore_all_others() {
    // `owner_ignore_adverts`: state after a higher address with priority 255 spoke; drops; what is reported.
    let ignoring = Switches { hearing: Hearing::UnlessOwner, ..Switches::default() };
    for (switches, ours, after, dropped) in [
        (Switches::default(), 255, StateName::Backup, 0),
        (ignoring, 255, StateName::Active, 1),
        (ignoring, 254, StateName::Backup, 0),
    ] {
        let case = format!("{switches:?} {ours}");
        let mut bench = Bench::active(switched(switches).with(|it| it.priority = Priority::new(ours)));
        let left = bench.left();
        let actions = bench.hear(HIGHER, 255);
        assert_eq!(
            (bench.state(), bench.snapshot().counters.discarded.of(Discard::OwnerIgnores)),
            (after, dropped),
            "{case}"
        );
        if dropped > 0 {
            assert_eq!((events(&actions), bench.left()), (vec![], left), "{case}");
        }
    }
}

#[test]
fn a_router_of_version_3_may_mean_to_have_no_addresses() {
    // `no_virtual_ipaddress`: whether it has addresses; its state; then whether it takes an empty list.
    for (no_addresses, addresses, state, taken) in [
        (NoAddresses::Refused, vec![], StateName::Initialize, false),
        (NoAddresses::Refused, vec![host(1)], StateName::Backup, false),
        (NoAddresses::Meant, vec![], StateName::Backup, true),
        (NoAddresses::Meant, vec![host(1)], StateName::Backup, false),
    ] {
        let case = format!("{no_addresses:?} {addresses:?}");
        let switches = Switches { no_addresses, ..Switches::default() };
        let config = RouterConfig { addresses, ..switched(switches) };
        let mut bench = Bench::new(config.clone());
        bench.set_parent(crate::bench::parent());
        assert_eq!(bench.state(), state, "{case}");
        list(&mut bench, &config, 9, &[]);
        assert_eq!(bench.snapshot().master.is_some(), taken, "{case}");
    }
    let switches = Switches { no_addresses: NoAddresses::Meant, ..Switches::default() };
    let mut bench = Bench::new(RouterConfig { addresses: vec![], ..switched(switches) });
    bench.set_parent(crate::bench::parent());
    let actions = bench.pass(SECOND * 4);
    let advert = actions.iter().find(|action| matches!(action, vrrp::Action::Transmit(_))).expect("it speaks");
    assert!(bench.message(advert).3.is_empty());
}

/// An advert of `from` with another list than ours.
fn other_list(bench: &mut Bench, config: &RouterConfig, from: u8) {
    list(bench, config, from, &[host(1), host(2)]);
}

/// An advert of `from` with these addresses.
fn list(bench: &mut Bench, config: &RouterConfig, from: u8, addresses: &[std::net::IpAddr]) {
    let advert = Advert {
        version: config.parameters.version,
        vrid: config.vrid,
        priority: Priority::new(200),
        interval: config.parameters.interval,
        addresses,
        authentication: AuthenticationField::NONE,
    };
    let mut bytes = [0; 100];
    let length = advert.emit(&host(from), &wire::group(config.family), ChecksumForm::Rfc5798, &mut bytes).unwrap();
    bench.give(Input::Packet(packet(from, bench.now, &bytes[..length])));
}

#[test]
fn the_list_of_a_known_master_may_be_taken_for_granted() {
    // `skip_check_adv_addr`: mismatches counted after the first and the second advert of a master, and after one of
    // another.
    for (lists, counted) in [(ListCheck::Each, [1, 2, 3]), (ListCheck::OtherMasters, [1, 1, 2])] {
        let config = switched(Switches { lists, ..Switches::default() });
        let mut bench = Bench::started(config.clone());
        let found = [HIGHER, HIGHER, LOWER].map(|from| {
            other_list(&mut bench, &config, from);
            bench.snapshot().counters.address_mismatches
        });
        assert_eq!(found, counted, "{lists:?}");
    }
}

#[test]
fn a_stalled_master_leaves_before_it_displaces_whoever_took_over() {
    // `timer_expired_backup`: interval 1 s, so that a backup of priority 254 waits 3.0078125 s, one of 100 3.609375 s. How
    // long ago the last advert may be.
    let nanosecond = Duration::from_nanos(1);
    for (stall, longest) in [
        (StallLimit::Ours, Duration::from_nanos(4_414_062_500)),
        (StallLimit::Backup(Priority::new(254)), Duration::from_nanos(3_007_812_500)),
        (StallLimit::Backup(Priority::new(100)), Duration::from_nanos(3_609_375_000)),
    ] {
        let config = switched(Switches { stall, ..Switches::default() }).with(|it| it.preempt = Preempt::Never);
        let mut bench = Bench::active(config.clone());
        bench.oversleep(longest);
        assert_eq!(bench.state(), StateName::Active, "{stall:?}");
        let mut bench = Bench::active(config);
        assert_eq!(words(&bench.oversleep(longest + nanosecond)), ["withdraw"], "{stall:?}: no priority 0");
        bench.hear(LOWER, 100);
        bench.pass(20 * MILLISECOND);
        assert_eq!(bench.state(), StateName::Backup, "{stall:?}: it does not displace the one who took over");
    }
}

fn unicast(old_checksum: OldChecksum) -> RouterConfig {
    let peers = vec![UnicastPeer::new(host(HIGHER)), UnicastPeer::new(host(LOWER))];
    let medium = Medium::Unicast(Unicast { peers, hop_limit: 255, sources: SourceCheck::Anybody });
    RouterConfig { medium, ..switched(Switches { old_checksum, ..Switches::default() }) }
}

/// The master HIGHER speaks by unicast with this checksum.
fn hear_unicast(bench: &mut Bench, config: &RouterConfig, form: ChecksumForm) {
    let advert = Advert {
        version: config.parameters.version,
        vrid: config.vrid,
        priority: Priority::new(200),
        interval: config.parameters.interval,
        addresses: &config.addresses,
        authentication: AuthenticationField::NONE,
    };
    let mut bytes = [0; 100];
    let length = advert.emit(&host(HIGHER), &host(OURS), form, &mut bytes).unwrap();
    let packet = packet(HIGHER, bench.now, &bytes[..length]);
    let ip = IpHeader { destination: host(OURS), ..packet.ip };
    bench.give(Input::Packet(Packet { ip, ..packet }));
}

#[test]
fn the_old_unicast_checksum_is_recognised_sent_or_refused() {
    // Whether an advert with it is accepted; in which form ours leave before and after.
    let (old, new) = (ChecksumForm::OldUnicast, ChecksumForm::Rfc5798);
    for (policy, accepted, before, after) in
        [(OldChecksum::Recognised, 1, new, old), (OldChecksum::Sent, 1, old, old), (OldChecksum::Refused, 0, new, new)]
    {
        let config = unicast(policy);
        let mut bench = Bench::started(config.clone());
        let actions = bench.pass(bench.left());
        assert_eq!(bench.message(&actions[0]).2, before, "{policy:?}");
        hear_unicast(&mut bench, &config, old);
        assert_eq!(bench.snapshot().counters.received, accepted, "{policy:?}");
        assert_eq!(bench.snapshot().counters.discarded.of(Discard::Checksum), 1 - accepted, "{policy:?}");
        let actions = bench.pass(10 * SECOND);
        let adverts: Vec<_> = actions.iter().filter(|it| matches!(it, vrrp::Action::Transmit(_))).collect();
        assert_eq!(bench.message(adverts.last().unwrap()).2, after, "{policy:?}");
    }
}

#[test]
fn multicast_knows_no_old_checksum() {
    let mut bench = Bench::active(switched(Switches { old_checksum: OldChecksum::Sent, ..Switches::default() }));
    let actions = bench.pass(SECOND);
    assert_eq!(bench.message(&actions[0]).2, ChecksumForm::Rfc5798);
}
