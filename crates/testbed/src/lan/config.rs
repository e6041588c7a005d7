//! Configurations that tanist and keepalived both read.

use std::fmt;
use std::time::Duration;

use vrrp::types::MacAddr;

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// VRRPv2 over IPv4.
    V2,
    /// VRRPv3 over IPv4.
    V3Ipv4,
    /// VRRPv3 over IPv6.
    V3Ipv6,
}

/// How the virtual MAC is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VmacMode {
    /// Not at all.
    None,
    /// `use_vmac`.
    Vmac,
    /// `use_vmac` and `vmac_xmit_base`.
    XmitBase,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V2 => "v2",
            Self::V3Ipv4 => "v3",
            Self::V3Ipv6 => "v3-ipv6",
        })
    }
}

impl fmt::Display for VmacMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "plain",
            Self::Vmac => "vmac",
            Self::XmitBase => "xmit_base",
        })
    }
}

/// One `vrrp_instance` as a user would write it. Its text is what `Display` gives.
#[derive(Clone, Debug)]
pub struct Instance {
    /// What it speaks.
    pub protocol: Protocol,
    /// With which MAC.
    pub vmac: VmacMode,
    /// `priority`.
    pub priority: u8,
    /// `advert_int`; whole seconds in VRRPv2.
    pub interval: Duration,
    /// `virtual_ipaddress`.
    pub addresses: Vec<String>,
    /// Further lines of `global_defs`.
    pub globals: Vec<String>,
    /// Further lines of the block.
    pub extra: Vec<String>,
}

impl Instance {
    /// Its VRID.
    pub const VRID: u8 = 51;

    /// The usual one of the tests.
    #[must_use]
    pub fn new(protocol: Protocol, vmac: VmacMode, priority: u8) -> Self {
        let (interval, addresses): (_, &[&str]) = match protocol {
            Protocol::V2 => (Duration::from_secs(1), &["10.9.0.1/24"]),
            Protocol::V3Ipv4 => (Duration::from_millis(300), &["10.9.0.1/24"]),
            Protocol::V3Ipv6 => (Duration::from_millis(300), &["fe80::9:1/64", "2001:db8:9::1/64"]),
        };
        let addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
        Self { protocol, vmac, priority, interval, addresses, globals: Vec::new(), extra: Vec::new() }
    }

    /// With one more line in the block.
    #[must_use]
    pub fn with(mut self, line: &str) -> Self {
        self.extra.push(line.to_owned());
        self
    }

    /// By unicast, from `source` to `peers`.
    #[must_use]
    pub fn unicast(self, source: &str, peers: &[&str]) -> Self {
        let peers = peers.join("\n        ");
        self.with(&format!("unicast_src_ip {source}\n    unicast_peer {{\n        {peers}\n    }}"))
    }

    /// With one more line in `global_defs`.
    #[must_use]
    pub fn with_global(mut self, line: &str) -> Self {
        self.globals.push(line.to_owned());
        self
    }

    /// The MAC address that belongs to its VRID (RFC 9568 §7.3).
    #[must_use]
    pub const fn virtual_mac(&self) -> MacAddr {
        let family = match self.protocol {
            Protocol::V2 | Protocol::V3Ipv4 => 1,
            Protocol::V3Ipv6 => 2,
        };
        MacAddr([0, 0, 0x5e, 0, family, Self::VRID])
    }

    /// Time after which a backup of this priority takes over: three intervals and the skew.
    #[must_use]
    pub fn down_interval(&self) -> Duration {
        self.interval * 3 + self.skew()
    }

    /// Skew_Time (RFC 9568 §6.1; VRRPv2 skews by at most one second).
    #[must_use]
    pub fn skew(&self) -> Duration {
        let unit = match self.protocol {
            Protocol::V2 => Duration::from_secs(1),
            Protocol::V3Ipv4 | Protocol::V3Ipv6 => self.interval,
        };
        unit * (256 - u32::from(self.priority)) / 256
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = match self.protocol {
            Protocol::V2 => 2,
            Protocol::V3Ipv4 | Protocol::V3Ipv6 => 3,
        };
        writeln!(f, "global_defs {{\n    router_id lab\n    vrrp_version {version}")?;
        self.globals.iter().try_for_each(|line| writeln!(f, "    {line}"))?;
        writeln!(f, "}}")?;
        writeln!(
            f,
            "vrrp_instance VI_1 {{\n    state BACKUP\n    interface eth0\n    virtual_router_id {}",
            Self::VRID
        )?;
        writeln!(f, "    priority {}\n    advert_int {}", self.priority, self.interval.as_secs_f64())?;
        f.write_str(match self.vmac {
            VmacMode::None => "",
            VmacMode::Vmac => "    use_vmac\n",
            VmacMode::XmitBase => "    use_vmac\n    vmac_xmit_base\n",
        })?;
        self.extra.iter().try_for_each(|line| writeln!(f, "    {line}"))?;
        writeln!(f, "    virtual_ipaddress {{")?;
        self.addresses.iter().try_for_each(|address| writeln!(f, "        {address}"))?;
        writeln!(f, "    }}\n}}")
    }
}
