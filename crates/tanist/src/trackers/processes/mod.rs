//! Tracked processes: how many there are of each kind, as soon as that changes.
//!
//! The end of a process that was found is told by its pidfd. Its beginning is told by the kernel's process connector where
//! that exists, which is in the first namespaces of a machine; elsewhere `/proc` is read once a second. It is read now and
//! then all the same.

mod counts;
mod kernel;
mod look;
mod pattern;
mod quorum;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use linux::descriptors;
use linux::processes;
use rustix::io::Errno;
use rustix::process::Pid;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Interval, MissedTickBehavior, interval};
use vrrp::types::TrackerId;

pub(super) use self::counts::{Counts, ProcessPlan, plan};
use self::kernel::{Kernel, Opened, hear, open, readable};
use self::look::{Found, Look, Which, look};
use self::pattern::Pattern;
use crate::ports::tracking::ProcessWatch;

/// Time between two looks at all processes if the kernel does not tell of those that begin.
const LOOK: Duration = Duration::from_secs(1);
/// How many of these go by between two looks if it does.
const RARELY: u32 = 10;
/// How long processes that the kernel tells of are gathered before they are looked at.
const GATHER: Duration = Duration::from_millis(5);
/// Processes that may wait for a look; if there are more, all are looked at.
const WAITING: usize = 1024;
/// Processes whose end is told at once, at most; that of others is seen by the next look.
const PIDFDS: usize = 4096;
/// Of so many descriptors that the daemon may have, one is for the end of a process.
const SHARE: usize = 4;

/// Every process that somebody tracks.
struct Processes {
    patterns: Arc<Vec<(TrackerId, Pattern)>>,
    found: HashMap<Pid, Member>,
    /// Numbers the processes found so far: the kernel gives numbers of its own again.
    last: u64,
    ends: JoinSet<(Pid, u64)>,
    /// How many ends are waited for at most.
    pidfds: usize,
    /// Why the last look failed: what is known stays, and one at all is due.
    trouble: Option<String>,
    looks: JoinSet<io::Result<Look>>,
    waiting: Option<Which>,
    kernel: Kernel,
    tick: Interval,
    ticks: u32,
}

/// A process that was found.
struct Member {
    number: u64,
    begun: u64,
    of: Vec<TrackerId>,
    /// Waits for its end.
    end: Option<AbortHandle>,
}

impl Processes {
    /// To be called inside the runtime that watches.
    fn new() -> Self {
        let mut tick = interval(LOOK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            patterns: Arc::default(),
            found: HashMap::new(),
            last: 0,
            ends: JoinSet::new(),
            pidfds: PIDFDS.min(descriptors::limit() / SHARE),
            trouble: None,
            looks: JoinSet::new(),
            waiting: None,
            kernel: Kernel::NotAsked,
            tick,
            ticks: 0,
        }
    }

    /// Watches these from now on.
    fn follow(&mut self, patterns: Vec<(TrackerId, Pattern)>) {
        if *self.patterns == patterns {
            return;
        }
        if patterns.is_empty() {
            self.kernel = Kernel::NotAsked;
        } else if let Kernel::NotAsked = self.kernel {
            self.kernel = match processes::open().and_then(readable) {
                Ok(socket) => Kernel::Tells(socket),
                Err(error) => Kernel::IsSilent(error.to_string()),
            };
        }
        self.patterns = Arc::new(patterns);
        // A look that is under way is at others.
        self.looks.abort_all();
        self.looks = JoinSet::new();
        self.look(Which::All);
    }

    /// How processes that begin are seen.
    fn watch(&self) -> ProcessWatch {
        match &self.kernel {
            Kernel::Tells(_) => ProcessWatch::Kernel,
            Kernel::IsSilent(why) => ProcessWatch::Looks(why.clone()),
            Kernel::NotAsked => ProcessWatch::Looks("nothing is tracked".to_owned()),
        }
    }

    /// Waits until there may be more or fewer of some; returns how many there are of each kind.
    async fn counted(&mut self) -> BTreeMap<TrackerId, usize> {
        loop {
            let is_idle = self.patterns.is_empty();
            let is_news = tokio::select! {
                Some(end) = self.ends.join_next() => end.is_ok_and(|(pid, number)| self.ended(pid, number)),
                Some(look) = self.looks.join_next() => self.take_look(look.unwrap_or_else(|error| Err(io::Error::other(error)))),
                heard = hear(&self.kernel) => {
                    self.take_heard(heard);
                    false
                }
                _ = self.tick.tick(), if !is_idle => {
                    self.ticked();
                    false
                }
            };
            if is_news {
                return self.counts();
            }
        }
    }

