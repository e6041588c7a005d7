//! Routers that get into each other's way (keepalived-config §3.7).

use std::net::IpAddr;

use hashbrown::HashMap;
use host::OwnKind;
use vrrp::types::{Family, Vrid};

use super::Made;
use super::addresses::addresses;
use crate::diagnostic::Diagnostics;
use crate::keyword::Block;
use crate::keywords::{instance, top, trackers};
use crate::model::watch::SyncGroup;
use crate::model::{Peer, Router, VmacPlace};
use crate::read::{Raw, RawBlock};
use crate::say;
use crate::source::{Span, Spanned};

/// The VRID of keepalived's sample configuration.
const SAMPLE_VRID: u8 = 51;

/// Where a router is alone with its VRID: unicast and multicast do not meet, nor do two groups.
#[derive(PartialEq, Eq, Hash)]
struct Place<'a> {
    interface: &'a str,
    family: Family,
    vrid: Vrid,
    group: IpAddr,
    /// From which address, and to whom.
    unicast: Option<(Option<IpAddr>, IpAddr)>,
}

/// What earlier routers have.
#[derive(Default)]
pub(super) struct Taken<'a> {
    vrids: HashMap<Place<'a>, Span>,
    names: HashMap<String, (Span, &'a str)>,
    addresses: HashMap<IpAddr, (Span, &'a str)>,
    has_sample: bool,
}

impl<'a> Taken<'a> {
    /// Whether the router has a VRID of its own, so that it may run beside the earlier ones.
    pub(super) fn admits(&mut self, made: &mut Made<'a>, out: &mut Diagnostics) -> bool {
        let Made { raw, router, .. } = made;
        let span = raw.settings.get(&instance::VIRTUAL_ROUTER_ID).map_or(raw.span, |vrid| vrid.span);
        self.check_sample(router.vrid, span, out);
        let clash = places(raw, router).find_map(|place| Some((*self.vrids.get(&place)?, place)));
        if let Some((first, place)) = clash {
            let Router { interface, family, vrid, name, .. } = router;
            out.push(match place.unicast {
                Some((_, peer)) => say::same_vrid_peer(span, first, interface, family, vrid, peer, name),
                None => say::same_vrid(span, first, interface, family, vrid, name),
            });
            return false;
        }
        self.vrids.extend(places(raw, router).map(|place| (place, span)));
        self.name(raw, router, out);
        self.addresses(raw, router.family, out);
        true
    }

    /// Says once that the sample's VRID was left in.
    fn check_sample(&mut self, vrid: Vrid, span: Span, out: &mut Diagnostics) {
        if vrid.value() == SAMPLE_VRID && !std::mem::replace(&mut self.has_sample, true) {
            out.push(say::sample_vrid(span));
        }
    }

    fn name(&mut self, raw: &'a RawBlock, router: &mut Router, out: &mut Diagnostics) {
        let (wanted, row) = match (&mut router.vmac, &mut router.ipvlan) {
            (Some(vmac), _) => (&mut vmac.name, &instance::USE_VMAC),
            (None, Some(ipvlan)) => (&mut ipvlan.name, &instance::USE_IPVLAN),
            (None, None) => return,
        };
        let Some(name) = &wanted else { return };
        let span = raw.settings.entries(row).find(|word| word.value == *name);
        let span = span.map_or(raw.span, |word| word.span);
        if let Some((first, owner)) = self.names.get(name) {
            out.push(say::vmac_name_taken(span, *first, owner, name));
            *wanted = None;
        } else {
            self.names.insert(name.clone(), (span, &raw.name));
        }
    }

    /// One message a router, however many addresses it shares.
    fn addresses(&mut self, raw: &'a RawBlock, family: Family, out: &mut Diagnostics) {
        let entries = raw.settings.entries(&instance::VIRTUAL_IPADDRESS);
        let mut shared = None;
        for entry in entries.filter(|entry| Family::of(&entry.value.address) == family) {
            let first = *self.addresses.entry(entry.value.address).or_insert((entry.span, &raw.name));
            if first.1 != raw.name {
                shared.get_or_insert((entry, first));
            }
        }
        if let Some((entry, (first, owner))) = shared {
            out.push(say::shared_address(entry.span, first, owner, entry.value.address));
        }
    }
}

/// The places of a router: for each peer one.
fn places<'a>(raw: &'a RawBlock, router: &Router) -> impl Iterator<Item = Place<'a>> {
    let interface = raw.settings.get(&instance::INTERFACE).map_or("", |interface| interface.value);
    let (family, vrid, group) = (router.family, router.vrid, router.group);
    let place = move |unicast| Place { interface, family, vrid, group, unicast };
    let to = move |peer: &Peer| place(Some((router.source, peer.address)));
    let multicast = (!router.is_unicast()).then(|| place(None));
    multicast.into_iter().chain(router.peers.iter().map(to))
}

