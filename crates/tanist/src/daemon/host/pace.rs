//! `vrrp_garp_interval`, `vrrp_gna_interval`: least times between announcements on one interface.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use conf::model::Gaps;
use vrrp::time::Instant;
use vrrp::types::{Family, IfIndex, RouterId};

use crate::ports::frames::{Announcement, Frames};

/// Announcements that may wait on one interface; further ones are left out, those that wait say the same.
const WAITING: usize = 65_536;

/// Announcements that wait for their turn.
#[derive(Default)]
pub(super) struct Pacer {
    gaps: Gaps,
    lanes: HashMap<(IfIndex, Family), Lane>,
}

/// The announcements of one kind on one interface.
struct Lane {
    waiting: VecDeque<Turn>,
    /// When the next may go.
    free_at: Instant,
}

/// One announcement of a router: a place in its frames.
struct Turn {
    router: RouterId,
    frames: Arc<Frames>,
    position: usize,
}

impl Pacer {
    pub(super) const fn set_gaps(&mut self, gaps: Gaps) {
        self.gaps = gaps;
    }

    /// Takes `rounds` rounds over all addresses of a router: those without a gap are sent at once.
    pub(super) fn offer(
        &mut self,
        router: RouterId,
        frames: &Arc<Frames>,
        rounds: u32,
        mut send: impl FnMut(&Announcement),
    ) {
        for _ in 0..rounds {
            for (position, announcement) in frames.announcements().iter().enumerate() {
                let key = announcement.lane();
                if gap(self.gaps, key.1).is_zero() {
                    send(announcement);
                    continue;
                }
                let lane = self.lanes.entry(key).or_insert_with(Lane::empty);
                if lane.waiting.len() < WAITING {
                    lane.waiting.push_back(Turn { router, frames: Arc::clone(frames), position });
                }
            }
        }
    }

    /// Forgets what waits of a router that is no longer master.
    pub(super) fn forget(&mut self, router: RouterId) {
        for lane in self.lanes.values_mut() {
            lane.waiting.retain(|turn| turn.router != router);
        }
    }

    /// Sends what may go now.
    pub(super) fn send_due(&mut self, now: Instant, mut send: impl FnMut(&Announcement)) {
        for (key, lane) in &mut self.lanes {
            if lane.free_at > now {
                continue;
            }
            if let Some(turn) = lane.waiting.pop_front() {
                turn.frames.announcements().get(turn.position).into_iter().for_each(&mut send);
                lane.free_at = now + gap(self.gaps, key.1);
            }
        }
        self.lanes.retain(|_, lane| !lane.waiting.is_empty() || lane.free_at > now);
    }

    /// When something may go next.
    pub(super) fn next(&self) -> Option<Instant> {
        self.lanes.values().filter(|lane| !lane.waiting.is_empty()).map(|lane| lane.free_at).min()
    }
}

impl Lane {
    const fn empty() -> Self {
        Self { waiting: VecDeque::new(), free_at: Instant::from_nanos(0) }
    }
}

const fn gap(gaps: Gaps, family: Family) -> Duration {
    match family {
        Family::Ipv4 => gaps.arp,
        Family::Ipv6 => gaps.na,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::frames::Announced;
    use vrrp::types::MacAddr;

    const GAP: Duration = Duration::from_millis(100);

    fn frames(addresses: &[&str]) -> Arc<Frames> {
        let (ifindex, mac) = (IfIndex::new(2).unwrap(), MacAddr([2, 0, 0, 0, 0, 1]));
        let announced = addresses.iter().map(|a| Announced { ifindex, mac, address: a.parse().unwrap() });
        Arc::new(Frames::new(ifindex, mac, mac, announced))
    }

    fn pacer() -> Pacer {
        let mut pacer = Pacer::default();
        pacer.set_gaps(Gaps { arp: GAP, na: Duration::ZERO });
        pacer
    }

    /// How many go at `now`.
    fn sent(pacer: &mut Pacer, now: Instant) -> usize {
        let mut count = 0;
        pacer.send_due(now, |_| count += 1);
        count
    }

    #[test]
    fn one_leaves_at_a_time_and_only_after_the_gap() {
        let (mut pacer, start) = (pacer(), Instant::from_nanos(1_000_000_000));
        pacer.offer(RouterId::default(), &frames(&["10.0.0.1", "10.0.0.2"]), 2, |_| panic!("ARP has a gap"));
        assert_eq!(sent(&mut pacer, start), 1);
        assert_eq!((pacer.next(), sent(&mut pacer, start + GAP / 2)), (Some(start + GAP), 0));
        for n in 1..4 {
            assert_eq!(sent(&mut pacer, start + GAP * n), 1);
        }
        assert_eq!((pacer.next(), sent(&mut pacer, start + GAP * 9)), (None, 0));
    }

    #[test]
    fn what_has_no_gap_leaves_at_once() {
        let mut count = 0;
        pacer().offer(RouterId::default(), &frames(&["2001:db8::1"]), 3, |_| count += 1);
        assert_eq!(count, 3);
    }

    #[test]
    fn a_router_that_is_no_longer_master_announces_nothing() {
        let mut pacer = pacer();
        pacer.offer(RouterId::default(), &frames(&["10.0.0.1"]), 5, |_| ());
        pacer.forget(RouterId::default());
        assert_eq!((pacer.next(), sent(&mut pacer, Instant::from_nanos(1))), (None, 0));
    }
}
