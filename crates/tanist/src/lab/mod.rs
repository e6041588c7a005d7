//! `tanist lab`: real failovers on this machine's kernel, without root and without touching its network.
//!
//! Two routers and a client hang on a switch, each in a network namespace of its own. The routers are real daemons on
//! real configuration files; the client pings the virtual address every millisecond. What is reported is measured on
//! the wire and at the client, and asked of the daemons, never computed.

mod judge;
mod narrate;
mod options;
mod outputs;
mod picture;
mod play;
mod scene;
mod setup;
mod stage;
mod stop;
mod versus;
mod written;

use std::process::ExitCode;

use lab::Privilege;
use tempfile::TempDir;

use narrate::Narrator;
pub(crate) use options::LabArgs;
use outputs::Outputs;
use setup::Setup;
use stage::Stage;
use stop::Stop;

/// Runs the lab. It succeeds only if all went as it must.
///
/// Call it while the process has a single thread: others could not follow it into its namespaces.
pub(crate) fn run(options: LabArgs) -> ExitCode {
    let mut narrator = Narrator::new();
    if let Some(rival) = options.versus {
        return match enter().and_then(|_| versus::run(rival, &options)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(stop) => {
                narrator.stopped(&stop);
                ExitCode::FAILURE
            }
        };
    }
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

/// Goes where namespaces can be made.
fn enter() -> Result<Privilege, Stop> {
    lab::enter_user_namespace().map_err(|error| Stop::Impossible(error.to_string()))
}

fn perform(options: &LabArgs, narrator: &mut Narrator) -> Result<(), Stop> {
    let privilege = enter()?;
    let files = TempDir::with_prefix("tanist-lab-")?;
    let setup = match options.config.as_deref() {
        Some([first, second]) => Setup::read(first, second)?,
        Some(_) | None => Setup::write(options, files.path())?,
    };
    narrator.introduce(&setup, privilege);
    let mut stage = Stage::set(&setup)?;
    let outputs = Outputs::begin(options, &stage)?;
    let mut marks = Vec::new();
    let outcome = play::play(&mut stage, narrator, &mut marks);
    if outcome.is_err() || !narrator.failures().is_empty() {
        narrator.logs(&stage);
    }
    // Also of what was stopped: it shows how far it went.
    let written = outputs.write(&stage, marks);
    outcome.and(written)
}
