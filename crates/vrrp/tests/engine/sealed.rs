//! Routers whose adverts are signed, alone and in groups: the tables of `table` and `group_table` hold for them as well, and
//! what strangers send changes nothing, whatever the state.

use vrrp::config::{Authentication, Freshness, Hmac, HmacKey, HmacMode, Password, RouterConfig, Secret};
use vrrp::{Action, Discard, Input, IpHeader, Packet, StateName, Version};

use crate::authentic::counted;
use crate::bench::{Bench, HIGHER, LINK, MILLISECOND, config, host, parent, signed, words};
use crate::group_bench::{Node, address};
use crate::group_table::{Group, group_in};
use crate::{group_table, table};
use StateName::{Active, Backup, Initialize};

/// How a router is changed into one that signs.
type Change = fn(RouterConfig) -> RouterConfig;

const KINDS: [Change; 3] = [
    |config| with_key(config.with(|it| it.version = Version::V2), Kind::Ah, b'k'),
    |config| with_key(config.with(|it| it.version = Version::V2), Kind::Hmac, b'k'),
    |config| with_key(config, Kind::Hmac, b'k'),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ah,
    Hmac,
}

fn with_key(config: RouterConfig, kind: Kind, key: u8) -> RouterConfig {
    let authentication = match kind {
        Kind::Ah => Authentication::Ah(Password::new([key; 8])),
        Kind::Hmac => Authentication::Hmac(Hmac {
            keys: vec![HmacKey { id: 1, bytes: Secret::new(vec![key; 32]) }],
            active: 1,
            freshness: Freshness::Monotonic,
            mode: HmacMode::Enforce,
        }),
    };
    RouterConfig { authentication, ..config }
}

fn kind_of(config: &RouterConfig) -> Kind {
    if matches!(config.authentication, Authentication::Ah(_)) { Kind::Ah } else { Kind::Hmac }
}

/// What somebody without the key sends, all of it from an address and with a priority that would win.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forgery {
    Unsigned,
    OtherKey,
    /// The advert that was heard last.
    Replay,
    /// The same, as of a router that leaves: it was never said with that number.
    Release,
}

const FORGERIES: [Forgery; 4] = [Forgery::Unsigned, Forgery::OtherKey, Forgery::Replay, Forgery::Release];

/// What somebody sends who has recorded the advert with `number`.
fn forged(config: &RouterConfig, from: std::net::IpAddr, forgery: Forgery, number: u64) -> (IpHeader, Vec<u8>) {
    let without = RouterConfig { authentication: Authentication::None, ..config.clone() };
    let other = with_key(config.clone(), kind_of(config), b'x');
    match forgery {
        Forgery::Unsigned => signed(&without, from, 255, 0),
        Forgery::OtherKey => signed(&other, from, 255, number + 1),
        Forgery::Replay => signed(config, from, 200, number),
        Forgery::Release => signed(&other, from, 0, number + 1),
    }
}

fn expected(kind: Kind, forgery: Forgery, state: StateName) -> Discard {
    match (forgery, kind, state) {
        (Forgery::Unsigned, Kind::Ah, _) => Discard::AuthenticationType,
        (Forgery::Unsigned, Kind::Hmac, _) => Discard::SignatureMissing,
        (Forgery::OtherKey | Forgery::Release, _, _) => Discard::AuthenticationData,
        (Forgery::Replay, _, Initialize) => Discard::NotRunning,
        (Forgery::Replay, _, Backup | Active) => Discard::Replay,
    }
}

/// A peer that counts anew in AH learns the number from a master's answer; to all else there is none.
fn is_answered(kind: Kind, forgery: Forgery, state: StateName) -> bool {
    (kind, forgery, state) == (Kind::Ah, Forgery::Replay, Active)
}

#[test]
fn the_tables_hold_for_routers_that_sign() {
    KINDS.into_iter().for_each(table::every_cell_holds_for);
    KINDS.into_iter().for_each(group_table::every_cell_holds_for);
}

/// A router in a state that has heard an advert with the number of the bench.
fn router_in(state: StateName, change: Change) -> Bench {
    let mut bench = match state {
        Initialize | Backup => Bench::started(change(config())),
        Active => Bench::active(change(config())),
    };
    // An inferior one leaves an Active what it is.
    bench.hear(HIGHER, if state == Active { 100 } else { 200 });
    if state == Initialize {
        bench.set_parent(vrrp::Parent { link: vrrp::LinkState::Down, ..parent() });
    }
    bench.pass(300 * MILLISECOND);
    assert_eq!(bench.state(), state);
    bench
}

#[test]
fn what_strangers_send_changes_nothing_in_any_state() {
    for change in KINDS {
        for (state, forgery) in [Initialize, Backup, Active].into_iter().flat_map(|it| FORGERIES.map(|f| (it, f))) {
            let mut bench = router_in(state, change);
            let kind = kind_of(&bench.config);
            let case = format!("{kind:?} {:?} {forgery:?} in {state:?}", bench.config.parameters.version);
            let deadline = bench.engine.poll_timeout();
            let (ip, payload) = forged(&bench.config, host(HIGHER), forgery, bench.number);
            let mut actions = Vec::new();
            let reason = counted(&mut bench, |bench| {
                actions = bench.give(Input::Packet(Packet { link: LINK, received: bench.now, ip, payload: &payload }));
            });
            assert_eq!(reason, Some(expected(kind, forgery, state)), "{case}");
            assert_eq!((bench.state(), bench.engine.poll_timeout()), (state, deadline), "{case}");
            let answer: &[&str] = if is_answered(kind, forgery, state) { &["send 150"] } else { &[] };
            assert_eq!(words(&actions), answer, "{case}");
            // Whoever has the key is heard as before.
            bench.hear(HIGHER, 200);
            assert_eq!(bench.state(), if state == Initialize { Initialize } else { Backup }, "{case}");
        }
    }
}

#[test]
fn what_strangers_send_changes_nothing_in_any_group() {
    let states = [Group::FirstUnable, Group::SecondUnable, Group::Listening, Group::Claiming, Group::Speaking];
    for change in KINDS {
        for (group, forgery) in states.into_iter().flat_map(|it| FORGERIES.map(|forgery| (it, forgery))) {
            let mut node: Node = group_in(group, change);
            let heard = if group == Group::Speaking { 100 } else { 200 };
            node.hear(1, 2, heard);
            let kind = kind_of(&node.configs[1]);
            let case = format!("{kind:?} {:?} {forgery:?} in {group:?}", node.configs[1].parameters.version);
            let (states, deadline) = (node.states(), node.engine.poll_timeout());
            let (ip, payload) = forged(&node.configs[1], address(1, 2), forgery, node.number);
            let actions: Vec<Action> = node.receive(1, ip, &payload);
            assert_eq!((node.states(), node.engine.poll_timeout()), (states, deadline), "{case}");
            let answer: &[&str] = if is_answered(kind, forgery, node.state(1)) { &["1 send 150"] } else { &[] };
            assert_eq!(node.words(&actions), answer, "{case}");
        }
    }
}
