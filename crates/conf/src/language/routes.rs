//! Options of the lines of `virtual_routes`, `static_routes` (§2.17), `virtual_rules` and `static_rules` (§2.18).

use super::{Phrase, phrase};

/// Words of routes, then those that only rules have; what else people write for one is beside its name.
pub static ROUTE_OPTIONS: &[Phrase] = &[
    phrase(&["default", "default6", "any", "all"], "default | default6", "Of a route: to everywhere, 0.0.0.0/0 or ::/0.")
        .like("virtual_routes {\n default via 192.0.2.254 dev eth0\n}"),
    phrase(&["to"], "to PREFIX", "Of a route: its destination, where that is not the first word. Of a rule: packets to these addresses."),
    phrase(&["via"], "via [inet|inet6] ADDRESS", "Of a route: the next hop. One of the other family than the destination is possible.")
        .like("virtual_routes {\n 198.51.100.0/24 via 192.0.2.254\n}"),
    phrase(&["gw"], "gw ADDRESS", "Of a route: old name of `via`."),
    phrase(&["dev"], "dev INTERFACE", "Of a route: the interface it leaves by. Of a rule: the same as `iif`."),
    phrase(&["oif"], "oif INTERFACE", "Of a route: the same as `dev`. Of a rule: packets of sockets that are bound to this interface."),
    phrase(&["onlink"], "onlink", "Of a route: the next hop is on the link, although no address of the interface says so."),
    phrase(&["nexthop"], "nexthop via ADDRESS [dev INTERFACE] [weight N] …", "Of a route: one of several next hops, among which connections are spread.")
        .like("virtual_routes {\n 198.51.100.0/24 nexthop via 192.0.2.1 weight 2 nexthop via 192.0.2.2\n}"),
    phrase(&["weight"], "weight N", "Of a next hop: its share, 1 to 256."),
    phrase(&["or"], "or ADDRESS", "Of a route: a second next hop, as `nexthop`."),
    phrase(&["src"], "src ADDRESS", "Of a route: the source address of what this machine sends by it."),
    phrase(&["from"], "from PREFIX", "Of a route: only for packets from here (IPv6). Of a rule: packets from these addresses."),
    phrase(&["table", "lookup"], "table|lookup NAME|NUMBER", "Of a route: the table it is in, else `main`. Of a rule: the table in which packets are looked up."),
    phrase(&["metric", "priority", "preference", "prio", "pref"], "metric N | preference N", "Of a route: which one counts of several with one destination, the lowest first. Of a rule (`preference`, `priority`, `order`): its place among all, the lowest first.")
        .like("virtual_rules {\n from 192.0.2.1/32 table 5 preference 100\n}"),
    phrase(&["pref"], "pref low|medium|high", "Of an IPv6 route: the preference of the router (RFC 4191)."),
    phrase(&["tos", "dsfield"], "tos TOS | dsfield TOS", "Of a route or rule: only for packets with this type of service."),
    phrase(&["protocol", "proto"], "protocol NAME|NUMBER", "Of a route or rule: who made it, for `ip route show`; keepalived's own number if it is not written."),
    phrase(&["scope"], "scope SCOPE", "Of a route: how far its destinations are, `global`, `site`, `link`, `host` or 0 to 255."),
    phrase(&["vrf"], "vrf INTERFACE", "Of a route: the table of this VRF."),
    phrase(&["realms"], "realms [FROM/]TO", "Of a route or rule: the realm of its packets, for accounting and traffic control."),
    phrase(&["features"], "features ecn", "Of a route: connections over it ask for ECN."),
    phrase(&["congctl"], "congctl [lock] NAME", "Of a route: the congestion control of TCP connections over it."),
    phrase(&["expires"], "expires SECONDS", "Of an IPv6 route: how long it is there."),
    phrase(&["ttl-propagate"], "ttl-propagate enabled|disabled", "Of an MPLS route: whether the TTL of the inner packet is passed on."),
    phrase(&["prepend", "add", "append"], "add | append | prepend", "Of a route: what to do if there is one with its destination. `add` fails, `append` puts it after, `prepend` (the default) before."),
    phrase(&["encap"], "encap mpls LABELS | ip OPTIONS | ip6 OPTIONS | ila LOCATOR", "Of a next hop: what packets are wrapped in."),
    phrase(&["id", "dst", "flags", "ttl", "tc"], "id N, dst ADDRESS, src ADDRESS, flags N, tos TOS, ttl N (ip); tc, hoplimit (ip6)", "Of `encap ip` and `encap ip6`: fields of the outer header."),
    phrase(&["as"], "as [to] ADDRESS", "Of an MPLS route; means nothing for IP."),
    phrase(&["inet", "inet6"], "inet | inet6", "Of a route or rule: its family, where the addresses do not say it."),
    phrase(&["mtu", "advmss", "hoplimit", "window", "reordering", "cwnd", "ssthresh", "initcwnd", "initrwnd", "rtt", "rttvar", "rto_min", "quickack", "fastopen_no_cookie"],
        "mtu [lock] N, advmss N, hoplimit N, window N, reordering N, cwnd N, ssthresh N, initcwnd N, initrwnd N, rtt TIME, rttvar TIME, rto_min TIME, quickack 0|1, fastopen_no_cookie 0|1",
        "Of a route: a number that the kernel keeps for connections over it. `lock` keeps the kernel from changing it; times are in milliseconds, or with `s` or `ms`."),
    phrase(&["unicast", "local", "broadcast", "multicast", "throw", "unreachable", "prohibit", "blackhole", "anycast", "nat"],
        "unicast | local | broadcast | multicast | anycast | throw | unreachable | prohibit | blackhole",
        "Of a route: its type, as the first word. `blackhole` drops, `unreachable` and `prohibit` answer with an ICMP error, `throw` goes on with the next rule. Of a rule, the last three without `throw`: what becomes of its packets.")
        .like("virtual_routes {\n blackhole 198.51.100.0/24\n}"),
    phrase(&["no_track"], "no_track", "Of a route or rule: no router stops when it is lost."),
    phrase(&["track_group"], "track_group GROUP", "Of a static route or rule: whose routers are in fault while it is lost."),
    phrase(&["iif"], "iif INTERFACE", "Of a rule: packets that came in here; `lo`: those of this machine."),
    phrase(&["fwmark", "mark"], "fwmark NUMBER[/MASK]", "Of a rule: packets with this mark of the firewall.")
        .like("virtual_rules {\n fwmark 5 table 100 preference 1000\n}"),
    phrase(&["tunnel-id"], "tunnel-id N", "Of a rule: packets of this tunnel."),
    phrase(&["uidrange"], "uidrange FIRST-LAST", "Of a rule: packets of these users."),
    phrase(&["ipproto"], "ipproto NAME|NUMBER", "Of a rule: packets of this protocol above IP."),
    phrase(&["sport", "dport"], "sport FIRST-LAST, dport FIRST-LAST", "Of a rule: packets from, or to, these ports."),
    phrase(&["suppress_prefixlength", "sup_pl"], "suppress_prefixlength N | sup_pl N", "Of a rule: a route whose prefix is not longer does not count, and the next rule is asked."),
    phrase(&["suppress_ifgroup", "sup_group"], "suppress_ifgroup GROUP | sup_group GROUP", "Of a rule: a route over an interface of this group does not count."),
    phrase(&["order"], "order N", "Of a rule: other name of `preference`."),
    phrase(&["not"], "not", "Of a rule: packets that do not meet it."),
    phrase(&["goto"], "goto PREFERENCE", "Of a rule: goes on with the rule of this preference."),
    phrase(&["l3mdev"], "l3mdev", "Of a rule: looks packets up in the table of the VRF of their interface."),
    phrase(&["nop"], "nop", "Of a rule: does nothing; a place for `goto`."),
    phrase(&["type"], "type ACTION", "Of a rule: before `blackhole`, `unreachable` or `prohibit`; may be left out."),
];
