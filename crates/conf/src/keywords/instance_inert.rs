//! `vrrp_instance NAME { }`: the keywords that change nothing here, not yet or for good.

use super::global_process::LARGE_BUFFERS;
use crate::keyword::{Block, Kind, Row, Takes, Words, number, optional, rows, takes};

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Instance, name, takes)
}

rows! {
    DEBUG: Words = row("debug", takes::arguments(&[optional("LEVEL", Kind::Number(number(0, 4)))]))
            .help("Nothing.")
            .default("0")
            .no_effect("it does nothing in keepalived either")
            .differs("keepalived stops at the word without a number");
    KERNEL_RX_BUF_SIZE: i64 = row("kernel_rx_buf_size", number(0, 4_294_967_295).exactly().of("bytes").form())
            .help("Receive buffer of the router's socket.")
            .default("that of `vrrp_rx_bufs_policy`")
            .like("kernel_rx_buf_size 65536")
            .no_effect(LARGE_BUFFERS);
    PROMOTE_SECONDARIES: () = row("promote_secondaries", takes::FLAG)
        .help("Removing the first address of a subnet keeps the others.")
        .default("off")
        .no_effect(
            "it is always so: every interface that addresses are put on has the kernel's setting while they may be there, and \
             then gets back what it had",
        );
    VRF: String = row("vrf", takes::word("the name of a VRF"))
        .help("The VRF of a unicast router without interface.")
        .default("that of its addresses");
    LINKBEAT_USE_POLLING: () = row("linkbeat_use_polling", takes::FLAG)
            .help("The link state of the interface is polled.")
            .default("off")
            .no_effect("link changes come from the kernel's notifications");
    LVS_SYNC_DAEMON_INTERFACE: String = row("lvs_sync_daemon_interface", takes::INTERFACE)
            .help("Interface of the load balancer's synchronisation, which follows the router.")
            .load_balancer();
}
