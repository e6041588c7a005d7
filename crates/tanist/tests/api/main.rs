//! The control socket of a running daemon: what happened before, what happens from now on, and that it answers as described.

mod described;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, ExitCode, Output, Stdio};
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
    harness::run(|| if harness::has_program("ip", "the control socket") { all() } else { vec![rules_of_alerts()] })
}

fn all() -> Vec<Trial> {
    vec![
        harness::test("what happened is told later, and goes on without a gap", history),
        harness::test("metrics are what Prometheus reads, by TCP only where that is asked for", metrics),
        rules_of_alerts(),
        harness::test("every answer is what the description of the API says", described::answers),
        harness::test(
            "a router that is released stays away, whatever is reloaded, until it is to take part again",
            release,
        ),
    ]
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
    let alone = told.find(|event| event["event"] == "redundancy_lost").unwrap();
    assert_eq!((&alone["router"], &alone["address"]), (&"VI_1".into(), &"10.9.0.2".into()), "{alone}");
}

/// Asks for a page on the control socket: the answer without its head.
fn page(router: &RouterHost, path: &str) -> String {
    let answer = request(&router.control(), &format!("GET {path}"), "connection: close\r\n");
    answer.skip_while(|line| !line.is_empty()).skip(1).collect::<Vec<_>>().join("\n") + "\n"
}

/// The first line of what is answered by TCP on the router's own machine; `None`: nobody listens.
fn by_tcp(router: &RouterHost, path: &str) -> Option<String> {
    whole_by_tcp(router, path)?.lines().next().map(str::to_owned)
}

