//! Which virtual routers of different members are one.

use std::collections::HashSet;

use super::Part;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;

/// What the members have of one virtual router, in the order of the members; never empty.
pub(super) struct Party<'a> {
    pub(super) parts: Vec<Part<'a>>,
}

impl<'a> Party<'a> {
    /// The first member's part, with which the others are compared.
    pub(super) fn first(&self) -> Part<'a> {
        self.parts[0]
    }

    pub(super) fn others(&self) -> impl Iterator<Item = &Part<'a>> {
        self.parts.iter().skip(1)
    }

    fn has(&self, member: usize) -> bool {
        self.parts.iter().any(|part| part.member == member)
    }
}

/// Ways in which two parts with one VRID are alike, the surest first: a host may use a VRID on several LANs.
const LIKENESS: [fn(&Part<'_>, &Part<'_>) -> bool; 4] = [
    |a, b| a.router.addresses.iter().any(|one| b.router.addresses.iter().any(|other| one.address == other.address)),
    |a, b| a.router.interface == b.router.interface,
    |a, b| a.router.name == b.router.name,
    |_, _| true,
];

/// Puts together what has one VRID and family and is most alike.
pub(super) fn form<'a>(members: &[Vec<Part<'a>>]) -> Vec<Party<'a>> {
    let mut parties: Vec<Party<'a>> = Vec::new();
    for parts in members {
        let mut left: Vec<Part<'a>> = parts.clone();
        for alike in LIKENESS {
            left.retain(|part| !join(&mut parties, part, alike));
        }
        parties.extend(left.into_iter().map(|part| Party { parts: vec![part] }));
    }
    parties
}

/// Whether a party took the part.
fn join<'a>(parties: &mut [Party<'a>], part: &Part<'a>, alike: fn(&Part<'_>, &Part<'_>) -> bool) -> bool {
    let one = |of: &Part<'_>| (of.router.vrid, of.router.family) == (part.router.vrid, part.router.family);
    let mut fitting = parties.iter_mut().filter(|party| !party.has(part.member) && one(&party.first()));
    let found = fitting.find(|party| alike(&party.first(), part));
    match found {
        Some(party) => {
            party.parts.push(*part);
            true
        }
        None => false,
    }
}

/// A virtual router of one member only protects nothing. Those in `crossed` were spoken of.
pub(super) fn report_alone(parties: &[Party<'_>], members: usize, crossed: &HashSet<Span>, out: &mut Diagnostics) {
    if members < 2 {
        return;
    }
    for party in parties.iter().filter(|party| party.parts.len() == 1) {
        let part = party.first();
        if crossed.contains(&part.raw.span) {
            continue;
        }
        let what = format!("no other member has the {} router {}", part.router.family, part.router.vrid);
        let diagnostic = Diagnostic::new(Code::LanAlone, part.raw.span, what);
        out.push(diagnostic.note("nobody stands by for it"));
    }
}
