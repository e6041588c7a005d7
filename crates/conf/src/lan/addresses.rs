//! Addresses that the members of a virtual router do not share, and those that two virtual routers do.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::{Part, Party};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{List, Row};
use crate::keywords::instance::{VIRTUAL_IPADDRESS, VIRTUAL_IPADDRESS_EXCLUDED, VIRTUAL_ROUTER_ID};
use crate::model::Address;
use crate::say;
use crate::source::Span;

pub(super) fn check(party: &Party<'_>, out: &mut Diagnostics) {
    let first = party.first();
    for other in party.others() {
        advertised(&first, other, out);
        let lists = (first.router.excluded.as_slice(), other.router.excluded.as_slice());
        if let Some(said) = differing(&VIRTUAL_IPADDRESS_EXCLUDED, (&first, other), lists) {
            let code = Code::LanExcluded;
            out.push(Diagnostic { code, severity: code.severity(), ..said.note(say::lan_excluded_note()) });
        }
    }
}

fn advertised(first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) {
    let lists = (first.router.addresses.as_slice(), other.router.addresses.as_slice());
    if let Some(said) = differing(&VIRTUAL_IPADDRESS, (first, other), lists) {
        return out.push(said);
    }
    let place = |part: &Part<'_>, address: &Address| entry(part, &VIRTUAL_IPADDRESS, address.address);
    let lists = || lists.0.iter().zip(lists.1);
    if let Some((one, two)) = lists().find(|(one, two)| one.address != two.address) {
        return out.push(say::lan_order(place(other, two), place(first, one), other.router.vrid));
    }
    if let Some((one, two)) = lists().find(|(one, two)| one.prefix_len != two.prefix_len) {
        let (here, there) = (two.prefix_len, one.prefix_len);
        out.push(say::lan_prefix(place(other, two), place(first, one), two.address, here, there));
    }
}

/// Names the addresses that only one of the two has.
fn differing(
    row: &'static Row<List<Address>>,
    (first, other): (&Part<'_>, &Part<'_>),
    lists: (&[Address], &[Address]),
) -> Option<Diagnostic> {
    let only_first = only(lists.0, lists.1);
    let only_other = only(lists.1, lists.0);
    let lone = |has: &Part<'_>, lacks: &Part<'_>, what: &[IpAddr]| {
        say::lan_addresses_alone(entry(has, row, what[0]), lacks.keyword(row), has.router.vrid, enumerate(what))
    };
    match (only_first.as_slice(), only_other.as_slice()) {
        ([], []) => None,
        ([], added) => Some(lone(other, first, added)),
        (missing, []) => Some(lone(first, other, missing)),
        (missing, added) => {
            let (here, there) = (entry(other, row, added[0]), entry(first, row, missing[0]));
            Some(say::lan_addresses(here, there, other.router.vrid, enumerate(added), enumerate(missing)))
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
        more => say::lan_addresses_more(named.join(", "), more),
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
                    let (here, there) = (part.place(&VIRTUAL_ROUTER_ID), rival.place(&VIRTUAL_ROUTER_ID));
                    out.push(say::lan_vrid(here, there, address.address, part.router.vrid, rival.router.vrid));
                }
                held.push((number, part));
            }
        }
    }
    said
}
