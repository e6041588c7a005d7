//! The interfaces that routers have: what they are called, where they are, what they are made of.

mod elsewhere;
mod ipvlan;
mod modes;
mod names;
mod namespace;
mod own;
mod vrf;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use lab::{Network, NetworkBuilder, Program, RouterHost, Segment, wait};
use libtest_mimic::Trial;
use testbed::lan::harness;

/// How long something may take that is not timed by the protocol, on an emulated machine as well.
const PATIENCE: Duration = Duration::from_secs(60);

/// A test: what it shows, and how.
type Test = (&'static str, fn());

fn main() -> ExitCode {
    harness::run(|| {
        if !harness::has_program("ip", "the interfaces of routers") {
            return Vec::new();
        }
        // `ip netns` has its names there.
        fs::create_dir_all("/run/netns")
            .and_then(|()| harness::shadow("/run/netns"))
            .expect("names of namespaces of our own");
        let vrf = if vrf::is_there() { vrf::ALL } else { &[] };
        let ipvlan = if ipvlan::is_there() { ipvlan::ALL } else { ipvlan::WITHOUT };
        let themes = [names::ALL, own::ALL, modes::ALL, elsewhere::ALL, namespace::ALL, vrf, ipvlan];
        themes.into_iter().flatten().map(|(what, test)| harness::test(*what, test)).collect::<Vec<Trial>>()
    })
}

fn tanist() -> Program {
    Program::Tanist(env!("CARGO_BIN_EXE_tanist").into())
}

/// A router with these two interfaces, each on a segment of its own, and addresses 10.1.0.1 and 10.2.0.1, fd01::1 and
/// fd02::1.
fn two_legged(first: &str, second: &str) -> Network<1> {
    let builder = NetworkBuilder::new().router("router", tanist()).cable(first, &["10.1.0.1/24", "fd01::1/64"]);
    let builder = builder.cable_to(Segment::nth(1), second, &["10.2.0.1/24", "fd02::1/64"]);
    builder.client(&["10.1.0.9/24", "fd01::9/64"]).build().unwrap()
}

/// A router in a configuration.
fn router(name: &str, lines: &str) -> String {
    format!("vrrp_instance {name} {{\n version 3\n advert_int 0.1\n {lines}\n}}\n")
}

#[track_caller]
fn becomes(router: &RouterHost, name: &str, state: &str) {
    let is_it = || router.status_of(name).is_some_and(|status| status["state"] == state);
    assert!(wait::until(PATIENCE, is_it), "{name} becomes {state}; {}", router.log());
}

/// It comes true.
#[track_caller]
fn soon(router: &RouterHost, what: &str, holds: impl FnMut() -> bool) {
    assert!(wait::until(PATIENCE, holds), "{what}; {}", router.log());
}

/// What a command of the shell on the router prints.
#[track_caller]
fn sh(router: &RouterHost, command: &str) -> String {
    router.host.run_program("sh", &["-c", command]).unwrap()
}
