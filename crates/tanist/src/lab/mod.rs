//! `tanist lab`: real failovers on this machine's kernel, without root and without touching its network.
//!
//! Two routers and a client hang on a switch, each in a network namespace of its own. The routers are real daemons on
//! real configuration files; the client pings the virtual address every millisecond. What is reported is measured on
//! the wire and at the client, and asked of the daemons, never computed.

mod judge;
mod measure;
mod narrate;
mod network;
mod plan;
mod process;
mod scenes;
mod stage;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use vrrp::types::Interval;

use narrate::Narrator;
use plan::Plan;
use stage::{Stage, Stop};

/// Options of `tanist lab`.
#[derive(Debug, Args)]
pub(crate) struct LabArgs {
    /// Without virtual MAC: the addresses are on the interface itself
    #[arg(long, conflicts_with = "config")]
    no_vmac: bool,
    /// IPv6 instead of IPv4
    #[arg(long, conflicts_with = "config")]
    ipv6: bool,
    /// Time between advertisements, 0.01 to 40.95
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = plan::interval, conflicts_with = "config")]
    advert_interval: Interval,
    /// Run your own two configuration files
    #[arg(long, num_args = 2, value_names = ["FILE", "FILE"])]
    config: Option<Vec<PathBuf>>,
}

/// Runs the lab. It succeeds only if all went as it must.
///
/// Call it while the process has a single thread: others could not follow it into its namespaces.
pub(crate) fn run(options: LabArgs) -> ExitCode {
    let mut narrator = Narrator::new();
    match perform(&options, &mut narrator) {
        Ok(()) if narrator.failures().is_empty() => {
            narrator.verdict();
            ExitCode::SUCCESS
        }
        Ok(()) => {
            narrator.verdict();
            ExitCode::FAILURE
        }
        Err(stop) => {
            narrator.stopped(&stop);
            ExitCode::FAILURE
        }
    }
}

fn perform(options: &LabArgs, narrator: &mut Narrator) -> Result<(), Stop> {
    let privilege = linux::netns::enter_user_namespace().map_err(|error| Stop::Impossible(error.to_string()))?;
    let directory = process::Directory::make()?;
    let plan = match options.config.as_deref() {
        Some([first, second]) => Plan::read(first, second)?,
        Some(_) | None => Plan::write(options, &directory)?,
    };
    narrator.introduce(&plan, privilege);
    let mut stage = Stage::set(&plan, &directory)?;
    let outcome = scenes::play(&mut stage, narrator);
    if outcome.is_err() || !narrator.failures().is_empty() {
        narrator.logs(&directory);
    }
    outcome
}
