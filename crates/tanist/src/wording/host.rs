//! What happened on the machine, in words.

use host::{Describe as _, Origin};
use vrrp::input::LinkState;

use super::{Words, debug, error, info, rounded, warning};
use crate::ports::events::{Drift, HostFact, Unusable};
use crate::ports::routing::RoutingState;
use crate::ports::statics::{Static, StaticState};

pub(super) fn words(fact: &HostFact) -> Words {
    match fact {
        HostFact::VmacReady { name, mac } => info("vmac", format!("virtual MAC {mac} on {name}")),
        HostFact::Installed => debug("installed", "the virtual addresses are installed".to_owned()),
        HostFact::Withdrawn => debug("withdrawn", "the virtual addresses are withdrawn".to_owned()),
        HostFact::Refused { error: refusal, names } => error("refused", refusal.named(names).to_string()),
        HostFact::Granted { op, names } => {
            info("granted", format!("the kernel no longer refuses to {}", op.named(names)))
        }
        HostFact::HoldDown { retry } => {
            let text = format!(
                "leaves the election because this machine refuses what it needs, as was said before; it is tried again in \
                 {}, or as soon as something changes",
                rounded(*retry)
            );
            warning("hold_down", text)
        }
        HostFact::Repaired(drift) => warning("repaired", repaired(drift)),
        HostFact::Routing { line, state } => {
            let text = format!("{line}: {}", routing_state(state));
            match state {
                RoutingState::Added | RoutingState::Found => info("routing", text),
                RoutingState::Awaits { .. } => warning("routing", text),
                RoutingState::Refused(_) => error("routing", text),
            }
        }
        HostFact::Static { what, state } => fixture(what, state),
        HostFact::Unusable(why) => error("unusable", unusable(why)),
        HostFact::AddressLeftOut { address, dev } => {
            warning("address_left_out", format!("{address} is left out: there is no interface {dev}"))
        }
        HostFact::AddressGivenUp { address, link } => {
            let text = format!("someone removed {address} from {link}: it is put back at the next takeover (no_track)");
            warning("address_given_up", text)
        }
        HostFact::LeftoverRemoved { address, link, origin: Origin::Foreign } => {
            let text = format!(
                "somebody else had put {address} on {link}: it is removed, and not put back when this daemon stops"
            );
            warning("leftover_removed", text)
        }
        HostFact::LeftoverRemoved { address, link, origin: Origin::Ours } => {
            warning("leftover_removed", format!("{address} was on {link} before this router put it there: removed"))
        }
        HostFact::NameTaken { name } => {
            warning("name_taken", format!("the interface name {name} is taken; another one is used"))
        }
        HostFact::AllLinks { name, value, most } => {
            let text = format!(
                "net.ipv4.conf.all.{name} is {value}: clients may get no ARP answer for virtual addresses; run: sysctl -w \
                 net.ipv4.conf.all.{name}={most}"
            );
            error("all_interfaces", text)
        }
        HostFact::TwoAnswers { address, link } => {
            let text = format!(
                "this router owns {address}, but {link}, which has other addresses too, answers for it as well, and the kernel \
                 refuses the table that would give those answers the virtual MAC: clients see two MAC addresses; move the other \
                 addresses to another interface, or run the router without use_vmac"
            );
            warning("two_answers", text)
        }
        HostFact::LeaseExpired => {
            let text = "this process was not scheduled for so long that the lease of the virtual addresses expired: they are \
                        installed again";
            warning("lease_expired", text.to_owned())
        }
        HostFact::RepairsLimited => {
            let text = "something undoes what is needed again and again: it is put back once a second from now on";
            warning("repairs_limited", text.to_owned())
        }
        HostFact::Overrun => {
            warning("overrun", "netlink overrun: notifications were lost, everything was read anew".to_owned())
        }
        HostFact::MonitorFailed(error) => warning("netlink", format!("netlink: {error}")),
        HostFact::RecordUnwritten { file, error } => {
            let text =
                format!("cannot write {file} in the state directory: {error}; a crash would leave things behind");
            warning("record", text)
        }
    }
}

