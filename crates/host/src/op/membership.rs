//! Memberships of multicast groups.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use vrrp::types::IfIndex;

use super::serial;
use super::{Identity, Thing};
use crate::names::{Describe, LinkNames};
use crate::present::Present;

/// Membership of a group on a link. It is held by a socket of this process and ends with the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Membership {
    /// Where the group is listened to.
    #[serde(with = "serial::ifindex")]
    pub link: IfIndex,
    /// 224.0.0.18 or ff02::12, or another multicast address.
    pub group: IpAddr,
}

impl Thing for Membership {
    fn identity(&self) -> Identity {
        Identity::Membership(self.link, self.group)
    }

    fn links(&self) -> &[IfIndex] {
        std::slice::from_ref(&self.link)
    }

    fn ends_with_process(&self) -> bool {
        true
    }

    fn is_left(&self, _: &Present, _: &dyn Fn(IfIndex) -> bool) -> bool {
        false
    }
}

impl Describe for Membership {
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "membership of {} on {}", self.group, self.link.named(names))
    }
}
