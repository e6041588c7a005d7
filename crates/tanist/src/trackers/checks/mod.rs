//! `vrrp_script`: makes checks when they are due, and counts how they end.

mod builtin;
mod check;
mod debounce;
mod plan;
mod routes;
mod script;
#[cfg(feature = "dbus")]
mod unit;
#[cfg(not(feature = "dbus"))]
#[path = "no_unit.rs"]
mod unit;

use std::collections::{BTreeMap, HashMap};
use std::io;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use vrrp::input::Reading;
use vrrp::types::TrackerId;

use self::check::{Check, Due};
use self::debounce::{CheckResult, Debounce};
pub(crate) use self::plan::Doubt;
use self::plan::Probe;
pub(super) use self::plan::{ScriptPlan, plan};
use self::routes::Routes;
use self::script::Script;
use crate::names::Names;
use crate::ports::tracking::{CheckFound, Found};
use crate::runner::{Job, Lane, Outcome, Report, Runner};
use crate::trackers::teller::Teller;

/// Results of checks that may wait; a check of which one is lost counts as one without an answer, and is made again.
const RESULTS: usize = 4096;

/// All checks.
pub(super) struct Checks {
    scripts: BTreeMap<TrackerId, Script>,
    /// Which check each run is of.
    runs: HashMap<u64, TrackerId>,
    last_run: u64,
    /// Checks that need no program, under way. They end by themselves: each has a time limit.
    asking: JoinSet<(u64, CheckResult, CheckFound)>,
    routes: Routes,
    runner: Option<Runner>,
    results: mpsc::Receiver<(Job, Outcome)>,
    /// For whoever makes checks.
    results_to: mpsc::Sender<(Job, Outcome)>,
    complain: fn(&Report),
    /// What a check that a plan brings begins with.
    begin: Debounce,
}

/// How a run ended.
pub(super) enum End {
    /// One that needs a program.
    Program(Box<Job>, Outcome),
    /// One that needs none: its number.
    BuiltIn(u64, CheckResult, CheckFound),
    /// None ended, but routes may have changed.
    Routes,
}

impl Checks {
    pub(super) fn new(complain: fn(&Report)) -> Self {
        let (results_to, results) = mpsc::channel(RESULTS);
        Self {
            scripts: BTreeMap::new(),
            runs: HashMap::new(),
            last_run: 0,
            asking: JoinSet::new(),
            routes: Routes::new(),
            runner: None,
            results,
            results_to,
            complain,
            begin: Debounce::Fresh,
        }
    }

