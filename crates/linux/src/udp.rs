//! UDP packets of protocols whose receiver wants to know how far they came: each with its TTL and its receive time.

mod far;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::sockopt::{
    set_ip_freebind, set_ip_tos, set_ip_ttl, set_ipv6_freebind, set_ipv6_tclass, set_ipv6_unicast_hops,
    set_ipv6_v6only, socket_type,
};
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, bind, getsockname, sendto, socket_with};
use vrrp::time::Instant;
use vrrp::types::{Family, IfIndex};

use self::far::{Far, Passing};
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
        let receiver = Self::of(udp_socket(family)?, family)?;
        bind(&receiver, &SocketAddr::new(any(family), port))?;
        Ok(receiver)
    }

    /// Goes on with the one of the program before. What came meanwhile waits in it.
    ///
    /// # Errors
    /// If the kernel refuses a setting that the one before had.
    pub fn adopt(inherited: Inherited) -> io::Result<Self> {
        let receiver = Self::of(inherited.socket, Family::of(&inherited.local.ip()))?;
        // There may have been a flood.
        receiver.let_pass(Passing::All)?;
        Ok(receiver)
    }

    fn of(socket: OwnedFd, family: Family) -> io::Result<Self> {
        let reports = match family {
            Family::Ipv4 => [Report::PacketInfo4, Report::Ttl4],
            Family::Ipv6 => [Report::PacketInfo6, Report::HopLimit6],
        };
        let inbox = Inbox::new(socket, &reports, RECEIVE_BUFFER, mmsg::BATCH)?;
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
        passing.map_or(Ok(count), |passing| self.let_pass(passing).map(|()| count))
    }

    fn let_pass(&self, passing: Passing) -> io::Result<()> {
        let place = match self.family {
            Family::Ipv4 => TTL,
            Family::Ipv6 => HOP_LIMIT,
        };
        sockopt::attach_filter(self.inbox.as_fd(), &self.far.filter(passing, place))
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
        match family {
            Family::Ipv4 => {
                set_ip_ttl(&socket, hop_limit.into())?;
                set_ip_tos(&socket, NETWORK_CONTROL)?;
                set_ip_freebind(&socket, true)?;
            }
            Family::Ipv6 => {
                set_ipv6_unicast_hops(&socket, Some(hop_limit))?;
                set_ipv6_tclass(&socket, NETWORK_CONTROL.into())?;
                set_ipv6_freebind(&socket, true)?;
            }
        }
        sockopt::attach_filter(socket.as_fd(), &[step(RETURN, 0)])?;
        prioritise(socket.as_fd())?;
        bind(&socket, &SocketAddr::new(source.unwrap_or_else(|| any(family)), port))?;
        Ok(Self { socket })
    }

    /// Goes on with the one of the program before, with all its settings.
    #[must_use]
    pub fn adopt(inherited: Inherited) -> Self {
        Self { socket: inherited.socket }
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

impl AsFd for DatagramSender {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// A UDP socket with a port that the program before has passed on.
#[derive(Debug)]
pub struct Inherited {
    socket: OwnedFd,
    local: SocketAddr,
}

impl Inherited {
    /// What a descriptor is, as the kernel says.
    ///
    /// # Errors
    /// The descriptor, if it is something else.
    pub fn of(descriptor: OwnedFd) -> Result<Self, OwnedFd> {
        let is_datagram = socket_type(&descriptor).is_ok_and(|it| it == SocketType::DGRAM);
        let local = getsockname(&descriptor).ok().and_then(|it| SocketAddr::try_from(it).ok());
        match local.filter(|local| is_datagram && local.port() != 0) {
            Some(local) => Ok(Self { socket: descriptor, local }),
            None => Err(descriptor),
        }
    }

    /// Its address; unspecified if it has those of the machine.
    #[must_use]
    pub const fn local(&self) -> SocketAddr {
        self.local
    }
}

/// All addresses of the machine.
fn any(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => Ipv4Addr::UNSPECIFIED.into(),
        Family::Ipv6 => Ipv6Addr::UNSPECIFIED.into(),
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
