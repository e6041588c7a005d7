//! What trackers watch, and groups of routers.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::config::{Effect, EffectKind};

use super::check::Check;
use super::{Notify, Switch, TrackInterface, Tracker, Weight};

/// `vrrp_script`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackScript {
    /// Name of the block.
    pub name: String,
    /// What is done.
    pub check: Check,
    /// Time from one run to the next.
    pub interval: Duration,
    /// Time after which a run has failed.
    pub timeout: Duration,
    /// What it does to the priority.
    pub weight: Weight,
    /// Successes in a row before it counts as successful.
    pub rise: u32,
    /// Failures in a row before it counts as failed.
    pub fall: u32,
    /// `init_fail`: it counts as failed until it succeeds.
    pub init_fail: Switch,
}

/// `vrrp_track_process`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackProcess {
    /// Name of the block.
    pub name: String,
    /// Name of the process and its arguments.
    pub command: Vec<String>,
    /// How arguments are compared.
    pub param_match: ParamMatch,
    /// What it does to the priority.
    pub weight: Weight,
    /// Fewest processes that are enough.
    pub quorum: u32,
    /// Most processes that are not too many.
    pub quorum_max: Option<u32>,
    /// How long too few processes are put up with.
    pub terminate_delay: Duration,
    /// How long enough processes must run before they count.
    pub fork_delay: Duration,
    /// Whether the whole command line is compared.
    pub full_command: Switch,
}

/// `param_match`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamMatch {
    /// Arguments are not compared, unless some are given.
    None,
    /// They are the same.
    Exact,
    /// The last may be longer.
    Initial,
    /// More may follow.
    Partial,
}

/// `track_file`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackFile {
    /// Name of the block.
    pub name: String,
    /// The file.
    pub file: String,
    /// What its number is multiplied with.
    pub weight: Weight,
    /// `init_file`
    pub init: Option<InitFile>,
}

/// `init_file`: how the file is made at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitFile {
    /// What it says.
    pub value: i32,
    /// Whether it is written anew if it is there.
    pub overwrite: Switch,
}

/// `bfd_instance`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BfdSession {
    /// Name of the block.
    pub name: String,
    /// The peer.
    pub neighbor: IpAddr,
    /// Our address; `None`: the kernel chooses.
    pub source: Option<IpAddr>,
    /// Shortest time between packets that we take.
    pub min_rx: Duration,
    /// Shortest time between packets that we send.
    pub min_tx: Duration,
    /// Time between packets while the session is down.
    pub idle_tx: Duration,
    /// Missed packets after which the session is down.
    pub multiplier: u8,
    /// Whether the peer must begin.
    pub passive: Switch,
    /// TTL or hop limit of packets, if one is written.
    pub ttl: Option<u8>,
    /// How much the TTL of packets may have fallen; −1: by any number.
    pub max_hops: i16,
    /// Whether port 4784 is used (RFC 5883).
    pub multihop: Switch,
    /// What it does to the priority.
    pub weight: Weight,
}

impl BfdSession {
    /// TTL or hop limit of packets: RFC 5881 §5 asks for 255, of which keepalived takes 64 for IPv6.
    #[must_use]
    pub fn hop_limit(&self) -> u8 {
        self.ttl.unwrap_or(u8::MAX)
    }

    /// TTL or hop limit from which the hops of a received packet count: what keepalived sends at the other end, unless both
    /// are told otherwise.
    #[must_use]
    pub fn full_hop_limit(&self) -> u8 {
        self.ttl.unwrap_or_else(|| if self.neighbor.is_ipv4() { u8::MAX } else { 64 })
    }

    /// Least TTL or hop limit of packets that are taken; 0: any.
    #[must_use]
    pub fn least_hop_limit(&self) -> u8 {
        // Without a limit, −1 and 255 say the same.
        u8::try_from(self.max_hops).map_or(0, |hops| self.full_hop_limit().saturating_sub(hops))
    }
}

/// `vrrp_sync_group`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncGroup {
    /// Name of the block.
    pub name: String,
    /// Names of its routers.
    pub members: Vec<String>,
    /// What every member tracks.
    pub tracked: Tracked,
    /// Scripts of the group.
    pub notify: Notify,
    /// `smtp_alert`, `smtp_alert_vrrp`: whether mails tell its changes.
    pub mail: Switch,
    /// `sync_group_tracking_weight`: trackers of members move priorities.
    pub tracking_weight: Switch,
}

/// What has a block that says what is watched, and lists in which routers and groups name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrackerKind {
    /// `vrrp_script`
    Script,
    /// `track_file`
    File,
    /// `vrrp_track_process`
    Process,
    /// `bfd_instance`
    Session,
}

impl TrackerKind {
    /// All of them, in the order in which lists are written.
    pub const ALL: [Self; 4] = [Self::Script, Self::File, Self::Process, Self::Session];

    /// The list of a router or group.
    #[must_use]
    pub const fn list(self) -> &'static str {
        match self {
            Self::Script => "track_script",
            Self::File => "track_file",
            Self::Process => "track_process",
            Self::Session => "track_bfd",
        }
    }

    /// The block.
    #[must_use]
    pub const fn block(self) -> &'static str {
        match self {
            Self::Script => "vrrp_script",
            Self::File => "track_file",
            Self::Process => "vrrp_track_process",
            Self::Session => "bfd_instance",
        }
    }

    /// What one with this weight does to a router: a file says by what the weight is multiplied.
    #[must_use]
    pub const fn effect(self, weight: Weight) -> Effect {
        let kind = match (self, weight.number) {
            (_, 0) => EffectKind::Fault,
            (Self::Script | Self::Process | Self::Session, number) => EffectKind::Weight(number),
            (Self::File, number) => EffectKind::Factor(number),
        };
        Effect { sense: weight.sense, kind }
    }
}

/// Lists of trackers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracked {
    /// `track_interface`
    pub interfaces: Vec<TrackInterface>,
    /// All other lists, one behind the other.
    pub named: Vec<Tracker>,
}

impl Tracked {
    /// The list of one kind.
    pub fn of(&self, kind: TrackerKind) -> impl Iterator<Item = &Tracker> {
        self.named.iter().filter(move |tracker| tracker.kind == kind)
    }
}

/// Everything that trackers watch, and the groups of routers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// `vrrp_script`
    pub scripts: Vec<TrackScript>,
    /// `vrrp_track_process`
    pub processes: Vec<TrackProcess>,
    /// `track_file`
    pub files: Vec<TrackFile>,
    /// `bfd_instance`
    pub sessions: Vec<BfdSession>,
    /// `vrrp_sync_group`
    pub groups: Vec<SyncGroup>,
}
