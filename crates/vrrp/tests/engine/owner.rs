//! The address owner, priority 255.

use vrrp::config::RouterConfig;
use vrrp::config::{Effect, EffectKind, Tracking};
use vrrp::{EventKind, Input, Priority, Reading, Reason, StateName, WonBy};

use crate::bench::{Bench, HIGHER, LOWER, SECOND, config, events, parent, words};

fn owner() -> RouterConfig {
    config().with(|it| it.priority = Priority::OWNER)
}

#[test]
fn an_owner_starts_as_active() {
    // V3-ST-01; V3-AR-10: no announcement before the addresses are in, Own brings it.
    let mut bench = Bench::new(owner());
    let actions = bench.set_parent(parent());
    assert_eq!(words(&actions), ["send 255", "install"]);
    assert_eq!((bench.state(), bench.reason(), bench.left()), (StateName::Active, Reason::OwnerReady, SECOND));
}

#[test]
fn of_two_owners_the_higher_address_stays() {
    // EID 8298: process normally, log.
    let mut bench = Bench::active(owner());
    let actions = bench.hear(LOWER, 255);
    assert!(events(&actions).iter().any(|event| matches!(event, EventKind::OwnerConflict(_))));
    assert_eq!(bench.state(), StateName::Active);
    bench.hear(HIGHER, 255);
    assert_eq!(bench.state(), StateName::Backup);
    assert!(matches!(bench.reason(), Reason::SuperiorAdvert { by: WonBy::Address, .. }));
}

#[test]
fn an_owner_is_not_moved_by_weights() {
    // V3-OW-05.
    let tracker = vrrp::TrackerId(1);
    let tracking = vec![Tracking { tracker, effect: Effect::plain(EffectKind::Weight(-100)) }];
    let mut bench = Bench::active(RouterConfig { tracking, ..owner() });
    let actions = bench.give(Input::Reading { tracker, reading: Reading::Down });
    assert_eq!((actions, bench.snapshot().priority), (vec![], Priority::OWNER));
}

#[test]
fn an_owner_that_left_comes_back_as_active() {
    // V3-OW-03.
    let mut bench = Bench::active(owner());
    assert_eq!(words(&bench.give(Input::Shutdown { router: None })), ["send 0", "withdraw"]);
    assert_eq!(words(&bench.give(Input::Resume { router: bench.router })), ["send 255", "install"]);
}
