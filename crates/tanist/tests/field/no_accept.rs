//! Masters that do not take packets to their addresses.

use std::net::IpAddr;
use std::time::Duration;

use host::{DroppedAddress, Item, Kernel as _, Op, Task};
use lab::{Asker, EchoProbe, wait};
use linux::Machine;
use testbed::lan::{Bench, CLIENT, Instance, Protocol, VmacMode};
use vrrp::types::IfIndex;

use super::owner::{flush, tables};
use super::{PATIENCE, Test, answers, holds, instance, master, soon, stop};

pub(super) const ALL: &[Test] = &[
    ("no_accept on a virtual MAC: pings are dropped and counted, ARP goes on", on_virtual_mac),
    ("no_accept without virtual MAC, IPv6", without_virtual_mac),
    ("no_accept: addresses come and go by reload, and what others change in the table is put back", reloaded),
];

fn on_virtual_mac() {
    let accepting = instance(Protocol::V3Ipv4, VmacMode::Vmac);
    let mut bench = refuses(&accepting);
    let vip = address(&accepting);
    let asker = || Asker::new(&bench.client).unwrap().ask(CLIENT, vip, Duration::from_millis(300)).unwrap();
    assert_eq!(asker(), [accepting.virtual_mac()]);
    bench.left.reload_with(&accepting).unwrap();
    soon(&bench, "its table is gone", || tables(&bench).is_empty());
    answers(&bench, &vip.to_string());
    bench.left.reload_with(&accepting.with("no_accept")).unwrap();
    soon(&bench, "its table is there", || tables(&bench).len() == 1);
    assert!(!is_answered(&bench, vip), "{}", bench.left.log());
    stop(&mut bench);
    assert_eq!(tables(&bench), []);
}

fn without_virtual_mac() {
    let accepting = instance(Protocol::V3Ipv6, VmacMode::None);
    let mut bench = refuses(&accepting);
    flush(&bench);
    soon(&bench, "the table is back", || tables(&bench).len() == 1);
    assert!(!is_answered(&bench, address(&accepting)), "{}", bench.left.log());
    bench.left.kill().unwrap();
    assert_eq!(tables(&bench).len(), 1);
    super::start(&mut bench, &accepting);
    assert_eq!(tables(&bench), []);
    answers(&bench, &address(&accepting).to_string());
}

fn reloaded() {
    let accepting = instance(Protocol::V3Ipv4, VmacMode::None);
    let mut bench = refuses(&accepting);
    let (vip, added): (IpAddr, IpAddr) = (address(&accepting), "10.9.0.44".parse().unwrap());
    let addresses = [accepting.addresses.clone(), vec![format!("{added}/24")]].concat();
    let more = Instance { addresses, ..accepting.clone() }.with("no_accept");
    bench.left.reload_with(&more).unwrap();
    holds(&bench, &more);
    assert!(!is_answered(&bench, added) && !is_answered(&bench, vip), "{}", bench.left.log());
    // A chain keeps its place: it is another table.
    let before = tables(&bench);
    bench.left.reload_with(&more.clone().with_global("nftables_priority 5")).unwrap();
    soon(&bench, "another table is there", || tables(&bench).len() == 1 && tables(&bench) != before);
    assert!(!is_answered(&bench, added) && !is_answered(&bench, vip), "{}", bench.left.log());
    let [Item::DropTable(table)] = tables(&bench)[..] else { panic!("{:?}", tables(&bench)) };
    let element =
        Op::Remove(Item::DroppedAddress(DroppedAddress { table, address: vip, link: IfIndex::new(1).unwrap() }));
    let tasks = [Task::new((), element)];
    bench.left.host.namespace.run(|| assert_eq!(Machine::open().unwrap().apply(&tasks), [])).unwrap();
    let told = || bench.left.log().contains("removed or changed the nftables table that drops");
    assert!(wait::until(PATIENCE, told), "{}", bench.left.log());
    assert!(wait::until(PATIENCE, || !is_answered(&bench, vip)), "{}", bench.left.log());
    bench.left.reload_with(&accepting).unwrap();
    soon(&bench, "its table is gone", || tables(&bench).is_empty());
    answers(&bench, &vip.to_string());
    assert!(bench.left.host.link_of(added).is_none(), "{}", bench.left.log());
}

/// A master that drops and counts what is sent to its address.
fn refuses(accepting: &Instance) -> Bench {
    let bench = master(&accepting.clone().with("no_accept"));
    let vip = address(accepting);
    assert!(!is_answered(&bench, vip), "{}", bench.left.log());
    answers(&bench, if vip.is_ipv4() { "10.9.0.3" } else { "2001:db8:9::3" });
    let dropped = || bench.left.status().unwrap()["dropped_packets"].as_u64();
    assert!(dropped().is_some_and(|packets| packets > 0), "{:?}; {}", dropped(), bench.left.log());
    bench
}

/// The last of its addresses, which is not a link-local one.
fn address(instance: &Instance) -> IpAddr {
    instance.addresses.last().unwrap().split('/').next().unwrap().parse().unwrap()
}

fn is_answered(bench: &Bench, target: IpAddr) -> bool {
    let probe = EchoProbe::start(&bench.client, target, Duration::from_millis(50)).unwrap();
    wait::until(Duration::from_millis(700), || {
        let tally = probe.tally(0, probe.position());
        tally.sent > tally.lost
    })
}
