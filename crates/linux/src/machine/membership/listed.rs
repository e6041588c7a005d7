//! The memberships of a machine, as the kernel lists them in /proc/net.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use host::Membership;
use vrrp::types::IfIndex;

/// All memberships of the network namespace of the calling thread, of sockets and of the kernel itself.
pub(super) fn read() -> io::Result<HashSet<Membership>> {
    let ipv4 = fs::read_to_string("/proc/thread-self/net/igmp")?;
    // A kernel without IPv6 has no such file, and no memberships either.
    let ipv6 = fs::read_to_string("/proc/thread-self/net/igmp6").unwrap_or_default();
    Ok(in_igmp(&ipv4).into_iter().chain(ipv6.lines().filter_map(in_igmp6)).collect())
}

/// An interface has a line of its own that begins with its index; its groups follow, indented, each as the number that the
/// machine reads in the four bytes of the address.
fn in_igmp(text: &str) -> Vec<Membership> {
    let (mut link, mut found) = (None, Vec::new());
    for line in text.lines() {
        let Some(first) = line.split_whitespace().next() else { continue };
        if !line.starts_with(char::is_whitespace) {
            link = first.parse().ok().and_then(IfIndex::new);
            continue;
        }
        let group = u32::from_str_radix(first, 16).map(|number| Ipv4Addr::from(number.to_ne_bytes()));
        found.extend(link.zip(group.ok()).map(|(link, group)| Membership { link, group: group.into() }));
    }
    found
}

/// Index, name, group in hexadecimal digits.
fn in_igmp6(line: &str) -> Option<Membership> {
    let mut words = line.split_whitespace();
    let link = words.next()?.parse().ok().and_then(IfIndex::new)?;
    let group = u128::from_str_radix(words.nth(1)?, 16).ok()?;
    Some(Membership { link, group: IpAddr::V6(Ipv6Addr::from_bits(group)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn membership(link: u32, group: &str) -> Membership {
        Membership { link: IfIndex::new(link).unwrap(), group: group.parse().unwrap() }
    }

    #[test]
    fn groups_belong_to_the_interface_above_them() {
        let number = |group: [u8; 4]| u32::from_ne_bytes(group);
        let text = format!(
            "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n\
             1\tlo        :     1      V3\n\t\t\t\t{:08X}     1 0:00000000\t\t0\n\
             7\teth0      :     2      V3\n\t\t\t\t{:08X}     1 0:00000000\t\t0\n\t\t\t\t{:08X}     1 0:00000000\t\t0\n",
            number([224, 0, 0, 1]),
            number([224, 0, 0, 18]),
            number([224, 0, 0, 1]),
        );
        let expected = [membership(1, "224.0.0.1"), membership(7, "224.0.0.18"), membership(7, "224.0.0.1")];
        assert_eq!(in_igmp(&text), expected);
    }

    #[test]
    fn a_line_of_igmp6_is_one_membership() {
        let line = "7    eth0            ff020000000000000000000000000012     1 00000004 0";
        assert_eq!(in_igmp6(line), Some(membership(7, "ff02::12")));
        assert_eq!(in_igmp6("7 eth0"), None);
    }
}
