//! Events as traps: those of KEEPALIVED-MIB, of RFC 2787 and of RFC 6527.

use std::net::IpAddr;
use std::time::Duration;

use agentx::{Oid, Value, VarBind};
use conf::model::snmp::Snmp;
use conf::model::{Config, Switch};
use tokio::time::Instant;
use vrrp::discard::Discard;
use vrrp::event::{EventKind, StateName};

use super::past::{NewMaster, ProtoError};
use super::scene::{Scene, octets};
use super::{keepalived, rfc2787, rfc6527};
use crate::control::picture::is_on;
use crate::ports::events::{Named, NamedEvent, Occurrence};
use crate::wording::NotifyState;

/// How long one waits for an agent.
const PATIENCE: Duration = Duration::from_secs(30);

/// `snmpTrapOID.0`
const TRAP_NAME: &[u32] = &[1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0];

/// Something to tell.
#[derive(Clone, Debug)]
pub(super) struct Trap {
    at: Instant,
    subject: Named,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// Another state, and why it is master.
    State(NotifyState, Option<NewMaster>),
    /// A packet was dropped.
    Dropped(Discard, IpAddr),
}

impl Trap {
    /// `None`: no MIB has a trap for it.
    pub(super) fn of(event: &NamedEvent) -> Option<Self> {
        let Occurrence::Protocol(engine) = &event.what else { return None };
        let what = if let EventKind::Discarded { reason, source } = &engine.kind {
            What::Dropped(*reason, *source)
        } else {
            What::State(NotifyState::of(&engine.kind)?.0, new_master(&engine.kind))
        };
        Some(Self { at: Instant::now(), subject: event.subject.clone(), what })
    }

    /// Whether nobody wants to hear of it any more.
    pub(super) fn is_stale(&self) -> bool {
        self.at.elapsed() > PATIENCE
    }

    /// What is said of it, by each MIB that is enabled.
    pub(super) fn notifications(&self, config: &Config, scene: Option<&Scene>, wanted: &Snmp) -> Vec<Vec<VarBind>> {
        let mut all = Vec::new();
        match (&self.subject, &self.what) {
            (Named::Router(name), What::State(state, reason)) => {
                all.extend(on(wanted.keepalived, || instance(config, name, *state)));
                if let Some(reason) = reason {
                    all.extend(on(wanted.rfc2787, || new_master_v2(scene?, name)));
                    all.extend(on(wanted.rfc6527, || new_master_v3(scene?, name, *reason)));
                }
            }
            (Named::Group(name), What::State(state, _)) => {
                all.extend(on(wanted.keepalived, || group(config, name, *state)));
            }
            (Named::Router(name), What::Dropped(reason, source)) => {
                all.extend(on(wanted.rfc2787, || authentication_failed(scene?, name, *reason, *source)));
                all.extend(on(wanted.rfc6527, || protocol_error(scene?, name, *reason)));
            }
            (Named::Daemon, _) | (Named::Group(_), What::Dropped(..)) => {}
        }
        all
    }
}

fn on(mib: Switch, trap: impl FnOnce() -> Option<Vec<VarBind>>) -> Option<Vec<VarBind>> {
    if is_on(mib) { trap() } else { None }
}

const fn new_master(kind: &EventKind) -> Option<NewMaster> {
    match kind {
        EventKind::Transition(transition) => match transition.to {
            StateName::Active => Some(NewMaster::of(&transition.reason)),
            StateName::Backup | StateName::Initialize => None,
        },
        EventKind::WaitingFor { .. }
        | EventKind::Flapping { .. }
        | EventKind::PriorityChanged { .. }
        | EventKind::InferiorAdvert(_)
        | EventKind::DeafPeer { .. }
        | EventKind::NearFailover { .. }
        | EventKind::TwoMasters { .. }
        | EventKind::RedundancyLost { .. }
        | EventKind::RedundancyBack(_)
        | EventKind::SamePriority(_)
        | EventKind::OwnerConflict(_)
        | EventKind::IntervalMismatch { .. }
        | EventKind::AddressMismatch(_)
        | EventKind::UnlistedPeer(_)
        | EventKind::Discarded { .. }
        | EventKind::Stalled { .. } => None,
    }
}

