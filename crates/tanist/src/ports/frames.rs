//! The frames of a router, made when it is attached to its parent so that a takeover only copies them.

use std::net::IpAddr;
use std::sync::Arc;

use linux::send::Sender;
use vrrp::types::{Family, IfIndex, MacAddr};
use vrrp::wire::{gratuitous_arp, unsolicited_na};

/// How a router appears on its parent's link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frames {
    /// The parent interface, through which all adverts leave.
    pub(crate) parent: IfIndex,
    /// What it was called when the frames were made.
    pub(crate) parent_name: Arc<str>,
    /// MAC of the parent.
    pub(crate) physical: MacAddr,
    pub(crate) virtual_mac: MacAddr,
    /// Gratuitous ARP or unsolicited NA of each address, in configuration order.
    announcements: Vec<Announcement>,
}

/// One frame and the interface it leaves on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Announcement {
    address: IpAddr,
    ifindex: IfIndex,
    frame: Frame,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Frame {
    Arp([u8; 42]),
    Na([u8; 86]),
}

/// An address to announce: where it leaves, under which MAC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Announced {
    pub(crate) ifindex: IfIndex,
    /// MAC that holds the address.
    pub(crate) mac: MacAddr,
    pub(crate) address: IpAddr,
}

impl Frames {
    pub(crate) fn new(
        parent: IfIndex,
        parent_name: &str,
        physical: MacAddr,
        virtual_mac: MacAddr,
        announced: impl Iterator<Item = Announced>,
    ) -> Self {
        let announcements = announced.map(Announcement::new).collect();
        Self { parent, parent_name: parent_name.into(), physical, virtual_mac, announcements }
    }

    /// One round.
    pub(crate) fn announcements(&self) -> &[Announcement] {
        &self.announcements
    }

    /// The announcement of an address.
    pub(crate) fn announcement(&self, address: IpAddr) -> Option<&Announcement> {
        self.announcements.iter().find(|announcement| announcement.address == address)
    }
}

impl Announcement {
    fn new(announced: Announced) -> Self {
        let frame = match announced.address {
            IpAddr::V4(address) => Frame::Arp(gratuitous_arp(announced.mac, address)),
            IpAddr::V6(address) => Frame::Na(unsolicited_na(announced.mac, address)),
        };
        Self { address: announced.address, ifindex: announced.ifindex, frame }
    }

    pub(crate) const fn address(&self) -> IpAddr {
        self.address
    }

    /// What it contends with: the interface, and whether it is ARP or ND.
    pub(crate) const fn lane(&self) -> (IfIndex, Family) {
        match self.frame {
            Frame::Arp(_) => (self.ifindex, Family::Ipv4),
            Frame::Na(_) => (self.ifindex, Family::Ipv6),
        }
    }

    /// Queues it.
    pub(crate) fn send<T: Copy>(&self, tag: T, sender: &mut Sender<T>) {
        match &self.frame {
            Frame::Arp(frame) => sender.push_copy(self.ifindex, tag, frame),
            Frame::Na(frame) => sender.push_copy(self.ifindex, tag, frame),
        }
    }
}
