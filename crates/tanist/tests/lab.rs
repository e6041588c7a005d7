//! `tanist lab` as a user runs it: every variant plays through, and nothing is left behind.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::sync::{PoisonError, RwLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};
use testbed::lan::{Instance, Protocol, VmacMode, harness};

fn main() -> ExitCode {
    harness::run(all)
}

fn all() -> Vec<Trial> {
    let variants: [&[&str]; 4] = [&[], &["--ipv6"], &["--no-vmac"], &["--no-vmac", "--ipv6"]];
    let variant = |options: &'static [&'static str]| {
        harness::test(format!("lab {}", options.join(" ")), move || plays_through(options))
    };
    let mut trials: Vec<Trial> = variants.into_iter().map(variant).collect();
    trials.push(harness::test("lab with two files of the user's", own_files));
    trials.push(harness::test("lab with files that have nothing in common says so", unrelated_files));
    if harness::has_program("keepalived", "lab --versus") {
        trials.push(harness::test("lab --versus keepalived shows both", versus));
    }
    trials.push(harness::test("lab says which file it cannot write", unwritable));
    trials.push(harness::test("lab, interrupted, takes its daemons and its files away", interrupted));
    trials.push(harness::test("lab, killed, takes its daemons with it", killed));
    trials
}

/// The lab, quickly, with temporary files where the test can see them.
fn lab(temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanist"));
    command.arg("lab").env("TMPDIR", temporary);
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn is_empty(directory: &Path) -> bool {
    std::fs::read_dir(directory).unwrap().next().is_none()
}

/// Held by the test of `--versus`, which keeps the machine busy, and shared by those that are judged.
static MACHINE: RwLock<()> = RwLock::new(());

fn plays_through(options: &[&str]) {
    let _not_versus = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    let temporary = tempfile::tempdir().unwrap();
    let output = lab(temporary.path()).args(["--advert-interval", "0.2"]).args(options).output().unwrap();
    let said = text(&output);
    // Where a build is slow, and adverts are frequent, a restart would show nothing.
    let restarts = usize::from(!said.contains("tanist restart is left out"));
    let all = format!("All {} scenes went as they must", 9 + restarts);
    assert!(output.status.success() && said.contains(&all), "{said}");
    let unchanged = said.matches("unchanged").count();
    let expected = if options.contains(&"--no-vmac") { 0 } else { 8 } + restarts;
    assert_eq!(unchanged, expected, "the client's entry changes only without a virtual MAC: {said}");
    assert!(is_empty(temporary.path()), "leaves no files");
}

fn own_files() {
    let _not_versus = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    let files = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let [worse, better] = [("worse", 90), ("better", 200)].map(|(name, priority)| {
        let instance = Instance {
            addresses: vec!["192.0.2.77/28".into()],
            ..Instance::new(Protocol::V3Ipv4, VmacMode::XmitBase, priority)
        };
        let path = files.path().join(name);
        std::fs::write(&path, instance.with("garp_master_delay 1").to_string().replace("eth0", "lan7")).unwrap();
        path
    });
    let [pcap, svg] = ["pcap", "svg"].map(|name| files.path().join(name));
    let mut command = lab(temporary.path());
    command.arg("--config").args([worse, better]).arg("--pcap").arg(&pcap).arg("--svg").arg(&svg);
    let output = command.output().unwrap();
    let said = text(&output);
    assert!(output.status.success() && said.contains("192.0.2.77 is at 00:00:5e:00:01:33, unchanged"), "{said}");
    let frames = std::fs::read(pcap).unwrap();
    assert!(frames.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) && frames.len() > 1_000_000, "all pings are recorded");
    let drawn = std::fs::read_to_string(svg).unwrap();
    for wanted in ["router1", "router2", "kill -9 router2", "is plugged in", "</svg>"] {
        assert!(drawn.contains(wanted), "{wanted}");
    }
}

/// Said before anything is played.
fn unwritable() {
    let temporary = tempfile::tempdir().unwrap();
    let output = lab(temporary.path()).args(["--svg", "/proc/none/picture.svg"]).output().unwrap();
    assert!(
        !output.status.success() && text(&output).contains("cannot write /proc/none/picture.svg"),
        "{}",
        text(&output)
    );
}

/// What was measured is not judged, for both daemons share a busy machine; that all is there is.
fn versus() {
    let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    let temporary = tempfile::tempdir().unwrap();
    let output = lab(temporary.path()).args(["--versus", "keepalived", "--advert-interval", "0.2"]).output().unwrap();
    let said = text(&output);
    let cells: Vec<usize> =
        said.lines().filter(|line| line.starts_with("| ")).map(|line| line.split('|').count()).collect();
    assert!(output.status.success() && cells == [6; 17], "a header and 16 rows of 4 columns: {said}");
    for case in ["is stopped as planned", "is killed (-9)", "stands still", "is restarted"] {
        assert_eq!(said.matches(&format!("| {case}")).count(), 4, "{case}: {said}");
    }
    assert!(is_empty(temporary.path()), "leaves no files");
}

fn unrelated_files() {
    let files = tempfile::tempdir().unwrap();
    let [first, second] = [("first", "51"), ("second", "52")].map(|(name, vrid)| {
        let text = Instance::new(Protocol::V2, VmacMode::None, 100).to_string();
        let path = files.path().join(name);
        std::fs::write(&path, text.replace("virtual_router_id 51", &format!("virtual_router_id {vrid}"))).unwrap();
        path
    });
    let output = lab(files.path()).arg("--config").args([first, second]).output().unwrap();
    assert!(!output.status.success() && text(&output).contains("in common"), "{}", text(&output));
}

fn interrupted() {
    let temporary = tempfile::tempdir().unwrap();
    let mut child = started(temporary.path());
    kill_process(pid(&child), Signal::INT).unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(is_empty(temporary.path()), "takes its files away");
    assert!(!runs(temporary.path()), "no daemon is left");
}

fn killed() {
    let temporary = tempfile::tempdir().unwrap();
    let mut child = started(temporary.path());
    child.kill().unwrap();
    child.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while runs(temporary.path()) {
        assert!(Instant::now() < deadline, "daemons end with the lab");
        sleep(Duration::from_millis(10));
    }
}

/// A lab whose daemons run.
fn started(temporary: &Path) -> Child {
    let child = lab(temporary).process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while !runs(temporary) {
        assert!(Instant::now() < deadline, "the daemons start");
        sleep(Duration::from_millis(10));
    }
    child
}

fn pid(child: &Child) -> Pid {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw).unwrap()
}

/// Whether a process runs with this directory among its arguments.
fn runs(directory: &Path) -> bool {
    let needle = directory.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|process| std::fs::read_to_string(process.path().join("cmdline")).ok())
        .any(|it| it.contains(needle))
}