    /// When [`Checks::make`] is to be called; `None`: not at all.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.scripts.values().filter(|script| script.runs()).map(|script| script.check.deadline()).min()
    }

    /// Makes these. What stays the same keeps what was counted.
    /// What was `known` of one that is new is what it begins with.
    pub(super) fn follow(
        &mut self,
        plan: &BTreeMap<TrackerId, ScriptPlan>,
        known: &BTreeMap<TrackerId, Reading>,
        teller: &mut Teller,
    ) {
        let gone: Vec<TrackerId> = self.scripts.keys().filter(|id| !plan.contains_key(id)).copied().collect();
        for id in gone {
            if let Some(script) = self.scripts.remove(&id) {
                self.cancel(&script);
                teller.forget(id);
            }
        }
        for (&id, script) in plan {
            let mut script = self.following(id, script, known.get(&id).copied());
            script.begin(id, teller);
            self.scripts.insert(id, script);
        }
        // The first plan is that of the start.
        self.begin = Debounce::Brought { failures: 0 };
        self.routes.follow(self.scripts.values().filter_map(|script| script.plan.probe.network()).collect());
    }

    fn following(&mut self, id: TrackerId, plan: &ScriptPlan, known: Option<Reading>) -> Script {
        let now = Instant::now();
        match self.scripts.remove(&id) {
            Some(mut script) if script.plan.probe.is_same(&plan.probe) => {
                script.check.retime(now, plan.timing);
                Script { plan: plan.clone(), ..script }
            }
            Some(script) => {
                self.cancel(&script);
                // Routers go by the old reading until there is a result.
                Script { plan: plan.clone(), check: Check::new(now, plan.timing, self.begin), trouble: None, ..script }
            }
            None => {
                let begin = known.and_then(Debounce::going_on).unwrap_or(self.begin);
                let (check, said) = (Check::new(now, plan.timing, begin), known.unwrap_or_default());
                Script { plan: plan.clone(), check, said, names: Names::default(), trouble: None }
            }
        }
    }

    fn cancel(&self, script: &Script) {
        if let (Probe::Program(job), Some(runner)) = (&script.plan.probe, &self.runner) {
            runner.cancel(&job.queue);
        }
    }

    /// Starts the checks that are due, and counts those that are lost.
    pub(super) fn make(&mut self, teller: &mut Teller) {
        let now = Instant::now();
        let due =
            |(id, script): (&TrackerId, &Script)| (script.runs() && script.check.deadline() <= now).then_some(*id);
        let due: Vec<TrackerId> = self.scripts.iter().filter_map(due).collect();
        for id in due {
            while let Some(script) = self.scripts.get_mut(&id) {
                match script.check.due(now) {
                    Due::Start => self.start(id, now, teller),
                    Due::Lost(found) => {
                        script.count(id, CheckResult::Failure, found, teller);
                        if script.is_over(self.runner.as_ref()) {
                            script.check.give_up();
                            self.runs.retain(|_, of| *of != id);
                        }
                    }
                    Due::Nothing => break,
                }
            }
        }
    }

    fn start(&mut self, id: TrackerId, now: Instant, teller: &mut Teller) {
        let Some(script) = self.scripts.get_mut(&id) else { return };
        self.last_run += 1;
        let run = self.last_run;
        script.check.started(now, run);
        self.runs.insert(run, id);
        match &script.plan.probe {
            Probe::Program(job) => {
                let job = Job { run, ..Job::clone(job) };
                match self.runner() {
                    Ok(runner) => runner.submit(vec![job]),
                    Err(error) => self.take_outcome(&job, Outcome::CannotRun(error.to_string()), teller),
                }
            }
            Probe::BuiltIn(check) => {
                let (check, limit) = (check.clone(), script.plan.timing.timeout);
                let (table, names) = (self.routes.table(), script.names.clone());
                self.asking.spawn(async move {
                    let (result, found) = builtin::make(check, limit, table, names).await;
                    (run, result, found)
                });
            }
            Probe::Never(_) => {}
        }
    }

    /// The runner, started if there is none yet.
    fn runner(&mut self) -> io::Result<&Runner> {
        let runner = match self.runner.take() {
            Some(runner) => runner,
            None => {
                let (results, complain) = (self.results_to.clone(), self.complain);
                Runner::start(Lane::Checks, move |report| match report {
                    Report::Script { job, outcome } => drop(results.try_send((job, outcome))),
                    Report::RunnerEnded(_) | Report::RunnerUnavailable(_) | Report::RunnerStuck => complain(&report),
                })?
            }
        };
        Ok(&*self.runner.insert(runner))
    }

    /// Waits until a run has ended, or there is reason for some.
    pub(super) async fn ended(&mut self) -> End {
        tokio::select! {
            Some((job, outcome)) = self.results.recv() => End::Program(Box::new(job), outcome),
            Some(Ok((run, result, found))) = self.asking.join_next() => End::BuiltIn(run, result, found),
            () = self.routes.changed() => End::Routes,
            // There is always somebody who could send results.
            else => std::future::pending().await,
        }
    }

    /// Counts how a run ended; makes checks of routes due if those may have changed.
    pub(super) fn take(&mut self, end: End, teller: &mut Teller) {
        match end {
            End::Program(job, outcome) => self.take_outcome(&job, outcome, teller),
            End::Routes => {
                let now = Instant::now();
                let of_routes = self.scripts.values_mut().filter(|script| script.plan.probe.network().is_some());
                of_routes.for_each(|script| script.check.hurry(now));
            }
            End::BuiltIn(run, result, found) => {
                if let Some((id, script)) = self.ended_script(run) {
                    script.count(id, result, found, teller);
                }
            }
        }
    }

    fn take_outcome(&mut self, job: &Job, outcome: Outcome, teller: &mut Teller) {
        match outcome {
            Outcome::Weak(weakness) => {
                let Some((id, script)) = self.under_way(job.run) else { return };
                let reading = script.said;
                let found = CheckFound::Weak(weakness.to_string());
                if let Probe::Program(planned) = &mut script.plan.probe {
                    planned.known = Some(weakness);
                }
                teller.tell(id, &script.plan.key, &mut script.said, reading, Found::Check(found));
            }
            Outcome::Stuck => {
                let Some((id, script)) = self.under_way(job.run) else { return };
                script.check.stuck(Instant::now());
                script.count(id, CheckResult::Failure, CheckFound::Stuck(job.time_limit), teller);
            }
            outcome @ (Outcome::Ended { .. }
            | Outcome::TimedOut
            | Outcome::CannotRun(_)
            | Outcome::Refused(_)
            | Outcome::Superseded { .. }
            | Outcome::Interrupted
            | Outcome::EndedAsAsked
            | Outcome::EndedByStop
            | Outcome::NotRun) => self.take_end(job, outcome, teller),
        }
    }

    /// Counts the last that is heard of a run.
    fn take_end(&mut self, job: &Job, outcome: Outcome, teller: &mut Teller) {
        let Some((id, script)) = self.ended_script(job.run) else { return };
        let (result, found) = match outcome {
            Outcome::Ended { status, took } if status.success() => {
                (CheckResult::Success, CheckFound::Ended { status, took })
            }
            Outcome::Ended { status, took } => (CheckResult::Failure, CheckFound::Ended { status, took }),
            Outcome::TimedOut => (CheckResult::Failure, CheckFound::TimedOut(job.time_limit)),
            Outcome::CannotRun(why) => (CheckResult::Failure, CheckFound::CannotRun(why)),
            Outcome::Refused(weakness) => (CheckResult::Failure, CheckFound::Refused(weakness.to_string())),
            // Nothing was found out, through no fault of the check.
            Outcome::Interrupted => return script.check.hurry(Instant::now()),
            // Nothing was found out: the next one will.
            Outcome::Weak(_)
            | Outcome::Stuck
            | Outcome::Superseded { .. }
            | Outcome::EndedAsAsked
            | Outcome::EndedByStop
            | Outcome::NotRun => {
                return;
            }
        };
        script.count(id, result, found, teller);
    }

    /// The script whose run this is and goes on; `None` if the run is of a program that a reload replaced.
    fn under_way(&mut self, run: u64) -> Option<(TrackerId, &mut Script)> {
        let id = *self.runs.get(&run)?;
        let script = self.scripts.get_mut(&id)?;
        script.check.is_under_way(run).then_some((id, script))
    }

    /// The script whose run has ended; `None` if the run is of one that is no longer made.
    fn ended_script(&mut self, run: u64) -> Option<(TrackerId, &mut Script)> {
        let id = self.runs.remove(&run)?;
        let script = self.scripts.get_mut(&id)?;
        script.check.ended(run).then_some((id, script))
    }

    /// Ends what runs.
    pub(super) fn abandon(self) {
        if let Some(runner) = self.runner {
            runner.abandon();
        }
    }
}

#[cfg(test)]
mod tests;
