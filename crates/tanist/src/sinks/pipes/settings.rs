//! Which pipes there are to be, and what they are told.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use conf::model::notify::Pipe;
use conf::model::{Config, Switch};

use super::super::scripts::admitted;
use crate::ports::events::Named;
use crate::runner::user::Identity;
use crate::runner::{Admission, Job, Life, Output};

/// Keywords of readers; what runs by each is in a queue of that name.
pub(super) const READERS: [&str; 2] = ["notify_fifo_script", "vrrp_notify_fifo_script"];

/// Of a configuration, with users resolved and readers checked.
#[derive(Debug, Default)]
pub(in super::super) struct Settings {
    pub(super) pipes: Vec<Wanted>,
    pub(super) states_on_reload: Switch,
    /// Routers whose changes of priority are told.
    priority_changes: HashSet<String>,
}

/// A pipe that is to be there.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) keyword: &'static str,
    pub(super) reader_keyword: &'static str,
    pub(super) path: PathBuf,
    /// Whose it is; `None`: the daemon's user.
    pub(super) owner: Option<Identity>,
    /// What reads it.
    pub(super) reader: Option<Job>,
}

impl Settings {
    /// Adds a line for each pipe that is not used and each reader that will not run, or should not.
    pub(in super::super) fn new(config: &Config, complaints: &mut Vec<String>) -> Self {
        let mut admission = Admission::new(&config.global);
        let pipes = &config.global.pipes;
        let [all, vrrp] = READERS;
        let mut wanted = Vec::new();
        for (keyword, reader, pipe) in [("notify_fifo", all, &pipes.all), ("vrrp_notify_fifo", vrrp, &pipes.vrrp)] {
            let Some(pipe) = pipe else { continue };
            match Wanted::new((keyword, reader), pipe, &mut admission, complaints) {
                Ok(pipe) => wanted.push(pipe),
                Err(why) => complaints.push(why),
            }
        }
        let told = config.routers.iter().filter(|router| router.priority_changes == Switch::On);
        Self {
            pipes: wanted,
            states_on_reload: pipes.states_on_reload,
            priority_changes: told.map(|router| router.name.clone()).collect(),
        }
    }

    /// Whether something is to run that reads a pipe.
    pub(in super::super) fn has_readers(&self) -> bool {
        self.pipes.iter().any(|wanted| wanted.reader.is_some())
    }

    pub(super) fn tells_priority_of(&self, owner: &Named) -> bool {
        self.priority_changes.contains(owner.router())
    }
}

impl Wanted {
    fn new(
        (keyword, reader_keyword): (&'static str, &'static str),
        pipe: &Pipe,
        admission: &mut Admission,
        complaints: &mut Vec<String>,
    ) -> Result<Self, String> {
        let Pipe { path, user, reader } = pipe;
        let owner = admission.owner(user.as_ref());
        let owner = owner.map_err(|why| format!("{keyword} {path}: {why}; nothing is written to it"))?;
        let reader = reader.as_ref().and_then(|script| admitted(admission, script, reader_keyword, complaints));
        let job = |script| {
            let job = admission.job(reader_keyword, &script, &[path], Duration::ZERO, Output::Inherited);
            Job { life: Life::Always, ..job }
        };
        Ok(Self { keyword, reader_keyword, path: path.into(), owner, reader: reader.map(job) })
    }

    /// Whether a pipe that is open for `other` does for this as well.
    pub(super) fn is_at_same_place(&self, other: &Self) -> bool {
        (self.keyword, &self.path, &self.owner) == (other.keyword, &other.path, &other.owner)
    }
}
