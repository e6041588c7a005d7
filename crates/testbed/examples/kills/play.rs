//! One kill on a network of its own.

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, sleep};
use std::time::Duration;

use lab::{Captured, EchoProbe, Network, NetworkBuilder, Program, RouterHost, Tally, Watch, wait};
use linux::{clock, schedule};
use rustix::process::Signal;
use testbed::lan::MachineState;
use vrrp::time::Instant;
use vrrp::types::Family;

use crate::case::{Case, Moment, Victim, config};

/// Priorities of the victim and of the other router.
const PRIORITIES: [u8; 2] = [150, 100];
/// VRID of the first router of each family: it is watched.
const VRID: u8 = 1;
/// Time between two pings.
pub(crate) const PROBE_PERIOD: Duration = Duration::from_millis(10);
/// Pings that may still be on their way at the end.
const ON_THEIR_WAY: usize = 10;
/// Realtime priority of the thread that kills.
const KILLER: u8 = 60;
/// How long a daemon may take until it is master, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long the victim's machine may take to be as before.
const RESTORING: Duration = Duration::from_secs(20);
/// The same of a daemon that has no guardian: nobody will change anything, but the kernel may not be done with its part.
const SETTLING: Duration = Duration::from_secs(1);

/// Two routers and a client. The victim is the first.
struct Stage {
    // Daemons before the network: they are dropped, so ended, first.
    routers: [RouterHost; 2],
    families: [Observed; 2],
    _lan: lab::Lan,
}

/// What is observed of one family.
struct Observed {
    family: Family,
    watch: Watch,
    probe: EchoProbe,
}

/// What came of a kill.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Of each family in which the victim was master.
    pub(crate) masters: Vec<Succession>,
    /// What is not as before on the victim's machine; `None` where the daemon goes on.
    differences: Option<Vec<String>>,
    /// How long after the kill the machine was as before; `None` if it was not.
    pub(crate) restored: Option<Duration>,
}

/// How a master that was killed was succeeded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Succession {
    pub(crate) family: Family,
    pub(crate) pings: Tally,
    /// From the kill to priority 0 on the wire.
    pub(crate) zero: Option<Duration>,
    /// From the kill to the first advert of the other router.
    pub(crate) takeover: Option<Duration>,
}

impl Outcome {
    /// Whether the victim's machine is as before; `None` where the daemon goes on.
    pub(crate) fn is_as_before(&self) -> Option<bool> {
        self.differences.as_ref().map(Vec::is_empty)
    }

    pub(crate) fn differences(&self) -> &[String] {
        self.differences.as_deref().unwrap_or_default()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.masters.is_empty() {
            f.write_str("it was not master; ")?;
        }
        let millis = |time: Option<Duration>| {
            time.map_or_else(|| "–".to_owned(), |time| format!("{:.1} ms", time.as_secs_f64() * 1e3))
        };
        for Succession { family, pings, zero, takeover } in &self.masters {
            let (zero, takeover) = (millis(*zero), millis(*takeover));
            write!(f, "{family:?} {} lost, priority 0 {zero}, takeover {takeover}; ", pings.lost)?;
        }
        match &self.differences {
            None => f.write_str("goes on"),
            Some(differences) if differences.is_empty() => write!(f, "as before after {}", millis(self.restored)),
            Some(differences) => write!(f, "{} differences", differences.len()),
        }
    }
}

