//! Where the configuration says what a finding is about.

use conf::{Place, Places};
use vrrp::discard::Discard;
use vrrp::event::{Cause, Remedy};

use crate::ports::finding::{Finding, Obeys};

/// The statement that decides, as far as one was written; else the block of the router.
pub(super) fn place(finding: &Finding, router: &str, group: Option<&str>, places: &Places) -> Option<Place> {
    let written = match finding {
        Finding::Tracker { key, .. } => places.entry(router, group, key.list(), key.name()),
        Finding::GroupMember { name, .. } => places.router(name),
        Finding::GroupHears { .. } => places.group(group?),
        Finding::Lacks(_)
        | Finding::Unusable(_)
        | Finding::HeldDown { .. }
        | Finding::HostThreadSilent
        | Finding::StartupDelay { .. }
        | Finding::Master { .. }
        | Finding::Displaces { .. }
        | Finding::HearsNobody { .. }
        | Finding::Owner
        | Finding::HearsNoBetter
        | Finding::OtherMaster { .. }
        | Finding::TwoMasters { .. }
        | Finding::Priority { .. }
        | Finding::Refused { .. }
        | Finding::OtherVrids { .. }
        | Finding::Unheard(_)
        | Finding::DeafPeer(_)
        | Finding::AddressesMissing
        | Finding::Dropping(_) => {
            keywords(finding).iter().find_map(|(own, global)| places.keyword(router, own, global))
        }
    };
    written.or_else(|| places.router(router))
}

/// Keywords of routers with those of `global_defs` that say it for all, the most telling first.
const fn keywords(finding: &Finding) -> &'static [(&'static str, &'static str)] {
    match finding {
        Finding::Lacks(cause) => of_cause(*cause),
        Finding::StartupDelay { .. } => &[("", "vrrp_startup_delay"), ("", "vrrp_delay_after_boot")],
        Finding::Master { why: Obeys::NoPreempt, .. } => &[("nopreempt", "")],
        Finding::Master { why: Obeys::Delay { .. }, .. } => &[("preempt_delay", "")],
        Finding::Master { why: Obeys::Higher | Obeys::Same, .. }
        | Finding::Displaces { .. }
        | Finding::Owner
        | Finding::HearsNoBetter
        | Finding::OtherMaster { .. }
        | Finding::TwoMasters { .. }
        | Finding::Priority { .. } => &[("priority", ""), ("state", "")],
        Finding::Refused { reason, .. } => of_discard(*reason),
        Finding::OtherVrids { .. } => &[("virtual_router_id", "")],
        Finding::HearsNobody { .. } => &[("down_timer_adverts", "vrrp_down_timer_adverts"), ("advert_int", "")],
        Finding::AddressesMissing => &[("virtual_ipaddress", "")],
        Finding::Dropping(_) => &[("no_accept", ""), ("strict_mode", "vrrp_strict")],
        Finding::DeafPeer(Remedy::PhysicalMac) => &[("use_vmac", "")],
        Finding::DeafPeer(Remedy::BothChecksums) => &[("v3_checksum_as_v2", "v3_checksum_as_v2"), ("version", "")],
        Finding::Unusable(_) | Finding::HeldDown { .. } | Finding::HostThreadSilent | Finding::Unheard(_) => {
            &[("interface", "")]
        }
        // Named by the finding itself.
        Finding::Tracker { .. } | Finding::GroupMember { .. } | Finding::GroupHears { .. } => &[],
    }
}

const fn of_cause(cause: Cause) -> &'static [(&'static str, &'static str)] {
    match cause {
        Cause::NoInterface | Cause::LinkDown | Cause::NoSource | Cause::HostFailed => &[("interface", "")],
        Cause::NoAddress => &[("virtual_ipaddress", "")],
        Cause::SourceAbsent => &[("unicast_src_ip", ""), ("mcast_src_ip", "")],
        Cause::NoPeer => &[("unicast_fault_no_peer", ""), ("unicast_peer", "")],
        Cause::StartupDelay => &[("", "vrrp_startup_delay"), ("", "vrrp_delay_after_boot")],
        Cause::Tracker | Cause::TrackerPending | Cause::Shutdown | Cause::Group | Cause::GroupPending => &[],
    }
}

const fn of_discard(reason: Discard) -> &'static [(&'static str, &'static str)] {
    match reason {
        Discard::Unicast | Discard::Multicast | Discard::UnlistedSource | Discard::PeerHopLimit => {
            &[("unicast_peer", "")]
        }
        Discard::WrongDestination => &[("mcast_dst_ip", "vrrp_mcast_group4"), ("unicast_src_ip", "vrrp_mcast_group6")],
        Discard::Version => &[("version", "vrrp_version")],
        Discard::Checksum => &[("old_unicast_checksum", "")],
        Discard::UnknownVrid => &[("virtual_router_id", "")],
        Discard::AuthenticationType | Discard::AuthenticationData => &[("authentication", ""), ("auth_hmac", "")],
        Discard::SignatureMissing | Discard::SignatureKind | Discard::SignatureKey | Discard::Stale => {
            &[("auth_hmac", "")]
        }
        Discard::FirstNotLinkLocal | Discard::AddressList => &[("strict_mode", "vrrp_strict")],
        Discard::IntervalMismatch => &[("advert_int", "")],
        Discard::OwnerIgnores => {
            &[("owner_ignore_adverts", "vrrp_owner_ignore_adverts"), ("strict_mode", "vrrp_strict")]
        }
        Discard::Protocol
        | Discard::OwnPacket
        | Discard::HopLimit
        | Discard::TooShort
        | Discard::Type
        | Discard::Length
        | Discard::NoAddress
        | Discard::IntervalZero
        | Discard::NotRunning
        | Discard::Replay => &[],
    }
}
