//! A driver that stops reading before its sockets are empty.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::wire::{self, Advert, ChecksumForm};
use vrrp::{
    Action, Engine, Family, Input, Instant, Packet, Priority, RouterConfig, RouterId, StateName, Version, Vrid,
};

use crate::bench::{HIGHER, SECOND, config, host, packet, parent};

/// Packets that the driver reads before timers get their turn.
const BATCH: usize = 1024;

/// What the driver says after a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Honesty {
    /// Up to when it has read.
    Honest,
    /// That it has read everything.
    Wrong,
}

/// 400 backups, on two links because VRIDs end at 255, whose masters advertise every second.
struct Crowd {
    engine: Engine,
    routers: Vec<RouterId>,
    adverts: Vec<(vrrp::IfIndex, Vec<u8>)>,
}

fn advert(config: &RouterConfig) -> Vec<u8> {
    let advert = Advert {
        version: Version::V3,
        vrid: config.vrid,
        priority: Priority::new(200),
        interval: config.parameters.interval,
        addresses: &config.addresses,
        authentication: config.authentication.field(),
    };
    let mut bytes = vec![0; 12];
    advert.emit(&host(HIGHER), &wire::group(Family::Ipv4), ChecksumForm::Rfc5798, &mut bytes).unwrap();
    bytes
}

fn crowd(now: Instant) -> Crowd {
    let mut crowd = Crowd { engine: Engine::new(), routers: Vec::new(), adverts: Vec::new() };
    for (link, vrid) in [2, 3].into_iter().flat_map(|link| (1..=200).map(move |vrid| (link, vrid))) {
        let addresses = vec![IpAddr::from([10, link, vrid, 254])];
        let config = RouterConfig { addresses, vrid: Vrid::new(vrid).unwrap(), ..config() };
        let ifindex = vrrp::IfIndex::new(link.into()).unwrap();
        crowd.adverts.push((ifindex, advert(&config)));
        let router = crowd.engine.add(now, config);
        let parent = vrrp::Parent { ifindex: Some(ifindex), ..parent() };
        crowd.engine.handle(now, Input::Parent { router, parent });
        crowd.routers.push(router);
    }
    crowd
}

impl Crowd {
    /// The driver wakes `late` after the routers started, with an advert of each master for every second in its socket.
    /// Returns how many routers took over.
    fn wake_late(&mut self, start: Instant, late: Duration, honesty: Honesty) -> usize {
        let now = start + late;
        let seconds = u32::try_from(late.as_secs()).unwrap();
        let queue: Vec<_> = (1..=seconds)
            .flat_map(|second| self.adverts.iter().map(move |advert| (start + second * SECOND, advert)))
            .collect();
        for batch in queue.chunks(BATCH) {
            let mut heard_until = now;
            for (received, (link, payload)) in batch {
                self.engine.handle(now, Input::Packet(Packet { link: *link, ..packet(HIGHER, *received, payload) }));
                heard_until = *received;
            }
            if batch.len() < BATCH || honesty == Honesty::Wrong {
                heard_until = now;
            }
            self.engine.handle(now, Input::Wake { heard_until });
        }
        let actions = std::iter::from_fn(|| self.engine.poll_action());
        actions.filter(|action| matches!(action, Action::InstallAddresses { .. })).count()
    }

    fn backups(&self) -> usize {
        let state = |router: &&RouterId| self.engine.snapshot(**router).unwrap().state;
        self.routers.iter().filter(|router| state(router) == StateName::Backup).count()
    }
}

#[test]
fn a_live_master_whose_adverts_were_not_read_yet_is_not_declared_dead() {
    // A stall of between one and two down intervals (3.4 s): 2,400 adverts wait, the newest of them half a second old.
    let start = Instant::from_nanos(1_000_000_000_000);
    let late = Duration::from_millis(6_500);
    let mut crowd = self::crowd(start);
    assert_eq!(crowd.wake_late(start, late, Honesty::Honest), 0);
    assert_eq!(crowd.backups(), 400);
    let mut crowd = self::crowd(start);
    assert!(crowd.wake_late(start, late, Honesty::Wrong) > 300, "the test can tell");
}

#[test]
fn what_nobody_can_call_off_does_not_wait_for_reading() {
    // An Active goes on advertising while packets wait.
    let mut bench = crate::bench::Bench::active(config());
    bench.now = bench.now + SECOND;
    let heard_until = bench.now - SECOND;
    assert_eq!(crate::bench::words(&bench.give(Input::Wake { heard_until })), ["send 150"]);
}

#[test]
fn a_router_that_nobody_disturbs_takes_over_when_all_was_read() {
    let mut bench = crate::bench::Bench::started(config());
    let due = bench.engine.poll_timeout().unwrap().at;
    bench.now = due;
    bench.give(Input::Wake { heard_until: due - Duration::from_nanos(1) });
    assert_eq!(bench.state(), StateName::Backup);
    assert_eq!(bench.left(), Duration::ZERO, "it wants to be woken again at once");
    bench.wake();
    assert_eq!(bench.state(), StateName::Active);
    bench.give(Input::Wake { heard_until: due + 100 * SECOND });
    assert_eq!(bench.left(), SECOND, "the future has not been heard yet");
}