/// Plays one case.
///
/// # Errors
/// What the kernel says, or what did not come true in time.
pub(crate) fn play(case: &Case, tanist: &Path) -> io::Result<Outcome> {
    let mut stage = Stage::build(case, tanist)?;
    let before = stage.machine()?;
    stage.prepare(case)?;
    let (marks, probed) = (stage.marks(), stage.families.each_ref().map(|it| it.probe.position()));
    let masters = stage.families.each_ref().map(|it| stage.is_master(it));
    let (killed, is_over) = stage.kill(case.victim)?;
    sleep(case.size.interval() * 5);
    let [victim, other] = &stage.routers;
    let succession = |((observed, mark), (probed, is_master)): ((&Observed, Captured), (usize, bool))| {
        let end = observed.probe.position().saturating_sub(ON_THEIR_WAY);
        let later = |at: Instant| at.since(killed);
        // What left before and is seen later is not of that time.
        let zero = observed.watch.capture.since(mark, |frame| {
            frame.at >= killed
                && observed.watch.advert_of(frame, &victim.host).is_some_and(|advert| advert.priority == 0)
        });
        is_master.then(|| Succession {
            family: observed.family,
            pings: observed.probe.tally(probed, end),
            zero: zero.first().map(|frame| later(frame.at)),
            takeover: observed.watch.first_advert(mark, &other.host, Duration::ZERO).map(|frame| later(frame.at)),
        })
    };
    let observed = stage.families.iter().zip(marks).zip(probed.into_iter().zip(masters));
    let masters = observed.filter_map(succession).collect();
    let (differences, restored) = if is_over { stage.compare(&before, killed, case)? } else { (None, None) };
    Ok(Outcome { masters, differences, restored })
}

