//! A long run of the simulator: `cargo run --release -p tanist-testbed --example sim -- --seeds 100000 --from 0`.
//!
//! Prints the first seed that breaks an invariant, with its shrunk plan, and exits with status 1. With `--failures N` it
//! goes on until so many seeds have failed, and prints each.
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "tests talk to whoever runs them")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use testbed::sim::{self, Mutation, Stats};

const USAGE: &str = "usage: sim [--seeds N] [--from S] [--failures N]";
/// How often a long run says how far it is.
const PROGRESS: Duration = Duration::from_secs(30);

/// What is to be run.
struct Arguments {
    seeds: u64,
    from: u64,
    /// Failures after which it ends.
    failures: u64,
}

fn main() -> ExitCode {
    let Some(arguments) = arguments(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let Arguments { seeds, from, failures } = arguments;
    let (start, mut said) = (Instant::now(), Instant::now());
    let (mut total, mut failed) = (Stats::default(), 0);
    for (done, seed) in (1..=seeds).zip(from..) {
        match sim::check(seed, Mutation::None) {
            Ok(stats) => total += stats,
            Err(failure) => {
                println!("{failure}");
                failed += 1;
                if failed == failures {
                    return ExitCode::FAILURE;
                }
            }
        }
        if said.elapsed() >= PROGRESS {
            said = Instant::now();
            eprintln!("{done} seeds, {:.0} a second", rate(done, start));
        }
    }
    let Stats { events, adverts, transitions } = total;
    println!(
        "{seeds} seeds from {from}, {failed} failed: {events} events, {adverts} adverts, {transitions} transitions"
    );
    println!("in {:.1?}: {:.0} seeds a second", start.elapsed(), rate(seeds, start));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::cast_precision_loss, reason = "a rate is shown to three digits")]
fn rate(seeds: u64, start: Instant) -> f64 {
    seeds as f64 / start.elapsed().as_secs_f64()
}

fn arguments(mut words: impl Iterator<Item = String>) -> Option<Arguments> {
    let mut arguments = Arguments { seeds: 10_000, from: 0, failures: 1 };
    while let Some(name) = words.next() {
        let value = words.next()?.parse().ok()?;
        match name.as_str() {
            "--seeds" => arguments.seeds = value,
            "--from" => arguments.from = value,
            "--failures" => arguments.failures = value,
            _ => return None,
        }
    }
    Some(arguments)
}
