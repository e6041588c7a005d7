//! Which hosts have an address, and since when, as their kernels tell: with two masters two have it, with none nobody.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use linux::monitor::Monitor;
use linux::poll::{Poll, Waker};
use linux::{Machine, clock};
use vrrp::time::Instant;

use crate::host::Host;

/// A look at some hosts that goes on until it is dropped. It sees addresses, not whether packets reach them;
/// what changes on two hosts within a tenth of a millisecond counts as one change.
#[derive(Debug)]
pub struct Holders {
    record: Arc<Mutex<Vec<Holding>>>,
    stop: Waker,
    thread: Option<JoinHandle<()>>,
}

/// From a time on these hosts have the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Since when.
    pub since: Instant,
    /// Their places in the list that was given to [`Holders::watch`], in order.
    pub hosts: Vec<usize>,
}

/// How an address was held in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Time in which nobody had it.
    pub by_none: Duration,
    /// Time in which more than one host had it.
    pub by_several: Duration,
}

impl Held {
    /// What these changes, in their order, come to from `from` to `to`. Before the first nobody has it.
    #[must_use]
    pub fn between(changes: &[Holding], from: Instant, to: Instant) -> Self {
        let nobody = Holding { since: from, hosts: Vec::new() };
        let starts = std::iter::once(&nobody).chain(changes);
        let ends = changes.iter().map(|change| change.since).chain([to]);
        let mut held = Self::default();
        for (holding, end) in starts.zip(ends) {
            let length = end.min(to).since(holding.since.max(from));
            match holding.hosts.len() {
                0 => held.by_none += length,
                1 => {}
                _ => held.by_several += length,
            }
        }
        held
    }
}

/// The token of the poll that ends the look; those of the hosts are their places.
const STOP: u64 = u64::MAX;

/// What is heard of one host.
struct Listener {
    monitor: Monitor,
    machine: Machine,
}

impl Listener {
    fn open() -> io::Result<Self> {
        Ok(Self { monitor: Monitor::open()?, machine: Machine::open().map_err(io::Error::other)? })
    }

    fn has(&mut self, address: IpAddr) -> io::Result<bool> {
        let addresses = self.machine.addresses().map_err(io::Error::other)?;
        Ok(addresses.iter().any(|it| it.address == address))
    }
}

impl Holders {
    /// Begins to look which of `hosts` have `address`.
    ///
    /// # Errors
    /// If the kernel refuses to tell.
    pub fn watch<'a>(hosts: impl IntoIterator<Item = &'a Host>, address: IpAddr) -> io::Result<Self> {
        let (stop, poll) = (Waker::new()?, Poll::new()?);
        poll.add(&stop, STOP)?;
        let mut listeners = Vec::new();
        for (token, host) in (0..).zip(hosts) {
            let listener = host.namespace.run(Listener::open)??;
            poll.add(&listener.monitor, token)?;
            listeners.push(listener);
        }
        let record = Arc::<Mutex<Vec<Holding>>>::default();
        let thread = thread::Builder::new().name("holders".into()).spawn({
            let record = Arc::clone(&record);
            move || {
                // A kernel that tells no more ends the look; what it has told stays.
                look(&record, listeners, poll, address).ok();
            }
        })?;
        Ok(Self { record, stop, thread: Some(thread) })
    }

    /// All changes so far, in their order.
    #[must_use]
    pub fn changes(&self) -> Vec<Holding> {
        lock(&self.record).clone()
    }
}

impl Drop for Holders {
    fn drop(&mut self) {
        self.stop.wake();
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

fn lock(record: &Mutex<Vec<Holding>>) -> MutexGuard<'_, Vec<Holding>> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks each host again whenever its kernel tells of a change.
fn look(record: &Mutex<Vec<Holding>>, mut listeners: Vec<Listener>, mut poll: Poll, address: IpAddr) -> io::Result<()> {
    let (mut ready, mut told, mut hosts) = (Vec::new(), Vec::new(), Vec::new());
    while !ready.contains(&STOP) {
        for listener in &mut listeners {
            listener.monitor.read(&mut told)?;
        }
        told.clear();
        let since = clock::now();
        let mut holders = Vec::new();
        for (place, listener) in listeners.iter_mut().enumerate() {
            if listener.has(address)? {
                holders.push(place);
            }
        }
        if holders != hosts {
            hosts.clone_from(&holders);
            lock(record).push(Holding { since, hosts: holders });
        }
        poll.wait(&mut ready)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(milliseconds: u64) -> Instant {
        Instant::from_nanos(milliseconds * 1_000_000)
    }

    #[test]
    fn only_time_within_the_stretch_counts() {
        let change = |milliseconds, hosts: &[usize]| Holding { since: at(milliseconds), hosts: hosts.to_vec() };
        let changes = [change(100, &[0]), change(200, &[0, 1]), change(230, &[1]), change(300, &[]), change(310, &[0])];
        let held = |from, to| {
            let Held { by_none, by_several } = Held::between(&changes, at(from), at(to));
            (by_none.as_millis(), by_several.as_millis())
        };
        assert_eq!(held(0, 400), (110, 30));
        assert_eq!(held(210, 220), (0, 10));
        assert_eq!(held(210, 305), (5, 20));
        assert_eq!(held(0, 50), (50, 0));
        assert_eq!(held(310, 400), (0, 0));
        assert_eq!(Held::between(&[], at(0), at(7)), Held { by_none: Duration::from_millis(7), ..Held::default() });
    }
}
