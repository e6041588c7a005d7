//! Virtual routers that change state together on one member, and not on another.

use std::collections::{HashMap, HashSet};

use super::party::Party;
use super::{Member, Part};
use crate::diagnostic::Diagnostics;
use crate::keyword::Block;
use crate::say;

/// Of each virtual router once.
pub(super) fn check(members: &[Member], parties: &[Party<'_>], out: &mut Diagnostics) {
    let known = Known::of(members, parties);
    let mut said = HashSet::new();
    for (number, member) in members.iter().enumerate() {
        for group in &member.config.watched.groups {
            let Some(header) = member.raw.named(Block::SyncGroup, &group.name) else { continue };
            let ids: Vec<usize> = group.members.iter().filter_map(|name| known.id(number, name)).collect();
            for other in (0..members.len()).filter(|&other| other != number) {
                if let Some((first, part)) = known.apart(&ids, other)
                    && said.insert((part.router.vrid, part.router.family))
                {
                    let (vrid, beside) = (part.router.vrid, first.router.vrid);
                    out.push(say::lan_sync_group(part.raw.span, header.span, vrid, beside));
                }
            }
        }
    }
}

/// The virtual routers, by their number among all.
struct Known<'a> {
    ids: HashMap<(usize, &'a str), usize>,
    parts: HashMap<(usize, usize), &'a Part<'a>>,
    groups: HashMap<(usize, &'a str), &'a str>,
}

impl<'a> Known<'a> {
    fn of(members: &'a [Member], parties: &'a [Party<'a>]) -> Self {
        let parts = parties.iter().enumerate().flat_map(|(id, party)| party.parts.iter().map(move |part| (id, part)));
        let groups = members.iter().enumerate().flat_map(|(number, member)| {
            let groups = member.config.watched.groups.iter();
            groups
                .flat_map(move |group| group.members.iter().map(move |it| ((number, it.as_str()), group.name.as_str())))
        });
        Self {
            ids: parts.clone().map(|(id, part)| ((part.member, part.router.name.as_str()), id)).collect(),
            parts: parts.map(|(id, part)| ((id, part.member), part)).collect(),
            groups: groups.collect(),
        }
    }

    fn id(&self, member: usize, router: &'a str) -> Option<usize> {
        self.ids.get(&(member, router)).copied()
    }

    /// Two of these that a member has, and not in one group.
    fn apart(&self, ids: &[usize], member: usize) -> Option<(&'a Part<'a>, &'a Part<'a>)> {
        let mut parts = ids.iter().filter_map(|&id| self.parts.get(&(id, member)).copied());
        let group = |part: &'a Part<'a>| self.groups.get(&(member, part.router.name.as_str()));
        let first = parts.next()?;
        let other = parts.find(|part| group(part).is_none() || group(part) != group(first))?;
        Some((first, other))
    }
}
