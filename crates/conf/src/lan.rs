//! Several configurations as the members of one LAN: what each says of a virtual router against what the others say.

mod addresses;
mod agreement;
mod election;
mod groups;
mod party;
mod same;
mod weights;

use vrrp::config::Preempt;

use crate::diagnostic::Diagnostics;
use crate::keyword::{Block, KeywordDef};
use crate::keywords::instance::{MCAST_SRC_IP, UNICAST_SRC_IP};
use crate::model::{Config, Router};
use crate::read::{Raw, RawBlock, Settings};
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
    let all: Vec<Vec<Part<'_>>> = members.iter().enumerate().map(|(number, member)| parts(number, member)).collect();
    let parties = party::form(&all);
    for party in &parties {
        agreement::check(party, out);
        addresses::check(party, out);
        election::check(party, out);
        weights::check(party, out);
    }
    groups::check(members, &parties, out);
    let crossed = addresses::check_vrids(&parties, out);
    // What a member has that cannot be read is not known.
    let is_whole =
        |member: &Member| verdict::of(&member.raw, &member.config).iter().all(|it| it.verdict != Verdict::LeftOut);
    let are_read = members.iter().all(|member| !member.raw.blocks(Block::Instance).is_empty() && is_whole(member));
    if are_read {
        party::report_alone(&parties, &crossed, out);
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
}

/// The virtual routers of a member. Those that tanist leaves out count: the other members may not be tanist.
fn parts(member: usize, of: &Member) -> Vec<Part<'_>> {
    let routers = of.config.routers.iter().chain(&of.config.left_out);
    routers
        .filter_map(|router| {
            let raw = of.raw.named(Block::Instance, &router.name)?;
            Some(Part { member, router, raw, global: &of.raw.global })
        })
        .collect()
}

impl Part<'_> {
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

    /// Where its source address stands.
    fn written_source(&self) -> Option<Span> {
        let settings = &self.raw.settings;
        let mut written = [&UNICAST_SRC_IP, &MCAST_SRC_IP].into_iter().filter_map(|row| settings.get(row));
        written.find(|written| Some(written.value) == self.router.source).map(|written| written.span)
    }
}
