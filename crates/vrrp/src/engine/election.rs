//! Who wins: pure functions of priorities and addresses.

use core::net::IpAddr;

use crate::event::WonBy;
use crate::types::Priority;

/// Whether a backup may displace a running master right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preemption {
    Allowed,
    Forbidden,
}

/// What an advert means to a Backup (V3-ST-06, -07, -08).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BackupHears {
    /// The master leaves: wait for the skew time only.
    Release,
    /// A master to follow: learn its interval, restart the timer. Addresses do not count here.
    Master,
    /// An inferior master: let the timer run on.
    InferiorMaster,
}

/// What an advert means to an Active (V3-ST-11, -12, -13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActiveHears {
    /// Somebody leaves: confirm that we are here.
    Release,
    /// Yield.
    Superior(WonBy),
    /// Discard it and answer.
    Inferior,
}

/// RFC 9568 §6.4.2.
pub(crate) fn backup_hears(ours: Priority, theirs: Priority, preemption: Preemption) -> BackupHears {
    match preemption {
        _ if theirs == Priority::RELEASE => BackupHears::Release,
        Preemption::Allowed if theirs < ours => BackupHears::InferiorMaster,
        Preemption::Allowed | Preemption::Forbidden => BackupHears::Master,
    }
}

/// RFC 9568 §6.4.3. Addresses compare as unsigned integers in network byte order.
pub(crate) fn active_hears(ours: (Priority, IpAddr), theirs: (Priority, IpAddr)) -> ActiveHears {
    if theirs.0 == Priority::RELEASE {
        ActiveHears::Release
    } else if theirs.0 > ours.0 {
        ActiveHears::Superior(WonBy::Priority)
    } else if theirs > ours {
        ActiveHears::Superior(WonBy::Address)
    } else {
        ActiveHears::Inferior
    }
}
