//! `vrrp_instance NAME { }`: the keywords that change nothing here, not yet or for good.

use super::global_process::LARGE_BUFFERS;
use crate::keyword::{Block, Form, KeywordDef, Kind, Repeat, number, optional};

const fn row(name: &'static str, form: Form) -> KeywordDef {
    KeywordDef::new(Block::Instance, name, form)
}

pub(crate) const VRF: KeywordDef = row("vrf", Form::Word("the name of a VRF"))
    .help("The VRF of a unicast router without interface.")
    .refused("the router is left out, because it would speak on the wrong network");

pub(crate) const USE_IPVLAN: KeywordDef =
    row("use_ipvlan", Form::Words("[[name] INTERFACE] [ADDRESS[/LEN]] [bridge|private|vepa] [group GROUP]"))
        .help("Runs on an ipvlan interface of this name, with this address as source of advertisements.")
        .default("the interface itself")
        .repeats(Repeat::First)
        .like("use_ipvlan ipvl250 192.0.2.250/24")
        .not_yet("addresses are added to the interface itself, whose MAC is the same");
pub(crate) const PROMOTE_SECONDARIES: KeywordDef = row("promote_secondaries", Form::Flag)
    .help("Removing the first address of a subnet keeps the others.")
    .default("off")
    .no_effect(
        "it is always so: every interface that addresses are put on has the kernel's setting while they may be there, and \
         then gets back what it had",
    );

pub(crate) static ROWS: &[KeywordDef] = &[
    row("debug", Form::Arguments(&[optional("LEVEL", Kind::Number(number(0, 4)))]))
        .help("Nothing.")
        .default("0")
        .no_effect("it does nothing in keepalived either")
        .differs("keepalived stops at the word without a number"),
    row("kernel_rx_buf_size", number(0, 4_294_967_295).exactly().of("bytes").form())
        .help("Receive buffer of the router's socket.")
        .default("that of `vrrp_rx_bufs_policy`")
        .like("kernel_rx_buf_size 65536")
        .no_effect(LARGE_BUFFERS),
    USE_IPVLAN,
    PROMOTE_SECONDARIES,
    VRF,
    row("linkbeat_use_polling", Form::Flag)
        .help("The link state of the interface is polled.")
        .default("off")
        .no_effect("link changes come from the kernel's notifications"),
    row("lvs_sync_daemon_interface", Form::Interface)
        .help("Interface of the load balancer's synchronisation, which follows the router.")
        .load_balancer(),
];
