//! What all members must say alike: one setting a row.

use vrrp::config::{ChecksumPolicy, OldChecksum, SourceMac};
use vrrp::types::{Family, Version};

use super::Part;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{Block, KeywordDef};
use crate::keywords::{global, instance};
use crate::model::{Router, Switch};
use crate::source::Span;

/// A setting on which members must agree.
struct Same {
    code: fn(&Router) -> Code,
    /// Keywords that say it, of routers or global.
    rows: &'static [&'static KeywordDef],
    /// What a router does, before what it says.
    verb: &'static str,
    /// `None`: it does not matter here.
    says: fn(&Router) -> Option<String>,
    /// What follows if they differ.
    note: fn(&Router) -> &'static str,
}

pub(super) const BOTH_MASTERS: &str = "they refuse each other's advertisements, and both become master";
const DEAF: &str = "they do not hear each other, and both become master";
const OTHER_MAC: &str = "each failover changes the MAC address behind the virtual addresses";

/// Nothing else matters between two that speak different versions.
const VERSION: Same = Same {
    code: |_| Code::LanVersion,
    rows: &[&instance::VERSION.def, &global::VRRP_VERSION.def],
    verb: "speaks ",
    says: |router| Some(router.parameters.version.to_string()),
    note: |_| DEAF,
};

const TABLE: [Same; 9] = [
    Same {
        code: |router| match router.parameters.version {
            Version::V2 => Code::LanInterval,
            Version::V3 => Code::LanIntervalLearned,
        },
        rows: &[&instance::ADVERT_INT.def],
        verb: "is advertised every ",
        says: |router| Some(router.parameters.interval.to_string()),
        note: |router| match router.parameters.version {
            Version::V2 => BOTH_MASTERS,
            Version::V3 => "a backup learns the master's interval: how long a failover takes depends on who was master",
        },
    },
    Same {
        code: |_| Code::LanDownTimer,
        rows: &[&instance::DOWN_TIMER_ADVERTS.def, &global::VRRP_DOWN_TIMER_ADVERTS.def],
        verb: "takes over after ",
        says: |router| Some(format!("{} missed advertisements", router.parameters.down_adverts)),
        note: |_| "who waits for fewer takes over first, whatever its priority",
    },
    Same {
        code: |_| Code::LanGroup,
        rows: &[&instance::MCAST_DST_IP.def, &global::VRRP_MCAST_GROUP4.def],
        verb: "uses the group ",
        says: |router| group(router, Family::Ipv4),
        note: |_| DEAF,
    },
    Same {
        code: |_| Code::LanGroup,
        rows: &[&instance::MCAST_DST_IP.def, &global::VRRP_MCAST_GROUP6.def],
        verb: "uses the group ",
        says: |router| group(router, Family::Ipv6),
        note: |_| DEAF,
    },
    Same {
        code: |_| Code::LanChecksum,
        rows: &[&instance::V3_CHECKSUM_AS_V2.def, &global::V3_CHECKSUM_AS_V2.def],
        verb: "",
        says: |router| {
            (router.parameters.version == Version::V3 && router.family == Family::Ipv4).then(|| {
                match router.parameters.checksum {
                    ChecksumPolicy::Rfc9568 => "leaves addresses out of its checksums".to_owned(),
                    ChecksumPolicy::Auto | ChecksumPolicy::Rfc5798 => "has addresses in its checksums".to_owned(),
                }
            })
        },
        note: |_| "tanist takes both; keepalived refuses the form that it does not send, and both become master",
    },
    Same {
        code: |_| Code::LanOldChecksum,
        rows: &[&instance::OLD_UNICAST_CHECKSUM.def],
        verb: "",
        says: |router| {
            let matters =
                router.parameters.version == Version::V3 && router.family == Family::Ipv4 && router.is_unicast();
            match router.parameters.switches.old_checksum {
                OldChecksum::Sent if matters => Some("sends the checksum of keepalived before 1.3.6".to_owned()),
                OldChecksum::Refused if matters => Some("refuses the checksum of keepalived before 1.3.6".to_owned()),
                // It takes both.
                OldChecksum::Sent | OldChecksum::Refused | OldChecksum::Recognised => None,
            }
        },
        note: |_| "one refuses what the other sends, and both become master",
    },
    Same {
        code: |_| Code::LanAccept,
        rows: &[&instance::NO_ACCEPT.def, &instance::ACCEPT.def, &instance::STRICT_MODE.def, &global::VRRP_STRICT.def],
        verb: "",
        says: |router| {
            (!router.parameters.priority.is_owner()).then(|| match router.accept {
                Switch::On => "takes packets to its addresses".to_owned(),
                Switch::Off => "drops packets to its addresses".to_owned(),
            })
        },
        note: |_| "whether the addresses answer depends on who is master",
    },
    Same {
        code: |_| Code::LanVirtualMac,
        rows: &[&instance::USE_VMAC.def],
        verb: "has ",
        says: |router| {
            let mac = router.vmac.as_ref()?.mac;
            Some(mac.map_or_else(|| "the standard's virtual MAC".to_owned(), |mac| format!("the virtual MAC {mac}")))
        },
        note: |_| OTHER_MAC,
    },
    Same {
        code: |_| Code::LanVirtualMac,
        rows: &[&instance::VMAC_XMIT_BASE.def, &instance::USE_VMAC.def],
        verb: "advertises from ",
        says: |router| {
            (router.vmac.is_some() && !router.is_unicast()).then(|| match router.parameters.source_mac {
                SourceMac::Virtual => "its virtual MAC".to_owned(),
                SourceMac::Physical => "the MAC of its interface".to_owned(),
            })
        },
        note: |_| "with one master switches keep the virtual MAC in their tables, with the other they may forget it",
    },
];

fn group(router: &Router, family: Family) -> Option<String> {
    (router.family == family && !router.is_unicast()).then(|| router.group.to_string())
}

/// Whether the two speak one version, so that more can be compared.
pub(super) fn is_version(first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) -> bool {
    VERSION.check(first, other, out)
}

pub(super) fn check(first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) {
    for same in &TABLE {
        same.check(first, other, out);
    }
}

impl Same {
    /// Whether both say the same.
    fn check(&self, first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) -> bool {
        let (Some(one), Some(two)) = ((self.says)(first.router), (self.says)(other.router)) else { return true };
        let agree = one == two;
        if !agree {
            let what = format!("{} {}{two} here and {one} on another member", other.title(), self.verb);
            let diagnostic = Diagnostic::new((self.code)(other.router), self.place(other), what).here(two);
            out.push(diagnostic.also(self.place(first), one).note((self.note)(other.router)));
        }
        agree
    }

    /// Where it is said, else the header of the router.
    fn place(&self, part: &Part<'_>) -> Span {
        let written = self.rows.iter().find_map(|row| {
            let settings = if row.block == Block::Global { part.global } else { &part.raw.settings };
            settings.argument(row)
        });
        written.unwrap_or(part.raw.span)
    }
}
