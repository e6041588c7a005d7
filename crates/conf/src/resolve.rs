//! From what was written to what was meant: defaults, precedence, and the rules between keywords.

pub(crate) mod addresses;
mod authentication;
mod clash;
mod conflicts;
mod election;
mod global;
mod groups;
pub(crate) mod identity;
mod machine;
mod medium;
pub(crate) mod notify;
pub(crate) mod switches;
mod trackers;
pub(crate) mod tracking;
mod vmac;
mod weights;

use std::hash::Hash;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry as Place;
use vrrp::config::{Authentication, Conformance};
use vrrp::types::{Priority, Vrid};

use crate::code::{Code, Severity};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::Entry;
use crate::key_files::KeyFiles;
use crate::keyword::{Block, KeywordDef, Row};
use crate::keywords::global_notify::VRRP_NOTIFY_PRIORITY_CHANGES;
use crate::keywords::{global as global_rows, instance, reports};
use crate::model::{Config, Router, State, Switch};
use crate::number_names::NumberNames;
use crate::read::{Raw, RawBlock, Settings};
use crate::say;
use crate::source::{Span, Spanned};
use crate::value::Typed;
use conflicts::Taken;
pub(crate) use machine::default_interface;
use tracking::Known;

/// Everything that can be run.
pub(crate) fn resolve(raw: &Raw, key_files: &KeyFiles, names: &NumberNames, out: &mut Diagnostics) -> Config {
    let global = global::resolve(raw, out);
    let (mut watched, known) = tracking::resolve(raw, out);
    let mut taken = Taken::default();
    let mut made = Vec::new();
    for block in raw.blocks(Block::Instance) {
        let draft = Draft::new(block, &raw.global, &known, key_files, names, out);
        let Some(router) = draft.resolve() else { continue };
        let mut one = Made { raw: block, router };
        if taken.admits(&mut one, out) {
            made.push(one);
        }
    }
    identity::report_unsupported(raw, out);
    notify::check_users(raw, !made.is_empty(), out);
    // In which network it would run is not known.
    let is_lost = global.net_namespace.as_deref() == Some("");
    let runs = |made: &Made<'_>| !is_lost && made.router.can_sign();
    // Those that run come first.
    made.sort_by_key(|made| !runs(made));
    watched.groups = groups::resolve(raw, &known, out);
    let mut track_groups = machine::track_groups(raw, out);
    groups::forget_lost(&mut watched.groups, &mut track_groups, &made);
    groups::apply(raw, &mut watched.groups, &mut made, out);
    weights::check(&made, out);
    conflicts::check_macs(&made, &watched.groups, out);
    conflicts::check_held(raw, &made, out);
    known.check_use(out);
    notify::check_mail(raw, &global, out);
    trackers::check_fractions(raw, out);
    let (static_addresses, static_routes, static_rules) = machine::statics(raw, names, &track_groups, out);
    let (running, left_out): (Vec<_>, Vec<_>) = made.into_iter().partition(runs);
    let link_delays = machine::link_delays(raw, &running, out);
    let routers = |made: Vec<Made<'_>>| made.into_iter().map(|made| made.router).collect();
    let mut config = Config {
        global,
        routers: routers(running),
        left_out: routers(left_out),
        watched,
        garp_groups: machine::garp_groups(raw, out),
        track_groups,
        link_delays,
        static_addresses,
        static_routes,
        static_rules,
    };
    machine::apply_track_groups(&mut config);
    config
}

/// A router, and what was written of it.
struct Made<'a> {
    raw: &'a RawBlock,
    router: Router,
}

/// Of two names of one setting the one that stands further down counts.
fn last_of<'a, T: Typed>(settings: &'a Settings, rows: [&Row<T>; 2]) -> Option<Spanned<T::Given<'a>>> {
    rows.into_iter().max_by_key(|row| settings.position(row)).and_then(|row| settings.get(row))
}

/// Where the first of several is, if this one is not it.
fn earlier<K: Eq + Hash>(seen: &mut HashMap<K, Span>, key: K, span: Span) -> Option<Span> {
    match seen.entry(key) {
        Place::Occupied(first) => Some(*first.get()),
        Place::Vacant(place) => {
            place.insert(span);
            None
        }
    }
}

/// What was read; if nothing was, `why` is said.
fn or_say<T>(read: Option<T>, why: impl FnOnce() -> Diagnostic, out: &mut Diagnostics) -> Option<T> {
    if read.is_none() {
        out.push(why());
    }
    read
}

fn values<T>(entries: Vec<Entry<T>>) -> Vec<T> {
    entries.into_iter().map(|entry| entry.value).collect()
}

/// A router in the making: what was written of it, and where to complain.
struct Draft<'a> {
    raw: &'a RawBlock,
    known: &'a Known<'a>,
    key_files: &'a KeyFiles,
    names: &'a NumberNames,
    settings: &'a Settings,
    global: &'a Settings,
    conformance: Conformance,
    /// What says that it is strict.
    strict_at: Option<Span>,
    /// What says whether it is an IPv4 or an IPv6 one.
    family_at: Option<Span>,
    /// Whether anything was said of the priority 255.
    is_owner_reported: bool,
    out: &'a mut Diagnostics,
}

