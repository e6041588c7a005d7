//! Two ends: lost and found, reloaded, frozen, pestered.

use std::net::UdpSocket;
use std::thread::sleep;
use std::time::Duration;

use lab::{Network, NetworkBuilder, wait};
use rustix::process::Signal;
use testbed::lan::{Bench, Layout};

use super::{PATIENCE, Test, becomes, config, is_router, never_down, session, status, tanist};

pub(super) const ALL: &[Test] = &[
    ("a_router_gives_way_while_the_peer_of_its_session_is_lost_or_stopped", failover),
    ("a_reload_leaves_sessions_alone_that_stay_and_says_goodbye_to_those_that_go", reload),
    ("a_frozen_daemon_takes_no_live_peer_for_lost", frozen),
    ("packets_that_nobody_should_send_are_counted_and_change_nothing", garbage),
    ("a_port_that_another_program_holds_is_reported_and_tried_again", port_taken),
];

const LEFT: &str = "10.9.0.3";
const RIGHT: &str = "10.9.0.2";

fn bench() -> Bench {
    Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap()
}

fn failover() {
    let network: Network<3> = NetworkBuilder::new()
        .router("r1", tanist())
        .cable("eth0", &["10.9.0.3/24", "2001:db8:9::3/64"])
        .router("r2", tanist())
        .cable("eth0", &["10.9.0.2/24"])
        .router("gateway", tanist())
        .cable("eth0", &["10.9.0.254/24", "2001:db8:9::254/64"])
        .build()
        .unwrap();
    let [mut r1, mut r2, mut gateway] = network.routers;
    let sessions = [session("gw", "10.9.0.254", "weight -60"), session("gw6", "2001:db8:9::254", "hoplimit 255")];
    r1.start_with(&config(&sessions, 150, "track_bfd {\n gw\n }")).unwrap();
    r2.start_with(&config(&[], 100, "")).unwrap();
    let ends = [session("r1", LEFT, ""), session("r16", "2001:db8:9::3", "hoplimit 255")];
    gateway.start_with(&ends.concat()).unwrap();
    let up = becomes(&r1, "gw", "Up");
    becomes(&r1, "gw6", "Up");
    is_router(&r1, "MASTER");
    let far = becomes(&gateway, "r1", "Up");
    assert_eq!(up["remote"]["discriminator"], far["discriminator"]);
    let known = wait::until(PATIENCE, || {
        status(&r1, "gw").is_some_and(|it| it["detection_time_ms"] == 300.0 && it["transmit_interval_ms"] == 100.0)
    });
    assert!(known, "{:?}", status(&r1, "gw"));
    let control = r1.control().display().to_string();
    let text = r1.host.run_program(env!("CARGO_BIN_EXE_tanist"), &["status", "gw", "--control", &control]).unwrap();
    for part in ["bfd_instance gw  Up      with 10.9.0.254", "  other end       discriminator 0x", "last heard      0."]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    gateway.kill().unwrap();
    r1.says("bfd_instance gw is down: nothing was heard from 10.9.0.254 for 300ms");
    r1.says("bfd_instance gw6 is down: nothing was heard from 2001:db8:9::254 for 300ms");
    is_router(&r2, "MASTER");
    is_router(&r1, "BACKUP");
    gateway.start().unwrap();
    is_router(&r1, "MASTER");
    gateway.signal(Signal::TERM).unwrap();
    r1.says("bfd_instance gw is down: 10.9.0.254 stopped its end on purpose");
    is_router(&r2, "MASTER");
    // What tracks a session that has never been up starts without it after a while.
    r1.signal(Signal::TERM).unwrap();
    assert!(r1.wait_end(PATIENCE).is_some());
    r1.start_with(&config(&sessions, 150, "track_bfd {\n gw\n }")).unwrap();
    r1.says("bfd_instance gw is down: it did not come up: 10.9.0.254 is not heard");
    is_router(&r1, "BACKUP");
    let tracked = r1.status().unwrap()["trackers"][0].clone();
    assert_eq!((&tracked["reading"], &tracked["weight"]), (&"down".into(), &(-60).into()), "{tracked}");
}

