//! The engine's events in words.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::discard::Discard;
use vrrp::event::{Cause, EventKind, Peer, Reason, Remedy, StateName, Transition, WonBy};
use vrrp::time::Why;

use super::NotifyState;
use super::{Words, info, rounded, warning};

pub(super) fn words(kind: &EventKind) -> Words {
    match kind {
        EventKind::Transition(transition) => info("transition", transition_reason(transition)),
        EventKind::WaitingFor { causes, .. } => info("waiting", format!("waiting for: {}", list(causes.iter()))),
        EventKind::Flapping { unreported } => {
            let text = format!("flapping: the role changed {unreported} times and is the same again");
            warning("flapping", text)
        }
        EventKind::PriorityChanged { from, to } => info("priority", format!("priority {from} -> {to}")),
        EventKind::InferiorAdvert(peer) => {
            warning("inferior_advert", format!("{} also claims to be master; it is answered", speaker(*peer)))
        }
        EventKind::NearFailover { peer, silent, left } => {
            let text = format!(
                "near failover: no advert from {} for {}, {} before the master down timer would have expired",
                speaker(*peer),
                seconds(*silent),
                seconds(*left)
            );
            warning("near_failover", text)
        }
        EventKind::TwoMasters { peer, dropped } => warning("two_masters", two_masters(*peer, *dropped)),
        EventKind::RedundancyLost { gone, alone } => {
            let text = format!(
                "redundancy lost: {gone} has gone, and nobody was heard in the {} since; backups are silent",
                seconds(*alone)
            );
            warning("redundancy_lost", text)
        }
        EventKind::RedundancyBack(peer) => {
            info("redundancy_back", format!("redundancy is back: {} is heard", speaker(*peer)))
        }
        EventKind::DeafPeer { peer, remedy } => deaf_peer(*peer, *remedy),
        EventKind::SamePriority(peer) => {
            let text =
                format!("{} has our priority: the higher address wins; give them different ones", speaker(*peer));
            warning("same_priority", text)
        }
        EventKind::OwnerConflict(peer) => {
            warning("owner_conflict", format!("{} claims to own the addresses too (priority 255)", speaker(*peer)))
        }
        EventKind::IntervalMismatch { peer, heard, ours } => {
            let text = format!("{} advertises every {heard}, we every {ours}: make them equal", speaker(*peer));
            warning("interval_mismatch", text)
        }
        EventKind::AddressMismatch(peer) => {
            warning("address_mismatch", format!("{} advertises another list of addresses", speaker(*peer)))
        }
        EventKind::UnlistedPeer(peer) => {
            let text = format!("{} sends to us but is none of our unicast peers: it may not hear us", speaker(*peer));
            warning("unlisted_peer", text)
        }
        EventKind::Discarded { reason, source } => {
            warning("discarded", format!("a packet from {source} was dropped: {}", discard(*reason)))
        }
        EventKind::Stalled { late } => {
            warning("stalled", format!("this process was not scheduled for {}", seconds(*late)))
        }
    }
}

fn two_masters(peer: Peer, dropped: Option<Discard>) -> String {
    let peer = speaker(peer);
    match dropped {
        None => format!(
            "two masters: {peer} goes on advertising although this router is master: it does not hear it, or does not heed it"
        ),
        Some(reason) => format!(
            "two masters: {peer} goes on advertising although this router is master, and is not heeded here: {}",
            discard(reason)
        ),
    }
}

fn deaf_peer(peer: Peer, remedy: Remedy) -> Words {
    let peer = speaker(peer);
    match remedy {
        Remedy::BothChecksums => {
            let why = "goes on advertising although it was answered: it may not accept our form of checksum; adverts are \
                       now sent in both";
            warning("both_checksums", format!("{peer} {why}"))
        }
        Remedy::PhysicalMac => {
            let why = "goes on advertising although it was answered: it cannot hear the virtual MAC \
                       (keepalived with vmac_xmit_base); adverts are now also sent from the physical MAC";
            warning("physical_copies", format!("{peer} {why}"))
        }
    }
}

