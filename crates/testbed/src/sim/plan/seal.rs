//! How routers know each other's adverts: what is agreed, who has which keys, and what strangers try.

use std::time::Duration;

use vrrp::Version;
use vrrp::config::{Authentication, Freshness, Hmac, HmacKey, HmacMode, Password, Secret};

use super::draw::part_of;
use super::{Fault, NodeFault, NodePlan, Plan, VirtualRouter};
use crate::sim::random::Random;

/// How the routers of a virtual router know each other's adverts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// Not at all.
    None,
    /// By an authentication header: VRRPv2 over IPv4.
    Ah,
    /// By a trailer.
    Hmac(Freshness),
}

/// How far a key has been exchanged for another, on all machines alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// There is the old one alone.
    Old,
    /// There are both, and the old one signs.
    OldSigns,
    /// There are both, and the new one signs.
    NewSigns,
    /// There is the new one alone.
    New,
}

/// What somebody sends who has no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Recorded adverts, in the order in which they were sent.
    Replay,
    /// Recorded adverts in any order, again and again.
    Shuffle,
    /// An advert of the highest priority, without a signature.
    Unsigned,
    /// The same, signed with another key under the number of one that there is.
    OtherKey,
}

/// Times by which an advert may be away from the clock of who hears it.
const WINDOWS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];
/// Milliseconds by which clocks are wrong: never two of them by as much as a window.
const CLOCKS: [i64; 5] = [0, 0, 0, 1_300, -700];

impl Keys {
    /// The numbers of those there are.
    pub(in crate::sim) const fn known(self) -> &'static [u8] {
        match self {
            Self::Old => &[1],
            Self::OldSigns | Self::NewSigns => &[1, 2],
            Self::New => &[2],
        }
    }

    /// The number of the one that signs.
    pub(in crate::sim) const fn signing(self) -> u8 {
        match self {
            Self::Old | Self::OldSigns => 1,
            Self::NewSigns | Self::New => 2,
        }
    }
}

impl Seal {
    /// As the engine is told.
    pub(in crate::sim) fn authentication(self, mode: HmacMode, keys: Keys) -> Authentication {
        match self {
            Self::None => Authentication::None,
            // An authentication header has room for one.
            Self::Ah => Authentication::Ah(Password::new([keys.signing(); 8])),
            Self::Hmac(freshness) => {
                let key = |id: &u8| HmacKey { id: *id, bytes: Secret::new(vec![*id; 32]) };
                let all = keys.known().iter().map(key).collect();
                Authentication::Hmac(Hmac { keys: all, active: keys.signing(), freshness, mode })
            }
        }
    }

    /// The same with a key that nobody has.
    pub(in crate::sim) fn of_a_stranger(self) -> Authentication {
        match self {
            Self::None => Authentication::None,
            Self::Ah => Authentication::Ah(Password::new(*b"stranger")),
            Self::Hmac(freshness) => {
                let key = |id| HmacKey { id, bytes: Secret::new(b"a key that none of the routers has".to_vec()) };
                let hmac = Hmac { keys: vec![key(1), key(2)], active: 1, freshness, mode: HmacMode::Enforce };
                Authentication::Hmac(hmac)
            }
        }
    }
}

/// Dice of their own: a seed without authentication stands for the plan that it always stood for.
pub(super) const fn dice(seed: u64) -> Random {
    Random::new(seed.rotate_left(32) ^ 0x5ea1_ed00_5ea1_ed00)
}

/// Half of the virtual routers are authenticated. Where one member does not sign, all take that.
pub(super) fn draw(random: &mut Random, place: usize, router: &mut VirtualRouter, nodes: &mut [NodePlan]) {
    if random.chance(50) {
        return;
    }
    let freshness = match random.below(3) {
        0 => Freshness::Monotonic,
        _ => Freshness::Time { window: random.pick(&WINDOWS) },
    };
    router.seal = match router.version {
        Version::V2 => random.pick(&[Seal::Ah, Seal::Ah, Seal::Hmac(freshness)]),
        Version::V3 => Seal::Hmac(freshness),
    };
    let modes = random.pick(&[
        [HmacMode::Enforce, HmacMode::Enforce],
        [HmacMode::Enforce, HmacMode::Permissive],
        [HmacMode::Permissive, HmacMode::ReceiveOnly],
    ]);
    for node in nodes {
        node.members[place].mode = random.pick(&modes);
        node.clock = random.pick(&CLOCKS);
    }
}

/// What strangers send, and keys that are exchanged.
pub(super) fn attacks(random: &mut Random, plan: &Plan) -> Vec<(Duration, Fault)> {
    let sealed: Vec<usize> = (0..plan.routers.len()).filter(|place| plan.routers[*place].seal != Seal::None).collect();
    if sealed.is_empty() {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for _ in 0..random.below(6) {
        let attack =
            random.pick(&[Attack::Replay, Attack::Replay, Attack::Shuffle, Attack::Unsigned, Attack::OtherKey]);
        let fault = NodeFault::Attack(random.pick(&sealed), attack, random.pick(&[1, 3, 30]));
        faults.push((part_of(random, plan.quiet_from), Fault::Node(random.place(plan.nodes.len()), fault)));
    }
    if random.chance(30) {
        let router = random.pick(&sealed);
        let mut times = [(); 3].map(|()| part_of(random, plan.quiet_from));
        times.sort_unstable();
        let steps = [Keys::OldSigns, Keys::NewSigns, Keys::New];
        faults.extend(times.into_iter().zip(steps).map(|(at, keys)| (at, Fault::Rekey(router, keys))));
    }
    faults
}
