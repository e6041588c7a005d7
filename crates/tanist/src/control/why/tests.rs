//! Every cause, on a clock that the tests turn: an engine in the situation, and what is said of it.

use std::net::IpAddr;
use std::time::Duration;

use conf::model;
use conf::model::watch::TrackerKind;
use vrrp::config::{Effect, EffectKind, Password, RouterConfig, Tracking};
use vrrp::wire::{self, Advert, ChecksumForm};
use vrrp::{
    Engine, GroupConfig, GroupId, HostState, IfIndex, Input, Instant, IpHeader, LinkState, Packet, Parent, Priority,
    Reading, RouterId, TrackerId, Version,
};

use super::{Known, Machine, place};
use crate::ports::events::Unusable;
use crate::ports::host::{AddressState, Dropping, HostView};
use crate::ports::sightings::{Barrier, Unheard};
use crate::ports::tracking::TrackerKey;
use crate::wording;

const SECOND: Duration = Duration::from_secs(1);
const TRACKER: TrackerId = TrackerId(1);

/// Routers of a configuration, of which the first is asked for.
struct Scene {
    engine: Engine,
    now: Instant,
    routers: Vec<(RouterId, model::Router, RouterConfig)>,
    places: conf::Places,
    machine: Option<HostView>,
    unheard: Option<Unheard>,
    other_vrids: u64,
}

/// One router on eth0 with the line `more`.
fn one(more: &str) -> String {
    router("A", 1, more)
}

fn router(name: &str, vrid: u8, more: &str) -> String {
    let identity = format!("vrrp_instance {name} {{\n interface eth0\n virtual_router_id {vrid}\n version 3\n");
    format!("{identity} {more}\n virtual_ipaddress {{\n 10.0.0.25{vrid}/24\n }}\n}}\n")
}

impl Scene {
    /// The routers have their interface, unless it is said otherwise later.
    fn new(text: &str) -> Self {
        let mut scene = Self::unplaced(text, |_| {});
        scene.all(LinkState::Up);
        scene
    }

    fn unplaced(text: &str, change: impl Fn(&mut RouterConfig)) -> Self {
        let loaded = conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", text));
        let (mut engine, now) = (Engine::new(), Instant::from_nanos(1_000_000_000_000));
        let config = |router: &model::Router| RouterConfig {
            medium: router.medium(),
            source: router.required_source(),
            authentication: router.authenticated_by(),
            parameters: router.parameters,
            ..RouterConfig::new(router.vrid, Version::V3, router.addresses.iter().map(|it| it.address).collect())
        };
        let added = loaded.config.routers.into_iter().map(|router| {
            let mut config = config(&router);
            change(&mut config);
            (engine.add(now, config.clone()), router, config)
        });
        let routers: Vec<_> = added.collect();
        if !loaded.config.watched.groups.is_empty() {
            let members = routers.iter().map(|(id, ..)| *id).collect();
            engine.set_groups(now, vec![GroupConfig { id: GroupId(1), members }]);
        }
        let machine = HostView {
            vmac: None,
            vmac_link: None,
            parent: None,
            parent_mac: None,
            bridge: None,
            addresses: AddressState::Installed,
            hold_down_until: None,
            unusable: None,
            dropping: None,
            routing: Vec::new(),
        };
        let places = loaded.places;
        Self { engine, now, routers, places, machine: Some(machine), unheard: None, other_vrids: 0 }
    }

    fn all(&mut self, link: LinkState) {
        (0..self.routers.len()).for_each(|router| self.place(router, link, Some(address(50))));
    }

    fn place(&mut self, router: usize, link: LinkState, source: Option<IpAddr>) {
        let parent = Parent { ifindex: IfIndex::new(2), link, source };
        self.give(Input::Parent { router: self.routers[router].0, parent });
    }

    fn give(&mut self, input: Input<'_>) {
        self.engine.handle(self.now, input);
        while self.engine.poll_action().is_some() {}
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(deadline) = self.engine.poll_timeout().filter(|deadline| deadline.at <= end) {
            self.now = self.now.max(deadline.at);
            self.give(Input::Wake { heard_until: self.now });
        }
        self.now = end;
    }

    fn hear(&mut self, router: usize, from: u8, priority: u8) {
        let config = self.routers[router].2.clone();
        self.hear_as(&config, from, priority);
    }

