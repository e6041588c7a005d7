//! Everything of keepalived's dump but instances and sync groups.

use crate::dump::Node;
use crate::normal::{self, Normal};
use crate::{address, route, rule, words};

/// Global definitions whose effect cannot be seen in instances alone, or is worth seeing twice.
const GLOBALS: [(&str, &str); 25] = [
    ("Router ID", "router_id"),
    ("Dynamic interfaces", "dynamic_interfaces"),
    ("Default interface", "default_interface"),
    ("VRRP IPv4 mcast group", "vrrp_mcast_group4"),
    ("VRRP IPv6 mcast group", "vrrp_mcast_group6"),
    ("Gratuitous ARP delay", "vrrp_garp_master_delay"),
    ("Gratuitous ARP repeat", "vrrp_garp_master_repeat"),
    ("Gratuitous ARP refresh timer", "vrrp_garp_master_refresh"),
    ("Gratuitous ARP refresh repeat", "vrrp_garp_master_refresh_repeat"),
    ("Gratuitous ARP lower priority delay", "vrrp_garp_lower_prio_delay"),
    ("Gratuitous ARP lower priority repeat", "vrrp_garp_lower_prio_repeat"),
    ("Num adverts before down", "vrrp_down_timer_adverts"),
    ("Send advert after receive higher priority advert", "vrrp_higher_prio_send_advert"),
    ("Gratuitous ARP interval", "vrrp_garp_interval"),
    ("Gratuitous NA interval", "vrrp_gna_interval"),
    ("VRRP default protocol version", "vrrp_version"),
    ("VRRP check unicast_src", "vrrp_check_unicast_src"),
    ("VRRP skip check advert addresses", "vrrp_skip_check_adv_addr"),
    ("VRRP strict mode", "vrrp_strict"),
    ("VRRP notify priority changes", "vrrp_notify_priority_changes"),
    ("VMAC prefix", "vmac_prefix"),
    ("VMAC address prefix", "vmac_addr_prefix"),
    ("vrrp_startup_delay", "vrrp_startup_delay"),
    ("Disable local IGMP", "disable_local_igmp"),
    ("VRRP process priority", "vrrp_priority"),
];
/// Microseconds in a millisecond.
const MICROSECONDS_OF_MILLISECOND: f64 = 1_000.0;

/// Adds the global definitions.
pub(crate) fn globals(lines: &[Node], normal: &mut Normal) {
    for (key, value) in lines.iter().filter_map(Node::pair) {
        if let Some((_, keyword)) = GLOBALS.iter().find(|(title, _)| *title == key) {
            normal.set(format!("global_defs/{keyword}"), normal::number(value));
        }
    }
}

/// Whether a keyword of `global_defs` is compared at all.
pub(crate) fn is_compared(keyword: &str) -> bool {
    GLOBALS.iter().any(|(_, compared)| *compared == keyword)
}

/// Adds `static_ipaddress`.
///
/// # Errors
/// If a word is not understood.
pub(crate) fn static_addresses(lines: &[Node], normal: &mut Normal) -> Result<(), String> {
    let addresses: Result<Vec<_>, _> = lines.iter().map(|line| address::theirs(&line.text)).collect();
    normal.set_list("static_ipaddress", addresses?);
    Ok(())
}

/// Adds `static_routes`.
pub(crate) fn static_routes(lines: &[Node], normal: &mut Normal) {
    normal.set_list("static_routes", lines.iter().map(|line| route::canonical(&line.text)).collect());
}

/// Adds `static_rules`.
pub(crate) fn static_rules(lines: &[Node], normal: &mut Normal) {
    normal.set_list("static_rules", lines.iter().map(|line| rule::canonical(&line.text)).collect());
}

/// Adds a `track_group`.
pub(crate) fn track_group(node: &Node, normal: &mut Normal) {
    if let Some(("Static Track Group", name)) = node.pair() {
        normal.push("track_group", name);
        let members = node.lines_below("VRRP member instances :").into_iter().map(ToOwned::to_owned).collect();
        normal.set_list(format!("track_group/{name}/group"), members);
    }
}

/// Adds a `garp_group`, in one line: it has no name.
pub(crate) fn garp_group(section: &Node, normal: &mut Normal) {
    let interval = |title: &str| section.value(title).map(normal::number);
    let interfaces = section.lines_below("Interfaces").into_iter().map(ToOwned::to_owned).collect();
    normal.push("garp_group", garp_group_line(interval("GARP interval"), interval("GNA interval"), interfaces));
}

/// The one line of a `garp_group`.
pub(crate) fn garp_group_line(garp: Option<String>, gna: Option<String>, mut interfaces: Vec<String>) -> String {
    interfaces.sort();
    let or_none = |interval: Option<String>| interval.unwrap_or_else(|| "-".to_owned());
    format!("garp_interval {} gna_interval {} interfaces {}", or_none(garp), or_none(gna), interfaces.join(" "))
}

