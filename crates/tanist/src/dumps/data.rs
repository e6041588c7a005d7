//! The dump of data: text for people, of which programs read some lines (ecosystem §3.4). Sections that only show keepalived's own
//! insides (sockets, interfaces) are left out.

use std::fmt::{self, Display, Write as _};
use std::net::IpAddr;

use conf::model::notify::{Notify, Removal};
use conf::model::watch::{SyncGroup, TrackFile, TrackProcess, TrackScript, TrackerKind};
use conf::model::{Config, Script, Sense, Tracker, Weight};
use vrrp::config::{
    Authentication, Conformance, Effect, EffectKind, ListCheck, OnInferior, OnSuperior, Preempt, PrimaryTracking,
    SourceCheck, SourceMac,
};
use vrrp::event::StateName;
use vrrp::input::Reading;
use vrrp::types::{Family, Version};

use super::json::SECRET;
use super::lines;
use crate::control::picture::{self, Picture, Seen, is_on};

/// The dump.
pub(super) fn text(picture: &Picture<'_>) -> String {
    let config = picture.config;
    let mut text = Text(String::new());
    global(&mut text, config);
    statics(&mut text, config);
    text.section("VRRP Topology");
    picture.routers.iter().for_each(|seen| instance(&mut text, seen, picture));
    let watched = &config.watched;
    text.items("VRRP Sync groups", &watched.groups, |text, it| group(text, it, picture));
    text.items("VRRP Scripts", &watched.scripts, |text, it| script(text, it, picture));
    text.items("VRRP Track files", &watched.files, |text, it| file(text, it, picture));
    text.items("VRRP Track processes", &watched.processes, |text, it| process(text, it, picture));
    text.0
}

/// A text in the making.
struct Text(String);

impl Text {
    fn line(&mut self, line: fmt::Arguments<'_>) {
        // A string takes all that is written to it.
        let _ = writeln!(self.0, "{line}");
    }

    fn section(&mut self, name: &str) {
        self.line(format_args!("------< {name} >------"));
    }

    /// A section with an item for each of these, unless there are none.
    fn items<T>(&mut self, name: &str, all: &[T], item: impl Fn(&mut Self, &T)) {
        if !all.is_empty() {
            self.section(name);
            all.iter().for_each(|it| item(self, it));
        }
    }

    /// A value of an item.
    fn value(&mut self, key: &str, value: impl Display) {
        self.line(format_args!("   {key} = {value}"));
    }

    /// What is true of an item.
    fn fact(&mut self, fact: &str) {
        self.line(format_args!("   {fact}"));
    }

    /// A list of an item, unless it is empty.
    fn list(&mut self, header: &str, entries: impl IntoIterator<Item = impl Display>) {
        let mut entries = entries.into_iter().peekable();
        if entries.peek().is_some() {
            self.fact(header);
            entries.for_each(|entry| self.line(format_args!("     {entry}")));
        }
    }
}

fn global(text: &mut Text, config: &Config) {
    let global = &config.global;
    text.section("Global definitions");
    let mut line = |key: &str, value: &dyn Display| text.line(format_args!(" {key} = {value}"));
    let or = |value: &Option<String>, other: &str| value.clone().unwrap_or_else(|| other.to_owned());
    let host = || rustix::system::uname().nodename().to_string_lossy().into_owned();
    line("Network namespace", &or(&global.net_namespace, "(default)"));
    if let Some(instance) = &global.instance {
        line("Instance name", instance);
    }
    line("Router ID", &global.router_id.clone().unwrap_or_else(host));
    line("Gratuitous ARP interval", &format_args!("{:.6}", global.gaps.arp.as_secs_f64()));
    line("Gratuitous NA interval", &format_args!("{:.6}", global.gaps.na.as_secs_f64()));
}

fn statics(text: &mut Text, config: &Config) {
    let lists = [
        ("Static Addresses", addresses(config)),
        ("Static Routes", config.static_routes.iter().map(lines::route).collect()),
        ("Static Rules", config.static_rules.iter().map(ToString::to_string).collect()),
    ];
    for (name, lines) in lists {
        text.items(name, &lines, |text, line| text.line(format_args!("     {line}")));
    }
}

