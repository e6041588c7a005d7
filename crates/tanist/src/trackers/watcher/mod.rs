//! Watches what is planned: one task of the services thread.

mod checks;
mod numbers;
mod processes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};
use vrrp::input::Reading;
use vrrp::types::TrackerId;

use self::checks::Checks;
use self::numbers::Numbers;
use self::processes::Counts;
use super::plan::Plan;
use super::readings::Readings;
use crate::ports::events::{EventSender, Occurrence};
use crate::ports::protocol::ProtocolHandle;
use crate::ports::tracking::{Found, TrackerEvent, TrackerKey};
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
    checks: Checks,
    numbers: Numbers,
    counts: Counts,
}

impl Watcher {
    /// To be called inside the runtime that watches.
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { plan, protocol, events, complain } = parts;
        let teller = Teller { readings: Readings::new(protocol), events };
        Self { plan, teller, checks: Checks::new(complain), numbers: Numbers::new(), counts: Counts::new() }
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
                end = self.checks.ended() => self.checks.take(end, &mut self.teller),
                (id, content) = self.numbers.found() => self.numbers.take(id, content, &mut self.teller),
                counts = self.counts.counted() => self.counts.take(&counts),
                () = sleep_until(deadline) => {}
            }
            self.teller.readings.offer();
            self.checks.make(&mut self.teller);
            self.counts.tell(&mut self.teller);
        }
        self.checks.abandon();
    }

    fn deadline(&self) -> Instant {
        let now = Instant::now();
        let retry = self.teller.readings.wait().then(|| now + RETRY);
        self.checks.deadline().into_iter().chain(self.counts.deadline()).chain(retry).min().unwrap_or(now + IDLE)
    }

    /// Watches what is planned now. What stays the same keeps what was counted.
    fn follow(&mut self) {
        let plan = Arc::clone(&self.plan.borrow_and_update());
        self.checks.follow(&plan.scripts, &mut self.teller);
        self.numbers.follow(&plan.files, &mut self.teller);
        self.counts.follow(&plan.processes, &mut self.teller);
    }
}

/// Tells routers what is read, and the log what was found.
struct Teller {
    readings: Readings,
    events: EventSender,
}

impl Teller {
    /// `said` is what routers were told before, and will have been told.
    fn tell(&mut self, id: TrackerId, key: &TrackerKey, said: &mut Reading, reading: Reading, found: Found) {
        if *said != reading {
            *said = reading;
            self.readings.say(id, reading);
        }
        self.events.send(Occurrence::Tracker(TrackerEvent { key: key.clone(), reading, found }));
    }

    /// What is no longer planned is dropped: nobody watches it any more.
    fn keep_planned<W, P>(&mut self, watched: &mut BTreeMap<TrackerId, W>, plan: &BTreeMap<TrackerId, P>) {
        watched.retain(|id, _| {
            let stays = plan.contains_key(id);
            if !stays {
                self.forget(*id);
            }
            stays
        });
    }

    /// Nobody watches it any more.
    fn forget(&mut self, id: TrackerId) {
        self.readings.say(id, Reading::Unknown);
    }
}
