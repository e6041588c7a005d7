//! Every state of a group of two × every event: what becomes of both routers and what they do. What an advert means to one
//! router alone is the table of `table`.

use std::time::Duration;

use vrrp::config::RouterConfig;
use vrrp::{Action, GroupConfig, GroupId, HostState, Input, LinkState, StateName};

use crate::bench::{MILLISECOND, SECOND};
use crate::group_bench::{GROUP, Node};
use StateName::{Active, Backup, Initialize};

/// In what state the group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// The link of the first is down.
    FirstUnable,
    /// That of the second is.
    SecondUnable,
    Listening,
    /// The first would be Active; the second follows a master of priority 200.
    Claiming,
    Speaking,
}

const GROUPS: [Group; 5] =
    [Group::FirstUnable, Group::SecondUnable, Group::Listening, Group::Claiming, Group::Speaking];

/// Something that happens, to the first router unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    LinkUp,
    LinkDown,
    LinkDownOfSecond,
    HostFailed,
    Stopped,
    StoppedSecond,
    AllStopped,
    Release,
    ReleaseForSecond,
    Inferior,
    Superior,
    SuperiorForSecond,
    TimerExpires,
    /// So late that others have taken over.
    TimerExpiredLongAgo,
    SecondLeaves,
    GroupGoes,
    SameGroups,
    OtherName,
}

/// What becomes of both, and what is done.
type Cell = ([StateName; 2], &'static [&'static str]);

const OUT: [StateName; 2] = [Initialize, Initialize];
const LISTEN: [StateName; 2] = [Backup, Backup];
const SPEAK: [StateName; 2] = [Active, Active];