fn addresses(config: &Config) -> Vec<String> {
    let of = |it: &conf::model::Address| lines::address(it, it.dev.as_deref().unwrap_or("(none)"));
    config.static_addresses.iter().map(of).collect()
}

fn instance(text: &mut Text, seen: &Seen<'_>, picture: &Picture<'_>) {
    let Seen { router, snapshot, .. } = seen;
    text.line(format_args!(" VRRP Instance = {}", router.name));
    text.value("VRRP Version", router.parameters.version.number());
    if let Some(group) = snapshot.group {
        text.value("Sync group", picture.directory.group(group));
    }
    match router.family {
        Family::Ipv4 => {}
        Family::Ipv6 => text.fact("Using Native IPv6"),
    }
    let (_, state) = picture::state(snapshot.state);
    text.value("State", state);
    text.value("Wantstate", state);
    times(text, seen, picture);
    link(text, seen);
    announcements(text, seen);
    election(text, seen);
    authentication(text, &router.authentication);
    text.list(&format!("Virtual IP ({}):", router.addresses.len()), router.addresses.iter().map(|it| seen.address(it)));
    text.list("Virtual IP Excluded :", router.excluded.iter().map(|it| seen.address(it)));
    unicast(text, seen);
    text.list("Virtual Routes :", router.routes.iter().map(lines::route));
    text.list("Virtual Rules :", &router.rules);
    tracked(text, seen);
    text.value("Using smtp notification", if is_on(router.mail) { "yes" } else { "no" });
    text.value("Notify deleted", if router.notify.removal == Removal::Stop { "Fault" } else { "Deleted" });
    scripts(text, &router.notify);
    text.value("Notify priority changes", is_on(router.priority_changes));
}

fn times(text: &mut Text, seen: &Seen<'_>, picture: &Picture<'_>) {
    let snapshot = seen.snapshot;
    let faults = snapshot.waiting_for.iter().count();
    let unknown = seen.tracked.iter().filter(|it| it.reading == Reading::Unknown).count();
    text.value("Number of config faults", 0);
    text.value("Number of interface and track script faults", faults);
    text.value("Number of track scripts init", unknown);
    text.value("Last transition", lines::time(picture.now.micros_of(snapshot.since)));
    let next = snapshot.next.filter(|_| snapshot.state != StateName::Initialize);
    let next = next.map(|deadline| lines::time(picture.now.micros_of(deadline.at)));
    text.value("Read timeout", next.as_deref().unwrap_or("DISABLED"));
    text.value("Master down timer", format_args!("{} usecs", snapshot.down_interval.as_micros()));
}

fn link(text: &mut Text, seen: &Seen<'_>) {
    let router = seen.router;
    match seen.vmac_name() {
        Some(vmac) => {
            let by_parent = router.parameters.source_mac == SourceMac::Physical;
            let is_up = seen.host.is_some_and(|host| host.vmac.is_some());
            text.fact(&format!("Use VMAC, i/f name {vmac}, is_up = {is_up}, xmit_base = {by_parent}"));
            let end = if by_parent { ", xmit base i/f" } else { "" };
            text.value("Interface", format_args!("{vmac}, vmac on {}{end}", router.interface));
        }
        None => text.value("Interface", &router.interface),
    }
    match router.parameters.primary {
        PrimaryTracking::Tracked => {}
        PrimaryTracking::Ignored => text.fact("VRRP interface tracking disabled"),
    }
    match router.parameters.switches.lists {
        ListCheck::Each => {}
        ListCheck::OtherMasters => text.fact("Skip checking advert IP addresses"),
    }
    match router.parameters.conformance {
        Conformance::Field => {}
        Conformance::Strict => text.fact("Enforcing strict VRRP compliance"),
    }
    let source = seen.snapshot.source.map_or_else(|| "(none)".to_owned(), |source| source.to_string());
    let end = if router.source.is_some() { " (from configuration)" } else { "" };
    text.value("Using src_ip", format_args!("{source}{end}"));
    if !router.is_unicast() {
        text.fact(&format!("Multicast address {}", router.group));
    }
}

