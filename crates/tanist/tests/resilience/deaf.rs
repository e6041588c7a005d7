//! Adverts that arrive on the interface but not at the daemon: it says so, and what keeps them away.

use lab::RouterHost;
use testbed::lan::{Instance, Protocol, VmacMode, harness};

use super::{PATIENCE, Test, instance, pair};

pub(super) const TESTS: &[Test] = &[
    ("a backup whose interface is put into a bridge says why it hears nobody", bridged),
    ("a firewall that drops adverts is named", filtered),
];

fn bridged() {
    // An interface that carries a macvlan cannot become a port of a bridge.
    let plain = |priority| Instance::new(Protocol::V3Ipv4, VmacMode::None, priority);
    let bench = pair(&plain(150), &plain(100));
    let ip = |arguments: &[&str]| bench.right.host.run_program("ip", arguments).unwrap();
    ip(&["link", "add", "br0", "type", "bridge"]);
    ip(&["link", "set", "br0", "up"]);
    ip(&["link", "set", "eth0", "master", "br0"]);
    is_told(&bench.right, "eth0 is a port of the bridge br0");
}

fn filtered() {
    if !harness::has_program("nft", "naming a firewall") {
        return;
    }
    let bench = pair(&instance(150), &instance(100));
    let rules = "add table inet f; add chain inet f in { type filter hook input priority 0; }; \
                 add rule inet f in meta l4proto 112 drop";
    bench.right.host.run_program("nft", &[rules]).unwrap();
    is_told(&bench.right, "a firewall drops IP protocol 112");
    bench.right.host.run_program("nft", &["delete table inet f"]).unwrap();
    assert!(bench.right.wait_state("BACKUP", PATIENCE), "{}", bench.right.log());
}

/// The log and `status` name the peer that is not heard, with its MAC, and what is in the way.
fn is_told(router: &RouterHost, why: &str) {
    assert!(router.wait_state("MASTER", PATIENCE), "it hears nobody; {}", router.log());
    router.says(why);
    let not_heard = router.status_of("VI_1").unwrap()["not_heard"].clone();
    assert!(not_heard["why"].as_str().is_some_and(|text| text.contains(why)), "{not_heard}");
    let cause = router.why("VI_1").into_iter().find(|cause| cause["cause"] == "not_heard").unwrap_or_default();
    assert!(cause["change"].as_str().is_some_and(|text| text.contains(why)), "{cause}");
    assert!(not_heard["mac"].as_str().is_some_and(|mac| mac.len() == 17), "{not_heard}");
}
