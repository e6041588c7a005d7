//! Routes that checks ask for: whether the main table has them, as soon as that changes. The kernel tells when routes to their
//! networks change; whether there is still one is read from the table.

use std::collections::BTreeSet;
use std::io;
use std::thread;
use std::time::Duration;

use linux::routes::{self, DATAGRAM_LEN, Network};
use rustix::io::Errno;
use tokio::net::unix::pipe;
use tokio::sync::watch;
use tokio::task::JoinSet;
use vrrp::types::Family;

/// How long changes are gathered before the table is read: it may be a large one.
const GATHER: Duration = Duration::from_millis(20);

/// What is known of the table: `None` until it was read, an error if it cannot be watched.
pub(super) type Known = Option<Result<BTreeSet<Network>, String>>;

/// The networks that checks ask for.
pub(super) struct Routes {
    wanted: BTreeSet<Network>,
    known: watch::Sender<Known>,
    /// A socket that is read like a pipe; `None`: nothing is wanted, or it cannot be watched.
    kernel: Option<pipe::Receiver>,
    looks: JoinSet<io::Result<BTreeSet<Network>>>,
    /// Something changed since the look that is under way.
    again: Again,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    Yes,
    No,
}

impl Routes {
    pub(super) fn new() -> Self {
        let (known, _) = watch::channel(None);
        Self { wanted: BTreeSet::new(), known, kernel: None, looks: JoinSet::new(), again: Again::No }
    }

    /// Watches these from now on. To be called inside the runtime that watches.
    pub(super) fn follow(&mut self, wanted: BTreeSet<Network>) {
        if self.wanted == wanted {
            return;
        }
        self.wanted = wanted;
        self.known.send_replace(None);
        self.looks = JoinSet::new();
        self.kernel = None;
        if self.wanted.is_empty() {
            return;
        }
        match routes::open().and_then(|socket| pipe::Receiver::from_file_unchecked(socket.into())) {
            Ok(socket) => {
                self.kernel = Some(socket);
                self.look(Duration::ZERO);
            }
            Err(error) => self.fail(&error),
        }
    }

    /// For a check: what is known, now and from now on.
    pub(super) fn known(&self) -> watch::Receiver<Known> {
        self.known.subscribe()
    }

    /// Waits until what is known is other than before.
    pub(super) async fn changed(&mut self) {
        loop {
            tokio::select! {
                changed = hear(self.kernel.as_ref()) => match changed {
                    Ok(networks) if networks.is_disjoint(&self.wanted) => {}
                    Ok(_) => self.look(GATHER),
                    Err(error) if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => self.look(GATHER),
                    Err(error) => {
                        self.kernel = None;
                        self.fail(&error);
                        return;
                    }
                },
                Some(look) = self.looks.join_next() => {
                    match look.unwrap_or_else(|error| Err(io::Error::other(error))) {
                        Ok(present) => drop(self.known.send_replace(Some(Ok(present)))),
                        Err(error) => self.fail(&error),
                    }
                    if std::mem::replace(&mut self.again, Again::No) == Again::Yes {
                        self.look(GATHER);
                    }
                    return;
                }
            }
        }
    }

    fn fail(&self, error: &io::Error) {
        self.known.send_replace(Some(Err(format!("the routing table cannot be watched: {error}"))));
    }

    /// Reads the table, one look at a time.
    fn look(&mut self, delay: Duration) {
        if !self.looks.is_empty() {
            self.again = Again::Yes;
            return;
        }
        let wanted = self.wanted.clone();
        self.looks.spawn_blocking(move || {
            thread::sleep(delay);
            let mut present = BTreeSet::new();
            for family in [Family::Ipv4, Family::Ipv6] {
                if wanted.iter().any(|(address, _)| Family::of(address) == family) {
                    present.append(&mut routes::present(family, &wanted)?);
                }
            }
            Ok(present)
        });
    }
}

/// Waits for networks whose routes changed; for ever if there is nobody to tell.
async fn hear(kernel: Option<&pipe::Receiver>) -> io::Result<BTreeSet<Network>> {
    let Some(socket) = kernel else { return std::future::pending().await };
    let (mut changed, mut buffer) = (BTreeSet::new(), vec![0; DATAGRAM_LEN]);
    socket.readable().await?;
    match socket.try_read(&mut buffer) {
        Ok(length) => changed.extend(routes::changed(&buffer[..length])),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
        Err(error) => return Err(error),
    }
    Ok(changed)
}
