//! What the control API says, as types that both sides use.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Answer to `GET /v1/status`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Status {
    /// Version of the daemon.
    pub(crate) version: String,
    /// Process id of the daemon.
    pub(crate) pid: u32,
    /// The process that stands in for it when it dies or hangs; `null` if there is to be none (`tanist_guardian off`).
    #[serde(default)]
    pub(crate) guardian: Option<GuardianStatus>,
    /// All routers, by name.
    pub(crate) routers: Vec<RouterStatus>,
    /// Names of routers in the configuration that do not run, because of a mistake or because they ask for what is not
    /// supported yet; of all routers only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) left_out: Vec<String>,
    /// The sync groups of these routers, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) groups: Vec<GroupStatus>,
    /// BFD sessions, by name: all of them, or those that the routers track.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) bfd_sessions: Vec<SessionStatus>,
    /// What stands from the daemon's start to its stop, whatever routers do; nothing if the host thread does not answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) statics: Vec<StaticStatus>,
    /// BFD packets that belonged to no session, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) no_bfd_session: BTreeMap<String, u64>,
    /// Why the record of what a later start must undo cannot be written: until it can, a daemon that is killed may leave settings
    /// and addresses behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unrecorded: Option<String>,
    /// Packets that belonged to no router, by reason.
    pub(crate) no_such_router: BTreeMap<String, u64>,
    /// Packets that came faster than they were read, and were lost.
    #[serde(default)]
    pub(crate) packets_lost: u64,
    /// Lines of the daemon's log that standard error did not take.
    #[serde(default)]
    pub(crate) log_lines_dropped: u64,
    /// Mails that the mail server took.
    #[serde(default)]
    pub(crate) mails_sent: u64,
    /// Mails that it did not take.
    #[serde(default)]
    pub(crate) mails_lost: u64,
    /// Lines for which pipes (`notify_fifo`) had no room.
    #[serde(default)]
    pub(crate) pipe_lines_lost: u64,
    /// Notify scripts that were not run, because newer states waited.
    #[serde(default)]
    pub(crate) scripts_superseded: u64,
}

/// Answer to `GET /v1/restart`, and to `POST /v1/restart` before the program is executed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Restart {
    /// Version of the daemon.
    pub(crate) version: String,
    /// Process id of the daemon, which is the same after a restart.
    #[serde(default)]
    pub(crate) pid: Option<u32>,
    /// How often a program went on in the place of the one before, without a failover.
    pub(crate) restarts: u64,
    /// Why the last one that was asked for was not executed, or did not go on from there; `null` if it did.
    #[serde(default)]
    pub(crate) failure: Option<String>,
}

/// The guardian of a daemon.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct GuardianStatus {
    /// Its process id; `null` while none runs, because it has died and is to be started again.
    pub(crate) pid: Option<i32>,
    /// How often it has died.
    pub(crate) deaths: u64,
}

/// Something that stands from the daemon's start to its stop.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct StaticStatus {
    /// What it is, such as `static address 192.0.2.10/24 dev eth0`.
    pub(crate) name: String,
    /// `added`, `found` (it was there before), `waiting` (for an interface), `refused`, `lost` (others take it away again
    /// and again) or `given_up` (others took it away, and it has `no_track`).
    pub(crate) state: String,
    /// The same in words.
    pub(crate) reason: String,
}

