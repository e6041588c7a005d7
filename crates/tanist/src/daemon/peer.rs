//! A thread as the main thread sees it: asked, waited for while it shows signs of life, and given up when it does not.

use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use linux::clock;

use super::threads;
use crate::ports::mailbox::Handle;
use crate::ports::main::MainEvent;
use crate::ports::pulse::{Health, Pulse};

/// How long a thread that shows no sign of life may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time between two looks at it.
const LOOK: Duration = Duration::from_millis(250);

/// The way to another thread.
pub(super) struct Peer<C> {
    name: &'static str,
    commands: Handle<C>,
    pulse: Pulse,
}

/// The thread neither answers nor lives.
pub(super) struct Hangs;

impl<C> Peer<C> {
    pub(super) const fn new(name: &'static str, commands: Handle<C>, pulse: Pulse) -> Self {
        Self { name, commands, pulse }
    }

    /// Hands a command over. A thread that neither takes it nor lives takes the daemon down.
    pub(super) fn send(&self, command: C) {
        if self.hand_over(command).is_err() {
            threads::abort_process(self.name, "does not take commands");
        }
    }

    /// Takes the daemon down if the thread, asked `since` then, neither answers nor lives.
    pub(super) fn check(&self, since: Instant) {
        if self.hangs(since) {
            threads::abort_process(self.name, "does not answer");
        }
    }

    /// Asks the thread to end and waits until it has. Each further signal to stop makes it hurry.
    ///
    /// # Errors
    /// If it hangs, which is logged.
    pub(super) fn stop(
        &self,
        command: C,
        done: &Receiver<()>,
        inbox: &Receiver<MainEvent>,
        hurry: impl Fn() -> Option<C>,
    ) -> Result<(), Hangs> {
        let asked = Instant::now();
        let ended = self.hand_over(command).and_then(|()| self.wait(asked, done, inbox, hurry));
        if ended.is_err() {
            tracing::error!(
                "the {} thread hangs: what it should have undone is left for the guardian, or the next start",
                self.name
            );
        }
        ended
    }

    fn wait(
        &self,
        asked: Instant,
        done: &Receiver<()>,
        inbox: &Receiver<MainEvent>,
        hurry: impl Fn() -> Option<C>,
    ) -> Result<(), Hangs> {
        loop {
            match done.try_recv() {
                // A thread that ended without a word has been reported.
                Ok(()) | Err(TryRecvError::Disconnected) => {
                    // No sign of life is expected of it any more.
                    self.pulse.sleep_until(None);
                    return Ok(());
                }
                Err(TryRecvError::Empty) if self.hangs(asked) => return Err(Hangs),
                Err(TryRecvError::Empty) => {}
            }
            // Word of an answer comes here as well.
            if inbox.recv_timeout(LOOK).is_ok_and(MainEvent::is_stop)
                && let Some(command) = hurry()
            {
                self.hand_over(command)?;
            }
        }
    }

    fn hand_over(&self, mut command: C) -> Result<(), Hangs> {
        let start = Instant::now();
        loop {
            command = match self.commands.send_within(LOOK, command) {
                Ok(()) => return Ok(()),
                Err(_) if self.hangs(start) => return Err(Hangs),
                Err(command) => command,
            };
        }
    }

    fn hangs(&self, since: Instant) -> bool {
        since.elapsed() > PATIENCE && self.pulse.health(clock::now()) == Health::Silent
    }
}
