//! The quantities of VRRP, each with its own type. Raw integers stop at `wire` and at the configuration.

use core::fmt;
use core::net::IpAddr;
use core::num::{NonZeroU8, NonZeroU32};
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// Address family of a virtual router. IPv4 and IPv6 routers with one VRID are independent (RFC 9568 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Family {
    /// IPv4: VRRPv2 or VRRPv3.
    Ipv4,
    /// IPv6: VRRPv3.
    Ipv6,
}

impl Family {
    #[must_use]
    pub const fn of(address: &IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }

    /// Bytes of an address.
    #[must_use]
    pub const fn address_len(self) -> usize {
        match self {
            Self::Ipv4 => 4,
            Self::Ipv6 => 16,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

/// Protocol version of a virtual router.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// VRRPv2, RFC 3768.
    V2,
    /// VRRPv3, RFC 9568.
    V3,
}

impl Version {
    /// As in the first four bits of an advert.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V2 => "VRRPv2",
            Self::V3 => "VRRPv3",
        })
    }
}

/// Virtual router identifier, 1–255 (V3-PK-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Vrid(NonZeroU8);

impl Vrid {
    /// `None` for 0, which no router may use.
    #[must_use]
    pub const fn new(vrid: u8) -> Option<Self> {
        match NonZeroU8::new(vrid) {
            Some(vrid) => Some(Self(vrid)),
            None => None,
        }
    }

    #[must_use]
    pub const fn value(self) -> u8 {
        self.0.get()
    }
}

impl fmt::Display for Vrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Priority of a router: 0 says "I leave", 1–254 are backups, 255 is the owner of the addresses (RFC 9568 §5.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Priority(u8);

impl Priority {
    /// What a router that stops advertises.
    pub const RELEASE: Self = Self(0);
    /// The lowest priority of a router that takes part.
    pub const LOWEST: Self = Self(1);
    /// The default, RFC 9568 §6.1.
    pub const DEFAULT: Self = Self(100);
    /// The highest priority of a router that does not own the addresses.
    pub const HIGHEST: Self = Self(254);
    pub const OWNER: Self = Self(255);

    #[must_use]
    pub const fn new(priority: u8) -> Self {
        Self(priority)
    }

    #[must_use]
    pub const fn value(self) -> u8 {
        self.0
    }

    #[must_use]
    pub const fn is_owner(self) -> bool {
        self.0 == 255
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Advertisement interval in centiseconds: 1–4095 in VRRPv3, multiples of 100 up to 25,500 in VRRPv2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
pub struct Interval(u16);

impl Interval {
    /// One second, the default of both versions.
    pub const DEFAULT: Self = Self(100);
    /// The longest interval that VRRPv3 can carry, 40.95 s.
    pub const LONGEST_V3: Self = Self(4095);

    /// `None` for 0 (EID 8301).
    #[must_use]
    pub const fn from_centis(centiseconds: u16) -> Option<Self> {
        if centiseconds == 0 { None } else { Some(Self(centiseconds)) }
    }

    /// `None` for 0. VRRPv2 counts seconds (V3-IO-05: ×100).
    #[must_use]
    pub const fn from_secs(seconds: u8) -> Option<Self> {
        Self::from_centis(seconds as u16 * 100)
    }

    #[must_use]
    pub const fn centis(self) -> u16 {
        self.0
    }

    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0 as u64 * 10)
    }
}

impl From<Interval> for u16 {
    fn from(interval: Interval) -> Self {
        interval.centis()
    }
}

impl TryFrom<u16> for Interval {
    type Error = &'static str;

    fn try_from(centiseconds: u16) -> Result<Self, Self::Error> {
        Self::from_centis(centiseconds).ok_or("an interval of 0")
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        if part == 0 { write!(f, "{whole} s") } else { write!(f, "{whole}.{part:02} s") }
    }
}

/// Kernel index of an interface, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IfIndex(NonZeroU32);

impl IfIndex {
    /// `None` for 0, the kernel's "no interface".
    #[must_use]
    pub const fn new(index: u32) -> Option<Self> {
        match NonZeroU32::new(index) {
            Some(index) => Some(Self(index)),
            None => None,
        }
    }

    #[must_use]
    pub const fn value(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for IfIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Ethernet address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// ff:ff:ff:ff:ff:ff.
    pub const BROADCAST: Self = Self([0xff; 6]);

    /// The virtual router MAC, 00-00-5E-00-01-VRID (IPv4) or 00-00-5E-00-02-VRID (IPv6): RFC 9568 §7.3, V3-MAC-01/02.
    #[must_use]
    pub const fn virtual_router(family: Family, vrid: Vrid) -> Self {
        let block = match family {
            Family::Ipv4 => 1,
            Family::Ipv6 => 2,
        };
        Self([0, 0, 0x5e, 0, block, vrid.value()])
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

slotmap::new_key_type! {
    /// Names a virtual router of an engine. Generational: the id of a removed router never names a later one.
    pub struct RouterId;
}

/// Names a sync group of an engine. Given out by the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub u32);

/// Names a tracked object (an interface, a script, a file, …) across all routers of an engine. Given out by the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackerId(pub u32);

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn virtual_macs_carry_family_and_vrid() {
        let vrid = Vrid::new(250).unwrap();
        assert_eq!(MacAddr::virtual_router(Family::Ipv4, vrid).to_string(), "00:00:5e:00:01:fa");
        assert_eq!(MacAddr::virtual_router(Family::Ipv6, vrid).to_string(), "00:00:5e:00:02:fa");
    }

    #[test]
    fn zero_is_no_vrid_no_interval_no_interface() {
        assert_eq!(Vrid::new(0), None);
        assert_eq!(Interval::from_centis(0), None);
        assert_eq!(Interval::from_secs(0), None);
        assert_eq!(IfIndex::new(0), None);
    }

    #[test]
    fn intervals_read_in_seconds() {
        assert_eq!(Interval::from_secs(3).unwrap().to_string(), "3 s");
        assert_eq!(Interval::from_centis(25).unwrap().to_string(), "0.25 s");
    }
}
