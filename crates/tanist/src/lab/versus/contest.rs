//! What one contestant goes through, and what is measured meanwhile: on the wire, at the client and at the kernels, for not
//! every contestant can be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use conf::model::Switch;
use lab::{EchoProbe, Held, Holders, Lan, Network, NetworkBuilder, RouterHost, Tally, Watch, tail, wait};
use linux::clock;
use rustix::process::Signal;
use vrrp::time::Instant as VrrpInstant;
use vrrp::types::{Family, Interval};

use super::super::picture::{Mark, Panel};
use super::super::scene::frozen_length;
use super::super::stage::PROBE_PERIOD;
use super::super::stop::Stop;
use super::super::written::VRID;
use super::contestant::Contestant;
use super::say;

/// What happens to the master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blow {
    /// It is stopped as planned.
    Stop,
    /// The process that speaks VRRP is killed.
    Kill,
    /// That process stands still for a while, and goes on.
    Freeze,
    /// It is restarted, as the package of each does it.
    Restart,
}

impl Blow {
    const ALL: [Self; 4] = [Self::Stop, Self::Kill, Self::Freeze, Self::Restart];
}

/// What a blow came to in one family.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) blow: Blow,
    pub(super) family: Family,
    pub(super) tally: Tally,
    pub(super) held: Held,
    /// From the blow to the first advert of the other router; `None` if it did not take over.
    pub(super) takeover: Option<Duration>,
}

/// Priorities of the two routers.
const PRIORITIES: [u8; 2] = [150, 100];
/// Addresses of the two routers, and of the client.
const HOSTS: [[&str; 2]; 3] =
    [["10.9.0.2/24", "2001:db8:9::2/64"], ["10.9.0.3/24", "2001:db8:9::3/64"], ["10.9.0.9/24", "2001:db8:9::9/64"]];
/// Pings answered in a row after which the address counts as reached; as many may still be on their way at the end.
const ANSWERED: usize = 50;
/// How long the routers may take beyond the protocol's time until the first one is master again.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a daemon may take to end.
pub(super) const END_TIMEOUT: Duration = Duration::from_secs(5);
/// Lines of a log that are shown if the routers do not come to rest.
const LOG_LINES: usize = 15;

/// The network of one contestant.
#[derive(Debug)]
pub(super) struct Contest<'a> {
    contestant: Contestant,
    interval: Duration,
    // Daemons before the network: they are dropped, so ended, first.
    routers: [RouterHost; 2],
    families: [Observed; 2],
    _lan: Lan,
    interrupted: &'a AtomicBool,
}

/// What is observed of one family.
#[derive(Debug)]
struct Observed {
    family: Family,
    watch: Watch,
    probe: EchoProbe,
    holders: Holders,
}

