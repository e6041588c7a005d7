//! The model as JSON: keepalived's keywords are the names, every default is filled in.

mod notify;
mod watched;

use std::iter;
use std::time::Duration;

use serde_json::{Map, Value, json};
use vrrp::config::{
    Authentication, ChecksumPolicy, Conformance, EffectKind, Preempt, PrimaryTracking, SourceCheck, SourceMac,
    Switches, UnknownVrids,
};
use vrrp::types::{Family, Version};

use notify::{lifecycle, notify, pipes, told};
use watched::{file, garp_group, group, link_delay, process, session, track_group, track_script};

use crate::model::check::Endpoint;
use crate::model::hmac::{Hmac, HmacKey};
use crate::model::mail::Mailbox;
use crate::model::notify::ScriptGroups;
use crate::model::route::Tracking;
use crate::model::watch::{Tracked, TrackerKind, Watched};
use crate::model::{
    Address, Config, ExtraLinks, Global, MissingInterfaces, Preferred, RequestedPrefixRoute, Router, Script,
    ScriptSecurity, ScriptUser, Sense, State, Switch, TrackInterface, VmacPrefixes, Weight,
};
use crate::resolve::switches::{SwitchValue, written};
use crate::secrets::Secrets;

impl Config {
    /// The effective configuration. Routers that are understood but do not run have `"runs": false`.
    #[must_use]
    pub fn to_json(&self, secrets: Secrets) -> Value {
        let Watched { scripts, processes, files, sessions, groups } = &self.watched;
        let prefixes = &self.global.vmac_prefixes;
        let running = self.routers.iter().map(|router| router_json(router, true, prefixes, secrets));
        let left_out = self.left_out.iter().map(|router| router_json(router, false, prefixes, secrets));
        json!({
            "global_defs": global(&self.global),
            "vrrp_instance": running.chain(left_out).collect::<Vec<_>>(),
            "vrrp_sync_group": groups.iter().map(group).collect::<Vec<_>>(),
            "vrrp_script": scripts.iter().map(track_script).collect::<Vec<_>>(),
            "vrrp_track_process": processes.iter().map(process).collect::<Vec<_>>(),
            "track_file": files.iter().map(file).collect::<Vec<_>>(),
            "bfd_instance": sessions.iter().map(session).collect::<Vec<_>>(),
            "garp_group": self.garp_groups.iter().map(garp_group).collect::<Vec<_>>(),
            "track_group": self.track_groups.iter().map(track_group).collect::<Vec<_>>(),
            "interface_up_down_delays": self.link_delays.iter().map(link_delay).collect::<Vec<_>>(),
            "static_ipaddress": self.static_addresses.iter().map(address).collect::<Vec<_>>(),
            "static_routes": texts(&self.static_routes),
            "static_rules": texts(&self.static_rules),
        })
    }
}

fn global(global: &Global) -> Value {
    let mail = &global.mail;
    let mut all = object(json!({
        "net_namespace": global.net_namespace,
        "instance": global.instance,
        "router_id": global.router_id,
        "iproute_usr_dir": global.iproute_usr_dir,
        "iproute_etc_dir": global.iproute_etc_dir,
        "dynamic_interfaces": matches!(global.missing_interfaces, MissingInterfaces::Awaited),
        "script_user": global.script_user.as_ref().map(user),
        "enable_script_security": matches!(global.script_security, ScriptSecurity::Enforced),
        "set_supplementary_groups": matches!(global.script_groups, ScriptGroups::AllOfUser),
        "not_carried_out": global.not_carried_out,
        "vrrp_garp_interval": seconds(global.gaps.arp),
        "vrrp_gna_interval": seconds(global.gaps.na),
        "vmac_prefix": global.vmac_prefixes.router,
        "vmac_addr_prefix": global.vmac_prefixes.addresses,
        "vrrp_startup_delay": seconds(global.startup.after_start),
        "vrrp_delay_after_boot": seconds(global.startup.after_boot),
        "vrrp_rt_priority": global.scheduling.real_time,
        "vrrp_priority": global.scheduling.nice,
        "vrrp_cpu_affinity": global.scheduling.processors,
        "reload_time_file": global.reloads.time.as_ref().map(|time| &time.file),
        "reload_repeat": global.reloads.time.as_ref().is_some_and(|time| time.repeat == Switch::On),
        "reload_file": global.reloads.file,
        "notification_email": mail.to.iter().map(Mailbox::to_string).collect::<Vec<_>>(),
        "notification_email_from": mail.from.as_ref().map(Mailbox::to_string),
        "smtp_server": mail.server.as_ref().map(Endpoint::to_string),
        "smtp_helo_name": mail.helo,
        "smtp_connect_timeout": seconds(mail.patience),
        "no_email_faults": mail.faults == Switch::Off,
        "nftables_priority": global.drop_priority,
        "log_unknown_vrids": matches!(global.unknown_vrids, UnknownVrids::Told),
    }));
    all.extend(lifecycle(&global.lifecycle));
    all.extend(pipes(&global.pipes));
    all.into()
}

