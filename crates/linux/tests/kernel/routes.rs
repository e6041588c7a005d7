//! Which networks the main table leads to.

use linux::routes::{leads, present};
use vrrp::types::Family;

use crate::Test;
use crate::ground::{ip, lan};

pub(crate) const ALL: &[Test] =
    &[("of_routes_to_one_network_the_one_with_the_lowest_metric_says_whether_it_leads_anywhere", best_route)];

/// `ip` on one line each, and what the kernel then says of a network: by asking and by reading the table.
fn best_route() {
    let (_lan, [host, _other]) = lan();
    for (commands, network, expected) in [
        ("", "10.8.0.0/16", false),
        ("route add 10.8.0.0/16 via 10.0.0.2", "10.8.0.0/16", true),
        ("route add blackhole 10.8.0.0/16 metric 5", "10.8.0.0/16", true),
        ("", "10.8.0.0/17", false),
        ("", "10.0.0.0/8", false),
        ("route add 10.8.0.0/24 via 10.0.0.2; route add 10.8.255.0/24 via 10.0.0.2", "10.8.0.0/16", true),
        (
            "route add 10.9.0.0/16 via 10.0.0.2 metric 7; route add unreachable 10.9.0.0/16 metric 5",
            "10.9.0.0/16",
            false,
        ),
        ("", "0.0.0.0/0", false),
        ("route add default via 10.0.0.2", "0.0.0.0/0", true),
        ("", "10.10.0.0/16", false),
        ("route add 10.11.0.7/32 via 10.0.0.2", "10.11.0.7/32", true),
        ("route add prohibit 10.11.0.8/32", "10.11.0.8/32", false),
        ("", "fd77::/48", false),
        ("route add fd77::/48 via fd00::2", "fd77::/48", true),
        ("route add blackhole fd77::/48 metric 5", "fd77::/48", false),
        ("route add default via fd00::2", "::/0", true),
        (
            "rule add to 10.8.0.0/16 table 77 preference 10; route add blackhole 10.8.0.0/16 table 77",
            "10.8.0.0/16",
            true,
        ),
    ] {
        for command in commands.split("; ").filter(|command| !command.is_empty()) {
            host.run_program("ip", &command.split(' ').collect::<Vec<_>>()).unwrap();
        }
        let (address, len) = network.split_once('/').unwrap();
        let wanted = (ip(address), len.parse().unwrap());
        let (asked, read) = host
            .namespace
            .run(|| {
                let read = present(Family::of(&wanted.0), &[wanted].into()).unwrap();
                (leads(wanted).unwrap(), read.contains(&wanted))
            })
            .unwrap();
        assert_eq!(read, expected, "{network} after {commands:?}: the table");
        assert!(asked.is_none_or(|asked| asked == expected), "{network} after {commands:?}: {asked:?}");
        // Where others answer for its addresses it is not shown; everywhere else it is.
        let is_hidden =
            commands.contains("rule") || commands.contains("unreachable") || commands.contains("blackhole fd77");
        assert_eq!(asked.is_none(), is_hidden, "{network} after {commands:?}");
    }
}
