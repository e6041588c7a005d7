//! Lines of dumps: addresses, scripts and times as keepalived writes them.

use std::net::IpAddr;
use std::time::Duration;

use conf::model::route::{Insertion, Route, RouteKind, Tracking};
use conf::model::{Address, AddressFlag, Preferred, RequestedPrefixRoute};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::control::picture::Seen;
use crate::ports::host::AddressState;

/// Seconds: a whole number where they are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Seconds {
    Whole(u64),
    Part(f64),
}

impl From<Duration> for Seconds {
    fn from(time: Duration) -> Self {
        if time.subsec_nanos() == 0 { Self::Whole(time.as_secs()) } else { Self::Part(time.as_secs_f64()) }
    }
}

/// `SECONDS.MICROS (Sat Nov 28 03:46:46.406940 2026)`, of microseconds since 1970.
pub(super) fn time(micros: u64) -> String {
    let (seconds, part) = (micros / 1_000_000, micros % 1_000_000);
    let moment = i64::try_from(micros).ok().and_then(|it| jiff::Timestamp::from_microsecond(it).ok());
    let local = moment.map(|it| it.to_zoned_datetime(TimeZone::system()));
    let words = local.map(|it| format!("{}.{part:06} {}", it.strftime("%a %b %e %H:%M:%S"), it.strftime("%Y")));
    format!("{seconds}.{part:06} ({})", words.unwrap_or_default())
}

impl Seen<'_> {
    /// An address of it: `10.0.0.254/24 dev eth0 scope global set`.
    pub(super) fn address(&self, address: &Address) -> String {
        let mut line = self.plain_address(address);
        if self.host.is_some_and(|host| host.addresses == AddressState::Installed) {
            line += " set";
        }
        line
    }

    fn plain_address(&self, it: &Address) -> String {
        address(it, &self.place_of(it))
    }

    fn place_of(&self, address: &Address) -> String {
        let parent = address.dev.as_ref().unwrap_or(&self.router.interface);
        let own = self.router.own_place();
        match (self.router.place_of(address), self.vmac_name()) {
            (Some(place), Some(vmac)) if Some(&place) == own.as_ref() => format!("{vmac}@{parent}"),
            (Some(_) | None, _) => parent.clone(),
        }
    }
}

/// An address on an interface, without whether it is there.
pub(super) fn address(it: &Address, interface: &str) -> String {
    let host_bits = if it.address.is_ipv4() { 32 } else { 128 };
    let mut line = it.address.to_string();
    if it.prefix_len != host_bits {
        line += &format!("/{}", it.prefix_len);
    }
    let mut put = |word: String| line += &format!(" {word}");
    if let Some(broadcast) = it.broadcast {
        put(format!("brd {broadcast}"));
    }
    put(format!("dev {interface}"));
    put(format!("scope {}", scope(it)));
    if let Some(label) = &it.label {
        put(format!("label {label}"));
    }
    if let Some(peer) = it.peer {
        put(format!("peer {peer}/{}", it.prefix_len));
    }
    if it.flags.contains(&AddressFlag::UseVmac) {
        put("use_vmac".into());
    }
    if it.prefix_route == RequestedPrefixRoute::None {
        put("noprefixroute".into());
    }
    for flag in it.flags.iter().filter(|flag| **flag != AddressFlag::UseVmac) {
        put(flag.name().into());
    }
    if it.tracking == Tracking::Off {
        put("no_track".into());
    }
    match (it.address, it.preferred) {
        (IpAddr::V4(_), _) => {}
        (IpAddr::V6(_), Preferred::Deprecated) => put("deprecated".into()),
        (IpAddr::V6(_), Preferred::Seconds(seconds)) => put(format!("preferred_lft {seconds}")),
        (IpAddr::V6(_), Preferred::Forever) => put("preferred_lft forever".into()),
    }
    line
}

fn scope(address: &Address) -> String {
    // keepalived says so of all IPv6 addresses.
    if address.address.is_ipv6() { "global".into() } else { address.scope_name() }
}

/// A route: how it is added, and its line of the configuration with all that is meant.
pub(super) fn route(route: &Route) -> String {
    let verb = match (route.insertion, &route.kind) {
        (Insertion::Append, _) => "append",
        (Insertion::Add, _) => "add",
        (Insertion::Prepend, RouteKind::Unicast) => "prepend",
        (Insertion::Prepend, _) => "add",
    };
    format!("{verb} {route}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_both_numbers() {
        let text = time(1_795_837_606_406_940);
        assert!(text.starts_with("1795837606.406940 (") && text.ends_with(".406940 2026)"), "{text}");
        assert!(text.contains(" Nov 28 "), "{text}");
    }

    /// As Debian's keepalived 2.2.7 dumps them.
    #[test]
    fn addresses_are_those_of_keepalived() {
        let text = "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n\
                    10.0.0.254/24 label eth0:1\n10.0.0.250/32 scope site\n10.0.0.251/32 peer 10.0.5.1\n\
                    10.0.0.102/24 brd 10.0.0.255 scope link\n10.0.0.9 no_track\n}\nvirtual_ipaddress_excluded {\n\
                    fe80::99\n2001:db8::10/64 home -nodad\n2001:db8::9/128 preferred_lft 300\n}\n}\n";
        let loaded = conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", text));
        let router = &loaded.config.routers[0];
        let lines: Vec<String> =
            router.addresses.iter().chain(&router.excluded).map(|it| address(it, "eth0")).collect();
        assert_eq!(
            lines,
            [
                "10.0.0.254/24 dev eth0 scope global label eth0:1",
                "10.0.0.250 dev eth0 scope site",
                "10.0.0.251 dev eth0 scope global peer 10.0.5.1/32",
                "10.0.0.102/24 brd 10.0.0.255 dev eth0 scope link",
                "10.0.0.9 dev eth0 scope global no_track",
                "fe80::99 dev eth0 scope global deprecated",
                "2001:db8::10/64 dev eth0 scope global home -nodad preferred_lft forever",
                "2001:db8::9 dev eth0 scope global preferred_lft 300",
            ]
        );
    }
}
