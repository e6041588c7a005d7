//! `global_defs { }`: files, processes, buffers, interfaces and firewall of keepalived, most of which tanist does
//! without, and its load balancer.

use super::PIPE;
use super::instance::VMAC_MODE;
use crate::keyword::{
    Block, Kind, Micros, Number, Repeat, Row, Takes, TimeRange, Words, any, many, number, one, optional, rows, takes,
    up_to,
};
use crate::model::{Script, Switch};

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Global, name, takes)
}

const fn process<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    row(name, takes).no_effect("tanist has no such processes: it is one process, whose threads have names")
}

const fn watched<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    row(name, takes).no_effect("the threads of the daemon watch each other: one that hangs is found by the others")
}

const fn realtime<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    row(name, takes).no_effect("the threads that must be on time run in real time from the start (`vrrp_rt_priority`)")
}

const fn buffers<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    row(name, takes).no_effect("few sockets serve all routers, and what overflows is read again from the kernel")
}

const fn adverts<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    row(name, takes).no_effect(LARGE_BUFFERS)
}

const fn lvs<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    row(name, takes).load_balancer()
}

/// Why the receive buffers of advertisements are not configured.
pub(super) const LARGE_BUFFERS: &str =
    "the sockets that serve all routers have room for some 20,000 advertisements, and what is lost is counted";

/// Any number that keepalived keeps in 32 bits.
const UNSIGNED: Number = number(0, 4_294_967_295);

const PROCESS_NAME: Takes<Words> = takes::arguments(&[one("NAME", Kind::Short(15))]);
const NICE: Takes<i8> = number(-20, 19).or(0).form();
const REAL_TIME: Takes<u8> = number(1, 99).form();
/// More processors than Linux supports.
const CPUS: Takes<Words> = takes::arguments(&[many("CPU", Kind::Number(number(0, 8191)))]);
const HIGHEST: Takes<Words> = takes::arguments(&[optional("PRIORITY", Kind::Number(number(-1, 99)))]);
const CPU_TIME: Takes<i64> = number(1, 4_294_967_295).or(0).of("microseconds").form();
const BUFFER: Takes<i64> = UNSIGNED.exactly().of("bytes").form();
const BUFFERS: Takes<Words> =
    takes::arguments(&[many("BYTES", Kind::WordOrNumber(&["MTU", "ADVERT"], UNSIGNED.exactly()))]);
const CHAINS: Takes<Words> =
    takes::arguments(&[optional("INPUT", Kind::Short(27)), optional("OUTPUT", Kind::Short(27))]);
const EXTRA: Takes<Words> = takes::arguments(&[
    optional("all", Kind::OneOf(&["all"])),
    one("SECONDS", Kind::Number(number(1, 86_400).of("seconds"))),
]);

const PATH: Takes<String> = takes::word("a path");
/// What `include_check` may ask for.
const CHECKS: &[&str] = &["read", "match", "wildcard_match", "brace_match"];
const STATISTICS: Takes<Micros> = takes::seconds(TimeRange { min_micros: 1000, max_micros: 30_000_000 });
const FLUSH: Takes<Words> = takes::arguments(&[optional("VS", Kind::OneOf(&["VS"]))]);
const SYNC_DAEMON: Takes<Words> =
    takes::words("INTERFACE [[inst] INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group ADDRESS]");

const REAL_TIME_ANYWAY: &str =
    "keepalived has none unless this is written, and takes the nearest number that the system allows";
const NEAREST: &str = "keepalived takes the nearest number that the system allows";

