//! Everything the engine can ask of its driver.

use crate::event::Event;
use crate::types::{Priority, RouterId};

/// One thing to do, in the order [`Engine::poll_action`](crate::Engine::poll_action) gives them: all transmissions of a
/// batch come before anything else, so that no advertisement waits for another router's addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send an advertisement; [`Engine::write_advert`](crate::Engine::write_advert) has its bytes.
    Transmit(Transmit),
    /// Send gratuitous ARP or unsolicited NA for every address of the router.
    Announce {
        /// Which router.
        router: RouterId,
        /// Rounds over all addresses.
        rounds: u32,
        /// What for.
        cause: AnnounceCause,
    },
    /// Take the addresses and announce them again once they are in. Follows the advertisement.
    Own {
        /// Which router.
        router: RouterId,
    },
    /// Give the addresses up.
    Disown {
        /// Which router.
        router: RouterId,
    },
    /// Tell whoever listens.
    Tell(Event),
}

/// An advertisement to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Which router.
    pub router: RouterId,
    /// The priority it carries: the effective one, or [`Priority::RELEASE`].
    pub priority: Priority,
    /// From which MACs.
    pub from: TransmitFrom,
}

/// Source MACs of one advertisement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransmitFrom {
    /// The virtual MAC.
    Virtual,
    /// The parent's MAC.
    Physical,
    /// One copy from each: a rival is deaf to the virtual MAC (keepalived with `vmac_xmit_base`).
    Both,
}

/// Why addresses are announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnnounceCause {
    /// This router has just become master; its addresses may not be in yet.
    Takeover,
    /// The second burst after a takeover.
    Delayed,
    /// Periodic.
    Refresh,
    /// A losing master was heard: it may have poisoned caches.
    LosingRival,
    /// An address was added while master.
    AddressAdded,
}
