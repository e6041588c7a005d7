//! From what was written to what was meant: defaults, precedence, and the rules between keywords.

mod addresses;
mod announce;
mod authentication;
mod conflicts;
mod election;
mod global;
mod groups;
mod hmac;
mod identity;
mod machine;
mod notify;
mod track;
mod vmac;
mod watch;

use vrrp::config::{Authentication, ChecksumPolicy, Conformance, PrimaryTracking};
use vrrp::types::{Priority, Version};

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{Block, KeywordDef};
use crate::keywords::{global as global_rows, instance, instance_inert as inert};
use crate::model::Switch;
use crate::model::watch::Tracked;
use crate::model::{Config, Router};
use crate::read::{Raw, RawBlock, Settings, Standing};
use crate::source::Span;
use addresses::Held;
use identity::Identity;
use watch::Known;

/// Everything that can be run.
pub(crate) fn resolve(raw: &Raw, out: &mut Diagnostics) -> Config {
    let global = global::resolve(raw, out);
    let groups = global::groups(&raw.global, out);
    let (mut watched, known) = watch::resolve(raw, out);
    let blocks = raw.blocks(Block::Instance);
    let (mut running, mut left_out) = (Vec::with_capacity(blocks.len()), Vec::new());
    for block in blocks {
        match draft(block, &raw.global, groups, &known, out).resolve() {
            Some((router, Standing::Runs)) => running.push((block, router)),
            Some((router, Standing::LeftOut)) => left_out.push(router),
            None => {}
        }
    }
    let mut routers = conflicts::settle(running, out);
    notify::check_security(raw, &routers, out);
    match raw.top.standing() {
        Standing::Runs => {}
        Standing::LeftOut => left_out.append(&mut routers),
    }
    watched.groups = groups::resolve(raw, &known, out);
    let mut track_groups = machine::track_groups(raw, out);
    groups::forget_lost(&mut watched.groups, &mut track_groups, routers.iter().chain(&left_out));
    let statics = machine::statics(raw, &track_groups, out);
    Config {
        global,
        routers,
        left_out,
        watched,
        garp_groups: machine::garp_groups(raw, out),
        track_groups,
        link_delays: machine::link_delays(raw),
        static_addresses: statics.addresses,
        static_routes: statics.routes,
        static_rules: statics.rules,
    }
}

/// A router in the making: what was written of it, and where to complain.
struct Draft<'a> {
    raw: &'a RawBlock,
    known: &'a Known,
    name: &'a str,
    header: Span,
    settings: &'a Settings,
    global: &'a Settings,
    groups: global::Groups,
    conformance: Conformance,
    out: &'a mut Diagnostics,
}

fn draft<'a>(
    raw: &'a RawBlock,
    global: &'a Settings,
    groups: global::Groups,
    known: &'a Known,
    out: &'a mut Diagnostics,
) -> Draft<'a> {
    let settings = &raw.settings;
    let strict = settings.switch(&instance::STRICT_MODE).or_else(|| global.switch(&global_rows::VRRP_STRICT));
    let conformance = match strict.map(|strict| strict.value) {
        Some(Switch::On) => Conformance::Strict,
        Some(Switch::Off) | None => Conformance::Field,
    };
    Draft { raw, known, name: &raw.name, header: raw.span, settings, global, groups, conformance, out }
}

