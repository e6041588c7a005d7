//! What the protocol and host threads tell the services thread, as data. They never wait for it: an event that finds
//! the mailbox full is counted.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use host::{HostError, KnownNames, Op, Origin};
use serde::{Deserialize, Serialize};
use vrrp::input::LinkState;
use vrrp::types::{Family, MacAddr, RouterId, Vrid};

use super::mailbox::{Handle, Mailbox, mailbox};
use super::pulse::Health;
use super::routing::{RoutingLine, RoutingState};
use super::sightings::Unheard;
use super::statics::{Static, StaticState};
use super::tracking::TrackerEvent;

/// Events that may wait for the services thread: a failover of five thousand routers fits in.
const CAPACITY: usize = 32_768;

/// Something to log, to publish and to run scripts for.
#[derive(Debug)]
pub(crate) enum Occurrence {
    /// From the engine.
    Protocol(vrrp::event::Event),
    /// From the host thread.
    Host(HostEvent),
    /// The host thread hangs, or does so no longer.
    HostThread(Health),
    /// A peer that claims our addresses, or is not heard, sends from this MAC.
    PeerMac { link: String, peer: IpAddr, mac: MacAddr },
    /// Adverts of a peer arrive on the interface, but not at the daemon.
    Unheard { router: RouterId, unheard: Unheard },
    /// The network failed the protocol thread.
    Network { what: NetworkTask, error: io::Error },
    /// Somebody advertises a virtual router that is not on this interface here (`log_unknown_vrids`).
    UnknownVrid { link: Arc<str>, source: IpAddr, vrid: Vrid },
    /// The host thread does not keep up: this many announcements were left out.
    AnnouncementsLost(u64),
    /// A tracked thing has another reading, or cannot be watched.
    Tracker(TrackerEvent),
}

/// What the protocol thread could not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NetworkTask {
    Receive,
    /// An advert of the router, on the interface of that name; by unicast, to a peer.
    Send {
        router: RouterId,
        link: Arc<str>,
        peer: Option<IpAddr>,
    },
    /// Replace the receive filter: new routers may hear nothing.
    Filter,
    /// Receive BFD packets on this UDP port.
    Listen {
        family: Family,
        port: u16,
    },
    /// A packet of the BFD session of that name, from `source` if that is configured.
    SendSession {
        name: Arc<str>,
        neighbor: IpAddr,
        source: Option<IpAddr>,
    },
}

/// Something that happened on the machine.
#[derive(Debug)]
pub(crate) struct HostEvent {
    /// The router it concerns; `None`: the whole machine.
    pub(crate) router: Option<RouterId>,
    pub(crate) what: HostFact,
}

