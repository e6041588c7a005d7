//! When addresses are announced, and how often.

use core::time::Duration;

/// Most rounds over all addresses for one cause, whatever is configured: a typing error must not flood a link.
pub const MOST_ROUNDS: u32 = 100;

/// keepalived's `garp_*` settings, for gratuitous ARP and unsolicited NA alike. Of rounds beyond [`MOST_ROUNDS`] none is
/// made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnnouncePlan {
    /// Rounds when becoming master (`garp_master_repeat`).
    pub repeat: u32,
    /// Time until the same number of rounds once more (`garp_master_delay`); zero: no second block.
    pub delay: Duration,
    /// Period of announcements while master (`garp_master_refresh`); zero: none.
    pub refresh: Duration,
    /// Rounds per period (`garp_master_refresh_repeat`).
    pub refresh_repeat: u32,
    /// Rounds after an inferior advert was heard (`garp_lower_prio_repeat`).
    pub lower_prio_repeat: u32,
    /// Time until the same number of rounds once more (`garp_lower_prio_delay`); zero: no second block.
    pub lower_prio_delay: Duration,
}

impl AnnouncePlan {
    /// keepalived's defaults: five at once and five after five seconds, also for inferior adverts; no refresh.
    pub const DEFAULT: Self = Self {
        repeat: 5,
        delay: Duration::from_secs(5),
        refresh: Duration::ZERO,
        refresh_repeat: 1,
        lower_prio_repeat: 5,
        lower_prio_delay: Duration::from_secs(5),
    };
}
