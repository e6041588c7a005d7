//! Addresses: leases, routes, flags.

use std::time::{Duration, Instant};

use host::{
    ADDRESS_PROTOCOL, Describe, ErrorKind, HostError, Item, Lifetime, LinkAddress, LinkNames, Op, PrefixRoute,
    UseAsSource,
};
use linux::Machine;
use linux::address::{AddressInfo, Readiness};
use linux::monitor::{Change, Monitor};
use linux::netlink::{Attributes, Message, Socket};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::AddressMessage;
use vrrp::types::IfIndex;

use crate::Test;
use crate::ground::{apply, attempt, await_change, ip, on_a_host, proc_net, vip};

pub(crate) const ALL: &[Test] = &[
    ("a_leased_address_is_taken_away_by_the_kernel", lease_ends),
    ("adding_an_address_again_renews_its_lease", lease_renewed),
    ("the_route_of_a_leased_address_goes_with_it", lease_removed),
    ("an_address_carries_label_scope_and_our_number", ipv4_as_asked),
    ("an_ipv6_address_is_usable_at_once_and_may_be_deprecated", ipv6_as_asked),
    ("a_prefix_route_is_made_only_where_wanted", prefix_route),
    ("removing_an_address_twice_is_missing", removed_twice),
    ("five_hundred_addresses_are_one_quick_batch", many),
];

fn add(address: &LinkAddress) -> Op {
    Op::Add(Item::from(address.clone()))
}

fn remove(address: &LinkAddress) -> Op {
    Op::Remove(Item::from(address.clone()))
}

fn find(machine: &mut Machine, address: &str) -> Option<AddressInfo> {
    machine.addresses().unwrap().into_iter().find(|found| found.address == ip(address))
}

/// What of an address only these tests want to know: its label, and whether it is deprecated.
fn label_and_use(address: &str) -> (Option<String>, UseAsSource) {
    const HEADER_LEN: usize = 8;
    const IFA_ADDRESS: u16 = 1;
    const IFA_LABEL: u16 = 3;
    const IFA_FLAGS: u16 = 8;
    const IFA_F_DEPRECATED: u32 = 0x20;
    let read = |message: &Message<'_>| {
        let attributes = Attributes::after(message.payload, HEADER_LEN);
        let is_it = attributes.find(IFA_ADDRESS)?.address() == Some(ip(address));
        let flags = attributes.find(IFA_FLAGS)?.u32()?;
        let used = if flags & IFA_F_DEPRECATED == 0 { UseAsSource::Preferred } else { UseAsSource::Deprecated };
        is_it.then(|| (attributes.find(IFA_LABEL).map(|label| label.text()), used))
    };
    let request = RouteNetlinkMessage::GetAddress(AddressMessage::default());
    Socket::open().unwrap().dump(&request, read).unwrap().remove(0)
}

fn leased(link: IfIndex, address: &str, seconds: u64) -> LinkAddress {
    LinkAddress { lifetime: Lifetime::Lease(Duration::from_secs(seconds)), ..vip(link, address) }
}

fn lease_ends() {
    on_a_host(|machine, eth0| {
        let mut monitor = Monitor::open().unwrap();
        for address in ["10.0.0.99", "fd00::99"] {
            let begin = Instant::now();
            apply(machine, &[add(&leased(eth0, address, 1))]);
            await_change(
                &mut monitor,
                |change| matches!(change, Change::AddressGone(gone) if gone.address == ip(address)),
            );
            assert!(begin.elapsed() >= Duration::from_millis(900), "{address} after {:?}", begin.elapsed());
        }
    });
}

fn lease_renewed() {
    on_a_host(|machine, eth0| {
        for address in ["10.0.0.99", "fd00::99"] {
            apply(machine, &[add(&leased(eth0, address, 10))]);
            apply(machine, &[add(&leased(eth0, address, 1000))]);
            let Lifetime::Lease(left) = find(machine, address).unwrap().lifetime else { panic!("not a lease") };
            assert!(left > Duration::from_secs(900), "{address}: {left:?}");
            apply(machine, &[add(&vip(eth0, address))]);
            assert_eq!(find(machine, address).unwrap().lifetime, Lifetime::Forever);
        }
    });
}

