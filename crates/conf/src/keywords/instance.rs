//! `vrrp_instance NAME { }`.

use std::net::IpAddr;

use host::MacvlanMode;

use super::global_process::LARGE_BUFFERS;
use super::{LINGER, NOTIFY_BACKUP_ALSO, NOTIFY_MASTER_ALSO, OURS, announce};
use crate::entry::WrittenTracker;
use crate::keyword::{
    Block, Kind, List, Micros, Repeat, Row, Takes, TimeRange, Words, number, one, optional, rows, takes,
};
use crate::model::route::Route;
use crate::model::rule::Rule;
use crate::model::{Address, Peer, Script, Switch, TrackInterface};

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Instance, name, takes)
}

const fn script(name: &'static str) -> Row<Script> {
    row(name, takes::SCRIPT).repeats(Repeat::First)
}

/// Of lists of trackers.
pub(super) const LATER: &str = "keepalived drops an entry whose definition is further down";

/// The modes of virtual MAC interfaces.
pub(super) const VMAC_MODE: Takes<String> = takes::one_of(&MacvlanMode::NAMES);

const IPVLAN: Takes<Words> = takes::words("[[name] INTERFACE] [ADDRESS[/LEN]] [bridge|private|vepa] [group GROUP]");

const NEVER: Takes<Words> = takes::arguments(&[optional("never", Kind::OneOf(&["never"]))]);
const STALLED: Takes<Words> = takes::arguments(&[optional("PRIORITY", Kind::Number(number(1, 254).exactly()))]);

const EXTRA: Takes<Words> = takes::arguments(&[
    optional("all", Kind::OneOf(&["all"])),
    one("SECONDS", Kind::Number(number(0, 86_400).of("seconds"))),
]);

