//! The frames of a router, made when it is attached to its parent so that a takeover only copies them.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use linux::send::Sender;
use serde::{Deserialize, Serialize};
use vrrp::types::{Family, IfIndex, MacAddr, Vrid};
use vrrp::wire::{ethernet_source, gratuitous_arp, unsolicited_na};

/// How a router appears on its parent's link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Seed", from = "Seed")]
pub(crate) struct Frames {
    /// The parent interface, through which all adverts leave.
    pub(crate) parent: IfIndex,
    /// What it was called when the frames were made.
    pub(crate) parent_name: Arc<str>,
    /// MAC of the parent.
    pub(crate) physical: MacAddr,
    pub(crate) virtual_mac: MacAddr,
    /// The interface through which packets to single hosts leave: they ask for neighbours there, and hear the answers.
    pub(crate) routed: IfIndex,
    /// The interface of its own on which it hears what its parent does not.
    pub(crate) own_link: Option<OwnLink>,
    /// Gratuitous ARP or unsolicited NA of each address, in configuration order.
    announcements: Vec<Announcement>,
}

/// What frames are made of.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seed {
    parent: IfIndex,
    parent_name: String,
    physical: MacAddr,
    virtual_mac: MacAddr,
    routed: IfIndex,
    own_link: Option<OwnLink>,
    announced: Vec<Announced>,
}

impl From<Frames> for Seed {
    fn from(frames: Frames) -> Self {
        let Frames { parent, parent_name, physical, virtual_mac, routed, own_link, announcements } = frames;
        let announced = announcements.iter().map(Announcement::announced).collect();
        Self { parent, parent_name: parent_name.to_string(), physical, virtual_mac, routed, own_link, announced }
    }
}

impl From<Seed> for Frames {
    fn from(seed: Seed) -> Self {
        let Seed { parent, parent_name, physical, virtual_mac, routed, own_link, announced } = seed;
        Self::new(parent, &parent_name, physical, virtual_mac, announced.into_iter())
            .with_routed(routed)
            .with_own_link(own_link)
    }
}

/// A macvlan in private mode, which alone gets what bears its virtual MAC; or an ipvlan, which alone gets what is sent to its
/// address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnLink {
    pub(crate) ifindex: IfIndex,
    /// Of the router that runs on it.
    pub(crate) vrid: Vrid,
}

/// One frame and the interface it leaves on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Announcement {
    address: IpAddr,
    ifindex: IfIndex,
    frame: Frame,
    shows: Shows,
}

/// What an announcement shows to switches that adverts do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shows {
    /// Adverts do, or another announcement.
    Nothing,
    /// Where a virtual MAC is.
    VirtualMac,
    /// Where the MAC of another interface than the router's is.
    OtherLink,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Frame {
    Arp([u8; 42]),
    Na([u8; 86]),
}

/// An address to announce: where it leaves, under which MAC.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Announced {
    pub(crate) ifindex: IfIndex,
    /// MAC that holds the address.
    pub(crate) mac: MacAddr,
    pub(crate) address: IpAddr,
    /// Of several announcements of one MAC on one interface only the first shows anything.
    pub(crate) shows: Shows,
}

impl Frames {
    pub(crate) fn new(
        parent: IfIndex,
        parent_name: &str,
        physical: MacAddr,
        virtual_mac: MacAddr,
        announced: impl Iterator<Item = Announced>,
    ) -> Self {
        let mut shown = HashSet::new();
        let once = |announced: Announced| {
            let is_first = shown.insert((announced.ifindex, announced.mac));
            Announced { shows: if is_first { announced.shows } else { Shows::Nothing }, ..announced }
        };
        let announcements = announced.map(once).map(Announcement::new).collect();
        let (routed, own_link) = (parent, None);
        Self { parent, parent_name: parent_name.into(), physical, virtual_mac, routed, own_link, announcements }
    }

    pub(crate) fn with_routed(self, routed: IfIndex) -> Self {
        Self { routed, ..self }
    }

    pub(crate) fn with_own_link(self, own_link: Option<OwnLink>) -> Self {
        Self { own_link, ..self }
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
        Self { address: announced.address, ifindex: announced.ifindex, frame, shows: announced.shows }
    }

    fn announced(&self) -> Announced {
        let frame: &[u8] = match &self.frame {
            Frame::Arp(frame) => frame,
            Frame::Na(frame) => frame,
        };
        let mac = ethernet_source(frame);
        Announced { ifindex: self.ifindex, mac, address: self.address, shows: self.shows }
    }

    pub(crate) const fn address(&self) -> IpAddr {
        self.address
    }

    pub(crate) const fn shows(&self) -> Shows {
        self.shows
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_announcement_of_each_mac_on_each_interface_shows_it() {
        let announced = |link: u32, last: u8, address: &str| Announced {
            ifindex: IfIndex::new(link).unwrap(),
            mac: MacAddr([0, 0, 0x5e, 0, 1, last]),
            address: address.parse().unwrap(),
            shows: Shows::VirtualMac,
        };
        let all = [
            announced(2, 1, "10.0.0.1"),
            announced(2, 1, "10.0.0.2"),
            announced(2, 2, "fd00::1"),
            announced(3, 1, "10.1.0.1"),
        ];
        let (link, mac) = (all[0].ifindex, all[0].mac);
        let frames = Frames::new(link, "eth0", mac, mac, all.into_iter());
        let shown = frames.announcements().iter().filter(|it| it.shows() == Shows::VirtualMac);
        let shown: Vec<String> = shown.map(|it| it.address().to_string()).collect();
        assert_eq!(shown, ["10.0.0.1", "fd00::1", "10.1.0.1"]);
        let frames = frames.with_own_link(Some(OwnLink { ifindex: link, vrid: Vrid::new(5).unwrap() }));
        let passed_on: Frames = serde_json::from_str(&serde_json::to_string(&frames).unwrap()).unwrap();
        assert_eq!(passed_on, frames);
    }
}
