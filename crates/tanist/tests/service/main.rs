//! Nobody outside holds the daemon up: not who reads its log, not who asks it, not who writes its configuration.

mod bus;
mod journal;
mod manager;

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, ExitCode, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use lab::{Program, wait};
use libtest_mimic::Trial;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::Signal;
use testbed::lan::{Bench, Instance, Layout, MachineState, Protocol, VmacMode, harness};

const TANIST: &str = env!("CARGO_BIN_EXE_tanist");
/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a daemon may take to end that runs no script.
const STOP_TIME: Duration = Duration::from_secs(4);
/// What `tanist status` grants a daemon, and the time to start it on a busy machine.
const ANSWER_TIME: Duration = Duration::from_secs(4);

fn main() -> ExitCode {
    harness::run(|| {
        harness::shadow("/run").expect("a /run of our own");
        if harness::has_program("ip", "restoring the machine") { all() } else { Vec::new() }
    })
}

/// Makes a standard error; it may put files into the directory.
type MakeLog = fn(&Path) -> Log;

fn all() -> Vec<Trial> {
    let logs: [(&str, MakeLog); 5] = [
        ("a full disk", full_disk),
        ("a pipe whose reader has died", dead_reader),
        ("a pipe that nobody reads", stuck_reader),
        ("a non-blocking pipe that nobody reads", stuck_non_blocking),
        ("closed", closed),
    ];
    let mut trials: Vec<Trial> = logs
        .into_iter()
        .map(|(what, log)| harness::test(format!("with standard error {what}, all goes on"), move || unlogged(log)))
        .collect();
    let others: [(&str, fn()); 11] = [
        ("the same advice for many routers is logged for some, and counted", same_advice),
        ("passwords appear nowhere", secrets),
        ("a frozen daemon is told from one that answers", frozen),
        ("a reload of a pipe or of an empty file changes nothing", unreadable_reload),
        ("a reload waits for an editor that has emptied the file", half_written_reload),
        ("a pipe as configuration refuses the start", pipe_at_start),
        ("few may follow the events, and others can still ask", followers),
        ("the service manager hears of start, state, reload, hang and stop", manager::life),
        ("the journal gets fields, also when it was started again", journal::fields),
        ("the service manager hears why a start failed", manager::failed_start),
        ("a D-Bus that says nothing holds nobody up", bus::mute),
    ];
    trials.extend(others.into_iter().map(|(what, test)| harness::test(what, test)));
    if harness::has_program("dbus-daemon", "the service on D-Bus") {
        trials.push(harness::test("on D-Bus it is keepalived, also when the bus comes late or anew", bus::life));
    }
    trials
}

/// A standard error, and what keeps it as it is.
struct Log {
    program: Program,
    stderr: Stdio,
    _reader: Option<io::PipeReader>,
    /// Whether lines are known to be dropped.
    drops: Drops,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Drops {
    Some,
    Unknown,
}

fn tanist() -> Program {
    Program::Tanist(TANIST.into())
}

fn full_disk(_: &Path) -> Log {
    let full = File::options().write(true).open("/dev/full").unwrap();
    Log { program: tanist(), stderr: full.into(), _reader: None, drops: Drops::Some }
}

fn dead_reader(_: &Path) -> Log {
    let (_, writer) = io::pipe().unwrap();
    Log { program: tanist(), stderr: writer.into(), _reader: None, drops: Drops::Some }
}

fn stuck_reader(_: &Path) -> Log {
    let (reader, writer) = full_pipe();
    let flags = fcntl_getfl(&writer).unwrap();
    fcntl_setfl(&writer, flags - OFlags::NONBLOCK).unwrap();
    Log { program: tanist(), stderr: writer.into(), _reader: Some(reader), drops: Drops::Unknown }
}

fn stuck_non_blocking(_: &Path) -> Log {
    let (reader, writer) = full_pipe();
    Log { program: tanist(), stderr: writer.into(), _reader: Some(reader), drops: Drops::Unknown }
}

/// A pipe with no room left; its writer does not block.
fn full_pipe() -> (io::PipeReader, io::PipeWriter) {
    let (reader, mut writer) = io::pipe().unwrap();
    let flags = fcntl_getfl(&writer).unwrap();
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
    while writer.write(b"x").is_ok() {}
    (reader, writer)
}

fn closed(directory: &Path) -> Log {
    let wrapper = directory.join("tanist-without-stderr");
    fs::write(&wrapper, format!("#!/bin/sh\nexec {TANIST} \"$@\" 2>&-\n")).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    Log { program: Program::Tanist(wrapper), stderr: Stdio::null(), _reader: None, drops: Drops::Unknown }
}

fn bench() -> Bench {
    Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap()
}

fn instance() -> Instance {
    Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 150)
}

