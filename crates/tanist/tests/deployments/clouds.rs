//! Networks without multicast.

use crate::site::{Site, Test};

pub(super) const ALL: &[Test] =
    &[("a pair across subnets of a hoster: unicast through a gateway, checked sources", across_subnets)];

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
    let once_each = || [claimed(0), claimed(1)] == [2, 1];
    assert!(lab::wait::until(crate::site::PATIENCE, once_each), "{}", site.logs());
    site.only_unicast();
    site.end();
}
