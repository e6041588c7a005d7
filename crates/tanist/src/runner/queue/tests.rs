use std::time::Duration;

use super::*;
use crate::runner::wire::{IfWeak, Life, Output};

fn job(queue: &str, script: &str) -> Job {
    Job {
        queue: queue.to_owned(),
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

/// What is to run all the time.
fn reader(queue: &str, script: &str) -> Job {
    Job { life: Life::Always, ..job(queue, script) }
}

fn name(job: &Job) -> String {
    format!("{} {}", job.queue, job.argv[0])
}

fn names(jobs: &[Job]) -> Vec<String> {
    jobs.iter().map(name).collect()
}

/// Starts what may be started.
fn start(queue: &mut Queue) -> Vec<(JobId, String)> {
    std::iter::from_fn(|| queue.next()).map(|(id, job)| (id, name(&job))).collect()
}

/// Runs everything, one script at a time, and says what was run.
fn run_all(queue: &mut Queue) -> Vec<String> {
    let mut run = Vec::new();
    while let Some((id, job)) = queue.next() {
        run.push(name(&job));
        queue.ended(id);
    }
    run
}

#[test]
fn scripts_of_a_router_run_in_order_and_one_at_a_time() {
    let mut queue = Queue::new(RUNNING);
    queue.push(vec![job("A", "backup"), job("A", "any backup")]);
    queue.push(vec![job("A", "master")]);
    let first = start(&mut queue);
    assert_eq!(first.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["A backup"]);
    queue.ended(first[0].0);
    assert_eq!(run_all(&mut queue), ["A any backup", "A master"]);
    assert!(queue.is_empty());
}

#[test]
fn routers_take_turns() {
    let mut queue = Queue::new(RUNNING);
    queue.push(vec![job("A", "1"), job("A", "2"), job("A", "3")]);
    queue.push(vec![job("B", "1"), job("B", "2")]);
    queue.push(vec![job("C", "1")]);
    assert_eq!(run_all(&mut queue), ["A 1", "B 1", "C 1", "A 2", "B 2", "A 3"]);
}

#[test]
fn no_more_than_the_limit_run_at_a_time_and_no_router_waits_for_another_to_finish() {
    let mut queue = Queue::new(RUNNING);
    for router in 0..3 * RUNNING {
        queue.push(vec![job(&router.to_string(), "a"), job(&router.to_string(), "b")]);
    }
    let mut running = start(&mut queue);
    let mut run = Vec::new();
    while let Some((id, name)) = running.pop() {
        assert!(running.len() < RUNNING);
        run.push(name);
        queue.ended(id);
        running.extend(start(&mut queue));
    }
    assert_eq!(run.len(), 6 * RUNNING);
    assert!(queue.is_empty());
    // Nobody's second script before everybody's first has started.
    let first_b = run.iter().position(|name| name.ends_with(" b")).unwrap();
    let firsts = run[..first_b].iter().filter(|name| name.ends_with(" a")).count();
    assert!(firsts >= 2 * RUNNING, "{firsts}");
}

#[test]
fn of_too_many_states_the_oldest_gives_way_and_the_last_is_told() {
    let mut queue = Queue::new(RUNNING);
    queue.push(vec![job("A", "own 0"), job("A", "any 0")]);
    let running = start(&mut queue);
    let mut dropped = Vec::new();
    for state in 1..=1000 {
        dropped.extend(queue.push(vec![job("A", &format!("own {state}")), job("A", &format!("any {state}"))]));
    }
    assert_eq!(queue.superseded(), dropped.len() as u64);
    assert_eq!(dropped.len(), 2 * (1001 - WAITING_STATES));
    assert_eq!(names(&dropped)[..3], ["A own 1", "A any 1", "A own 2"], "whole states, the oldest first");
    queue.ended(running[0].0);
    let run = run_all(&mut queue);
    assert_eq!(run[0], "A any 0", "a state that was begun is finished");
    assert_eq!(run[run.len() - 2..], ["A own 1000", "A any 1000"]);
}

#[test]
fn a_router_that_does_not_keep_up_costs_others_nothing() {
    let mut queue = Queue::new(RUNNING);
    for state in 0..1000 {
        queue.push(vec![job("A", &state.to_string())]);
    }
    assert_eq!(names(&queue.push(vec![job("B", "1")])), Vec::<String>::new());
    assert_eq!(run_all(&mut queue)[1], "B 1");
}

#[test]
fn of_a_runner_that_dies_only_what_may_have_had_effects_is_lost() {
    let mut queue = Queue::new(RUNNING);
    queue.push(vec![job("A", "own"), job("A", "any")]);
    queue.push(vec![job("A", "next")]);
    queue.push(vec![job("B", "own"), job("B", "any")]);
    let running = start(&mut queue);
    let a = running.iter().find(|(_, name)| name == "A own").unwrap();
    queue.started(a.0);
    assert_eq!(names(&queue.lost_runner()), ["A own"]);
    assert_eq!(queue.ended(a.0), None, "a late answer");
    let mut run = run_all(&mut queue);
    run.sort();
    assert_eq!(run, ["A any", "A next", "B any", "B own"]);
    assert!(queue.is_empty());
}

#[test]
fn a_stop_leaves_the_last_state_of_each_router() {
    let mut queue = Queue::new(RUNNING);
    for state in ["BACKUP", "MASTER", "STOP"] {
        queue.push(vec![job("A", state), job("A", &format!("any {state}"))]);
    }
    queue.push(vec![job("B", "STOP"), job("B", "any STOP")]);
    let running = start(&mut queue);
    let id = |of: &str| running.iter().find(|(_, name)| name == of).unwrap().0;
    let hurry = queue.hurry();
    assert_eq!(names(&hurry.superseded), ["A any BACKUP", "A MASTER", "A any MASTER"]);
    assert_eq!(hurry.end, [id("A BACKUP")], "and not the STOP of B");
    queue.ended(id("A BACKUP"));
    assert_eq!(start(&mut queue).iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["A STOP"]);
    queue.started(id("B STOP"));
    let (interrupted, waiting) = queue.give_up();
    assert_eq!(names(&interrupted), ["B STOP"]);
    let mut waiting = names(&waiting);
    waiting.sort();
    assert_eq!(waiting, ["A STOP", "A any STOP", "B any STOP"]);
    assert!(queue.is_empty());
}

#[test]
fn what_is_cancelled_does_not_run_and_what_runs_of_it_is_named() {
    let mut queue = Queue::new(RUNNING);
    queue.push(vec![job("A", "1")]);
    queue.push(vec![job("B", "1")]);
    assert_eq!(queue.cancel("A"), None);
    assert_eq!(queue.cancel("nobody"), None);
    let (id, first) = queue.next().unwrap();
    assert_eq!(first.queue, "B");
    queue.push(vec![job("B", "2")]);
    assert_eq!(queue.cancel("B"), Some(id));
    assert!(!queue.is_empty(), "it runs until it is ended");
    // What comes anew under the same name waits for that.
    queue.push(vec![job("B", "3")]);
    assert!(queue.next().is_none());
    queue.ended(id);
    assert_eq!(queue.next().unwrap().1.argv, ["3"]);
}

#[test]
fn what_runs_all_the_time_survives_its_runner_and_is_asked_to_end_at_a_stop() {
    let mut queue = Queue::new(RUNNING);
    queue.push(vec![reader("pipe", "a")]);
    queue.push(vec![job("VI", "b")]);
    let started = start(&mut queue);
    assert_eq!(started.len(), 2);
    started.iter().for_each(|(id, _)| queue.started(*id));
    assert_eq!(names(&queue.lost_runner()), ["VI b"]);
    let [(id, again)] = &start(&mut queue)[..] else { panic!("one is run again") };
    assert_eq!(again, "pipe a");
    queue.started(*id);
    assert_eq!(queue.hurry(), Hurry { ask: vec![*id], ..Hurry::default() });
}

#[test]
fn what_takes_the_place_of_something_runs_when_that_has_ended() {
    let mut queue = Queue::new(RUNNING);
    queue.push(vec![reader("pipe", "a")]);
    let [(first, _)] = start(&mut queue)[..] else { panic!("it runs") };
    for script in ["b", "c"] {
        assert_eq!(queue.cancel("pipe"), Some(first));
        queue.push(vec![reader("pipe", script)]);
    }
    assert_eq!(start(&mut queue), []);
    queue.ended(first);
    assert_eq!(start(&mut queue).into_iter().map(|(_, name)| name).collect::<Vec<_>>(), ["pipe c"]);
}
