//! tanist and its peers: another tanist, keepalived, and FRR's vrrpd. Every protocol, every way to use the virtual MAC on
//! either side, either one preferred; by multicast, to another group, and by unicast.
//!
//! Each test plays the same story: election, kill -9, preemption, planned stop, preemption, and a split between equals.
//! What is not installed is skipped, and said so. At the end stands a table of what was shown.

mod frr;
mod story;
mod table;

use std::fmt;
use std::process::ExitCode;

use lab::Program;
use libtest_mimic::Trial;
use testbed::lan::{Instance, Protocol, VmacMode, harness};

use self::story::Story;

/// Stories are long, and hardly anything happens in them.
const AT_A_TIME: usize = 28;

fn main() -> ExitCode {
    let code = harness::run_at_a_time(AT_A_TIME, || {
        let mut trials = with_tanist();
        if harness::has_program("keepalived", "interoperability with keepalived") {
            trials.extend(either_preferred(with_keepalived()));
        }
        if harness::has_frr("vrrpd", "interoperability with FRR") {
            trials.extend(either_preferred(with_frr()));
        }
        trials
    });
    table::print();
    code
}

/// How they speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cast {
    Multicast,
    OtherGroup,
    Unicast,
}

impl fmt::Display for Cast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Multicast => "",
            Self::OtherGroup => " another group",
            Self::Unicast => " unicast",
        })
    }
}

/// Who can read and sign adverts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Authentication {
    None,
    /// `auth_type AH`.
    Ah,
}

impl fmt::Display for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "",
            Self::Ah => " AH",
        })
    }
}

/// The other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Tanist(VmacMode),
    Keepalived(VmacMode),
    /// It has no choice but to send from the virtual MAC.
    Frr,
}

impl Peer {
    const fn name(self) -> &'static str {
        match self {
            Self::Tanist(_) => "tanist",
            Self::Keepalived(_) => "keepalived",
            Self::Frr => "FRR",
        }
    }

    const fn vmac(self) -> VmacMode {
        match self {
            Self::Tanist(vmac) | Self::Keepalived(vmac) => vmac,
            Self::Frr => VmacMode::Vmac,
        }
    }

    fn program(self) -> Program {
        match self {
            Self::Tanist(_) => harness::tanist(env!("CARGO_BIN_EXE_tanist")),
            Self::Keepalived(_) => Program::Keepalived,
            Self::Frr => Program::Frr,
        }
    }

    /// What a router with this configuration reads.
    fn text(self, instance: &Instance) -> String {
        match self {
            Self::Tanist(_) | Self::Keepalived(_) => instance.to_string(),
            Self::Frr => frr::text(instance),
        }
    }
}

const PROTOCOLS: [Protocol; 3] = [Protocol::V2, Protocol::V3Ipv4, Protocol::V3Ipv6];
const MODES: [VmacMode; 3] = [VmacMode::Vmac, VmacMode::XmitBase, VmacMode::None];
const EITHER: [Preferred; 2] = [Preferred::Ours, Preferred::Theirs];

/// What the two routers of a story are like.
#[derive(Clone, Copy, Debug)]
struct Pairing {
    protocol: Protocol,
    /// How we use the virtual MAC.
    ours: VmacMode,
    peer: Peer,
    cast: Cast,
    authentication: Authentication,
}

impl Pairing {
    const fn new(protocol: Protocol, ours: VmacMode, peer: Peer, cast: Cast) -> Self {
        Self { protocol, ours, peer, cast, authentication: Authentication::None }
    }

    const fn signed(ours: VmacMode, peer: Peer, cast: Cast) -> Self {
        Self { authentication: Authentication::Ah, ..Self::new(Protocol::V2, ours, peer, cast) }
    }

    /// A test, which is part of a cell of the table.
    fn trial(self, preferred: Preferred) -> Trial {
        let Self { protocol, ours, peer, cast, authentication } = self;
        let (them, theirs) = (peer.name(), peer.vmac());
        let what = format!("{protocol}{authentication}{cast}");
        let name = format!("{what}: tanist {ours}, {them} {theirs}, {preferred:?} preferred");
        let column = match preferred {
            Preferred::Ours => format!("tanist before {them}"),
            Preferred::Theirs => format!("{them} before tanist"),
        };
        let row = format!("{what}, {ours}");
        harness::test(name, move || table::record(row, column, || Story::new(self, preferred).play()))
    }
}

fn either_preferred(pairings: Vec<Pairing>) -> impl Iterator<Item = Trial> {
    pairings.into_iter().flat_map(|pairing| EITHER.map(|preferred| pairing.trial(preferred)))
}

/// Both sides with the same use of the virtual MAC.
fn with_tanist() -> Vec<Trial> {
    let with = |protocol, vmac, cast| Pairing::new(protocol, vmac, Peer::Tanist(vmac), cast);
    let multicast = PROTOCOLS
        .into_iter()
        .flat_map(|it| [VmacMode::Vmac, VmacMode::None].map(|vmac| with(it, vmac, Cast::Multicast)));
    let unicast = [Protocol::V3Ipv4, Protocol::V3Ipv6].map(|protocol| with(protocol, VmacMode::None, Cast::Unicast));
    let signed = [Pairing::signed(VmacMode::Vmac, Peer::Tanist(VmacMode::Vmac), Cast::Multicast)];
    multicast.chain(unicast).chain(signed).map(|pairing| pairing.trial(Preferred::Ours)).collect()
}

/// 27 pairings by multicast, 3 with another group, 9 by unicast and 6 with AH.
fn with_keepalived() -> Vec<Pairing> {
    let mut pairings = Vec::new();
    for protocol in PROTOCOLS {
        let with = |ours, theirs, cast| Pairing::new(protocol, ours, Peer::Keepalived(theirs), cast);
        for ours in MODES {
            pairings.extend(MODES.map(|theirs| with(ours, theirs, Cast::Multicast)));
        }
        pairings.push(with(VmacMode::Vmac, VmacMode::None, Cast::OtherGroup));
        pairings.extend(BY_UNICAST.map(|(ours, theirs)| with(ours, theirs, Cast::Unicast)));
    }
    let signed = |cast| move |(ours, theirs)| Pairing::signed(ours, Peer::Keepalived(theirs), cast);
    pairings.extend(SIGNED.map(signed(Cast::Multicast)));
    pairings.extend([(VmacMode::None, VmacMode::None), (VmacMode::Vmac, VmacMode::Vmac)].map(signed(Cast::Unicast)));
    pairings
}

/// With each use of the virtual MAC, and with a keepalived that is deaf to it.
const SIGNED: [(VmacMode, VmacMode); 4] = [
    (VmacMode::None, VmacMode::None),
    (VmacMode::Vmac, VmacMode::Vmac),
    (VmacMode::None, VmacMode::Vmac),
    (VmacMode::Vmac, VmacMode::XmitBase),
];

/// Unicast comes from the physical MAC, whatever is configured.
const BY_UNICAST: [(VmacMode, VmacMode); 3] =
    [(VmacMode::None, VmacMode::None), (VmacMode::Vmac, VmacMode::XmitBase), (VmacMode::XmitBase, VmacMode::None)];

/// Version 3, and each use of our virtual MAC.
fn with_frr() -> Vec<Pairing> {
    let with = |protocol| MODES.map(|ours| Pairing::new(protocol, ours, Peer::Frr, Cast::Multicast));
    [Protocol::V3Ipv4, Protocol::V3Ipv6].into_iter().flat_map(with).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Preferred {
    Ours,
    Theirs,
}
