//! Virtual addresses on the machine: their options, and those that several routers have.

mod options;
mod shared;

use std::process::ExitCode;
use std::time::Duration;

use lab::{Program, RouterHost, wait};
use testbed::lan::{Bench, Layout, harness};

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);

/// A test: what it shows, and how.
type Test = (&'static str, fn());

fn main() -> ExitCode {
    harness::run(|| {
        if !harness::has_program("ip", "addresses") {
            return Vec::new();
        }
        let tests = shared::ALL.iter().chain(options::ALL);
        tests.map(|(what, test)| harness::test(*what, test)).collect()
    })
}

fn tanist() -> Program {
    harness::tanist(env!("CARGO_BIN_EXE_tanist"))
}

/// A bench whose routers have two interfaces beside, `own0` with an address, and `dmz0`; nobody else is on them.
fn bench(right: Program) -> Bench {
    let bench = Bench::new(tanist(), right, Layout::LeftHigher).unwrap();
    for router in [&bench.left, &bench.right] {
        let make = "for name in own dmz; do ip link add ${name}0 type veth peer name ${name}1; ip link set ${name}1 up; \
                    ip link set ${name}0 up; done; ip addr add 10.4.0.2/24 dev own0";
        sh(router, make);
    }
    bench
}

/// What a command of the shell on a router prints.
#[track_caller]
fn sh(router: &RouterHost, command: &str) -> String {
    router.host.run_program("sh", &["-c", command]).unwrap()
}

#[track_caller]
fn soon(router: &RouterHost, what: &str, holds: impl FnMut() -> bool) {
    assert!(wait::until(PATIENCE, holds), "{what}: {}\n{}", sh(router, "ip addr show"), router.log());
}

fn has(router: &RouterHost, address: &str) -> bool {
    sh(router, "ip -o addr show").contains(address)
}

/// What the kernel tells of addresses of a router, from now on.
struct Monitor(String);

impl Monitor {
    fn start(router: &RouterHost) -> Self {
        let file = router.file("monitor").display().to_string();
        sh(router, &format!("timeout 60 ip -o monitor address > {file} 2>&1 & echo $! > {file}.pid"));
        let monitor = Self(file);
        // It listens once it has told of an address that comes.
        soon(router, "the monitor listens", || {
            sh(router, "ip addr del 10.255.0.9/32 dev lo 2> /dev/null; ip addr add 10.255.0.9/32 dev lo");
            monitor.seen(router).contains("10.255.0.9")
        });
        sh(router, "ip addr del 10.255.0.9/32 dev lo");
        monitor
    }

    fn seen(&self, router: &RouterHost) -> String {
        sh(router, &format!("cat {}", self.0))
    }

    /// Whether it told that an address went.
    fn lost(&self, router: &RouterHost, address: &str) -> bool {
        self.seen(router).lines().any(|line| line.starts_with("Deleted") && line.contains(address))
    }

    fn end(self, router: &RouterHost) {
        sh(router, &format!("kill $(cat {}.pid)", self.0));
    }
}
