//! Random lines of routes and rules: what is read is what its text means, and what is left out is an error.

use std::fmt::{Debug, Display};

use conf::language::ROUTE_OPTIONS;
use conf::model::Config;
use conf::{Code, Diagnostics, MemoryLoader, Severity};
use proptest::prelude::*;
use proptest::sample::select;

use crate::check::check_places;

/// A list with one line, in a router or outside of all.
fn configuration(list: &str, line: &str) -> String {
    let lines = format!("{list} {{\n{line}\n}}\n");
    if list.starts_with("static") {
        return lines;
    }
    format!(
        "vrrp_instance A {{\nstate BACKUP\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {{\n192.0.2.1/24\n}}\n\
         {lines}}}\n"
    )
}

fn load(list: &str, line: &str) -> (Config, Diagnostics) {
    let files = MemoryLoader::default().with("main", configuration(list, line));
    let mut files = files.with("/etc/iproute2/rt_tables", "7 blue\n").with("/etc/iproute2/group", "8 G\n");
    let loaded = conf::load("main".as_ref(), &mut files);
    loaded.diagnostics.iter().for_each(|said| check_places(loaded.diagnostics.sources(), said));
    (loaded.config, loaded.diagnostics)
}

/// The text of what is read is read without a complaint, and means the same.
fn assert_round_trip<T: Debug + Display + PartialEq>(list: &str, line: &str, of: fn(&Config) -> Vec<&T>) {
    let (config, said) = load(list, line);
    let Some(value) = of(&config).first().copied() else {
        return assert!(line.trim().is_empty() || said.worst() == Some(Severity::Error), "{line}");
    };
    let text = value.to_string();
    let (again, said) = load(list, &text);
    let said: Vec<_> = said.iter().map(|said| said.code).collect();
    assert_eq!(of(&again), [value], "{text}: {said:?}");
    assert!(said.iter().all(|code| *code == Code::TrackGroupUnknown), "{text}: {said:?}");
}

fn routes(config: &Config) -> Vec<&conf::model::route::Route> {
    config.static_routes.iter().chain(config.routers.iter().flat_map(|router| &router.routes)).collect()
}

fn rules(config: &Config) -> Vec<&conf::model::rule::Rule> {
    config.static_rules.iter().chain(config.routers.iter().flat_map(|router| &router.rules)).collect()
}

/// Values of options of either.
const VALUES: &[&str] = &[
    "10.0.0.0/8",
    "10.1.0.0/24",
    "10.0.0.1",
    "2001:db8::/32",
    "fe80::1",
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
    "256",
    "99999",
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
    "0x1/0xff",
    "1-2",
    "80-443",
    "9-1",
    "tcp",
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

const ROUTE_STARTS: &[&str] =
    &["", "10.1.0.0/24 dev eth0", "default", "2001:db8::/32 dev eth0", "blackhole 10.0.0.0/8"];
const RULE_STARTS: &[&str] = &["", "table 5", "goto 5", "from 10.0.0.0/8 blackhole", "nop"];

/// Options with their values, then perhaps any words.
fn line(starts: &'static [&'static str]) -> impl Strategy<Value = String> {
    let option = || select(ROUTE_OPTIONS.iter().flat_map(|phrase| phrase.words).copied().collect::<Vec<_>>());
    let pairs = prop::collection::vec((option(), select(VALUES)), 0..3);
    let words = prop_oneof![Just(vec![]), prop::collection::vec(prop_oneof![option(), select(VALUES)], 0..10)];
    (select(starts), pairs, words).prop_map(|(start, pairs, words)| {
        let pairs: String = pairs.iter().map(|(option, value)| format!(" {option} {value}")).collect();
        format!("{start}{pairs} {}", words.join(" "))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_route_is_read_or_reported(line in line(ROUTE_STARTS), list in select(&["virtual_routes", "static_routes"][..])) {
        assert_round_trip(list, &line, routes);
    }

    #[test]
    fn any_rule_is_read_or_reported(line in line(RULE_STARTS), list in select(&["virtual_rules", "static_rules"][..])) {
        assert_round_trip(list, &line, rules);
    }
}
