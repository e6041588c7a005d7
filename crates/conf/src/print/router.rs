//! `vrrp_instance`

use host::{IpvlanMode, MacvlanMode};
use serde_json::{Value, json};
use vrrp::config::{
    AnnouncePlan, Authentication, ChecksumPolicy, Conformance, EffectKind, Parameters, Preempt, PrimaryTracking,
    SourceCheck, SourceMac,
};
use vrrp::types::Family;

use super::global::{addresses as address_list, lines};
use super::{Json, Statement, Text, number, on};
use crate::model::hmac::{Hmac, HmacKey};
use crate::model::notify::Removal;
use crate::model::watch::{Tracked, TrackerKind};
use crate::model::{
    ExtraAnnouncements, ExtraLinks, Ipvlan, Notify, Peer, Router, Sense, State, Switch, TrackInterface, Tracker, Vmac,
    VmacPrefixes, Weight,
};
use crate::quote::quoted;
use crate::resolve::switches::{InText, SwitchValue, WrittenSwitch, usual_linger, written};
use crate::secrets::Secrets;

pub(super) fn router<'a>(router: &'a Router, runs: bool, prefixes: &VmacPrefixes, secrets: Secrets) -> Statement<'a> {
    // All fields, so that the compiler asks for the statement of a new one. `track_groups` is that of the groups.
    #[rustfmt::skip]
    let Router {
        name, interface, family, vrid, parameters, vmac, ipvlan, address_vmacs, vmac_mode, group, source, track_source,
        addresses, excluded, authentication, hmac, extra, track_interfaces, notify, mail, priority_changes, state,
        accept, peers, fault_without_peers, unicast_ttl, unicast_sources, tracked, track_groups: _, routes, rules,
    } = router;
    let Parameters {
        version,
        priority,
        interval,
        down_adverts,
        preempt,
        source_mac,
        checksum,
        conformance,
        switches,
        announce,
        primary,
    } = parameters;
    let unicast = router.is_unicast();
    let is_strict = *conformance == Conformance::Strict;
    let xmit_base = vmac.is_some() && *source_mac == SourceMac::Physical;
    let mut all = vec![
        Statement::in_json("runs", runs),
        Statement::word("interface", Some(interface)),
        Statement::setting("virtual_router_id", vrid.value()),
        // Before all that could say another family.
        Statement::flag("native_ipv6", *family == Family::Ipv6).in_text_only(),
        Statement::in_json("family", family.to_string()),
        Statement::setting("version", version.number()),
        use_vmac(router, vmac.as_ref(), prefixes),
        use_ipvlan(router, ipvlan.as_ref(), prefixes),
        Statement::flag("use_vmac_addr", on(*address_vmacs)),
        // keepalived does not know the line.
        Statement::word("tanist_vmac_mode", Some(vmac_mode.name())).unless(*vmac_mode == MacvlanMode::Bridge),
        // Unicast goes out through the interface itself anyway.
        Statement::flag("vmac_xmit_base", xmit_base).unless(unicast),
        Statement::shown("mcast_dst_ip", group).unless(unicast),
        Statement::optional(if unicast { "unicast_src_ip" } else { "mcast_src_ip" }, source.map(|it| it.to_string())),
        Statement::flag("track_src_ip", on(*track_source)),
        unicast_peers(peers, *fault_without_peers),
        Statement::flag("unicast_fault_no_peer", on(*fault_without_peers)),
        Statement::optional("unicast_ttl", *unicast_ttl),
        Statement::flag("check_unicast_src", *unicast_sources == SourceCheck::Peers),
        Statement::setting(
            "state",
            match state {
                State::Master => "MASTER",
                State::Backup => "BACKUP",
            },
        ),
        Statement::setting("priority", priority.value()),
        Statement::seconds("advert_int", interval.duration()),
        Statement::setting("down_timer_adverts", down_adverts.get()),
    ];
    all.extend(preempts(*preempt));
    all.push(Statement::switch("strict_mode", is_strict));
    all.push(Statement::flag("accept", on(*accept)));
    all.push(Statement::flag("no_accept", !on(*accept)).in_text_only());
    all.extend(
        written(switches, usual_linger(*interval, addresses.iter().chain(excluded)))
            .map(|switch| election_switch(&switch, *conformance)),
    );
    // Not known to keepalived before 2.2.8, so only where it is meant.
    all.push(Statement::flag("v3_checksum_as_v2", *checksum == ChecksumPolicy::Rfc9568));
    all.push(authenticated(authentication, secrets));
    all.push(Statement::given("auth_hmac", hmac.as_ref(), |keyword, hmac| signed(keyword, hmac, secrets)));
    all.extend(announcements(*announce, *extra, is_strict));
    all.push(address_list("virtual_ipaddress", addresses));
    all.push(address_list("virtual_ipaddress_excluded", excluded));
    all.push(lines("virtual_routes", routes));
    all.push(lines("virtual_rules", rules));
    all.push(Statement::flag("dont_track_primary", *primary == PrimaryTracking::Ignored));
    all.extend(tracking(tracked, track_interfaces));
    all.extend(notified(notify));
    all.extend(notified_of_routers(notify));
    all.push(Statement::flag("smtp_alert", on(*mail)));
    all.push(Statement::switch("notify_priority_changes", on(*priority_changes)));
    Statement::named("vrrp_instance", name, all)
}

