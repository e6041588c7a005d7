//! Every state × every event: what becomes of the router and what it does. What each advert means in each state, with
//! every priority and preemption mode, is the finer table of `election`.

use std::time::Duration;

use vrrp::config::{Effect, EffectKind, RouterConfig, Tracking};
use vrrp::{
    Action, HostState, IfIndex, Input, LinkState, Parent, Priority, Reading, StateName, TrackerId, Version, WallTime,
};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, SECOND, config, host, packet, parent, words};
use StateName::{Active, Backup, Initialize};

/// Tracked objects of the router: one forbids it to run while down, one costs it 50 while down.
pub(crate) const FAULT: TrackerId = TrackerId(0);
const WEIGHT: TrackerId = TrackerId(1);

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// All that the router needs of its parent is there.
    ParentReady,
    LinkDown,
    SourceGone,
    SourceChanged,
    InterfaceGone,
    InterfaceReplaced,
    TrackerDown,
    TrackerUp,
    TrackerUnknown,
    WeightDown,
    HostFailed,
    HostReady,
    Shutdown,
    Resume,
    /// The timer of the state, if it has one, expires; a moment before; and so late that others have taken over.
    TimerExpires,
    TimerRuns,
    TimerExpiredLongAgo,
    /// The timer has expired, but not everything that was received by then was read.
    TimerExpiresUnread,
    AdvertRelease,
    AdvertInferior,
    AdvertSuperior,
    AdvertBroken,
    SendFailed,
    WallClock,
    SameConfig,
    OtherPriority,
    OtherInterval,
    AddressAdded,
    NoAddresses,
}

/// What becomes of the router, and what is done.
pub(crate) type Cell = (StateName, &'static [&'static str]);

const IDLE: Cell = (Initialize, &[]);
const LISTEN: Cell = (Backup, &[]);
const SPEAK: Cell = (Active, &[]);
pub(crate) const LEAVE: Cell = (Initialize, &["send 0", "withdraw"]);
const REPEAT: Cell = (Active, &["send 150"]);

/// In Initialize (the link is down), in Backup and in Active; priority 150, preemption.
pub(crate) const TABLE: &[(Event, [Cell; 3])] = &[
    (Event::ParentReady, [LISTEN, LISTEN, SPEAK]),
    (Event::LinkDown, [IDLE, IDLE, LEAVE]),
    (Event::SourceGone, [IDLE, IDLE, LEAVE]),
    (Event::SourceChanged, [LISTEN, LISTEN, REPEAT]),
    (Event::InterfaceGone, [IDLE, IDLE, (Initialize, &["withdraw"])]),
    (Event::InterfaceReplaced, [LISTEN, LISTEN, (Backup, &["withdraw"])]),
    (Event::TrackerDown, [IDLE, IDLE, LEAVE]),
    (Event::TrackerUp, [IDLE, LISTEN, SPEAK]),
    (Event::TrackerUnknown, [IDLE, LISTEN, SPEAK]),
    (Event::WeightDown, [IDLE, LISTEN, (Active, &["send 100"])]),
    (Event::HostFailed, [IDLE, IDLE, LEAVE]),
    (Event::HostReady, [IDLE, LISTEN, SPEAK]),
    (Event::Shutdown, [IDLE, IDLE, LEAVE]),
    (Event::Resume, [IDLE, LISTEN, SPEAK]),
    (Event::TimerExpires, [IDLE, (Active, &["send 150", "announce 1 Takeover", "install"]), REPEAT]),
    (Event::TimerRuns, [IDLE, LISTEN, SPEAK]),
    (Event::TimerExpiredLongAgo, [IDLE, LISTEN, (Backup, &["withdraw"])]),
    (Event::TimerExpiresUnread, [IDLE, LISTEN, REPEAT]),
    (Event::AdvertRelease, [IDLE, LISTEN, REPEAT]),
    (Event::AdvertInferior, [IDLE, LISTEN, (Active, &["send 150", "announce 5 InferiorAdvert"])]),
    (Event::AdvertSuperior, [IDLE, LISTEN, (Backup, &["withdraw"])]),
    (Event::AdvertBroken, [IDLE, LISTEN, SPEAK]),
    (Event::SendFailed, [IDLE, LISTEN, SPEAK]),
    (Event::WallClock, [IDLE, LISTEN, SPEAK]),
    (Event::SameConfig, [IDLE, LISTEN, SPEAK]),
    (Event::OtherPriority, [IDLE, LISTEN, (Active, &["send 200"])]),
    (Event::OtherInterval, [IDLE, LISTEN, REPEAT]),
    (Event::AddressAdded, [IDLE, LISTEN, (Active, &["send 150", "announce 5 AddressAdded"])]),
    (Event::NoAddresses, [IDLE, IDLE, LEAVE]),
];

/// A router in a state, half a second after it entered it.
pub(crate) fn router_in(state: StateName, change: fn(RouterConfig) -> RouterConfig) -> Bench {
    let tracking = [(FAULT, EffectKind::Fault), (WEIGHT, EffectKind::Weight(-50))];
    let tracking = tracking.map(|(tracker, kind)| Tracking { tracker, effect: Effect::plain(kind) });
    let config = change(RouterConfig { tracking: tracking.to_vec(), ..config() });
    let mut bench = match state {
        Initialize | Backup => Bench::started(config),
        Active => Bench::active(config),
    };
    if state == Initialize {
        bench.set_parent(Parent { link: LinkState::Down, ..parent() });
    }
    bench.pass(500 * MILLISECOND);
    assert_eq!(bench.state(), state);
    bench
}

