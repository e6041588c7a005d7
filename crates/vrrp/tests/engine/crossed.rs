//! Two nodes with a sync group each, of which each node is superior in one router.

use vrrp::{Action, Input, StateName};

use crate::bench::SECOND;
use crate::group_bench::Node;
use StateName::{Active, Backup};

/// Two nodes whose links are perfect: what one sends the other hears at once, but after it has said its own.
struct Pair([Node; 2]);

impl Pair {
    fn step(&mut self) {
        let next = |node: &Node| node.engine.poll_timeout().map(|deadline| deadline.at);
        let now = self.0.iter().filter_map(next).min().unwrap();
        let sent = self.0.each_mut().map(|node| {
            node.now = now;
            let actions = node.give(Input::Wake { heard_until: now });
            adverts(node, &actions)
        });
        let mut to = 1;
        let mut waiting: Vec<(usize, usize, u8)> = Vec::new();
        for adverts in sent {
            waiting.extend(adverts.into_iter().map(|(place, priority)| (to, place, priority)));
            to = 0;
        }
        while !waiting.is_empty() {
            let mut next = Vec::new();
            for (to, place, priority) in waiting {
                let from = self.0[1 - to].host;
                let actions = self.0[to].hear(place, from, priority);
                let answers = adverts(&self.0[to], &actions);
                next.extend(answers.into_iter().map(|(place, priority)| (1 - to, place, priority)));
            }
            waiting = next;
        }
    }
}

fn adverts(node: &Node, actions: &[Action]) -> Vec<(usize, u8)> {
    let place = |router| node.routers.iter().position(|id| *id == router).unwrap();
    let advert = |action: &Action| {
        let Action::Transmit(it) = action else { return None };
        Some((place(it.router), it.priority.value()))
    };
    actions.iter().filter_map(advert).collect()
}

#[test]
fn groups_with_crossed_priorities_settle() {
    for (first, second) in [(1, 2), (2, 1), (10, 20), (7, 207), (100, 101)] {
        let mut pair = Pair([Node::started(first, &[200, 50]), Node::started(second, &[50, 200])]);
        let start = pair.0[0].now;
        while pair.0[0].now.since(start) < 60 * SECOND {
            pair.step();
            for node in &pair.0 {
                assert!(node.states().iter().all(|state| *state == node.state(0)), "mixed: {:?}", node.states());
            }
        }
        let one = pair.0[0].state(0);
        let other = pair.0[1].state(0);
        assert!([one, other] == [Active, Backup] || [one, other] == [Backup, Active], "{one:?} {other:?}");
        let settled = pair.0.iter().flat_map(|node| node.engine.groups()).map(|group| group.since.since(start)).max();
        assert!(settled.unwrap() < 30 * SECOND, "settled after {settled:?}");
    }
}
