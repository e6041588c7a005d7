//! Why a router is master or not, in sentences: what is so, and what would change it.

use std::time::Duration;

use vrrp::discard::Discard;
use vrrp::event::{Cause, Peer, Remedy};
use vrrp::snapshot::Outcome;
use vrrp::time::Instant;
use vrrp::types::Priority;

use super::protocol::{cause as cause_words, discard, list, seconds, speaker};
use super::{barrier, key, outcome as outcome_words, reading, unusable};
use crate::ports::finding::{BetterBy, Finding, Obeys, Speech};
use crate::ports::host::Dropping;

/// A finding in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// Its kind, a word for programs.
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    /// What would change it, if anything would.
    pub(crate) change: Option<String>,
}

/// A finding about a router that has this effective priority now.
pub(crate) fn finding(finding: &Finding, now: Instant, ours: Priority) -> Said {
    match finding {
        Finding::Lacks(cause) => lacks(*cause),
        Finding::Unusable(Some(why)) => said("unusable", unusable(why)),
        Finding::Unusable(None) => refused(),
        Finding::HeldDown { until } => {
            said("hold_down", format!("it is tried again in {}, or as soon as something changes", left(*until, now)))
        }
        Finding::HostThreadSilent => host_thread(),
        Finding::StartupDelay { until } => {
            said("startup_delay", format!("the startup delay is not over: it ends in {}", left(*until, now)))
                .unless("shorten the delay, and reload")
        }
        Finding::Tracker { key, reading, since, outcome } => {
            let since = since.map_or_else(String::new, |since| format!(" for {}", seconds(now.since(since))));
            tracker(&format!("{} is {}{since}", self::key(key), self::reading(*reading)), *outcome)
        }
        Finding::GroupMember { name, lacks } => {
            let text = format!("{name}, a router of its sync group, cannot run: {}", list(lacks.iter().copied()));
            said("group_member", text).unless(&format!("`tanist why {name}` says what would change that"))
        }
        Finding::GroupHears { heard, others } => {
            let what = match heard {
                None => "it hears no master".to_owned(),
                Some(inferior) => {
                    format!("{} is master with a lower priority than ours, {ours}", speech(inferior, now))
                }
            };
            let text = format!("{what}, but it waits for {}, of its sync group, to hear none", others.join(", "));
            said("group_hears", text).unless("one machine must be master of all routers of the group")
        }
        Finding::Master { heard, why } => master(heard, *why, now, ours),
        Finding::Displaces { heard, at } => {
            let text = format!("{} is master with a lower priority than ours, {ours}", speech(heard, now));
            said("displaces", format!("{text}: it is displaced{}", within(*at, now)))
        }
        Finding::HearsNobody { last, at } => hears_nobody(*last, *at, now),
        Finding::Owner => owner(),
        Finding::HearsNoBetter => best(ours),
        Finding::OtherMaster { heard, better_by } => other_master(heard, *better_by, now, ours),
        Finding::TwoMasters { others } => two_masters(others, now),
        Finding::Priority { base, effective } => {
            said("priority", format!("its priority is {effective} now; {base} is configured"))
        }
        Finding::Refused { heard, reason, count } => {
            let text = format!("adverts of {} are dropped: {}; {count} so far", speech(heard, now), discard(*reason));
            Said { change: accepted(*reason).map(str::to_owned), ..said("dropped", text) }
        }
        Finding::OtherVrids { count } => {
            said("other_vrids", format!("nobody was heard with its VRID, but {count} adverts with other ones"))
                .unless("the same `virtual_router_id` on all members")
        }
        Finding::Unheard(it) => {
            let text = format!(
                "adverts from {} ({}) arrive on {}, but the daemon does not hear them",
                it.peer, it.mac, it.link
            );
            said("not_heard", text).unless(&barrier(it))
        }
        Finding::DeafPeer(remedy) => deaf_peer(*remedy),
        Finding::Dropping(Dropping::Counted(packets)) => {
            let text = format!("packets to its addresses, as pings, are dropped: {packets} since it became master");
            said("dropping", text).unless("`accept`")
        }
        Finding::Dropping(Dropping::Refused) => {
            let text =
                "packets to its addresses are accepted, although it is to drop them: the kernel refused the table";
            said("dropping", text.to_owned()).unless("nftables in the kernel, Linux 5.11 or later")
        }
        Finding::AddressesMissing => {
            said("addresses_missing", "not all of its addresses are on the machine: they are put back".to_owned())
        }
    }
}

