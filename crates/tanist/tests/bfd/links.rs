//! Sessions over several hops, and over links that come and go.

use lab::{AdminState, Network, NetworkBuilder, Segment, prefixed};

use super::{Test, becomes, config, is_router, session, tanist};

pub(super) const ALL: &[Test] = &[
    ("sessions_over_a_router_come_up_in_both_families_if_max_hops_allows_for_it", multihop),
    ("a_session_follows_its_link_and_its_source_address", links),
];

fn multihop() {
    let network: Network<3> = NetworkBuilder::new()
        .router("middle", tanist())
        .cable("eth0", &["10.1.0.1/24", "2001:db8:1::1/64"])
        .cable_to(Segment::nth(1), "eth1", &["10.2.0.1/24", "2001:db8:2::1/64"])
        .router("near", tanist())
        .cable("eth0", &["10.1.0.2/24", "2001:db8:1::2/64"])
        .router("far", tanist())
        .cable("lan0", &["10.3.0.2/24"])
        .cable_to(Segment::nth(1), "eth0", &["10.2.0.2/24", "2001:db8:2::2/64"])
        .build()
        .unwrap();
    let [_middle, mut near, mut far] = network.routers;
    for (router, side) in [(&near, 1), (&far, 2)] {
        let route = |args: &[&str]| router.host.run_program("ip", args).unwrap();
        route(&["route", "add", "default", "via", &format!("10.{side}.0.1")]);
        route(&["-6", "route", "add", "default", "via", &format!("2001:db8:{side}::1")]);
    }
    let sessions = |side: u8, hops: &str| {
        let lines = format!("multihop\n max_hops {hops}");
        let six = format!("{lines}\n hoplimit 255");
        [
            session("v4", &format!("10.{side}.0.2"), &lines),
            session("v6", &format!("2001:db8:{side}::2"), &six),
            // It takes nothing that a router has passed on.
            session("near", &format!("10.{side}.0.2"), &format!("source_ip 10.{}.0.2", 3 - side)),
        ]
    };
    near.start_with(&config(&sessions(2, "1"), 150, "track_bfd {\n v4\n v6\n }")).unwrap();
    far.start_with(&config(&sessions(1, "5"), 100, "")).unwrap();
    for name in ["v4", "v6"] {
        becomes(&near, name, "Up");
        becomes(&far, name, "Up");
    }
    is_router(&near, "MASTER");
    near.says("bfd_instance near is down");
    near.says("bfd_instance near: a packet from 10.2.0.2 was dropped: it came over more hops than max_hops allows");
    far.kill().unwrap();
    near.says("bfd_instance v6 is down: nothing was heard");
    is_router(&near, "FAULT");
}

fn links() {
    let network: Network<2> = NetworkBuilder::new()
        .router("left", tanist())
        .cable("eth0", &["10.9.0.3/24"])
        .router("right", tanist())
        .cable("eth0", &["10.9.0.2/24"])
        .build()
        .unwrap();
    let [mut left, mut right] = network.routers;
    // The address of one end comes later.
    left.start_with(&config(&[session("right", "10.9.0.2", "source_ip 10.9.0.33")], 150, "")).unwrap();
    right.start_with(&config(&[session("left", "10.9.0.33", "")], 100, "")).unwrap();
    left.says("bfd_instance right: cannot send to 10.9.0.2 from 10.9.0.33, which must be an address here");
    left.host.add_address("eth0", prefixed("10.9.0.33/24").unwrap()).unwrap();
    becomes(&left, "right", "Up");
    becomes(&right, "left", "Up");
    left.host.set_link("eth0", AdminState::Down).unwrap();
    becomes(&left, "right", "Down");
    becomes(&right, "left", "Down");
    left.host.set_link("eth0", AdminState::Up).unwrap();
    becomes(&left, "right", "Up");
    becomes(&right, "left", "Up");
}
