//! The fields that are compared, and how tanist's model tells them.

/// How a value of the model becomes values of the normal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word, a number or a boolean.
    Plain,
    /// An address without prefix length.
    Ip,
    /// A list of words.
    Names,
    /// A list of address entries.
    Addresses,
    /// A list of routes, each with its `text`.
    Routes,
    /// A list of rules, each with its `text`.
    Rules,
    /// A list of unicast peers.
    Peers,
    /// A list of trackers with weights.
    Trackers,
    /// A command with its user.
    Script,
    /// `false`, or an object with a name.
    Vmac,
}

/// What it means if the model does not tell a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// It has this value.
    Is(&'static str),
    /// It has none, or an empty list.
    Empty,
    /// It is not compared.
    Untold,
}

/// A field of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// keepalived's keyword.
    pub(crate) name: &'static str,
    /// How it is told.
    pub(crate) kind: Kind,
    /// What its absence means.
    pub(crate) absent: Absent,
}

const fn field(name: &'static str, kind: Kind, absent: Absent) -> Field {
    Field { name, kind, absent }
}

const fn required(name: &'static str) -> Field {
    field(name, Kind::Plain, Absent::Empty)
}

const fn flag(name: &'static str) -> Field {
    field(name, Kind::Plain, Absent::Is("false"))
}

const fn list(name: &'static str, kind: Kind) -> Field {
    field(name, kind, Absent::Empty)
}

const fn untold(name: &'static str) -> Field {
    field(name, Kind::Plain, Absent::Untold)
}

/// `vrrp_instance`.
pub(crate) const INSTANCE: &[Field] = &[
    required("runs"),
    required("state"),
    required("interface"),
    required("virtual_router_id"),
    required("priority"),
    required("version"),
    required("advert_int"),
    required("down_timer_adverts"),
    required("preempt"),
    field("preempt_delay", Kind::Plain, Absent::Is("0")),
    required("accept"),
    flag("strict_mode"),
    flag("lower_prio_no_advert"),
    flag("higher_prio_send_advert"),
    flag("vmac_xmit_base"),
    flag("dont_track_primary"),
    field("use_vmac", Kind::Vmac, Absent::Is("false")),
    field("src_ip", Kind::Ip, Absent::Empty),
    required("garp_master_delay"),
    required("garp_master_repeat"),
    required("garp_master_refresh"),
    required("garp_master_refresh_repeat"),
    required("garp_lower_prio_delay"),
    required("garp_lower_prio_repeat"),
    list("virtual_ipaddress", Kind::Addresses),
    list("virtual_ipaddress_excluded", Kind::Addresses),
    list("virtual_routes", Kind::Routes),
    list("virtual_rules", Kind::Rules),
    list("unicast_peer", Kind::Peers),
    list("track_interface", Kind::Trackers),
    list("track_script", Kind::Trackers),
    list("track_file", Kind::Trackers),
    list("track_process", Kind::Trackers),
    list("track_bfd", Kind::Trackers),
    list("auth_type", Kind::Plain),
    list("auth_pass", Kind::Plain),
    list("notify_master", Kind::Script),
    list("notify_backup", Kind::Script),
    list("notify_fault", Kind::Script),
    list("notify_stop", Kind::Script),
    list("notify", Kind::Script),
    field("notify_deleted", Kind::Script, Absent::Untold),
    field("notify_master_rx_lower_pri", Kind::Script, Absent::Untold),
    untold("family"),
    untold("mcast_dst_ip"),
    untold("unicast_ttl"),
    untold("check_unicast_src"),
    untold("unicast_fault_no_peer"),
    untold("old_unicast_checksum"),
    untold("promote_secondaries"),
    untold("smtp_alert"),
    untold("notify_priority_changes"),
    untold("skip_check_adv_addr"),
    untold("kernel_rx_buf_size"),
    untold("debug"),
    untold("use_vmac_addr"),
    untold("use_ipvlan"),
    untold("garp_extra_if"),
];

/// `vrrp_sync_group`.
pub(crate) const SYNC_GROUP: &[Field] = &[
    list("group", Kind::Names),
    list("track_interface", Kind::Trackers),
    list("track_script", Kind::Trackers),
    list("track_file", Kind::Trackers),
    list("track_process", Kind::Trackers),
    list("track_bfd", Kind::Trackers),
    list("notify_master", Kind::Script),
    list("notify_backup", Kind::Script),
    list("notify_fault", Kind::Script),
    list("notify_stop", Kind::Script),
    list("notify", Kind::Script),
    untold("smtp_alert"),
    untold("notify_priority_changes"),
    untold("sync_group_tracking_weight"),
];

/// `vrrp_script`. What `init_fail` says, keepalived does not tell.
pub(crate) const SCRIPT: &[Field] = &[
    list("script", Kind::Script),
    required("interval"),
    required("timeout"),
    required("weight"),
    required("rise"),
    required("fall"),
];

/// `track_file`.
pub(crate) const TRACK_FILE: &[Field] = &[required("file"), required("weight")];

/// `vrrp_track_process`.
pub(crate) const PROCESS: &[Field] = &[
    list("process", Kind::Names),
    required("weight"),
    required("quorum"),
    untold("quorum_max"),
    untold("param_match"),
    untold("full_command"),
    untold("terminate_delay"),
    untold("fork_delay"),
];

/// `bfd_instance`.
pub(crate) const BFD: &[Field] = &[
    list("neighbor_ip", Kind::Ip),
    list("source_ip", Kind::Ip),
    untold("weight"),
    untold("min_rx"),
    untold("min_tx"),
    untold("idle_tx"),
    untold("multiplier"),
    untold("passive"),
    untold("ttl"),
    untold("max_hops"),
];

/// `track_group`.
pub(crate) const TRACK_GROUP: &[Field] = &[list("group", Kind::Names)];

/// The blocks with names, and their fields.
pub(crate) const BLOCKS: [(&str, &[Field]); 7] = [
    ("vrrp_instance", INSTANCE),
    ("vrrp_sync_group", SYNC_GROUP),
    ("vrrp_script", SCRIPT),
    ("track_file", TRACK_FILE),
    ("vrrp_track_process", PROCESS),
    ("bfd_instance", BFD),
    ("track_group", TRACK_GROUP),
];

/// The lists at the top level.
pub(crate) const LISTS: [(&str, Kind); 3] =
    [("static_ipaddress", Kind::Addresses), ("static_routes", Kind::Routes), ("static_rules", Kind::Rules)];

/// Whether a field must be told: an absent one has a value, or is empty.
pub(crate) fn is_required(path: &str) -> bool {
    let Some((block, rest)) = path.split_once('/') else { return true };
    let name = rest.rsplit('/').next().unwrap_or(rest);
    let fields = BLOCKS.iter().find(|(name, _)| *name == block).map(|(_, fields)| *fields);
    fields.is_some_and(|fields| fields.iter().any(|field| field.name == name && field.absent != Absent::Untold))
}
