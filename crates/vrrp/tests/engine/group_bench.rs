//! A machine with a sync group on a test bench.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::config::RouterConfig;
use vrrp::wire;
use vrrp::{
    Action, Engine, Event, EventKind, Family, GroupConfig, GroupId, IfIndex, Input, Instant, IpHeader, LinkState,
    Packet, Parent, Priority, RouterId, StateName, Subject, Transmit, Version, Vrid,
};

use crate::bench::{FIRST_NUMBER, NUMBERS, SECOND, is_signed, message, signed};

pub(crate) const GROUP: GroupId = GroupId(1);

/// A machine with one router on each of several links; those of one place on other machines have the same VRID.
pub(crate) struct Node {
    pub(crate) engine: Engine,
    pub(crate) now: Instant,
    pub(crate) routers: Vec<RouterId>,
    pub(crate) configs: Vec<RouterConfig>,
    pub(crate) host: u8,
    /// Of the signed advert that was heard last.
    pub(crate) number: u64,
}

impl Node {
    /// All routers are in one group and have not started; `host` is the last byte of the node's addresses.
    pub(crate) fn new(host: u8, priorities: &[u8]) -> Self {
        Self::with(host, priorities, |config| config)
    }

    pub(crate) fn with(host: u8, priorities: &[u8], change: impl Fn(RouterConfig) -> RouterConfig) -> Self {
        let (mut engine, now) = (Engine::new(), Instant::from_nanos(1_000_000_000_000));
        let config = |(place, priority): (u8, &u8)| {
            let vrid = Vrid::new(5 + place).unwrap();
            let config = RouterConfig::new(vrid, Version::V3, vec![address(place, 254)]);
            change(config.with(|it| it.priority = Priority::new(*priority)))
        };
        let configs: Vec<RouterConfig> = (0..).zip(priorities).map(config).collect();
        let routers: Vec<RouterId> = configs.iter().map(|config| engine.add(now, config.clone())).collect();
        engine.set_groups(now, vec![GroupConfig { id: GROUP, members: routers.clone() }]);
        Self { engine, now, routers, configs, host, number: FIRST_NUMBER }
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
        assert!(node.states().iter().all(|state| *state == StateName::Active), "{:?}", node.states());
        node
    }

    pub(crate) fn place_all(&mut self) -> Vec<Action> {
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
        let source = address(u8::try_from(place).unwrap(), from);
        if is_signed(&self.configs[place]) {
            self.number += NUMBERS;
            let (ip, payload) = signed(&self.configs[place], source, priority, self.number);
            return self.receive(place, ip, &payload);
        }
        let bytes = message(&self.configs[place], source, wire::group(Family::Ipv4), priority);
        let ip = IpHeader {
            source,
            destination: wire::group(Family::Ipv4),
            hop_limit: Some(255),
            protocol: wire::PROTOCOL,
            identification: 0,
        };
        self.receive(place, ip, &bytes)
    }

    /// A packet comes in on the link of this place.
    pub(crate) fn receive(&mut self, place: usize, ip: IpHeader, payload: &[u8]) -> Vec<Action> {
        let link = IfIndex::new(u32::try_from(place).unwrap() + 2).unwrap();
        self.give(Input::Packet(Packet { link, received: self.now, ip, payload }))
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
            Action::KeepAddresses { router } => Some(format!("{} keep", place(*router))),
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
            Action::Event(_) | Action::UnknownVrid(_) => None,
        };
        actions.iter().filter_map(word).collect()
    }
}

pub(crate) fn address(place: u8, host: u8) -> IpAddr {
    IpAddr::from([10, 0, place, host])
}
