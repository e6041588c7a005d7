//! A LAN as one value: a switch with hosts plugged in, each in a network namespace of its own.
//!
//! `tanist lab` and the tests run real daemons on it. It knows nothing of VRRP but how to read frames ([`Frame`]).
//! Dropping the value and all processes in it makes the kernel take everything away.

mod ask;
mod build;
mod capture;
mod echo;
mod frame;
mod neighbours;
mod settle;

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::Path;

use vrrp::types::{IfIndex, MacAddr};

use crate::netns::Namespace;

pub use ask::Asker;
pub use capture::{Capture, Captured, Interest};
pub use echo::{EchoProbe, Tally};
pub use frame::{Advert, Content, Frame, Resolution};
pub use neighbours::{Neighbour, forget_neighbours, neighbours};

/// Name of the bridge in the switch's namespace.
const BRIDGE: &str = "switch";

/// A switch and how many hosts are plugged in.
#[derive(Debug)]
pub struct Lan {
    switch: Namespace,
    bridge: IfIndex,
    ports: u32,
}

/// A host on the LAN.
#[derive(Debug)]
pub struct Host {
    /// What it is called in reports.
    pub name: String,
    /// Where it lives.
    pub namespace: Namespace,
    /// Its MAC address.
    pub mac: MacAddr,
    /// The index of its interface.
    pub nic: IfIndex,
    /// The switch's side of the cable, as [`Frame::port`] has it.
    pub port: IfIndex,
}

/// Whether a host passes packets on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// No.
    EndSystem,
    /// Yes, IPv4 and IPv6.
    Router,
}

/// What a host is to be.
#[derive(Clone, Copy, Debug)]
pub struct Seat<'a> {
    /// What it is called in reports.
    pub name: &'a str,
    /// Its interface to the LAN.
    pub nic: &'a str,
    /// Whether it forwards.
    pub role: Role,
    /// Addresses of the interface, next to its link-local one.
    pub addresses: &'a [Prefixed],
}

/// Both ends of a cable between a host and the switch.
struct Cable {
    mac: MacAddr,
    nic: IfIndex,
    port: IfIndex,
}

/// An address with its prefix length.
pub type Prefixed = (IpAddr, u8);

impl Lan {
    /// A switch without hosts: a bridge that floods multicast (no snooping), without spanning tree and without any
    /// address of its own.
    ///
    /// # Errors
    /// Without CAP_NET_ADMIN and CAP_SYS_ADMIN, or if the kernel lacks bridges.
    pub fn new() -> io::Result<Self> {
        let switch = Namespace::new()?;
        let bridge = switch.run(|| {
            silence_ipv6()?;
            build::bridge(BRIDGE)?;
            build::up(BRIDGE)
        })??;
        Ok(Self { switch, bridge, ports: 0 })
    }

    /// Plugs a new host in, with the MAC address 02:00:00:00:00:NN (counting from 1). Its IPv6 addresses are usable at
    /// once (no duplicate address detection).
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn plug(&mut self, seat: &Seat<'_>) -> io::Result<Host> {
        let namespace = Namespace::new()?;
        namespace.run(|| configure_host(seat.role))??;
        let Cable { mac, nic, port } = self.lay_cable(&namespace, seat)?;
        Ok(Host { name: seat.name.to_owned(), namespace, mac, nic, port })
    }

    /// Gives a host that has lost its interface (deleted with both its ends) another one, with a new MAC address.
    ///
    /// # Errors
    /// If the interface is still there, or the kernel refuses.
    pub fn replug(&mut self, host: &mut Host, seat: &Seat<'_>) -> io::Result<()> {
        let cable = self.lay_cable(&host.namespace, seat)?;
        (host.mac, host.nic, host.port) = (cable.mac, cable.nic, cable.port);
        Ok(())
    }

    fn lay_cable(&mut self, namespace: &Namespace, seat: &Seat<'_>) -> io::Result<Cable> {
        self.ports += 1;
        let mac = host_mac(self.ports);
        let port_name = format!("port{}", self.ports);
        let port = self.switch.run(|| {
            build::veth(&port_name, seat.nic, mac, namespace)?;
            let port = build::up(&port_name)?;
            build::enslave(port, self.bridge)?;
            Ok::<_, io::Error>(port)
        })??;
        let nic = namespace.run(|| {
            build::up("lo")?;
            let nic = build::up(seat.nic)?;
            seat.addresses.iter().try_for_each(|&address| build::address(nic, address))?;
            settle::settle(nic)?;
            Ok::<_, io::Error>(nic)
        })??;
        self.switch.run(|| settle::settle(port))??;
        Ok(Cable { mac, nic, port })
    }

    /// Pulls the cable of `host`: its interface loses its carrier.
    ///
    /// # Errors
    /// If the host is not on this LAN.
    pub fn cut(&self, host: &Host) -> io::Result<()> {
        self.switch.run(|| build::set_state(host.port, build::AdminState::Down))?
    }

    /// Plugs the cable of `host` in again.
    ///
    /// # Errors
    /// If the host is not on this LAN.
    pub fn restore(&self, host: &Host) -> io::Result<()> {
        self.switch.run(|| build::set_state(host.port, build::AdminState::Up))?
    }

    /// Separates `host` from the others without it noticing: its carrier stays. What it sends is still captured.
    ///
    /// # Errors
    /// If the host is not on this LAN.
    pub fn isolate(&self, host: &Host) -> io::Result<()> {
        self.switch.run(|| build::release(host.port))?
    }

    /// Ends [`Lan::isolate`].
    ///
    /// # Errors
    /// If the host is not on this LAN.
    pub fn rejoin(&self, host: &Host) -> io::Result<()> {
        self.switch.run(|| build::enslave(host.port, self.bridge))?
    }

    /// Begins to record what hosts send.
    ///
    /// # Errors
    /// Without CAP_NET_RAW.
    pub fn capture(&self, interest: Interest) -> io::Result<Capture> {
        Capture::start(&self.switch, self.bridge, interest)
    }
}

/// The fixed MAC address of the `number`th host.
const fn host_mac(number: u32) -> MacAddr {
    let [a, b, c, d] = number.to_be_bytes();
    MacAddr([0x02, 0x00, a, b, c, d])
}

/// Switches IPv6 off for every interface to come, so that the switch never speaks.
fn silence_ipv6() -> io::Result<()> {
    ["all", "default"].into_iter().try_for_each(|which| set_sysctl(&format!("net/ipv6/conf/{which}/disable_ipv6"), "1"))
}

/// Settings of a host that must be there before its interface is.
fn configure_host(role: Role) -> io::Result<()> {
    let forwarding = match role {
        Role::EndSystem => "0",
        Role::Router => "1",
    };
    set_sysctl("net/ipv4/ip_forward", forwarding)?;
    set_sysctl("net/ipv6/conf/all/forwarding", forwarding)?;
    for which in ["all", "default"] {
        set_sysctl(&format!("net/ipv6/conf/{which}/accept_dad"), "0")?;
        set_sysctl(&format!("net/ipv6/conf/{which}/accept_ra"), "0")?;
    }
    Ok(())
}

/// Writes one value under /proc/sys in the calling thread's network namespace.
fn set_sysctl(key: &str, value: &str) -> io::Result<()> {
    let path = Path::new("/proc/sys").join(key);
    fs::write(&path, value).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