rows! {
    /// How long a master that leaves by plan (stop, removal, a tracked object) keeps its addresses after its priority
    /// 0, in seconds: until it hears its successor, and never longer than the skew time of the slowest backup. 0: it
    /// withdraws them at once. The guardian of a daemon that is killed does the same.
    TANIST_LINGER: Micros = row("tanist_linger", LINGER)
        .default("that of `global_defs`, else `advert_int`, at most 3; 0 with an address that has `-nodad`")
        .like("0.5").differs(OURS);
    /// A router without addresses is meant so. In version 3 it sends advertisements without addresses, and takes such
    /// of others.
    NO_VIRTUAL_IPADDRESS: () = row("no_virtual_ipaddress", takes::FLAG).since("2.2.8").default("off");
    /// What the router expects to be. MASTER without `priority` makes it the owner of the addresses (255).
    STATE: String = row("state", takes::word("MASTER or BACKUP"))
        .repeats(Repeat::All).default("MASTER with priority 255, else BACKUP").like("BACKUP")
        .differs("MASTER stays where `state` is repeated: a later BACKUP is refused, in tanist as well");
    /// The interface on which the router speaks VRRP. It must be given.
    INTERFACE: String = row("interface", takes::INTERFACE);
    /// The VRID, the same on all routers that take over from each other. It must be given.
    VIRTUAL_ROUTER_ID: u8 = row("virtual_router_id", number(1, 255).exactly().form()).also(&["vrid", "virtual_router"]);
    /// Who wins the election; 255 says that this machine owns the addresses.
    PRIORITY: u8 = row("priority", number(1, 255).exactly().or(100).form())
        .also(&["prio"]).default("100; 255 with `state MASTER`").like("150");
    /// Protocol version. IPv6 routers speak version 3.
    VERSION: u8 = row("version", number(2, 3).form())
        .repeats(Repeat::First).default("that of `vrrp_version`; 3 for IPv6")
        .differs("keepalived speaks version 2 over IPv6 if `version 2` comes before the addresses");
    /// Makes the router an IPv6 one. The first address says so as well.
    NATIVE_IPV6: () = row("native_ipv6", takes::FLAG).example("native_ipv6\nvirtual_ipaddress {\n fe80::1/64\n}");
    /// Time between advertisements: whole seconds in version 2, steps of 0.01 up to 40.95 in version 3.
    ADVERT_INT: Micros = row("advert_int", takes::seconds(TimeRange { min_micros: 10_000, max_micros: 255_000_000 }))
        .also(&["advert_interval", "advertise_interval", "advertisement_interval"]).default("1");
    /// Missed advertisements before a backup takes over.
    DOWN_TIMER_ADVERTS: u8 = row("down_timer_adverts", number(1, 100).form())
        .default("that of `vrrp_down_timer_adverts`, else 3");
    /// A higher priority displaces a running master.
    PREEMPT: () = row("preempt", takes::FLAG).default("on");
    /// A higher priority does not displace a running master.
    NOPREEMPT: () = row("nopreempt", takes::FLAG).default("off");
    /// How long a master of lower priority is left alone before it is displaced.
    PREEMPT_DELAY: Micros = row("preempt_delay", takes::seconds(TimeRange { min_micros: 0, max_micros: 1_000_000_000 }))
        .default("0");
    /// As `vrrp_strict`, for this router.
    STRICT_MODE: Switch = row("strict_mode", takes::SWITCH)
        .default("that of `vrrp_strict`").example("strict_mode\nversion 3\naccept");
    /// A master does not answer an advertisement of lower priority.
    LOWER_PRIO_NO_ADVERT: Switch = row("lower_prio_no_advert", takes::SWITCH)
        .default("that of `vrrp_lower_prio_no_advert`");
    /// A master advertises once more before it yields to a higher priority.
    HIGHER_PRIO_SEND_ADVERT: Switch = row("higher_prio_send_advert", takes::SWITCH)
        .default("that of `vrrp_higher_prio_send_advert`");
    /// VRRPv3 checksums over IPv4 leave out the pseudo-header, as RFC 9568 asks.
    V3_CHECKSUM_AS_V2: Switch = row("v3_checksum_as_v2", takes::SWITCH)
        .since("2.2.8").default("that of `v3_checksum_as_v2` in `global_defs`");
    /// VRRPv3 unicast over IPv4 is sent with the checksum of keepalived before 1.3.6; `never`: advertisements with it
    /// are refused.
    OLD_UNICAST_CHECKSUM: Words = row("old_unicast_checksum", NEVER)
        .default("accepted, and sent while the master in charge sends it")
        .example("version 3\nunicast_src_ip 192.0.2.254\nunicast_peer {\n 192.0.2.253\n}\nold_unicast_checksum never")
        .differs("keepalived sends it for good once a peer has sent it");
    /// The addresses in advertisements are compared only when the master changes.
    SKIP_CHECK_ADV_ADDR: Switch = row("skip_check_adv_addr", takes::SWITCH)
        .default("that of `vrrp_skip_check_adv_addr`")
        .differs("`off` switches it on in keepalived");
    /// With `nopreempt`: a master that was not able to advertise for as long as a backup of this priority waits becomes
    /// BACKUP, and leaves alone whoever took over.
    TIMER_EXPIRED_BACKUP: Words = row("timer_expired_backup", STALLED)
        .since("2.2.8").default("when its own advertisement is late by its own waiting time; 254 without a number")
        .example("nopreempt\ntimer_expired_backup 150");
    /// Old name of `timer_expired_backup`.
    THREAD_TIMER_EXPIRED: Words = row("thread_timer_expired", STALLED)
        .since("2.3.2").example("nopreempt\nthread_timer_expired 150");
    /// An owner ignores all advertisements: of two owners none yields.
    OWNER_IGNORE_ADVERTS: Switch = row("owner_ignore_adverts", takes::SWITCH)
        .since("2.3.3").default("that of `vrrp_owner_ignore_adverts`").like("off")
        .differs("keepalived takes `off` of an owner for on");
    /// Runs on a virtual MAC interface of this name, with the MAC 00:00:5e:00:01:VRID, or 00:00:5e:00:02:VRID for IPv6.
    /// A MAC of six octets replaces it, one of five gets the VRID at its end; not in strict mode, and other routers
    /// must have the same. `group` is the number of an interface group; without it the interface is in that of its
    /// parent. The first of each counts. Of keepalived's other words `netlink_notify_msg` changes nothing: the kernel
    /// tells of the interface anyway.
    USE_VMAC: Words = row("use_vmac", takes::words("[[name] INTERFACE] [MAC] [group GROUP]"))
        .repeats(Repeat::All).default("the interface's own MAC; name: `vrrp.VRID`").like("vrrp250")
        .differs("keepalived makes the interface in private mode, and its `rp_filter` and `arp_*` settings differ");
    /// Addresses on other interfaces, or of the other family, get virtual MAC interfaces of their own there, with the
    /// MAC of the VRID and their family. On an interface that is not Ethernet an address is added to the interface
    /// itself. `use_vmac` behind an address does this for that address.
    USE_VMAC_ADDR: () = row("use_vmac_addr", takes::FLAG).default("off");
    /// Runs on an ipvlan interface (L2) of this name, which has the MAC of `interface`: for networks that admit one MAC
    /// for each machine. The address, which an IPv4 router must have, is there as long as the daemon runs, and is the
    /// source of advertisements unless another is configured. The mode counts for all ipvlans of the interface, the
    /// last made. The kernel needs the module `ipvlan`; an interface cannot have virtual MACs as well.
    USE_IPVLAN: Words = row("use_ipvlan", IPVLAN)
        .repeats(Repeat::First).default("the interface itself; name: `vrrp.VRID`; mode: `bridge`")
        .like("ipvl250 192.0.2.250/24");
    /// The mode of the router's virtual MAC interfaces while it is master. `bridge`: containers and virtual machines
    /// that have macvlans on the same interface reach its addresses, as far as these are in a subnet that the interface
    /// itself has no address in. `private`: they do not. With a MAC of one's own, and in a VRF, the mode is always
    /// `bridge`.
    TANIST_VMAC_MODE: String = row("tanist_vmac_mode", VMAC_MODE)
        .default("that of `global_defs`, else `bridge`").example("use_vmac\ntanist_vmac_mode private")
        .differs("keepalived does not know it; its interfaces are in private mode");
    /// Period of announcements that show switches where a virtual MAC is that no advertisement carries: of addresses on
    /// other interfaces, of the other family, and with `vmac_xmit_base`. With `all` also on other interfaces that have
    /// addresses without virtual MAC. 0: none.
    GARP_EXTRA_IF: Words = row("garp_extra_if", EXTRA).default("that of `vrrp_garp_extra_if`").like("all 60");
    /// Old name of `garp_extra_if`.
    VMAC_GARP_INTVL: Words = row("vmac_garp_intvl", EXTRA).like("60");
    /// With `use_vmac`: advertisements carry the interface's own MAC.
    VMAC_XMIT_BASE: () = row("vmac_xmit_base", takes::FLAG).default("off").example("use_vmac\nvmac_xmit_base");
    /// A master that is not the owner takes packets to its addresses.
    ACCEPT: () = row("accept", takes::FLAG).also(&["accept_mode", "accept_data"]).default("on");
    /// A master drops packets to its addresses unless it owns them, but for ARP and neighbour discovery. `status`
    /// counts them. This takes nftables in the kernel (Linux 5.11), and no program.
    NO_ACCEPT: () = row("no_accept", takes::FLAG).default("off; on with `vrrp_strict`")
        .differs("keepalived also drops what comes from the addresses");
    /// The virtual addresses. The first says whether the router is an IPv4 or an IPv6 one.
    VIRTUAL_IPADDRESS: List<Address> = row("virtual_ipaddress", takes::ADDRESSES)
        .also(&[
            "vip", "vips", "virtual_ip", "virtual_ips", "virtual_address", "virtual_addresses", "virtual_router_ip", "addresses",
        ])
        .like("{\n 192.0.2.1/24 dev eth0 scope global label eth0:v brd +\n}")
        .differs("keepalived 2.2.7 adds a duplicate address twice");
    /// Addresses that go with the router but are not advertised, of either family.
    VIRTUAL_IPADDRESS_EXCLUDED: List<Address> = row("virtual_ipaddress_excluded", takes::ADDRESSES)
        .like("{\n 2001:db8::1/64 dev eth1 noprefixroute preferred_lft 0\n}");
    /// Routes that are there while the router is master, with protocol 18 unless the line says otherwise. One that is
    /// there already is somebody else's and stays; one that is lost comes back, but with `no_track` only when its
    /// interface or address does. Without `no_track` the router does not run while an interface that the line names is
    /// down.
    VIRTUAL_ROUTES: List<Route> = row("virtual_routes", takes::ROUTES)
        .like("{\n 10.1.0.0/16 via 192.0.2.254 dev eth0 table 100\n}")
        .differs("keepalived drops a route with a bad next hop, here only that next hop is left out; it gives up the \
                  role when a route is lost, here the route is put back, and one that the kernel refuses is told and \
                  tried again");
    /// Routing rules that are there while the router is master, with protocol 18 unless the line says otherwise. One
    /// that is lost comes back, unless it has `no_track`.
    VIRTUAL_RULES: List<Rule> = row("virtual_rules", takes::RULES)
        .like("{\n from 10.1.0.0/16 table 100 preference 1000\n}")
        .differs("keepalived 2.2.7 ignores a single port; it gives up the role when a rule is lost, tanist puts it \
                  back");
    /// Source address of advertisements.
    MCAST_SRC_IP: IpAddr = row("mcast_src_ip", takes::ADDRESS)
        .default("the interface's first address").like("192.0.2.254");
    /// Source address of advertisements. Without `unicast_peer` they go to the multicast group.
    UNICAST_SRC_IP: IpAddr = row("unicast_src_ip", takes::ADDRESS).also(&["vrrp_unicast_bind"])
        .differs("a unicast router without its source address on the machine stops; keepalived does so with \
                  `track_src_ip`");
    /// The router stops while the machine does not have its source address. A unicast router always does.
    TRACK_SRC_IP: () = row("track_src_ip", takes::FLAG)
        .default("off").example("mcast_src_ip 192.0.2.254\ntrack_src_ip");
    /// The multicast group that advertisements go to.
    MCAST_DST_IP: IpAddr = row("mcast_dst_ip", takes::ADDRESS).also(&["mcast_group", "multicast_group"])
        .default("that of `vrrp_mcast_group4` or `vrrp_mcast_group6`").like("224.0.0.18");
    /// Sends to these routers instead of the multicast group. The router's own address is passed over.
    UNICAST_PEER: List<Peer> = row("unicast_peer", takes::PEERS)
        .also(&["vrrp_unicast_peer"]).like("{\n 192.0.2.253\n 192.0.2.252 min_ttl 254\n}");
    /// TTL or hop limit of unicast advertisements.
    UNICAST_TTL: u8 = row("unicast_ttl", number(0, 255).exactly().form())
        .default("255").example("unicast_src_ip 192.0.2.254\nunicast_peer {\n 192.0.2.253\n}\nunicast_ttl 64")
        .differs("keepalived's default for IPv6 is that of the kernel, 64");
    /// A router without peers stays in FAULT instead of using multicast.
    UNICAST_FAULT_NO_PEER: () = row("unicast_fault_no_peer", takes::FLAG).default("off");
    /// Unicast advertisements are taken from configured peers only, with a TTL in the range of the peer.
    CHECK_UNICAST_SRC: () = row("check_unicast_src", takes::FLAG)
        .default("that of `vrrp_check_unicast_src`; on if a peer has `min_ttl` or `max_ttl`");
    /// Interfaces whose link state puts the router into FAULT, or with `weight` moves its priority.
    TRACK_INTERFACE: List<TrackInterface> = row("track_interface", takes::INTERFACES)
        .like("{\n eth1\n eth2 weight -20\n eth3 weight 10 reverse\n}");
    /// Scripts that stop the router while they fail, or with `weight` move its priority.
    TRACK_SCRIPT: List<WrittenTracker> = row("track_script", takes::SCRIPTS)
        .like("{\n chk_haproxy\n chk_link weight -20\n}").differs(LATER);
    /// Files whose number moves the priority or puts the router into FAULT.
    TRACK_FILE: List<WrittenTracker> = row("track_file", takes::FILES).like("{\n maintenance\n load weight -2\n}")
        .differs(LATER);
    /// Processes that stop the router while too few or too many run, or with `weight` move its priority.
    TRACK_PROCESS: List<WrittenTracker> = row("track_process", takes::PROCESSES)
        .like("{\n haproxy\n dnsmasq weight -20\n}").differs(LATER);
    /// BFD sessions that move the priority or stop the router.
    TRACK_BFD: List<WrittenTracker> = row("track_bfd", takes::SESSIONS).like("{\n peer\n gateway weight -20\n}")
        .differs(LATER);
    /// The link state of `interface` does not matter.
    DONT_TRACK_PRIMARY: () = row("dont_track_primary", takes::FLAG).default("off");
    /// Time from the first burst of gratuitous ARP or NA of a new master to the second; 0: no second.
    GARP_MASTER_DELAY: u32 = row("garp_master_delay", announce::DELAY).default("that of `vrrp_garp_master_delay`");
    /// Messages in each of these bursts.
    GARP_MASTER_REPEAT: u32 = row("garp_master_repeat", announce::REPEAT)
        .default("that of `vrrp_garp_master_repeat`").like("3");
    /// Period of announcements of a running master; 0: none.
    GARP_MASTER_REFRESH: u32 = row("garp_master_refresh", announce::REFRESH)
        .default("that of `vrrp_garp_master_refresh`").like("60");
    /// Messages in each period.
    GARP_MASTER_REFRESH_REPEAT: u32 = row("garp_master_refresh_repeat", announce::REPEAT)
        .default("that of `vrrp_garp_master_refresh_repeat`").like("2");
    /// As `garp_master_delay`, after a master heard a lower priority.
    GARP_LOWER_PRIO_DELAY: u32 = row("garp_lower_prio_delay", announce::DELAY)
        .default("that of `vrrp_garp_lower_prio_delay`");
    /// As `garp_master_repeat`, after a master heard a lower priority; 0: none.
    GARP_LOWER_PRIO_REPEAT: u32 = row("garp_lower_prio_repeat", announce::LOWER_PRIO_REPEAT)
        .default("that of `vrrp_garp_lower_prio_repeat`").like("1");
    /// Run when the router becomes MASTER.
    NOTIFY_MASTER: Script = script("notify_master").also(NOTIFY_MASTER_ALSO);
    /// Run when the router becomes BACKUP.
    NOTIFY_BACKUP: Script = script("notify_backup").also(NOTIFY_BACKUP_ALSO);
    /// Run when the router goes to FAULT.
    NOTIFY_FAULT: Script = script("notify_fault");
    /// Run when the daemon stops, which waits for it for a second; what still runs then is ended.
    NOTIFY_STOP: Script = script("notify_stop");
    /// Run after every change, with four more arguments: INSTANCE, name, state, priority.
    NOTIFY: Script = script("notify");
    /// A router that a reload removes tells DELETED, and this is run; without it tells STOP.
    NOTIFY_DELETED: Script = row("notify_deleted", takes::OPTIONAL_SCRIPT).repeats(Repeat::First)
        .differs("keepalived tells FAULT without it");
    /// Run when a master hears an advertisement of lower priority: another router took over meanwhile, and what the
    /// other's scripts changed may have to be changed back.
    NOTIFY_MASTER_RX_LOWER_PRI: Script = script("notify_master_rx_lower_pri")
        .differs("keepalived runs it for every such advertisement; here for the first, and as long as they go on again \
                  after 1, 2, 4 … 64 seconds");
    /// Pipes (`notify_fifo`) report changes of the priority as well.
    NOTIFY_PRIORITY_CHANGES: Switch = row("notify_priority_changes", takes::SWITCH)
        .default("that of the group, else that of `vrrp_notify_priority_changes`");
    /// VRRPv2 authentication. Version 3 has none.
    AUTHENTICATION: () = row("authentication", takes::block(Block::Authentication))
        .like("{\n auth_type PASS\n auth_pass s3cret\n}");
    /// Advertisements of any version are signed with HMAC-SHA256, an extension of keepalived.
    AUTH_HMAC: () = row("auth_hmac", takes::block(Block::Hmac))
        .since("2.4.0").like("{\n key 1 0123456789abcdef0123456789abcdef\n active_key 1\n}")
        .differs("keepalived sends and takes what is not signed if there is no key to sign with; tanist leaves the \
                  router out");
    /// Nothing.
    DEBUG: Words = row("debug", takes::arguments(&[optional("LEVEL", Kind::Number(number(0, 4)))])).default("0")
        .differs("keepalived stops at the word without a number")
        .no_effect("it does nothing in keepalived either");
    /// Receive buffer of the router's socket.
    KERNEL_RX_BUF_SIZE: i64 = row("kernel_rx_buf_size", number(0, 4_294_967_295).exactly().of("bytes").form())
        .default("that of `vrrp_rx_bufs_policy`").like("65536").no_effect(LARGE_BUFFERS);
    /// Removing the first address of a subnet keeps the others.
    PROMOTE_SECONDARIES: () = row("promote_secondaries", takes::FLAG).default("off")
        .no_effect("it is always so: every interface that addresses are put on has the kernel's setting while they may \
                    be there, and then gets back what it had");
    /// The VRF of a unicast router without interface.
    VRF: String = row("vrf", takes::word("the name of a VRF"))
        .default("that of its addresses");
    /// The link state of the interface is polled.
    LINKBEAT_USE_POLLING: () = row("linkbeat_use_polling", takes::FLAG).default("off")
        .no_effect("link changes come from the kernel's notifications");
    /// Interface of the load balancer's synchronisation, which follows the router.
    LVS_SYNC_DAEMON_INTERFACE: String = row("lvs_sync_daemon_interface", takes::INTERFACE).load_balancer();
}
