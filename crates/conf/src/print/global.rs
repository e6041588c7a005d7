//! The top level and `global_defs`.

use std::fmt::Display;

use host::LeaseRule;
use serde_json::{Value, json};
use vrrp::config::UnknownVrids;

use super::{Json, Statement, Text, command, number, on, seconds, user_json};
use crate::model::Served;
use crate::model::machine::{GarpGroup, LinkDelay, TrackGroup};
use crate::model::mail::{Mail, Mailbox};
use crate::model::notify::{Lifecycle, Pipe, Pipes, ScriptGroups};
use crate::model::route::Tracking;
use crate::model::snmp::{MasterAgent, Snmp};
use crate::model::watch::Watched;
use crate::model::{
    Address, BEFORE_FILTERS, BUS_NAME, Config, Dumps, Gaps, Global, JsonLayout, MissingInterfaces, Preferred,
    ReloadTime, Reloads, RequestedPrefixRoute, Scheduling, ScriptSecurity, StartupDelay, VmacPrefixes,
};
use crate::quote::{self, quoted};
use crate::secrets::Secrets;

/// A whole configuration.
pub(super) fn statements(config: &Config, secrets: Secrets) -> Vec<Statement<'_>> {
    #[rustfmt::skip]
    let Config {
        global, routers, left_out, watched, garp_groups, track_groups, link_delays, static_addresses, static_routes,
        static_rules,
    } = config;
    let Watched { scripts, processes, files, sessions, groups } = watched;
    let mut all = vec![
        Statement::word("net_namespace", global.net_namespace.as_ref()).in_text_only(),
        Statement::word("instance", global.instance.as_ref()).in_text_only(),
        Statement::flag("use_pid_dir", on(global.pid_dir)).in_text_only(),
        Statement::new("global_defs", Text::Block(None), Json::Block(global_defs(global))),
    ];
    let kinds = ["vrrp_instance", "vrrp_sync_group", "vrrp_script", "vrrp_track_process", "track_file"];
    let kinds = kinds.into_iter().chain(["bfd_instance", "garp_group", "track_group"]);
    // JSON has a list of each kind, if an empty one.
    all.extend(kinds.map(|kind| Statement::in_json(kind, Vec::<Value>::new())));
    all.extend(garp_groups.iter().map(garp_group));
    for TrackGroup { name, members } in track_groups {
        all.push(Statement::named("track_group", name, vec![Statement::names("group", members)]));
    }
    all.push(Statement::list("interface_up_down_delays", link_delays, |delay| link_delay(delay)));
    all.push(addresses("static_ipaddress", static_addresses));
    all.push(lines("static_routes", static_routes));
    all.push(lines("static_rules", static_rules));
    all.extend(scripts.iter().map(super::watched::track_script));
    all.extend(processes.iter().map(super::watched::process));
    all.extend(files.iter().map(super::watched::file));
    all.extend(sessions.iter().map(super::watched::session));
    let prefixes = &global.vmac_prefixes;
    all.extend(routers.iter().map(|router| super::router::router(router, true, prefixes, secrets)));
    all.extend(left_out.iter().map(|router| super::router::router(router, false, prefixes, secrets)));
    all.extend(groups.iter().map(super::watched::group));
    all
}

