//! What control requests work with: the threads that are asked, and the event stream.

use std::collections::HashSet;

use vrrp::snapshot::{GroupSnapshot, Snapshot, Speaker};
use vrrp::types::{RouterId, TrackerId};

use super::api::{EventLine, SessionStatus, Status, Why};
use super::inquiry::{Inquiry, NoAnswer};
use super::why::{self, Looked};
use super::{line, status};
use crate::logging;
use crate::ports::directory::{Directory, DirectoryReader};
use crate::ports::events::EventSender;
use crate::ports::guardian::Guarded;
use crate::ports::history::Wanted;
use crate::ports::host::{HostCommand, HostViews};
use crate::ports::mail::MailCounts;
use crate::ports::mailbox::Handle;
use crate::ports::protocol::{ProtocolCommand, Snapshots};
use crate::ports::question::Asked;
use crate::ports::released::Released;
use crate::ports::restart::RestartDesk;
use crate::ports::sightings::Sightings;
use crate::ports::stream::Stream;
use crate::ports::tally::Tally;

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
    pub(crate) mails: MailCounts,
    pub(crate) tally: Tally,
    pub(crate) guarded: Guarded,
    pub(crate) released: Released,
    pub(crate) desk: RestartDesk,
}

impl Control {
    /// What asks these threads, and has told and counted nothing yet.
    pub(crate) fn new(
        protocol: Handle<ProtocolCommand>,
        host: Handle<HostCommand>,
        events: EventSender,
        directory: DirectoryReader,
        (guarded, desk, stream): (Guarded, RestartDesk, Stream),
    ) -> Self {
        Self {
            protocol: Inquiry::new(protocol, ProtocolCommand::Ask),
            host: Inquiry::new(host, HostCommand::Ask),
            events,
            directory,
            stream,
            sightings: Sightings::default(),
            mails: MailCounts::default(),
            tally: Tally::default(),
            guarded,
            released: Released::default(),
            desk,
        }
    }

    /// The state of every router.
    ///
    /// # Errors
    /// If the protocol thread gives none.
    pub(crate) async fn status(&self) -> Result<Status, NoAnswer> {
        self.status_of(Asked::All, |_| true).await
    }

    /// The state of one router, and of a BFD session of that name; without them if there are none.
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
        // What keeps a router out may be another of its sync group.
        let (snapshots, machine) = tokio::join!(self.protocol.get(Asked::All), self.host.get(Asked::All));
        let (mut snapshots, machine) = (snapshots?, machine.ok());
        if let Some(machine) = &machine
            && self.look(name, &snapshots, machine).await == Looked::Yes
        {
            snapshots = self.protocol.get(Asked::All).await?;
        }
        let directory = self.directory.borrow();
        let answers = why::Answers {
            snapshots: &snapshots,
            machine: machine.as_deref(),
            directory: &directory,
            sightings: &self.sightings,
        };
        Ok(answers.why(name))
    }

    /// Finds out the MACs of those whom a router hears now.
    async fn look(&self, name: &str, snapshots: &Snapshots, machine: &HostViews) -> Looked {
        let (ids, interface) = {
            let directory = self.directory.borrow();
            (directory.named(name), directory.interface_of(name))
        };
        let snapshot = snapshots.routers.iter().find(|snapshot| ids.contains(&snapshot.router));
        let link = snapshot.and_then(|snapshot| machine.routers.get(&snapshot.router)?.parent);
        let (Some(snapshot), Some(link), Some(interface)) = (snapshot, link, interface) else { return Looked::No };
        let (interval, now) = (snapshot.active_interval.duration(), linux::clock::now());
        let speakers = snapshot.speakers.iter().flatten().copied();
        let speakers: Vec<Speaker> = speakers.filter(|it| now.since(it.heard) <= interval * 2).collect();
        why::look((link, &interface), &speakers, interval, &self.sightings).await
    }

    /// What happened to routers and groups last, the newest first; so many events at most.
    pub(crate) fn recent(&self, most: usize) -> Vec<EventLine> {
        let past = self.stream.past(&Wanted::default());
        past.iter().rev().take(most).map(|event| line::of(event, self)).collect()
    }

    /// Whether there is or was a router or sync group of that name.
    pub(super) fn has_or_had(&self, name: &str) -> bool {
        let directory = self.directory.borrow();
        directory.names().any(|it| it == name) || directory.members(name).is_some() || self.stream.knows(name)
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
        let (snapshots, machine) = tokio::join!(self.protocol.get(asked.clone()), self.host.get(asked.clone()));
        let snapshots = snapshots?;
        let statics = match (&asked, &machine) {
            (Asked::All, Ok(views)) => views.statics.iter().map(status::of_static).collect(),
            (Asked::All, Err(_)) | (Asked::These(_), _) => Vec::new(),
        };
        let directory = self.directory.borrow();
        let left_out = match &asked {
            Asked::All => directory.places().left_out().to_vec(),
            Asked::These(_) => Vec::new(),
        };
        let one = |snapshot: &Snapshot| {
            let router = directory.router(snapshot.router).filter(|router| wanted(&router.name))?;
            // A host thread that does not answer leaves its part of the status empty.
            let machine = machine.as_ref().ok().and_then(|views| views.routers.get(&snapshot.router));
            let tracked = snapshots.tracked.get(&snapshot.router).map_or(&[][..], Vec::as_slice);
            let mut status = status::of(router, snapshot, machine, &directory, &self.sightings);
            status.released = self.released.contains(&router.name);
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
        let mut no_such_router = status::discards(&snapshots.no_such_router);
        no_such_router.insert("lost_notices".into(), self.events.lost());
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            guardian: status::of_guardian(&self.guarded),
            routers,
            left_out,
            groups,
            statics,
            unrecorded: machine.as_ref().ok().and_then(|views| views.unrecorded.clone()),
            bfd_sessions: sessions(&snapshots, &directory, &wanted),
            no_bfd_session: status::discards(&snapshots.no_session),
            no_such_router,
            packets_lost: snapshots.overflows,
            log_lines_dropped: logging::lines_dropped(),
            mails_sent: self.mails.sent(),
            mails_lost: self.mails.lost(),
            pipe_lines_lost: self.tally.lines_lost(),
            scripts_superseded: self.tally.scripts_superseded(),
        })
    }
}

/// The BFD sessions of a name that is wanted, and those that such routers track.
fn sessions(snapshots: &Snapshots, directory: &Directory, wanted: &impl Fn(&str) -> bool) -> Vec<SessionStatus> {
    let is_wanted = |id: &RouterId| directory.router(*id).is_some_and(|router| wanted(&router.name));
    let of_wanted = snapshots.tracked.iter().filter(|(id, _)| is_wanted(id)).flat_map(|(_, tracked)| tracked);
    let tracked: HashSet<TrackerId> = of_wanted.map(|tracked| tracked.tracker).collect();
    let sessions = snapshots.sessions.iter().map(|session| (session, status::of_session(session, directory)));
    let wanted = sessions.filter(|(session, status)| tracked.contains(&session.tracker) || wanted(&status.name));
    let mut sessions: Vec<_> = wanted.map(|(_, status)| status).collect();
    sessions.sort_by(|a, b| a.name.cmp(&b.name));
    sessions
}