fn lease_removed() {
    on_a_host(|machine, eth0| {
        let routed = || proc_net("ipv6_route").contains("fd770000000000000000000000000000 40 ");
        let address =
            LinkAddress { prefix_len: 64, prefix_route: PrefixRoute::Kernel, ..leased(eth0, "fd77::99", 100) };
        apply(machine, &[add(&address)]);
        assert!(routed(), "{}", proc_net("ipv6_route"));
        apply(machine, &[remove(&address)]);
        assert!(!routed() && find(machine, "fd77::99").is_none(), "{}", proc_net("ipv6_route"));
    });
}

fn ipv4_as_asked() {
    on_a_host(|machine, eth0| {
        let label = Some("eth0:vip".to_owned());
        apply(machine, &[add(&LinkAddress { label: label.clone(), scope: host::Scope(253), ..vip(eth0, "10.9.9.9") })]);
        let found = find(machine, "10.9.9.9").unwrap();
        let found_label = label_and_use("10.9.9.9").0;
        assert_eq!((found.link, found.prefix_len, found_label, found.scope), (eth0, 32, label, 253));
        assert_eq!((found.lifetime, found.protocol), (Lifetime::Forever, ADDRESS_PROTOCOL));
    });
}

fn ipv6_as_asked() {
    on_a_host(|machine, eth0| {
        let deprecated = LinkAddress { use_as_source: UseAsSource::Deprecated, ..vip(eth0, "fd00::98") };
        apply(machine, &[add(&vip(eth0, "fd00::99")), add(&deprecated)]);
        let states = ["fd00::99", "fd00::98"].map(|address| {
            let found = find(machine, address).unwrap();
            (found.readiness, label_and_use(address).1, found.protocol)
        });
        assert_eq!(states[0], (Readiness::Usable, UseAsSource::Preferred, ADDRESS_PROTOCOL));
        assert_eq!(states[1], (Readiness::Usable, UseAsSource::Deprecated, ADDRESS_PROTOCOL));
    });
}

fn prefix_route() {
    on_a_host(|machine, eth0| {
        // In /proc/net/route: destination and mask in hexadecimal, bytes reversed.
        let routed = |destination: &str| proc_net("route").contains(&format!("eth0\t{destination}\t"));
        let without = LinkAddress { prefix_len: 24, ..vip(eth0, "10.8.8.8") };
        let with = LinkAddress { prefix_len: 24, prefix_route: PrefixRoute::Kernel, ..vip(eth0, "10.7.7.7") };
        apply(machine, &[add(&without), add(&with)]);
        assert!(!routed("0008080A"), "{}", proc_net("route"));
        assert!(routed("0007070A"), "{}", proc_net("route"));
    });
}

fn removed_twice() {
    on_a_host(|machine, eth0| {
        let address = vip(eth0, "10.0.0.99");
        let mut failures = attempt(machine, &[add(&address), remove(&address), remove(&address)]);
        assert_eq!(failures.len(), 1, "{failures:?}");
        assert_eq!((failures[0].holder, failures[0].kind), (2, ErrorKind::Missing));
        let text = HostError::from(failures.remove(0)).named(&Eth0).to_string();
        assert!(text.starts_with("remove address 10.0.0.99/32 on eth0: "), "{text}");
    });
}

struct Eth0;

impl LinkNames for Eth0 {
    fn name_of(&self, _: IfIndex) -> Option<&str> {
        Some("eth0")
    }
}

fn many() {
    on_a_host(|machine, eth0| {
        let addresses: Vec<_> = (0..500).map(|n| vip(eth0, &format!("10.1.{}.{}", n / 250, n % 250 + 1))).collect();
        let begin = Instant::now();
        apply(machine, &addresses.iter().map(add).collect::<Vec<_>>());
        let took = begin.elapsed();
        // Some 10 ms on an idle machine.
        assert!(took < Duration::from_secs(1), "{took:?}");
        let ours =
            machine.addresses().unwrap().into_iter().filter(|address| address.protocol == ADDRESS_PROTOCOL).count();
        assert_eq!(ours, 500);
    });
}
