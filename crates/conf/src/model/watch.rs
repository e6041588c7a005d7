//! What trackers watch, and groups of routers.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use super::{Notify, Script, Switch, TrackInterface, Tracker, Weight};

/// `vrrp_script`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackScript {
    /// Name of the block.
    pub name: String,
    /// What is done.
    pub check: Check,
    /// Time from one run to the next.
    pub interval: Duration,
    /// Time after which a run has failed.
    pub timeout: Duration,
    /// What it does to the priority.
    pub weight: Weight,
    /// Successes in a row before it counts as successful.
    pub rise: u32,
    /// Failures in a row before it counts as failed.
    pub fall: u32,
    /// `init_fail`: it counts as failed until it succeeds.
    pub init_fail: Switch,
}

/// What says whether all is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// `script`: a command, by its exit status.
    Command(Script),
    /// `tanist_tcp`: somebody accepts connections.
    Tcp(Endpoint),
    /// `tanist_http`: somebody answers with a status of 200 to 399.
    Http(Page),
}

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
        let port = match rest.strip_prefix(':') {
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                port.parse().ok().filter(|port| *port > 0)?
            }
            Some(_) => return None,
            None if rest.is_empty() => default?,
            None => return None,
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'%');
        (!host.is_empty() && host.bytes().all(is_name)).then(|| Self { host: host.to_owned(), port })
    }
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

/// `vrrp_track_process`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackProcess {
    /// Name of the block.
    pub name: String,
    /// Name of the process and its arguments.
    pub command: Vec<String>,
    /// How arguments are compared.
    pub param_match: ParamMatch,
    /// What it does to the priority.
    pub weight: Weight,
    /// Fewest processes that are enough.
    pub quorum: u32,
    /// Most processes that are not too many.
    pub quorum_max: Option<u32>,
    /// How long too few processes are put up with.
    pub terminate_delay: Duration,
    /// How long enough processes must run before they count.
    pub fork_delay: Duration,
    /// Whether the whole command line is compared.
    pub full_command: Switch,
}

/// `param_match`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamMatch {
    /// Arguments are not compared, unless some are given.
    None,
    /// They are the same.
    Exact,
    /// The last may be longer.
    Initial,
    /// More may follow.
    Partial,
}

/// `track_file`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackFile {
    /// Name of the block.
    pub name: String,
    /// The file.
    pub file: String,
    /// What its number is multiplied with.
    pub weight: Weight,
    /// `init_file`
    pub init: Option<InitFile>,
}

/// `init_file`: how the file is made at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitFile {
    /// What it says.
    pub value: i32,
    /// Whether it is written anew if it is there.
    pub overwrite: Switch,
}

/// `bfd_instance`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BfdSession {
    /// Name of the block.
    pub name: String,
    /// The peer.
    pub neighbor: IpAddr,
    /// Our address; `None`: the kernel chooses.
    pub source: Option<IpAddr>,
    /// Shortest time between packets that we take.
    pub min_rx: Duration,
    /// Shortest time between packets that we send.
    pub min_tx: Duration,
    /// Time between packets while the session is down.
    pub idle_tx: Duration,
    /// Missed packets after which the session is down.
    pub multiplier: u8,
    /// Whether the peer must begin.
    pub passive: Switch,
    /// TTL or hop limit of packets, if one is written.
    pub ttl: Option<u8>,
    /// How much the TTL of packets may have fallen; −1: by any number.
    pub max_hops: i16,
    /// Whether port 4784 is used (RFC 5883).
    pub multihop: Switch,
    /// What it does to the priority.
    pub weight: Weight,
}

impl BfdSession {
    /// TTL or hop limit of packets: RFC 5881 §5 asks for 255, of which keepalived takes 64 for IPv6.
    #[must_use]
    pub fn hop_limit(&self) -> u8 {
        self.ttl.unwrap_or(u8::MAX)
    }

    /// TTL or hop limit from which the hops of a received packet count: what keepalived sends at the other end, unless both
    /// are told otherwise.
    #[must_use]
    pub fn full_hop_limit(&self) -> u8 {
        self.ttl.unwrap_or_else(|| if self.neighbor.is_ipv4() { u8::MAX } else { 64 })
    }

    /// Least TTL or hop limit of packets that are taken; 0: any.
    #[must_use]
    pub fn least_hop_limit(&self) -> u8 {
        // Without a limit, −1 and 255 say the same.
        u8::try_from(self.max_hops).map_or(0, |hops| self.full_hop_limit().saturating_sub(hops))
    }
}

/// `vrrp_sync_group`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncGroup {
    /// Name of the block.
    pub name: String,
    /// Names of its routers.
    pub members: Vec<String>,
    /// What every member tracks.
    pub tracked: Tracked,
    /// Scripts of the group.
    pub notify: Notify,
    /// `sync_group_tracking_weight`: trackers of members move priorities.
    pub tracking_weight: Switch,
    /// Statements that have no field, in canonical form: mail.
    pub not_carried_out: Vec<String>,
}

/// Lists of trackers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracked {
    /// `track_interface`
    pub interfaces: Vec<TrackInterface>,
    /// `track_script`
    pub scripts: Vec<Tracker>,
    /// `track_file`
    pub files: Vec<Tracker>,
    /// `track_process`
    pub processes: Vec<Tracker>,
    /// `track_bfd`
    pub sessions: Vec<Tracker>,
}

/// Everything that trackers watch, and the groups of routers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// `vrrp_script`
    pub scripts: Vec<TrackScript>,
    /// `vrrp_track_process`
    pub processes: Vec<TrackProcess>,
    /// `track_file`
    pub files: Vec<TrackFile>,
    /// `bfd_instance`
    pub sessions: Vec<BfdSession>,
    /// `vrrp_sync_group`
    pub groups: Vec<SyncGroup>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_and_pages_are_read_as_they_are_written() {
        for text in ["localhost:80", "192.0.2.1:8080", "[2001:db8::1]:443", "[::1]:1", "a-b.c_d:65535"] {
            assert_eq!(Endpoint::parse(text, None).map(|it| it.to_string()).as_deref(), Some(text));
        }
        for text in [
            "localhost",
            "localhost:",
            ":80",
            "a:0",
            "a:65536",
            "a:+1",
            "::1:80",
            "[::1]",
            "[x]:1",
            "a b:1",
            "[::1]x:1",
        ] {
            assert_eq!(Endpoint::parse(text, None), None, "{text}");
        }
        for (text, expected) in [
            ("http://localhost/", Some("http://localhost:80/")),
            ("http://localhost", Some("http://localhost:80/")),
            ("http://[::1]:8080/health?deep=1#top", Some("http://[::1]:8080/health?deep=1")),
            ("http://a?b", Some("http://a:80/?b")),
            ("https://a/", None),
            ("a/", None),
            ("http:///x", None),
            ("http://user@a/", None),
            ("http://a/\u{e4}", None),
        ] {
            assert_eq!(Page::parse(text).map(|page| page.to_string()).as_deref(), expected, "{text}");
        }
    }
}