/// What has become of something that stands from start to stop.
fn fixture(what: &Static, state: &StaticState) -> Words {
    let text = format!("{what}: {}", static_state(state));
    match state {
        StaticState::Added | StaticState::Found => info("static", text),
        StaticState::Awaits { .. } | StaticState::Lost | StaticState::GivenUp => warning("static", text),
        StaticState::Refused(_) => error("static", text),
    }
}

/// How something stands that is to be there from start to stop.
pub(crate) fn static_state(state: &StaticState) -> String {
    match state {
        StaticState::Added => "added".to_owned(),
        StaticState::Found => "it was there already, and stays when this daemon stops".to_owned(),
        StaticState::Awaits { link } => {
            format!("waits for the interface {link} to be there, and up if it is a route's")
        }
        StaticState::Refused(why) => why.clone(),
        StaticState::Lost => "taken away by somebody again and again: put back once a second".to_owned(),
        StaticState::GivenUp => "taken away by somebody, and not put back: no_track".to_owned(),
    }
}

fn repaired(drift: &Drift) -> String {
    match drift {
        Drift::Mac { link } => format!("someone changed the MAC of {link}: it is made anew"),
        Drift::LinkState { link, found: LinkState::Down } => format!("someone set {link} down: it is up again"),
        Drift::LinkState { link, found: LinkState::Up } => format!("someone set {link} up: it is down again"),
        Drift::LinkDeleted { link } => format!("someone deleted {link}: it is made anew"),
        Drift::AddressRemoved { address, link } => format!("someone removed {address} from {link}: it is put back"),
        Drift::AddressDuplicate { address, link } => {
            format!("another node has {address} on {link} (duplicate address detection): it is put back")
        }
        Drift::Routing { line } => format!("{line} was gone: it is put back"),
        Drift::DropTable => {
            "someone removed or changed the nftables table that drops packets to virtual addresses: it is put back"
                .to_owned()
        }
        Drift::OwnerTable { link } => {
            format!("someone removed or changed the nftables table for {link}: it is put back")
        }
        Drift::Membership { group, link } => {
            format!("the kernel had forgotten the membership of {group} on {link}: joined again")
        }
        Drift::Setting { link, name, found, wanted } => {
            format!("someone changed {name} of {link} to {found}: it is {wanted} again")
        }
    }
}

/// What has become of a route or rule.
pub(crate) fn routing_state(state: &RoutingState) -> String {
    match state {
        RoutingState::Added => "it is there now".to_owned(),
        RoutingState::Found => "it was there already, and stays when the router leaves the role of master".to_owned(),
        RoutingState::Awaits { link } => format!("waits for the interface {link}, which is not there"),
        RoutingState::Refused(why) => format!("{why}; it is tried again when something changes, and now and then"),
    }
}

/// Why a router cannot run as configured.
pub(crate) fn unusable(why: &Unusable) -> String {
    match why {
        Unusable::NotEthernet { link } => {
            format!("{link} is not an Ethernet interface: tanist runs virtual routers on Ethernet only")
        }
        Unusable::OnlyAddress { address, link } => format!(
            "{address} is the only address of this machine on {link}: it is neither added nor removed; give the router \
             another virtual address, or priority 255 if it owns this one"
        ),
        Unusable::MtuTooSmall { link, mtu, needed } => format!(
            "the adverts need {needed} bytes, but the MTU of {link} is {mtu}: nobody would hear this router; raise the MTU \
             or move addresses to virtual_ipaddress_excluded"
        ),
        Unusable::MacTaken { by, mac } => format!(
            "{by} has the virtual MAC {mac} already, so this router's interface cannot come up; is another VRRP daemon \
             running, or did one leave it? Then run: ip link delete {by}"
        ),
    }
}
