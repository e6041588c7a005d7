//! Sync groups: routers that change their state together.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::config::{Preempt, RouterConfig};
use vrrp::wire::{self, Advert, ChecksumForm};
use vrrp::{
    Action, Engine, Event, EventKind, Family, GroupConfig, GroupId, IfIndex, Input, Instant, IpHeader, LinkState,
    Packet, Parent, Priority, Reason, RouterId, StateName, Subject, Transmit, Version, Vrid,
};

use crate::bench::{MILLISECOND, SECOND};
use StateName::{Active, Backup, Initialize};

pub(crate) const GROUP: GroupId = GroupId(1);

/// A machine with one router on each of several links; those of one place on other machines have the same VRID.
pub(crate) struct Node {
    pub(crate) engine: Engine,
    pub(crate) now: Instant,
    pub(crate) routers: Vec<RouterId>,
    configs: Vec<RouterConfig>,
    host: u8,
}

impl Node {
    /// All routers are in one group and have not started; `host` is the last byte of the node's addresses.
    pub(crate) fn new(host: u8, priorities: &[u8]) -> Self {
        Self::with(host, priorities, |config| config)
    }

    fn with(host: u8, priorities: &[u8], change: impl Fn(RouterConfig) -> RouterConfig) -> Self {
        let (mut engine, now) = (Engine::new(), Instant::from_nanos(1_000_000_000_000));
        let config = |(place, priority): (u8, &u8)| {
            let vrid = Vrid::new(5 + place).unwrap();
            let config = RouterConfig::new(vrid, Version::V3, vec![address(place, 254)]);
            change(RouterConfig { priority: Priority::new(*priority), ..config })
        };
        let configs: Vec<RouterConfig> = (0..).zip(priorities).map(config).collect();
        let routers: Vec<RouterId> = configs.iter().map(|config| engine.add(now, config.clone())).collect();
        engine.set_groups(now, vec![GroupConfig { id: GROUP, members: routers.clone() }]);
        Self { engine, now, routers, configs, host }
    }

    /// All routers have started.
    pub(crate) fn started(host: u8, priorities: &[u8]) -> Self {
        let mut node = Self::new(host, priorities);
        node.place_all();
        node
    }

    /// All routers are Active.
    pub(crate) fn active(host: u8, priorities: &[u8]) -> Self {
        let mut node = Self::started(host, priorities);
        node.pass(4 * SECOND);
        assert!(node.states().iter().all(|state| *state == Active), "{:?}", node.states());
        node
    }

    fn place_all(&mut self) -> Vec<Action> {
        (0..self.routers.len()).flat_map(|place| self.set_link(place, LinkState::Up)).collect()
    }

    pub(crate) fn set_link(&mut self, place: usize, link: LinkState) -> Vec<Action> {
        let number = u8::try_from(place).unwrap();
        let ifindex = IfIndex::new(u32::from(number) + 2);
        let parent = Parent { ifindex, link, source: Some(address(number, self.host)) };
        self.give(Input::Parent { router: self.routers[place], parent })
    }

    pub(crate) fn give(&mut self, input: Input<'_>) -> Vec<Action> {
        self.engine.handle(self.now, input);
        self.drain()
    }

