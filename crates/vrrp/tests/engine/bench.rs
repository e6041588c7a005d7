//! One router on a test bench: a clock to turn, packets to hand in, actions in words.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::config::{Authentication, RouterConfig, Secret, Tracking};
use vrrp::wire::{self, Advert, ChecksumForm, Message};
use vrrp::{
    Action, Destination, Engine, Event, EventKind, Family, IfIndex, Input, Instant, Interval, IpHeader, LinkState,
    Packet, Parent, Priority, Reading, Reason, RouterId, Snapshot, Stamp, StateName, Transmit, TransmitFrom, Version,
    Vrid, Why,
};

/// Our address on the link; peers have lower and higher ones.
pub(crate) const OURS: u8 = 50;
pub(crate) const LOWER: u8 = 10;
pub(crate) const HIGHER: u8 = 90;

pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Of the parent.
pub(crate) const LINK: IfIndex = match IfIndex::new(2) {
    Some(index) => index,
    None => panic!("2 is not 0"),
};
/// Numbers of signed adverts begin above those that routers without a clock give themselves.
pub(crate) const FIRST_NUMBER: u64 = 1_000_000;
/// From one to the next: in an authentication header all routers count together, and the one on the bench counts between.
pub(crate) const NUMBERS: u64 = 100;

/// VRRPv3, VRID 5, one address, one second, priority 150.
pub(crate) fn config() -> RouterConfig {
    let vrid = Vrid::new(5).unwrap();
    RouterConfig::new(vrid, Version::V3, vec![virtual_address()]).with(|it| it.priority = Priority::new(150))
}

pub(crate) fn virtual_address() -> IpAddr {
    IpAddr::from([10, 0, 0, 254])
}