fn unlogged(log: MakeLog) {
    let scratch = tempfile::tempdir().unwrap();
    let log = log(scratch.path());
    let mut bench = Bench::new(log.program, tanist(), Layout::LeftHigher).unwrap();
    let before = MachineState::of(&bench.left.host).unwrap();
    let (master, stopped) = (scratch.path().join("master"), scratch.path().join("stopped"));
    let touch = |keyword: &str, file: &Path| format!("{keyword} \"/usr/bin/touch {}\"", file.display());
    let instance = instance().with(&touch("notify_master", &master)).with(&touch("notify_stop", &stopped));
    let lost = "vrrp_instance LOST {\n interface eth0\n virtual_router_id 0\n}\n";
    bench.left.configure(&format!("{instance}{lost}")).unwrap();
    bench.left.start_to(log.stderr).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "starts and becomes master");
    assert!(wait::until(PATIENCE, || master.exists()), "runs its script");
    let shown = text(&ask(&bench, &["status"]).stdout);
    assert!(shown.contains("left out: LOST"), "no router vanishes silently: {shown}");
    let mistaken = Instance { extra: vec!["priority many".into()], ..instance.clone() };
    bench.left.configure(&mistaken.to_string()).unwrap();
    bench.left.signal(Signal::HUP).unwrap();
    bench.left.configure(&Instance { priority: 120, ..instance }.to_string()).unwrap();
    bench.left.signal(Signal::HUP).unwrap();
    let reloaded = || bench.left.status().is_some_and(|status| status["priority"] == 120);
    assert!(wait::until(PATIENCE, reloaded), "reloads, with and without something to complain of");
    if log.drops == Drops::Some {
        let status: serde_json::Value = serde_json::from_slice(&ask(&bench, &["status", "--json"]).stdout).unwrap();
        assert!(status["log_lines_dropped"].as_u64().unwrap() > 0, "counts what is dropped: {status}");
        let status = text(&ask(&bench, &["status"]).stdout);
        assert!(status.contains("log lines dropped"), "{status}");
    }
    bench.left.signal(Signal::TERM).unwrap();
    let ended = bench.left.wait_end(STOP_TIME);
    assert!(ended.is_some_and(|status| status.success()), "ends in order: {ended:?}");
    assert!(stopped.exists(), "runs its last script");
    let restored = || before.changes(&MachineState::of(&bench.left.host).unwrap());
    wait::until(PATIENCE, || restored().is_empty());
    assert_eq!(restored(), Vec::<String>::new());
}

fn frozen() {
    let mut bench = bench();
    master(&mut bench);
    let answered = ask(&bench, &["status", "VI_1"]);
    assert!(answered.status.success());
    assert_eq!(ask(&bench, &["status", "VI_2"]).status.code(), Some(1));
    bench.left.signal(Signal::STOP).unwrap();
    for arguments in [&["status"][..], &["status", "VI_1"], &["events"]] {
        let start = Instant::now();
        let output = ask(&bench, arguments);
        assert!(start.elapsed() < ANSWER_TIME, "{arguments:?}: {:?}", start.elapsed());
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""), "{arguments:?}");
        let said = text(&output.stderr);
        assert!(said.contains("does not answer"), "{said}");
    }
    bench.left.signal(Signal::CONT).unwrap();
    assert!(wait::until(PATIENCE, || ask(&bench, &["status"]).status.success()), "answers again");
}