    pub(crate) fn drain(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.engine.poll_action()).collect()
    }

    pub(crate) fn pass(&mut self, duration: Duration) -> Vec<Action> {
        let end = self.now + duration;
        let mut actions = Vec::new();
        while let Some(deadline) = self.engine.poll_timeout().filter(|deadline| deadline.at <= end) {
            self.now = self.now.max(deadline.at);
            actions.extend(self.give(Input::Wake { heard_until: self.now }));
        }
        self.now = end;
        actions
    }

    /// An advert of the router in this place on another machine.
    pub(crate) fn hear(&mut self, place: usize, from: u8, priority: u8) -> Vec<Action> {
        let number = u8::try_from(place).unwrap();
        let config = &self.configs[place];
        let advert = Advert {
            version: config.version,
            vrid: config.vrid,
            priority: Priority::new(priority),
            interval: config.interval,
            addresses: &config.addresses,
            authentication: config.authentication,
        };
        let (source, mut bytes) = (address(number, from), [0; 64]);
        let form = ChecksumForm::Rfc5798;
        let length = advert.emit(&source, &wire::group(Family::Ipv4), form, &mut bytes).unwrap();
        let ip =
            IpHeader { source, destination: wire::group(Family::Ipv4), hop_limit: Some(255), protocol: wire::PROTOCOL };
        let link = IfIndex::new(u32::from(number) + 2).unwrap();
        self.give(Input::Packet(Packet { link, received: self.now, ip, payload: &bytes[..length] }))
    }

    pub(crate) fn state(&self, place: usize) -> StateName {
        self.engine.snapshot(self.routers[place]).unwrap().state
    }

    pub(crate) fn states(&self) -> Vec<StateName> {
        (0..self.routers.len()).map(|place| self.state(place)).collect()
    }

    /// What each action is, and of which router: `1 send 150`, `G Backup`.
    pub(crate) fn words(&self, actions: &[Action]) -> Vec<String> {
        let place = |router: RouterId| self.routers.iter().position(|it| *it == router).unwrap();
        let word = |action: &Action| match action {
            Action::Transmit(Transmit { router, priority, .. }) => Some(format!("{} send {priority}", place(*router))),
            Action::InstallAddresses { router, .. } => Some(format!("{} install", place(*router))),
            Action::WithdrawAddresses { router } => Some(format!("{} withdraw", place(*router))),
            Action::AnnounceFirst { .. } | Action::Announce(_) => None,
            Action::Event(Event { subject, kind: EventKind::Transition(transition), .. }) => Some(match subject {
                Subject::Router(router) => format!("{} {:?}", place(*router), transition.to),
                Subject::Group(_) => format!("G {:?}", transition.to),
            }),
            Action::Event(Event { subject, kind: EventKind::WaitingFor { causes, .. }, .. }) => {
                let causes: Vec<_> = causes.iter().collect();
                Some(match subject {
                    Subject::Router(router) => format!("{} waits for {causes:?}", place(*router)),
                    Subject::Group(_) => format!("G waits for {causes:?}"),
                })
            }
            Action::Event(_) => None,
        };
        actions.iter().filter_map(word).collect()
    }
}

fn address(place: u8, host: u8) -> IpAddr {
    IpAddr::from([10, 0, place, host])
}

#[test]
fn a_group_starts_and_takes_over_as_one() {
    let mut node = Node::new(1, &[150, 100]);
    assert_eq!(node.set_link(0, LinkState::Up), [], "one alone waits in silence");
    assert_eq!(node.states(), [Initialize, Initialize]);
    let actions = node.set_link(1, LinkState::Up);
    assert_eq!(node.words(&actions), ["G Backup", "0 Backup", "1 Backup"], "the group first, as in keepalived");
    // The first would take over after 3.414 s, the other after 3.609 s.
    assert_eq!(node.pass(3_600 * MILLISECOND), []);
    assert_eq!(node.states(), [Backup, Backup]);
    let actions = node.pass(10 * MILLISECOND);
    let words = node.words(&actions);
    assert_eq!(words, ["1 send 100", "0 send 150", "1 install", "1 Active", "0 install", "0 Active", "G Active"]);
}

#[test]
fn one_that_heard_nobody_waits_for_the_others_without_a_timer() {
    let mut node = Node::started(1, &[150, 100]);
    for _ in 0..20 {
        node.pass(SECOND);
        node.hear(1, 2, 120);
        assert_eq!(node.states(), [Backup, Backup]);
    }
    let snapshot = node.engine.snapshot(node.routers[0]).unwrap();
    assert_eq!((snapshot.claim, snapshot.next), (vrrp::Claim::Made, None));
    // A master is heard: it would no longer be Active.
    node.hear(0, 2, 200);
    let snapshot = node.engine.snapshot(node.routers[0]).unwrap();
    assert_eq!((snapshot.claim, snapshot.next.is_some()), (vrrp::Claim::No, true));
    assert_ne!(node.pass(3_610 * MILLISECOND), []);
    assert_eq!(node.states(), [Active, Active]);
}

