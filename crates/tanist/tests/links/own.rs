//! What `use_vmac` says of the interface.

use lab::{Asker, CapturedFrame, Network};
use rustix::process::Signal;
use testbed::lan::MachineState;
use vrrp::types::MacAddr;

use super::{PATIENCE, Test, becomes, router, sh, soon, two_legged};

pub(super) const ALL: &[Test] =
    &[("use_vmac with a MAC and a group, changed by reloads without a failover, in both families", words)];

fn words() {
    for (address, asker, family) in [("10.1.0.51", "10.1.0.9", ""), ("fd01::51", "fd01::9", "fe80::51/64\n ")] {
        let Network { routers: [mut host], lan: _lan, client, capture } = two_legged("eth0", "eth1");
        let config = |words: &str| {
            let vips = format!("virtual_ipaddress {{\n {family}{address}/24\n }}");
            router("own", &format!("interface eth0\n use_vmac {words}\n virtual_router_id 51\n {vips}"))
        };
        let answers = |mac: MacAddr| {
            let mut asker_of = Asker::new(&client).unwrap();
            let window = std::time::Duration::from_millis(300);
            asker_of.ask(asker.parse().unwrap(), address.parse().unwrap(), window).unwrap() == [mac]
        };
        let before = MachineState::of(&host.host).unwrap();
        for (words, mac, group) in [
            ("02:0a:0b:0c:0d", MacAddr([2, 0xa, 0xb, 0xc, 0xd, 51]), "group default"),
            ("02:00:00:00:00:99 group 7", MacAddr([2, 0, 0, 0, 0, 0x99]), "group 7"),
        ] {
            let begin = capture.now();
            if words.contains("group") {
                host.reload_with(&config(words)).unwrap();
            } else {
                host.start_with(&config(words)).unwrap();
            }
            let speaks = |frame: &CapturedFrame| frame.advert().is_some() && frame.source_mac() == mac;
            assert!(capture.wait(begin, PATIENCE, speaks).is_some(), "{words}; {}", host.log());
            becomes(&host, "own", "MASTER");
            soon(&host, words, || answers(mac));
            soon(&host, group, || sh(&host, "ip -o link show dev vrrp.51").contains(group));
        }
        assert_eq!(host.log().matches("MASTER -> ").count(), 0, "no failover; {}", host.log());
        host.signal(Signal::TERM).unwrap();
        assert!(host.wait_end(PATIENCE).is_some(), "{}", host.log());
        soon(&host, "restored", || before.changes(&MachineState::of(&host.host).unwrap()).is_empty());
    }
}
