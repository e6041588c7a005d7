//! The rows, by block.

pub(crate) mod authentication;
pub(crate) mod dumps;
pub(crate) mod global;
pub(crate) mod global_inert;
mod global_lvs;
pub(crate) mod global_notify;
pub(crate) mod global_process;
pub(crate) mod groups;
pub(crate) mod instance;
pub(crate) mod instance_inert;
pub(crate) mod mail;
pub(crate) mod reload;
pub(crate) mod snmp;
pub(crate) mod top;
pub(crate) mod trackers;

use crate::keyword::{KeywordDef, Micros, Takes, TimeRange, takes};

/// What keepalived does about keywords of ours.
const OURS: &str = "keepalived does not know it, says so, and goes on without it";
/// Of `tanist_linger`: no skew time is longer than the longest interval.
const LINGER: Takes<Micros> = takes::seconds(TimeRange { min_micros: 0, max_micros: 41_000_000 });

/// Gratuitous ARP and unsolicited NA, of routers and in general.
mod announce {
    use crate::keyword::{Micros, Takes, TimeRange, number, takes};

    pub(super) const DELAY: Takes<u32> = number(0, 4294).of("seconds").form();
    pub(super) const REPEAT: Takes<u32> = number(1, 4_294_967_295).of("messages").or(1).form();
    pub(super) const REFRESH: Takes<u32> = number(0, 4_294_967_295).of("seconds").or(0).form();
    pub(super) const LOWER_PRIO_REPEAT: Takes<u32> = number(0, 2_147_483_647).of("messages").form();
    pub(super) const GAP: Takes<Micros> = takes::seconds(TimeRange { min_micros: 0, max_micros: 4_294_970_000 });
}

/// All tables.
pub(crate) static TABLES: &[&[&KeywordDef]] = &[
    top::ROWS,
    global::ROWS,
    global_inert::ROWS,
    global_process::ROWS,
    global_lvs::ROWS,
    global_notify::ROWS,
    instance::ROWS,
    instance_inert::ROWS,
    mail::ROWS,
    reload::ROWS,
    dumps::ROWS,
    snmp::ROWS,
    authentication::ROWS,
    groups::ROWS,
    trackers::ROWS,
];