/// The whole answer.
fn whole_by_tcp(router: &RouterHost, path: &str) -> Option<String> {
    let ask = || {
        let mut stream = TcpStream::connect(("127.0.0.1", 9165)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        Some(text)
    };
    router.host.namespace.run(ask).unwrap()
}

/// Where it is asked for, beside the metrics, and only to be looked at.
fn status_page(router: &mut RouterHost) {
    let globals = "tanist_metrics 127.0.0.1\n tanist_status_page";
    router.reload_with(&instance(150).with_global(globals)).unwrap();
    let page = || whole_by_tcp(router, "/").filter(|page| page.starts_with("HTTP/1.1 200 OK\r\n"));
    let page = wait::found(PATIENCE, page).unwrap_or_else(|| panic!("{}", router.log()));
    for part in [
        "content-security-policy: default-src 'none'; script-src 'self';",
        "<title>1 master, 0 backup",
        "<td>VI_1</td>",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    for (path, kind) in [("/live.js", "text/javascript"), ("/style.css", "text/css"), ("/metrics", "text/plain")] {
        let answer = whole_by_tcp(router, path).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(&format!("content-type: {kind}")), "{answer}");
    }
    assert_eq!(by_tcp(router, "/v1/status").unwrap(), "HTTP/1.1 404 Not Found");
}

fn metrics() {
    let mut bench = bench();
    bench.left.host.set_link("lo", lab::AdminState::Up).unwrap();
    bench.left.start_with(&instance(150)).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let labels = "{router=\"VI_1\",interface=\"eth0\",vrid=\"51\",family=\"IPv4\"";
    let is_told = || {
        let text = page(&bench.left, "/metrics");
        ["state=\"master\"} 1.0", "state=\"fault\"} 0.0"]
            .iter()
            .all(|it| text.contains(&format!("tanist_router_state{labels},{it}\n")))
            && text.contains(&format!("tanist_router_became_master_total{labels}}} 1\n"))
            && text.contains(&format!("tanist_router_addresses_missing{labels}}} 0.0\n"))
    };
    assert!(wait::until(PATIENCE, is_told), "{}", page(&bench.left, "/metrics"));
    let theirs = page(&bench.left, "/metrics?names=keepalived");
    let state = "keepalived_vrrp_state{iname=\"VI_1\",intf=\"eth0\",vrid=\"51\",ip_address=\"10.9.0.1/24\"} 2.0\n";
    assert!(theirs.contains(state), "{theirs}");
    for text in [page(&bench.left, "/metrics"), theirs] {
        promtool(&text);
    }
    // It speaks another version, so that neither hears the other.
    bench.right.start_with(&Instance::new(Protocol::V2, VmacMode::None, 100)).unwrap();
    let others = |number: &str| {
        let line = format!("tanist_router_other_masters{labels}}} {number}\n");
        wait::until(PATIENCE, || page(&bench.left, "/metrics").contains(&line))
    };
    assert!(others("1.0"), "{}", page(&bench.left, "/metrics"));
    let status = bench.left.status().unwrap();
    assert_eq!(status["other_masters"], serde_json::json!(["10.9.0.2"]), "{status}");
    let culprit = serde_json::json!(["two_masters", "10.9.0.2", bench.right.host.mac.to_string()]);
    let is_told = |it: &Value| serde_json::json!([it["event"], it["address"], it["mac"]]) == culprit;
    let told = wait::until(PATIENCE, || past(&bench.left, &["VI_1"]).iter().any(is_told));
    assert!(told, "{:?}", past(&bench.left, &["VI_1"]));
    bench.right.signal(Signal::TERM).unwrap();
    assert!(others("0.0"), "{}", page(&bench.left, "/metrics"));
    assert_eq!(by_tcp(&bench.left, "/metrics"), None, "nobody asked for it");
    bench.left.reload_with(&instance(150).with_global("tanist_metrics 127.0.0.1")).unwrap();
    let answers = || by_tcp(&bench.left, "/metrics").is_some_and(|line| line == "HTTP/1.1 200 OK");
    assert!(wait::until(PATIENCE, answers), "{}", bench.left.log());
    for path in ["/v1/status", "/v1/events", "/v1/why/VI_1", "/"] {
        assert_eq!(by_tcp(&bench.left, path).unwrap(), "HTTP/1.1 404 Not Found", "{path}");
    }
    status_page(&mut bench.left);
    bench.left.reload_with(&instance(150)).unwrap();
    assert!(wait::until(PATIENCE, || by_tcp(&bench.left, "/metrics").is_none()), "{}", bench.left.log());
}

/// What Prometheus' own tool says of a text.
fn promtool(text: &str) {
    if !harness::has_program("promtool", "promtool check metrics") {
        return;
    }
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut tool = command.spawn().unwrap();
    tool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let said = tool.wait_with_output().unwrap();
    // Those of the exporters are named as they are.
    assert!(said.status.success() || text.contains("keepalived_up"), "{said:?}");
}

fn release() {
    let mut bench = bench();
    bench.left.start_with(&instance(150)).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    bench.right.start_with(&instance(100)).unwrap();
    assert!(bench.right.wait_state("BACKUP", PATIENCE), "{}", bench.right.log());
    for (arguments, said) in
        [(&["release", "VI_2"][..], "did you mean VI_1?"), (&["hold", "VI_2"], "did you mean VI_1?")]
    {
        let refused = ask(&bench.left, arguments);
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(1) && text.contains(said), "{refused:?}");
    }
    let released = ask(&bench.left, &["release", "VI_1"]);
    assert!(released.status.success(), "{released:?}");
    assert!(bench.right.wait_state("MASTER", PATIENCE), "{}", bench.right.log());
    // Its priority 0 was heard: nobody waited for the down interval.
    let left = past(&bench.right, &["VI_1"]);
    assert!(left.iter().any(|event| event["reason"].as_str().unwrap().starts_with("master left")), "{left:?}");
    let is_released = || bench.left.status().is_some_and(|it| it["released"] == true && it["state"] == "FAULT");
    assert!(wait::until(PATIENCE, is_released), "{:?}", bench.left.status());
    bench.left.says("released by user");
    // Another interface makes it another router; it has a higher priority, too.
    let other = instance(200).to_string().replace("virtual_router_id 51", "virtual_router_id 52");
    bench.left.reload_with(&other).unwrap();
    let has_other = || bench.left.status().is_some_and(|it| it["vrid"] == 52);
    assert!(wait::until(PATIENCE, has_other), "{}", bench.left.log());
    bench.left.reload_with(&instance(200)).unwrap();
    let is_back = || bench.left.status().is_some_and(|it| it["vrid"] == 51 && it["released"] == true);
    assert!(wait::until(PATIENCE, is_back), "{}", bench.left.log());
    let became_master = || past(&bench.left, &["VI_1"]).iter().filter(|event| event["to"] == "MASTER").count();
    // Until the machine was looked at, the interface of a router that has just come is missing.
    let is_stopped = || bench.left.why("VI_1").first().is_some_and(|why| why["cause"] == "stopped");
    assert!(wait::until(PATIENCE, is_stopped), "{:?}", bench.left.why("VI_1"));
    assert_eq!(became_master(), 1);
    assert!(ask(&bench.left, &["hold", "--all"]).status.success());
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    assert!(bench.right.wait_state("BACKUP", PATIENCE), "{}", bench.right.log());
    bench.left.says("take part again");
}

fn rules_of_alerts() -> Trial {
    Trial::test("the rules of alerts do what their tests say", || {
        if !harness::has_program("promtool", "promtool test rules") {
            return Ok(());
        }
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contrib/prometheus/tanist.rules.test.yml");
        let said = Command::new("promtool").args(["test", "rules", rules]).output().unwrap();
        if said.status.success() { Ok(()) } else { Err(format!("{said:?}").into()) }
    })
}
