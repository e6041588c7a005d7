//! `kill -9`.

use std::thread::sleep;
use std::time::Duration;

use rustix::process::Signal;
use testbed::lan::{Instance, Protocol, VmacMode};

use crate::{PATIENCE, becomes, bench, guardian, restored, stop};

/// Priority 0 is said in its name, its addresses stay until the backup is heard, and then it is as if it had never been.
pub(crate) fn master(instance: &Instance) {
    let (mut bench, before) = bench(instance);
    let guardian = guardian(&bench.left);
    let since = bench.watch.now();
    bench.left.kill_alone().unwrap();
    let zero = bench.watch.priority_zero(since, &bench.left.host, PATIENCE);
    let zero = zero.unwrap_or_else(|| panic!("priority 0 is said; {}", bench.left.log()));
    let first = bench.watch.first_advert(since, &bench.right.host, PATIENCE);
    let first = first.unwrap_or_else(|| panic!("the backup takes over; {}", bench.right.log()));
    let gap = first.at.since(zero.at);
    assert!(gap < instance.interval * 2, "after the skew time of the backup: {gap:?}; {}", bench.left.log());
    restored(&bench.left, &before);
    crate::ends(guardian, &bench.left);
    assert!(bench.left.log().contains("priority 0 was said for 1 virtual routers"), "{}", bench.left.log());
}

/// A service manager starts the daemon again at once: it waits while its addresses are held, and then begins as any other.
pub(crate) fn restarted() {
    let instance = Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 150);
    let (mut bench, before) = bench(&instance);
    for _ in 0..2 {
        let since = bench.watch.now();
        bench.left.kill_alone().unwrap();
        bench.left.start().unwrap();
        let zero = bench.watch.priority_zero(since, &bench.left.host, PATIENCE);
        assert!(zero.is_some(), "{}", bench.left.log());
        assert!(bench.watch.first_advert(since, &bench.right.host, PATIENCE).is_some(), "{}", bench.right.log());
        becomes(&bench.left, "MASTER");
    }
    stop(&mut bench.left);
    restored(&bench.left, &before);
}

/// At whatever moment it is killed, the machine is as before, without another start.
pub(crate) fn at_any_time() {
    let instance = Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 150);
    let (mut bench, before) = bench(&instance);
    stop(&mut bench.left);
    restored(&bench.left, &before);
    let instance = crate::guarded(&instance);
    let other = Instance { addresses: vec!["10.9.0.7/24".into()], priority: 140, ..instance.clone() };
    for round in 0..rounds() {
        // Spread over the first moments of a start, a reload and a stop.
        let moment = Duration::from_millis(u64::from(round) * 37 % 160);
        bench.left.start_with(&instance).unwrap();
        match round % 3 {
            0 => {}
            1 => {
                becomes(&bench.left, "MASTER");
                bench.left.reload_with(&other).unwrap();
            }
            _ => {
                becomes(&bench.left, "MASTER");
                bench.left.signal(Signal::TERM).unwrap();
            }
        }
        sleep(moment);
        // It may have ended by itself.
        bench.left.kill_alone().ok();
        restored(&bench.left, &before);
    }
}

/// A few; many with `TANIST_LONG`.
fn rounds() -> u32 {
    if std::env::var_os("TANIST_LONG").is_some() { 300 } else { 6 }
}

pub(crate) fn unguarded() {
    let instance = Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 150).with_global("tanist_guardian off");
    let (mut bench, before) = bench(&instance);
    let since = bench.watch.now();
    bench.left.kill_alone().unwrap();
    assert!(bench.watch.first_advert(since, &bench.right.host, PATIENCE).is_some(), "{}", bench.right.log());
    let zero = bench.watch.priority_zero(since, &bench.left.host, Duration::ZERO);
    assert!(zero.is_none() && bench.left.file("state").join("ledger.json").exists(), "nobody acts for it");
    bench.left.start().unwrap();
    becomes(&bench.left, "MASTER");
    stop(&mut bench.left);
    restored(&bench.left, &before);
}
