//! Everything the engine can ask of its driver.

use alloc::boxed::Box;
use core::net::IpAddr;

use crate::event::Event;
use crate::types::{IfIndex, Priority, RouterId, Vrid};
use crate::wire::ChecksumForm;

/// One thing to do, in the order [`Engine::poll_action`](crate::Engine::poll_action) gives them: all transmissions of a
/// batch come before anything else, so that no advert waits for another router's addresses.
///
/// Who sends announcements: only the first gratuitous ARP of a takeover is urgent enough to leave before the addresses
/// are in ([`Action::AnnounceFirst`]); everything else is ordered from whoever holds the addresses, to be paced there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send an advert; [`Engine::write_packet`](crate::Engine::write_packet) has its bytes.
    Transmit(Transmit),
    /// Send one round of gratuitous ARP over the router's IPv4 addresses at once: switches and neighbours learn where
    /// the virtual MAC is while the addresses are still being installed. There is none for IPv6, where the solicited-node
    /// group must be joined before the first neighbour advertisement (V3-ND-02).
    AnnounceFirst {
        router: RouterId,
    },
    /// Install the addresses and announce them once they are in. Follows the advert.
    InstallAddresses {
        router: RouterId,
        rounds: TakeoverRounds,
    },
    /// The router is no longer Active, and nobody holds its addresses yet: keep them as they are, and announce them no more.
    /// [`Action::WithdrawAddresses`] follows, or [`Action::InstallAddresses`] if it becomes Active again before that.
    KeepAddresses {
        router: RouterId,
    },
    WithdrawAddresses {
        router: RouterId,
    },
    /// Announce addresses again, each as soon as it is installed.
    Announce(Announcement),
    Event(Event),
    /// Say that somebody advertises a virtual router that is not here; only if that is wanted
    /// ([`Engine::tell_unknown_vrids`](crate::Engine::tell_unknown_vrids)).
    UnknownVrid(UnknownVrid),
}

/// An advert that names no router here, though nothing else is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownVrid {
    pub link: IfIndex,
    pub source: IpAddr,
    pub vrid: Vrid,
}

/// An advert to send to one destination: everything about it that is decided once, when it is queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    pub router: RouterId,
    /// The effective priority, or [`Priority::RELEASE`].
    pub priority: Priority,
    pub to: Destination,
    pub from: TransmitFrom,
    pub stamp: Stamp,
}

/// Where an advert goes: to a group once, to peers once for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To this group, by way of the parent interface.
    Multicast(IpAddr),
    /// To this host, as the kernel routes it from the parent interface.
    Unicast(IpAddr),
}

impl Destination {
    /// As it stands in the IP header.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        match self {
            Self::Multicast(address) | Self::Unicast(address) => *address,
        }
    }
}

/// Source MACs of one multicast advert. A unicast one leaves as the kernel sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransmitFrom {
    Virtual,
    /// The parent's MAC.
    Physical,
    /// One copy from each: a peer is deaf to the virtual MAC (keepalived with `vmac_xmit_base`).
    Both,
}

/// What makes one advert of a router differ from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// IP source address at the time of queueing: a router that leaves because it loses its address still says so from
    /// there.
    pub source: IpAddr,
    /// Counts the adverts of the router from 1. All packets of one advert have the same number, whatever their
    /// destination and checksum form.
    pub number: u64,
    /// IPv4 identification, never 0: the kernel would put another in its place. Packets to several peers share it.
    pub identification: u16,
    /// Sequence number of its signature, which packets to several peers share; 0 of an advert that is not signed.
    pub sequence: u64,
    /// TTL or hop limit.
    pub hop_limit: u8,
    /// Says something for VRRPv3 over IPv4 only.
    pub form: ChecksumForm,
}

/// Rounds over all addresses that are due once these are installed. Together with [`Action::AnnounceFirst`] they are as
/// many as configured (`garp_master_repeat`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakeoverRounds {
    /// Gratuitous ARP, for IPv4 addresses.
    pub arp: u32,
    /// Unsolicited neighbour advertisements, for IPv6 addresses.
    pub na: u32,
}

/// An order to announce addresses of an Active router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    pub router: RouterId,
    pub cause: AnnounceCause,
    /// Rounds over the addresses, at least 1.
    pub rounds: u32,
    pub addresses: Announced,
}

/// Which addresses to announce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announced {
    /// All that the router holds.
    All,
    These(Box<[IpAddr]>),
}

/// Why addresses are announced after the takeover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnnounceCause {
    /// The second block after a takeover (`garp_master_delay`).
    Delayed,
    /// Periodic (`garp_master_refresh`).
    Refresh,
    /// An inferior master was heard: it may have poisoned caches (`garp_lower_prio_repeat`).
    InferiorAdvert,
    /// Addresses were added while Active: these alone, at once and once more after `garp_master_delay`.
    AddressAdded,
    /// Somebody wants it: never ordered by the engine.
    Asked,
}
