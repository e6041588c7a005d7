//! Tracked files: the number in each, as soon as it changes.
//!
//! inotify says that a file was written or replaced. Once a second each is looked at all the same: its directory may come
//! later, or be another than before, or on a file system that others write to.

mod init;
mod look;
mod numbers;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags};
use tokio::net::unix::pipe;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use vrrp::types::TrackerId;

pub(crate) use self::init::make;
use self::look::{Identity, Look, Trigger, look};
pub(super) use self::numbers::{FilePlan, Numbers, plan};
use crate::ports::tracking::FileContent;

/// Time between two looks at a file of which inotify says nothing.
const LOOK: Duration = Duration::from_secs(1);
/// Least time between two looks at a file: others may write to its directory all the time.
const PAUSE: Duration = Duration::from_millis(100);
/// Time after which a file that was found empty is looked at again.
const DOUBT: Duration = Duration::from_millis(500);
/// Bytes of events that are read at a time.
const EVENTS: usize = 16 << 10;

/// Everything that is in the list of files.
struct Files {
    /// `None` if the kernel gives none: then changes are seen within a second.
    inotify: Option<Inotify>,
    files: BTreeMap<TrackerId, File>,
    /// The watches on their directories.
    watched: BTreeSet<i32>,
    looks: JoinSet<(TrackerId, u64, Look)>,
    /// Tells looks at a file from those at another that had its id before.
    generation: u64,
    tick: Interval,
}

struct File {
    path: PathBuf,
    generation: u64,
    watches: BTreeSet<i32>,
    identity: Option<Identity>,
    /// One look at a time: a disk that hangs does not find thousands of them.
    looking: Looking,
    /// When the next look may begin.
    rested: Instant,
    /// The last look found it empty, in this state.
    empty: Option<Identity>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looking {
    No,
    /// What made somebody look since the look that is under way.
    Yes(Option<Trigger>),
}

impl Files {
    /// To be called inside the runtime that watches.
    fn new() -> Self {
        let mut tick = interval(LOOK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (files, watched, looks) = (BTreeMap::new(), BTreeSet::new(), JoinSet::new());
        Self { inotify: None, files, watched, looks, generation: 0, tick }
    }

    /// Watches these files from now on. Those that are the same go on.
    fn follow<'a>(&mut self, wanted: impl Iterator<Item = (TrackerId, &'a Path)>) {
        let wanted: BTreeMap<TrackerId, &Path> = wanted.collect();
        self.files.retain(|id, file| wanted.get(id).is_some_and(|path| *path == file.path));
        if self.inotify.is_none() && !wanted.is_empty() {
            self.inotify = Inotify::open().ok();
        }
        for (id, path) in wanted {
            if self.files.contains_key(&id) {
                continue;
            }
            self.generation += 1;
            let file = File {
                path: path.to_owned(),
                generation: self.generation,
                watches: BTreeSet::new(),
                identity: None,
                looking: Looking::No,
                rested: Instant::now(),
                empty: None,
            };
            self.files.insert(id, file);
            self.look(id, Trigger::Written);
        }
        self.drop_watches();
    }

    /// Waits until something was found out about a file.
    async fn found(&mut self) -> (TrackerId, FileContent) {
        loop {
            let is_idle = self.files.is_empty();
            tokio::select! {
                changes = next_changes(self.inotify.as_ref()) => match changes {
                    Ok(changes) => self.take_changes(changes),
                    // Looking now and then must do.
                    Err(_) => self.inotify = None,
                },
                Some(Ok((id, generation, look))) = self.looks.join_next() => {
                    if let Some(content) = self.take_look(id, generation, look) {
                        return (id, content);
                    }
                }
                _ = self.tick.tick(), if !is_idle => self.look_at_all(Trigger::Time),
            }
        }
    }

    fn take_changes(&mut self, changes: Changes) {
        if changes.lost {
            return self.look_at_all(Trigger::Written);
        }
        let mut looks = BTreeMap::new();
        for (watch, name) in &changes.of {
            for (&id, file) in self.files.iter().filter(|(_, file)| file.watches.contains(watch)) {
                let is_it = name.is_some() && file.path.file_name() == name.as_deref();
                let trigger = if is_it { Trigger::Written } else { Trigger::Time };
                let before = looks.entry(id).or_insert(trigger);
                *before = trigger.max(*before);
            }
        }
        for (id, trigger) in looks {
            self.look(id, trigger);
        }
    }

    fn look_at_all(&mut self, trigger: Trigger) {
        let all: Vec<TrackerId> = self.files.keys().copied().collect();
        all.into_iter().for_each(|id| self.look(id, trigger));
    }

    fn look(&mut self, id: TrackerId, trigger: Trigger) {
        let Some(file) = self.files.get_mut(&id) else { return };
        if let Looking::Yes(again) = &mut file.looking {
            *again = Some(trigger).max(*again);
            return;
        }
        self.start_look(id, trigger, Duration::ZERO);
    }

    fn start_look(&mut self, id: TrackerId, trigger: Trigger, delay: Duration) {
        let Some(file) = self.files.get_mut(&id) else { return };
        file.looking = Looking::Yes(None);
        let now = Instant::now();
        let delay = delay.max(file.rested.saturating_duration_since(now));
        file.rested = now + delay + PAUSE;
        let inotify = self.inotify.as_ref().map(|inotify| Arc::clone(&inotify.descriptor));
        let (path, generation, known) = (file.path.clone(), file.generation, file.identity);
        self.looks.spawn_blocking(move || {
            thread::sleep(delay);
            (id, generation, look(inotify.as_deref(), &path, trigger, known))
        });
    }

