//! Adverts that come in on an interface of a router's own, a macvlan in private mode or an ipvlan: they are for the router on
//! its parent.

use std::collections::HashMap;

use vrrp::input::Packet;
use vrrp::types::{IfIndex, Vrid};
use vrrp::wire;

use crate::ports::frames::Frames;

/// The interfaces of their own on which routers hear.
#[derive(Debug, Default)]
pub(super) struct OwnLinks(HashMap<IfIndex, OwnLink>);

#[derive(Debug)]
struct OwnLink {
    parent: IfIndex,
    vrid: Vrid,
    /// How many routers hear on it: those of one sync group may share it.
    routers: usize,
}

impl OwnLinks {
    /// A router hears as these frames say.
    pub(super) fn add(&mut self, frames: &Frames) {
        let Some(own) = frames.own_link else { return };
        let (parent, vrid) = (frames.parent, own.vrid);
        let link = self.0.entry(own.ifindex).or_insert(OwnLink { parent, vrid, routers: 0 });
        link.routers += 1;
    }

    /// It does so no longer.
    pub(super) fn remove(&mut self, frames: &Frames) {
        let Some(own) = frames.own_link else { return };
        if let Some(link) = self.0.get_mut(&own.ifindex) {
            link.routers -= 1;
            if link.routers == 0 {
                self.0.remove(&own.ifindex);
            }
        }
    }

    /// The packet as if it had come in on the parent. `None` for another VRID, which is no router's there.
    pub(super) fn at_parent<'a>(&self, packet: Packet<'a>) -> Option<Packet<'a>> {
        let Some(link) = self.0.get(&packet.link) else { return Some(packet) };
        let vrid = wire::vrid(wire::message_of(packet.ip.protocol, packet.payload));
        (vrid == Some(link.vrid)).then_some(Packet { link: link.parent, ..packet })
    }
}

#[cfg(test)]
mod tests {
    use vrrp::input::IpHeader;
    use vrrp::time::Instant;
    use vrrp::types::MacAddr;

    use super::*;
    use crate::ports::frames;

    fn index(number: u32) -> IfIndex {
        IfIndex::new(number).unwrap()
    }

    fn frames(link: u32) -> Frames {
        let (mac, vrid) = (MacAddr([2, 0, 0, 0, 0, 1]), Vrid::new(51).unwrap());
        let frames = Frames::new(index(2), "eth0", mac, mac, std::iter::empty());
        frames.with_own_link(Some(frames::OwnLink { ifindex: index(link), vrid }))
    }

    #[test]
    fn what_comes_in_on_a_link_of_its_own_counts_as_come_in_on_its_parent_while_a_router_hears_there() {
        let mut links = OwnLinks::default();
        let at = |links: &OwnLinks, link: u32, vrid: u8| {
            let (source, destination) = ([10, 0, 0, 2].into(), [224, 0, 0, 18].into());
            let ip =
                IpHeader { source, destination, hop_limit: Some(255), protocol: wire::PROTOCOL, identification: 0 };
            let payload = &[0x31, vrid, 100, 1][..];
            let packet = Packet { link: index(link), received: Instant::default(), ip, payload };
            links.at_parent(packet).map(|packet| packet.link.value())
        };
        links.add(&frames(1 << 20));
        links.add(&frames(1 << 20));
        links.remove(&frames(1 << 20));
        assert_eq!([at(&links, 1 << 20, 51), at(&links, 2, 51), at(&links, 3, 7)], [Some(2), Some(2), Some(3)]);
        assert_eq!(at(&links, 1 << 20, 52), None);
        links.remove(&frames(1 << 20));
        assert_eq!(at(&links, 1 << 20, 51), Some(1 << 20));
    }
}
