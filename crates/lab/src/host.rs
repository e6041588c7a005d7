//! A host: a network namespace with interfaces, and what an administrator does to it.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use linux::Machine;
use linux::address::AddressInfo;
use linux::link::LinkInfo;
use linux::netns::Namespace;
use linux::tap::{OwnFrames, Tap};
use vrrp::types::{IfIndex, MacAddr};

use crate::capture::Capture;
use crate::frame::CapturedFrame;
use crate::requests::{self, AdminState, Prefixed};

/// A host on a LAN.
#[derive(Debug)]
pub struct Host {
    /// What it is called in reports.
    pub name: String,
    /// Where it lives.
    pub namespace: Namespace,
    /// The MAC address of its first interface.
    pub mac: MacAddr,
    /// The index of its first interface, as it was when it was plugged in.
    pub nic: IfIndex,
    /// The switch's side of the first cable, as [`CapturedFrame::port`] has it.
    pub port: IfIndex,
    cables: Vec<Cable>,
}

/// A cable between a host and the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cable {
    /// The name of the host's interface when the cable was laid.
    pub name: String,
    /// The MAC address of the host's interface.
    pub mac: MacAddr,
    /// The index of the host's interface.
    pub nic: IfIndex,
    /// The switch's side, as [`CapturedFrame::port`] has it.
    pub port: IfIndex,
}

/// What has one port at the switch, by which its frames are known: a host (by its first cable), or a single cable.
pub trait Plugged: Sync {
    /// The switch's side of the cable.
    fn port(&self) -> IfIndex;
}

impl Plugged for Host {
    fn port(&self) -> IfIndex {
        self.port
    }
}

impl Plugged for Cable {
    fn port(&self) -> IfIndex {
        self.port
    }
}

/// Whether a host passes packets on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarding {
    /// No.
    Off,
    /// Yes, IPv4 and IPv6.
    On,
}

impl Forwarding {
    /// Settings of a host that must be there before its interface is, in the calling thread's namespace.
    pub(crate) fn set_up(self) -> io::Result<()> {
        let forwarding = match self {
            Self::Off => "0",
            Self::On => "1",
        };
        set_sysctl("net/ipv4/ip_forward", forwarding)?;
        set_sysctl("net/ipv6/conf/all/forwarding", forwarding)?;
        for which in ["all", "default"] {
            set_sysctl(&format!("net/ipv6/conf/{which}/accept_dad"), "0")?;
            set_sysctl(&format!("net/ipv6/conf/{which}/accept_ra"), "0")?;
        }
        Ok(())
    }
}

/// What a new host is to be.
#[derive(Clone, Copy, Debug)]
pub struct HostSpec<'a> {
    /// What it is called in reports.
    pub name: &'a str,
    /// Its first interface.
    pub nic: &'a str,
    /// Whether it forwards.
    pub forwarding: Forwarding,
    /// Addresses of the interface, next to its link-local one.
    pub addresses: &'a [Prefixed],
}

impl Host {
    pub(crate) fn new(name: &str, namespace: Namespace, cable: Cable) -> Self {
        let Cable { mac, nic, port, .. } = cable;
        Self { name: name.to_owned(), namespace, mac, nic, port, cables: vec![cable] }
    }

    /// Takes note of a further cable, or of one in place of another of the same name.
    pub(crate) fn note_cable(&mut self, cable: Cable) {
        match self.cables.iter_mut().find(|old| old.name == cable.name) {
            Some(old) => *old = cable,
            None => self.cables.push(cable),
        }
        if let Some(&Cable { mac, nic, port, .. }) = self.cables.first() {
            (self.mac, self.nic, self.port) = (mac, nic, port);
        }
    }

    /// The cable that was laid last to the interface `name`.
    ///
    /// # Errors
    /// `NotFound` if there never was one.
    pub fn cable(&self, name: &str) -> io::Result<&Cable> {
        self.cables.iter().find(|cable| cable.name == name).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// All interfaces, as the kernel describes them now.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn links(&self) -> io::Result<Vec<LinkInfo>> {
        self.namespace.run(|| Machine::open().and_then(|mut machine| machine.links()))?.map_err(io::Error::other)
    }

