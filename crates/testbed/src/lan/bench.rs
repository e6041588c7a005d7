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
        let low = router_host(&mut lan, FIRST_ROUTER)?;
        let high = router_host(&mut lan, FIRST_ROUTER + 1)?;
        let (left_host, right_host) = match layout {
            Layout::LeftHigher => (high, low),
            Layout::RightHigher => (low, high),
        };
        let addresses = [(CLIENT, 24), (CLIENT_V6, 64)];
        let client = lan.plug(&Seat { name: "client", nic: "eth0", role: Role::EndSystem, addresses: &addresses })?;
        let watch = Watch::new(lan.capture(Interest::Control)?, Instance::VRID);
        Ok(Self { left: Router::new(left_host, left)?, right: Router::new(right_host, right)?, client, watch, lan })
    }

    /// Gives the left router a new cable after its interface was deleted.
    ///
    /// # Errors
    /// If the interface is still there.
    pub fn replug_left(&mut self) -> io::Result<()> {
        let number = self.left.host.name.trim_start_matches("router").parse().unwrap_or(FIRST_ROUTER);
        with_seat(number, |seat| self.left.replug(&mut self.lan, seat))
    }
}

/// Number of the first router, which is the last byte of its addresses.
const FIRST_ROUTER: u8 = 2;

fn router_host(lan: &mut Lan, number: u8) -> io::Result<Host> {
    with_seat(number, |seat| lan.plug(seat))
}

fn with_seat<T>(number: u8, then: impl FnOnce(&Seat<'_>) -> T) -> T {
    let v4 = Ipv4Addr::new(10, 9, 0, number).into();
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, u16::from(number)).into();
    let name = format!("router{number}");
    then(&Seat { name: &name, nic: "eth0", role: Role::Router, addresses: &[(v4, 24), (v6, 64)] })
}
