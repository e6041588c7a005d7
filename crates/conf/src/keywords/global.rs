//! `global_defs { }`: the keywords that do something.

use std::net::IpAddr;

use super::{LINGER, OURS, announce};
use crate::keyword::{Block, Kind, Micros, Row, Takes, TimeRange, Words, number, one, optional, rows, takes};
use crate::model::{ScriptUser, Switch};

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Global, name, takes)
}

const START_DELAY: Takes<Micros> = takes::seconds(TimeRange { min_micros: 1000, max_micros: 4_294_970_000 });

const LEASE: Takes<Words> =
    takes::arguments(&[one("SECONDS", Kind::WordOrNumber(&["off"], number(3, 86_400).of("seconds").exactly()))]);

const METRICS: Takes<Words> =
    takes::arguments(&[one("ADDRESS", Kind::Word), optional("PORT", Kind::Number(number(1, 65_535)))]);

rows! {
    /// Name of this machine in messages.
    ROUTER_ID: String = row("router_id", takes::word("a name")).also(&["lvs_id"]).default("the host name").like("left");
    /// Routers wait for interfaces that are missing at start.
    DYNAMIC_INTERFACES: Words = row("dynamic_interfaces", takes::words("[allow_if_changes]"))
        .default("a missing interface is an error").example("dynamic_interfaces");
    /// Who runs scripts that name no user.
    SCRIPT_USER: ScriptUser = row("script_user", takes::USER).default("keepalived_script if there is such a user");
    /// Scripts that others than root could change are not run as root; that is looked at each time before one runs:
    /// every directory and link of its path, the file, its interpreter, and the script that an interpreter is given.
    ENABLE_SCRIPT_SECURITY: () = row("enable_script_security", takes::FLAG)
        .also(&["script_security", "vrrp_script_security"]).default("off")
        .differs("without it `keepalived -t` exits with 6 as soon as there is a script; with it and without \
                  `script_user` keepalived runs no script unless there is a user `keepalived_script`, where tanist \
                  runs it as root");
    /// Protocol version of IPv4 routers that name none. IPv6 routers speak version 3.
    VRRP_VERSION: u8 = row("vrrp_version", number(2, 3).form()).default("2");
    /// Insists on the RFC: no authentication, addresses required, state by priority.
    VRRP_STRICT: Switch = row("vrrp_strict", takes::SWITCH).default("off")
        .differs("keepalived before 2.3.0 takes `off` for on");
    /// A master does not answer an advertisement of lower priority.
    VRRP_LOWER_PRIO_NO_ADVERT: Switch = row("vrrp_lower_prio_no_advert", takes::SWITCH)
        .default("off; on with `vrrp_strict`");
    /// A master advertises once more before it yields to a higher priority.
    VRRP_HIGHER_PRIO_SEND_ADVERT: Switch = row("vrrp_higher_prio_send_advert", takes::SWITCH).default("off");
    /// The addresses in advertisements are compared only when the master changes.
    VRRP_SKIP_CHECK_ADV_ADDR: Switch = row("vrrp_skip_check_adv_addr", takes::SWITCH).default("off")
        .differs("keepalived before 2.3.0 takes `off` for on");
    /// Owners ignore all advertisements: of two owners none yields.
    VRRP_OWNER_IGNORE_ADVERTS: Switch = row("vrrp_owner_ignore_adverts", takes::SWITCH)
        .since("2.3.3").default("off; on with `vrrp_strict`");
    /// How long routers wait after the start of the daemon, neither hearing nor speaking.
    VRRP_STARTUP_DELAY: Micros = row("vrrp_startup_delay", START_DELAY).also(&["start_delay"]).default("0")
        .differs("keepalived says BACKUP meanwhile; in tanist the router is not running, and no script runs");
    /// How long the machine must be up before routers start; if `vrrp_startup_delay` ends later, that counts.
    VRRP_DELAY_AFTER_BOOT: Micros = row("vrrp_delay_after_boot", START_DELAY).since("2.4.0").default("0");
    /// `tanist_linger` of routers that have none.
    TANIST_LINGER: Micros = row("tanist_linger", LINGER).like("0").differs(OURS);
    /// How long the kernel keeps the addresses of a master whose daemon no longer renews them, because it was killed or
    /// hangs, in whole seconds. A renewal is a netlink message for each address, after half that time. `off`: for ever.
    TANIST_LEASE: Words = row("tanist_lease", LEASE)
        .default("120, or 10 for process 1 of a container; without a guardian the time after which a backup takes \
                  over, at least 3")
        .like("30").differs(OURS);
    /// Serves `/metrics` to Prometheus on this address, to everybody who reaches it; nothing else of the control
    /// socket, which has it as well, but the status page, if `tanist_status_page` is written. The names and labels of
    /// exporters for keepalived are at `/metrics?names=keepalived`.
    TANIST_METRICS: Words = row("tanist_metrics", METRICS).default("none; port 9165").like("127.0.0.1 9165")
        .differs(OURS);
    /// A page for browsers at `/` of the address of `tanist_metrics`: state, masters and addresses of all routers, what
    /// is wrong, the last transitions. It can only be looked at, by everybody who reaches it.
    TANIST_STATUS_PAGE: () = row("tanist_status_page", takes::FLAG).default("off").differs(OURS);
    /// Serves keepalived's interface `org.keepalived.Vrrp1` on the D-Bus system bus: names and states of routers, a
    /// signal for each change; dumps, reload and announcements on demand. Who may ask for what says the policy of the
    /// bus.
    ENABLE_DBUS: () = row("enable_dbus", takes::FLAG).default("off")
        .differs("keepalived gives up if there is no bus at its start, or when that ends; tanist waits for one, and \
                  tells the states again. There is a signal `PropertiesChanged` as well");
    /// Name of the service of `enable_dbus`, for each of several daemons its own. The policy of the bus must permit it.
    DBUS_SERVICE_NAME: String = row("dbus_service_name", takes::word("a name"))
        .default("org.keepalived.Vrrp1").like("org.keepalived.Vrrp1.blue")
        .differs("keepalived heeds it at its start only");
    /// Missed advertisements before a backup takes over.
    VRRP_DOWN_TIMER_ADVERTS: u8 = row("vrrp_down_timer_adverts", number(1, 100).form()).default("3");
    /// VRRPv3 checksums over IPv4 leave out the pseudo-header, as RFC 9568 asks.
    V3_CHECKSUM_AS_V2: () = row("v3_checksum_as_v2", takes::FLAG)
        .since("2.2.8").default("as the master in charge does; with the pseudo-header until one was heard")
        .differs("keepalived includes the pseudo-header unless configured otherwise");
    /// Time from the first burst of gratuitous ARP or NA of a new master to the second; 0: no second.
    VRRP_GARP_MASTER_DELAY: u32 = row("vrrp_garp_master_delay", announce::DELAY)
        .also(&["vrrp_garp_delay"]).default("5");
    /// Messages in each of these bursts.
    VRRP_GARP_MASTER_REPEAT: u32 = row("vrrp_garp_master_repeat", announce::REPEAT).default("5").like("3");
    /// Period of announcements of a running master; 0: none.
    VRRP_GARP_MASTER_REFRESH: u32 = row("vrrp_garp_master_refresh", announce::REFRESH).default("0").like("60");
    /// Messages in each period.
    VRRP_GARP_MASTER_REFRESH_REPEAT: u32 = row("vrrp_garp_master_refresh_repeat", announce::REPEAT)
        .default("1").like("2");
    /// As `vrrp_garp_master_delay`, after a master heard a lower priority.
    VRRP_GARP_LOWER_PRIO_DELAY: u32 = row("vrrp_garp_lower_prio_delay", announce::DELAY)
        .default("that of `vrrp_garp_master_delay`");
    /// As `vrrp_garp_master_repeat`, after a master heard a lower priority; 0: none.
    VRRP_GARP_LOWER_PRIO_REPEAT: u32 = row("vrrp_garp_lower_prio_repeat", announce::LOWER_PRIO_REPEAT)
        .default("that of `vrrp_garp_master_repeat`").like("1");
    /// One announcement and nothing more, where the `vrrp_garp_master_*` keywords say nothing else.
    VRRP_MIN_GARP: Switch = row("vrrp_min_garp", takes::SWITCH).default("off")
        .differs("keepalived takes only what is before it into account, and sets the messages of a refresh to 0");
    /// Least time between two gratuitous ARPs on one interface, in seconds.
    VRRP_GARP_INTERVAL: Micros = row("vrrp_garp_interval", announce::GAP).default("none").like("0.001")
        .differs("keepalived refuses 0");
    /// Least time between two unsolicited NAs on one interface, in seconds.
    VRRP_GNA_INTERVAL: Micros = row("vrrp_gna_interval", announce::GAP).default("none").like("0.001")
        .differs("keepalived refuses 0");
    /// The multicast group of IPv4 routers.
    VRRP_MCAST_GROUP4: IpAddr = row("vrrp_mcast_group4", takes::ADDRESS)
        .also(&["vrrp_mcast_group"]).default("224.0.0.18").like("224.0.0.18");
    /// The multicast group of IPv6 routers.
    VRRP_MCAST_GROUP6: IpAddr = row("vrrp_mcast_group6", takes::ADDRESS).default("ff02::12").like("ff02::12");
    /// Unicast routers take advertisements from configured peers only.
    VRRP_CHECK_UNICAST_SRC: () = row("vrrp_check_unicast_src", takes::FLAG).default("off");
    /// Interface of static addresses that name none.
    DEFAULT_INTERFACE: String = row("default_interface", takes::INTERFACE).default("eth0");
    /// Where iproute2 keeps the names of tables, scopes, protocols, TOS, realms and groups of interfaces.
    IPROUTE_USR_DIR: String = row("iproute_usr_dir", takes::word("a path"))
        .since("2.3.0").default("/usr/share/iproute2 and /usr/lib/iproute2");
    /// Where names are kept that override those in `iproute_usr_dir`.
    IPROUTE_ETC_DIR: String = row("iproute_etc_dir", takes::word("a path")).since("2.3.0").default("/etc/iproute2");
}
