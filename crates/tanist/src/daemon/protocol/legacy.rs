//! What the guardian says in the name of this process if that cannot: for each router that is Active the packets of priority 0
//! that follow on the advert sent last; for one that leaves and keeps its addresses, that it does. Made anew with each
//! advert, so that address, peers, MACs and sequence numbers are always those of now.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use host::Duty;
use linux::poll::Waker;
use vrrp::Engine;
use vrrp::action::{Destination, Transmit, TransmitFrom};
use vrrp::types::{Family, Priority, RouterId};
use vrrp::wire::{ETHERNET_LEN, multicast_mac, write_ethernet};

use crate::ports::frames::Frames;
use crate::shared::{Head, Page, Slots, Taken};

/// Room for the packets of one router: an advert of twenty addresses in four copies. More is allocated.
const ROOM: usize = 1024;

/// The protocol thread's part of the memory that it shares with the guardian.
#[derive(Debug)]
pub(crate) struct Legacy {
    page: Page,
    slots: Slots,
    guardian: Waker,
    /// It is to begin to look.
    is_to_wake: bool,
    /// By how much this process may be late for the peers of each router that is Active.
    patience: Patience,
    /// The advert whose packets are being gathered: its router and number.
    current: Option<(RouterId, u64)>,
    bytes: Vec<u8>,
}

impl Legacy {
    /// Wakes the `guardian` when it is to look, and when it need not.
    pub(in crate::daemon) fn new(page: Page, guardian: Waker) -> Self {
        let slots = page.fill_releases();
        let bytes = Vec::with_capacity(ROOM);
        Self { page, slots, guardian, is_to_wake: false, patience: Patience::default(), current: None, bytes }
    }

    pub(super) fn taken(&self) -> Taken {
        self.page.taken()
    }

    pub(super) fn give_back(&self) {
        self.page.give_back();
        self.guardian.wake();
    }

    /// A packet of an advert was queued. After [`Priority::RELEASE`] there is nothing left to be said; but as long as the router
    /// keeps its addresses for a successor, the guardian is to do so too.
    pub(super) fn note(&mut self, engine: &Engine, frames: &Frames, sent: &Transmit) {
        if self.page.duty() == Duty::Off {
            // There is no guardian.
            return;
        }
        let is_last = sent.priority == Priority::RELEASE;
        if is_last && !self.patience.of.contains_key(&sent.router) {
            return;
        }
        if self.current != Some((sent.router, sent.stamp.number)) {
            self.finish();
            if self.begin(engine, frames, sent).is_none() {
                return;
            }
        }
        if is_last {
            return;
        }
        let Some(release) = engine.release_after(sent) else { return };
        let Some(length) = engine.packet_len(&release) else { return };
        let bytes = &mut self.bytes;
        let group = match release.to {
            Destination::Multicast(group) => group,
            Destination::Unicast(peer) => {
                let write = |packet: &mut [u8]| engine.write_packet(&release, packet);
                return Head::add(bytes, frames.parent, Some(peer), length, write);
            }
        };
        let mut add = |source| {
            Head::add(bytes, frames.parent, None, ETHERNET_LEN + length, |frame| {
                let header = write_ethernet(frame, multicast_mac(group), source, Family::of(&group))?;
                Some(header + engine.write_packet(&release, frame.get_mut(header..)?)?)
            });
        };
        match release.from {
            TransmitFrom::Virtual => add(frames.virtual_mac),
            TransmitFrom::Physical => add(frames.physical),
            TransmitFrom::Both => {
                add(frames.virtual_mac);
                add(frames.physical);
            }
        }
    }

    fn begin(&mut self, engine: &Engine, frames: &Frames, sent: &Transmit) -> Option<()> {
        let outline = engine.outline(sent.router)?;
        let group = match sent.to {
            Destination::Multicast(group) => Some(group),
            Destination::Unicast(_) => None,
        };
        let (vrid, hold) = (outline.vrid, outline.linger);
        let head = Head { link: frames.parent, vrid, source: sent.stamp.source, group, hold };
        head.begin(&mut self.bytes);
        self.current = Some((sent.router, sent.stamp.number));
        let patience = host::patience(outline.down_interval);
        if self.patience.set(sent.router, Some(patience)) != Some(patience) {
            self.show_active();
        }
        Some(())
    }

    /// All packets of the advert are there.
    pub(super) fn finish(&mut self) {
        if let Some((router, _)) = self.current.take() {
            self.slots.put(router, &self.bytes);
        }
    }

    /// A router has no addresses any more.
    pub(super) fn leaves(&mut self, router: RouterId) {
        if self.current.is_some_and(|(current, _)| current == router) {
            self.current = None;
        }
        self.slots.clear(router);
        if self.patience.set(router, None).is_some() {
            self.show_active();
        }
    }

    fn show_active(&mut self) {
        let active = self.patience.of.len();
        self.page.set_active(active, self.patience.shortest());
        // With the first the looks begin; without any they end by themselves.
        self.is_to_wake |= active == 1;
    }

    /// Wakes the guardian if it is to begin to look. Not before what was noted is sent: a thread that is woken may take the processor.
    pub(super) fn wake(&mut self) {
        if std::mem::take(&mut self.is_to_wake) {
            self.guardian.wake();
        }
    }
}

/// A time for each of some routers, of which the shortest is known.
#[derive(Debug, Default)]
struct Patience {
    of: HashMap<RouterId, Duration>,
    /// How many routers have each.
    counts: BTreeMap<Duration, usize>,
}

impl Patience {
    /// Gives a router its time, or takes it away; returns what it had.
    fn set(&mut self, router: RouterId, time: Option<Duration>) -> Option<Duration> {
        let before = match time {
            Some(time) => self.of.insert(router, time),
            None => self.of.remove(&router),
        };
        if let Some(time) = time {
            *self.counts.entry(time).or_default() += 1;
        }
        if let Some(before) = before
            && let Some(count) = self.counts.get_mut(&before)
        {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&before);
            }
        }
        before
    }

    fn shortest(&self) -> Duration {
        self.counts.keys().next().copied().unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use slotmap::SlotMap;

    use super::*;

    #[test]
    fn the_shortest_time_is_that_of_the_routers_that_have_one_now() {
        let mut ids: SlotMap<RouterId, ()> = SlotMap::with_key();
        let [a, b] = [(); 2].map(|()| ids.insert(()));
        let [short, long] = [1, 3].map(Duration::from_secs);
        let mut patience = Patience::default();
        assert_eq!(patience.shortest(), Duration::MAX);
        assert_eq!([patience.set(a, Some(short)), patience.set(b, Some(short))], [None, None]);
        assert_eq!((patience.set(a, Some(long)), patience.shortest()), (Some(short), short));
        assert_eq!((patience.set(b, Some(short)), patience.shortest()), (Some(short), short));
        assert_eq!((patience.set(b, None), patience.shortest()), (Some(short), long));
        assert_eq!((patience.set(a, None), patience.shortest()), (Some(long), Duration::MAX));
    }
}
