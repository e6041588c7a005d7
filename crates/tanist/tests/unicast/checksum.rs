//! The unicast checksum of keepalived before 1.3.6, which Debian's keepalived can be told to send and expect.

use lab::{Captured, Program, RouterHost, wait};
use testbed::lan::{Bench, Layout, harness};

use super::{PATIENCE, Test, counter, left, right, tanist};

pub(super) const TESTS: &[Test] = &[("the old checksum of a keepalived peer is learned, or refused", old_checksum)];

fn old_checksum() {
    if !harness::has_program("keepalived", "the old checksum") {
        return;
    }
    let mut bench = Bench::new(tanist(), Program::Keepalived, Layout::LeftHigher).unwrap();
    bench.right.start_with(&right(100).with("old_unicast_checksum")).unwrap();
    assert!(bench.watch.first_advert(Captured::default(), &bench.right.host, PATIENCE).is_some());
    // It hears the other, preempts it, and is heard by it.
    bench.left.start_with(&left(150)).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let since = bench.watch.now();
    let calm = left(150).down_interval() * 2;
    let (ours, theirs) = (&bench.left.host, &bench.right.host);
    assert!(bench.watch.settles(since, ours, theirs, calm, PATIENCE), "{}{}", bench.left.log(), bench.right.log());
    let wrong = |router: &RouterHost| counter(router, "discarded_checksum");
    assert_eq!(wrong(&bench.left), 0, "{}", bench.left.log());
    // It takes the other for nobody.
    bench.left.reload_with(&left(50).with("old_unicast_checksum never")).unwrap();
    assert!(wait::until(PATIENCE, || wrong(&bench.left) > 2), "{}", bench.left.log());
}
