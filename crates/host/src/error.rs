//! What can go wrong on a machine.

use std::fmt;

use vrrp::types::IfIndex;

use crate::names::{Describe, LinkNames, NoNames};
use crate::op::{Ipv4Setting, Item, LinkSetting, Op, OwnKind, SettingKey};

/// Something that the kernel refused. It is data until it is shown: [`Describe::named`] puts the names of interfaces in
/// and says what the user can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostError {
    /// What was tried.
    pub attempt: Attempt,
    /// What kind of refusal.
    pub kind: ErrorKind,
    /// The kernel's own words: errno text and extended acknowledgement.
    pub message: String,
}

/// What was tried on a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// To change it.
    Do(Box<Op>),
    /// To read a setting of a link.
    Read(SettingKey),
    /// To read `net.ipv4.conf.all.*`.
    ReadOfAll(Ipv4Setting),
    /// To compare settings with what they were given.
    CompareSettings,
    /// To compare memberships with what the kernel lists.
    CompareMemberships,
    /// To join a group again.
    Rejoin(IfIndex),
    /// To list all interfaces.
    ListLinks,
    /// To list all addresses.
    ListAddresses,
    /// To open the socket that all this goes through.
    OpenNetlink,
}

/// Kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It is there already (EEXIST).
    Exists,
    /// It, or the interface it belongs to, is not there (ENOENT, ENODEV, ESRCH, EADDRNOTAVAIL).
    Missing,
    /// No permission (EPERM, EACCES).
    Denied,
    /// The file system of the setting is mounted read-only (EROFS), as Docker does with /proc/sys.
    ReadOnly,
    /// In use by someone else (EBUSY, EADDRINUSE).
    Busy,
    /// This kernel cannot do it (EOPNOTSUPP, EAFNOSUPPORT, EPROTONOSUPPORT).
    Unsupported,
    /// No descriptor is left, to this process or to the machine (EMFILE, ENFILE).
    NoDescriptors,
    /// Any other errno.
    Other(i32),
}

impl ErrorKind {
    /// The kind of a Linux errno.
    #[must_use]
    pub const fn from_errno(errno: i32) -> Self {
        match errno {
            17 => Self::Exists,
            2 | 3 | 19 | 99 => Self::Missing,
            1 | 13 => Self::Denied,
            30 => Self::ReadOnly,
            16 | 98 => Self::Busy,
            93 | 95 | 97 => Self::Unsupported,
            23 | 24 => Self::NoDescriptors,
            other => Self::Other(other),
        }
    }
}

impl HostError {
    /// The interfaces whose names its text needs.
    #[must_use]
    pub fn links(&self) -> &[IfIndex] {
        match &self.attempt {
            Attempt::Do(op) => op.mentions(),
            Attempt::Read(key) => std::slice::from_ref(&key.link),
            Attempt::Rejoin(link) => std::slice::from_ref(link),
            Attempt::ReadOfAll(_)
            | Attempt::CompareSettings
            | Attempt::CompareMemberships
            | Attempt::ListLinks
            | Attempt::ListAddresses
            | Attempt::OpenNetlink => &[],
        }
    }

    /// What it was to change.
    fn op(&self) -> Option<&Op> {
        match &self.attempt {
            Attempt::Do(op) => Some(op),
            Attempt::Read(_)
            | Attempt::ReadOfAll(_)
            | Attempt::CompareSettings
            | Attempt::CompareMemberships
            | Attempt::Rejoin(_)
            | Attempt::ListLinks
            | Attempt::ListAddresses
            | Attempt::OpenNetlink => None,
        }
    }

