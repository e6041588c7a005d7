//! `tanist restart`: the program that is installed now takes the place of the running one, without a failover.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::cli::RestartArgs;
use crate::control::api::Restart;
use crate::control::client;

const PATH: &str = "/v1/restart";
/// How long the program may take to answer in its turn.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time between two looks.
const LOOK: Duration = Duration::from_millis(50);

pub(crate) fn run(options: &RestartArgs) -> ExitCode {
    let control = options.daemon.control();
    let outcome = client::post_patiently::<Restart>(&control, PATH).map_err(|error| error.to_string());
    match outcome.and_then(|before| wait(&control, &before)) {
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

/// Waits until the next program answers.
fn wait(control: &Path, before: &Restart) -> Result<Restart, String> {
    let start = Instant::now();
    loop {
        match client::get::<Restart>(control, PATH) {
            Ok(Restart { failure: Some(why), .. }) => return Err(why),
            Ok(now) if now.restarts > before.restarts => return Ok(now),
            // The program before still answers, or its death was followed by an ordinary start.
            Ok(_) if start.elapsed() > PATIENCE => {
                return Err("the daemon began anew instead of going on: its log says why".to_owned());
            }
            Err(error) if start.elapsed() > PATIENCE => return Err(error.to_string()),
            Ok(_) | Err(_) => sleep(LOOK),
        }
    }
}