fn use_vmac<'a>(router: &Router, vmac: Option<&Vmac>, prefixes: &VmacPrefixes) -> Statement<'a> {
    let Some(Vmac { name, mac, group }) = vmac else { return Statement::in_json("use_vmac", false) };
    let first = || VmacPrefixes::names(&prefixes.router, router.family, router.vrid).next();
    let json = json!({
        "name": name.clone().or_else(first),
        "mac": mac.map(|mac| mac.to_string()),
        "group": group,
    });
    let words = [
        name.as_ref().map(|name| quoted(name)),
        mac.map(|mac| mac.to_string()),
        group.map(|group| format!("group {group}")),
    ];
    Statement::line("use_vmac", joined(words), json)
}

fn use_ipvlan<'a>(router: &Router, ipvlan: Option<&Ipvlan>, prefixes: &VmacPrefixes) -> Statement<'a> {
    let Some(Ipvlan { name, address, mode, group }) = ipvlan else { return Statement::in_json("use_ipvlan", false) };
    let first = || VmacPrefixes::names(&prefixes.router, router.family, router.vrid).next();
    let address = address.map(|(address, length)| format!("{address}/{length}"));
    let json = json!({
        "name": name.clone().or_else(first),
        "address": address,
        "mode": mode.name(),
        "group": group,
    });
    // keepalived 2.2 knows no `name`.
    let is_mode = |name: &str| IpvlanMode::ALL.iter().any(|mode| mode.name() == name);
    let named = |name: &String| if is_mode(name) { format!("name {name}") } else { quoted(name) };
    let words = [
        name.as_ref().map(named),
        address,
        (*mode != IpvlanMode::default()).then(|| mode.name().to_owned()),
        group.map(|group| format!("group {group}")),
    ];
    Statement::line("use_ipvlan", joined(words), json)
}

/// Those that there are.
fn joined(words: impl IntoIterator<Item = Option<String>>) -> String {
    words.into_iter().flatten().collect::<Vec<String>>().join(" ")
}

fn unicast_peers<'a>(peers: &[Peer], fault_without: Switch) -> Statement<'a> {
    let list = Statement::list("unicast_peer", peers, |Peer { address, min_ttl, max_ttl }| {
        let option = |name: &str, ttl: &Option<u8>| ttl.map_or_else(String::new, |ttl| format!(" {name} {ttl}"));
        let words = format!("{address}{}{}", option("min_ttl", min_ttl), option("max_ttl", max_ttl));
        (words, json!({ "address": address.to_string(), "min_ttl": min_ttl, "max_ttl": max_ttl }))
    });
    match fault_without {
        // The empty list says that it is a unicast router.
        Switch::On if peers.is_empty() => Statement { text: Text::Entries(Vec::new()), ..list },
        Switch::On | Switch::Off => list,
    }
}

fn preempts<'a>(preempt: Preempt) -> [Statement<'a>; 3] {
    let delay = match preempt {
        Preempt::After(delay) => Some(delay),
        Preempt::Always | Preempt::Never => None,
    };
    let never = preempt == Preempt::Never;
    [
        Statement::flag("preempt", !never).unless(delay.is_some()),
        Statement::flag("nopreempt", never).in_text_only(),
        Statement::seconds("preempt_delay", delay.unwrap_or_default()).unless(delay.is_none()),
    ]
}

fn election_switch<'a>(switch: &WrittenSwitch, conformance: Conformance) -> Statement<'a> {
    let WrittenSwitch { keyword, value, in_text } = *switch;
    let implied = in_text == InText::UnlessStrict && conformance == Conformance::Strict;
    match value {
        SwitchValue::Unsaid => Statement::null(keyword),
        SwitchValue::Is(is) if in_text == InText::Always => Statement::switch(keyword, on(is)),
        SwitchValue::Is(is) => Statement::flag(keyword, on(is)).unless(implied),
        SwitchValue::Priority(priority) => Statement::setting(keyword, priority.value()).unless(implied),
        SwitchValue::Word(word) => Statement::setting(keyword, word).unless(implied),
        SwitchValue::Time(time) => Statement::seconds(keyword, time).unless(in_text == InText::No),
    }
}

