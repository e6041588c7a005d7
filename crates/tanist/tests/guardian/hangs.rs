//! A daemon that lives and does nothing: stopped, traced, or a thread of it that hangs.

use std::thread::sleep;
use std::time::Duration;

use lab::wait;
use rustix::process::Signal;
use testbed::lan::{Bench, Instance, Protocol, VmacMode};

use crate::{PATIENCE, becomes, bench, guardian, has_address, stop};

/// Long enough for the guardian to be first, and no preemption, so that whoever has the role keeps it.
fn instance() -> Instance {
    let instance = Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 150).with("nopreempt");
    Instance { interval: Duration::from_secs(1), ..instance }
}

/// While the left router hangs: priority 0 is said for it, the right one takes over, and the left one's address goes.
fn succeeded(bench: &Bench, since: lab::Captured) {
    let zero = bench.watch.priority_zero(since, &bench.left.host, PATIENCE);
    let zero = zero.unwrap_or_else(|| panic!("priority 0 is said; {}", bench.left.log()));
    let first = bench.watch.first_advert(since, &bench.right.host, PATIENCE);
    let first = first.unwrap_or_else(|| panic!("the backup takes over; {}", bench.right.log()));
    assert!(first.at > zero.at, "before its patience ends");
    let gone = wait::until(PATIENCE, || !has_address(&bench.left));
    assert!(gone, "the address goes; {}", bench.left.log());
}

/// After that: it listens, and stays backup.
fn listens(bench: &Bench, since: lab::Captured) {
    becomes(&bench.left, "BACKUP");
    let seen = bench.watch.now();
    assert!(bench.watch.first_advert(seen, &bench.right.host, PATIENCE).is_some(), "{}", bench.right.log());
    let spoken = bench.watch.adverts(since, &bench.left.host).len();
    assert_eq!(spoken, 0, "it says nothing; {}", bench.left.log());
    assert!(!has_address(&bench.left), "{}", bench.left.log());
}

pub(crate) fn stopped() {
    let (mut bench, before) = bench(&instance());
    let guardian = guardian(&bench.left);
    let since = bench.watch.now();
    bench.left.signal(Signal::STOP).unwrap();
    succeeded(&bench, since);
    sleep(Duration::from_secs(3));
    let since = bench.watch.now();
    bench.left.signal(Signal::CONT).unwrap();
    listens(&bench, since);
    // It watches as before.
    stop(&mut bench.right);
    becomes(&bench.left, "MASTER");
    assert_eq!(crate::guardian(&bench.left), guardian);
    bench.left.kill_alone().unwrap();
    crate::restored(&bench.left, &before);
}

/// It has said priority 0, and keeps its addresses until its successor is heard: which it does not hear any more.
pub(crate) fn while_it_leaves() {
    let lasting = instance().with_global("tanist_guardian on").with_global("tanist_lease 120");
    let (mut bench, before) = bench(&lasting);
    let since = bench.watch.now();
    bench.left.signal(Signal::TERM).unwrap();
    assert!(bench.watch.priority_zero(since, &bench.left.host, PATIENCE).is_some(), "{}", bench.left.log());
    bench.left.signal(Signal::STOP).unwrap();
    becomes(&bench.right, "MASTER");
    let gone = wait::until(PATIENCE, || !has_address(&bench.left));
    assert!(gone, "the address goes; {}", bench.left.log());
    bench.left.kill_alone().unwrap();
    crate::restored(&bench.left, &before);
}

/// The other threads go on: they do not put back what is taken away.
pub(crate) fn protocol_thread() {
    let (bench, _) = bench(&instance());
    let since = bench.watch.now();
    let held = bench.left.stop_thread("protocol").unwrap();
    succeeded(&bench, since);
    let back = wait::until(Duration::from_secs(3), || has_address(&bench.left));
    assert!(!back, "nobody puts the address back; {}", bench.left.log());
    let since = bench.watch.now();
    drop(held);
    listens(&bench, since);
}
