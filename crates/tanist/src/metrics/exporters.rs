//! The names and labels of the two exporters for keepalived that are in use, so that their boards and alerts go on: that of
//! mehdy (first of cafebazaar) and that of gen2brain. The numbers are those of keepalived's dumps.

use std::fmt;
use std::sync::Arc;

use conf::model::watch::TrackerKind;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use vrrp::event::StateName;
use vrrp::input::Reading;

use super::page::{Label, Page, Sample};
use super::scene::{Scene, Seen};
use crate::control::statistics::Statistics;
use crate::ports::tracking::TrackerKey;
use crate::wording;

/// The metrics of a scene.
#[derive(Debug)]
pub(super) struct Exporters(pub(super) Arc<Scene>);

/// A counter: its name without `_total` in the one exporter, its name in the other, what both say of it, and where it is.
type Counted = (&'static str, &'static str, &'static str, fn(&Statistics) -> u64);

const COUNTERS: [Counted; 14] = [
    ("advertisements_received", "advert_rcvd", "Advertisements received", |it| it.advert_rcvd),
    ("advertisements_sent", "advert_sent", "Advertisements sent", |it| it.advert_sent),
    ("become_master", "become_master", "Became master", |it| it.become_master),
    ("release_master", "release_master", "Released master", |it| it.release_master),
    ("packet_length_errors", "packet_len_err", "Packet length errors", |it| it.packet_len_err),
    ("advertisements_interval_errors", "advert_interval_err", "Advertisement interval errors", |it| {
        it.advert_interval_err
    }),
    ("ip_ttl_errors", "ip_ttl_err", "TTL errors", |it| it.ip_ttl_err),
    ("invalid_type_received", "invalid_type_rcvd", "Invalid type errors", |it| it.invalid_type_rcvd),
    ("address_list_errors", "addr_list_err", "Address list errors", |it| it.addr_list_err),
    ("authentication_invalid", "invalid_authtype", "Authentication invalid", |it| it.invalid_authtype),
    ("authentication_mismatch", "authtype_mismatch", "Authentication mismatch", |it| it.authtype_mismatch),
    ("authentication_failure", "auth_failure", "Authentication failure", |it| it.auth_failure),
    ("priority_zero_received", "pri_zero_rcvd", "Priority zero received", |it| it.pri_zero_rcvd),
    ("priority_zero_sent", "pri_zero_sent", "Priority zero sent", |it| it.pri_zero_sent),
];

impl Collector for Exporters {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (mut page, routers) = (Page(encoder), self.0.routers());
        page.gauge("keepalived_up", "Status", [Sample::new(&[], 1.0)])?;
        of_counters(&mut page, &routers)?;
        let delays: Vec<_> =
            routers.iter().map(|it| (labels("iname", it), it.router.parameters.announce.delay)).collect();
        let delays = delays.iter().map(|(labels, delay)| Sample::new(labels, delay.as_secs()));
        page.counter("keepalived_gratuitous_arp_delay", "Gratuitous ARP delay", delays)?;
        let states = routers.iter().flat_map(addresses);
        page.gauge("keepalived_vrrp_state", "State of vrrp", states)?;
        of_scripts(&mut page, &self.0)
    }
}

fn of_counters(page: &mut Page<'_>, routers: &[Seen<'_>]) -> fmt::Result {
    let counted =
        |name| -> Vec<_> { routers.iter().map(|it| (labels(name, it), Statistics::of(it.snapshot))).collect() };
    let (of_one, of_other) = (counted("iname"), counted("name"));
    for (name, other, help, count) in COUNTERS {
        let samples = of_one.iter().map(|(labels, all)| Sample::new(labels, count(all)));
        page.counter(&format!("keepalived_{name}"), help, samples)?;
        let samples = of_other.iter().map(|(labels, all)| Sample::new(labels, count(all)));
        page.untyped(&format!("keepalived_vrrp_{other}"), help, samples)?;
    }
    Ok(())
}

fn labels<'a>(name: &'static str, seen: &Seen<'a>) -> [Label<'a>; 4] {
    let router = seen.router;
    [
        (name, router.name.as_str().into()),
        ("intf", router.interface.as_str().into()),
        ("vrid", router.vrid.value().to_string().into()),
        ("state", wording::state(seen.snapshot.state).into()),
    ]
}

/// The state of a router, once for each of its addresses.
fn addresses<'a>(seen: &Seen<'a>) -> impl Iterator<Item = Sample<'a, f64>> {
    let (router, state) = (seen.router, number(seen.snapshot.state));
    router.addresses.iter().map(move |address| {
        let interface = address.dev.as_ref().unwrap_or(&router.interface);
        Sample {
            subject: &[],
            own: vec![
                ("iname", router.name.as_str().into()),
                ("intf", interface.as_str().into()),
                ("vrid", router.vrid.value().to_string().into()),
                ("ip_address", plain(address).into()),
            ],
            value: state,
        }
    })
}

/// As keepalived writes it: without the length that says nothing.
fn plain(address: &conf::model::Address) -> String {
    let host_bits = if address.address.is_ipv4() { 32 } else { 128 };
    if address.prefix_len == host_bits {
        address.address.to_string()
    } else {
        format!("{}/{}", address.address, address.prefix_len)
    }
}

fn of_scripts(page: &mut Page<'_>, scene: &Scene) -> fmt::Result {
    let scripts: Vec<([Label<'_>; 1], Reading)> = scene
        .trackers()
        .into_iter()
        .filter_map(|(key, reading)| match key {
            TrackerKey::Named(TrackerKind::Script, name) => Some(([("name", name.into())], reading)),
            TrackerKey::Named(..) | TrackerKey::Interface(_) | TrackerKey::TrackGroup(_) => None,
        })
        .collect();
    let status = scripts.iter().filter_map(|(labels, reading)| match reading {
        Reading::Up => Some(Sample::new(labels, 1.0)),
        Reading::Down | Reading::Level(_) => Some(Sample::new(labels, 0.0)),
        Reading::Unknown => None,
    });
    page.gauge("keepalived_script_status", "Tracker Script Status", status)
}

const fn number(state: StateName) -> f64 {
    match state {
        StateName::Backup => 1.0,
        StateName::Active => 2.0,
        StateName::Initialize => 3.0,
    }
}
