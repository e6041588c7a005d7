//! What the engine must know of a virtual router.

mod announce;
mod auth;
mod group;
mod hmac;
mod medium;
mod parameters;
mod switches;
mod tracking;

use alloc::vec::Vec;
use core::net::IpAddr;
use core::num::NonZeroU8;

pub use self::announce::{AnnouncePlan, MOST_ROUNDS};
pub use self::auth::{Authentication, Password, Secret};
pub use self::group::GroupConfig;
pub use self::hmac::{Freshness, Hmac, HmacKey, HmacMode};
pub use self::medium::{Medium, SourceCheck, Unicast, UnicastPeer};
pub use self::parameters::*;
pub use self::switches::*;
pub use self::tracking::{Effect, EffectKind, Sense, Tracking};
use crate::types::{Family, Interval, Priority, Version, Vrid};

/// One virtual router as configured. Everything in it may change at run time ([`Engine::update`](crate::Engine::update))
/// but `family` and `vrid`, which say which router it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterConfig {
    pub family: Family,
    pub vrid: Vrid,
    /// IPv6 routers speak VRRPv3 whatever this says.
    pub version: Version,
    /// Base priority, 1–255; 255 makes this router the owner. Trackers move the effective priority.
    pub priority: Priority,
    /// Between our own adverts.
    pub interval: Interval,
    /// Missed adverts before a backup takes over (RFC: 3).
    pub down_adverts: NonZeroU8,
    pub preempt: Preempt,
    /// Advertised addresses in configuration order.
    pub addresses: Vec<IpAddr>,
    /// Addresses that are held and announced like the others, but stand in no advert (`virtual_ipaddress_excluded`). They
    /// may be of the other family.
    pub unadvertised: Vec<IpAddr>,
    pub medium: Medium,
    /// The address that adverts must come from. While the machine does not have it, [`Parent::source`] is `None` and the
    /// router does not take part. `None`: the parent's own.
    ///
    /// [`Parent::source`]: crate::Parent::source
    pub source: Option<IpAddr>,
    pub source_mac: SourceMac,
    pub checksum: ChecksumPolicy,
    pub conformance: Conformance,
    pub authentication: Authentication,
    pub switches: Switches,
    pub announce: AnnouncePlan,
    pub primary: PrimaryTracking,
    pub tracking: Vec<Tracking>,
}

impl RouterConfig {
    /// A router with the defaults of RFC 9568 §6.1 and keepalived: priority 100, one second, preemption, virtual MAC.
    /// The family is that of the first address; IPv4 if there is none.
    #[must_use]
    pub fn new(vrid: Vrid, version: Version, addresses: Vec<IpAddr>) -> Self {
        let family = addresses.first().map_or(Family::Ipv4, Family::of);
        Self {
            family,
            vrid,
            version,
            priority: Priority::DEFAULT,
            interval: Interval::DEFAULT,
            down_adverts: DOWN_ADVERTS,
            preempt: Preempt::Always,
            addresses,
            unadvertised: Vec::new(),
            medium: Medium::multicast(family),
            source: None,
            source_mac: SourceMac::Virtual,
            checksum: ChecksumPolicy::Auto,
            conformance: Conformance::Field,
            authentication: Authentication::None,
            switches: Switches::default(),
            announce: AnnouncePlan::DEFAULT,
            primary: PrimaryTracking::Tracked,
            tracking: Vec::new(),
        }
    }
}
