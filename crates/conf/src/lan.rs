//! Several configurations as the members of one LAN: what each says of a virtual router against what the others say.

mod addresses;
mod agreement;
mod election;

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use vrrp::config::Preempt;
use vrrp::types::{Family, Vrid};

use crate::diagnostic::Diagnostics;
use crate::keyword::{Block, KeywordDef};
use crate::keywords::instance;
use crate::model::{Config, Router};
use crate::read::{Raw, RawBlock, Settings};
use crate::say;
use crate::source::Span;
use crate::verdict::{self, Verdict};

/// One member: what was written and what was made of it.
pub(crate) struct Member {
    pub(crate) raw: Raw,
    pub(crate) config: Config,
}

/// Says where members contradict each other.
pub(crate) fn check(members: &[Member], out: &mut Diagnostics) {
    if members.len() < 2 {
        return;
    }
    let parties = form_parties(members);
    for party in &parties {
        agreement::check(party, out);
        addresses::check(party, out);
        election::check(party, out);
    }
    groups(members, &parties, out);
    let crossed = addresses::check_vrids(&parties, out);
    // What a member has that cannot be read is not known.
    let is_whole =
        |member: &Member| verdict::of(&member.raw, &member.config).iter().all(|it| it.verdict != Verdict::LeftOut);
    let are_read = members.iter().all(|member| !member.raw.blocks(Block::Instance).is_empty() && is_whole(member));
    if are_read {
        report_alone(&parties, &crossed, out);
    }
}

/// A virtual router as one member has it.
#[derive(Clone, Copy)]
struct Part<'a> {
    /// Which member.
    member: usize,
    router: &'a Router,
    raw: &'a RawBlock,
    global: &'a Settings,
    /// The sync group it is in.
    group: Option<&'a str>,
}

/// The virtual routers of a member. Those that tanist leaves out count: the other members may not be tanist.
fn parts<'a>(number: usize, member: &'a Member) -> Vec<Part<'a>> {
    let Member { raw, config } = member;
    let groups = config.watched.groups.iter();
    let groups = groups.flat_map(|group| group.members.iter().map(|name| (name.as_str(), group.name.as_str())));
    let groups: HashMap<&str, &str> = groups.collect();
    let part = |router: &'a Router| {
        let block = raw.named(Block::Instance, &router.name)?;
        let group = groups.get(router.name.as_str()).copied();
        Some(Part { member: number, router, raw: block, global: &raw.global, group })
    };
    config.routers.iter().chain(&config.left_out).filter_map(part).collect()
}

impl Part<'_> {
    /// Where `row` is looked for.
    fn settings_of(&self, row: &KeywordDef) -> &Settings {
        if row.block == Block::Global { self.global } else { &self.raw.settings }
    }

    /// Where `row` stands, else the header of the router.
    fn place(&self, row: &KeywordDef) -> Span {
        self.raw.settings.argument(row).unwrap_or(self.raw.span)
    }

    /// Where the keyword of `row` stands, else the header of the router.
    fn keyword(&self, row: &KeywordDef) -> Span {
        self.raw.settings.keyword(row).unwrap_or(self.raw.span)
    }

    fn priority(&self) -> u8 {
        self.router.parameters.priority.value()
    }

    fn never_preempts(&self) -> bool {
        self.router.parameters.preempt == Preempt::Never
    }
}

/// What the members have of one virtual router, in the order of the members; never empty.
struct Party<'a> {
    parts: Vec<Part<'a>>,
}

