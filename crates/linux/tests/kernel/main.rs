//! What the kernel really does with our operations and packets. Each test has network namespaces of its own; all run in
//! one user namespace, so no rights are needed. Where a machine forbids that, they are skipped, and say so.
#![expect(clippy::print_stderr, reason = "tests talk to whoever runs them")]

mod addresses;
mod datagrams;
mod families;
mod footprints;
mod ground;
mod links;
mod memberships;
mod monitor;
mod observe;
mod packets;
mod presence;
mod routed;
mod routes;
mod settings;
mod tables;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // Before any thread is started: a process with threads cannot get a user namespace.
    if let Err(error) = linux::netns::enter_user_namespace() {
        eprintln!("SKIPPED: all kernel tests. {error}");
        return ExitCode::SUCCESS;
    }
    let all = [
        links::ALL,
        addresses::ALL,
        settings::ALL,
        memberships::ALL,
        packets::ALL,
        routed::ALL,
        routes::ALL,
        datagrams::ALL,
        monitor::ALL,
        observe::ALL,
        footprints::ALL,
        families::ALL,
        presence::ALL,
        tables::ALL,
    ];
    libtest_mimic::run(&arguments, all.concat().into_iter().map(trial).collect()).exit_code()
}

/// A test: its rule, and the code. It fails by panicking.
type Test = (&'static str, fn());

fn trial((rule, test): Test) -> Trial {
    Trial::test(rule, move || {
        test();
        Ok(())
    })
}
