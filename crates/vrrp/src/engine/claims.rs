//! Whose packet is whose.

use hashbrown::HashMap;

use crate::input::Packet;
use crate::types::{Family, IfIndex, RouterId, Vrid};
use crate::wire;

/// What a packet must show to belong to a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RouterKey {
    /// It came in on the parent and names the VRID.
    Multicast { link: IfIndex, family: Family, vrid: Vrid },
}

/// Keys of the routers that have a parent.
#[derive(Debug, Default)]
pub(crate) struct Claims(HashMap<RouterKey, RouterId>);

impl Claims {
    /// The router that `packet` names, whatever else is wrong with it.
    pub(crate) fn of(&self, packet: &Packet<'_>) -> Option<RouterId> {
        let vrid = wire::vrid(packet.payload)?;
        let key = RouterKey::Multicast { link: packet.link, family: packet.ip.family(), vrid };
        self.0.get(&key).copied()
    }

    /// The key of `router` is another. A reload may add a router before it removes the one in whose place it comes: of
    /// two with one key the later counts.
    pub(crate) fn change(&mut self, router: RouterId, before: Option<RouterKey>, after: Option<RouterKey>) {
        if before == after {
            return;
        }
        if let Some(key) = before.filter(|key| self.0.get(key) == Some(&router)) {
            self.0.remove(&key);
        }
        self.0.extend(after.map(|key| (key, router)));
    }
}
