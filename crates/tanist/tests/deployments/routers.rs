//! Gateways: virtual MACs, sync groups, both families.

use lab::{NetworkBuilder, Segment, wait};

use crate::site::{PATIENCE, Site, Test, tanist};

pub(super) const ALL: &[Test] = &[
    ("a pair of gateways: a group of inside and outside, virtual MACs, version 3", gateways),
    ("a pair of gateways that lose their provider: BFD with its router", provider),
    ("an old pair of firewalls: version 2 with AH, one side is killed", signed),
    ("an OpenStack-like router: nopreempt, excluded addresses on other interfaces", openstack),
    ("a pair of IPv6 routers: link-local first, virtual MAC, half a second", ipv6_routers),
    ("a pair of firewalls with both families in one group, and an uplink that is tracked", firewalls),
];

/// Two machines between an outer and an inner LAN.
fn between(outer: &str, inner: &str, addresses: [[&str; 2]; 2], vrid: u8) -> Site<2> {
    let builder = addresses.iter().enumerate().fold(NetworkBuilder::new(), |builder, (place, [out, within])| {
        let builder = builder.router(&format!("n{}", place + 1), tanist()).cable(outer, &[out]);
        builder.cable_to(Segment::nth(1), inner, &[within])
    });
    Site::new(builder, vrid)
}

/// The cable outside is pulled: both addresses move.
fn gateways() {
    let mut site =
        between("eth0", "eth1", [["203.0.113.11/24", "198.51.100.11/24"], ["203.0.113.12/24", "198.51.100.12/24"]], 11);
    site.configure(|place| {
        let priority = [150, 100][place];
        format!(
            r#"
global_defs {{
    router_id gw{place}
    vrrp_version 3
    vrrp_garp_master_refresh 60
    enable_script_security
    script_user root
}}
vrrp_sync_group GW {{
    group {{
        WAN
        LAN
    }}
    notify_master "${{DIR}}/conntrackd.sh primary"
    notify_backup "${{DIR}}/conntrackd.sh backup"
    notify_fault "${{DIR}}/conntrackd.sh fault"
}}
vrrp_instance WAN {{
    state BACKUP
    interface eth0
    virtual_router_id 11
    priority {priority}
    advert_int 0.5
    use_vmac vrrp11
    vmac_xmit_base
    virtual_ipaddress {{
        203.0.113.1/24
    }}
}}
vrrp_instance LAN {{
    state BACKUP
    interface eth1
    virtual_router_id 10
    priority {priority}
    advert_int 0.5
    use_vmac vrrp10
    vmac_xmit_base
    virtual_ipaddress {{
        198.51.100.1/24
    }}
}}
"#
        )
    });
    for place in 0..2 {
        site.script(place, "conntrackd.sh", "echo $1 >> $DIR/conntrackd");
    }
    let both = ["WAN", "LAN"];
    site.start();
    site.is_master(0, &both);
    site.lan.cut(&site.nodes[0].host).unwrap();
    site.is_master(1, &both);
    site.holds(1, "198.51.100.1");
    site.lan.restore(&site.nodes[0].host).unwrap();
    site.is_master(0, &both);
    site.holds(0, "203.0.113.1");
    let told = |place| site.read(place, "conntrackd").lines().map(str::to_owned).collect::<Vec<_>>();
    let complete = || told(0) == ["backup", "primary", "fault", "backup", "primary"];
    assert!(wait::until(PATIENCE, complete), "{:?}; {}", told(0), site.logs());
    site.end();
}

/// The session of the master with the provider's router ends, its own links stay up.
fn provider() {
    let outer = ["203.0.113.11/24", "203.0.113.12/24", "203.0.113.254/24"];
    let builder = outer.iter().enumerate().fold(NetworkBuilder::new(), |builder, (place, outer)| {
        let builder = builder.router(&format!("n{}", place + 1), tanist());
        let inner = format!("198.51.100.{}/24", 11 + place);
        builder.cable("eth0", &[inner]).cable_to(Segment::nth(1), "wan0", &[outer])
    });
    let mut site: Site<3> = Site::new(builder, 20);
    let session = |name: &str, own: &str, neighbor: &str| {
        format!(
            "bfd_instance {name} {{\n    source_ip {own}\n    neighbor_ip {neighbor}\n    min_rx 100\n    min_tx 100\n    \
             multiplier 3\n}}\n"
        )
    };
    site.configure(|place| match place {
        2 => {
            let sessions = ["203.0.113.11", "203.0.113.12"].map(|peer| session(peer, "203.0.113.254", peer)).concat();
            let router =
                "interface wan0\n    virtual_router_id 1\n    virtual_ipaddress {\n        203.0.113.1/24\n    }";
            format!("{sessions}vrrp_instance EDGE {{\n    {router}\n}}\n")
        }
        _ => {
            let own = ["203.0.113.11", "203.0.113.12"][place];
            let (provider, priority) = (session("provider", own, "203.0.113.254"), [150, 100][place]);
            format!(
                r"
{provider}
vrrp_instance GW {{
    version 3
    state BACKUP
    interface eth0
    use_vmac
    virtual_router_id 20
    priority {priority}
    advert_int 0.5
    track_bfd {{
        provider
    }}
    virtual_ipaddress {{
        198.51.100.1/24
    }}
}}
"
            )
        }
    });
    site.start();
    site.is_master(0, &["GW"]);
    let wan = site.nodes[0].host.cable("wan0").unwrap();
    site.lan.isolate(wan).unwrap();
    site.is_master(1, &["GW"]);
    site.holds(1, "198.51.100.1");
    site.nodes[0].says("provider is down");
    site.lan.rejoin(wan).unwrap();
    site.is_master(0, &["GW"]);
    site.holds(0, "198.51.100.1");
    site.end();
}