    /// An advert of a router that is configured so.
    fn hear_as(&mut self, config: &RouterConfig, from: u8, priority: u8) {
        let advert = Advert {
            version: config.parameters.version,
            vrid: config.vrid,
            priority: Priority::new(priority),
            interval: config.parameters.interval,
            addresses: &config.addresses,
            authentication: config.authentication.field(),
        };
        let (mut bytes, destination) = ([0; 100], wire::group(vrrp::Family::Ipv4));
        let length = advert.emit(&address(from), &destination, ChecksumForm::Rfc5798, &mut bytes).unwrap();
        let ip = IpHeader {
            source: address(from),
            destination,
            hop_limit: Some(255),
            protocol: wire::PROTOCOL,
            identification: 0,
        };
        let link = IfIndex::new(2).unwrap();
        self.give(Input::Packet(Packet { link, received: self.now, ip, payload: &bytes[..length] }));
    }

    /// What is said: kind, place and text of each cause, and what would change it.
    fn why(&self) -> Vec<String> {
        let (id, router, _) = &self.routers[0];
        let snapshot = self.engine.snapshot(*id).unwrap();
        let others: Vec<_> = self.routers[1..].iter().map(|(id, ..)| self.engine.snapshot(*id).unwrap()).collect();
        let names = self.routers[1..].iter().map(|(_, router, _)| router.name.as_str());
        let known = Known {
            now: self.now,
            router,
            snapshot: &snapshot,
            tracked: self
                .engine
                .tracked(*id)
                .map(|it| (TrackerKey::Named(TrackerKind::Script, "chk".to_owned()), it))
                .collect(),
            machine: self.machine.as_ref().map_or(Machine::Silent, Machine::Known),
            others: names.zip(&others).collect(),
            mac: &|_| None,
            unheard: self.unheard.clone(),
            other_vrids: self.other_vrids,
        };
        let said = |finding: &super::Finding| {
            let wording::Said { kind, text, change } = wording::finding(finding, self.now, snapshot.priority);
            let place = place(finding, "A", Some("G"), &self.places).unwrap();
            format!("{kind} {}: {text} | {}", place.line, change.unwrap_or_default())
        };
        known.findings().iter().map(said).collect()
    }

    fn machine(&mut self, change: impl FnOnce(&mut HostView)) {
        change(self.machine.as_mut().unwrap());
    }
}

