//! What can go wrong, or be made good.

use std::time::Duration;

use vrrp::{Family, Interval, Reading};

use super::seal::{Attack, Keys};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// To one machine.
    Node(usize, NodeFault),
    /// Nothing gets from one to the other any more.
    Block(usize, usize),
    /// The LAN falls apart: a machine belongs to the side its bit says.
    Split(u8),
    /// The LAN is whole again, in all directions.
    Heal,
    /// On all machines at once the configuration of a virtual router has these keys.
    Rekey(usize, Keys),
}

/// Something that happens to one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeFault {
    /// The daemon is started, if it does not run.
    Start,
    /// The daemon is stopped by plan: it undoes everything.
    Quit,
    /// The daemon is killed. What it did to the machine stays; what it holds by lease stays until the lease ends.
    Crash,
    /// The daemon is killed in the middle of a batch of operations: after so many.
    CrashWithin(u8),
    /// Another program takes the place of the daemon, if that is at rest: for this long nothing runs, and nothing is heard.
    Restart(Duration),
    /// Something is not scheduled for this long.
    Stall(Watched, Duration),
    /// The protocol thread wakes although nothing is ready (EINTR).
    Interrupt,
    /// The parent loses its carrier.
    LinkDown,
    /// It has a carrier again.
    LinkUp,
    /// The parent goes, with everything on it.
    ParentGone,
    /// It comes back under its old index.
    ParentBack,
    /// The parent loses its own address of a family.
    SourceLost(Family),
    /// It has one again.
    SourceBack(Family),
    /// What a tracker says of its object.
    Reading(usize, Reading),
    /// One router is stopped by plan.
    Stop(usize),
    /// The end of that.
    Resume(usize),
    /// The configuration of one router changes.
    Reload(usize, Change),
    /// The kernel refuses operations for this long.
    Refuse(Refusal, Duration),
    /// An administrator gives the parent's `arp_ignore` this value, which no router gives it.
    Administer(i32),
    /// So many packets that no router may accept arrive at once; they name this virtual router.
    Flood(usize, u16),
    /// So many packets of somebody who has no key arrive at once; they name this virtual router.
    Attack(usize, Attack, u16),
}

/// What is not scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// All of the daemon (SIGSTOP, a frozen cgroup, a paused virtual machine).
    Process,
    /// The protocol thread alone.
    Protocol,
    /// The host thread alone.
    Host,
}

/// A change of configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another base priority.
    Priority(u8),
    /// Another interval.
    Interval(Interval),
    /// So many of the addresses.
    Addresses(u8),
    /// The router is new.
    Add,
    /// The router is gone.
    Remove,
    /// The router leaves its sync group.
    Leave,
    /// It is in it again.
    Join,
}

/// Operations that a kernel refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// To add addresses.
    Addresses,
    /// To make interfaces, and to set them up.
    Links,
    /// To join groups.
    Memberships,
    /// To remove anything.
    Removals,
    /// The one after so many others.
    One(u8),
}

impl Fault {
    /// The same fault where a machine is missing and those after it have moved up; `None` if it was that machine's.
    pub(super) fn without_node(self, gone: usize) -> Option<Self> {
        Some(match self {
            Self::Node(node, fault) => Self::Node(moved(node, gone)?, fault),
            Self::Block(from, to) => Self::Block(moved(from, gone)?, moved(to, gone)?),
            Self::Split(sides) => Self::Split(sides & ((1 << gone) - 1) | sides >> (gone + 1) << gone),
            Self::Heal => Self::Heal,
            Self::Rekey(router, keys) => Self::Rekey(router, keys),
        })
    }

    /// The same fault where a virtual router is missing; `None` if it was about that one.
    pub(super) fn without_router(self, gone: usize) -> Option<Self> {
        let (node, fault) = match self {
            Self::Node(node, fault) => (node, fault),
            Self::Rekey(router, keys) => return Some(Self::Rekey(moved(router, gone)?, keys)),
            Self::Block(..) | Self::Split(_) | Self::Heal => return Some(self),
        };
        let fault = match fault {
            NodeFault::Stop(router) => NodeFault::Stop(moved(router, gone)?),
            NodeFault::Resume(router) => NodeFault::Resume(moved(router, gone)?),
            NodeFault::Reload(router, change) => NodeFault::Reload(moved(router, gone)?, change),
            NodeFault::Flood(router, count) => NodeFault::Flood(moved(router, gone)?, count),
            NodeFault::Attack(router, attack, count) => NodeFault::Attack(moved(router, gone)?, attack, count),
            NodeFault::Start
            | NodeFault::Quit
            | NodeFault::Crash
            | NodeFault::CrashWithin(_)
            | NodeFault::Restart(_)
            | NodeFault::Stall(..)
            | NodeFault::Interrupt
            | NodeFault::LinkDown
            | NodeFault::LinkUp
            | NodeFault::ParentGone
            | NodeFault::ParentBack
            | NodeFault::SourceLost(_)
            | NodeFault::SourceBack(_)
            | NodeFault::Reading(..)
            | NodeFault::Refuse(..)
            | NodeFault::Administer(_) => fault,
        };
        Some(Self::Node(node, fault))
    }
}

/// A number in a list from which `gone` is taken out.
pub(super) fn moved(number: usize, gone: usize) -> Option<usize> {
    (number != gone).then(|| number - usize::from(number > gone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_follow_a_machine_that_moves_up() {
        let crash = |node| Fault::Node(node, NodeFault::Crash);
        assert_eq!(crash(1).without_node(1), None);
        assert_eq!((crash(0).without_node(1), crash(2).without_node(1)), (Some(crash(0)), Some(crash(1))));
        assert_eq!(Fault::Block(0, 2).without_node(1), Some(Fault::Block(0, 1)));
        assert_eq!(Fault::Split(0b1101).without_node(1), Some(Fault::Split(0b111)));
    }

    #[test]
    fn faults_of_a_virtual_router_go_with_it() {
        let stop = |router| Fault::Node(0, NodeFault::Stop(router));
        assert_eq!((stop(1).without_router(1), stop(2).without_router(1)), (None, Some(stop(1))));
        assert_eq!(Fault::Heal.without_router(0), Some(Fault::Heal));
    }
}
