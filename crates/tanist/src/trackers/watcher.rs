//! Watches what is planned: one task of the services thread.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use conf::model::Switch;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use vrrp::input::Reading;
use vrrp::types::TrackerId;

use super::check::{Check, Due};
use super::debounce::CheckResult;
use super::files::Files;
use super::plan::{FilePlan, Plan, Probe, ScriptPlan};
use super::readings::Readings;
use crate::ports::events::{EventSender, Occurrence};
use crate::ports::protocol::ProtocolHandle;
use crate::ports::tracking::{FileContent, Found, TrackerEvent};
use crate::runner::{Job, Lane, Outcome, Report, Runner};

/// Results of checks that may wait; a check of which one is lost counts as one without an answer.
const RESULTS: usize = 4096;
/// Time between two tries to tell the protocol thread what found no room.
const RETRY: Duration = Duration::from_millis(50);
/// Time between two looks if there is nothing to watch.
const IDLE: Duration = Duration::from_secs(3600);

/// What the task works with.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) plan: watch::Receiver<Arc<Plan>>,
    pub(crate) protocol: ProtocolHandle,
    pub(crate) events: EventSender,
    /// Where word of the process that makes checks goes.
    pub(crate) complain: fn(&Report),
}

/// Watches everything that routers track but interfaces.
pub(crate) struct Watcher {
    plan: watch::Receiver<Arc<Plan>>,
    readings: Readings,
    events: EventSender,
    complain: fn(&Report),
    scripts: BTreeMap<TrackerId, Script>,
    tracked_files: BTreeMap<TrackerId, TrackedFile>,
    files: Files,
    /// Which check each run is of.
    runs: HashMap<u64, TrackerId>,
    last_run: u64,
    runner: Option<Runner>,
    results: mpsc::Receiver<(Job, Outcome)>,
    /// For whoever makes checks.
    results_to: mpsc::Sender<(Job, Outcome)>,
}

/// A `vrrp_script`.
struct Script {
    plan: ScriptPlan,
    check: Check,
    /// What routers were told.
    said: Reading,
    /// Why it cannot be made, which was said.
    trouble: Option<String>,
}

/// A `track_file`.
struct TrackedFile {
    plan: FilePlan,
    /// What routers were told.
    said: Reading,
    /// What it said last.
    content: Option<FileContent>,
}