fn router_json(router: &Router, runs: bool, prefixes: &VmacPrefixes, secrets: Secrets) -> Value {
    let mut all = election(router, runs);
    all.extend(secured(router, secrets));
    all.extend(switches(&router.switches));
    all.extend(addresses(router, prefixes));
    all.extend(announcements(router));
    all.extend(tracked(&router.tracked, &router.track_interfaces));
    all.extend(notify(&router.notify));
    all.extend(told(router));
    all.into()
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

fn election(router: &Router, runs: bool) -> Map<String, Value> {
    let (preempt, delay) = match router.preempt {
        Preempt::Always => (true, Duration::ZERO),
        Preempt::After(delay) => (true, delay),
        Preempt::Never => (false, Duration::ZERO),
    };
    object(json!({
        "name": router.name,
        "runs": runs,
        "state": match router.state { State::Master => "MASTER", State::Backup => "BACKUP" },
        "interface": router.interface,
        "family": match router.family { Family::Ipv4 => "IPv4", Family::Ipv6 => "IPv6" },
        "virtual_router_id": router.vrid.value(),
        "priority": router.priority.value(),
        "version": match router.version { Version::V2 => 2, Version::V3 => 3 },
        "advert_int": seconds(router.interval.duration()),
        "down_timer_adverts": router.down_adverts,
        "preempt": preempt,
        "preempt_delay": seconds(delay),
        "v3_checksum_as_v2": router.checksum == ChecksumPolicy::Rfc9568,
        "strict_mode": router.conformance == Conformance::Strict,
        "accept": on(router.accept),
        "dont_track_primary": router.primary == PrimaryTracking::Ignored,
        "smtp_alert": on(router.mail),
        "not_carried_out": router.not_carried_out,
    }))
}

fn switches(switches: &Switches) -> Map<String, Value> {
    let value = |value| match value {
        SwitchValue::Unsaid => Value::Null,
        SwitchValue::Is(switch) => json!(on(switch)),
        SwitchValue::Priority(priority) => json!(priority.value()),
        SwitchValue::Word(word) => json!(word),
    };
    written(switches).map(|it| (it.keyword.to_owned(), value(it.value))).collect()
}

fn addresses(router: &Router, prefixes: &VmacPrefixes) -> Map<String, Value> {
    let source = if router.is_unicast() { "unicast_src_ip" } else { "mcast_src_ip" };
    let first = || VmacPrefixes::names(&prefixes.router, router.family, router.vrid).next();
    let vmac = router.vmac.as_ref().map_or(json!(false), |vmac| {
        let mac = vmac.mac.map(|mac| mac.to_string());
        json!({ "name": vmac.name.clone().or_else(first), "mac": mac, "group": vmac.group })
    });
    let xmit_base = router.vmac.is_some() && router.source_mac == SourceMac::Physical;
    let peers = router
        .peers
        .iter()
        .map(|peer| json!({ "address": peer.address.to_string(), "min_ttl": peer.min_ttl, "max_ttl": peer.max_ttl }));
    object(json!({
        "use_vmac": vmac,
        "use_vmac_addr": on(router.address_vmacs),
        "tanist_vmac_mode": router.vmac_mode.name(),
        "vmac_xmit_base": xmit_base,
        "mcast_dst_ip": router.group.to_string(),
        source: router.source.map(|source| source.to_string()),
        "track_src_ip": on(router.track_source),
        "unicast_ttl": router.unicast_ttl,
        "check_unicast_src": router.unicast_sources == SourceCheck::Peers,
        "unicast_fault_no_peer": on(router.fault_without_peers),
        "unicast_peer": peers.collect::<Vec<_>>(),
        "virtual_ipaddress": router.addresses.iter().map(address).collect::<Vec<_>>(),
        "virtual_ipaddress_excluded": router.excluded.iter().map(address).collect::<Vec<_>>(),
        "virtual_routes": texts(&router.routes),
        "virtual_rules": texts(&router.rules),
    }))
}

fn announcements(router: &Router) -> Map<String, Value> {
    object(json!({
        "garp_master_delay": seconds(router.announce.delay),
        "garp_master_repeat": router.announce.repeat,
        "garp_master_refresh": seconds(router.announce.refresh),
        "garp_master_refresh_repeat": router.announce.refresh_repeat,
        "garp_lower_prio_delay": seconds(router.announce.lower_prio_delay),
        "garp_lower_prio_repeat": router.announce.lower_prio_repeat,
        "garp_extra_if": router.extra.map(|extra| seconds(extra.period)),
        "garp_extra_if_all": router.extra.map(|extra| extra.links == ExtraLinks::All),
    }))
}

fn address(address: &Address) -> Value {
    let mut all = json!({
        "address": format!("{}/{}", address.address, address.prefix_len),
        "dev": address.dev,
        "scope": address.scope.0,
        "label": address.label,
        "brd": address.broadcast.map(|broadcast| broadcast.to_string()),
        "noprefixroute": address.prefix_route == RequestedPrefixRoute::None,
        "preferred_lft": match address.preferred {
            Preferred::Deprecated => json!(0),
            Preferred::Seconds(seconds) => json!(seconds),
            Preferred::Forever => json!("forever"),
        },
        "peer": address.peer.map(|peer| peer.to_string()),
        "no_track": address.tracking == Tracking::Off,
        "track_group": if let Tracking::Group(group) = &address.tracking { Some(group) } else { None },
    });
    for flag in &address.flags {
        all[flag.name()] = json!(true);
    }
    all
}

fn secured(router: &Router, secrets: Secrets) -> Map<String, Value> {
    let (kind, password) = match &router.authentication {
        Authentication::None | Authentication::Hmac(_) => (None, None),
        Authentication::Password(password) => (Some("PASS"), Some(password)),
        Authentication::Ah(password) => (Some("AH"), Some(password)),
    };
    let authentication = password.map(|password| json!({ "auth_type": kind, "auth_pass": secrets.password(password) }));
    object(json!({
        "authentication": authentication,
        "auth_hmac": router.hmac.as_ref().map(|it| hmac(it, secrets)),
    }))
}

fn hmac(hmac: &Hmac, secrets: Secrets) -> Value {
    let keys = hmac.keys.iter().map(|key: &HmacKey| json!({ "id": key.id, "value": secrets.key(&key.written) }));
    json!({
        "key": keys.collect::<Vec<_>>(),
        "active_key": hmac.active,
        "anti_replay": hmac.anti_replay.name(),
        "time_window": seconds(hmac.window),
        "mode": hmac.mode.name(),
    })
}

fn tracked(tracked: &Tracked, interfaces: &[TrackInterface]) -> Map<String, Value> {
    let all = tracked.interfaces.iter().chain(interfaces);
    let interfaces = all.map(|tracked| {
        let number = match tracked.effect.kind {
            EffectKind::Fault => 0,
            EffectKind::Weight(number) | EffectKind::Factor(number) => number,
        };
        named(&tracked.interface, Weight { number, sense: tracked.effect.sense })
    });
    let list = |kind| tracked.of(kind).map(|tracker| named(&tracker.name, tracker.weight)).collect();
    let lists = TrackerKind::ALL.map(|kind| (kind.list().to_owned(), list(kind)));
    iter::once(("track_interface".to_owned(), interfaces.collect())).chain(lists).collect()
}

fn named(name: &str, weight: Weight) -> Value {
    json!({ "name": name, "weight": weight.number, "reverse": weight.sense == Sense::Reverse })
}

fn script(script: &Script) -> Value {
    let user = script.user.as_ref();
    json!({
        "argv": script.argv,
        "user": user.map(|user| &user.user),
        "group": user.and_then(|user| user.group.as_ref()),
    })
}

fn user(user: &ScriptUser) -> String {
    match &user.group {
        Some(group) => format!("{} {group}", user.user),
        None => user.user.clone(),
    }
}

fn texts(entries: &[impl std::fmt::Display]) -> Vec<Value> {
    entries.iter().map(|entry| json!({ "text": entry.to_string() })).collect()
}

fn on(switch: Switch) -> bool {
    switch == Switch::On
}

fn seconds(time: Duration) -> Value {
    decimal(time.as_secs_f64())
}

fn millis(time: Duration) -> Value {
    decimal(time.as_secs_f64() * 1000.0)
}

/// A whole number without a point.
fn decimal(number: f64) -> Value {
    let whole = format!("{number}").parse::<u64>();
    whole.map_or_else(|_| json!(number), |whole| json!(whole))
}
