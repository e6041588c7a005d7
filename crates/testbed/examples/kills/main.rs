//! A master is killed (`kill -9`) again and again, at random moments, on a busy machine: tanist and the installed keepalived in turn.
//!
//! `cargo build --release -p tanist && cargo run --release -p tanist-testbed --example kills -- --kills 300 --seed 1`
//!
//! With more than one network at a time (`--at-a-time`) the kernel makes and removes hundreds of interfaces for one while a master is killed
//! on another. One that does not preempt itself keeps real-time threads waiting meanwhile, and that is in the times of priority 0.
//!
//! Prints a table in Markdown of what was lost, and of whether machines are as before, without a further start. Exits with status 1 if
//! one on which tanist ran is not.
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "it talks to whoever runs it")]

mod case;
mod play;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use case::{Case, cases};
use play::Outcome;

const USAGE: &str = "usage: kills [--kills N] [--seed S] [--load THREADS] [--at-a-time N] [--tanist PROGRAM]";

/// What is to be run.
#[derive(Clone, Debug)]
struct Arguments {
    /// In all.
    kills: usize,
    seed: u64,
    /// Threads that keep the machine busy.
    load: usize,
    /// Networks on which daemons are killed at the same time.
    at_a_time: usize,
    tanist: PathBuf,
}

fn main() -> ExitCode {
    let Some(arguments) = arguments(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    // Call it first: the process must have a single thread.
    if let Err(error) = lab::enter_user_namespace() {
        eprintln!("kills: {error}");
        return ExitCode::FAILURE;
    }
    let Some(version) = lab::keepalived_version() else {
        eprintln!("kills: keepalived is not installed: there is nothing to compare tanist with");
        return ExitCode::FAILURE;
    };
    let start = Instant::now();
    let outcomes = run(&arguments);
    let Arguments { kills, seed, load, at_a_time, .. } = arguments;
    println!(
        "{kills} kills, seed {seed}, {load} threads of load on {} cores, {at_a_time} networks at a time, keepalived {version}, {:.0} s\n",
        thread::available_parallelism().map_or(1, usize::from),
        start.elapsed().as_secs_f64()
    );
    println!("{}", report::table(&outcomes));
    let is_left = |(case, outcome): &&(Case, Outcome)| case.victim.is_tanist() && outcome.is_as_before() == Some(false);
    let left: Vec<_> = outcomes.iter().filter(is_left).collect();
    for (case, outcome) in &left {
        println!("tanist has left something behind ({case}):\n{}", outcome.differences().join("\n"));
    }
    if left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays all cases, under load, and tells of each.
fn run(arguments: &Arguments) -> Vec<(Case, Outcome)> {
    let cases = cases(arguments.kills, arguments.seed);
    let waiting = Mutex::new(cases.iter().enumerate());
    let (done, is_over) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..arguments.load {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let play = || {
            loop {
                let next = lock(&waiting).next();
                let Some((number, case)) = next else { return };
                match play::play(case, &arguments.tanist) {
                    Ok(outcome) => {
                        tell(number, cases.len(), &format!("{case}: {outcome}"));
                        lock(&done).push((case.clone(), outcome));
                    }
                    Err(error) => tell(number, cases.len(), &format!("{case}: not played: {error}")),
                }
            }
        };
        let players: Vec<_> = (0..arguments.at_a_time).map(|_| scope.spawn(play)).collect();
        players.into_iter().for_each(|player| drop(player.join()));
        is_over.store(true, Ordering::Relaxed);
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tell(number: usize, of: usize, what: &str) {
    eprintln!("{}/{of} {what}", number + 1);
}

fn arguments(mut words: impl Iterator<Item = String>) -> Option<Arguments> {
    let beside = std::env::current_exe().ok()?.parent()?.parent()?.join("tanist");
    let load = thread::available_parallelism().map_or(1, usize::from);
    let mut arguments = Arguments { kills: 300, seed: 1, load, at_a_time: 2, tanist: beside };
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "--kills" => arguments.kills = value.parse().ok()?,
            "--seed" => arguments.seed = value.parse().ok()?,
            "--load" => arguments.load = value.parse().ok()?,
            "--at-a-time" => arguments.at_a_time = value.parse().ok().filter(|it| *it > 0)?,
            "--tanist" => arguments.tanist = value.into(),
            _ => return None,
        }
    }
    arguments.tanist = std::path::absolute(arguments.tanist).ok()?;
    Some(arguments)
}
