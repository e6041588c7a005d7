//! Rules of routers (keepalived-config §3.1 to §3.7), by what they are about. Of one keyword the graver one comes first.

use super::Fact::{
    Ipv6, Ipvlan, Lax, Multicast, NeverPreempts, NoPeers, NoVirtualMac, NotOwner, OnlyItself, OtherMac, Owner, Peers,
    Preempts, StartsAsMaster, Strict, Version2, Version3,
};
use super::Says::{Is, NotNumber, OtherThan, Text};
use super::When::{self, Outlasts, With, Without};
use super::{Clash, Says, clash};
use crate::code::Code;
use crate::keyword::KeywordDef;
use crate::keywords::authentication::{AUTH_PASS, AUTH_TYPE, MODE};
use crate::keywords::global::{
    VRRP_DOWN_TIMER_ADVERTS, VRRP_GARP_LOWER_PRIO_DELAY, VRRP_GARP_LOWER_PRIO_REPEAT, VRRP_HIGHER_PRIO_SEND_ADVERT,
    VRRP_LOWER_PRIO_NO_ADVERT, VRRP_OWNER_IGNORE_ADVERTS,
};
use crate::keywords::global_process::TANIST_VMAC_MODE as GLOBAL_VMAC_MODE;
use crate::keywords::instance::{
    ACCEPT, AUTH_HMAC, DOWN_TIMER_ADVERTS, GARP_LOWER_PRIO_DELAY, GARP_LOWER_PRIO_REPEAT, HIGHER_PRIO_SEND_ADVERT,
    INTERFACE, LOWER_PRIO_NO_ADVERT, MCAST_DST_IP, MCAST_SRC_IP, NO_ACCEPT, NOPREEMPT, OWNER_IGNORE_ADVERTS, PREEMPT,
    PREEMPT_DELAY, STATE, TANIST_VMAC_MODE, THREAD_TIMER_EXPIRED, TIMER_EXPIRED_BACKUP, TRACK_SRC_IP,
    UNICAST_FAULT_NO_PEER, UNICAST_PEER, UNICAST_SRC_IP, UNICAST_TTL, USE_IPVLAN, USE_VMAC, VERSION, VMAC_XMIT_BASE,
};
use crate::keywords::instance_inert::{PROMOTE_SECONDARIES, VRF};
use crate::model::Switch;

/// Strict mode decides otherwise than `rows` say, of the router or global.
const fn overridden(rows: &'static [&'static KeywordDef], instead: &'static str) -> Clash {
    clash(Code::StrictOverrides, rows).when(STRICT).note(instead)
}

const STRICT: &[When] = &[When::Is(Strict)];
const OWNER: &[When] = &[When::Is(Owner)];
const MASTER: &[When] = &[When::Is(StartsAsMaster)];
const VERSION_3: &[When] = &[When::Is(Version3)];
const NO_PEERS: &[When] = &[When::Is(NoPeers), Without(&[&UNICAST_PEER.def])];
const BY_PRIORITY: &str = "in strict mode the priority decides the initial state";
const BY_PRIORITY_NOTE: &str = "the router starts as MASTER if its priority is 255, else as BACKUP";
const NO_STRICT: &str = "remove the line, or strict mode";
const IGNORED: &str = "it is ignored, as in keepalived";
const NOT_AUTHENTICATED: &str = "nothing is authenticated, as in keepalived";
const NO_AUTHENTICATION: &str = "remove the `authentication` block";
const IN_FAULT: &str = "the router stays in FAULT, as in keepalived";
const BOTH_BACKUP: &str = "use `state BACKUP` on both routers";
const MULTICASTS: &str = "advertisements go to the multicast group, as in keepalived";

