//! Cases from the field: what administrators, network managers and other daemons do to a machine while tanist runs on it.

mod addresses;
mod ipv6;
mod killed;
mod leases;
mod left_behind;
mod limits;
mod no_accept;
mod owner;
mod parents;
mod random;
mod reports;
mod settings;
mod wire;

use std::process::ExitCode;
use std::time::Duration;

use lab::{Program, RouterHost, wait};
use libtest_mimic::Trial;
use rustix::process::Signal;
use testbed::lan::{Bench, Instance, Layout, Protocol, VmacMode, harness};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a repair may take: a tick of the host thread, twice, on a busy machine.
const REPAIR_TIME: Duration = Duration::from_secs(4);

/// A test: what it shows, and how.
type Test = (&'static str, fn());

fn main() -> ExitCode {
    harness::run(|| {
        let installed = |name| harness::has_program(name, "cases from the field");
        if !(installed("ip") && installed("unshare") && installed("nsenter")) {
            return Vec::new();
        }
        let themes = [
            parents::ALL,
            settings::ALL,
            leases::ALL,
            limits::ALL,
            left_behind::ALL,
            owner::ALL,
            no_accept::ALL,
            killed::ALL,
            random::ALL,
            wire::ALL,
            ipv6::ALL,
            addresses::ALL,
            reports::ALL,
        ];
        themes.into_iter().flatten().map(|(what, test)| harness::test(*what, test)).collect::<Vec<Trial>>()
    })
}

fn bench() -> Bench {
    let tanist = || Program::Tanist(env!("CARGO_BIN_EXE_tanist").into());
    Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap()
}

/// A router of priority 150 on a virtual MAC, or without; its interface may come and go.
fn instance(protocol: Protocol, vmac: VmacMode) -> Instance {
    Instance::new(protocol, vmac, 150).with_global("dynamic_interfaces")
}

/// A bench whose left router runs `instance` and is master, with its addresses.
fn master(instance: &Instance) -> Bench {
    let mut bench = bench();
    start(&mut bench, instance);
    bench
}

/// Starts the left router; it becomes master and has its addresses.
fn start(bench: &mut Bench, instance: &Instance) {
    bench.left.start_with(instance).unwrap();
    becomes(&bench.left, "MASTER");
    holds(bench, instance);
}

#[track_caller]
fn becomes(router: &RouterHost, state: &str) {
    assert!(router.wait_state(state, PATIENCE), "{} becomes {state}; {}", router.host.name, router.log());
}

/// The left router soon has all addresses of `instance`.
#[track_caller]
fn holds(bench: &Bench, instance: &Instance) {
    for address in &instance.addresses {
        let bare = address.split(['/', ' ']).next().unwrap().parse().unwrap();
        let there = wait::until(PATIENCE, || bench.left.host.link_of(bare).is_some());
        assert!(there, "has {address}; {}", bench.left.log());
    }
}

/// Stops the left router as planned.
#[track_caller]
fn stop(bench: &mut Bench) {
    bench.left.signal(Signal::TERM).unwrap();
    assert!(bench.left.wait_end(PATIENCE).is_some_and(|status| status.success()), "{}", bench.left.log());
}

/// What a command of the shell on the left router prints.
#[track_caller]
fn sh(bench: &Bench, command: &str) -> String {
    bench.left.host.run_program("sh", &["-c", command]).unwrap()
}

/// It comes true soon.
#[track_caller]
fn soon(bench: &Bench, what: &str, holds: impl FnMut() -> bool) {
    assert!(wait::until(REPAIR_TIME, holds), "{what}; {}", bench.left.log());
}

/// A setting of the left router, for example `ipv4/conf/eth0/arp_ignore`, as a number.
fn setting(bench: &Bench, key: &str) -> String {
    bench.left.host.sysctl(&format!("net/{key}")).unwrap()
}

/// The client gets answers from `target`.
#[track_caller]
fn answers(bench: &Bench, target: &str) {
    const PERIOD: Duration = Duration::from_millis(50);
    let probe = lab::EchoProbe::start(&bench.client, target.parse().unwrap(), PERIOD).unwrap();
    let answered = || {
        let tally = probe.tally(0, probe.position());
        tally.sent > tally.lost
    };
    assert!(wait::until(REPAIR_TIME, answered), "{target} answers; {}", bench.left.log());
}
