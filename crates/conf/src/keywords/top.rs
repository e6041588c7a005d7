//! Outside all blocks.

use crate::keyword::{Block, Kind, List, Repeat, Row, Takes, Words, number, optional, rows, takes};
use crate::model::Address;
use crate::model::machine::LinkDelay;
use crate::model::route::Route;
use crate::model::rule::Rule;

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Top, name, takes).repeats(Repeat::All)
}

const fn named(name: &'static str, block: Block) -> Row<()> {
    row(name, takes::named(block))
}

const fn load_balancer(name: &'static str) -> Row<()> {
    row(name, takes::SKIPPED).load_balancer()
}

const CARRIER: &str = "the kernel tells at once when an interface gets or loses its carrier; drivers that can be \
                       asked, but do not tell, are those of Linux 2.4";

rows! {
    /// Settings for the whole daemon, and defaults of all routers.
    GLOBAL_DEFS: () = row("global_defs", takes::block(Block::Global));
    /// A virtual router.
    VRRP_INSTANCE: () = row("vrrp_instance", takes::named(Block::Instance))
        .like("NAME {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 192.0.2.1/24\n }\n}");
    /// Runs in this network namespace, which `ip netns` made, and so do scripts. The daemon's files are in
    /// /run/tanist/netns.NAME unless other places are named; `tanist status -s NAME` asks it. `tanist run -s NAME` goes
    /// before this line, and a reload does not change it.
    NET_NAMESPACE: String = row("net_namespace", takes::word("a name")).repeats(Repeat::First).like("blue");
    /// Routers that change state together.
    VRRP_SYNC_GROUP: () = named("vrrp_sync_group", Block::SyncGroup).like("NAME {\n group {\n  A B\n }\n}");
    /// A command whose exit status moves priorities.
    VRRP_SCRIPT: () = named("vrrp_script", Block::Script).like("NAME {\n script \"/usr/bin/pgrep haproxy\"\n}");
    /// A process whose presence moves priorities.
    VRRP_TRACK_PROCESS: () = named("vrrp_track_process", Block::Process).like("NAME {\n process haproxy\n}");
    /// A file whose number moves priorities.
    TRACK_FILE: () = named("track_file", Block::File).like("NAME {\n file /run/priority\n}");
    /// Old name of `track_file`.
    VRRP_TRACK_FILE: () = named("vrrp_track_file", Block::File).like("NAME {\n file /run/priority\n}");
    /// A BFD session (RFC 5880) with another router: whether the two hear each other moves priorities. Asynchronous
    /// mode, without authentication.
    BFD_INSTANCE: () = named("bfd_instance", Block::Bfd).like("NAME {\n neighbor_ip 192.0.2.3\n}")
        .differs("keepalived counts a session as down until it is up, tanist leaves it three seconds to come up");
    /// Routers that are in fault while something static that refers to the group is not on the machine, or its
    /// interface does not work.
    TRACK_GROUP: () = named("track_group", Block::TrackGroup).like("NAME {\n group {\n  A\n }\n}");
    /// A pace for gratuitous ARP and unsolicited NA on interfaces, instead of that of `global_defs`.
    GARP_GROUP: () = row("garp_group", takes::block(Block::GarpGroup))
        .like("{\n garp_interval 0.01\n interface eth0\n}");
    /// Addresses that are there from start to stop, whatever routers do. One that is there already stays as it is, also
    /// at the stop; one whose interface is missing is added when that comes.
    STATIC_IPADDRESS: List<Address> = row("static_ipaddress", takes::ADDRESSES).like("{\n 192.0.2.10/24 dev eth0\n}");
    /// Routes that are there from start to stop, whatever routers do. One that is there already stays as it is, also at
    /// the stop; one whose interface is missing or down is added when that comes up.
    STATIC_ROUTES: List<Route> = row("static_routes", takes::ROUTES)
        .like("{\n 10.1.0.0/16 via 192.0.2.254 dev eth0\n}");
    /// Routing rules that are there from start to stop, whatever routers do. One that is there already stays as it is,
    /// also at the stop.
    STATIC_RULES: List<Rule> = row("static_rules", takes::RULES)
        .like("{\n to 10.1.0.0/16 table 100 preference 1000\n}");
    /// Interfaces whose drivers are asked for the link state once a second.
    LINKBEAT_INTERFACES: () = row("linkbeat_interfaces", takes::POLLED).like("{\n eth0 MII\n}").no_effect(CARRIER);
    /// How long an interface must be down, and how long up, before that counts, in seconds from 0 to 255, for routers
    /// on it and for those that track it. An interface that goes altogether is down at once.
    INTERFACE_UP_DOWN_DELAYS: List<LinkDelay> = row("interface_up_down_delays", takes::DELAYS).like("{\n eth0 2 5\n}");
    /// Name of this daemon among several on one machine: its files are in /run/tanist/instance.NAME unless other places
    /// are named; `tanist status --instance NAME` asks it. A reload does not change it.
    INSTANCE: String = row("instance", takes::word("a name")).repeats(Repeat::First).like("blue");
    /// The usual pid files of a daemon that is started as keepalived are in /run/keepalived.
    USE_PID_DIR: () = row("use_pid_dir", takes::FLAG).default("off; on with `instance` or `net_namespace`")
        .differs("`tanist run` writes the pid files that `--pid` names, and no others");
    /// The drivers of all interfaces are asked for the link state once a second.
    LINKBEAT_USE_POLLING: () = row("linkbeat_use_polling", takes::FLAG).default("off").no_effect(CARRIER);
    /// Allows ipsets inside a network namespace on kernels before 3.13.
    NAMESPACE_WITH_IPSETS: () = row("namespace_with_ipsets", takes::FLAG).default("off")
        .no_effect("ipsets are not used");
    /// How long to wait for child processes at exit.
    CHILD_WAIT_TIME: i64 = row("child_wait_time", number(0, 4_294_967_295).exactly().of("seconds").form())
        .repeats(Repeat::Last).default("5")
        .no_effect("there are no child processes to wait for");
    /// Network namespace of the load balancer; without a name the default one.
    NET_NAMESPACE_IPVS: Words = row("net_namespace_ipvs", takes::arguments(&[optional("NAME", Kind::Word)]))
        .repeats(Repeat::First).default("that of `net_namespace`").load_balancer();
    /// Part of the load balancer; skipped as a whole.
    VIRTUAL_SERVER: () = load_balancer("virtual_server");
    /// Part of the load balancer; skipped as a whole.
    VIRTUAL_SERVER_GROUP: () = load_balancer("virtual_server_group");
    /// Part of the load balancer; skipped as a whole.
    REAL_SERVER: () = load_balancer("real_server");
    /// Part of the load balancer; skipped as a whole.
    SSL: () = load_balancer("SSL");
}