const fn number(state: NotifyState) -> i32 {
    match state {
        NotifyState::Backup => 1,
        NotifyState::Master => 2,
        NotifyState::Fault => 3,
        NotifyState::Stop => 5,
        NotifyState::Deleted => 6,
    }
}

/// `vrrpInstanceStateChange`. As keepalived's its objects have no index.
fn instance(config: &Config, name: &str, state: NotifyState) -> Option<Vec<VarBind>> {
    let router = config.routers.iter().find(|router| router.name == name);
    let initial = router.map_or(UNKNOWN, |router| keepalived::initial_state(router.state));
    let object = |column| keepalived::below(&[2, 3, 1, column]);
    trap(
        &keepalived::below(&[2, 10, 0, 2]),
        [
            (object(2), Value::Octets(name.into())),
            (object(4), Value::Integer(number(state))),
            (object(5), Value::Integer(initial)),
            (keepalived::router_id_name(), keepalived::router_id(config)),
        ],
    )
}

/// `unknown(4)`: it is gone.
const UNKNOWN: i32 = 4;

/// `vrrpSyncGroupStateChange`
fn group(config: &Config, name: &str, state: NotifyState) -> Option<Vec<VarBind>> {
    let object = |column| keepalived::below(&[2, 1, 1, column]);
    trap(
        &keepalived::below(&[2, 10, 0, 1]),
        [
            (object(2), Value::Octets(name.into())),
            (object(3), Value::Integer(number(state))),
            (keepalived::router_id_name(), keepalived::router_id(config)),
        ],
    )
}

/// `vrrpTrapNewMaster`
fn new_master_v2(scene: &Scene, name: &str) -> Option<Vec<VarBind>> {
    let seen = scene.named(name)?;
    let master = [rfc2787::ROOT, rfc2787::MASTER, &rfc2787::index(scene, &seen)?].concat();
    trap(&[rfc2787::ROOT, &[0, 1]].concat(), [(master, rfc2787::address(seen.snapshot.source)?)])
}

/// `vrrpv3NewMaster`
fn new_master_v3(scene: &Scene, name: &str, reason: NewMaster) -> Option<Vec<VarBind>> {
    let seen = scene.named(name)?;
    let index = rfc6527::index(scene, &seen)?;
    let object = |column: &[u32]| [rfc6527::ROOT, column, &index].concat();
    trap(
        &[rfc6527::ROOT, &[0, 1]].concat(),
        [
            (object(rfc6527::MASTER), octets(seen.snapshot.source?)?),
            (object(rfc6527::NEW_MASTER_REASON), Value::Integer(reason as i32)),
        ],
    )
}

/// `vrrpTrapAuthFailure`
fn authentication_failed(scene: &Scene, name: &str, reason: Discard, source: IpAddr) -> Option<Vec<VarBind>> {
    let kind = if reason == Discard::AuthenticationType {
        2
    } else if reason == Discard::AuthenticationData {
        3
    } else {
        return None;
    };
    rfc2787::index(scene, &scene.named(name)?)?;
    let object = |number| [rfc2787::ROOT, &[1, number, 0]].concat();
    trap(
        &[rfc2787::ROOT, &[0, 2]].concat(),
        [(object(5), rfc2787::address(Some(source))?), (object(6), Value::Integer(kind))],
    )
}

/// `vrrpv3ProtoError`
fn protocol_error(scene: &Scene, name: &str, reason: Discard) -> Option<Vec<VarBind>> {
    let error = ProtoError::of(reason)?;
    let index = rfc6527::index(scene, &scene.named(name)?)?;
    let object = [rfc6527::ROOT, rfc6527::PROTO_ERROR_REASON, &index].concat();
    trap(&[rfc6527::ROOT, &[0, 2]].concat(), [(object, Value::Integer(error as i32))])
}

fn trap<const N: usize>(name: &[u32], objects: [(Vec<u32>, Value); N]) -> Option<Vec<VarBind>> {
    let mut all = vec![VarBind { name: Oid::from(TRAP_NAME), value: Value::Oid(Oid::from(name)) }];
    all.extend(objects.map(|(name, value)| VarBind { name: name.into(), value }));
    Some(all)
}
