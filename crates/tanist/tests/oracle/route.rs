//! Route entries, in the language of the configuration and in that of keepalived's dump.

use std::collections::BTreeMap;

use crate::words;

const TYPES: [&str; 9] =
    ["unicast", "local", "broadcast", "anycast", "multicast", "throw", "unreachable", "prohibit", "blackhole"];
/// Options with a value, under the name that is kept.
const OPTIONS: [(&str, &str); 37] = [
    ("via", "via"),
    ("gw", "via"),
    ("dev", "dev"),
    ("oif", "dev"),
    ("src", "src"),
    ("from", "from"),
    ("table", "table"),
    ("metric", "metric"),
    ("priority", "metric"),
    ("preference", "metric"),
    ("tos", "tos"),
    ("dsfield", "tos"),
    ("proto", "protocol"),
    ("protocol", "protocol"),
    ("scope", "scope"),
    ("mtu", "mtu"),
    ("advmss", "advmss"),
    ("reordering", "reordering"),
    ("cwnd", "cwnd"),
    ("ssthresh", "ssthresh"),
    ("window", "window"),
    ("initcwnd", "initcwnd"),
    ("initrwnd", "initrwnd"),
    ("hoplimit", "hoplimit"),
    ("rtt", "rtt"),
    ("rttvar", "rttvar"),
    ("rto_min", "rto_min"),
    ("realms", "realms"),
    ("features", "features"),
    ("quickack", "quickack"),
    ("congctl", "congctl"),
    ("pref", "pref"),
    ("expires", "expires"),
    ("ttl-propagate", "ttl-propagate"),
    ("weight", "weight"),
    ("track_group", "track_group"),
    ("vrf", "vrf"),
];
/// Options without a value.
const FLAGS: [&str; 2] = ["onlink", "fastopen_no_cookie"];
/// What does not say where packets go: how an entry is added, whether it is watched, the family of the next word.
const IGNORED: [&str; 6] = ["prepend", "append", "add", "no_track", "inet", "inet6"];
/// keepalived's own routing protocol number, which all its routes have.
const KEEPALIVED: &str = "18";

/// The options of a route, or of one of its next hops.
type Options = BTreeMap<&'static str, String>;

/// A route in canonical form.
pub(crate) fn canonical(text: &str) -> String {
    let text = text.split(" [installed").next().unwrap_or(text);
    let mut hops = text.split(" nexthop ");
    let mut route = options(hops.next().unwrap_or_default());
    let mut others: Vec<_> = hops.map(options).collect();
    // `via A or B` is two next hops.
    if let Some(second) = route.remove("or") {
        let first = route.remove("via").unwrap_or_default();
        others.extend([Options::from([("via", first)]), Options::from([("via", second)])]);
    }
    complete_destination(&mut route);
    others.iter().fold(shown(&route), |text, hop| format!("{text} nexthop {}", shown(hop)))
}

fn options(text: &str) -> Options {
    let mut options = Options::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if let Some((_, name)) = OPTIONS.iter().find(|(alias, _)| *alias == word) {
            let mut value = words.next().unwrap_or_default();
            if matches!(value, "inet" | "inet6") {
                value = words.next().unwrap_or_default();
            }
            let locked = value == "lock";
            let value = if locked { words.next().unwrap_or_default() } else { value };
            let value = option_value(name, value);
            options.insert(name, if locked { format!("lock {value}") } else { value });
        } else if let Some(kind) = TYPES.iter().find(|kind| **kind == word) {
            options.insert("type", (*kind).to_owned());
        } else if let Some(flag) = FLAGS.iter().find(|flag| **flag == word) {
            options.insert(flag, String::new());
        } else if word == "or" {
            options.insert("or", words::address(words.next().unwrap_or_default()));
        } else if word != "to" && !IGNORED.contains(&word) {
            options.insert("to", words::prefix(word));
        }
    }
    options.retain(|name, value| !is_default(name, value));
    options
}

fn option_value(name: &str, value: &str) -> String {
    match name {
        "via" | "src" => words::address(value),
        "from" => words::prefix(value),
        "table" => words::table(value),
        "tos" => words::integer(value),
        "scope" => words::scope(value),
        "expires" => value.trim_end_matches("sec").to_owned(),
        _ => value.to_owned(),
    }
}

fn is_default(name: &str, value: &str) -> bool {
    matches!((name, value), ("protocol", KEEPALIVED) | ("table", "254") | ("scope", "global") | ("type", "unicast"))
}

/// `default`, `any` and `all` are the whole of the family that the rest of the route has.
fn complete_destination(route: &mut Options) {
    let v6 = ["via", "src", "from"].iter().any(|name| route.get(name).is_some_and(|value| words::is_v6(value)));
    if let Some(to) = route.get_mut("to").filter(|to| matches!(to.as_str(), "default" | "any" | "all")) {
        *to = if v6 { "::/0" } else { "0.0.0.0/0" }.to_owned();
    }
}

fn shown(options: &Options) -> String {
    let words: Vec<_> = options.iter().map(|(name, value)| format!("{name} {value}").trim_end().to_owned()).collect();
    words.join(" ")
}
