//! Random texts in the words of the language: the nearer to a configuration, the deeper they get.

use conf::keyword::{self, Block, Entries, Form, KeywordDef, Status};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Words and signs that mean something.
const WORDS: &[&str] = &[
    "vrrp_instance",
    "global_defs",
    "virtual_ipaddress",
    "authentication",
    "auth_pass",
    "interface",
    "eth0",
    "virtual_router_id",
    "priority",
    "track_interface",
    "weight",
    "use_vmac",
    "10.0.0.1/24",
    "fe80::1/64",
    "include",
    "main",
    "a.conf",
    "\n=== a.conf\n",
    "{",
    "}",
    "\"",
    "#",
    "!",
    "\\",
    "\\#",
    "$A",
    "${A}",
    "$A=",
    "$A=\\",
    "@x",
    "~SEQ(",
    "\n",
    "\r\n",
    "\n",
    " ",
    "\t",
    "255",
    "-1",
    "é",
    "\u{feff}",
    "\0",
    "brd",
    "dev",
    "notify_master",
    "'",
    "state",
    "MASTER",
    "version",
    "3",
    "via",
    "table",
    "scope",
    "100",
    "on",
    "0.5",
    "${_RANDOM 1 5}",
    "~LST(A, 1, 2)",
    "@left",
    "@^left",
    "$B",
    "$B=",
    "$B=\\\n",
    "=== ",
    "fe80::",
    "2001:db8::/32",
    "unicast_peer",
    "reverse",
    "track_script",
    "N",
    "51",
    "PASS",
    "1111",
    "\\!",
    "N:M",
    "10.0.0.1",
];

/// Words in no order, so that random texts get past the first line.
pub(crate) fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(select(WORDS), 0..80).prop_map(|words| {
        let mut text = String::new();
        for (index, word) in words.iter().enumerate() {
            text.push_str(word);
            if index % 3 != 0 {
                text.push(' ');
            }
        }
        text
    })
}

/// A main file and two that it may include, each with a few words too many.
pub(crate) fn files() -> impl Strategy<Value = String> {
    let inner = prop_oneof![Just(Block::Top), Just(Block::Instance), Just(Block::Global), Just(Block::SyncGroup)];
    let part = inner.prop_flat_map(statements);
    let main = prop::collection::vec(statements(Block::Top), 1..3).prop_map(|parts| parts.join("\n"));
    (main, part.clone(), part, damage()).prop_map(|(main, a, b, damage)| {
        let mut text = format!("{main}\n=== a.conf\n{a}\n=== b.conf\n{b}");
        for (at, word) in damage {
            let at = at.index(text.len() + 1);
            if text.is_char_boundary(at) {
                text.insert_str(at, word);
            }
        }
        text
    })
}

/// Words that are put somewhere.
fn damage() -> impl Strategy<Value = Vec<(Index, &'static str)>> {
    prop::collection::vec((any::<Index>(), select(WORDS)), 0..6)
}

/// Lines of a block, with conditions, definitions, loops and includes.
fn statements(block: Block) -> BoxedStrategy<String> {
    let line = (frame(), statement(block)).prop_map(|(frame, statement)| frame.replacen("{}", &statement, 1));
    prop::collection::vec(line, 0..10).prop_map(|lines| lines.join("\n")).boxed()
}

/// What stands around a statement.
fn frame() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        8 => Just("{}"),
        1 => select(vec![
            "@left {}",
            "@^left {}",
            "$A={}\n$A",
            "$B=\\\n{}\\\nx",
            "~SEQ(A, 1, 3) {}",
            "~LST(B, a, \u{fc}) {} $B",
            "include a.conf\n{}",
            "{}\ninclude *.conf",
            "{} # \u{e9}",
            "{} \"",
        ]),
    ]
}

