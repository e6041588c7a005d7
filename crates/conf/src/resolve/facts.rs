//! What a router is, for the rules that go by it.

use vrrp::config::{Parameters, Preempt};
use vrrp::types::{Family, Version};

use super::Draft;
use super::clash::{self, Fact, Known, Scene};
use crate::keyword::KeywordDef;
use crate::keywords::{global, instance};
use crate::model::{Ipvlan, State, Vmac};
use crate::read::Setting;
use crate::source::Span;
use crate::value::Typed as _;

impl Draft<'_> {
    pub(super) fn check_clashes(&mut self, facts: &[Known]) {
        let scene = Scene { own: self.settings, global: self.global, facts };
        let broken = clash::check(clash::router::RULES, &scene, self.out);
        if broken.iter().any(|clash| clash.is_about(Fact::Owner)) {
            self.is_owner_reported = true;
        }
    }

    /// What it is, and what makes it so.
    pub(super) fn facts(
        &self,
        family: Family,
        parameters: &Parameters,
        state: State,
        (vmac, ipvlan): (Option<&Vmac>, Option<&Ipvlan>),
    ) -> Vec<Known> {
        let keyword = |row| self.settings.keyword(row);
        let says_master = |setting: &&Setting| String::of(&setting.value) == Some("MASTER");
        let state_at = self.settings.all(&instance::STATE).find(says_master).map(|setting| setting.span);
        let priority = self.settings.argument(&instance::PRIORITY);
        let owner = parameters.priority.is_owner();
        let written_peers = self.has_peers();
        let no_peers = !written_peers && self.settings.refused(&instance::UNICAST_PEER).is_none();
        let never = parameters.preempt == Preempt::Never;
        let ipvlan_at = ipvlan.and_then(|_| keyword(&instance::USE_IPVLAN));
        let version_at = match family {
            Family::Ipv4 => self.written(&instance::VERSION, &global::VRRP_VERSION),
            Family::Ipv6 => self.family_at,
        };
        let no_vmac = !self.has_vmacs() && keyword(&instance::USE_IPVLAN).is_none();
        [
            (self.is_strict(), (Fact::Strict, self.strict_at)),
            (!self.is_strict(), (Fact::Lax, None)),
            (owner, (Fact::Owner, priority.or(state_at))),
            (!owner, (Fact::NotOwner, None)),
            (state == State::Master, (Fact::StartsAsMaster, priority.filter(|_| owner).or(state_at))),
            (!never, (Fact::Preempts, None)),
            (never, (Fact::NeverPreempts, keyword(&instance::NOPREEMPT))),
            (family == Family::Ipv6, (Fact::Ipv6, self.family_at)),
            (parameters.version == Version::V2, (Fact::Version2, None)),
            (parameters.version == Version::V3, (Fact::Version3, version_at)),
            (written_peers, (Fact::Peers, keyword(&instance::UNICAST_PEER))),
            (no_peers, (Fact::NoPeers, None)),
            (self.names_only_itself(), (Fact::OnlyItself, None)),
            (!self.is_unicast(), (Fact::Multicast, None)),
            (ipvlan.is_some(), (Fact::Ipvlan, ipvlan_at)),
            (no_vmac, (Fact::NoVirtualMac, None)),
            (vmac.is_some_and(|vmac| vmac.mac.is_some()), (Fact::OtherMac, keyword(&instance::USE_VMAC))),
        ]
        .into_iter()
        .filter_map(|(holds, known)| holds.then_some(known))
        .collect()
    }

    /// Where a setting is written that the router has, or `global_defs` for all.
    fn written(&self, own: &KeywordDef, global: &KeywordDef) -> Option<Span> {
        self.settings.argument(own).or_else(|| self.global.argument(global))
    }
}
