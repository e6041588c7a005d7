//! Both sets of metrics, read as Prometheus reads them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use vrrp::config::RouterConfig;
use vrrp::types::Version;
use vrrp::{Engine, IfIndex, Input, LinkState, Parent};

use super::scene::{Counts, Guardian, Moment};
use super::*;
use crate::ports::directory::{Directory, Names as Named};
use crate::ports::protocol::Snapshots;
use crate::ports::released::Released;

/// A backup of a name that must be escaped, and a router whose interface is missing.
fn scene() -> Arc<Scene> {
    let text = "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n version 3\n virtual_ipaddress {\n 10.0.0.1/24\n \
                10.0.0.2/32 dev eth1\n }\n}\nvrrp_instance B {\n interface eth9\n virtual_router_id 2\n version 3\n \
                virtual_ipaddress {\n 10.0.0.3/24\n }\n}\n";
    let loaded = conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", text));
    let (mut engine, now) = (Engine::new(), vrrp::Instant::from_nanos(1_000_000_000_000));
    let mut known = HashMap::new();
    for mut router in loaded.config.routers {
        let addresses = router.addresses.iter().map(|it| it.address).collect();
        let id = engine.add(now, RouterConfig::new(router.vrid, Version::V3, addresses));
        if router.interface == "eth0" {
            let source = Some([10, 0, 0, 50].into());
            let parent = Parent { ifindex: IfIndex::new(2), link: LinkState::Up, source };
            engine.handle(now, Input::Parent { router: id, parent });
            router.name = "a \"quoted\\\nname".into();
        }
        known.insert(id, Arc::new(router));
    }
    let snapshots = Snapshots {
        routers: engine.routers().filter_map(|id| engine.snapshot(id)).collect(),
        tracked: HashMap::new(),
        groups: Vec::new(),
        no_such_router: engine.no_such_router().clone(),
        overflows: 3,
        sessions: Vec::new(),
        no_session: vrrp::bfd::Discards::default(),
    };
    Arc::new(Scene {
        snapshots: Arc::new(snapshots),
        machine: None,
        directory: Arc::new(Directory::default().followed_by(known, Named::default())),
        counts: Counts::default(),
        guardian: Guardian::There { deaths: 1 },
        released: Released::default(),
        now: Moment { at: now + Duration::from_secs(5), wall: Duration::from_secs(1_800_000_000) },
    })
}

/// The samples of a text, and their kinds: what Prometheus would refuse fails.
fn read(text: &str) -> (BTreeMap<String, f64>, BTreeMap<String, String>) {
    let (mut samples, mut kinds, mut helped) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    for line in text.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match &words[..] {
            ["#", "HELP", name, help] => assert!(!help.is_empty() && helped.insert((*name).to_owned()), "{line}"),
            ["#", "TYPE", name, kind] => {
                assert!(helped.contains(*name), "{line}");
                assert_eq!(kinds.insert((*name).to_owned(), (*kind).to_owned()), None, "{line}");
            }
            _ => {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let name = series.split('{').next().unwrap();
                assert!(kinds.contains_key(name), "{line}");
                assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{line}");
                assert_eq!(samples.insert(series.to_owned(), value.parse().unwrap()), None, "{line}");
            }
        }
    }
    (samples, kinds)
}

#[test]
fn our_own_are_named_by_their_kind_and_escaped() {
    let text = text(&scene(), Names::Tanist);
    let (samples, kinds) = read(&text);
    for (name, kind) in &kinds {
        assert!(name.starts_with("tanist_"), "{name}");
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name}");
    }
    let labels = r#"router="a \"quoted\\\nname",interface="eth0",vrid="1",family="IPv4""#;
    for (series, value) in [
        (format!("tanist_router_state{{{labels},state=\"backup\"}}"), 1.0),
        (format!("tanist_router_state{{{labels},state=\"master\"}}"), 0.0),
        (format!("tanist_router_priority{{{labels}}}"), 100.0),
        (format!("tanist_router_state_entered_timestamp_seconds{{{labels}}}"), 1_799_999_995.0),
        (format!("tanist_router_became_master_total{{{labels}}}"), 0.0),
        ("tanist_packets_lost_total".to_owned(), 3.0),
        ("tanist_host_thread_up".to_owned(), 0.0),
        ("tanist_guardian_up".to_owned(), 1.0),
        ("tanist_guardian_deaths_total".to_owned(), 1.0),
    ] {
        assert_eq!(samples.get(&series), Some(&value), "{series}: {text}");
    }
    assert!(!text.contains("addresses_missing"), "what only the host thread knows is not made up");
}

/// The names and labels that boards and alerts of others have.
#[test]
fn those_of_the_exporters_are_theirs() {
    let text = text(&scene(), Names::Keepalived);
    let (samples, _) = read(&text);
    let router = r#"="B",intf="eth9",vrid="2",state="FAULT""#;
    for name in [
        "keepalived_advertisements_received_total",
        "keepalived_advertisements_sent_total",
        "keepalived_become_master_total",
        "keepalived_release_master_total",
        "keepalived_packet_length_errors_total",
        "keepalived_advertisements_interval_errors_total",
        "keepalived_ip_ttl_errors_total",
        "keepalived_invalid_type_received_total",
        "keepalived_address_list_errors_total",
        "keepalived_authentication_invalid_total",
        "keepalived_authentication_mismatch_total",
        "keepalived_authentication_failure_total",
        "keepalived_priority_zero_received_total",
        "keepalived_priority_zero_sent_total",
    ] {
        assert_eq!(samples.get(&format!("{name}{{iname{router}}}")), Some(&0.0), "{name}: {text}");
    }
    for name in ["advert_rcvd", "become_master", "packet_len_err", "ip_ttl_err", "pri_zero_sent"] {
        assert_eq!(samples.get(&format!("keepalived_vrrp_{name}{{name{router}}}")), Some(&0.0), "{name}: {text}");
    }
    let state = |router: &str| samples.get(&format!("keepalived_vrrp_state{{iname={router}}}")).copied();
    assert_eq!(state(r#""B",intf="eth9",vrid="2",ip_address="10.0.0.3/24""#), Some(3.0), "{text}");
    let quoted = r#""a \"quoted\\\nname","#;
    assert_eq!(state(&format!("{quoted}intf=\"eth0\",vrid=\"1\",ip_address=\"10.0.0.1/24\"")), Some(1.0), "{text}");
    assert_eq!(state(&format!("{quoted}intf=\"eth1\",vrid=\"1\",ip_address=\"10.0.0.2\"")), Some(1.0), "{text}");
    assert_eq!(
        samples["keepalived_gratuitous_arp_delay_total{iname=\"B\",intf=\"eth9\",vrid=\"2\",state=\"FAULT\"}"],
        5.0
    );
    assert_eq!(samples["keepalived_up"], 1.0);
}

/// Every metric that the alerts and the board in `contrib/` ask for is served.
#[test]
fn alerts_and_board_ask_for_what_is_there() {
    let served = include_str!("own.rs");
    for text in [
        include_str!("../../../../contrib/prometheus/tanist.rules.yml"),
        include_str!("../../../../contrib/grafana/tanist.json"),
    ] {
        let words = text.split(|it: char| !it.is_ascii_lowercase() && it != '_');
        let names: BTreeSet<&str> = words.filter(|word| word.starts_with("tanist_")).collect();
        assert!(names.len() > 5, "{names:?}");
        for name in names {
            let written = name.strip_suffix("_total").unwrap_or(name);
            assert!(served.contains(&format!("\"{written}\"")), "{name}");
        }
    }
}
