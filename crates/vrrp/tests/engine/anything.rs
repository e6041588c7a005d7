//! Whatever comes in whatever order: no panic, and what must always be true.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use vrrp::config::{Effect, EffectKind, Parameters, Preempt, RouterConfig, Switches, Tracking};
use vrrp::{
    Action, Causes, HostState, Input, IpHeader, LinkState, Packet, Parent, Priority, Reading, StateName, TrackerId,
    WallTime,
};

use crate::bench::{Bench, belongs_to, config, host, packet, parent};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Hear { from: u8, priority: u8, centis: u16 },
    Junk { hop_limit: Option<u8>, bytes: Vec<u8> },
    Parent { link: LinkState, source: Option<u8> },
    Reading(Reading),
    Host(HostState),
    WallClock(u64),
    StartupDelay(Duration),
    Shutdown,
    Resume,
    Priority(u8),
    Addresses(u8),
    Pass(Duration),
    Oversleep(Duration),
}

fn link() -> impl Strategy<Value = LinkState> {
    prop_oneof![Just(LinkState::Up), Just(LinkState::Down)]
}

fn reading() -> impl Strategy<Value = Reading> {
    let level = any::<i32>().prop_map(Reading::Level);
    prop_oneof![1 => Just(Reading::Unknown), 1 => Just(Reading::Down), 4 => Just(Reading::Up), 1 => level]
}

fn host_state() -> impl Strategy<Value = HostState> {
    prop_oneof![3 => Just(HostState::Ready), 1 => Just(HostState::Failed)]
}

fn step() -> impl Strategy<Value = Step> {
    let junk = prop_oneof![
        vec(any::<u8>(), 0..40),
        // Close to right: version, type, VRID and count fit.
        (any::<u8>(), vec(any::<u8>(), 8..9)).prop_map(|(p, rest)| [&[0x31, 5, p, 1][..], &rest].concat()),
    ];
    prop_oneof![
        4 => (1..100_u8, any::<u8>(), 1..500_u16).prop_map(|(from, priority, centis)| Step::Hear { from, priority, centis }),
        1 => (prop::option::of(250..=255_u8), junk).prop_map(|(hop_limit, bytes)| Step::Junk { hop_limit, bytes }),
        1 => (link(), prop::option::of(50..52_u8)).prop_map(|(link, source)| Step::Parent { link, source }),
        1 => reading().prop_map(Step::Reading),
        1 => host_state().prop_map(Step::Host),
        1 => any::<u64>().prop_map(Step::WallClock),
        1 => (0..9_000_u64).prop_map(|millis| Step::StartupDelay(Duration::from_millis(millis))),
        1 => Just(Step::Shutdown),
        2 => Just(Step::Resume),
        1 => (1..=255_u8).prop_map(Step::Priority),
        1 => (0..3_u8).prop_map(Step::Addresses),
        4 => (0..5_000_u64).prop_map(|millis| Step::Pass(Duration::from_millis(millis))),
        1 => (0..60_000_u64).prop_map(|millis| Step::Oversleep(Duration::from_millis(millis))),
    ]
}

fn happen(bench: &mut Bench, step: Step) -> Vec<Action> {
    match step {
        Step::Hear { from, priority, centis } => bench.hear_interval(from, priority, centis),
        Step::Junk { hop_limit, bytes } => {
            let packet = packet(9, bench.now, &bytes);
            bench.give(Input::Packet(Packet { ip: IpHeader { hop_limit, ..packet.ip }, ..packet }))
        }
        Step::Parent { link, source } => bench.set_parent(Parent { link, source: source.map(host), ..parent() }),
        Step::Reading(reading) => bench.give(Input::Reading { tracker: TrackerId(0), reading }),
        Step::Host(state) => bench.give(Input::HostState { router: bench.router, state }),
        Step::WallClock(nanos) => bench.give(Input::WallClock(WallTime::from_nanos(nanos))),
        Step::StartupDelay(time) => {
            let until = bench.now + time;
            bench.give(Input::StartupDelay { until })
        }
        Step::Shutdown => bench.give(Input::Shutdown { router: None }),
        Step::Resume => bench.give(Input::Resume { router: bench.router }),
        Step::Priority(priority) => bench.update(|config| config.parameters.priority = Priority::new(priority)),
        Step::Addresses(count) => bench.update(|config| config.addresses = (0..count).map(|i| host(200 + i)).collect()),
        Step::Pass(duration) => bench.pass(duration),
        Step::Oversleep(duration) => bench.oversleep(duration),
    }
}

proptest! {
    #[test]
    fn nothing_breaks_it(steps in vec(step(), 1..60), preempt in 0..3_u8, linger in 0..3_u64) {
        let preempt = [Preempt::Always, Preempt::Never, Preempt::After(Duration::from_secs(5))][usize::from(preempt)];
        let tracking = vec![Tracking { tracker: TrackerId(0), effect: Effect::plain(EffectKind::Fault) }];
        let switches = Switches { linger: Duration::from_millis(500 * linger), ..Switches::default() };
        let config = config().with(|it| *it = Parameters { preempt, switches, ..*it });
        let mut bench = Bench::started(RouterConfig { tracking, ..config });
        // What the host thread knows: whether the addresses are in, and whether the router is Active.
        let (mut holds, mut owns) = (false, false);
        for step in steps {
            for action in happen(&mut bench, step) {
                match action {
                    Action::InstallAddresses { .. } => { prop_assert!(!owns); (holds, owns) = (true, true) }
                    Action::KeepAddresses { .. } => { prop_assert!(owns); owns = false }
                    Action::WithdrawAddresses { .. } => { prop_assert!(holds); (holds, owns) = (false, false) }
                    Action::Transmit(_)
                    | Action::AnnounceFirst { .. }
                    | Action::Announce(_)
                    | Action::Event(_)
                    | Action::UnknownVrid(_) => {}
                }
            }
            let snapshot = bench.snapshot();
            prop_assert_eq!(owns, snapshot.state == StateName::Active);
            prop_assert_eq!(holds && !owns, snapshot.leaving_until.is_some());
            prop_assert_eq!(snapshot.waiting_for.is_empty(), snapshot.state != StateName::Initialize);
            prop_assert_eq!(snapshot.next, bench.engine.poll_timeout());
            let is_held = snapshot.waiting_for.contains(Causes::STARTUP_DELAY);
            let rests = snapshot.state == StateName::Initialize && !is_held && snapshot.leaving_until.is_none();
            prop_assert_eq!(snapshot.next.is_none(), rests);
            if let Some(deadline) = snapshot.next {
                prop_assert!(belongs_to(deadline.why, snapshot.state));
                let longest = snapshot.down_interval.max(snapshot.interval.duration());
                let longest = if is_held { Duration::from_secs(9) } else { longest };
                prop_assert!(deadline.at.since(bench.now) <= longest);
            }
        }
    }
}
