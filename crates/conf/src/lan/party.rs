//! Which virtual routers of different members are one.

use std::collections::{HashMap, HashSet};

use vrrp::types::{Family, Vrid};

use super::Part;
use crate::diagnostic::Diagnostics;
use crate::say;
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
    let mut of_one_vrid: HashMap<(Vrid, Family), Vec<usize>> = HashMap::new();
    for parts in members {
        let mut left: Vec<Part<'a>> = parts.clone();
        for alike in LIKENESS {
            left.retain(|part| {
                let fitting = of_one_vrid.get(&vrid_and_family(part)).map_or(&[][..], Vec::as_slice);
                !join(&mut parties, fitting, part, alike)
            });
        }
        for part in left {
            of_one_vrid.entry(vrid_and_family(&part)).or_default().push(parties.len());
            parties.push(Party { parts: vec![part] });
        }
    }
    parties
}

fn vrid_and_family(part: &Part<'_>) -> (Vrid, Family) {
    (part.router.vrid, part.router.family)
}

/// Whether one of the fitting parties took the part.
fn join<'a>(
    parties: &mut [Party<'a>],
    fitting: &[usize],
    part: &Part<'a>,
    alike: fn(&Part<'_>, &Part<'_>) -> bool,
) -> bool {
    let may_join = |party: &Party<'_>| !party.has(part.member) && alike(&party.first(), part);
    let Some(&found) = fitting.iter().find(|&&index| may_join(&parties[index])) else { return false };
    parties[found].parts.push(*part);
    true
}

/// A virtual router of one member only protects nothing. Those in `crossed` were spoken of.
pub(super) fn report_alone(parties: &[Party<'_>], crossed: &HashSet<Span>, out: &mut Diagnostics) {
    for party in parties.iter().filter(|party| party.parts.len() == 1) {
        let part = party.first();
        if !crossed.contains(&part.raw.span) {
            out.push(say::lan_alone(part.raw.span, part.router.family, part.router.vrid));
        }
    }
}
