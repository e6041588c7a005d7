//! Debian's keepalived at the other end, and its FRR.

use lab::{Program, RouterHost, wait};
use rustix::process::Signal;
use testbed::lan::{Bench, Layout};

use super::{PATIENCE, Test, becomes, config, is_router, session, tanist};

pub(super) const KEEPALIVED: &[Test] =
    &[("sessions_with_keepalived_come_up_go_down_and_move_routers_in_both_families", keepalived)];
pub(super) const FRR: &[Test] = &[("sessions_with_bfdd_come_up_go_down_and_move_a_router_in_both_families", bfdd)];

fn keepalived() {
    let mut bench = Bench::new(tanist(), Program::Keepalived, Layout::LeftHigher).unwrap();
    // Each as its users write it: without a word of the hop limit.
    let ours = [session("v4", "10.9.0.2", "weight -60"), session("v6", "2001:db8:9::2", "")];
    let theirs = [session("k4", "10.9.0.3", "weight 60"), session("k6", "2001:db8:9::3", "")];
    bench.left.start_with(&config(&ours, 150, "track_bfd {\n v4\n }")).unwrap();
    bench.right.start_with(&config(&theirs, 80, "track_bfd {\n k4\n }")).unwrap();
    for name in ["v4", "v6"] {
        becomes(&bench.left, name, "Up");
    }
    bench.right.says("instance k4 is in state Up");
    bench.right.says("instance k6 is in state Up");
    is_router(&bench.left, "MASTER");
    bench.right.kill().unwrap();
    bench.left.says("bfd_instance v4 is down: nothing was heard from 10.9.0.2 for 300ms");
    bench.left.says("bfd_instance v6 is down");
    bench.right.start().unwrap();
    becomes(&bench.left, "v4", "Up");
    becomes(&bench.left, "v6", "Up");
    // A planned stop is heard before any packet is missed. It moves no router there, unlike a loss.
    bench.left.signal(Signal::TERM).unwrap();
    bench.right.says("Remote diagnostic - Administratively Down");
}

/// Both sessions at the other end, with an interval of so many milliseconds.
pub(super) fn frr(interval: u32, multiplier: u8) -> String {
    let peer = |address: &str, source: &str| {
        format!(
            " peer {address} local-address {source} interface eth0\n  receive-interval {interval}\n  \
             transmit-interval {interval}\n  detect-multiplier {multiplier}\n exit\n"
        )
    };
    format!("bfd\n{}{}exit\n", peer("10.9.0.3", "10.9.0.2"), peer("2001:db8:9::3", "2001:db8:9::2"))
}

fn bfdd() {
    let mut bench = Bench::new(tanist(), Program::FrrBfd, Layout::LeftHigher).unwrap();
    let ours = [session("v4", "10.9.0.2", "weight -60"), session("v6", "2001:db8:9::2", "hoplimit 255")];
    bench.left.start_with(&config(&ours, 150, "track_bfd {\n v4\n }")).unwrap();
    is_priority(&bench.left, 90);
    bench.right.start_with(&frr(100, 3)).unwrap();
    for name in ["v4", "v6"] {
        becomes(&bench.left, name, "Up");
    }
    is_priority(&bench.left, 150);
    bench.right.kill().unwrap();
    bench.left.says("bfd_instance v4 is down: nothing was heard from 10.9.0.2 for 300ms");
    bench.left.says("bfd_instance v6 is down: nothing was heard from 2001:db8:9::2 for 300ms");
    is_priority(&bench.left, 90);
    bench.right.start().unwrap();
    becomes(&bench.left, "v4", "Up");
    becomes(&bench.left, "v6", "Up");
    is_priority(&bench.left, 150);
}

#[track_caller]
fn is_priority(router: &RouterHost, priority: u8) {
    let has = || router.status().is_some_and(|status| status["priority"] == priority);
    assert!(wait::until(PATIENCE, has), "priority {priority}: {:?}; {}", router.status(), router.log());
}
