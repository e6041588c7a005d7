//! The onlooker: watches an interface for a while when an event leaves a question open.
//!
//! It answers two. Does a peer advertise whom the daemon does not hear (a firewall drops protocol 112, the interface was put
//! into a bridge)? It looks whenever a router became master because it heard nobody. And which MAC does a peer have that
//! claims our addresses? Raw IP sockets do not tell. Nothing that it sees takes part in the election.

mod watch;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use vrrp::event::{EventKind, Reason, StateName};

use self::watch::Watch;
use crate::control::state::Control;
use crate::ports::events::{NamedEvent, Occurrence};

/// Interfaces watched at a time; further questions stay open.
const MOST: usize = 16;
/// How long an interface is watched: a few intervals of its slowest router, within these bounds.
const SHORTEST: Duration = Duration::from_secs(3);
const LONGEST: Duration = Duration::from_secs(15);
const INTERVALS: u32 = 4;

/// Starts watches. Used within the services thread's runtime.
pub(crate) struct Onlooker {
    control: Arc<Control>,
    /// Interfaces that are watched.
    watched: Arc<Mutex<HashSet<String>>>,
}

impl Onlooker {
    pub(crate) fn new(control: Arc<Control>) -> Self {
        Self { control, watched: Arc::default() }
    }

    /// Watches the interface of the router that an event is about, if the event leaves a question open.
    pub(crate) fn take(&self, event: &NamedEvent) {
        let Occurrence::Protocol(engine) = &event.what else { return };
        if !leaves_a_question(&engine.kind) {
            return;
        }
        let directory = self.control.directory.borrow().clone();
        let Some(interface) = directory.interface_of(event.subject.router()) else { return };
        if !self.begin(&interface) {
            return;
        }
        let slowest = directory.on_interface(&interface).map(|(_, router)| router.parameters.interval.duration()).max();
        let time = (slowest.unwrap_or_default() * INTERVALS).clamp(SHORTEST, LONGEST);
        let (control, watched) = (Arc::clone(&self.control), Arc::clone(&self.watched));
        tokio::spawn(async move {
            Watch::new(&control, &interface, time).run().await;
            watched.lock().unwrap_or_else(PoisonError::into_inner).remove(&interface);
        });
    }

    fn begin(&self, interface: &str) -> bool {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.len() < MOST && watched.insert(interface.to_owned())
    }
}

/// Whether whoever reads of the event would ask for what only the wire can tell.
const fn leaves_a_question(kind: &EventKind) -> bool {
    match kind {
        EventKind::Transition(transition) => match (transition.to, &transition.reason) {
            (StateName::Active, Reason::MasterSilent { .. }) => true,
            (StateName::Active | StateName::Backup | StateName::Initialize, _) => false,
        },
        EventKind::InferiorAdvert(_)
        | EventKind::TwoMasters { .. }
        | EventKind::DeafPeer { .. }
        | EventKind::SamePriority(_)
        | EventKind::OwnerConflict(_)
        | EventKind::UnlistedPeer(_)
        | EventKind::Discarded { .. } => true,
        EventKind::WaitingFor { .. }
        | EventKind::Flapping { .. }
        | EventKind::PriorityChanged { .. }
        | EventKind::NearFailover { .. }
        | EventKind::RedundancyLost { .. }
        | EventKind::RedundancyBack(_)
        | EventKind::IntervalMismatch { .. }
        | EventKind::AddressMismatch(_)
        | EventKind::Stalled { .. } => false,
    }
}
