//! Which runs count: without a process, their ends made up.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use conf::model::Switch;
use conf::model::watch::TrackerKind;

use super::check::Timing;
use super::debounce::Limits;
use super::*;
use crate::ports::events::{self, Occurrence};
use crate::ports::mailbox::{Mailbox, mailbox};
use crate::ports::protocol::ProtocolCommand;
use crate::ports::tracking::TrackerKey;
use crate::runner::security::Weakness;
use crate::runner::{Admission, Output};
use crate::trackers::readings::Readings;

const ID: TrackerId = TrackerId(1);
const INTERVAL: Duration = Duration::from_secs(3600);

/// A script that is checked each hour.
struct Ground {
    checks: Checks,
    teller: Teller,
    readings: Mailbox<ProtocolCommand>,
    events: Mailbox<Occurrence>,
}

fn plan(program: &str, fall: u32) -> BTreeMap<TrackerId, ScriptPlan> {
    let text = format!("vrrp_script s {{\n script {program}\n}}\n");
    let config = conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", &*text)).config;
    let conf::model::check::Check::Command(script) = &config.watched.scripts[0].check else { panic!("{text}") };
    let job = Admission::new(&config.global).job("s", script, &[], Duration::from_secs(1), Output::Discarded);
    let limits = Limits { rise: 1, fall };
    let timing = Timing { interval: INTERVAL, timeout: Duration::from_secs(1), limits };
    let probe = Probe::Program(Box::new(job));
    [(
        ID,
        ScriptPlan { key: TrackerKey::Named(TrackerKind::Script, "s".into()), probe, timing, init_fail: Switch::Off },
    )]
    .into()
}

impl Ground {
    fn new(program: &str) -> Self {
        let (protocol, readings) = mailbox(16).unwrap();
        let (events_to, events) = events::channel().unwrap();
        let teller = Teller { readings: Readings::new(protocol), events: events_to };
        let mut ground = Self { checks: Checks::new(|_| {}), teller, readings, events };
        ground.follow(program);
        ground
    }

    fn follow(&mut self, program: &str) {
        self.checks.follow(&plan(program, 1), &BTreeMap::new(), &mut self.teller);
    }

    /// The check is made, but by nobody; returns the job.
    fn run(&mut self) -> Job {
        self.run_since(Instant::now())
    }

    fn run_since(&mut self, since: Instant) -> Job {
        let script = self.checks.scripts.get_mut(&ID).unwrap();
        assert!(matches!(script.check.due(Instant::now()), Due::Start));
        self.checks.last_run += 1;
        let run = self.checks.last_run;
        script.check.started(since, run);
        self.checks.runs.insert(run, ID);
        let Probe::Program(job) = &script.plan.probe else { panic!("{:?}", script.plan) };
        Job { run, ..Job::clone(job) }
    }

    fn end(&mut self, job: &Job, outcome: Outcome) {
        self.checks.take(End::Program(Box::new(job.clone()), outcome), &mut self.teller);
    }

    fn is_due(&self) -> bool {
        self.checks.deadline().unwrap() <= Instant::now()
    }

    fn weakness(&self) -> Option<Weakness> {
        let Probe::Program(job) = &self.checks.scripts[&ID].plan.probe else { return None };
        job.known.clone()
    }

    /// How many readings routers were told, and how many events the log.
    fn said(&self) -> (usize, usize) {
        let readings = std::iter::from_fn(|| self.readings.next()).count();
        (readings, std::iter::from_fn(|| self.events.next()).count())
    }
}

fn weakness() -> Weakness {
    serde_json::from_str(r#"{"path": "/old", "who": {"owner": {"uid": 7}}}"#).unwrap()
}

#[tokio::test]
async fn a_run_that_the_death_of_the_runner_ended_is_repeated_at_once() {
    for (outcome, again) in [
        (Outcome::Interrupted, true),
        (Outcome::Ended { status: ExitStatus::from_raw(0), took: Duration::ZERO }, false),
        (Outcome::TimedOut, false),
    ] {
        let mut ground = Ground::new("/bin/true");
        let job = ground.run();
        assert!(!ground.is_due());
        let what = format!("{outcome:?}");
        ground.end(&job, outcome);
        assert_eq!(ground.is_due(), again, "{what}");
    }
}

#[tokio::test]
async fn a_word_of_the_old_program_is_not_one_of_the_new() {
    let mut ground = Ground::new("/bin/true");
    let job = ground.run();
    ground.end(&job, Outcome::Weak(weakness()));
    assert_eq!((ground.weakness(), ground.said()), (Some(weakness()), (0, 1)));
    ground.follow("/bin/false");
    ground.end(&job, Outcome::Weak(weakness()));
    assert_eq!((ground.weakness(), ground.said()), (None, (0, 0)));
}

#[tokio::test]
async fn a_program_that_a_reload_brings_is_not_believed_before_it_failed_in_a_row() {
    let mut ground = Ground::new("/bin/true");
    let job = ground.run();
    let ended = |code: i32| Outcome::Ended { status: ExitStatus::from_raw(code << 8), took: Duration::ZERO };
    ground.end(&job, ended(0));
    assert_eq!(ground.checks.scripts[&ID].said, Reading::Up);
    ground.checks.follow(&plan("/bin/false", 2), &BTreeMap::new(), &mut ground.teller);
    let job = ground.run();
    ground.end(&job, ended(1));
    assert_eq!(ground.checks.scripts[&ID].said, Reading::Up);
    ground.checks.scripts.get_mut(&ID).unwrap().check.hurry(Instant::now());
    let job = ground.run();
    ground.end(&job, ended(1));
    assert_eq!(ground.checks.scripts[&ID].said, Reading::Down);
}

#[tokio::test]
async fn a_check_whose_result_is_lost_is_made_again() {
    let mut ground = Ground::new("/bin/true");
    // Its time limit and the slack are over.
    let job = ground.run_since(Instant::now() - Duration::from_secs(6));
    ground.checks.make(&mut ground.teller);
    assert_eq!(ground.said(), (1, 1), "it has failed");
    assert!(!ground.checks.scripts[&ID].check.is_under_way(job.run));
}

#[tokio::test]
async fn a_run_that_cannot_be_ended_is_said_once_and_its_end_counts_for_nothing() {
    let mut ground = Ground::new("/bin/true");
    let job = ground.run();
    ground.end(&job, Outcome::Stuck);
    assert_eq!(ground.said(), (1, 1));
    let script = ground.checks.scripts.get_mut(&ID).unwrap();
    script.count(ID, CheckResult::Failure, CheckFound::Stuck(job.time_limit), &mut ground.teller);
    assert_eq!(ground.said(), (0, 0), "it has failed once more");
    ground.end(&job, Outcome::EndedByStop);
    assert_eq!(ground.said(), (0, 0));
    assert!(!ground.checks.scripts[&ID].check.is_under_way(job.run));
}