fn authenticated<'a>(authentication: &Authentication, secrets: Secrets) -> Statement<'a> {
    let (kind, secret) = match authentication {
        Authentication::None | Authentication::Hmac(_) => return Statement::null("authentication"),
        Authentication::Password(secret) => ("PASS", secret),
        Authentication::Ah(secret) => ("AH", secret),
    };
    let password = secrets.password(secret);
    let body = vec![Statement::setting("auth_type", kind), Statement::word("auth_pass", Some(password))];
    Statement::new("authentication", Text::Block(None), Json::Block(body))
}

fn signed<'a>(keyword: &'static str, hmac: &Hmac, secrets: Secrets) -> Statement<'a> {
    let Hmac { keys, active, anti_replay, window, mode } = hmac;
    let keys: Vec<(u8, String)> =
        keys.iter().map(|HmacKey { id, written, bytes: _ }| (*id, secrets.key(written))).collect();
    let json: Vec<Value> = keys.iter().map(|(id, value)| json!({ "id": id, "value": value })).collect();
    let mut body = vec![Statement::in_json("key", json)];
    for (id, value) in keys {
        body.push(Statement::shown("key", format_args!("{id} {}", quoted(&value))).in_text_only());
    }
    body.extend([
        Statement::optional("active_key", *active),
        Statement::setting("anti_replay", anti_replay.name()),
        Statement::seconds("time_window", *window),
        Statement::setting("mode", mode.name()),
    ]);
    Statement::new(keyword, Text::Block(None), Json::Block(body))
}

fn announcements<'a>(announce: AnnouncePlan, extra: Option<ExtraAnnouncements>, is_strict: bool) -> [Statement<'a>; 8] {
    let AnnouncePlan { repeat, delay, refresh, refresh_repeat, lower_prio_repeat, lower_prio_delay } = announce;
    [
        Statement::seconds("garp_master_delay", delay),
        Statement::setting("garp_master_repeat", repeat),
        Statement::seconds("garp_master_refresh", refresh),
        Statement::setting("garp_master_refresh_repeat", refresh_repeat),
        Statement::seconds("garp_lower_prio_delay", lower_prio_delay).unless(is_strict),
        Statement::setting("garp_lower_prio_repeat", lower_prio_repeat).unless(is_strict),
        Statement::given("garp_extra_if", extra, |keyword, extra| {
            Statement::line(keyword, extra.to_string(), number(extra.period.as_secs_f64()))
        }),
        Statement::in_json("garp_extra_if_all", extra.map(|extra| extra.links == ExtraLinks::All)),
    ]
}

/// What routers and groups track.
pub(super) fn tracking<'a>(tracked: &Tracked, interfaces: &[TrackInterface]) -> Vec<Statement<'a>> {
    let Tracked { interfaces: more, named: _ } = tracked;
    let mut all = vec![Statement::list("track_interface", more.iter().chain(interfaces), |tracked| {
        let TrackInterface { interface, effect } = tracked;
        let number = match effect.kind {
            EffectKind::Fault => 0,
            EffectKind::Weight(number) | EffectKind::Factor(number) => number,
        };
        let words = match (number, effect.sense) {
            (0, Sense::Plain) => quoted(interface),
            (_, Sense::Plain) => format!("{} weight {number}", quoted(interface)),
            (_, Sense::Reverse) => format!("{} weight {number} reverse", quoted(interface)),
        };
        (words, tracked_json(interface, Weight { number, sense: effect.sense }))
    })];
    for kind in TrackerKind::ALL {
        // The weight in full: the entry does not depend on the block that it names.
        all.push(Statement::list(kind.list(), tracked.of(kind), |Tracker { kind: _, name, weight }| {
            let sense = if weight.sense == Sense::Reverse { "reverse" } else { "noreverse" };
            (format!("{} weight {} {sense}", quoted(name), weight.number), tracked_json(name, *weight))
        }));
    }
    all
}

fn tracked_json(name: &str, weight: Weight) -> Value {
    json!({ "name": name, "weight": weight.number, "reverse": weight.sense == Sense::Reverse })
}

/// What routers and groups tell.
pub(super) fn notified(notify: &Notify) -> [Statement<'_>; 5] {
    let Notify { master, backup, fault, stop, any, lower_priority: _, removal: _ } = notify;
    [
        Statement::script("notify_master", master.as_deref()),
        Statement::script("notify_backup", backup.as_deref()),
        Statement::script("notify_fault", fault.as_deref()),
        Statement::script("notify_stop", stop.as_deref()),
        Statement::script("notify", any.as_deref()),
    ]
}

/// What routers alone tell.
fn notified_of_routers(notify: &Notify) -> [Statement<'_>; 2] {
    let Notify { master: _, backup: _, fault: _, stop: _, any: _, lower_priority, removal } = notify;
    let deleted = match removal {
        Removal::Stop => Statement::null("notify_deleted"),
        Removal::Deleted(None) => Statement::flag("notify_deleted", true),
        Removal::Deleted(Some(command)) => Statement::script("notify_deleted", Some(command)),
    };
    [Statement::script("notify_master_rx_lower_pri", lower_priority.as_deref()), deleted]
}
