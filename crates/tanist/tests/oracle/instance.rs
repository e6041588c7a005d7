//! Instances and sync groups of keepalived's dump.

use crate::dump::Node;
use crate::normal::{self, Normal};
use crate::{address, route, rule, words};

/// Lines that are about the running daemon, or repeat what others say.
const RUNTIME: [&str; 15] = [
    "Sync group",
    "Effective priority",
    "Total priority",
    "Number of interface and track script faults",
    "Number of track scripts init",
    "Next gratuitous ARP for such secondary",
    "State",
    "Master router",
    "Master priority",
    "Master advert int",
    "Master advert interval",
    "Last transition",
    "Read timeout",
    "Master down timer",
    "Notify deleted",
];
/// Lines whose value is the value of a keyword.
const PLAIN: [(&str, &str); 14] = [
    ("VRRP Version", "version"),
    ("Wantstate", "state"),
    ("Gratuitous ARP delay", "garp_master_delay"),
    ("Gratuitous ARP repeat", "garp_master_repeat"),
    ("Gratuitous ARP refresh", "garp_master_refresh"),
    ("Gratuitous ARP refresh repeat", "garp_master_refresh_repeat"),
    ("Gratuitous ARP lower priority delay", "garp_lower_prio_delay"),
    ("Gratuitous ARP lower priority repeat", "garp_lower_prio_repeat"),
    ("Down timer adverts", "down_timer_adverts"),
    ("Virtual Router ID", "virtual_router_id"),
    ("Priority", "priority"),
    ("Kernel rx buffer size", "kernel_rx_buf_size"),
    ("Debug level", "debug"),
    ("Unicast TTL", "unicast_ttl"),
];
/// Lines with a word for yes or no.
const SWITCHES: [(&str, &str); 8] = [
    ("Send advert after receive higher priority advert", "higher_prio_send_advert"),
    ("Accept", "accept"),
    ("Preempt", "preempt"),
    ("Promote_secondaries", "promote_secondaries"),
    ("Using smtp notification", "smtp_alert"),
    ("Notify priority changes", "notify_priority_changes"),
    ("Check unicast src", "check_unicast_src"),
    ("Unicast checksum compatibility", "old_unicast_checksum"),
];
/// Lines with a script.
const SCRIPTS: [(&str, &str); 7] = [
    ("Master state transition script", "notify_master"),
    ("Backup state transition script", "notify_backup"),
    ("Fault state transition script", "notify_fault"),
    ("Stop state transition script", "notify_stop"),
    ("Deleted state transition script", "notify_deleted"),
    ("Generic state transition script", "notify"),
    ("Master rx lower pri state transition script", "notify_master_rx_lower_pri"),
];
/// Lines that are there or not.
const FLAGS: [(&str, &str); 4] = [
    ("VRRP interface tracking disabled", "dont_track_primary"),
    ("Enforcing strict VRRP compliance", "strict_mode"),
    ("Skip checking advert IP addresses", "skip_check_adv_addr"),
    ("Use VMAC for VIPs on other interfaces", "use_vmac_addr"),
];
/// Titles of lists of trackers; sync groups have `process`.
const TRACKERS: [(&str, &str); 6] = [
    ("Tracked interfaces :", "track_interface"),
    ("Tracked scripts :", "track_script"),
    ("Tracked files :", "track_file"),
    ("Tracked processes :", "track_process"),
    ("Tracked process :", "track_process"),
    ("Tracked BFDs :", "track_bfd"),
];

/// Adds an instance.
///
/// # Errors
/// If a line is not understood.
pub(crate) fn read(node: &Node, normal: &mut Normal) -> Result<(), String> {
    let name = node.text.strip_prefix("VRRP Instance = ").ok_or_else(|| unknown(&node.text))?;
    normal.push("vrrp_instance", name);
    let mut router = Reader { prefix: format!("vrrp_instance/{name}"), normal };
    for (_, field) in FLAGS {
        router.set(field, "false");
    }
    for (field, value) in [("use_vmac", "false"), ("vmac_xmit_base", "false"), ("preempt_delay", "0")] {
        router.set(field, value);
    }
    router.set("family", "IPv4");
    node.children.iter().try_for_each(|line| router.line(line))
}

