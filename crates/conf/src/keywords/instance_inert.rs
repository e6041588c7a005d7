//! `vrrp_instance NAME { }`: the keywords that change nothing here, not yet or for good.

use crate::keyword::{Block, Entries, Form, KeywordDef, Repeat};

const fn words(name: &'static str) -> KeywordDef {
    KeywordDef::new(Block::Instance, name, Form::Words("as in keepalived")).repeats(Repeat::All)
}

const fn entries(name: &'static str, entries: Entries) -> KeywordDef {
    KeywordDef::new(Block::Instance, name, Form::Entries(entries)).repeats(Repeat::All)
}

const UNICAST_ONLY: &str = "it matters for unicast only";
const NO_EXTRA: &str = "announcements are not repeated on further interfaces";

pub(crate) const NO_ACCEPT: KeywordDef = KeywordDef::new(Block::Instance, "no_accept", Form::Flag)
    .help("Packets to the virtual addresses are dropped unless this machine owns them.")
    .not_yet("packets to the virtual addresses are taken");
pub(crate) const TRACK_SCRIPT: KeywordDef = entries("track_script", Entries::Scripts)
    .help("Scripts that move the priority or stop the router.")
    .not_yet("the router does not heed the scripts");
pub(crate) const TRACK_FILE: KeywordDef = entries("track_file", Entries::Files)
    .help("Files that move the priority or stop the router.")
    .not_yet("the router does not heed the files");
pub(crate) const TRACK_PROCESS: KeywordDef = entries("track_process", Entries::Processes)
    .help("Processes that move the priority or stop the router.")
    .not_yet("the router does not heed the processes");
pub(crate) const TRACK_BFD: KeywordDef = entries("track_bfd", Entries::Sessions)
    .help("BFD sessions that move the priority or stop the router.")
    .not_yet("the router does not heed the sessions");

pub(crate) const VIRTUAL_ROUTES: KeywordDef = entries("virtual_routes", Entries::Routes)
    .help("Routes that are there while the router is master.")
    .like("virtual_routes {\n 10.1.0.0/16 via 192.0.2.254 dev eth0 table 100\n}")
    .not_yet("the routes are not added");
pub(crate) const VIRTUAL_RULES: KeywordDef = entries("virtual_rules", Entries::Rules)
    .help("Routing rules that are there while the router is master.")
    .like("virtual_rules {\n from 10.1.0.0/16 table 100 preference 1000\n}")
    .not_yet("the rules are not added");

pub(crate) const VRF: KeywordDef = KeywordDef::new(Block::Instance, "vrf", Form::Word("the name of a VRF"))
    .help("A VRF for unicast without interface.")
    .refused("the router is left out, because it would speak on the wrong network");

pub(crate) const AUTH_HMAC: KeywordDef = KeywordDef::new(Block::Instance, "auth_hmac", Form::Block(Block::Hmac))
    .repeats(Repeat::All)
    .help("keepalived's own authentication.")
    .since("2.4.0")
    .like("auth_hmac {\n key 1 0123456789abcdef0123456789abcdef\n active_key 1\n}")
    .refused("the router is left out, because its peers would refuse its advertisements");

pub(crate) static ROWS: &[KeywordDef] = &[
    NO_ACCEPT,
    words("debug").help("Nothing.").no_effect("it does nothing in keepalived either"),
    words("skip_check_adv_addr")
        .help("Compares address lists only when the master changes.")
        .no_effect("comparing them costs next to nothing"),
    words("kernel_rx_buf_size").help("Size of the socket buffer.").no_effect("few sockets serve all routers"),
    words("timer_expired_backup")
        .help("A process that was stalled becomes BACKUP.")
        .since("2.2.8")
        .no_effect("a process that was stalled always listens before it speaks"),
    words("thread_timer_expired")
        .help("Old name of `timer_expired_backup`.")
        .since("2.3.2")
        .no_effect("a process that was stalled always listens before it speaks"),
    words("owner_ignore_adverts")
        .help("An owner ignores advertisements.")
        .since("2.3.3")
        .not_yet("an owner hears them; none can displace it"),
    words("use_vmac_addr")
        .help("Virtual MACs also for addresses on other interfaces.")
        .not_yet("such addresses use the interface's own MAC"),
    words("use_ipvlan")
        .help("Runs on an ipvlan interface.")
        .not_yet("addresses are added to the interface itself, whose MAC is the same"),
    words("garp_extra_if").help("Repeats announcements on further interfaces.").not_yet(NO_EXTRA),
    words("vmac_garp_intvl").help("Old name of `garp_extra_if`.").not_yet(NO_EXTRA),
    words("promote_secondaries")
        .help("Keeps the other addresses of a subnet when the first goes.")
        .not_yet("the kernel's setting stays as it is"),
    words("no_virtual_ipaddress")
        .help("A router without addresses is meant so.")
        .since("2.2.8")
        .not_yet("a version 3 router without addresses is left out"),
    VIRTUAL_ROUTES,
    VIRTUAL_RULES,
    words("track_src_ip")
        .help("Stops the router while its source address is missing.")
        .not_yet("the router goes on without it"),
    words("unicast_ttl").help("TTL of unicast advertisements.").not_yet(UNICAST_ONLY),
    words("unicast_fault_no_peer").help("Without peers the router stops.").not_yet(UNICAST_ONLY),
    words("check_unicast_src").help("Takes unicast only from configured peers.").not_yet(UNICAST_ONLY),
    words("old_unicast_checksum").help("The unicast checksum of keepalived before 1.3.6.").not_yet(UNICAST_ONLY),
    VRF,
    TRACK_SCRIPT,
    TRACK_FILE,
    TRACK_PROCESS,
    TRACK_BFD,
    words("linkbeat_use_polling")
        .help("Polls the link state.")
        .no_effect("link changes come from the kernel's notifications"),
    words("notify_deleted").help("Run when a reload removes the router.").not_yet("the script is not run"),
    words("notify_master_rx_lower_pri")
        .help("Run when a master hears a lower priority.")
        .not_yet("the script is not run"),
    words("notify_priority_changes").help("Tells pipes of priority changes.").not_yet("there are no pipes"),
    words("smtp_alert").help("Mail about changes.").not_yet("no mail is sent"),
    AUTH_HMAC,
    words("lvs_sync_daemon_interface").help("Interface of the load balancer's synchronisation.").load_balancer(),
];
