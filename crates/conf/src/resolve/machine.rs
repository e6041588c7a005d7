//! `garp_group`, `track_group`, static addresses and link delays (keepalived-config §2.5 to §2.7, §2.13, §3.3).

use std::collections::HashSet;
use std::time::Duration;

use hashbrown::HashMap;

use super::groups::is_router;
use super::{Made, earlier, values};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::Entry;
use crate::keyword::Block;
use crate::keywords::{global, groups as rows, instance, top};
use crate::model::machine::{GarpGroup, LinkDelay, TrackGroup};
use crate::model::route::{Route, Tracking};
use crate::model::rule::Rule;
use crate::model::{Address, Config, Router};
use crate::number_names::NumberNames;
use crate::read::{Raw, RawBlock};
use crate::say;
use crate::source::Span;

/// Groups that have a pace and an interface.
pub(super) fn garp_groups(raw: &Raw, out: &mut Diagnostics) -> Vec<GarpGroup> {
    let mut taken = HashMap::new();
    raw.blocks(Block::GarpGroup).iter().filter_map(|group| garp_group(group, &mut taken, out)).collect()
}

fn garp_group(raw: &RawBlock, taken: &mut HashMap<String, Span>, out: &mut Diagnostics) -> Option<GarpGroup> {
    let settings = &raw.settings;
    let (arp, na) = (settings.time(&rows::GARP_INTERVAL), settings.time(&rows::GNA_INTERVAL));
    if arp.is_none() && na.is_none() {
        if !settings.is_bad(&rows::GARP_INTERVAL) && !settings.is_bad(&rows::GNA_INTERVAL) {
            out.push(say::garp_group_no_interval(raw.span));
        }
        return None;
    }
    let one = settings.get(&rows::INTERFACE).map(|name| (name.value, name.span));
    let many = settings.entries(&rows::INTERFACES).map(|name| (name.value.as_str(), name.span));
    let mut written = one.into_iter().chain(many).peekable();
    if written.peek().is_none() && !settings.is_bad(&rows::INTERFACE) {
        out.push(say::garp_group_no_interface(raw.span));
    }
    let mut interfaces = Vec::new();
    for (name, span) in written {
        match earlier(taken, name.to_owned(), span) {
            Some(first) => out.push(say::garp_group_taken(span, first, name)),
            None => interfaces.push(name.to_owned()),
        }
    }
    (!interfaces.is_empty()).then_some(GarpGroup { arp, na, interfaces })
}

/// Groups that have a router.
pub(super) fn track_groups(raw: &Raw, out: &mut Diagnostics) -> Vec<TrackGroup> {
    raw.blocks(Block::TrackGroup).iter().filter_map(|group| track_group(group, raw, out)).collect()
}

fn track_group(raw: &RawBlock, file: &Raw, out: &mut Diagnostics) -> Option<TrackGroup> {
    let mut written = raw.settings.entries(&rows::TRACKING).peekable();
    if written.peek().is_none() {
        if !raw.settings.is_bad(&rows::TRACKING) {
            out.push(say::group_empty_tracks_nothing(raw.span, &raw.name));
        }
        return None;
    }
    let members = written.filter(|entry| is_router(entry, Code::TrackGroupMember, file, out));
    let members = members.map(|entry| entry.value.clone()).collect();
    Some(TrackGroup { name: raw.name.clone(), members })
}

/// Addresses, routes and rules that are there from start to stop.
pub(super) fn statics(
    raw: &Raw,
    names: &NumberNames,
    groups: &[TrackGroup],
    out: &mut Diagnostics,
) -> (Vec<Address>, Vec<Route>, Vec<Rule>) {
    let mut addresses = static_addresses(raw, out);
    let mut routes = names.resolve(raw.top.entries(&top::STATIC_ROUTES), out);
    let mut rules = names.resolve(raw.top.entries(&top::STATIC_RULES), out);
    let mut check = |tracking: &mut Tracking, span| known_group(tracking, span, groups, raw, out);
    addresses.iter_mut().for_each(|entry| check(&mut entry.value.tracking, entry.span));
    routes.iter_mut().for_each(|entry| check(&mut entry.value.tracking, entry.span));
    rules.iter_mut().for_each(|entry| check(&mut entry.value.tracking, entry.span));
    (values(addresses), values(routes), values(rules))
}

