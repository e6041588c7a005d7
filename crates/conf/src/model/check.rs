//! What a `vrrp_script` does to find out whether all is well.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::Script;
use super::route::Prefix;

/// What says whether all is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// `script`: a command, by its exit status.
    Command(Script),
    /// `tanist_tcp`: somebody accepts connections.
    Tcp(Endpoint),
    /// `tanist_http`: somebody answers with a status of 200 to 399.
    Http(Page),
    /// `tanist_ping`: this host answers an ICMP echo request.
    Ping(Host),
    /// `tanist_unit`: systemd says that this unit is active.
    Unit(UnitName),
    /// `tanist_route`: the main routing table has a route to exactly this network.
    Route(Prefix),
}

/// A name or an address; of IPv6 without brackets, perhaps with a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(String);

/// The name of a unit of systemd, with its type: `haproxy.service`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitName(String);

/// A TCP port of a host. Its text is `HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Name or address, an IPv6 address without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// What can be asked for by HTTP. Its text is a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Who is asked.
    pub server: Endpoint,
    /// Path and query; begins with `/`.
    pub path: String,
}

impl Endpoint {
    /// Reads `HOST:PORT`; without a port, `default` is meant. `None`: it is none.
    #[must_use]
    pub fn parse(text: &str, default: Option<u16>) -> Option<Self> {
        let (host, rest) = match text.strip_prefix('[') {
            Some(bracketed) => {
                let (host, rest) = bracketed.split_once(']')?;
                host.parse::<Ipv6Addr>().ok()?;
                (host, rest)
            }
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let port = if rest.is_empty() {
            default?
        } else {
            let digits = rest.strip_prefix(':').filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()))?;
            digits.parse().ok().filter(|port| *port > 0)?
        };
        (!host.is_empty() && host.bytes().all(is_host_byte)).then(|| Self { host: host.to_owned(), port })
    }
}

impl Host {
    /// Reads a name or an address. `None`: it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let address = text.split('%').next().unwrap_or_default();
        let is_host = match text.contains([':', '%']) {
            true => address.parse::<Ipv6Addr>().is_ok(),
            false => !text.is_empty() && !text.starts_with('-'),
        };
        (is_host && text.bytes().all(is_host_byte)).then(|| Self(text.to_owned()))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl UnitName {
    /// Types of units that can be active.
    const TYPES: [&str; 11] =
        ["service", "socket", "target", "mount", "automount", "swap", "path", "timer", "slice", "scope", "device"];
    /// Longest name.
    const BYTES: usize = 255;

    /// Reads the name of a unit. `None`: it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, kind) = text.rsplit_once('.')?;
        let is_name =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'\\' | b'@');
        let is_unit = !name.is_empty() && Self::TYPES.contains(&kind) && text.len() <= Self::BYTES;
        (is_unit && name.bytes().all(is_name)).then(|| Self(text.to_owned()))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads `ADDRESS/LENGTH`. `None`: it is none, or has bits behind its length.
#[must_use]
pub fn network(text: &str) -> Option<Prefix> {
    let (address, len) = text.split_once('/')?;
    let (address, len) = (address.parse().ok()?, len.parse::<u8>().ok()?);
    let is_network = match address {
        IpAddr::V4(address) => len <= 32 && address.to_bits() & u32::MAX.checked_shr(len.into()).unwrap_or(0) == 0,
        IpAddr::V6(address) => len <= 128 && address.to_bits() & u128::MAX.checked_shr(len.into()).unwrap_or(0) == 0,
    };
    is_network.then_some(Prefix { address, len })
}

const fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'%')
}

impl Page {
    /// Reads `http://HOST[:PORT][/PATH]`. `None`: it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("http://")?;
        let (server, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let path = path.split('#').next().unwrap_or_default();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic());
        Some(Self { server: Endpoint::parse(server, Some(80))?, path }).filter(|_| is_plain)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.server, self.path)
    }
}