/// What happened on the machine. Interfaces are named as they were called at that moment.
#[derive(Debug)]
pub(crate) enum HostFact {
    /// The router has its virtual MAC interface.
    VmacReady { name: String, mac: MacAddr },
    /// All addresses of a master are there.
    Installed,
    /// The addresses of a former master are gone.
    Withdrawn,
    /// The kernel refused something.
    Refused { error: HostError, names: KnownNames },
    /// The kernel has done what it refused before.
    Granted { op: Op, names: KnownNames },
    /// The kernel refused what the router needs: it leaves the election and is tried again after this time.
    HoldDown { retry: Duration },
    /// Someone else undid what we need; it was put back.
    Repaired(Drift),
    /// What has become of a route or rule.
    Routing { line: Arc<RoutingLine>, state: RoutingState },
    /// What stands from start to stop has come, was refused, and so on.
    Static { what: Arc<Static>, state: StaticState },
    /// The router cannot run as configured.
    Unusable(Unusable),
    /// `dev` of a virtual address names no interface.
    AddressLeftOut { address: IpAddr, dev: String },
    /// Somebody took an address with `no_track` away from a master.
    AddressGivenUp { address: IpAddr, link: String },
    /// A virtual address was there before we put it there.
    LeftoverRemoved { address: IpAddr, link: String, origin: Origin },
    /// The configured name of the virtual MAC interface is taken.
    NameTaken { name: String },
    /// `net.ipv4.conf.all.NAME` is more than `most`, with which virtual addresses are answered for.
    AllLinks { name: &'static str, value: i32, most: i32 },
    /// The address owner's interface has other addresses as well, so it must go on to answer ARP requests: also for the
    /// virtual address.
    TwoAnswers { address: IpAddr, link: String },
    /// This process was late: the kernel took its addresses, which are installed again.
    LeaseExpired,
    /// Repairs came too often: from now on they wait for the next second.
    RepairsLimited,
    /// Netlink messages were lost: everything was read anew.
    Overrun,
    /// Netlink cannot be read.
    MonitorFailed(io::Error),
    /// The record for a later start cannot be written.
    RecordUnwritten { file: &'static str, error: io::Error },
}

/// What someone else changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Drift {
    /// The MAC of our interface.
    Mac { link: String },
    /// Our interface is up or down against our will.
    LinkState { link: String, found: LinkState },
    /// Our interface was deleted.
    LinkDeleted { link: String },
    /// A route or rule was removed, or went with its link or source address.
    Routing { line: Arc<RoutingLine> },
    /// A virtual address was removed.
    AddressRemoved { address: IpAddr, link: String },
    /// The kernel gave an address up that it first asked for on the link (`-nodad`).
    AddressDuplicate { address: IpAddr, link: String },
    /// The table by which this interface asks with the virtual MAC was taken out of nf_tables.
    OwnerTable { link: String },
    /// The same of the table that drops packets.
    DropTable,
    /// The kernel had forgotten that we listen to a group.
    Membership { group: IpAddr, link: String },
    /// A setting: its name, what it was found at and what it is again.
    Setting { link: String, name: &'static str, found: i32, wanted: i32 },
}

/// Why a router cannot run as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// The interface is no Ethernet.
    NotEthernet { link: String },
    /// The virtual address is the only one the machine has on that interface.
    OnlyAddress { address: IpAddr, link: String },
    /// The router's adverts do not fit into a packet of the interface (bytes).
    MtuTooSmall { link: String, mtu: u32, needed: u32 },
    /// Another interface has the virtual MAC.
    MacTaken { by: String, mac: MacAddr },
}

/// An event with its subject by name, as sinks and listeners get it.
#[derive(Debug)]
pub(crate) struct NamedEvent {
    pub(crate) at: SystemTime,
    pub(crate) subject: Named,
    pub(crate) what: Occurrence,
}

/// What an event is about, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Named {
    /// The whole daemon.
    Daemon,
    Router(String),
    /// A sync group.
    Group(String),
}

impl Named {
    /// Name of the router; empty if it is about none.
    pub(crate) fn router(&self) -> &str {
        match self {
            Self::Router(name) => name,
            Self::Daemon | Self::Group(_) => "",
        }
    }
}

impl fmt::Display for Named {
    /// Empty for the daemon.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Daemon => Ok(()),
            Self::Router(name) => f.write_str(name),
            Self::Group(name) => write!(f, "sync group {name}"),
        }
    }
}

/// Where events go.
#[derive(Clone, Debug)]
pub(crate) struct EventSender {
    mailbox: Handle<Occurrence>,
    lost: Arc<AtomicU64>,
}

/// Makes the channel.
///
/// # Errors
/// If the kernel gives no eventfd.
pub(crate) fn channel() -> io::Result<(EventSender, Mailbox<Occurrence>)> {
    let (handle, events) = mailbox(CAPACITY)?;
    Ok((EventSender { mailbox: handle, lost: Arc::new(AtomicU64::new(0)) }, events))
}

impl EventSender {
    /// Hands an event over, or counts it as lost if nobody keeps up.
    pub(crate) fn send(&self, event: Occurrence) {
        if self.mailbox.try_send(event).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many events were lost so far.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}
