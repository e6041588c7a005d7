//! Two routers and a client on a switch, with the addresses that the configurations of [`Instance`] expect.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use lab::{Host, Lan, Network, NetworkBuilder, Program, RouterHost, Segment, Watch, prefixed};

use super::config::Instance;

/// The client's IPv4 address.
pub const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 9, 0, 9));
/// The client's IPv6 address.
pub const CLIENT_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, 9));
/// Addresses of the routers' eth0.
const LOWER: [&str; 2] = ["10.9.0.2/24", "2001:db8:9::2/64"];
const HIGHER: [&str; 2] = ["10.9.0.3/24", "2001:db8:9::3/64"];

/// Everything a test of two routers needs. The wire is recorded from the beginning.
#[derive(Debug)]
pub struct Bench {
    /// The first router.
    pub left: RouterHost,
    /// The second router.
    pub right: RouterHost,
    /// A host at [`CLIENT`] and [`CLIENT_V6`].
    pub client: Host,
    /// What the switch has seen of [`Instance::VRID`].
    pub watch: Watch,
    /// The switch.
    pub lan: Lan,
    layout: Layout,
}

/// Which router has the addresses 10.9.0.3 and 2001:db8:9::3; the other has 10.9.0.2 and 2001:db8:9::2. Link-local
/// addresses are in the same order: they follow from the MAC addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The left one.
    LeftHigher,
    /// The right one.
    RightHigher,
}

impl Bench {
    /// Builds it; no daemon runs.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn new(left: Program, right: Program, layout: Layout) -> io::Result<Self> {
        let (lower, higher) = match layout {
            Layout::LeftHigher => (right, left),
            Layout::RightHigher => (left, right),
        };
        let client = [format!("{CLIENT}/24"), format!("{CLIENT_V6}/64")];
        let builder = NetworkBuilder::new().router("router2", lower).cable("eth0", &LOWER);
        let network = builder.router("router3", higher).cable("eth0", &HIGHER).client(&client).build()?;
        let Network { routers: [lower, higher], client, capture, lan } = network;
        let (left, right) = match layout {
            Layout::LeftHigher => (higher, lower),
            Layout::RightHigher => (lower, higher),
        };
        Ok(Self { left, right, client, watch: Watch::new(capture, Instance::VRID), lan, layout })
    }

    /// Gives the left router a new cable after its interface was deleted.
    ///
    /// # Errors
    /// If the interface is still there.
    pub fn replug_left(&mut self) -> io::Result<()> {
        let [v4, v6] = match self.layout {
            Layout::LeftHigher => HIGHER,
            Layout::RightHigher => LOWER,
        };
        self.lan.add_cable(&mut self.left.host, Segment::FIRST, "eth0", &[prefixed(v4)?, prefixed(v6)?])
    }
}
