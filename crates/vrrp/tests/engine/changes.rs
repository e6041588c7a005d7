//! Another configuration at run time: role and timers stay.

use std::time::Duration;

use vrrp::config::{AnnouncePlan, Effect, EffectKind, Preempt, Tracking};
use vrrp::wire::ChecksumForm;
use vrrp::{Causes, Input, Interval, Priority, Reading, Reason, StateName, TrackerId, Version};

use crate::bench::{Bench, HIGHER, MILLISECOND, SECOND, config, host, virtual_address, words};

#[test]
fn the_same_configuration_changes_nothing() {
    for mut bench in [Bench::started(config()), Bench::active(config())] {
        bench.pass(300 * MILLISECOND);
        let before = bench.snapshot();
        assert_eq!(bench.update(|_| {}), []);
        assert_eq!(bench.snapshot(), before);
    }
}

#[test]
fn another_priority() {
    // V3-TM-12 and at once.
    let mut bench = Bench::started(config());
    bench.pass(SECOND);
    assert_eq!(words(&bench.update(|config| config.parameters.priority = Priority::new(100))), [""; 0]);
    assert_eq!(bench.left(), Duration::from_micros(2_609_375));
    let mut bench = Bench::active(config());
    bench.pass(2_300 * MILLISECOND);
    assert_eq!(words(&bench.update(|config| config.parameters.priority = Priority::new(100))), ["send 100"]);
    assert_eq!(bench.left(), 700 * MILLISECOND);
}

#[test]
fn another_interval() {
    // V3-TM-11: Active reschedules; Backup keeps the learned value.
    let change = |config: &mut vrrp::RouterConfig| config.parameters.interval = Interval::from_centis(20).unwrap();
    let mut bench = Bench::active(config());
    assert_eq!(words(&bench.update(change)), ["send 150"]);
    assert_eq!(bench.left(), 200 * MILLISECOND);
    let mut bench = Bench::started(config());
    bench.hear(HIGHER, 200);
    let before = bench.left();
    bench.update(change);
    assert_eq!(bench.left(), before);
    let mut bench = Bench::started(config());
    bench.update(change);
    assert_eq!(bench.left(), Duration::from_nanos(682_812_500), "nothing was learned yet");
}

#[test]
fn another_address_list() {
    let mut bench = Bench::active(config());
    let actions = bench.update(|config| config.addresses.push(host(253)));
    assert_eq!(words(&actions), ["send 150", "announce 5 AddressAdded"]);
    assert_eq!(bench.message(&actions[0]).3, [virtual_address(), host(253)]);
    let actions = bench.update(|config| config.addresses.truncate(1));
    assert_eq!(words(&actions), ["send 150"], "nothing was added");
}

#[test]
fn no_address_at_all() {
    // V3-PK-06: the priority 0 still names what we held; count 0 would be dropped.
    let mut bench = Bench::active(config());
    let actions = bench.update(|config| config.addresses.clear());
    assert_eq!(words(&actions), ["send 0", "withdraw"]);
    assert_eq!(bench.message(&actions[0]).3, [virtual_address()]);
    assert_eq!(bench.reason(), Reason::Lost { waiting_for: Causes::NO_ADDRESS });
    bench.update(|config| config.addresses.push(virtual_address()));
    assert_eq!(bench.state(), StateName::Backup);
}

#[test]
fn another_version() {
    let mut bench = Bench::started(config());
    bench.hear_interval(HIGHER, 200, 400);
    bench.update(|config| config.parameters.version = Version::V2);
    assert_eq!(bench.snapshot().active_interval, Interval::DEFAULT, "VRRPv2 never learns");
    let mut bench = Bench::active(config());
    assert_eq!(words(&bench.update(|config| config.parameters.version = Version::V2)), ["send 150"]);
}

#[test]
fn other_trackers() {
    let mut bench = Bench::active(config());
    let tracker = TrackerId(3);
    bench.give(Input::Reading { tracker, reading: Reading::Down });
    let actions = bench
        .update(|config| config.tracking = vec![Tracking { tracker, effect: Effect::plain(EffectKind::Weight(-10)) }]);
    assert_eq!(words(&actions), ["send 140"]);
    bench.update(|config| config.tracking = vec![Tracking { tracker, effect: Effect::plain(EffectKind::Fault) }]);
    assert_eq!(bench.snapshot().waiting_for, Causes::TRACKER);
    bench.update(|config| config.tracking.clear());
    assert_eq!((bench.state(), bench.snapshot().priority.value()), (StateName::Backup, 150));
}

#[test]
fn another_preemption_mode() {
    let mut bench = Bench::started(config());
    bench.update(|config| config.parameters.preempt = Preempt::Never);
    bench.pass(SECOND);
    bench.hear(HIGHER, 100);
    assert_eq!(bench.left(), bench.snapshot().down_interval);
}

#[test]
fn another_announcement_plan() {
    let mut bench = Bench::active(config());
    bench.pass(10 * SECOND);
    let refresh = Duration::from_millis(1_500);
    assert_eq!(
        bench.update(|config| config.parameters.announce = AnnouncePlan { refresh, ..AnnouncePlan::DEFAULT }),
        []
    );
    assert_eq!(words(&bench.pass(1_600 * MILLISECOND)), ["send 150", "announce 1 Refresh"]);
}

#[test]
fn another_checksum_policy() {
    let mut bench = Bench::active(config());
    bench.update(|config| config.parameters.checksum = vrrp::config::ChecksumPolicy::Rfc9568);
    let actions = bench.pass(SECOND);
    assert_eq!(bench.message(&actions[0]).2, ChecksumForm::Rfc9568);
}

#[test]
fn family_and_vrid_stay() {
    let mut bench = Bench::active(config());
    bench.update(|config| config.vrid = vrrp::Vrid::new(6).unwrap());
    bench.update(|config| config.vrid = vrrp::Vrid::new(5).unwrap());
    bench.hear(HIGHER, 200);
    assert_eq!(bench.state(), StateName::Backup, "it still hears VRID 5");
}

#[test]
fn a_backup_that_may_no_longer_preempt_follows_the_master() {
    // It was about to displace a worse master when that became the better one, or preemption was forbidden.
    let lowered = |config: &mut vrrp::RouterConfig| config.parameters.priority = Priority::new(50);
    let forbidden = |config: &mut vrrp::RouterConfig| config.parameters.preempt = Preempt::Never;
    let changes: [&dyn Fn(&mut vrrp::RouterConfig); 2] = [&lowered, &forbidden];
    for change in changes {
        let mut bench = Bench::started(config());
        bench.pass(3_400 * MILLISECOND);
        bench.hear(HIGHER, 100);
        bench.update(change);
        let snapshot = bench.snapshot();
        assert_eq!(bench.left(), snapshot.down_interval);
        assert_eq!(snapshot.master.map(|peer| peer.address), Some(host(HIGHER)));
    }
}
