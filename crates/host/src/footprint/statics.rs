//! What stands from the daemon's start to its stop, whatever routers do: all of it is one holder's
//! ([`crate::Holder::Statics`]) and in the phase *standing*, which that holder enters before any router does and leaves
//! after them. The ledger then knows what differs after a reload, what routers need as well, and what a later start must
//! undo. Here is told what an item needs beside itself; a further kind of item needs a line here only if it needs
//! something of its link.

use super::{Footprint, promotions};
use crate::op::{Item, LinkAddress, Op};

impl Footprint {
    /// The footprint of `items`, which are added in this order and removed in the opposite one.
    #[must_use]
    pub fn of_statics(items: &[Item]) -> Self {
        let address = |item: &'_ Item| -> Option<LinkAddress> {
            match item {
                Item::Address(address) => Some((**address).clone()),
                Item::Link(_)
                | Item::Membership(_)
                | Item::Route(_)
                | Item::IpRoute(_)
                | Item::IpRule(_)
                | Item::OwnerTable(_)
                | Item::DropTable(_)
                | Item::DroppedAddress(_) => None,
            }
        };
        let addresses: Vec<LinkAddress> = items.iter().filter_map(address).collect();
        let standing = promotions(&addresses).chain(items.iter().cloned().map(Op::Add)).collect();
        Self { standing, ..Self::default() }
    }
}