rows! {
    /// Symbolic links in paths of scripts are kept.
    USE_SYMLINK_PATHS: Switch = row("use_symlink_paths", takes::SWITCH).since("2.3.0").default("off")
        .no_effect("links are never resolved");
    /// The part of paths on D-Bus for routers without interface.
    DBUS_NO_INTERFACE_NAME: String = row("dbus_no_interface_name", takes::word("a name"))
        .since("2.2.8 or later").default("none")
        .no_effect("every router that runs has an interface");
    /// What no `include` after it in the file may fail in; without a word, anything.
    INCLUDE_CHECK: Words = row("include_check", takes::arguments(&[any("CHECK", Kind::Signed(CHECKS))]))
        .repeats(Repeat::All).like("match")
        .differs("what keepalived would stop at is an error, and the rest is read");
    /// Where the daemon keeps a copy of its configuration.
    TMP_CONFIG_DIRECTORY: String = row("tmp_config_directory", PATH).repeats(Repeat::First).default("in memory")
        .no_effect("it is kept in memory");
    /// Where copies of configurations are left at reloads.
    CONFIG_SAVE_DIR: String = row("config_save_dir", PATH).no_effect("no copies are made");
    /// A new configuration is checked before it is used.
    RELOAD_CHECK_CONFIG: Words = row("reload_check_config", takes::arguments(&[optional("LOGFILE", Kind::Word)]))
        .default("off")
        .no_effect("a reload with errors never changes anything");
    /// The processes get names of their own.
    PROCESS_NAMES: () = process("process_names", takes::FLAG).default("off");
    /// Name of the parent process.
    PROCESS_NAME_ROW: Words = process("process_name", PROCESS_NAME).default("keepalived");
    /// Name of the VRRP process.
    VRRP_PROCESS_NAME: Words = process("vrrp_process_name", PROCESS_NAME).default("that of the parent process");
    /// Name of the BFD process.
    BFD_PROCESS_NAME: Words = process("bfd_process_name", PROCESS_NAME).default("that of the parent process");
    /// Nice value of the threads that speak VRRP and hold its addresses, where they may not run in real time.
    VRRP_PRIORITY: i8 = row("vrrp_priority", NICE).default("0").like("-20");
    /// The VRRP process is locked in memory.
    VRRP_NO_SWAP: () = row("vrrp_no_swap", takes::FLAG).default("off")
        .no_effect("the daemon is locked in memory wherever the system permits it");
    /// Real-time priority (SCHED_RR) of the thread that speaks VRRP; that of the one that holds its addresses is one
    /// less.
    VRRP_RT_PRIORITY: u8 = row("vrrp_rt_priority", REAL_TIME).default("50").like("20").differs(REAL_TIME_ANYWAY);
    /// The processors on which these threads run.
    VRRP_CPU_AFFINITY: Words = row("vrrp_cpu_affinity", CPUS).default("all that the daemon may use").like("0 1");
    /// A second process stands in for a daemon that dies or hangs: it says priority 0 in its name at once, holds its
    /// addresses until another router is heard, and undoes everything that a dead daemon has left.
    TANIST_GUARDIAN: Switch = row("tanist_guardian", takes::SWITCH).default("on").like("off")
        .differs("keepalived has none: its addresses stay when it is killed or hangs");
    /// Real-time CPU time without a blocking call after which the VRRP process is ended (RLIMIT_RTTIME).
    VRRP_RLIMIT_RTTIME: i64 = watched("vrrp_rlimit_rttime", CPU_TIME).default("10000");
    /// Old name of `vrrp_rlimit_rttime`.
    VRRP_RLIMIT_RTIME: i64 = watched("vrrp_rlimit_rtime", CPU_TIME).like("10000");
    /// Nice value of the BFD process.
    BFD_PRIORITY: i8 = process("bfd_priority", NICE).default("0");
    /// The BFD process is locked in memory.
    BFD_NO_SWAP: () = process("bfd_no_swap", takes::FLAG).default("off");
    /// Real-time priority (SCHED_RR) of the BFD process.
    BFD_RT_PRIORITY: u8 = process("bfd_rt_priority", REAL_TIME).differs(NEAREST);
    /// The processors on which the BFD process runs.
    BFD_CPU_AFFINITY: Words = process("bfd_cpu_affinity", CPUS).default("all").like("0 1");
    /// Real-time CPU time without a blocking call after which the BFD process is ended (RLIMIT_RTTIME).
    BFD_RLIMIT_RTTIME: i64 = process("bfd_rlimit_rttime", CPU_TIME).default("10000");
    /// Old name of `bfd_rlimit_rttime`.
    BFD_RLIMIT_RTIME: i64 = process("bfd_rlimit_rtime", CPU_TIME).like("10000");
    /// Real-time priority up to which a process that runs late raises its own; without a number the highest.
    MAX_AUTO_PRIORITY: Words = realtime("max_auto_priority", HIGHEST).default("0: never");
    /// How late a timer must be before the priority is raised.
    MIN_AUTO_PRIORITY_DELAY: i64 = realtime("min_auto_priority_delay", number(1, 10_000_000).of("microseconds").form())
        .default("1000000");
    /// Permissions that files which keepalived makes do not have.
    UMASK: Words = row("umask", takes::arguments(&[many("MASK", Kind::Mask)])).default("0177")
        .no_effect("files are made with a fixed mask");
    /// Seed of `${_RANDOM}`.
    RANDOM_SEED: i64 = row("random_seed", UNSIGNED.exactly().form()).default("the clock")
        .no_effect("it has no effect in keepalived either");
    /// Receive buffer of netlink commands; 0: the system's size.
    VRRP_NETLINK_CMD_RCV_BUFS: i64 = buffers("vrrp_netlink_cmd_rcv_bufs", BUFFER);
    /// That buffer may exceed `rmem_max`.
    VRRP_NETLINK_CMD_RCV_BUFS_FORCE: Switch = buffers("vrrp_netlink_cmd_rcv_bufs_force", takes::SWITCH).default("off");
    /// Receive buffer of netlink notifications; 0: the system's size.
    VRRP_NETLINK_MONITOR_RCV_BUFS: i64 = buffers("vrrp_netlink_monitor_rcv_bufs", BUFFER);
    /// That buffer may exceed `rmem_max`.
    VRRP_NETLINK_MONITOR_RCV_BUFS_FORCE: Switch = buffers("vrrp_netlink_monitor_rcv_bufs_force", takes::SWITCH)
        .default("off");
    /// Receive buffer of the kernel's notifications of processes; 0: the system's size.
    PROCESS_MONITOR_RCV_BUFS: i64 = buffers("process_monitor_rcv_bufs", BUFFER);
    /// That buffer may exceed `rmem_max`.
    PROCESS_MONITOR_RCV_BUFS_FORCE: Switch = buffers("process_monitor_rcv_bufs_force", takes::SWITCH).default("off");
    /// Receive buffer of advertisements: bytes, or a multiple of the interface's MTU or of an advertisement.
    VRRP_RX_BUFS_POLICY: Words = adverts("vrrp_rx_bufs_policy", BUFFERS).default("the system's size");
    /// The multiple that `vrrp_rx_bufs_policy` uses.
    VRRP_RX_BUFS_MULTIPLIER: i64 = adverts("vrrp_rx_bufs_multiplier", number(1, 4_294_967_295).exactly().form())
        .default("3");
    /// The nftables table for virtual MACs and `no_accept`.
    NFTABLES: Words = row("nftables", takes::arguments(&[optional("TABLE", Kind::Short(254))]))
        .repeats(Repeat::First).default("keepalived, when one is needed")
        .no_effect("virtual MACs need none, and that of `no_accept` has a name by which what a killed daemon left is \
                    found");
    /// Where `no_accept` and strict mode drop packets, among the chains of others on the hook `input`: those with lower
    /// numbers come before. Filters usually stand at 0.
    NFTABLES_PRIORITY: i32 = row("nftables_priority", number(-2_147_483_648, 2_147_483_647).exactly().form())
        .default("-1")
        .differs("keepalived's chain is also on the hook `output`, and drops what is sent from the addresses");
    /// Sets of link-local addresses use interface indexes.
    NFTABLES_IFINDEX: () = row("nftables_ifindex", takes::FLAG).default("off")
        .no_effect("they always do, and follow an index that changes");
    /// The rules in that table have counters.
    NFTABLES_COUNTERS: () = row("nftables_counters", takes::FLAG).default("off")
        .no_effect("packets are always counted, by address: `tanist status` shows how many a router dropped");
    /// The chains of iptables for virtual MACs and `no_accept`.
    VRRP_IPTABLES: Words = row("vrrp_iptables", CHAINS).repeats(Repeat::First).default("nftables")
        .no_effect("virtual MACs need none, and `no_accept` uses an nftables table, which drops before chains of \
                    iptables");
    /// Names of the ipsets that go with `vrrp_iptables`; none: no ipsets.
    VRRP_IPSETS: Words = row("vrrp_ipsets", takes::arguments(&[up_to(6, "NAME", Kind::Short(30))]))
        .no_effect("the nftables table of `no_accept` has sets of its own");
    /// `garp_extra_if` of routers that have none.
    VRRP_GARP_EXTRA_IF: Words = row("vrrp_garp_extra_if", EXTRA)
        .default("60 seconds, for virtual MACs alone, unless `garp_master_refresh` repeats all announcements; in \
                  keepalived none")
        .like("all 60");
    /// Old name of `vrrp_garp_extra_if`.
    VRRP_VMAC_GARP_INTVL: Words = row("vrrp_vmac_garp_intvl", EXTRA).like("60");
    /// Advertisements with VRIDs that are not configured on the interface are logged, of each once a minute. (All are
    /// received then, and counted.)
    LOG_UNKNOWN_VRIDS: () = row("log_unknown_vrids", takes::FLAG).default("off");
    /// `tanist_vmac_mode` of routers that have none.
    TANIST_VMAC_MODE: String = row("tanist_vmac_mode", VMAC_MODE).default("`bridge`").like("private")
        .differs("keepalived does not know it");
    /// First part of the names of virtual MAC interfaces without a name of their own: PREFIX.VRID, or PREFIX6.VRID
    /// (IPv6), PREFIX1.VRID, PREFIX2.VRID, ... where that is taken. It is cut so that a name has 15 bytes at most.
    VMAC_PREFIX: String = row("vmac_prefix", takes::word("a prefix"))
        .repeats(Repeat::First).default("vrrp").like("vmac");
    /// The same for the interfaces that `use_vmac_addr` and the `use_vmac` of an address make.
    VMAC_ADDR_PREFIX: String = row("vmac_addr_prefix", takes::word("a prefix"))
        .repeats(Repeat::First).default("that of `vmac_prefix`").like("vaddr");
    /// The machine sends no IGMP reports for 224.0.0.0/24.
    DISABLE_LOCAL_IGMP: () = row("disable_local_igmp", takes::FLAG).default("off")
        .differs("keepalived clears `net.ipv4.igmp_link_local_mcast_reports` and sets it again at exit")
        .declined("it is a setting of the whole machine; the reports are few and harm nobody");
    /// Name of the health checkers' process.
    CHECKER_PROCESS_NAME: Words = lvs("checker_process_name", PROCESS_NAME);
    /// Old name of `checker_process_name`.
    LVS_PROCESS_NAME: Words = lvs("lvs_process_name", PROCESS_NAME);
    /// Default of `smtp_alert` for health checkers.
    SMTP_ALERT_CHECKER: Switch = lvs("smtp_alert_checker", takes::SWITCH).default("off");
    /// Each failed health check is logged.
    CHECKER_LOG_ALL_FAILURES: Switch = lvs("checker_log_all_failures", takes::SWITCH).default("off");
    /// Timeouts of IPVS connections.
    LVS_TIMEOUTS: Words = lvs("lvs_timeouts", takes::words("[tcp SECONDS] [tcpfin SECONDS] [udp SECONDS]"))
        .default("those of the kernel").like("tcp 900 udp 300");
    /// All IPVS services are removed at start.
    LVS_FLUSH: () = lvs("lvs_flush", takes::FLAG).default("off");
    /// All IPVS services, or only the own ones, are removed at stop.
    LVS_FLUSH_ON_STOP: Words = lvs("lvs_flush_on_stop", FLUSH).default("off");
    /// Old name of `lvs_flush_on_stop`.
    LVS_FLUSH_ONSTOP: Words = lvs("lvs_flush_onstop", FLUSH);
    /// The IPVS daemon that shares connections with other load balancers; it can follow a router's state.
    LVS_SYNC_DAEMON: Words = lvs("lvs_sync_daemon", SYNC_DAEMON).like("eth0 inst VI_1 id 1");
    /// The nftables table of firewall marks.
    NFTABLES_IPVS: Words = lvs("nftables_ipvs", takes::arguments(&[optional("TABLE", Kind::Short(254))]))
        .default("keepalived_ipvs");
    /// Priority of the chains in that table.
    NFTABLES_IPVS_PRIORITY: i64 = lvs("nftables_ipvs_priority", number(-2_147_483_648, 2_147_483_647).exactly().form())
        .default("-1");
    /// The first firewall mark that is used.
    NFTABLES_IPVS_START_FWMARK: i64 = lvs("nftables_ipvs_start_fwmark", number(1, 4_294_967_295).exactly().form())
        .default("1000");
    /// Named pipe that reports what becomes of servers.
    LVS_NOTIFY_FIFO: Words = lvs("lvs_notify_fifo", PIPE);
    /// Reader of that pipe.
    LVS_NOTIFY_FIFO_SCRIPT: Script = lvs("lvs_notify_fifo_script", takes::SCRIPT);
    /// Nice value of the health checkers' process.
    CHECKER_PRIORITY: i64 = lvs("checker_priority", number(-20, 19).or(0).form()).default("0");
    /// The health checkers' process is locked in memory.
    CHECKER_NO_SWAP: () = lvs("checker_no_swap", takes::FLAG).default("off");
    /// Real-time priority (SCHED_RR) of that process.
    CHECKER_RT_PRIORITY: i64 = lvs("checker_rt_priority", number(1, 99).form());
    /// The processors on which that process runs.
    CHECKER_CPU_AFFINITY: Words = lvs("checker_cpu_affinity", CPUS).default("all");
    /// RLIMIT_RTTIME of that process.
    CHECKER_RLIMIT_RTTIME: i64 = lvs("checker_rlimit_rttime", CPU_TIME).default("10000");
    /// Old name of `checker_rlimit_rttime`.
    CHECKER_RLIMIT_RTIME: i64 = lvs("checker_rlimit_rtime", CPU_TIME);
    /// SNMP tells of virtual and real servers.
    ENABLE_SNMP_CHECKER: () = lvs("enable_snmp_checker", takes::FLAG).default("off");
    /// Age of statistics of virtual servers that SNMP may tell.
    SNMP_VS_STATS_UPDATE_INTERVAL: Micros = lvs("snmp_vs_stats_update_interval", STATISTICS)
        .since("2.3.0").default("5");
    /// Age of statistics of real servers that SNMP may tell.
    SNMP_RS_STATS_UPDATE_INTERVAL: Micros = lvs("snmp_rs_stats_update_interval", STATISTICS)
        .since("2.3.0").default("that of `snmp_vs_stats_update_interval`");
    /// Receive buffer of the checkers' netlink commands.
    LVS_NETLINK_CMD_RCV_BUFS: i64 = lvs("lvs_netlink_cmd_rcv_bufs", BUFFER);
    /// That buffer may exceed `rmem_max`.
    LVS_NETLINK_CMD_RCV_BUFS_FORCE: Switch = lvs("lvs_netlink_cmd_rcv_bufs_force", takes::SWITCH).default("off");
    /// Receive buffer of the checkers' netlink notifications.
    LVS_NETLINK_MONITOR_RCV_BUFS: i64 = lvs("lvs_netlink_monitor_rcv_bufs", BUFFER);
    /// That buffer may exceed `rmem_max`.
    LVS_NETLINK_MONITOR_RCV_BUFS_FORCE: Switch = lvs("lvs_netlink_monitor_rcv_bufs_force", takes::SWITCH)
        .default("off");
    /// Scripts of real servers run at start as well.
    RS_INIT_NOTIFIES: Switch = lvs("rs_init_notifies", takes::SWITCH).default("off");
    /// No mail about health checkers.
    NO_CHECKER_EMAILS: Switch = lvs("no_checker_emails", takes::SWITCH).default("off");
}
