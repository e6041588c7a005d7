//! BFD sessions of a configuration, as the protocol thread runs them.

use conf::model::Switch;
use conf::model::watch::BfdSession;
use vrrp::bfd::{Hops, SessionConfig, SessionRole};

use crate::ports::protocol::SessionPlan;
use crate::ports::tracking::TrackerKey;
use crate::trackers::Registry;

/// All sessions, whoever tracks them: peers may track their own ends.
pub(super) fn plans(sessions: &[BfdSession], registry: &Registry) -> Vec<SessionPlan> {
    let plan = |session: &BfdSession| {
        let tracker = registry.id(&TrackerKey::Session(session.name.clone()))?;
        Some(SessionPlan {
            name: session.name.as_str().into(),
            hop_limit: session.hop_limit(),
            config: SessionConfig {
                tracker,
                neighbor: session.neighbor,
                source: session.source,
                hops: match session.multihop {
                    Switch::On => Hops::Multiple,
                    Switch::Off => Hops::Single,
                },
                least_hop_limit: session.least_hop_limit(),
                min_tx: session.min_tx,
                min_rx: session.min_rx,
                idle_tx: session.idle_tx,
                multiplier: session.multiplier,
                role: match session.passive {
                    Switch::On => SessionRole::Passive,
                    Switch::Off => SessionRole::Active,
                },
            },
        })
    };
    sessions.iter().filter_map(plan).collect()
}