#[test]
fn priority_0_heard_by_the_last_that_waited_makes_all_active() {
    let mut node = Node::started(1, &[150, 150]);
    node.pass(3_400 * MILLISECOND);
    node.hear(1, 2, 200);
    node.pass(SECOND);
    assert_eq!(node.states(), [Backup, Backup]);
    node.hear(1, 2, 0);
    node.pass(415 * MILLISECOND);
    assert_eq!(node.states(), [Active, Active]);
    let reasons: Vec<Reason> =
        node.routers.iter().map(|router| node.engine.snapshot(*router).unwrap().reason.unwrap()).collect();
    assert!(matches!(reasons[..], [Reason::MasterSilent { .. }, Reason::MasterLeft { .. }]), "{reasons:?}");
}

#[test]
fn a_superior_advert_for_one_makes_all_backup_and_the_others_say_so() {
    let mut node = Node::active(1, &[150, 150, 150]);
    let actions = node.hear(1, 2, 200);
    assert_eq!(
        node.words(&actions),
        [
            "0 send 0",
            "2 send 0",
            "1 withdraw",
            "1 Backup",
            "0 withdraw",
            "0 Backup",
            "2 withdraw",
            "2 Backup",
            "G Backup"
        ]
    );
    assert_eq!(node.engine.snapshot(node.routers[0]).unwrap().reason, Some(Reason::GroupYielded));
}

#[test]
fn a_fault_of_one_takes_all_out_until_it_is_over() {
    let mut node = Node::active(1, &[150, 150]);
    let actions = node.set_link(0, LinkState::Down);
    assert_eq!(
        node.words(&actions),
        ["0 send 0", "1 send 0", "0 withdraw", "0 Initialize", "1 withdraw", "1 Initialize", "G Initialize"]
    );
    let waits = node.engine.snapshot(node.routers[1]).unwrap().waiting_for;
    assert_eq!(waits, vrrp::Causes::GROUP);
    node.pass(10 * SECOND);
    assert_eq!(node.states(), [Initialize, Initialize]);
    let actions = node.set_link(0, LinkState::Up);
    assert_eq!(node.words(&actions), ["G Backup", "0 Backup", "1 Backup"]);
}

#[test]
fn a_fault_at_the_start_is_said_of_all() {
    let mut node = Node::new(1, &[150, 150]);
    let actions = node.set_link(0, LinkState::Down);
    assert_eq!(node.words(&actions), ["0 waits for [LinkDown]", "G waits for [LinkDown]"]);
    let actions = node.set_link(1, LinkState::Up);
    assert_eq!(node.words(&actions), ["1 waits for [Group]"]);
}

#[test]
fn only_a_group_of_owners_starts_as_active() {
    let mut owners = Node::new(1, &[255, 255]);
    let actions = owners.place_all();
    let words = owners.words(&actions);
    assert_eq!(words, ["0 send 255", "1 send 255", "G Active", "0 install", "0 Active", "1 install", "1 Active"]);
    let mut mixed = Node::started(1, &[255, 100]);
    assert_eq!(mixed.states(), [Backup, Backup]);
    mixed.hear(0, 2, 254);
    mixed.pass(4 * SECOND);
    assert_eq!(mixed.states(), [Active, Active]);
}

#[test]
fn all_leave_by_plan_and_the_group_comes_last() {
    let mut node = Node::active(1, &[150, 150]);
    let actions = node.give(Input::Shutdown { router: None });
    let words = node.words(&actions);
    assert_eq!(
        words,
        ["0 send 0", "1 send 0", "0 withdraw", "0 Initialize", "1 withdraw", "1 Initialize", "G Initialize"]
    );
    let Some(Action::Event(Event { kind: EventKind::Transition(last), .. })) = actions.last() else { panic!() };
    assert_eq!((last.reason, last.priority), (Reason::Shutdown, Priority::RELEASE));
}

