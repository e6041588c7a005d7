//! What a daemon hands to the program that is executed in its place: all that it knows of its routers, as data. The threads put it
//! together at a standstill, and those of the next program go on from it.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use conf::model::VmacPlace;
use host::{DropTable, Footprint, Holder, LedgerState, MacvlanLink};
use linux::udp::Inherited;
use serde::{Deserialize, Serialize};
use vrrp::bfd::KnownSession;
use vrrp::input::Reading;
use vrrp::time::Instant;
use vrrp::types::{Family, GroupId, IfIndex, RouterId, TrackerId};
use vrrp::{GroupState, RouterState};

use super::frames::Frames;
use super::history::Past;
use super::main::Answer;
use super::protocol::Ends;

/// The form of what is handed over that this program writes and reads. It goes up when another program would misread it.
const VERSION: u32 = 1;

/// What a program says that has passed its self-test.
pub(crate) const CAN_GO_ON: &str = "this program can go on";

/// Everything that is handed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Handover {
    version: u32,
    /// Version of the program that wrote it.
    pub(crate) program: String,
    /// How often a program was executed in the place of the one before.
    pub(crate) restarts: u64,
    /// When the daemon started: a startup delay counts from then.
    pub(crate) started: Instant,
    /// From when on nothing was received.
    pub(crate) deaf_since: Instant,
    /// Within which the service manager wants signs of life.
    pub(crate) watchdog: Option<Duration>,
    pub(crate) routers: Vec<RouterPart>,
    /// Sync groups, by name.
    pub(crate) groups: Vec<(String, GroupState)>,
    /// Of tracked things, by the list in which they stand and their name there.
    pub(crate) readings: Vec<(String, String, Reading)>,
    /// BFD sessions, of which the first programs handed none over.
    #[serde(default)]
    pub(crate) sessions: Vec<SessionPart>,
    /// Names of routers that somebody released.
    pub(crate) released: Vec<String>,
    /// What happened, of which the first programs said nothing.
    #[serde(default)]
    pub(crate) past: Option<Past>,
    pub(crate) ledger: LedgerState<Holder<u64>>,
    pub(crate) drop_table: DropTable,
}

/// One router: what it is called, and how it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RouterPart {
    pub(crate) name: String,
    pub(crate) interface: String,
    pub(crate) family: Family,
    pub(crate) vrid: u8,
    /// What the ledger calls it.
    pub(crate) number: u64,
    pub(crate) engine: RouterState,
    pub(crate) machine: OnMachine,
}

/// One BFD session: what it is called, what makes it the same for its peer, and how it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SessionPart {
    pub(crate) name: String,
    pub(crate) ends: Ends,
    /// From which its packets come (RFC 5881 §4: always the same); `None` if it has sent none. The socket is passed on.
    pub(crate) port: Option<u16>,
    pub(crate) known: KnownSession,
}

/// What the machine does for a router.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OnMachine {
    pub(crate) holding: Holding,
    /// When its addresses were put in, and up to when their leases were renewed.
    pub(crate) installed_at: Instant,
    pub(crate) renewed: Instant,
    /// Where it is attached, while it is.
    pub(crate) attached: Option<Attached>,
}

/// Whether a router has its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Holding {
    No,
    Active,
    /// Until its successor is heard.
    Leaving,
}

/// A router on its parent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Attached {
    pub(crate) parent: IfIndex,
    /// Its interfaces, by the interface and the family that they are for.
    vmacs: Vec<(String, Family, MacvlanLink)>,
    pub(crate) footprint: Footprint,
    pub(crate) frames: Frames,
}

impl Attached {
    pub(crate) fn new<'a>(
        parent: IfIndex,
        vmacs: impl Iterator<Item = (&'a VmacPlace, &'a MacvlanLink)>,
        footprint: Footprint,
        frames: Frames,
    ) -> Self {
        let vmacs = vmacs.map(|(place, link)| (place.interface.clone(), place.family, link.clone())).collect();
        Self { parent, vmacs, footprint, frames }
    }

    pub(crate) fn vmacs(&self) -> impl Iterator<Item = (VmacPlace, MacvlanLink)> + '_ {
        let vmac = |(interface, family, link): &(String, Family, MacvlanLink)| {
            (VmacPlace { interface: interface.clone(), family: *family }, link.clone())
        };
        self.vmacs.iter().map(vmac)
    }
}