impl<'a> Party<'a> {
    /// The first member's part, with which the others are compared.
    fn first(&self) -> Part<'a> {
        self.parts[0]
    }

    fn others(&self) -> impl Iterator<Item = &Part<'a>> {
        self.parts.iter().skip(1)
    }

    /// Each part that has something in common with one before it, the first that has it, and what it is.
    fn sharing<K: Copy + Eq + Hash>(
        &self,
        what: impl Fn(&Part<'a>) -> Option<K>,
    ) -> impl Iterator<Item = (&Part<'a>, &Part<'a>, K)> {
        let mut taken = HashMap::new();
        self.parts.iter().filter_map(move |part| {
            let what = what(part)?;
            let first = *taken.entry(what).or_insert(part);
            (first.member != part.member).then_some((first, part, what))
        })
    }

    /// What a member has of it.
    fn of(&self, member: usize) -> Option<&Part<'a>> {
        let index = self.parts.binary_search_by_key(&member, |part| part.member).ok()?;
        self.parts.get(index)
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
fn form_parties(members: &[Member]) -> Vec<Party<'_>> {
    let mut parties: Vec<Party<'_>> = Vec::new();
    let mut of_one_vrid: HashMap<(Vrid, Family), Vec<usize>> = HashMap::new();
    for (number, member) in members.iter().enumerate() {
        let mut left = parts(number, member);
        for alike in LIKENESS {
            left.retain(|part| {
                let mut fitting = of_one_vrid.get(&vrid_and_family(part)).into_iter().flatten();
                let takes = |party: &Party<'_>| party.of(number).is_none() && alike(&party.first(), part);
                let found = fitting.find(|&&index| takes(&parties[index]));
                found.inspect(|&&index| parties[index].parts.push(*part)).is_none()
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

/// A virtual router of one member only protects nothing. Those in `crossed` were spoken of.
fn report_alone(parties: &[Party<'_>], crossed: &HashSet<Span>, out: &mut Diagnostics) {
    for party in parties.iter().filter(|party| party.parts.len() == 1) {
        let part = party.first();
        if !crossed.contains(&part.raw.span) {
            out.push(say::lan_alone(part.raw.span, part.router.family, part.router.vrid));
        }
    }
}

/// Virtual routers that change state together on one member, and not on another: of each once.
fn groups(members: &[Member], parties: &[Party<'_>], out: &mut Diagnostics) {
    let parts = parties.iter().flat_map(|party| party.parts.iter().map(move |part| (part, party)));
    let parties: HashMap<(usize, &str), &Party<'_>> =
        parts.map(|(part, party)| ((part.member, part.router.name.as_str()), party)).collect();
    let mut said = HashSet::new();
    for (number, member) in members.iter().enumerate() {
        for group in &member.config.watched.groups {
            let Some(header) = member.raw.named(Block::SyncGroup, &group.name) else { continue };
            let names = group.members.iter();
            let together: Vec<_> = names.filter_map(|name| parties.get(&(number, name.as_str())).copied()).collect();
            for other in (0..members.len()).filter(|&other| other != number) {
                if let Some((first, part)) = apart(&together, other)
                    && said.insert(vrid_and_family(part))
                {
                    let (vrid, beside) = (part.router.vrid, first.router.vrid);
                    out.push(say::lan_sync_group(part.raw.span, header.span, vrid, beside));
                }
                if number < other
                    && let Some((wins, loses)) = crossed(&together, (number, other))
                {
                    let (place, first) = (loses.place(&instance::PRIORITY), wins.place(&instance::PRIORITY));
                    out.push(say::lan_sync_priorities(place, first, loses.router.vrid, wins.router.vrid));
                }
            }
        }
    }
}

/// Of these one that the first of two members wins, and one that it loses, where the winners preempt.
fn crossed<'p, 'a>(parties: &[&'p Party<'a>], (one, other): (usize, usize)) -> Option<(&'p Part<'a>, &'p Part<'a>)> {
    let both = || parties.iter().filter_map(|party| Some((party.of(one)?, party.of(other)?)));
    let beats = |part: &Part<'_>, other: &Part<'_>| part.priority() > other.priority() && !part.never_preempts();
    let wins = both().find(|(own, other)| beats(own, other))?;
    let loses = both().find(|(own, other)| beats(other, own))?;
    Some((wins.0, loses.0))
}

/// Two of these that a member has, and not in one group.
fn apart<'p, 'a>(parties: &[&'p Party<'a>], member: usize) -> Option<(&'p Part<'a>, &'p Part<'a>)> {
    let mut parts = parties.iter().filter_map(|party| party.of(member));
    let first = parts.next()?;
    let other = parts.find(|part| part.group.is_none() || part.group != first.group)?;
    Some((first, other))
}
