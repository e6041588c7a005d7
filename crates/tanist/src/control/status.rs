//! The status of a router: what the engine knows, what the machine does, what is configured.

use std::collections::BTreeMap;
use std::time::Duration;

use linux::clock;
use rustix::process::Pid;
use vrrp::action::TransmitFrom;
use vrrp::bfd;
use vrrp::event::{Cause, StateName};
use vrrp::snapshot::{Checksums, Claim, Counters, GroupSnapshot, Outcome, Snapshot, Speaker, Tracked};
use vrrp::time::Instant;
use vrrp::types::{MacAddr, Priority};
use vrrp::{DropReason, Tally};

use super::api::{
    GroupStatus, GuardianStatus, Heard, Master, Next, NotHeard, PeerStatus, RemoteEnd, RouterStatus, RoutingStatus,
    SessionStatus, StaticStatus, Tracker, Vmac,
};
use super::company::{self, Redundancy};
use crate::ports::directory::Directory;
use crate::ports::guardian::Guarded;
use crate::ports::host::{AddressState, Dropping, HostView};
use crate::ports::routing::{RoutingState, RoutingView};
use crate::ports::sightings::Sightings;
use crate::ports::statics::{StaticState, StaticView};
use crate::ports::tracking::TrackerKey;
use crate::wording;

/// The guardian, if there is to be one.
pub(super) fn of_guardian(guarded: &Guarded) -> Option<GuardianStatus> {
    guarded.is_wanted().then(|| GuardianStatus { pid: guarded.pid().map(Pid::as_raw_pid), deaths: guarded.deaths() })
}

/// A sync group.
pub(super) fn of_group(snapshot: &GroupSnapshot, directory: &Directory) -> GroupStatus {
    let GroupSnapshot { group, state, since, reason, members } = snapshot;
    GroupStatus {
        name: directory.group(*group).to_owned(),
        state: wording::state(*state).to_owned(),
        reason: reason.map_or_else(|| "just started".to_owned(), |reason| wording::reason(&reason)),
        since_seconds: clock::now().since(*since).as_secs_f64(),
        routers: members.iter().map(|router| directory.name(*router).to_owned()).collect(),
    }
}

/// Something that stands from start to stop.
pub(super) fn of_static(view: &StaticView) -> StaticStatus {
    let state = match view.state {
        StaticState::Added => "added",
        StaticState::Found => "found",
        StaticState::Awaits { .. } => "waiting",
        StaticState::Refused(_) => "refused",
        StaticState::Lost => "lost",
        StaticState::GivenUp => "given_up",
    };
    let reason = wording::static_state(&view.state);
    StaticStatus { name: view.what.to_string(), state: state.to_owned(), reason }
}

/// A BFD session.
pub(super) fn of_session(snapshot: &bfd::Snapshot, directory: &Directory) -> SessionStatus {
    let now = clock::now();
    let remote = |remote: bfd::Remote| RemoteEnd {
        discriminator: remote.discriminator.get(),
        state: wording::session_state(remote.state).to_owned(),
        diag: remote.diag.0,
        diag_words: wording::session_diag(remote.diag),
        min_tx_ms: millis(remote.desired_tx),
        min_rx_ms: millis(remote.required_rx),
        multiplier: remote.multiplier,
    };
    let bfd::Counters { sent, send_failed, received, discarded } = &snapshot.counters;
    let named = [("sent", sent), ("not_sent", send_failed), ("received", received)];
    let named = named.into_iter().map(|(name, count)| (name.to_owned(), *count));
    let discarded = discards(discarded).into_iter().map(|(name, count)| (format!("discarded_{name}"), count));
    SessionStatus {
        // A session that a reload has just brought.
        name: directory.tracker(snapshot.tracker).map_or("?", TrackerKey::name).to_owned(),
        neighbor: snapshot.neighbor.to_string(),
        state: wording::session_state(snapshot.state).to_owned(),
        since_seconds: now.since(snapshot.since).as_secs_f64(),
        counts_in_seconds: snapshot.counts_from.map(|from| from.since(now).as_secs_f64()),
        diag: snapshot.diag.0,
        diag_words: wording::session_diag(snapshot.diag),
        discriminator: snapshot.discriminator.get(),
        remote: snapshot.remote.map(remote),
        heard_seconds_ago: snapshot.heard.map(|heard| now.since(heard).as_secs_f64()),
        transmit_interval_ms: snapshot.transmit_interval.map(millis),
        detection_time_ms: snapshot.detection_time.map(millis),
        counters: named.chain(discarded).collect(),
    }
}

