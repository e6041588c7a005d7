//! SNMP.

use std::fmt;

use super::Switch;
use super::check::Endpoint;

/// Which objects the daemon answers for, and who asks it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snmp {
    /// `snmp_socket`
    pub agent: MasterAgent,
    /// `enable_snmp_vrrp`: KEEPALIVED-MIB.
    pub keepalived: Switch,
    /// `enable_snmp_rfcv2`: VRRP-MIB.
    pub rfc2787: Switch,
    /// `enable_snmp_rfcv3`: VRRPV3-MIB.
    pub rfc6527: Switch,
    /// `enable_traps`: changes are told, by those of them that are on.
    pub traps: Switch,
}

impl Snmp {
    /// Whether it answers for anything.
    #[must_use]
    pub fn is_on(&self) -> bool {
        [self.keepalived, self.rfc2787, self.rfc6527].contains(&Switch::On)
    }
}

/// Where an SNMP agent waits for subagents. Its text is that of `snmp_socket`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MasterAgent {
    /// A path that begins with `/`.
    Unix(String),
    /// By TCP.
    Tcp(Endpoint),
}

impl MasterAgent {
    /// Where it is if nothing is written.
    pub const USUAL: &str = "/var/agentx/master";
    /// Port of AgentX.
    pub const PORT: u16 = 705;

    /// Reads `unix:PATH`, `/PATH`, `tcp:HOST:PORT` or `HOST:PORT`. `None`: it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:").or_else(|| text.starts_with('/').then_some(text)) {
            return (path.starts_with('/') && !path.contains('\0')).then(|| Self::Unix(path.to_owned()));
        }
        if let Some(rest) = ["tcp:", "tcp6:"].iter().find_map(|kind| text.strip_prefix(kind)) {
            let port = rest.parse().ok().filter(|port| *port > 0);
            let local = port.map(|port| Endpoint { host: "localhost".to_owned(), port });
            return local.or_else(|| Endpoint::parse(rest, Some(Self::PORT))).map(Self::Tcp);
        }
        Endpoint::parse(text, None).map(Self::Tcp)
    }
}

impl Default for MasterAgent {
    fn default() -> Self {
        Self::Unix(Self::USUAL.to_owned())
    }
}

impl fmt::Display for MasterAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{path}"),
            Self::Tcp(endpoint) => write!(f, "tcp:{endpoint}"),
        }
    }
}
