//! `vrrp_instance`

use host::MacvlanMode;
use vrrp::config::{
    AnnouncePlan, Authentication, ChecksumPolicy, Conformance, EffectKind, Preempt, PrimaryTracking, SourceCheck,
    SourceMac, Switches,
};
use vrrp::types::{Family, Version};

use super::Text;
use crate::model::hmac::{Hmac, HmacKey};
use crate::model::watch::{Tracked, TrackerKind};
use crate::model::{Peer, Router, Sense, State, Switch, TrackInterface, Tracker, Vmac, Weight};
use crate::quote::quoted;
use crate::resolve::switches::{InText, SwitchValue, WrittenSwitch, written};

impl Text {
    pub(super) fn router(&mut self, router: &Router) {
        self.block(format_args!("vrrp_instance {}", quoted(&router.name)), |text| {
            text.identity(router);
            text.election(router);
            text.authentication(&router.authentication);
            if let Some(hmac) = &router.hmac {
                text.hmac(hmac);
            }
            text.announcements(router);
            text.held(router);
            text.flag("dont_track_primary", router.primary == PrimaryTracking::Ignored);
            text.list("track_interface", router.track_interfaces.iter().map(interface));
            text.tracked(&router.tracked);
            text.notify(&router.notify);
            text.flag("smtp_alert", router.mail == Switch::On);
            text.switch("notify_priority_changes", router.priority_changes == Switch::On);
            router.not_carried_out.iter().for_each(|statement| text.line(statement));
        });
    }

    fn identity(&mut self, router: &Router) {
        self.setting("interface", quoted(&router.interface));
        self.setting("virtual_router_id", router.vrid);
        // Before all that could say another family.
        self.flag("native_ipv6", router.family == Family::Ipv6);
        self.setting(
            "version",
            match router.version {
                Version::V2 => 2,
                Version::V3 => 3,
            },
        );
        if let Some(Vmac { name, mac, group }) = &router.vmac {
            let name = name.as_ref().map(|name| format!(" {}", quoted(name)));
            let mac = mac.map(|mac| format!(" {mac}"));
            let group = group.map(|group| format!(" group {group}"));
            let words: String = [name, mac, group].into_iter().flatten().collect();
            self.line(format_args!("use_vmac{words}"));
        }
        self.flag("use_vmac_addr", router.address_vmacs == Switch::On);
        match router.vmac_mode {
            MacvlanMode::Private => self.setting("tanist_vmac_mode", router.vmac_mode.name()),
            // keepalived does not know the line.
            MacvlanMode::Bridge => {}
        }
        // Unicast goes out through the interface itself anyway.
        let unicast = router.is_unicast();
        let xmit_base = router.vmac.is_some() && router.source_mac == SourceMac::Physical && !unicast;
        self.flag("vmac_xmit_base", xmit_base);
        if !unicast {
            self.setting("mcast_dst_ip", router.group);
        }
        if let Some(source) = router.source {
            self.setting(if unicast { "unicast_src_ip" } else { "mcast_src_ip" }, source);
        }
        self.flag("track_src_ip", router.track_source == Switch::On);
        self.list("unicast_peer", router.peers.iter().map(peer));
        if router.fault_without_peers == Switch::On {
            if router.peers.is_empty() {
                self.block("unicast_peer", |_| {});
            }
            self.line("unicast_fault_no_peer");
        }
        if let Some(ttl) = router.unicast_ttl {
            self.setting("unicast_ttl", ttl);
        }
        self.flag("check_unicast_src", router.unicast_sources == SourceCheck::Peers);
    }

    fn election(&mut self, router: &Router) {
        let strict = router.conformance == Conformance::Strict;
        self.setting(
            "state",
            match router.state {
                State::Master => "MASTER",
                State::Backup => "BACKUP",
            },
        );
        self.setting("priority", router.priority);
        self.seconds("advert_int", router.interval.duration());
        self.setting("down_timer_adverts", router.down_adverts);
        match router.preempt {
            Preempt::Always => self.line("preempt"),
            Preempt::Never => self.line("nopreempt"),
            Preempt::After(delay) => self.seconds("preempt_delay", delay),
        }
        self.switch("strict_mode", strict);
        self.line(match router.accept {
            Switch::On => "accept",
            Switch::Off => "no_accept",
        });
        self.switches(&router.switches, router.conformance);
        // Not known to keepalived before 2.2.8, so only where it is meant.
        self.flag("v3_checksum_as_v2", router.checksum == ChecksumPolicy::Rfc9568);
    }

