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
    CHECKER_PROCESS_NAME: Words = row("checker_process_name", NAME).help("Name of the health checkers' process.");
    LVS_PROCESS_NAME: Words = row("lvs_process_name", NAME).help("Old name of `checker_process_name`.");
    SMTP_ALERT_CHECKER: Switch = row("smtp_alert_checker", takes::SWITCH).help("Default of `smtp_alert` for health checkers.").default("off");
    CHECKER_LOG_ALL_FAILURES: Switch = row("checker_log_all_failures", takes::SWITCH).help("Each failed health check is logged.").default("off");
    LVS_TIMEOUTS: Words = row("lvs_timeouts", takes::words("[tcp SECONDS] [tcpfin SECONDS] [udp SECONDS]"))
            .help("Timeouts of IPVS connections.")
            .default("those of the kernel")
            .like("lvs_timeouts tcp 900 udp 300");
    LVS_FLUSH: () = row("lvs_flush", takes::FLAG).help("All IPVS services are removed at start.").default("off");
    LVS_FLUSH_ON_STOP: Words = row("lvs_flush_on_stop", FLUSH)
            .help("All IPVS services, or only the own ones, are removed at stop.")
            .default("off");
    LVS_FLUSH_ONSTOP: Words = row("lvs_flush_onstop", FLUSH).help("Old name of `lvs_flush_on_stop`.");
    LVS_SYNC_DAEMON: Words = row(
            "lvs_sync_daemon",
            takes::words("INTERFACE [[inst] INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group ADDRESS]"),
        )
        .help("The IPVS daemon that shares connections with other load balancers; it can follow a router's state.")
        .like("lvs_sync_daemon eth0 inst VI_1 id 1");
    NFTABLES_IPVS: Words = row("nftables_ipvs", takes::arguments(&[optional("TABLE", Kind::Short(254))]))
            .help("The nftables table of firewall marks.")
            .default("keepalived_ipvs");
    NFTABLES_IPVS_PRIORITY: i64 = row("nftables_ipvs_priority", number(-2_147_483_648, 2_147_483_647).exactly().form())
            .help("Priority of the chains in that table.")
            .default("-1");
    NFTABLES_IPVS_START_FWMARK: i64 = row("nftables_ipvs_start_fwmark", number(1, 4_294_967_295).exactly().form())
            .help("The first firewall mark that is used.")
            .default("1000");
    LVS_NOTIFY_FIFO: Words = row("lvs_notify_fifo", PIPE).help("Named pipe that reports what becomes of servers.");
    LVS_NOTIFY_FIFO_SCRIPT: Script = row("lvs_notify_fifo_script", takes::SCRIPT).help("Reader of that pipe.");
    CHECKER_PRIORITY: i64 = row("checker_priority", number(-20, 19).or(0).form())
            .help("Nice value of the health checkers' process.")
            .default("0");
    CHECKER_NO_SWAP: () = row("checker_no_swap", takes::FLAG).help("The health checkers' process is locked in memory.").default("off");
    CHECKER_RT_PRIORITY: i64 = row("checker_rt_priority", number(1, 99).form()).help("Real-time priority (SCHED_RR) of that process.");
    CHECKER_CPU_AFFINITY: Words = row("checker_cpu_affinity", CPUS).help("The processors on which that process runs.").default("all");
    CHECKER_RLIMIT_RTTIME: i64 = row("checker_rlimit_rttime", LIMIT).help("RLIMIT_RTTIME of that process.").default("10000");
    CHECKER_RLIMIT_RTIME: i64 = row("checker_rlimit_rtime", LIMIT).help("Old name of `checker_rlimit_rttime`.");
    ENABLE_SNMP_CHECKER: () = row("enable_snmp_checker", takes::FLAG).help("SNMP tells of virtual and real servers.").default("off");
    SNMP_VS_STATS_UPDATE_INTERVAL: Micros = row("snmp_vs_stats_update_interval", STATISTICS)
            .help("Age of statistics of virtual servers that SNMP may tell.")
            .default("5")
            .since("2.3.0");
    SNMP_RS_STATS_UPDATE_INTERVAL: Micros = row("snmp_rs_stats_update_interval", STATISTICS)
            .help("Age of statistics of real servers that SNMP may tell.")
            .default("that of `snmp_vs_stats_update_interval`")
            .since("2.3.0");
    LVS_NETLINK_CMD_RCV_BUFS: i64 = row("lvs_netlink_cmd_rcv_bufs", BUFFER).help("Receive buffer of the checkers' netlink commands.");
    LVS_NETLINK_CMD_RCV_BUFS_FORCE: Switch = row("lvs_netlink_cmd_rcv_bufs_force", takes::SWITCH).help("That buffer may exceed `rmem_max`.").default("off");
    LVS_NETLINK_MONITOR_RCV_BUFS: i64 = row("lvs_netlink_monitor_rcv_bufs", BUFFER).help("Receive buffer of the checkers' netlink notifications.");
    LVS_NETLINK_MONITOR_RCV_BUFS_FORCE: Switch = row("lvs_netlink_monitor_rcv_bufs_force", takes::SWITCH).help("That buffer may exceed `rmem_max`.").default("off");
    RS_INIT_NOTIFIES: Switch = row("rs_init_notifies", takes::SWITCH).help("Scripts of real servers run at start as well.").default("off");
    NO_CHECKER_EMAILS: Switch = row("no_checker_emails", takes::SWITCH).help("No mail about health checkers.").default("off");
}
