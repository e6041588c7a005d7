//! What the tests stand on: hosts on a LAN, operations in short form, waiting for changes.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use host::{
    Failure, Item, Kernel, Lifetime, LinkAddress, LinkSetting, MacvlanLink, Op, OwnKind, PrefixRoute, Restore, Scope,
    Setting, SettingKey, Task, UseAsSource,
};
use lab::{Forwarding, Host, HostSpec, Lan};
use linux::Machine;
use linux::clock;
use linux::link::LinkInfo;
use linux::monitor::{Change, Monitor};
use linux::poll::{Poll, Timer};
use vrrp::types::{Family, IfIndex, MacAddr, Vrid};

/// How long an event may take before the test fails: long, for machines that are busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// A LAN with hosts that have 10.0.0.1, 10.0.0.2 … and fd00::1, fd00::2 … on eth0.
pub(crate) fn lan<const N: usize>() -> (Lan, [Host; N]) {
    let mut lan = Lan::new().unwrap();
    let hosts = std::array::from_fn(|number| {
        let addresses = [(format!("10.0.0.{}", number + 1), 24), (format!("fd00::{}", number + 1), 64)]
            .map(|(a, len)| (ip(&a), len));
        lan.plug(&HostSpec { name: "host", nic: "eth0", forwarding: Forwarding::Off, addresses: &addresses }).unwrap()
    });
    (lan, hosts)
}

/// Runs `test` on a host that is alone on its LAN.
pub(crate) fn on_a_host(test: impl FnOnce(&mut Machine, IfIndex) + Send) {
    let (_lan, [host]) = lan();
    host.namespace.run(|| test(&mut Machine::open().unwrap(), host.nic)).unwrap();
}

/// An address.
pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The virtual MAC of an IPv4 router.
pub(crate) fn vmac(vrid: u8) -> MacAddr {
    MacAddr::virtual_router(Family::Ipv4, Vrid::new(vrid).unwrap())
}

/// A macvlan `vrrp.VRID` that is not made yet.
pub(crate) fn macvlan(machine: &mut Machine, parent: IfIndex, vrid: u8) -> MacvlanLink {
    let index = machine.unused_index(|_| false);
    MacvlanLink {
        index,
        name: format!("vrrp.{vrid}"),
        parent,
        mac: vmac(vrid),
        kind: OwnKind::Macvlan,
        alias: format!("tanist:VI_{vrid}"),
        group: None,
    }
}

/// Makes it.
pub(crate) fn add(link: &MacvlanLink) -> Op {
    Op::Add(Item::from(link.clone()))
}

/// Removes it.
pub(crate) fn remove(link: &MacvlanLink) -> Op {
    Op::Remove(Item::from(link.clone()))
}

/// Gives a setting a value.
pub(crate) const fn set(link: IfIndex, setting: LinkSetting, value: i32) -> Op {
    Op::Set(Setting { key: SettingKey { link, setting }, value, restore: Restore::WithLink })
}

/// An address of a virtual router: host prefix, no route, for ever.
pub(crate) fn vip(link: IfIndex, address: &str) -> LinkAddress {
    let address = ip(address);
    LinkAddress {
        link,
        address,
        prefix_len: if address.is_ipv4() { 32 } else { 128 },
        scope: Scope::default(),
        label: None,
        broadcast: None,
        prefix_route: PrefixRoute::None,
        lifetime: Lifetime::Forever,
        use_as_source: UseAsSource::Preferred,
        peer: None,
        flags: BTreeSet::new(),
    }
}

/// Carries out operations; each refusal bears the position of its operation.
pub(crate) fn attempt(machine: &mut Machine, ops: &[Op]) -> Vec<Failure<usize>> {
    let tasks: Vec<_> = ops.iter().cloned().enumerate().map(|(position, op)| Task::new(position, op)).collect();
    machine.apply(&tasks)
}

/// Carries out operations of which none may be refused.
#[track_caller]
pub(crate) fn apply(machine: &mut Machine, ops: &[Op]) {
    let failures = attempt(machine, ops);
    assert!(failures.is_empty(), "{failures:?}");
}

/// The link of this index.
pub(crate) fn link(machine: &mut Machine, index: IfIndex) -> Option<LinkInfo> {
    machine.links().unwrap().into_iter().find(|link| link.index == index)
}

/// A file of /proc/net, of the namespace this thread is in.
pub(crate) fn proc_net(file: &str) -> String {
    std::fs::read_to_string(format!("/proc/thread-self/net/{file}")).unwrap()
}

/// Waits for a change, through all others.
pub(crate) fn await_change(monitor: &mut Monitor, wanted: impl Fn(&Change) -> bool) -> Change {
    let (mut poll, timer) = (Poll::new().unwrap(), Timer::new().unwrap());
    timer.set(Some(clock::now() + PATIENCE)).unwrap();
    poll.add(&timer, 0).unwrap();
    poll.add(&*monitor, 1).unwrap();
    let (mut ready, mut changes) = (Vec::new(), Vec::new());
    loop {
        monitor.read(&mut changes).unwrap();
        if let Some(found) = changes.iter().find(|change| wanted(change)) {
            return found.clone();
        }
        poll.wait(&mut ready).unwrap();
        assert!(!ready.contains(&0), "waited in vain; seen: {changes:?}");
    }
}