pub(super) fn of(
    router: &conf::model::Router,
    snapshot: &Snapshot,
    machine: Option<&HostView>,
    directory: &Directory,
    sightings: &Sightings,
) -> RouterStatus {
    let now = clock::now();
    RouterStatus {
        name: router.name.clone(),
        interface: router.interface.clone(),
        vrid: router.vrid.value(),
        family: router.family.to_string(),
        version: router.parameters.version.number(),
        state: wording::state(snapshot.state).to_owned(),
        leaving_seconds: snapshot.leaving_until.map(|until| until.since(now).as_secs_f64()),
        released: false,
        waiting_for: snapshot.waiting_for.iter().map(|cause| waiting_for(cause, machine)).collect(),
        reason: snapshot.reason.map_or_else(|| "just started".to_owned(), |reason| wording::reason(&reason)),
        since_seconds: now.since(snapshot.since).as_secs_f64(),
        priority: snapshot.priority.value(),
        base_priority: snapshot.base_priority.value(),
        interval_ms: u64::from(snapshot.interval.centis()) * 10,
        down_interval_ms: millis(snapshot.down_interval),
        skew_ms: millis(snapshot.skew),
        master: snapshot
            .master
            .map(|peer| Master { address: peer.address.to_string(), priority: peer.priority.value() }),
        source: snapshot.source.map(|source| source.to_string()),
        vmac: machine.and_then(|machine| machine.vmac.as_ref()).map(|(name, mac, mode)| Vmac {
            name: name.clone(),
            mac: mac.to_string(),
            mode: (*mode).to_owned(),
        }),
        addresses_installed: machine.map(|machine| address_state(machine.addresses).to_owned()),
        hold_down_seconds: machine
            .and_then(|machine| machine.hold_down_until)
            .map(|until| until.since(now).as_secs_f64()),
        dropped_packets: machine.and_then(|machine| match machine.dropping? {
            Dropping::Counted(packets) => Some(packets),
            Dropping::Refused => None,
        }),
        dropping_refused: machine.is_some_and(|machine| machine.dropping == Some(Dropping::Refused)),
        routing: machine.map_or_else(Vec::new, |machine| machine.routing.iter().map(routing).collect()),
        addresses: router
            .addresses
            .iter()
            .chain(&router.excluded)
            .map(|a| format!("{}/{}", a.address, a.prefix_len))
            .collect(),
        next: snapshot.next.map(|deadline| Next {
            what: wording::deadline(deadline.why).to_owned(),
            in_seconds: deadline.at.since(now).as_secs_f64(),
        }),
        group: snapshot.group.map(|group| directory.group(group).to_owned()),
        waits_for_group: snapshot.claim == Claim::Made,
        preempts_in_seconds: snapshot.preempts_at.filter(|at| *at > now).map(|at| at.since(now).as_secs_f64()),
        physical_copies: snapshot.from == TransmitFrom::Both,
        both_checksums: matches!(snapshot.checksums, Checksums::Both(..)),
        other_masters: company::other_masters(snapshot, now).map(|it| it.address.to_string()).collect(),
        redundancy: Redundancy::of(snapshot).name().to_owned(),
        heard: snapshot
            .speakers
            .iter()
            .flatten()
            .map(|speaker| heard(speaker, snapshot, sightings.mac(&router.interface, speaker.address), now))
            .collect(),
        peers: router.peers.iter().map(|peer| status_of_peer(peer, snapshot, now)).collect(),
        not_heard: sightings.unheard(snapshot.router).map(|it| NotHeard {
            address: it.peer.to_string(),
            mac: it.mac.to_string(),
            why: wording::barrier(&it),
        }),
        trackers: Vec::new(),
        counters: counters(&snapshot.counters),
    }
}

/// A configured unicast peer, and its packet last heard. A peer that is a backup says nothing.
fn status_of_peer(peer: &conf::model::Peer, snapshot: &Snapshot, now: Instant) -> PeerStatus {
    let speaker = snapshot.speakers.iter().flatten().find(|speaker| speaker.address == peer.address);
    PeerStatus {
        address: peer.address.to_string(),
        is_self: snapshot.source == Some(peer.address),
        heard: speaker.map(|speaker| heard(speaker, snapshot, None, now)),
    }
}

