//! The event stream: whoever listens at the moment gets each event.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::events::NamedEvent;

/// Events kept for a listener that is slow; of more it loses the oldest.
const KEPT: usize = 4096;

/// The stream.
#[derive(Clone, Debug)]
pub(crate) struct Stream(broadcast::Sender<Arc<NamedEvent>>);

impl Stream {
    pub(crate) fn new() -> Self {
        Self(broadcast::channel(KEPT).0)
    }

    /// All events from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<NamedEvent>> {
        self.0.subscribe()
    }

    /// How many listen.
    pub(crate) fn followers(&self) -> usize {
        self.0.receiver_count()
    }

    pub(crate) fn send(&self, event: &Arc<NamedEvent>) {
        // Nobody may be listening.
        self.0.send(Arc::clone(event)).ok();
    }
}