fn global_defs(global: &Global) -> Vec<Statement<'_>> {
    #[rustfmt::skip]
    let Global {
        net_namespace, instance, router_id, missing_interfaces, script_user, script_security, script_groups, lifecycle,
        pipes, gaps: Gaps { arp, na }, vmac_prefixes: VmacPrefixes { router, addresses },
        startup: StartupDelay { after_start, after_boot }, scheduling, guardian, iproute_usr_dir, iproute_etc_dir, reloads, mail,
        dumps, pid_dir, snmp,
        unknown_vrids, lease, metrics, bus_name, drop_priority,
    } = global;
    let Scheduling { real_time, nice, processors } = scheduling;
    let times = [
        ("vrrp_garp_interval", arp),
        ("vrrp_gna_interval", na),
        ("vrrp_startup_delay", after_start),
        ("vrrp_delay_after_boot", after_boot),
    ];
    let numbers: Vec<String> = processors.iter().map(u16::to_string).collect();
    let affinity = Statement::line("vrrp_cpu_affinity", numbers.join(" "), processors.as_slice());
    let all_groups = *script_groups == ScriptGroups::AllOfUser;
    let mut all = vec![
        // At the top level.
        Statement::in_json("net_namespace", net_namespace.clone()),
        Statement::in_json("instance", instance.clone()),
        Statement::in_json("use_pid_dir", on(*pid_dir)),
        Statement::word("router_id", router_id.as_ref()),
        Statement::flag("dynamic_interfaces", *missing_interfaces == MissingInterfaces::Awaited),
        Statement::user("script_user", script_user.as_ref()),
        Statement::flag("enable_script_security", *script_security == ScriptSecurity::Enforced),
        Statement::switch("set_supplementary_groups", all_groups).unless(!all_groups),
    ];
    all.extend(lifecycle_of(lifecycle));
    all.extend(pipes_of(pipes));
    all.extend(times.map(|(keyword, time)| Statement::seconds(keyword, *time).unless(time.is_zero())));
    all.extend([
        Statement::word("vmac_prefix", Some(router)).unless(router == VmacPrefixes::DEFAULT),
        Statement::word("vmac_addr_prefix", Some(addresses)).unless(addresses == router),
        Statement::optional("vrrp_rt_priority", *real_time),
        Statement::optional("vrrp_priority", *nice),
        affinity.unless(processors.is_empty()),
        Statement::switch("tanist_guardian", on(*guardian)).unless(on(*guardian)),
        Statement::word("iproute_usr_dir", iproute_usr_dir.as_ref()),
        Statement::word("iproute_etc_dir", iproute_etc_dir.as_ref()),
    ]);
    all.extend(reloads_of(reloads));
    all.extend(dumps_of(dumps));
    all.extend(mail_of(mail));
    all.extend(snmp_of(snmp));
    all.push(Statement::flag("log_unknown_vrids", *unknown_vrids == UnknownVrids::Told));
    all.push(match lease {
        LeaseRule::Unsaid => Statement::null("tanist_lease"),
        LeaseRule::Lasts(time) => Statement::seconds("tanist_lease", *time),
        LeaseRule::Off => Statement::setting("tanist_lease", "off"),
    });
    all.push(Statement::given("tanist_metrics", *metrics, |keyword, Served { address: it, .. }| {
        Statement::line(keyword, format!("{} {}", it.ip(), it.port()), it.to_string())
    }));
    all.push(Statement::flag("tanist_status_page", metrics.is_some_and(|it| on(it.page))));
    all.push(Statement::flag("enable_dbus", bus_name.is_some()));
    all.push(Statement::word("dbus_service_name", bus_name.as_ref().filter(|name| *name != BUS_NAME)));
    all.push(Statement::setting("nftables_priority", *drop_priority).unless(*drop_priority == BEFORE_FILTERS));
    all
}

fn lifecycle_of(lifecycle: &Lifecycle) -> Vec<Statement<'_>> {
    let Lifecycle { startup, shutdown } = lifecycle;
    let both = [
        ("startup_script", "startup_script_timeout", startup),
        ("shutdown_script", "shutdown_script_timeout", shutdown),
    ];
    let statements = both.into_iter().flat_map(|(keyword, limit, timed)| {
        [
            Statement::script(keyword, timed.as_ref().map(|timed| &timed.script)),
            Statement::given(limit, timed.as_ref().map(|timed| timed.time_limit), Statement::seconds),
        ]
    });
    statements.collect()
}

fn pipes_of(pipes: &Pipes) -> Vec<Statement<'_>> {
    let Pipes { all, vrrp, states_on_reload } = pipes;
    let both = [("notify_fifo", "notify_fifo_script", all), ("vrrp_notify_fifo", "vrrp_notify_fifo_script", vrrp)];
    let mut statements = Vec::new();
    for (keyword, reader_keyword, pipe) in both {
        let Some(Pipe { path, user, reader }) = pipe else {
            statements.push(Statement::null(keyword));
            continue;
        };
        let owner = user.as_ref().map_or_else(String::new, |user| format!(" {}", quote::user(user)));
        let json = json!({
            "path": path,
            "user": user.as_ref().map(user_json),
            "script": reader.as_ref().map(command),
        });
        statements.push(Statement::line(keyword, format!("{}{owner}", quoted(path)), json));
        statements.push(Statement::script(reader_keyword, reader.as_ref()).in_text_only());
    }
    statements.push(Statement::flag("fifo_write_vrrp_states_on_reload", on(*states_on_reload)));
    statements
}

