//! Routes: what lines mean, what is said about wrong ones, and that text and value say the same.

use proptest::prelude::*;

use super::{route, route_words};
use crate::code::Code;
use crate::entry::Where;
use crate::entry::lines::{Outcome, assert_any_words, assert_codes, assert_good, assert_said, read};
use crate::model::route::{Metric, Route};

fn of(place: Where, text: &str) -> Option<Outcome<Route>> {
    read(text, |statement, out| route(statement, place, out))
}

/// Lines that are fine, and their text.
const GOOD: &[(&str, &str)] = &[
    ("10.1.0.0/24 via 10.0.0.1", "10.1.0.0/24 via 10.0.0.1"),
    ("src 192.0.2.1 to 10.0.0.0/8 via 192.0.2.254 dev eth1", "10.0.0.0/8 via 192.0.2.254 dev eth1 src 192.0.2.1"),
    ("0.0.0.0/0 via 192.168.0.1 table 100", "default via 192.168.0.1 table 100"),
    ("default via inet 192.168.0.1 table main", "default via 192.168.0.1 table 254"),
    ("to any dev eth0 table blue", "default dev eth0 table blue"),
    ("default via fe80::1 dev eth0", "::/0 via fe80::1 dev eth0"),
    ("default via inet6 fe80::1 oif eth0 onlink", "::/0 via fe80::1 dev eth0 onlink"),
    ("default dev eth0 inet6", "::/0 dev eth0"),
    ("expires 30 default dev eth0", "::/0 dev eth0 expires 30"),
    ("dev eth0 pref high all", "::/0 dev eth0 pref high"),
    ("2001:db8::/32 dev eth0 pref 3", "2001:db8::/32 dev eth0 pref low"),
    ("2001:db8::/32 dev eth0 from 2001:db8:4::/48", "2001:db8::/32 dev eth0 from 2001:db8:4::/48"),
    ("2001:db8::1 dev eth0 scope link", "2001:db8::1/128 dev eth0 scope 253"),
    ("blackhole 10.0.0.0/8 metric 20", "blackhole 10.0.0.0/8 metric 20"),
    ("7 10.0.0.0/8", "unreachable 10.0.0.0/8"),
    ("metric 5 blackhole default", "blackhole default metric 5"),
    ("unicast 10.0.0.0/8 dev eth0 priority +4 prepend", "10.0.0.0/8 dev eth0 metric 4"),
    ("blackhole 2001:db8::/32 dev lo", "blackhole 2001:db8::/32 dev lo"),
    ("local 192.0.2.1 dev lo table local", "local 192.0.2.1/32 dev lo table 255"),
    ("10.1.0.0/24 dev eth0 table 0x10 tos 010 scope global", "10.1.0.0/24 dev eth0 table 16 tos 8 scope 0"),
    ("10.1.0.0/24 dev eth0 protocol bird no_track", "10.1.0.0/24 dev eth0 protocol 12 no_track"),
    ("10.1.0.0/24 dev eth0 protocol keepalived", "10.1.0.0/24 dev eth0 protocol 18"),
    ("10.1.0.0/24 dev eth0 rtt 3000 rttvar 2s", "10.1.0.0/24 dev eth0 rtt 375ms rttvar 2000ms"),
    ("10.1.0.0/24 dev eth0 rtt lock 1.5SEC rto_min 300.5ms", "10.1.0.0/24 dev eth0 rtt lock 1500ms rto_min 301ms"),
    ("10.1.0.0/24 dev eth0 rtt 3001", "10.1.0.0/24 dev eth0 rtt 3001"),
    ("10.1.0.0/24 dev eth0 mtu lock 1400 features ecn", "10.1.0.0/24 dev eth0 mtu lock 1400 features ecn"),
    ("10.1.0.0/24 dev eth0 congctl lock bbr quickack 1", "10.1.0.0/24 dev eth0 quickack 1 congctl lock bbr"),
    ("10.1.0.0/24 dev eth0 realms PQA/0x14 vrf blue add", "10.1.0.0/24 dev eth0 realms PQA/20 vrf blue add"),
    ("10.1.0.0/24 dev eth0 ttl-propagate disabled append", "10.1.0.0/24 dev eth0 ttl-propagate disabled append"),
    ("10.1.0.0/24 dev \"e#h\"", "10.1.0.0/24 dev \"e#h\""),
    ("10.1.0.0/24 via 10.0.0.1 encap mpls 100/200", "10.1.0.0/24 via 10.0.0.1 encap mpls 100/200"),
    (
        "10.1.0.0/24 dev eth0 encap ip id 1 dst 10.9.0.2 src 10.9.0.1 tos 3 ttl 4 flags 1 metric 4",
        "10.1.0.0/24 dev eth0 encap ip id 1 dst 10.9.0.2 src 10.9.0.1 tos 3 ttl 4 flags 1 metric 4",
    ),
    (
        "10.1.0.0/24 dev eth0 encap ip6 dst 2001:db8::1 tc 4 hoplimit 9 mtu 3",
        "10.1.0.0/24 dev eth0 encap ip6 dst 2001:db8::1 tc 4 hoplimit 9 mtu 3",
    ),
    ("2001:db8::/32 dev eth0 encap ila 1:22:333:4444", "2001:db8::/32 dev eth0 encap ila 1:22:333:4444"),
    (
        "10.1.0.0/24 table 69 nexthop via 10.0.0.1 dev w0 onlink weight 1 nexthop via 10.0.0.2 weight 256",
        "10.1.0.0/24 table 69 nexthop via 10.0.0.1 dev w0 onlink nexthop via 10.0.0.2 weight 256",
    ),
    (
        "10.1.0.0/24 via 10.0.0.1 nexthop via inet 10.0.0.1 realms 3 nexthop dev eth0 encap mpls 4",
        "10.1.0.0/24 via 10.0.0.1 nexthop via 10.0.0.1 realms 3 nexthop dev eth0 encap mpls 4",
    ),
    ("default nexthop via fe80::1 dev eth0", "::/0 nexthop via fe80::1 dev eth0"),
];

