//! VRRPV3-MIB (RFC 6527, 1.3.6.1.2.1.207): all routers, also those of VRRPv2, as in keepalived. Addresses in indexes have no length
//! in front of them, also as in keepalived.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use agentx::Value;
use vrrp::config::Preempt;
use vrrp::discard::Discard;
use vrrp::types::Family;

use super::scene::{Scene, octets, rfc_state, ticks};
use super::view::{Column, Objects, Scalar, Table, counter32, gauge, integer, one_if};
use crate::control::picture::{Seen, is_on};
use crate::control::statistics::Statistics;

/// Where it begins.
pub(super) const ROOT: &[u32] = &[1, 3, 6, 1, 2, 1, 207];

/// `vrrpv3OperationsMasterIpAddr`
pub(super) const MASTER: &[u32] = &[1, 1, 1, 1, 3];
/// `vrrpv3StatisticsNewMasterReason`
pub(super) const NEW_MASTER_REASON: &[u32] = &[1, 2, 5, 1, 2];
/// `vrrpv3StatisticsProtoErrReason`
pub(super) const PROTO_ERROR_REASON: &[u32] = &[1, 2, 5, 1, 6];

/// A row is the place of a router.
const OPERATIONS: &[Column<usize>] = &[
    (3, |scene, it| octets(known(&scene.seen(*it), Scene::master_of(scene.seen(*it).snapshot)))),
    (4, |scene, it| octets(known(&scene.seen(*it), scene.seen(*it).snapshot.source))),
    (5, |scene, it| Some(Value::Octets(Scene::mac_of(&scene.seen(*it))?.0.to_vec()))),
    (6, |scene, it| rfc_state(scene.seen(*it).snapshot.state)),
    (7, |scene, it| gauge(scene.seen(*it).snapshot.base_priority.value())),
    (8, |scene, it| integer(i64::try_from(scene.seen(*it).router.addresses.len()).unwrap_or(i64::MAX))),
    (9, |scene, it| integer(ticks(scene.seen(*it).snapshot.interval.duration()))),
    (10, |scene, it| one_if(scene.seen(*it).router.parameters.preempt != Preempt::Never)),
    (11, |scene, it| one_if(is_on(scene.seen(*it).router.accept))),
    (12, uptime),
    (13, |_, _| integer(ACTIVE)),
];
/// RowStatus
const ACTIVE: i32 = 1;

const ADDRESSES: &[Column<()>] = &[(2, |_, ()| integer(ACTIVE))];

const STATISTICS: &[Column<usize>] = &[
    (1, |scene, it| counter32(of(scene, *it).become_master)),
    (2, |scene, it| integer(scene.past.mastered(scene.seen(*it).snapshot) as i32)),
    (3, |scene, it| Some(Value::Counter64(of(scene, *it).advert_rcvd))),
    (4, |scene, it| Some(Value::Counter64(of(scene, *it).advert_interval_err))),
    (5, |scene, it| Some(Value::Counter64(of(scene, *it).ip_ttl_err))),
    (6, |scene, it| integer(scene.past.dropped(scene.seen(*it).snapshot) as i32)),
    (7, |scene, it| Some(Value::Counter64(of(scene, *it).pri_zero_rcvd))),
    (8, |scene, it| Some(Value::Counter64(of(scene, *it).pri_zero_sent))),
    (9, |scene, it| Some(Value::Counter64(of(scene, *it).invalid_type_rcvd))),
    (10, |scene, it| Some(Value::Counter64(of(scene, *it).addr_list_err))),
    (11, |scene, it| Some(Value::Counter64(of(scene, *it).packet_len_err))),
    // Counters begin with their router, and go on.
    (12, |_, _| Some(Value::TimeTicks(0))),
    (13, |scene, it| gauge(scene.seen(*it).snapshot.interval.duration().as_millis())),
];

pub(super) fn objects(scene: &Scene) -> Vec<Box<dyn Objects>> {
    let below = |numbers: &[u32]| [ROOT, numbers].concat();
    let single = |name: &[u32], value| -> Box<dyn Objects> { Box::new(Scalar { name: below(name), value }) };
    let routers = || scene.instances().filter_map(|(instance, seen)| Some((instance, seen, index(scene, &seen)?)));
    let rows = || routers().map(|(instance, _, index)| (index, instance)).collect::<Vec<_>>();
    let addresses = routers().flat_map(|(_, seen, index)| {
        let addresses = seen.router.addresses.iter().map(|it| numbers(it.address));
        addresses.map(move |address| ([&index[..], &address].concat(), ())).collect::<Vec<_>>()
    });
    vec![
        Box::new(Table::new(below(&[1, 1, 1, 1]), OPERATIONS, rows())),
        Box::new(Table::new(below(&[1, 1, 2, 1]), ADDRESSES, addresses.collect())),
        single(&[1, 2, 1, 0], |scene| Some(Value::Counter64(scene.dropped(Discard::Checksum)))),
        single(&[1, 2, 2, 0], |scene| Some(Value::Counter64(scene.dropped(Discard::Version)))),
        single(&[1, 2, 3, 0], |scene| Some(Value::Counter64(scene.dropped(Discard::UnknownVrid)))),
        single(&[1, 2, 4, 0], |_| Some(Value::TimeTicks(0))),
        Box::new(Table::new(below(&[1, 2, 5, 1]), STATISTICS, rows())),
    ]
}

/// The index of a router, if its interface is there.
pub(super) fn index(scene: &Scene, seen: &Seen<'_>) -> Option<Vec<u32>> {
    let family = match seen.router.family {
        Family::Ipv4 => 1,
        Family::Ipv6 => 2,
    };
    Some(vec![scene.link_of(seen)?, seen.router.vrid.value().into(), family])
}

fn numbers(address: IpAddr) -> Vec<u32> {
    match address {
        IpAddr::V4(address) => address.octets().map(u32::from).to_vec(),
        IpAddr::V6(address) => address.octets().map(u32::from).to_vec(),
    }
}

/// The unspecified address if there is none.
fn known(seen: &Seen<'_>, address: Option<IpAddr>) -> IpAddr {
    address.unwrap_or_else(|| match seen.router.family {
        Family::Ipv4 => Ipv4Addr::UNSPECIFIED.into(),
        Family::Ipv6 => Ipv6Addr::UNSPECIFIED.into(),
    })
}

fn uptime(scene: &Scene, it: &usize) -> Option<Value> {
    let started = scene.past.started(scene.seen(*it).snapshot);
    Some(Value::TimeTicks(started.map_or(0, |started| ticks(scene.now.since(started)))))
}

fn of(scene: &Scene, instance: usize) -> Statistics {
    Statistics::of(scene.seen(instance).snapshot)
}