impl Draft<'_> {
    /// The router, unless it makes no sense, and whether it may run.
    fn resolve(mut self) -> Option<(Router, Standing)> {
        let Identity { interface, vrid, family, version } = self.identity()?;
        let election = self.election(version);
        let vmac = self.vmac();
        let source_mac = self.source_mac(vmac.as_ref());
        let source = self.source(family);
        let Held { advertised: addresses, excluded } = self.addresses(family, version)?;
        let hmac = self.hmac(election.interval);
        let authentication = match hmac {
            Some(_) => Authentication::None,
            None => self.authentication(version)?,
        };
        let announce = self.announce();
        self.warn_of_accepting(version, election.priority);
        let track_interfaces = self.tracked(&interface, election.priority);
        let (group, with_group) = self.group(family);
        let standing = match self.settings.standing() {
            Standing::Runs => with_group,
            Standing::LeftOut => Standing::LeftOut,
        };
        let router = Router {
            name: self.name.to_owned(),
            interface,
            family,
            vrf: self.settings.text(&inert::VRF).map(|name| name.value.to_owned()),
            vrid,
            version,
            priority: election.priority,
            interval: election.interval,
            down_adverts: election.down_adverts,
            preempt: election.preempt,
            vmac,
            source_mac,
            group,
            source,
            addresses,
            excluded,
            authentication,
            hmac,
            checksum: self.checksum(),
            conformance: self.conformance,
            losing_rival: election.losing_rival,
            winning_rival: election.winning_rival,
            announce,
            primary: match self.settings.keyword(&instance::DONT_TRACK_PRIMARY) {
                Some(_) => PrimaryTracking::Ignored,
                None => PrimaryTracking::Tracked,
            },
            track_interfaces,
            notify: self.notify(),
            routes: self.settings.routes(&inert::VIRTUAL_ROUTES).map(|entry| entry.value.clone()).collect(),
            rules: self.settings.rules(&inert::VIRTUAL_RULES).map(|entry| entry.value.clone()).collect(),
            peers: self.settings.peers(&instance::UNICAST_PEER).map(|entry| entry.value).collect(),
            tracked: self.trackers(),
            state: election.state,
            accept: self.accept(version, election.priority),
        };
        Some((router, standing))
    }

    fn trackers(&mut self) -> Tracked {
        let mut list = |row, block| self.known.trackers(self.raw, row, block, self.out);
        Tracked {
            interfaces: Vec::new(),
            scripts: list(&inert::TRACK_SCRIPT, Block::Script),
            files: list(&inert::TRACK_FILE, Block::File),
            processes: list(&inert::TRACK_PROCESS, Block::Process),
            sessions: list(&inert::TRACK_BFD, Block::Bfd),
        }
    }

    /// §3.2 rules 17 and 18; the last of `accept` and `no_accept` counts.
    fn accept(&self, version: Version, priority: Priority) -> Switch {
        let (accept, refuse) = (self.settings.position(&instance::ACCEPT), self.settings.position(&inert::NO_ACCEPT));
        let refused = match self.conformance {
            Conformance::Strict => !priority.is_owner() && (accept.is_none() || version == Version::V2),
            Conformance::Field => false,
        };
        if refused || refuse > accept { Switch::Off } else { Switch::On }
    }

    /// In strict mode only an owner takes packets to the addresses, or a VRRPv3 router that says `accept` (V3-AC-02).
    fn warn_of_accepting(&mut self, version: Version, priority: Priority) {
        let allowed = version == Version::V3 && self.settings.keyword(&instance::ACCEPT).is_some();
        if self.is_strict() && !priority.is_owner() && !allowed {
            let what = format!("strict mode keeps traffic from the addresses of {}, tanist does not yet", self.name);
            let note = "the master accepts packets to its virtual addresses, as without strict mode";
            self.report(Diagnostic::new(Code::StrictAccepts, self.header, what).note(note));
        }
    }

    /// An explicit `off` of the router means the default: learn what the master in charge sends.
    fn checksum(&self) -> ChecksumPolicy {
        match self.settings.switch(&instance::V3_CHECKSUM_AS_V2).map(|switch| switch.value) {
            Some(Switch::On) => ChecksumPolicy::Rfc9568,
            Some(Switch::Off) => ChecksumPolicy::Auto,
            None => match self.global.keyword(&global_rows::V3_CHECKSUM_AS_V2) {
                Some(_) => ChecksumPolicy::Rfc9568,
                None => ChecksumPolicy::Auto,
            },
        }
    }

    fn is_strict(&self) -> bool {
        match self.conformance {
            Conformance::Strict => true,
            Conformance::Field => false,
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.out.push(diagnostic);
    }

    /// Strict mode decides otherwise than `row` says.
    fn strict_overrides(&mut self, row: &KeywordDef, instead: &str) {
        if let Some(span) = self.settings.keyword(row) {
            let what = format!("`{}` does not go with strict mode", row.name);
            self.report(Diagnostic::new(Code::StrictOverrides, span, what).note(instead));
        }
    }

    /// The router is left out.
    fn left_out(&mut self, code: Code, span: Span, what: impl std::fmt::Display) {
        let note = format!("the router {} is left out", self.name);
        self.report(Diagnostic::new(code, span, what).note(note));
    }
}
