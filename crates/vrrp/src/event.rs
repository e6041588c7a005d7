//! Everything worth telling.

use core::fmt;
use core::net::IpAddr;
use core::time::Duration;

use crate::discard::Discard;
use crate::time::{Instant, Why};
use crate::types::{Interval, Priority, RouterId};

/// Something happened to a router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which router.
    pub router: RouterId,
    /// When.
    pub at: Instant,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The router changed state.
    Transition(Transition),
    /// The effective priority changed.
    PriorityChanged {
        /// Before.
        from: Priority,
        /// Now.
        to: Priority,
    },
    /// A rival that loses the election was heard, for the first time in a row. It is answered.
    LosingRival(Rival),
    /// A losing rival went on advertising although it was answered: each advertisement is now also sent from the
    /// physical MAC, and stays so for this router (the rival cannot hear the virtual MAC).
    PhysicalCopies(Rival),
    /// Another router with our priority was heard (V3-RX-16).
    SamePriority(Rival),
    /// Another router claims to own the addresses as we do (V3-RX-15, EID 8298).
    OwnerConflict(Rival),
    /// A peer advertises another interval (V3-RX-13); VRRPv3 follows it.
    IntervalMismatch {
        /// Who.
        rival: Rival,
        /// Its interval.
        heard: Interval,
        /// Ours.
        ours: Interval,
    },
    /// A peer advertises another address list (V3-RX-14).
    AddressMismatch(Rival),
    /// A packet was dropped, for the first time in a while for this reason.
    Discarded {
        /// Why.
        reason: Discard,
        /// Who sent it.
        source: IpAddr,
    },
    /// This process was late by more than the down interval (stopped, paused, starved): it listens before it speaks.
    Stalled {
        /// How late.
        late: Duration,
    },
}

/// Another router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rival {
    /// Its address on the link.
    pub address: IpAddr,
    /// What it advertised.
    pub priority: Priority,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The state left.
    pub from: StateName,
    /// The state entered.
    pub to: StateName,
    /// Why.
    pub reason: Reason,
    /// Our effective priority at that moment.
    pub priority: Priority,
    /// Time spent in the old state.
    pub after: Duration,
}

/// Names of the states of RFC 9568 §6.4, without what they carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateName {
    /// Not taking part. keepalived calls it FAULT when something is missing.
    Initialize,
    /// Listening.
    Backup,
    /// Holding the addresses. keepalived says MASTER.
    Active,
}

impl StateName {
    /// keepalived's word.
    #[must_use]
    pub const fn keepalived(self) -> &'static str {
        match self {
            Self::Initialize => "FAULT",
            Self::Backup => "BACKUP",
            Self::Active => "MASTER",
        }
    }
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Initialize => "Initialize",
            Self::Backup => "Backup",
            Self::Active => "Active",
        })
    }
}

/// Why a state was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Everything the router waited for is there (Startup event).
    Ready,
    /// Everything is there and we own the addresses (priority 255).
    OwnerReady,
    /// No acceptable advertisement for the down interval.
    MasterSilent {
        /// The last master heard, if any.
        last: Option<Rival>,
        /// Active_Down_Interval.
        down_interval: Duration,
    },
    /// The master left with priority 0 and the skew time has passed.
    MasterLeft {
        /// Who left.
        rival: IpAddr,
        /// Skew_Time.
        skew: Duration,
    },
    /// Our priority is better than the running master's.
    Preempted {
        /// The master that was displaced.
        rival: Rival,
    },
    /// A better router advertises.
    BetterRival {
        /// Who.
        rival: Rival,
        /// Its priority is higher, or equal with a higher address.
        by: WonBy,
    },
    /// Something the router needs went away.
    Lost {
        /// What it waits for now.
        waiting_for: Causes,
    },
    /// A planned stop.
    Shutdown,
    /// This process was late by this much; others may have taken over meanwhile.
    Stalled {
        /// How late.
        late: Duration,
    },
}

/// What decided an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WonBy {
    /// Higher priority.
    Priority,
    /// Equal priority, higher source address (unsigned, network order).
    Address,
}

/// What a router in Initialize waits for: a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Causes(u8);

impl Causes {
    /// Nothing is missing.
    pub const NONE: Self = Self(0);
    /// The parent interface does not exist.
    pub const NO_INTERFACE: Self = Self(1);
    /// The parent interface is down or has no carrier.
    pub const LINK_DOWN: Self = Self(2);
    /// The parent interface has no address to send from.
    pub const NO_SOURCE: Self = Self(4);
    /// A tracked object is down.
    pub const TRACKER: Self = Self(8);
    /// A planned stop.
    pub const SHUTDOWN: Self = Self(16);
    /// The router has no address to advertise.
    pub const NO_ADDRESS: Self = Self(32);

    /// The machine does not let the router hold its addresses.
    pub const UNABLE: Self = Self(64);

    const NAMES: [(Self, &'static str); 7] = [
        (Self::NO_INTERFACE, "interface missing"),
        (Self::LINK_DOWN, "interface down"),
        (Self::NO_SOURCE, "no source address on the interface"),
        (Self::TRACKER, "tracked object down"),
        (Self::SHUTDOWN, "stopped"),
        (Self::NO_ADDRESS, "no virtual address"),
        (Self::UNABLE, "the machine refuses its addresses"),
    ];

    /// Whether nothing is missing.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` are in.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set, with `other` if `present`.
    #[must_use]
    pub const fn with_if(self, present: bool, other: Self) -> Self {
        if present { self.with(other) } else { self }
    }

    /// The causes in words.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(cause, _)| self.contains(*cause)).map(|(_, name)| name)
    }
}

impl fmt::Display for Causes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.names().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("everything it needs is there"),
            Self::OwnerReady => f.write_str("owner of the addresses (priority 255)"),
            Self::MasterSilent { last: Some(rival), down_interval } => write!(
                f,
                "nothing heard from {} (priority {}) for {}",
                rival.address,
                rival.priority,
                Seconds(*down_interval)
            ),
            Self::MasterSilent { last: None, down_interval } => {
                write!(f, "no master heard for {}", Seconds(*down_interval))
            }
            Self::MasterLeft { rival, skew } => {
                write!(f, "{rival} left (priority 0) and {} have passed", Seconds(*skew))
            }
            Self::Preempted { rival } => {
                write!(f, "preempts {} (priority {} is lower)", rival.address, rival.priority)
            }
            Self::BetterRival { rival, by: WonBy::Priority } => {
                write!(f, "{} advertises priority {}, which is higher", rival.address, rival.priority)
            }
            Self::BetterRival { rival, by: WonBy::Address } => {
                write!(f, "{} advertises the same priority {} from a higher address", rival.address, rival.priority)
            }
            Self::Lost { waiting_for } => write!(f, "{waiting_for}"),
            Self::Shutdown => f.write_str("planned stop"),
            Self::Stalled { late } => {
                write!(f, "this process was not scheduled for {}: listening before speaking", Seconds(*late))
            }
        }
    }
}

/// A duration in seconds with the digits that matter.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} s", self.0.as_secs(), self.0.subsec_millis())
    }
}

impl Why {
    /// Whether this deadline belongs to the given state.
    #[must_use]
    pub const fn belongs_to(self, state: StateName) -> bool {
        match (self, state) {
            (Self::ActiveDown, StateName::Backup) | (Self::Advertise | Self::Announce, StateName::Active) => true,
            (Self::ActiveDown, StateName::Initialize | StateName::Active)
            | (Self::Advertise | Self::Announce, StateName::Initialize | StateName::Backup) => false,
        }
    }
}
