//! Everything that runs during the scenes, and what can be done to it.

use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lab::{EchoProbe, Holders, Host, Lan, Network, NetworkBuilder, Prefixed, Program, RouterHost, Watch, wait};
use rustix::process::Signal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use vrrp::types::MacAddr;

use super::setup::{Member, Setup, Side};
use super::stop::Stop;
use crate::control::api::{RouterStatus, Status};
use crate::control::client;

/// Time between two pings of the client.
pub(super) const PROBE_PERIOD: Duration = Duration::from_millis(1);
/// How long a daemon may take until it can be asked.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a moment is waited for at which a daemon can be restarted: announcements and scripts may be on their way.
const RESTART_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a daemon may take to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// The network, the daemons and the probe.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    pub(super) setup: &'a Setup,
    // Daemons before the network: they are dropped, so ended, first.
    favourite: RouterHost,
    deputy: RouterHost,
    pub(super) watch: Watch,
    pub(super) probe: EchoProbe,
    pub(super) holders: Holders,
    client: Host,
    pub(super) lan: Lan,
    /// The longest time that a daemon took until it could be asked.
    pub(super) slowest_start: Duration,
    interrupted: Arc<AtomicBool>,
}

impl<'a> Stage<'a> {
    /// Builds the network and starts to record and to ping. No daemon runs yet.
    pub(super) fn set(setup: &'a Setup) -> Result<Self, Stop> {
        let interrupted = Arc::<AtomicBool>::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
        }
        let tanist = Program::Tanist(std::env::current_exe()?);
        let router = |builder: NetworkBuilder, member: &Member| {
            let addresses = prefixed(&member.addresses);
            builder.router(member.name, tanist.clone()).cable(&member.router.interface, &addresses)
        };
        let builder = router(NetworkBuilder::new(), setup.member(Side::Favourite));
        let builder = router(builder, setup.member(Side::Deputy)).client(&prefixed(&setup.client));
        let Network { routers: [mut favourite, mut deputy], client, capture, lan } = builder.build()?;
        favourite.configure_file(&setup.member(Side::Favourite).file);
        deputy.configure_file(&setup.member(Side::Deputy).file);
        let watched = &setup.member(Side::Favourite).router;
        let watch = Watch::of_family(capture, watched.vrid.value(), watched.family);
        let probe = EchoProbe::start(&client, setup.target, PROBE_PERIOD)?;
        let holders = Holders::watch([&favourite.host, &deputy.host], setup.target)?;
        Ok(Self {
            setup,
            favourite,
            deputy,
            watch,
            probe,
            holders,
            client,
            lan,
            slowest_start: Duration::ZERO,
            interrupted,
        })
    }

    /// One of the routers.
    pub(super) const fn router(&self, side: Side) -> &RouterHost {
        match side {
            Side::Favourite => &self.favourite,
            Side::Deputy => &self.deputy,
        }
    }

    /// All hosts.
    pub(super) const fn hosts(&self) -> [&Host; 3] {
        [&self.favourite.host, &self.deputy.host, &self.client]
    }

    const fn router_mut(&mut self, side: Side) -> &mut RouterHost {
        match side {
            Side::Favourite => &mut self.favourite,
            Side::Deputy => &mut self.deputy,
        }
    }

    /// Where the client believes the virtual address to be.
    pub(super) fn client_entry(&self) -> Option<MacAddr> {
        let table = lab::neighbours(&self.client.namespace).ok()?;
        table.into_iter().find(|entry| entry.address == self.setup.target)?.mac
    }

    /// Starts the daemon of one side and waits until it can be asked.
    pub(super) fn start(&mut self, side: Side) -> Result<(), Stop> {
        let begin = Instant::now();
        self.router_mut(side).start()?;
        let name = self.setup.member(side).name;
        let answered_or_ended = |stage: &mut Self| {
            let ended = stage.router_mut(side).wait_end(Duration::ZERO);
            ended.map(Err).or_else(|| stage.status(side).map(|_| Ok(())))
        };
        match self.wait_for(START_TIMEOUT, answered_or_ended)? {
            Some(Ok(())) => {
                self.slowest_start = self.slowest_start.max(begin.elapsed());
                Ok(())
            }
            Some(Err(how)) => Err(Stop::Impossible(format!("the daemon of {name} ended: {how}"))),
            None => Err(Stop::Impossible(format!("the daemon of {name} does not answer"))),
        }
    }

    /// `tanist restart`.
    pub(super) fn restart(&mut self, side: Side) -> Result<(), Stop> {
        let (control, mut refusal) = (self.router(side).control(), String::new());
        let restarted = self.wait_for(RESTART_TIMEOUT, |_| match client::restart(&control) {
            Ok(_) => Some(()),
            Err(why) => {
                refusal = why;
                None
            }
        })?;
        restarted.ok_or_else(|| Stop::Impossible(format!("{}: {refusal}", self.setup.member(side).name)))
    }

    /// All that the daemon of one side has noted of its routers so far.
    pub(super) fn noted(&self, side: Side) -> Vec<String> {
        let mut lines = Vec::new();
        let note = |line: &str| {
            lines.push(line.to_owned());
            Ok(())
        };
        // One that does not answer has nothing to say.
        client::follow(&self.router(side).control(), "/v1/events?since=0", note).ok();
        lines
    }

    /// `kill -9`.
    pub(super) fn kill(&mut self, side: Side) -> Result<(), Stop> {
        Ok(self.router_mut(side).kill_alone()?)
    }

    /// Tells the daemon of one side to stop; see [`Stage::reap`].
    pub(super) fn terminate(&self, side: Side) -> Result<(), Stop> {
        Ok(self.router(side).signal(Signal::TERM)?)
    }

    /// Lets the daemon of one side stand still, but neither its guardian nor its scripts.
    pub(super) fn freeze(&self, side: Side) -> Result<(), Stop> {
        Ok(self.router(side).signal(Signal::STOP)?)
    }

    /// Lets it go on.
    pub(super) fn thaw(&self, side: Side) -> Result<(), Stop> {
        Ok(self.router(side).signal(Signal::CONT)?)
    }

    /// Waits for the end of a daemon that was told to stop: whether it succeeded.
    pub(super) fn reap(&mut self, side: Side) -> bool {
        self.router_mut(side).wait_end(STOP_TIMEOUT).is_some_and(|status: ExitStatus| status.success())
    }

    /// What the daemon of one side says of the watched router.
    pub(super) fn status(&self, side: Side) -> Option<RouterStatus> {
        let name = self.setup.member(side).router.name.as_str();
        let status: Status = client::get(&self.router(side).control(), "/v1/status").ok()?;
        status.routers.into_iter().find(|status| status.name == name)
    }

    /// Waits until `look` finds something; `None` after `timeout`.
    pub(super) fn wait_for<T>(
        &mut self,
        timeout: Duration,
        mut look: impl FnMut(&mut Self) -> Option<T>,
    ) -> Result<Option<T>, Stop> {
        let look = || match self.interrupted.load(Ordering::Relaxed) {
            true => Some(Err(Stop::Interrupted)),
            false => look(self).map(Ok),
        };
        wait::found(timeout, look).transpose()
    }

    /// Lets time pass.
    pub(super) fn pause(&mut self, duration: Duration) -> Result<(), Stop> {
        self.wait_for(duration, |_| None::<()>).map(|_| ())
    }
}

fn prefixed(addresses: &[Prefixed]) -> Vec<String> {
    addresses.iter().map(|(address, length)| format!("{address}/{length}")).collect()
}
