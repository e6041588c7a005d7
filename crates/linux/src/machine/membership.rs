//! Memberships of the VRRP group, held by sockets that do nothing else.
//!
//! The kernel allows a socket 20 memberships (`net.ipv4.igmp_max_memberships`), so there are as many as needed. The
//! sockets for receiving and sending hold none: what one membership lets in, all raw sockets receive.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;

use host::Membership;
use rustix::io::Errno;
use rustix::net::sockopt::{
    set_ip_add_membership_with_ifindex, set_ip_drop_membership_with_ifindex, set_ipv6_add_membership,
    set_ipv6_drop_membership,
};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use vrrp::types::Family;

/// 224.0.0.18 (RFC 9568 §5.1.1.2).
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
/// ff02::12 (RFC 9568 §5.1.2.2).
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);

/// All memberships.
#[derive(Debug, Default)]
pub(super) struct Memberships(Vec<Holder>);

/// A socket and what it holds.
#[derive(Debug)]
struct Holder {
    socket: OwnedFd,
    family: Family,
    held: Vec<Membership>,
}

impl Memberships {
    /// Joins. A membership that is held already is left as it is.
    ///
    /// # Errors
    /// ENODEV if there is no such link.
    pub(super) fn join(&mut self, membership: Membership) -> io::Result<()> {
        if self.0.iter().any(|holder| holder.held.contains(&membership)) {
            return Ok(());
        }
        for holder in self.0.iter_mut().filter(|holder| holder.family == membership.family) {
            match holder.join(membership) {
                // This one is full.
                Err(Errno::NOBUFS | Errno::NOMEM) => {}
                result => return Ok(result?),
            }
        }
        let mut holder = Holder::open(membership.family)?;
        holder.join(membership)?;
        self.0.push(holder);
        Ok(())
    }

    /// Leaves.
    ///
    /// # Errors
    /// EADDRNOTAVAIL if it was not held.
    pub(super) fn leave(&mut self, membership: Membership) -> io::Result<()> {
        let holder = self.0.iter_mut().find(|holder| holder.held.contains(&membership));
        holder.ok_or(Errno::ADDRNOTAVAIL)?.leave(membership)
    }
}

impl Holder {
    fn open(family: Family) -> io::Result<Self> {
        let domain = match family {
            Family::Ipv4 => AddressFamily::INET,
            Family::Ipv6 => AddressFamily::INET6,
        };
        let socket = socket_with(domain, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
        Ok(Self { socket, family, held: Vec::new() })
    }

    fn join(&mut self, membership: Membership) -> rustix::io::Result<()> {
        let index = membership.link.value();
        match self.family {
            Family::Ipv4 => {
                let any = Ipv4Addr::UNSPECIFIED;
                set_ip_add_membership_with_ifindex(&self.socket, &GROUP_V4, &any, index)?;
            }
            Family::Ipv6 => set_ipv6_add_membership(&self.socket, &GROUP_V6, index)?,
        }
        self.held.push(membership);
        Ok(())
    }

    /// A membership whose link is gone is forgotten; the kernel has done the rest.
    fn leave(&mut self, membership: Membership) -> io::Result<()> {
        self.held.retain(|held| *held != membership);
        let index = membership.link.value();
        match self.family {
            Family::Ipv4 => {
                let any = Ipv4Addr::UNSPECIFIED;
                set_ip_drop_membership_with_ifindex(&self.socket, &GROUP_V4, &any, index)?;
            }
            Family::Ipv6 => set_ipv6_drop_membership(&self.socket, &GROUP_V6, index)?,
        }
        Ok(())
    }
}
