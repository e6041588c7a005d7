//! The rows, by block.

pub(crate) mod authentication;
pub(crate) mod global;
pub(crate) mod global_notify;
pub(crate) mod global_process;
pub(crate) mod groups;
pub(crate) mod instance;
pub(crate) mod reports;
pub(crate) mod top;
pub(crate) mod trackers;

use crate::keyword::{KeywordDef, Kind, Micros, Takes, TimeRange, Words, one, optional, takes};

/// What keepalived does about keywords of ours.
const OURS: &str = "keepalived does not know it, says so, and goes on without it";
/// Of `tanist_linger`: no skew time is longer than the longest interval.
const LINGER: Takes<Micros> = takes::seconds(TimeRange { min_micros: 0, max_micros: 41_000_000 });

/// Other names of these states.
const NOTIFY_MASTER_ALSO: &[&str] = &["notify_active", "notify_primary"];
const NOTIFY_BACKUP_ALSO: &[&str] = &["notify_slave", "notify_standby", "notify_passive", "notify_secondary"];

/// A named pipe, and whose it is.
const PIPE: Takes<Words> =
    takes::arguments(&[one("PATH", Kind::Word), optional("USER", Kind::Word), optional("GROUP", Kind::Word)]);

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
    global_process::ROWS,
    global_notify::ROWS,
    instance::ROWS,
    reports::ROWS,
    authentication::ROWS,
    groups::ROWS,
    trackers::ROWS,
];
