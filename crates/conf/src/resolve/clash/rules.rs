//! The rules between keywords.

use super::Fact::{
    Ipv6, Ipvlan, Multicast, NeverPreempts, NoPeers, NoVirtualMac, OnlyItself, OtherMac, Owner, Peers, StartsAsMaster,
    Strict, Version2, Version3,
};
use super::Says::{self, Is, NotNumber, Number, OtherThan, Text};
use super::When::{Outlasts, Under, Unless, With, Without};
use super::{Clash, rule};
use crate::keyword::KeywordDef;
use crate::keywords::authentication::{AUTH_PASS, AUTH_TYPE, MODE};
use crate::keywords::global::{
    ROUTER_ID, VRRP_DOWN_TIMER_ADVERTS, VRRP_GARP_INTERVAL, VRRP_GARP_LOWER_PRIO_DELAY, VRRP_GARP_LOWER_PRIO_REPEAT,
    VRRP_GNA_INTERVAL, VRRP_HIGHER_PRIO_SEND_ADVERT, VRRP_LOWER_PRIO_NO_ADVERT, VRRP_OWNER_IGNORE_ADVERTS,
    VRRP_SKIP_CHECK_ADV_ADDR, VRRP_STRICT,
};
use crate::keywords::global_notify::{NOTIFY_FIFO, NOTIFY_FIFO_SCRIPT, VRRP_NOTIFY_FIFO, VRRP_NOTIFY_FIFO_SCRIPT};
use crate::keywords::global_process::{NFTABLES, TANIST_VMAC_MODE as GLOBAL_VMAC_MODE, VRRP_IPSETS, VRRP_IPTABLES};
use crate::keywords::instance::{
    ACCEPT, AUTH_HMAC, DOWN_TIMER_ADVERTS, GARP_LOWER_PRIO_DELAY, GARP_LOWER_PRIO_REPEAT, HIGHER_PRIO_SEND_ADVERT,
    INTERFACE, LOWER_PRIO_NO_ADVERT, MCAST_DST_IP, MCAST_SRC_IP, NO_ACCEPT, NOPREEMPT, OWNER_IGNORE_ADVERTS, PREEMPT,
    PREEMPT_DELAY, PROMOTE_SECONDARIES, SKIP_CHECK_ADV_ADDR, STATE, TANIST_VMAC_MODE, THREAD_TIMER_EXPIRED,
    TIMER_EXPIRED_BACKUP, TRACK_SRC_IP, UNICAST_FAULT_NO_PEER, UNICAST_PEER, UNICAST_SRC_IP, UNICAST_TTL, USE_IPVLAN,
    USE_VMAC, VERSION, VMAC_XMIT_BASE, VRF,
};
use crate::keywords::reports::{self, RELOAD_REPEAT, RELOAD_TIME_FILE, SMTP_CONNECT_TIMEOUT};
use crate::model::Switch;
use crate::say;
use crate::value::Typed as _;

