//! Rules between keywords: "A does not go with B", "A needs B", "A means nothing under C". Each is a row of a table of
//! `clash/rules.rs`; here is what the columns mean, and what a router is that they go by. What counts instead is decided
//! where the value is made.

pub(super) mod rules;

use vrrp::config::{Parameters, Preempt};
use vrrp::types::{Family, Version};

use super::Draft;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{Block, KeywordDef, Micros};
use crate::keywords::{global, instance};
use crate::model::{Ipvlan, State, Switch, Vmac};
use crate::read::{Setting, Settings};
use crate::source::Span;
use crate::value::{Typed as _, Value};

/// A rule that what is written can break.
#[derive(Debug)]
pub(super) struct Clash {
    /// What to change: of these keywords the first that is written.
    pub(super) rows: &'static [&'static KeywordDef],
    says: Says,
    /// The rule is broken if all of these are so.
    when: &'static [When],
    /// What is said of the statement.
    say: fn(Span, &Setting) -> Diagnostic,
}

/// What the keyword must say to break the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Anything,
    Is(Switch),
    Text(&'static str),
    OtherThan(&'static str),
    Number(i64),
    NotNumber(i64),
}

/// What a keyword clashes with. Keywords of `global_defs` are looked up there.
#[derive(Debug)]
enum When {
    /// One of these is written; what is said of it.
    With(&'static [&'static KeywordDef], &'static str),
    /// None of these is written, nor was meant to be.
    Without(&'static [&'static KeywordDef]),
    /// The keyword stands below this one, or alone, so that it counts.
    Outlasts(&'static KeywordDef),
    /// What the router is.
    Under(Fact),
    /// What it is not.
    Unless(Fact),
}

/// What a router is, as resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Strict,
    Owner,
    StartsAsMaster,
    NeverPreempts,
    Ipv6,
    Version2,
    Version3,
    /// It has unicast peers, if only itself.
    Peers,
    /// It has none, nor was meant to have any that cannot be read.
    NoPeers,
    OnlyItself,
    /// It would speak to all, whatever was meant.
    Multicast,
    /// It runs on an ipvlan of its own.
    Ipvlan,
    NoVirtualMac,
    /// Its virtual MAC is not one of the standard's.
    OtherMac,
}

/// A fact, what is said of the place that makes it so, and that place.
type FactAt = (Fact, &'static str, Option<Span>);

/// A row. Without `says` any use of its keyword breaks it.
const fn rule(
    rows: &'static [&'static KeywordDef],
    when: &'static [When],
    say: fn(Span, &Setting) -> Diagnostic,
) -> Clash {
    Clash { rows, says: Says::Anything, when, say }
}

impl Clash {
    const fn says(self, says: Says) -> Self {
        Self { says, ..self }
    }

    pub(super) fn is_about(&self, fact: Fact) -> bool {
        self.when.iter().any(|when| matches!(when, When::Under(of) if *of == fact))
    }
}

/// What rules are about: a block, what it inherits, and what it comes to.
pub(super) struct Scene<'a> {
    pub(super) own: &'a Settings,
    pub(super) global: &'a Settings,
    pub(super) facts: &'a [FactAt],
}

/// Reports the rules that are broken, of one statement the first in the table, and gives them back.
pub(super) fn check(table: &'static [Clash], scene: &Scene<'_>, out: &mut Diagnostics) -> Vec<&'static Clash> {
    let mut seen: Vec<Span> = Vec::new();
    let mut broken = Vec::new();
    for clash in table {
        let Some(setting) = scene.subject(clash).filter(|setting| !seen.contains(&setting.keyword)) else { continue };
        let Some(reasons) = scene.reasons(clash, setting) else { continue };
        if is_explained(setting, &reasons, out) {
            continue;
        }
        seen.push(setting.keyword);
        // That it never has an effect does not matter any more.
        out.take_back_at(setting.keyword, &[Code::NoEffect]);
        out.push(clash.diagnostic(setting, &reasons));
        broken.push(clash);
    }
    broken
}

/// What makes a rule broken, if that is a place, and what is said of it.
type Reason = Option<(Span, &'static str)>;

impl<'a> Scene<'a> {
    fn settings(&self, row: &KeywordDef) -> &'a Settings {
        if row.block == Block::Global { self.global } else { self.own }
    }

    fn written(&self, row: &KeywordDef) -> Option<&'a Setting> {
        self.settings(row).counting(row)
    }

    fn subject(&self, clash: &Clash) -> Option<&'a Setting> {
        clash.rows.iter().find_map(|row| self.written(row)).filter(|setting| clash.says.holds(&setting.value))
    }

    /// `None`: the rule is kept.
    fn reasons(&self, clash: &Clash, setting: &Setting) -> Option<Vec<Reason>> {
        clash.when.iter().map(|when| self.reason(when, setting)).collect()
    }

    fn reason(&self, when: &When, setting: &Setting) -> Option<Reason> {
        match when {
            When::With(rows, label) => {
                let other = rows.iter().find_map(|row| self.written(row))?;
                Some(Some((other.keyword, *label)))
            }
            When::Without(rows) => rows.iter().all(|row| self.settings(row).is_absent(row)).then_some(None),
            When::Outlasts(row) => (self.own.position(setting.row) > self.own.position(row)).then_some(None),
            When::Under(fact) => {
                let (_, label, place) = self.facts.iter().find(|(known, ..)| known == fact)?;
                Some(place.map(|place| (place, *label)))
            }
            When::Unless(fact) => self.facts.iter().all(|(known, ..)| known != fact).then_some(None),
        }
    }
}

