//! No allocation per packet: receiving, answering, sending and waking go on in the room that is there.

use std::alloc::{GlobalAlloc, Layout, System};
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use vrrp::wire::{self, Advert, ChecksumForm};
use vrrp::{
    Action, Engine, Family, GroupConfig, GroupId, IfIndex, Input, Instant, IpHeader, LinkState, Packet, Parent,
    Priority, RouterConfig, StateName, TrackerId, Version, Vrid, bfd,
};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator cannot be written otherwise")]
// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise, handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise, handed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ROUTERS: u8 = 100;

fn config(vrid: u8) -> RouterConfig {
    let address = IpAddr::from([10, 0, vrid, 254]);
    RouterConfig::new(Vrid::new(vrid).unwrap(), Version::V3, vec![address]).with(|it| it.priority = Priority::new(150))
}

/// Superior, inferior, leaving, and broken adverts for each router, and every deadline on the way.
fn live(engine: &mut Engine, packets: &[Vec<u8>], now: &mut Instant) {
    let mut buffer = [0; 1500];
    for bytes in packets {
        *now = *now + Duration::from_millis(7);
        let ip = IpHeader {
            source: IpAddr::from([10, 0, 0, 99]),
            destination: wire::group(Family::Ipv4),
            hop_limit: Some(255),
            protocol: wire::PROTOCOL,
            identification: 0,
        };
        let packet = Packet { link: IfIndex::new(2).unwrap(), received: *now, ip, payload: bytes };
        engine.handle(*now, Input::Packet(packet));
        engine.handle(*now, Input::Wake { heard_until: *now });
        while let Some(action) = engine.poll_action() {
            if let Action::Transmit(transmit) = action {
                engine.write_packet(&transmit, &mut buffer).unwrap();
            }
        }
    }
}

fn packets() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for (priority, vrid) in [200, 100, 0, 100, 100, 150].into_iter().flat_map(|p| (1..=ROUTERS).map(move |v| (p, v))) {
        let config = config(vrid);
        let mut bytes = vec![0; 12];
        let advert = Advert {
            version: config.parameters.version,
            vrid: config.vrid,
            priority: Priority::new(priority),
            interval: config.parameters.interval,
            addresses: &config.addresses,
            authentication: config.authentication.field(),
        };
        let source = IpAddr::from([10, 0, 0, 99]);
        advert.emit(&source, &wire::group(Family::Ipv4), ChecksumForm::Rfc9568, &mut bytes).unwrap();
        packets.push(bytes.clone());
        bytes[7] ^= 1;
        packets.push(bytes);
    }
    packets
}

/// Packets of every kind for many BFD sessions, with all that follows. Returns how many allocations that took.
fn sessions(sessions: &mut bfd::Sessions, now: &mut Instant) -> usize {
    let discriminators: Vec<_> = sessions.snapshots().map(|it| (it.neighbor, it.discriminator)).collect();
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for turn in 0..200_u64 {
        for (neighbor, discriminator) in &discriminators {
            *now = *now + Duration::from_millis(1);
            let states =
                [bfd::SessionState::Down, bfd::SessionState::Init, bfd::SessionState::Up, bfd::SessionState::Up];
            let mut bytes = bfd::ControlPacket {
                diag: bfd::Diag::NONE,
                state: states[usize::try_from(turn % 4).unwrap()],
                sequence: bfd::Sequence::Poll,
                multiplier: 3,
                my_discriminator: *discriminator,
                your_discriminator: Some(*discriminator),
                desired_tx: Duration::from_millis(10),
                required_rx: Duration::from_millis(10),
            }
            .write();
            bytes[2] = u8::from(turn % 7 != 0);
            let packet = bfd::Packet {
                hops: bfd::Hops::Single,
                link: IfIndex::new(2),
                source: *neighbor,
                destination: *neighbor,
                hop_limit: Some(255),
                received: *now,
                payload: &bytes,
            };
            sessions.handle(*now, bfd::Input::Packet(packet));
            sessions.handle(*now, bfd::Input::Wake { heard_until: *now });
            while sessions.poll_action(*now).is_some() {}
        }
    }
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

fn session(last: u8) -> bfd::SessionConfig {
    bfd::SessionConfig {
        tracker: TrackerId(last.into()),
        neighbor: IpAddr::from([10, 0, 0, last]),
        source: None,
        hops: bfd::Hops::Single,
        least_hop_limit: 255,
        min_tx: Duration::from_millis(10),
        min_rx: Duration::from_millis(10),
        idle_tx: Duration::from_secs(1),
        multiplier: 3,
        role: bfd::SessionRole::Active,
    }
}

// One test: each allocation of the process counts.
#[test]
fn ten_thousand_adverts_and_bfd_packets_allocate_nothing() {
    let (mut all, mut now) = (bfd::Sessions::new(), Instant::from_nanos(0));
    for last in 1..=ROUTERS {
        all.add(now, session(last), last.into());
    }
    sessions(&mut all, &mut now);
    assert_eq!(sessions(&mut all, &mut now), 0, "the queues have grown");
    let ups = all.snapshots().filter(|it| it.counters.received > 300 && it.counters.discarded.iter().count() == 1);
    assert_eq!(ups.count(), ROUTERS.into());
    let (mut engine, mut now) = (Engine::new(), Instant::from_nanos(0));
    let routers: Vec<_> = (1..=ROUTERS).map(|vrid| engine.add(now, config(vrid))).collect();
    // Half of them in sync groups.
    let (alone, grouped) = routers.split_at(routers.len() / 2);
    let group = |(id, members): (u32, &[_])| GroupConfig { id: GroupId(id), members: members.to_vec() };
    engine.set_groups(now, (0..).zip(grouped.chunks(5)).map(group).collect());
    let source = Some(IpAddr::from([10, 0, 0, 1]));
    for router in &routers {
        let parent = Parent { ifindex: IfIndex::new(2), link: LinkState::Up, source };
        engine.handle(now, Input::Parent { router: *router, parent });
    }
    let packets = packets();
    live(&mut engine, &packets, &mut now);
    live(&mut engine, &packets, &mut now);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for _ in 0..9 {
        live(&mut engine, &packets, &mut now);
    }
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    assert!(9 * packets.len() > 10_000);
    assert_eq!(allocations, 0);
    assert!(grouped.iter().all(|router| engine.snapshot(*router).unwrap().counters.became_active > 0));
    let snapshot = engine.snapshot(alone[0]).unwrap();
    assert!(snapshot.counters.became_active > 3 && snapshot.counters.answered > 3, "something did happen");
    assert!(
        snapshot.state != StateName::Initialize
            && snapshot.counters.discarded.iter().map(|(_, count)| count).sum::<u64>() > 50
    );
}