fn announcements(text: &mut Text, seen: &Seen<'_>) {
    let plan = &seen.router.parameters.announce;
    text.value("Gratuitous ARP delay", plan.delay.as_secs());
    text.value("Gratuitous ARP repeat", plan.repeat);
    text.value("Gratuitous ARP refresh", plan.refresh.as_secs());
    text.value("Gratuitous ARP refresh repeat", plan.refresh_repeat);
    text.value("Gratuitous ARP lower priority delay", plan.lower_prio_delay.as_secs());
    text.value("Gratuitous ARP lower priority repeat", plan.lower_prio_repeat);
    text.value("Down timer adverts", seen.router.parameters.down_adverts);
    let switches = &seen.router.parameters.switches;
    text.value("Send advert after receive lower priority advert", switches.on_inferior == OnInferior::Answer);
    text.value("Send advert after receive higher priority advert", switches.on_superior == OnSuperior::AnswerOnce);
}

fn election(text: &mut Text, seen: &Seen<'_>) {
    let Seen { router, snapshot, .. } = seen;
    text.value("Virtual Router ID", router.vrid);
    text.value("Priority", snapshot.base_priority.value());
    text.value("Effective priority", snapshot.priority.value());
    text.value("Total priority", snapshot.priority.value());
    let interval = snapshot.interval.duration();
    match router.parameters.version {
        Version::V2 => text.value("Advert interval", format_args!("{} sec", interval.as_secs())),
        Version::V3 => text.value("Advert interval", format_args!("{} milli-sec", interval.as_millis())),
    }
    let word = |on| if on { "enabled" } else { "disabled" };
    text.value("Accept", word(is_on(router.accept)));
    text.value("Preempt", word(router.parameters.preempt != Preempt::Never));
    match router.parameters.preempt {
        Preempt::Always | Preempt::Never => {}
        Preempt::After(delay) => text.value("Preempt delay", format_args!("{} secs", delay.as_secs())),
    }
    text.value("Promote_secondaries", word(router.vmac.is_none()));
}

fn authentication(text: &mut Text, authentication: &Authentication) {
    match authentication {
        Authentication::None | Authentication::Hmac(_) => {}
        Authentication::Password(_) => {
            text.value("Authentication type", "SIMPLE_PASSWORD");
            text.value("Password", SECRET);
        }
        Authentication::Ah(_) => text.value("Authentication type", "IPSEC_AH"),
    }
}

fn unicast(text: &mut Text, seen: &Seen<'_>) {
    let router = seen.router;
    if !router.is_unicast() {
        return;
    }
    text.value("Unicast TTL", router.unicast_ttl.unwrap_or(vrrp::wire::HOP_LIMIT));
    let checked = router.unicast_sources == SourceCheck::Peers;
    text.fact(&format!("Check unicast src : {}", if checked { "yes" } else { "no" }));
    text.list("Unicast Peer :", router.peers.iter().map(|peer| Peer(peer.address, peer.min_ttl, peer.max_ttl)));
}

/// A unicast peer with its range of TTLs.
struct Peer(IpAddr, Option<u8>, Option<u8>);

impl Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(address, least, most) = self;
        write!(f, "{address} min_ttl {} max_ttl {}", least.unwrap_or(0), most.unwrap_or(u8::MAX))
    }
}

fn tracked(text: &mut Text, seen: &Seen<'_>) {
    let router = seen.router;
    text.list(
        "Tracked interfaces :",
        seen.tracked_interfaces().map(|it| format!("{} weight {}", it.interface, effect(it.effect))),
    );
    let named = |kind, comma: &str| {
        let line = |it: &Tracker| format!("{}{comma} weight {}", it.name, weight(it.weight));
        router.tracked.of(kind).map(line).collect::<Vec<_>>()
    };
    text.list("Tracked scripts :", named(TrackerKind::Script, ""));
    text.list("Tracked files :", named(TrackerKind::File, ","));
    text.list("Tracked processes :", named(TrackerKind::Process, ","));
}

/// A weight, with the word that turns it round.
fn weight(weight: Weight) -> String {
    reversed(weight.number, weight.sense)
}

fn effect(effect: Effect) -> String {
    match effect.kind {
        EffectKind::Fault => reversed(0, effect.sense),
        EffectKind::Weight(number) | EffectKind::Factor(number) => reversed(number, effect.sense),
    }
}

fn reversed(number: i16, sense: Sense) -> String {
    match sense {
        Sense::Plain => number.to_string(),
        Sense::Reverse => format!("{number} reverse"),
    }
}

