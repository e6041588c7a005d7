//! `global_defs`, as far as it is not a default of the routers.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use host::LeaseRule;
use vrrp::config::UnknownVrids;
use vrrp::types::Family;

use super::clash::{self, Scene};
use super::{election, medium, notify, or_say};
use crate::diagnostic::Diagnostics;
use crate::keyword::{KeywordDef, Row};
use crate::keywords::{global, global_notify, global_process as process, reports, top};
use crate::model::notify::ScriptGroups;
use crate::model::snmp::{MasterAgent, Snmp};
use crate::model::{
    BEFORE_FILTERS, BUS_NAME, Dumps, Gaps, Global, JsonLayout, MissingInterfaces, ReloadTime, Reloads, Scheduling,
    ScriptSecurity, Served, StartupDelay, Switch, VmacPrefixes,
};
use crate::read::{Raw, Settings};
use crate::say;
use crate::source::Spanned;
use crate::value::odd_character;

pub(super) fn resolve(raw: &Raw, out: &mut Diagnostics) -> Global {
    let settings = &raw.global;
    let time = |row| settings.time(row).unwrap_or_default();
    raw.late_global.into_iter().for_each(|span| out.push(say::global_late(span)));
    clash::check(clash::rules::OF_GLOBAL, &Scene { own: settings, global: settings, facts: &[] }, out);
    election::check_global(settings, out);
    // What is no group is told even if no router would use it.
    for family in [Family::Ipv4, Family::Ipv6] {
        medium::group_for_all(settings, family, out);
    }
    let has = |row: &KeywordDef| settings.keyword(row).is_some();
    let (waits, is_secure) = (has(&global::DYNAMIC_INTERFACES), has(&global::ENABLE_SCRIPT_SECURITY));
    let tells_vrids = has(&process::LOG_UNKNOWN_VRIDS);
    Global {
        net_namespace: match raw.top.get(&top::NET_NAMESPACE) {
            Some(name) => Some(name.value.to_owned()),
            None => raw.top.refused(&top::NET_NAMESPACE).map(|span| {
                out.add_consequence(span, &say::missing_argument_namespace());
                String::new()
            }),
        },
        instance: raw.top.value(&top::INSTANCE).map(str::to_owned),
        router_id: settings.value(&global::ROUTER_ID).map(str::to_owned),
        missing_interfaces: if waits { MissingInterfaces::Awaited } else { MissingInterfaces::Refused },
        script_user: settings.value(&global::SCRIPT_USER).cloned(),
        script_security: if is_secure { ScriptSecurity::Enforced } else { ScriptSecurity::Warned },
        script_groups: match settings.value(&global_notify::SET_SUPPLEMENTARY_GROUPS) {
            Some(Switch::On) => ScriptGroups::AllOfUser,
            Some(Switch::Off) | None => ScriptGroups::One,
        },
        lifecycle: notify::lifecycle(settings),
        pipes: notify::pipes(settings, out),
        gaps: Gaps { arp: time(&global::VRRP_GARP_INTERVAL), na: time(&global::VRRP_GNA_INTERVAL) },
        vmac_prefixes: vmac_prefixes(settings, out),
        startup: StartupDelay {
            after_start: time(&global::VRRP_STARTUP_DELAY),
            after_boot: time(&global::VRRP_DELAY_AFTER_BOOT),
        },
        scheduling: scheduling(settings),
        guardian: settings.value(&process::TANIST_GUARDIAN).unwrap_or(Switch::On),
        iproute_usr_dir: settings.value(&global::IPROUTE_USR_DIR).map(str::to_owned),
        iproute_etc_dir: settings.value(&global::IPROUTE_ETC_DIR).map(str::to_owned),
        reloads: reloads(settings, out),
        dumps: dumps(settings, out),
        pid_dir: raw.top.flag(&top::USE_PID_DIR),
        mail: notify::mail(settings, out),
        snmp: snmp(settings, out),
        unknown_vrids: if tells_vrids { UnknownVrids::Told } else { UnknownVrids::Counted },
        lease: lease(settings),
        metrics: served(settings, out),
        bus_name: bus_name(settings, out),
        drop_priority: settings.value(&process::NFTABLES_PRIORITY).unwrap_or(BEFORE_FILTERS),
    }
}

fn lease(settings: &Settings) -> LeaseRule {
    let Some([word]) = settings.value(&global::TANIST_LEASE) else { return LeaseRule::Unsaid };
    // `off` is the only word that is no number.
    word.value.parse().map_or(LeaseRule::Off, |seconds| LeaseRule::Lasts(Duration::from_secs(seconds)))
}

fn bus_name(settings: &Settings, out: &mut Diagnostics) -> Option<String> {
    let (enabled, written) = (settings.keyword(&global::ENABLE_DBUS), settings.get(&global::DBUS_SERVICE_NAME));
    let Some(name) = written else { return enabled.map(|_| BUS_NAME.to_owned()) };
    if enabled.is_none() {
        out.push(say::no_effect_bus_name(name.span));
        return None;
    }
    let valid = is_bus_name(name.value).then(|| name.value.to_owned());
    or_say(valid, || say::bad_word_bus_name(name.span, name.value), out)
}

/// Whether a service can have that name (D-Bus specification, "Bus names").
fn is_bus_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|first: char| first.is_ascii_digit())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    };
    name.len() <= 255 && name.contains('.') && name.split('.').all(is_part)
}

