//! Questions that a thread answers in passing: it never waits for whoever asks, and wakes nobody.

use std::sync::mpsc;

use vrrp::types::RouterId;

/// Which routers a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    All,
    /// Those of them that still run.
    These(Vec<RouterId>),
}

/// A question, and where its answer goes. Being woken by the answer would cost the thread that gives it a lock of whoever
/// waits: an ordinary thread, which can be preempted while it holds that lock.
#[derive(Debug)]
pub(crate) struct Question<A> {
    asked: Asked,
    slot: mpsc::SyncSender<A>,
}

impl<A> Question<A> {
    /// The question, and where its answer will be found.
    pub(crate) fn new(asked: Asked) -> (Self, mpsc::Receiver<A>) {
        let (slot, answer) = mpsc::sync_channel(1);
        (Self { asked, slot }, answer)
    }

    pub(crate) fn answer(self, give: impl FnOnce(&Asked) -> A) {
        // The slot has room for the one answer, unless nobody waits for it any more.
        self.slot.try_send(give(&self.asked)).ok();
    }
}
