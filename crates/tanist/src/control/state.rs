//! What control requests work with: the threads that are asked, and the event stream.

use vrrp::bfd;
use vrrp::snapshot::{GroupSnapshot, Snapshot, Tracked};
use vrrp::types::RouterId;

use super::api::Status;
use super::inquiry::{Inquiry, NoAnswer};
use super::status;
use crate::logging;
use crate::ports::directory::DirectoryReader;
use crate::ports::events::EventSender;
use crate::ports::host::{HostCommand, HostViews};
use crate::ports::protocol::{ProtocolCommand, Snapshots};
use crate::ports::question::Asked;
use crate::ports::sightings::Sightings;
use crate::ports::stream::Stream;

/// The state behind the control socket.
pub(crate) struct Control {
    pub(crate) protocol: Inquiry<ProtocolCommand, Snapshots>,
    pub(crate) host: Inquiry<HostCommand, HostViews>,
    pub(crate) events: EventSender,
    pub(crate) directory: DirectoryReader,
    pub(crate) stream: Stream,
    pub(crate) sightings: Sightings,
}

impl Control {
    /// The state of every router.
    ///
    /// # Errors
    /// If the protocol thread gives none.
    pub(super) async fn status(&self) -> Result<Status, NoAnswer> {
        self.status_of(Asked::All, |_| true).await
    }

    /// The state of one router; without it if there is none of that name.
    ///
    /// # Errors
    /// If the protocol thread gives none.
    pub(super) async fn status_named(&self, name: &str) -> Result<Status, NoAnswer> {
        let routers = self.directory.borrow().named(name);
        self.status_of(Asked::These(routers), |router| router == name).await
    }

    async fn status_of(&self, asked: Asked, wanted: impl Fn(&str) -> bool) -> Result<Status, NoAnswer> {
        let of_all = asked == Asked::All;
        let (snapshots, machine) = tokio::join!(self.protocol.get(asked.clone()), self.host.get(asked));
        let snapshots = snapshots?;
        let directory = self.directory.borrow();
        let one = |snapshot: &Snapshot| {
            let router = directory.router(snapshot.router).filter(|router| wanted(&router.name))?;
            // A host thread that does not answer leaves its part of the status empty.
            let machine = machine.as_ref().ok().and_then(|views| views.get(&snapshot.router));
            let tracked = snapshots.tracked.get(&snapshot.router).map_or(&[][..], Vec::as_slice);
            let mut status = status::of(router, snapshot, machine, &directory, &self.sightings);
            status.trackers = status::trackers(tracked, &directory);
            Some(status)
        };
        let mut routers: Vec<_> = snapshots.routers.iter().filter_map(one).collect();
        routers.sort_by(|a, b| a.name.cmp(&b.name));
        let has_one = |group: &&GroupSnapshot| {
            group.members.iter().any(|member| directory.router(*member).is_some_and(|router| wanted(&router.name)))
        };
        let groups = snapshots.groups.iter().filter(has_one);
        let mut groups: Vec<_> = groups.map(|group| status::of_group(group, &directory)).collect();
        groups.sort_by(|a, b| a.name.cmp(&b.name));
        let tracked = |session: &&bfd::Snapshot| {
            let is_it = |tracked: &Tracked| tracked.tracker == session.tracker;
            let wanted = |id: &RouterId| directory.router(*id).is_some_and(|router| wanted(&router.name));
            let mut trackers = snapshots.tracked.iter().filter(|(id, _)| wanted(id));
            of_all || trackers.any(|(_, all)| all.iter().any(is_it))
        };
        let sessions = snapshots.sessions.iter().filter(tracked);
        let mut bfd_sessions: Vec<_> = sessions.map(|session| status::of_session(session, &directory)).collect();
        bfd_sessions.sort_by(|a, b| a.name.cmp(&b.name));
        let mut no_such_router = status::discards(&snapshots.no_such_router);
        no_such_router.insert("lost_notices".into(), self.events.lost());
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            routers,
            groups,
            bfd_sessions,
            no_bfd_session: status::session_discards(&snapshots.no_session),
            no_such_router,
            packets_lost: snapshots.overflows,
            log_lines_dropped: logging::lines_dropped(),
        })
    }
}
