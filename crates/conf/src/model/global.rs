//! What `global_defs` says.

use std::net::SocketAddr;
use std::time::Duration;

use host::LeaseRule;
use vrrp::config::UnknownVrids;

use super::Switch;
use super::mail::Mail;
use super::notify::{Lifecycle, Pipes, ScriptGroups};
use super::snmp::Snmp;
use super::vmac::VmacPrefixes;

/// `global_defs`, as far as it is not folded into the routers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Global {
    /// `net_namespace`, empty if its name cannot be read: then no router runs.
    pub net_namespace: Option<String>,
    /// `instance`.
    pub instance: Option<String>,
    /// `router_id`; `None`: the host name.
    pub router_id: Option<String>,
    /// `dynamic_interfaces`: whether an interface may be missing at start.
    pub missing_interfaces: MissingInterfaces,
    /// `script_user`: who runs scripts that name no user.
    pub script_user: Option<ScriptUser>,
    /// `enable_script_security`.
    pub script_security: ScriptSecurity,
    /// `set_supplementary_groups`.
    pub script_groups: ScriptGroups,
    /// `startup_script`, `shutdown_script`.
    pub lifecycle: Lifecycle,
    /// `notify_fifo`, `vrrp_notify_fifo`.
    pub pipes: Pipes,
    /// Gaps between announcements.
    pub gaps: Gaps,
    /// What virtual MAC interfaces without a configured name are called.
    pub vmac_prefixes: VmacPrefixes,
    /// How long routers wait at the start.
    pub startup: StartupDelay,
    /// How the threads that speak VRRP and hold its addresses are scheduled.
    pub scheduling: Scheduling,
    /// `tanist_guardian`: whether a process stands in for the daemon when it dies or hangs.
    pub guardian: Switch,
    /// `iproute_usr_dir`: where iproute2 has names of numbers.
    pub iproute_usr_dir: Option<String>,
    /// `iproute_etc_dir`: where names override those.
    pub iproute_etc_dir: Option<String>,
    /// `reload_*`.
    pub reloads: Reloads,
    /// What signals have written.
    pub dumps: Dumps,
    /// `use_pid_dir`: usual pid files are in a directory of their own.
    pub pid_dir: Switch,
    /// Where mails about changes go.
    pub mail: Mail,
    /// `snmp_socket`, `enable_snmp_*`, `enable_traps`.
    pub snmp: Snmp,
    /// `log_unknown_vrids`.
    pub unknown_vrids: UnknownVrids,
    /// `tanist_lease`.
    pub lease: LeaseRule,
    /// `tanist_metrics`: what is served by TCP.
    pub metrics: Option<Served>,
    /// `enable_dbus`: name of the service on the D-Bus system bus (`dbus_service_name`); `None`: there is none.
    pub bus_name: Option<String>,
    /// `nftables_priority`: where packets to addresses without `accept` are dropped, among the chains of others.
    pub drop_priority: i32,
}

/// `dbus_service_name` that is not written.
pub const BUS_NAME: &str = "org.keepalived.Vrrp1";

/// What is served by TCP: metrics, on this address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// Whose TCP port listens.
    pub address: SocketAddr,
    /// `tanist_status_page`.
    pub page: Switch,
}

/// The priority of chains with which they come just before those that filter: what is dropped is not counted there.
pub const BEFORE_FILTERS: i32 = -1;
/// Reloads at a time, and the file that says that one goes on. Paths begin with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloads {
    /// `reload_time_file`; `None`: only a signal reloads.
    pub time: Option<ReloadTime>,
    /// `reload_file`: there while a configuration is read.
    pub file: Option<String>,
}

impl Reloads {
    /// `reload_file` without a path.
    pub const FILE: &str = "/run/keepalived.reload";
}

/// `*_dump_file`, `json_version`, `data_use_instance`. Paths begin with `/`; `None`: where keepalived has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dumps {
    /// `state_dump_file`
    pub data: Option<String>,
    /// `stats_dump_file`
    pub statistics: Option<String>,
    /// `json_dump_file`
    pub json: Option<String>,
    /// `json_version`
    pub layout: JsonLayout,
    /// `data_use_instance`: names of files hold the daemon's.
    pub own_names: Switch,
}

/// `json_version`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JsonLayout {
    /// 1: a list of routers.
    #[default]
    List,
    /// 2: an object of lists.
    Object,
}

/// When there is a reload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReloadTime {
    /// `reload_time_file`: it holds the time.
    pub file: String,
    /// `reload_repeat`: the file stays.
    pub repeat: Switch,
}

/// `vrrp_garp_interval`, `vrrp_gna_interval`: least time between two announcements on one interface; zero: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Between gratuitous ARPs.
    pub arp: Duration,
    /// Between unsolicited NAs.
    pub na: Duration,
}

/// `vrrp_startup_delay`, `vrrp_delay_after_boot`: the later counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartupDelay {
    /// From the start of the daemon.
    pub after_start: Duration,
    /// From the start of the machine.
    pub after_boot: Duration,
}

/// `vrrp_rt_priority`, `vrrp_priority`, `vrrp_cpu_affinity`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scheduling {
    /// 1 to 99; `None`: what the daemon takes.
    pub real_time: Option<u8>,
    /// Nice value, where there is no real-time scheduling; `None`: that of the process.
    pub nice: Option<i8>,
    /// Processors; empty: all that the process may use.
    pub processors: Vec<u16>,
}

/// `dynamic_interfaces`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingInterfaces {
    /// An interface that is missing at start is an error.
    Refused,
    /// Its router waits for it.
    Awaited,
}

/// `enable_script_security`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptSecurity {
    /// Scripts that others than root could change are not run as root.
    Enforced,
    /// They are run, with a warning.
    Warned,
}

/// User and group of a script, as written: names or numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScriptUser {
    /// User.
    pub user: String,
    /// Group; `None`: the user's primary group.
    pub group: Option<String>,
}