    /// Takes what a look found; returns what is to be counted of it.
    fn take_look(&mut self, id: TrackerId, generation: u64, look: Look) -> Option<FileContent> {
        let file = self.files.get_mut(&id).filter(|file| file.generation == generation)?;
        let again = match std::mem::replace(&mut file.looking, Looking::No) {
            Looking::No | Looking::Yes(None) => None,
            Looking::Yes(again) => again,
        };
        let Look { watches, identity, content } = look;
        file.watches = watches;
        self.watched.extend(&file.watches);
        // Whoever writes a file empties it first: what is known stays until it is the same empty file a second time.
        let empty = identity.filter(|_| content == Some(FileContent::Empty));
        let is_doubtful = empty.is_some() && empty != std::mem::replace(&mut file.empty, empty);
        if !is_doubtful {
            file.identity = identity;
        }
        self.drop_watches();
        if is_doubtful {
            self.start_look(id, Trigger::Written, DOUBT);
            return None;
        }
        if let Some(trigger) = again {
            self.look(id, trigger);
        }
        content
    }

    /// Watches no directory that no file needs.
    fn drop_watches(&mut self) {
        let Some(inotify) = &self.inotify else { return };
        let needed: BTreeSet<i32> = self.files.values().flat_map(|file| &file.watches).copied().collect();
        for watch in self.watched.difference(&needed) {
            // Its directory may be gone, and the watch with it.
            inotify::remove_watch(&inotify.descriptor, *watch).ok();
        }
        self.watched = needed;
    }
}

/// Where the kernel says what changes.
struct Inotify {
    /// For watches.
    descriptor: Arc<OwnedFd>,
    /// The same, read like a pipe.
    events: pipe::Receiver,
}

impl Inotify {
    fn open() -> io::Result<Self> {
        let descriptor = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let events = pipe::Receiver::from_file_unchecked(descriptor.try_clone()?.into())?;
        Ok(Self { descriptor: Arc::new(descriptor), events })
    }

    /// Waits for changes.
    async fn changes(&self) -> io::Result<Changes> {
        let mut buffer = vec![0; EVENTS];
        loop {
            self.events.readable().await?;
            match self.events.try_read(&mut buffer) {
                Ok(length) => return Ok(changes(&buffer[..length])),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Waits for changes; for ever without inotify.
async fn next_changes(inotify: Option<&Inotify>) -> io::Result<Changes> {
    match inotify {
        Some(inotify) => inotify.changes().await,
        None => std::future::pending().await,
    }
}

/// What inotify says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes {
    /// Watches, and which name under them was written, if one was.
    of: Vec<(i32, Option<OsString>)>,
    /// There were more than the kernel keeps.
    lost: bool,
}

/// Reads events as the kernel writes them (inotify(7)): watch, what happened, a cookie, the length of the name, the name with
/// zeros behind it.
fn changes(mut bytes: &[u8]) -> Changes {
    let mut changes = Changes::default();
    while let Some((head, rest)) = bytes.split_first_chunk::<16>() {
        let [watch, events, _, length] = *head.as_chunks::<4>().0 else { break };
        let events = ReadFlags::from_bits_retain(u32::from_ne_bytes(events));
        let length = usize::try_from(u32::from_ne_bytes(length)).unwrap_or(usize::MAX);
        let Some((name, rest)) = rest.split_at_checked(length) else { break };
        bytes = rest;
        if events.contains(ReadFlags::QUEUE_OVERFLOW) {
            changes.lost = true;
            continue;
        }
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        let was_written = events.intersects(ReadFlags::CLOSE_WRITE | ReadFlags::MOVED_TO);
        let name = (was_written && !name.is_empty()).then(|| OsStr::from_bytes(name).to_owned());
        changes.of.push((i32::from_ne_bytes(watch), name));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event as the kernel writes it.
    fn event(watch: i32, events: ReadFlags, name: &[u8]) -> Vec<u8> {
        let head = [u32::from_ne_bytes(watch.to_ne_bytes()), events.bits(), 0, u32::try_from(name.len()).unwrap()];
        [head.map(u32::to_ne_bytes).as_flattened(), name].concat()
    }

    #[test]
    fn events_are_read_whole_or_not_at_all() {
        let written = event(3, ReadFlags::CLOSE_WRITE, b"number\0\0");
        let gone = event(4, ReadFlags::DELETE, b"number\0\0");
        let ignored = event(5, ReadFlags::IGNORED, b"");
        let all = [&*written, &*gone, &*ignored].concat();
        let of = vec![(3, Some("number".into())), (4, None), (5, None)];
        assert_eq!(changes(&all), Changes { of: of.clone(), lost: false });
        let lost = event(-1, ReadFlags::QUEUE_OVERFLOW, b"");
        assert_eq!(changes(&[&*all, &*lost].concat()), Changes { of, lost: true });
        for length in 0..written.len() {
            assert_eq!(changes(&written[..length]), Changes::default());
        }
    }

    #[test]
    fn a_busy_directory_has_its_file_looked_at_now_and_then() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("number");
        std::fs::write(&path, "4").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut files = Files::new();
            let id = TrackerId(1);
            files.follow([(id, &*path)].into_iter());
            let (begin, mut looks) = (Instant::now(), 0);
            while begin.elapsed() < PAUSE * 3 {
                let (id, generation, look) = files.looks.join_next().await.unwrap().unwrap();
                files.take_look(id, generation, look);
                files.look(id, Trigger::Time);
                looks += 1;
            }
            assert!(looks <= 5, "{looks}");
        });
    }
}
