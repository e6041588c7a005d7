//! SNMP.

use super::or_say;
use crate::diagnostic::Diagnostics;
use crate::keywords::reports as rows;
use crate::model::snmp::{MasterAgent, Snmp};
use crate::read::Settings;
use crate::say;

pub(super) fn resolve(settings: &Settings, out: &mut Diagnostics) -> Snmp {
    Snmp {
        agent: agent(settings, out).unwrap_or_default(),
        keepalived: settings.any_flag(&[&rows::ENABLE_SNMP_VRRP, &rows::ENABLE_SNMP_KEEPALIVED]),
        rfc2787: settings.any_flag(&[&rows::ENABLE_SNMP_RFCV2, &rows::ENABLE_SNMP_RFC]),
        rfc6527: settings.any_flag(&[&rows::ENABLE_SNMP_RFCV3, &rows::ENABLE_SNMP_RFC]),
        traps: settings.flag(&rows::ENABLE_TRAPS),
    }
}

fn agent(settings: &Settings, out: &mut Diagnostics) -> Option<MasterAgent> {
    let written = settings.get(&rows::SNMP_SOCKET)?;
    let why = || say::bad_address_agent(written.span, written.value, MasterAgent::default());
    or_say(MasterAgent::parse(written.value), why, out)
}