/// Line, what is said and at which text, and what comes of it (empty: nothing).
const SAID: &[(&str, Code, &str, &str)] = &[
    ("10.1.0.0/24 via 10.0.0.1 foo", Code::RouteWord, "foo", ""),
    ("10.1.0.0/24 via 10.0.0.1 tabel 100", Code::RouteWord, "tabel", ""),
    ("10.1.0.0/24 via 10.0.0.1 proto static", Code::RouteWord, "proto", ""),
    ("to unicast 10.1.0.0/24 dev eth0", Code::RouteWord, "unicast", ""),
    ("unicast to 10.1.0.0/24 dev eth0", Code::RouteWord, "to", ""),
    ("10.0.0.0/8 blackhole", Code::RouteWord, "blackhole", ""),
    ("10.0.0.0/8 blackhole metric 3", Code::RouteWord, "blackhole", ""),
    ("10.1.0.0/24 dev eth0 rto_min 5s lock", Code::RouteWord, "lock", ""),
    ("10.1.0.0/24 dev eth0 track_group G", Code::RouteWord, "track_group", ""),
    ("10.1.0.0/24 via 10.0.0.300", Code::BadAddress, "10.0.0.300", ""),
    ("10.1.0.x/24 via 10.0.0.3", Code::BadAddress, "10.1.0.x/24", ""),
    ("300 10.0.0.0/8", Code::BadAddress, "300", ""),
    ("nat 10.0.0.0/8", Code::RouteValue, "nat", ""),
    ("11 10.0.0.0/8", Code::RouteValue, "11", ""),
    ("10.1.0.5/24 dev eth0", Code::RouteValue, "10.1.0.5/24", ""),
    ("10.1.0.0/33 dev eth0", Code::BadPrefixLength, "33", "10.1.0.0/32 dev eth0"),
    ("10.1.0.0/255.255.0.0 dev eth0", Code::DottedNetmask, "10.1.0.0/255.255.0.0", "10.1.0.0/32 dev eth0"),
    ("10.1.0.0/24 via", Code::MissingArgument, "via", ""),
    ("10.1.0.0/24 via dev eth0", Code::MissingArgument, "via", ""),
    ("10.1.0.0/24 dev eth0 mtu lock", Code::MissingArgument, "mtu", ""),
    ("10.1.0.0/24 table dev eth0", Code::MissingArgument, "table", ""),
    ("10.1.0.0/24 dev eth0 metric table 3", Code::MissingArgument, "metric", ""),
    ("10.1.0.0/24 dev a-much-too-long-name", Code::BadInterface, "a-much-too-long-name", ""),
    ("10.1.0.0/24 dev eth0 metric 3x", Code::RouteValue, "3x", ""),
    ("10.1.0.0/24 dev eth0 metric 4294967296", Code::RouteValue, "4294967296", ""),
    ("10.1.0.0/24 dev eth0 tos 08", Code::RouteValue, "08", ""),
    ("10.1.0.0/24 dev eth0 scope 300", Code::RouteValue, "300", ""),
    ("10.1.0.0/24 dev eth0 table a{b", Code::RouteValue, "a{b", ""),
    ("10.1.0.0/24 dev eth0 hoplimit 256", Code::RouteValue, "256", ""),
    ("10.1.0.0/24 dev eth0 quickack 2", Code::RouteValue, "2", ""),
    ("10.1.0.0/24 dev eth0 window lock 3", Code::RouteValue, "lock", ""),
    ("10.1.0.0/24 dev eth0 rtt 20x", Code::RouteValue, "20x", ""),
    ("10.1.0.0/24 dev eth0 realms 300", Code::RouteValue, "300", ""),
    ("10.1.0.0/24 dev eth0 src 10.0.0.9/24", Code::RouteValue, "10.0.0.9/24", ""),
    ("2001:db8::/32 dev eth0 pref foo", Code::RouteValue, "foo", ""),
    ("10.1.0.0/24 dev eth0 rtt 20", Code::RouteOption, "20", "10.1.0.0/24 dev eth0 rtt 200ms"),
    ("10.1.0.0/24 dev eth0 rtt 121s", Code::RouteOption, "121s", "10.1.0.0/24 dev eth0 rtt 120000ms"),
    ("10.1.0.0/24 dev eth0 features enc", Code::RouteOption, "enc", "10.1.0.0/24 dev eth0"),
    ("10.1.0.0/24 dev eth0 ttl-propagate on", Code::RouteOption, "on", "10.1.0.0/24 dev eth0"),
    ("10.1.0.0/24 dev eth0 as to 10.0.0.1", Code::RouteOption, "as", "10.1.0.0/24 dev eth0"),
    ("10.1.0.0/24 via 2001:db8::1", Code::RouteFamily, "2001:db8::1", ""),
    ("10.1.0.0/24 via inet6 10.0.0.1", Code::RouteFamily, "inet6", ""),
    ("10.1.0.0/24 dev eth0 inet6", Code::RouteFamily, "inet6", ""),
    ("10.1.0.0/24 dev eth0 expires 30", Code::RouteFamily, "expires", ""),
    ("10.1.0.0/24 dev eth0 from 10.0.0.0/8", Code::RouteFamily, "from", ""),
    ("2001:db8::/32 dev eth0 realms 1", Code::RouteFamily, "realms", ""),
    ("dev eth0 metric 3", Code::RouteIncomplete, "dev", ""),
    ("10.1.0.0/24", Code::RouteIncomplete, "10.1.0.0/24", ""),
    ("10.1.0.0/24 src 10.0.0.9", Code::RouteIncomplete, "10.1.0.0/24", ""),
    ("blackhole 10.0.0.0/8 dev eth0", Code::RouteIncomplete, "dev", ""),
    ("10.1.0.0/24 dev eth0 nexthop via 10.0.0.1", Code::RouteIncomplete, "dev", ""),
    ("10.1.0.0/24 via 10.0.0.2 nexthop via 10.0.0.1", Code::RouteIncomplete, "via", ""),
    ("10.1.0.0/24 or 10.0.0.2 dev eth0", Code::RouteIncomplete, "or", ""),
    ("10.1.0.0/24 10.2.0.0/24 dev eth0", Code::SecondDestination, "10.2.0.0/24", "10.2.0.0/24 dev eth0"),
    ("10.1.0.0/24 dev eth0 weight 3", Code::RouteWord, "weight", ""),
    ("10.1.0.0/24 blackhole default", Code::SecondDestination, "default", "blackhole default"),
    ("10.1.0.0/24 2001:db8::/32 dev eth0", Code::RouteFamily, "2001:db8::/32", ""),
    ("10.1.0.0/24 via 10.0.0.1 via 10.0.0.2", Code::RepeatedKeyword, "via", "10.1.0.0/24 via 10.0.0.2"),
    ("10.1.0.0/24 dev eth0 add append", Code::RepeatedKeyword, "append", "10.1.0.0/24 dev eth0 append"),
    ("10.1.0.0/24 dev eth0 protocol 4", Code::ProtocolReset, "protocol", "10.1.0.0/24 dev eth0"),
    ("10.1.0.0/24 dev eth0 protocol mine", Code::ProtocolReset, "protocol", "10.1.0.0/24 dev eth0"),
    ("0.0.0.0/0 gw 192.168.0.1", Code::DeprecatedOption, "gw", "default via 192.168.0.1"),
    ("default6 dev eth0", Code::DeprecatedOption, "default6", "::/0 dev eth0"),
    (
        "10.1.0.0/24 via 10.0.0.1 or 10.0.0.2 dev eth0",
        Code::DeprecatedOption,
        "or",
        "10.1.0.0/24 nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.0.2 dev eth0",
    ),
    ("inet6 default via fe80::1 dev eth0", Code::FamilyWord, "inet6", "::/0 via fe80::1 dev eth0"),
    ("10.1.0.0/24 dev eth0 encap foo 3", Code::RoutePart, "foo", "10.1.0.0/24 dev eth0"),
    ("10.1.0.0/24 dev eth0 encap mpls 1048576", Code::RoutePart, "1048576", "10.1.0.0/24 dev eth0"),
    ("10.1.0.0/24 dev eth0 encap ila ::1", Code::RoutePart, "::1", "10.1.0.0/24 dev eth0"),
    ("10.1.0.0/24 dev eth0 encap ip dst 2001:db8::1", Code::RoutePart, "2001:db8::1", "10.1.0.0/24 dev eth0"),
    ("10.1.0.0/24 dev eth0 encap ip ttl 300 id 3 add", Code::RoutePart, "300", "10.1.0.0/24 dev eth0 add"),
    ("10.1.0.0/24 dev eth0 encap ip ttl 3 add", Code::RoutePart, "ip", "10.1.0.0/24 dev eth0 add"),
    ("10.1.0.0/24 dev eth0 encap ip6 ttl 3", Code::RouteWord, "ttl", ""),
    (
        "10.1.0.0/24 nexthop via 10.0.0.2 weight 300 nexthop via 10.0.0.3",
        Code::RoutePart,
        "300",
        "10.1.0.0/24 nexthop via 10.0.0.3",
    ),
    ("10.1.0.0/24 nexthop via 10.0.0.2 weight 0", Code::RoutePart, "0", ""),
    ("10.1.0.0/24 nexthop weight 3", Code::RoutePart, "nexthop", ""),
    ("10.1.0.0/24 nexthop via fe80::1 nexthop dev e", Code::RoutePart, "fe80::1", "10.1.0.0/24 nexthop dev e"),
    (
        "10.1.0.0/24 nexthop dev e encap foo 3 nexthop dev f",
        Code::RoutePart,
        "foo",
        "10.1.0.0/24 nexthop dev e nexthop dev f",
    ),
    ("10.1.0.0/24 nexthop dev e metric 3 nexthop dev f", Code::SurplusWords, "metric", "10.1.0.0/24 nexthop dev e"),
    ("10.1.0.0/24 nexthop dev e wieght 3", Code::SurplusWords, "wieght", "10.1.0.0/24 nexthop dev e"),
];