/// What changes the state names it, everything else speaks for itself.
pub(super) fn line(kind: &EventKind, text: &str) -> String {
    let becomes = NotifyState::of(kind).map(|(becomes, _)| becomes.word());
    match (kind, becomes) {
        (EventKind::Transition(transition), Some(to)) => format!("{} -> {to}: {text}", state(transition.from)),
        (_, Some(to)) => format!("{to}: {text}"),
        (_, None) => text.to_owned(),
    }
}

/// keepalived's word for a state.
pub(crate) const fn state(state: StateName) -> &'static str {
    match state {
        StateName::Initialize => "FAULT",
        StateName::Backup => "BACKUP",
        StateName::Active => "MASTER",
    }
}

/// The reason, and how long the old state had lasted unless it was the first.
fn transition_reason(transition: &Transition) -> String {
    let mut text = reason(&transition.reason);
    match transition.from {
        StateName::Initialize => {}
        StateName::Backup | StateName::Active => {
            text += &format!(" (was {} for {})", state(transition.from), rounded(transition.after));
        }
    }
    match transition.unreported {
        0 => {}
        changes => text += &format!("; flapping: {changes} changes before this one were not reported"),
    }
    text
}

/// Why a state was entered.
pub(crate) fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Ready => "startup: interface up, source address present".to_owned(),
        Reason::OwnerReady => "startup: owner of the addresses (priority 255)".to_owned(),
        Reason::MasterSilent { last: Some(peer), down_interval } => {
            format!("master down timer expired: no advert from {} for {}", speaker(*peer), seconds(*down_interval))
        }
        Reason::MasterSilent { last: None, down_interval } => {
            format!("master down timer expired: no master heard for {}", seconds(*down_interval))
        }
        Reason::MasterLeft { peer, skew } => {
            format!("master left: priority 0 from {peer}, skew time of {} expired", seconds(*skew))
        }
        Reason::Preempted { peer } => format!("preempted {}: its priority is lower", speaker(*peer)),
        Reason::SuperiorAdvert { peer, by: WonBy::Priority } => {
            format!("superior advert from {}: higher priority", speaker(*peer))
        }
        Reason::SuperiorAdvert { peer, by: WonBy::Address } => {
            format!("superior advert from {}: same priority, higher address", speaker(*peer))
        }
        Reason::GroupIsActive => "its sync group is MASTER".to_owned(),
        Reason::GroupYielded => "another router of the sync group is no longer MASTER".to_owned(),
        Reason::Lost { waiting_for } => list(waiting_for.iter()),
        Reason::Shutdown => "planned stop".to_owned(),
        Reason::Stalled { late } => {
            format!("this process was not scheduled for {}: it listens before it speaks", seconds(*late))
        }
    }
}

pub(super) fn list(causes: impl Iterator<Item = Cause>) -> String {
    causes.map(cause).collect::<Vec<_>>().join(", ")
}

/// What a router waits for.
pub(crate) const fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::NoInterface => "interface missing",
        Cause::LinkDown => "interface down",
        Cause::NoSource => "no source address on the interface",
        Cause::Tracker => "tracked object down",
        Cause::TrackerPending => "no reading yet of a tracked object",
        Cause::Shutdown => "stopped",
        Cause::NoAddress => "no virtual address",
        Cause::HostFailed => "this machine cannot hold the virtual addresses",
        Cause::Group => "another router of the sync group cannot run",
        Cause::GroupPending => "another router of the sync group has not started yet",
        Cause::SourceAbsent => "the configured source address is not on this machine",
        Cause::NoPeer => "no unicast peer",
        Cause::StartupDelay => "the startup delay is not over",
    }
}

/// What a router waits for next.
pub(crate) const fn deadline(why: Why) -> &'static str {
    match why {
        Why::Start => "end of the startup delay",
        Why::ActiveDown => "master down timer",
        Why::Advertise => "advert timer",
        Why::Announce => "announcement timer",
        Why::LetGo => "end of leaving",
    }
}