    fn switches(&mut self, switches: &Switches, conformance: Conformance) {
        for WrittenSwitch { keyword, value, in_text } in written(switches) {
            match (value, in_text, conformance) {
                (SwitchValue::Is(switch), InText::Always, _) => self.switch(keyword, switch == Switch::On),
                (SwitchValue::Unsaid | SwitchValue::Is(Switch::Off), _, _) => {}
                (_, InText::UnlessStrict, Conformance::Strict) => {}
                (SwitchValue::Is(Switch::On), _, _) => self.line(keyword),
                (SwitchValue::Priority(priority), _, _) => self.setting(keyword, priority),
                (SwitchValue::Word(word), _, _) => self.setting(keyword, word),
            }
        }
    }

    fn authentication(&mut self, authentication: &Authentication) {
        let (kind, secret) = match authentication {
            Authentication::None | Authentication::Hmac(_) => return,
            Authentication::Password(secret) => ("PASS", secret),
            Authentication::Ah(secret) => ("AH", secret),
        };
        let password = self.secrets.password(secret);
        self.block("authentication", |text| {
            text.setting("auth_type", kind);
            text.setting("auth_pass", quoted(&password));
        });
    }

    fn hmac(&mut self, hmac: &Hmac) {
        let Hmac { keys, active, anti_replay, window, mode } = hmac;
        self.block("auth_hmac", |text| {
            for HmacKey { id, written, bytes: _ } in keys {
                text.setting("key", format_args!("{id} {}", quoted(&text.secrets.key(written))));
            }
            if let Some(active) = active {
                text.setting("active_key", active);
            }
            text.setting("anti_replay", anti_replay.name());
            text.seconds("time_window", *window);
            text.setting("mode", mode.name());
        });
    }

    fn announcements(&mut self, router: &Router) {
        let AnnouncePlan { repeat, delay, refresh, refresh_repeat, lower_prio_repeat, lower_prio_delay } =
            router.announce;
        self.seconds("garp_master_delay", delay);
        self.setting("garp_master_repeat", repeat);
        self.seconds("garp_master_refresh", refresh);
        self.setting("garp_master_refresh_repeat", refresh_repeat);
        if router.conformance == Conformance::Field {
            self.seconds("garp_lower_prio_delay", lower_prio_delay);
            self.setting("garp_lower_prio_repeat", lower_prio_repeat);
        }
        if let Some(extra) = router.extra {
            self.setting("garp_extra_if", extra);
        }
    }

    fn held(&mut self, router: &Router) {
        self.list("virtual_ipaddress", &router.addresses);
        self.list("virtual_ipaddress_excluded", &router.excluded);
        self.list("virtual_routes", &router.routes);
        self.list("virtual_rules", &router.rules);
    }

    /// All but the interfaces.
    pub(super) fn tracked(&mut self, tracked: &Tracked) {
        self.list("track_interface", tracked.interfaces.iter().map(interface));
        for kind in TrackerKind::ALL {
            self.list(kind.list(), tracked.of(kind).map(tracker));
        }
    }
}

fn peer(peer: &Peer) -> String {
    let Peer { address, min_ttl, max_ttl } = peer;
    let option = |name: &str, ttl: &Option<u8>| ttl.map_or_else(String::new, |ttl| format!(" {name} {ttl}"));
    format!("{address}{}{}", option("min_ttl", min_ttl), option("max_ttl", max_ttl))
}

fn interface(tracked: &TrackInterface) -> String {
    let name = quoted(&tracked.interface);
    let weight = match tracked.effect.kind {
        EffectKind::Fault => 0,
        EffectKind::Weight(number) | EffectKind::Factor(number) => number,
    };
    match (weight, tracked.effect.sense) {
        (0, Sense::Plain) => name,
        (_, Sense::Plain) => format!("{name} weight {weight}"),
        (_, Sense::Reverse) => format!("{name} weight {weight} reverse"),
    }
}

/// The weight in full: the entry does not depend on the block that it names.
fn tracker(tracker: &Tracker) -> String {
    let Tracker { kind: _, name, weight: Weight { number, sense } } = tracker;
    let sense = match sense {
        Sense::Plain => "noreverse",
        Sense::Reverse => "reverse",
    };
    format!("{} weight {number} {sense}", quoted(name))
}