/// Of routers (keepalived-config §3.1 to §3.7), by what they are about. Of one keyword the graver one comes first.
#[rustfmt::skip]
pub(super) static OF_ROUTERS: &[Clash] = &[
    // Which router it is.
    rule(&[&VRF.def], &[With(&[&INTERFACE.def], "its VRF is used")], |at, _| say::unicast_vrf_interface(at)),
    rule(&[&VERSION.def], &[Under(Ipv6)], |at, it| say::ipv6_version_2(at, it.span, "3")).says(Says::Number(2)),
    rule(&[&SKIP_CHECK_ADV_ADDR.def], &[], |at, it| say::older_keepalived_never_off(at, it.row.name))
        .says(Is(Switch::Off)),
    rule(&[&NO_ACCEPT.def], &[With(&[&ACCEPT.def], "overridden"), Outlasts(&ACCEPT.def)],
        |at, _| say::accept_twice(at, "no_accept", "accept")),
    rule(&[&ACCEPT.def], &[With(&[&NO_ACCEPT.def], "overridden"), Outlasts(&NO_ACCEPT.def)],
        |at, _| say::accept_twice(at, "accept", "no_accept")),
    // State and preemption.
    rule(&[&STATE.def], &[Under(Strict), Unless(Owner)], |at, _| say::strict_overrides_state(at)).says(Text("MASTER")),
    rule(&[&STATE.def], &[Under(Strict), Under(Owner)], |at, _| say::strict_overrides_state(at)).says(Text("BACKUP")),
    rule(&[&NOPREEMPT.def], &[Under(Owner), Outlasts(&PREEMPT.def)], |at, _| say::nopreempt_ignored_owner(at)),
    rule(&[&NOPREEMPT.def], &[Under(StartsAsMaster), Outlasts(&PREEMPT.def)],
        |at, _| say::nopreempt_ignored_master(at)),
    rule(&[&NOPREEMPT.def], &[With(&[&PREEMPT.def], "overridden"), Outlasts(&PREEMPT.def)],
        |at, _| say::preempt_twice(at, "nopreempt", "preempt")),
    rule(&[&PREEMPT.def], &[With(&[&NOPREEMPT.def], "overridden"), Outlasts(&NOPREEMPT.def)],
        |at, _| say::preempt_twice(at, "preempt", "nopreempt")),
    rule(&[&PREEMPT_DELAY.def], &[Under(NeverPreempts)], |at, _| say::preempt_delay_unused(at)).says(NotNumber(0)),
    rule(&[&PREEMPT_DELAY.def], &[Under(Owner), Under(StartsAsMaster)],
        |at, _| say::preempt_delay_ignored_owner(at)).says(NotNumber(0)),
    rule(&[&PREEMPT_DELAY.def], &[Under(StartsAsMaster)],
        |at, _| say::preempt_delay_ignored_master(at)).says(NotNumber(0)),
    rule(&[&PREEMPT_DELAY.def], &[Under(Strict)], |at, _| say::strict_overrides_preempt_delay(at)).says(NotNumber(0)),
    rule(&[&TIMER_EXPIRED_BACKUP.def, &THREAD_TIMER_EXPIRED.def], &[Unless(NeverPreempts)],
        |at, it| say::stalled_preempt(at, it.row.name)),
    // The election.
    rule(&[&LOWER_PRIO_NO_ADVERT.def, &VRRP_LOWER_PRIO_NO_ADVERT.def], &[Under(Strict)],
        |at, it| say::strict_overrides_lower_prio(at, it.row.name)).says(Is(Switch::Off)),
    rule(&[&HIGHER_PRIO_SEND_ADVERT.def, &VRRP_HIGHER_PRIO_SEND_ADVERT.def], &[Under(Strict)],
        |at, it| say::strict_overrides_higher_prio(at, it.row.name)).says(Is(Switch::On)),
    rule(&[&OWNER_IGNORE_ADVERTS.def, &VRRP_OWNER_IGNORE_ADVERTS.def], &[Under(Strict), Under(Owner)],
        |at, it| say::strict_overrides_owner(at, it.row.name)).says(Is(Switch::Off)),
    rule(&[&DOWN_TIMER_ADVERTS.def, &VRRP_DOWN_TIMER_ADVERTS.def], &[Under(Strict)],
        |at, it| say::strict_overrides_down_adverts(at, it.row.name)).says(NotNumber(3)),
    rule(&[&GARP_LOWER_PRIO_REPEAT.def, &VRRP_GARP_LOWER_PRIO_REPEAT.def], &[Under(Strict)],
        |at, it| say::strict_overrides_announce(at, it.row.name)).says(NotNumber(0)),
    rule(&[&GARP_LOWER_PRIO_DELAY.def, &VRRP_GARP_LOWER_PRIO_DELAY.def], &[Under(Strict)],
        |at, it| say::strict_overrides_announce(at, it.row.name)).says(NotNumber(0)),
    rule(&[&OWNER_IGNORE_ADVERTS.def], &[Unless(Owner)], |at, _| say::owner_ignore_not_owner(at)).says(Is(Switch::On)),
    rule(&[&OWNER_IGNORE_ADVERTS.def], &[Unless(Strict), Under(Owner)],
        |at, _| say::owner_ignore_off(at)).says(Is(Switch::Off)),
    rule(&[&ACCEPT.def], &[Under(Strict), Under(Version2), Unless(Owner), Outlasts(&NO_ACCEPT.def)],
        |at, _| say::strict_refuses_accept(at)),
    // Authentication.
    rule(&[&AUTH_TYPE.def], &[Under(Version3)], |at, _| say::auth_version_3(at)),
    rule(&[&AUTH_TYPE.def], &[Under(Strict)], |at, _| say::strict_refuses_authentication(at)),
    rule(&[&AUTH_TYPE.def], &[With(&[&AUTH_HMAC.def], "it counts")], |at, _| say::auth_twice(at)),
    rule(&[&AUTH_PASS.def], &[Without(&[&AUTH_TYPE.def])], |at, _| say::auth_no_type_password(at)),
    rule(&[&MODE.def], &[Under(Strict)],
        |at, it| say::strict_overrides_mode(at, String::of(&it.value).unwrap_or_default(), it.span, "enforce"))
        .says(OtherThan("enforce")),
    // Interfaces.
    rule(&[&PROMOTE_SECONDARIES.def], &[With(&[&USE_VMAC.def, &USE_IPVLAN.def], "this does as much")],
        |at, _| say::promote_implied(at)),
    rule(&[&USE_VMAC.def], &[Under(Ipvlan)], |at, _| say::vmac_and_ipvlan(at)),
    rule(&[&USE_VMAC.def], &[Under(Owner)], |at, _| say::owner_virtual_mac(at)),
    rule(&[&VMAC_XMIT_BASE.def], &[Without(&[&USE_VMAC.def])], |at, _| say::xmit_base_alone(at)),
    rule(&[&VMAC_XMIT_BASE.def], &[Under(Strict), Under(Multicast), With(&[&USE_VMAC.def], "")],
        |at, _| say::strict_refuses_xmit_base(at)),
    rule(&[&TANIST_VMAC_MODE.def], &[Under(NoVirtualMac)], |at, _| say::vmac_mode_unused(at)).says(Text("private")),
    rule(&[&TANIST_VMAC_MODE.def, &GLOBAL_VMAC_MODE.def], &[Under(OtherMac)],
        |at, it| say::vmac_mode_mac(at, it.row.name)).says(Text("private")),
    // Unicast.
    rule(&[&UNICAST_PEER.def], &[Under(Strict), Under(Peers)], |at, _| say::unicast_strict(at)),
    rule(&[&UNICAST_PEER.def], &[Under(OnlyItself), Without(&[&UNICAST_FAULT_NO_PEER.def])],
        |at, _| say::peer_only_self(at)),
    rule(&[&UNICAST_FAULT_NO_PEER.def], &[Under(OnlyItself), With(&[&UNICAST_PEER.def], "unicast is meant here")],
        |at, _| say::unicast_no_peer_fault_itself(at)),
    rule(&[&UNICAST_FAULT_NO_PEER.def],
        &[Under(NoPeers), With(&[&UNICAST_PEER.def, &UNICAST_SRC_IP.def], "unicast is meant here")],
        |at, _| say::unicast_no_peer_fault_none(at)),
    rule(&[&UNICAST_PEER.def], &[Under(NoPeers), Without(&[&UNICAST_FAULT_NO_PEER.def])],
        |at, _| say::unicast_without_peers_empty(at)),
    rule(&[&UNICAST_SRC_IP.def], &[Without(&[&UNICAST_PEER.def]), Without(&[&UNICAST_FAULT_NO_PEER.def])],
        |at, _| say::unicast_without_peers_source(at)),
    rule(&[&UNICAST_TTL.def], &[Under(NoPeers), Without(&[&UNICAST_PEER.def])], |at, _| say::unicast_ttl_alone(at)),
    rule(&[&MCAST_DST_IP.def], &[Under(Peers)], |at, _| say::unicast_group(at)),
    rule(&[&TRACK_SRC_IP.def], &[Without(&[&UNICAST_SRC_IP.def]), Without(&[&MCAST_SRC_IP.def])],
        |at, _| say::track_source_alone(at)),
    rule(&[&UNICAST_PEER.def], &[Under(Peers), Without(&[&UNICAST_SRC_IP.def, &MCAST_SRC_IP.def])],
        |at, _| say::unicast_source(at)),
    rule(&[&USE_VMAC.def, &USE_IPVLAN.def], &[Under(Peers), Without(&[&VMAC_XMIT_BASE.def])],
        |at, _| say::unicast_virtual_mac(at)),
];

