//! `global_defs { }`: the keywords that change nothing here, not yet or for good.

use crate::keyword::{Block, Form, KeywordDef, Repeat};

const fn words(name: &'static str) -> KeywordDef {
    KeywordDef::new(Block::Global, name, Form::Words("as in keepalived")).repeats(Repeat::All)
}

const fn list(name: &'static str) -> KeywordDef {
    KeywordDef::new(Block::Global, name, Form::Skipped).repeats(Repeat::All)
}

const fn mail(name: &'static str) -> KeywordDef {
    words(name).help("Mail about changes.").not_yet("no mail is sent")
}

const fn process(name: &'static str) -> KeywordDef {
    words(name)
        .help("Name or scheduling of keepalived's processes.")
        .no_effect("there are no such processes; the thread that speaks VRRP is scheduled and locked in memory anyway")
}

const fn buffers(name: &'static str) -> KeywordDef {
    words(name)
        .help("Size of socket buffers.")
        .no_effect("few sockets serve all routers, and what overflows is read again from the kernel")
}

const fn firewall(name: &'static str) -> KeywordDef {
    words(name)
        .help("Firewall tables for virtual MACs and `no_accept`.")
        .no_effect("virtual MACs need no firewall rules here")
}

const fn pipe(name: &'static str) -> KeywordDef {
    words(name).help("A pipe that is told every change.").not_yet("nothing is written to the pipe")
}

const fn snmp(name: &'static str) -> KeywordDef {
    words(name).help("SNMP.").not_yet("there is no SNMP")
}

const fn bus(name: &'static str) -> KeywordDef {
    words(name).help("D-Bus.").not_yet("there is no D-Bus service")
}

const fn dump(name: &'static str) -> KeywordDef {
    words(name)
        .help("Files that keepalived writes about itself.")
        .no_effect("`tanist status` and `tanist events` tell this at any time")
}

const fn load_balancer(name: &'static str) -> KeywordDef {
    words(name).help("A setting of the load balancer.").load_balancer()
}

