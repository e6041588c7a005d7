//! Whose packet is whose.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::router::Router;
use crate::config::Medium;
use crate::input::Packet;
use crate::types::{Family, IfIndex, RouterId, Vrid};
use crate::wire;

/// Where routers receive: what all packets to a router show, whatever else is wrong with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) link: IfIndex,
    pub(crate) family: Family,
    pub(crate) vrid: Vrid,
}

impl Place {
    /// Where a packet came in. `None` if it names no VRID.
    pub(crate) fn of(packet: &Packet<'_>) -> Option<Self> {
        let vrid = wire::vrid(wire::message_of(packet.ip.protocol, packet.payload))?;
        Some(Self { link: packet.link, family: packet.ip.family(), vrid })
    }
}

/// Routers that have a parent, by their places, in the order in which they came. Several share a place if they speak by
/// different groups, or by unicast.
#[derive(Debug, Default)]
pub(crate) struct Claims(HashMap<Place, Vec<RouterId>>);

impl Claims {
    pub(crate) fn at(&self, place: Place) -> &[RouterId] {
        self.0.get(&place).map_or(&[], Vec::as_slice)
    }

    /// The place of `router` is another.
    pub(crate) fn change(&mut self, router: RouterId, before: Option<Place>, after: Option<Place>) {
        if before == after {
            return;
        }
        if let Some(place) = before
            && let Some(there) = self.0.get_mut(&place)
        {
            there.retain(|id| *id != router);
            if there.is_empty() {
                self.0.remove(&place);
            }
        }
        if let Some(place) = after {
            self.0.entry(place).or_default().push(router);
        }
    }
}

/// How much a packet looks as if it were for one of the routers at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Likeness {
    /// Multicast for a unicast router, or the reverse.
    None,
    /// It travels as the router's adverts do.
    Medium,
    /// It is addressed to the router.
    Destination,
    /// By unicast, and it comes from a peer.
    Peer,
}

impl Router {
    /// How much a packet at its place looks as if it were for this router.
    pub(crate) fn likeness(&self, packet: &Packet<'_>) -> Likeness {
        let (source, destination) = (packet.ip.source, packet.ip.destination);
        match &self.config.medium {
            Medium::Multicast { group } if *group == destination => Likeness::Destination,
            Medium::Multicast { .. } if destination.is_multicast() => Likeness::Medium,
            Medium::Multicast { .. } => Likeness::None,
            Medium::Unicast(_) if destination.is_multicast() => Likeness::None,
            Medium::Unicast(_) if self.source() != Some(destination) => Likeness::Medium,
            Medium::Unicast(unicast) if unicast.peer(source).is_some() => Likeness::Peer,
            Medium::Unicast(_) => Likeness::Destination,
        }
    }
}