#[test]
fn one_that_is_stopped_or_removed_does_not_concern_the_others() {
    let mut node = Node::active(1, &[150, 150, 150]);
    node.give(Input::Shutdown { router: Some(node.routers[0]) });
    assert_eq!(node.states(), [Initialize, Active, Active]);
    let actions = node.give(Input::Resume { router: node.routers[0] });
    assert_eq!(node.words(&actions), ["0 send 150", "0 install", "0 Active"], "it joins a group that is Active");
    node.engine.remove(node.routers[2]);
    node.pass(2 * SECOND);
    assert_eq!((node.state(0), node.state(1)), (Active, Active));
    assert_eq!(node.engine.group(GROUP).unwrap().members, node.routers[..2]);
}

#[test]
fn one_that_joins_an_active_group_becomes_active_once_it_can() {
    let mut node = Node::active(1, &[150, 150, 150]);
    let newcomer = RouterConfig { vrid: Vrid::new(9).unwrap(), ..node.configs[0].clone() };
    let id = node.engine.add(node.now, newcomer.clone());
    node.configs.push(newcomer);
    node.routers.push(id);
    node.engine.set_groups(node.now, vec![GroupConfig { id: GROUP, members: node.routers.clone() }]);
    assert_eq!(node.drain(), [], "the others see nothing");
    assert_eq!(node.states(), [Active, Active, Active, Initialize]);
    let actions = node.set_link(3, LinkState::Up);
    assert_eq!(node.words(&actions), ["3 send 150", "3 install", "3 Active"]);
}

#[test]
fn routers_that_form_a_group_with_different_states_become_backup() {
    let mut node = Node::active(1, &[150, 150]);
    node.engine.set_groups(node.now, Vec::new());
    assert_eq!(node.drain(), [], "a group that goes changes nothing");
    node.hear(1, 2, 200);
    assert_eq!(node.states(), [Active, Backup]);
    node.engine.set_groups(node.now, vec![GroupConfig { id: GroupId(2), members: node.routers.clone() }]);
    let actions = node.drain();
    assert_eq!(node.words(&actions), ["0 send 0", "0 withdraw", "0 Backup", "G Backup"]);
}

#[test]
fn one_that_leaves_its_group_no_longer_waits_for_it() {
    let mut node = Node::started(1, &[150, 150]);
    node.pass(SECOND);
    node.hear(1, 2, 200);
    node.pass(3 * SECOND);
    assert_eq!(node.states(), [Backup, Backup]);
    node.engine.set_groups(node.now, Vec::new());
    node.pass(Duration::ZERO);
    assert_eq!(node.states(), [Active, Backup]);
}

#[test]
fn one_without_preemption_keeps_the_group_from_displacing_a_master() {
    let never = |config: RouterConfig| {
        let preempt = if config.vrid.value() == 5 { Preempt::Never } else { Preempt::Always };
        RouterConfig { preempt, ..config }
    };
    let mut node = Node::with(1, &[200, 200], never);
    node.place_all();
    for _ in 0..10 {
        node.pass(SECOND);
        node.hear(0, 2, 100);
        node.hear(1, 2, 100);
        assert_eq!(node.states(), [Backup, Backup]);
    }
}

#[test]
fn a_stall_of_one_makes_all_listen() {
    let mut node = Node::active(1, &[150, 150]);
    node.now = node.now + 10 * SECOND;
    let actions = node.give(Input::Wake { heard_until: node.now });
    assert_eq!(node.words(&actions), ["0 withdraw", "0 Backup", "1 withdraw", "1 Backup", "G Backup"]);
}

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
    let advert = |action: &Action| match action {
        Action::Transmit(it) => {
            Some((node.routers.iter().position(|id| *id == it.router).unwrap(), it.priority.value()))
        }
        _ => None,
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