/// In the order of `GROUPS`.
const TABLE: &[(Event, [Cell; 5])] = &[
    (
        Event::LinkUp,
        [(LISTEN, &["G Backup", "0 Backup", "1 Backup"]), (OUT, &[]), (LISTEN, &[]), (LISTEN, &[]), (SPEAK, &[])],
    ),
    (
        Event::LinkDown,
        [
            (OUT, &[]),
            (OUT, &[]),
            (OUT, &["0 Initialize", "1 Initialize", "G Initialize"]),
            (OUT, &["0 Initialize", "1 Initialize", "G Initialize"]),
            (
                OUT,
                &["0 send 0", "1 send 0", "0 withdraw", "0 Initialize", "1 withdraw", "1 Initialize", "G Initialize"],
            ),
        ],
    ),
    (
        Event::LinkDownOfSecond,
        [
            (OUT, &[]),
            (OUT, &[]),
            (OUT, &["1 Initialize", "0 Initialize", "G Initialize"]),
            (OUT, &["1 Initialize", "0 Initialize", "G Initialize"]),
            (
                OUT,
                &["1 send 0", "0 send 0", "1 withdraw", "1 Initialize", "0 withdraw", "0 Initialize", "G Initialize"],
            ),
        ],
    ),
    (
        Event::HostFailed,
        [
            (OUT, &[]),
            (OUT, &[]),
            (OUT, &["0 Initialize", "1 Initialize", "G Initialize"]),
            (OUT, &["0 Initialize", "1 Initialize", "G Initialize"]),
            (
                OUT,
                &["0 send 0", "1 send 0", "0 withdraw", "0 Initialize", "1 withdraw", "1 Initialize", "G Initialize"],
            ),
        ],
    ),
    (
        Event::Stopped,
        [
            ([Initialize, Backup], &["0 waits for [LinkDown, Shutdown]", "G Backup", "1 Backup"]),
            (OUT, &["0 waits for [Shutdown, Group]"]),
            ([Initialize, Backup], &["0 Initialize"]),
            ([Initialize, Backup], &["0 Initialize"]),
            ([Initialize, Active], &["0 send 0", "0 withdraw", "0 Initialize"]),
        ],
    ),
    (
        Event::StoppedSecond,
        [
            (OUT, &["1 waits for [Shutdown, Group]"]),
            ([Backup, Initialize], &["1 waits for [LinkDown, Shutdown]", "G Backup", "0 Backup"]),
            ([Backup, Initialize], &["1 Initialize"]),
            ([Active, Initialize], &["0 send 150", "1 Initialize", "0 install", "0 Active", "G Active"]),
            ([Active, Initialize], &["1 send 0", "1 withdraw", "1 Initialize"]),
        ],
    ),
    (
        Event::AllStopped,
        [
            (OUT, &["0 waits for [LinkDown, Shutdown]", "1 waits for [Shutdown, Group]", "G waits for [Shutdown]"]),
            (OUT, &["0 waits for [Shutdown, Group]", "1 waits for [LinkDown, Shutdown]", "G waits for [Shutdown]"]),
            (OUT, &["0 Initialize", "1 Initialize", "G Initialize"]),
            (OUT, &["0 Initialize", "1 Initialize", "G Initialize"]),
            (
                OUT,
                &["0 send 0", "1 send 0", "0 withdraw", "0 Initialize", "1 withdraw", "1 Initialize", "G Initialize"],
            ),
        ],
    ),
    (Event::Release, [(OUT, &[]), (OUT, &[]), (LISTEN, &[]), (LISTEN, &[]), (SPEAK, &["0 send 150"])]),
    (Event::ReleaseForSecond, [(OUT, &[]), (OUT, &[]), (LISTEN, &[]), (LISTEN, &[]), (SPEAK, &["1 send 150"])]),
    (Event::Inferior, [(OUT, &[]), (OUT, &[]), (LISTEN, &[]), (LISTEN, &[]), (SPEAK, &["0 send 150"])]),
    (
        Event::Superior,
        [
            (OUT, &[]),
            (OUT, &[]),
            (LISTEN, &[]),
            (LISTEN, &[]),
            (LISTEN, &["1 send 0", "0 withdraw", "0 Backup", "1 withdraw", "1 Backup", "G Backup"]),
        ],
    ),
    (
        Event::SuperiorForSecond,
        [
            (OUT, &[]),
            (OUT, &[]),
            (LISTEN, &[]),
            (LISTEN, &[]),
            (LISTEN, &["0 send 0", "1 withdraw", "1 Backup", "0 withdraw", "0 Backup", "G Backup"]),
        ],
    ),
    (
        Event::TimerExpires,
        [
            (OUT, &[]),
            (OUT, &[]),
            (SPEAK, &["1 send 150", "0 send 150", "1 install", "1 Active", "0 install", "0 Active", "G Active"]),
            (SPEAK, &["1 send 150", "0 send 150", "1 install", "1 Active", "0 install", "0 Active", "G Active"]),
            (SPEAK, &["0 send 150", "1 send 150"]),
        ],
    ),
    (
        Event::TimerExpiredLongAgo,
        [
            (OUT, &[]),
            (OUT, &[]),
            (LISTEN, &[]),
            (LISTEN, &[]),
            (LISTEN, &["0 withdraw", "0 Backup", "1 withdraw", "1 Backup", "G Backup"]),
        ],
    ),
    (
        Event::SecondLeaves,
        [
            ([Initialize, Backup], &["1 Backup"]),
            ([Backup, Initialize], &["G Backup", "0 Backup"]),
            (LISTEN, &[]),
            ([Active, Backup], &["0 send 150", "0 install", "0 Active", "G Active"]),
            (SPEAK, &[]),
        ],
    ),
    (
        Event::GroupGoes,
        [
            ([Initialize, Backup], &["1 Backup"]),
            ([Backup, Initialize], &["0 Backup"]),
            (LISTEN, &[]),
            (LISTEN, &[]),
            (SPEAK, &[]),
        ],
    ),
    (Event::SameGroups, [(OUT, &[]), (OUT, &[]), (LISTEN, &[]), (LISTEN, &[]), (SPEAK, &[])]),
    (
        Event::OtherName,
        [
            (OUT, &["G waits for [LinkDown]"]),
            (OUT, &["G waits for [LinkDown]"]),
            (LISTEN, &["G Backup"]),
            (LISTEN, &["G Backup"]),
            (SPEAK, &["G Active"]),
        ],
    ),
];

