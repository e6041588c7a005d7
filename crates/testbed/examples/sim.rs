//! A long run of the simulator: `cargo run --release -p tanist-testbed --example sim -- --seeds 100000 --from 0`.
//!
//! Prints the first seed that breaks an invariant, with its shrunk plan, and exits with status 1.
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "tests talk to whoever runs them")]

use std::process::ExitCode;
use std::time::Instant;

use testbed::sim::{self, Mutation, Stats};

const USAGE: &str = "usage: sim [--seeds N] [--from S]";

fn main() -> ExitCode {
    let Some((seeds, from)) = arguments(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let start = Instant::now();
    let mut total = Stats::default();
    for seed in from..from.saturating_add(seeds) {
        match sim::check(seed, Mutation::None) {
            Ok(stats) => total += stats,
            Err(failure) => {
                println!("{failure}");
                return ExitCode::FAILURE;
            }
        }
    }
    let Stats { events, adverts, transitions } = total;
    println!(
        "{seeds} seeds from {from} hold: {events} events, {adverts} adverts, {transitions} transitions in {:.1?}",
        start.elapsed()
    );
    ExitCode::SUCCESS
}

/// Number of seeds and the first of them.
fn arguments(mut arguments: impl Iterator<Item = String>) -> Option<(u64, u64)> {
    let (mut seeds, mut from) = (10_000, 0);
    while let Some(name) = arguments.next() {
        let value = arguments.next()?.parse().ok()?;
        match name.as_str() {
            "--seeds" => seeds = value,
            "--from" => from = value,
            _ => return None,
        }
    }
    Some((seeds, from))
}
