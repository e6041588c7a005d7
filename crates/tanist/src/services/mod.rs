//! The services thread: everything that talks to people and programs. It may be slow; nobody waits for it.

mod directory;
mod status;
mod words;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::UnixListener;
use tokio::sync::{broadcast, mpsc, oneshot};
use vrrp::event::{Event, EventKind};
use vrrp::types::RouterId;

pub(crate) use self::directory::Directory;
use self::directory::VmacName;
use self::words::Weight;
use crate::control::api::{EventLine, Status};
use crate::control::server;
use crate::daemon::{HostNotice, Notice, NoticeSender, ProtocolHandle, ToProtocol};
use crate::runner::Runner;
use crate::sinks::scripts::{self, Becomes};

/// Events kept for a listener that is slow.
const EVENTS: usize = 4096;

/// What control requests work with.
pub(crate) struct Services {
    protocol: ProtocolHandle,
    notices: NoticeSender,
    events: broadcast::Sender<EventLine>,
    known: Mutex<Known>,
}

/// The routers as the services know them.
#[derive(Default)]
struct Known {
    directory: Directory,
    vmacs: HashMap<RouterId, VmacName>,
}

impl Services {
    pub(crate) fn new(protocol: ProtocolHandle, notices: NoticeSender) -> Arc<Self> {
        let (events, _) = broadcast::channel(EVENTS);
        Arc::new(Self { protocol, notices, events, known: Mutex::default() })
    }

    /// The state of every router; `None` if the protocol thread has ended.
    pub(crate) async fn status(&self) -> Option<Status> {
        let (ask, answer) = oneshot::channel();
        self.protocol.send(ToProtocol::Ask(ask));
        let (snapshots, unclaimed) = answer.await.ok()?;
        let known = self.known();
        let one = |snapshot| {
            let snapshot: &vrrp::snapshot::Snapshot = snapshot;
            let router = known.directory.routers.get(&snapshot.router)?;
            let vmac = router.vmac.as_ref().and_then(|_| known.vmacs.get(&snapshot.router));
            Some(status::of(router, snapshot, vmac))
        };
        let mut routers: Vec<_> = snapshots.iter().filter_map(one).collect();
        routers.sort_by(|a, b| a.name.cmp(&b.name));
        let mut unclaimed = status::discards(&unclaimed);
        unclaimed.insert("lost_notices".into(), self.notices.lost());
        Some(Status { version: env!("CARGO_PKG_VERSION").into(), pid: std::process::id(), routers, unclaimed })
    }

    /// All events from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<EventLine> {
        self.events.subscribe()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Whoever panicked while holding it left it whole: it is only ever replaced or inserted into.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs an event, publishes it and runs its scripts.
    fn take(&self, notice: Notice, runner: &mut Option<Runner>) {
        match notice {
            Notice::Protocol(event) => self.take_event(&event, runner.as_ref()),
            Notice::Host { router, what } => self.take_host(router, what),
            Notice::Directory(directory) => {
                if runner.is_none() && !directory.scripts.is_empty() {
                    match Runner::start(scripts::log()) {
                        Ok(started) => *runner = Some(started),
                        Err(error) => tracing::error!("scripts will not run: {error}"),
                    }
                }
                self.known().directory = *directory;
            }
        }
    }

    fn take_event(&self, event: &Event, runner: Option<&Runner>) {
        let known = self.known();
        let name = known.directory.name(event.router);
        let (line, weight) = words::line_of(event, name);
        self.publish(line, weight);
        if let (EventKind::Transition(transition), Some(runner)) = (&event.kind, runner) {
            runner.submit(known.directory.scripts.jobs(name, Becomes::after(transition), transition.priority.value()));
        }
    }

    fn take_host(&self, router: Option<RouterId>, what: HostNotice) {
        let mut known = self.known();
        let name = router.map_or("", |id| known.directory.name(id));
        let (line, weight) = words::line_of_host(&what, name);
        if let (Some(id), HostNotice::VmacReady { name, mac }) = (router, what) {
            known.vmacs.insert(id, VmacName { name, mac });
        }
        drop(known);
        self.publish(line, weight);
    }

    fn publish(&self, line: EventLine, weight: Weight) {
        let text = match (&line.from, &line.to) {
            (Some(from), Some(to)) => format!("{}: {from} -> {to}: {}", line.router, line.reason),
            _ if line.router.is_empty() => line.reason.clone(),
            _ => format!("{}: {}", line.router, line.reason),
        };
        match weight {
            Weight::Info => tracing::info!("{text}"),
            Weight::Warning => tracing::warn!("{text}"),
            Weight::Error => tracing::error!("{text}"),
        }
        // Nobody may be listening.
        self.events.send(line).ok();
    }
}

/// The thread: takes notices until their senders are gone, and serves the control socket meanwhile.
///
/// # Errors
/// If there is no runtime to be had.
pub(crate) fn run(
    services: &Arc<Services>,
    mut notices: mpsc::Receiver<Notice>,
    listener: std::os::unix::net::UnixListener,
    stop: oneshot::Receiver<()>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut runner = None;
    runtime.block_on(async {
        let listener = UnixListener::from_std(listener)?;
        tokio::spawn(server::serve(listener, Arc::clone(services)));
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                biased;
                notice = notices.recv() => match notice {
                    Some(notice) => services.take(notice, &mut runner),
                    None => break,
                },
                _ = &mut stop => break,
            }
        }
        while let Ok(notice) = notices.try_recv() {
            services.take(notice, &mut runner);
        }
        io::Result::Ok(())
    })?;
    if let Some(runner) = runner {
        runner.finish();
    }
    Ok(())
}