impl Says {
    fn holds(self, value: &Value) -> bool {
        let number = || i64::of(value).or_else(|| i64::try_from(Micros::of(value)?).ok());
        match self {
            Self::Anything => true,
            Self::Is(wanted) => Switch::of(value) == Some(wanted),
            Self::Text(wanted) => String::of(value) == Some(wanted),
            Self::OtherThan(usual) => String::of(value).is_some_and(|text| text != usual),
            Self::Number(wanted) => number() == Some(wanted),
            Self::NotNumber(usual) => number().is_some_and(|number| number != usual),
        }
    }
}

/// Whether one of the two is a word with an argument that it does not take: what was meant is not what counts, and that
/// was reported.
fn is_explained(setting: &Setting, reasons: &[Reason], out: &Diagnostics) -> bool {
    let others = || reasons.iter().flatten().map(|&(place, _)| place);
    let is_near = |word: Span, at: Span| word.file == at.file && word.start == at.end + 1;
    let mut words = out.iter().filter(|said| said.code == Code::FlagArgument).map(Diagnostic::span);
    words.any(|word| others().chain([setting.keyword]).any(|at| is_near(word, at)))
}

impl Draft<'_> {
    pub(super) fn check_clashes(
        &mut self,
        family: Family,
        parameters: &Parameters,
        state: State,
        links: (Option<&Vmac>, Option<&Ipvlan>),
    ) {
        let facts = self.facts(family, parameters, state, links);
        let scene = Scene { own: self.settings, global: self.global, facts: &facts };
        let broken = check(rules::OF_ROUTERS, &scene, self.out);
        if broken.iter().any(|clash| clash.is_about(Fact::Owner)) {
            self.is_owner_reported = true;
        }
    }

    /// What it is, and what makes it so.
    fn facts(
        &self,
        family: Family,
        parameters: &Parameters,
        state: State,
        (vmac, ipvlan): (Option<&Vmac>, Option<&Ipvlan>),
    ) -> Vec<FactAt> {
        let keyword = |row| self.settings.keyword(row);
        let says_master = |setting: &&Setting| String::of(&setting.value) == Some("MASTER");
        let state_at = self.settings.all(&instance::STATE).find(says_master).map(|setting| setting.span);
        let priority = self.settings.argument(&instance::PRIORITY);
        let owner = parameters.priority.is_owner();
        let written_peers = self.has_peers();
        let no_peers = !written_peers && self.settings.refused(&instance::UNICAST_PEER).is_none();
        let never = parameters.preempt == Preempt::Never;
        let version_at = match family {
            Family::Ipv4 => self.written(&instance::VERSION, &global::VRRP_VERSION),
            Family::Ipv6 => self.family_at,
        };
        let master_at = priority.filter(|_| owner).or(state_at);
        let other_mac = vmac.is_some_and(|vmac| vmac.mac.is_some());
        let no_vmac = !self.has_vmacs() && keyword(&instance::USE_IPVLAN).is_none();
        let facts = [
            (self.is_strict(), (Fact::Strict, "strict here", self.strict_at)),
            (owner, (Fact::Owner, "this makes it the owner", priority.or(state_at))),
            (state == State::Master, (Fact::StartsAsMaster, "because of this", master_at)),
            (never, (Fact::NeverPreempts, "nothing to delay", keyword(&instance::NOPREEMPT))),
            (family == Family::Ipv6, (Fact::Ipv6, "this makes it an IPv6 router", self.family_at)),
            (parameters.version == Version::V2, (Fact::Version2, "", None)),
            (parameters.version == Version::V3, (Fact::Version3, "this makes it version 3", version_at)),
            (written_peers, (Fact::Peers, "advertisements go to these", keyword(&instance::UNICAST_PEER))),
            (no_peers, (Fact::NoPeers, "", None)),
            (self.names_only_itself(), (Fact::OnlyItself, "", None)),
            (!self.is_unicast(), (Fact::Multicast, "", None)),
            (ipvlan.is_some(), (Fact::Ipvlan, "this counts", keyword(&instance::USE_IPVLAN))),
            (no_vmac, (Fact::NoVirtualMac, "", None)),
            (other_mac, (Fact::OtherMac, "its MAC is written here", keyword(&instance::USE_VMAC))),
        ];
        facts.into_iter().filter_map(|(holds, fact)| holds.then_some(fact)).collect()
    }

    /// Where a setting is written that the router has, or `global_defs` for all.
    fn written(&self, own: &KeywordDef, global: &KeywordDef) -> Option<Span> {
        self.settings.argument(own).or_else(|| self.global.argument(global))
    }
}

impl Clash {
    fn diagnostic(&self, setting: &Setting, reasons: &[Reason]) -> Diagnostic {
        let span = if self.says == Says::Anything { setting.keyword } else { setting.keyword.to(setting.span) };
        let mut diagnostic = (self.say)(span, setting);
        for (place, label) in reasons.iter().flatten() {
            if !label.is_empty() && *place != setting.keyword && diagnostic.labels.iter().all(|it| it.span != *place) {
                diagnostic = diagnostic.also(*place, label);
            }
        }
        diagnostic
    }
}
