//! The rules between keywords.

use super::Fact::{
    Ipv6, Ipvlan, Multicast, NeverPreempts, NoPeers, NoVirtualMac, OnlyItself, OtherMac, Owner, Peers, StartsAsMaster,
    Strict, Version2, Version3,
};
use super::Says::{self, Is, NotNumber, Number, OtherThan, Text};
use super::When::{self, Outlasts, Under, Unless, With, Without};
use super::{Clash, clash};
use crate::code::Code;
use crate::keyword::KeywordDef;
use crate::keywords::authentication::{AUTH_PASS, AUTH_TYPE, MODE};
use crate::keywords::global::{
    ROUTER_ID, VRRP_DOWN_TIMER_ADVERTS, VRRP_GARP_INTERVAL, VRRP_GARP_LOWER_PRIO_DELAY, VRRP_GARP_LOWER_PRIO_REPEAT,
    VRRP_GNA_INTERVAL, VRRP_HIGHER_PRIO_SEND_ADVERT, VRRP_LOWER_PRIO_NO_ADVERT, VRRP_OWNER_IGNORE_ADVERTS, VRRP_STRICT,
};
use crate::keywords::global_notify::{NOTIFY_FIFO, NOTIFY_FIFO_SCRIPT, VRRP_NOTIFY_FIFO, VRRP_NOTIFY_FIFO_SCRIPT};
use crate::keywords::global_process::{NFTABLES, TANIST_VMAC_MODE as GLOBAL_VMAC_MODE, VRRP_IPSETS, VRRP_IPTABLES};
use crate::keywords::instance::{
    ACCEPT, AUTH_HMAC, DOWN_TIMER_ADVERTS, GARP_LOWER_PRIO_DELAY, GARP_LOWER_PRIO_REPEAT, HIGHER_PRIO_SEND_ADVERT,
    INTERFACE, LOWER_PRIO_NO_ADVERT, MCAST_DST_IP, MCAST_SRC_IP, NO_ACCEPT, NOPREEMPT, OWNER_IGNORE_ADVERTS, PREEMPT,
    PREEMPT_DELAY, STATE, TANIST_VMAC_MODE, THREAD_TIMER_EXPIRED, TIMER_EXPIRED_BACKUP, TRACK_SRC_IP,
    UNICAST_FAULT_NO_PEER, UNICAST_PEER, UNICAST_SRC_IP, UNICAST_TTL, USE_IPVLAN, USE_VMAC, VERSION, VMAC_XMIT_BASE,
};
use crate::keywords::instance_inert::{PROMOTE_SECONDARIES, VRF};
use crate::keywords::reload::{RELOAD_REPEAT, RELOAD_TIME_FILE};
use crate::keywords::snmp;
use crate::model::Switch;

/// Strict mode decides otherwise than `rows` say, of the router or global.
const fn overridden(rows: &'static [&'static KeywordDef], when: &'static [When], instead: &'static str) -> Clash {
    clash(Code::StrictOverrides, rows, when).note(instead, "")
}

const BY_PRIORITY: &str = "in strict mode the priority decides the initial state";
const BY_PRIORITY_NOTE: &str = "the router starts as MASTER if its priority is 255, else as BACKUP";
const IGNORED: &str = "it is ignored, as in keepalived";
const NOT_AUTHENTICATED: &str = "nothing is authenticated, as in keepalived";
const NO_AUTHENTICATION: &str = "remove the `authentication` block";
const IN_FAULT: &str = "the router stays in FAULT, as in keepalived";
const BOTH_BACKUP: &str = "use `state BACKUP` on all members";
const MULTICASTS: &str = "advertisements go to the multicast group, as in keepalived";

