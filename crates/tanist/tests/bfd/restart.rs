//! `tanist restart`: peers agree to a pause, and sessions go on in the program that takes the place of the daemon's.

use std::collections::BTreeSet;
use std::time::Duration;

use lab::{Capture, Captured, Direction, Program, RouterHost, wait};

use testbed::lan::{Bench, Layout, OwnProgram, harness};
use vrrp::bfd::{ControlPacket, Sequence, SessionState};

use super::{PATIENCE, Test, becomes, config, is_router, never_down, session, status, tanist};
use crate::interop::frr;

pub(super) const ALL: &[Test] =
    &[("another_program_goes_on_with_sessions_of_50_ms_and_one_whose_peer_does_not_answer_is_refused", two_ends)];
pub(super) const KEEPALIVED: &[Test] =
    &[("another_program_goes_on_with_sessions_of_50_ms_with_keepalived", keepalived)];
pub(super) const FRR: &[Test] = &[("another_program_goes_on_with_sessions_of_50_ms_with_bfdd", bfdd)];

const TANIST: &str = env!("CARGO_BIN_EXE_tanist");
const NAMES: [&str; 2] = ["v4", "v6"];

/// Sessions in both families with the router that has this last octet, with these intervals and this multiplier.
fn sessions(last: u8, min_tx: &str, multiplier: &str) -> [String; 2] {
    let quick = |name: &str, neighbor: &str| {
        let text = session(name, neighbor, "hoplimit 255").replace("min_rx 100", "min_rx 50");
        text.replace("min_tx 100", min_tx).replace("multiplier 3", multiplier)
    };
    [quick("v4", &format!("10.9.0.{last}")), quick("v6", &format!("2001:db8:9::{last}"))]
}

/// The left router's: its peer loses it after half a second.
fn quick() -> [String; 2] {
    sessions(2, "min_tx 50", "multiplier 10")
}

/// A BFD packet on the wire, as the right router sees it.
struct Seen {
    /// `Received`: of the left one.
    direction: Direction,
    port: u16,
    packet: ControlPacket,
}

fn record(bench: &Bench) -> Capture {
    bench.right.host.capture("eth0", |frame| read(&frame.bytes).is_some()).unwrap()
}

/// Source port and content of a packet to port 3784.
fn read(bytes: &[u8]) -> Option<(u16, ControlPacket)> {
    let (before, payload) = bytes.split_last_chunk::<24>()?;
    // A UDP header: ports, length, checksum.
    let (_, [high, low, 0x0e, 0xc8, 0, 32, ..]) = before.split_last_chunk::<8>()? else { return None };
    Some((u16::from_be_bytes([*high, *low]), ControlPacket::read(payload).ok()?))
}

fn seen(capture: &Capture, since: Captured) -> Vec<Seen> {
    let frames = capture.since(since, |_| true);
    let seen =
        |it: &lab::CapturedFrame| read(&it.bytes).map(|(port, packet)| Seen { direction: it.direction, port, packet });
    frames.iter().filter_map(seen).collect()
}

/// The left router's program is replaced by one that needs longer to be there than peers bear by themselves, and the wire shows
/// nothing but sessions that are up, with their ports.
fn goes_on(bench: &Bench, program: &OwnProgram, capture: &Capture) {
    let script = format!("#!/bin/sh\n[ $1 = self-test ] || sleep 0.9\nexec {TANIST} \"$@\"\n");
    program.put(&script).unwrap();
    let since = capture.now();
    let before = NAMES.map(|name| becomes(&bench.left, name, "Up"));
    let router = bench.left.status().unwrap();
    let mut said = String::new();
    let done = wait::until(PATIENCE, || {
        let (is_done, words) = harness::restart(TANIST, &bench.left);
        said = words;
        is_done || !said.contains("try again")
    });
    assert!(done && said.contains("goes on where"), "{said}; {}", bench.left.log());
    let is_as_configured = |name: &str| {
        let session = status(&bench.left, name);
        session.is_some_and(|it| it["state"] == "Up" && it["transmit_interval_ms"] == 50.0)
    };
    assert!(wait::until(PATIENCE, || NAMES.into_iter().all(is_as_configured)), "{}", bench.left.log());
    let last = capture.now();
    let answered = |it: &lab::CapturedFrame| {
        it.direction == Direction::Received && read(&it.bytes).is_some_and(|(_, it)| it.sequence == Sequence::None)
    };
    assert!(capture.wait(last, PATIENCE, answered).is_some());
    for (before, name) in before.iter().zip(NAMES) {
        let after = becomes(&bench.left, name, "Up");
        assert_eq!(after["discriminator"], before["discriminator"]);
        assert!(after["since_seconds"].as_f64() > before["since_seconds"].as_f64(), "{after}");
    }
    let now = bench.left.status().unwrap();
    for same in ["state", "since", "reason", "priority"] {
        assert_eq!(now[same], router[same], "{same}: {now}; {}", bench.left.log());
    }
    let packets = seen(capture, since);
    let wrong: Vec<_> = packets.iter().filter(|it| it.packet.state != SessionState::Up).collect();
    assert!(wrong.is_empty(), "{:?}; {}", wrong.first().map(|it| it.packet), bench.left.log());
    let ours = || packets.iter().filter(|it| it.direction == Direction::Received);
    let ports: BTreeSet<_> = ours().map(|it| (it.packet.my_discriminator, it.port)).collect();
    assert_eq!(ports.len(), 2, "one port for each session: {ports:?}");
    let patient = |it: &&Seen| it.packet.desired_tx == Duration::from_millis(400);
    assert!(ours().filter(patient).any(|it| it.packet.sequence == Sequence::Poll));
}