impl<'a> Contest<'a> {
    /// Builds the network and starts the daemons.
    pub(super) fn set(
        contestant: Contestant,
        vmac: Switch,
        interval: Interval,
        interrupted: &'a AtomicBool,
    ) -> Result<Self, Stop> {
        let program = contestant.program()?;
        let mut builder = NetworkBuilder::new();
        for (name, addresses) in ["router1", "router2"].into_iter().zip(HOSTS) {
            builder = builder.router(name, program.clone()).cable("eth0", &addresses);
        }
        let Network { mut routers, client, capture, lan } = builder.client(&HOSTS[2]).build()?;
        let capture = Arc::new(capture);
        let observe = |family, target: IpAddr| {
            Ok::<_, Stop>(Observed {
                family,
                watch: Watch::of_family(Arc::clone(&capture), VRID, family),
                probe: EchoProbe::start(&client, target, PROBE_PERIOD)?,
                holders: Holders::watch(routers.iter().map(|router| &router.host), target)?,
            })
        };
        let families = [
            observe(Family::Ipv4, Ipv4Addr::new(10, 9, 0, 1).into())?,
            observe(Family::Ipv6, Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, 1).into())?,
        ];
        let written = contestant.written(vmac, interval);
        for (router, priority) in routers.iter_mut().zip(PRIORITIES) {
            router.configure(&written.text(priority))?;
            let command = contestant.command(router);
            router.start_as(command)?;
        }
        let interval = Duration::from_millis(10) * u32::from(interval.centis());
        Ok(Self { contestant, interval, routers, families, _lan: lan, interrupted })
    }

    /// Deals all blows: what came of each, in both families, and a picture of the first.
    pub(super) fn play(mut self) -> Result<(Vec<Measured>, Panel), Stop> {
        let (mut all, mut marks) = (Vec::new(), Vec::new());
        for blow in Blow::ALL {
            self.await_rest()?;
            let begin = clock::now();
            let starts = self.families.each_ref().map(|it| (it.watch.now(), it.probe.position()));
            self.deal(blow)?;
            let other = &self.routers[1].host;
            all.extend(self.families.iter().zip(starts).map(|(observed, (captured, probed))| Measured {
                blow,
                family: observed.family,
                tally: observed.probe.tally(probed, observed.probe.position().saturating_sub(ANSWERED)),
                held: Held::between(&observed.holders.changes(), begin, clock::now()),
                takeover:
                    observed.watch.first_advert(captured, other, Duration::ZERO).map(|advert| advert.at.since(begin)),
            }));
            let lost = all.iter().rev().nth(1).map(|measured: &Measured| measured.tally.lost);
            marks.push(Mark { at: begin, caption: caption(blow).to_owned(), lost });
            say(&format!("    {}: router1 {}", self.contestant.name(), caption(blow)));
            let again = match blow {
                Blow::Freeze => Some((begin + frozen_length(self.interval), "goes on")),
                Blow::Restart => None,
                Blow::Stop | Blow::Kill => self.start_again(blow)?.map(|at| (at, "returns")),
            };
            marks.extend(again.map(|(at, caption)| Mark { at, caption: caption.to_owned(), lost: None }));
        }
        self.await_rest()?;
        Ok((all, self.panel(marks)))
    }

    /// How it looked in the first family.
    fn panel(&self, marks: Vec<Mark>) -> Panel {
        let Self { routers: [first, second], families: [Observed { watch, probe, holders, .. }, _], .. } = self;
        let panel = Panel::of(self.contestant.name().to_owned(), marks, [first, second], (watch, holders, probe));
        // Something of the time before the first blow.
        Panel { from: panel.from - self.interval, ..panel }
    }

    /// Does it, and lets pass the time in which something may come of it.
    fn deal(&mut self, blow: Blow) -> Result<(), Stop> {
        let master = &mut self.routers[0];
        match blow {
            Blow::Stop => {
                master.signal(Signal::TERM)?;
                self.pause(self.interval * 4)
            }
            Blow::Kill => {
                master.signal_protocol(Signal::KILL)?;
                self.pause(self.interval * 8)
            }
            Blow::Freeze => {
                master.signal_protocol(Signal::STOP)?;
                self.pause(frozen_length(self.interval))?;
                self.routers[0].signal_protocol(Signal::CONT)?;
                self.pause(self.interval * 6)
            }
            Blow::Restart => {
                self.contestant.restart(master)?;
                self.pause(self.interval * 8)
            }
        }
    }

    /// Starts the first router's daemon where the blow ended it; when.
    fn start_again(&mut self, blow: Blow) -> Result<Option<VrrpInstant>, Stop> {
        match (blow, self.contestant) {
            // keepalived's parent starts a child that was killed itself.
            (Blow::Freeze | Blow::Restart, _) | (Blow::Kill, Contestant::Keepalived) => return Ok(None),
            (Blow::Stop, _) | (Blow::Kill, Contestant::Unguarded | Contestant::Tanist) => {}
        }
        let [first, _] = &mut self.routers;
        first.wait_end(END_TIMEOUT);
        let command = self.contestant.command(first);
        first.start_as(command)?;
        Ok(Some(clock::now()))
    }

    /// Waits until the first router alone is master and has had the addresses for a while, and the client reaches them.
    fn await_rest(&self) -> Result<(), Stop> {
        let deadline = Instant::now() + self.interval * 8 + PATIENCE;
        while !self.families.iter().all(|observed| self.rests(observed)) {
            if Instant::now() > deadline {
                return Err(Stop::Impossible(format!(
                    "{} does not come to rest\n{}",
                    self.contestant.name(),
                    self.logs()
                )));
            }
            self.pause(Duration::from_millis(20))?;
        }
        Ok(())
    }

    fn rests(&self, observed: &Observed) -> bool {
        let [first, second] = self.routers.each_ref().map(|router| {
            let advert = observed.watch.last_advert(&router.host, clock::now())?;
            Some((advert.at, observed.watch.advert_of(&advert, &router.host)?.priority))
        });
        // The backup has been silent for longer than a master is.
        let calm = self.interval * 2;
        let is_master = first.is_some_and(|(at, priority)| priority > 0 && clock::now().since(at) < calm);
        let is_silent = second.is_none_or(|(at, _)| clock::now().since(at) > calm);
        let holding = observed.holders.changes().pop();
        let holds = holding.is_some_and(|it| it.hosts == [0] && clock::now().since(it.since) > calm);
        let end = observed.probe.position().saturating_sub(2);
        is_master && is_silent && holds && observed.probe.tally(end.saturating_sub(ANSWERED), end).lost == 0
    }

    fn pause(&self, duration: Duration) -> Result<(), Stop> {
        match wait::until(duration, || self.interrupted.load(Ordering::Relaxed)) {
            true => Err(Stop::Interrupted),
            false => Ok(()),
        }
    }

    fn logs(&self) -> String {
        let logs = self.routers.iter().map(|router| {
            let log = router.log();
            format!("the end of the log of {}:\n{}\n", router.host.name, tail(&log, LOG_LINES).join("\n"))
        });
        logs.collect()
    }
}

const fn caption(blow: Blow) -> &'static str {
    match blow {
        Blow::Stop => "is stopped",
        Blow::Kill => "is killed",
        Blow::Freeze => "stands still",
        Blow::Restart => "is restarted",
    }
}
