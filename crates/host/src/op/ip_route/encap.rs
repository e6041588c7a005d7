//! What packets of a route are wrapped in.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// `encap`. `N` is a number that may have a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Encap<N> {
    /// `mpls`: labels, the outermost first; at least one.
    Mpls(Vec<u32>),
    /// `ip`.
    Ip(Tunnel<Ipv4Addr, N>),
    /// `ip6`.
    Ip6(Tunnel<Ipv6Addr, N>),
    /// `ila`: the locator.
    Ila(u64),
}

/// The outer header; it has an id or an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tunnel<A, N> {
    /// `id`.
    pub id: Option<u64>,
    /// `dst`.
    pub destination: Option<A>,
    /// `src`.
    pub source: Option<A>,
    /// `tos`, in IPv6 `tc`.
    pub class: Option<N>,
    /// `ttl`, in IPv6 `hoplimit`.
    pub hops: Option<u8>,
    /// `flags`.
    pub flags: Option<u16>,
}

impl<N> Encap<N> {
    /// The same with other numbers.
    pub fn map<M>(&self, number: impl FnMut(&N) -> M) -> Encap<M> {
        match self {
            Self::Mpls(labels) => Encap::Mpls(labels.clone()),
            Self::Ip(tunnel) => Encap::Ip(tunnel.map(number)),
            Self::Ip6(tunnel) => Encap::Ip6(tunnel.map(number)),
            Self::Ila(locator) => Encap::Ila(*locator),
        }
    }

    /// Its number that may have a name.
    pub const fn class_mut(&mut self) -> Option<&mut N> {
        match self {
            Self::Ip(tunnel) => tunnel.class.as_mut(),
            Self::Ip6(tunnel) => tunnel.class.as_mut(),
            Self::Mpls(_) | Self::Ila(_) => None,
        }
    }
}

impl<A, N> Default for Tunnel<A, N> {
    fn default() -> Self {
        Self { id: None, destination: None, source: None, class: None, hops: None, flags: None }
    }
}

impl<A: Copy, N> Tunnel<A, N> {
    fn map<M>(&self, number: impl FnMut(&N) -> M) -> Tunnel<A, M> {
        let Self { id, destination, source, class, hops, flags } = self;
        let (id, destination, source, hops, flags) = (*id, *destination, *source, *hops, *flags);
        Tunnel { id, destination, source, class: class.as_ref().map(number), hops, flags }
    }
}

impl<A: fmt::Display, N: fmt::Display> Tunnel<A, N> {
    fn show(&self, [class, hops]: [&str; 2], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut option = |name: &str, value: Option<&dyn fmt::Display>| match value {
            Some(value) => write!(f, " {name} {value}"),
            None => Ok(()),
        };
        option("id", self.id.as_ref().map(|it| it as _))?;
        option("dst", self.destination.as_ref().map(|it| it as _))?;
        option("src", self.source.as_ref().map(|it| it as _))?;
        option(class, self.class.as_ref().map(|it| it as _))?;
        option(hops, self.hops.as_ref().map(|it| it as _))?;
        option("flags", self.flags.as_ref().map(|it| it as _))
    }
}

/// As it is written.
impl<N: fmt::Display> fmt::Display for Encap<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mpls(labels) => {
                let labels: Vec<String> = labels.iter().map(u32::to_string).collect();
                write!(f, "mpls {}", labels.join("/"))
            }
            Self::Ip(tunnel) => {
                f.write_str("ip")?;
                tunnel.show(["tos", "ttl"], f)
            }
            Self::Ip6(tunnel) => {
                f.write_str("ip6")?;
                tunnel.show(["tc", "hoplimit"], f)
            }
            Self::Ila(locator) => {
                let group = |shift: u32| (locator >> shift) & 0xffff;
                write!(f, "ila {:x}:{:x}:{:x}:{:x}", group(48), group(32), group(16), group(0))
            }
        }
    }
}
