//! The control socket of a running daemon: what happened before, and what happens from now on.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, ExitCode, Output};
use std::time::Duration;

use lab::{RouterHost, wait};
use libtest_mimic::Trial;
use rustix::process::Signal;
use serde_json::Value;
use testbed::lan::{Bench, Instance, Layout, Protocol, VmacMode, harness};

const TANIST: &str = env!("CARGO_BIN_EXE_tanist");
/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    harness::run(|| if harness::has_program("ip", "the control socket") { all() } else { Vec::new() })
}

fn all() -> Vec<Trial> {
    vec![harness::test("what happened is told later, and goes on without a gap", history)]
}

fn bench() -> Bench {
    let tanist = || harness::tanist(TANIST);
    Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap()
}

fn instance(priority: u8) -> Instance {
    Instance::new(Protocol::V3Ipv4, VmacMode::None, priority)
}

fn ask(router: &RouterHost, arguments: &[&str]) -> Output {
    Command::new(TANIST).args(arguments).arg("--control").arg(router.control()).output().unwrap()
}

/// A request, and what is answered line by line, the head included.
fn request(socket: &Path, what: &str, headers: &str) -> impl Iterator<Item = String> + use<> {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(format!("{what} HTTP/1.1\r\nhost: x\r\n{headers}\r\n").as_bytes()).unwrap();
    BufReader::new(stream).lines().map_while(Result::ok)
}

/// The events that `tanist history` prints.
fn past(router: &RouterHost, arguments: &[&str]) -> Vec<Value> {
    let output = ask(router, &[&["history", "--json"], arguments].concat());
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn number(event: &Value) -> u64 {
    event["number"].as_u64().unwrap()
}

fn history() {
    let mut bench = bench();
    bench.left.start_with(&instance(150)).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let is_told = || past(&bench.left, &["VI_1"]).iter().any(|event| event["to"] == "MASTER");
    assert!(wait::until(PATIENCE, is_told), "{}", bench.left.log());
    let all = past(&bench.left, &[]);
    assert!(all.iter().map(number).is_sorted(), "{all:?}");
    let last = all.last().unwrap();
    assert_eq!((&last["from"], &last["event"]), (&"BACKUP".into(), &"transition".into()), "{last}");
    assert!(last["reason"].as_str().unwrap().starts_with("master down timer expired"), "{last}");
    assert_eq!(past(&bench.left, &["--since", &number(last).to_string()]), [] as [Value; 0]);
    let said = String::from_utf8(ask(&bench.left, &["history"]).stdout).unwrap();
    assert!(said.contains("VI_1 BACKUP -> MASTER: master down timer expired"), "{said}");
    let unknown = ask(&bench.left, &["history", "VI_2"]);
    assert_eq!(unknown.status.code(), Some(1), "{unknown:?}");
    // The last of what was before, then what happens: a browser is told that way.
    let before = number(last) - 1;
    let asked = format!("GET /v1/events?since={before}&router=VI_1");
    let mut told = request(&bench.left.control(), &asked, "accept: text/event-stream\r\n");
    let head: Vec<String> = told.by_ref().take_while(|line| !line.is_empty()).collect();
    assert!(head.iter().any(|line| line == "content-type: text/event-stream"), "{head:?}");
    let mut told = told.filter_map(|line| line.strip_prefix("data: ").map(|it| serde_json::from_str(it).unwrap()));
    let first: Value = told.next().unwrap();
    assert_eq!(number(&first), number(last));
    bench.right.start_with(&instance(200)).unwrap();
    let yielded = told.find(|event| event["to"] == "BACKUP").unwrap();
    assert!(number(&yielded) > number(last), "{yielded}");
    bench.right.signal(Signal::TERM).unwrap();
    let taken_back = told.find(|event| event["to"] == "MASTER").unwrap();
    assert!(taken_back["reason"].as_str().unwrap().starts_with("master left"), "{taken_back}");
}