impl<'a> Draft<'a> {
    fn new(
        raw: &'a RawBlock,
        global: &'a Settings,
        known: &'a Known<'a>,
        key_files: &'a KeyFiles,
        names: &'a NumberNames,
        out: &'a mut Diagnostics,
    ) -> Self {
        let settings = &raw.settings;
        let strict = settings.counting(&instance::STRICT_MODE).or_else(|| global.counting(&global_rows::VRRP_STRICT));
        let is_strict = strict.and_then(|strict| Switch::of(&strict.value)) == Some(Switch::On);
        Self {
            raw,
            known,
            key_files,
            names,
            settings,
            global,
            conformance: if is_strict { Conformance::Strict } else { Conformance::Field },
            strict_at: strict.map(|strict| strict.keyword),
            family_at: None,
            is_owner_reported: false,
            out,
        }
    }

    /// The router, unless it makes no sense. Whatever is missing, all its mistakes are told.
    fn resolve(mut self) -> Option<Router> {
        let (given_interface, given_vrid) = (self.interface(), self.vrid());
        let family = self.family();
        let version = self.version(family);
        let interface = given_interface.clone().unwrap_or_default();
        // What is said of the others does not depend on it.
        let vrid = given_vrid.or(Vrid::new(1))?;
        let ipvlan = self.ipvlan(family);
        let vmac = self.vmac(vrid).filter(|_| ipvlan.is_none());
        let (mut parameters, state) = self.parameters(version, vmac.as_ref());
        let priority = parameters.priority;
        let vmac_mode = self.vmac_mode(vmac.as_ref());
        let source = self.source(family).or_else(|| Some(ipvlan.as_ref()?.address?.0));
        self.check_ends(priority);
        self.check_link_local(family);
        self.check_scopes(&interface);
        let peers = self.peers(family);
        let held = self.addresses(family, version);
        let hmac = self.hmac(parameters.interval);
        let authentication = self.authentication(version);
        let accept = self.accept(version, priority);
        self.check_address_vmacs(&interface, family);
        let track_interfaces = self.tracked(&interface, priority, vmac.as_ref());
        let tracked = self.trackers(priority);
        self.check_clashes(family, &parameters, state, (vmac.as_ref(), ipvlan.as_ref()));
        self.check_owner(priority);
        let group = self.group(family);
        let state = self.initial_with(&authentication, priority, state);
        let routes = values(self.names.resolve(self.settings.entries(&instance::VIRTUAL_ROUTES), self.out));
        let rules = values(self.names.resolve(self.settings.entries(&instance::VIRTUAL_RULES), self.out));
        let (Some(_), Some(_), Some((addresses, excluded))) = (given_interface, given_vrid, held) else { return None };
        parameters.switches.linger =
            self.linger(switches::usual_linger(parameters.interval, addresses.iter().chain(&excluded)));
        Some(Router {
            name: self.raw.name.clone(),
            interface,
            family,
            vrid,
            parameters,
            vmac,
            ipvlan,
            address_vmacs: self.settings.flag(&instance::USE_VMAC_ADDR),
            vmac_mode,
            group,
            source,
            track_source: self.track_source(source),
            addresses,
            excluded,
            authentication,
            hmac,
            extra: self.extra_announcements(),
            track_interfaces,
            notify: self.notify(),
            mail: notify::wants_mail(self.settings, &reports::OF_ROUTER, self.global),
            // Its group may say otherwise.
            priority_changes: self
                .value(&instance::NOTIFY_PRIORITY_CHANGES, &VRRP_NOTIFY_PRIORITY_CHANGES)
                .unwrap_or_default(),
            routes,
            rules,
            fault_without_peers: self.fault_without_peers(&peers),
            unicast_ttl: self.unicast_ttl(),
            unicast_sources: self.unicast_sources(&peers),
            peers,
            tracked,
            // Known when all routers are.
            track_groups: Vec::new(),
            state,
            accept,
        })
    }

    /// §3.6 rule 5: with AH only an owner starts as MASTER.
    fn initial_with(&mut self, authentication: &Authentication, priority: Priority, state: State) -> State {
        if !matches!(authentication, Authentication::Ah(_)) || priority.is_owner() || state == State::Backup {
            return state;
        }
        if let Some(span) = self.settings.argument(&instance::STATE) {
            self.report(say::ah_state(span, span, "BACKUP"));
        }
        State::Backup
    }

    /// What the router says, or `global_defs` for all.
    fn value<T: Typed>(&self, own: &Row<T>, global: &Row<T>) -> Option<T::Given<'_>> {
        self.settings.value(own).or_else(|| self.global.value(global))
    }

    fn is_on(&self, own: &Row<Switch>, global: &Row<Switch>) -> bool {
        self.value(own, global) == Some(Switch::On)
    }

    /// What is missing, at the word that was meant to be `row` or at the `row` that was meant to be in the router, if there is one.
    fn where_meant(&mut self, row: &KeywordDef, missing: Diagnostic) -> Diagnostic {
        let router = |placed: Diagnostic| {
            let placed = placed.also(self.raw.span, say::unknown_keyword_router());
            Diagnostic { severity: Severity::Error, ..placed }
        };
        if let Some(span) = self.settings.misspelt(row) {
            let meant = self.out.take_back_at(span, &[Code::UnknownKeyword, Code::UnknownBlock, Code::WrongBlock]);
            if self.out.sources().text(span) == row.name {
                return router(missing.at(span).here(say::wrong_block_inside())).help(say::wrong_block_move_out());
            }
            let placed = router(missing.at(span).here(say::unknown_keyword_misspelt()));
            let placed = placed.did_you_mean(span, Some(row.name));
            Diagnostic { suggestion: meant.or(placed.suggestion), ..placed }
        } else if let Some(span) = self.settings.outside(row) {
            self.out.take_back_at(span, &[Code::WrongBlock]);
            router(missing.at(span).here(say::wrong_block_outside())).help(say::wrong_block_move_in())
        } else {
            missing
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.out.push(diagnostic);
    }
}