fn scripts(text: &mut Text, notify: &Notify) {
    let deleted = match &notify.removal {
        Removal::Stop => None,
        Removal::Deleted(script) => script.as_deref(),
    };
    let all: [(&str, Option<&Script>); 7] = [
        ("Backup state", notify.backup.as_deref()),
        ("Master state", notify.master.as_deref()),
        ("Fault state", notify.fault.as_deref()),
        ("Stop state", notify.stop.as_deref()),
        ("Deleted state", deleted),
        ("Generic state", notify.any.as_deref()),
        ("Master rx lower pri state", notify.lower_priority.as_deref()),
    ];
    for (what, script) in all.iter().filter_map(|(what, script)| Some((what, (*script)?))) {
        text.value(&format!("{what} transition script"), picture::script(script));
    }
}

fn group(text: &mut Text, group: &SyncGroup, picture: &Picture<'_>) {
    let members = || picture.routers.iter().filter(|seen| group.members.contains(&seen.router.name));
    let states: Vec<StateName> = members().map(|seen| seen.snapshot.state).collect();
    let faults = states.iter().filter(|state| **state == StateName::Initialize).count();
    let state = states.iter().copied().find(|_| faults == 0).unwrap_or(StateName::Initialize);
    text.line(format_args!(" VRRP Sync Group = {}, {}", group.name, picture::state(state).1));
    text.fact(&format!("Num member fault {faults}, num member init 0"));
    text.list("VRRP member instances :", &group.members);
    text.value("Using smtp notification", if is_on(group.mail) { "yes" } else { "no" });
    scripts(text, &group.notify);
}

/// Who tracks it, and with which weight.
fn trackers(text: &mut Text, kind: TrackerKind, name: &str, picture: &Picture<'_>) {
    let lines = picture.routers.iter().filter_map(|seen| {
        let tracker = seen.router.tracked.of(kind).find(|it| it.name == name)?;
        Some(format!("{}, weight {}", seen.router.name, weight(tracker.weight)))
    });
    text.list("Tracking instances :", lines);
}

fn script(text: &mut Text, script: &TrackScript, picture: &Picture<'_>) {
    text.line(format_args!(" VRRP Script = {}", script.name));
    text.value("Command", picture::command(&script.check, &script.name));
    text.value("Interval", format_args!("{} sec", script.interval.as_secs_f64()));
    text.value("Timeout", format_args!("{} sec", script.timeout.as_secs_f64()));
    text.value("Weight", weight(script.weight));
    text.value("Rise", script.rise);
    text.value("Fall", script.fall);
    let (result, status) = match picture.reading(TrackerKind::Script, &script.name) {
        Reading::Up => (script.rise + script.fall - 1, "GOOD"),
        Reading::Down | Reading::Level(_) => (0, "BAD"),
        Reading::Unknown => (0, "INIT"),
    };
    text.value("Result", result);
    text.value("Status", status);
    trackers(text, TrackerKind::Script, &script.name, picture);
    text.value("State", "idle");
}

fn file(text: &mut Text, file: &TrackFile, picture: &Picture<'_>) {
    text.line(format_args!(" Track file = {}", file.name));
    text.value("File", &file.file);
    match picture.reading(TrackerKind::File, &file.name) {
        Reading::Level(number) => text.value("Status", number),
        Reading::Unknown | Reading::Down | Reading::Up => text.value("Status", "unknown"),
    }
    text.value("Weight", weight(file.weight));
    trackers(text, TrackerKind::File, &file.name, picture);
}

fn process(text: &mut Text, process: &TrackProcess, picture: &Picture<'_>) {
    text.line(format_args!(" VRRP Track process = {}", process.name));
    text.value("Process", process.command.first().map_or("", String::as_str));
    text.value("Min processes", process.quorum);
    text.value("Have quorum", picture.reading(TrackerKind::Process, &process.name) == Reading::Up);
    text.value("Weight", weight(process.weight));
    text.value("Terminate delay", format_args!("{:.6}s", process.terminate_delay.as_secs_f64()));
    text.value("Fork delay", format_args!("{:.6}s", process.fork_delay.as_secs_f64()));
    text.value("Full command", is_on(process.full_command));
    trackers(text, TrackerKind::Process, &process.name, picture);
}
