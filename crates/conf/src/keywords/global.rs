//! `global_defs { }`: the keywords that do something.

use std::net::IpAddr;

use super::{LINGER, OURS};
use crate::keyword::{Block, Kind, Micros, Row, Takes, TimeRange, Words, number, one, optional, rows, takes};
use crate::model::{ScriptUser, Switch};

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Global, name, takes)
}

/// Longest time of the `garp` settings in whole seconds.
const GARP_SECS_MAX: i64 = 4294;

const START_DELAY: Takes<Micros> = takes::seconds(TimeRange { min_micros: 1000, max_micros: 4_294_970_000 });

const LEASE: Takes<Words> =
    takes::arguments(&[one("SECONDS", Kind::WordOrNumber(&["off"], number(3, 86_400).of("seconds").exactly()))]);

const METRICS: Takes<Words> =
    takes::arguments(&[one("ADDRESS", Kind::Word), optional("PORT", Kind::Number(number(1, 65_535)))]);

/// Gap between announcements; keepalived refuses an explicit 0.
const GAP: TimeRange = TimeRange { min_micros: 0, max_micros: 4_294_970_000 };

rows! {
    ROUTER_ID: String = row("router_id", takes::word("a name"))
        .also(&["lvs_id"])
        .help("Name of this machine in messages.")
        .default("the host name")
        .like("router_id left");
    DYNAMIC_INTERFACES: Words = row("dynamic_interfaces", takes::words("[allow_if_changes]"))
        .help("Routers wait for interfaces that are missing at start.")
        .default("a missing interface is an error")
        .like("dynamic_interfaces");
    SCRIPT_USER: ScriptUser = row("script_user", takes::USER)
        .help("Who runs scripts that name no user.")
        .default("keepalived_script if there is such a user");
    ENABLE_SCRIPT_SECURITY: () = row("enable_script_security", takes::FLAG)
        .also(&["script_security", "vrrp_script_security"])
        .help(
            "Scripts that others than root could change are not run as root; that is looked at each time before one runs: \
             every directory and link of its path, the file, its interpreter, and the script that an interpreter is given.",
        )
        .default("off")
        .differs(
            "without it `keepalived -t` exits with 6 as soon as there is a script; with it and without `script_user` \
             keepalived runs no script unless there is a user `keepalived_script`, where tanist runs it as root",
        );
    VRRP_VERSION: u8 = row("vrrp_version", number(2, 3).form())
        .help("Protocol version of IPv4 routers that name none. IPv6 routers speak version 3.")
        .default("2");
    VRRP_STRICT: Switch = row("vrrp_strict", takes::SWITCH)
        .help("Insists on the RFC: no authentication, addresses required, state by priority.")
        .default("off")
        .differs("keepalived before 2.3.0 takes `off` for on");
    VRRP_LOWER_PRIO_NO_ADVERT: Switch = row("vrrp_lower_prio_no_advert", takes::SWITCH)
        .help("A master does not answer an advertisement of lower priority.")
        .default("off; on with `vrrp_strict`");
    VRRP_HIGHER_PRIO_SEND_ADVERT: Switch = row("vrrp_higher_prio_send_advert", takes::SWITCH)
        .help("A master advertises once more before it yields to a higher priority.")
        .default("off");
    VRRP_SKIP_CHECK_ADV_ADDR: Switch = row("vrrp_skip_check_adv_addr", takes::SWITCH)
        .help("The addresses in advertisements are compared only when the master changes.")
        .default("off")
        .differs("keepalived before 2.3.0 takes `off` for on");
    VRRP_OWNER_IGNORE_ADVERTS: Switch = row("vrrp_owner_ignore_adverts", takes::SWITCH)
        .help("Owners ignore all advertisements: of two owners none yields.")
        .default("off; on with `vrrp_strict`")
        .since("2.3.3");
    VRRP_STARTUP_DELAY: Micros = row("vrrp_startup_delay", START_DELAY)
        .also(&["start_delay"])
        .help("How long routers wait after the start of the daemon, neither hearing nor speaking.")
        .differs("keepalived says BACKUP meanwhile; in tanist the router is not running, and no script runs")
        .default("0");
    VRRP_DELAY_AFTER_BOOT: Micros = row("vrrp_delay_after_boot", START_DELAY)
        .help("How long the machine must be up before routers start; if `vrrp_startup_delay` ends later, that counts.")
        .default("0")
        .since("2.4.0");
    TANIST_LINGER: Micros = row("tanist_linger", LINGER)
        .help("`tanist_linger` of routers that have none.")
        .differs(OURS)
        .like("tanist_linger 0");
    TANIST_LEASE: Words = row("tanist_lease", LEASE)
        .help(
            "How long the kernel keeps the addresses of a master whose daemon no longer renews them, because it was killed or \
             hangs, in whole seconds. A renewal is a netlink message for each address, after half that time. `off`: for ever.",
        )
        .differs(OURS)
        .default("120, or 10 for process 1 of a container; without a guardian the time after which a backup takes over, at least 3")
        .like("tanist_lease 30");
    TANIST_METRICS: Words = row("tanist_metrics", METRICS)
        .help(
            "Serves `/metrics` to Prometheus on this address, to everybody who reaches it; nothing else of the control socket, \
             which has it as well, but the status page, if `tanist_status_page` is written. The names and labels of exporters for keepalived are at `/metrics?names=keepalived`.",
        )
        .differs(OURS)
        .default("none; port 9165")
        .like("tanist_metrics 127.0.0.1 9165");
    TANIST_STATUS_PAGE: () = row("tanist_status_page", takes::FLAG)
        .help(
            "A page for browsers at `/` of the address of `tanist_metrics`: state, masters and addresses of all routers, what is \
             wrong, the last transitions. It can only be looked at, by everybody who reaches it.",
        )
        .differs(OURS)
        .default("off");
    ENABLE_DBUS: () = row("enable_dbus", takes::FLAG)
        .help(
            "Serves keepalived's interface `org.keepalived.Vrrp1` on the D-Bus system bus: names and states of routers, a signal for each \
             change; dumps, reload and announcements on demand. Who may ask for what says the policy of the bus.",
        )
        .differs(
            "keepalived gives up if there is no bus at its start, or when that ends; tanist waits for one, and tells the states again. \
             There is a signal `PropertiesChanged` as well",
        )
        .default("off");
    DBUS_SERVICE_NAME: String = row("dbus_service_name", takes::word("a name"))
        .help("Name of the service of `enable_dbus`, for each of several daemons its own. The policy of the bus must permit it.")
        .differs("keepalived heeds it at its start only")
        .default("org.keepalived.Vrrp1")
        .like("dbus_service_name org.keepalived.Vrrp1.blue");
    VRRP_DOWN_TIMER_ADVERTS: u8 = row("vrrp_down_timer_adverts", number(1, 100).form())
        .help("Missed advertisements before a backup takes over.")
        .default("3");
    V3_CHECKSUM_AS_V2: () = row("v3_checksum_as_v2", takes::FLAG)
        .help("VRRPv3 checksums over IPv4 leave out the pseudo-header, as RFC 9568 asks.")
        .differs("keepalived includes the pseudo-header unless configured otherwise")
        .default("as the master in charge does; with the pseudo-header until one was heard")
        .since("2.2.8");
    VRRP_GARP_MASTER_DELAY: u32 = row("vrrp_garp_master_delay", number(0, GARP_SECS_MAX).of("seconds").form())
            .also(&["vrrp_garp_delay"])
            .help("Time from the first burst of gratuitous ARP or NA of a new master to the second; 0: no second.")
            .default("5");
    VRRP_GARP_MASTER_REPEAT: u32 = row("vrrp_garp_master_repeat", number(1, 4_294_967_295).of("messages").or(1).form())
            .help("Messages in each of these bursts.")
            .default("5")
            .like("vrrp_garp_master_repeat 3");
    VRRP_GARP_MASTER_REFRESH: u32 = row("vrrp_garp_master_refresh", number(0, 4_294_967_295).of("seconds").or(0).form())
            .help("Period of announcements of a running master; 0: none.")
            .default("0")
            .like("vrrp_garp_master_refresh 60");
    VRRP_GARP_MASTER_REFRESH_REPEAT: u32 = row("vrrp_garp_master_refresh_repeat", number(1, 4_294_967_295).of("messages").or(1).form())
            .help("Messages in each period.")
            .default("1")
            .like("vrrp_garp_master_refresh_repeat 2");
    VRRP_GARP_LOWER_PRIO_DELAY: u32 = row("vrrp_garp_lower_prio_delay", number(0, GARP_SECS_MAX).of("seconds").form())
            .help("As `vrrp_garp_master_delay`, after a master heard a lower priority.")
            .default("that of `vrrp_garp_master_delay`");
    VRRP_GARP_LOWER_PRIO_REPEAT: u32 = row("vrrp_garp_lower_prio_repeat", number(0, 2_147_483_647).of("messages").form())
            .help("As `vrrp_garp_master_repeat`, after a master heard a lower priority; 0: none.")
            .default("that of `vrrp_garp_master_repeat`")
            .like("vrrp_garp_lower_prio_repeat 1");
    VRRP_MIN_GARP: Switch = row("vrrp_min_garp", takes::SWITCH)
        .help("One announcement and nothing more, where the `vrrp_garp_master_*` keywords say nothing else.")
        .default("off")
        .differs("keepalived takes only what is before it into account, and sets the messages of a refresh to 0");
    VRRP_GARP_INTERVAL: Micros = row("vrrp_garp_interval", takes::seconds(GAP))
        .help("Least time between two gratuitous ARPs on one interface, in seconds.")
        .default("none")
        .differs("keepalived refuses 0")
        .like("vrrp_garp_interval 0.001");
    VRRP_GNA_INTERVAL: Micros = row("vrrp_gna_interval", takes::seconds(GAP))
        .help("Least time between two unsolicited NAs on one interface, in seconds.")
        .default("none")
        .differs("keepalived refuses 0")
        .like("vrrp_gna_interval 0.001");
    VRRP_MCAST_GROUP4: IpAddr = row("vrrp_mcast_group4", takes::ADDRESS)
        .also(&["vrrp_mcast_group"])
        .help("The multicast group of IPv4 routers.")
        .default("224.0.0.18")
        .like("vrrp_mcast_group4 224.0.0.18");
    VRRP_MCAST_GROUP6: IpAddr = row("vrrp_mcast_group6", takes::ADDRESS)
        .help("The multicast group of IPv6 routers.")
        .default("ff02::12")
        .like("vrrp_mcast_group6 ff02::12");
    VRRP_CHECK_UNICAST_SRC: () = row("vrrp_check_unicast_src", takes::FLAG)
        .help("Unicast routers take advertisements from configured peers only.")
        .default("off");
    DEFAULT_INTERFACE: String = row("default_interface", takes::INTERFACE).help("Interface of static addresses that name none.").default("eth0");
    IPROUTE_USR_DIR: String = row("iproute_usr_dir", takes::word("a path"))
        .help("Where iproute2 keeps the names of tables, scopes, protocols, TOS, realms and groups of interfaces.")
        .default("/usr/share/iproute2 and /usr/lib/iproute2")
        .since("2.3.0");
    IPROUTE_ETC_DIR: String = row("iproute_etc_dir", takes::word("a path"))
        .help("Where names are kept that override those in `iproute_usr_dir`.")
        .default("/etc/iproute2")
        .since("2.3.0");
}