    /// What the user can do about it; empty if that is anybody's guess.
    fn advice(&self) -> &'static str {
        match (self.kind, self.op()) {
            // The address of a link whose IPv6 is off is refused with EACCES.
            (ErrorKind::Denied, Some(Op::Add(Item::Address(address)))) if address.address.is_ipv6() => {
                " (is IPv6 switched off on this interface? net.ipv6.conf.*.disable_ipv6)"
            }
            (ErrorKind::Denied, _) => " (tanist needs CAP_NET_ADMIN and CAP_NET_RAW in this network namespace)",
            (ErrorKind::ReadOnly, _) => {
                " (/proc/sys is read-only here: set it outside, or mount /proc/sys writable in the container)"
            }
            (ErrorKind::Busy, Some(Op::Set(setting))) if matches!(setting.key.setting, LinkSetting::AdminUp) => {
                " (another macvlan of the same parent is up with this MAC address)"
            }
            (ErrorKind::Busy, Some(Op::Add(Item::Link(_)))) => {
                " (an interface has macvlans or ipvlans, or is a port of a bridge: not two of these)"
            }
            (ErrorKind::Unsupported, Some(Op::Add(Item::Link(link)))) if matches!(link.kind, OwnKind::Ipvlan(_)) => {
                " (this kernel has no ipvlan: is the module ipvlan there, CONFIG_IPVLAN?)"
            }
            (ErrorKind::Exists, Some(Op::Add(Item::Link(_)))) => " (there is an interface with this name or index)",
            (ErrorKind::Unsupported, _) => " (this kernel lacks the feature: is the module there?)",
            (ErrorKind::NoDescriptors, _) => {
                " (raise the limit of open files: LimitNOFILE= of the service, or ulimit -n)"
            }
            (ErrorKind::Exists | ErrorKind::Busy | ErrorKind::Missing | ErrorKind::Other(_), _) => "",
        }
    }
}

impl Describe for Attempt {
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Do(op) => op.describe(names, f),
            Self::Read(key) => write!(f, "read {}", key.named(names)),
            Self::ReadOfAll(setting) => write!(f, "read {} of all interfaces", setting.name()),
            Self::CompareSettings => f.write_str("compare settings"),
            Self::CompareMemberships => f.write_str("compare multicast memberships"),
            Self::Rejoin(link) => write!(f, "join the VRRP group again on {}", link.named(names)),
            Self::ListLinks => f.write_str("list interfaces"),
            Self::ListAddresses => f.write_str("list addresses"),
            Self::OpenNetlink => f.write_str("open netlink"),
        }
    }
}

impl Describe for HostError {
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}", self.attempt.named(names), self.message, self.advice())
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(&NoNames, f)
    }
}

impl std::error::Error for HostError {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::names::KnownNames;
    use crate::op::{Ipv6Setting, Lifetime, LinkAddress, PrefixRoute, Restore, Scope, Setting, UseAsSource};

    fn eth0() -> KnownNames {
        [(IfIndex::new(7).unwrap(), "eth0".to_owned())].into_iter().collect()
    }

    fn refused(op: Op, errno: i32) -> HostError {
        HostError { attempt: Attempt::Do(Box::new(op)), kind: ErrorKind::from_errno(errno), message: "no".into() }
    }

    fn address(link: u32, address: &str) -> Op {
        Op::Add(Item::from(LinkAddress {
            link: IfIndex::new(link).unwrap(),
            address: address.parse().unwrap(),
            prefix_len: 24,
            scope: Scope(0),
            label: None,
            broadcast: None,
            prefix_route: PrefixRoute::Kernel,
            lifetime: Lifetime::Lease(Duration::from_secs(3)),
            use_as_source: UseAsSource::Preferred,
            peer: None,
            flags: BTreeSet::new(),
        }))
    }

    fn ipv6_off(link: u32) -> Op {
        let setting = LinkSetting::Ipv6(Ipv6Setting::DisableIpv6);
        let key = SettingKey { link: IfIndex::new(link).unwrap(), setting };
        Op::Set(Setting { key, value: 1, restore: Restore::WithLink })
    }

    #[test]
    fn interfaces_are_named_once_where_the_text_is_made() {
        let error = refused(address(7, "10.0.0.1"), 2);
        assert_eq!(error.named(&eth0()).to_string(), "add address 10.0.0.1/24 on eth0: no");
        assert_eq!(error.to_string(), "add address 10.0.0.1/24 on interface 7: no");
        assert_eq!(error.links(), [IfIndex::new(7).unwrap()]);
        assert_eq!(refused(ipv6_off(8), 2).named(&eth0()).to_string(), "set disable_ipv6 of interface 8 to 1: no");
    }

    #[test]
    fn the_advice_is_that_of_the_refusal() {
        let advises = |error: HostError, word: &str| {
            let text = error.to_string();
            assert!(text.contains(word), "{text}");
        };
        advises(refused(ipv6_off(7), 1), "CAP_NET_ADMIN");
        advises(refused(ipv6_off(7), 30), "/proc/sys is read-only");
        advises(refused(ipv6_off(7), 24), "LimitNOFILE");
        advises(refused(address(7, "fd00::1"), 13), "disable_ipv6");
    }
}