/// §2.17: every option, in any order, has one text.
#[test]
fn good_lines_have_one_text() {
    assert_good(GOOD, |text| of(Where::Router, text));
}

/// One mistake is said once, at its word; a line that is left out is an error.
#[test]
fn a_mistake_is_said_once_at_its_word() {
    assert_said(SAID, |text| of(Where::Router, text));
}

/// §2.17, §3.5: `track_group` is for static routes, and needs an interface.
#[test]
fn groups_track_static_routes() {
    let cases: [(&str, &[Code], &str); 4] = [
        ("10.1.0.0/24 dev eth0 track_group G", &[], "10.1.0.0/24 dev eth0 track_group G"),
        ("10.1.0.0/24 track_group G nexthop dev eth0", &[], "10.1.0.0/24 track_group G nexthop dev eth0"),
        ("10.1.0.0/24 via 10.0.0.1 track_group G", &[Code::RouteOption], "10.1.0.0/24 via 10.0.0.1"),
        ("10.1.0.0/24 dev eth0 no_track track_group G", &[Code::RouteOption], "10.1.0.0/24 dev eth0 no_track"),
    ];
    assert_codes(&cases, |text| of(Where::Static, text));
}

/// The spelling advice knows each word once, and every metric.
#[test]
fn the_vocabulary_is_whole() {
    assert!(Metric::ALL.iter().all(|metric| route_words().contains(&metric.name())));
    let words: std::collections::HashSet<_> = route_words().into_iter().collect();
    assert_eq!(words.len(), route_words().len());
}

