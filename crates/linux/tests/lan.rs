//! The LAN and its instruments: what the lab and the tests rely on must itself be right.
#![expect(clippy::print_stderr, reason = "tests talk to whoever runs them")]

use std::net::{IpAddr, UdpSocket};
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use linux::Machine;
use linux::lan::{
    Asker, Captured, Content, EchoProbe, Frame, Host, Interest, Lan, Resolution, Role, Seat, forget_neighbours,
    neighbours,
};
use linux::link::LinkState;
use linux::netns::{Namespace, enter_user_namespace};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if !arguments.list
        && let Err(error) = enter_user_namespace()
    {
        eprintln!("SKIPPED, all of it: {error}");
        return ExitCode::SUCCESS;
    }
    let tests: [(&str, fn()); 7] = [
        ("a thread comes back from a namespace", thread_comes_back),
        ("every frame is captured once, with the port of its sender", one_capture_per_frame),
        ("a question to one host has one answer", one_answer),
        ("a steady ping loses exactly what the cut cable loses", ping_over_a_cut),
        ("an isolated host keeps its carrier and is heard by the switch only", isolation),
        ("what was learnt can be read and forgotten", neighbour_table),
        ("frames are read as what they are", frames_are_read),
    ];
    let trial = |(name, test): (&str, fn())| {
        Trial::test(name, move || {
            test();
            Ok::<(), Failed>(())
        })
    };
    libtest_mimic::run(&arguments, tests.into_iter().map(trial).collect()).exit_code()
}

const V4: [&str; 2] = ["10.1.0.1", "10.1.0.2"];
const V6: [&str; 2] = ["2001:db8:1::1", "2001:db8:1::2"];
const ANSWER_TIME: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(5);
const MILLISECOND: Duration = Duration::from_millis(1);

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Two hosts on a LAN.
fn pair() -> (Lan, [Host; 2]) {
    let mut lan = Lan::new().unwrap();
    let hosts = [0, 1].map(|i| {
        let addresses = [(ip(V4[i]), 24), (ip(V6[i]), 64)];
        lan.plug(&Seat { name: "host", nic: "eth0", role: Role::EndSystem, addresses: &addresses }).unwrap()
    });
    (lan, hosts)
}

/// Sends one datagram from `host`.
fn datagram(host: &Host, destination: &str) {
    let socket = host.namespace.run(|| UdpSocket::bind(("0.0.0.0", 0))).unwrap().unwrap();
    socket.send_to(b"datagram", (destination, 9)).unwrap();
}

fn thread_comes_back() {
    let home = || std::fs::read_link("/proc/thread-self/ns/net").unwrap();
    let (before, other) = (home(), Namespace::new().unwrap());
    {
        let _inside = other.enter().unwrap();
        assert_ne!(home(), before);
    }
    assert_eq!(home(), before);
    assert_ne!(other.run(home).unwrap(), before, "run works elsewhere");
}

fn one_capture_per_frame() {
    let (lan, [left, right]) = pair();
    let capture = lan.capture(Interest::Everything).unwrap();
    datagram(&left, V4[1]);
    let is_datagram = |frame: &Frame| frame.port == left.port && frame.bytes.ends_with(b"datagram");
    let sent = capture.wait(Captured::default(), PATIENCE, is_datagram).unwrap();
    assert_eq!(sent.source_mac(), left.mac);
    // The answer (port unreachable) comes after the datagram has passed the switch.
    let is_answer = |frame: &Frame| frame.port == right.port && frame.at > sent.at;
    let answer = capture.wait(Captured::default(), PATIENCE, is_answer).unwrap();
    assert_eq!(answer.source_mac(), right.mac);
    assert_eq!(capture.since(Captured::default(), is_datagram).len(), 1);
}

