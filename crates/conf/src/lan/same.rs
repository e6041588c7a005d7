//! What all members must say alike: one setting a row.

use vrrp::config::{ChecksumPolicy, OldChecksum, SourceMac};
use vrrp::types::{Family, Version, Vrid};

use super::Part;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{Block, KeywordDef};
use crate::keywords::{global, instance};
use crate::model::{Router, Switch};
use crate::say;
use crate::source::Span;

/// A setting on which members must agree.
struct Same {
    /// Keywords that say it, of routers or global.
    rows: &'static [&'static KeywordDef],
    /// `None`: it does not matter here.
    says: fn(&Router) -> Option<String>,
    /// What is said if they differ: here, there, which router, and what it says here and there.
    report: fn(Span, Span, Vrid, String, String) -> Diagnostic,
}

/// Nothing else matters between two that speak different versions.
const VERSION: Same = Same {
    rows: &[&instance::VERSION.def, &global::VRRP_VERSION.def],
    says: |router| Some(router.parameters.version.to_string()),
    report: say::lan_version,
};

const TABLE: [Same; 10] = [
    Same {
        rows: &[&instance::ADVERT_INT.def],
        says: |router| interval(router, Version::V2),
        report: say::lan_interval,
    },
    Same {
        rows: &[&instance::ADVERT_INT.def],
        says: |router| interval(router, Version::V3),
        report: say::lan_interval_learned,
    },
    Same {
        rows: &[&instance::DOWN_TIMER_ADVERTS.def, &global::VRRP_DOWN_TIMER_ADVERTS.def],
        says: |router| Some(say::lan_down_timer_missed(router.parameters.down_adverts)),
        report: say::lan_down_timer,
    },
    Same {
        rows: &[&instance::MCAST_DST_IP.def, &global::VRRP_MCAST_GROUP4.def],
        says: |router| group(router, Family::Ipv4),
        report: say::lan_group,
    },
    Same {
        rows: &[&instance::MCAST_DST_IP.def, &global::VRRP_MCAST_GROUP6.def],
        says: |router| group(router, Family::Ipv6),
        report: say::lan_group,
    },
    Same {
        rows: &[&instance::V3_CHECKSUM_AS_V2.def, &global::V3_CHECKSUM_AS_V2.def],
        says: |router| {
            (router.parameters.version == Version::V3 && router.family == Family::Ipv4).then(|| {
                match router.parameters.checksum {
                    ChecksumPolicy::Rfc9568 => say::lan_checksum_without(),
                    ChecksumPolicy::Auto | ChecksumPolicy::Rfc5798 => say::lan_checksum_with(),
                }
            })
        },
        report: say::lan_checksum,
    },
    Same {
        rows: &[&instance::OLD_UNICAST_CHECKSUM.def],
        says: |router| {
            let matters =
                router.parameters.version == Version::V3 && router.family == Family::Ipv4 && router.is_unicast();
            match router.parameters.switches.old_checksum {
                OldChecksum::Sent if matters => Some(say::lan_old_checksum_sent()),
                OldChecksum::Refused if matters => Some(say::lan_old_checksum_refused()),
                // It takes both.
                OldChecksum::Sent | OldChecksum::Refused | OldChecksum::Recognised => None,
            }
        },
        report: say::lan_old_checksum,
    },
    Same {
        rows: &[&instance::NO_ACCEPT.def, &instance::ACCEPT.def, &instance::STRICT_MODE.def, &global::VRRP_STRICT.def],
        says: |router| {
            (!router.parameters.priority.is_owner()).then(|| match router.accept {
                Switch::On => say::lan_accept_on(),
                Switch::Off => say::lan_accept_off(),
            })
        },
        report: say::lan_accept,
    },
    Same {
        rows: &[&instance::USE_VMAC.def],
        says: |router| {
            let mac = router.vmac.as_ref()?.mac;
            Some(mac.map_or_else(say::lan_virtual_mac_standard, say::lan_virtual_mac_given))
        },
        report: say::lan_virtual_mac_which,
    },
    Same {
        rows: &[&instance::VMAC_XMIT_BASE.def, &instance::USE_VMAC.def],
        says: |router| {
            (router.vmac.is_some() && !router.is_unicast()).then(|| match router.parameters.source_mac {
                SourceMac::Virtual => say::lan_virtual_mac_from_virtual(),
                SourceMac::Physical => say::lan_virtual_mac_from_interface(),
            })
        },
        report: say::lan_virtual_mac_source,
    },
];

fn interval(router: &Router, version: Version) -> Option<String> {
    (router.parameters.version == version).then(|| router.parameters.interval.to_string())
}

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
        if one == two {
            return true;
        }
        out.push((self.report)(self.place(other), self.place(first), other.router.vrid, two, one));
        false
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
