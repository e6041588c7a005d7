//! `tanist self-test`: whether this program can go on from what the one that runs would hand over. That one runs it before it is
//! executed, and gives it that as standard input.

use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use crate::cli::SelfTestArgs;
use crate::daemon::resume::is_in_force;
use crate::loader;
use crate::ports::handover::{CAN_GO_ON, Handover};

pub(crate) fn run(options: &SelfTestArgs) -> ExitCode {
    match test(options) {
        Ok(()) => {
            drop(writeln!(io::stdout(), "{CAN_GO_ON}"));
            ExitCode::SUCCESS
        }
        Err(why) => {
            drop(writeln!(io::stderr(), "{why}"));
            ExitCode::FAILURE
        }
    }
}

fn test(options: &SelfTestArgs) -> Result<(), String> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let handover =
        Handover::from_bytes(&bytes).map_err(|error| format!("what it would be given is of no use: {error}"))?;
    let loaded = loader::load_to_run(&options.config, options.config_id.as_deref());
    if loaded.has_errors() {
        return Err(format!("{} has errors: tanist check shows them", options.config.display()));
    }
    is_in_force(&handover, &loaded.config)
}