/// Whatever else may be in the way at first.
fn is_refused(router: &RouterHost, why: &str) {
    let mut said = String::new();
    let is_so = wait::until(PATIENCE, || {
        let (is_done, words) = harness::restart(TANIST, router);
        said = words;
        !is_done && said.contains(why)
    });
    assert!(is_so, "{said:?}, not {why:?}; {}", router.log());
}

fn two_ends() {
    let program = OwnProgram::new(TANIST).unwrap();
    let mut bench = Bench::new(program.program(), tanist(), Layout::LeftHigher).unwrap();
    let capture = record(&bench);
    let track = "track_bfd {\n v4\n v6\n }";
    bench.left.start_with(&config(&quick(), 150, track)).unwrap();
    // It may be silent for 25 s.
    bench.right.start_with(&sessions(3, "min_tx 100", "multiplier 255").concat()).unwrap();
    for name in NAMES {
        becomes(&bench.right, name, "Up");
        becomes(&bench.left, name, "Up");
    }
    is_router(&bench.left, "MASTER");
    let knows = |router: &RouterHost| {
        NAMES.iter().all(|name| status(router, name).is_some_and(|it| it["detection_time_ms"] == 500.0))
    };
    // Sessions that are not configured alike are no business of a restart.
    let [v4, v6] = quick();
    bench.left.configure(&config(&[v4, v6, session("new", "10.9.0.77", "")], 150, track)).unwrap();
    is_refused(&bench.left, "(BFD session new): reload it first");
    bench.left.configure(&config(&quick(), 150, track)).unwrap();
    bench.right.freeze().unwrap();
    is_refused(&bench.left, "10.9.0.2 (bfd_instance v4)");
    bench.right.thaw().unwrap();
    assert!(wait::until(PATIENCE, || knows(&bench.right)), "{:?}", status(&bench.right, "v4"));
    // One that is gone when it is to be executed.
    program.put("#!/bin/sh\nrm -- \"$0\"\nexec echo this program can go on\n").unwrap();
    is_refused(&bench.left, "No such file or directory");
    bench.left.says("was not executed in the place of this program, which goes on");
    assert!(wait::until(PATIENCE, || knows(&bench.right)), "{:?}", status(&bench.right, "v4"));
    never_down(&bench.left);
    goes_on(&bench, &program, &capture);
    assert!(wait::until(PATIENCE, || knows(&bench.right)), "{:?}", status(&bench.right, "v4"));
    never_down(&bench.right);
}

fn bfdd() {
    with(Program::FrrBfd, &frr(50, 100));
}

fn keepalived() {
    with(Program::Keepalived, &config(&sessions(3, "min_tx 50", "multiplier 100"), 80, ""));
}

/// The peer may be silent for five seconds.
fn with(peer: Program, theirs: &str) {
    let program = OwnProgram::new(TANIST).unwrap();
    let mut bench = Bench::new(program.program(), peer, Layout::LeftHigher).unwrap();
    let capture = record(&bench);
    bench.left.start_with(&config(&quick(), 150, "track_bfd {\n v4\n v6\n }")).unwrap();
    bench.right.start_with(theirs).unwrap();
    for name in NAMES {
        becomes(&bench.left, name, "Up");
    }
    is_router(&bench.left, "MASTER");
    goes_on(&bench, &program, &capture);
}
