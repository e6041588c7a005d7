//! What one router does to the machine, computed when it is bound to its parent so that a failover plans nothing.
//!
//! The rules are those of ARCHITECTURE.md, "The virtual MAC": a macvlan that is down until first needed and silent when
//! left, addresses whose connected route loses against the parent's, settings on single links and never on `all`.

mod ipvlan;
mod prefix;
mod statics;
mod vmac;

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use vrrp::types::{Family, IfIndex};

use crate::op::{
    DropTable, DroppedAddress, IpRoute, IpRule, Ipv4Setting, Item, LinkAddress, LinkSetting, MacvlanLink, MacvlanMode,
    Membership, Op, OwnKind, Restore, Setting, SettingKey,
};

/// The operations of one router, by the phase in which they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footprint {
    /// From binding to stop: membership, macvlan (down), settings.
    pub standing: Vec<Op>,
    /// From the first takeover until the link is taken down, some time after the role was lost.
    pub up: Vec<Op>,
    /// While Active: addresses, and what makes them usable.
    pub active: Vec<Op>,
    /// From leaving Active until the link is down: nothing is forwarded for the virtual MAC.
    pub draining: Vec<Op>,
}

/// What the footprint of a router depends on.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Multicast group that its peers speak to; `None`: they speak to it alone.
    pub group: Option<IpAddr>,
    /// The interface it runs on.
    pub parent: IfIndex,
    /// Its virtual MAC interfaces: its own, and those of addresses elsewhere.
    pub vmacs: Vec<Vmac>,
    /// All its addresses, with the links they belong to.
    pub addresses: Vec<LinkAddress>,
    /// Routes while it is Active.
    pub routes: Vec<IpRoute>,
    /// Rules while it is Active.
    pub rules: Vec<IpRule>,
    /// The table that drops what is sent to its addresses; `None`: they are answered for (Accept_Mode, RFC 9568 §6.1).
    pub dropping: Option<DropTable>,
}

/// A virtual MAC interface.
#[derive(Clone, Debug)]
pub struct Vmac {
    /// The interface itself.
    pub link: MacvlanLink,
    /// Of its MAC, not of each address: that of an IPv4 router may have IPv6 addresses beside.
    pub family: Family,
    /// What an ipvlan has beside the virtual addresses, with its prefix length, for as long as it is there.
    pub address: Option<(IpAddr, u8)>,
    /// While the router is Active; in a VRF always bridge.
    pub mode: MacvlanMode,
    /// What it sits on.
    pub on: ParentLink,
}

/// What is known of a parent.
#[derive(Clone, Debug)]
pub struct ParentLink {
    /// As the kernel numbers it now.
    pub index: IfIndex,
    /// As it is called now.
    pub name: String,
    /// Largest IP packet in bytes.
    pub mtu: u32,
    /// Its own addresses, those of no router, with their prefix lengths.
    pub prefixes: Vec<(IpAddr, u8)>,
    /// `net.ipv4.conf.all.rp_filter`: the kernel takes the larger of this and the link's.
    pub all_rp_filter: i32,
    /// Those of its addresses, of the router's family, that a router on a virtual MAC owns: it answers for them, and asks,
    /// with the virtual MAC (RFC 9568 §8.1.2, §8.2.2).
    pub owned: Vec<IpAddr>,
    /// What its ARP answers are while the router is Active.
    pub answers: ParentAnswers,
    /// The VRF that it is in.
    pub vrf: Option<Vrf>,
}

/// A VRF, which is an interface and a routing table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vrf {
    /// The interface.
    pub link: IfIndex,
    /// The table, in which routes of its members stand.
    pub table: u32,
}

/// Whether the parent of an IPv4 router on a virtual MAC answers ARP requests while the router is Active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParentAnswers {
    /// For its own addresses.
    OwnAddresses,
    /// Not at all, for it would answer with its own MAC, and all its addresses are the router's.
    Nothing,
}

impl Footprint {
    /// The footprint of a router attached so.
    #[must_use]
    pub fn of(attachment: &Attachment) -> Self {
        let mut footprint = on_links(attachment);
        if let Some(table) = attachment.dropping {
            let dropped = footprint.addresses().map(|it| DroppedAddress { table, address: it.address, link: it.link });
            let dropped: Vec<Op> = dropped.map(|address| Op::Add(Item::DroppedAddress(address))).collect();
            footprint.standing.push(Op::Add(Item::DropTable(table)));
            // No packet finds an address before.
            footprint.active.splice(0..0, dropped);
        }
        // Routes may use addresses, and rules should find their tables filled.
        footprint.active.extend(attachment.routes.iter().cloned().map(|route| Op::Add(Item::IpRoute(Box::new(route)))));
        footprint.active.extend(attachment.rules.iter().cloned().map(|rule| Op::Add(Item::IpRule(Box::new(rule)))));
        footprint
    }

    /// Every operation, of whatever phase.
    pub fn ops(&self) -> impl Iterator<Item = &Op> {
        let Self { standing, up, active, draining } = self;
        standing.iter().chain(up).chain(active).chain(draining)
    }

    /// Every address the router may put on a link.
    pub fn addresses(&self) -> impl Iterator<Item = &LinkAddress> {
        self.active.iter().filter_map(|op| match op {
            Op::Add(Item::Address(address)) => Some(&**address),
            Op::Add(_) | Op::Remove(_) | Op::Set(_) => None,
        })
    }