/// Lets routers follow the groups that name them, if anything static refers to these.
pub(super) fn apply_track_groups(config: &mut Config) {
    let addresses = config.static_addresses.iter().map(|address| &address.tracking);
    let routes = config.static_routes.iter().map(|route| &route.tracking);
    let all = addresses.chain(routes).chain(config.static_rules.iter().map(|rule| &rule.tracking));
    let used: HashSet<&str> = all.filter_map(Tracking::group).collect();
    let used: Vec<&TrackGroup> = config.track_groups.iter().filter(|it| used.contains(it.name.as_str())).collect();
    for router in config.routers.iter_mut().chain(&mut config.left_out) {
        let named = used.iter().filter(|group| group.members.contains(&router.name));
        router.track_groups = named.map(|group| group.name.clone()).collect();
    }
}

/// The interface of static addresses that name none.
pub(crate) fn default_interface(raw: &Raw) -> &str {
    raw.global.value(&global::DEFAULT_INTERFACE).unwrap_or("eth0")
}

/// Each address of an interface once.
fn static_addresses(raw: &Raw, out: &mut Diagnostics) -> Vec<Entry<Address>> {
    let default = default_interface(raw);
    let mut seen = HashMap::new();
    let mut addresses = Vec::new();
    for mut entry in raw.top.entries(&top::STATIC_IPADDRESS).cloned() {
        let Address { address, dev, .. } = &mut entry.value;
        let dev = dev.get_or_insert_with(|| default.to_owned()).clone();
        match earlier(&mut seen, (*address, dev), entry.span) {
            Some(first) => out.push(say::duplicate_address(entry.span, first, address)),
            None => addresses.push(entry),
        }
    }
    addresses
}

/// Forgets a group that there is not.
fn known_group(tracking: &mut Tracking, span: Span, groups: &[TrackGroup], raw: &Raw, out: &mut Diagnostics) {
    let Tracking::Group(name) = tracking else { return };
    match raw.blocks(Block::TrackGroup).iter().find(|group| group.name == *name) {
        None if raw.has_unreadable(Block::TrackGroup) => {}
        None => out.push(say::track_group_unknown(out.sources.word_on_line(span, name), &*name)),
        Some(group) if span.file == group.span.file && span.start < group.span.start => {
            out.push(say::defined_later_track_group(group.span, span, &*name));
        }
        Some(_) => {}
    }
    // A group that was left out was reported.
    if !groups.iter().any(|group| group.name == *name) {
        *tracking = Tracking::Own;
    }
}

/// Delays of link changes, in file order. §3.3 rules 6 and 7: once an interface.
pub(super) fn link_delays(raw: &Raw, running: &[Made<'_>], out: &mut Diagnostics) -> Vec<LinkDelay> {
    let mut delays = Vec::new();
    for entry in raw.top.entries(&top::INTERFACE_UP_DOWN_DELAYS) {
        let mut delay = entry.value.clone();
        let of_interface = running.iter().filter(|made| made.router.interface == delay.interface);
        let most = of_interface.map(|made| (longest(&made.router), made)).min_by_key(|&(longest, _)| longest);
        if let Some((longest, made)) = most.filter(|&(longest, _)| delay.down > longest) {
            out.push(too_long(entry.span, made, longest));
            // A delay to up that is the same stays the same.
            if delay.up == delay.down {
                delay.up = longest;
            }
            delay.down = longest;
        }
        delays.push(delay);
    }
    delays
}

/// One interval less than the others wait, and a little for the skew.
fn longest(router: &Router) -> Duration {
    let interval = router.parameters.interval.duration();
    let longest = (interval * u32::from(router.parameters.down_adverts.get() - 1)).saturating_sub(interval / 256);
    // As exact as it can be written.
    Duration::from_micros(u64::try_from(longest.as_micros()).unwrap_or(u64::MAX))
}

fn too_long(delay: Span, Made { raw, router, .. }: &Made<'_>, longest: Duration) -> Diagnostic {
    if router.parameters.down_adverts.get() == 1 {
        let span = raw.settings.keyword(&instance::DOWN_TIMER_ADVERTS).unwrap_or(raw.span);
        return say::link_delay_long_any(span, delay, &router.name);
    }
    say::link_delay_long(delay, raw.span, &router.name, longest.as_secs_f64())
}
