//! What must be true, whatever happens: each rule with its name.
//!
//! | file | rules about |
//! |---|---|
//! | `router` | one router: what it says and when it changes its state |
//! | `group` | sync groups |
//! | `machine` | what the machines hold, and what is left on them |
//! | `lan` | all routers together, once nothing happens any more |

pub(super) mod group;
pub(super) mod lan;
pub(super) mod machine;
pub(super) mod router;

use std::fmt;

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Invariant {
    /// At most one machine holds an address among those that hear each other.
    OneHolder,
    /// Once everything has settled, the machine of the one Active holds all its addresses and no other holds any.
    SomeoneHolds,
    /// Once everything has settled, one router is Active among those that hear each other.
    OneActive,
    /// Once everything has settled, no Backup may displace the Active.
    RightActive,
    /// Once everything has settled, a router that lacks nothing takes part, and one that lacks something does not.
    TakesPart,
    /// Once everything has settled, no state and no holder changes any more.
    NothingChanges,
    /// Once everything has settled, the Active sends adverts at its interval and everybody else none (V3-ST-10).
    SteadyAdverts,
    /// A router that is Active has its addresses on the machine, soon.
    ActiveHolds,
    /// A router that is not Active has none of its addresses on the machine, soon.
    OthersHoldNothing,
    /// A machine whose daemon is dead, or whose protocol thread hangs, holds nothing once the leases have ended.
    LeaseEnds,
    /// A master is called silent only if no advert of it that counts reached the machine, read or not, for
    /// Active_Down_Interval (V3-ST-05, V3-TM-09).
    LiveMasterIsHeard,
    /// A Backup that has heard no advert that counts for Active_Down_Interval takes over at once (V3-ST-05).
    TakesOver,
    /// An Active sends an advert in every interval (V3-ST-10).
    KeepsSpeaking,
    /// Only a superior advert makes an Active yield (V3-ST-12).
    SuperiorOnly,
    /// Only an advert that is authentic and new makes an Active yield. That none other moves a timer is shown by
    /// `LiveMasterIsHeard` and `TakesOver`.
    OnlyAuthentic,
    /// Of a machine each signed advert in a trailer has a higher number than the last, whatever happened to the daemon.
    NumbersRise,
    /// A master is displaced only by routers that preempt (V3-ST-08).
    Preemption,
    /// An owner starts as Active (V3-ST-01).
    OwnerStarts,
    /// An Active that was away for so long that a Backup has taken over listens before it speaks (V3-TM-10).
    ListensAfterStall,
    /// An Active that was frozen for less than that goes on, and nobody hears of it.
    FreezeIsNoFailover,
    /// An Active that leaves by plan or for want of something says priority 0 (V3-ST-09).
    Farewell,
    /// An Active that has left keeps its addresses only until it hears a successor or the slowest backup would have taken
    /// over, and not without its parent.
    GivesWay,
    /// The routers of a sync group on one node are all Active or none is.
    GroupIsWhole,
    /// Adverts in one interval are bounded (V3-SE-06).
    NoStorm,
    /// A router does not start while something it tracks has had no reading.
    AwaitsReadings,
    /// The effective priority is that of base and readings, within 1–254.
    TrackedPriority,
    /// Nobody sends without an address to send from, but for one priority 0.
    HasSource,
    /// While the host thread hangs or is refused what it needs, its routers leave the election.
    FailedHostLeaves,
    /// Each state is left as it was entered.
    StatesJoin,
    /// All transmissions of a batch come before other actions; announcements come from Actives.
    OrderOfActions,
    /// A timer runs in the state that has it and in no other (V3-ST-14).
    TimerOfState,
    /// The ledger says what is on the machine.
    LedgerIsTrue,
    /// After a stop, and after a crash, a start and a stop, the machine is as before.
    MachineAsBefore,
}

/// A rule that is broken, and how.
pub(super) type Broken = (Invariant, String);

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// `Ok` if the rule holds.
pub(super) fn require(rule: Invariant, holds: bool, how: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err((rule, how())) }
}
