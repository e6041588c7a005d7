//! What the language has besides keywords, for those who look it up: forms of lines, and options of addresses.

mod routes;

pub use routes::ROUTE_OPTIONS;

/// A form of a line, or an option behind an entry.
#[derive(Debug)]
pub struct Phrase {
    /// By what it is looked up; the first is its name.
    pub words: &'static [&'static str],
    /// How it is written.
    pub usage: &'static str,
    /// What it does.
    pub help: &'static str,
    /// How keepalived differs, or the trap in it. May be empty.
    pub differs: &'static str,
    /// Lines of a configuration. May be empty.
    pub example: &'static str,
}

const fn phrase(words: &'static [&'static str], usage: &'static str, help: &'static str) -> Phrase {
    Phrase { words, usage, help, differs: "", example: "" }
}

impl Phrase {
    const fn differs(self, differs: &'static str) -> Self {
        Self { differs, ..self }
    }

    const fn like(self, example: &'static str) -> Self {
        Self { example, ..self }
    }
}

/// Forms of lines (keepalived-config §1).
pub static LINES: &[Phrase] = &[
    phrase(&["statement"], "KEYWORD ARGUMENTS", "A keyword and its arguments on one line, separated by spaces."),
    phrase(
        &["block", "{", "}"],
        "KEYWORD [NAME] { … }",
        "Statements or entries that belong together. A brace may stand on any line, alone or behind other words, and what \
         follows a brace on its line counts as a line.",
    ),
    phrase(&["quote", "\""], "\"WORDS\"", "One word. Braces and comment signs in it mean nothing.").differs(
        "a quote inside a word ends the word and begins another; single quotes keep words together in commands only",
    ),
    phrase(
        &["comment", "#", "!"],
        "# TEXT, ! TEXT",
        "Is not read, up to the end of the line. It may begin in the middle of a word, but not in double quotes; `\\#` and \
         `\\!` stand for the signs.",
    )
    .differs("an escaped sign begins a comment all the same where the line is read a second time; double quotes always help"),
    phrase(
        &["include", "includer", "includem", "includew", "includeb", "includea"],
        "include PATTERN",
        "Reads all files that match, sorted by name. A relative pattern starts at the directory of the file that includes. \
         `includer` insists that each file can be read, `includem` also that a name matches, `includew` that a wildcard does, \
         `includeb` that each choice in braces does, `includea` on all of it.",
    )
    .differs("executable files are skipped, in tanist as well")
    .like("include conf.d/*.conf"),
    phrase(
        &["definition", "$", "$NAME="],
        "$NAME=TEXT",
        "A definition: `$NAME` and `${NAME}` stand for the text from here on, in all files. With `\\` at the end of the line \
         it goes on in the next, up to the first line without.",
    )
    .differs("an empty line ends a definition of several lines; keepalived does not come back from one that names itself")
    .like("$PRIORITY=150\nvrrp_instance VI_1 {\n interface eth0\n virtual_router_id 1\n priority $PRIORITY\n virtual_ipaddress {\n  192.0.2.1/24\n }\n}"),
    phrase(
        &["reference", "${", "$NAME", "${NAME}"],
        "$NAME, ${NAME}",
        "What was defined, as if it were written here. Without braces only before a space, `,`, `)` and at the end of the \
         line.",
    )
    .differs("keepalived takes the braces of a name that is not defined for a block"),
    phrase(&["_PWD", "${_PWD}"], "${_PWD}", "The directory of the file that is read."),
    phrase(&["_INSTANCE", "${_INSTANCE}"], "${_INSTANCE}", "The configuration id: see `@ID`."),
    phrase(
        &["_RANDOM", "${_RANDOM}"],
        "${_RANDOM [MIN [MAX]]}",
        "A number from MIN, else 0, to MAX, else 32767. Each use draws anew.",
    )
    .differs("two readings of the file do not agree on it, so it cannot serve as a VRID or a priority that others must know"),
    phrase(&["_ENV", "${_ENV}"], "${_ENV VARIABLE}", "A variable of the environment, empty if it is not set.")
        .differs("since keepalived 2.4.0"),
    phrase(
        &["_HASH", "_BANG", "${_HASH}", "${_BANG}"],
        "${_HASH}, ${_BANG}",
        "The signs `#` and `!`. Outside double quotes they begin a comment.",
    ),
    phrase(
        &["~SEQ", "~SEQx", "SEQ", "SEQx"],
        "~SEQ(NAME, [FIRST, [STEP,]] LAST) TEXT",
        "The text once for each number, which `$NAME` stands for in it. FIRST is 1 if it is not given. `~SEQx` writes the \
         numbers as hexadecimal.",
    )
    .differs("a missing number counts as 0; a loop that does not begin its line is a word")
    .like("static_ipaddress {\n ~SEQ(N, 10, 12) 192.0.2.$N dev eth0\n}"),
    phrase(
        &["~LST", "LST"],
        "~LST(NAME, VALUE, …) TEXT, ~LST({A, B}, {a, b}, …) TEXT",
        "The text once for each value, in the place of `$NAME`, or for each group of values.",
    )
    .like("static_ipaddress {\n ~LST({N, DEV}, {10, eth0}, {11, eth1}) 192.0.2.$N dev $DEV\n}"),
    phrase(
        &["condition", "@ID", "@", "@^ID", "@^"],
        "@ID TEXT, @^ID TEXT",
        "The line counts if the configuration id is ID, or is not. The id is that of `--config-id`, else the host name up to \
         its first dot.",
    )
    .differs("it governs one line: if `@ID` drops the line that opens a block, keepalived reads what is in the block as if it stood outside"),
];

