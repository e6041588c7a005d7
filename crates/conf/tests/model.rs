//! Parts of the model that are one word in a configuration, and what follows from several settings.

use conf::model::VmacPrefixes;
use conf::model::check::{Endpoint, Host, Page, UnitName, network};
use conf::model::mail::Mailbox;
use conf::model::snmp::MasterAgent;
use vrrp::types::{Family, Vrid};

fn extra(global: &str, lines: &str, addresses: &str) -> Option<String> {
    let text = format!(
        "global_defs {{\n{global}\n}}\nvrrp_instance A {{\n interface eth0\n virtual_router_id 1\n {lines}\n \
         virtual_ipaddress {{\n 10.0.0.1/24\n {addresses}\n }}\n}}\n"
    );
    let loaded = conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", text));
    loaded.config.routers[0].extra_announcements().map(|extra| extra.to_string())
}

#[test]
fn a_virtual_mac_that_no_advertisement_carries_is_shown_now_and_then() {
    let minute = Some("60".to_owned());
    assert_eq!(extra("", "use_vmac\n vmac_xmit_base", ""), minute);
    assert_eq!(extra("", "use_vmac\n use_vmac_addr", "10.1.0.1/24 dev eth1"), minute);
    assert_eq!(extra("", "use_vmac\n vmac_xmit_base\n garp_master_refresh 10", ""), None);
    assert_eq!(extra("", "use_vmac\n vmac_xmit_base\n garp_extra_if 0", ""), None);
    assert_eq!(extra("", "use_vmac", ""), None);
    assert_eq!(extra("", "", ""), None);
}

#[test]
fn what_the_router_says_counts_then_what_global_defs_say_the_later_name_first() {
    let (global, other) = ("vrrp_garp_extra_if all 30", "10.1.0.1/24 dev eth1");
    assert_eq!(extra(global, "", other).as_deref(), Some("all 30"));
    assert_eq!(extra(global, "garp_extra_if 20", other).as_deref(), Some("20"));
    assert_eq!(extra(global, "garp_extra_if 20\n vmac_garp_intvl all 40", other).as_deref(), Some("all 40"));
    assert_eq!(extra(global, "", ""), None, "there is no other interface");
}

#[test]
fn addresses_are_read_with_and_without_a_name() {
    for (text, name, address) in [
        ("a@example.net", None, "a@example.net"),
        ("root", None, "root"),
        ("a+b@[192.0.2.1]", None, "a+b@[192.0.2.1]"),
        ("Ops <a@example.net>", Some("Ops"), "a@example.net"),
        ("\"Ops, Team\" <a@example.net>", Some("Ops, Team"), "a@example.net"),
        ("<a@example.net>", None, "a@example.net"),
        ("Wache am Fluß <a@example.net>", Some("Wache am Fluß"), "a@example.net"),
    ] {
        let read = Mailbox::parse(text).unwrap();
        assert_eq!((read.name(), read.address()), (name, address), "{text}");
        assert_eq!(Mailbox::parse(&read.to_string()), Some(read), "{text}");
    }
}

#[test]
fn what_would_end_a_line_or_an_address_is_none() {
    let long = "a".repeat(255);
    for text in [
        "",
        "@example.net",
        "a@",
        "a@b@c",
        "a b@example.net",
        "a@example.net,b@example.net",
        "<a@example.net",
        "a@example.net>",
        "a\r\nDATA@example.net",
        "a@exämple.net",
        "A\nBcc: x <a@example.net>",
        "A <a@b> <c@d>",
        &long,
    ] {
        assert_eq!(Mailbox::parse(text), None, "{text:?}");
    }
}

fn names(prefix: &str, family: Family, vrid: u8) -> Vec<String> {
    let vrid = Vrid::new(vrid).unwrap();
    VmacPrefixes::names(prefix, family, vrid).take(4).collect()
}

#[test]
fn names_are_those_of_keepalived() {
    assert_eq!(names("vrrp", Family::Ipv4, 200), ["vrrp.200", "vrrp1.200", "vrrp2.200", "vrrp3.200"]);
    assert_eq!(names("vrrp", Family::Ipv6, 51), ["vrrp.51", "vrrp6.51", "vrrp1.51", "vrrp2.51"]);
}

