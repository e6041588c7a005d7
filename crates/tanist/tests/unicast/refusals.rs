//! Whose unicast adverts are taken.

use lab::{Addressee, Asker, ForgedAdvert, wait};
use testbed::lan::{Bench, Instance};

use super::{PATIENCE, Test, bench, counter, ip, left, start_master, status};

pub(super) const TESTS: &[Test] = &[
    ("with check_unicast_src only peers are heard, within their TTLs", checked),
    ("a range of TTLs switches the check on", ranges),
    ("without the check anybody is obeyed, and named", unlisted),
    ("a multicast router hears no unicast", multicast),
];

/// Lets the client send the left router an advert with priority 200.
fn forge(bench: &Bench, source: &str, hop_limit: u8) {
    let to = Addressee { address: ip("10.9.0.3"), mac: bench.left.host.mac };
    send(bench, source, hop_limit, Some(to));
}

fn send(bench: &Bench, source: &str, hop_limit: u8, to: Option<Addressee>) {
    let advert = ForgedAdvert::new(3, Instance::VRID, 200, ip(source), &[ip("10.9.0.1")]);
    let (advert, mac) = (ForgedAdvert { hop_limit, ..advert }, bench.client.mac);
    let frame = to.map_or_else(|| advert.frame(mac), |to| advert.frame_to(mac, to));
    Asker::new(&bench.client).unwrap().send(&frame).unwrap();
}

/// What was sent is counted as this, and the router stays master.
fn is_refused(bench: &Bench, reason: &str, send: impl FnOnce()) {
    let name = format!("discarded_{reason}");
    let before = counter(&bench.left, &name);
    send();
    assert!(wait::until(PATIENCE, || counter(&bench.left, &name) > before), "{name}; {}", status(&bench.left));
    assert_eq!(status(&bench.left)["state"], "MASTER", "{name}");
}

fn is_obeyed(bench: &Bench, send: impl FnOnce()) {
    let before = counter(&bench.left, "adverts_received");
    send();
    assert!(wait::until(PATIENCE, || counter(&bench.left, "adverts_received") > before), "{}", status(&bench.left));
    bench.left.says("MASTER -> BACKUP");
}

fn checked() {
    let mut bench = bench();
    start_master(&mut bench.left, &left(150).with("check_unicast_src"));
    is_refused(&bench, "unlisted_source", || forge(&bench, "10.9.0.9", 255));
    // The kernel keeps what is sent to a group away, which was not joined.
    send(&bench, "10.9.0.2", 255, None);
    is_refused(&bench, "unlisted_source", || forge(&bench, "10.9.0.9", 255));
    bench.left.says("a packet from 10.9.0.9 was dropped: its source is none of the unicast peers");
    is_obeyed(&bench, || forge(&bench, "10.9.0.2", 1));
}

fn ranges() {
    let mut bench = bench();
    let peers = "unicast_peer {\n 10.9.0.2 min_ttl 254\n 10.9.0.9 max_ttl 64\n}";
    let instance = Instance { extra: vec!["unicast_src_ip 10.9.0.3".into(), peers.into()], ..left(150) };
    start_master(&mut bench.left, &instance);
    is_refused(&bench, "peer_hop_limit", || forge(&bench, "10.9.0.2", 253));
    is_refused(&bench, "peer_hop_limit", || forge(&bench, "10.9.0.9", 65));
    is_refused(&bench, "unlisted_source", || forge(&bench, "10.9.0.8", 255));
    is_obeyed(&bench, || forge(&bench, "10.9.0.9", 64));
}

fn unlisted() {
    let mut bench = bench();
    start_master(&mut bench.left, &left(150));
    is_obeyed(&bench, || forge(&bench, "10.9.0.9", 64));
    let told = || bench.left.log().contains("10.9.0.9 (priority 200) sends to us but is none of our unicast peers");
    assert!(wait::until(PATIENCE, told), "{}", bench.left.log());
}

fn multicast() {
    let mut bench = bench();
    start_master(&mut bench.left, &Instance { extra: Vec::new(), ..left(150) });
    is_refused(&bench, "unicast", || forge(&bench, "10.9.0.2", 255));
    is_obeyed(&bench, || send(&bench, "10.9.0.2", 255, None));
}
