//! Rules of `global_defs` (keepalived-config §3.8).

use super::Says::{Is, Number, Text};
use super::When::{With, Without};
use super::{Clash, clash};
use crate::code::Code;
use crate::keyword::KeywordDef;
use crate::keywords::global::{self, ROUTER_ID, VRRP_GARP_INTERVAL, VRRP_GNA_INTERVAL};
use crate::keywords::global_notify::{NOTIFY_FIFO, NOTIFY_FIFO_SCRIPT, VRRP_NOTIFY_FIFO, VRRP_NOTIFY_FIFO_SCRIPT};
use crate::keywords::global_process::{NFTABLES, VRRP_IPSETS, VRRP_IPTABLES};
use crate::keywords::reports;
use crate::model::Switch;

const NO_PIPE: &str = "there is no FIFO to read, so the script never runs";

#[rustfmt::skip]
pub(in crate::resolve) static RULES: &[Clash] = &[
    clash(Code::FirewallTwice, &[&VRRP_IPTABLES.def], &[With(&[&NFTABLES.def], "this counts")])
        .note("keepalived uses nftables; tanist needs neither", ""),
    clash(Code::IpsetsAlone, &[&VRRP_IPSETS.def], &[Without(&[&VRRP_IPTABLES.def])])
        .note("keepalived ignores it; tanist needs neither", "remove the line"),
    clash(Code::PipeReader, &[&NOTIFY_FIFO_SCRIPT.def], &[Without(&[&NOTIFY_FIFO.def])])
        .note(NO_PIPE, "add `notify_fifo PATH`"),
    clash(Code::PipeReader, &[&VRRP_NOTIFY_FIFO_SCRIPT.def], &[Without(&[&VRRP_NOTIFY_FIFO.def])])
        .note(NO_PIPE, "add `vrrp_notify_fifo PATH`"),
    clash(Code::ReloadRepeat, &[&reports::RELOAD_REPEAT.def], &[Without(&[&reports::RELOAD_TIME_FILE.def])])
        .note("there is no time to repeat", "add `reload_time_file PATH`"),
    clash(Code::NoEffect, &[&reports::ENABLE_TRAPS.def], &[Without(MIBS)])
        .note("no MIB is enabled whose traps could be sent",
            "add `enable_snmp_vrrp`, or start the daemon with `--snmp`"),
    clash(Code::GapZero, &[&VRRP_GARP_INTERVAL.def], &[]).says(Number(0)).what(GAP_ZERO).note(REFUSED, ""),
    clash(Code::GapZero, &[&VRRP_GNA_INTERVAL.def], &[]).says(Number(0)).what(GAP_ZERO).note(REFUSED, ""),
    clash(Code::SampleRouterId, &[&ROUTER_ID.def], &[]).says(Text("LVS_DEVEL"))
        .what("the router id is that of the sample configuration")
        .note("every machine would report the same name", "use the name of the machine"),
    older(&[&global::VRRP_STRICT.def]),
    older(&[&global::VRRP_SKIP_CHECK_ADV_ADDR.def]),
];

const MIBS: &[&KeywordDef] = &[
    &reports::ENABLE_SNMP_VRRP.def,
    &reports::ENABLE_SNMP_KEEPALIVED.def,
    &reports::ENABLE_SNMP_RFC.def,
    &reports::ENABLE_SNMP_RFCV2.def,
    &reports::ENABLE_SNMP_RFCV3.def,
];
const GAP_ZERO: &str = "`{} 0` is the default";
const REFUSED: &str = "keepalived refuses the line";

const fn older(rows: &'static [&'static KeywordDef]) -> Clash {
    clash(Code::OlderKeepalived, rows, &[])
        .says(Is(Switch::Off))
        .what("keepalived before 2.3.0 takes `{} off` for on")
        .note("it matters where keepalived reads this text as well", "remove the line: off is the default")
}
