//! VRRP-MIB (RFC 2787, 1.3.6.1.2.1.68): routers of VRRPv2. An owner of addresses knows the key of its peers: `vrrpOperAuthKey` is
//! not told, as that RFC wants it.

use std::net::{IpAddr, Ipv4Addr};

use agentx::Value;
use conf::model::Switch;
use vrrp::config::{Authentication, Preempt};
use vrrp::discard::Discard;
use vrrp::event::Causes;
use vrrp::types::Version;

use super::scene::{Scene, rfc_state};
use super::view::{Column, Objects, Scalar, Table, counter32, integer, one_if};
use crate::control::picture::Seen;
use crate::control::statistics::Statistics;

/// Where it begins.
pub(super) const ROOT: &[u32] = &[1, 3, 6, 1, 2, 1, 68];

/// `vrrpOperMasterIpAddr`
pub(super) const MASTER: &[u32] = &[1, 3, 1, 7];

/// A row is the place of a router.
const OPERATIONS: &[Column<usize>] = &[
    (2, |scene, it| Some(Value::Octets(Scene::mac_of(&scene.seen(*it))?.0.to_vec()))),
    (3, |scene, it| rfc_state(scene.seen(*it).snapshot.state)),
    (4, |scene, it| one_if(!scene.seen(*it).snapshot.waiting_for.contains(Causes::SHUTDOWN))),
    (5, |scene, it| integer(scene.seen(*it).snapshot.base_priority.value())),
    (6, |scene, it| integer(i64::try_from(scene.seen(*it).router.addresses.len()).unwrap_or(i64::MAX))),
    (7, |scene, it| address(Scene::master_of(scene.seen(*it).snapshot))),
    (8, |scene, it| address(scene.seen(*it).snapshot.source)),
    (9, |scene, it| integer(authentication(&scene.seen(*it)))),
    (11, |scene, it| integer(i64::try_from(scene.seen(*it).snapshot.interval.duration().as_secs()).unwrap_or(1))),
    (12, |scene, it| one_if(scene.seen(*it).router.parameters.preempt != Preempt::Never)),
    (13, |scene, it| Some(Value::TimeTicks(scene.agent.ticks_of(scene.past.started(scene.seen(*it).snapshot)?)))),
    (14, |_, _| integer(IP)),
    (15, |_, _| integer(ACTIVE)),
];
/// `ip(1)`
const IP: i32 = 1;
/// RowStatus
const ACTIVE: i32 = 1;

const ADDRESSES: &[Column<()>] = &[(2, |_, ()| integer(ACTIVE))];

const STATISTICS: &[Column<usize>] = &[
    (1, |scene, it| counter32(of(scene, *it).become_master)),
    (2, |scene, it| counter32(of(scene, *it).advert_rcvd)),
    (3, |scene, it| counter32(of(scene, *it).advert_interval_err)),
    (4, |scene, it| counter32(of(scene, *it).auth_failure)),
    (5, |scene, it| counter32(of(scene, *it).ip_ttl_err)),
    (6, |scene, it| counter32(of(scene, *it).pri_zero_rcvd)),
    (7, |scene, it| counter32(of(scene, *it).pri_zero_sent)),
    (8, |scene, it| counter32(of(scene, *it).invalid_type_rcvd)),
    (9, |scene, it| counter32(of(scene, *it).addr_list_err)),
    (10, |scene, it| counter32(of(scene, *it).invalid_authtype)),
    (11, |scene, it| counter32(of(scene, *it).authtype_mismatch)),
    (12, |scene, it| counter32(of(scene, *it).packet_len_err)),
];

pub(super) fn objects(scene: &Scene) -> Vec<Box<dyn Objects>> {
    let below = |numbers: &[u32]| [ROOT, numbers].concat();
    let single = |name: &[u32], value| -> Box<dyn Objects> { Box::new(Scalar { name: below(name), value }) };
    let routers = || scene.instances().filter_map(|(instance, seen)| Some((instance, seen, index(scene, &seen)?)));
    let rows = || routers().map(|(instance, _, index)| (index, instance)).collect::<Vec<_>>();
    let addresses = routers().flat_map(|(_, seen, index)| {
        let v4 = seen.router.addresses.iter().filter_map(|it| match it.address {
            IpAddr::V4(address) => Some(address.octets().map(u32::from)),
            IpAddr::V6(_) => None,
        });
        v4.map(move |address| ([&index[..], &address].concat(), ())).collect::<Vec<_>>()
    });
    vec![
        single(&[1, 1, 0], |_| integer(2)),
        single(&[1, 2, 0], |scene| one_if(scene.traps == Switch::On)),
        Box::new(Table::new(below(&[1, 3, 1]), OPERATIONS, rows())),
        Box::new(Table::new(below(&[1, 4, 1]), ADDRESSES, addresses.collect())),
        single(&[2, 1, 0], |scene| counter32(scene.dropped(Discard::Checksum))),
        single(&[2, 2, 0], |scene| counter32(scene.dropped(Discard::Version))),
        single(&[2, 3, 0], |scene| counter32(scene.dropped(Discard::UnknownVrid))),
        Box::new(Table::new(below(&[2, 4, 1]), STATISTICS, rows())),
    ]
}

/// The index of a router; `None`: the MIB is not about it.
pub(super) fn index(scene: &Scene, seen: &Seen<'_>) -> Option<Vec<u32>> {
    match seen.router.parameters.version {
        Version::V2 => Some(vec![scene.link_of(seen)?, seen.router.vrid.value().into()]),
        Version::V3 => None,
    }
}

fn of(scene: &Scene, instance: usize) -> Statistics {
    Statistics::of(scene.seen(instance).snapshot)
}

/// 0.0.0.0 if there is none.
pub(super) fn address(address: Option<IpAddr>) -> Option<Value> {
    match address {
        Some(IpAddr::V4(address)) => Some(Value::IpAddress(address)),
        Some(IpAddr::V6(_)) | None => Some(Value::IpAddress(Ipv4Addr::UNSPECIFIED)),
    }
}

fn authentication(seen: &Seen<'_>) -> i32 {
    match seen.router.authentication {
        Authentication::None | Authentication::Hmac(_) => 1,
        Authentication::Password(_) => 2,
        Authentication::Ah(_) => 3,
    }
}