fn secrets() {
    // Sent, cut, with something behind it, and behind a misspelt word; the beginning of all is looked for.
    const SECRET: &str = "Quartz";
    let with = |lines: &str| {
        let block = format!("authentication {{\n{lines}\n}}");
        Instance::new(Protocol::V2, VmacMode::None, 150).with(&block)
    };
    let mut bench = bench();
    let mut shown = Vec::new();
    bench.left.start_with(&with("auth_type AH\n auth_pass QuartzLamp")).unwrap();
    bench.right.start_with(&with("auth_type PASS\n auth_pass QuartzRod")).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE) && bench.right.wait_state("MASTER", PATIENCE));
    for lines in
        ["auth_type AH\n auth_pass QuartzLamp more", "auth_type AH\n autp_pass QuartzLamp", "auth_pass Quartz#Lamp"]
    {
        let text = with(lines).to_string();
        bench.left.reload_with(&text).unwrap();
        let options: [&[&str]; 4] = [&[], &["--json"], &["--model"], &["--model", "--json"]];
        for options in options {
            let output = Command::new(TANIST).arg("check").args(options).arg(bench.left.file("daemon.conf")).output();
            let output = output.unwrap();
            shown.push(text_of(&output));
        }
    }
    let signing = |lines: &str| {
        Instance::new(Protocol::V3Ipv4, VmacMode::None, 150).with(&format!("auth_hmac {{\n{lines}\n}}")).to_string()
    };
    for lines in [
        "key 1 QuartzLampQuartzLampQuartzLampQuartzLamp\n active_key 1",
        "key 1 QuartzLamp\n active_key 1",
        "kei 1 QuartzLamp\n active_key 1",
        "key QuartzLampQuartzLampQuartzLampQuartzLamp 1\n active_key 1",
        "key 1 hex:QuartzLampQuartzLampQuartzLampQuartzLamp\n active_key 1",
        "key 1 QuartzLampQuartzLampQuartzLampQuartzLamp\n active_key 2\n mode QuartzWrong",
        "key 1 file:secret.key\n active_key 1",
    ] {
        fs::write(bench.left.file("secret.key"), "QuartzLampQuartzLamp").unwrap();
        bench.left.reload_with(&signing(lines)).unwrap();
        for options in [&[][..], &["--json"], &["--model"], &["--model", "--json"]] {
            let output = Command::new(TANIST).arg("check").args(options).arg(bench.left.file("daemon.conf")).output();
            shown.push(text_of(&output.unwrap()).replace("QuartzWrong", ""));
        }
        for arguments in [&["status", "--json"][..], &["why", "VI_1"]] {
            shown.push(text_of(&ask(&bench, arguments)));
        }
    }
    bench.left.reload_with(&with("auth_type AH\n auth_pass QuartzLamp")).unwrap();
    let said = |word: &str| bench.right.log().contains(word);
    assert!(wait::until(PATIENCE, || said("another authentication type")), "{}", bench.right.log());
    for arguments in [&["status"][..], &["status", "VI_1"], &["status", "--json"], &["why", "VI_1"]] {
        shown.push(text_of(&ask(&bench, arguments)));
    }
    shown.extend([bench.left.log().replace("QuartzWrong", ""), bench.right.log()]);
    for text in shown {
        assert!(!text.contains(SECRET) && !text.contains("Lamp"), "{text}");
    }
    let all = Command::new(TANIST).args(["check", "--model", "--secrets"]).arg(bench.left.file("daemon.conf")).output();
    assert!(text_of(&all.unwrap()).contains("QuartzLa"), "unless they are asked for");
}

