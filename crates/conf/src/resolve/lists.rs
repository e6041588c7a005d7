//! The lists in which routers and groups name what they track, and routers their addresses.

use std::hash::Hash;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry as Place;

use crate::entry::{Entry, WrittenTracker};
use crate::keyword::{Block, List, Row};
use crate::keywords::{groups, instance};
use crate::model::watch::TrackerKind;
use crate::model::{Address, TrackInterface};
use crate::read::Settings;
use crate::source::Span;

/// Where the first of several is, if this one is not it.
pub(super) fn earlier<K: Eq + Hash>(seen: &mut HashMap<K, Span>, key: K, span: Span) -> Option<Span> {
    match seen.entry(key) {
        Place::Occupied(first) => Some(*first.get()),
        Place::Vacant(place) => {
            place.insert(span);
            None
        }
    }
}

type Trackers = &'static Row<List<WrittenTracker>>;

/// What defines a thing of this kind, and the lists of routers and of groups that name it.
pub(crate) const fn of_kind(kind: TrackerKind) -> (Block, Trackers, Trackers) {
    match kind {
        TrackerKind::Script => (Block::Script, &instance::TRACK_SCRIPT, &groups::TRACK_SCRIPT),
        TrackerKind::File => (Block::File, &instance::TRACK_FILE, &groups::TRACK_FILE),
        TrackerKind::Process => (Block::Process, &instance::TRACK_PROCESS, &groups::TRACK_PROCESS),
        TrackerKind::Session => (Block::Bfd, &instance::TRACK_BFD, &groups::TRACK_BFD),
    }
}

/// What a router or a group tracks of this kind.
pub(super) fn trackers(owner: &Settings, kind: TrackerKind) -> impl Iterator<Item = &Entry<WrittenTracker>> {
    let (_, of_router, of_group) = of_kind(kind);
    owner.entries(of_router).chain(owner.entries(of_group))
}

/// Where a router or a group tracks it.
pub(super) fn tracker_at(owner: &Settings, kind: TrackerKind, name: &str) -> Option<Span> {
    trackers(owner, kind).find(|entry| entry.value.name == name).map(|entry| entry.span)
}

/// The interfaces that a router or a group tracks.
pub(crate) fn interfaces(owner: &Settings) -> impl Iterator<Item = &Entry<TrackInterface>> {
    owner.entries(&instance::TRACK_INTERFACE).chain(owner.entries(&groups::TRACK_INTERFACE))
}

/// Where a router or a group tracks it.
pub(super) fn interface_at(owner: &Settings, name: &str) -> Option<Span> {
    interfaces(owner).find(|entry| entry.value.interface == name).map(|entry| entry.span)
}

/// The addresses of a router, advertised or not.
pub(crate) fn addresses(router: &Settings) -> impl Iterator<Item = &Entry<Address>> {
    let lists = [&instance::VIRTUAL_IPADDRESS, &instance::VIRTUAL_IPADDRESS_EXCLUDED];
    lists.into_iter().flat_map(|row| router.entries(row))
}
