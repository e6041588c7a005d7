//! `interface_up_down_delays`: a change of a link counts when it has lasted. No clock.

use std::collections::HashMap;
use std::time::Duration;

use conf::model::machine::LinkDelay;
use vrrp::input::LinkState;
use vrrp::time::Instant;
use vrrp::types::IfIndex;

use crate::recovery::{Links, links};
use linux::link::LinkInfo;

/// The states that count of links whose changes are delayed. All others count as they are.
#[derive(Debug, Default)]
pub(super) struct Debounce {
    delays: HashMap<String, LinkDelay>,
    links: HashMap<IfIndex, Counted>,
}

#[derive(Clone, Copy, Debug)]
struct Counted {
    state: LinkState,
    /// The link is in the other state.
    change: Option<Change>,
}

/// A change that does not count yet.
#[derive(Clone, Copy, Debug)]
struct Change {
    since: Instant,
    delay: Duration,
}

impl Change {
    fn counts_at(self) -> Instant {
        self.since + self.delay
    }
}

impl Debounce {
    /// Delays these from now on, and changes that do not count yet as well. Of links that were not delayed, the state that
    /// they have now counts.
    pub(super) fn follow(&mut self, delays: &[LinkDelay], links: &Links) {
        self.delays = delays.iter().map(|delay| (delay.interface.clone(), delay.clone())).collect();
        let delays = &self.delays;
        self.links.retain(|index, _| links.get(*index).is_some_and(|link| delays.contains_key(&link.name)));
        for (name, delay) in delays {
            let Some(link) = links.named(name) else { continue };
            let counted =
                self.links.entry(link.index).or_insert_with(|| Counted { state: links::state(link), change: None });
            if let Some(change) = &mut counted.change {
                change.delay = before(delay, other(counted.state));
            }
        }
    }

    /// The kernel says how a link is. The first state of one counts at once.
    pub(super) fn note(&mut self, now: Instant, link: &LinkInfo) {
        let Some(delay) = self.delays.get(&link.name) else {
            self.links.remove(&link.index);
            return;
        };
        let state = links::state(link);
        let counted = self.links.entry(link.index).or_insert(Counted { state, change: None });
        if counted.state == state {
            counted.change = None;
            return;
        }
        let delay = before(delay, state);
        if delay.is_zero() {
            *counted = Counted { state, change: None };
        } else if counted.change.is_none() {
            counted.change = Some(Change { since: now, delay });
        }
    }

    /// The link is gone: if it comes again, its first state counts.
    pub(super) fn forget(&mut self, link: IfIndex) {
        self.links.remove(&link);
    }

    /// The state that counts.
    pub(super) fn state(&self, link: &LinkInfo) -> LinkState {
        self.links.get(&link.index).map_or_else(|| links::state(link), |counted| counted.state)
    }

    /// The links whose changes have lasted long enough.
    pub(super) fn due(&mut self, now: Instant) -> Vec<IfIndex> {
        let mut due = Vec::new();
        for (index, counted) in &mut self.links {
            if counted.change.is_some_and(|change| change.counts_at() <= now) {
                *counted = Counted { state: other(counted.state), change: None };
                due.push(*index);
            }
        }
        due
    }

    /// When [`Debounce::due`] is to be asked.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.links.values().filter_map(|counted| counted.change).map(Change::counts_at).min()
    }
}

/// How long a link must be in this state before it counts.
const fn before(delay: &LinkDelay, state: LinkState) -> Duration {
    match state {
        LinkState::Down => delay.down,
        LinkState::Up => delay.up,
    }
}

