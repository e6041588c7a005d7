//! What packets of a route are wrapped in.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::part::{Named, Text};

/// `encap`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Encap {
    /// `mpls`: labels, the outermost first; at least one.
    Mpls(Vec<u32>),
    /// `ip`.
    Ip(Tunnel<Ipv4Addr>),
    /// `ip6`.
    Ip6(Tunnel<Ipv6Addr>),
    /// `ila`: the locator.
    Ila(u64),
}

/// The outer header; it has an id or an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tunnel<A> {
    /// `id`.
    pub id: Option<u64>,
    /// `dst`.
    pub destination: Option<A>,
    /// `src`.
    pub source: Option<A>,
    /// `tos`, in IPv6 `tc`.
    pub class: Option<Named>,
    /// `ttl`, in IPv6 `hoplimit`.
    pub hops: Option<u8>,
    /// `flags`.
    pub flags: Option<u16>,
}

impl<A> Default for Tunnel<A> {
    fn default() -> Self {
        Self { id: None, destination: None, source: None, class: None, hops: None, flags: None }
    }
}

impl<A: fmt::Display> Tunnel<A> {
    fn put(&self, kind: &str, [class, hops]: [&str; 2], text: &mut Text) {
        text.put(kind);
        text.option("id", self.id);
        text.option("dst", self.destination.as_ref());
        text.option("src", self.source.as_ref());
        text.option(class, self.class.as_ref());
        text.option(hops, self.hops);
        text.option("flags", self.flags);
    }
}

impl fmt::Display for Encap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Text::default();
        match self {
            Self::Mpls(labels) => {
                let labels: Vec<String> = labels.iter().map(u32::to_string).collect();
                text.option("mpls", Some(labels.join("/")));
            }
            Self::Ip(tunnel) => tunnel.put("ip", ["tos", "ttl"], &mut text),
            Self::Ip6(tunnel) => tunnel.put("ip6", ["tc", "hoplimit"], &mut text),
            Self::Ila(locator) => {
                let group = |shift: u32| (locator >> shift) & 0xffff;
                let groups = format!("{:x}:{:x}:{:x}:{:x}", group(48), group(32), group(16), group(0));
                text.option("ila", Some(groups));
            }
        }
        text.show(f)
    }
}