pub(in crate::resolve) static RULES: &[Clash] = &[
    // Which router it is.
    clash(Code::UnicastVrf, &[&VRF.def])
        .when(&[With(&[&INTERFACE.def], "its VRF is used")])
        .note(IGNORED)
        .help("remove `vrf`")
        .without_effect(),
    clash(Code::Ipv6Version2, &[&VERSION.def])
        .says(Says::Number(2))
        .when(&[When::Is(Ipv6)])
        .what("VRRPv2 has no IPv6")
        .note("version 3 is used; keepalived 2.x sends a VRRPv2 over IPv6 that no standard describes")
        .help("write what is used")
        .instead("3"),
    // State and preemption.
    overridden(&[&STATE.def], BY_PRIORITY_NOTE)
        .says(Text("MASTER"))
        .when(&[When::Is(Strict), When::Is(NotOwner)])
        .what(BY_PRIORITY)
        .help(NO_STRICT),
    overridden(&[&STATE.def], BY_PRIORITY_NOTE)
        .says(Text("BACKUP"))
        .when(&[When::Is(Strict), When::Is(Owner)])
        .what(BY_PRIORITY)
        .help(NO_STRICT),
    clash(Code::NopreemptIgnored, &[&NOPREEMPT.def])
        .when(&[When::Is(Owner), Outlasts(&PREEMPT.def)])
        .note(IGNORED)
        .help("remove `nopreempt`, or lower the priority of this router"),
    clash(Code::NopreemptIgnored, &[&NOPREEMPT.def])
        .when(&[When::Is(StartsAsMaster), Outlasts(&PREEMPT.def)])
        .note(IGNORED)
        .help(BOTH_BACKUP),
    clash(Code::PreemptTwice, &[&NOPREEMPT.def])
        .when(&[With(&[&PREEMPT.def], "overridden"), Outlasts(&PREEMPT.def)])
        .note("the last counts")
        .help("keep one of the two"),
    clash(Code::PreemptTwice, &[&PREEMPT.def])
        .when(&[With(&[&NOPREEMPT.def], "overridden"), Outlasts(&NOPREEMPT.def)])
        .note("the last counts")
        .help("keep one of the two"),
    clash(Code::PreemptDelayUnused, &[&PREEMPT_DELAY.def])
        .says(NotNumber(0))
        .when(&[When::Is(NeverPreempts)])
        .note("the router never preempts, so there is nothing to delay")
        .help("keep one of the two"),
    clash(Code::PreemptDelayIgnored, &[&PREEMPT_DELAY.def])
        .says(NotNumber(0))
        .when(&[When::Is(Owner), When::Is(StartsAsMaster)])
        .what("`preempt_delay` has no effect on a router that starts as MASTER")
        .note("it takes over at once")
        .help("remove the line, or use a priority below 255"),
    clash(Code::PreemptDelayIgnored, &[&PREEMPT_DELAY.def])
        .says(NotNumber(0))
        .when(MASTER)
        .what("`preempt_delay` has no effect on a router that starts as MASTER")
        .note("it takes over at once")
        .help(BOTH_BACKUP),
    overridden(&[&PREEMPT_DELAY.def], "the router preempts at once").says(NotNumber(0)),
    clash(Code::StalledPreempt, &[&TIMER_EXPIRED_BACKUP.def, &THREAD_TIMER_EXPIRED.def])
        .when(&[When::Is(Preempts)])
        .what("`{}` needs `nopreempt`")
        .note("without it the router takes its role back anyway; it is ignored, as in keepalived")
        .help("add `nopreempt`"),
    // The election.
    overridden(&[&LOWER_PRIO_NO_ADVERT.def, &VRRP_LOWER_PRIO_NO_ADVERT.def], "a losing advertisement is not answered")
        .says(Is(Switch::Off)),
    overridden(&[&HIGHER_PRIO_SEND_ADVERT.def, &VRRP_HIGHER_PRIO_SEND_ADVERT.def], "a master yields in silence")
        .says(Is(Switch::On)),
    overridden(&[&OWNER_IGNORE_ADVERTS.def, &VRRP_OWNER_IGNORE_ADVERTS.def], "an owner ignores advertisements")
        .says(Is(Switch::Off))
        .when(&[When::Is(Strict), When::Is(Owner)]),
    overridden(&[&DOWN_TIMER_ADVERTS.def, &VRRP_DOWN_TIMER_ADVERTS.def], "3 is used").says(NotNumber(3)),
    overridden(&[&GARP_LOWER_PRIO_REPEAT.def, &VRRP_GARP_LOWER_PRIO_REPEAT.def], "0 is used").says(NotNumber(0)),
    overridden(&[&GARP_LOWER_PRIO_DELAY.def, &VRRP_GARP_LOWER_PRIO_DELAY.def], "0 is used").says(NotNumber(0)),
    clash(Code::OwnerIgnore, &[&OWNER_IGNORE_ADVERTS.def])
        .says(Is(Switch::On))
        .when(&[When::Is(NotOwner)])
        .note("the router is not an owner")
        .help("remove the line"),
    clash(Code::OwnerIgnore, &[&OWNER_IGNORE_ADVERTS.def])
        .says(Is(Switch::Off))
        .when(&[When::Is(Lax), When::Is(Owner)])
        .what("keepalived takes `owner_ignore_adverts off` of an owner for on")
        .note("here it hears the others, and yields to an owner with a higher address")
        .help("remove the line"),
    clash(Code::StrictRefuses, &[&ACCEPT.def])
        .when(&[When::Is(Strict), When::Is(Version2), When::Is(NotOwner), Outlasts(&NO_ACCEPT.def)])
        .note("packets to the addresses are dropped"),
    // Authentication.
    clash(Code::AuthVersion3, &[&AUTH_TYPE.def])
        .when(VERSION_3)
        .what("VRRPv3 has no authentication")
        .note(NOT_AUTHENTICATED)
        .help(NO_AUTHENTICATION),
    clash(Code::StrictRefuses, &[&AUTH_TYPE.def])
        .when(STRICT)
        .what("strict mode has no authentication")
        .note(NOT_AUTHENTICATED)
        .help(NO_AUTHENTICATION),
    clash(Code::AuthTwice, &[&AUTH_TYPE.def])
        .when(&[With(&[&AUTH_HMAC.def], "it counts")])
        .what("`authentication` does not go with `auth_hmac`")
        .note(NOT_AUTHENTICATED)
        .help(NO_AUTHENTICATION),
    clash(Code::AuthNoType, &[&AUTH_PASS.def])
        .when(&[Without(&[&AUTH_TYPE.def])])
        .what("a password without `auth_type` is not used")
        .note(NOT_AUTHENTICATED)
        .help("add `auth_type PASS`"),
    overridden(&[&MODE.def], "`enforce` is used")
        .says(OtherThan("enforce"))
        .help("write what is used")
        .instead("enforce"),
    // Interfaces.
    clash(Code::PromoteImplied, &[&PROMOTE_SECONDARIES.def])
        .when(&[With(&[&USE_VMAC.def, &USE_IPVLAN.def], "this does as much")])
        .what("`promote_secondaries` changes nothing here")
        .note("the interface of a router keeps its addresses anyway")
        .help("remove the line")
        .without_effect(),
    clash(Code::VmacAndIpvlan, &[&USE_VMAC.def])
        .when(&[When::Is(Ipvlan)])
        .note("the router runs on its ipvlan, without a virtual MAC, as in keepalived"),
    clash(Code::OwnerVirtualMac, &[&USE_VMAC.def])
        .when(OWNER)
        .what("an owner has its addresses on its interface too")
        .note(
            "ARP and neighbour discovery show the virtual MAC alone with nftables on Linux 5.16 or later; without it the \
             interface answers with its own MAC too, but for IPv4 while it has no other address",
        )
        .help("give the interface an address of its own and the router a priority below 255"),
    clash(Code::XmitBaseAlone, &[&VMAC_XMIT_BASE.def])
        .when(&[Without(&[&USE_VMAC.def])])
        .what("`vmac_xmit_base` needs `use_vmac`")
        .note("without `use_vmac` there is no virtual MAC"),
    clash(Code::StrictRefuses, &[&VMAC_XMIT_BASE.def])
        .when(&[When::Is(Strict), When::Is(Multicast), With(&[&USE_VMAC.def], "")])
        .note("advertisements carry the virtual MAC"),
    clash(Code::VmacMode, &[&TANIST_VMAC_MODE.def])
        .says(Text("private"))
        .when(&[When::Is(NoVirtualMac)])
        .what("`tanist_vmac_mode` changes nothing here")
        .note("the router has no virtual MAC interface")
        .help("add `use_vmac`, or remove the line"),
    clash(Code::VmacMode, &[&TANIST_VMAC_MODE.def, &GLOBAL_VMAC_MODE.def])
        .says(Text("private"))
        .when(&[When::Is(OtherMac)])
        .note("bridge mode is used: in private mode a router knows what comes from others by the standard's MAC")
        .help("remove the line, or the MAC"),
    // Unicast.
    clash(Code::UnicastStrict, &[&UNICAST_PEER.def])
        .when(&[When::Is(Strict), When::Is(Peers)])
        .what("strict mode has no unicast")
        .note("keepalived 2.2 takes it, later ones do not start")
        .help("remove strict mode, or the peers"),
    clash(Code::PeerOnlySelf, &[&UNICAST_PEER.def])
        .when(&[When::Is(OnlyItself), Without(&[&UNICAST_FAULT_NO_PEER.def])])
        .what("the router has nobody to speak to: its only `unicast_peer` is itself")
        .note("every router that does so is master")
        .help("add the addresses of the other routers"),
    clash(Code::UnicastNoPeerFault, &[&UNICAST_FAULT_NO_PEER.def])
        .when(&[When::Is(OnlyItself), With(&[&UNICAST_PEER.def], "unicast is meant here")])
        .what("`unicast_fault_no_peer` stops the router: its only `unicast_peer` is itself")
        .note(IN_FAULT)
        .help("add `unicast_peer { ADDRESS }`"),
    clash(Code::UnicastNoPeerFault, &[&UNICAST_FAULT_NO_PEER.def])
        .when(&[When::Is(NoPeers), With(&[&UNICAST_PEER.def, &UNICAST_SRC_IP.def], "unicast is meant here")])
        .what("`unicast_fault_no_peer` stops the router: it has no `unicast_peer`")
        .note(IN_FAULT)
        .help("add `unicast_peer { ADDRESS }`"),
    clash(Code::UnicastWithoutPeers, &[&UNICAST_PEER.def])
        .when(&[When::Is(NoPeers), Without(&[&UNICAST_FAULT_NO_PEER.def])])
        .what("`unicast_peer` names no peer")
        .note(MULTICASTS)
        .help("add the peers, or use `mcast_src_ip`"),
    clash(Code::UnicastWithoutPeers, &[&UNICAST_SRC_IP.def])
        .when(&[Without(&[&UNICAST_PEER.def]), Without(&[&UNICAST_FAULT_NO_PEER.def])])
        .note(MULTICASTS)
        .help("add the peers, or use `mcast_src_ip`"),
    clash(Code::UnicastTtlAlone, &[&UNICAST_TTL.def])
        .when(NO_PEERS)
        .note(
            "keepalived then multicasts with TTL 0: nothing leaves the host and every router is master; here it changes \
             nothing",
        )
        .help("remove the line, or add the peers"),
    clash(Code::UnicastGroup, &[&MCAST_DST_IP.def]).when(&[When::Is(Peers)]).note("the group is ignored"),
    clash(Code::TrackSourceAlone, &[&TRACK_SRC_IP.def])
        .when(&[Without(&[&UNICAST_SRC_IP.def]), Without(&[&MCAST_SRC_IP.def])])
        .what("there is no source address to track")
        .note("only an address that `mcast_src_ip` or `unicast_src_ip` names is tracked")
        .help("add `mcast_src_ip ADDRESS`, or remove the line"),
    clash(Code::UnicastSource, &[&UNICAST_PEER.def])
        .when(&[When::Is(Peers), Without(&[&UNICAST_SRC_IP.def, &MCAST_SRC_IP.def])])
        .what("the router speaks unicast without `unicast_src_ip`")
        .note("the interface's first address is used; if that changes, the peers no longer know it")
        .help("add `unicast_src_ip` with the address that the peers list"),
    clash(Code::UnicastVirtualMac, &[&USE_VMAC.def, &USE_IPVLAN.def])
        .when(&[When::Is(Peers), Without(&[&VMAC_XMIT_BASE.def])])
        .what("unicast is sent from the interface's own MAC")
        .note("`vmac_xmit_base` is set, as in keepalived")
        .help("add `vmac_xmit_base` to say so"),
];
