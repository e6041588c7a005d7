//! The services thread: hands events to the sinks, watches what routers track, and serves the control socket. It may be slow; nobody waits for it.

mod ends;

use std::io;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use linux::state::StateDir;
use tokio::net::UnixListener;
use tokio::net::unix::pipe;
use tokio::sync::oneshot;
use vrrp::event::Subject;

pub(crate) use self::ends::{Ends, ServicesHandle};
use crate::control::server;
use crate::control::state::Control;
use crate::dbus;
use crate::dumps::Dumper;
use crate::launch::{SnmpAsked, Start};
use crate::manager::{StatusLine, Watchdog};
use crate::metrics;
use crate::onlooker::Onlooker;
use crate::ports::directory::DirectoryReader;
use crate::ports::events::{Named, NamedEvent, NetworkTask, Occurrence};
use crate::ports::mailbox::Mailbox;
use crate::ports::protocol::ProtocolHandle;
use crate::sinks::{self, Sinks};
use crate::snmp::Snmp;
use crate::trackers::{self, Watcher};
use crate::web;

/// Events taken before control requests get their turn.
const BATCH: usize = 256;

/// Events that come one upon the other are gathered for so long: a wake-up costs more than an event. One that comes alone
/// does not wait.
const GATHER: Duration = Duration::from_millis(1);

/// What the thread works with.
pub(crate) struct Parts {
    pub(crate) ends: Ends,
    pub(crate) events: Mailbox<Occurrence>,
    pub(crate) control: Control,
    pub(crate) protocol: ProtocolHandle,
    pub(crate) state_dir: Arc<StateDir>,
    pub(crate) start: Start,
    /// What the command line says of SNMP.
    pub(crate) snmp: SnmpAsked,
    pub(crate) listener: std::os::unix::net::UnixListener,
    /// There if the service manager has one.
    pub(crate) watchdog: Option<Watchdog>,
}

/// Runs until told to stop, then takes the events that are left.
///
/// # Errors
/// If there is no runtime to be had.
pub(crate) fn run(parts: Parts) -> io::Result<()> {
    let Parts { ends, events, control, protocol, state_dir, start, snmp: snmp_asked, listener, watchdog } = parts;
    let Ends { sinks: told, dumps, config, tracked, metrics: metrics_at, bus, mut rest, stop } = ends;
    let directory = control.directory.clone();
    let trackers = trackers::Parts { plan: tracked, protocol, events: control.events.clone(), complain: sinks::report };
    let mut sinks = Sinks::new(sinks::Parts {
        stream: control.stream.clone(),
        told,
        directory: directory.clone(),
        state_dir,
        tally: control.tally.clone(),
        mails: control.mails.clone(),
        start,
        sightings: control.sightings.clone(),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let unfinished = runtime.block_on(async {
        let listener = UnixListener::from_std(listener)?;
        let control = Arc::new(control);
        let onlooker = Onlooker::new(Arc::clone(&control));
        let status_line = StatusLine::start(Arc::clone(&control));
        watchdog.into_iter().for_each(|watchdog| drop(tokio::spawn(watchdog.run())));
        tokio::spawn(Dumper::new(dumps, Arc::clone(&control)).run());
        let mut snmp = Snmp::start(Arc::clone(&control), config, snmp_asked);
        let metrics = metrics::routes(Arc::clone(&control));
        let page = metrics.clone().merge(web::routes(Arc::clone(&control)));
        tokio::spawn(web::tcp::serve(metrics_at, web::tcp::Apps { metrics: metrics.clone(), page }));
        tokio::spawn(server::serve(listener, Arc::clone(&control), metrics, metrics::document()));
        let bus = dbus::Service::start(bus, Arc::clone(&control));
        // An eventfd is read like a pipe.
        let waker = pipe::Receiver::from_file_unchecked(events.as_fd().try_clone_to_owned()?.into())?;
        let mut stop = std::pin::pin!(stop);
        let (stop_watching, stopped) = oneshot::channel();
        let mut watching = tokio::spawn(Watcher::new(trackers).run(stopped));
        let mut taken: Option<tokio::time::Instant> = None;
        loop {
            let asked = tokio::select! {
                () = sinks.reconfigured() => None,
                ready = waker.readable() => ready.map(|_| None)?,
                Some(answer) = rest.recv() => Some(answer),
                _ = &mut stop => break,
                // Routers would go by what was read last, for ever.
                _ = &mut watching => return Err(io::Error::other("nothing is tracked any more")),
            };
            if asked.is_none() && taken.is_some_and(|at| at.elapsed() < GATHER) {
                tokio::time::sleep(GATHER).await;
            }
            taken = Some(tokio::time::Instant::now());
            // The only failure is a wake-up that has been read already.
            waker.try_read(&mut [0; 8]).ok();
            let mut take = |event: Arc<NamedEvent>| {
                onlooker.take(&event);
                status_line.take(&event);
                snmp.take(&event);
                bus.take(&event);
                sinks.take(&event);
            };
            while hand_over(&events, &directory, BATCH, &mut take) == BATCH {
                tokio::task::yield_now().await;
            }
            asked.into_iter().for_each(|answer| answer.give(sinks.rest()));
        }
        // It has not ended yet.
        stop_watching.send(()).ok();
        watching.await.ok();
        hand_over(&events, &directory, usize::MAX, &mut |event| {
            snmp.take(&event);
            bus.take(&event);
            sinks.take(&event);
        });
        let (unfinished, (), ()) = tokio::join!(sinks.finish(), snmp.finish(), bus.finish());
        io::Result::Ok(unfinished)
    })?;
    // A disk may hang under a look at a file.
    runtime.shutdown_background();
    unfinished.finish();
    Ok(())
}

/// Hands waiting events over, `most` at most; returns how many there were.
fn hand_over(
    events: &Mailbox<Occurrence>,
    directory: &DirectoryReader,
    most: usize,
    take: &mut impl FnMut(Arc<NamedEvent>),
) -> usize {
    let waiting = std::iter::from_fn(|| events.next()).take(most);
    waiting.map(|event| take(Arc::new(named(event, directory)))).count()
}

/// The event with its subject by name and its time of day.
fn named(what: Occurrence, directory: &DirectoryReader) -> NamedEvent {
    let directory = directory.borrow();
    let router = |id| Named::Router(directory.name(id).to_owned());
    let (subject, at) = match &what {
        Occurrence::Protocol(event) => {
            let subject = match event.subject {
                Subject::Router(id) => router(id),
                Subject::Group(id) => Named::Group(directory.group(id).to_owned()),
            };
            (subject, event.wall.map(|wall| SystemTime::UNIX_EPOCH + Duration::from_nanos(wall.nanos())))
        }
        Occurrence::Host(event) => (event.router.map_or(Named::Daemon, router), None),
        Occurrence::Network { what: NetworkTask::Send { router: id, .. }, .. }
        | Occurrence::Unheard { router: id, .. } => (router(*id), None),
        Occurrence::Network {
            what:
                NetworkTask::Receive | NetworkTask::Filter | NetworkTask::Listen { .. } | NetworkTask::SendSession { .. },
            ..
        }
        | Occurrence::PeerMac { .. }
        | Occurrence::UnknownVrid { .. }
        | Occurrence::HostThread(_)
        | Occurrence::AnnouncementsLost(_)
        | Occurrence::Tracker(_) => (Named::Daemon, None),
    };
    let at = at.unwrap_or_else(SystemTime::now);
    NamedEvent { at, subject, what }
}