    /// The mode of a macvlan while the router is Active.
    #[must_use]
    pub fn mode_of(&self, macvlan: IfIndex) -> MacvlanMode {
        let private = MacvlanMode::Private.value();
        let key = SettingKey { link: macvlan, setting: LinkSetting::MacvlanMode };
        let is_private = |op: &Op| matches!(op, Op::Set(setting) if setting.key == key && setting.value == private);
        if self.active.iter().any(is_private) { MacvlanMode::Private } else { MacvlanMode::Bridge }
    }

    /// The addresses whose packets are dropped.
    pub fn dropped(&self) -> impl Iterator<Item = &DroppedAddress> {
        self.active.iter().filter_map(|op| match op {
            Op::Add(Item::DroppedAddress(address)) => Some(address),
            Op::Add(_) | Op::Remove(_) | Op::Set(_) => None,
        })
    }

    /// Routes and rules that were asked for.
    pub fn routing(&self) -> impl Iterator<Item = &Op> {
        self.active.iter().filter(|op| op.is_routing())
    }

    /// What must be done again before its lease ends. Doing it again also puts back what somebody took away.
    pub fn leased(&self) -> impl Iterator<Item = &Op> {
        self.active.iter().filter(|op| op.is_leased())
    }
}

fn on_links(attachment: &Attachment) -> Footprint {
    let vmac = |link| attachment.vmacs.iter().find(|vmac| vmac.link.index == link);
    let settled = |address: &LinkAddress| match vmac(address.link) {
        Some(vmac) => vmac::with_losing_route(address, &vmac.on),
        None => address.clone(),
    };
    let addresses: Vec<LinkAddress> = attachment.addresses.iter().map(settled).collect();
    let mut footprint = Footprint { standing: membership(attachment).into_iter().collect(), ..Footprint::default() };
    footprint.standing.extend(promotions(addresses.iter().filter(|address| vmac(address.link).is_none())));
    let mut routes = Vec::new();
    for vmac in &attachment.vmacs {
        let ours: Vec<&LinkAddress> = addresses.iter().filter(|address| address.link == vmac.link.index).collect();
        match vmac.link.kind {
            OwnKind::Macvlan => vmac::add_to(&mut footprint, vmac, &ours),
            OwnKind::Ipvlan(_) => ipvlan::add_to(&mut footprint, vmac, &ours),
        }
        footprint.standing.extend(own_membership(attachment, vmac));
        routes.extend(vmac::host_routes(vmac, &ours));
    }
    footprint.active.extend(addresses.iter().cloned().map(|address| Op::Add(Item::from(address))));
    footprint.active.extend(routes.into_iter().map(|route| Op::Add(Item::Route(route))));
    footprint
}

fn membership(attachment: &Attachment) -> Option<Op> {
    let link = attachment.parent;
    attachment.group.map(|group| Op::Add(Item::Membership(Membership { link, group })))
}

/// Puts an interface of ours into the VRF of its parent.
fn vrf_of(vmac: &Vmac) -> Option<Op> {
    let vrf = i32::try_from(vmac.on.vrf?.link.value()).unwrap_or(i32::MAX);
    Some(switch(vmac.link.index, LinkSetting::Controller, vrf, 0))
}

/// In private mode the macvlan alone hears what bears its MAC, as the adverts of another master do.
fn own_membership(attachment: &Attachment, vmac: &Vmac) -> Option<Op> {
    let is_own = |group: &IpAddr| vmac.on.index == attachment.parent && vmac.family == Family::of(group);
    let group = attachment.group.filter(is_own)?;
    match vmac.mode {
        MacvlanMode::Private => Some(Op::Add(Item::Membership(Membership { link: vmac.link.index, group }))),
        MacvlanMode::Bridge => None,
    }
}

/// On links that are not ours, removing an address must not take others of its subnet with it: neither ours when someone
/// removes the node's own, nor the node's own when it came back after ours.
fn promotions<'a>(addresses: impl IntoIterator<Item = &'a LinkAddress>) -> impl Iterator<Item = Op> {
    let ipv4 = addresses.into_iter().filter(|address| address.address.is_ipv4());
    let links: BTreeSet<IfIndex> = ipv4.map(|address| address.link).collect();
    links.into_iter().map(|link| shared(link, Ipv4Setting::PromoteSecondaries, 1))
}

/// A setting of a link of ours, which goes with it.
const fn on_link(link: IfIndex, setting: LinkSetting, value: i32) -> Op {
    Op::Set(Setting { key: SettingKey { link, setting }, value, restore: Restore::WithLink })
}

/// A setting of a link of ours that goes back to a known value.
const fn switch(link: IfIndex, setting: LinkSetting, value: i32, back: i32) -> Op {
    Op::Set(Setting { key: SettingKey { link, setting }, value, restore: Restore::To(back) })
}

/// A setting of somebody else's link.
const fn shared(link: IfIndex, setting: Ipv4Setting, value: i32) -> Op {
    Op::Set(Setting { key: SettingKey { link, setting: LinkSetting::Ipv4(setting) }, value, restore: Restore::ToFound })
}

#[cfg(test)]
mod tests;