/// A statement of a row of the block, as it should be or with other words behind it.
fn statement(block: Block) -> BoxedStrategy<String> {
    let weight = |row: &KeywordDef| if row.status == Status::Works || row.form.opens() { 6 } else { 1 };
    let rows = keyword::all().filter(|row| row.block == block);
    let rows: Vec<&KeywordDef> = rows.flat_map(|row| std::iter::repeat_n(row, weight(row))).collect();
    let some_words = || prop::collection::vec(select(WORDS), 0..4).prop_map(|words| words.join(" "));
    let row = select(rows).prop_flat_map(move |row| match row.form {
        Form::Block(inner) | Form::Named(inner) => (select(NAMES), select(ROUTER_STARTS), statements(inner))
            .prop_map(move |(name, start, body)| {
                let start = if inner == Block::Instance { start } else { "" };
                format!("{} {name} {{\n{start}{body}\n}}", row.name)
            })
            .boxed(),
        Form::Entries(kind) => entries(kind).prop_map(move |body| format!("{} {{\n{body}\n}}", row.name)).boxed(),
        Form::Flag
        | Form::One(_)
        | Form::Weight(_)
        | Form::Script
        | Form::OptionalScript
        | Form::Arguments(_)
        | Form::User
        | Form::Words(_)
        | Form::Skipped => {
            prop_oneof![Just(row.example()), some_words().prop_map(move |words| format!("{} {words}", row.name)),]
                .boxed()
        }
    });
    prop_oneof![9 => row, 1 => some_words()].boxed()
}

/// Entries of a list: words that mean something there, in any order.
fn entries(kind: Entries) -> impl Strategy<Value = String> {
    let words: &'static [&'static str] = match kind {
        Entries::Addresses => {
            &["10.0.0.1/24", "fe80::1", "dev", "eth0", "label", "eth0:1", "brd", "scope", "link", "-", "+"]
        }
        Entries::Routes => ROUTE_WORDS,
        Entries::Rules => RULE_WORDS,
        Entries::Peers => &["10.0.0.2", "fe80::2", "min_ttl", "max_ttl", "255", "256", "lo"],
        Entries::Interfaces
        | Entries::Trackers { .. }
        | Entries::Polled
        | Entries::Delays
        | Entries::Names(_)
        | Entries::Mailboxes => &["N", "eth0", "weight", "-10", "300", "reverse", "noreverse", "N"],
    };
    let word = prop_oneof![8 => select(words), 1 => select(WORDS)];
    prop::collection::vec((word, prop_oneof![4 => Just(" "), 1 => Just("\n")]), 0..24)
        .prop_map(|words| words.into_iter().flat_map(|(word, gap)| [word, gap]).collect())
}

const NAMES: &[&str] = &["N", "M", "O", "P", "Q", "\"N N\""];

/// What most routers need to be looked at more closely.
const ROUTER_STARTS: &[&str] = &[
    "",
    "interface eth0\nvirtual_router_id 51\n",
    "interface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n10.0.0.1/24\n}\n",
    "interface eth1\nvirtual_router_id 2\nversion 3\nvirtual_ipaddress {\nfe80::1\n}\n",
];

const ROUTE_WORDS: &[&str] = &[
    "10.1.0.0/16",
    "default",
    "2001:db8::/32",
    "via",
    "inet6",
    "fe80::9",
    "dev",
    "eth0",
    "table",
    "100",
    "metric",
    "src",
    "10.0.0.1",
    "blackhole",
    "to",
    "nexthop",
    "weight",
    "2",
    "encap",
    "mpls",
    "16/17",
    "seg6",
    "mode",
    "encap",
    "segs",
    "mtu",
    "lock",
    "1400",
    "features",
    "ecn",
    "rtt",
    "10ms",
    "scope",
    "link",
    "track_group",
    "N",
    "proto",
    "static",
    "or",
];

const RULE_WORDS: &[&str] = &[
    "from",
    "10.1.0.0/16",
    "to",
    "2001:db8::/32",
    "table",
    "100",
    "preference",
    "1000",
    "not",
    "iif",
    "eth0",
    "fwmark",
    "0x1/0xf",
    "tos",
    "0x10",
    "goto",
    "2000",
    "uidrange",
    "1-2",
    "sport",
    "80-90",
    "ipproto",
    "udp",
    "blackhole",
    "suppress_prefixlength",
    "0",
    "inet6",
    "tun_id",
    "7",
    "track_group",
    "N",
    "nop",
    "l3mdev",
    "realms",
    "a/b",
];
