//! The LAN and its instruments: what the lab and the tests rely on must itself be right.
#![expect(clippy::print_stderr, reason = "tests talk to whoever runs them")]

use std::net::{IpAddr, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

use lab::{
    AdminState, Asker, Captured, CapturedFrame, Content, DaemonProcess, Direction, EchoProbe, ForgedAdvert, Forwarding,
    Holders, Host, HostSpec, Lan, Namespace, NetworkBuilder, Program, Resolution, Segment, Watch, enter_user_namespace,
    everything, forget_neighbours, neighbours, wait, without_echo,
};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if !arguments.list
        && let Err(error) = enter_user_namespace()
    {
        eprintln!("SKIPPED, all of it: {error}");
        return ExitCode::SUCCESS;
    }
    let tests: [(&str, fn()); 14] = [
        ("a thread comes back from a namespace", thread_comes_back),
        ("every frame is captured once, with the port of its sender", one_capture_per_frame),
        ("a question to one host has one answer", one_answer),
        ("a steady ping loses exactly what the cut cable loses", ping_over_a_cut),
        ("an isolated host keeps its carrier and is heard by the switch only", isolation),
        ("what was learnt can be read and forgotten", neighbour_table),
        ("it is seen which hosts have an address", holders),
        ("frames are read as what they are", frames_are_read),
        ("a recording on a host tells what was sent from what came in", both_directions),
        ("nothing passes from one segment to another", segments),
        ("an interface is renamed, moved away and back, made smaller, deleted and replaced", interfaces),
        ("a forged advert is read as what it says, and a takeover is measured", forged_adverts),
        ("a program ends with its value, and so does what it has started", processes),
        ("a network that is described wrongly is refused", wrong_descriptions),
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
const PATIENCE: Duration = Duration::from_secs(20);
const MILLISECOND: Duration = Duration::from_millis(1);

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Two hosts on a LAN.
fn pair() -> (Lan, [Host; 2]) {
    let mut lan = Lan::new().unwrap();
    let hosts = [0, 1].map(|i| {
        let addresses = [(ip(V4[i]), 24), (ip(V6[i]), 64)];
        let spec = HostSpec { name: "host", nic: "eth0", forwarding: Forwarding::Off, addresses: &addresses };
        lan.plug(&spec).unwrap()
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
    let capture = lan.capture(everything).unwrap();
    datagram(&left, V4[1]);
    let is_datagram = |frame: &CapturedFrame| frame.port == left.port && frame.bytes.ends_with(b"datagram");
    let sent = capture.wait(Captured::default(), PATIENCE, is_datagram).unwrap();
    assert_eq!(sent.source_mac(), left.mac);
    // The answer (port unreachable) comes after the datagram has passed the switch.
    let is_answer = |frame: &CapturedFrame| frame.port == right.port && frame.at > sent.at;
    let answer = capture.wait(Captured::default(), PATIENCE, is_answer).unwrap();
    assert_eq!(answer.source_mac(), right.mac);
    assert_eq!(capture.since(Captured::default(), is_datagram).len(), 1);
}

fn one_answer() {
    let (_lan, [left, right]) = pair();
    let mut asker = Asker::new(&left).unwrap();
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
        // What is on its way at the cut may get lost: so the cut comes when all before were answered.
        let answered = wait::found(PATIENCE, || {
            let end = probe.position().saturating_sub(1);
            let last = probe.tally(end.saturating_sub(150), end);
            (last.sent == 150 && last.lost == 0).then_some(end)
        });
        let answered = answered.unwrap_or_else(|| panic!("{target}: no stretch without a loss"));
        lan.cut(&right).unwrap();
        let cut_at = probe.position();
        assert!(wait::until(PATIENCE, || probe.position() > cut_at + 50), "goes on asking");
        let end = probe.position();
        let before = probe.tally(answered - 150, answered);
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
    let capture = lan.capture(everything).unwrap();
    let links = right.links().unwrap();
    assert!(links.iter().any(|link| link.index == right.nic && link.running == link.admin), "keeps its carrier");
    let mut asker = Asker::new(&right).unwrap();
    assert_eq!(asker.ask(ip(V4[1]), ip(V4[0]), ANSWER_TIME).unwrap(), [], "nobody hears it");
    assert!(!capture.since(Captured::default(), |frame| frame.port == right.port).is_empty(), "the switch does");
    lan.rejoin(&right).unwrap();
    assert_eq!(asker.ask(ip(V4[1]), ip(V4[0]), ANSWER_TIME * 5).unwrap(), [left.mac]);
}

fn holders() {
    let (_lan, [left, right]) = pair();
    let holders = Holders::watch([&left, &right], ip("10.1.0.9")).unwrap();
    let hosts = || holders.changes().into_iter().map(|change| change.hosts).collect::<Vec<_>>();
    let mut expected = Vec::new();
    let mut becomes = |now: &[usize]| {
        expected.push(now.to_vec());
        assert!(wait::until(PATIENCE, || hosts() == expected), "{:?} instead of {expected:?}", hosts());
    };
    left.add_address("eth0", (ip("10.1.0.9"), 24)).unwrap();
    becomes(&[0]);
    right.add_address("eth0", (ip("10.1.0.9"), 24)).unwrap();
    becomes(&[0, 1]);
    left.remove_address("eth0", (ip("10.1.0.9"), 24)).unwrap();
    becomes(&[1]);
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
    let capture = lan.capture(without_echo).unwrap();
    let mut asker = Asker::new(&left).unwrap();
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

fn both_directions() {
    let (_lan, [left, right]) = pair();
    let capture = left.capture("eth0", everything).unwrap();
    await_reachable(&left, V4[1]);
    for (direction, sender) in [(Direction::Sent, left.mac), (Direction::Received, right.mac)] {
        let echo = |frame: &CapturedFrame| frame.content() == Content::Echo && frame.direction == direction;
        let frame = capture.wait(Captured::default(), PATIENCE, echo).unwrap();
        assert_eq!((frame.port, frame.source_mac()), (left.nic, sender));
    }
}

fn segments() {
    let mut lan = Lan::with_segments(2).unwrap();
    let [mut left, mut right] = ["10.1.0.1", "10.1.0.2"].map(|address| {
        let addresses = &[(ip(address), 24)];
        lan.plug(&HostSpec { name: "host", nic: "eth0", forwarding: Forwarding::Off, addresses }).unwrap()
    });
    lan.add_cable(&mut left, Segment::nth(1), "eth1", &[(ip("10.2.0.1"), 24)]).unwrap();
    lan.add_cable(&mut right, Segment::nth(1), "eth1", &[(ip("10.2.0.2"), 24)]).unwrap();
    assert!(lan.add_cable(&mut right, Segment::nth(2), "eth2", &[]).is_err(), "there is none");
    await_reachable(&left, "10.1.0.2");
    await_reachable(&left, "10.2.0.2");
    let devices = lan.run_program("cat", &["/proc/net/dev"]).unwrap();
    assert!(["switch0", "switch1", "port4"].iter().all(|name| devices.contains(name)), "{devices}");
    let capture = lan.capture(everything).unwrap();
    let second = left.cable("eth1").unwrap();
    lan.cut(second).unwrap();
    lan.restore(second).unwrap();
    lan.isolate(second).unwrap();
    lan.rejoin(second).unwrap();
    await_reachable(&left, "10.2.0.2");
    let others = |frame: &CapturedFrame| frame.port == right.port && frame.source_mac() == second.mac;
    assert_eq!(capture.since(Captured::default(), others), []);
}

fn interfaces() {
    let (mut lan, [mut left, right]) = pair();
    left.rename_link("eth0", "lan0").unwrap();
    assert_eq!(left.link_of(ip(V4[0])).as_deref(), Some("lan0"));
    let elsewhere = Namespace::new().unwrap();
    left.move_link("lan0", &elsewhere).unwrap();
    assert_eq!(left.link_of(ip(V4[0])), None);
    left.take_link_back("lan0", &elsewhere).unwrap();
    assert!(left.links().unwrap().iter().any(|link| link.index == left.nic && link.name == "lan0"), "as it was");
    left.rename_link("lan0", "eth0").unwrap();
    left.add_address("eth0", (ip(V4[0]), 24)).unwrap();
    await_reachable(&left, V4[1]);
    left.remove_address("eth0", (ip(V4[0]), 24)).unwrap();
    assert_eq!(left.link_of(ip(V4[0])), None);
    left.set_mtu("eth0", 1300).unwrap();
    assert_eq!(left.run_program("cat", &["/proc/sys/net/ipv6/conf/eth0/mtu"]).unwrap(), "1300\n");
    left.set_sysctl("net/ipv4/conf/eth0/arp_ignore", "1").unwrap();
    assert_eq!(left.sysctl("net/ipv4/conf/eth0/arp_ignore").unwrap(), "1");
    left.set_link("eth0", AdminState::Down).unwrap();
    let before = left.cable("eth0").unwrap().clone();
    assert!(lan.add_cable(&mut left, Segment::FIRST, "eth0", &[]).is_err(), "it is still there");
    left.delete_link("eth0").unwrap();
    lan.add_cable(&mut left, Segment::FIRST, "eth0", &[(ip(V4[0]), 24)]).unwrap();
    assert_ne!((left.mac, left.port), (before.mac, before.port));
    await_reachable(&left, V4[1]);
    assert!(right.cable("eth7").is_err());
}

/// Version 2 and 3, IPv4 and IPv6; and who is master when.
fn forged_adverts() {
    let (lan, [left, right]) = pair();
    let watch = Watch::new(lan.capture(without_echo).unwrap(), 51);
    let (old, new) = (Asker::new(&left).unwrap(), Asker::new(&right).unwrap());
    for (version, [source, other]) in [(2, V4), (3, V4), (3, V6)] {
        let addresses = [ip(other), ip(source)];
        let forged = ForgedAdvert::new(version, 51, 150, ip(source), &addresses);
        let since = watch.now();
        old.send(&forged.frame(left.mac)).unwrap();
        let frame = watch.first_advert(since, &left, PATIENCE).unwrap();
        let advert = watch.advert_of(&frame, &left).unwrap();
        assert_eq!((advert.source, advert.hop_limit, advert.version), (ip(source), 255, version));
        assert_eq!((advert.priority, advert.interval), (150, Duration::from_secs(1)));
        assert_eq!(advert.addresses, addresses);
        assert_eq!(frame.vrrp_message().unwrap(), forged.message());
        assert_eq!(watch.advert_of(&frame, &right), None, "not its");
    }
    let leaves = ForgedAdvert::new(3, 51, 0, ip(V4[0]), &[]);
    let comes = ForgedAdvert::new(3, 51, 100, ip(V4[1]), &[]);
    let since = watch.now();
    old.send(&leaves.frame(left.mac)).unwrap();
    let last = watch.priority_zero(since, &left, PATIENCE).unwrap();
    new.send(&ForgedAdvert { vrid: 52, ..comes.clone() }.frame(right.mac)).unwrap();
    new.send(&ForgedAdvert { kind: 2, ..comes.clone() }.frame(right.mac)).unwrap();
    new.send(&comes.frame(right.mac)).unwrap();
    let takeover = watch.takeover(since, &right, &left, PATIENCE).unwrap();
    assert_eq!((takeover.last, takeover.gap()), (Some(last.at), Some(takeover.first.since(last.at))));
    assert_eq!(watch.adverts(since, &right).len(), 1, "another VRID and another type do not count");
}

fn processes() {
    let home = Namespace::current().unwrap();
    let files = tempfile::tempdir().unwrap();
    let log = files.path().join("log");
    let start = |script: &str| {
        let mut command = std::process::Command::new("sh");
        DaemonProcess::spawn(&home, command.args(["-c", script]), &log).unwrap()
    };
    let mut brief = start("echo said; exit 3");
    assert_eq!(brief.wait(PATIENCE).and_then(|status| status.code()), Some(3));
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "said\n");
    let parent = start("sleep 1000 & echo $!; wait");
    let child = wait::found(PATIENCE, || {
        let text = std::fs::read_to_string(&log).unwrap();
        text.lines().nth(1).map(str::to_owned)
    });
    let child = format!("/proc/{}/stat", child.unwrap());
    let state = || std::fs::read_to_string(&child).ok().and_then(|stat| stat.split(' ').nth(2).map(str::to_owned));
    assert!(wait::until(PATIENCE, || state().as_deref() == Some("S")), "it sleeps");
    parent.signal_all(rustix::process::Signal::STOP).unwrap();
    assert!(wait::until(PATIENCE, || state().as_deref() == Some("T")), "both are stopped");
    drop(parent);
    assert!(wait::until(PATIENCE, || state().is_none_or(|state| state == "Z")), "both are gone");
}

fn wrong_descriptions() {
    let nothing = || Program::Tanist("/nonexistent".into());
    let builder = || NetworkBuilder::new().client(&["10.1.0.9/24"]);
    assert!(builder().build::<1>().is_err(), "no router");
    assert!(builder().router("r1", nothing()).build::<1>().is_err(), "no cable");
    assert!(builder().router("r1", nothing()).cable("eth0", &["10.1.0.1"]).build::<1>().is_err(), "no prefix length");
    let two = builder().router("r1", nothing()).cable("eth0", &["10.1.0.1/24"]).cable_to(
        Segment::nth(1),
        "eth1",
        &["10.2.0.1/24"],
    );
    let mut network = two.build::<1>().unwrap();
    let [router] = &mut network.routers;
    assert_eq!(router.host.link_of(ip("10.2.0.1")).as_deref(), Some("eth1"));
    await_reachable(&network.client, "10.1.0.1");
    assert!(
        router.start_with("").is_err() && router.kill().is_err() && router.status().is_none(),
        "there is no such program"
    );
}

/// Pings until there is an answer.
fn await_reachable(from: &Host, target: &str) {
    let probe = EchoProbe::start(from, ip(target), MILLISECOND).unwrap();
    let answered = || {
        let sent = probe.position();
        sent > 0 && probe.tally(0, sent).lost < sent
    };
    assert!(wait::until(PATIENCE, answered), "{target} is not reached");
}