fn said(kind: &'static str, text: String) -> Said {
    Said { kind, text, change: None }
}

impl Said {
    fn unless(self, change: &str) -> Self {
        Self { change: Some(change.to_owned()), ..self }
    }
}

fn lacks(cause: Cause) -> Said {
    let (kind, change) = match cause {
        Cause::NoInterface => ("no_interface", "create the interface, or correct its name"),
        Cause::LinkDown => ("link_down", "set the interface up, give it a carrier, or write `dont_track_primary`"),
        Cause::NoSource => ("no_source", "give the interface an address of the router's family"),
        Cause::NoAddress => ("no_address", "add an address to `virtual_ipaddress`"),
        Cause::SourceAbsent => ("source_absent", "give this machine the address, or correct it"),
        Cause::NoPeer => ("no_peer", "add a peer to `unicast_peer`, or remove `unicast_fault_no_peer`"),
        Cause::Tracker => ("tracker", "the tracked object must recover"),
        Cause::TrackerPending => ("tracker_unknown", "the tracked object must have a first reading"),
        Cause::Shutdown => ("stopped", "`tanist hold` ends a release; a daemon that stops needs a start"),
        Cause::HostFailed => ("refused", "the log says what was refused"),
        Cause::Group => ("group_member", "the other routers of its sync group must be able to run"),
        Cause::GroupPending => ("group_pending", "the other routers of its sync group must have started"),
        Cause::StartupDelay => ("startup_delay", "shorten the delay, and reload"),
    };
    said(kind, cause_words(cause).to_owned()).unless(change)
}

fn tracker(what: &str, outcome: Outcome) -> Said {
    let text = format!("{what}: {}", outcome_words(outcome));
    match outcome {
        Outcome::Fault => said("tracker", text).unless(
            "it runs again once that recovers; where the line may have a `weight`, that lowers the priority instead",
        ),
        Outcome::Pending => said("tracker_unknown", text).unless("it starts with the first reading"),
        Outcome::Weight(weight) if weight < 0 => said("weight", text).unless("that recovers, or a smaller `weight`"),
        Outcome::Weight(_) => said("weight", text),
    }
}

fn master(heard: &Speech, why: Obeys, now: Instant, ours: Priority) -> Said {
    let who = speech(heard, now);
    match why {
        Obeys::Higher => said("superior", format!("{who} is master, and ours is only {ours}"))
            .unless("a priority above that of the master, and a reload"),
        Obeys::Same => {
            let text =
                format!("{who} is master, and ours is the same: a backup displaces nobody because of its address");
            said("same_priority", text).unless("different priorities")
        }
        Obeys::NoPreempt => {
            said("nopreempt", format!("{who} is master; ours, {ours}, is higher, but `nopreempt` leaves it alone"))
                .unless("remove `nopreempt`, and reload; or stop the master")
        }
        Obeys::Delay { until } => {
            let end = left(until, now);
            let text =
                format!("{who} is master; ours, {ours}, is higher, but `preempt_delay` leaves it alone for {end}");
            said("preempt_delay", text).unless("shorten the delay, and reload; or stop the master")
        }
    }
}

fn deaf_peer(remedy: Remedy) -> Said {
    let (done, change) = match remedy {
        Remedy::PhysicalMac => {
            ("also leave from the physical MAC", "the peer must hear the virtual MAC (no `vmac_xmit_base`)")
        }
        Remedy::BothChecksums => ("leave in both forms of checksum", "the same `v3_checksum_as_v2` on all members"),
    };
    said("deaf_peer", format!("a peer went on advertising although it was answered, so that adverts {done}"))
        .unless(change)
}

fn refused() -> Said {
    let text = "the kernel refuses what the router needs of this machine";
    said("refused", text.to_owned()).unless("the log says what was refused")
}

fn host_thread() -> Said {
    let text = "the thread that holds the addresses does not answer: it hangs, or the kernel does";
    said("host_thread", text.to_owned()).unless("restart the daemon if that lasts")
}