/// Why what was handed over is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("it is of version {0}, and this program reads version {VERSION}")]
    Version(u32),
    #[error("it cannot be read: {0}")]
    Damaged(#[from] serde_json::Error),
}

impl Handover {
    /// What the threads have said, put together.
    pub(crate) fn new(engine: EnginePart, host: HostPart, names: &Known<'_>) -> Self {
        let EnginePart { deaf_since, routers, groups, readings, sessions, sockets: _ } = engine;
        let HostPart { ledger, drop_table, routers: mut machine, kept: _ } = host;
        let part = |(id, engine): (RouterId, RouterState)| {
            let router = (names.router)(id)?;
            let (name, interface) = (router.name.clone(), router.interface.clone());
            let (family, vrid, number) = (router.family, router.vrid.value(), number(id));
            Some(RouterPart { name, interface, family, vrid, number, engine, machine: machine.remove(&id)? })
        };
        Self {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            restarts: names.restarts,
            started: names.started,
            deaf_since,
            watchdog: names.watchdog,
            routers: routers.into_iter().filter_map(part).collect(),
            groups: groups.into_iter().filter_map(|(id, state)| Some(((names.group)(id)?, state))).collect(),
            readings: readings
                .into_iter()
                .filter_map(|(id, reading)| (names.tracker)(id).map(|(list, name)| (list, name, reading)))
                .collect(),
            sessions,
            released: names.released.clone(),
            past: Some(names.past.clone()),
            ledger,
            drop_table,
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // Numbers, text and lists: there is nothing that JSON could refuse.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// # Errors
    /// If this program does not read what another has written.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        /// What every version has.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = serde_json::from_slice(bytes)?;
        if version == VERSION { Ok(serde_json::from_slice(bytes)?) } else { Err(Unreadable::Version(version)) }
    }
}

/// What the ledger that is handed over calls a router.
pub(crate) fn number(router: RouterId) -> u64 {
    use slotmap::Key as _;
    router.data().as_ffi()
}

/// What the main thread knows of what is handed over.
pub(crate) struct Known<'a> {
    pub(crate) restarts: u64,
    pub(crate) started: Instant,
    pub(crate) watchdog: Option<Duration>,
    pub(crate) released: Vec<String>,
    pub(crate) past: Past,
    pub(crate) router: &'a dyn Fn(RouterId) -> Option<Arc<conf::model::Router>>,
    pub(crate) group: &'a dyn Fn(GroupId) -> Option<String>,
    /// The list and the name in it.
    pub(crate) tracker: &'a dyn Fn(TrackerId) -> Option<(String, String)>,
}

/// What the protocol thread hands over.
#[derive(Debug)]
pub(crate) struct EnginePart {
    pub(crate) deaf_since: Instant,
    pub(crate) routers: Vec<(RouterId, RouterState)>,
    pub(crate) groups: Vec<(GroupId, GroupState)>,
    pub(crate) readings: Vec<(TrackerId, Reading)>,
    pub(crate) sessions: Vec<SessionPart>,
    /// Sockets of BFD sessions.
    pub(crate) sockets: Vec<OwnedFd>,
}

/// What the host thread hands over.
#[derive(Debug)]
pub(crate) struct HostPart {
    pub(crate) ledger: LedgerState<Holder<u64>>,
    pub(crate) drop_table: DropTable,
    pub(crate) routers: HashMap<RouterId, OnMachine>,
    /// What keeps memberships of groups while no program holds them.
    pub(crate) kept: Vec<OwnedFd>,
}

/// What the services thread says when it is asked whether it has anything to do.
#[derive(Debug)]
pub(crate) enum Rest {
    /// Scripts or mails are on their way.
    Busy,
    /// Nothing is. What keeps the lines in pipes that nobody has read yet.
    Idle(Vec<OwnedFd>),
}

/// Whether what is handed over is tried out or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Rehearsal,
    Execution,
}

/// A thread says what it hands over, and stands still until it is to go on, or another program is there.
#[derive(Debug)]
pub(crate) struct Standstill<T> {
    pub(crate) purpose: Purpose,
    pub(crate) answer: Answer<Option<T>>,
    /// Says nothing; disconnected when the thread is to go on.
    pub(crate) end: mpsc::Receiver<()>,
}

/// How long a thread stands still at most.
pub(crate) const STANDSTILL: Duration = Duration::from_secs(1);

