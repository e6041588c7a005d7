//! tanist as keepalived: started, signalled, looked at and replaced as other programs do it with Debian's keepalived.

mod background;
mod handover;
mod likeness;

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::time::Duration;

use lab::RouterHost;
use libtest_mimic::Trial;
use testbed::lan::harness;

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    harness::run(|| {
        harness::shadow("/run").expect("a /run of our own");
        let mut trials = vec![harness::test(
            "in the background it is found, reloaded, killed and started anew by its pid files",
            background::life,
        )];
        if harness::has_program("keepalived", "what is compared with keepalived") {
            trials.extend(with_keepalived());
        }
        trials
    })
}

fn with_keepalived() -> [Trial; 2] {
    [
        harness::test("its dumps are those of keepalived", likeness::dumps),
        harness::test(
            "keepalived, tanist, keepalived: the same file, and the peer sees three masters",
            handover::there_and_back,
        ),
    ]
}

/// Tanist with the arguments that keepalived would get on this host.
fn as_keepalived(router: &RouterHost) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanist"));
    command.arg0("/usr/sbin/keepalived").args(router.command().get_args());
    command
}
