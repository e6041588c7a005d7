//! Encapsulations, and rules that some kernels lack: as iproute2 makes them of the same words. Those that this kernel refuses
//! iproute2 are skipped, loudly.

use testbed::lan::harness;

use super::{Lab, PATIENCE, config, wait};

const ROUTES: &[&str] = &[
    "10.20.0.0/16 encap mpls 100 via 192.0.2.254 dev eth0",
    "10.21.0.0/16 encap mpls 100/200/1048575 via 192.0.2.254 dev eth0",
    "10.22.0.0/16 encap mpls 17 via 192.0.2.254 dev eth0 metric 5",
    "10.23.0.0/16 encap ip id 7 dst 198.51.100.9 via 192.0.2.254 dev eth0",
    "10.24.0.0/16 encap ip id 72623859790382856 src 198.51.100.10 dst 198.51.100.9 tos 8 ttl 9 dev eth0 scope link",
    "10.25.0.0/16 nexthop encap mpls 20 via 192.0.2.254 dev eth0 weight 2 nexthop via 198.51.100.1 dev eth1",
    "10.26.0.0/16 encap ip6 id 7 dst 2001:db8:2::9 dev eth0 scope link",
    "2001:db8:20::/48 encap mpls 100/200 via 2001:db8:1::fe dev eth0",
    "2001:db8:21::/48 encap ip6 id 7 src 2001:db8:2::10 dst 2001:db8:2::9 tc 8 hoplimit 9 dev eth0",
    "2001:db8:22::/48 encap ip id 7 dst 198.51.100.9 dev eth0",
    "2001:db8:0:23:2000::1/128 encap ila 2001:db8:0:1 via 2001:db8:1::fe dev eth0",
];

/// As they are written, and as iproute2 takes them.
const RULES: &[(&str, &str)] = &[
    ("l3mdev preference 900 inet", "l3mdev preference 900 protocol keepalived"),
    ("l3mdev preference 901 inet6", "-6 l3mdev preference 901 protocol keepalived"),
    (
        "from 10.1.0.0/16 tunnel-id 5 table 9 preference 902",
        "from 10.1.0.0/16 tun_id 5 table 9 preference 902 protocol keepalived",
    ),
    (
        "from 10.1.0.0/16 table 9 suppress_ifgroup 3 preference 903",
        "from 10.1.0.0/16 table 9 suppress_ifgroup 3 preference 903 protocol keepalived",
    ),
    (
        "from 10.1.0.0/16 table 9 realms 5/6 preference 904",
        "from 10.1.0.0/16 table 9 realms 5/6 preference 904 protocol keepalived",
    ),
];

pub(super) fn compare() {
    let (theirs, mut ours) = (Lab::tanist(), Lab::tanist());
    let takes = |command: &str| theirs.run(&format!("{command} 2>&1 && echo made || true"));
    let (mut routes, mut rules) = (Vec::new(), Vec::new());
    // Addresses that routes may use.
    theirs.run("ip addr add 192.0.2.1/24 dev eth0; ip addr add 2001:db8:1::1/64 dev eth0 nodad");
    for line in ROUTES {
        let family = if line.starts_with("2001") { "-6" } else { "-4" };
        let said = takes(&format!("ip {family} route add proto keepalived {line}"));
        if said.ends_with("made\n") {
            routes.push(*line);
        } else {
            harness::skipped(&format!("`{line}`: {}", said.trim()));
        }
    }
    for (line, as_taken) in RULES {
        let (family, as_taken) = as_taken.strip_prefix("-6 ").map_or(("-4", *as_taken), |rest| ("-6", rest));
        let said = takes(&format!("ip {family} rule add {as_taken}"));
        if said.ends_with("made\n") {
            rules.push(*line);
        } else {
            harness::skipped(&format!("`{line}`: {}", said.trim()));
        }
    }
    ours.router.start_with(&config("", &routes.join("\n"), &rules.join("\n"))).unwrap();
    ours.becomes_master();
    let same = || theirs.routing() == ours.routing();
    assert!(
        wait::until(PATIENCE, same),
        "iproute2: {:#?}\nhere: {:#?}; {}",
        theirs.routing(),
        ours.routing(),
        ours.router.log()
    );
    ours.stop();
    assert!(
        !ours.routing().iter().any(|line| line.contains("encap") || line.contains("l3mdev")),
        "{:#?}",
        ours.routing()
    );
}
