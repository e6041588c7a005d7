//! Three routers with AH, and somebody on their network who has recorded everything but does not know the key.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use vrrp::config::{Authentication, Password};
use vrrp::{Action, IfIndex, Input, Instant, Packet, Parent, Priority, RouterConfig, StateName, wire};

use crate::bench::{Bench, MILLISECOND, SECOND, host, parent, v2_config};

const ROUTERS: usize = 3;

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Pass(Duration),
    /// What this router sends until the next such step is lost.
    Mute(Option<usize>),
    /// A recorded packet is sent again, to a router.
    Replay(prop::sample::Index, usize),
    /// The same with a bit turned over.
    Forge(prop::sample::Index, usize, prop::sample::Index, u8),
    /// A router is killed and started again.
    Restart(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let router = || 0..ROUTERS;
    prop_oneof![
        4 => (50..1_500_u32).prop_map(|millis| Step::Pass(MILLISECOND * millis)),
        1 => prop::option::of(router()).prop_map(Step::Mute),
        4 => (any::<prop::sample::Index>(), router()).prop_map(|(packet, to)| Step::Replay(packet, to)),
        4 => (any::<prop::sample::Index>(), router(), any::<prop::sample::Index>(), 0..8_u8)
            .prop_map(|(packet, to, byte, bit)| Step::Forge(packet, to, byte, bit)),
        1 => router().prop_map(Step::Restart),
    ]
}

struct Lan {
    routers: Vec<Bench>,
    /// The number that each router must have reached.
    reached: [u64; ROUTERS],
    recorded: Vec<(u64, Vec<u8>)>,
    muted: Option<usize>,
}

/// A router that starts at this time, or at the beginning.
fn router(place: usize, now: Option<Instant>) -> Bench {
    let priority = Priority::new([200, 150, 100][place]);
    let authentication = Authentication::Ah(Password::from_text("secret"));
    let mut bench = Bench::new(RouterConfig { authentication, ..v2_config(&[0; 8]).with(|it| it.priority = priority) });
    bench.now = now.unwrap_or(bench.now);
    bench.set_parent(Parent { source: Some(address(place)), ..parent() });
    bench
}

fn address(place: usize) -> std::net::IpAddr {
    host([30, 20, 10][place])
}

impl Lan {
    fn new() -> Self {
        Self {
            routers: (0..ROUTERS).map(|place| router(place, None)).collect(),
            reached: [0; ROUTERS],
            recorded: Vec::new(),
            muted: None,
        }
    }

    fn pass(&mut self, duration: Duration) {
        let mut left = duration;
        while left > Duration::ZERO {
            let part = left.min(10 * MILLISECOND);
            left -= part;
            for place in 0..ROUTERS {
                let actions = self.routers[place].pass(part);
                self.send(place, &actions);
            }
        }
    }

    /// Delivers what a router sends, and what is answered.
    fn send(&mut self, from: usize, actions: &[Action]) {
        for action in actions {
            let Action::Transmit(transmit) = action else { continue };
            let mut bytes = vec![0; 128];
            let length = self.routers[from].engine.write_packet(transmit, &mut bytes).unwrap();
            bytes.truncate(length);
            self.reached[from] = self.reached[from].max(transmit.stamp.sequence);
            self.recorded.push((transmit.stamp.sequence, bytes.clone()));
            let muted = self.muted == Some(from);
            for to in (0..ROUTERS).filter(|to| *to != from && !muted) {
                let received = self.routers[to].snapshot().counters.received;
                let answer = self.deliver(to, &bytes);
                if self.routers[to].snapshot().counters.received > received {
                    self.reached[to] = self.reached[to].max(transmit.stamp.sequence);
                }
                self.send(to, &answer);
            }
        }
    }

    fn deliver(&mut self, to: usize, bytes: &[u8]) -> Vec<Action> {
        let Some((ip, payload)) = wire::read_ipv4(bytes) else { return Vec::new() };
        let (link, received) = (IfIndex::new(2).unwrap(), self.routers[to].now);
        self.routers[to].give(Input::Packet(Packet { link, received, ip, payload }))
    }

    /// What an attack must not move.
    fn standing(&self, place: usize) -> (StateName, Option<vrrp::Deadline>, Option<vrrp::Peer>, u64) {
        let router = &self.routers[place];
        let snapshot = router.snapshot();
        (snapshot.state, router.engine.poll_timeout(), snapshot.master, snapshot.counters.received)
    }

    fn attack(&mut self, to: usize, bytes: &[u8]) {
        let before = self.standing(to);
        let answer = self.deliver(to, bytes);
        assert_eq!(self.standing(to), before, "{bytes:02x?}");
        self.send(to, &answer);
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Pass(duration) => self.pass(duration),
            Step::Mute(router) => self.muted = router,
            Step::Replay(..) | Step::Forge(..) if self.recorded.is_empty() => {}
            Step::Replay(which, to) => {
                let (sequence, bytes) = which.get(&self.recorded).clone();
                // One that it has not heard is not old.
                if sequence <= self.reached[to] {
                    self.attack(to, &bytes);
                }
            }
            Step::Forge(which, to, byte, bit) => {
                let (_, mut bytes) = which.get(&self.recorded).clone();
                // Version and traffic class may change on the way; the raw socket goes by the packet's length, not the header's.
                let covered: Vec<usize> = [4, 5, 8].into_iter().chain(12..bytes.len()).collect();
                bytes[*byte.get(&covered)] ^= 1 << bit;
                self.attack(to, &bytes);
            }
            Step::Restart(place) => {
                let now = self.routers[place].now;
                (self.routers[place], self.reached[place]) = (router(place, Some(now)), 0);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// V2-AU-02: neither a replay nor a forgery moves a router, and in the end the best one is the only master, whoever was
    /// killed, and counts anew without a clock.
    #[test]
    fn nobody_without_the_key_moves_a_router(steps in vec(step(), 0..60)) {
        let mut lan = Lan::new();
        for step in steps {
            lan.take(step);
        }
        lan.muted = None;
        lan.pass(12 * SECOND);
        let states: Vec<_> = lan.routers.iter().map(Bench::state).collect();
        prop_assert_eq!(states, [StateName::Active, StateName::Backup, StateName::Backup]);
    }
}
