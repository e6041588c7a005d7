//! Named pipes that are told every change, a line each, as keepalived writes them: `INSTANCE "VI" MASTER 100`.
//!
//! Nobody waits for a reader: a pipe that is full loses lines, which is counted. Each pipe may have a program that reads it; the
//! runner runs it.

mod pipe;
mod record;
mod settings;

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;

use conf::model::Switch;
use linux::state::StateDir;
use vrrp::event::Subject;
use vrrp::types::Priority;

use self::pipe::{Pipe, Written};
use self::record::Record;
pub(super) use self::settings::Settings;
use self::settings::Wanted;
use super::scripts::kind_and_name;
use crate::launch::Start;
use crate::ports::directory::Directory;
use crate::ports::events::Named;
use crate::ports::tally::Tally;
use crate::runner::Job;
use crate::wording::NotifyState;

/// What a pipe is told when a master hears a lower priority.
const LOWER_PRIORITY: &str = "MASTER_RX_LOWER_PRI";

/// The pipes that are open.
pub(super) struct Pipes {
    open: Vec<Open>,
    record: Record,
    tally: Tally,
    /// What each router and group became last; not of those that were stopped.
    last: HashMap<Subject, (NotifyState, Priority)>,
}

/// A pipe and what it is for.
struct Open {
    wanted: Wanted,
    pipe: Pipe,
    /// Lines that found no room, since one last did.
    lost: u64,
}

impl Pipes {
    pub(super) fn new(directory: Arc<StateDir>, tally: Tally, start: Start) -> Self {
        Self { open: Vec::new(), record: Record::read(directory, start), tally, last: HashMap::new() }
    }

    /// Further descriptors, which keep what is in the pipes while they are open.
    pub(super) fn kept(&self) -> Vec<OwnedFd> {
        // Without one readers see the end of the pipe, and lines that were not read are lost.
        self.open.iter().filter_map(|open| open.pipe.kept().ok()).collect()
    }

    /// Opens and closes pipes so that they are as wanted. One that stays is left alone. Returns the readers that are to run
    /// from now on, by keyword.
    pub(super) fn follow(&mut self, settings: &Settings) -> Vec<(&'static str, Option<Job>)> {
        let stays = |open: &Open| {
            settings.pipes.iter().any(|wanted| wanted.is_at_same_place(&open.wanted)) && open.pipe.is_in_place()
        };
        let (stay, go): (Vec<Open>, Vec<Open>) = self.open.drain(..).partition(stays);
        go.into_iter().for_each(|open| open.pipe.close(&mut self.record));
        self.open = stay;
        let mut readers = Vec::new();
        for wanted in &settings.pipes {
            let is_open = match self.open.iter_mut().find(|open| open.wanted.is_at_same_place(wanted)) {
                Some(open) => {
                    open.wanted = wanted.clone();
                    true
                }
                None => self.open(wanted),
            };
            readers.push((wanted.reader_keyword, wanted.reader.clone().filter(|_| is_open)));
        }
        self.take_leftovers_away();
        let absent = settings::READERS.iter().filter(|keyword| readers.iter().all(|(other, _)| other != *keyword));
        let absent: Vec<_> = absent.map(|keyword| (*keyword, None)).collect();
        readers.extend(absent);
        readers
    }

    fn open(&mut self, wanted: &Wanted) -> bool {
        match Pipe::open(&wanted.path, wanted.owner.as_ref(), &mut self.record) {
            Ok(pipe) => self.open.push(Open { wanted: wanted.clone(), pipe, lost: 0 }),
            Err(why) => {
                let Wanted { keyword, path, .. } = wanted;
                tracing::error!("{keyword} {}: {why}; nothing is written to it", path.display());
                return false;
            }
        }
        true
    }

    /// What a daemon that was killed made and nobody wants any more.
    fn take_leftovers_away(&mut self) {
        let is_open = |path: &PathBuf| self.open.iter().any(|open| open.wanted.path == *path);
        let left: Vec<PathBuf> = self.record.paths().filter(|path| !is_open(path)).cloned().collect();
        for path in left {
            pipe::take_leftover_away(&path);
            self.record.forget(&path);
        }
    }

    /// A router or group becomes something.
    pub(super) fn state(&mut self, subject: Subject, owner: &Named, state: NotifyState, priority: Priority) {
        match state {
            NotifyState::Master | NotifyState::Backup | NotifyState::Fault => {
                self.last.insert(subject, (state, priority));
            }
            NotifyState::Stop | NotifyState::Deleted => drop(self.last.remove(&subject)),
        }
        self.write(owner, state.word(), priority);
    }

    /// A router's priority changes.
    pub(super) fn priority(&mut self, subject: Subject, owner: &Named, priority: Priority, settings: &Settings) {
        let Some((state, last)) = self.last.get_mut(&subject) else { return };
        *last = priority;
        let word = state.priority_word();
        if settings.tells_priority_of(owner) {
            self.write(owner, word, priority);
        }
    }

    /// A master hears a lower priority.
    pub(super) fn lower_priority(&mut self, subject: Subject, owner: &Named) {
        if let Some((_, priority)) = self.last.get(&subject).copied() {
            self.write(owner, LOWER_PRIORITY, priority);
        }
    }

    /// A reload is complete: perhaps all states are told again, those of groups first, as at a start.
    pub(super) fn reloaded(&mut self, directory: &Directory, settings: &Settings) {
        self.last.retain(|subject, _| directory.present(*subject).is_some());
        match settings.states_on_reload {
            Switch::Off => return,
            Switch::On => {}
        }
        let named = self.last.iter().filter_map(|(subject, last)| Some((directory.present(*subject)?, *last)));
        let mut states: Vec<(Named, (NotifyState, Priority))> = named.collect();
        states.sort_by_cached_key(|(owner, _)| (matches!(owner, Named::Router(_)), owner.to_string()));
        for (owner, (state, priority)) in states {
            self.write(&owner, state.word(), priority);
        }
    }

    /// Closes all, upon which readers see the end, and takes away what was made.
    pub(super) fn close(mut self) {
        self.open.into_iter().for_each(|open| open.pipe.close(&mut self.record));
    }

    fn write(&mut self, owner: &Named, word: &str, priority: Priority) {
        if self.open.is_empty() {
            return;
        }
        let Some((kind, name)) = kind_and_name(owner) else { return };
        let line = format!("{kind} \"{name}\" {word} {}\n", priority.value());
        for open in &mut self.open {
            open.write(&line, &self.tally);
        }
    }
}

impl Open {
    fn write(&mut self, line: &str, tally: &Tally) {
        let Wanted { keyword, path, .. } = &self.wanted;
        match self.pipe.write(line) {
            Written::Yes if self.lost > 0 => {
                tracing::warn!("{keyword} {}: it has room again; {} lines were lost", path.display(), self.lost);
                self.lost = 0;
            }
            Written::Yes => {}
            Written::NoRoom => {
                tally.line_lost();
                self.lost += 1;
                if self.lost == 1 {
                    let why = "it is full, for nobody reads it, or not fast enough";
                    tracing::warn!("{keyword} {}: {why}: lines are lost", path.display());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
