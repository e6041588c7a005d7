//! The life of the service: as long as one is wanted there is a connection to the bus, or the next try is waited for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::connection::{Connected, End};
use super::{Changes, Parts};
use crate::control::state::Control;

/// How long a bus may take to give us the name.
const PATIENCE: Duration = Duration::from_secs(5);
/// Time between two tries, doubled by each that fails.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(60);

/// Serves until it is told to stop, or the main thread has ended.
pub(super) async fn run(
    mut parts: Parts,
    mut changes: Changes,
    control: Arc<Control>,
    mut stop: oneshot::Receiver<()>,
) {
    let mut retry = Retry::default();
    loop {
        let wanted = parts.wanted.borrow_and_update().clone();
        let Some(name) = wanted else {
            tokio::select! {
                changed = parts.wanted.changed() => if changed.is_err() { return },
                _ = &mut stop => return,
            }
            retry = Retry::default();
            continue;
        };
        let connecting = timeout(PATIENCE, Connected::open(&name, (&parts.names, &parts.main), &control));
        let outcome = tokio::select! {
            outcome = connecting => outcome.unwrap_or_else(|_| Err("the bus does not answer within 5 s".to_owned())),
            changed = parts.wanted.changed() => if changed.is_err() { return } else { continue },
            _ = &mut stop => return,
        };
        let since = Instant::now();
        let (why, lasted) = match outcome {
            Ok(connected) => {
                tracing::info!("served on D-Bus as {name}");
                match Box::pin(connected.serve(&mut parts, &mut changes, &mut stop)).await {
                    End::Stopped => return,
                    End::Renamed => continue,
                    End::Broken(why) => (why, since.elapsed()),
                }
            }
            Err(why) => (why, Duration::ZERO),
        };
        tokio::select! {
            () = sleep(retry.failed(&name, why, lasted)) => {}
            changed = parts.wanted.changed() => if changed.is_err() { return },
            _ = &mut stop => return,
        }
    }
}

/// When it is tried again. A bus that takes us and closes at once is no better than none.
#[derive(Debug, Default)]
struct Retry {
    /// The last wait.
    last: Option<Duration>,
    told: Option<String>,
}

impl Retry {
    /// The time to wait after a connection that has lasted for so long. Tells the log why, unless that is known.
    fn failed(&mut self, name: &str, why: String, lasted: Duration) -> Duration {
        if lasted >= LAST_RETRY {
            *self = Self::default();
        }
        if self.told.as_ref() != Some(&why) {
            tracing::warn!("not served on D-Bus as {name}, which is tried again: {why}");
            self.told = Some(why);
        }
        let wait = self.last.map_or(FIRST_RETRY, |last| (last * 2).min(LAST_RETRY));
        self.last = Some(wait);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_become_rarer_until_a_connection_has_lasted() {
        let mut retry = Retry::default();
        let mut failed = |lasted| retry.failed("a.b", "closed".to_owned(), lasted).as_secs();
        let waits: Vec<u64> = (0..8).map(|_| failed(Duration::ZERO)).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(failed(Duration::from_secs(59)), 60);
        assert_eq!(failed(Duration::from_secs(60)), 1);
    }
}