const MIBS: &[&KeywordDef] = &[
    &reports::ENABLE_SNMP_VRRP.def,
    &reports::ENABLE_SNMP_KEEPALIVED.def,
    &reports::ENABLE_SNMP_RFC.def,
    &reports::ENABLE_SNMP_RFCV2.def,
    &reports::ENABLE_SNMP_RFCV3.def,
];

/// Of `global_defs` (keepalived-config §3.8).
#[rustfmt::skip]
pub(in crate::resolve) static OF_GLOBAL: &[Clash] = &[
    rule(&[&VRRP_IPTABLES.def], &[With(&[&NFTABLES.def], "this counts")], |at, _| say::firewall_twice(at)),
    rule(&[&VRRP_IPSETS.def], &[Without(&[&VRRP_IPTABLES.def])], |at, _| say::ipsets_alone(at)),
    rule(&[&NOTIFY_FIFO_SCRIPT.def], &[Without(&[&NOTIFY_FIFO.def])],
        |at, _| say::pipe_reader(at, "notify_fifo_script", "notify_fifo")),
    rule(&[&VRRP_NOTIFY_FIFO_SCRIPT.def], &[Without(&[&VRRP_NOTIFY_FIFO.def])],
        |at, _| say::pipe_reader(at, "vrrp_notify_fifo_script", "vrrp_notify_fifo")),
    rule(&[&RELOAD_REPEAT.def], &[Without(&[&RELOAD_TIME_FILE.def])], |at, _| say::reload_repeat(at)),
    rule(&[&reports::ENABLE_TRAPS.def], &[Without(MIBS)], |at, _| say::no_effect_traps(at)),
    rule(&[&VRRP_GARP_INTERVAL.def], &[], |at, it| say::gap_zero(at, it.row.name)).says(Number(0)),
    rule(&[&VRRP_GNA_INTERVAL.def], &[], |at, it| say::gap_zero(at, it.row.name)).says(Number(0)),
    rule(&[&SMTP_CONNECT_TIMEOUT.def], &[], |_, it| say::out_of_range_no_patience(it.span)).says(Number(0)),
    rule(&[&ROUTER_ID.def], &[], |at, _| say::sample_router_id(at)).says(Text("LVS_DEVEL")),
    rule(&[&VRRP_STRICT.def], &[], |at, it| say::older_keepalived_off(at, it.row.name)).says(Is(Switch::Off)),
    rule(&[&VRRP_SKIP_CHECK_ADV_ADDR.def], &[], |at, it| say::older_keepalived_off(at, it.row.name))
        .says(Is(Switch::Off)),
];
