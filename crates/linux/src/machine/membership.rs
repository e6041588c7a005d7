//! Memberships of multicast groups, held by sockets that do nothing else.
//!
//! The kernel allows a socket 20 memberships (`net.ipv4.igmp_max_memberships`), so there are as many as needed. The
//! sockets for receiving and sending hold none: what one membership lets in, all raw sockets receive.
//!
//! A socket's membership outlives the link: when a link goes, or goes to another namespace, the socket keeps its place in
//! the list although the kernel no longer listens, also when the link returns with the same index.

mod listed;

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::OwnedFd;

use host::Membership;
use rustix::io::Errno;
use rustix::net::sockopt::{
    set_ip_add_membership_with_ifindex, set_ip_drop_membership_with_ifindex, set_ipv6_add_membership,
    set_ipv6_drop_membership,
};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use vrrp::types::{Family, IfIndex};

/// All memberships.
#[derive(Debug, Default)]
pub(super) struct Memberships {
    sockets: Vec<GroupSocket>,
    /// Joined and not left, but in no socket: they were lost, and the link could not have them when they were to be joined
    /// again.
    waiting: Vec<Membership>,
}

/// A socket and what it holds.
#[derive(Debug)]
struct GroupSocket {
    fd: OwnedFd,
    family: Family,
    held: Vec<Membership>,
}

impl Memberships {
    /// Joins. A membership that is held already is left as it is.
    ///
    /// # Errors
    /// ENODEV if there is no such link.
    pub(super) fn join(&mut self, membership: Membership) -> io::Result<()> {
        if self.holding(membership).is_some() {
            return Ok(());
        }
        let family = Family::of(&membership.group);
        for socket in self.sockets.iter_mut().filter(|socket| socket.family == family) {
            match socket.join(membership) {
                // This one is full.
                Err(Errno::NOBUFS | Errno::NOMEM) => {}
                Ok(()) => {
                    self.waiting.retain(|waiting| *waiting != membership);
                    return Ok(());
                }
                Err(errno) => return Err(errno.into()),
            }
        }
        let mut socket = GroupSocket::open(family)?;
        socket.join(membership)?;
        self.sockets.push(socket);
        self.waiting.retain(|waiting| *waiting != membership);
        Ok(())
    }

    /// Leaves. Of a link that is gone this frees the place in the socket's list.
    ///
    /// # Errors
    /// EADDRNOTAVAIL if it was not held.
    pub(super) fn leave(&mut self, membership: Membership) -> io::Result<()> {
        if let Some(position) = self.waiting.iter().position(|waiting| *waiting == membership) {
            self.waiting.swap_remove(position);
            return Ok(());
        }
        let position = self.holding(membership).ok_or(Errno::ADDRNOTAVAIL)?;
        let left = self.sockets[position].leave(membership);
        if self.sockets[position].held.is_empty() {
            self.sockets.swap_remove(position);
        }
        left
    }

    /// Joins anew what may be held in name only. What cannot be joined now stays among the [`lost`](Self::lost).
    ///
    /// # Errors
    /// ENODEV if there is no such link, or it has no such family.
    pub(super) fn rejoin(&mut self, membership: Membership) -> io::Result<()> {
        // That the kernel has forgotten it is why this is called.
        self.leave(membership).ok();
        self.join(membership).inspect_err(|_| self.waiting.push(membership))
    }

    /// What is held and not listed by the kernel.
    ///
    /// # Errors
    /// If /proc/net cannot be read.
    pub(super) fn lost(&self) -> io::Result<Vec<Membership>> {
        let listed = listed::read()?;
        let is_lost = |membership: &&Membership| !listed.contains(membership) || self.waiting.contains(membership);
        Ok(self.joined().filter(is_lost).copied().collect())
    }

    /// Whether there are any on a link.
    pub(super) fn are_on(&self, link: IfIndex) -> bool {
        self.joined().any(|membership| membership.link == link)
    }

    /// Joined and not left.
    fn joined(&self) -> impl Iterator<Item = &Membership> {
        self.sockets.iter().flat_map(|socket| &socket.held).chain(&self.waiting)
    }

    /// Further descriptors of the sockets, which keep all memberships while they are open.
    ///
    /// # Errors
    /// If no descriptors are left.
    pub(super) fn kept(&self) -> io::Result<Vec<OwnedFd>> {
        self.sockets.iter().map(|socket| socket.fd.try_clone()).collect()
    }

    fn holding(&self, membership: Membership) -> Option<usize> {
        self.sockets.iter().position(|socket| socket.held.contains(&membership))
    }
}

impl GroupSocket {
    fn open(family: Family) -> io::Result<Self> {
        let domain = match family {
            Family::Ipv4 => AddressFamily::INET,
            Family::Ipv6 => AddressFamily::INET6,
        };
        let fd = socket_with(domain, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
        Ok(Self { fd, family, held: Vec::new() })
    }

    fn join(&mut self, membership: Membership) -> rustix::io::Result<()> {
        let index = membership.link.value();
        match membership.group {
            IpAddr::V4(group) => {
                set_ip_add_membership_with_ifindex(&self.fd, &group, &Ipv4Addr::UNSPECIFIED, index)?;
            }
            IpAddr::V6(group) => set_ipv6_add_membership(&self.fd, &group, index)?,
        }
        self.held.push(membership);
        Ok(())
    }

    fn leave(&mut self, membership: Membership) -> io::Result<()> {
        self.held.retain(|held| *held != membership);
        let index = membership.link.value();
        match membership.group {
            IpAddr::V4(group) => {
                set_ip_drop_membership_with_ifindex(&self.fd, &group, &Ipv4Addr::UNSPECIFIED, index)?;
            }
            IpAddr::V6(group) => set_ipv6_drop_membership(&self.fd, &group, index)?,
        }
        Ok(())
    }
}