/// Time passes up to the deadline, if there is one, and on by `more`; nobody wakes meanwhile.
pub(crate) fn sleep_past_deadline(bench: &mut Bench, more: Duration) {
    bench.now = bench.engine.poll_timeout().map_or(bench.now + SECOND, |deadline| deadline.at) + more;
}

pub(crate) fn happen(bench: &mut Bench, event: Event) -> Vec<Action> {
    let router = bench.router;
    match event {
        Event::ParentReady => bench.set_parent(parent()),
        Event::LinkDown => bench.set_parent(Parent { link: LinkState::Down, ..parent() }),
        Event::SourceGone => bench.set_parent(Parent { source: None, ..parent() }),
        Event::SourceChanged => bench.set_parent(Parent { source: Some(host(51)), ..parent() }),
        Event::InterfaceGone => bench.set_parent(Parent { ifindex: None, link: LinkState::Down, source: None }),
        Event::InterfaceReplaced => bench.set_parent(Parent { ifindex: IfIndex::new(3), ..parent() }),
        Event::TrackerDown => bench.give(Input::Reading { tracker: FAULT, reading: Reading::Down }),
        Event::TrackerUp => bench.give(Input::Reading { tracker: FAULT, reading: Reading::Up }),
        Event::TrackerUnknown => bench.give(Input::Reading { tracker: FAULT, reading: Reading::Unknown }),
        Event::WeightDown => bench.give(Input::Reading { tracker: WEIGHT, reading: Reading::Down }),
        Event::HostFailed => bench.give(Input::HostState { router, state: HostState::Failed }),
        Event::HostReady => bench.give(Input::HostState { router, state: HostState::Ready }),
        Event::Shutdown => bench.give(Input::Shutdown { router: Some(router) }),
        Event::Resume => bench.give(Input::Resume { router }),
        Event::TimerExpires => {
            sleep_past_deadline(bench, Duration::ZERO);
            bench.wake()
        }
        Event::TimerRuns => {
            sleep_past_deadline(bench, Duration::ZERO);
            bench.now = bench.now - Duration::from_nanos(1);
            bench.wake()
        }
        Event::TimerExpiredLongAgo => {
            let down = bench.snapshot().down_interval;
            sleep_past_deadline(bench, down + Duration::from_nanos(1));
            bench.wake()
        }
        Event::TimerExpiresUnread => {
            sleep_past_deadline(bench, Duration::ZERO);
            bench.give(Input::Wake { heard_until: bench.now - MILLISECOND })
        }
        Event::AdvertRelease => bench.hear(HIGHER, 0),
        Event::AdvertInferior => bench.hear(LOWER, 100),
        Event::AdvertSuperior => bench.hear(HIGHER, 200),
        Event::AdvertBroken => bench.give(Input::Packet(packet(HIGHER, bench.now, &[0x31, 5, 200]))),
        Event::SendFailed => {
            let form = vrrp::wire::ChecksumForm::Rfc5798;
            let stamp =
                vrrp::Stamp { source: host(50), number: 1, identification: 0, sequence: 0, hop_limit: 255, form };
            let to = vrrp::Destination::Multicast(vrrp::wire::group(vrrp::Family::Ipv4));
            let (priority, from) = (Priority::new(150), vrrp::TransmitFrom::Virtual);
            bench.give(Input::SendFailed(vrrp::Transmit { router, priority, to, from, stamp }))
        }
        Event::WallClock => bench.give(Input::WallClock(WallTime::from_nanos(1))),
        Event::SameConfig => bench.update(|_| {}),
        Event::OtherPriority => bench.update(|config| config.parameters.priority = Priority::new(200)),
        Event::OtherInterval => {
            bench.update(|config| config.parameters.interval = vrrp::Interval::from_centis(50).unwrap())
        }
        Event::AddressAdded => bench.update(|config| config.addresses.push(host(201))),
        Event::NoAddresses => bench.update(|config| config.addresses.clear()),
    }
}

#[test]
fn every_cell_holds() {
    every_cell_holds_for(|config| config);
}

/// For a router that is changed so.
pub(crate) fn every_cell_holds_for(change: fn(RouterConfig) -> RouterConfig) {
    // VRRPv2 elects a master of nothing too.
    let has_cell = |event: &Event| change(config()).parameters.version == Version::V3 || *event != Event::NoAddresses;
    for (event, cells) in TABLE.iter().filter(|(event, _)| has_cell(event)) {
        for (state, (next, done)) in [Initialize, Backup, Active].into_iter().zip(cells) {
            let mut bench = router_in(state, change);
            let actions = happen(&mut bench, *event);
            assert_eq!(bench.state(), *next, "{event:?} in {state:?}");
            assert_eq!(words(&actions), *done, "{event:?} in {state:?}");
            let snapshot = bench.snapshot();
            assert_eq!(snapshot.next.is_none(), *next == Initialize, "{event:?} in {state:?}");
            let left = snapshot.next.map(|deadline| deadline.at.since(bench.now));
            assert!(left <= Some(snapshot.down_interval), "{event:?} in {state:?}");
        }
    }
}
