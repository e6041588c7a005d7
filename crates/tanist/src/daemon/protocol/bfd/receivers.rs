//! Receivers of BFD packets. They are open while a session needs them: another BFD daemon may want the ports otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Duration;

use linux::poll::Poll;
use linux::udp::{BATCH, DatagramReceiver, Inherited};
use vrrp::bfd::{Hops, Packet};
use vrrp::time::Instant;
use vrrp::types::Family;

use crate::ports::events::{EventSender, NetworkTask, Occurrence};
use crate::ports::protocol::SessionPlan;

/// Time between two tries to open a receiver.
const RETRY: Duration = Duration::from_secs(1);

/// What a receiver is for.
type Need = (Family, Hops);

pub(super) struct Receivers {
    /// With the least TTL or hop limit that any session takes.
    needed: BTreeMap<Need, u8>,
    open: Vec<(Need, DatagramReceiver)>,
    retry_at: Option<Instant>,
    /// Those of which it was reported that they cannot be opened, or fail.
    reported: BTreeSet<Need>,
    events: EventSender,
}

impl Receivers {
    pub(super) const fn new(events: EventSender) -> Self {
        Self { needed: BTreeMap::new(), open: Vec::new(), retry_at: None, reported: BTreeSet::new(), events }
    }

    /// Opens what these sessions need, and closes what none needs.
    pub(super) fn follow<'a>(&mut self, now: Instant, plans: impl Iterator<Item = &'a SessionPlan>, poll: &Poll) {
        self.needed.clear();
        for config in plans.map(|plan| &plan.config) {
            let least = self.needed.entry((Family::of(&config.neighbor), config.hops)).or_insert(u8::MAX);
            *least = config.least_hop_limit.min(*least);
        }
        self.open.retain(|(need, _)| self.needed.contains_key(need));
        self.reported.retain(|need| self.needed.contains_key(need));
        self.prefer_near();
        self.open_all(now, poll);
    }

    /// What comes from farther than any session takes is not to fill the buffers of those that are open.
    fn prefer_near(&mut self) {
        for (need, receiver) in &mut self.open {
            receiver.prefer(self.needed.get(need).copied().unwrap_or(0));
        }
    }

    /// When what could not be opened is tried again.
    pub(super) const fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }

    pub(super) fn retry(&mut self, now: Instant, poll: &Poll) {
        if self.retry_at.is_some_and(|at| at <= now) {
            self.open_all(now, poll);
        }
    }

    fn open_all(&mut self, now: Instant, poll: &Poll) {
        self.retry_at = None;
        for (need, least) in self.needed.clone() {
            if self.open.iter().any(|(open, _)| *open == need) {
                continue;
            }
            let (family, hops) = need;
            let opened = DatagramReceiver::open(family, hops.port()).and_then(|mut receiver| {
                receiver.prefer(least);
                poll.add(&receiver, token(need))?;
                Ok(receiver)
            });
            match opened {
                Ok(receiver) => {
                    self.open.push((need, receiver));
                    self.reported.remove(&need);
                }
                Err(error) => {
                    self.retry_at = Some(now + RETRY);
                    self.report(need, error);
                }
            }
        }
    }

    pub(super) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.open.iter().map(|(_, receiver)| receiver.as_fd())
    }

    /// Goes on with those of these sockets that are receivers; what came meanwhile waits in them. One that is of no use is
    /// opened anew. Returns the others.
    pub(super) fn adopt(&mut self, sockets: Vec<Inherited>, poll: &Poll) -> Vec<Inherited> {
        let mut others = Vec::new();
        for socket in sockets {
            let port = socket.local().port();
            let Some(hops) = [Hops::Single, Hops::Multiple].into_iter().find(|hops| hops.port() == port) else {
                others.push(socket);
                continue;
            };
            let need = (Family::of(&socket.local().ip()), hops);
            let adopted = DatagramReceiver::adopt(socket).and_then(|receiver| {
                poll.add(&receiver, token(need))?;
                Ok(receiver)
            });
            match adopted {
                Ok(receiver) => self.open.push((need, receiver)),
                Err(error) => self.report(need, error),
            }
        }
        others
    }

    /// How many are open; each has a place.
    pub(super) const fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn is_ready(&self, place: usize, ready: &[u64]) -> bool {
        self.open.get(place).is_some_and(|(need, _)| ready.contains(&token(*need)))
    }

    /// Takes a batch. Returns whether there may be more.
    pub(super) fn receive(&mut self, place: usize, mut each: impl FnMut(Packet<'_>)) -> bool {
        let Some((need, receiver)) = self.open.get_mut(place) else { return false };
        let (need, hops) = (*need, need.1);
        let taken = receiver.receive(|it| {
            let linux::udp::Datagram { link, source, destination, hop_limit, received, payload } = it;
            each(Packet { hops, link, source, destination, hop_limit, received, payload });
        });
        match taken {
            Ok(count) => count == BATCH,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
            Err(error) => {
                self.report(need, error);
                false
            }
        }
    }

    pub(super) fn overflows(&self) -> u64 {
        self.open.iter().map(|(_, receiver)| receiver.overflows()).sum()
    }

    /// Says it once until it works.
    fn report(&mut self, need: Need, error: io::Error) {
        let (family, hops) = need;
        if self.reported.insert(need) {
            let what = NetworkTask::Listen { family, port: hops.port() };
            self.events.send(Occurrence::Network { what, error });
        }
    }
}

/// Names a receiver to the thread's poll.
const fn token((family, hops): Need) -> u64 {
    super::super::FIRST_BFD_SOCKET
        + match (family, hops) {
            (Family::Ipv4, Hops::Single) => 0,
            (Family::Ipv6, Hops::Single) => 1,
            (Family::Ipv4, Hops::Multiple) => 2,
            (Family::Ipv6, Hops::Multiple) => 3,
        }
}
