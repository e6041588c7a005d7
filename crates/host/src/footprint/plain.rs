//! Routers without a virtual MAC, and addresses on links that are not ours.

use vrrp::types::IfIndex;

use super::{Attachment, Footprint, membership, shared};
use crate::op::{Ipv4Setting, Item, LinkAddress, Op};

pub(super) fn footprint(attachment: &Attachment) -> Footprint {
    let standing = membership(attachment).into_iter().chain(promotions(&attachment.addresses)).collect();
    let active = attachment.addresses.iter().cloned().map(|address| Op::Add(Item::Address(address))).collect();
    Footprint { standing, active, ..Footprint::default() }
}

/// On links that are not ours, removing an address must not take others of its subnet with it: neither ours when someone
/// removes the node's own, nor the node's own when it came back after ours.
pub(super) fn promotions<'a>(addresses: impl IntoIterator<Item = &'a LinkAddress>) -> Vec<Op> {
    let mut links: Vec<IfIndex> =
        addresses.into_iter().filter(|address| address.address.is_ipv4()).map(|address| address.link).collect();
    links.sort_unstable();
    links.dedup();
    links.into_iter().map(|link| shared(link, Ipv4Setting::PromoteSecondaries, 1)).collect()
}
