//! On disk: the pipes that we made, for a later start to take away if this process is killed.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use linux::state::StateDir;

use crate::launch::Start;

/// Its name in the state directory.
const RECORD: &str = "pipes.json";

/// The paths of pipes that we made.
#[derive(Debug)]
pub(super) struct Record {
    directory: Arc<StateDir>,
    paths: BTreeSet<PathBuf>,
    /// Those that a program before had open until just now.
    going_on: BTreeSet<PathBuf>,
}

impl Record {
    /// What an earlier daemon left there. What cannot be read is reported and names nothing.
    pub(super) fn read(directory: Arc<StateDir>, start: Start) -> Self {
        let paths = match directory.read(RECORD) {
            Ok(None) => BTreeSet::new(),
            Ok(Some(bytes)) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!("{RECORD} of an earlier daemon is of no use: {error}; pipes that it made stay");
                BTreeSet::new()
            }),
            Err(error) => {
                tracing::warn!("{error}; pipes that an earlier daemon made stay");
                BTreeSet::new()
            }
        };
        let going_on = match start {
            Start::Ordinary => BTreeSet::new(),
            Start::GoesOn => paths.clone(),
        };
        Self { directory, paths, going_on }
    }

    /// Whether the pipe there is to be opened as it is: its readers have it open. Says so once.
    pub(super) fn goes_on(&mut self, path: &Path) -> bool {
        self.going_on.remove(path)
    }

    pub(super) fn has(&self, path: &Path) -> bool {
        self.paths.contains(path)
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.paths.iter()
    }

    /// # Errors
    /// If it cannot be written; it does not hold the path then.
    pub(super) fn add(&mut self, path: &Path) -> io::Result<()> {
        self.paths.insert(path.to_owned());
        let written = self.write();
        if written.is_err() {
            self.paths.remove(path);
        }
        written
    }

    pub(super) fn forget(&mut self, path: &Path) {
        if self.paths.remove(path) {
            // A path that stays on record is harmless: what a later start takes away must be a pipe.
            self.write().ok();
        }
    }

    fn write(&self) -> io::Result<()> {
        if self.paths.is_empty() {
            return self.directory.remove(RECORD);
        }
        let bytes = serde_json::to_vec(&self.paths).map_err(io::Error::other)?;
        self.directory.replace(RECORD, &bytes)
    }
}