impl Stage {
    fn build(case: &Case, tanist: &Path) -> io::Result<Self> {
        let program = match case.victim {
            Victim::Tanist => Program::Tanist(tanist.to_owned()),
            Victim::KeepalivedVrrp | Victim::KeepalivedParent | Victim::KeepalivedAll => Program::Keepalived,
        };
        let builder = NetworkBuilder::new()
            .router("victim", program.clone())
            .cable("eth0", &["10.9.0.2/16", "2001:db8:9::2/64"])
            .router("other", program)
            .cable("eth0", &["10.9.0.3/16", "2001:db8:9::3/64"])
            .client(&["10.9.0.9/16", "2001:db8:9::9/64"]);
        let Network { routers, client, capture, lan } = builder.build()?;
        // A machine that forwards has an anycast address for each prefix, whose groups the kernel counts wrongly.
        routers[0].host.set_sysctl("net/ipv6/conf/eth0/forwarding", "0")?;
        let capture = Arc::new(capture);
        let observe = |family, target: IpAddr| {
            Ok::<_, io::Error>(Observed {
                family,
                watch: Watch::of_family(Arc::clone(&capture), VRID, family),
                probe: EchoProbe::start(&client, target, PROBE_PERIOD)?,
            })
        };
        let families = [
            observe(Family::Ipv4, Ipv4Addr::new(10, 9, 1, 1).into())?,
            observe(Family::Ipv6, Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 1, 1).into())?,
        ];
        Ok(Self { routers, families, _lan: lan })
    }

    /// Has the victim do what it is to be killed at.
    fn prepare(&mut self, case: &Case) -> io::Result<()> {
        let [_, other] = &mut self.routers;
        other.start_with(&config(case, PRIORITIES[1], 0))?;
        match case.moment {
            Moment::Start | Moment::Takeover => self.await_master(1, case)?,
            Moment::Steady | Moment::Reload | Moment::Stop => {}
        }
        let [victim, _] = &mut self.routers;
        victim.start_with(&config(case, PRIORITIES[0], 0))?;
        match case.moment {
            Moment::Start => {}
            Moment::Takeover => self.await_first()?,
            Moment::Steady | Moment::Reload | Moment::Stop => self.await_master(0, case)?,
        }
        let [victim, _] = &mut self.routers;
        match case.moment {
            Moment::Start | Moment::Takeover | Moment::Steady => {}
            Moment::Reload => victim.reload_with(&config(case, PRIORITIES[0], 1))?,
            Moment::Stop => victim.signal(Signal::TERM)?,
        }
        let length = case.moment.length(case.size.interval()).as_micros();
        sleep(Duration::from_micros(u64::try_from(length).unwrap_or(u64::MAX) / 1000 * case.place));
        Ok(())
    }

    /// Waits until one router alone is master in both families, and answers.
    fn await_master(&self, place: usize, case: &Case) -> io::Result<()> {
        let (master, peer) = (&self.routers[place].host, &self.routers[1 - place].host);
        let calm = case.size.interval() * 2;
        let rests = |it: &Observed| {
            let since = |host| it.watch.last_advert(host, clock::now()).map(|frame| clock::now().since(frame.at));
            let is_alone = since(master).is_some_and(|age| age < calm) && since(peer).is_none_or(|age| age > calm);
            let end = it.probe.position().saturating_sub(2);
            is_alone && it.probe.tally(end.saturating_sub(ON_THEIR_WAY), end).lost == 0
        };
        let settled = wait::until(PATIENCE, || self.families.iter().all(rests));
        settled.then_some(()).ok_or_else(|| self.failed("it does not become the only master", place))
    }

    /// Waits for the victim's first advert as a master of either family.
    fn await_first(&self) -> io::Result<()> {
        let speaks =
            |it: &Observed| it.watch.first_advert(Captured::default(), &self.routers[0].host, Duration::ZERO).is_some();
        let spoke = wait::until(PATIENCE, || self.families.iter().any(speaks));
        spoke.then_some(()).ok_or_else(|| self.failed("it does not become master", 0))
    }

    fn failed(&self, what: &str, place: usize) -> io::Error {
        let router: &RouterHost = &self.routers[place];
        let log = router.log();
        io::Error::other(format!("{}: {what}; {}", router.host.name, lab::tail(&log, 5).join("\n")))
    }

    fn marks(&self) -> [Captured; 2] {
        self.families.each_ref().map(|it| it.watch.now())
    }

    /// Whether the victim was the last to speak, and not to leave.
    fn is_master(&self, observed: &Observed) -> bool {
        let [victim, other] = self.routers.each_ref().map(|router| {
            let frame = observed.watch.last_advert(&router.host, clock::now())?;
            Some((frame.at, observed.watch.advert_of(&frame, &router.host)?.priority))
        });
        victim.is_some_and(|(at, priority)| priority > 0 && other.is_none_or(|(its, _)| its < at))
    }

    /// Kills. Returns when, and whether nothing of the daemon goes on then.
    fn kill(&mut self, victim: Victim) -> io::Result<(Instant, bool)> {
        let router = &mut self.routers[0];
        let kill = move || {
            // The load is not to have its turn between the look at the clock and the kill.
            schedule::Thread::current().realtime(KILLER).ok();
            Ok((clock::now(), Self::kill_now(router, victim)?))
        };
        let killed = thread::scope(|scope| scope.spawn(kill).join());
        killed.unwrap_or_else(|_| Err(io::Error::other("the thread that kills has panicked")))
    }

    fn kill_now(router: &mut RouterHost, victim: Victim) -> io::Result<bool> {
        match victim {
            Victim::Tanist | Victim::KeepalivedParent => router.kill_alone().map(|()| true),
            Victim::KeepalivedAll => router.kill().map(|()| true),
            Victim::KeepalivedVrrp => match router.signal_protocol(Signal::KILL) {
                Ok(()) => Ok(false),
                // It has not started it yet, or has ended it.
                Err(_) => router.kill().map(|()| true),
            },
        }
    }

    /// What can be seen of the victim's machine.
    fn machine(&self) -> io::Result<(MachineState, String)> {
        let host = &self.routers[0].host;
        let rules = host.run_program("nft", &["list", "ruleset"]).unwrap_or_default();
        Ok((MachineState::at_rest(host, Duration::from_secs(5))?, rules))
    }

    /// Compares it with what it was, until it is the same. Nothing is started meanwhile.
    fn compare(
        &self,
        before: &(MachineState, String),
        killed: Instant,
        case: &Case,
    ) -> io::Result<(Option<Vec<String>>, Option<Duration>)> {
        let patience = if case.victim == Victim::KeepalivedAll { SETTLING } else { RESTORING };
        let differences = || -> io::Result<Vec<String>> {
            let now = self.machine()?;
            let mut all = before.0.changes(&now.0);
            if before.1 != now.1 {
                all.push(format!("nft list ruleset:\n{}", now.1));
            }
            let record = self.routers[0].file("state").join("ledger.json");
            if record.exists() {
                all.push(format!("a record is left: {}", fs::read_to_string(record)?));
            }
            Ok(all)
        };
        let (mut last, mut when) = (Ok(Vec::new()), killed);
        let is_same = wait::until(patience, || {
            last = differences();
            when = clock::now();
            last.as_ref().is_ok_and(Vec::is_empty)
        });
        Ok((Some(last?), is_same.then(|| when.since(killed))))
    }
}