impl<T> Standstill<T> {
    /// Hands `part` over; `None`: it is a bad moment.
    pub(crate) fn hold(self, part: Option<T>) {
        let stands = part.is_some() && self.purpose == Purpose::Execution;
        self.answer.give(part);
        if stands {
            self.end.recv_timeout(STANDSTILL).ok();
        }
    }
}

/// What was said in the name of routers that were Active while one program took the place of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meanwhile {
    Nothing,
    /// Priority 0, by the guardian: it took too long.
    Release,
}

/// From where the protocol thread goes on.
#[derive(Debug)]
pub(crate) struct EngineResumption {
    pub(crate) deaf_since: Instant,
    /// Of each router that is added.
    pub(crate) routers: Vec<(RouterState, Option<Arc<Frames>>)>,
    pub(crate) groups: Vec<(GroupId, GroupState)>,
    pub(crate) readings: Vec<(TrackerId, Reading)>,
    pub(crate) sessions: SessionsResumption,
    pub(crate) meanwhile: Meanwhile,
}

/// From where BFD sessions go on. Those that are not configured any more are left out, and their sockets are closed.
#[derive(Debug)]
pub(crate) struct SessionsResumption {
    pub(crate) deaf_since: Instant,
    pub(crate) sessions: Vec<SessionPart>,
    pub(crate) sockets: Vec<Inherited>,
}

/// From where the host thread goes on.
#[derive(Debug)]
pub(crate) struct HostResumption {
    pub(crate) ledger: LedgerState<Holder<RouterId>>,
    pub(crate) drop_table: DropTable,
    pub(crate) routers: HashMap<RouterId, OnMachine>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the first version wrote, of a master with a virtual MAC, a sync group, a tracked file, a route and a router that was released.
    const VERSION_1: &str = include_str!("handover/version1.json");

    /// A BFD session, as the first version that handed any over wrote it.
    const SESSION_1: &str = include_str!("handover/session1.json");

    #[test]
    fn a_session_that_earlier_versions_wrote_is_read_and_another_form_is_refused() {
        assert!(Handover::from_bytes(VERSION_1.as_bytes()).unwrap().sessions.is_empty(), "there were none");
        let with = |session: &str| {
            let text = VERSION_1.replacen("\"released\":", &format!("\"sessions\":[{session}],\"released\":"), 1);
            Handover::from_bytes(text.as_bytes())
        };
        let read = with(SESSION_1).unwrap();
        let [SessionPart { name, ends, port: Some(50_007), .. }] = &read.sessions[..] else { panic!("{read:?}") };
        assert_eq!((name.as_str(), ends.hops, ends.hop_limit), ("gw", vrrp::bfd::Hops::Single, 255));
        assert_eq!(serde_json::to_string(&read.sessions[0]).unwrap(), SESSION_1.trim_end());
        for (right, wrong) in [("Single", "Several"), ("10.9.0.254", "gw.example"), ("\"known\"", "\"guessed\"")] {
            let other = SESSION_1.replacen(right, wrong, 1);
            assert!(matches!(with(&other), Err(Unreadable::Damaged(_))), "{wrong}");
        }
    }

    #[test]
    fn what_earlier_versions_wrote_is_read_and_other_forms_are_refused() {
        let read = Handover::from_bytes(VERSION_1.as_bytes()).unwrap();
        let states: Vec<_> =
            read.routers.iter().map(|it| (it.name.as_str(), it.engine.state(), it.machine.holding)).collect();
        assert_eq!(
            states,
            [
                ("a", vrrp::StateName::Active, Holding::Active),
                ("b", vrrp::StateName::Active, Holding::Active),
                ("c", vrrp::StateName::Initialize, Holding::No),
            ]
        );
        assert_eq!((&read.released[..], read.groups.len(), read.readings.len()), (&["c".to_owned()][..], 1, 2));
        let again = Handover::from_bytes(&read.to_bytes()).unwrap();
        assert_eq!(again.to_bytes(), read.to_bytes());
        let other = VERSION_1.replacen("\"version\":1", "\"version\":2", 1);
        assert!(matches!(Handover::from_bytes(other.as_bytes()), Err(Unreadable::Version(2))));
        for damaged in ["", "{}", &VERSION_1[..VERSION_1.len() / 2], "{\"version\":1}"] {
            assert!(matches!(Handover::from_bytes(damaged.as_bytes()), Err(Unreadable::Damaged(_))), "{damaged:.20}");
        }
    }
}
