//! Texts against what is said about them and what is made of them: `golden/NAME.conf` against `golden/NAME.out`.
//! `NAME.lan` holds the files of several members of one LAN, each behind a line `--- FILE`.
//!
//! `UPDATE=1 cargo test -p tanist-conf --test golden` writes the `.out` files; the difference is then to be read.
#![expect(clippy::disallowed_methods, reason = "the golden texts are files")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use conf::model::hmac::Hmac;
use conf::model::mail::Mail;
use conf::model::notify::{Lifecycle, Pipes, Removal, ScriptGroups};
use conf::model::route::Tracking;
use conf::model::watch::{Tracked, Watched};
use conf::model::{
    Address, BEFORE_FILTERS, Config, Gaps, Global, Notify, Reloads, Router, Scheduling, StartupDelay, State, Switch,
    VmacPrefixes,
};
use conf::{Code, Diagnostics, Environment, MemoryLoader, RenderStyle};
use host::LeaseRule;
use vrrp::config::{AnnouncePlan, Authentication, SourceCheck, Switches, UnknownVrids};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// All files of the folder and of those in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// All files, named relative to the folder, executable as they are there.
static LOADER: LazyLock<MemoryLoader> = LazyLock::new(|| {
    files(&folder()).into_iter().fold(MemoryLoader::default(), |loader, path| {
        let name = path.strip_prefix(folder()).unwrap().to_owned();
        let executable = fs::metadata(&path).unwrap().permissions().mode() & 0o111 != 0;
        let loader = if executable { loader.executable(name.clone()) } else { loader };
        loader.with(name, fs::read(&path).unwrap())
    })
});

fn cases() -> BTreeSet<PathBuf> {
    let names = files(&folder()).into_iter().map(|path| path.strip_prefix(folder()).unwrap().to_owned());
    names.filter(|name| name.extension().is_some_and(|extension| extension == "conf" || extension == "lan")).collect()
}

/// What is said about a case, and what is made of it.
fn load(name: &Path) -> (Diagnostics, String) {
    if name.extension().is_some_and(|extension| extension == "lan") {
        return (load_lan(&fs::read_to_string(folder().join(name)).unwrap()), String::new());
    }
    let environment = Environment { config_id: Some("left".to_owned()), ..Environment::default() };
    let conf::Loaded { config, diagnostics, places: _ } = conf::load_in(&environment, name, &mut LOADER.clone());
    (diagnostics, describe(&config))
}

fn load_lan(text: &str) -> Diagnostics {
    let mut loader = MemoryLoader::default();
    let mut members = Vec::new();
    for (name, content) in text.split("--- ").skip(1).filter_map(|member| member.split_once('\n')) {
        members.push((Environment::default(), PathBuf::from(name)));
        loader = loader.with(name, content);
    }
    conf::load_lan(&members, &mut loader).diagnostics
}

/// Every case says what its `.out` file says.
#[test]
fn texts_become_what_is_written_beside_them() {
    let mut wrong = Vec::new();
    for name in cases() {
        let (diagnostics, made) = load(&name);
        let now = format!("{}{made}", diagnostics.render(RenderStyle::Plain));
        let path = folder().join(name.with_extension("out"));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &now).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != now {
            wrong.push(format!("{}:\n{now}", name.display()));
        }
    }
    assert!(wrong.is_empty(), "differs from golden files (UPDATE=1 to accept):\n{}", wrong.join("\n"));
}

/// Every code of the table occurs in some case, so that its words have been read once.
#[test]
fn every_code_has_a_case() {
    let said: BTreeSet<Code> = cases()
        .iter()
        .flat_map(|name| load(name).0.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>())
        .collect();
    // What depends on the machine is tested in keywords.rs.
    let elsewhere = [
        Code::MachineInterface,
        Code::MachineVirtualMac,
        Code::MachineProgram,
        Code::MachineSource,
        Code::MachineScriptRefused,
        Code::MachineScriptWeak,
        Code::MachineUser,
        Code::FileUnreadable,
        Code::MainNotPlain,
        Code::IncludeUnreadable,
        Code::ConditionUnknown,
        Code::HmacKeyShared,
    ];
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !said.contains(code) && !elsewhere.contains(code)).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

