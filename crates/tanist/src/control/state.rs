//! What control requests work with: the threads that are asked, and the event stream.

use vrrp::bfd;
use vrrp::snapshot::{GroupSnapshot, Snapshot, Speaker, Tracked};
use vrrp::types::RouterId;

use super::api::{Status, Why};
use super::inquiry::{Inquiry, NoAnswer};
use super::{status, why};
use crate::logging;
use crate::ports::directory::DirectoryReader;
use crate::ports::events::EventSender;
use crate::ports::host::{HostCommand, HostViews};
use crate::ports::protocol::{ProtocolCommand, Snapshots};
use crate::ports::question::Asked;
use crate::ports::sightings::Sightings;
use crate::ports::stream::Stream;

/// So many routers are named where a name is wrong.
const FEW: usize = 8;

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

    /// Why a router is master or not; without it if there is none of that name.
    ///
    /// # Errors
    /// If the protocol thread gives none.
    pub(super) async fn why(&self, name: &str) -> Result<Option<Why>, NoAnswer> {
        self.look(name).await;
        // What keeps a router out may be another of its sync group.
        let (snapshots, machine) = tokio::join!(self.protocol.get(Asked::All), self.host.get(Asked::All));
        let snapshots = snapshots?;
        let directory = self.directory.borrow();
        let answers = why::Answers {
            snapshots: &snapshots,
            machine: machine.as_deref().ok(),
            directory: &directory,
            sightings: &self.sightings,
        };
        Ok(answers.why(name))
    }

    /// Finds out the MACs of those whom a router hears now.
    async fn look(&self, name: &str) {
        let ids = self.directory.borrow().named(name);
        let asked = Asked::These(ids.clone());
        let (Ok(snapshots), Ok(machine)) = tokio::join!(self.protocol.get(asked.clone()), self.host.get(asked)) else {
            return;
        };
        let Some(snapshot) = snapshots.routers.iter().find(|snapshot| ids.contains(&snapshot.router)) else { return };
        let (interval, now) = (snapshot.active_interval.duration(), linux::clock::now());
        let speakers = snapshot.speakers.iter().flatten().copied();
        let speakers: Vec<Speaker> = speakers.filter(|it| now.since(it.heard) <= interval * 2).collect();
        let interface = self.directory.borrow().interface_of(name);
        if let (Some(link), Some(interface)) = (machine.get(&snapshot.router).and_then(|it| it.parent), interface) {
            why::look((link, &interface), &speakers, interval, &self.sightings).await;
        }
    }

    /// That there is no router of a name, and which was meant.
    pub(super) fn no_router(&self, name: &str) -> String {
        let directory = self.directory.borrow();
        if let Some(members) = directory.members(name) {
            return format!("{name} is a sync group; its virtual routers are {}", members.join(", "));
        }
        let mut names: Vec<&str> = directory.names().collect();
        names.sort_unstable();
        let meant = conf::nearest_word(names.iter().copied(), name);
        let help = match (meant, &names[..]) {
            (Some(meant), _) => format!("; did you mean {meant}?"),
            (None, [_, ..]) if names.len() <= FEW => format!("; there are {}", names.join(", ")),
            (None, _) => String::new(),
        };
        format!("there is no virtual router named {name}{help}")
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
