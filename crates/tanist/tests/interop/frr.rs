//! FRR's vrrpd: what it needs of its machine, and its configuration. It speaks version 3 by multicast, always with a virtual
//! MAC, and of IPv4 with the checksum of RFC 5798 only.

use std::cmp::Ordering;
use std::fmt::Write as _;

use lab::Host;
use testbed::lan::{Instance, Protocol, VmacMode};

/// What FRR is to run in the place of keepalived.
pub(crate) fn text(instance: &Instance) -> String {
    let vrid = Instance::VRID;
    let mut text = format!("interface eth0\n vrrp {vrid} version 3\n vrrp {vrid} priority {}\n", instance.priority);
    writeln!(text, " vrrp {vrid} advertisement-interval {}", instance.interval.as_millis()).unwrap();
    for address in &instance.addresses {
        let family = match instance.protocol {
            Protocol::V2 | Protocol::V3Ipv4 => "ip",
            Protocol::V3Ipv6 => "ipv6",
        };
        writeln!(text, " vrrp {vrid} {family} {}", address.split('/').next().unwrap()).unwrap();
    }
    text
}

/// Makes the interface with the virtual MAC and the addresses, which is not FRR's business.
/// Its own link-local address is higher than that of a tanist, or lower.
pub(crate) fn prepare(host: &Host, protocol: Protocol, order: Ordering) {
    let instance = Instance::new(protocol, VmacMode::Vmac, 100);
    let ip = |arguments: &str| {
        host.run_program("ip", &arguments.split(' ').collect::<Vec<_>>()).unwrap();
    };
    ip("link add vrrp51 link eth0 type macvlan mode bridge");
    ip("link set vrrp51 addrgenmode none");
    ip(&format!("link set vrrp51 address {}", instance.virtual_mac()));
    for address in &instance.addresses {
        let nodad = if address.contains(':') { " nodad" } else { "" };
        ip(&format!("address add {address} dev vrrp51{nodad}"));
    }
    // FRR sends from the link-local address that came last.
    let own = if order == Ordering::Greater { "fe80::ffff:0:0:1/64" } else { "fe80::1/64" };
    ip(&format!("address add {own} dev vrrp51 nodad"));
    ip("link set vrrp51 up");
}