/// Options of an address in `virtual_ipaddress`, `virtual_ipaddress_excluded` and `static_ipaddress` (§2.16). Those with
/// an argument have a blank in their usage.
pub static ADDRESS_OPTIONS: &[Phrase] = &[
    phrase(&["dev"], "dev INTERFACE", "The interface that holds the address; else that of the router.")
        .like("virtual_ipaddress {\n 192.0.2.1/24 dev eth1\n}"),
    phrase(
        &["scope"],
        "scope SCOPE",
        "Where the address is valid: `global`, `site`, `link`, `host` or 0 to 255. IPv4 only.",
    )
    .like("virtual_ipaddress {\n 192.0.2.1/24 scope link\n}"),
    phrase(
        &["broadcast"],
        "broadcast ADDRESS",
        "The broadcast address; `+` and `-` set and clear the bits of the host.",
    )
    .like("virtual_ipaddress {\n 192.0.2.1/24 broadcast +\n}"),
    phrase(&["brd"], "brd ADDRESS", "As `broadcast`.").like("virtual_ipaddress {\n 192.0.2.1/24 brd 192.0.2.255\n}"),
    phrase(&["label"], "label NAME", "A name that `ip address` shows with the address, at most 15 bytes. IPv4 only.")
        .like("virtual_ipaddress {\n 192.0.2.1/24 label eth0:vip\n}"),
    phrase(&["peer"], "peer ADDRESS", "The other end of a point-to-point link."),
    phrase(&["home"], "home", "Marks an IPv6 address as a home address (RFC 6275)."),
    phrase(&["mngtmpaddr"], "mngtmpaddr", "Makes temporary addresses from an IPv6 one (RFC 8981)."),
    phrase(&["noprefixroute"], "noprefixroute", "Adds no route to the network of the address.")
        .like("virtual_ipaddress {\n 192.0.2.1/24 noprefixroute\n}"),
    phrase(&["autojoin"], "autojoin", "Joins the group of a multicast address."),
    phrase(&["-nodad"], "-nodad", "Asks for duplicate address detection (RFC 4862).")
        .differs("detection would delay a takeover; keepalived leaves it off unless this is written"),
    phrase(
        &["no_track"],
        "no_track",
        "Does not put the address back when something else removes it: it is gone until the next takeover.",
    ),
    phrase(
        &["preferred_lft"],
        "preferred_lft SECONDS",
        "How long the address is preferred as a source: seconds from the takeover, 0 or `forever`. IPv6 only.",
    )
    .differs("without it an IPv6 address of /128 is 0: no connection goes out from it")
    .like("virtual_ipaddress_excluded {\n 2001:db8::1/64 preferred_lft 0\n}"),
    phrase(&["use_vmac"], "use_vmac", "The address has a virtual MAC of its own."),
    phrase(
        &["track_group"],
        "track_group GROUP",
        "Whose routers are in fault while the address is lost. For `static_ipaddress` only.",
    ),
];

/// All phrases.
pub fn phrases() -> impl Iterator<Item = &'static Phrase> {
    LINES.iter().chain(ADDRESS_OPTIONS).chain(ROUTE_OPTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{route_words, rule_words};
    use crate::model::route::Metric;

    #[test]
    fn every_word_of_routes_and_rules_is_explained() {
        let known = |word: &&str| phrases().any(|phrase| phrase.words.contains(word));
        let missing: Vec<&str> = route_words().into_iter().chain(rule_words()).filter(|word| !known(word)).collect();
        assert_eq!(missing, [""; 0]);
    }

    /// The spelling advice knows each word once, and every metric.
    #[test]
    fn the_vocabulary_of_routes_is_whole() {
        let words = route_words();
        assert!(Metric::ALL.iter().all(|metric| words.contains(&metric.name())));
        assert_eq!(words.iter().collect::<std::collections::HashSet<_>>().len(), words.len());
    }
}
