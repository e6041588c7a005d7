//! One mistake, one message, and a proposal that mends it: by number of the finding in the review of the messages.

use std::path::Path;

use conf::{Diagnostics, MemoryLoader};

/// A line in an otherwise good router.
fn text(line: &str) -> String {
    format!(
        "vrrp_instance A {{\n interface eth0\n {line}\n virtual_ipaddress {{\n 10.0.0.5/24\n }}\n virtual_router_id 3\n \
         priority 100\n}}\nglobal_defs {{\n script_user root\n enable_script_security\n}}\n"
    )
}

fn load(text: &str) -> Diagnostics {
    conf::load(Path::new("c"), &mut MemoryLoader::default().with("c", text)).diagnostics
}

/// What is said of the line: codes, and of the first the replacement or else the advice.
fn answer(line: &str) -> (Vec<&'static str>, String) {
    let said = load(&text(line));
    let is_here = |it: &&conf::Diagnostic| it.code.name() != "global-late";
    let here: Vec<_> = said.iter().filter(is_here).collect();
    let codes = here.iter().map(|it| it.code.name()).collect();
    let suggestion = here.first().and_then(|it| it.suggestion.clone());
    (codes, suggestion.map_or_else(String::new, |it| it.replacement.map_or(it.text, |(_, with)| with)))
}

#[test]
fn proposals_mend_what_was_written() {
    for (number, line, code, proposal) in [
        (1, "advert_int=3", "equals-sign", "advert_int 3"),
        (4, "use_vmac off", "vmac-name", "remove the line"),
        (
            5,
            "authentication PASS 1234",
            "missing-brace",
            "write `authentication {`, each keyword on a line of its own, and `}`",
        ),
        (
            8,
            "notify_master \"/a\" \"/b\"",
            "script-unquoted",
            "`notify_master` runs one command: write a script that runs both",
        ),
        (19, "notify_master \u{2018}/usr/local/bin/x.sh\u{2019}", "odd-quotes", "\"/usr/local/bin/x.sh\""),
        (36, "advert_int 1000ms", "bad-time", "1"),
        (36, "preempt_delay 5m", "bad-time", "300"),
        (36, "advert_int 2s", "bad-time", "2"),
        (50, "preempt off", "flag-argument", "nopreempt"),
        (50, "accept no", "flag-argument", "no_accept"),
        (50, "nopreempt off", "flag-argument", ""),
        (50, "preemption off", "unknown-keyword", "nopreempt"),
        (50, "accept_mode off", "unknown-keyword", "no_accept"),
        (51, ";nopreempt", "unknown-keyword", "begin the comment with `#` or `!`"),
        (52, "garp_master_delay 500ms", "number-with-text", "write whole seconds: 0 or 1"),
        (52, "garp_master_delay 2min", "number-with-text", "120"),
        (52, "garp_master_delay 0x10", "number-with-text", "16"),
        (52, "advert_int 0,5", "bad-time", "0.5"),
        (53, "preempt delay 60", "surplus-words", "preempt_delay"),
        (53, "track interface eth1", "unknown-keyword", "track_interface { eth1 }"),
        (54, "notify_slave \"/a\"", "unknown-keyword", "notify_backup"),
        (55, "mcast_group 224.0.0.18", "unknown-keyword", "mcast_dst_ip"),
        (55, "virtual_address 10.0.0.6/24", "unknown-keyword", "virtual_ipaddress { 10.0.0.6/24 }"),
        (55, "authentication-key foo", "unknown-keyword", "did you mean `auth_pass` in `authentication`?"),
        (56, "notify = \"/a b\"", "equals-sign", ""),
        (56, "notify=\"/a b\"", "equals-sign", "notify "),
        (57, "track_interface {\n eth1 decrement 20\n }", "track-entry", "weight -20"),
        (58, "virtual_ipaddress {\n [2001:db8::5]/64\n }", "bad-address", "2001:db8::5/64"),
        (58, "virtual_ipaddress {\n 10.0.0.6/24 dev eth0:1\n }", "address-dropped", "eth0 label eth0:1"),
        (34, "virtual_ipaddress_excluded {\n 10.0.0.6/ 24\n }", "address-option", "10.0.0.6/24"),
        (
            34,
            "virtual_routes {\n 192.168.1.0 255.255.255.0 10.0.0.1\n }",
            "dotted-netmask",
            "192.168.1.0/24 via 10.0.0.1",
        ),
        (34, "preempt_delay minimum 60", "bad-time", ""),
        (
            3,
            "virtual_ipaddress_excluded {\n 10.0.0.6/24 via 10.0.0.1\n }",
            "address-option",
            "a route belongs in `virtual_routes`",
        ),
        (35, "unicast_peer {\n unicast_src_ip 10.0.0.2\n }", "wrong-block", "move it out of `unicast_peer`"),
    ] {
        assert_eq!(answer(line), (vec![code], proposal.to_owned()), "finding {number}: {line}");
        assert_eq!(mended(line).iter().find(|said| said.code.name() == code), None, "finding {number}: {line}");
    }
}

