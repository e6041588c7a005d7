//! Rules: what lines mean, what is said about wrong ones, and that text and value say the same.

use proptest::prelude::*;

use super::{rule, rule_words};
use crate::code::Code;
use crate::entry::Where;
use crate::entry::lines::{Outcome, assert_any_words, assert_codes, assert_good, assert_said, read};
use crate::model::rule::Rule;

fn of(place: Where, text: &str) -> Option<Outcome<Rule>> {
    read(text, |statement, out| rule(statement, place, out))
}

/// Lines that are fine, and their text.
const GOOD: &[(&str, &str)] = &[
    ("from 192.168.2.0/24 table 1 priority 7", "from 192.168.2.0/24 table 1 preference 7"),
    ("to all lookup 250 priority 0x10 no_track", "table 250 preference 16 no_track"),
    ("priority 3 table main inet6", "table 254 preference 3 inet6"),
    (
        "not from 2001:db8::/32 dev eth0 oif eth1 table small order 3",
        "not from 2001:db8::/32 iif eth0 oif eth1 table small preference 3",
    ),
    ("from ::/0 table 5 priority 3", "from ::/0 table 5 preference 3"),
    ("from 10.0.0.1 goto 40 priority 39", "from 10.0.0.1/32 goto 40 preference 39"),
    ("type blackhole priority 4", "blackhole preference 4"),
    ("unreachable order 4", "unreachable preference 4"),
    ("prohibit order 4", "prohibit preference 4"),
    ("nop order 4", "nop preference 4"),
    ("l3mdev order 1000", "l3mdev preference 1000"),
    ("tos 0x10 fwmark 24/12 table 4 priority 3", "tos 16 fwmark 0x18/0xc table 4 preference 3"),
    (
        "fwmark 5 tunnel-id 18446744073709551615 table 4 priority 3",
        "fwmark 0x5 tunnel-id 18446744073709551615 table 4 preference 3",
    ),
    ("realms 30/20 table 4 priority 3", "table 4 realms 30/20 preference 3"),
    (
        "sup_pl 0 table main sup_group default priority 3",
        "table 254 suppress_prefixlength 0 suppress_ifgroup 0 preference 3",
    ),
    ("uidrange 10000-19999 table 4 priority 3", "uidrange 10000-19999 table 4 preference 3"),
    (
        "ipproto UDP sport 10-20 dport 20-20 table 4 priority 3",
        "ipproto 17 sport 10-20 dport 20-20 table 4 preference 3",
    ),
    ("ipproto ospf table 4 priority 3", "ipproto ospf table 4 preference 3"),
    ("protocol 12 table 4 priority 3 no_track", "table 4 protocol 12 preference 3 no_track"),
    ("protocol 18 table 4 priority 3", "table 4 protocol 18 preference 3"),
];

