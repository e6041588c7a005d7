//! Notifications of settings (`RTM_NEWNETCONF`): one message may have several.

use host::{Ipv4Setting, Ipv6Setting, LinkSetting};
use vrrp::types::IfIndex;

use super::{Change, SettingOf};
use crate::netlink::{Attributes, Message};

const RTM_NEWNETCONF: u16 = 80;
/// Length of `struct netconfmsg` (the family), padded.
const HEADER_LEN: usize = 4;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const NETCONFA_IFINDEX: u16 = 1;
const NETCONFA_FORWARDING: u16 = 2;
const NETCONFA_RP_FILTER: u16 = 3;
/// In place of an index.
const ALL: i32 = -1;
const DEFAULT: i32 = -2;

/// Appends the settings in a message, if it is such a message.
pub(super) fn note(message: &Message<'_>, changes: &mut Vec<Change>) {
    let Some(family) = message.payload.first().filter(|_| message.kind == RTM_NEWNETCONF) else { return };
    let attributes = Attributes::after(message.payload, HEADER_LEN);
    let Some(of) = attributes.find(NETCONFA_IFINDEX).and_then(|index| whose(index.u32()?.cast_signed())) else {
        return;
    };
    for attribute in attributes {
        let setting = match (*family, attribute.kind) {
            (AF_INET, NETCONFA_FORWARDING) => LinkSetting::Ipv4(Ipv4Setting::Forwarding),
            (AF_INET, NETCONFA_RP_FILTER) => LinkSetting::Ipv4(Ipv4Setting::RpFilter),
            (AF_INET6, NETCONFA_FORWARDING) => LinkSetting::Ipv6(Ipv6Setting::Forwarding),
            _ => continue,
        };
        let value = attribute.u32().map(u32::cast_signed);
        changes.extend(value.map(|value| Change::Setting { of, setting, value }));
    }
}

fn whose(index: i32) -> Option<SettingOf> {
    match index {
        ALL => Some(SettingOf::AllLinks),
        DEFAULT => Some(SettingOf::NewLinks),
        index => u32::try_from(index).ok().and_then(IfIndex::new).map(SettingOf::Link),
    }
}