impl Watcher {
    /// To be called inside the runtime that watches.
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { plan, protocol, events, complain } = parts;
        let (results_to, results) = mpsc::channel(RESULTS);
        let readings = Readings::new(protocol);
        Self {
            plan,
            readings,
            events,
            complain,
            scripts: BTreeMap::new(),
            tracked_files: BTreeMap::new(),
            files: Files::new(),
            runs: HashMap::new(),
            last_run: 0,
            runner: None,
            results,
            results_to,
        }
    }

    /// Watches until it is to stop; then nothing that it started still runs.
    pub(crate) async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        loop {
            let deadline = self.deadline();
            tokio::select! {
                _ = &mut stop => break,
                changed = self.plan.changed() => match changed {
                    Ok(()) => self.follow(),
                    // The main thread has ended: this one is about to.
                    Err(_) => {
                        stop.await.ok();
                        break;
                    }
                },
                result = self.results.recv() => {
                    if let Some((job, outcome)) = result {
                        self.take(&job, outcome);
                    }
                }
                (id, content) = self.files.found() => self.take_file(id, content),
                () = sleep_until(deadline) => {}
            }
            self.readings.offer();
            self.make_checks();
        }
        if let Some(runner) = self.runner {
            runner.abandon();
        }
    }

    fn deadline(&self) -> Instant {
        let now = Instant::now();
        let checks = self.scripts.values().filter(|script| script.runs()).map(|script| script.check.deadline());
        let retry = self.readings.wait().then(|| now + RETRY);
        checks.chain(retry).min().unwrap_or(now + IDLE)
    }

    /// Watches what is planned now. What stays the same keeps what was counted.
    fn follow(&mut self) {
        let plan = Arc::clone(&self.plan.borrow_and_update());
        let gone: Vec<TrackerId> = self.scripts.keys().filter(|id| !plan.scripts.contains_key(id)).copied().collect();
        for id in gone {
            self.forget(id);
        }
        for (&id, script) in &plan.scripts {
            self.follow_script(id, script);
        }
        self.follow_files(&plan);
    }

    /// A file that is another keeps its reading until it was looked at.
    fn follow_files(&mut self, plan: &Plan) {
        self.tracked_files.retain(|id, _| {
            let stays = plan.files.contains_key(id);
            if !stays {
                self.readings.say(*id, Reading::Unknown);
            }
            stays
        });
        for (&id, file) in &plan.files {
            match self.tracked_files.get_mut(&id) {
                Some(tracked) if tracked.plan == *file => {}
                Some(tracked) => (tracked.plan, tracked.content) = (file.clone(), None),
                None => {
                    let tracked = TrackedFile { plan: file.clone(), said: Reading::Unknown, content: None };
                    self.tracked_files.insert(id, tracked);
                }
            }
        }
        self.files.follow(plan.files.iter().map(|(id, file)| (*id, &*file.path)));
    }

    /// Counts what a file says.
    fn take_file(&mut self, id: TrackerId, content: FileContent) {
        let Some(file) = self.tracked_files.get_mut(&id) else { return };
        let reading = match (&content, file.said) {
            (FileContent::Number(number), _) => Reading::Level(*number),
            // What it said before counts.
            (FileContent::OutOfRange(_), said @ Reading::Level(_)) => said,
            (
                FileContent::Empty
                | FileContent::NoNumber(_)
                | FileContent::OutOfRange(_)
                | FileContent::Missing
                | FileContent::Unreadable(_),
                _,
            ) => Reading::Level(0),
        };
        if file.content.as_ref() == Some(&content) && file.said == reading {
            return;
        }
        if file.said != reading {
            self.readings.say(id, reading);
        }
        (file.said, file.content) = (reading, Some(content.clone()));
        let event = TrackerEvent { key: file.plan.key.clone(), reading, found: Found::File(content) };
        self.events.send(Occurrence::Tracker(event));
    }

    fn follow_script(&mut self, id: TrackerId, plan: &ScriptPlan) {
        let now = Instant::now();
        let before = self.scripts.remove(&id);
        let script = match before {
            Some(mut script) if script.plan.probe.is_same(&plan.probe) => {
                script.check.retime(now, plan.timing);
                Script { plan: plan.clone(), ..script }
            }
            Some(script) => {
                self.cancel(&script);
                // Routers go by the old reading until there is a result.
                Script { plan: plan.clone(), check: Check::new(now, plan.timing), trouble: None, ..script }
            }
            None => {
                let check = Check::new(now, plan.timing);
                Script { plan: plan.clone(), check, said: Reading::Unknown, trouble: None }
            }
        };
        let is_new = script.said == Reading::Unknown;
        let never = match &script.plan.probe {
            Probe::Never(why) => Some(why.clone()),
            Probe::Program(_) => None,
        };
        self.scripts.insert(id, script);
        match never {
            Some(why) => self.tell(id, Reading::Down, Found::CannotRun(why)),
            None if is_new && plan.init_fail == Switch::On => self.tell(id, Reading::Down, Found::Nothing),
            None => {}
        }
    }

    fn forget(&mut self, id: TrackerId) {
        let Some(script) = self.scripts.remove(&id) else { return };
        self.cancel(&script);
        self.readings.say(id, Reading::Unknown);
    }

    fn cancel(&self, script: &Script) {
        if let (Probe::Program(job), Some(runner)) = (&script.plan.probe, &self.runner) {
            runner.cancel(&job.queue);
        }
    }

    /// Starts the checks that are due, and counts those that are lost.
    fn make_checks(&mut self) {
        let now = Instant::now();
        let due =
            |(id, script): (&TrackerId, &Script)| (script.runs() && script.check.deadline() <= now).then_some(*id);
        let due: Vec<TrackerId> = self.scripts.iter().filter_map(due).collect();
        for id in due {
            while let Some(script) = self.scripts.get_mut(&id) {
                match script.check.due(now) {
                    Due::Start => self.start(id, now),
                    Due::Lost(found) => self.count(id, CheckResult::Failure, found),
                    Due::Nothing => break,
                }
            }
        }
    }

    fn start(&mut self, id: TrackerId, now: Instant) {
        let Some(script) = self.scripts.get_mut(&id) else { return };
        let Probe::Program(job) = &script.plan.probe else { return };
        self.last_run += 1;
        let job = Job { run: self.last_run, ..Job::clone(job) };
        script.check.started(now, self.last_run);
        self.runs.insert(self.last_run, id);
        match self.runner() {
            Ok(runner) => runner.submit(vec![job]),
            Err(error) => self.take(&job, Outcome::CannotRun(error.to_string())),
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

    /// Takes what became of a run.
    fn take(&mut self, job: &Job, outcome: Outcome) {
        let id = if matches!(outcome, Outcome::Weak(_)) {
            self.runs.get(&job.run).copied()
        } else {
            self.runs.remove(&job.run)
        };
        let Some((id, script)) = id.and_then(|id| Some((id, self.scripts.get_mut(&id)?))) else { return };
        if let Outcome::Weak(weakness) = outcome {
            if let Probe::Program(planned) = &mut script.plan.probe {
                planned.known = Some(weakness.clone());
            }
            let reading = script.said;
            return self.tell(id, reading, Found::Weak(weakness.to_string()));
        }
        if !script.check.ended(job.run) {
            return;
        }
        match outcome {
            Outcome::Ended { status, took } => {
                let result = if status.success() { CheckResult::Success } else { CheckResult::Failure };
                self.count(id, result, Found::Ended { status, took });
            }
            Outcome::TimedOut => self.count(id, CheckResult::Failure, Found::TimedOut(job.time_limit)),
            Outcome::CannotRun(why) => self.count(id, CheckResult::Failure, Found::CannotRun(why)),
            Outcome::Refused(weakness) => {
                self.count(id, CheckResult::Failure, Found::Refused(weakness.to_string()));
            }
            // Nothing was found out: the next one will.
            Outcome::Weak(_)
            | Outcome::Superseded { .. }
            | Outcome::Interrupted
            | Outcome::EndedByStop
            | Outcome::NotRun => {}
        }
    }

    fn count(&mut self, id: TrackerId, result: CheckResult, found: Found) {
        let Some(script) = self.scripts.get_mut(&id) else { return };
        let reading = script.check.count(result);
        let trouble = trouble(&found);
        let is_news = reading != script.said || trouble.is_some() && trouble != script.trouble;
        script.trouble = trouble;
        if is_news {
            self.tell(id, reading, found);
        }
    }

    /// Tells routers the reading, and the log what was found.
    fn tell(&mut self, id: TrackerId, reading: Reading, found: Found) {
        let Some(script) = self.scripts.get_mut(&id) else { return };
        if script.said != reading {
            script.said = reading;
            self.readings.say(id, reading);
        }
        let event = TrackerEvent { key: script.plan.key.clone(), reading, found };
        self.events.send(Occurrence::Tracker(event));
    }
}

impl Script {
    /// Whether it is ever made.
    const fn runs(&self) -> bool {
        match self.plan.probe {
            Probe::Program(_) => true,
            Probe::Never(_) => false,
        }
    }
}

/// Why a check cannot be made, if that is so.
fn trouble(found: &Found) -> Option<String> {
    match found {
        Found::CannotRun(why) | Found::Refused(why) => Some(why.clone()),
        Found::NoAnswer(_) => Some(String::new()),
        Found::Nothing | Found::Ended { .. } | Found::TimedOut(_) | Found::Weak(_) | Found::File(_) => None,
    }
}
