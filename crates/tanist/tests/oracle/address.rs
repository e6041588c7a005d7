//! Address entries: virtual, excluded and static ones.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::Value;

use crate::words;

/// Options without a value.
const FLAGS: [&str; 6] = ["home", "mngtmpaddr", "noprefixroute", "autojoin", "-nodad", "no_track"];

/// An address and its options, without those that have their defaults.
#[derive(Clone, Debug, Default)]
struct Address {
    prefix: String,
    dev: Option<String>,
    brd: Option<String>,
    scope: Option<String>,
    label: Option<String>,
    peer: Option<String>,
    preferred_lft: Option<String>,
    track_group: Option<String>,
    flags: BTreeSet<&'static str>,
}

/// A line of keepalived's dump: `10.0.0.1/24 brd 10.0.0.255 dev vrrp.10@eth0 scope global label eth0:1 home set`.
pub(crate) fn theirs(line: &str) -> Result<String, String> {
    let mut words = line.split_whitespace();
    let first = words.next().ok_or("an empty address line")?;
    let mut address = Address { prefix: words::prefix(first), ..Address::default() };
    while let Some(word) = words.next() {
        let flag = FLAGS.iter().find(|flag| **flag == word);
        match (word, flag) {
            (_, Some(flag)) => {
                address.flags.insert(flag);
            }
            // On the interface already, or on a macvlan of its own: both follow from the rest.
            ("set" | "use_vmac", _) => {}
            ("deprecated", _) => address.preferred_lft = Some("0".to_owned()),
            _ => {
                let value = words.next().ok_or_else(|| format!("{word} without a value: {line}"))?;
                address.set(word, value).ok_or_else(|| format!("unknown word {word} in the address {line}"))?;
            }
        }
    }
    Ok(address.rendered(None))
}

/// An entry of tanist's model. `interface` is where an address goes that has no `dev`.
pub(crate) fn ours(entry: &Value, interface: Option<&str>) -> String {
    let text = |name: &str| entry.get(name).filter(|value| !value.is_null()).map(crate::ours::plain);
    let mut address = Address { prefix: words::prefix(&text("address").unwrap_or_default()), ..Address::default() };
    for name in ["dev", "scope", "label", "peer", "preferred_lft", "track_group"] {
        if let Some(value) = text(name) {
            address.set(name, &value);
        }
    }
    if let Some(broadcast) = text("brd").or_else(|| text("broadcast")) {
        address.brd = Some(address.resolved_broadcast(&broadcast));
    }
    let is_set = |flag: &&str| entry.get(*flag).is_some_and(|value| value == true);
    address.flags.extend(FLAGS.iter().filter(|flag| is_set(flag)));
    if entry.get("nodad").is_some_and(|value| value == false) {
        address.flags.insert("-nodad");
    }
    address.rendered(interface)
}

impl Address {
    fn set(&mut self, name: &str, value: &str) -> Option<()> {
        let value_of = match name {
            // `vrrp.10@eth0` is a macvlan on eth0.
            "dev" => return self.dev.replace(value.rsplit('@').next()?.to_owned()).map_or(Some(()), |_| Some(())),
            "brd" => &mut self.brd,
            "scope" => &mut self.scope,
            "label" => &mut self.label,
            "peer" => &mut self.peer,
            "preferred_lft" => &mut self.preferred_lft,
            "track_group" => &mut self.track_group,
            _ => return None,
        };
        *value_of = Some(value.to_owned());
        Some(())
    }

    /// `+` and `-` are the network's address with all host bits set or cleared.
    fn resolved_broadcast(&self, text: &str) -> String {
        let parts = self.prefix.split_once('/').and_then(|(address, length)| {
            Some((address.parse::<Ipv4Addr>().ok()?.to_bits(), length.parse::<u32>().ok()?))
        });
        let Some((address, length)) = parts else { return text.to_owned() };
        let host_bits = u32::MAX.checked_shr(length).unwrap_or(0);
        match text {
            "+" => Ipv4Addr::from_bits(address | host_bits).to_string(),
            "-" => Ipv4Addr::from_bits(address & !host_bits).to_string(),
            _ => text.to_owned(),
        }
    }

    fn rendered(&self, interface: Option<&str>) -> String {
        let mut text = self.prefix.clone();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                text.push_str(&format!(" {name} {value}"));
            }
        };
        add("dev", self.dev.clone().or_else(|| interface.map(ToOwned::to_owned)));
        add("brd", self.brd.clone());
        add("scope", self.scope_worth_telling());
        add("label", self.label.clone());
        add("peer", self.peer.as_deref().map(words::address));
        add("preferred_lft", self.lifetime_worth_telling());
        add("track_group", self.track_group.clone());
        self.flags.iter().fold(text, |text, flag| format!("{text} {flag}"))
    }

    /// IPv6 has none, and IPv4 is global by default.
    fn scope_worth_telling(&self) -> Option<String> {
        let scope = self.scope.as_deref().map(words::scope)?;
        (scope != "global" && !words::is_v6(&self.prefix)).then_some(scope)
    }

    /// By default an IPv6 address with a whole prefix is deprecated and any other lives for ever.
    fn lifetime_worth_telling(&self) -> Option<String> {
        let default = if self.prefix.ends_with("/128") { "0" } else { "forever" };
        self.preferred_lft.clone().filter(|lifetime| lifetime != default && words::is_v6(&self.prefix))
    }
}