fn reloads_of(reloads: &Reloads) -> [Statement<'_>; 3] {
    let Reloads { time, file } = reloads;
    let time = time.as_ref().map(|ReloadTime { file, repeat }| (file, on(*repeat)));
    [
        Statement::word("reload_time_file", time.map(|(file, _)| file)),
        Statement::flag("reload_repeat", time.is_some_and(|(_, repeat)| repeat)),
        Statement::word("reload_file", file.as_ref()),
    ]
}

fn dumps_of(dumps: &Dumps) -> [Statement<'_>; 5] {
    let Dumps { data, statistics, json, layout, own_names } = dumps;
    let version = match layout {
        JsonLayout::List => 1,
        JsonLayout::Object => 2,
    };
    [
        Statement::word("state_dump_file", data.as_ref()),
        Statement::word("stats_dump_file", statistics.as_ref()),
        Statement::word("json_dump_file", json.as_ref()),
        Statement::setting("json_version", version).unless(*layout == JsonLayout::default()),
        Statement::switch("data_use_instance", on(*own_names)).unless(!on(*own_names)),
    ]
}

fn mail_of(mail: &Mail) -> [Statement<'_>; 6] {
    let Mail { to, from, server, helo, patience, faults } = mail;
    [
        Statement::list("notification_email", to, |to| (quoted(&to.to_string()), json!(to.to_string()))),
        Statement::word("notification_email_from", from.as_ref().map(Mailbox::to_string)),
        Statement::given("smtp_server", server.as_ref(), |keyword, server| {
            Statement::line(keyword, format!("{} {}", quoted(&server.host), server.port), server.to_string())
        }),
        Statement::word("smtp_helo_name", helo.as_ref()),
        Statement::seconds("smtp_connect_timeout", *patience).unless(*patience == Mail::PATIENCE),
        Statement::flag("no_email_faults", !on(*faults)),
    ]
}

fn snmp_of(snmp: &Snmp) -> [Statement<'_>; 5] {
    let Snmp { agent, keepalived, rfc2787, rfc6527, traps } = snmp;
    [
        Statement::word("snmp_socket", Some(agent.to_string())).unless(*agent == MasterAgent::default()),
        Statement::flag("enable_snmp_vrrp", on(*keepalived)),
        Statement::flag("enable_snmp_rfcv2", on(*rfc2787)),
        Statement::flag("enable_snmp_rfcv3", on(*rfc6527)),
        Statement::flag("enable_traps", on(*traps)),
    ]
}

fn garp_group(group: &GarpGroup) -> Statement<'_> {
    let GarpGroup { arp, na, interfaces } = group;
    let body = vec![
        Statement::given("garp_interval", *arp, Statement::seconds),
        Statement::given("gna_interval", *na, Statement::seconds),
        Statement::names("interfaces", interfaces),
    ];
    Statement::new("garp_group", Text::Block(None), Json::Several(body))
}

fn link_delay(delay: &LinkDelay) -> (String, Value) {
    let LinkDelay { interface, down, up } = delay;
    let json = json!({ "interface": interface, "down": number(down.as_secs_f64()), "up": number(up.as_secs_f64()) });
    (format!("{} {} {}", quoted(interface), seconds(*down), seconds(*up)), json)
}

/// Entries whose JSON is their text.
pub(super) fn lines<'a>(keyword: &'static str, entries: &[impl Display]) -> Statement<'a> {
    Statement::list(keyword, entries, |entry| (entry.to_string(), json!({ "text": entry.to_string() })))
}

pub(super) fn addresses<'a>(keyword: &'static str, addresses: &[Address]) -> Statement<'a> {
    Statement::list(keyword, addresses, |address| (address.to_string(), address_json(address)))
}

fn address_json(address: &Address) -> Value {
    #[rustfmt::skip]
    let Address {
        address, prefix_len, dev, scope, label, broadcast, prefix_route, preferred, peer, flags, tracking,
    } = address;
    let mut all = json!({
        "address": format!("{address}/{prefix_len}"),
        "dev": dev,
        "scope": scope.0,
        "label": label,
        "brd": broadcast.map(|broadcast| broadcast.to_string()),
        "noprefixroute": *prefix_route == RequestedPrefixRoute::None,
        "preferred_lft": match preferred {
            Preferred::Deprecated => json!(0),
            Preferred::Seconds(seconds) => json!(seconds),
            Preferred::Forever => json!("forever"),
        },
        "peer": peer.map(|peer| peer.to_string()),
        "no_track": *tracking == Tracking::Off,
        "track_group": tracking.group(),
    });
    for flag in flags {
        all[flag.name()] = json!(true);
    }
    all
}
