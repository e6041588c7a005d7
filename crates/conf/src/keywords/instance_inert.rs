//! `vrrp_instance NAME { }`: the keywords that change nothing here, not yet or for good.

use super::global_process::LARGE_BUFFERS;
use crate::keyword::{Block, Kind, Row, Takes, Words, number, optional, rows, takes};

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Instance, name, takes)
}

rows! {
    /// Nothing.
    DEBUG: Words = row("debug", takes::arguments(&[optional("LEVEL", Kind::Number(number(0, 4)))])).default("0")
        .differs("keepalived stops at the word without a number")
        .no_effect("it does nothing in keepalived either");
    /// Receive buffer of the router's socket.
    KERNEL_RX_BUF_SIZE: i64 = row("kernel_rx_buf_size", number(0, 4_294_967_295).exactly().of("bytes").form())
        .default("that of `vrrp_rx_bufs_policy`").no_effect(LARGE_BUFFERS)
        .like("kernel_rx_buf_size 65536");
    /// Removing the first address of a subnet keeps the others.
    PROMOTE_SECONDARIES: () = row("promote_secondaries", takes::FLAG).default("off")
        .no_effect("it is always so: every interface that addresses are put on has the kernel's setting while they may \
                    be there, and then gets back what it had");
    /// The VRF of a unicast router without interface.
    VRF: String = row("vrf", takes::word("the name of a VRF"))
        .refused("the router is left out, because it would speak on the wrong network");
    /// The link state of the interface is polled.
    LINKBEAT_USE_POLLING: () = row("linkbeat_use_polling", takes::FLAG).default("off")
        .no_effect("link changes come from the kernel's notifications");
    /// Interface of the load balancer's synchronisation, which follows the router.
    LVS_SYNC_DAEMON_INTERFACE: String = row("lvs_sync_daemon_interface", takes::INTERFACE).load_balancer();
}