/// Of routers (keepalived-config §3.1 to §3.7), by what they are about. Of one keyword the graver one comes first.
#[rustfmt::skip]
pub(super) static OF_ROUTERS: &[Clash] = &[
    // Which router it is.
    clash(Code::UnicastVrf, &[&VRF.def], &[With(&[&INTERFACE.def], "its VRF is used")])
        .note(IGNORED, "remove `vrf`"),
    clash(Code::Ipv6Version2, &[&VERSION.def], &[Under(Ipv6)]).says(Says::Number(2)).what("VRRPv2 has no IPv6")
        .note("version 3 is used; keepalived 2.x sends a VRRPv2 over IPv6 that no standard describes",
            "write what is used")
        .instead("3"),
    // State and preemption.
    overridden(&[&STATE.def], &[Under(Strict), Unless(Owner)], BY_PRIORITY_NOTE).says(Text("MASTER"))
        .what(BY_PRIORITY),
    overridden(&[&STATE.def], &[Under(Strict), Under(Owner)], BY_PRIORITY_NOTE).says(Text("BACKUP")).what(BY_PRIORITY),
    clash(Code::NopreemptIgnored, &[&NOPREEMPT.def], &[Under(Owner), Outlasts(&PREEMPT.def)])
        .note(IGNORED, "remove `nopreempt`, or lower the priority of this router"),
    clash(Code::NopreemptIgnored, &[&NOPREEMPT.def], &[Under(StartsAsMaster), Outlasts(&PREEMPT.def)])
        .note(IGNORED, BOTH_BACKUP),
    clash(Code::PreemptTwice, &[&NOPREEMPT.def], &[With(&[&PREEMPT.def], "overridden"), Outlasts(&PREEMPT.def)])
        .note("the last counts", "keep one of the two"),
    clash(Code::PreemptTwice, &[&PREEMPT.def], &[With(&[&NOPREEMPT.def], "overridden"), Outlasts(&NOPREEMPT.def)])
        .note("the last counts", "keep one of the two"),
    clash(Code::PreemptDelayUnused, &[&PREEMPT_DELAY.def], &[Under(NeverPreempts)]).says(NotNumber(0))
        .note("the router never preempts, so there is nothing to delay", "keep one of the two"),
    clash(Code::PreemptDelayIgnored, &[&PREEMPT_DELAY.def], &[Under(Owner), Under(StartsAsMaster)]).says(NotNumber(0))
        .what("`preempt_delay` has no effect on a router that starts as MASTER")
        .note("it takes over without the delay", "remove the line, or use a priority below 255"),
    clash(Code::PreemptDelayIgnored, &[&PREEMPT_DELAY.def], &[Under(StartsAsMaster)]).says(NotNumber(0))
        .what("`preempt_delay` has no effect on a router that starts as MASTER")
        .note("it takes over without the delay", BOTH_BACKUP),
    overridden(&[&PREEMPT_DELAY.def], &[Under(Strict)], "the router preempts at once").says(NotNumber(0)),
    clash(Code::StalledPreempt, &[&TIMER_EXPIRED_BACKUP.def, &THREAD_TIMER_EXPIRED.def], &[Unless(NeverPreempts)])
        .what("`{}` needs `nopreempt`")
        .note("without it the router takes its role back anyway; it is ignored, as in keepalived", "add `nopreempt`"),
    // The election.
    overridden(&[&LOWER_PRIO_NO_ADVERT.def, &VRRP_LOWER_PRIO_NO_ADVERT.def], &[Under(Strict)],
        "a losing advertisement is not answered").says(Is(Switch::Off)),
    overridden(&[&HIGHER_PRIO_SEND_ADVERT.def, &VRRP_HIGHER_PRIO_SEND_ADVERT.def], &[Under(Strict)],
        "a master yields in silence").says(Is(Switch::On)),
    overridden(&[&OWNER_IGNORE_ADVERTS.def, &VRRP_OWNER_IGNORE_ADVERTS.def], &[Under(Strict), Under(Owner)],
        "an owner ignores advertisements").says(Is(Switch::Off)),
    overridden(&[&DOWN_TIMER_ADVERTS.def, &VRRP_DOWN_TIMER_ADVERTS.def], &[Under(Strict)], "3 is used")
        .says(NotNumber(3)),
    overridden(&[&GARP_LOWER_PRIO_REPEAT.def, &VRRP_GARP_LOWER_PRIO_REPEAT.def], &[Under(Strict)], "0 is used")
        .says(NotNumber(0)),
    overridden(&[&GARP_LOWER_PRIO_DELAY.def, &VRRP_GARP_LOWER_PRIO_DELAY.def], &[Under(Strict)], "0 is used")
        .says(NotNumber(0)),
    clash(Code::OwnerIgnore, &[&OWNER_IGNORE_ADVERTS.def], &[Unless(Owner)]).says(Is(Switch::On))
        .what("`owner_ignore_adverts` does not go with a priority below 255")
        .note("the router is not an owner", "remove the line"),
    clash(Code::OwnerIgnore, &[&OWNER_IGNORE_ADVERTS.def], &[Unless(Strict), Under(Owner)]).says(Is(Switch::Off))
        .what("keepalived takes `owner_ignore_adverts off` of an owner for on")
        .note("in tanist it hears the others, and yields to an owner with a higher address", "remove the line"),
    clash(Code::StrictRefuses, &[&ACCEPT.def],
        &[Under(Strict), Under(Version2), Unless(Owner), Outlasts(&NO_ACCEPT.def)])
        .note("packets to the addresses are dropped", ""),
    // Authentication.
    clash(Code::AuthVersion3, &[&AUTH_TYPE.def], &[Under(Version3)]).what("VRRPv3 has no authentication")
        .note(NOT_AUTHENTICATED, NO_AUTHENTICATION),
    clash(Code::StrictRefuses, &[&AUTH_TYPE.def], &[Under(Strict)]).what("strict mode has no authentication")
        .note(NOT_AUTHENTICATED, NO_AUTHENTICATION),
    clash(Code::AuthTwice, &[&AUTH_TYPE.def], &[With(&[&AUTH_HMAC.def], "it counts")])
        .what("`authentication` does not go with `auth_hmac`").note(NOT_AUTHENTICATED, NO_AUTHENTICATION),
    clash(Code::AuthNoType, &[&AUTH_PASS.def], &[Without(&[&AUTH_TYPE.def])])
        .what("a password without `auth_type` is not used").note(NOT_AUTHENTICATED, "add `auth_type PASS`"),
    overridden(&[&MODE.def], &[Under(Strict)], "").says(OtherThan("enforce"))
        .note("`enforce` is used", "write what is used").instead("enforce"),
    // Interfaces.
    clash(Code::PromoteImplied, &[&PROMOTE_SECONDARIES.def],
        &[With(&[&USE_VMAC.def, &USE_IPVLAN.def], "this does as much")])
        .what("`promote_secondaries` changes nothing here")
        .note("the interface of a router keeps its addresses anyway", "remove the line"),
    clash(Code::VmacAndIpvlan, &[&USE_VMAC.def], &[Under(Ipvlan)])
        .note("the router runs on its ipvlan, without a virtual MAC, as in keepalived", ""),
    clash(Code::OwnerVirtualMac, &[&USE_VMAC.def], &[Under(Owner)])
        .what("an owner has its addresses on its interface too")
        .note("ARP and neighbour discovery show the virtual MAC alone with nftables on Linux 5.16 or later; without it the \
             interface answers with its own MAC too, but for IPv4 while it has no other address",
            "give the interface an address of its own and the router a priority below 255"),
    clash(Code::XmitBaseAlone, &[&VMAC_XMIT_BASE.def], &[Without(&[&USE_VMAC.def])])
        .what("`vmac_xmit_base` needs `use_vmac`").note("without `use_vmac` there is no virtual MAC", ""),
    clash(Code::StrictRefuses, &[&VMAC_XMIT_BASE.def], &[Under(Strict), Under(Multicast), With(&[&USE_VMAC.def], "")])
        .note("advertisements carry the virtual MAC", ""),
    clash(Code::VmacMode, &[&TANIST_VMAC_MODE.def], &[Under(NoVirtualMac)]).says(Text("private"))
        .what("`tanist_vmac_mode` changes nothing here")
        .note("the router has no virtual MAC interface", "add `use_vmac`, or remove the line"),
    clash(Code::VmacMode, &[&TANIST_VMAC_MODE.def, &GLOBAL_VMAC_MODE.def], &[Under(OtherMac)]).says(Text("private"))
        .note("bridge mode is used: in private mode a router knows what comes from others by the standard's MAC",
            "remove the line, or the MAC"),
    // Unicast.
    clash(Code::UnicastStrict, &[&UNICAST_PEER.def], &[Under(Strict), Under(Peers)]).what("strict mode has no unicast")
        .note("keepalived 2.2 takes it, later ones do not start; tanist uses the peers",
            "remove strict mode, or the peers"),
    clash(Code::PeerOnlySelf, &[&UNICAST_PEER.def], &[Under(OnlyItself), Without(&[&UNICAST_FAULT_NO_PEER.def])])
        .what("the router has nobody to speak to: its only `unicast_peer` is itself")
        .note("every member that does so is master", "add the addresses of the other members"),
    clash(Code::UnicastNoPeerFault, &[&UNICAST_FAULT_NO_PEER.def],
        &[Under(OnlyItself), With(&[&UNICAST_PEER.def], "unicast is meant here")])
        .what("`unicast_fault_no_peer` keeps the router in FAULT: its only `unicast_peer` is itself")
        .note(IN_FAULT, "add `unicast_peer { ADDRESS }`"),
    clash(Code::UnicastNoPeerFault, &[&UNICAST_FAULT_NO_PEER.def],
        &[Under(NoPeers), With(&[&UNICAST_PEER.def, &UNICAST_SRC_IP.def], "unicast is meant here")])
        .what("`unicast_fault_no_peer` keeps the router in FAULT: it has no `unicast_peer`")
        .note(IN_FAULT, "add `unicast_peer { ADDRESS }`"),
    clash(Code::UnicastWithoutPeers, &[&UNICAST_PEER.def], &[Under(NoPeers), Without(&[&UNICAST_FAULT_NO_PEER.def])])
        .what("`unicast_peer` names no peer").note(MULTICASTS, "add the peers, or use `mcast_src_ip`"),
    clash(Code::UnicastWithoutPeers, &[&UNICAST_SRC_IP.def],
        &[Without(&[&UNICAST_PEER.def]), Without(&[&UNICAST_FAULT_NO_PEER.def])])
        .note(MULTICASTS, "add the peers, or use `mcast_src_ip`"),
    clash(Code::UnicastTtlAlone, &[&UNICAST_TTL.def], &[Under(NoPeers), Without(&[&UNICAST_PEER.def])])
        .note("keepalived then multicasts with TTL 0: nothing leaves the host and every member is master; in tanist it \
             changes nothing", "remove the line, or add the peers"),
    clash(Code::UnicastGroup, &[&MCAST_DST_IP.def], &[Under(Peers)]).note("the group is ignored", ""),
    clash(Code::TrackSourceAlone, &[&TRACK_SRC_IP.def],
        &[Without(&[&UNICAST_SRC_IP.def]), Without(&[&MCAST_SRC_IP.def])])
        .what("there is no source address to track")
        .note("only an address that `mcast_src_ip` or `unicast_src_ip` names is tracked",
            "add `mcast_src_ip ADDRESS`, or remove the line"),
    clash(Code::UnicastSource, &[&UNICAST_PEER.def],
        &[Under(Peers), Without(&[&UNICAST_SRC_IP.def, &MCAST_SRC_IP.def])])
        .what("the router speaks unicast without `unicast_src_ip`")
        .note("the interface's first address is used; if that changes, the peers no longer know it",
            "add `unicast_src_ip` with the address that the peers list"),
    clash(Code::UnicastVirtualMac, &[&USE_VMAC.def, &USE_IPVLAN.def], &[Under(Peers), Without(&[&VMAC_XMIT_BASE.def])])
        .what("unicast is sent from the interface's own MAC")
        .note("`vmac_xmit_base` is set, as in keepalived", "add `vmac_xmit_base` to say so"),
];