/// Adds a sync group.
///
/// # Errors
/// If a line is not understood.
pub(crate) fn sync_group(node: &Node, normal: &mut Normal) -> Result<(), String> {
    let title = node.text.strip_prefix("VRRP Sync Group = ").ok_or_else(|| unknown(&node.text))?;
    let name = title.rsplit_once(", ").map_or(title, |(name, _state)| name);
    normal.push("vrrp_sync_group", name);
    let mut group = Reader { prefix: format!("vrrp_sync_group/{name}"), normal };
    node.children.iter().try_for_each(|line| group.group_line(line))
}

/// Where the lines of an object go.
struct Reader<'a> {
    prefix: String,
    normal: &'a mut Normal,
}

impl Reader<'_> {
    fn set(&mut self, field: &str, value: impl Into<String>) {
        self.normal.set(format!("{}/{field}", self.prefix), value);
    }

    fn set_list(&mut self, field: &str, values: Vec<String>) {
        self.normal.set_list(format!("{}/{field}", self.prefix), values);
    }

    fn line(&mut self, line: &Node) -> Result<(), String> {
        if self.common(line) || self.flag(line) {
            return Ok(());
        }
        match line.pair() {
            Some((key, value)) => self.pair(key, value, line).ok_or_else(|| unknown(&line.text)),
            None => self.block(line),
        }
    }

    fn group_line(&mut self, line: &Node) -> Result<(), String> {
        let text = line.text.as_str();
        if self.common(line) || text.starts_with("Num member fault") {
            return Ok(());
        }
        match text {
            "VRRP member instances :" => self.set_list("group", texts(&line.children)),
            "sync group tracking weight set" => self.set("sync_group_tracking_weight", "true"),
            _ => return Err(unknown(text)),
        }
        Ok(())
    }

    /// What instances and groups have in common.
    fn common(&mut self, line: &Node) -> bool {
        if let Some((_, field)) = TRACKERS.iter().find(|(title, _)| *title == line.text) {
            self.set_list(field, line.children.iter().map(|entry| tracker(&entry.text)).collect());
            return true;
        }
        let Some((key, value)) = line.pair() else { return false };
        if let Some((_, field)) = SCRIPTS.iter().find(|(title, _)| *title == key) {
            self.script(field, value);
        } else if let Some((_, field)) = SWITCHES.iter().find(|(title, _)| *title == key) {
            self.set(field, truth(value));
        } else {
            return false;
        }
        true
    }

    fn flag(&mut self, line: &Node) -> bool {
        let found = FLAGS.iter().find(|(text, _)| *text == line.text);
        if let Some((_, field)) = found {
            self.set(field, "true");
        }
        found.is_some()
    }

    fn script(&mut self, field: &str, value: &str) {
        let (command, user) = value.rsplit_once(", uid:gid ").unwrap_or((value, ""));
        self.set(field, command);
        self.set(&format!("{field}.user"), user);
    }

    /// A line `KEY = VALUE`. `None` if it is not known.
    fn pair(&mut self, key: &str, value: &str, line: &Node) -> Option<()> {
        if let Some((_, field)) = PLAIN.iter().find(|(title, _)| *title == key) {
            self.set(field, value);
            return Some(());
        }
        match key {
            "Number of config faults" => self.set("runs", if value == "0" { "true" } else { "false" }),
            "Interface" => self.set("interface", parent(value)),
            "Using src_ip" => {
                if let Some(source) = value.strip_suffix(" (from configuration)") {
                    self.set("src_ip", words::address(source));
                }
            }
            "Send advert after receive lower priority advert" => {
                self.set("lower_prio_no_advert", if value == "true" { "false" } else { "true" });
            }
            "Advert interval" => self.set("advert_int", interval(value)),
            "Preempt delay" => self.set("preempt_delay", normal::number(value.trim_end_matches(" secs"))),
            "Authentication type" => self.authentication(value),
            "Password" => self.set("auth_pass", value),
            _ if key.starts_with("Gratuitous ARP for each secondary") => self.set("garp_extra_if", value),
            _ if key.starts_with("Use VMAC, i/f") => self.vmac(line),
            _ if key.starts_with("Use IPVLAN, i/f") => self.set("use_ipvlan", ipvlan(&line.text)),
            _ if RUNTIME.contains(&key) => {}
            _ => return None,
        }
        Some(())
    }

    fn authentication(&mut self, value: &str) {
        match value {
            "SIMPLE_PASSWORD" => self.set("auth_type", "PASS"),
            "IPSEC_AH" => self.set("auth_type", "AH"),
            _ => {}
        }
    }

    /// `Use VMAC, i/f name NAME, is_up = true, xmit_base = false`.
    fn vmac(&mut self, line: &Node) {
        let mut parts = line.text.split(", ");
        let name = parts.nth(1).and_then(|part| part.strip_prefix("i/f name ")).unwrap_or_default();
        self.set("use_vmac", name);
        if let Some(xmit_base) = parts.find_map(|part| part.strip_prefix("xmit_base = ")) {
            self.set("vmac_xmit_base", xmit_base);
        }
        if let Some(mac) = line.value("MAC") {
            self.set("use_vmac.mac", mac);
        }
    }

    /// A title with entries below it, or a sentence.
    fn block(&mut self, line: &Node) -> Result<(), String> {
        let text = line.text.as_str();
        let entries = texts(&line.children);
        let addresses = || entries.iter().map(|entry| address::theirs(entry)).collect::<Result<Vec<_>, _>>();
        match text {
            "Using Native IPv6" => self.set("family", "IPv6"),
            "Flags: none" | "No sockets allocated" => {}
            "Flags:" => self.flags(&entries),
            "Virtual IP Excluded :" => self.set_list("virtual_ipaddress_excluded", addresses()?),
            "Virtual Routes :" => {
                self.set_list("virtual_routes", entries.iter().map(|entry| route::canonical(entry)).collect());
            }
            "Virtual Rules :" => {
                self.set_list("virtual_rules", entries.iter().map(|entry| rule::canonical(entry)).collect());
            }
            "Unicast Peer :" => self.set_list("unicast_peer", entries),
            _ if text.starts_with("Virtual IP (") => self.set_list("virtual_ipaddress", addresses()?),
            _ => match (text.strip_prefix("Multicast address "), text.split_once(" : ")) {
                (Some(group), _) => self.set("mcast_dst_ip", group.split(',').next().unwrap_or(group)),
                (None, Some(("Check unicast src", value))) => self.set("check_unicast_src", truth(value)),
                (None, _) => return Err(unknown(text)),
            },
        }
        Ok(())
    }

    fn flags(&mut self, flags: &[String]) {
        let without_peer = flags.iter().any(|flag| flag == "If unicast go to fault state if no peers");
        self.set("unicast_fault_no_peer", if without_peer { "true" } else { "false" });
    }
}

