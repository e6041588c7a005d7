//! What the engine must know of a virtual router.

use alloc::vec::Vec;
use core::net::IpAddr;
use core::num::NonZeroU8;
use core::time::Duration;

use crate::types::{Family, Interval, Priority, TrackerId, Version, Vrid};

/// One virtual router as configured. Everything in it may change at run time ([`Engine::update`](crate::Engine::update))
/// but `family` and `vrid`, which say which router it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterConfig {
    /// Address family.
    pub family: Family,
    /// Virtual router identifier.
    pub vrid: Vrid,
    /// Protocol version; IPv6 routers speak VRRPv3.
    pub version: Version,
    /// Base priority, 1–255; 255 makes this router the owner. Trackers move the effective priority.
    pub priority: Priority,
    /// Interval between our own advertisements.
    pub interval: Interval,
    /// Missed advertisements before a backup takes over (RFC: 3).
    pub down_adverts: NonZeroU8,
    /// Whether a better priority displaces a running master.
    pub preempt: Preempt,
    /// Advertised addresses in configuration order.
    pub addresses: Vec<IpAddr>,
    /// Which source MAC our advertisements carry.
    pub source_mac: SourceMac,
    /// Checksum form of VRRPv3 over IPv4.
    pub checksum: ChecksumPolicy,
    /// How far to insist on the RFC's letter against what is seen in the field.
    pub conformance: Conformance,
    /// VRRPv2 authentication.
    pub authentication: Authentication,
    /// Whether a master answers a losing advertisement with its own at once (V3-ST-13).
    pub losing_rival: LosingRival,
    /// Whether a master sends once more before it yields to a better advertisement.
    pub winning_rival: WinningRival,
    /// Repetition of gratuitous ARP and unsolicited NA.
    pub announce: AnnouncePlan,
    /// Whether the parent's link state matters.
    pub primary: PrimaryTracking,
    /// Tracked objects.
    pub tracking: Vec<Tracking>,
}

impl RouterConfig {
    /// A router with the defaults of RFC 9568 §6.1 and keepalived: priority 100, one second, preemption, virtual MAC.
    /// The family is that of the first address; IPv4 if there is none.
    #[must_use]
    pub fn new(vrid: Vrid, version: Version, addresses: Vec<IpAddr>) -> Self {
        Self {
            family: addresses.first().map_or(Family::Ipv4, Family::of),
            vrid,
            version,
            priority: Priority::DEFAULT,
            interval: Interval::DEFAULT,
            down_adverts: DOWN_ADVERTS,
            preempt: Preempt::Always,
            addresses,
            source_mac: SourceMac::Virtual,
            checksum: ChecksumPolicy::Auto,
            conformance: Conformance::Field,
            authentication: Authentication::None,
            losing_rival: LosingRival::Answer,
            winning_rival: WinningRival::Yield,
            announce: AnnouncePlan::DEFAULT,
            primary: PrimaryTracking::Tracked,
            tracking: Vec::new(),
        }
    }
}

/// Missed advertisements before a backup takes over, RFC 9568 §6.1.
pub const DOWN_ADVERTS: NonZeroU8 = NonZeroU8::MIN.saturating_add(2);

/// `preempt`, `nopreempt`, `preempt_delay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preempt {
    /// Preempt at once (RFC default).
    Always,
    /// Never displace a running master, whatever its priority.
    Never,
    /// Accept a worse master for this long after first hearing it, then preempt.
    After(Duration),
}

/// Source MAC of our advertisements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceMac {
    /// 00-00-5E-00-0x-VRID (RFC 9568 §7.2); what `use_vmac` means.
    Virtual,
    /// The parent's own MAC: no `use_vmac`, or `vmac_xmit_base`.
    Physical,
}

/// Which checksum a VRRPv3/IPv4 advertisement carries (V3-CK-05/06). Both forms are always accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumPolicy {
    /// The form last heard from the master in charge; RFC 5798's until anyone was heard.
    Auto,
    /// Always with pseudo-header.
    Rfc5798,
    /// Always without pseudo-header.
    Rfc9568,
}

/// `vrrp_strict`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conformance {
    /// Deviations that are common in the field are counted and told, not refused.
    Field,
    /// The RFC's letter: IPv6 lists must start with a link-local address, VRRPv2 address lists must match.
    Strict,
}

/// VRRPv2 authentication (RFC 2338; types other than none are reserved in RFC 3768).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Type 0.
    None,
    /// Type 1: a text in clear, padded with zeros.
    Password([u8; 8]),
}

/// `lower_prio_no_advert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LosingRival {
    /// Send an advertisement at once, rate-limited (RFC 9568 §6.4.3).
    Answer,
    /// Only discard (RFC 3768).
    Ignore,
}

/// `higher_prio_send_advert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WinningRival {
    /// Yield in silence (RFC).
    Yield,
    /// Send one more advertisement, then yield.
    AnswerOnce,
}

/// `dont_track_primary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrimaryTracking {
    /// The router stops (FAULT) while its parent is down.
    Tracked,
    /// The parent's link state is ignored.
    Ignored,
}

/// keepalived's `garp_*` settings, for gratuitous ARP and unsolicited NA alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnnouncePlan {
    /// Rounds when becoming master (`garp_master_repeat`).
    pub repeat: u32,
    /// Time until the same number of rounds once more (`garp_master_delay`); zero: no second burst.
    pub delay: Duration,
    /// Period of announcements while master (`garp_master_refresh`); zero: none.
    pub refresh: Duration,
    /// Rounds per period (`garp_master_refresh_repeat`).
    pub refresh_repeat: u32,
    /// Rounds after a losing advertisement was heard (`garp_lower_prio_repeat`).
    pub lower_prio_repeat: u32,
    /// Time until the same number of rounds once more (`garp_lower_prio_delay`); zero: no second burst.
    pub lower_prio_delay: Duration,
}

impl AnnouncePlan {
    /// keepalived's defaults: five at once and five after five seconds, also for losing advertisements; no refresh.
    pub const DEFAULT: Self = Self {
        repeat: 5,
        delay: Duration::from_secs(5),
        refresh: Duration::ZERO,
        refresh_repeat: 1,
        lower_prio_repeat: 5,
        lower_prio_delay: Duration::from_secs(5),
    };
}

/// How one tracked object acts on one router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracking {
    /// The object.
    pub tracker: TrackerId,
    /// What its verdict does.
    pub effect: Effect,
}

/// What a verdict does to a router. keepalived's `weight` and `reverse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Weight 0: the router is in FAULT while the object is down.
    FaultWhileDown,
    /// Weight 0, reversed: in FAULT while the object is up.
    FaultWhileUp,
    /// Positive weight: added while up. Negative weight: added (so subtracted) while down.
    Weight(i16),
    /// The same with up and down exchanged.
    ReverseWeight(i16),
}
