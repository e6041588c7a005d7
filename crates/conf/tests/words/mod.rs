//! Random texts that get past the first line: routers and what they track, with settings that may be wrong.

use proptest::prelude::*;

/// Lines of a router. `?` stands for a name, `#` for a number.
const SETTINGS: &[&str] = &[
    "state MASTER",
    "state BACKUP",
    "interface eth0",
    "interface ?",
    "virtual_router_id #",
    "priority #",
    "priority 255",
    "version 2",
    "version 3",
    "native_ipv6",
    "advert_int 0.3",
    "advert_int #",
    "down_timer_adverts #",
    "preempt",
    "nopreempt",
    "preempt_delay 2.5",
    "strict_mode on",
    "accept",
    "no_accept",
    "lower_prio_no_advert on",
    "higher_prio_send_advert",
    "v3_checksum_as_v2 on",
    "use_vmac",
    "use_vmac ?",
    "vmac_xmit_base",
    "vrf ?",
    "mcast_dst_ip 224.0.0.#",
    "mcast_dst_ip ff02::#",
    "mcast_src_ip 192.0.2.9",
    "unicast_src_ip 2001:db8::9",
    "unicast_peer {\n192.0.2.7 min_ttl 250\n192.0.2.8\n}",
    "virtual_ipaddress {\n192.0.2.1/24 dev ? scope link label ? brd +\n192.0.2.2\n}",
    "virtual_ipaddress {\nfe80::1/64\n2001:db8::1 preferred_lft forever\n}",
    "virtual_ipaddress {\n192.0.2.3 peer 192.0.2.4 brd 192.0.2.9 no_track\n192.0.2.5 use_vmac -nodad home\n}",
    "virtual_ipaddress_excluded {\n2001:db8::3 preferred_lft # mngtmpaddr autojoin\n}",
    "virtual_ipaddress_excluded {\n2001:db8::2/64 noprefixroute\n192.0.2.1/24 dev eth9\n}",
    "unicast_ttl #",
    "smtp_alert",
    "garp_extra_if all #",
    "notify_deleted ?",
    "notify_master_rx_lower_pri \"/bin/a ?\" ?",
    "use_ipvlan ? 192.0.2.9/24",
    "track_src_ip",
    "owner_ignore_adverts on",
    "old_unicast_checksum never",
    "authentication {\nauth_type AH\nauth_pass ?\n}",
    "authentication {\nauth_type PASS\nauth_pass ?\n}",
    "auth_hmac {\nkey # hex:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\nkey 2 file:?\nactive_key #\n}",
    "auth_hmac {\ntime_window #\nmode permissive\nanti_replay monotonic\n}",
    "garp_master_delay #",
    "garp_master_repeat #",
    "garp_lower_prio_repeat #",
    "dont_track_primary",
    "track_interface {\neth1 weight #\n? weight -3 reverse\n}",
    "track_script {\nS\n? weight # reverse\n}",
    "track_process {\nP weight 5\n}",
    "track_file {\nF weight #\n}",
    "track_bfd {\nB\n}",
    "notify_master \"/bin/a '?' \\x22\" ? nogroup",
    "notify ?",
    "virtual_routes {\n10.0.0.0/8 via 192.0.2.254 dev eth0 table #\n}",
    "virtual_rules {\nfrom 10.0.0.0/8 table # preference #\n}",
];

const BLOCKS: &[&str] = &[
    "global_defs {\nrouter_id ?\nvrrp_version 3\n}",
    "global_defs {\nvrrp_mcast_group4 224.0.1.#\nvrrp_mcast_group6 fe80::1\n}",
    "global_defs {\nscript_user ? nogroup\nenable_script_security\n}",
    "global_defs {\nvrrp_strict\nvrrp_min_garp\nvrrp_garp_interval 0.25\ndynamic_interfaces\n}",
    "vrrp_script S {\nscript \"/bin/true ?\"\ninterval 2.5\nweight #\nrise #\nuser ?\n}",
    "vrrp_script ? {\nscript \"?\" ?\n}",
    "vrrp_track_process P {\nprocess ? -x\nquorum #\nparam_match partial\ndelay 0.5\n}",
    "track_file F {\nfile /?\nweight #\n}",
    "bfd_instance B {\nneighbor_ip 192.0.2.3\nmin_rx 33.5\nmultiplier #\nttl #\nmax_hops #\n}",
    "vrrp_sync_group ? {\ngroup {\n? A B\n}\ntrack_script {\nS\n}\nnotify ?\nsync_group_tracking_weight\n}",
    "global_defs {\nvrrp_startup_delay 2.5\nvmac_prefix ?\nsmtp_server 192.0.2.25 #\nenable_dbus\nnotification_email {\n? a@example.net\n}\nsmtp_alert\n}",
    "net_namespace ?",
    "track_group ? {\ngroup {\nA ? B\n}\n}",
    "garp_group {\ngarp_interval 0.5\ninterfaces {\n? eth0\n}\n}",
    "interface_up_down_delays {\n? # #\neth0 3\n}",
    "static_ipaddress {\n192.0.2.10/24 track_group ?\n192.0.2.10/24 dev eth0\n192.0.2.11 dev ? no_track\n}",
    "static_routes {\n10.1.0.0/16 dev eth0 track_group ?\n}",
    "static_routes {\ndefault via 192.0.2.254\n}",
];

const NAMES: &[&str] =
    &["A", "B", "eth1", "\"a b\"", "\"x#y\"", "ab\\#c", "\"{\"", "é€", "$X", "@x", "'q'", "a\\b", "\"~SEQ(\""];

fn filled(template: &'static str) -> impl Strategy<Value = String> {
    let names = prop::collection::vec(prop::sample::select(NAMES), 4);
    let numbers = prop::collection::vec(prop_oneof![0u32..4, 0u32..300], 4);
    (names, numbers).prop_map(move |(names, numbers)| {
        let (mut names, mut numbers) = (names.iter().cycle(), numbers.iter().cycle());
        let mut out = String::new();
        for c in template.chars() {
            match c {
                '?' => out.push_str(names.next().unwrap_or(&"")),
                '#' => out.push_str(&numbers.next().map(u32::to_string).unwrap_or_default()),
                c => out.push(c),
            }
        }
        out
    })
}

fn some_of(templates: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop::sample::select(templates).prop_flat_map(filled), 0..most)
}

/// A few blocks and routers.
pub(crate) fn routers() -> impl Strategy<Value = String> {
    let router = (filled("?"), some_of(SETTINGS, 10)).prop_map(|(name, settings)| {
        format!("vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id 7\n{}\n}}\n", settings.join("\n"))
    });
    (some_of(BLOCKS, 6), prop::collection::vec(router, 0..4))
        .prop_map(|(blocks, routers)| format!("{}\n{}", blocks.join("\n"), routers.concat()))
}
