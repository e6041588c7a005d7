//! What a `vrrp_script` does to find out whether all is well.

use std::fmt;
use std::net::Ipv6Addr;

use super::Script;

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
