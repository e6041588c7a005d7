//! Networks without multicast.

use crate::site::{PATIENCE, Site, Test};

pub(super) const ALL: &[Test] = &[
    ("a pair across subnets of a hoster: unicast through a gateway, checked sources", across_subnets),
    ("a pair of virtual servers without an address: a hook claims it from the provider", hook),
];

/// The hook runs once for each change of role; a race that the second one loses is said in its log (G24: ka#2087).
fn hook() {
    let mut site: Site<2> = Site::flat("eth0", [&["10.20.0.11/24"], &["10.20.0.12/24"]], 41);
    site.configure(|place| {
        let (own, peer, priority) = [("10.20.0.11", "10.20.0.12", 150), ("10.20.0.12", "10.20.0.11", 100)][place];
        format!(
            r#"
global_defs {{
    enable_script_security
    script_user root
}}
vrrp_instance cloud {{
    state BACKUP
    nopreempt
    interface eth0
    virtual_router_id 41
    priority {priority}
    unicast_src_ip {own}
    unicast_peer {{
        {peer}
    }}
    notify_master "${{DIR}}/claim.sh"
}}
"#
        )
    });
    for place in 0..2 {
        site.script(place, "claim.sh", "echo claimed >> $DIR/claimed");
    }
    let claims = |site: &Site<2>| [0, 1].map(|place| site.read(place, "claimed").lines().count());
    let claimed = |site: &Site<2>, expected: [usize; 2]| {
        assert!(lab::wait::until(PATIENCE, || claims(site) == expected), "{expected:?} calls; {}", site.logs());
    };
    site.start();
    assert!(site.nodes[1].wait_state("BACKUP", PATIENCE), "{}", site.logs());
    site.is_master(0, &["cloud"]);
    // On a busy machine the second may be the first at the start.
    let first = takeovers(&site);
    claimed(&site, first);
    // The network parts for a moment: both are master, then the first alone, which never left.
    site.lan.isolate(&site.nodes[1].host).unwrap();
    assert!(site.nodes[1].wait_state("MASTER", PATIENCE), "{}", site.logs());
    claimed(&site, [first[0], first[1] + 1]);
    site.lan.rejoin(&site.nodes[1].host).unwrap();
    site.is_master(0, &["cloud"]);
    claimed(&site, [first[0], first[1] + 1]);
    let told = || site.nodes[1].log().contains("MASTER -> BACKUP: superior advert from 10.20.0.11 (priority 150)");
    assert!(lab::wait::until(PATIENCE, told), "{}", site.logs());
    site.nodes[0].kill_alone().unwrap();
    site.is_master(1, &["cloud"]);
    claimed(&site, [first[0], first[1] + 2]);
    site.only_unicast();
    site.end();
}

/// Two machines that route to each other; a TTL of less than 255 arrives.
fn across_subnets() {
    let mut site: Site<2> = Site::flat("eth0", [&["10.20.0.11/24"], &["10.20.1.12/24"]], 41);
    for (place, other) in ["10.20.1.0/24", "10.20.0.0/24"].into_iter().enumerate() {
        let host = &site.nodes[place].host;
        host.run_program("ip", &["route", "add", other, "dev", "eth0"]).unwrap();
    }
    site.configure(|place| {
        let (own, peer, priority) = [("10.20.0.11", "10.20.1.12", 150), ("10.20.1.12", "10.20.0.11", 100)][place];
        format!(
            r#"
global_defs {{
    enable_script_security
    script_user root
    vrrp_version 3
}}
vrrp_instance failover {{
    state BACKUP
    interface eth0
    virtual_router_id 41
    priority {priority}
    advert_int 0.5
    check_unicast_src
    unicast_ttl 64
    unicast_src_ip {own}
    unicast_peer {{
        {peer}
    }}
    virtual_ipaddress {{
        203.0.113.7/32 dev eth0
    }}
    notify_master "${{DIR}}/claim.sh"
}}
"#
        )
    });
    for place in 0..2 {
        site.script(place, "claim.sh", "echo claimed >> $DIR/claimed");
    }
    site.start();
    site.is_master(0, &["failover"]);
    site.lan.cut(&site.nodes[0].host).unwrap();
    site.is_master(1, &["failover"]);
    site.lan.restore(&site.nodes[0].host).unwrap();
    let host = &site.nodes[0].host;
    host.run_program("ip", &["route", "replace", "10.20.1.0/24", "dev", "eth0"]).unwrap();
    site.is_master(0, &["failover"]);
    site.holds(0, "203.0.113.7");
    let claimed = |place| site.read(place, "claimed").lines().count();
    let once_each = || [0, 1].map(claimed) == takeovers(&site);
    assert!(lab::wait::until(PATIENCE, once_each), "{}", site.logs());
    site.only_unicast();
    site.end();
}

/// How often each became master, by its log.
fn takeovers(site: &Site<2>) -> [usize; 2] {
    [0, 1].map(|place| site.nodes[place].log().matches("-> MASTER").count())
}
