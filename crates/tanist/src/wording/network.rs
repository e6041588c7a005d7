//! What the network did, in words.

use std::io;

use super::{Words, error, warning};
use crate::ports::events::NetworkTask;
use crate::ports::sightings::{Barrier, Unheard};

pub(super) fn failed(what: &NetworkTask, error: &io::Error) -> Words {
    let text = match what {
        NetworkTask::Receive => format!("cannot receive: {error}"),
        NetworkTask::Send { link, peer: None, .. } => format!("cannot send adverts on {link}: {error}"),
        NetworkTask::Send { link, peer: Some(peer), .. } => {
            format!("cannot send adverts to {peer} on {link}: {error}")
        }
        NetworkTask::Listen { family, port } => {
            let busy = if error.kind() == io::ErrorKind::AddrInUse { "; another BFD daemon runs here" } else { "" };
            format!("cannot receive BFD packets by {family} on UDP port {port}: {error}{busy}; it is tried again")
        }
        NetworkTask::SendSession { name, neighbor, source } => {
            let from =
                source.map_or_else(String::new, |source| format!(" from {source}, which must be an address here"));
            format!("bfd_instance {name}: cannot send to {neighbor}{from}: {error}")
        }
        NetworkTask::Filter => format!("the receive filter cannot be replaced: {error}; new routers may hear nothing"),
    };
    warning("network", text)
}

pub(super) fn unheard(it: &Unheard) -> Words {
    let text = format!(
        "adverts from {} ({}) arrive on {}, but the daemon does not hear them: {}; there may be two masters",
        it.peer,
        it.mac,
        it.link,
        barrier(it)
    );
    error("unheard", text)
}

/// What keeps adverts from the daemon, and what to do.
pub(crate) fn barrier(it: &Unheard) -> String {
    match &it.by {
        Barrier::Bridge(bridge) => {
            format!("{} is a port of the bridge {bridge}; configure the router on {bridge}", it.link)
        }
        Barrier::Firewall => {
            let family = if it.peer.is_ipv4() { "iptables" } else { "ip6tables" };
            let protocol = "IP protocol 112 (51 with `auth_type AH`)";
            format!("a firewall drops {protocol}; look at `nft list ruleset` and `{family} -S INPUT`")
        }
    }
}
