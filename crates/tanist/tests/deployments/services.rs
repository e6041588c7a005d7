//! Addresses before services that run on the machines themselves.

use testbed::lan::PageServer;

use crate::site::{Site, Test};

pub(super) const ALL: &[Test] = &[
    ("a pair of proxies: a script with a weight, a password, MASTER and BACKUP", proxies),
    ("Kubernetes API servers: three nodes by unicast, an HTTP check", kubernetes),
    ("a pair of name servers, each preferred for one address, a TCP check without weight", name_servers),
    ("three database nodes with one file: nopreempt, a file that says who lags", databases),
    ("a director: what belongs to virtual servers is skipped, maintenance by planned stop", director),
];

/// `vrrp_script` fails, the weight is larger than the distance.
fn proxies() {
    let mut site: Site<2> = Site::flat("eth0", [&["192.0.2.11/24"], &["192.0.2.12/24"]], 51);
    site.configure(|place| {
        let (state, priority, own) = [("MASTER", 101, "lb1"), ("BACKUP", 100, "lb2")][place];
        format!(
            r#"
global_defs {{
    router_id {own}
    enable_script_security
    script_user root
}}

vrrp_script chk_haproxy {{
    script "${{DIR}}/check_haproxy.sh"   # killall -0 haproxy
    interval 1
    weight 2
    fall 2
    rise 1
}}

vrrp_instance VI_1 {{
    interface eth0
    state {state}
    virtual_router_id 51
    priority {priority}
    advert_int 1
    authentication {{
        auth_type PASS
        auth_pass k3epal1v
    }}
    virtual_ipaddress {{
        192.0.2.100/24 dev eth0 label eth0:vip
    }}
    track_script {{
        chk_haproxy
    }}
}}
"#
        )
    });
    for place in 0..2 {
        site.script(place, "check_haproxy.sh", "test -e $DIR/haproxy.pid");
        site.write(place, "haproxy.pid", "1");
    }
    site.start();
    site.is_master(0, &["VI_1"]);
    site.holds(0, "192.0.2.100");
    site.remove(0, "haproxy.pid");
    site.is_master(1, &["VI_1"]);
    site.holds(1, "192.0.2.100");
    site.write(0, "haproxy.pid", "1");
    site.is_master(0, &["VI_1"]);
    site.holds(0, "192.0.2.100");
    site.end();
}

/// The API server on the master stops answering.
fn kubernetes() {
    const NODES: [&str; 3] = ["192.0.2.21", "192.0.2.22", "192.0.2.23"];
    let addresses: [&[&str]; 3] = [&["192.0.2.21/24"], &["192.0.2.22/24"], &["192.0.2.23/24"]];
    let mut site: Site<3> = Site::flat("ens3", addresses, 60);
    site.configure(|place| {
        let peers = NODES.iter().filter(|node| **node != NODES[place]).copied().collect::<Vec<_>>().join("\n        ");
        let (own, priority) = (NODES[place], 101 - place);
        format!(
            r"
global_defs {{
    router_id LVS_DEVEL
    enable_script_security
    script_user root
}}

vrrp_script check_apiserver {{
    script /etc/keepalived/check_apiserver.sh
    tanist_http http://127.0.0.1:6443/healthz
    interval 1
    timeout 1
    weight -50
    fall 2
    rise 1
}}

vrrp_instance VI_1 {{
    state BACKUP
    interface ens3
    virtual_router_id 60
    priority {priority}
    unicast_src_ip {own}
    unicast_peer {{
        {peers}
    }}
    authentication {{
        auth_type PASS
        auth_pass 4be37dc3
    }}
    virtual_ipaddress {{
        192.0.2.20
    }}
    track_script {{
        check_apiserver
    }}
}}
"
        )
    });
    let servers: Vec<PageServer> = (0..3)
        .map(|place| {
            site.write(place, "healthz", "");
            let node = &site.nodes[place];
            PageServer::start(&node.host, "127.0.0.1:6443", node.file("healthz")).unwrap()
        })
        .collect();
    site.start();
    site.is_master(0, &["VI_1"]);
    site.remove(0, "healthz");
    site.is_master(1, &["VI_1"]);
    site.remove(1, "healthz");
    site.is_master(2, &["VI_1"]);
    site.holds(2, "192.0.2.20");
    site.write(0, "healthz", "");
    site.is_master(0, &["VI_1"]);
    site.holds(0, "192.0.2.20");
    site.only_unicast();
    drop(servers);
    site.end();
}