/// Says which virtual addresses are also what every machine holds for itself, or the other end of a BFD session. An owner's are
/// its own.
pub(super) fn check_held(raw: &Raw, routers: &[Made<'_>], out: &mut Diagnostics) {
    let backups = routers.iter().filter(|made| !made.router.parameters.priority.is_owner());
    let entries = backups.flat_map(|made| addresses(&made.raw.settings).map(|entry| (made.raw.name.as_str(), entry)));
    let virtual_ones: HashMap<IpAddr, (&str, Span)> =
        entries.map(|(router, entry)| (entry.value.address, (router, entry.span))).collect();
    for entry in raw.top.entries(&top::STATIC_IPADDRESS) {
        if let Some((router, first)) = virtual_ones.get(&entry.value.address) {
            out.push(say::shared_address_static(entry.span, *first, entry.value.address, router));
        }
    }
    for session in raw.blocks(Block::Bfd) {
        let neighbor =
            [&trackers::NEIGHBOR_IP, &trackers::NEIGHBOUR_IP].into_iter().find_map(|row| session.settings.get(row));
        if let Some(Spanned { value, span }) = neighbor
            && let Some((router, first)) = virtual_ones.get(&value)
        {
            out.push(say::virtual_source_neighbor(span, *first, value, router));
        }
    }
}

/// An interface has one virtual MAC of a VRID and a family.
type Mac = (VmacPlace, Vrid);

/// Says of each router with whom it shares a MAC, unless the two change state together.
pub(super) fn check_macs(routers: &[Made<'_>], groups: &[SyncGroup], out: &mut Diagnostics) {
    let mut taken: HashMap<Mac, (&str, Span)> = HashMap::new();
    for Made { raw, router, .. } in routers {
        for (mac, span) in macs(raw, router) {
            match taken.get(&mac) {
                Some(&(other, first)) if other != router.name && !together(groups, other, &router.name) => {
                    let (VmacPlace { interface, family }, vrid) = mac;
                    out.push(say::shared_mac(span, first, other, family, vrid, interface));
                    break;
                }
                Some(_) => {}
                None => {
                    taken.insert(mac, (router.name.as_str(), span));
                }
            }
        }
    }
}

/// The virtual MACs of a router, and the first address on each.
fn macs(raw: &RawBlock, router: &Router) -> Vec<(Mac, Span)> {
    let mut macs: Vec<(Mac, Span)> = Vec::new();
    for address in router.addresses.iter().chain(&router.excluded) {
        let Some(place) = router.place_of(address) else { continue };
        if router.kind_at(&place) != OwnKind::Macvlan {
            continue;
        }
        let mac = (place, router.vrid);
        if macs.iter().all(|(known, _)| *known != mac) {
            let written = addresses(&raw.settings).find(|entry| entry.value == *address);
            macs.push((mac, written.map_or(raw.span, |entry| entry.span)));
        }
    }
    macs
}

fn together(groups: &[SyncGroup], one: &str, other: &str) -> bool {
    groups.iter().any(|group| {
        let has = |name: &str| group.members.iter().any(|member| member == name);
        has(one) && has(other)
    })
}
