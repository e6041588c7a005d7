//! Routes to the subnet of a link.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use vrrp::types::IfIndex;

use super::serial;
use super::{Identity, MAIN_TABLE, Stage, Thing};
use crate::names::{Describe, LinkNames};
use crate::present::Present;

/// By this number the kernel knows our routes (`rtm_protocol`): keepalived's, which tools that skip a VRRP daemon's routes
/// look for.
pub const ROUTE_PROTOCOL: u8 = 18;

/// A route without gateway: "the hosts of this prefix are on this link". It goes when the link goes or
/// is set down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRoute {
    /// The link the hosts are on.
    #[serde(with = "serial::ifindex")]
    pub link: IfIndex,
    /// Network address: all bits behind the prefix are 0.
    pub network: IpAddr,
    /// 0–32 or 0–128.
    pub prefix_len: u8,
    /// The kernel takes the lowest.
    pub metric: u32,
    /// The table that it stands in: the main one, or that of a VRF.
    #[serde(default = "main_table")]
    pub table: u32,
}

const fn main_table() -> u32 {
    MAIN_TABLE
}

impl Thing for LinkRoute {
    fn identity(&self) -> Identity {
        Identity::Route(self.link, self.network, self.prefix_len, self.metric)
    }

    fn links(&self) -> &[IfIndex] {
        std::slice::from_ref(&self.link)
    }

    fn stage(&self) -> Stage {
        Stage::Traffic
    }

    fn is_left(&self, _: &Present, is_same: &dyn Fn(IfIndex) -> bool) -> bool {
        is_same(self.link)
    }
}

impl Describe for LinkRoute {
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { link, network, prefix_len, metric, table: _ } = self;
        write!(f, "route {network}/{prefix_len} on {} with metric {metric}", link.named(names))
    }
}
