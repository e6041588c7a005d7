//! The dump of what is counted.

use crate::control::picture::{Picture, Seen};
use crate::control::statistics::Statistics;

/// The dump.
pub(super) fn text(picture: &Picture<'_>, statistics: impl Fn(&Seen<'_>) -> Statistics) -> String {
    picture.routers.iter().map(|seen| block(&seen.router.name, &statistics(seen))).collect()
}

fn block(name: &str, it: &Statistics) -> String {
    format!(
        "VRRP Instance: {name}
  Advertisements:
    Received: {}
    Sent: {}
  Became master: {}
  Released master: {}
  Packet Errors:
    Length: {}
    TTL: {}
    Invalid Type: {}
    Advertisement Interval: {}
    Address List: {}
  Authentication Errors:
    Invalid Type: {}
    Type Mismatch: {}
    Failure: {}
  Priority Zero:
    Received: {}
    Sent: {}
",
        it.advert_rcvd,
        it.advert_sent,
        it.become_master,
        it.release_master,
        it.packet_len_err,
        it.ip_ttl_err,
        it.invalid_type_rcvd,
        it.advert_interval_err,
        it.addr_list_err,
        it.invalid_authtype,
        it.authtype_mismatch,
        it.auth_failure,
        it.pri_zero_rcvd,
        it.pri_zero_sent,
    )
}
