//! `global_defs { }`: what belongs to the load balancer.

use crate::keyword::{Block, Form, KeywordDef, Kind, TimeRange, many, number, one, optional};

const fn row(name: &'static str, form: Form) -> KeywordDef {
    KeywordDef::new(Block::Global, name, form).load_balancer()
}

const CPUS: Form = Form::Arguments(&[many("CPU", Kind::Number(number(0, 8191)))]);
const BUFFER: Form = number(0, 4_294_967_295).exactly().of("bytes").form();
const LIMIT: Form = number(1, 4_294_967_295).or(0).of("microseconds").form();
const STATISTICS: Form = Form::Time(TimeRange { min_micros: 1000, max_micros: 30_000_000 });
const NAME: Form = Form::Arguments(&[one("NAME", Kind::Short(15))]);
const FLUSH: Form = Form::Arguments(&[optional("VS", Kind::OneOf(&["VS"]))]);
const PIPE: Form =
    Form::Arguments(&[one("PATH", Kind::Word), optional("USER", Kind::Word), optional("GROUP", Kind::Word)]);

pub(crate) static ROWS: &[KeywordDef] = &[
    row("checker_process_name", NAME).help("Name of the health checkers' process."),
    row("lvs_process_name", NAME).help("Old name of `checker_process_name`."),
    row("smtp_alert_checker", Form::Switch).help("Default of `smtp_alert` for health checkers.").default("off"),
    row("checker_log_all_failures", Form::Switch).help("Each failed health check is logged.").default("off"),
    row("lvs_timeouts", Form::Words("[tcp SECONDS] [tcpfin SECONDS] [udp SECONDS]"))
        .help("Timeouts of IPVS connections.")
        .default("those of the kernel")
        .like("lvs_timeouts tcp 900 udp 300"),
    row("lvs_flush", Form::Flag).help("All IPVS services are removed at start.").default("off"),
    row("lvs_flush_on_stop", FLUSH)
        .help("All IPVS services, or only the own ones, are removed at stop.")
        .default("off"),
    row("lvs_flush_onstop", FLUSH).help("Old name of `lvs_flush_on_stop`."),
    row(
        "lvs_sync_daemon",
        Form::Words("INTERFACE [[inst] INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group ADDRESS]"),
    )
    .help("The IPVS daemon that shares connections with other load balancers; it can follow a router's state.")
    .like("lvs_sync_daemon eth0 inst VI_1 id 1"),
    row("nftables_ipvs", Form::Arguments(&[optional("TABLE", Kind::Short(254))]))
        .help("The nftables table of firewall marks.")
        .default("keepalived_ipvs"),
    row("nftables_ipvs_priority", number(-2_147_483_648, 2_147_483_647).exactly().form())
        .help("Priority of the chains in that table.")
        .default("-1"),
    row("nftables_ipvs_start_fwmark", number(1, 4_294_967_295).exactly().form())
        .help("The first firewall mark that is used.")
        .default("1000"),
    row("lvs_notify_fifo", PIPE).help("Named pipe that is told what becomes of servers."),
    row("lvs_notify_fifo_script", Form::Script).help("Reader of that pipe."),
    row("checker_priority", number(-20, 19).or(0).form())
        .help("Nice value of the health checkers' process.")
        .default("0"),
    row("checker_no_swap", Form::Flag).help("The health checkers' process is locked in memory.").default("off"),
    row("checker_rt_priority", number(1, 99).form()).help("Real-time priority (SCHED_RR) of that process."),
    row("checker_cpu_affinity", CPUS).help("The processors on which that process runs.").default("all"),
    row("checker_rlimit_rttime", LIMIT).help("RLIMIT_RTTIME of that process.").default("10000"),
    row("checker_rlimit_rtime", LIMIT).help("Old name of `checker_rlimit_rttime`."),
    row("enable_snmp_checker", Form::Flag).help("SNMP tells of virtual and real servers.").default("off"),
    row("snmp_vs_stats_update_interval", STATISTICS)
        .help("Age of statistics of virtual servers that SNMP may tell.")
        .default("5")
        .since("2.3.0"),
    row("snmp_rs_stats_update_interval", STATISTICS)
        .help("Age of statistics of real servers that SNMP may tell.")
        .default("that of `snmp_vs_stats_update_interval`")
        .since("2.3.0"),
    row("lvs_netlink_cmd_rcv_bufs", BUFFER).help("Receive buffer of the checkers' netlink commands."),
    row("lvs_netlink_cmd_rcv_bufs_force", Form::Switch).help("That buffer may exceed `rmem_max`.").default("off"),
    row("lvs_netlink_monitor_rcv_bufs", BUFFER).help("Receive buffer of the checkers' netlink notifications."),
    row("lvs_netlink_monitor_rcv_bufs_force", Form::Switch).help("That buffer may exceed `rmem_max`.").default("off"),
    row("rs_init_notifies", Form::Switch).help("Scripts of real servers run at start as well.").default("off"),
    row("no_checker_emails", Form::Switch).help("No mail about health checkers.").default("off"),
];
