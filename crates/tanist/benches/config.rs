//! Checking large configurations: `cargo bench -p tanist --bench config`.
//!
//! `tanist check` and `keepalived -t` read the same files, in a network namespace that has the interfaces. What counts is
//! the CPU time of the process, user and system, as the median of several runs. keepalived is stopped where it takes too
//! long. Exit status 1: tanist missed a goal.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark talks to whoever runs it")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use lab::{Forwarding, Host, HostSpec, Lan, Segment};
use rustix::process::{Pid, Resource, Rlimit, WaitId, WaitIdOptions, prlimit, waitid};
use tempfile::TempDir;
use testbed::lan::harness;

/// Instances in a file, and what `tanist check` may take for them.
const GOALS: [(u32, Duration); 2] = [(5_000, Duration::from_millis(60)), (50_000, Duration::from_millis(700))];
/// Runs of which the median counts.
const RUNS: usize = 9;
/// CPU time after which a run is stopped, and not repeated.
const LIMIT: Duration = Duration::from_secs(20);
/// Instances on one interface: a VRID has one byte.
const PER_INTERFACE: u32 = 250;
const KEEPALIVED: &str = "/usr/sbin/keepalived";
const PID_FILES: [&str; 4] = ["-p", "-r", "-b", "-c"];

fn main() -> ExitCode {
    if let Err(error) = lab::enter_user_namespace() {
        eprintln!("SKIPPED: {error}");
        return ExitCode::SUCCESS;
    }
    match Ground::new().and_then(|ground| compare(&ground)) {
        Ok(Goals::Met) => ExitCode::SUCCESS,
        Ok(Goals::Missed) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the benchmark cannot be run: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether tanist was as fast as it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goals {
    Met,
    Missed,
}

/// What a program took.
#[derive(Clone, Copy, Debug)]
enum Cost {
    /// This much.
    Took(Duration),
    /// More than this, and was stopped.
    MoreThan(Duration),
}

impl Cost {
    fn seconds(self) -> f64 {
        let (Self::Took(time) | Self::MoreThan(time)) = self;
        time.as_secs_f64()
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Took(_) => " ",
            Self::MoreThan(_) => ">",
        }
    }
}

fn compare(ground: &Ground) -> io::Result<Goals> {
    let with_keepalived = harness::has_program("keepalived", "the comparison");
    let mut goals = Goals::Met;
    let mut points = Vec::new();
    for (count, goal) in GOALS {
        let file = ground.write(count)?;
        let megabytes = fs::metadata(&file)?.len() / 10_000;
        println!("{count} instances, {}.{:02} MB, CPU time", megabytes / 100, megabytes % 100);
        let ours = median(|| ground.measure(tanist(&file)))?;
        points.push((f64::from(count), ours.seconds()));
        let met = ours.seconds() < goal.as_secs_f64();
        goals = if met { goals } else { Goals::Missed };
        println!(
            "  tanist check   {}{:8.3} s   (goal {goal:?}: {})",
            ours.sign(),
            ours.seconds(),
            if met { "met" } else { "missed" }
        );
        if with_keepalived {
            let theirs = median(|| ground.measure(ground.keepalived(&file)))?;
            let ratio = theirs.seconds() / ours.seconds();
            println!(
                "  keepalived -t  {}{:8.3} s   {}{ratio:.1} times as long",
                theirs.sign(),
                theirs.seconds(),
                theirs.sign().trim()
            );
        }
    }
    if let [(few, fast), (many, slow)] = points[..] {
        println!("growth of tanist: n^{:.2}", (slow / fast).ln() / (many / few).ln());
    }
    Ok(goals)
}

fn median(mut run: impl FnMut() -> io::Result<Cost>) -> io::Result<Cost> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        match run()? {
            Cost::Took(time) => times.push(time),
            stopped @ Cost::MoreThan(_) => return Ok(stopped),
        }
    }
    times.sort();
    Ok(Cost::Took(times[times.len() / 2]))
}

fn tanist(file: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanist"));
    command.arg("check").arg(file);
    command
}

/// Where the programs run: a host with all interfaces that the files name.
struct Ground {
    host: Host,
    scratch: TempDir,
    _lan: Lan,
}

impl Ground {
    fn new() -> io::Result<Self> {
        let most = GOALS.iter().map(|(count, _)| *count).max().unwrap_or_default();
        let mut lan = Lan::new()?;
        let spec = HostSpec { name: "bench", nic: "eth0", forwarding: Forwarding::Off, addresses: &[] };
        let mut host = lan.plug(&spec)?;
        for interface in 1..most.div_ceil(PER_INTERFACE) {
            lan.add_cable(&mut host, Segment::FIRST, &format!("eth{interface}"), &[])?;
        }
        Ok(Self { host, scratch: TempDir::with_prefix("tanist-bench-")?, _lan: lan })
    }

    /// A file of ordinary instances.
    fn write(&self, count: u32) -> io::Result<PathBuf> {
        let path = self.scratch.path().join(format!("{count}.conf"));
        fs::write(&path, (0..count).map(instance).collect::<String>())?;
        Ok(path)
    }

    fn keepalived(&self, file: &Path) -> Command {
        let mut command = Command::new(KEEPALIVED);
        command.args(["-t", "-i", "bench", "-f"]).arg(file);
        for option in PID_FILES {
            command.arg(option).arg(self.scratch.path().join(format!("pid{option}")));
        }
        command
    }

    /// The CPU time of one run.
    fn measure(&self, mut command: Command) -> io::Result<Cost> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = {
            let _inside = self.host.namespace.enter()?;
            command.spawn()?
        };
        cpu_time(child)
    }
}

/// Waits for a child, which the kernel ends when it has used up [`LIMIT`].
fn cpu_time(mut child: Child) -> io::Result<Cost> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
    let limit = Some(LIMIT.as_secs());
    prlimit(Some(pid), Resource::Cpu, Rlimit { current: limit, maximum: limit })?;
    // It is dead then, but its account is still there.
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
    let account = fs::read_to_string(format!("/proc/{}/schedstat", child.id()))?;
    let nanos = account.split(' ').next().and_then(|word| word.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    match child.wait()?.code() {
        Some(0) => Ok(Cost::Took(Duration::from_nanos(nanos))),
        Some(status) => Err(io::Error::other(format!("a program ended with status {status}"))),
        None => Ok(Cost::MoreThan(Duration::from_nanos(nanos))),
    }
}

fn instance(number: u32) -> String {
    let (interface, vrid) = (number / PER_INTERFACE, number % PER_INTERFACE + 1);
    let [_, a, b, c] = number.to_be_bytes();
    format!(
        "vrrp_instance VI_{number} {{\n    state BACKUP\n    interface eth{interface}\n    virtual_router_id {vrid}\n    \
         priority 100\n    advert_int 1\n    virtual_ipaddress {{\n        10.{a}.{b}.{c}/32\n    }}\n}}\n"
    )
}
