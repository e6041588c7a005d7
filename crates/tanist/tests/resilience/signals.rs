//! Signals: those that ask for nothing do no harm, and a stop is heard whatever the daemon is busy with.

use std::io::{self, Write as _};
use std::thread::sleep;
use std::time::Duration;

use lab::{RouterHost, wait};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::Signal;
use testbed::lan::MachineState;

use super::{PATIENCE, Test, bench, instance, start_master, status};

pub(super) const TESTS: &[Test] = &[
    ("signals that other programs answer with a dump change nothing", dumps),
    ("SIGQUIT stops in order, as SIGTERM and SIGINT do", quits),
    ("SIGTERM is heard while the log is blocked", blocked_log),
    ("SIGTERM is heard during a reload", during_reload),
    ("a reload comes into force however many signals come with it", storm),
];

/// How long a daemon may take to end that runs no script.
const STOP_TIME: Duration = Duration::from_secs(4);

/// Sends a signal by number: there are no names for real-time signals.
fn send(router: &RouterHost, number: i32) {
    let pid = router.pid().unwrap().as_raw_pid();
    router.host.run_program("sh", &["-c", &format!("kill -{number} {pid}")]).unwrap();
}

fn dumps() {
    let mut bench = bench();
    bench.left.configure(&instance(150).to_string()).unwrap();
    let mut command = bench.left.command();
    command.env("TMPDIR", bench.left.file(""));
    bench.left.start_as(command).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let since = bench.watch.now();
    for (number, dump) in [(10, "data"), (12, "stats"), (36, "json"), (63, "stats")] {
        let file = bench.left.file(&format!("keepalived.{dump}"));
        send(&bench.left, number);
        assert!(wait::until(PATIENCE, || file.is_file()), "{number}: {}", bench.left.log());
        std::fs::remove_file(file).unwrap();
    }
    // 26, 27, 29, 30: timers, input and power. 34 and 37: where another C library has what is 36 here.
    for number in [14, 16, 26, 27, 29, 30, 34, 35, 37, 64] {
        send(&bench.left, number);
        let heard = || bench.left.log().contains(&format!("({number})"));
        assert!(wait::until(PATIENCE, heard), "{number}: {}", bench.left.log());
    }
    assert_eq!(status(&bench.left)["state"], "MASTER");
    sleep(instance(150).interval * 2);
    let gap = bench.watch.longest_gap(since, &bench.left.host).unwrap();
    assert!(gap < instance(150).down_interval(), "{gap:?}");
}

fn storm() {
    let mut bench = bench();
    start_master(&mut bench.left, &instance(150));
    let pid = bench.left.pid().unwrap().as_raw_pid();
    bench.left.configure(&instance(140).to_string()).unwrap();
    let script = format!("n=0; while [ $n -lt 2000 ]; do kill -USR1 {pid}; kill -HUP {pid}; n=$((n + 1)); done");
    bench.left.host.run_program("sh", &["-c", &script]).unwrap();
    let reloaded = || bench.left.status_of("VI_1").is_some_and(|status| status["priority"] == 140);
    assert!(wait::until(PATIENCE, reloaded), "{}", bench.left.log());
    bench.left.configure(&instance(130).to_string()).unwrap();
    bench.left.signal(Signal::HUP).unwrap();
    let reloaded = || bench.left.status_of("VI_1").is_some_and(|status| status["priority"] == 130);
    assert!(wait::until(PATIENCE, reloaded), "the next reload is heard too; {}", bench.left.log());
}

fn quits() {
    for signal in [Signal::QUIT, Signal::INT, Signal::TERM] {
        let mut bench = bench();
        let before = MachineState::of(&bench.left.host).unwrap();
        start_master(&mut bench.left, &instance(150));
        stops(&mut bench, signal);
        let restored = || before.changes(&MachineState::of(&bench.left.host).unwrap());
        wait::until(PATIENCE, || restored().is_empty());
        assert_eq!(restored(), Vec::<String>::new(), "{signal:?}");
    }
}

/// Priority 0 at once, and the end soon.
fn stops(bench: &mut testbed::lan::Bench, signal: Signal) {
    let since = bench.watch.now();
    bench.left.signal(signal).unwrap();
    let farewell = bench.watch.priority_zero(since, &bench.left.host, STOP_TIME);
    assert!(farewell.is_some(), "{signal:?}: priority 0; {}", bench.left.log());
    let ended = bench.left.wait_end(STOP_TIME);
    assert!(ended.is_some_and(|status| status.success()), "{signal:?}: {ended:?}; {}", bench.left.log());
}

fn blocked_log() {
    let (_reader, mut writer) = io::pipe().unwrap();
    let flags = fcntl_getfl(&writer).unwrap();
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
    while writer.write(b"x").is_ok() {}
    fcntl_setfl(&writer, flags).unwrap();
    let mut bench = bench();
    bench.left.configure(&instance(150).to_string()).unwrap();
    bench.left.start_to(writer).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE));
    // A file with errors: the main thread has something to say as well.
    bench.left.reload_with("vrrp_instance {\n").unwrap();
    sleep(Duration::from_millis(200));
    stops(&mut bench, Signal::TERM);
}

fn during_reload() {
    let one = |vrid: u8| {
        format!(
            "vrrp_instance VI_1{vrid} {{\n interface eth0\n virtual_router_id {vrid}\n priority 150\n use_vmac\n\
             virtual_ipaddress {{\n 10.9.1.{vrid}/32\n }}\n}}\n"
        )
    };
    let more: String = std::iter::once(instance(150).to_string()).chain((60..=250).map(one)).collect();
    let mut bench = bench();
    for pause in [5, 50, 200] {
        start_master(&mut bench.left, &instance(150));
        bench.left.reload_with(&more).unwrap();
        sleep(Duration::from_millis(pause));
        stops(&mut bench, Signal::TERM);
    }
}