/// One virtual router.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct RouterStatus {
    pub(crate) name: String,
    pub(crate) interface: String,
    pub(crate) vrid: u8,
    /// `IPv4` or `IPv6`.
    pub(crate) family: String,
    /// 2 or 3.
    pub(crate) version: u8,
    /// `MASTER`, `BACKUP` or `FAULT`.
    pub(crate) state: String,
    /// It is no longer master and keeps its addresses until its successor is heard, for this long at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) leaving_seconds: Option<f64>,
    /// Somebody released it: it stays away until somebody lets it take part again.
    #[serde(default)]
    pub(crate) released: bool,
    /// What a router in FAULT waits for.
    pub(crate) waiting_for: Vec<String>,
    /// Why this state was entered.
    pub(crate) reason: String,
    /// Time in this state.
    pub(crate) since_seconds: f64,
    /// Effective priority.
    pub(crate) priority: u8,
    /// Priority as configured.
    pub(crate) base_priority: u8,
    pub(crate) interval_ms: u64,
    /// How long the master may be silent.
    pub(crate) down_interval_ms: f64,
    /// How long after a master that left.
    pub(crate) skew_ms: f64,
    /// The master last heard.
    pub(crate) master: Option<Master>,
    /// Address our adverts come from.
    pub(crate) source: Option<String>,
    pub(crate) vmac: Option<Vmac>,
    /// Virtual addresses as configured.
    pub(crate) addresses: Vec<String>,
    /// `installed`, `missing` (master, but the kernel has not all of them) or `withdrawn`; nothing if the host thread
    /// does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) addresses_installed: Option<String>,
    /// Routes and rules of a master, in the order of its configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) routing: Vec<RoutingStatus>,
    /// Packets to its addresses that were dropped since it became master, because it does not `accept` any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dropped_packets: Option<u64>,
    /// Whether packets to its addresses are accepted although it is not to `accept` any: the kernel cannot drop them.
    #[serde(default)]
    pub(crate) dropping_refused: bool,
    /// The kernel refused what the router needs: it stays out of the election for this long, or until something
    /// changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hold_down_seconds: Option<f64>,
    /// What the router waits for next, and in how many seconds.
    pub(crate) next: Option<Next>,
    /// The sync group it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    /// A backup whose master down timer has run out: it waits for those of the other routers of its group.
    #[serde(default)]
    pub(crate) waits_for_group: bool,
    /// A backup that waits for `preempt_delay` does so for this long still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) preempts_in_seconds: Option<f64>,
    /// Whether adverts are also sent from the physical MAC.
    pub(crate) physical_copies: bool,
    /// Whether adverts are sent in both forms of checksum.
    #[serde(default)]
    pub(crate) both_checksums: bool,
    /// Unicast peers as configured, with what was last heard of each; empty with multicast.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) peers: Vec<PeerStatus>,
    /// Addresses of those who claim to be master although this router is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) other_masters: Vec<String>,
    /// Whether somebody would take over, as far as that can be known of silent backups: `absent` (this router does not take
    /// part), `stands_by` (it would itself), `seen` (somebody was heard last some time ago), `lost` (the master before went
    /// silent or left, and nobody was heard since) or `unknown` (nobody was ever heard).
    #[serde(default)]
    pub(crate) redundancy: String,
    /// Others who send packets for this VRID; of many only some.
    #[serde(default)]
    pub(crate) heard: Vec<Heard>,
    /// A peer whose adverts arrive on the interface but not at the daemon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) not_heard: Option<NotHeard>,
    /// What the router tracks, in the order of its configuration.
    #[serde(default)]
    pub(crate) trackers: Vec<Tracker>,
    pub(crate) counters: BTreeMap<String, u64>,
}

/// Something that a router tracks.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Tracker {
    /// Its kind and name, for example `vrrp_script chk_haproxy`.
    pub(crate) name: String,
    /// `up`, `down`, `unknown`, or a number.
    pub(crate) reading: String,
    /// Time since this reading came; nothing without one.
    pub(crate) since_seconds: Option<f64>,
    /// What the reading does to the router, in words.
    pub(crate) effect: String,
    /// What is added to the priority; nothing if the router is stopped or waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) weight: Option<i32>,
}

/// One sync group.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct GroupStatus {
    pub(crate) name: String,
    /// `MASTER`, `BACKUP` or `FAULT`: that of its routers.
    pub(crate) state: String,
    /// Why this state was entered.
    pub(crate) reason: String,
    /// Time in this state.
    pub(crate) since_seconds: f64,
    /// Names of its routers.
    pub(crate) routers: Vec<String>,
}

/// One BFD session.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct SessionStatus {
    pub(crate) name: String,
    pub(crate) neighbor: String,
    /// `AdminDown`, `Down`, `Init` or `Up`.
    pub(crate) state: String,
    /// Time in this state.
    pub(crate) since_seconds: f64,
    /// Time after which a session that is up also counts as up for routers: one that was lost often must stay up first.
    pub(crate) counts_in_seconds: Option<f64>,
    /// Why it changed its state last, as its packets say: the number of RFC 5880 §4.1.
    pub(crate) diag: u8,
    /// The same in words.
    pub(crate) diag_words: String,
    pub(crate) discriminator: u32,
    /// The other end as its last packet says; nothing while it is not heard.
    pub(crate) remote: Option<RemoteEnd>,
    /// When its last packet was received, if there ever was one.
    pub(crate) heard_seconds_ago: Option<f64>,
    /// Time between our packets, each of which comes up to a quarter of it earlier; nothing if none are sent.
    pub(crate) transmit_interval_ms: Option<f64>,
    /// How long the other end may be silent; nothing while it is not heard.
    pub(crate) detection_time_ms: Option<f64>,
    pub(crate) counters: BTreeMap<String, u64>,
}

