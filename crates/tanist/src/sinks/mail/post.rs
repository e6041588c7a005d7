//! Mails that wait, and the task that sends them one by one. A server that is away, slow or unwilling delays mails only; what
//! waits too long is lost and counted.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use vrrp::types::MacAddr;

use super::message::{Culprit, Letter};
use super::smtp::{self, Envelope, Failure, Refusals};
use super::{Delivery, Mails};
use crate::names::Names;
use crate::ports::mail::{MailCounts, MailReport};
use crate::ports::overflow::Overflow;
use crate::ports::sightings::Sightings;
use crate::sinks::log;
use crate::wording;

/// Mails that may wait.
const WAITING: usize = 1024;
/// How long after its event a mail is tried again.
const LIFETIME: Duration = Duration::from_secs(300);
/// Pause after the first failure. Each further one is three times as long,
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long a mail waits until the MAC of another router was seen, and how often is looked.
const CULPRIT: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(100);
/// How long the stop of the daemon waits for mails.
const LAST_CHANCE: Duration = Duration::from_secs(2);

/// The end of the sink.
pub(super) struct Post {
    queue: mpsc::Sender<Letter>,
    /// Mails in the queue and in the task.
    waiting: Arc<AtomicU64>,
    /// Ends a pause.
    hurry: Arc<Notify>,
    counts: MailCounts,
    overflow: Overflow,
    task: JoinHandle<()>,
}

impl Post {
    /// Starts the task; on the services thread.
    pub(super) fn start(settings: watch::Receiver<Arc<Mails>>, counts: MailCounts, sightings: Sightings) -> Self {
        let (queue, letters) = mpsc::channel(WAITING);
        let (waiting, hurry) = (Arc::<AtomicU64>::default(), Arc::<Notify>::default());
        let carrier = Carrier {
            letters,
            settings,
            waiting: Arc::clone(&waiting),
            hurry: Arc::clone(&hurry),
            counts: counts.clone(),
            sightings,
            names: Names::default(),
            trouble: None,
            refused: HashSet::new(),
        };
        Self { queue, waiting, hurry, counts, overflow: Overflow::No, task: tokio::spawn(carrier.run()) }
    }

    pub(super) fn submit(&mut self, letter: Letter) {
        if self.queue.try_send(letter).is_ok() {
            self.waiting.fetch_add(1, Ordering::Relaxed);
            self.overflow = Overflow::No;
            return;
        }
        self.counts.count_lost(1);
        if self.overflow.is_news() {
            log::mail(&MailReport::Lost { why: format!("{WAITING} others wait for the mail server") });
        }
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) == 0
    }

    /// Each mail that waits has one more try, all together a short time.
    pub(super) async fn finish(mut self) {
        drop(self.queue);
        self.hurry.notify_one();
        if timeout(LAST_CHANCE, &mut self.task).await.is_err() {
            self.task.abort();
        }
        match self.waiting.load(Ordering::Relaxed) {
            0 => {}
            mails => log::mail(&MailReport::LeftBehind { mails }),
        }
    }
}

/// The task.
struct Carrier {
    letters: mpsc::Receiver<Letter>,
    settings: watch::Receiver<Arc<Mails>>,
    waiting: Arc<AtomicU64>,
    hurry: Arc<Notify>,
    counts: MailCounts,
    sightings: Sightings,
    names: Names,
    /// `None`: the last mail was taken.
    trouble: Option<Trouble>,
    /// Recipients that the server refused last time.
    refused: HashSet<String>,
}

/// Mails do not get through.
#[derive(Clone, Copy, Debug, Default)]
struct Trouble {
    /// How many were lost since.
    lost: u64,
}

impl Carrier {
    async fn run(mut self) {
        while let Some(mut letter) = self.letters.recv().await {
            if let Some(culprit) = letter.culprit.take() {
                letter.body.to_mut().push_str(&wording::sender(self.mac_of(&culprit).await));
            }
            self.deliver(&letter).await;
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The MAC that another router sends from, if that is seen soon: the wire is looked at since the event.
    async fn mac_of(&self, culprit: &Culprit) -> Option<MacAddr> {
        let end = Instant::now() + CULPRIT;
        loop {
            let mac = self.sightings.mac(&culprit.link, culprit.address);
            if mac.is_some() || Instant::now() >= end || self.letters.is_closed() {
                return mac;
            }
            sleep(LOOK).await;
        }
    }

    /// Tries until the mail is taken, or lost. If a reload wants no mails any more, it goes nowhere.
    async fn deliver(&mut self, letter: &Letter) {
        let mut pause = FIRST_PAUSE;
        let mut last = "the mail server takes none".to_owned();
        loop {
            let Some(delivery) = self.settings.borrow_and_update().delivery().cloned() else { return };
            let is_old = letter.at.elapsed().is_ok_and(|age| age > LIFETIME);
            if is_old && self.trouble.is_some() {
                return self.lose(last);
            }
            match self.hand_over(letter, &delivery).await {
                Ok(refusals) => return self.taken(refusals),
                Err(Failure::Refused(why)) => return self.lose(why),
                Err(Failure::Later(why)) => last = why,
            }
            if self.trouble.is_none() {
                self.trouble = Some(Trouble::default());
                log::mail(&MailReport::Waiting { why: last.clone(), patience: LIFETIME });
            }
            if self.letters.is_closed() {
                return self.lose(last);
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = self.hurry.notified() => {}
                // The main thread does not end before this one.
                Ok(()) = self.settings.changed() => {}
            }
            pause = (pause * 3).min(LONGEST_PAUSE);
        }
    }

    async fn hand_over(&self, letter: &Letter, delivery: &Delivery) -> Result<Refusals, Failure> {
        let Delivery { server, from, to, helo, host, patience } = delivery;
        let connected = timeout(*patience, self.names.connect(server)).await;
        let late = |_| Err(format!("{server} does not accept a connection within {patience:?}"));
        let stream = connected.unwrap_or_else(late).map_err(Failure::Later)?;
        let message = letter.message(from, to, host);
        smtp::send(stream, *patience, Envelope { helo, from, to, message: &message }).await
    }

    fn taken(&mut self, refusals: Refusals) {
        self.counts.count_sent();
        if let Some(Trouble { lost }) = self.trouble.take() {
            log::mail(&MailReport::TakenAgain { lost });
        }
        self.refused.retain(|address| refusals.iter().any(|(refused, _)| refused == address));
        for (address, why) in refusals {
            if self.refused.insert(address.clone()) {
                log::mail(&MailReport::RecipientRefused { address, why });
            }
        }
    }

    fn lose(&mut self, why: String) {
        self.counts.count_lost(1);
        let trouble = self.trouble.get_or_insert_default();
        trouble.lost += 1;
        if trouble.lost == 1 {
            log::mail(&MailReport::Lost { why });
        }
    }
}

#[cfg(test)]
mod tests;