/// The port that the exporter for keepalived has that is known best.
const METRICS_PORT: u16 = 9165;

fn served(settings: &Settings, out: &mut Diagnostics) -> Option<Served> {
    let (written, page) = (settings.value(&global::TANIST_METRICS), settings.keyword(&global::TANIST_STATUS_PAGE));
    if let (None, Some(page)) = (written, page) {
        out.push(say::no_effect_status_page(page));
    }
    let [address, rest @ ..] = written? else { return None };
    let port = rest.first().and_then(|port| port.value.parse().ok()).unwrap_or(METRICS_PORT);
    let page = settings.flag(&global::TANIST_STATUS_PAGE);
    out.push(match address.value.parse::<IpAddr>() {
        Err(_) => say::bad_address_metrics(address.span, &address.value),
        Ok(ip) if ip.is_multicast() => say::bad_address_metrics_multicast(address.span, ip),
        Ok(IpAddr::V4(ip)) if ip.is_broadcast() => say::bad_address_metrics_broadcast(address.span, ip),
        Ok(IpAddr::V6(ip)) if ip.is_unicast_link_local() => say::bad_address_metrics_link_local(address.span, ip),
        Ok(ip) => return Some(Served { address: SocketAddr::new(ip, port), page }),
    });
    None
}

fn vmac_prefixes(settings: &Settings, out: &mut Diagnostics) -> VmacPrefixes {
    let router = prefix(settings, &process::VMAC_PREFIX, out).unwrap_or_else(|| VmacPrefixes::DEFAULT.to_owned());
    let addresses = prefix(settings, &process::VMAC_ADDR_PREFIX, out).unwrap_or_else(|| router.clone());
    VmacPrefixes { router, addresses }
}

/// A prefix, unless an interface name cannot hold it. That it is cut is in its help.
fn prefix(settings: &Settings, row: &Row<String>, out: &mut Diagnostics) -> Option<String> {
    let written = settings.get(row)?;
    let Some(problem) = odd_character(written.value) else { return Some(written.value.to_owned()) };
    out.push(say::vmac_name_prefix(written.span, problem));
    None
}

fn scheduling(settings: &Settings) -> Scheduling {
    let words = settings.value(&process::VRRP_CPU_AFFINITY).unwrap_or_default();
    let mut processors: Vec<u16> = words.iter().filter_map(|word| word.value.parse().ok()).collect();
    processors.sort_unstable();
    processors.dedup();
    Scheduling {
        real_time: settings.value(&process::VRRP_RT_PRIORITY),
        nice: settings.value(&process::VRRP_PRIORITY),
        processors,
    }
}

fn reloads(settings: &Settings, out: &mut Diagnostics) -> Reloads {
    let time = settings.get(&reports::RELOAD_TIME_FILE);
    let path = time.and_then(|path| absolute(&reports::RELOAD_TIME_FILE, path, out));
    let repeat = settings.flag(&reports::RELOAD_REPEAT);
    Reloads { time: path.map(|file| ReloadTime { file, repeat }), file: reload_file(settings, out) }
}

fn reload_file(settings: &Settings, out: &mut Diagnostics) -> Option<String> {
    match settings.value(&reports::RELOAD_FILE)? {
        [] => Some(Reloads::FILE.to_owned()),
        [path, ..] => absolute(&reports::RELOAD_FILE, Spanned { value: &path.value, span: path.span }, out),
    }
}

/// A path that means the same wherever the daemon was started.
fn absolute(row: &KeywordDef, path: Spanned<&str>, out: &mut Diagnostics) -> Option<String> {
    let is_absolute = path.value.starts_with('/') && !path.value.contains('\0');
    or_say(is_absolute.then(|| path.value.to_owned()), || say::reload_file(path.span, row.name), out)
}

fn dumps(settings: &Settings, out: &mut Diagnostics) -> Dumps {
    let mut file = |row: &Row<String>| settings.get(row).and_then(|path| absolute(row, path, out));
    Dumps {
        data: file(&reports::STATE_DUMP_FILE),
        statistics: file(&reports::STATS_DUMP_FILE),
        json: file(&reports::JSON_DUMP_FILE),
        layout: match settings.value(&reports::JSON_VERSION) {
            Some(2) => JsonLayout::Object,
            Some(_) | None => JsonLayout::List,
        },
        own_names: settings.value(&reports::DATA_USE_INSTANCE).unwrap_or_default(),
    }
}

fn snmp(settings: &Settings, out: &mut Diagnostics) -> Snmp {
    Snmp {
        agent: agent(settings, out).unwrap_or_default(),
        keepalived: settings.any_flag(&[&reports::ENABLE_SNMP_VRRP, &reports::ENABLE_SNMP_KEEPALIVED]),
        rfc2787: settings.any_flag(&[&reports::ENABLE_SNMP_RFCV2, &reports::ENABLE_SNMP_RFC]),
        rfc6527: settings.any_flag(&[&reports::ENABLE_SNMP_RFCV3, &reports::ENABLE_SNMP_RFC]),
        traps: settings.flag(&reports::ENABLE_TRAPS),
    }
}

fn agent(settings: &Settings, out: &mut Diagnostics) -> Option<MasterAgent> {
    let written = settings.get(&reports::SNMP_SOCKET)?;
    let why = || say::bad_address_agent(written.span, written.value, MasterAgent::default());
    or_say(MasterAgent::parse(written.value), why, out)
}
