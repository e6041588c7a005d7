use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};

use super::*;
use crate::runner::wire::{IfWeak, Life, Output};

/// Generous: the machine may be loaded.
const PATIENCE: Duration = Duration::from_secs(20);

fn job(script: &str) -> Job {
    Job {
        queue: "VI".to_owned(),
        argv: vec![script.to_owned()],
        identity: None,
        if_weak: IfWeak::Refuse,
        time_limit: Duration::from_secs(60),
        life: Life::Once,
        output: Output::Inherited,
        known: None,
        run: 0,
    }
}

/// A runner whose process is this program, and its reports.
fn start(program: fn() -> Command) -> (Runner, Receiver<Report>) {
    let (sender, reports) = channel();
    // The test may have ended.
    let runner = Runner::with_program(Lane::States, program, move |report| drop(sender.send(report))).unwrap();
    (runner, reports)
}

/// Children of this process whose program has this argument, dead ones without a parent that waits included.
fn children(argument: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let of_us = all.filter(|process| {
        let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
        status.contains(&format!("PPid:\t{}\n", std::process::id()))
    });
    of_us.filter(|it| std::fs::read_to_string(it.join("cmdline")).is_ok_and(|line| line.contains(argument))).collect()
}

/// The script that a report says was not run.
fn not_run(report: &Report) -> Option<&str> {
    let Report::Script { job, outcome: Outcome::NotRun } = report else { return None };
    Some(&job.argv[0])
}

/// One that neither reads nor answers, as if it were stopped.
fn frozen() -> Command {
    let mut command = Command::new("sleep");
    command.arg("12345");
    command
}

#[test]
fn a_frozen_process_holds_up_neither_those_who_submit_nor_the_stop() {
    let (runner, reports) = start(frozen);
    for state in 0..10_000 {
        runner.submit(vec![job(&state.to_string())]);
    }
    let begin = std::time::Instant::now();
    runner.finish();
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
    assert_eq!(children("12345"), Vec::<PathBuf>::new(), "it was killed and waited for");
    let reports: Vec<Report> = reports.iter().collect();
    assert!(reports.iter().any(|report| matches!(report, Report::RunnerStuck)));
    let superseded = |report: &&Report| matches!(report, Report::Script { outcome: Outcome::Superseded { .. }, .. });
    let not_run: Vec<&str> = reports.iter().filter_map(not_run).collect();
    assert_eq!(reports.iter().filter(superseded).count() + not_run.len(), 10_000, "each is accounted for");
    assert!(not_run.contains(&"9999"), "the last state is kept to the end: {not_run:?}");
}

#[test]
fn a_process_that_dies_is_started_again_and_leaves_no_zombie() {
    let (runner, reports) = start(|| {
        let mut command = Command::new("true");
        command.arg("54321");
        command
    });
    runner.submit(vec![job("script")]);
    for _ in 0..2 {
        let report = reports.recv_timeout(PATIENCE).unwrap();
        assert!(matches!(&report, Report::RunnerEnded(Ok(status)) if status.success()), "{report:?}");
    }
    runner.finish();
    assert_eq!(children("54321"), Vec::<PathBuf>::new());
    let last = reports.iter().last();
    assert!(matches!(last, Some(Report::Script { outcome: Outcome::NotRun, .. })), "the script waits: {last:?}");
}

#[test]
fn a_process_that_cannot_be_started_is_reported() {
    let (runner, reports) = start(|| Command::new("/no/such/program"));
    assert!(matches!(reports.recv_timeout(PATIENCE), Ok(Report::RunnerUnavailable(_))));
    runner.finish();
}

#[test]
fn a_stop_without_work_does_not_wait() {
    // It ends when its input does.
    let (runner, reports) = start(|| Command::new("cat"));
    runner.finish();
    assert_eq!(reports.iter().count(), 0);
}

#[test]
fn checks_are_not_waited_for_at_the_end() {
    let (sender, reports) = channel();
    let runner = Runner::with_program(Lane::Checks, || Command::new("cat"), move |report| drop(sender.send(report)));
    let runner = runner.unwrap();
    runner.submit(vec![job("script")]);
    let begin = std::time::Instant::now();
    runner.abandon();
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
    assert_eq!(reports.iter().count(), 1);
}

/// One whose first script cannot be ended, until it is given another.
fn stuck() -> Command {
    let mut command = Command::new("sh");
    let took = r#"{"secs":0,"nanos":0}"#;
    let script = format!(
        "read first; echo '{{\"stuck\":{{\"id\":1}}}}' >&0; read second; \
         echo '{{\"ended\":{{\"id\":2,\"status\":0,\"took\":{took}}}}}' >&0; read end"
    );
    command.args(["-c", &script]);
    command
}

#[test]
fn behind_a_script_that_cannot_be_ended_states_go_on_and_checks_wait() {
    for lane in [Lane::States, Lane::Checks] {
        let (sender, reports) = channel();
        let runner = Runner::with_program(lane, stuck, move |report| drop(sender.send(report))).unwrap();
        runner.submit(vec![job("first")]);
        let report = reports.recv_timeout(PATIENCE).unwrap();
        assert!(matches!(&report, Report::Script { outcome: Outcome::Stuck, .. }), "{report:?}");
        runner.submit(vec![job("second")]);
        match lane {
            Lane::States => {
                let report = reports.recv_timeout(PATIENCE).unwrap();
                assert!(matches!(&report, Report::Script { outcome: Outcome::Ended { .. }, .. }), "{report:?}");
            }
            Lane::Checks => {
                let report = reports.recv_timeout(Duration::from_millis(300));
                assert!(report.is_err(), "{report:?}");
            }
        }
        runner.abandon();
    }
}
