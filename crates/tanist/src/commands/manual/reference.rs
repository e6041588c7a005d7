//! The language, keyword by keyword and code by code.

use conf::Code;
use conf::keyword::{self, Block, KeywordDef, Status};
use conf::language;

use crate::commands::facts;
use crate::page::Part;

/// Blocks in the order in which people need them, and of each the keywords that they use most, most of all first: counted in
/// configurations that were published. What is not named here follows by name.
const USE: [(Block, &[&str]); 12] = [
    (
        Block::Top,
        &[
            "vrrp_instance",
            "global_defs",
            "vrrp_script",
            "vrrp_sync_group",
            "track_file",
            "vrrp_track_process",
            "bfd_instance",
            "net_namespace",
            "static_ipaddress",
            "static_routes",
        ],
    ),
    (
        Block::Instance,
        &[
            "virtual_router_id",
            "interface",
            "virtual_ipaddress",
            "priority",
            "state",
            "advert_int",
            "authentication",
            "track_script",
            "unicast_peer",
            "unicast_src_ip",
            "nopreempt",
            "notify_master",
            "track_interface",
            "use_vmac",
            "notify_backup",
            "version",
            "notify_fault",
            "garp_master_delay",
            "preempt_delay",
            "notify",
            "virtual_routes",
            "dont_track_primary",
            "smtp_alert",
            "virtual_ipaddress_excluded",
            "mcast_src_ip",
            "track_file",
            "notify_stop",
            "garp_master_refresh",
            "track_process",
            "vmac_xmit_base",
            "accept",
            "no_accept",
            "native_ipv6",
            "garp_master_refresh_repeat",
            "virtual_rules",
            "track_bfd",
            "preempt",
            "garp_master_repeat",
        ],
    ),
    (Block::Authentication, &["auth_type", "auth_pass"]),
    (Block::Script, &["script", "interval", "weight", "fall", "rise", "timeout", "user"]),
    (
        Block::Global,
        &[
            "router_id",
            "enable_script_security",
            "notification_email",
            "script_user",
            "smtp_server",
            "notification_email_from",
            "smtp_connect_timeout",
            "vrrp_version",
            "vrrp_garp_master_delay",
            "vrrp_garp_master_repeat",
            "vrrp_garp_interval",
            "vrrp_garp_master_refresh",
            "vrrp_gna_interval",
            "vrrp_skip_check_adv_addr",
            "dynamic_interfaces",
            "vrrp_mcast_group4",
            "vrrp_iptables",
            "vrrp_garp_master_refresh_repeat",
            "vrrp_garp_lower_prio_repeat",
            "vrrp_garp_lower_prio_delay",
            "vrrp_strict",
            "max_auto_priority",
            "vrrp_notify_fifo",
            "vrrp_notify_fifo_script",
            "vrrp_lower_prio_no_advert",
            "smtp_helo_name",
            "notify_fifo",
            "smtp_alert",
            "notify_fifo_script",
        ],
    ),
    (Block::SyncGroup, &["group", "notify_master", "notify_backup", "notify", "notify_fault"]),
    (Block::File, &["file", "weight", "init_file"]),
    (Block::Process, &["process", "weight", "delay", "quorum"]),
    (Block::Bfd, &["neighbor_ip", "source_ip", "min_rx", "min_tx", "max_hops"]),
    (Block::Hmac, &["key"]),
    (Block::TrackGroup, &[]),
    (Block::GarpGroup, &[]),
];

/// What the page says, in order.
pub(super) fn parts() -> Vec<Part> {
    let mut parts = vec![Part::Chapter("Language".to_owned())];
    parts.extend(language::LINES.iter().flat_map(facts::phrase));
    for (block, first) in USE {
        parts.push(Part::Chapter(format!("Keywords of {}", block.name())));
        let (skipped, rows): (Vec<_>, Vec<_>) =
            rows(block, first).into_iter().partition(|row| row.status == Status::LoadBalancer);
        for row in rows {
            parts.push(Part::Entry(row.name.to_owned()));
            parts.extend(facts::keyword(row));
        }
        if !skipped.is_empty() {
            let names: Vec<String> = skipped.iter().map(|row| format!("`{}`", row.name)).collect();
            parts.push(Part::Entry("Of the load balancer".to_owned()));
            parts.push(Part::Text(format!("Read and skipped, for tanist is none: {}.", names.join(", "))));
        }
        if block == Block::Instance {
            parts.push(Part::Chapter("Options of addresses".to_owned()));
            parts.extend(language::ADDRESS_OPTIONS.iter().flat_map(facts::phrase));
            parts.push(Part::Chapter("Options of routes and rules".to_owned()));
            parts.extend(language::ROUTE_OPTIONS.iter().flat_map(facts::phrase));
        }
    }
    parts.extend(codes());
    parts
}

/// The rows of a block; what does nothing last.
fn rows(block: Block, first: &[&str]) -> Vec<&'static KeywordDef> {
    let mut rows: Vec<&KeywordDef> = keyword::all().filter(|row| row.block == block).collect();
    rows.sort_by_key(|row| {
        let place = first.iter().position(|name| *name == row.name).unwrap_or(first.len());
        (place, row.status != Status::Works, row.name)
    });
    rows
}

fn codes() -> [Part; 3] {
    let about = "Each message of `tanist check` begins with how bad it is and its code. An error: something that was asked \
                 for does not happen. A warning: it happens otherwise. Advice: nothing is wrong. Unsupported: nothing is \
                 wrong either, but tanist does not carry it out yet.";
    let codes = Code::ALL.iter().map(|code| (facts::code_name(*code), code.meaning().to_owned()));
    [Part::Chapter("Messages".to_owned()), Part::Text(about.to_owned()), Part::Terms(codes.collect())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_most_comes_first_and_nothing_is_left_out() {
        for row in keyword::all() {
            assert!(USE.iter().any(|(block, _)| *block == row.block), "{:?} has no chapter", row.block);
        }
        for (block, names) in USE {
            for name in names {
                let status = keyword::find(block, name).map(|row| row.status);
                assert!(
                    status.is_some_and(|status| status != Status::LoadBalancer),
                    "{name} is no keyword of {block:?}"
                );
            }
        }
        let parts = parts();
        let place =
            |name: &str| parts.iter().position(|part| *part == Part::Entry(name.to_owned())).unwrap_or(usize::MAX);
        assert!(place("vrrp_instance") < place("virtual_router_id") && place("virtual_router_id") < place("router_id"));
        assert_eq!(place("virtual_server"), usize::MAX, "of the load balancer");
        assert_ne!(place("vrf"), usize::MAX);
    }
}
