//! The memory that the daemon shares with its guardian: a few words, and two tables of what routers leave there. Nobody waits
//! for anybody in it, and to write takes no system call.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use host::{Beat, Duty};
use linux::share::{Word, Words};
use vrrp::time::Instant;

use super::slots::{Slots, TABLE_WORDS, Table};

/// The words, by place. A layout that changes needs no version: daemon and guardian are one program, of one file.
const DUTY: usize = 0;
const TAKEN: usize = 1;
const DUE: usize = 2;
const ACTIVE: usize = 3;
const PATIENCE: usize = 4;
const RELEASES_USED: usize = 5;
const FOOTPRINTS_USED: usize = 6;
const REPLACING: usize = 7;
/// Where the tables start: each from a page on.
const RELEASES: usize = 512;
const FOOTPRINTS: usize = RELEASES + TABLE_WORDS;
const END: usize = FOOTPRINTS + TABLE_WORDS;

/// Values of the word of duty.
const OFF: u64 = 0;
const ON: u64 = 1;
const DISMISSED: u64 = 2;

/// How late a program that takes the place of the daemon's may be at least. One that is later than twice what a daemon may be is so
/// still before peers take over.
const REPLACED_WITHIN: Duration = Duration::from_secs(2);

/// No time: it sleeps until it is woken.
const NEVER: u64 = u64::MAX;

/// What both see. Clones are the same memory.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    words: Words,
    duty: Word,
    taken: Word,
    due: Word,
    active: Word,
    patience: Word,
    replacing: Word,
}

/// Whether the guardian has taken the role of the routers that are Active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    No,
    Yes,
}

/// Whether another program is about to take the place of the daemon's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replacing {
    No,
    Yes,
}

impl Page {
    /// A new one.
    ///
    /// # Errors
    /// If there is no memory or no descriptor.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self::of(Words::new("tanist-guardian", END)?))
    }

    /// The one that was handed over.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn from_file(file: OwnedFd) -> io::Result<Self> {
        Ok(Self::of(Words::from_file(file, END)?))
    }

    fn of(words: Words) -> Self {
        let places = [DUTY, TAKEN, DUE, ACTIVE, PATIENCE, REPLACING];
        let [duty, taken, due, active, patience, replacing] = places.map(|place| words.word(place));
        Self { words, duty, taken, due, active, patience, replacing }
    }

    /// From now on there is something to be done when the daemon ends.
    pub(crate) fn begin(&self) {
        self.duty.set(ON);
    }

    /// The guardian is to end, and to leave everything as it is.
    pub(crate) fn dismiss(&self) {
        self.duty.set(DISMISSED);
    }

    pub(crate) fn is_dismissed(&self) -> bool {
        self.duty.get() == DISMISSED
    }

    /// The daemon executes another program in its place: all its threads but one end, which is no sign of its own end, and it
    /// may be late for longer.
    pub(crate) fn set_replacing(&self, replacing: Replacing) {
        self.replacing.set(match replacing {
            Replacing::No => OFF,
            Replacing::Yes => ON,
        });
    }

    pub(crate) fn is_replacing(&self) -> bool {
        self.replacing.get() == ON
    }

    pub(crate) fn duty(&self) -> Duty {
        if self.duty.get() == ON { Duty::On } else { Duty::Off }
    }

    /// Whether priority 0 was said in the daemon's name while it stood still.
    pub(crate) fn taken(&self) -> Taken {
        if self.taken.get() == OFF { Taken::No } else { Taken::Yes }
    }

    /// The guardian takes the role; to be done before it says anything.
    pub(crate) fn take(&self) {
        self.taken.set(ON);
    }

    /// The daemon has given the role up.
    pub(crate) fn give_back(&self) {
        self.taken.set(OFF);
    }

    /// Where the protocol thread says until when it sleeps.
    pub(crate) fn due(&self) -> Word {
        self.due.clone()
    }

    /// How many routers are Active, and by how much the daemon may be late then.
    pub(crate) fn set_active(&self, count: usize, patience: Duration) {
        self.patience.set(u64::try_from(patience.as_nanos()).unwrap_or(NEVER));
        self.active.set(u64::try_from(count).unwrap_or(NEVER));
    }

    pub(crate) fn is_any_active(&self) -> bool {
        self.active.get() > 0
    }

    pub(crate) fn beat(&self) -> Beat {
        let due = self.due.get();
        let due = (due != NEVER).then_some(Instant::from_nanos(due));
        let patience = Duration::from_nanos(self.patience.get());
        Beat { due, patience: if self.is_replacing() { REPLACED_WITHIN.max(patience * 2) } else { patience } }
    }

    /// What says priority 0 in the name of each router that is Active: the protocol thread's.
    pub(crate) fn releases(&self) -> Table {
        Table::new(&self.words, RELEASES, RELEASES_USED)
    }

    /// What takes the addresses of each router away: the host thread's.
    pub(crate) fn footprints(&self) -> Table {
        Table::new(&self.words, FOOTPRINTS, FOOTPRINTS_USED)
    }

    /// For the only thread that fills it.
    pub(crate) fn fill_releases(&self) -> Slots {
        Slots::new(self.releases())
    }

    /// For the only thread that fills it.
    pub(crate) fn fill_footprints(&self) -> Slots {
        Slots::new(self.footprints())
    }
}

impl AsFd for Page {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.words.as_fd()
    }
}
