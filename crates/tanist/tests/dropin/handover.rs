//! One machine, one file: keepalived, then tanist in its place, then keepalived again.

use lab::{Network, NetworkBuilder, Program, RouterHost, wait};
use rustix::process::Signal;
use testbed::lan::harness;

use super::{PATIENCE, as_keepalived};

const VIP: &str = "10.9.0.100";

fn config(priority: u8) -> String {
    format!(
        "vrrp_instance A {{\n interface eth0\n virtual_router_id 51\n priority {priority}\n version 3\n advert_int 0.2\n \
         use_vmac\n virtual_ipaddress {{\n {VIP}/24\n }}\n}}\n"
    )
}

fn holds(router: &RouterHost) -> bool {
    router.host.link_of(VIP.parse().unwrap()).is_some()
}

pub(crate) fn there_and_back() {
    let builder = NetworkBuilder::new().router("a", Program::Keepalived).cable("eth0", &["10.9.0.2/24"]);
    let builder = builder.router("b", harness::tanist(env!("CARGO_BIN_EXE_tanist"))).cable("eth0", &["10.9.0.3/24"]);
    let Network { routers: [mut machine, mut peer], client: _client, capture: _capture, lan: _lan } =
        builder.build().unwrap();
    machine.configure(&config(150)).unwrap();
    peer.start_with(&config(100)).unwrap();
    assert!(wait::until(PATIENCE, || holds(&peer)), "{}", peer.log());
    for daemon in ["keepalived", "tanist", "keepalived again"] {
        let command = if daemon == "tanist" { as_keepalived(&machine) } else { machine.command() };
        machine.start_as(command).unwrap();
        assert!(wait::until(PATIENCE, || holds(&machine) && !holds(&peer)), "{daemon}: {}", machine.log());
        machine.signal(Signal::TERM).unwrap();
        let status = machine.wait_end(PATIENCE).expect(daemon);
        assert!(status.success(), "{daemon}: {status}");
        assert!(wait::until(PATIENCE, || holds(&peer)), "{daemon}: {}", peer.log());
        assert!(!holds(&machine), "{daemon} leaves its address");
        if daemon == "tanist" {
            // keepalived itself leaves settings of the parent behind.
            let links = machine.host.links().unwrap();
            assert!(links.iter().all(|link| link.name != "vrrp.51"), "{links:?}");
        }
    }
    // Each was obeyed, and said goodbye: the peer waited for no timer but its first.
    let said = |what: &str| wait::until(PATIENCE, || peer.log().matches(what).count() >= 3);
    assert!(said("A: MASTER -> BACKUP"), "{}", peer.log());
    assert!(said("priority 0"), "{}", peer.log());
}