/// What a command has said.
fn text_of(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

fn unreadable_reload() {
    let mut bench = bench();
    master(&mut bench);
    let config = bench.left.file("daemon.conf");
    for (make, complaint) in [(emptied as fn(&Path), "nothing in it that can run"), (fifo, "a FIFO")] {
        make(&config);
        bench.left.signal(Signal::HUP).unwrap();
        let log = || bench.left.log();
        assert!(wait::until(PATIENCE, || log().contains(complaint)), "says why; {}", log());
        assert!(wait::until(PATIENCE, || log().matches("stays in force").count() > 0), "{}", log());
        assert_eq!(bench.left.status().unwrap()["state"], "MASTER", "{}", log());
    }
    bench.left.signal(Signal::TERM).unwrap();
    let ended = bench.left.wait_end(STOP_TIME);
    assert!(ended.is_some_and(|status| status.success()), "still hears signals: {ended:?}; {}", bench.left.log());
}

fn half_written_reload() {
    let mut bench = bench();
    master(&mut bench);
    let refusals = || bench.left.log().matches("stays in force").count();
    // On a busy machine the editor may come too late.
    let is_waited_for = (101..111).any(|priority| {
        let changed = Instance { priority, ..instance() }.to_string();
        let refused = refusals();
        let mut file = File::create(bench.left.file("daemon.conf")).unwrap();
        file.write_all(&changed.as_bytes()[..changed.len() / 2]).unwrap();
        bench.left.signal(Signal::HUP).unwrap();
        sleep(Duration::from_millis(15));
        file.write_all(&changed.as_bytes()[changed.len() / 2..]).unwrap();
        let reloaded = || bench.left.status().is_some_and(|status| status["priority"] == priority);
        assert!(wait::until(PATIENCE, || reloaded() || refusals() > refused), "{}", bench.left.log());
        reloaded()
    });
    assert!(is_waited_for, "the whole file is in force; {}", bench.left.log());
}

fn pipe_at_start() {
    let mut bench = bench();
    fifo(&bench.left.file("daemon.conf"));
    bench.left.start().unwrap();
    let ended = bench.left.wait_end(PATIENCE);
    assert_eq!(ended.and_then(|status| status.code()), Some(1), "{}", bench.left.log());
    bench.left.says("it is a FIFO, not a regular file");
}

/// Thirty owners, and a mistake on which `--strict` ends.
fn same_advice() {
    let owner = |vrid: u8| {
        format!(
            "vrrp_instance V{vrid} {{\n interface eth0\n virtual_router_id {vrid}\n priority 255\n \
             virtual_ipaddress {{\n 192.0.2.{vrid}\n }}\n}}\n"
        )
    };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("many.conf");
    let text: String = (1..=30).map(owner).chain(["vrrp_instance BAD {\n}\n".to_owned()]).collect();
    fs::write(&file, text).unwrap();
    let mut run = Command::new(TANIST);
    run.args(["run", "--foreground", "--strict", "--state-dir", "/nonexistent", "--config"]).arg(&file);
    let ended = run.output().unwrap();
    let log = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success());
    assert_eq!(log.matches("makes V").count(), 20, "{log}");
    assert_eq!(log.matches("10 more messages `owner-priority`").count(), 1, "{log}");
}

fn followers() {
    let mut bench = bench();
    master(&mut bench);
    let socket = bench.left.control();
    let answers: Vec<_> = (0..24).map(|_| follow(&socket)).collect();
    let following = answers.iter().filter(|(_, status)| status.contains("200")).count();
    assert_eq!(following, 16);
    assert!(answers.iter().all(|(_, status)| status.contains("200") || status.contains("503")));
    assert!(ask(&bench, &["status"]).status.success());
    drop(answers);
    let again = || follow(&socket).1.contains("200");
    assert!(wait::until(PATIENCE, again), "who has left is not counted, although nothing happened");
}

/// Asks for the events: the connection, and the first line of the answer.
fn follow(socket: &Path) -> (UnixStream, String) {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).unwrap();
    (stream, line)
}

fn emptied(path: &Path) {
    fs::write(path, "").unwrap();
}

fn fifo(path: &Path) {
    fs::remove_file(path).ok();
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Starts the left router and waits until it is master.
fn master(bench: &mut Bench) {
    bench.left.start_with(&instance()).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
}

/// Asks the left router's daemon.
fn ask(bench: &Bench, arguments: &[&str]) -> Output {
    Command::new(TANIST).args(arguments).arg("--control").arg(bench.left.control()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