/// The model, a line a thing; what is as by default is left out.
fn describe(config: &Config) -> String {
    let Config { global, routers, left_out, watched, static_addresses, static_routes, static_rules, .. } = config;
    let Config { garp_groups, track_groups, link_delays, .. } = config;
    let Global { net_namespace, router_id, missing_interfaces, script_user, script_security, gaps, .. } = global;
    let Global { startup, scheduling, reloads, mail, script_groups, lifecycle, pipes, .. } = global;
    let Global { unknown_vrids, vmac_prefixes, lease, drop_priority, not_carried_out, .. } = global;
    let mut out = format!("global: {router_id:?} {missing_interfaces:?} {script_user:?} {script_security:?}\n");
    if let Some(name) = net_namespace {
        out += &format!("namespace {name}\n");
    }
    not_carried_out.iter().for_each(|statement| out += &format!("not carried out: {statement}\n"));
    if *reloads != Reloads::default() {
        out += &format!("{reloads:?}\n");
    }
    if *mail != Mail::default() {
        out += &format!("{mail:?}\n");
    }
    if *gaps != Gaps::default() {
        out += &format!("{gaps:?}\n");
    }
    if *vmac_prefixes != VmacPrefixes::default() {
        out += &format!("{vmac_prefixes:?}\n");
    }
    if *startup != StartupDelay::default() {
        out += &format!("{startup:?}\n");
    }
    if *script_groups != ScriptGroups::default() {
        out += &format!("groups of scripts: {script_groups:?}\n");
    }
    if *lifecycle != Lifecycle::default() {
        out += &format!("{lifecycle:?}\n");
    }
    if *pipes != Pipes::default() {
        out += &format!("{pipes:?}\n");
    }
    if *scheduling != Scheduling::default() {
        out += &format!("{scheduling:?}\n");
    }
    if *drop_priority != BEFORE_FILTERS {
        out += &format!("drops at {drop_priority}\n");
    }
    if *lease != LeaseRule::default() {
        out += &format!("lease: {lease:?}\n");
    }
    if *unknown_vrids != UnknownVrids::default() {
        out += &format!("unknown VRIDs: {unknown_vrids:?}\n");
    }
    garp_groups.iter().for_each(|group| out += &format!("{group:?}\n"));
    track_groups.iter().for_each(|group| out += &format!("{group:?}\n"));
    link_delays.iter().for_each(|delay| out += &format!("{delay:?}\n"));
    for address in static_addresses {
        describe_address(&mut out, "static address", address).unwrap();
    }
    for route in static_routes {
        out += &format!("static route {route}\n");
    }
    for rule in static_rules {
        out += &format!("static rule {rule}\n");
    }
    let Watched { scripts, processes, files, sessions, groups } = watched;
    scripts.iter().for_each(|script| out += &format!("{script:?}\n"));
    processes.iter().for_each(|process| out += &format!("{process:?}\n"));
    files.iter().for_each(|file| out += &format!("{file:?}\n"));
    sessions.iter().for_each(|session| out += &format!("{session:?}\n"));
    groups.iter().for_each(|group| out += &format!("{group:?}\n"));
    for router in left_out {
        out += "\nleft out:";
        describe_router(&mut out, router).unwrap();
    }
    for router in routers {
        describe_router(&mut out, router).unwrap();
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn describe_router(out: &mut String, router: &Router) -> std::fmt::Result {
    let Router { name, interface, family, vrid, version, priority, interval, down_adverts, .. } = router;
    writeln!(out, "\nrouter {name}: {interface} {family} VRID {vrid} {version} priority {priority} every {interval}")?;
    let Router { preempt, vmac, source_mac, source, addresses, excluded, authentication, checksum, .. } = router;
    writeln!(out, "  down after {down_adverts}, {preempt:?}, {vmac:?} {source_mac:?}, source {source:?}")?;
    let Router { conformance, switches, announce, primary, track_interfaces, notify, routes, rules, .. } = router;
    let Switches { on_inferior, on_superior, linger, .. } = *switches;
    let Router { state, accept, peers, fault_without_peers, tracked, priority_changes, .. } = router;
    if (*state, *accept) != (State::Backup, Switch::On) {
        writeln!(out, "  {state:?} accept {accept:?}")?;
    }
    if !peers.is_empty() {
        writeln!(out, "  {peers:?}")?;
    }
    let Router { group, track_source, unicast_ttl, unicast_sources, .. } = router;
    if *group != vrrp::wire::group(*family) {
        writeln!(out, "  group {group}")?;
    }
    if *track_source == Switch::On {
        writeln!(out, "  track source")?;
    }
    if (*unicast_ttl, *unicast_sources) != (None, SourceCheck::Anybody) {
        writeln!(out, "  TTL {unicast_ttl:?}, from {unicast_sources:?}")?;
    }
    for statement in &router.not_carried_out {
        writeln!(out, "  not carried out: {statement}")?;
    }
    if router.address_vmacs == Switch::On {
        writeln!(out, "  addresses elsewhere on virtual MACs")?;
    }
    if *fault_without_peers == Switch::On {
        writeln!(out, "  fault without peers")?;
    }
    if *tracked != Tracked::default() {
        writeln!(out, "  {tracked:?}")?;
    }
    let authentication = match authentication {
        Authentication::None | Authentication::Hmac(_) => "None".to_owned(),
        Authentication::Password(secret) => format!("Password({:?})", secret.expose()),
        Authentication::Ah(secret) => format!("Ah({:?})", secret.expose()),
    };
    if let Some(Hmac { keys, active, anti_replay, window, mode }) = &router.hmac {
        let keys: Vec<_> = keys.iter().map(|key| (key.id, key.written.expose(), hex(key.bytes.expose()))).collect();
        writeln!(out, "  keys {keys:?}\n  key {active:?} signs, {anti_replay:?} {window:?} {mode:?}")?;
    }
    writeln!(out, "  {authentication} {checksum:?} {conformance:?} {on_inferior:?} {on_superior:?} {primary:?}")?;
    if *switches != (Switches { on_inferior, on_superior, linger, ..Switches::default() }) {
        writeln!(out, "  {switches:?}")?;
    }
    if linger != interval.duration().min(Duration::from_secs(3)) {
        writeln!(out, "  lingers for {linger:?}")?;
    }
    for address in addresses {
        describe_address(out, "address", address)?;
    }
    for address in excluded {
        describe_address(out, "excluded", address)?;
    }
    if *announce != AnnouncePlan::DEFAULT {
        writeln!(out, "  {announce:?}")?;
    }
    for tracked in track_interfaces {
        writeln!(out, "  {tracked:?}")?;
    }
    for route in routes {
        writeln!(out, "  route {route}")?;
    }
    for rule in rules {
        writeln!(out, "  rule {rule}")?;
    }
    let Notify { master, backup, fault, stop, any, lower_priority, removal } = notify;
    let all = [("master", master), ("backup", backup), ("fault", fault), ("stop", stop), ("any", any)];
    for (event, script) in all.into_iter().chain([("lower priority", lower_priority)]) {
        if let Some(script) = script {
            writeln!(out, "  notify {event}: {:?} as {:?}", script.argv, script.user)?;
        }
    }
    if *removal != Removal::Stop || *priority_changes == Switch::On {
        writeln!(out, "  {removal:?}, priority changes {priority_changes:?}")?;
    }
    Ok(())
}

fn describe_address(out: &mut String, kind: &str, entry: &Address) -> std::fmt::Result {
    let Address { address, prefix_len, dev, scope, label, broadcast, prefix_route, preferred, .. } = entry;
    let Address { peer, flags, tracking, .. } = entry;
    write!(out, "  {kind} {address}/{prefix_len} dev {dev:?} {scope:?} label {label:?} brd {broadcast:?}")?;
    write!(out, " {prefix_route:?} {preferred:?}")?;
    if let Some(peer) = peer {
        write!(out, " peer {peer}")?;
    }
    if !flags.is_empty() {
        write!(out, " {flags:?}")?;
    }
    if *tracking != Tracking::Own {
        write!(out, " {tracking:?}")?;
    }
    writeln!(out)
}
