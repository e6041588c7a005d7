//! `tanist restart`: the program that is installed now takes the place of the running one, without a failover.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::cli::RestartArgs;
use crate::control::client;

pub(crate) fn run(options: &RestartArgs) -> ExitCode {
    match client::restart(&options.daemon.control()) {
        Ok(now) => {
            drop(writeln!(io::stdout(), "tanist {} goes on where the program before was", now.version));
            ExitCode::SUCCESS
        }
        Err(why) => {
            drop(writeln!(io::stderr(), "tanist: {why}"));
            ExitCode::FAILURE
        }
    }
}