/// A check without weight: the name server on one machine ends, and the other has both addresses.
fn name_servers() {
    let mut site: Site<2> = Site::flat("eth0", [&["192.0.2.31/24"], &["192.0.2.32/24"]], 53);
    site.configure(|place| {
        let (first, second) = [(150, 100), (100, 150)][place];
        format!(
            r"
vrrp_script chk_dns {{
    tanist_tcp 127.0.0.1:5353
    interval 1
    fall 1
    rise 1
}}
vrrp_instance dns1 {{
    state BACKUP
    interface eth0
    virtual_router_id 53
    priority {first}
    virtual_ipaddress {{
        192.0.2.53/24
    }}
    track_script {{
        chk_dns
    }}
}}
vrrp_instance dns2 {{
    state BACKUP
    interface eth0
    virtual_router_id 54
    priority {second}
    virtual_ipaddress {{
        192.0.2.54/24
    }}
    track_script {{
        chk_dns
    }}
}}
"
        )
    });
    let serve = |site: &Site<2>, place: usize| {
        let node = &site.nodes[place];
        PageServer::start(&node.host, "127.0.0.1:5353", node.file("zone")).unwrap()
    };
    let (first, _second) = (serve(&site, 0), serve(&site, 1));
    site.start();
    site.is_master(0, &["dns1"]);
    site.is_master(1, &["dns2"]);
    drop(first);
    site.is_master(1, &["dns1", "dns2"]);
    site.holds(1, "192.0.2.53");
    let _first = serve(&site, 0);
    site.is_master(0, &["dns1"]);
    site.is_master(1, &["dns2"]);
    site.end();
}

/// The priorities are equal; who lags behind writes how far into a file. One that comes back stays what it is.
fn databases() {
    const PEERS: &str = "192.0.2.41\n        192.0.2.42\n        192.0.2.43";
    let addresses: [&[&str]; 3] = [&["192.0.2.41/24"], &["192.0.2.42/24"], &["192.0.2.43/24"]];
    let mut site: Site<3> = Site::flat("eth0", addresses, 70);
    site.configure(|_| {
        format!(
            r#"
global_defs {{
    enable_script_security
    script_user root
}}
vrrp_track_file lag {{
    file "${{DIR}}/lag"
    weight -1
}}
vrrp_instance postgres {{
    state BACKUP
    nopreempt
    interface eth0
    virtual_router_id 70
    priority 150
    advert_int 1
    unicast_peer {{
        {PEERS}
    }}
    track_file {{
        lag
    }}
    virtual_ipaddress {{
        192.0.2.40/24
    }}
    notify_master "${{DIR}}/promote.sh"
}}
"#
        )
    });
    for (place, lag) in [(0, "0"), (1, "20"), (2, "60")] {
        site.write(place, "lag", lag);
        site.script(place, "promote.sh", "echo promoted >> $DIR/promoted");
    }
    site.nodes[0].start().unwrap();
    assert!(site.nodes[0].wait_state("MASTER", crate::site::PATIENCE), "{}", site.logs());
    site.nodes[1].start().unwrap();
    site.nodes[2].start().unwrap();
    site.is_master(0, &["postgres"]);
    for follower in &site.nodes[1..] {
        let heard = || follower.status().is_some_and(|it| it["master"]["address"] == "192.0.2.41");
        assert!(lab::wait::until(crate::site::PATIENCE, heard), "{}", site.logs());
    }
    site.nodes[0].kill_alone().unwrap();
    site.is_master(1, &["postgres"]);
    site.nodes[0].start().unwrap();
    site.is_master(1, &["postgres"]);
    site.holds(1, "192.0.2.40");
    site.stop(1);
    site.is_master(0, &["postgres"]);
    let promoted = |place| site.read(place, "promoted").lines().count();
    assert_eq!([promoted(0), promoted(1), promoted(2)], [2, 1, 0], "{}", site.logs());
    site.only_unicast();
    site.end();
}

fn director() {
    let mut site: Site<2> = Site::flat("eth0", [&["192.0.2.61/24"], &["192.0.2.62/24"]], 30);
    site.configure(|place| {
        let (id, priority) = [("director1", 120), ("director2", 100)][place];
        format!(
            r"
global_defs {{
    router_id {id}
}}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 30
    priority {priority}
    garp_master_delay 1
    preempt_delay 1
    virtual_ipaddress {{
        192.0.2.30/24
    }}
}}
virtual_server 192.0.2.30 80 {{
    delay_loop 6
    lb_algo rr
    lb_kind DR
    protocol TCP
    real_server 192.0.2.71 80 {{
        weight 1
        TCP_CHECK {{
            connect_timeout 3
        }}
    }}
}}
"
        )
    });
    site.start();
    site.is_master(0, &["VI_1"]);
    site.stop(0);
    site.is_master(1, &["VI_1"]);
    site.holds(1, "192.0.2.30");
    site.nodes[0].start().unwrap();
    site.is_master(0, &["VI_1"]);
    site.holds(0, "192.0.2.30");
    site.end();
}
