//! Addresses that the members of a virtual router do not share, and those that two virtual routers do.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::Part;
use super::party::Party;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{List, Row};
use crate::keywords::instance::{VIRTUAL_IPADDRESS, VIRTUAL_IPADDRESS_EXCLUDED, VIRTUAL_ROUTER_ID};
use crate::model::Address;
use crate::source::Span;

pub(super) fn check(party: &Party<'_>, out: &mut Diagnostics) {
    let first = party.first();
    for other in party.others() {
        advertised(&first, other, out);
        let lists = (first.router.excluded.as_slice(), other.router.excluded.as_slice());
        if let Some(diagnostic) = differing(Code::LanExcluded, &VIRTUAL_IPADDRESS_EXCLUDED, (&first, other), lists) {
            out.push(diagnostic.note("this address appears or disappears on failover"));
        }
    }
}

fn advertised(first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) {
    let lists = (first.router.addresses.as_slice(), other.router.addresses.as_slice());
    if let Some(diagnostic) = differing(Code::LanAddresses, &VIRTUAL_IPADDRESS, (first, other), lists) {
        out.push(diagnostic.note("this address appears or disappears on failover"));
        return;
    }
    let lists = || lists.0.iter().zip(lists.1);
    if let Some((one, two)) = lists().find(|(one, two)| one.address != two.address) {
        let what = format!("{} has its addresses in another order on another member", other.title());
        let diagnostic = Diagnostic::new(Code::LanOrder, entry(other, &VIRTUAL_IPADDRESS, two.address), what);
        let diagnostic = diagnostic.also(entry(first, &VIRTUAL_IPADDRESS, one.address), "in this place");
        out.push(diagnostic.note("members should advertise them in one order (RFC 9568 §5.2.9)"));
        return;
    }
    if let Some((one, two)) = lists().find(|(one, two)| one.prefix_len != two.prefix_len) {
        let what = format!("{} is a /{} here and a /{} on another member", two.address, two.prefix_len, one.prefix_len);
        let diagnostic = Diagnostic::new(Code::LanPrefix, entry(other, &VIRTUAL_IPADDRESS, two.address), what);
        let diagnostic = diagnostic.also(entry(first, &VIRTUAL_IPADDRESS, one.address), "here");
        out.push(diagnostic.note("a failover changes the route to the neighbours"));
    }
}

/// Names the addresses that only one of the two has.
fn differing(
    code: Code,
    row: &'static Row<List<Address>>,
    (first, other): (&Part<'_>, &Part<'_>),
    lists: (&[Address], &[Address]),
) -> Option<Diagnostic> {
    let only_first = only(lists.0, lists.1);
    let only_other = only(lists.1, lists.0);
    let lone = |has: &Part<'_>, lacks: &Part<'_>, what: &[IpAddr]| {
        let diagnostic = Diagnostic::new(
            code,
            entry(has, row, what[0]),
            format!("only one member of {} has {}", has.title(), enumerate(what)),
        );
        diagnostic.also(lacks.raw.settings.keyword(row).unwrap_or(lacks.raw.span), "not here")
    };
    match (only_first.as_slice(), only_other.as_slice()) {
        ([], []) => None,
        ([], added) => Some(lone(other, first, added)),
        (missing, []) => Some(lone(first, other, missing)),
        (missing, added) => {
            let (one, two) = (enumerate(missing), enumerate(added));
            let what = format!("{} has {two} here and {one} on another member", other.title());
            let diagnostic = Diagnostic::new(code, entry(other, row, added[0]), what);
            Some(diagnostic.also(entry(first, row, missing[0]), "instead of this"))
        }
    }
}

fn only(of: &[Address], without: &[Address]) -> Vec<IpAddr> {
    let there: HashSet<IpAddr> = without.iter().map(|address| address.address).collect();
    of.iter().map(|address| address.address).filter(|address| !there.contains(address)).collect()
}

/// Addresses that are named one by one.
const NAMED: usize = 3;

fn enumerate(addresses: &[IpAddr]) -> String {
    let named: Vec<String> = addresses.iter().take(NAMED).map(IpAddr::to_string).collect();
    match addresses.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// Where the address stands.
fn entry(part: &Part<'_>, row: &'static Row<List<Address>>, address: IpAddr) -> Span {
    let found = part.raw.settings.entries(row).find(|entry| entry.value.address == address);
    found.map_or(part.raw.span, |entry| entry.span)
}

/// One address in virtual routers of different VRIDs: two masters would hold it. The routers of which that was said.
pub(super) fn check_vrids(parties: &[Party<'_>], out: &mut Diagnostics) -> HashSet<Span> {
    let mut holders: HashMap<IpAddr, Vec<(usize, &Part<'_>)>> = HashMap::new();
    let mut said = HashSet::new();
    for (number, party) in parties.iter().enumerate() {
        for part in &party.parts {
            for address in &part.router.addresses {
                let held = holders.entry(address.address).or_default();
                let rival = held.iter().find(|(other, holder)| *other != number && holder.member != part.member);
                if let Some((_, rival)) = rival
                    && rival.router.vrid != part.router.vrid
                    && said.insert(part.raw.span)
                {
                    said.insert(rival.raw.span);
                    out.push(two_vrids(part, rival, address.address));
                }
                held.push((number, part));
            }
        }
    }
    said
}

fn two_vrids(part: &Part<'_>, rival: &Part<'_>, address: IpAddr) -> Diagnostic {
    let what =
        format!("{address} is in VRID {} here and in VRID {} on another member", part.router.vrid, rival.router.vrid);
    let place = |part: &Part<'_>| part.place(&VIRTUAL_ROUTER_ID);
    let diagnostic = Diagnostic::new(Code::LanVrid, place(part), what).also(place(rival), "another VRID");
    diagnostic.note("they do not hear each other, and both hold the address")
}
