//! Announcements: gratuitous ARP and unsolicited NA. The host thread sends all of them but the first round of a takeover.
//!
//! Each address has a number of rounds left. The first round of all addresses goes before the second of any. A configured
//! pace keeps announcements apart, and without one they leave in small bursts, so that adverts find room in the
//! interface's queue.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use vrrp::config::MOST_ROUNDS;
use vrrp::time::Instant;
use vrrp::types::RouterId;

use super::pace::{LaneKey, Pace};
use crate::ports::frames::{Announcement, Frames};
use crate::recovery::Links;

/// Announcements that leave one interface at once where no gap is configured.
const BURST: usize = 64;
/// Time between two bursts.
const PAUSE: Duration = Duration::from_millis(1);
/// For so long at the most an interface that may send waits for other work.
const PATIENCE: Duration = Duration::from_millis(500);

/// Announcements that wait for their turn.
#[derive(Default)]
pub(super) struct Announcer {
    pace: Pace,
    frames: HashMap<RouterId, Arc<Frames>>,
    lanes: HashMap<LaneKey, Lane>,
    turns: u64,
}

/// The announcements of one kind that wait for each other, those with the fewest rounds behind them first.
struct Lane {
    waiting: BTreeMap<Turn, Waiting>,
    turn_of: HashMap<(RouterId, IpAddr), Turn>,
    /// When the next may go.
    free_at: Instant,
}

/// Rounds sent, then the order in which they came.
type Turn = (u32, u64);

/// One address.
struct Waiting {
    router: RouterId,
    address: IpAddr,
    rounds: u32,
}

impl Announcer {
    /// Follows another pace. What waits goes on waiting.
    pub(super) fn set_pace(&mut self, pace: Pace, links: &Links) {
        self.pace = pace;
        self.pace.look_for_links(links);
        self.sort_anew();
    }

    /// An interface came, went, or has another name.
    pub(super) fn links_changed(&mut self, links: &Links) {
        if self.pace.look_for_links(links) {
            self.sort_anew();
        }
    }

    /// Puts what waits into the lanes where it belongs now, in its order.
    fn sort_anew(&mut self) {
        let lanes = std::mem::take(&mut self.lanes);
        let mut waiting: Vec<(Turn, Waiting)> = lanes.into_values().flat_map(|lane| lane.waiting).collect();
        waiting.sort_unstable_by_key(|(turn, _)| *turn);
        for (_, Waiting { router, address, rounds }) in waiting {
            self.offer(router, rounds, |announcement| announcement.address() == address);
        }
    }

    /// Gives a router other frames: addresses that are no longer in them are not announced any more.
    /// Returns those it had.
    pub(super) fn set_frames(&mut self, router: RouterId, frames: &Arc<Frames>) -> Option<Arc<Frames>> {
        let before = self.frames.insert(router, Arc::clone(frames));
        for old in before.iter().flat_map(|before| before.announcements()) {
            let new = frames.announcement(old.address());
            if new.is_none_or(|new| new.lane() != old.lane()) {
                self.withdraw(router, old);
            }
        }
        before
    }

    /// Takes in `rounds` rounds over those addresses of a router that `which` picks. What waits already is not added up.
    pub(super) fn offer(&mut self, router: RouterId, rounds: u32, which: impl Fn(&Announcement) -> bool) {
        let Some(frames) = self.frames.get(&router) else { return };
        let rounds = rounds.min(MOST_ROUNDS);
        for announcement in frames.announcements().iter().filter(|it| rounds > 0 && which(it)) {
            let lane = self.lanes.entry(self.pace.lane(announcement.lane())).or_insert_with(Lane::empty);
            self.turns += 1;
            lane.offer(self.turns, Waiting { router, address: announcement.address(), rounds });
        }
    }

    /// Forgets what waits of a router that is no longer master.
    pub(super) fn forget(&mut self, router: RouterId) {
        let Some(frames) = self.frames.get(&router).cloned() else { return };
        frames.announcements().iter().for_each(|announcement| self.withdraw(router, announcement));
    }

    fn withdraw(&mut self, router: RouterId, announcement: &Announcement) {
        if let Some(lane) = self.lanes.get_mut(&self.pace.lane(announcement.lane())) {
            lane.remove(router, announcement.address());
        }
    }

    /// Forgets a router that is no longer configured.
    pub(super) fn remove(&mut self, router: RouterId) {
        self.forget(router);
        self.frames.remove(&router);
    }

