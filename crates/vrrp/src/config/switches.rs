//! Switches of the election.

use core::time::Duration;

use crate::types::Priority;

/// What keepalived lets one switch, and all else that the election alone goes by, whatever its type; the defaults are the RFC's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// What a master does about an inferior advert.
    pub on_inferior: OnInferior,
    /// What a master does about a superior advert.
    pub on_superior: OnSuperior,
    pub hearing: Hearing,
    pub lists: ListCheck,
    pub stall: StallLimit,
    pub old_checksum: OldChecksum,
    pub no_addresses: NoAddresses,
    /// `tanist_linger`: how long a master that leaves by plan keeps its addresses until its successor is heard; at the
    /// longest it is the skew time of the slowest backup. Zero: it withdraws them at once.
    pub linger: Duration,
}

/// `log_unknown_vrids`: what becomes of adverts that name no router here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownVrids {
    #[default]
    Counted,
    /// And told, once a minute for each.
    Told,
}

/// `lower_prio_no_advert`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnInferior {
    /// Send an advert at once, rate-limited (RFC 9568 §6.4.3, V3-ST-13).
    #[default]
    Answer,
    /// Only discard (RFC 3768).
    Ignore,
}

/// `higher_prio_send_advert`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnSuperior {
    /// Yield in silence (RFC).
    #[default]
    Yield,
    /// Send one more advert, then yield.
    AnswerOnce,
}

/// `owner_ignore_adverts`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hearing {
    /// Every router hears the others (EID 8298).
    #[default]
    Always,
    /// An owner hears nobody: of two owners both stay Active.
    UnlessOwner,
}

/// `skip_check_adv_addr`: which address lists are compared with ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListCheck {
    /// That of each advert.
    #[default]
    Each,
    /// Not those of the master that was heard last.
    OtherMasters,
}

/// `timer_expired_backup`: after how long a silence of its own an Active leaves, because others have taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StallLimit {
    /// When its next advert is late by its own Active_Down_Interval: a peer may have missed one advert (V3-TM-10).
    #[default]
    Ours,
    /// When its last advert is as long ago as a backup of this priority waits.
    Backup(Priority),
}

/// `old_unicast_checksum`: keepalived before 1.3.6 summed a pseudo-header with the multicast group as destination also by
/// unicast. Concerns VRRPv3 over IPv4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OldChecksum {
    /// Accepted, and sent while the master in charge sends it.
    #[default]
    Recognised,
    /// Accepted, and always sent.
    Sent,
    /// A wrong checksum like any other.
    Refused,
}

/// `no_virtual_ipaddress`: whether a version 3 router without addresses takes part. Version 2 elects a master of nothing anyway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoAddresses {
    /// No: an advert has an address (RFC 9568 §5.2.5).
    #[default]
    Refused,
    /// Yes, with adverts that have none, which it takes from others as well.
    Meant,
}
