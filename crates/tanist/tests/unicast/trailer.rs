//! `auth_hmac`: by unicast over IPv4 and by multicast over IPv6, keys that roll over by reload, and what is said of adverts
//! that are refused.

use lab::wait;
use testbed::lan::{Bench, Instance, Protocol, VmacMode};

use super::{PATIENCE, Test, bench, counter, left, right, start_master, status};

pub(super) const TESTS: &[Test] = &[
    ("auth_hmac, IPv4 by unicast: keys roll over", || rolls_over([left(150), right(100)])),
    ("auth_hmac, IPv6 by multicast: keys roll over", || {
        rolls_over([150, 100].map(|priority| Instance::new(Protocol::V3Ipv6, VmacMode::None, priority)));
    }),
    ("auth_hmac: a peer with another key or none is refused, and why is said", refused),
];

/// 32 bytes each.
const FIRST: &str = "key 1 0123456789abcdef0123456789abcdef";
const SECOND: &str = "key 2 \"hex:00112233445566778899aabbccddeeff 00112233445566778899aabbccddeeff\"";
const OTHER: &str = "key 1 fedcba9876543210fedcba9876543210";

fn signing(instance: &Instance, lines: &[&str]) -> Instance {
    instance.clone().with(&format!("auth_hmac {{\n {}\n}}", lines.join("\n ")))
}

/// The backup has heard some more adverts of its master.
fn goes_on(bench: &Bench) {
    let heard = || counter(&bench.right, "adverts_received");
    let before = heard();
    assert!(wait::until(PATIENCE, || heard() > before + 2), "{}", bench.right.log());
}

fn rolls_over([master, backup]: [Instance; 2]) {
    let mut bench = bench();
    start_master(&mut bench.left, &signing(&master, &[FIRST, "active_key 1"]));
    bench.right.start_with(&signing(&backup, &[FIRST, "active_key 1"])).unwrap();
    goes_on(&bench);
    for (of_master, of_backup) in [
        ([FIRST, "active_key 1"].as_slice(), [FIRST, SECOND, "active_key 1"].as_slice()),
        (&[FIRST, SECOND, "active_key 2"], &[FIRST, SECOND, "active_key 2"]),
        (&[SECOND, "active_key 2"], &[SECOND, "active_key 2", "anti_replay monotonic"]),
    ] {
        bench.right.reload_with(&signing(&backup, of_backup).to_string()).unwrap();
        bench.left.reload_with(&signing(&master, of_master).to_string()).unwrap();
        goes_on(&bench);
    }
    assert_eq!(status(&bench.right)["state"], "BACKUP");
    assert_eq!(counter(&bench.right, "became_master"), 0, "{}", bench.right.log());
    for reason in ["authentication_data", "signature_key", "signature_missing", "stale", "replay"] {
        assert_eq!(counter(&bench.right, &format!("discarded_{reason}")), 0, "{reason}; {}", bench.right.log());
    }
}

fn refused() {
    let mut bench = bench();
    let (master, backup) = (left(150), right(100));
    start_master(&mut bench.left, &signing(&master, &[FIRST, "active_key 1"]));
    // A signature that is wrong is refused in all modes; one that is missing where signatures are enforced.
    bench.right.start_with(&signing(&backup, &[OTHER, "active_key 1", "mode receive-only"])).unwrap();
    assert!(bench.right.wait_state("MASTER", PATIENCE), "{}", bench.right.log());
    bench.right.says("wrong password, or signed with another key");
    bench.left.says("it is not signed");
    assert!(counter(&bench.left, "discarded_signature_missing") > 0);
    let why = format!("{:?}", bench.left.why("VI_1"));
    assert!(why.contains("it is not signed") && why.contains("or `mode permissive` here"), "{why}");
    bench.right.reload_with(&signing(&backup, &[SECOND, "active_key 2"]).to_string()).unwrap();
    bench.left.says("it is signed with a key that is not configured here");
    // Who enforces nothing hears a peer without signatures.
    bench.right.reload_with(&signing(&backup, &[FIRST, "active_key 1", "mode receive-only"]).to_string()).unwrap();
    assert!(bench.right.wait_state("BACKUP", PATIENCE), "{}", bench.right.log());
    bench.left.reload_with(&signing(&master, &[FIRST, "active_key 1", "mode permissive"]).to_string()).unwrap();
    bench.left.freeze().unwrap();
    assert!(bench.right.wait_state("MASTER", PATIENCE), "{}", bench.right.log());
    let before = counter(&bench.left, "adverts_received");
    bench.left.thaw().unwrap();
    assert!(wait::until(PATIENCE, || counter(&bench.left, "adverts_received") > before), "{}", bench.left.log());
}
