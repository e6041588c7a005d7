//! Two routers and a client on a switch.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use linux::lan::{Host, Interest, Lan, Role, Seat};

use super::config::Instance;
use super::router::{Program, Router};
use super::watch::Watch;

/// The client's IPv4 address.
pub const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 9, 0, 9));
/// The client's IPv6 address.
pub const CLIENT_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, 9));

/// Everything a test of two routers needs. The wire is recorded from the beginning.
#[derive(Debug)]
pub struct Bench {
    /// The first router: 10.9.0.2 and 2001:db8:9::2, or the higher addresses.
    pub left: Router,
    /// The second router: 10.9.0.3 and 2001:db8:9::3, or the lower addresses.
    pub right: Router,
    /// A host at [`CLIENT`] and [`CLIENT_V6`].
    pub client: Host,
    /// What the switch has seen of [`Instance::VRID`].
    pub watch: Watch,
    /// The switch.
    pub lan: Lan,
}

/// Which router has the higher addresses, link-local ones included (they follow from the MAC addresses).
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
        let mut lan = Lan::new()?;
        let low = router_host(&mut lan, 2)?;
        let high = router_host(&mut lan, 3)?;
        let (left_host, right_host) = match layout {
            Layout::LeftHigher => (high, low),
            Layout::RightHigher => (low, high),
        };
        let addresses = [(CLIENT, 24), (CLIENT_V6, 64)];
        let client = lan.plug(&Seat { name: "client", nic: "eth0", role: Role::EndSystem, addresses: &addresses })?;
        let watch = Watch::new(lan.capture(Interest::Control)?, Instance::VRID);
        Ok(Self { left: Router::new(left_host, left)?, right: Router::new(right_host, right)?, client, watch, lan })
    }
}

fn router_host(lan: &mut Lan, number: u8) -> io::Result<Host> {
    let v4 = Ipv4Addr::new(10, 9, 0, number).into();
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, u16::from(number)).into();
    let name = format!("router{number}");
    lan.plug(&Seat { name: &name, nic: "eth0", role: Role::Router, addresses: &[(v4, 24), (v6, 64)] })
}
