//! How the main thread is talked to: signals, requests of the API, answers of its threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM};

/// Events that may wait for the main thread.
const WAITING: usize = 64;

/// Something for the main thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MainEvent {
    /// A signal came: its number.
    Signal(i32),
    /// The time has come for a reload.
    ReloadDue,
    /// Another program is to be executed in the place of this one ([`RestartDesk`](super::restart::RestartDesk)).
    RestartAsked,
    /// An [`Answer`] was given.
    Answered,
}

/// Upon which the daemon is to stop.
pub(crate) const STOP: [i32; 3] = [SIGTERM, SIGINT, SIGQUIT];

impl MainEvent {
    /// Whether the daemon is to stop.
    pub(crate) fn is_stop(self) -> bool {
        matches!(self, Self::Signal(signal) if STOP.contains(&signal))
    }
}

/// Makes the main thread's inbox.
pub(crate) fn inbox() -> (MainHandle, mpsc::Receiver<MainEvent>) {
    let (sender, receiver) = mpsc::sync_channel(WAITING);
    (MainHandle { sender, stop: Arc::default() }, receiver)
}

/// The other threads' end.
#[derive(Clone, Debug)]
pub(crate) struct MainHandle {
    sender: mpsc::SyncSender<MainEvent>,
    stop: Arc<AtomicBool>,
}

impl MainHandle {
    /// Hands an event over, waiting for room; not for the protocol thread. A main thread that has ended needs none.
    pub(crate) fn send(&self, event: MainEvent) {
        self.sender.send(event).ok();
    }

    /// Hands an event over if there is room.
    ///
    /// # Errors
    /// If main has too much to do.
    pub(crate) fn offer(&self, event: MainEvent) -> Result<(), MainEvent> {
        self.sender.try_send(event).map_err(|_| event)
    }

    /// Set as soon as a signal to stop comes, while it is still on its way to the inbox.
    pub(crate) fn stop_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Whether a signal to stop has come.
    pub(crate) fn is_to_stop(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// A place for one answer that main waits for beside everything else.
    pub(crate) fn expect<T>(&self) -> (Answer<T>, mpsc::Receiver<T>) {
        let (slot, answer) = mpsc::sync_channel(1);
        (Answer { slot, main: self.clone() }, answer)
    }
}

/// Where one answer goes. Giving it never waits.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    slot: mpsc::SyncSender<T>,
    main: MainHandle,
}

impl<T> Answer<T> {
    pub(crate) fn give(self, value: T) {
        // The slot has room for the one answer, unless main no longer waits for it. An inbox that is full wakes main
        // anyway.
        self.slot.try_send(value).ok();
        self.main.sender.try_send(MainEvent::Answered).ok();
    }
}
