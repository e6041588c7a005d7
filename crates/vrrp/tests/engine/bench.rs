//! One router on a test bench: a clock to turn, packets to hand in, actions in words.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::config::{Authentication, RouterConfig};
use vrrp::wire::{self, Advert, ChecksumForm, Message};
use vrrp::{
    Action, Engine, Envelope, Event, EventKind, Family, IfIndex, Input, Instant, Interval, Parent, Priority, Reason,
    RouterId, Snapshot, StateName, TransmitFrom, Verdict, Version, Vrid,
};

/// Our address on the link; rivals have lower and higher ones.
pub(crate) const OURS: u8 = 50;
pub(crate) const LOWER: u8 = 10;
pub(crate) const HIGHER: u8 = 90;

pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// VRRPv3, VRID 5, one address, one second, priority 150.
pub(crate) fn config() -> RouterConfig {
    let vrid = Vrid::new(5).unwrap();
    RouterConfig { priority: Priority::new(150), ..RouterConfig::new(vrid, Version::V3, vec![virtual_address()]) }
}

pub(crate) fn virtual_address() -> IpAddr {
    IpAddr::from([10, 0, 0, 254])
}

/// Somebody on the link.
pub(crate) fn host(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

pub(crate) fn parent() -> Parent {
    Parent { ifindex: IfIndex::new(2), link: Verdict::Up, source: Some(host(OURS)) }
}

pub(crate) struct Bench {
    pub(crate) engine: Engine,
    pub(crate) now: Instant,
    pub(crate) router: RouterId,
    config: RouterConfig,
}

impl Bench {
    /// A router whose parent is not known yet.
    pub(crate) fn new(config: RouterConfig) -> Self {
        let (mut engine, now) = (Engine::new(), Instant::from_nanos(1_000_000_000_000));
        let router = engine.add(now, config.clone());
        Self { engine, now, router, config }
    }

    /// A router that has just started.
    pub(crate) fn started(config: RouterConfig) -> Self {
        let mut bench = Self::new(config);
        bench.give(Input::Parent { router: bench.router, parent: parent() });
        bench
    }

    /// A router that has just become Active, and whom nobody disturbs.
    pub(crate) fn active(config: RouterConfig) -> Self {
        let mut bench = Self::started(config);
        bench.pass(bench.left());
        assert_eq!(bench.state(), StateName::Active);
        bench
    }

    /// Hands in an input and collects what is to be done.
    pub(crate) fn give(&mut self, input: Input<'_>) -> Vec<Action> {
        self.engine.handle(self.now, input);
        self.drain()
    }

    pub(crate) fn drain(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.engine.poll_action()).collect()
    }

    /// Time passes; the driver wakes at every deadline on the way.
    pub(crate) fn pass(&mut self, duration: Duration) -> Vec<Action> {
        let end = self.now + duration;
        let mut actions = Vec::new();
        while let Some(deadline) = self.engine.poll_timeout().filter(|deadline| deadline.at <= end) {
            self.now = self.now.max(deadline.at);
            actions.extend(self.give(Input::Wake));
        }
        self.now = end;
        actions
    }

    /// Time passes while the driver sleeps: it wakes once, late.
    pub(crate) fn oversleep(&mut self, duration: Duration) -> Vec<Action> {
        self.now = self.now + duration;
        self.give(Input::Wake)
    }

    /// An advertisement of the same kind as ours arrives now.
    pub(crate) fn hear(&mut self, from: u8, priority: u8) -> Vec<Action> {
        self.hear_at(self.now, from, priority)
    }

    /// The same, received by the kernel earlier.
    pub(crate) fn hear_at(&mut self, received: Instant, from: u8, priority: u8) -> Vec<Action> {
        let interval = self.config.interval;
        self.hear_advert(received, from, priority, interval, ChecksumForm::Rfc5798)
    }

    pub(crate) fn hear_interval(&mut self, from: u8, priority: u8, centis: u16) -> Vec<Action> {
        let interval = Interval::from_centis(centis).unwrap();
        self.hear_advert(self.now, from, priority, interval, ChecksumForm::Rfc5798)
    }

    pub(crate) fn hear_form(&mut self, from: u8, priority: u8, form: ChecksumForm) -> Vec<Action> {
        self.hear_advert(self.now, from, priority, self.config.interval, form)
    }

    fn hear_advert(
        &mut self,
        received: Instant,
        from: u8,
        priority: u8,
        interval: Interval,
        form: ChecksumForm,
    ) -> Vec<Action> {
        let addresses = self.config.addresses.clone();
        let advert = Advert {
            version: self.config.version,
            vrid: self.config.vrid,
            priority: Priority::new(priority),
            interval,
            addresses: &addresses,
            authentication: self.config.authentication,
        };
        let mut bytes = [0; 1500];
        let length = advert.emit(&host(from), form, &mut bytes).unwrap();
        let envelope = Envelope { received, ..envelope(from, self.now) };
        self.give(Input::Advert { envelope, bytes: &bytes[..length] })
    }

    pub(crate) fn set_parent(&mut self, parent: Parent) -> Vec<Action> {
        self.give(Input::Parent { router: self.router, parent })
    }

    pub(crate) fn update(&mut self, change: impl FnOnce(&mut RouterConfig)) -> Vec<Action> {
        change(&mut self.config);
        self.engine.update(self.now, self.router, self.config.clone());
        self.drain()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.engine.snapshot(self.router).unwrap()
    }

    pub(crate) fn state(&self) -> StateName {
        self.snapshot().state
    }

    pub(crate) fn reason(&self) -> Reason {
        self.snapshot().reason.unwrap()
    }

    /// Time until the engine wants to be woken.
    pub(crate) fn left(&self) -> Duration {
        self.engine.poll_timeout().unwrap().at.since(self.now)
    }

    /// The message a transmission stands for, in hexadecimal form read back: priority, interval, form, addresses.
    pub(crate) fn message(&self, action: &Action) -> (Priority, Interval, ChecksumForm, Vec<IpAddr>) {
        let Action::Transmit(transmit) = action else { panic!("{action:?} is no transmission") };
        let mut bytes = [0; 1500];
        let length = self.engine.write_advert(transmit, &mut bytes).unwrap();
        let source = self.engine.source(self.router).unwrap();
        let envelope = Envelope { source, ..envelope(OURS, self.now) };
        let message = Message::parse(&envelope, &bytes[..length], None).unwrap();
        let addresses = message.addresses().iter().collect();
        (message.priority(), message.interval().unwrap(), message.checksum_form(), addresses)
    }
}

