//! The lists in which routers and groups name what they track.

use crate::entry::WrittenTracker;
use crate::keyword::{Block, List, Row};
use crate::keywords::{groups, instance};
use crate::model::Tracker;
use crate::model::watch::TrackerKind;
use crate::read::RawBlock;
use crate::source::Span;

/// What defines a thing of this kind.
pub(super) const fn block(kind: TrackerKind) -> Block {
    match kind {
        TrackerKind::Script => Block::Script,
        TrackerKind::File => Block::File,
        TrackerKind::Process => Block::Process,
        TrackerKind::Session => Block::Bfd,
    }
}

/// The list of a router.
pub(crate) const fn instance_row(kind: TrackerKind) -> &'static Row<List<WrittenTracker>> {
    match kind {
        TrackerKind::Script => &instance::TRACK_SCRIPT,
        TrackerKind::File => &instance::TRACK_FILE,
        TrackerKind::Process => &instance::TRACK_PROCESS,
        TrackerKind::Session => &instance::TRACK_BFD,
    }
}

/// The list of a group.
pub(super) const fn group_row(kind: TrackerKind) -> &'static Row<List<WrittenTracker>> {
    match kind {
        TrackerKind::Script => &groups::TRACK_SCRIPT,
        TrackerKind::File => &groups::TRACK_FILE,
        TrackerKind::Process => &groups::TRACK_PROCESS,
        TrackerKind::Session => &groups::TRACK_BFD,
    }
}

/// Where `owner` tracks it.
pub(super) fn entry(
    owner: &RawBlock,
    row: impl Fn(TrackerKind) -> &'static Row<List<WrittenTracker>>,
    tracker: &Tracker,
) -> Option<Span> {
    let mut entries = owner.settings.entries(row(tracker.kind));
    entries.find(|entry| entry.value.name == tracker.name).map(|entry| entry.span)
}