fn signed() {
    let mut site: Site<2> = Site::flat("eth0", [&["192.0.2.81/24"], &["192.0.2.82/24"]], 80);
    site.configure(|place| {
        let (state, priority) = [("MASTER", 200), ("BACKUP", 100)][place];
        format!(
            r"
vrrp_instance inside {{
    state {state}
    interface eth0
    virtual_router_id 80
    priority {priority}
    advert_int 1
    authentication {{
        auth_type AH
        auth_pass quartz88
    }}
    virtual_ipaddress {{
        192.0.2.80/24
    }}
}}
"
        )
    });
    site.start();
    site.is_master(0, &["inside"]);
    site.nodes[0].kill_alone().unwrap();
    site.is_master(1, &["inside"]);
    site.holds(1, "192.0.2.80");
    site.nodes[0].start().unwrap();
    site.is_master(0, &["inside"]);
    site.holds(0, "192.0.2.80");
    let secret = |place: usize| site.nodes[place].log().contains("quartz88");
    assert!(!secret(0) && !secret(1), "{}", site.logs());
    site.end();
}

/// The namespace of the master loses its link, and when it is back it stays backup.
fn openstack() {
    let mut site = between(
        "ha-5d3c1f50-6a",
        "qr-0c1d5ec1-30",
        [["169.254.192.11/18", "192.0.2.200/32"], ["169.254.192.12/18", "192.0.2.201/32"]],
        7,
    );
    site.configure(|_| {
        r"
global_defs {
    enable_script_security
    script_user root
    dynamic_interfaces allow_if_changes
}
vrrp_instance VR_7 {
    state BACKUP
    interface ha-5d3c1f50-6a
    virtual_router_id 7
    priority 50
    garp_master_delay 60
    nopreempt
    advert_int 1
    track_interface {
        ha-5d3c1f50-6a
    }
    virtual_ipaddress {
        169.254.0.7/24 dev ha-5d3c1f50-6a
    }
    virtual_ipaddress_excluded {
        198.51.100.1/24 dev qr-0c1d5ec1-30 no_track
        fe80::f816:3eff:fe1b:3f1/64 dev qr-0c1d5ec1-30 scope link no_track
    }
}
"
        .to_owned()
    });
    site.nodes[0].start().unwrap();
    assert!(site.nodes[0].wait_state("MASTER", PATIENCE), "{}", site.logs());
    site.nodes[1].start().unwrap();
    site.is_master(0, &["VR_7"]);
    site.holds(0, "198.51.100.1");
    site.lan.cut(&site.nodes[0].host).unwrap();
    site.is_master(1, &["VR_7"]);
    site.holds(1, "198.51.100.1");
    site.holds(1, "fe80::f816:3eff:fe1b:3f1");
    site.lan.restore(&site.nodes[0].host).unwrap();
    assert!(site.nodes[0].wait_state("BACKUP", PATIENCE), "{}", site.logs());
    site.is_master(1, &["VR_7"]);
    site.stop(1);
    site.is_master(0, &["VR_7"]);
    site.holds(0, "198.51.100.1");
    site.end();
}

fn ipv6_routers() {
    let addresses: [&[&str]; 2] = [&["2001:db8:7::11/64"], &["2001:db8:7::12/64"]];
    let mut site: Site<2> = Site::flat("eth0", addresses, 9);
    site.configure(|place| {
        let priority = [200, 100][place];
        format!(
            r"
vrrp_instance lan6 {{
    version 3
    state BACKUP
    interface eth0
    use_vmac vrrp6.9
    virtual_router_id 9
    priority {priority}
    advert_int 0.5
    virtual_ipaddress {{
        fe80::1/64
        2001:db8:7::1/64
    }}
}}
"
        )
    });
    site.start();
    site.is_master(0, &["lan6"]);
    site.nodes[0].kill_alone().unwrap();
    site.is_master(1, &["lan6"]);
    site.nodes[0].start().unwrap();
    site.is_master(0, &["lan6"]);
    site.holds(0, "2001:db8:7::1");
    site.end();
}

/// The uplink, on which there is no router, goes down.
fn firewalls() {
    let mut site =
        between("lan0", "wan0", [["192.0.2.11/24", "203.0.113.11/24"], ["192.0.2.12/24", "203.0.113.12/24"]], 10);
    site.configure(|place| {
        let priority = [150, 100][place];
        format!(
            r"
global_defs {{
    vrrp_version 3
}}
vrrp_sync_group FW {{
    group {{
        lan4
        lan6
    }}
    track_interface {{
        wan0
    }}
}}
vrrp_instance lan4 {{
    state BACKUP
    interface lan0
    use_vmac
    virtual_router_id 10
    priority {priority}
    advert_int 0.5
    virtual_ipaddress {{
        192.0.2.1/24
    }}
}}
vrrp_instance lan6 {{
    state BACKUP
    interface lan0
    use_vmac
    virtual_router_id 10
    priority {priority}
    advert_int 0.5
    virtual_ipaddress {{
        fe80::1/64
        2001:db8:8::1/64
    }}
}}
"
        )
    });
    let both = ["lan4", "lan6"];
    site.start();
    site.is_master(0, &both);
    site.lan.cut(site.nodes[0].host.cable("wan0").unwrap()).unwrap();
    site.is_master(1, &both);
    site.holds(1, "2001:db8:8::1");
    site.lan.restore(site.nodes[0].host.cable("wan0").unwrap()).unwrap();
    site.is_master(0, &both);
    site.holds(0, "192.0.2.1");
    site.end();
}