/// What a router tracks.
pub(super) fn trackers(tracked: &[Tracked], directory: &Directory) -> Vec<Tracker> {
    let now = clock::now();
    let one = |tracked: &Tracked| Tracker {
        // A tracker that a reload has just brought.
        name: directory.tracker(tracked.tracker).map_or_else(|| "?".to_owned(), wording::key),
        reading: wording::reading(tracked.reading),
        since_seconds: tracked.since.map(|since| now.since(since).as_secs_f64()),
        effect: wording::outcome(tracked.outcome),
        weight: match tracked.outcome {
            Outcome::Weight(weight) => Some(weight),
            Outcome::Fault | Outcome::Pending => None,
        },
    };
    tracked.iter().map(one).collect()
}

pub(super) fn heard(speaker: &Speaker, snapshot: &Snapshot, mac: Option<MacAddr>, now: Instant) -> Heard {
    let is_master = snapshot.master.is_some_and(|master| master.address == speaker.address);
    Heard {
        address: speaker.address.to_string(),
        mac: mac.map(|mac| mac.to_string()),
        priority: speaker.priority.map(Priority::value),
        seconds_ago: now.since(speaker.heard).as_secs_f64(),
        dropped: speaker.discarded.map(|reason| wording::discard(reason).to_owned()),
        obeyed: snapshot.state == StateName::Backup && is_master && speaker.discarded.is_none(),
    }
}

/// What a router waits for. Why the machine cannot serve it only the host thread knows.
fn waiting_for(cause: Cause, machine: Option<&HostView>) -> String {
    match (cause, machine) {
        (Cause::HostFailed, None) => "the host thread, which does not answer".to_owned(),
        (Cause::HostFailed, Some(HostView { unusable: Some(why), .. })) => wording::unusable(why),
        (Cause::HostFailed, Some(_))
        | (
            Cause::NoInterface
            | Cause::LinkDown
            | Cause::NoSource
            | Cause::Tracker
            | Cause::TrackerPending
            | Cause::Shutdown
            | Cause::NoAddress
            | Cause::Group
            | Cause::GroupPending
            | Cause::StartupDelay
            | Cause::SourceAbsent
            | Cause::NoPeer,
            _,
        ) => wording::cause(cause).to_owned(),
    }
}

/// The word for programs.
/// A route or rule of a master.
fn routing(view: &RoutingView) -> RoutingStatus {
    let state = match view.state {
        RoutingState::Added => "added",
        RoutingState::Found => "found",
        RoutingState::Awaits { .. } => "waiting",
        RoutingState::Refused(_) => "refused",
    };
    let name = view.line.to_string();
    RoutingStatus { name, state: state.to_owned(), reason: wording::routing_state(&view.state) }
}

const fn address_state(state: AddressState) -> &'static str {
    match state {
        AddressState::Installed => "installed",
        AddressState::Missing => "missing",
        AddressState::Withdrawn => "withdrawn",
    }
}

pub(super) fn discards<R: DropReason, const N: usize>(discards: &Tally<R, N>) -> BTreeMap<String, u64> {
    discards.iter().map(|(reason, count)| (reason.name().to_owned(), count)).collect()
}

fn counters(counters: &Counters) -> BTreeMap<String, u64> {
    let named = [
        ("became_master", counters.became_active),
        ("adverts_sent", counters.sent),
        ("priority_zero_sent", counters.sent_priority_zero),
        ("adverts_not_sent", counters.send_failed),
        ("adverts_received", counters.received),
        ("priority_zero_received", counters.received_priority_zero),
        ("inferior_adverts_answered", counters.answered),
        ("inferior_adverts_not_answered", counters.answers_suppressed),
        ("near_failovers", counters.near_failovers),
        ("two_masters", counters.two_masters),
        ("redundancy_lost", counters.redundancy_lost),
        ("interval_mismatches", counters.interval_mismatches),
        ("address_mismatches", counters.address_mismatches),
    ];
    let discarded = counters.discarded.iter().map(|(reason, count)| (format!("discarded_{}", reason.name()), count));
    named.into_iter().map(|(name, count)| (name.to_owned(), count)).chain(discarded).collect()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