    /// Whether an interface has announced nothing for long, and has something to announce.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        self.next().is_some_and(|next| now.since(next) > PATIENCE)
    }

    /// Sends what may go now.
    pub(super) fn send_due(&mut self, now: Instant, mut send: impl FnMut(&Announcement)) {
        for (key, lane) in &mut self.lanes {
            if lane.free_at > now || lane.waiting.is_empty() {
                continue;
            }
            let (count, pause) = match self.pace.gap(*key) {
                Duration::ZERO => (BURST, PAUSE),
                gap => (1, gap),
            };
            for _ in 0..count {
                let Some((router, address)) = lane.next() else { break };
                let announcement = self.frames.get(&router).and_then(|frames| frames.announcement(address));
                announcement.into_iter().for_each(&mut send);
            }
            lane.free_at = now + pause;
        }
        self.lanes.retain(|_, lane| !lane.waiting.is_empty() || lane.free_at > now);
    }

    /// When something may go next.
    pub(super) fn next(&self) -> Option<Instant> {
        self.lanes.values().filter(|lane| !lane.waiting.is_empty()).map(|lane| lane.free_at).min()
    }
}

impl Lane {
    fn empty() -> Self {
        Self { waiting: BTreeMap::new(), turn_of: HashMap::new(), free_at: Instant::from_nanos(0) }
    }

    fn offer(&mut self, order: u64, new: Waiting) {
        let known = self.turn_of.get(&(new.router, new.address)).and_then(|turn| self.waiting.get_mut(turn));
        if let Some(known) = known {
            known.rounds = known.rounds.max(new.rounds);
            return;
        }
        let turn = (0, order);
        self.turn_of.insert((new.router, new.address), turn);
        self.waiting.insert(turn, new);
    }

    /// Takes the next round of an address.
    fn next(&mut self) -> Option<(RouterId, IpAddr)> {
        let ((sent, order), mut waiting) = self.waiting.pop_first()?;
        let key = (waiting.router, waiting.address);
        waiting.rounds -= 1;
        if waiting.rounds == 0 {
            self.turn_of.remove(&key);
        } else {
            let turn = (sent + 1, order);
            self.turn_of.insert(key, turn);
            self.waiting.insert(turn, waiting);
        }
        Some(key)
    }