/// What is said once all that is proposed was done.
fn mended(line: &str) -> Diagnostics {
    let mut text = text(line);
    let said = load(&text);
    let replacements = said.iter().filter_map(|it| it.suggestion.as_ref()?.replacement.as_ref());
    let mut replacements: Vec<_> = replacements.collect();
    replacements.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    for (span, with) in &replacements {
        text.replace_range(span.start as usize..span.end as usize, with);
    }
    if replacements.is_empty() { Diagnostics::default() } else { load(&text) }
}

/// Finding 18: copied from `ip link`, or left in by a template.
#[test]
fn interfaces_are_names_of_interfaces() {
    for (name, code) in [("eth0@if5", "bad-interface"), ("<interface>", "template"), ("@INTERFACE@", "template")] {
        let text = format!("vrrp_instance A {{\n interface {name}\n virtual_router_id 3\n}}\n");
        let loaded = conf::load(Path::new("c"), &mut MemoryLoader::default().with("c", text));
        assert_eq!(loaded.diagnostics.iter().map(|it| it.code.name()).next(), Some(code), "{name}");
    }
}

/// Finding 21: mistakes beside a bad VRID are told in the same round.
#[test]
fn all_mistakes_of_a_router_are_told_in_one_round() {
    let text = "vrrp_instance A {\n interface eth0\n virtual_router_id 610\n state MASTR\n nopreempt off\n track_script {\n none\n }\n}\n";
    let loaded = conf::load(Path::new("c"), &mut MemoryLoader::default().with("c", text));
    let codes: Vec<_> = loaded.diagnostics.iter().map(|it| it.code.name()).collect();
    assert_eq!(codes, ["out-of-range", "bad-state", "flag-argument", "undefined-tracker"]);
    assert_eq!(conf::summary(&loaded.routers), "0 routers ready, 1 left out: A");
}

/// Findings 28, 29, 30: common configurations that are not wrong.
#[test]
fn common_configurations_draw_no_warning() {
    let router = |name: &str, vrid: u8, more: &str| {
        format!("vrrp_instance {name} {{\n interface eth0\n virtual_router_id {vrid}\n {more}\n}}\n")
    };
    let with_address =
        |vrid: u8, more: &str| format!("priority 100\n {more}\n virtual_ipaddress {{\n 10.0.{vrid}.1/24\n }}");
    for text in [
        router("A", 1, &with_address(1, "state MASTER"))
            + &router("B", 2, &with_address(2, "state BACKUP"))
            + "vrrp_sync_group G {\n group {\n A\n B\n }\n}\n",
        router("A", 1, &with_address(1, "authentication {\n auth_type PASS\n auth_pass longerthaneight\n }")),
        router("A", 1, "priority 100\n unicast_src_ip 10.0.0.1\n unicast_peer {\n 10.0.0.2\n }\n"),
    ] {
        let said = conf::load(Path::new("c"), &mut MemoryLoader::default().with("c", text.as_str())).diagnostics;
        assert!(said.worst() < Some(conf::Severity::Warning), "{text}{}", said.render(conf::RenderStyle::Plain));
    }
}
