//! What an advert costs with each kind of authentication: `cargo bench -p tanist-vrrp --bench adverts`.
//!
//! Written and received by the engine alone, without system calls, as the median of several runs.
#![expect(clippy::print_stdout, reason = "a benchmark talks to whoever runs it")]

use std::net::IpAddr;
use std::time::{Duration, Instant as Clock};

use vrrp::config::{Authentication, Freshness, Hmac, HmacKey, HmacMode, Password, Secret};
use vrrp::{
    Action, Engine, IfIndex, Input, Instant, LinkState, Packet, Parent, Priority, RouterConfig, Transmit, Version,
    Vrid, WallTime, wire,
};

/// Adverts in a run, and runs of which the median counts.
const ADVERTS: u32 = 20_000;
const RUNS: usize = 9;

fn main() {
    let password = Password::from_text("s3cret");
    let hmac = Hmac {
        keys: vec![HmacKey { id: 1, bytes: Secret::new(vec![b'k'; 32]) }],
        active: 1,
        freshness: Freshness::Time { window: Duration::from_secs(5) },
        mode: HmacMode::Enforce,
    };
    for (name, authentication) in [
        ("none", Authentication::None),
        ("PASS", Authentication::Password(password.clone())),
        ("AH", Authentication::Ah(password)),
        ("HMAC", Authentication::Hmac(hmac)),
    ] {
        let mut runs: Vec<_> = (0..RUNS).map(|_| run(&authentication)).collect();
        let mut median = |of: fn(&(Duration, Duration)) -> Duration| {
            runs.sort_by_key(of);
            of(&runs[RUNS / 2]) / ADVERTS
        };
        let (written, received) = (median(|run| run.0), median(|run| run.1));
        println!("{name:5} written in {written:?}, received in {received:?}");
    }
}

/// How long it takes to decide and write adverts, and to receive them.
fn run(authentication: &Authentication) -> (Duration, Duration) {
    let router = |engine: &mut Engine, last: u8, priority: u8| {
        let addresses = vec![IpAddr::from([10, 0, 0, 254])];
        let vrid = Vrid::new(5).expect("not 0");
        let config = RouterConfig {
            authentication: authentication.clone(),
            ..RouterConfig::new(vrid, Version::V2, addresses).with(|it| it.priority = Priority::new(priority))
        };
        let router = engine.add(Instant::default(), config);
        let source = Some(IpAddr::from([10, 0, 0, last]));
        let parent = Parent { ifindex: IfIndex::new(2), link: LinkState::Up, source };
        engine.handle(Instant::default(), Input::Parent { router, parent });
    };
    let (mut master, mut backup) = (Engine::new(), Engine::new());
    router(&mut master, 2, 200);
    router(&mut backup, 1, 100);
    for engine in [&mut master, &mut backup] {
        engine.handle(Instant::default(), Input::WallClock(WallTime::from_nanos(1_795_344_800_000_000_000)));
    }
    let mut packets = Vec::new();
    let start = Clock::now();
    for second in 0..u64::from(ADVERTS) + 4 {
        let now = Instant::from_nanos(second * 1_000_000_000);
        master.handle(now, Input::Wake { heard_until: now });
        for transmit in transmits(&mut master) {
            let mut bytes = [0; 128];
            let length = master.write_packet(&transmit, &mut bytes).expect("it fits");
            packets.push((now, bytes, length));
        }
    }
    let written = start.elapsed();
    let start = Clock::now();
    for (now, bytes, length) in &packets {
        let (ip, payload) = wire::read_ipv4(&bytes[..*length]).expect("an IPv4 packet");
        let link = IfIndex::new(2).expect("not 0");
        backup.handle(*now, Input::Packet(Packet { link, received: *now, ip, payload }));
        transmits(&mut backup);
    }
    let received = start.elapsed();
    let heard: u64 = backup.routers().filter_map(|it| backup.snapshot(it)).map(|it| it.counters.received).sum();
    assert_eq!(heard, packets.len() as u64);
    (written, received)
}

fn transmits(engine: &mut Engine) -> Vec<Transmit> {
    let actions = std::iter::from_fn(|| engine.poll_action());
    let transmit = |action| if let Action::Transmit(transmit) = action { Some(transmit) } else { None };
    actions.filter_map(transmit).collect()
}
