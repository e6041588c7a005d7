//! The machine's syslog, for a daemon that has no standard error.

use jiff::ZonedDateTime;

use super::listener::Datagrams;

/// Where syslog listens.
const SOCKET: &str = "/dev/log";
/// What messages are found by: filters of keepalived's name look for it.
pub(super) const IDENT: &str = "Keepalived_vrrp";

/// What stands between priority and text (RFC 3164), in local time.
pub(super) fn head() -> String {
    head_at(&ZonedDateTime::now())
}

fn head_at(now: &ZonedDateTime) -> String {
    format!("{} {IDENT}[{}]: ", now.strftime("%b %e %H:%M:%S"), std::process::id())
}

/// Where messages go.
pub(super) fn messages() -> Datagrams {
    Datagrams::to(SOCKET, |message| message.strip_suffix(b"\n").unwrap_or(message).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_begins_as_rfc_3164_says() {
        let now: ZonedDateTime = "2026-11-05T03:04:05[UTC]".parse().unwrap();
        assert_eq!(head_at(&now), format!("Nov  5 03:04:05 Keepalived_vrrp[{}]: ", std::process::id()));
    }
}