    fn remove(&mut self, router: RouterId, address: IpAddr) {
        if let Some(turn) = self.turn_of.remove(&(router, address)) {
            self.waiting.remove(&turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use conf::model::Gaps;
    use conf::model::machine::GarpGroup;
    use slotmap::SlotMap;
    use vrrp::types::{IfIndex, MacAddr};

    use super::*;
    use crate::ports::frames::{Announced, Shows};
    use crate::recovery::links::example;

    const GAP: Duration = Duration::from_millis(100);
    const START: Instant = Instant::from_nanos(1_000_000_000);

    fn frames(addresses: &[&str]) -> Arc<Frames> {
        let (ifindex, mac) = (IfIndex::new(2).unwrap(), MacAddr([2, 0, 0, 0, 0, 1]));
        let shows = Shows::Nothing;
        let announced = addresses.iter().map(|a| Announced { ifindex, mac, address: a.parse().unwrap(), shows });
        Arc::new(Frames::new(ifindex, "eth0", mac, mac, announced))
    }

    /// An announcer of routers with these addresses.
    fn announcer(gap: Duration, routers: &[&[&str]]) -> (Announcer, Vec<RouterId>) {
        let (mut announcer, mut ids) = (Announcer::default(), SlotMap::<RouterId, ()>::with_key());
        announcer.set_pace(Pace::new(Gaps { arp: gap, na: Duration::ZERO }, Vec::new()), &Links::default());
        let ids: Vec<RouterId> = routers.iter().map(|_| ids.insert(())).collect();
        for (id, addresses) in ids.iter().zip(routers) {
            announcer.set_frames(*id, &frames(addresses));
        }
        (announcer, ids)
    }

    /// What goes at `now`.
    fn sent(announcer: &mut Announcer, now: Instant) -> Vec<String> {
        let mut all = Vec::new();
        announcer.send_due(now, |announcement| all.push(announcement.address().to_string()));
        all
    }

    /// Everything, in order.
    fn all(announcer: &mut Announcer) -> Vec<String> {
        let mut all = Vec::new();
        while let Some(at) = announcer.next() {
            all.extend(sent(announcer, at.max(START)));
        }
        all
    }

    #[test]
    fn one_leaves_at_a_time_and_only_after_the_gap() {
        let (mut announcer, ids) = announcer(GAP, &[&["10.0.0.1", "10.0.0.2"]]);
        announcer.offer(ids[0], 2, |_| true);
        assert_eq!(sent(&mut announcer, START).len(), 1);
        assert_eq!((announcer.next(), sent(&mut announcer, START + GAP / 2).len()), (Some(START + GAP), 0));
        for n in 1..4 {
            assert_eq!(sent(&mut announcer, START + GAP * n).len(), 1);
        }
        assert_eq!((announcer.next(), sent(&mut announcer, START + GAP * 9).len()), (None, 0));
    }

    #[test]
    fn who_has_just_announced_may_wait_for_other_work_but_not_for_long() {
        let (mut announcer, ids) = announcer(GAP, &[&["10.0.0.1", "10.0.0.2"]]);
        assert!(!announcer.is_overdue(START));
        announcer.offer(ids[0], 1, |_| true);
        assert!(announcer.is_overdue(START), "nothing was announced yet");
        sent(&mut announcer, START);
        let free = START + GAP;
        assert_eq!(
            [free, free + PATIENCE, free + PATIENCE * 2].map(|at| announcer.is_overdue(at)),
            [false, false, true]
        );
    }

    #[test]
    fn the_first_round_of_all_goes_before_the_second_of_any() {
        for gap in [GAP, Duration::ZERO] {
            let (mut announcer, ids) = announcer(gap, &[&["10.0.0.1", "10.0.0.2"], &["10.0.0.3"]]);
            announcer.offer(ids[0], 2, |_| true);
            let first = if gap == GAP { sent(&mut announcer, START) } else { Vec::new() };
            announcer.offer(ids[1], 2, |_| true);
            let order: Vec<String> = first.into_iter().chain(all(&mut announcer)).collect();
            let wanted = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1", "10.0.0.2", "10.0.0.3"];
            assert_eq!(order, wanted);
        }
    }

    #[test]
    fn no_number_of_rounds_is_too_large_and_bursts_are_small() {
        let (mut announcer, ids) = announcer(Duration::ZERO, &[&["10.0.0.1"]]);
        announcer.offer(ids[0], u32::MAX, |_| true);
        assert_eq!(sent(&mut announcer, START).len(), BURST);
        assert_eq!((announcer.next(), all(&mut announcer).len()), (Some(START + PAUSE), 100 - BURST));
    }

    #[test]
    fn what_waits_already_is_not_added_up() {
        let (mut announcer, ids) = announcer(Duration::ZERO, &[&["2001:db8::1"]]);
        announcer.offer(ids[0], 3, |_| true);
        announcer.offer(ids[0], 2, |_| true);
        assert_eq!(all(&mut announcer).len(), 3);
    }

    /// Frames of one address on another link.
    fn on_link(link: u32, address: &str) -> Arc<Frames> {
        let (ifindex, mac) = (IfIndex::new(link).unwrap(), MacAddr([2, 0, 0, 0, 0, 1]));
        let announced = Announced { ifindex, mac, address: address.parse().unwrap(), shows: Shows::Nothing };
        Arc::new(Frames::new(ifindex, "eth", mac, mac, std::iter::once(announced)))
    }

    /// Also one that comes later, or gets its name later.
    #[test]
    fn the_interfaces_of_a_group_keep_one_distance_in_each_family() {
        let (mut announcer, ids) = announcer(Duration::ZERO, &[&[], &[], &[], &[]]);
        let frames = [(2, "10.0.0.1"), (3, "10.0.0.2"), (4, "10.0.0.3"), (3, "2001:db8::1")];
        for (id, (link, address)) in ids.iter().zip(frames) {
            announcer.set_frames(*id, &on_link(link, address));
        }
        let group = GarpGroup { arp: Some(GAP), na: None, interfaces: vec!["a".into(), "b".into()] };
        let mut links = Links::default();
        links.insert(example(2, "a"));
        announcer.set_pace(Pace::new(Gaps::default(), vec![group]), &links);
        ids.iter().for_each(|id| announcer.offer(*id, 2, |_| true));
        links.insert(example(3, "b"));
        announcer.links_changed(&links);
        let mut first = sent(&mut announcer, START);
        first.sort();
        assert_eq!(first, ["10.0.0.1", "10.0.0.3", "10.0.0.3", "2001:db8::1", "2001:db8::1"]);
        let later = [1, 2, 3].map(|n| sent(&mut announcer, START + GAP * n).concat());
        assert_eq!(later, ["10.0.0.2", "10.0.0.1", "10.0.0.2"]);
    }

    #[test]
    fn an_address_that_was_removed_is_announced_no_more() {
        let (mut announcer, ids) = announcer(GAP, &[&["10.0.0.1", "10.0.0.2"]]);
        announcer.offer(ids[0], 1, |_| true);
        announcer.set_frames(ids[0], &frames(&["10.0.0.2", "10.0.0.3"]));
        assert_eq!(all(&mut announcer), ["10.0.0.2"]);
    }

    #[test]
    fn a_router_that_is_no_longer_master_announces_nothing() {
        let (mut announcer, ids) = announcer(GAP, &[&["10.0.0.1"], &["10.0.0.2"]]);
        ids.iter().for_each(|id| announcer.offer(*id, 5, |_| true));
        announcer.forget(ids[0]);
        announcer.remove(ids[1]);
        assert_eq!((announcer.next(), sent(&mut announcer, START).len()), (None, 0));
    }
}
