//! Everything that runs during the scenes, and what can be done to it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use linux::lan::{EchoProbe, Interest};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::measure::Wire;
use super::network::Network;
use super::plan::{Plan, Side};
use super::process::{Daemon, Directory};
use crate::control::api::RouterStatus;

/// Time between two pings of the client.
pub(super) const PROBE_PERIOD: Duration = Duration::from_millis(1);
/// How often something awaited is looked at, and how late an interruption may be noticed.
const POLL_PERIOD: Duration = Duration::from_millis(20);
/// How long a daemon may take until it can be asked.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the lab ends early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    /// It cannot be run here, or not with these files.
    #[error("{0}")]
    Impossible(String),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// The kernel refused something.
    #[error("the kernel refused: {0}")]
    Kernel(#[from] io::Error),
}

/// The network, the daemons and the probe.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    pub(super) plan: &'a Plan,
    directory: &'a Directory,
    // Daemons before the network: they are dropped, so ended, first.
    favourite: Option<Daemon>,
    deputy: Option<Daemon>,
    pub(super) wire: Wire,
    pub(super) probe: EchoProbe,
    pub(super) network: Network,
    interrupted: Arc<AtomicBool>,
}

impl<'a> Stage<'a> {
    /// Builds the network and starts to record and to ping. No daemon runs yet.
    pub(super) fn set(plan: &'a Plan, directory: &'a Directory) -> Result<Self, Stop> {
        let interrupted = Arc::<AtomicBool>::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
        }
        let network = Network::build(plan)?;
        let router = &plan.node(Side::Favourite).router;
        let wire = Wire::new(network.lan.capture(Interest::Control)?, router.vrid, router.family);
        let probe = EchoProbe::start(&network.client, plan.target, PROBE_PERIOD)?;
        Ok(Self { plan, directory, favourite: None, deputy: None, wire, probe, network, interrupted })
    }

    /// Starts the daemon of one side and waits until it can be asked.
    pub(super) fn start(&mut self, side: Side) -> Result<(), Stop> {
        let daemon = Daemon::start(self.plan.node(side), self.network.router(side), self.directory)?;
        *self.daemon(side) = Some(daemon);
        let name = self.plan.node(side).name;
        let answered_or_ended = |stage: &mut Self| {
            let ended = stage.daemon(side).as_mut().and_then(Daemon::ended);
            ended.map(Err).or_else(|| stage.status(side).map(|_| Ok(())))
        };
        match self.wait_for(START_TIMEOUT, answered_or_ended)? {
            Some(Ok(())) => Ok(()),
            Some(Err(how)) => Err(Stop::Impossible(format!("the daemon of {name} ended: {how}"))),
            None => Err(Stop::Impossible(format!("the daemon of {name} does not answer"))),
        }
    }

    /// `kill -9`.
    pub(super) fn kill(&mut self, side: Side) -> Result<(), Stop> {
        self.daemon(side).take().map_or(Ok(()), Daemon::kill).map_err(Stop::from)
    }

    /// Tells the daemon of one side to stop; see [`Stage::reap`].
    pub(super) fn terminate(&mut self, side: Side) -> Result<(), Stop> {
        self.daemon(side).as_ref().map_or(Ok(()), Daemon::terminate).map_err(Stop::from)
    }

    /// Waits for the end of a daemon that was told to stop: whether it succeeded.
    pub(super) fn reap(&mut self, side: Side) -> bool {
        self.daemon(side).take().and_then(Daemon::wait).is_some_and(|status| status.success())
    }

    /// What the daemon of one side says of the watched router.
    pub(super) fn status(&mut self, side: Side) -> Option<RouterStatus> {
        let router = self.plan.node(side).router.name.as_str();
        self.daemon(side).as_ref().and_then(|daemon| daemon.status(router))
    }

    /// Waits until `look` finds something; `None` after `timeout`.
    pub(super) fn wait_for<T>(
        &mut self,
        timeout: Duration,
        mut look: impl FnMut(&mut Self) -> Option<T>,
    ) -> Result<Option<T>, Stop> {
        let deadline = Instant::now() + timeout;
        loop {
            if self.interrupted.load(Ordering::Relaxed) {
                return Err(Stop::Interrupted);
            }
            if let Some(found) = look(self) {
                return Ok(Some(found));
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
            sleep(POLL_PERIOD);
        }
    }

    /// Lets time pass.
    pub(super) fn pause(&mut self, duration: Duration) -> Result<(), Stop> {
        self.wait_for(duration, |_| None::<()>).map(|_| ())
    }

    const fn daemon(&mut self, side: Side) -> &mut Option<Daemon> {
        match side {
            Side::Favourite => &mut self.favourite,
            Side::Deputy => &mut self.deputy,
        }
    }
}