const VALUES: [&str; 40] = [
    "10.0.0.0/8",
    "10.1.0.0/24",
    "10.0.0.1",
    "2001:db8::/32",
    "fe80::1",
    "eth0",
    "eth1",
    "main",
    "blue",
    "0",
    "1",
    "3",
    "18",
    "200",
    "256",
    "0x10",
    "070",
    "300ms",
    "2s",
    "9000",
    "3001",
    "low",
    "high",
    "lock 5",
    "1/2",
    "a/b",
    "enabled",
    "id 3",
    "dst 10.0.0.2",
    "dst fe80::1",
    "mpls 3/4",
    "ila 1:2:3:4",
    "-1",
    "\"a#b\"",
    "\"\"",
    "é",
    "\u{a0}",
    "\\#x",
    "a\\",
    "G",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Any words: no panic, places in the text, and what is read is what its text means.
    #[test]
    fn any_words_are_read_or_reported(
        start in prop::sample::select(vec!["", "10.1.0.0/24 dev eth0", "default", "2001:db8::/32 dev eth0", "blackhole 10.0.0.0/8"]),
        words in prop::collection::vec(prop_oneof![prop::sample::select(route_words()), prop::sample::select(&VALUES[..])], 0..10),
        pairs in prop::collection::vec((prop::sample::select(route_words()), prop::sample::select(&VALUES[..])), 0..3),
        place in prop::sample::select(vec![Where::Router, Where::Static]),
    ) {
        assert_any_words(start, &words, &pairs, |text| of(place, text));
    }
}