const fn other(state: LinkState) -> LinkState {
    match state {
        LinkState::Down => LinkState::Up,
        LinkState::Up => LinkState::Down,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recovery::links::example;

    const DOWN: LinkState = LinkState::Down;
    const UP: LinkState = LinkState::Up;

    fn at(millis: u64) -> Instant {
        Instant::default() + Duration::from_millis(millis)
    }

    /// The states that count at each of these moments, after what the kernel says at some of them.
    fn states(down: u64, up: u64, says: &[(u64, LinkState)], asked: &[u64]) -> Vec<LinkState> {
        let delay =
            LinkDelay { interface: "eth0".into(), down: Duration::from_millis(down), up: Duration::from_millis(up) };
        let mut links = Links::default();
        let link = |running| LinkInfo { running, ..example(2, "eth0") };
        links.insert(link(UP));
        let mut debounce = Debounce::default();
        debounce.follow(&[delay], &links);
        let mut states = Vec::new();
        for moment in 0..1000 {
            says.iter()
                .filter(|(when, _)| *when == moment)
                .for_each(|(_, state)| debounce.note(at(moment), &link(*state)));
            debounce.due(at(moment));
            if asked.contains(&moment) {
                states.push(debounce.state(&link(DOWN)));
            }
        }
        assert_eq!(debounce.deadline(), None);
        states
    }

    #[test]
    fn a_change_counts_when_it_has_lasted() {
        for (down, up, says, asked, expected) in [
            (0, 0, &[(10, DOWN), (20, UP)][..], &[9, 10, 19, 20][..], &[UP, DOWN, DOWN, UP][..]),
            (50, 0, &[(10, DOWN), (80, UP)], &[59, 60, 79, 80], &[UP, DOWN, DOWN, UP]),
            (0, 50, &[(10, DOWN), (80, UP)], &[9, 10, 129, 130], &[UP, DOWN, DOWN, UP]),
            // A link that flaps goes down when it has been down for long enough at one time.
            (50, 50, &[(10, DOWN), (50, UP), (60, DOWN), (80, UP), (90, DOWN)], &[110, 139, 140], &[UP, UP, DOWN]),
            // That it is down is said once more.
            (50, 50, &[(10, DOWN), (40, DOWN)], &[59, 60], &[UP, DOWN]),
        ] {
            assert_eq!(states(down, up, says, asked), expected, "{down} {up} {says:?}");
        }
    }

    #[test]
    fn a_change_that_does_not_count_yet_follows_another_delay() {
        for (millis, expected) in [(0, at(10)), (50, at(60)), (5_000, at(5_010))] {
            let (mut debounce, mut links) = (Debounce::default(), Links::default());
            let delay = |down| {
                let hour = Duration::from_secs(3600);
                LinkDelay { interface: "eth0".into(), down, up: hour }
            };
            links.insert(example(2, "eth0"));
            debounce.follow(&[delay(Duration::from_secs(600))], &links);
            let down = LinkInfo { running: DOWN, ..example(2, "eth0") };
            debounce.note(at(10), &down);
            links.insert(down.clone());
            debounce.follow(&[delay(Duration::from_millis(millis))], &links);
            assert_eq!(debounce.deadline(), Some(expected));
            assert_eq!(debounce.due(expected), [IfIndex::new(2).unwrap()]);
            assert_eq!(debounce.state(&down), DOWN);
        }
    }

    #[test]
    fn a_link_that_comes_again_counts_as_it_is() {
        let (mut debounce, mut links) = (Debounce::default(), Links::default());
        links.insert(example(2, "eth0"));
        let hour = Duration::from_secs(3600);
        debounce.follow(&[LinkDelay { interface: "eth0".into(), down: hour, up: hour }], &links);
        let down = LinkInfo { running: DOWN, ..example(2, "eth0") };
        debounce.note(at(0), &down);
        assert_eq!(debounce.state(&down), UP);
        debounce.forget(IfIndex::new(2).unwrap());
        debounce.note(at(1), &down);
        assert_eq!(debounce.state(&down), DOWN);
        // No delay any more: it is as it is, at once.
        debounce.note(at(2), &example(2, "eth0"));
        assert_eq!(debounce.state(&example(2, "eth0")), DOWN);
        debounce.follow(&[], &links);
        assert_eq!((debounce.state(&example(2, "eth0")), debounce.deadline()), (UP, None));
    }
}
