//! `global_defs { }`: what belongs to the load balancer.

use crate::keyword::{Block, Kind, Micros, Row, Takes, TimeRange, Words, many, number, one, optional, rows, takes};
use crate::model::{Script, Switch};

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Global, name, takes).load_balancer()
}

const CPUS: Takes<Words> = takes::arguments(&[many("CPU", Kind::Number(number(0, 8191)))]);
const BUFFER: Takes<i64> = number(0, 4_294_967_295).exactly().of("bytes").form();
const LIMIT: Takes<i64> = number(1, 4_294_967_295).or(0).of("microseconds").form();
const STATISTICS: Takes<Micros> = takes::seconds(TimeRange { min_micros: 1000, max_micros: 30_000_000 });
const NAME: Takes<Words> = takes::arguments(&[one("NAME", Kind::Short(15))]);
const FLUSH: Takes<Words> = takes::arguments(&[optional("VS", Kind::OneOf(&["VS"]))]);
const PIPE: Takes<Words> =
    takes::arguments(&[one("PATH", Kind::Word), optional("USER", Kind::Word), optional("GROUP", Kind::Word)]);

rows! {
    /// Name of the health checkers' process.
    CHECKER_PROCESS_NAME: Words = row("checker_process_name", NAME);
    /// Old name of `checker_process_name`.
    LVS_PROCESS_NAME: Words = row("lvs_process_name", NAME);
    /// Default of `smtp_alert` for health checkers.
    SMTP_ALERT_CHECKER: Switch = row("smtp_alert_checker", takes::SWITCH).default("off");
    /// Each failed health check is logged.
    CHECKER_LOG_ALL_FAILURES: Switch = row("checker_log_all_failures", takes::SWITCH).default("off");
    /// Timeouts of IPVS connections.
    LVS_TIMEOUTS: Words = row("lvs_timeouts", takes::words("[tcp SECONDS] [tcpfin SECONDS] [udp SECONDS]"))
        .default("those of the kernel")
        .like("lvs_timeouts tcp 900 udp 300");
    /// All IPVS services are removed at start.
    LVS_FLUSH: () = row("lvs_flush", takes::FLAG).default("off");
    /// All IPVS services, or only the own ones, are removed at stop.
    LVS_FLUSH_ON_STOP: Words = row("lvs_flush_on_stop", FLUSH).default("off");
    /// Old name of `lvs_flush_on_stop`.
    LVS_FLUSH_ONSTOP: Words = row("lvs_flush_onstop", FLUSH);
    /// The IPVS daemon that shares connections with other load balancers; it can follow a router's state.
    LVS_SYNC_DAEMON: Words =
        row("lvs_sync_daemon", takes::words("INTERFACE [[inst] INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group ADDRESS]"))
        .like("lvs_sync_daemon eth0 inst VI_1 id 1");
    /// The nftables table of firewall marks.
    NFTABLES_IPVS: Words = row("nftables_ipvs", takes::arguments(&[optional("TABLE", Kind::Short(254))]))
        .default("keepalived_ipvs");
    /// Priority of the chains in that table.
    NFTABLES_IPVS_PRIORITY: i64 = row("nftables_ipvs_priority", number(-2_147_483_648, 2_147_483_647).exactly().form())
        .default("-1");
    /// The first firewall mark that is used.
    NFTABLES_IPVS_START_FWMARK: i64 = row("nftables_ipvs_start_fwmark", number(1, 4_294_967_295).exactly().form())
        .default("1000");
    /// Named pipe that reports what becomes of servers.
    LVS_NOTIFY_FIFO: Words = row("lvs_notify_fifo", PIPE);
    /// Reader of that pipe.
    LVS_NOTIFY_FIFO_SCRIPT: Script = row("lvs_notify_fifo_script", takes::SCRIPT);
    /// Nice value of the health checkers' process.
    CHECKER_PRIORITY: i64 = row("checker_priority", number(-20, 19).or(0).form()).default("0");
    /// The health checkers' process is locked in memory.
    CHECKER_NO_SWAP: () = row("checker_no_swap", takes::FLAG).default("off");
    /// Real-time priority (SCHED_RR) of that process.
    CHECKER_RT_PRIORITY: i64 = row("checker_rt_priority", number(1, 99).form());
    /// The processors on which that process runs.
    CHECKER_CPU_AFFINITY: Words = row("checker_cpu_affinity", CPUS).default("all");
    /// RLIMIT_RTTIME of that process.
    CHECKER_RLIMIT_RTTIME: i64 = row("checker_rlimit_rttime", LIMIT).default("10000");
    /// Old name of `checker_rlimit_rttime`.
    CHECKER_RLIMIT_RTIME: i64 = row("checker_rlimit_rtime", LIMIT);
    /// SNMP tells of virtual and real servers.
    ENABLE_SNMP_CHECKER: () = row("enable_snmp_checker", takes::FLAG).default("off");
    /// Age of statistics of virtual servers that SNMP may tell.
    SNMP_VS_STATS_UPDATE_INTERVAL: Micros = row("snmp_vs_stats_update_interval", STATISTICS)
        .since("2.3.0").default("5");
    /// Age of statistics of real servers that SNMP may tell.
    SNMP_RS_STATS_UPDATE_INTERVAL: Micros = row("snmp_rs_stats_update_interval", STATISTICS)
        .since("2.3.0").default("that of `snmp_vs_stats_update_interval`");
    /// Receive buffer of the checkers' netlink commands.
    LVS_NETLINK_CMD_RCV_BUFS: i64 = row("lvs_netlink_cmd_rcv_bufs", BUFFER);
    /// That buffer may exceed `rmem_max`.
    LVS_NETLINK_CMD_RCV_BUFS_FORCE: Switch = row("lvs_netlink_cmd_rcv_bufs_force", takes::SWITCH).default("off");
    /// Receive buffer of the checkers' netlink notifications.
    LVS_NETLINK_MONITOR_RCV_BUFS: i64 = row("lvs_netlink_monitor_rcv_bufs", BUFFER);
    /// That buffer may exceed `rmem_max`.
    LVS_NETLINK_MONITOR_RCV_BUFS_FORCE: Switch = row("lvs_netlink_monitor_rcv_bufs_force", takes::SWITCH)
        .default("off");
    /// Scripts of real servers run at start as well.
    RS_INIT_NOTIFIES: Switch = row("rs_init_notifies", takes::SWITCH).default("off");
    /// No mail about health checkers.
    NO_CHECKER_EMAILS: Switch = row("no_checker_emails", takes::SWITCH).default("off");
}
