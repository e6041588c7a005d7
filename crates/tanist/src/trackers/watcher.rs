//! The loop of those who watch what is planned: one task of the services thread.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

use super::readings::Readings;
use super::teller::Teller;
use super::{Kinds, Plan};
use crate::ports::events::EventSender;
use crate::ports::protocol::ProtocolHandle;
use crate::runner::Report;

/// Time between two tries to tell the protocol thread what found no room.
const RETRY: Duration = Duration::from_millis(50);
/// Time between two looks if there is nothing to watch.
const IDLE: Duration = Duration::from_secs(3600);

/// What the task works with.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) plan: watch::Receiver<Arc<Plan>>,
    pub(crate) protocol: ProtocolHandle,
    pub(crate) events: EventSender,
    /// Where word of the process that makes checks goes.
    pub(crate) complain: fn(&Report),
}

/// Watches everything that routers track but interfaces.
pub(crate) struct Watcher {
    plan: watch::Receiver<Arc<Plan>>,
    teller: Teller,
    kinds: Kinds,
}

impl Watcher {
    /// To be called inside the runtime that watches.
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { plan, protocol, events, complain } = parts;
        let teller = Teller { readings: Readings::new(protocol), events };
        Self { plan, teller, kinds: Kinds::new(complain) }
    }

    /// Watches until it is to stop; then nothing that it started still runs.
    pub(crate) async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        loop {
            let deadline = self.deadline();
            tokio::select! {
                _ = &mut stop => break,
                changed = self.plan.changed() => match changed {
                    Ok(()) => self.follow(),
                    // The main thread has ended: this one is about to.
                    Err(_) => {
                        stop.await.ok();
                        break;
                    }
                },
                () = self.kinds.take(&mut self.teller) => {}
                () = sleep_until(deadline) => {}
            }
            self.teller.readings.offer();
            self.kinds.act(&mut self.teller);
        }
        self.kinds.abandon();
    }

    fn deadline(&self) -> Instant {
        let now = Instant::now();
        let retry = self.teller.readings.wait().then(|| now + RETRY);
        self.kinds.deadline().into_iter().chain(retry).min().unwrap_or(now + IDLE)
    }

    fn follow(&mut self) {
        let plan = Arc::clone(&self.plan.borrow_and_update());
        self.kinds.follow(&plan, &mut self.teller);
    }
}
