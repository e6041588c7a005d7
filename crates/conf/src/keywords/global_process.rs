//! `global_defs { }`: processes, buffers, interfaces and firewall of keepalived, most of which tanist does without.

use super::instance::VMAC_MODE;
use crate::keyword::{Block, Kind, Number, Repeat, Row, Takes, Words, many, number, one, optional, rows, takes, up_to};
use crate::model::Switch;

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
const CPU_TIME: Takes<i64> = number(1, 4_294_967_295).or(0).of("microseconds").form();
const BUFFER: Takes<i64> = UNSIGNED.exactly().of("bytes").form();
const EXTRA: Takes<Words> = takes::arguments(&[
    optional("all", Kind::OneOf(&["all"])),
    one("SECONDS", Kind::Number(number(1, 86_400).of("seconds"))),
]);

const REAL_TIME_ANYWAY: &str =
    "keepalived has none unless this is written, and takes the nearest number that the system allows";
const NEAREST: &str = "keepalived takes the nearest number that the system allows";

rows! {
    /// The processes get names of their own.
    PROCESS_NAMES: () = process("process_names", takes::FLAG).default("off");
    /// Name of the parent process.
    PROCESS_NAME_ROW: Words = process("process_name", PROCESS_NAME).default("keepalived");
    /// Name of the VRRP process.
    VRRP_PROCESS_NAME: Words = process("vrrp_process_name", PROCESS_NAME).default("that of the parent process");
    /// Name of the BFD process.
    BFD_PROCESS_NAME: Words = process("bfd_process_name", PROCESS_NAME).default("that of the parent process");
    /// Nice value of the threads that speak VRRP and hold its addresses, where they may not run in real time.
    VRRP_PRIORITY: i8 = row("vrrp_priority", NICE).default("0").like("vrrp_priority -20");
    /// The VRRP process is locked in memory.
    VRRP_NO_SWAP: () = row("vrrp_no_swap", takes::FLAG).default("off")
        .no_effect("the daemon is locked in memory wherever the system permits it");
    /// Real-time priority (SCHED_RR) of the thread that speaks VRRP; that of the one that holds its addresses is one
    /// less.
    VRRP_RT_PRIORITY: u8 = row("vrrp_rt_priority", REAL_TIME).default("50").differs(REAL_TIME_ANYWAY)
        .like("vrrp_rt_priority 20");
    /// The processors on which these threads run.
    VRRP_CPU_AFFINITY: Words = row("vrrp_cpu_affinity", CPUS).default("all that the daemon may use")
        .like("vrrp_cpu_affinity 0 1");
    /// A second process stands in for a daemon that dies or hangs: it says priority 0 in its name at once, holds its
    /// addresses until another router is heard, and undoes everything that a dead daemon has left.
    TANIST_GUARDIAN: Switch = row("tanist_guardian", takes::SWITCH).default("on")
        .differs("keepalived has none: its addresses stay when it is killed or hangs")
        .like("tanist_guardian off");
    /// Real-time CPU time without a blocking call after which the VRRP process is ended (RLIMIT_RTTIME).
    VRRP_RLIMIT_RTTIME: i64 = watched("vrrp_rlimit_rttime", CPU_TIME).default("10000").like("vrrp_rlimit_rttime 10000");
    /// Old name of `vrrp_rlimit_rttime`.
    VRRP_RLIMIT_RTIME: i64 = watched("vrrp_rlimit_rtime", CPU_TIME).like("vrrp_rlimit_rtime 10000");
    /// Nice value of the BFD process.
    BFD_PRIORITY: i8 = process("bfd_priority", NICE).default("0");
    /// The BFD process is locked in memory.
    BFD_NO_SWAP: () = process("bfd_no_swap", takes::FLAG).default("off");
    /// Real-time priority (SCHED_RR) of the BFD process.
    BFD_RT_PRIORITY: u8 = process("bfd_rt_priority", REAL_TIME).differs(NEAREST);
    /// The processors on which the BFD process runs.
    BFD_CPU_AFFINITY: Words = process("bfd_cpu_affinity", CPUS).default("all").like("bfd_cpu_affinity 0 1");
    /// Real-time CPU time without a blocking call after which the BFD process is ended (RLIMIT_RTTIME).
    BFD_RLIMIT_RTTIME: i64 = process("bfd_rlimit_rttime", CPU_TIME).default("10000").like("bfd_rlimit_rttime 10000");
    /// Old name of `bfd_rlimit_rttime`.
    BFD_RLIMIT_RTIME: i64 = process("bfd_rlimit_rtime", CPU_TIME).like("bfd_rlimit_rtime 10000");
    /// Real-time priority up to which a process that runs late raises its own; without a number the highest.
    MAX_AUTO_PRIORITY: Words =
        realtime("max_auto_priority", takes::arguments(&[optional("PRIORITY", Kind::Number(number(-1, 99)))]))
        .default("0: never");
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
    VRRP_RX_BUFS_POLICY: Words =
        adverts("vrrp_rx_bufs_policy", takes::arguments(&[many("BYTES", Kind::WordOrNumber(&["MTU", "ADVERT"], UNSIGNED.exactly()))]))
        .default("the system's size");
    /// The multiple that `vrrp_rx_bufs_policy` uses.
    VRRP_RX_BUFS_MULTIPLIER: i64 = adverts("vrrp_rx_bufs_multiplier", number(1, 4_294_967_295).exactly().form())
        .default("3")
        .like("vrrp_rx_bufs_multiplier 3");
    /// The nftables table for virtual MACs and `no_accept`.
    NFTABLES: Words = row("nftables", takes::arguments(&[optional("TABLE", Kind::Short(254))]))
        .repeats(Repeat::First).default("keepalived, when one is needed")
        .no_effect("virtual MACs need none, and that of `no_accept` has a name by which what a killed daemon left is \
                    found");
    /// Where `no_accept` and strict mode drop packets, among the chains of others on the hook `input`: those with lower
    /// numbers come before. Filters usually stand at 0.
    NFTABLES_PRIORITY: i32 = row("nftables_priority", number(-2_147_483_648, 2_147_483_647).exactly().form())
        .default("-1")
        .differs("keepalived's chain is also on the hook `output`, and drops what is sent from the addresses")
        .like("nftables_priority -1");
    /// Sets of link-local addresses use interface indexes.
    NFTABLES_IFINDEX: () = row("nftables_ifindex", takes::FLAG).default("off")
        .no_effect("they always do, and follow an index that changes");
    /// The rules in that table have counters.
    NFTABLES_COUNTERS: () = row("nftables_counters", takes::FLAG).default("off")
        .no_effect("packets are always counted, by address: `tanist status` shows how many a router dropped");
    /// The chains of iptables for virtual MACs and `no_accept`.
    VRRP_IPTABLES: Words =
        row("vrrp_iptables", takes::arguments(&[optional("INPUT", Kind::Short(27)), optional("OUTPUT", Kind::Short(27))]))
        .repeats(Repeat::First).default("nftables")
        .no_effect("virtual MACs need none, and `no_accept` uses an nftables table, which drops before chains of \
                    iptables");
    /// Names of the ipsets that go with `vrrp_iptables`; none: no ipsets.
    VRRP_IPSETS: Words = row("vrrp_ipsets", takes::arguments(&[up_to(6, "NAME", Kind::Short(30))]))
        .no_effect("the nftables table of `no_accept` has sets of its own");
    /// `garp_extra_if` of routers that have none.
    VRRP_GARP_EXTRA_IF: Words = row("vrrp_garp_extra_if", EXTRA)
        .default("60 seconds, for virtual MACs alone, unless `garp_master_refresh` repeats all announcements; in \
                  keepalived none")
        .like("vrrp_garp_extra_if all 60");
    /// Old name of `vrrp_garp_extra_if`.
    VRRP_VMAC_GARP_INTVL: Words = row("vrrp_vmac_garp_intvl", EXTRA).like("vrrp_vmac_garp_intvl 60");
    /// Advertisements with VRIDs that are not configured on the interface are logged, of each once a minute. (All are
    /// received then, and counted.)
    LOG_UNKNOWN_VRIDS: () = row("log_unknown_vrids", takes::FLAG).default("off");
    /// `tanist_vmac_mode` of routers that have none.
    TANIST_VMAC_MODE: String = row("tanist_vmac_mode", VMAC_MODE).default("`bridge`")
        .differs("keepalived does not know it")
        .like("tanist_vmac_mode private");
    /// First part of the names of virtual MAC interfaces without a name of their own: PREFIX.VRID, or PREFIX6.VRID
    /// (IPv6), PREFIX1.VRID, PREFIX2.VRID, ... where that is taken. It is cut so that a name has 15 bytes at most.
    VMAC_PREFIX: String = row("vmac_prefix", takes::word("a prefix")).repeats(Repeat::First).default("vrrp")
        .like("vmac_prefix vmac");
    /// The same for the interfaces that `use_vmac_addr` and the `use_vmac` of an address make.
    VMAC_ADDR_PREFIX: String = row("vmac_addr_prefix", takes::word("a prefix"))
        .repeats(Repeat::First).default("that of `vmac_prefix`")
        .like("vmac_addr_prefix vaddr");
    /// The machine sends no IGMP reports for 224.0.0.0/24.
    DISABLE_LOCAL_IGMP: () = row("disable_local_igmp", takes::FLAG).default("off")
        .differs("keepalived clears `net.ipv4.igmp_link_local_mcast_reports` and sets it again at exit")
        .declined("it is a setting of the whole machine; the reports are few and harm nobody");
}
