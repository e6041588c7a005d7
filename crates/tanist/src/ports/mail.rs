//! What becomes of mails, for the log and `tanist status`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many mails went where.
#[derive(Clone, Debug, Default)]
pub(crate) struct MailCounts {
    sent: Arc<AtomicU64>,
    lost: Arc<AtomicU64>,
}

impl MailCounts {
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Those that the mail server did not take.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    pub(crate) fn count_sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_lost(&self, mails: u64) {
        self.lost.fetch_add(mails, Ordering::Relaxed);
    }
}

/// What the log says of mails: each once, until the server takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MailReport {
    /// Nobody takes mails, for this reason; they wait for so long.
    Waiting { why: String, patience: Duration },
    /// The first mail that is lost, for this reason.
    Lost { why: String },
    /// The server takes mails again; so many were lost.
    TakenAgain { lost: u64 },
    /// The server does not take mail for this recipient.
    RecipientRefused { address: String, why: String },
    /// So many were not sent when the daemon stopped.
    LeftBehind { mails: u64 },
}