fn reload() {
    let mut bench = bench();
    let six = |name: &str, lines: &str| session(name, "2001:db8:9::2", lines);
    bench.right.start_with(&config(&[session("a", LEFT, ""), session("b", "2001:db8:9::3", "")], 100, "")).unwrap();
    let track = "track_bfd {\n a\n }";
    bench.left.start_with(&config(&[session("a", RIGHT, ""), six("b", "")], 150, track)).unwrap();
    let [a, b] = ["a", "b"].map(|name| becomes(&bench.left, name, "Up"));
    is_router(&bench.left, "MASTER");
    // Another rate for one, another name for the other, and one that does not come up.
    let changed = session("a", RIGHT, "").replace("100", "200");
    let new = session("new", "10.9.0.77", "");
    bench.left.reload_with(&config(&[changed.clone(), six("renamed", ""), new], 150, track)).unwrap();
    let slower = wait::until(PATIENCE, || status(&bench.right, "a").is_some_and(|it| it["detection_time_ms"] == 600.0));
    assert!(slower, "{:?}", status(&bench.right, "a"));
    becomes(&bench.left, "new", "Down");
    assert!(status(&bench.left, "b").is_none());
    for (before, name) in [(&a, "a"), (&b, "renamed")] {
        let now = becomes(&bench.left, name, "Up");
        assert_eq!(now["discriminator"], before["discriminator"], "{name}");
        assert!(now["since_seconds"].as_f64() > before["since_seconds"].as_f64(), "{name}");
    }
    never_down(&bench.right);
    // One that goes; the other is tracked by its new name.
    bench.left.reload_with(&config(&[six("renamed", "")], 150, "track_bfd {\n renamed\n }")).unwrap();
    bench.right.says("bfd_instance a is down: 10.9.0.3 stopped its end on purpose");
    assert_eq!(becomes(&bench.left, "renamed", "Up")["discriminator"], b["discriminator"]);
    let reads = || bench.left.status().is_some_and(|it| it["trackers"][0]["reading"] == "up");
    assert!(wait::until(PATIENCE, reads), "{:?}", bench.left.status());
    is_router(&bench.left, "MASTER");
    let log = bench.left.log();
    assert!(
        !log.contains("MASTER ->") && !log.contains("instance a is down") && !log.contains("renamed is down"),
        "{log}"
    );
}

fn frozen() {
    let mut bench = bench();
    // The right one misses the left one after five seconds only.
    let left = session("right", RIGHT, "").replace("multiplier 3", "multiplier 50");
    bench.left.start_with(&config(&[left], 150, "")).unwrap();
    bench.right.start_with(&config(&[session("left", LEFT, "")], 100, "")).unwrap();
    becomes(&bench.right, "left", "Up");
    let before = becomes(&bench.left, "right", "Up");
    for _ in 0..3 {
        bench.left.freeze().unwrap();
        sleep(Duration::from_millis(700));
        bench.left.thaw().unwrap();
        sleep(Duration::from_millis(200));
    }
    let after = becomes(&bench.left, "right", "Up");
    assert!(after["since_seconds"].as_f64() > before["since_seconds"].as_f64());
    never_down(&bench.left);
    never_down(&bench.right);
}

fn garbage() {
    let mut bench = bench();
    bench.left.start_with(&config(&[session("right", RIGHT, "")], 150, "")).unwrap();
    bench.right.start_with(&config(&[session("left", LEFT, "")], 100, "")).unwrap();
    becomes(&bench.left, "right", "Up");
    let to_left = (LEFT, 3784);
    // A client without session, and the peer's address with a TTL of 64: too far away.
    let down = [0x20, 0x40, 3, 24, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0, 1, 0, 0, 0, 0];
    let send = |ttl, count, packets: &[&[u8]]| {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.set_ttl(ttl).unwrap();
        for packet in packets.iter().cycle().take(count) {
            socket.send_to(packet, to_left).unwrap();
        }
    };
    bench.client.namespace.run(|| send(255, 600, &[&down, b"", b"x", &[0xff; 24], &[0x20; 60], &[0; 1400]])).unwrap();
    let counted = || {
        let document = bench.left.status_document()?;
        let none = document["no_bfd_session"].as_object()?.values().filter_map(serde_json::Value::as_u64).sum::<u64>();
        let far = status(&bench.left, "right")?["counters"]["discarded_hop_limit"].as_u64()?;
        Some((none, far))
    };
    // Of a flood of what came too far, once it is noticed, an eighth is looked at.
    for (all, least, most) in [(601, 65, 600), (602, 66, 900)] {
        bench.right.host.namespace.run(|| send(64, 600, &[&down])).unwrap();
        // What comes after it was read after it.
        bench.client.namespace.run(|| send(255, 1, &[b"x"])).unwrap();
        let is_so = || counted().is_some_and(|(none, far)| none == all && (least..=most).contains(&far));
        assert!(wait::until(PATIENCE, is_so), "{:?}", counted());
    }
    bench.left.says("bfd_instance right: a packet from 10.9.0.2 was dropped: it came over more hops");
    assert_eq!(bench.left.log().matches("was dropped").count(), 1, "{}", bench.left.log());
    becomes(&bench.left, "right", "Up");
    never_down(&bench.left);
}

fn port_taken() {
    let mut bench = bench();
    let other = bench.left.host.namespace.run(|| UdpSocket::bind("0.0.0.0:3784").unwrap()).unwrap();
    bench.left.start_with(&config(&[session("right", RIGHT, "")], 150, "")).unwrap();
    bench.right.start_with(&config(&[session("left", LEFT, "")], 100, "")).unwrap();
    bench.left.says("cannot receive BFD packets by IPv4 on UDP port 3784");
    bench.left.says("bfd_instance right is down: it did not come up: 10.9.0.2 is not heard");
    drop(other);
    becomes(&bench.left, "right", "Up");
    assert_eq!(bench.left.log().matches("cannot receive BFD packets").count(), 1);
}
