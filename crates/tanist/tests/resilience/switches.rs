//! What a master does about others, as its switches say; in keepalived, where it has them, it does the same.

use std::thread::sleep;
use std::time::Duration;

use lab::{Asker, Checksum, ForgedAdvert, Program, Watch};
use testbed::lan::{Bench, Layout, harness};

use super::{PATIENCE, Test, ip, tanist};

pub(super) const TESTS: &[Test] = &[
    ("inferior, superior and equal masters are answered, obeyed or ignored as the switches say", ours),
    ("keepalived answers inferior and superior masters as the switches say", keepalived),
];

/// A router and the priority of the advert that it hears from a higher address; how many adverts it sends at once, and
/// whether it stays master.
struct Case {
    vrid: u8,
    priority: u8,
    line: &'static str,
    heard: u8,
    answers: usize,
    stays: bool,
}

const fn case(vrid: u8, priority: u8, line: &'static str, heard: u8, answers: usize, stays: bool) -> Case {
    Case { vrid, priority, line, heard, answers, stays }
}

const CASES: [Case; 6] = [
    case(61, 100, "", 50, 1, true),
    case(62, 100, "lower_prio_no_advert", 50, 0, true),
    case(63, 100, "", 200, 0, false),
    case(64, 100, "higher_prio_send_advert", 200, 1, false),
    case(65, 255, "", 255, 0, false),
    // Not known to Debian's keepalived.
    case(66, 255, "owner_ignore_adverts", 255, 0, true),
];

fn ours() {
    play(tanist(), &CASES);
}

fn keepalived() {
    if harness::has_program("keepalived", "its switches") {
        play(Program::Keepalived, &CASES[..4]);
    }
}

fn play(program: Program, cases: &[Case]) {
    let named = format!("{program:?}");
    let mut bench = Bench::new(program, tanist(), Layout::LeftHigher).unwrap();
    let router = |Case { vrid, priority, line, .. }: &Case| {
        format!(
            "vrrp_instance V{vrid} {{\n interface eth0\n virtual_router_id {vrid}\n version 3\n priority {priority}\n \
             advert_int 1\n {line}\n virtual_ipaddress {{\n 10.9.0.{vrid}/24\n }}\n}}\n"
        )
    };
    bench.left.start_with(&cases.iter().map(router).collect::<String>()).unwrap();
    let asker = Asker::new(&bench.client).unwrap();
    for Case { vrid, line, heard, answers, stays, .. } in cases {
        let watch = Watch::new(bench.watch.capture.clone(), *vrid);
        let (left, named) = (&bench.left.host, format!("{named} {vrid} {line}"));
        // Right behind an advert, so that the next one in turn is far away.
        assert!(watch.first_advert(watch.now(), left, PATIENCE).is_some(), "{named}: {}", bench.left.log());
        let since = watch.now();
        let advert = ForgedAdvert::new(3, *vrid, *heard, ip("10.9.0.99"), &[ip(&format!("10.9.0.{vrid}"))]);
        let advert = ForgedAdvert { checksum: Checksum::PseudoHeader, ..advert };
        asker.send(&advert.frame(bench.client.mac)).unwrap();
        sleep(Duration::from_millis(500));
        assert_eq!(watch.adverts(since, left).len(), *answers, "{named}: {}", bench.left.log());
        let later = watch.now();
        let speaks = watch.first_advert(later, left, Duration::from_millis(1500)).is_some();
        assert_eq!(speaks, *stays, "{named}: {}", bench.left.log());
    }
}
