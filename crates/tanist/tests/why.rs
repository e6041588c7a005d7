//! `tanist why` on a real network: what is said of both sides, where it points to, and what programs get.

use std::process::{Command, ExitCode, Output};
use std::time::Duration;

use lab::{Program, RouterHost, wait};
use serde_json::Value;
use testbed::lan::{Bench, Instance, Layout, Protocol, VmacMode, harness};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    harness::run(|| if harness::has_program("ip", "why") { vec![harness::test("why", why)] } else { Vec::new() })
}

fn tanist() -> Program {
    harness::tanist(env!("CARGO_BIN_EXE_tanist"))
}

fn instance(priority: u8) -> Instance {
    Instance::new(Protocol::V3Ipv4, VmacMode::None, priority)
}

fn ask(router: &RouterHost, arguments: &[&str]) -> Output {
    let Program::Tanist(binary) = tanist() else { unreachable!() };
    Command::new(binary).arg("why").args(arguments).arg("--control").arg(router.control()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The cause of that kind, once it is said first.
#[track_caller]
fn first(router: &RouterHost, kind: &str) -> Value {
    let is_said = || router.why("VI_1").first().is_some_and(|cause| cause["cause"] == kind);
    assert!(wait::until(PATIENCE, is_said), "{kind}: {:?}; {}", router.why("VI_1"), router.log());
    router.why("VI_1").swap_remove(0)
}

/// The line of the configuration that a cause points to.
fn line(router: &RouterHost, cause: &Value) -> String {
    let place = cause["place"].as_str().unwrap();
    let (file, line) = place.rsplit_once(':').unwrap();
    let number: usize = line.parse().unwrap();
    assert!(file.starts_with('/'), "{place}");
    std::fs::read_to_string(file)
        .unwrap()
        .lines()
        .nth(number - 1)
        .unwrap_or_else(|| panic!("{}", router.log()))
        .trim()
        .to_owned()
}

fn why() {
    let mut bench = Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap();
    assert_eq!(ask(&bench.left, &["VI_1"]).status.code(), Some(1), "nobody is there");
    bench.left.start_with(&instance(150)).unwrap();
    let best = first(&bench.left, "best");
    assert_eq!((line(&bench.left, &best), best["address"].clone()), ("priority 150".to_owned(), Value::Null));
    bench.right.start_with(&instance(100)).unwrap();
    let superior = first(&bench.right, "superior");
    assert_eq!((&superior["address"], &superior["priority"]), (&Value::from("10.9.0.3"), &Value::from(150)));
    assert_eq!(superior["mac"], bench.left.host.mac.to_string(), "{superior}");
    assert_eq!(line(&bench.right, &superior), "priority 100");
    let said = text(&ask(&bench.right, &["VI_1"]).stdout);
    for part in
        ["VI_1 is BACKUP", "10.9.0.3", "and ours is only 100", "configured at: ", "would change it: ", "heard last: "]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    bench.right.reload_with(&instance(200).with("nopreempt")).unwrap();
    let nopreempt = first(&bench.right, "nopreempt");
    assert_eq!(line(&bench.right, &nopreempt), "nopreempt");
    bench.right.reload_with(&instance(200).with("preempt_delay 300")).unwrap();
    let delay = first(&bench.right, "preempt_delay");
    assert!(delay["in_seconds"].as_f64().is_some_and(|left| left > 200.0), "{delay}");
    bench.right.reload_with(&instance(200).with("version 2").with("advert_int 1")).unwrap();
    let dropped = || bench.right.why("VI_1").iter().any(|cause| cause["cause"] == "dropped");
    assert!(wait::until(PATIENCE, dropped), "{:?}", bench.right.why("VI_1"));
    bench.left.host.run_program("ip", &["link", "set", "eth0", "down"]).unwrap();
    let down = first(&bench.left, "link_down");
    assert_eq!(line(&bench.left, &down), "interface eth0");
    unknown(&bench.left);
    bench.left.signal(rustix::process::Signal::TERM).unwrap();
    bench.left.wait_end(PATIENCE).unwrap();
    let gone = ask(&bench.left, &["VI_1"]);
    assert!(gone.status.code() == Some(1) && text(&gone.stderr).contains("cannot reach a daemon"), "{gone:?}");
}

fn unknown(router: &RouterHost) {
    for (name, help) in [("VI_2", "did you mean VI_1?"), ("something else", "there are VI_1")] {
        let asked = ask(router, &[name]);
        assert!(asked.status.code() == Some(1) && text(&asked.stderr).contains(help), "{asked:?}");
    }
}