fn one_answer() {
    let (_lan, [left, right]) = pair();
    let asker = Asker::new(&left).unwrap();
    for addresses in [V4, V6] {
        assert_eq!(asker.ask(ip(addresses[0]), ip(addresses[1]), ANSWER_TIME).unwrap(), [right.mac]);
    }
    assert_eq!(asker.ask(ip(V4[0]), ip("10.1.0.77"), ANSWER_TIME).unwrap(), [], "nobody has it");
    assert!(asker.ask(ip(V4[0]), ip(V6[1]), ANSWER_TIME).is_err(), "one family");
}

fn ping_over_a_cut() {
    let (lan, [left, right]) = pair();
    for target in [V4[1], V6[1]] {
        let probe = EchoProbe::start(&left, ip(target), MILLISECOND).unwrap();
        sleep(MILLISECOND * 300);
        let cut_at = probe.position();
        lan.cut(&right).unwrap();
        sleep(MILLISECOND * 100);
        let end = probe.position();
        let before = probe.tally(20, cut_at.saturating_sub(20));
        assert!(before.sent > 100 && before.lost == 0, "{target}: {before:?}");
        let after = probe.tally(cut_at + 2, end);
        assert!(after.sent > 20 && after.lost == after.sent && after.longest_gap == after.sent, "{target}: {after:?}");
        drop(probe);
        lan.restore(&right).unwrap();
        await_reachable(&left, target);
    }
}

fn isolation() {
    let (lan, [left, right]) = pair();
    lan.isolate(&right).unwrap();
    let capture = lan.capture(Interest::Everything).unwrap();
    let links = right.namespace.run(|| Machine::open().unwrap().links().unwrap()).unwrap();
    assert!(links.iter().any(|link| link.index == right.nic && link.running == LinkState::Up), "keeps its carrier");
    let asker = Asker::new(&right).unwrap();
    assert_eq!(asker.ask(ip(V4[1]), ip(V4[0]), ANSWER_TIME).unwrap(), [], "nobody hears it");
    assert!(!capture.since(Captured::default(), |frame| frame.port == right.port).is_empty(), "the switch does");
    lan.rejoin(&right).unwrap();
    assert_eq!(asker.ask(ip(V4[1]), ip(V4[0]), ANSWER_TIME * 5).unwrap(), [left.mac]);
}

fn neighbour_table() {
    let (_lan, [left, right]) = pair();
    await_reachable(&left, V4[1]);
    let entry = || neighbours(&left.namespace).unwrap().into_iter().find(|entry| entry.address == ip(V4[1]));
    assert_eq!(entry().unwrap().mac, Some(right.mac));
    forget_neighbours(&left.namespace).unwrap();
    assert_eq!(entry().and_then(|entry| entry.mac), None);
}

fn frames_are_read() {
    let (lan, [left, right]) = pair();
    let capture = lan.capture(Interest::Control).unwrap();
    let asker = Asker::new(&left).unwrap();
    for [own, other] in [V4, V6] {
        asker.ask(ip(own), ip(other), ANSWER_TIME).unwrap();
        let request = Resolution::Request { sender: ip(own), sender_mac: Some(left.mac), target: ip(other) };
        let reply = Resolution::Reply { address: ip(other), mac: right.mac };
        for (expected, port) in [(request, left.port), (reply, right.port)] {
            let found = capture.since(Captured::default(), |it| it.port == port && it.resolution() == Some(expected));
            assert_eq!(found.len(), 1, "{expected:?}");
        }
    }
    await_reachable(&left, V4[1]);
    let echoes = capture.since(Captured::default(), |frame| frame.content() == Content::Echo);
    assert_eq!(echoes, [], "a recording of control frames leaves pings out");
}

/// Pings until there is an answer.
fn await_reachable(from: &Host, target: &str) {
    let probe = EchoProbe::start(from, ip(target), MILLISECOND).unwrap();
    for _ in 0..5000 {
        let sent = probe.position();
        if sent > 0 && probe.tally(0, sent).lost < sent {
            return;
        }
        sleep(MILLISECOND);
    }
    panic!("{target} is not reached");
}