fn texts(nodes: &[Node]) -> Vec<String> {
    nodes.iter().map(|node| node.text.clone()).collect()
}

fn unknown(line: &str) -> String {
    format!("a line of the dump is not understood: {line:?}")
}

/// `NAME weight N reverse`; files and sessions have `,` or `:` after the name.
fn tracker(entry: &str) -> String {
    match entry.rsplit_once(" weight ") {
        Some((name, weight)) => format!("{} weight {weight}", name.trim_end_matches([',', ':'])),
        None => entry.to_owned(),
    }
}

fn truth(value: &str) -> &str {
    match value {
        "enabled" | "yes" | "true" | "config" => "true",
        "disabled" | "no" | "false" => "false",
        _ => value,
    }
}

/// `NAME, vmac on PARENT, …`, or `NAME` without a virtual interface.
fn parent(value: &str) -> &str {
    let on = value.split(", ").find_map(|part| part.split_once(" on "));
    on.map_or(value, |(_kind, parent)| parent)
}

/// `2 sec` or `500 milli-sec`, in seconds.
fn interval(value: &str) -> String {
    match value.strip_suffix(" milli-sec") {
        Some(milliseconds) => normal::seconds(milliseconds, 1000.0),
        None => normal::number(value.trim_end_matches(" sec")),
    }
}

/// `Use IPVLAN, i/f NAME, is_up = false, i/f address = ADDRESS, type MODE`.
fn ipvlan(text: &str) -> String {
    let wanted = |part: &&str| part.starts_with("i/f") || part.starts_with("type");
    text.split(", ").filter(wanted).collect::<Vec<_>>().join(", ")
}