fn hears_nobody(last: Option<Peer>, at: Option<Instant>, now: Instant) -> Said {
    let last = last.map_or_else(String::new, |last| format!("; the last was {}", speaker(last)));
    said("hears_nobody", format!("it hears no master{last}: it takes over{}", within(at, now)))
        .unless("a master that is as good makes it wait on")
}

fn owner() -> Said {
    said("owner", "it owns the addresses (priority 255): it is master whenever it runs".to_owned())
        .unless("a priority below 255")
}

fn best(ours: Priority) -> Said {
    said("best", format!("it heard nobody as good: its priority is {ours}"))
        .unless("a router with a higher priority takes over if it may preempt; of equal ones the higher address wins")
}

fn other_master(heard: &Speech, better_by: BetterBy, now: Instant, ours: Priority) -> Said {
    let better = match better_by {
        BetterBy::Priority => format!("ours is {ours}"),
        BetterBy::Address(address) => format!("ours is the same, and our address, {address}, is higher"),
    };
    said("other_master", format!("{} says that it is master as well; {better}", speech(heard, now)))
        .unless("it yields when it hears us: look at its firewall, unicast peers, version and authentication")
}

fn two_masters(others: &[Speech], now: Instant) -> Said {
    let others: Vec<String> = others.iter().map(|other| speech(other, now)).collect();
    said("two_masters", format!("two masters are heard: {}", others.join("; ")))
        .unless("they must hear each other: look at their firewalls, unicast peers, version and authentication")
}

/// What would have adverts accepted that are dropped for this reason.
const fn accepted(reason: Discard) -> Option<&'static str> {
    Some(match reason {
        Discard::Unicast | Discard::Multicast => "unicast (`unicast_peer`) on all members, or on none",
        Discard::WrongDestination => "the same group on all members, or our address in the peer's `unicast_peer`",
        Discard::OwnPacket => "find the loop in the network, or the other machine that has our address",
        Discard::UnlistedSource => "add the address to `unicast_peer`",
        Discard::PeerHopLimit => "correct `min_ttl` and `max_ttl` of the peer",
        Discard::HopLimit => "nothing may route the adverts, and their sender must set 255",
        Discard::Version => "the same `version` on all members",
        Discard::Checksum => {
            "look for what changes packets on the way; `old_unicast_checksum` is for old versions of keepalived"
        }
        Discard::AuthenticationType | Discard::AuthenticationData => {
            "the same `authentication`, or keys of `auth_hmac`, on all members"
        }
        Discard::SignatureMissing => "`auth_hmac` on the peer, or `mode permissive` here",
        Discard::SignatureKind => "`auth_hmac` as keepalived 2.4.1 and later understand it",
        Discard::SignatureKey => "the peer's `active_key` among the keys here",
        Discard::Stale => "the same time of day on all members (NTP), or a longer `time_window`",
        Discard::FirstNotLinkLocal | Discard::AddressList => "the same addresses on all members, or no strict mode",
        Discard::IntervalMismatch => "the same `advert_int` on all members",
        Discard::OwnerIgnores => "remove `owner_ignore_adverts` or strict mode",
        Discard::UnknownVrid => "the same `virtual_router_id` on all members",
        Discard::Replay => {
            "a peer that has restarted is heard once it has heard a master, or its clock is right; else somebody replays \
             adverts"
        }
        Discard::Protocol
        | Discard::TooShort
        | Discard::Type
        | Discard::Length
        | Discard::NoAddress
        | Discard::IntervalZero
        | Discard::NotRunning => return None,
    })
}

/// Who spoke, and what.
fn speech(heard: &Speech, now: Instant) -> String {
    let Speech { speaker, mac } = heard;
    let mac = mac.map_or_else(String::new, |mac| format!(" ({mac})"));
    let priority = speaker.priority.map_or_else(String::new, |priority| format!(" with priority {priority}"));
    format!("{}{mac}{priority}, heard {} ago,", speaker.address, seconds(now.since(speaker.heard)))
}

/// Time until then.
fn left(until: Instant, now: Instant) -> String {
    seconds(until.since(now))
}

fn within(at: Option<Instant>, now: Instant) -> String {
    at.map_or_else(String::new, |at| match at.since(now) {
        Duration::ZERO => " now".to_owned(),
        time => format!(" in {}", seconds(time)),
    })
}