    fn counts(&self) -> BTreeMap<TrackerId, usize> {
        let mut counts: BTreeMap<TrackerId, usize> = self.patterns.iter().map(|(id, _)| (*id, 0)).collect();
        for id in self.found.values().flat_map(|member| &member.of) {
            *counts.entry(*id).or_default() += 1;
        }
        counts
    }

    fn ended(&mut self, pid: Pid, number: u64) -> bool {
        let is_it = self.found.get(&pid).is_some_and(|member| member.number == number);
        is_it && self.found.remove(&pid).is_some()
    }

    fn ticked(&mut self) {
        self.ticks = self.ticks.wrapping_add(1);
        let is_due = match self.kernel {
            Kernel::Tells(_) if self.trouble.is_some() => true,
            Kernel::Tells(_) => self.ticks.is_multiple_of(RARELY),
            Kernel::IsSilent(_) | Kernel::NotAsked => true,
        };
        if is_due {
            self.look(Which::All);
        }
    }

    fn take_heard(&mut self, heard: io::Result<HashSet<Pid>>) {
        match heard {
            Ok(begun) if begun.is_empty() => {}
            Ok(begun) => self.look(Which::These(begun)),
            Err(error) if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => self.look(Which::All),
            Err(error) => self.kernel = Kernel::IsSilent(error.to_string()),
        }
    }

    /// Looks at processes, one look at a time.
    fn look(&mut self, which: Which) {
        self.waiting = Some(match (self.waiting.take(), which) {
            (Some(Which::All), _) | (_, Which::All) => Which::All,
            (None, these @ Which::These(_)) => these,
            (Some(Which::These(mut one)), Which::These(other)) => {
                one.extend(other);
                if one.len() > WAITING { Which::All } else { Which::These(one) }
            }
        });
        if !self.looks.is_empty() {
            return;
        }
        let Some(which) = self.waiting.take() else { return };
        let patterns = Arc::clone(&self.patterns);
        self.looks.spawn_blocking(move || {
            if let Which::These(_) = which {
                thread::sleep(GATHER);
            }
            look(which, &patterns)
        });
    }

    /// Takes what a look found, and tells whether that is news. One that failed found nothing out.
    fn take_look(&mut self, look: io::Result<Look>) -> bool {
        let is_news = match look {
            Ok(look) => {
                self.trouble = None;
                self.take_found(look);
                true
            }
            Err(error) => {
                let trouble = Some(error.to_string());
                if self.trouble != trouble {
                    tracing::warn!("processes cannot be counted, their last number stays: {error}");
                }
                self.trouble = trouble;
                false
            }
        };
        if let Some(which) = self.waiting.take() {
            self.look(which);
        }
        is_news
    }

    fn take_found(&mut self, look: Look) {
        let there: HashMap<Pid, u64> = look.found.iter().map(|found| (found.pid, found.begun)).collect();
        self.found.retain(|pid, member| {
            let was_looked_at = match &look.which {
                Which::All => true,
                Which::These(these) => these.contains(pid),
            };
            let stays = !was_looked_at || there.get(pid) == Some(&member.begun);
            if let Some(end) = member.end.as_ref().filter(|_| !stays) {
                end.abort();
            }
            stays
        });
        for found in look.found {
            match self.found.get_mut(&found.pid) {
                Some(member) => member.of = found.of,
                None => self.add(found),
            }
        }
    }

    fn add(&mut self, found: Found) {
        let Found { pid, begun, of } = found;
        self.last += 1;
        let number = self.last;
        let end = if self.ends.len() < self.pidfds { self.await_end(pid, number) } else { End::Unseen };
        let end = match end {
            End::Past => return,
            End::Awaited(end) => Some(end),
            End::Unseen => None,
        };
        self.found.insert(pid, Member { number, begun, of, end });
    }

    fn await_end(&mut self, pid: Pid, number: u64) -> End {
        match open(pid) {
            Ok(Opened::Ended) => End::Past,
            Ok(Opened::Runs(pidfd)) => End::Awaited(self.ends.spawn(async move {
                // Without a word of its end the next look finds that it is gone.
                match readable(pidfd) {
                    Ok(pidfd) => drop(pidfd.readable().await),
                    Err(_) => std::future::pending().await,
                }
                (pid, number)
            })),
            Err(_) => End::Unseen,
        }
    }
}

/// The end of a process.
enum End {
    Past,
    Awaited(AbortHandle),
    /// The next look sees it.
    Unseen,
}

#[cfg(test)]
mod tests;