/// The envelope of a packet to the group.
pub(crate) fn envelope(from: u8, received: Instant) -> Envelope {
    Envelope {
        source: host(from),
        destination: wire::group(Family::Ipv4),
        hop_limit: Some(255),
        ifindex: IfIndex::new(2).unwrap(),
        received,
    }
}

/// Actions in words, events left out.
pub(crate) fn words(actions: &[Action]) -> Vec<String> {
    actions.iter().filter_map(word).collect()
}

fn word(action: &Action) -> Option<String> {
    Some(match action {
        Action::Transmit(transmit) => {
            let from = match transmit.from {
                TransmitFrom::Virtual => "",
                TransmitFrom::Physical => " physical",
                TransmitFrom::Both => " both",
            };
            format!("send {}{from}", transmit.priority)
        }
        Action::Announce { rounds, cause, .. } => format!("announce {rounds} {cause:?}"),
        Action::Own { .. } => "own".to_owned(),
        Action::Disown { .. } => "disown".to_owned(),
        Action::Tell(_) => return None,
    })
}

/// The events among actions.
pub(crate) fn events(actions: &[Action]) -> Vec<EventKind> {
    let event = |action: &Action| match action {
        Action::Tell(Event { kind, .. }) => Some(kind.clone()),
        Action::Transmit(_) | Action::Announce { .. } | Action::Own { .. } | Action::Disown { .. } => None,
    };
    actions.iter().filter_map(event).collect()
}

/// VRRPv2 with a password.
pub(crate) fn v2_config(password: &[u8; 8]) -> RouterConfig {
    RouterConfig { version: Version::V2, authentication: Authentication::Password(*password), ..config() }
}