/// Somebody on the link.
pub(crate) fn host(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

pub(crate) fn parent() -> Parent {
    Parent { ifindex: IfIndex::new(2), link: LinkState::Up, source: Some(host(OURS)) }
}

/// A message as `config` would send it from `from` to `to`.
pub(crate) fn message(config: &RouterConfig, from: IpAddr, to: IpAddr, priority: u8) -> Vec<u8> {
    let advert = Advert {
        version: config.parameters.version,
        vrid: config.vrid,
        priority: Priority::new(priority),
        interval: config.parameters.interval,
        addresses: &config.addresses,
        authentication: config.authentication.field(),
    };
    let mut bytes = vec![0; 1500];
    let length = advert.emit(&from, &to, ChecksumForm::Rfc5798, &mut bytes).unwrap();
    bytes.truncate(length);
    bytes
}

/// A packet to the group as `config` would have it sent from `from`: signed, with this number.
pub(crate) fn signed(config: &RouterConfig, from: IpAddr, priority: u8, number: u64) -> (IpHeader, Vec<u8>) {
    let mut engine = Engine::new();
    let router = engine.add(Instant::from_nanos(0), config.clone());
    let (form, to) = (ChecksumForm::Rfc5798, Destination::Multicast(wire::group(Family::Ipv4)));
    let stamp = Stamp { source: from, number: 1, identification: 1, sequence: number, hop_limit: 255, form };
    let from = TransmitFrom::Physical;
    let transmit = Transmit { router, priority: Priority::new(priority), to, from, stamp };
    let mut bytes = vec![0; 1500];
    let length = engine.write_packet(&transmit, &mut bytes).unwrap();
    let (ip, payload) = wire::read_ipv4(&bytes[..length]).unwrap();
    (ip, payload.to_vec())
}

pub(crate) const fn is_signed(config: &RouterConfig) -> bool {
    match config.authentication {
        Authentication::None | Authentication::Password(_) => false,
        Authentication::Ah(_) | Authentication::Hmac(_) => true,
    }
}

pub(crate) struct Bench {
    pub(crate) engine: Engine,
    pub(crate) now: Instant,
    pub(crate) router: RouterId,
    pub(crate) config: RouterConfig,
    /// Of the signed advert that was heard last.
    pub(crate) number: u64,
}

impl Bench {
    /// A router whose parent is not known yet.
    pub(crate) fn new(config: RouterConfig) -> Self {
        let (mut engine, now) = (Engine::new(), Instant::from_nanos(1_000_000_000_000));
        let router = engine.add(now, config.clone());
        Self { engine, now, router, config, number: FIRST_NUMBER }
    }

    /// A router that has just started; all it tracks is up.
    pub(crate) fn started(config: RouterConfig) -> Self {
        let mut bench = Self::new(config);
        for Tracking { tracker, .. } in bench.config.tracking.clone() {
            bench.give(Input::Reading { tracker, reading: Reading::Up });
        }
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
            actions.extend(self.wake());
        }
        self.now = end;
        actions
    }

    /// Time passes while the driver sleeps: it wakes once, late.
    pub(crate) fn oversleep(&mut self, duration: Duration) -> Vec<Action> {
        self.now = self.now + duration;
        self.wake()
    }

    /// The driver wakes and has read all there was to read.
    pub(crate) fn wake(&mut self) -> Vec<Action> {
        self.give(Input::Wake { heard_until: self.now })
    }

    /// An advertisement of the same kind as ours arrives now.
    pub(crate) fn hear(&mut self, from: u8, priority: u8) -> Vec<Action> {
        self.hear_at(self.now, from, priority)
    }

    /// The same, received by the kernel earlier.
    pub(crate) fn hear_at(&mut self, received: Instant, from: u8, priority: u8) -> Vec<Action> {
        let interval = self.config.parameters.interval;
        self.hear_advert(received, from, priority, interval, ChecksumForm::Rfc5798)
    }

    pub(crate) fn hear_interval(&mut self, from: u8, priority: u8, centis: u16) -> Vec<Action> {
        let interval = Interval::from_centis(centis).unwrap();
        self.hear_advert(self.now, from, priority, interval, ChecksumForm::Rfc5798)
    }

    pub(crate) fn hear_form(&mut self, from: u8, priority: u8, form: ChecksumForm) -> Vec<Action> {
        self.hear_advert(self.now, from, priority, self.config.parameters.interval, form)
    }

    fn hear_advert(
        &mut self,
        received: Instant,
        from: u8,
        priority: u8,
        interval: Interval,
        form: ChecksumForm,
    ) -> Vec<Action> {
        if is_signed(&self.config) {
            self.number += NUMBERS;
            let (ip, payload) = signed(&self.config, host(from), priority, self.number);
            return self.give(Input::Packet(Packet { link: LINK, received, ip, payload: &payload }));
        }
        let addresses = self.config.addresses.clone();
        let advert = Advert {
            version: self.config.parameters.version,
            vrid: self.config.vrid,
            priority: Priority::new(priority),
            interval,
            addresses: &addresses,
            authentication: self.config.authentication.field(),
        };
        let mut bytes = [0; 1500];
        let length = advert.emit(&host(from), &wire::group(Family::Ipv4), form, &mut bytes).unwrap();
        self.give(Input::Packet(packet(from, received, &bytes[..length])))
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

    /// The message a transmission stands for, written and read back: priority, interval, form, addresses.
    pub(crate) fn message(&self, action: &Action) -> (Priority, Interval, ChecksumForm, Vec<IpAddr>) {
        let Action::Transmit(transmit) = action else { panic!("{action:?} is no transmission") };
        let mut bytes = [0; 1500];
        let length = self.engine.write_packet(transmit, &mut bytes).unwrap();
        assert_eq!(self.engine.packet_len(transmit), Some(length));
        let (ip, payload) = wire::read_ipv4(&bytes[..length]).unwrap();
        let message = Message::read(&ip, payload).unwrap();
        let addresses = message.addresses().unwrap().iter().collect();
        (message.priority(), message.interval().unwrap(), message.checksum_form().unwrap(), addresses)
    }
}

/// A packet to the group.
pub(crate) fn packet(from: u8, received: Instant, payload: &[u8]) -> Packet<'_> {
    let ip = IpHeader {
        source: host(from),
        destination: wire::group(Family::Ipv4),
        hop_limit: Some(255),
        protocol: wire::PROTOCOL,
        identification: 0,
    };
    Packet { link: LINK, received, ip, payload }
}

/// Whether a deadline for this can exist in this state (V3-ST-14).
pub(crate) fn belongs_to(why: Why, state: StateName) -> bool {
    match why {
        Why::Start => state == StateName::Initialize,
        Why::ActiveDown => state == StateName::Backup,
        Why::Advertise | Why::Announce => state == StateName::Active,
        Why::LetGo => state != StateName::Active,
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
        Action::AnnounceFirst { .. } => "announce 1 Takeover".to_owned(),
        Action::Announce(announcement) => format!("announce {} {:?}", announcement.rounds, announcement.cause),
        Action::InstallAddresses { .. } => "install".to_owned(),
        Action::KeepAddresses { .. } => "keep".to_owned(),
        Action::WithdrawAddresses { .. } => "withdraw".to_owned(),
        Action::Event(_) | Action::UnknownVrid(_) => return None,
    })
}

/// The events among actions.
pub(crate) fn events(actions: &[Action]) -> Vec<EventKind> {
    let event = |action: &Action| match action {
        Action::Event(Event { kind, .. }) => Some(*kind),
        Action::Transmit(_)
        | Action::AnnounceFirst { .. }
        | Action::Announce(_)
        | Action::InstallAddresses { .. }
        | Action::KeepAddresses { .. }
        | Action::WithdrawAddresses { .. }
        | Action::UnknownVrid(_) => None,
    };
    actions.iter().filter_map(event).collect()
}

/// VRRPv2 with a password.
pub(crate) fn v2_config(password: &[u8; 8]) -> RouterConfig {
    RouterConfig {
        authentication: Authentication::Password(Secret::new(*password)),
        ..config().with(|it| it.version = Version::V2)
    }
}