pub(crate) static ROWS: &[KeywordDef] = &[
    list("notification_email").help("Who gets mail about changes.").not_yet("no mail is sent"),
    mail("notification_email_from"),
    mail("smtp_server"),
    mail("smtp_helo_name"),
    mail("smtp_connect_timeout"),
    mail("smtp_alert"),
    mail("smtp_alert_vrrp"),
    mail("no_email_faults"),
    process("process_names"),
    process("process_name"),
    process("vrrp_process_name"),
    process("bfd_process_name"),
    process("vrrp_priority"),
    process("vrrp_no_swap"),
    process("vrrp_rt_priority"),
    process("vrrp_cpu_affinity"),
    process("vrrp_rlimit_rttime"),
    process("vrrp_rlimit_rtime"),
    process("bfd_priority"),
    process("bfd_no_swap"),
    process("bfd_rt_priority"),
    process("bfd_cpu_affinity"),
    process("bfd_rlimit_rttime"),
    process("bfd_rlimit_rtime"),
    process("max_auto_priority"),
    process("min_auto_priority_delay"),
    words("umask").help("File creation mask.").no_effect("files are made with a fixed mask"),
    words("random_seed").help("Seed of `${_RANDOM}`.").no_effect("it has no effect in keepalived either"),
    words("startup_script").help("A command to run at start.").not_yet("the script is not run"),
    words("startup_script_timeout").help("Longest time of `startup_script`.").not_yet("that script is not run"),
    words("shutdown_script").help("A command to run at exit.").not_yet("the script is not run"),
    words("shutdown_script_timeout").help("Longest time of `shutdown_script`.").not_yet("that script is not run"),
    words("use_symlink_paths")
        .help("Keeps symbolic links in script paths.")
        .since("2.3.0")
        .no_effect("links are never resolved"),
    words("set_supplementary_groups")
        .help("Scripts get all groups of their user.")
        .not_yet("scripts run with one group"),
    pipe("notify_fifo"),
    pipe("notify_fifo_script"),
    pipe("vrrp_notify_fifo"),
    pipe("vrrp_notify_fifo_script"),
    pipe("vrrp_notify_priority_changes"),
    pipe("fifo_write_vrrp_states_on_reload"),
    words("vrrp_garp_extra_if")
        .help("Repeats announcements on further interfaces.")
        .not_yet("they are not repeated there"),
    words("vrrp_vmac_garp_intvl").help("Old name of `vrrp_garp_extra_if`.").not_yet("they are not repeated there"),
    words("vrrp_check_unicast_src")
        .help("Takes unicast only from configured peers.")
        .no_effect("unicast is never taken from others"),
    words("vrrp_skip_check_adv_addr")
        .help("Compares address lists only when the master changes.")
        .no_effect("comparing them costs next to nothing"),
    words("vrrp_owner_ignore_adverts")
        .help("Owners ignore advertisements.")
        .since("2.3.3")
        .not_yet("owners hear them; none can displace an owner"),
    words("vrrp_startup_delay").help("Waits after start.").not_yet("routers start at once"),
    words("vrrp_delay_after_boot").help("Waits after boot.").since("2.4.0").not_yet("routers start at once"),
    words("log_unknown_vrids")
        .help("Tells of advertisements for VRIDs that are not configured.")
        .not_yet("they are counted, not told one by one"),
    words("vmac_prefix")
        .help("First part of the names of virtual MAC interfaces.")
        .not_yet("they are named `vrrp.VRID`"),
    words("vmac_addr_prefix")
        .help("First part of the names of interfaces of single addresses.")
        .not_yet("there are no such interfaces"),
    words("default_interface")
        .help("Interface of static addresses that name none.")
        .not_yet("static addresses are not added"),
    words("disable_local_igmp")
        .help("Stops IGMP reports for 224.0.0.0/24.")
        .declined("it is a setting of the whole machine; the reports are few and harm nobody")
        .differs("keepalived clears `net.ipv4.igmp_link_local_mcast_reports` and sets it again at exit"),
    buffers("vrrp_netlink_cmd_rcv_bufs"),
    buffers("vrrp_netlink_cmd_rcv_bufs_force"),
    buffers("vrrp_netlink_monitor_rcv_bufs"),
    buffers("vrrp_netlink_monitor_rcv_bufs_force"),
    buffers("process_monitor_rcv_bufs"),
    buffers("process_monitor_rcv_bufs_force"),
    buffers("vrrp_rx_bufs_policy"),
    buffers("vrrp_rx_bufs_multiplier"),
    firewall("nftables"),
    firewall("nftables_priority"),
    firewall("nftables_ifindex"),
    firewall("nftables_counters"),
    firewall("vrrp_iptables"),
    firewall("vrrp_ipsets"),
    snmp("snmp_socket"),
    snmp("enable_traps"),
    snmp("enable_snmp_vrrp"),
    snmp("enable_snmp_keepalived"),
    snmp("enable_snmp_rfc"),
    snmp("enable_snmp_rfcv2"),
    snmp("enable_snmp_rfcv3"),
    bus("enable_dbus"),
    bus("dbus_service_name"),
    bus("dbus_no_interface_name"),
    KeywordDef::new(Block::Global, "include_check", Form::Words("[[+|-]read|match|wildcard_match|brace_match …]"))
        .repeats(Repeat::All)
        .help("What no `include` behind it in the file may fail in; without a word, anything.")
        .differs("what keepalived would stop at is an error, and the rest is read")
        .like("include_check match"),
    words("tmp_config_directory").help("Where the configuration is copied.").no_effect("it is kept in memory"),
    words("config_save_dir").help("Copies of the configuration.").no_effect("no copies are made"),
    words("reload_check_config")
        .help("Checks a new configuration before it is used.")
        .no_effect("a reload with errors never changes anything"),
    words("reload_time_file").help("A time at which to reload.").not_yet("only a signal reloads"),
    words("reload_repeat").help("Reloads every day.").not_yet("only a signal reloads"),
    words("reload_file").help("A file that is there during a reload.").not_yet("it is not made"),
    dump("data_use_instance"),
    dump("json_version"),
    dump("state_dump_file"),
    dump("stats_dump_file"),
    dump("json_dump_file"),
    words("iproute_usr_dir").help("Where iproute2 keeps its names.").not_yet("only built-in names are known"),
    words("iproute_etc_dir").help("Where iproute2 keeps its names.").not_yet("only built-in names are known"),
    load_balancer("checker_process_name"),
    load_balancer("lvs_process_name"),
    load_balancer("smtp_alert_checker"),
    load_balancer("checker_log_all_failures"),
    load_balancer("lvs_timeouts"),
    load_balancer("lvs_flush"),
    load_balancer("lvs_flush_on_stop"),
    load_balancer("lvs_flush_onstop"),
    load_balancer("lvs_sync_daemon"),
    load_balancer("nftables_ipvs"),
    load_balancer("nftables_ipvs_priority"),
    load_balancer("nftables_ipvs_start_fwmark"),
    load_balancer("lvs_notify_fifo"),
    load_balancer("lvs_notify_fifo_script"),
    load_balancer("checker_priority"),
    load_balancer("checker_no_swap"),
    load_balancer("checker_rt_priority"),
    load_balancer("checker_cpu_affinity"),
    load_balancer("checker_rlimit_rttime"),
    load_balancer("checker_rlimit_rtime"),
    load_balancer("enable_snmp_checker"),
    load_balancer("snmp_vs_stats_update_interval"),
    load_balancer("snmp_rs_stats_update_interval"),
    load_balancer("lvs_netlink_cmd_rcv_bufs"),
    load_balancer("lvs_netlink_cmd_rcv_bufs_force"),
    load_balancer("lvs_netlink_monitor_rcv_bufs"),
    load_balancer("lvs_netlink_monitor_rcv_bufs_force"),
    load_balancer("rs_init_notifies"),
    load_balancer("no_checker_emails"),
];