/// The other end of a BFD session.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct RemoteEnd {
    pub(crate) discriminator: u32,
    pub(crate) state: String,
    pub(crate) diag: u8,
    pub(crate) diag_words: String,
    /// Shortest time between packets that it wants to send.
    pub(crate) min_tx_ms: f64,
    /// Shortest time between packets that it takes.
    pub(crate) min_rx_ms: f64,
    pub(crate) multiplier: u8,
}

/// The master a router follows, or last followed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Master {
    pub(crate) address: String,
    pub(crate) priority: u8,
}

/// A configured unicast peer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PeerStatus {
    pub(crate) address: String,
    /// Whether it is the router itself, which is passed over.
    #[serde(default)]
    pub(crate) is_self: bool,
    /// Its packet last heard; nothing if none was heard lately: a backup says nothing.
    pub(crate) heard: Option<Heard>,
}

/// Another speaker of the VRID.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Heard {
    pub(crate) address: String,
    /// The MAC it sent from, if somebody looked: while events leave a question open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mac: Option<String>,
    /// As its last packet says, even if that was dropped.
    pub(crate) priority: Option<u8>,
    /// When its last packet was received.
    pub(crate) seconds_ago: f64,
    /// Why its last packet was dropped; nothing if it was accepted.
    pub(crate) dropped: Option<String>,
    /// Whether the router is a backup that follows it as its master.
    #[serde(default)]
    pub(crate) obeyed: bool,
}

/// A peer whose adverts do not reach the daemon.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct NotHeard {
    pub(crate) address: String,
    pub(crate) mac: String,
    /// What keeps them away, and what to do.
    pub(crate) why: String,
}

/// A virtual MAC interface.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Vmac {
    pub(crate) name: String,
    pub(crate) mac: String,
    /// `bridge` or `private`, while the router is master; or `ipvlan`: it is one, with the MAC of its parent.
    pub(crate) mode: String,
}

/// A deadline.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Next {
    pub(crate) what: String,
    pub(crate) in_seconds: f64,
}

/// Answer to `POST /v1/release` and `POST /v1/hold`: the routers that it concerns.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Concerned {
    pub(crate) routers: Vec<String>,
}

/// Answer to `GET /v1/why/NAME`: why a router is master or not.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Why {
    pub(crate) name: String,
    /// Where its block begins, `FILE:LINE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
    /// `MASTER`, `BACKUP` or `FAULT`.
    pub(crate) state: String,
    /// Why this state was entered.
    pub(crate) reason: String,
    /// Time in this state.
    pub(crate) since_seconds: f64,
    /// Effective priority.
    pub(crate) priority: u8,
    /// Priority as configured.
    pub(crate) base_priority: u8,
    /// What decides first.
    pub(crate) causes: Vec<WhyCause>,
    /// What others said last.
    pub(crate) heard: Vec<Heard>,
}

/// One thing that makes a router master or keeps it from that. The values are there where they say something.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct WhyCause {
    /// Its kind, a word for programs.
    pub(crate) cause: String,
    pub(crate) text: String,
    /// What would change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) change: Option<String>,
    /// The statement of the configuration that decides, `FILE:LINE`; the block of the router if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
    /// The other router's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mac: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<u8>,
    /// When it was last heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seconds_ago: Option<f64>,
    /// When this is over by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) in_seconds: Option<f64>,
    /// What is added to the priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) weight: Option<i32>,
    /// How many packets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<u64>,
}

/// One line of `GET /v1/events`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct EventLine {
    /// Events count on in the order in which they came; those of a later daemon have higher numbers.
    pub(crate) number: u64,
    /// RFC 3339, UTC.
    pub(crate) time: String,
    /// Name of the router; empty for what concerns a sync group or the whole daemon.
    pub(crate) router: String,
    /// Name of the sync group, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    /// `transition`, `priority`, `inferior_advert`, … The fields below are there where they apply.
    pub(crate) event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    /// The whole of it in words.
    pub(crate) reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<u8>,
    /// Time spent in the state left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after_seconds: Option<f64>,
    /// The other router that it is about, and the MAC it sends from, if that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mac: Option<String>,
}

/// A line of `GET /v1/events` in place of events that a slow follower has lost.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct LostLine {
    /// `lost`.
    pub(crate) event: &'static str,
    /// How many.
    pub(crate) count: u64,
}

/// Any line of `GET /v1/events`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum NewsLine {
    Event(Box<EventLine>),
    Lost(LostLine),
}

/// A route or rule of a master.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct RoutingStatus {
    /// Its line, and where that stands.
    pub(crate) name: String,
    /// `added`, `found` (it was there before), `waiting` (for an interface) or `refused`.
    pub(crate) state: String,
    /// The same in words.
    pub(crate) reason: String,
}
