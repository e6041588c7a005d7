//! BFD sessions of a configuration, as the protocol thread runs them.

use conf::model::Switch;
use conf::model::watch::{BfdSession, TrackerKind};
use vrrp::bfd::{Hops, SessionConfig, SessionRole};

use crate::ports::protocol::{Ends, SessionPlan};
use crate::ports::tracking::TrackerKey;
use crate::trackers::Registry;

/// All sessions, whoever tracks them: peers may track their own ends.
pub(super) fn plans(sessions: &[BfdSession], registry: &Registry) -> Vec<SessionPlan> {
    let plan = |session: &BfdSession| {
        let tracker = registry.id(&TrackerKey::Named(TrackerKind::Session, session.name.clone()))?;
        let Ends { neighbor, source, hops, hop_limit } = ends(session);
        Some(SessionPlan {
            name: session.name.as_str().into(),
            hop_limit,
            config: SessionConfig {
                tracker,
                neighbor,
                source,
                hops,
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

/// By which its peer knows it.
pub(in super::super) fn ends(session: &BfdSession) -> Ends {
    Ends {
        neighbor: session.neighbor,
        source: session.source,
        hops: match session.multihop {
            Switch::On => Hops::Multiple,
            Switch::Off => Hops::Single,
        },
        hop_limit: session.hop_limit(),
    }
}

#[cfg(test)]
mod tests {
    use conf::model::Config;
    use vrrp::config::EffectKind;

    use super::*;
    use crate::daemon::reload::groups;
    use crate::trackers;

    fn config(text: &str) -> Config {
        conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", text)).config
    }

    const ROUTERS: &str = "\
vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1/24\n }\n}
vrrp_instance B {\n interface eth0\n virtual_router_id 2\n virtual_ipaddress {\n 10.0.0.2/24\n }\n}
vrrp_sync_group G {\n group {\n A B\n }\n track_bfd {\n far\n }\n}\n";

    #[test]
    fn sessions_run_as_written_and_every_router_of_a_group_tracks_those_of_the_group() {
        let text = "bfd_instance near {\n neighbor_ip 2001:db8::2\n}\n\
                    bfd_instance far {\n neighbor_ip 192.0.2.9\n multihop\n max_hops 3\n passive\n ttl 100\n}\n";
        let config = config(&format!("{text}{ROUTERS}"));
        let (routers, mut registry) = (groups::routers(&config), Registry::default());
        registry.follow(routers.iter(), &config.watched.sessions);
        let [near, far] = &plans(&config.watched.sessions, &registry)[..] else { panic!("{config:?}") };
        assert_eq!((near.hop_limit, near.config.least_hop_limit, near.config.hops), (255, 64, Hops::Single));
        assert_eq!((far.hop_limit, far.config.least_hop_limit, far.config.hops), (100, 97, Hops::Multiple));
        assert_eq!((near.config.role, far.config.role), (SessionRole::Active, SessionRole::Passive));
        for router in &routers {
            let tracked: Vec<_> = trackers::trackings(router).collect();
            let [(key, effect)] = &tracked[..] else { panic!("{tracked:?}") };
            assert_eq!((registry.id(key), effect.kind), (Some(far.config.tracker), EffectKind::Fault));
        }
    }
}
