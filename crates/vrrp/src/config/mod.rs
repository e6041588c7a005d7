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

pub use self::announce::{AnnouncePlan, MOST_ROUNDS};
pub use self::auth::{Authentication, Password, Secret};
pub use self::group::GroupConfig;
pub use self::hmac::{Freshness, Hmac, HmacKey, HmacMode};
pub use self::medium::{Medium, SourceCheck, Unicast, UnicastPeer};
pub use self::parameters::*;
pub use self::switches::*;
pub use self::tracking::{Effect, EffectKind, Sense, Tracking};
use crate::types::{Family, Version, Vrid};

/// One virtual router as configured. Everything in it may change at run time ([`Engine::update`](crate::Engine::update))
/// but `family` and `vrid`, which say which router it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterConfig {
    pub family: Family,
    pub vrid: Vrid,
    pub parameters: Parameters,
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
    pub authentication: Authentication,
    pub tracking: Vec<Tracking>,
}

impl RouterConfig {
    /// A router with default [`Parameters`], without authentication, by multicast.
    /// The family is that of the first address; IPv4 if there is none.
    #[must_use]
    pub fn new(vrid: Vrid, version: Version, addresses: Vec<IpAddr>) -> Self {
        let family = addresses.first().map_or(Family::Ipv4, Family::of);
        Self {
            family,
            vrid,
            parameters: Parameters::new(version),
            addresses,
            unadvertised: Vec::new(),
            medium: Medium::multicast(family),
            source: None,
            authentication: Authentication::None,
            tracking: Vec::new(),
        }
    }

    /// The same router with other parameters.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Parameters)) -> Self {
        change(&mut self.parameters);
        self
    }
}
