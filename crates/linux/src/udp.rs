//! UDP packets of protocols whose receiver wants to know how far they came: each with its TTL and its receive time.

mod far;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::sockopt::{
    set_ip_freebind, set_ip_tos, set_ip_ttl, set_ipv6_freebind, set_ipv6_tclass, set_ipv6_unicast_hops, set_ipv6_v6only,
};
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, bind, sendto, socket_with};
use vrrp::time::Instant;
use vrrp::types::{Family, IfIndex};

use self::far::Far;
use crate::clock::ClockMap;
use crate::inbox::Inbox;
use crate::send::prioritise;
use crate::sys::bpf::{RETURN, step};
use crate::sys::control::Control;
use crate::sys::mmsg::{self, Slot};
use crate::sys::sockopt::{self, Report};

/// Most packets in one batch.
pub const BATCH: usize = mmsg::BATCH;
/// Room for packets that wait, in bytes: some 5,000 short ones, the bookkeeping of the kernel included.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;
/// Places in IPv4 and IPv6 headers.
const TTL: u32 = 8;
const HOP_LIMIT: u32 = 7;
/// Class selector 6, network control (RFC 4594 §3.1), as a TOS or traffic class.
const NETWORK_CONTROL: u8 = 0xc0;

/// A received packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// The interface that it came in on; `None` if the kernel did not tell.
    pub link: Option<IfIndex>,
    /// Who sent it.
    pub source: IpAddr,
    /// Our address to which it was sent.
    pub destination: IpAddr,
    /// TTL or hop limit, as it arrived; `None` if the kernel did not tell.
    pub hop_limit: Option<u8>,
    /// When the kernel received it.
    pub received: Instant,
    /// What it carries.
    pub payload: &'a [u8],
}

/// Receives what comes to a port, on all addresses of one family of the network namespace of the thread that opened it.
pub struct DatagramReceiver {
    inbox: Inbox,
    family: Family,
    far: Far,
}

impl DatagramReceiver {
    /// Opens it.
    ///
    /// # Errors
    /// `AddrInUse` if another program receives what comes to this port.
    pub fn open(family: Family, port: u16) -> io::Result<Self> {
        let socket = udp_socket(family)?;
        let (any, reports): (IpAddr, _) = match family {
            Family::Ipv4 => (Ipv4Addr::UNSPECIFIED.into(), [Report::PacketInfo4, Report::Ttl4]),
            Family::Ipv6 => (Ipv6Addr::UNSPECIFIED.into(), [Report::PacketInfo6, Report::HopLimit6]),
        };
        let inbox = Inbox::new(socket, &reports, RECEIVE_BUFFER, mmsg::BATCH)?;
        bind(&inbox, &SocketAddr::new(any, port))?;
        Ok(Self { inbox, family, far: Far::new() })
    }

    /// What came over more hops, by its TTL or hop limit, fills no buffer from now on: a flood of it is taken in part.
    pub const fn prefer(&mut self, least_hop_limit: u8) {
        self.far.least_hop_limit = least_hop_limit;
    }

    /// Receives one batch of at most 64 packets and hands each to `each`. Returns the size of the batch; 64 means that there
    /// may be more. Does not allocate.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there.
    pub fn receive(&mut self, mut each: impl FnMut(Datagram<'_>)) -> io::Result<usize> {
        let (family, far) = (self.family, &mut self.far);
        let mut passing = None;
        let count = self.inbox.receive(|clock, slot, control| {
            if let Some(datagram) = datagram(family, clock, slot, control) {
                passing = far.note(datagram.received, datagram.hop_limit).or(passing);
                each(datagram);
            }
        })?;
        if let Some(passing) = passing {
            let place = match family {
                Family::Ipv4 => TTL,
                Family::Ipv6 => HOP_LIMIT,
            };
            sockopt::attach_filter(self.inbox.as_fd(), &self.far.filter(passing, place))?;
        }
        Ok(count)
    }

    /// How many packets were lost because they came faster than they were read. Known with the next packet that is not.
    #[must_use]
    pub const fn overflows(&self) -> u64 {
        self.inbox.overflows()
    }
}

impl AsFd for DatagramReceiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inbox.as_fd()
    }
}

/// `None` if the kernel did not say where it came from and went to, which it always does.
fn datagram<'a>(family: Family, clock: &ClockMap, slot: &'a Slot, control: &Control) -> Option<Datagram<'a>> {
    // `struct sockaddr_in`: family and port (4 bytes together), address. `struct sockaddr_in6`: a flow label before it.
    let source = match family {
        Family::Ipv4 => slot.name().get(4..)?.first_chunk().map(|octets: &[u8; 4]| IpAddr::from(*octets))?,
        Family::Ipv6 => slot.name().get(8..)?.first_chunk().map(|octets: &[u8; 16]| IpAddr::from(*octets))?,
    };
    Some(Datagram {
        link: control.link.and_then(IfIndex::new),
        source,
        destination: control.destination?,
        hop_limit: control.hop_limit,
        received: clock.to_boot_time(control.wall_nanos),
        payload: slot.data(),
    })
}

/// Sends from a port of its own, which nobody else gets meanwhile. It never receives.
#[derive(Debug)]
pub struct DatagramSender {
    socket: OwnedFd,
}

impl DatagramSender {
    /// Opens it. The address `source` may come later: until then nothing can be sent. Without one the kernel chooses.
    ///
    /// # Errors
    /// `AddrInUse` if another program has the port.
    pub fn open(family: Family, source: Option<IpAddr>, port: u16, hop_limit: u8) -> io::Result<Self> {
        let socket = udp_socket(family)?;
        let any: IpAddr = match family {
            Family::Ipv4 => {
                set_ip_ttl(&socket, hop_limit.into())?;
                set_ip_tos(&socket, NETWORK_CONTROL)?;
                set_ip_freebind(&socket, true)?;
                Ipv4Addr::UNSPECIFIED.into()
            }
            Family::Ipv6 => {
                set_ipv6_unicast_hops(&socket, Some(hop_limit))?;
                set_ipv6_tclass(&socket, NETWORK_CONTROL.into())?;
                set_ipv6_freebind(&socket, true)?;
                Ipv6Addr::UNSPECIFIED.into()
            }
        };
        sockopt::attach_filter(socket.as_fd(), &[step(RETURN, 0)])?;
        prioritise(socket.as_fd())?;
        bind(&socket, &SocketAddr::new(source.unwrap_or(any), port))?;
        Ok(Self { socket })
    }

    /// Sends one packet, as the kernel routes it.
    ///
    /// # Errors
    /// Why it could not be sent.
    pub fn send(&self, to: SocketAddr, payload: &[u8]) -> io::Result<()> {
        sendto(&self.socket, payload, SendFlags::DONTWAIT, &to)?;
        Ok(())
    }
}

fn udp_socket(family: Family) -> io::Result<OwnedFd> {
    let domain = match family {
        Family::Ipv4 => AddressFamily::INET,
        Family::Ipv6 => AddressFamily::INET6,
    };
    let socket = socket_with(domain, SocketType::DGRAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)?;
    if family == Family::Ipv6 {
        // IPv4 has a socket of its own on the same port.
        set_ipv6_v6only(&socket, true)?;
    }
    Ok(socket)
}