fn address(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

/// Each expectation is the beginning of a cause, in this order, and no cause is left over.
fn expect(scene: &Scene, expected: &[&str]) {
    let said = scene.why();
    let fits = said.len() == expected.len() && said.iter().zip(expected).all(|(said, begins)| said.starts_with(begins));
    assert!(fits, "expected {expected:#?}, said {said:#?}");
}

#[test]
fn a_backup_and_the_master_that_it_hears() {
    // Line 5 is the one that differs.
    let heard = |text: &str, priority: u8| {
        let mut scene = Scene::new(&one(text));
        scene.hear(0, 60, priority);
        scene.pass(SECOND / 2);
        scene
    };
    let who = "10.0.0.60 with priority";
    expect(
        &heard("priority 100", 150),
        &[&format!("superior 5: {who} 150, heard 0.500 s ago, is master, and ours is only 100 | a priority above")],
    );
    expect(&heard("priority 150", 150), &[&format!("same_priority 5: {who} 150, heard 0.500 s ago, is master, and")]);
    expect(&heard("nopreempt", 90), &[&format!("nopreempt 5: {who} 90, heard 0.500 s ago, is master; ours, 100, is")]);
    let delay = format!(
        "preempt_delay 5: {who} 90, heard 0.500 s ago, is master; ours, 100, is higher, but `preempt_delay` leaves it \
         alone for 29.500 s | shorten the delay"
    );
    expect(&heard("preempt_delay 30", 90), &[&delay]);
    expect(&heard("preempt_delay 0.1", 90), &[&format!("displaces 1: {who} 90")]);
    let displaces = "displaces 5: 10.0.0.60 with priority 90, heard 0.500 s ago, is master with a lower priority than \
                     ours, 100: it is displaced in 3.109 s";
    expect(&heard("priority 100", 90), &[displaces]);
}

#[test]
fn a_backup_that_hears_nobody_or_two() {
    let mut scene = Scene::new(&one("down_timer_adverts 3"));
    scene.pass(SECOND);
    expect(&scene, &["hears_nobody 5: it hears no master: it takes over in 2.609 s | a master"]);
    scene.other_vrids = 7;
    expect(&scene, &["hears_nobody", "other_vrids 3: nobody was heard with its VRID, but 7 adverts with other ones"]);
    scene.other_vrids = 0;
    scene.hear(0, 60, 150);
    scene.hear(0, 60, 0);
    scene.pass(SECOND / 10);
    expect(
        &scene,
        &["hears_nobody 5: it hears no master; the last was 10.0.0.60 (priority 150): it takes over in 0.509 s"],
    );
    scene.hear(0, 60, 150);
    scene.hear(0, 70, 140);
    expect(
        &scene,
        &["superior 1: 10.0.0.60", "two_masters 1: two masters are heard: 10.0.0.60 with priority 150, heard"],
    );
}

#[test]
fn a_master_and_those_who_say_the_same() {
    let mut scene = Scene::new(&one("priority 100"));
    scene.pass(10 * SECOND);
    expect(&scene, &["best 5: it heard nobody as good: its priority is 100 | a router with a higher priority"]);
    scene.hear(0, 60, 90);
    scene.hear(0, 40, 100);
    let second = "other_master 5: 10.0.0.40 with priority 100, heard 0.000 s ago, says that it is master as well; ours is the \
                 same, and our address, 10.0.0.50, is higher | it yields when it hears us";
    expect(
        &scene,
        &[
            second,
            "other_master 5: 10.0.0.60 with priority 90, heard 0.000 s ago, says that it is master as well; ours",
        ],
    );
    scene.pass(10 * SECOND);
    expect(&scene, &["best"]);
    scene.machine(|machine| machine.addresses = AddressState::Missing);
    expect(&scene, &["best", "addresses_missing"]);
    scene.machine = None;
    expect(&scene, &["best", "host_thread"]);
    expect(&Scene::new(&one("priority 255")), &["owner 5: it owns the addresses"]);
}

#[test]
fn what_a_router_in_fault_lacks() {
    let down = |text: &str, link, source| {
        let mut scene = Scene::unplaced(text, |_| {});
        scene.place(0, link, source);
        scene
    };
    expect(&Scene::unplaced(&one(""), |_| {}), &["no_interface 2: interface missing | create"]);
    expect(&down(&one(""), LinkState::Down, Some(address(50))), &["link_down 2: interface down"]);
    expect(&down(&one(""), LinkState::Up, None), &["no_source 2: no source address"]);
    let unicast = "unicast_src_ip 10.0.0.50\n unicast_peer {\n 10.0.0.60\n }";
    expect(&down(&one(unicast), LinkState::Up, None), &["source_absent 5: the configured source address"]);
    let lonely = "unicast_src_ip 10.0.0.50\n unicast_peer {\n }\n unicast_fault_no_peer";
    expect(&down(&one(lonely), LinkState::Up, Some(address(50))), &["no_peer 8: no unicast peer"]);
    let mut scene = Scene::new(&one(""));
    scene.give(Input::Shutdown { router: None });
    expect(&scene, &["stopped 1: stopped"]);
}

#[test]
fn a_machine_that_cannot_do_what_a_router_needs() {
    let mut scene = Scene::new(&one(""));
    let (router, _, _) = scene.routers[0];
    scene.give(Input::HostState { router, state: HostState::Failed });
    let until = scene.now + 4 * SECOND;
    expect(&scene, &["refused 2: the kernel refuses"]);
    scene.machine(|machine| machine.hold_down_until = Some(until));
    expect(&scene, &["refused 2", "hold_down 2: it is tried again in 4.000 s"]);
    scene.machine(|machine| machine.unusable = Some(Unusable::NotEthernet { link: "eth0".to_owned() }));
    expect(&scene, &["unusable 2: eth0 is not an Ethernet interface", "hold_down"]);
    scene.machine = None;
    expect(&scene, &["host_thread 2: the thread that holds the addresses does not answer"]);
}

#[test]
fn the_startup_delay() {
    let mut scene = Scene::unplaced(&format!("global_defs {{\n vrrp_startup_delay 9\n}}\n{}", one("")), |_| {});
    let until = scene.now + 9 * SECOND;
    scene.give(Input::StartupDelay { until });
    scene.all(LinkState::Up);
    scene.pass(2 * SECOND);
    expect(&scene, &["startup_delay 2: the startup delay is not over: it ends in 7.000 s | shorten"]);
}

#[test]
fn tracked_objects_that_stop_hold_or_move_it() {
    let text = "vrrp_script chk {\n script \"/bin/true\"\n}\n".to_owned() + &one("track_script {\n chk\n }");
    let with = |kind: EffectKind, readings: &[Reading]| {
        let tracking = vec![Tracking { tracker: TRACKER, effect: Effect::plain(kind) }];
        let mut scene = Scene::unplaced(&text, |config| config.tracking.clone_from(&tracking));
        scene.all(LinkState::Up);
        for reading in readings {
            scene.give(Input::Reading { tracker: TRACKER, reading: *reading });
        }
        scene.pass(SECOND);
        scene
    };
    expect(&with(EffectKind::Fault, &[]), &["tracker_unknown 9: vrrp_script chk is unknown: nothing is known yet"]);
    expect(
        &with(EffectKind::Fault, &[Reading::Down]),
        &["tracker 9: vrrp_script chk is down for 1.000 s: it stops the router | it runs again once that recovers"],
    );
    expect(
        &with(EffectKind::Weight(-20), &[Reading::Down]),
        &[
            "hears_nobody 4",
            "priority 4: its priority is 80 now; 100 is configured",
            "weight 9: vrrp_script chk is down for 1.000 s: it moves the priority by -20 | that recovers",
        ],
    );
    expect(&with(EffectKind::Weight(-20), &[Reading::Up]), &["hears_nobody"]);
}

#[test]
fn what_another_router_of_the_sync_group_lacks_or_hears() {
    let text = one("") + &router("B", 2, "") + "vrrp_sync_group G {\n group {\n A\n B\n }\n}\n";
    let mut scene = Scene::unplaced(&text, |_| {});
    scene.place(0, LinkState::Up, Some(address(50)));
    scene.place(1, LinkState::Down, Some(address(50)));
    expect(&scene, &["group_member 10: B, a router of its sync group, cannot run: interface down | `tanist why B`"]);
    scene.place(1, LinkState::Up, Some(address(50)));
    for _ in 0..5 {
        scene.hear(1, 60, 150);
        scene.pass(SECOND);
    }
    expect(&scene, &["group_hears 19: it hears no master, but it waits for B, of its sync group, to hear none"]);
    scene.hear(0, 60, 50);
    scene.pass(SECOND / 2);
    let said = "group_hears 19: 10.0.0.60 with priority 50, heard 0.500 s ago, is master with a lower \
                priority than ours, 100, but it waits for B, of its sync group, to hear none";
    expect(&scene, &[said]);
}

#[test]
fn adverts_that_are_dropped_or_do_not_arrive() {
    let password = "version 2\n authentication {\n auth_type PASS\n auth_pass secret\n }";
    let text = router("A", 1, password).replacen(" version 3\n", "", 1);
    let mut scene = Scene::new(&text);
    let config = scene.routers[0].2.clone();
    let other = RouterConfig {
        authentication: vrrp::config::Authentication::Password(Password::from_text("another")),
        ..config.clone()
    };
    scene.hear_as(&other, 60, 150);
    scene.hear_as(&other, 60, 150);
    scene.hear_as(&config.with(|it| it.version = Version::V3), 70, 150);
    let dropped = "dropped 5: adverts of 10.0.0.60 with priority 150, heard 0.000 s ago, are dropped: wrong password, or \
                   signed with another key; 2 so \
                   far | the same `authentication`, or keys of `auth_hmac`, on all members";
    let said = scene.why();
    assert_eq!(said.iter().filter(|line| line.starts_with("dropped")).count(), 2, "{said:#?}");
    assert!(said.iter().any(|line| line == dropped), "{said:#?}");
    assert!(said.iter().any(|line| line.starts_with("dropped 4: adverts of 10.0.0.70")), "{said:#?}");
    scene.pass(10 * SECOND);
    assert!(!scene.why().iter().any(|line| line.starts_with("dropped")), "what is long ago says nothing");
    let mac = vrrp::MacAddr([2, 0, 0, 0, 0, 1]);
    scene.unheard = Some(Unheard { peer: address(60), mac, link: "eth0".to_owned(), by: Barrier::Firewall });
    let said = scene.why();
    let firewall = "not_heard 2: adverts from 10.0.0.60 (02:00:00:00:00:01) arrive on eth0, but the daemon does not hear \
                    them | a firewall drops IP protocol 112";
    assert!(said.iter().any(|line| line.starts_with(firewall)), "{said:#?}");
}

#[test]
fn a_master_that_takes_no_packets() {
    let mut scene = Scene::new(&one("no_accept"));
    scene.pass(10 * SECOND);
    scene.machine.as_mut().unwrap().dropping = Some(Dropping::Counted(7));
    let counted = "dropping 5: packets to its addresses, as pings, are dropped: 7 since it became master | `accept`";
    expect(&scene, &["best", counted]);
    scene.machine.as_mut().unwrap().dropping = Some(Dropping::Refused);
    expect(&scene, &["best", "dropping 5: packets to its addresses are accepted, although it is to drop them"]);
}

#[test]
fn a_peer_that_does_not_heed_answers() {
    let mut scene = Scene::new(&one("use_vmac"));
    scene.pass(10 * SECOND);
    for _ in 0..4 {
        scene.hear(0, 60, 90);
        scene.pass(SECOND);
    }
    expect(
        &scene,
        &[
            "other_master",
            "deaf_peer 5: a peer went on advertising although it was answered, so that adverts also leave",
        ],
    );
}
