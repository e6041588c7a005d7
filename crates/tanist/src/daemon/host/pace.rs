//! How far announcements keep apart: `vrrp_garp_interval`, `vrrp_gna_interval` on each interface, and those of a
//! `garp_group` on all of its interfaces together.

use std::collections::HashMap;
use std::time::Duration;

use conf::model::Gaps;
use conf::model::machine::GarpGroup;
use vrrp::types::{Family, IfIndex};

use crate::recovery::Links;

/// What is configured, and where the interfaces of groups are.
#[derive(Debug, Default)]
pub(super) struct Pace {
    gaps: Gaps,
    groups: Vec<GarpGroup>,
    group_of: HashMap<IfIndex, usize>,
}

/// Announcements that wait for each other: ARP or ND, on one interface or on those of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum LaneKey {
    Link(IfIndex, Family),
    Group(usize, Family),
}

impl Pace {
    pub(super) fn new(gaps: Gaps, groups: Vec<GarpGroup>) -> Self {
        Self { gaps, groups, group_of: HashMap::new() }
    }

    /// Looks where the interfaces of groups are now. Returns whether that changed.
    pub(super) fn look_for_links(&mut self, links: &Links) -> bool {
        let members =
            self.groups.iter().enumerate().flat_map(|(group, it)| it.interfaces.iter().map(move |it| (group, it)));
        let found = members.filter_map(|(group, name)| Some((links.named(name)?.index, group))).collect();
        std::mem::replace(&mut self.group_of, found) != self.group_of
    }

    pub(super) fn lane(&self, (link, family): (IfIndex, Family)) -> LaneKey {
        match self.group_of.get(&link) {
            Some(group) => LaneKey::Group(*group, family),
            None => LaneKey::Link(link, family),
        }
    }

    /// Least time between two; zero: none.
    pub(super) fn gap(&self, lane: LaneKey) -> Duration {
        match lane {
            LaneKey::Link(_, Family::Ipv4) => self.gaps.arp,
            LaneKey::Link(_, Family::Ipv6) => self.gaps.na,
            LaneKey::Group(group, family) => {
                let configured = self.groups.get(group).and_then(|group| match family {
                    Family::Ipv4 => group.arp,
                    Family::Ipv6 => group.na,
                });
                configured.unwrap_or_default()
            }
        }
    }
}
