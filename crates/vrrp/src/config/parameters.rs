//! What a router does in the election and on the wire, as plain values.

use core::num::NonZeroU8;
use core::time::Duration;

use super::{AnnouncePlan, Switches};
use crate::types::{Interval, Priority, Version};

/// Parameters of a virtual router (RFC 9568 §6.1, and keepalived's) that mean the same to whoever reads the configuration and to
/// the engine: the configuration's model holds them as the engine takes them. What the daemon must translate first is
/// beside them in [`RouterConfig`](super::RouterConfig).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// IPv6 routers speak VRRPv3 whatever this says.
    pub version: Version,
    /// Base priority, 1–255; 255 makes this router the owner. Trackers move the effective priority.
    pub priority: Priority,
    /// Between our own adverts.
    pub interval: Interval,
    /// Missed adverts before a backup takes over (RFC: 3).
    pub down_adverts: NonZeroU8,
    pub preempt: Preempt,
    pub source_mac: SourceMac,
    pub checksum: ChecksumPolicy,
    pub conformance: Conformance,
    pub switches: Switches,
    pub announce: AnnouncePlan,
    pub primary: PrimaryTracking,
}

impl Parameters {
    /// The defaults of RFC 9568 §6.1 and keepalived: priority 100, one second, preemption, virtual MAC.
    #[must_use]
    pub fn new(version: Version) -> Self {
        Self {
            version,
            priority: Priority::DEFAULT,
            interval: Interval::DEFAULT,
            down_adverts: DOWN_ADVERTS,
            preempt: Preempt::Always,
            source_mac: SourceMac::Virtual,
            checksum: ChecksumPolicy::Auto,
            conformance: Conformance::Field,
            switches: Switches::default(),
            announce: AnnouncePlan::DEFAULT,
            primary: PrimaryTracking::Tracked,
        }
    }
}

/// Missed adverts before a backup takes over, RFC 9568 §6.1.
pub const DOWN_ADVERTS: NonZeroU8 = NonZeroU8::MIN.saturating_add(2);

/// `preempt`, `nopreempt`, `preempt_delay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preempt {
    /// Preempt at once (RFC default).
    Always,
    /// Never displace a running master, whatever its priority.
    Never,
    /// Accept an inferior master for this long after first hearing it, then preempt.
    After(Duration),
}

/// Source MAC of our adverts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceMac {
    /// 00-00-5E-00-0x-VRID (RFC 9568 §7.2); what `use_vmac` means.
    Virtual,
    /// The parent's own MAC: no `use_vmac`, or `vmac_xmit_base`.
    Physical,
}

/// Which checksum a VRRPv3/IPv4 advert carries (V3-CK-05/06). Both forms are always accepted.
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
    /// Deviations that are common in the field are counted and reported, not refused.
    Field,
    /// The RFC's letter: IPv6 lists must start with a link-local address, VRRPv2 address lists must match.
    Strict,
}

/// `dont_track_primary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrimaryTracking {
    /// The router stops (FAULT) while its parent is down.
    Tracked,
    /// The parent's link state is ignored.
    Ignored,
}
