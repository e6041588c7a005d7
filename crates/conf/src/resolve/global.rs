//! `global_defs`, as far as it is not a default of the routers.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::types::Family;

use super::Draft;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::KeywordDef;
use crate::keywords::{global, instance};
use crate::model::{Gaps, Global, MissingInterfaces, ScriptSecurity};
use crate::read::{Settings, Standing};

pub(super) fn resolve(settings: &Settings, out: &mut Diagnostics) -> Global {
    let gaps = Gaps {
        arp: gap(settings, &global::VRRP_GARP_INTERVAL, out),
        na: gap(settings, &global::VRRP_GNA_INTERVAL, out),
    };
    check_name(settings, out);
    Global {
        router_id: settings.text(&global::ROUTER_ID).map(|name| name.value.to_owned()),
        missing_interfaces: match settings.keyword(&global::DYNAMIC_INTERFACES) {
            Some(_) => MissingInterfaces::Awaited,
            None => MissingInterfaces::Refused,
        },
        script_user: settings.user(&global::SCRIPT_USER).cloned(),
        script_security: match settings.keyword(&global::ENABLE_SCRIPT_SECURITY) {
            Some(_) => ScriptSecurity::Enforced,
            None => ScriptSecurity::Warned,
        },
        gaps,
    }
}

/// The router id of keepalived's sample configuration.
const SAMPLE_NAME: &str = "LVS_DEVEL";

fn check_name(settings: &Settings, out: &mut Diagnostics) {
    if let Some(name) = settings.text(&global::ROUTER_ID).filter(|name| name.value == SAMPLE_NAME) {
        let what = "the router id is that of the sample configuration";
        let note = "messages of different machines cannot be told apart by it";
        out.push(Diagnostic::new(Code::SampleRouterId, name.span, what).note(note).help("use the name of the machine"));
    }
}

fn gap(settings: &Settings, row: &KeywordDef, out: &mut Diagnostics) -> Duration {
    let Some(gap) = settings.micros(row) else { return Duration::ZERO };
    if gap.value == 0 {
        let what = format!("`{} 0` is the default", row.name);
        out.push(
            Diagnostic::new(Code::GapZero, gap.span, what).note("keepalived refuses the line").help("remove the line"),
        );
    }
    Duration::from_micros(gap.value)
}

/// Whether the routers of a family may use the group that `global_defs` names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Groups {
    ipv4: Standing,
    ipv6: Standing,
}

pub(super) fn groups(settings: &Settings, out: &mut Diagnostics) -> Groups {
    let mut standing = |row, family: Family| {
        let Some(group) = settings.address(row).filter(|group| group.value != standard_group(family)) else {
            return Standing::Runs;
        };
        let what = "other multicast groups are not supported yet";
        let note = format!("the {family} routers are left out: they would not hear their peers");
        out.push(Diagnostic::new(Code::MulticastGroup, group.span, what).note(note));
        Standing::LeftOut
    };
    Groups {
        ipv4: standing(&global::VRRP_MCAST_GROUP4, Family::Ipv4),
        ipv6: standing(&global::VRRP_MCAST_GROUP6, Family::Ipv6),
    }
}

/// 224.0.0.18 or ff02::12 (RFC 9568 §5.1.1.2, §5.1.2.2).
pub(super) fn standard_group(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => IpAddr::from([224, 0, 0, 18]),
        Family::Ipv6 => IpAddr::from([0xff02, 0, 0, 0, 0, 0, 0, 0x12]),
    }
}

impl Draft<'_> {
    /// `mcast_dst_ip`, else the group of the family.
    pub(super) fn may_use_group(&mut self, family: Family) -> bool {
        let global = match family {
            Family::Ipv4 => self.groups.ipv4,
            Family::Ipv6 => self.groups.ipv6,
        };
        match self.settings.address(&instance::MCAST_DST_IP) {
            None => global == Standing::Runs,
            Some(group) if group.value == standard_group(family) => true,
            Some(group) => {
                self.left_out(Code::MulticastGroup, group.span, "other multicast groups are not supported yet");
                false
            }
        }
    }
}