/// A group in a state, half a second after it entered it. Priorities 150 and 150.
pub(crate) fn group_in(state: Group, change: fn(RouterConfig) -> RouterConfig) -> Node {
    let mut node = Node::with(1, &[150, 150], change);
    node.place_all();
    if state == Group::Speaking {
        node.pass(4 * SECOND);
    }
    match state {
        Group::FirstUnable => drop(node.set_link(0, LinkState::Down)),
        Group::SecondUnable => drop(node.set_link(1, LinkState::Down)),
        Group::Listening | Group::Speaking => {}
        Group::Claiming => {
            node.pass(3 * SECOND);
            node.hear(1, 2, 200);
        }
    }
    node.pass(500 * MILLISECOND);
    node
}

fn sleep_past_deadline(node: &mut Node, more: Duration) -> Vec<Action> {
    node.now = node.engine.poll_timeout().map_or(node.now, |deadline| deadline.at) + more;
    node.give(Input::Wake { heard_until: node.now })
}

fn regroup(node: &mut Node, groups: &[(GroupId, &[usize])]) -> Vec<Action> {
    let config = |&(id, places): &(GroupId, &[usize])| {
        let members = places.iter().map(|place| node.routers[*place]).collect();
        GroupConfig { id, members }
    };
    let groups = groups.iter().map(config).collect();
    node.engine.set_groups(node.now, groups);
    node.drain()
}

fn happen(node: &mut Node, event: Event) -> Vec<Action> {
    let [first, second] = node.routers[..] else { unreachable!() };
    match event {
        Event::LinkUp => node.set_link(0, LinkState::Up),
        Event::LinkDown => node.set_link(0, LinkState::Down),
        Event::LinkDownOfSecond => node.set_link(1, LinkState::Down),
        Event::HostFailed => node.give(Input::HostState { router: first, state: HostState::Failed }),
        Event::Stopped => node.give(Input::Shutdown { router: Some(first) }),
        Event::StoppedSecond => node.give(Input::Shutdown { router: Some(second) }),
        Event::AllStopped => node.give(Input::Shutdown { router: None }),
        Event::Release => node.hear(0, 2, 0),
        Event::ReleaseForSecond => node.hear(1, 2, 0),
        Event::Inferior => node.hear(0, 2, 100),
        Event::Superior => node.hear(0, 2, 200),
        Event::SuperiorForSecond => node.hear(1, 2, 200),
        Event::TimerExpires => sleep_past_deadline(node, Duration::ZERO),
        Event::TimerExpiredLongAgo => sleep_past_deadline(node, 4 * SECOND),
        Event::SecondLeaves => regroup(node, &[(GROUP, &[0])]),
        Event::GroupGoes => regroup(node, &[]),
        Event::SameGroups => regroup(node, &[(GROUP, &[0, 1])]),
        Event::OtherName => regroup(node, &[(GroupId(2), &[0, 1])]),
    }
}

#[test]
fn every_cell_holds() {
    every_cell_holds_for(|config| config);
}

/// For routers that are changed so.
pub(crate) fn every_cell_holds_for(change: fn(RouterConfig) -> RouterConfig) {
    let mut wrong = String::new();
    for (event, cells) in TABLE {
        for (state, (states, done)) in GROUPS.into_iter().zip(cells) {
            let mut node = group_in(state, change);
            let actions = happen(&mut node, *event);
            let (now, words) = (node.states(), node.words(&actions));
            if now != *states || words != *done {
                wrong += &format!("{event:?} in {state:?}: {now:?} {words:?}, not {states:?} {done:?}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