const NO_PIPE: &str = "there is no FIFO to read, so the script never runs";

const MIBS: &[&KeywordDef] = &[
    &snmp::ENABLE_SNMP_VRRP.def,
    &snmp::ENABLE_SNMP_KEEPALIVED.def,
    &snmp::ENABLE_SNMP_RFC.def,
    &snmp::ENABLE_SNMP_RFCV2.def,
    &snmp::ENABLE_SNMP_RFCV3.def,
];
const GAP_ZERO: &str = "`{} 0` is the default";
const REFUSED: &str = "keepalived refuses the line";

/// Of `global_defs` (keepalived-config §3.8).
#[rustfmt::skip]
pub(in crate::resolve) static OF_GLOBAL: &[Clash] = &[
    clash(Code::FirewallTwice, &[&VRRP_IPTABLES.def], &[With(&[&NFTABLES.def], "this counts")])
        .note("keepalived uses nftables; tanist needs neither", ""),
    clash(Code::IpsetsAlone, &[&VRRP_IPSETS.def], &[Without(&[&VRRP_IPTABLES.def])])
        .note("keepalived ignores it; tanist needs neither", "remove the line"),
    clash(Code::PipeReader, &[&NOTIFY_FIFO_SCRIPT.def], &[Without(&[&NOTIFY_FIFO.def])])
        .note(NO_PIPE, "add `notify_fifo PATH`"),
    clash(Code::PipeReader, &[&VRRP_NOTIFY_FIFO_SCRIPT.def], &[Without(&[&VRRP_NOTIFY_FIFO.def])])
        .note(NO_PIPE, "add `vrrp_notify_fifo PATH`"),
    clash(Code::ReloadRepeat, &[&RELOAD_REPEAT.def], &[Without(&[&RELOAD_TIME_FILE.def])])
        .note("there is no time to repeat", "add `reload_time_file PATH`"),
    clash(Code::NoEffect, &[&snmp::ENABLE_TRAPS.def], &[Without(MIBS)])
        .note("no MIB is enabled whose traps could be sent",
            "add `enable_snmp_vrrp`, or start the daemon with `--snmp`"),
    clash(Code::GapZero, &[&VRRP_GARP_INTERVAL.def], &[]).says(Number(0)).what(GAP_ZERO).note(REFUSED, ""),
    clash(Code::GapZero, &[&VRRP_GNA_INTERVAL.def], &[]).says(Number(0)).what(GAP_ZERO).note(REFUSED, ""),
    clash(Code::SampleRouterId, &[&ROUTER_ID.def], &[]).says(Text("LVS_DEVEL"))
        .what("the router id is that of the sample configuration")
        .note("every machine would report the same name", "use the name of the machine"),
    clash(Code::OlderKeepalived, &[&VRRP_STRICT.def], &[]).says(Is(Switch::Off))
        .what("keepalived before 2.3.0 takes `vrrp_strict off` for on")
        .note("it matters where keepalived reads this text as well", "remove the line: off is the default"),
];
