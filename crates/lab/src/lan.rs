//! A LAN as one value: a switch with hosts plugged in, each in a network namespace of its own.
//!
//! It knows nothing of VRRP. Dropping the value and all processes in its namespaces makes the kernel take everything away.

mod settle;

use std::io;

use linux::netns::Namespace;
use linux::tap::{OwnFrames, Tap};
use vrrp::types::{IfIndex, MacAddr};

use crate::capture::Capture;
use crate::frame::CapturedFrame;
use crate::host::{Cable, Host, HostSpec, Plugged, run_program, set_sysctl};
use crate::requests::{self, AdminState, Prefixed};

/// A switch and what is plugged in.
#[derive(Debug)]
pub struct Lan {
    switch: Namespace,
    /// One bridge for each segment.
    bridges: Vec<IfIndex>,
    ports: Vec<Port>,
}

/// A broadcast domain of the switch. Nothing passes from one to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segment(usize);

impl Segment {
    /// The one that every LAN has.
    pub const FIRST: Self = Self(0);

    /// The `position`th, counted from 0.
    #[must_use]
    pub const fn nth(position: usize) -> Self {
        Self(position)
    }

    /// How many segments a switch has at least that has this one.
    pub(crate) const fn count(self) -> usize {
        self.0 + 1
    }
}

/// The switch's side of a cable.
#[derive(Clone, Copy, Debug)]
struct Port {
    index: IfIndex,
    bridge: IfIndex,
}

impl Lan {
    /// A switch without hosts, of one segment: a bridge that floods multicast (no snooping), without spanning tree and
    /// without any address of its own.
    ///
    /// # Errors
    /// Without CAP_NET_ADMIN and CAP_SYS_ADMIN, or if the kernel lacks bridges.
    pub fn new() -> io::Result<Self> {
        Self::with_segments(1)
    }

    /// One of several segments.
    ///
    /// # Errors
    /// As [`Lan::new`].
    pub fn with_segments(count: usize) -> io::Result<Self> {
        let switch = Namespace::new()?;
        let make = |number| {
            let name = format!("switch{number}");
            requests::bridge(&name)?;
            requests::up(&name)
        };
        let bridges = switch.run(|| {
            silence_ipv6()?;
            (0..count).map(make).collect::<io::Result<_>>()
        })??;
        Ok(Self { switch, bridges, ports: Vec::new() })
    }

    /// Plugs a new host in to the first segment, with the MAC address 02:00:00:00:00:NN (counting all cables from 1). Its
    /// IPv6 addresses are usable at once (no duplicate address detection).
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn plug(&mut self, spec: &HostSpec<'_>) -> io::Result<Host> {
        let namespace = Namespace::new()?;
        namespace.run(|| spec.forwarding.set_up())??;
        let cable = self.lay_cable(Segment::FIRST, &namespace, spec.nic, spec.addresses)?;
        Ok(Host::new(spec.name, namespace, cable))
    }

    /// Lays another cable to a host: to a further interface, or in place of one that was deleted (with both its ends). It
    /// has a new MAC address.
    ///
    /// # Errors
    /// If the host has an interface `nic`, or the LAN no such segment, or the kernel refuses.
    pub fn add_cable(
        &mut self,
        host: &mut Host,
        segment: Segment,
        nic: &str,
        addresses: &[Prefixed],
    ) -> io::Result<()> {
        let cable = self.lay_cable(segment, &host.namespace, nic, addresses)?;
        host.note_cable(cable);
        Ok(())
    }

    fn lay_cable(
        &mut self,
        segment: Segment,
        namespace: &Namespace,
        name: &str,
        addresses: &[Prefixed],
    ) -> io::Result<Cable> {
        let bridge = *self.bridges.get(segment.0).ok_or(io::ErrorKind::NotFound)?;
        let number = u32::try_from(self.ports.len() + 1).map_err(io::Error::other)?;
        let mac = host_mac(number);
        let port_name = format!("port{number}");
        let port = self.switch.run(|| {
            requests::veth(&port_name, name, mac, namespace)?;
            let port = requests::up(&port_name)?;
            requests::enslave(port, bridge)?;
            Ok::<_, io::Error>(port)
        })??;
        self.ports.push(Port { index: port, bridge });
        let nic = namespace.run(|| {
            requests::up("lo")?;
            let nic = requests::up(name)?;
            addresses.iter().try_for_each(|&address| requests::add_address(nic, address))?;
            settle::settle(nic)?;
            Ok::<_, io::Error>(nic)
        })??;
        self.switch.run(|| settle::settle(port))??;
        Ok(Cable { name: name.to_owned(), mac, nic, port })
    }

    /// Pulls a cable: the interface at its other end loses its carrier.
    ///
    /// # Errors
    /// If it is not of this LAN.
    pub fn cut(&self, cable: &dyn Plugged) -> io::Result<()> {
        self.switch.run(|| requests::set_state(cable.port(), AdminState::Down))?
    }

    /// Plugs a cable in again.
    ///
    /// # Errors
    /// If it is not of this LAN.
    pub fn restore(&self, cable: &dyn Plugged) -> io::Result<()> {
        self.switch.run(|| requests::set_state(cable.port(), AdminState::Up))?
    }

    /// Separates a host from the others without it noticing: its carrier stays. What it sends is still captured.
    ///
    /// # Errors
    /// If it is not on this LAN.
    pub fn isolate(&self, cable: &dyn Plugged) -> io::Result<()> {
        self.switch.run(|| requests::release(cable.port()))?
    }

    /// Ends [`Lan::isolate`].
    ///
    /// # Errors
    /// If it is not on this LAN.
    pub fn rejoin(&self, cable: &dyn Plugged) -> io::Result<()> {
        let port = self.ports.iter().find(|port| port.index == cable.port()).ok_or(io::ErrorKind::NotFound)?;
        self.switch.run(|| requests::enslave(port.index, port.bridge))?
    }

    /// Runs a program in the switch's namespace to its end and returns what it prints, for example
    /// `ip link set switch0 type bridge mcast_snooping 1`. Segments are the bridges `switch0`, `switch1` …; the Nth cable that
    /// was laid, counted from 1, ends in `portN`.
    ///
    /// # Errors
    /// If it cannot be run, or fails: then with what it says.
    pub fn run_program(&self, program: &str, arguments: &[&str]) -> io::Result<String> {
        run_program(&self.switch, program, arguments)
    }

    /// Begins to record what hosts send: each frame once, as it comes in to the switch. Only frames that `filter` accepts
    /// are kept, for example [`without_echo`](crate::without_echo).
    ///
    /// # Errors
    /// Without CAP_NET_RAW.
    pub fn capture(&self, filter: impl Fn(&CapturedFrame) -> bool + Send + 'static) -> io::Result<Capture> {
        let tap = self.switch.run(|| Tap::open(None, OwnFrames::Ignored))??;
        // The bridges themselves show frames a second time.
        let bridges = self.bridges.clone();
        Capture::start(tap, move |frame| !bridges.contains(&frame.port) && filter(frame))
    }
}

/// The fixed MAC address of the `number`th cable's host.
const fn host_mac(number: u32) -> MacAddr {
    let [a, b, c, d] = number.to_be_bytes();
    MacAddr([0x02, 0x00, a, b, c, d])
}

/// Switches IPv6 off for every interface to come, so that the switch never speaks.
fn silence_ipv6() -> io::Result<()> {
    ["all", "default"].into_iter().try_for_each(|which| set_sysctl(&format!("net/ipv6/conf/{which}/disable_ipv6"), "1"))
}
