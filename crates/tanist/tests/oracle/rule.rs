//! Rule entries, in the language of the configuration and in that of keepalived's dump.

use std::collections::BTreeMap;

use crate::words;

/// Options with a value, under the name that is kept.
const OPTIONS: [(&str, &str); 27] = [
    ("from", "from"),
    ("to", "to"),
    ("table", "table"),
    ("lookup", "table"),
    ("goto", "goto"),
    ("preference", "preference"),
    ("order", "preference"),
    ("priority", "preference"),
    ("iif", "iif"),
    ("dev", "iif"),
    ("oif", "oif"),
    ("tos", "tos"),
    ("dsfield", "tos"),
    ("fwmark", "fwmark"),
    ("realms", "realms"),
    ("suppress_prefixlength", "suppress_prefixlength"),
    ("suppress_prefixlen", "suppress_prefixlength"),
    ("sup_pl", "suppress_prefixlength"),
    ("suppress_ifgroup", "suppress_ifgroup"),
    ("sup_group", "suppress_ifgroup"),
    ("tunnel-id", "tunnel-id"),
    ("uidrange", "uidrange"),
    ("protocol", "protocol"),
    ("ipproto", "ipproto"),
    ("sport", "sport"),
    ("dport", "dport"),
    ("track_group", "track_group"),
];
/// Options without a value.
const FLAGS: [&str; 6] = ["not", "nop", "blackhole", "unreachable", "prohibit", "l3mdev"];
/// Names of IP protocols.
const PROTOCOLS: [(&str, &str); 3] = [("icmp", "1"), ("tcp", "6"), ("udp", "17")];

/// A rule in canonical form.
pub(crate) fn canonical(text: &str) -> String {
    let mut options = BTreeMap::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        if let Some((_, name)) = OPTIONS.iter().find(|(alias, _)| *alias == word) {
            options.insert(*name, option_value(name, words.next().unwrap_or_default()));
        } else if let Some(flag) = FLAGS.iter().find(|flag| **flag == word) {
            options.insert(flag, String::new());
        } else if !matches!(word, "type" | "no_track" | "inet" | "inet6") {
            options.insert("unknown", word.to_owned());
        }
    }
    if options.contains_key("l3mdev") {
        options.remove("table");
    }
    options.retain(|name, value| !is_default(name, value));
    let words = options.iter().map(|(name, value)| format!("{name} {value}").trim_end().to_owned());
    words.collect::<Vec<_>>().join(" ")
}

fn option_value(name: &str, value: &str) -> String {
    match name {
        "from" | "to" => words::prefix(value),
        "table" => words::table(value),
        "preference" | "tos" => words::integer(value),
        "fwmark" => words::masked(value),
        // FROM/TO, where FROM is 0 if it is not given.
        "realms" => value.strip_prefix("0/").unwrap_or(value).to_owned(),
        "ipproto" => {
            let found = PROTOCOLS.iter().find(|(protocol, _)| *protocol == value);
            found.map_or(value, |(_, number)| number).to_owned()
        }
        _ => value.to_owned(),
    }
}

fn is_default(name: &str, value: &str) -> bool {
    match name {
        "from" | "to" => matches!(value, "all" | "any" | "default" | "0.0.0.0/0" | "::/0"),
        "tos" => value == "0",
        // keepalived's own.
        "protocol" => value == "18",
        _ => false,
    }
}
