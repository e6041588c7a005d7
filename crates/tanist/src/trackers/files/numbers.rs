//! `track_file`: what numbers in files come to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use conf::model::Config;
use conf::model::watch::{TrackFile, TrackerKind};
use vrrp::input::Reading;
use vrrp::types::TrackerId;

use super::Files;
use crate::ports::tracking::{FileContent, Found, TrackerKey};
use crate::trackers::Registry;
use crate::trackers::teller::Teller;

/// A `track_file` that routers track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::trackers) struct FilePlan {
    key: TrackerKey,
    path: PathBuf,
}

/// The files of a configuration that routers track.
pub(in crate::trackers) fn plan(config: &Config, registry: &Registry) -> BTreeMap<TrackerId, FilePlan> {
    let files = registry.watched(TrackerKind::File, &config.watched.files, |file| &file.name);
    let plan = |(id, key, file): (TrackerId, TrackerKey, &TrackFile)| {
        // It fails for an empty path only, which is no file either.
        let path = std::path::absolute(&file.file).unwrap_or_else(|_| file.file.clone().into());
        (id, FilePlan { key, path })
    };
    files.into_iter().map(plan).collect()
}

/// All tracked files.
pub(in crate::trackers) struct Numbers {
    all: BTreeMap<TrackerId, Number>,
    files: Files,
}

struct Number {
    plan: FilePlan,
    /// What routers were told.
    said: Reading,
    /// What the file said last.
    content: Option<FileContent>,
}

impl Numbers {
    pub(in crate::trackers) fn new() -> Self {
        Self { all: BTreeMap::new(), files: Files::new() }
    }

    /// Watches these. A file that is another keeps its reading until it was looked at.
    pub(in crate::trackers) fn follow(&mut self, plan: &BTreeMap<TrackerId, FilePlan>, teller: &mut Teller) {
        teller.keep_planned(&mut self.all, plan);
        for (&id, file) in plan {
            match self.all.get_mut(&id) {
                Some(number) if number.plan == *file => {}
                Some(number) => (number.plan, number.content) = (file.clone(), None),
                None => {
                    self.all.insert(id, Number { plan: file.clone(), said: Reading::Unknown, content: None });
                }
            }
        }
        self.files.follow(plan.iter().map(|(id, file)| (*id, &*file.path)));
    }

    /// Waits until something was found out about a file.
    pub(in crate::trackers) async fn found(&mut self) -> (TrackerId, FileContent) {
        self.files.found().await
    }

    /// Counts what a file says.
    pub(in crate::trackers) fn take(&mut self, id: TrackerId, content: FileContent, teller: &mut Teller) {
        let Some(number) = self.all.get_mut(&id) else { return };
        let reading = match (&content, number.said) {
            (FileContent::Number(level), _) => Reading::Level(*level),
            // What it said before counts.
            (FileContent::OutOfRange(_), said @ Reading::Level(_)) => said,
            (
                FileContent::Empty
                | FileContent::NoNumber(_)
                | FileContent::OutOfRange(_)
                | FileContent::Missing
                | FileContent::Unreadable(_),
                _,
            ) => Reading::Level(0),
        };
        if number.content.as_ref() == Some(&content) && number.said == reading {
            return;
        }
        number.content = Some(content.clone());
        teller.tell(id, &number.plan.key, &mut number.said, reading, Found::File(content));
    }
}
