//! `tanist status`: who is master, and why.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use crate::cli::StatusArgs;
use crate::control::api::{
    GroupStatus, GuardianStatus, Heard, RemoteEnd, RouterStatus, RoutingStatus, SessionStatus, StaticStatus, Status,
    Tracker,
};
use crate::control::client;
use crate::ports::host::HostView;

/// Begins at the top of an empty screen.
const CLEAR: &str = "\x1b[H\x1b[2J";

pub(crate) fn run(options: &StatusArgs) -> ExitCode {
    match options.watch {
        None => show(options),
        Some(pause) => watch(options, pause),
    }
}

/// Until it is interrupted, or nobody reads. A daemon that is not there may come back.
fn watch(options: &StatusArgs, pause: Duration) -> ExitCode {
    let before = if io::stdout().is_terminal() { CLEAR } else { "\n" };
    while write!(io::stdout(), "{before}").and_then(|()| io::stdout().flush()).is_ok() {
        show(options);
        sleep(pause);
    }
    ExitCode::SUCCESS
}

fn show(options: &StatusArgs) -> ExitCode {
    let all = "/v1/status";
    let path = options.name.as_deref().map_or_else(|| all.to_owned(), |name| client::path(all, name));
    match client::get::<Status>(&options.daemon.control(), &path) {
        Ok(status) => match print(&status, options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(error) => {
            drop(writeln!(io::stderr(), "tanist: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn print(status: &Status, options: &StatusArgs) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if options.json {
        let text = serde_json::to_string_pretty(status)?;
        return writeln!(out, "{text}");
    }
    let width = status.routers.iter().map(|router| router.name.len()).max().unwrap_or(0);
    for router in &status.routers {
        writeln!(out, "{:width$}  {}", router.name, summary(router))?;
        if options.name.is_some() {
            details(&mut out, router)?;
        }
    }
    if !status.left_out.is_empty() {
        writeln!(out, "left out: {} (`tanist check` says why)", status.left_out.join(", "))?;
    }
    for group in &status.groups {
        let GroupStatus { name, state, reason, since_seconds, routers } = group;
        writeln!(out, "sync group {name}  {state:6}  of {}  for {since_seconds:.1} s: {reason}", routers.join(", "))?;
    }
    for session in &status.bfd_sessions {
        let SessionStatus { name, neighbor, state, since_seconds, counts_in_seconds, .. } = session;
        let doubt = counts_in_seconds
            .map_or_else(String::new, |seconds| format!(", counts as down for {seconds:.1} s more: it was lost often"));
        writeln!(out, "bfd_instance {name}  {state:6}  with {neighbor}  for {since_seconds:.1} s{doubt}")?;
        if options.name.is_some() {
            session_details(&mut out, session)?;
        }
    }
    for StaticStatus { name, state: _, reason } in &status.statics {
        writeln!(out, "{name}  {reason}")?;
    }
    if let Some(why) = &status.unrecorded {
        let means = "a daemon that is killed now may leave settings and addresses behind";
        writeln!(out, "what is to be undone is not on record: {why}; {means}")?;
    }
    match status.guardian {
        Some(GuardianStatus { pid: None, deaths }) => {
            writeln!(out, "no guardian at the moment: it has died {deaths} times, and is started again")?;
        }
        Some(GuardianStatus { pid: Some(pid), deaths: deaths @ 1.. }) => {
            writeln!(out, "guardian: process {pid}; others died before it: {deaths}")?;
        }
        Some(GuardianStatus { pid: Some(_), deaths: 0 }) | None => {}
    }
    if status.packets_lost > 0 {
        writeln!(out, "packets lost: {} (they came faster than they were read)", status.packets_lost)?;
    }
    if status.log_lines_dropped > 0 {
        writeln!(
            out,
            "log lines dropped: {} (standard error of the daemon did not take them)",
            status.log_lines_dropped
        )?;
    }
    if status.mails_lost > 0 {
        writeln!(out, "mails lost: {} of {}", status.mails_lost, status.mails_lost + status.mails_sent)?;
    }
    if status.pipe_lines_lost > 0 {
        writeln!(out, "lines lost by pipes: {} (nobody reads them, or not fast enough)", status.pipe_lines_lost)?;
    }
    if status.scripts_superseded > 0 {
        let why = "newer states waited behind them";
        writeln!(out, "notify scripts not run: {} ({why})", status.scripts_superseded)?;
    }
    Ok(())
}

/// One line: state, where, since when and why.
fn summary(router: &RouterStatus) -> String {
    let waiting = if router.waiting_for.is_empty() {
        String::new()
    } else {
        format!(" (waiting for: {})", router.waiting_for.join(", "))
    };
    let leaving = router.leaving_seconds.map_or_else(String::new, |seconds| {
        format!("; leaving: it keeps its addresses until its successor is heard, at most {seconds:.1} s")
    });
    let released = if router.released { "; released: it stays away until `tanist hold`" } else { "" };
    format!(
        "{:6}  {} vrid {} {} priority {}  for {:.1} s: {}{waiting}{leaving}{released}",
        router.state,
        router.interface,
        router.vrid,
        router.family,
        router.priority,
        router.since_seconds,
        router.reason
    )
}

fn details(out: &mut impl io::Write, router: &RouterStatus) -> io::Result<()> {
    writeln!(out, "  addresses       {}", router.addresses.join(" "))?;
    for RoutingStatus { name, reason, .. } in router.routing.iter().filter(|it| it.state != "added") {
        writeln!(out, "  {name}: {reason}")?;
    }
    if let Some(packets) = router.dropped_packets {
        writeln!(out, "  packets dropped {packets} to these addresses since it became master: accept is off")?;
    }
    if router.dropping_refused {
        writeln!(
            out,
            "  packets         to these addresses are accepted although accept is off: the kernel cannot drop them"
        )?;
    }
    if let Some(vmac) = &router.vmac {
        match &*vmac.mode {
            HostView::IPVLAN => writeln!(out, "  ipvlan          {}", vmac.name)?,
            "private" => writeln!(out, "  virtual MAC     {} on {}, private", vmac.mac, vmac.name)?,
            _ => writeln!(out, "  virtual MAC     {} on {}", vmac.mac, vmac.name)?,
        }
    }
    if let Some(source) = &router.source {
        writeln!(out, "  sends from      {source}, VRRPv{}, every {} ms", router.version, router.interval_ms)?;
    }
    if let Some(master) = &router.master {
        writeln!(out, "  last master     {} with priority {}", master.address, master.priority)?;
    }
    writeln!(out, "  down interval   {:.3} ms (skew {:.3} ms)", router.down_interval_ms, router.skew_ms)?;
    if let Some(seconds) = router.preempts_in_seconds {
        writeln!(out, "  preempt delay   ends in {seconds:.1} s; until then an inferior master is accepted")?;
    }
    if router.waits_for_group {
        writeln!(out, "  sync group      heard no master, and waits until the other routers of the group hear none")?;
    }
    if let Some(next) = &router.next {
        writeln!(out, "  next            {} in {:.3} s", next.what, next.in_seconds)?;
    }
    if router.physical_copies {
        writeln!(out, "  adverts         also from the physical MAC, for a peer that cannot hear the virtual one")?;
    }
    if router.both_checksums {
        writeln!(out, "  adverts         in both forms of checksum, for a peer that accepts one of them only")?;
    }
    for tracker in &router.trackers {
        writeln!(out, "  tracks          {}", tracked(tracker))?;
    }
    for peer in &router.peers {
        let what = match (&peer.heard, peer.is_self) {
            (_, true) => format!("{}, this router itself", peer.address),
            (Some(heard), false) => speaker(heard),
            (None, false) => format!("{}, nothing heard of it", peer.address),
        };
        writeln!(out, "  peer            {what}")?;
    }
    let is_peer = |heard: &&Heard| router.peers.iter().any(|peer| peer.address == heard.address);
    for heard in router.heard.iter().filter(|heard| !is_peer(heard)) {
        writeln!(out, "  heard           {}", speaker(heard))?;
    }
    if !router.other_masters.is_empty() {
        writeln!(out, "  two masters     {} also claims to be master", router.other_masters.join(" "))?;
    }
    match &*router.redundancy {
        "lost" => writeln!(out, "  redundancy      lost: the master before has gone, and nobody was heard since")?,
        "unknown" => writeln!(out, "  redundancy      unknown: nobody else was ever heard; backups are silent")?,
        _ => {}
    }
    if let Some(it) = &router.not_heard {
        writeln!(out, "  not heard       {} ({}): {}", it.address, it.mac, it.why)?;
    }
    for (name, count) in router.counters.iter().filter(|(_, count)| **count > 0) {
        writeln!(out, "  {name:30} {count}")?;
    }
    Ok(())
}

fn session_details(out: &mut impl io::Write, session: &SessionStatus) -> io::Result<()> {
    writeln!(out, "  this end        discriminator {:#010x}: {}", session.discriminator, session.diag_words)?;
    if let Some(remote) = &session.remote {
        let RemoteEnd { discriminator, state, diag_words, min_tx_ms, min_rx_ms, multiplier, .. } = remote;
        writeln!(out, "  other end       discriminator {discriminator:#010x}, {state}: {diag_words}")?;
        writeln!(out, "  it says         min_tx {min_tx_ms} ms, min_rx {min_rx_ms} ms, multiplier {multiplier}")?;
    }
    match session.heard_seconds_ago {
        Some(seconds) => writeln!(out, "  last heard      {seconds:.3} s ago")?,
        None => writeln!(out, "  last heard      never")?,
    }
    if let Some(millis) = session.transmit_interval_ms {
        writeln!(out, "  sends           every {millis} ms, or up to a quarter earlier")?;
    }
    if let Some(millis) = session.detection_time_ms {
        writeln!(out, "  detection time  {millis} ms")?;
    }
    for (name, count) in session.counters.iter().filter(|(_, count)| **count > 0) {
        writeln!(out, "  {name:30} {count}")?;
    }
    Ok(())
}

/// Something that the router tracks, and what it does.
fn tracked(tracker: &Tracker) -> String {
    let Tracker { name, reading, since_seconds, effect, weight: _ } = tracker;
    let since = since_seconds.map_or_else(String::new, |seconds| format!(" for {seconds:.1} s"));
    format!("{name}: {reading}{since}, {effect}")
}

/// Another speaker of the VRID, and what became of its last packet.
pub(super) fn speaker(heard: &Heard) -> String {
    let priority = heard.priority.map_or_else(String::new, |priority| format!(" with priority {priority}"));
    let mac = heard.mac.as_ref().map_or_else(String::new, |mac| format!(" ({mac})"));
    let fate = match (&heard.dropped, heard.obeyed) {
        (Some(why), _) => format!("dropped: {why}"),
        (None, true) => "obeyed".to_owned(),
        (None, false) => "not obeyed".to_owned(),
    };
    format!("{}{mac}{priority} {:.1} s ago, {fate}", heard.address, heard.seconds_ago)
}