    /// All addresses of all interfaces.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn addresses(&self) -> io::Result<Vec<AddressInfo>> {
        self.namespace.run(|| Machine::open().and_then(|mut machine| machine.addresses()))?.map_err(io::Error::other)
    }

    /// The name of the interface that has `address` now; `None` if none has.
    #[must_use]
    pub fn link_of(&self, address: IpAddr) -> Option<String> {
        let link = self.addresses().ok()?.into_iter().find(|it| it.address == address)?.link;
        self.links().ok()?.into_iter().find(|it| it.index == link).map(|it| it.name)
    }

    /// Sets an interface up or down, as `ip link set NAME up` does.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn set_link(&self, name: &str, state: AdminState) -> io::Result<()> {
        self.on_link(name, |link| requests::set_state(link, state))
    }

    /// Renames an interface, which is down for a moment. Its index stays.
    ///
    /// # Errors
    /// If there is none of this name, or another has the new one.
    pub fn rename_link(&self, name: &str, new_name: &str) -> io::Result<()> {
        self.on_link(name, |link| {
            requests::set_state(link, AdminState::Down)?;
            requests::rename(link, new_name)?;
            requests::set_state(link, AdminState::Up)
        })
    }

    /// Deletes an interface; of a cable, both ends go. [`Lan::add_cable`](crate::Lan::add_cable) lays another.
    ///
    /// # Errors
    /// If there is none of this name, or it cannot be deleted.
    pub fn delete_link(&self, name: &str) -> io::Result<()> {
        self.on_link(name, requests::delete)
    }

    /// Moves an interface, with its index where that is free, to another namespace. It is down there, without addresses.
    ///
    /// # Errors
    /// If there is none of this name, or the other namespace has one.
    pub fn move_link(&self, name: &str, to: &Namespace) -> io::Result<()> {
        self.on_link(name, |link| requests::move_to(link, to))
    }

    /// Takes an interface back that [`Host::move_link`] moved to `from`.
    ///
    /// # Errors
    /// As [`Host::move_link`].
    pub fn take_link_back(&self, name: &str, from: &Namespace) -> io::Result<()> {
        from.run(|| requests::move_to(linux::link::index_of(name)?, &self.namespace))?
    }

    /// Sets the largest IP packet of an interface, in bytes.
    ///
    /// # Errors
    /// If there is none of this name, or the value is out of its range.
    pub fn set_mtu(&self, name: &str, mtu: u32) -> io::Result<()> {
        self.on_link(name, |link| requests::set_mtu(link, mtu))
    }

    /// Adds an address to an interface, usable at once.
    ///
    /// # Errors
    /// If there is no such interface, or the address is there.
    pub fn add_address(&self, name: &str, address: Prefixed) -> io::Result<()> {
        self.on_link(name, |link| requests::add_address(link, address))
    }

    /// Removes an address from an interface.
    ///
    /// # Errors
    /// If it is not there.
    pub fn remove_address(&self, name: &str, address: Prefixed) -> io::Result<()> {
        self.on_link(name, |link| requests::remove_address(link, address))
    }

    fn on_link(&self, name: &str, work: impl FnOnce(IfIndex) -> io::Result<()> + Send) -> io::Result<()> {
        self.namespace.run(|| work(linux::link::index_of(name)?))?
    }

    /// Reads a value under /proc/sys, for example `net/ipv4/conf/eth0/arp_ignore`.
    ///
    /// # Errors
    /// If there is none.
    pub fn sysctl(&self, key: &str) -> io::Result<String> {
        let text = self.namespace.run(|| fs::read_to_string(Path::new("/proc/sys").join(key)))??;
        Ok(text.trim_end().to_owned())
    }

    /// Writes a value under /proc/sys.
    ///
    /// # Errors
    /// If there is none of this name, or the kernel refuses the value.
    pub fn set_sysctl(&self, key: &str, value: &str) -> io::Result<()> {
        self.namespace.run(|| set_sysctl(key, value))?
    }

    /// Runs a program to its end and returns what it prints.
    ///
    /// # Errors
    /// If it cannot be run, or fails: then with what it says.
    pub fn run_program(&self, program: &str, arguments: &[&str]) -> io::Result<String> {
        run_program(&self.namespace, program, arguments)
    }

    /// Begins to record what passes an interface of this host, both ways ([`CapturedFrame::direction`]); the frames' port
    /// is the interface. Only frames that `filter` accepts are kept.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn capture(&self, name: &str, filter: impl Fn(&CapturedFrame) -> bool + Send + 'static) -> io::Result<Capture> {
        let open = || Tap::open(Some(linux::link::index_of(name)?), OwnFrames::Included);
        Capture::start(self.namespace.run(open)??, filter)
    }
}

/// Writes one value under /proc/sys in the calling thread's network namespace.
pub(crate) fn set_sysctl(key: &str, value: &str) -> io::Result<()> {
    let path = Path::new("/proc/sys").join(key);
    fs::write(&path, value).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// Runs a program to its end and returns what it prints.
pub(crate) fn run_program(namespace: &Namespace, program: &str, arguments: &[&str]) -> io::Result<String> {
    let output = namespace.run(|| Command::new(program).args(arguments).output())??;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(io::Error::other(format!("{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr))))
}