/// Line, what is said and at which text, and what comes of it (empty: nothing).
const SAID: &[(&str, Code, &str, &str)] = &[
    ("from 10.0.0.0/8 table 100", Code::NoPreference, "from", "from 10.0.0.0/8 table 100"),
    ("from 10.0.0.0/8 table 100 pref 3", Code::RouteWord, "pref", ""),
    ("ip_proto tcp table 5 priority 3", Code::RouteWord, "ip_proto", ""),
    ("from all to all table 5 priority 3 foo", Code::RouteWord, "foo", ""),
    ("10.0.0.0/8 table 5 priority 3", Code::RouteWord, "10.0.0.0/8", ""),
    ("table 5 priority 3 track_group G", Code::RouteWord, "track_group", ""),
    ("from foo table 100 priority 7", Code::BadAddress, "foo", ""),
    ("from table 100 priority 7", Code::MissingArgument, "from", ""),
    ("from 10.0.0.0/8 table", Code::MissingArgument, "table", ""),
    ("table 5 priority 3 type", Code::MissingArgument, "type", ""),
    ("from 10.0.0.0/8 to 2001:db8::/32 table 5 priority 7", Code::RouteFamily, "2001:db8::/32", ""),
    ("from 2001:db8::/32 realms 3 table 5 priority 3", Code::RouteFamily, "realms", ""),
    ("from 10.0.0.0/33 table 5 priority 4", Code::BadPrefixLength, "33", "from 10.0.0.0/32 table 5 preference 4"),
    (
        "from 10.0.0.0/8 from 10.1.0.0/16 nop order 3",
        Code::RepeatedKeyword,
        "from",
        "from 10.1.0.0/16 nop preference 3",
    ),
    ("iif eth0 dev eth1 nop order 3", Code::RepeatedKeyword, "dev", "iif eth1 nop preference 3"),
    ("iif a/b nop order 3", Code::BadInterface, "a/b", ""),
    ("table 0 priority 4", Code::RouteValue, "0", ""),
    ("nop priority 3x", Code::RouteValue, "3x", ""),
    ("nop priority 4294967296", Code::RouteValue, "4294967296", ""),
    ("goto foo priority 4", Code::RouteValue, "foo", ""),
    ("fwmark 1/foo nop priority 3", Code::RouteValue, "1/foo", ""),
    ("uidrange 2 nop priority 3", Code::RouteValue, "2", ""),
    ("uidrange 2-1 nop priority 3", Code::RouteValue, "2-1", ""),
    ("tos 300 nop priority 3", Code::RouteValue, "300", ""),
    ("suppress_prefixlength x table 4 priority 3", Code::RouteValue, "x", ""),
    ("tunnel-id x table 4 priority 3", Code::RouteValue, "x", ""),
    ("sport 80-99999 nop priority 3", Code::RouteValue, "80-99999", ""),
    ("dport 90-80 nop priority 3", Code::RouteValue, "90-80", ""),
    ("sport 80 nop priority 3", Code::SinglePort, "80", "sport 80-80 nop preference 3"),
    ("sport http nop priority 3", Code::RuleCondition, "http", "nop preference 3"),
    ("sport 80-x nop priority 3", Code::RuleCondition, "80-x", "nop preference 3"),
    ("ipproto 300 nop priority 3", Code::RuleCondition, "300", "nop preference 3"),
    ("protocol static nop priority 3", Code::RouteOption, "static", "nop preference 3"),
    ("protocol 300 nop priority 3", Code::RouteOption, "300", "nop preference 3"),
    ("protocol 4 nop priority 3", Code::ProtocolReset, "protocol", "nop preference 3"),
    ("from all priority 4", Code::RuleAction, "from", ""),
    ("goto 10", Code::RuleAction, "goto", ""),
    ("goto 3 priority 4", Code::RuleAction, "goto", ""),
    ("table 3 nop priority 4", Code::RuleAction, "nop", ""),
    ("throw priority 4", Code::RuleAction, "throw", ""),
    ("type foo priority 4", Code::RuleAction, "foo", ""),
    ("realms 1/2 blackhole priority 3", Code::RuleAction, "realms", ""),
    ("sup_group 3 nop priority 3", Code::RuleAction, "sup_group", ""),
    ("inet6 from all table 5 priority 3", Code::FamilyWord, "inet6", "table 5 preference 3 inet6"),
];

/// §2.18: every option, in any order, has one text.
#[test]
fn good_lines_have_one_text() {
    assert_good(GOOD, |text| of(Where::Router, text));
}

/// One mistake is said once, at its word; a line that is left out is an error.
#[test]
fn a_mistake_is_said_once_at_its_word() {
    assert_said(SAID, |text| of(Where::Router, text));
}

/// §2.18, §3.5: `track_group` is for static rules, and needs `iif`.
#[test]
fn groups_track_static_rules() {
    let cases: [(&str, &[Code], &str); 3] = [
        ("iif eth0 nop order 3 track_group G", &[], "iif eth0 nop preference 3 track_group G"),
        ("oif eth0 nop order 3 track_group G", &[Code::RouteOption], "oif eth0 nop preference 3"),
        ("iif e nop order 3 track_group G no_track", &[Code::RouteOption], "iif e nop preference 3 no_track"),
    ];
    assert_codes(&cases, |text| of(Where::Static, text));
}

const VALUES: [&str; 28] = [
    "10.0.0.0/8",
    "10.0.0.1",
    "2001:db8::/32",
    "::/0",
    "all",
    "eth0",
    "eth1",
    "main",
    "blue",
    "0",
    "1",
    "3",
    "18",
    "200",
    "99999",
    "0x10",
    "070",
    "1-2",
    "80-443",
    "9-1",
    "1/2",
    "0x1/0xff",
    "tcp",
    "-1",
    "\"a#b\"",
    "\"\"",
    "é",
    "a\\",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Any words: no panic, places in the text, and what is read is what its text means.
    #[test]
    fn any_words_are_read_or_reported(
        start in prop::sample::select(vec!["", "table 5", "goto 5", "from 10.0.0.0/8 blackhole", "nop"]),
        words in prop::collection::vec(prop_oneof![prop::sample::select(rule_words()), prop::sample::select(&VALUES[..])], 0..10),
        pairs in prop::collection::vec((prop::sample::select(rule_words()), prop::sample::select(&VALUES[..])), 0..3),
        place in prop::sample::select(vec![Where::Router, Where::Static]),
    ) {
        assert_any_words(start, &words, &pairs, |text| of(place, text));
    }
}
