//! Routers whose addresses end up on one virtual MAC interface (keepalived-config §3.7 rule 4).

use std::collections::HashMap;

use vrrp::types::{Family, Vrid};

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::Block;
use crate::keywords::{instance, instance_inert as inert};
use crate::model::AddressFlag;
use crate::model::Router;
use crate::model::watch::SyncGroup;
use crate::read::{Raw, RawBlock};
use crate::source::Span;

/// An interface has one virtual MAC of a VRID and a family.
type Mac<'a> = (&'a str, Family, Vrid);

/// Says of each router with whom it shares a MAC, unless the two change state together.
pub(super) fn check<'a>(
    raw: &Raw,
    routers: impl Iterator<Item = &'a Router>,
    groups: &[SyncGroup],
    out: &mut Diagnostics,
) {
    let mut taken: HashMap<Mac<'a>, (&str, Span)> = HashMap::new();
    for router in routers {
        let Some(block) = raw.named(Block::Instance, &router.name) else { continue };
        for (mac, span) in macs(block, router) {
            match taken.get(&mac) {
                Some(&(other, first)) if other != router.name && !together(groups, other, &router.name) => {
                    out.push(shared(mac, span, other, first));
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
fn macs<'a>(raw: &RawBlock, router: &'a Router) -> Vec<(Mac<'a>, Span)> {
    let everywhere = raw.settings.keyword(&inert::USE_VMAC_ADDR).is_some();
    let mut macs: Vec<(Mac<'a>, Span)> = Vec::new();
    for address in router.addresses.iter().chain(&router.excluded) {
        let dev = address.dev.as_deref().unwrap_or(&router.interface);
        let family = Family::of(&address.address);
        let at_home = dev == router.interface && family == router.family;
        let has_mac =
            at_home && router.vmac.is_some() || !at_home && everywhere || address.flags.contains(&AddressFlag::UseVmac);
        let mac = (dev, family, router.vrid);
        if has_mac && macs.iter().all(|(known, _)| *known != mac) {
            let lists = [&instance::VIRTUAL_IPADDRESS, &instance::VIRTUAL_IPADDRESS_EXCLUDED];
            let mut entries = lists.into_iter().flat_map(|row| raw.settings.addresses(row));
            let written = entries.find(|entry| entry.value == *address);
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

fn shared((dev, family, vrid): Mac<'_>, span: Span, other: &str, first: Span) -> Diagnostic {
    let what = format!("the router {other} has addresses on the {family} virtual MAC {vrid} of {dev} as well");
    let diagnostic = Diagnostic::new(Code::SharedMac, span, what).also(first, "here");
    let note = "one interface cannot be up for the one and down for the other; keepalived keeps one of them in FAULT";
    diagnostic.note(note).help("give one of them another VRID, or put both into one sync group")
}
