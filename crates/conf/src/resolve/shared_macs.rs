//! Routers whose addresses end up on one virtual MAC interface (keepalived-config §3.7 rule 4).

use std::collections::HashMap;

use host::OwnKind;
use vrrp::types::Vrid;

use super::lists::addresses;
use crate::diagnostic::Diagnostics;
use crate::keyword::Block;
use crate::model::watch::SyncGroup;
use crate::model::{Router, VmacPlace};
use crate::read::{Raw, RawBlock};
use crate::say;
use crate::source::Span;

/// An interface has one virtual MAC of a VRID and a family.
type Mac = (VmacPlace, Vrid);

/// Says of each router with whom it shares a MAC, unless the two change state together.
pub(super) fn check(raw: &Raw, routers: &[Router], groups: &[SyncGroup], out: &mut Diagnostics) {
    let mut taken: HashMap<Mac, (&str, Span)> = HashMap::new();
    for router in routers {
        let Some(block) = raw.named(Block::Instance, &router.name) else { continue };
        for (mac, span) in macs(block, router) {
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
