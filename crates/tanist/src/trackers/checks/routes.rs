//! Routes that checks ask for. Each check asks the kernel; what the kernel tells of routes, links and addresses only makes
//! checks due, for it does not tell of every route that goes.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use linux::routes::{self, Change, DATAGRAM_LEN, Network};
use rustix::io::Errno;
use tokio::net::unix::pipe;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};
use vrrp::types::Family;

/// How long changes are gathered before the table is read: it may be a large one.
const GATHER: Duration = Duration::from_millis(20);

/// The networks that checks ask for.
pub(super) struct Routes {
    table: Table,
    /// A socket that is read like a pipe; `None`: nothing is wanted, or the kernel does not tell.
    kernel: Option<pipe::Receiver>,
    /// When checks are due because of what the kernel told.
    due: Option<Instant>,
}

/// The main table, as checks see it. Whoever asks while it is read shares the next look.
#[derive(Clone)]
pub(super) struct Table {
    wanted: Arc<BTreeSet<Network>>,
    ipv4: Arc<Mutex<Option<Look>>>,
    ipv6: Arc<Mutex<Option<Look>>>,
}

/// What was found in the table.
struct Look {
    begun: Instant,
    present: BTreeSet<Network>,
}

impl Routes {
    pub(super) fn new() -> Self {
        Self { table: Table::new(BTreeSet::new()), kernel: None, due: None }
    }

    /// Watches these from now on. To be called inside the runtime that watches.
    pub(super) fn follow(&mut self, wanted: BTreeSet<Network>) {
        if *self.table.wanted == wanted {
            return;
        }
        self.kernel = if wanted.is_empty() { None } else { listen() };
        self.table = Table::new(wanted);
        self.due = None;
    }

    /// For a check.
    pub(super) fn table(&self) -> Table {
        self.table.clone()
    }

    /// Waits until a route may have come or gone.
    pub(super) async fn changed(&mut self) {
        loop {
            let due = self.due;
            tokio::select! {
                news = hear(self.kernel.as_ref(), &self.table.wanted) => match news {
                    Ok(News::Nothing) => {}
                    Ok(News::MayHaveChanged) => _ = self.due.get_or_insert_with(|| Instant::now() + GATHER),
                    Err(error) => {
                        tracing::warn!("routes are checked now and then: the kernel does not tell of them: {error}");
                        self.kernel = None;
                    }
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.due = None;
                    return;
                }
            }
        }
    }
}

impl Table {
    fn new(wanted: BTreeSet<Network>) -> Self {
        Self { wanted: Arc::new(wanted), ipv4: Arc::default(), ipv6: Arc::default() }
    }

    /// Whether there is a route to a network that was wanted, now.
    ///
    /// # Errors
    /// If the table cannot be read; whoever asks next tries again.
    pub(super) async fn has(&self, network: Network) -> io::Result<bool> {
        // Of most networks a few questions show it; only where they do not the whole table is read.
        let shown = spawn_blocking(move || routes::leads(network)).await;
        if let Some(leads) = shown.unwrap_or_else(|error| Err(io::Error::other(error)))? {
            return Ok(leads);
        }
        self.has_in_table(network).await
    }

    /// The same by reading the table.
    async fn has_in_table(&self, network: Network) -> io::Result<bool> {
        let asked = Instant::now();
        let family = Family::of(&network.0);
        let looks = match family {
            Family::Ipv4 => &self.ipv4,
            Family::Ipv6 => &self.ipv6,
        };
        let mut last = Arc::clone(looks).lock_owned().await;
        if let Some(look) = last.as_ref().filter(|look| look.begun >= asked) {
            return Ok(look.present.contains(&network));
        }
        let wanted = Arc::clone(&self.wanted);
        // The look goes on if whoever asked no longer waits, and nobody begins another meanwhile.
        let look = spawn_blocking(move || {
            let begun = Instant::now();
            let present = routes::present(family, &wanted)?;
            let is_there = present.contains(&network);
            *last = Some(Look { begun, present });
            Ok(is_there)
        });
        look.await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

fn listen() -> Option<pipe::Receiver> {
    match routes::open().and_then(|socket| pipe::Receiver::from_file_unchecked(socket.into())) {
        Ok(socket) => Some(socket),
        Err(error) => {
            tracing::warn!("routes are checked now and then: the kernel cannot be asked to tell of them: {error}");
            None
        }
    }
}

/// What the kernel told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Nothing,
    MayHaveChanged,
}

/// Waits for what the kernel tells; for ever if there is nobody to tell.
async fn hear(kernel: Option<&pipe::Receiver>, wanted: &BTreeSet<Network>) -> io::Result<News> {
    let Some(socket) = kernel else { return std::future::pending().await };
    let mut buffer = vec![0; DATAGRAM_LEN];
    socket.readable().await?;
    let concerns = |change| match change {
        Change::Routes(network) => wanted.contains(&network),
        Change::Link => true,
    };
    match socket.try_read(&mut buffer) {
        Ok(length) if routes::changes(&buffer[..length]).any(concerns) => Ok(News::MayHaveChanged),
        Ok(_) => Ok(News::Nothing),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(News::Nothing),
        // Some news was lost.
        Err(error) if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => Ok(News::MayHaveChanged),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_reads_the_table_but_those_that_wait_share_a_look() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let nobodys: Network = ("192.0.2.77".parse().unwrap(), 32);
            let table = Table::new([nobodys].into());
            assert!(!table.has_in_table(nobodys).await.unwrap());
            let stale = Look { begun: Instant::now(), present: [nobodys].into() };
            *table.ipv4.lock().await = Some(stale);
            assert!(!table.has_in_table(nobodys).await.unwrap(), "what was found before the check does not count");
            // Two wait while somebody else looks, and what that one finds is older than their question or not.
            let mut looking = Arc::clone(&table.ipv4).lock_owned().await;
            let asking = [0; 2].map(|_| {
                tokio::spawn({
                    let table = table.clone();
                    async move { table.has_in_table(nobodys).await.unwrap() }
                })
            });
            tokio::task::yield_now().await;
            *looking = Some(Look { begun: Instant::now() + GATHER, present: [nobodys].into() });
            drop(looking);
            for answer in asking {
                assert!(answer.await.unwrap());
            }
        });
    }
}