/// Why a packet was dropped.
pub(crate) const fn discard(reason: Discard) -> &'static str {
    match reason {
        Discard::Protocol => "another IP protocol than VRRP",
        Discard::Unicast => "unicast, and the router uses multicast",
        Discard::Multicast => "multicast, and the router uses unicast",
        Discard::WrongDestination => "sent to another group or address than the router's",
        Discard::OwnPacket => "it has our own address: our packet came back, or another router uses the address",
        Discard::UnlistedSource => "its source is none of the unicast peers",
        Discard::PeerHopLimit => "TTL or hop limit is not in the range of the peer",
        Discard::HopLimit => "TTL or hop limit is not 255",
        Discard::TooShort => "shorter than a VRRP header",
        Discard::Version => "another VRRP version",
        Discard::Type => "not an advert",
        Discard::Length => "length does not fit the address count",
        Discard::Checksum => "wrong checksum",
        Discard::UnknownVrid => "no router with this VRID here",
        Discard::AuthenticationType => "another authentication type",
        Discard::SignatureMissing => "it is not signed",
        Discard::SignatureKind => "it is signed in an unknown way",
        Discard::SignatureKey => "it is signed with a key that is not configured here",
        Discard::AuthenticationData => "wrong password, or signed with another key",
        Discard::Stale => "it was signed at another time: somebody replays it, or clocks differ",
        Discard::Replay => "its sequence number is not new: somebody replays it, or the peer has restarted",
        Discard::NoAddress => "no address in it",
        Discard::FirstNotLinkLocal => "first IPv6 address is not link-local",
        Discard::IntervalZero => "advert interval 0",
        Discard::AddressList => "another address list",
        Discard::IntervalMismatch => "another advert interval",
        Discard::OwnerIgnores => "this router owns the addresses and ignores all others",
        Discard::NotRunning => "the router is not running",
    }
}

/// Whom an event is about beside the router itself.
pub(crate) const fn peer(kind: &EventKind) -> Option<IpAddr> {
    match kind {
        EventKind::InferiorAdvert(peer)
        | EventKind::TwoMasters { peer, .. }
        | EventKind::RedundancyBack(peer)
        | EventKind::NearFailover { peer, .. }
        | EventKind::DeafPeer { peer, .. }
        | EventKind::SamePriority(peer)
        | EventKind::OwnerConflict(peer)
        | EventKind::IntervalMismatch { peer, .. }
        | EventKind::AddressMismatch(peer)
        | EventKind::UnlistedPeer(peer) => Some(peer.address),
        EventKind::Discarded { source, .. } => Some(*source),
        EventKind::RedundancyLost { gone, .. } => Some(*gone),
        EventKind::Transition(_)
        | EventKind::WaitingFor { .. }
        | EventKind::Flapping { .. }
        | EventKind::PriorityChanged { .. }
        | EventKind::Stalled { .. } => None,
    }
}

pub(super) fn speaker(peer: Peer) -> String {
    format!("{} (priority {})", peer.address, peer.priority)
}

/// Seconds with the digits that matter.
pub(super) fn seconds(duration: Duration) -> String {
    format!("{}.{:03} s", duration.as_secs(), duration.subsec_millis())
}

#[cfg(test)]
mod tests {
    use vrrp::event::Causes;
    use vrrp::types::Priority;

    use super::*;

    #[test]
    fn reasons_are_plain_english() {
        let peer = Peer { address: [10, 0, 0, 2].into(), priority: Priority::new(150) };
        let (down_interval, skew) = (Duration::from_micros(3_609_375), Duration::from_micros(609_375));
        for (given, words) in [
            (Reason::Ready, "startup: interface up, source address present"),
            (
                Reason::MasterSilent { last: Some(peer), down_interval },
                "master down timer expired: no advert from 10.0.0.2 (priority 150) for 3.609 s",
            ),
            (
                Reason::MasterLeft { peer: peer.address, skew },
                "master left: priority 0 from 10.0.0.2, skew time of 0.609 s expired",
            ),
            (
                Reason::SuperiorAdvert { peer, by: WonBy::Address },
                "superior advert from 10.0.0.2 (priority 150): same priority, higher address",
            ),
            (
                Reason::Lost { waiting_for: Causes::HOST_FAILED.with(Causes::LINK_DOWN) },
                "interface down, this machine cannot hold the virtual addresses",
            ),
        ] {
            assert_eq!(reason(&given), words);
        }
    }

    #[test]
    fn a_router_that_cannot_start_is_no_change_of_state() {
        let kind = EventKind::WaitingFor { causes: Causes::LINK_DOWN, priority: Priority::DEFAULT };
        assert_eq!(line(&kind, &words(&kind).text), "FAULT: waiting for: interface down");
    }
}