/// Adds a `vrrp_script`. Only those that something tracks are in the dump.
///
/// # Errors
/// If it lacks what every script has.
pub(crate) fn script(node: &Node, normal: &mut Normal) -> Result<(), String> {
    let mut object = Object::open(node, "VRRP Script", "vrrp_script", normal)?;
    let interval = object.expect("Interval")?.trim_end_matches(" sec").to_owned();
    let timeout = object.expect("Timeout")?.trim_end_matches(" sec").to_owned();
    object.set("script", object.expect("Command")?.to_owned());
    object.set("script.user", object.expect("Script uid:gid")?.to_owned());
    object.set("timeout", timeout_or_interval(&timeout, &interval));
    object.set("interval", normal::number(&interval));
    for (title, field) in [("Weight", "weight"), ("Rise", "rise"), ("Fall", "fall")] {
        object.set(field, object.expect(title)?.to_owned());
    }
    Ok(())
}

/// Without `timeout`, which is told as 0, a script may take until it is to run again.
pub(crate) fn timeout_or_interval(timeout: &str, interval: &str) -> String {
    normal::number(if timeout == "0" { interval } else { timeout })
}

/// Adds a `track_file`. Only those that something tracks are in the dump.
///
/// # Errors
/// If it lacks what every file has.
pub(crate) fn track_file(node: &Node, normal: &mut Normal) -> Result<(), String> {
    let mut object = Object::open(node, "Track file", "track_file", normal)?;
    object.set("file", object.expect("File")?.to_owned());
    object.set("weight", object.expect("Weight")?.to_owned());
    Ok(())
}

/// Adds a `vrrp_track_process`.
///
/// # Errors
/// If it lacks what every process has.
pub(crate) fn process(node: &Node, normal: &mut Normal) -> Result<(), String> {
    let mut object = Object::open(node, "VRRP Track process", "vrrp_track_process", normal)?;
    let parameters = node.value("Parameters").map_or_else(String::new, |parameters| format!(" {parameters}"));
    object.set("process", format!("{}{parameters}", object.expect("Process")?));
    object.set("weight", object.expect("Weight")?.to_owned());
    object.set("quorum", object.expect("Min processes")?.to_owned());
    object.set("full_command", object.expect("Full command")?.to_owned());
    for (title, field) in [("Terminate delay", "terminate_delay"), ("Fork delay", "fork_delay")] {
        object.set(field, normal::number(object.expect(title)?.trim_end_matches('s')));
    }
    if let Some(most) = node.value("Max processes") {
        object.set("quorum_max", most.to_owned());
    }
    if let Some(line) = node.children.iter().find(|line| line.text.starts_with("Param match")) {
        object.set("param_match", line.pair().map_or("exact", |(_, how)| how).to_owned());
    }
    Ok(())
}

/// Adds a session as the BFD process has it.
///
/// # Errors
/// If it is not one.
pub(crate) fn bfd_session(node: &Node, normal: &mut Normal) -> Result<(), String> {
    let mut object = Object::open(node, "BFD Instance", "bfd_instance", normal)?;
    for (title, field) in [("Neighbor IP", "neighbor_ip"), ("Source IP", "source_ip")] {
        if let Some(address) = node.value(title) {
            object.set(field, words::address(address));
        }
    }
    let times = [
        ("Required min RX interval", "min_rx"),
        ("Desired min TX interval", "min_tx"),
        ("Desired idle TX interval", "idle_tx"),
    ];
    for (title, field) in times {
        let microseconds = object.expect(title)?.trim_end_matches(" us").to_owned();
        object.set(field, normal::seconds(&microseconds, MICROSECONDS_OF_MILLISECOND));
    }
    let fields = [("Detection multiplier", "multiplier"), ("passive", "passive"), ("max_hops", "max_hops")];
    for (title, field) in fields.into_iter().chain([("TTL", "ttl"), ("hoplimit", "ttl")]) {
        if let Some(value) = node.value(title) {
            object.set(field, value.to_owned());
        }
    }
    Ok(())
}

/// Adds what the VRRP process knows of a session.
pub(crate) fn bfd_weight(node: &Node, normal: &mut Normal) {
    if let (Some((_, name)), Some(weight)) = (node.pair(), node.value("Weight")) {
        normal.set(format!("bfd_instance/{name}/weight"), weight.to_owned());
    }
}

/// An object with a name.
struct Object<'a> {
    node: &'a Node,
    prefix: String,
    normal: &'a mut Normal,
}

impl<'a> Object<'a> {
    fn open(node: &'a Node, title: &str, block: &str, normal: &'a mut Normal) -> Result<Self, String> {
        let (found, name) = node.pair().ok_or_else(|| format!("not a {title}: {:?}", node.text))?;
        if found != title {
            return Err(format!("not a {title}: {:?}", node.text));
        }
        normal.push(block, name);
        Ok(Self { node, prefix: format!("{block}/{name}"), normal })
    }

    fn set(&mut self, field: &str, value: String) {
        self.normal.set(format!("{}/{field}", self.prefix), value);
    }

    /// The value of a line that must be there.
    fn expect(&self, title: &str) -> Result<&'a str, String> {
        self.node.value(title).ok_or_else(|| format!("{:?} without {title:?}", self.node.text))
    }
}