#[test]
fn a_prefix_is_cut_so_that_its_name_fits() {
    let long = names("a-very-long-prefix", Family::Ipv6, 200);
    assert_eq!(long, ["a-very-long.200", "a-very-lon6.200", "a-very-lon1.200", "a-very-lon2.200"]);
    assert_eq!(names("ümlautümlaut", Family::Ipv4, 1)[0], "ümlautümlau.1");
}

#[test]
fn hosts_units_and_networks_are_read_as_they_are_written() {
    for (text, is_one) in [
        ("192.0.2.1", true),
        ("2001:db8::1", true),
        ("fe80::1%eth0", true),
        ("gw.example.org", true),
        ("", false),
        ("-c1", false),
        ("a b", false),
        ("host:80", false),
        ("[::1]", false),
        ("192.0.2.1/24", false),
    ] {
        assert_eq!(Host::parse(text).is_some(), is_one, "{text}");
    }
    for (text, is_one) in [
        ("haproxy.service", true),
        ("getty@tty1.service", true),
        ("dev-disk-by\\x2dlabel-a.mount", true),
        ("haproxy", false),
        (".service", false),
        ("haproxy.conf", false),
        ("a b.service", false),
    ] {
        assert_eq!(UnitName::parse(text).is_some(), is_one, "{text}");
    }
    for text in ["10.0.0.0/8", "0.0.0.0/0", "192.0.2.1/32", "::/0", "2001:db8::/32", "2001:db8::1/128"] {
        assert_eq!(network(text).map(|it| it.to_string()).as_deref(), Some(text));
    }
    for text in ["10.0.0.0", "10.0.0.1/8", "10.0.0.0/33", "::/129", "2001:db8::1/32", "x/8", "default", "10.0.0.0/-1"] {
        assert_eq!(network(text), None, "{text}");
    }
}

#[test]
fn endpoints_and_pages_are_read_as_they_are_written() {
    for text in ["localhost:80", "192.0.2.1:8080", "[2001:db8::1]:443", "[::1]:1", "a-b.c_d:65535"] {
        assert_eq!(Endpoint::parse(text, None).map(|it| it.to_string()).as_deref(), Some(text));
    }
    for text in
        ["localhost", "localhost:", ":80", "a:0", "a:65536", "a:+1", "::1:80", "[::1]", "[x]:1", "a b:1", "[::1]x:1"]
    {
        assert_eq!(Endpoint::parse(text, None), None, "{text}");
    }
    for (text, expected) in [
        ("http://localhost/", Some("http://localhost:80/")),
        ("http://localhost", Some("http://localhost:80/")),
        ("http://[::1]:8080/health?deep=1#top", Some("http://[::1]:8080/health?deep=1")),
        ("http://a?b", Some("http://a:80/?b")),
        ("https://a/", None),
        ("a/", None),
        ("http:///x", None),
        ("http://user@a/", None),
        ("http://a/\u{e4}", None),
    ] {
        assert_eq!(Page::parse(text).map(|page| page.to_string()).as_deref(), expected, "{text}");
    }
}

#[test]
fn sockets_are_read_as_snmpd_writes_them() {
    for (text, read) in [
        ("unix:/var/agentx/master", Some("unix:/var/agentx/master")),
        ("/run/a x", Some("unix:/run/a x")),
        ("tcp:localhost:705", Some("tcp:localhost:705")),
        ("localhost:705", Some("tcp:localhost:705")),
        ("tcp:192.0.2.1", Some("tcp:192.0.2.1:705")),
        ("tcp:1705", Some("tcp:localhost:1705")),
        ("tcp6:[2001:db8::1]:705", Some("tcp:[2001:db8::1]:705")),
        ("unix:agentx", None),
        ("agentx", None),
        ("udp:localhost:705", None),
        ("tcp:", None),
        ("tcp:localhost:0", None),
        ("", None),
    ] {
        let found = MasterAgent::parse(text);
        assert_eq!(found.as_ref().map(ToString::to_string).as_deref(), read, "{text}");
        if let Some(found) = found {
            assert_eq!(MasterAgent::parse(&found.to_string()), Some(found), "{text}");
        }
    }
}
