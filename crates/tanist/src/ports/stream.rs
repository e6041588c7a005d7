//! The event stream: whoever follows gets each event from then on, and before it, if wanted, what is kept of the past.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::broadcast;

use super::events::NamedEvent;
use super::history::{History, Numbered, Past, Wanted};

/// Events kept for a follower that is slow; of more it loses the oldest.
const KEPT: usize = 4096;

/// The stream.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    history: Arc<Mutex<History>>,
    live: broadcast::Sender<Numbered>,
    begin: u64,
}

impl Stream {
    /// One that goes on from what a program before has kept, if there is one.
    pub(crate) fn new(past: Option<&Past>) -> Self {
        let history = past.map_or_else(|| History::at(SystemTime::now()), |it| History::after(it, SystemTime::now()));
        let begin = past.map_or_else(|| history.last() + 1, |past| past.begin);
        Self { history: Arc::new(Mutex::new(history)), live: broadcast::channel(KEPT).0, begin }
    }

    /// For a program that goes on in the place of this one.
    pub(crate) fn kept(&self) -> Past {
        self.history().past(self.begin)
    }

    /// Number of the first event of this daemon, in whichever program: whoever knows lower ones has them of one before, and missed what that one did
    /// last.
    pub(crate) const fn begin(&self) -> u64 {
        self.begin
    }

    /// All events from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Numbered> {
        self.live.subscribe()
    }

    /// What is kept of the past.
    pub(crate) fn past(&self, wanted: &Wanted) -> VecDeque<Numbered> {
        self.history().get(wanted)
    }

    /// What is kept of the past, and all events from now on: none is missing between them, and none is in both.
    pub(crate) fn past_and_on(&self, wanted: &Wanted) -> (VecDeque<Numbered>, broadcast::Receiver<Numbered>) {
        let history = self.history();
        (history.get(wanted), self.live.subscribe())
    }

    /// Whether anything is kept of the router or sync group of that name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.history().knows(name)
    }

    /// How many follow.
    pub(crate) fn followers(&self) -> usize {
        self.live.receiver_count()
    }

    pub(crate) fn send(&self, event: &Arc<NamedEvent>) {
        let mut history = self.history();
        let numbered = history.take(event);
        // Nobody may be listening.
        self.live.send(numbered).ok();
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
