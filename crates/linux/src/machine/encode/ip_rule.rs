//! Rules that were asked for.

use host::{IpRule, Meets, Network, Realms, RuleAction};
use netlink_packet_route::route::{RouteProtocol, RouteRealm};
use netlink_packet_route::rule::{
    RuleAction as Action, RuleAttribute, RuleFlags, RuleMessage, RulePortRange, RuleUidRange,
};
use netlink_packet_route::{AddressFamily, IpProtocol, RouteNetlinkMessage};
use vrrp::types::Family;

pub(super) fn add(rule: &IpRule) -> RouteNetlinkMessage {
    RouteNetlinkMessage::NewRule(message(rule))
}

pub(super) fn remove(rule: &IpRule) -> RouteNetlinkMessage {
    RouteNetlinkMessage::DelRule(message(rule))
}

fn message(rule: &IpRule) -> RuleMessage {
    let mut message = RuleMessage::default();
    let prefix_len = |network: Option<Network>| network.map_or(0, |(_, prefix_len)| prefix_len);
    message.header.family = match rule.family {
        Family::Ipv4 => AddressFamily::Inet,
        Family::Ipv6 => AddressFamily::Inet6,
    };
    message.header.src_len = prefix_len(rule.from);
    message.header.dst_len = prefix_len(rule.to);
    message.header.tos = rule.tos;
    message.header.flags = match rule.meets {
        Meets::Described => RuleFlags::empty(),
        Meets::Others => RuleFlags::Invert,
    };
    let (action, of_action) = action(&rule.action);
    message.header.action = action;
    let conditions = [
        rule.from.map(|(address, _)| RuleAttribute::Source(address)),
        rule.to.map(|(address, _)| RuleAttribute::Destination(address)),
        rule.iif.clone().map(RuleAttribute::Iifname),
        rule.oif.clone().map(RuleAttribute::Oifname),
        rule.mark.map(|mark| RuleAttribute::FwMark(mark.value)),
        rule.mark.and_then(|mark| mark.mask).map(RuleAttribute::FwMask),
        rule.tunnel.map(RuleAttribute::TunId),
        rule.users.map(|users| RuleAttribute::UidRange(RuleUidRange { start: users.first, end: users.last })),
        rule.ip_protocol.map(|number| RuleAttribute::IpProtocol(IpProtocol::from(i32::from(number)))),
        rule.source_ports.map(|it| RuleAttribute::SourcePortRange(RulePortRange { start: it.first, end: it.last })),
        rule.destination_ports
            .map(|it| RuleAttribute::DestinationPortRange(RulePortRange { start: it.first, end: it.last })),
    ];
    message.attributes =
        vec![RuleAttribute::Priority(rule.priority), RuleAttribute::Protocol(RouteProtocol::from(rule.protocol))];
    message.attributes.extend(conditions.into_iter().flatten());
    message.attributes.extend(of_action);
    message
}

fn action(action: &RuleAction<u32>) -> (Action, Vec<RuleAttribute>) {
    match action {
        RuleAction::Table(lookup) => {
            let choices = [
                lookup.realms.as_ref().map(|it| RuleAttribute::Realm(realm(it))),
                lookup.suppress_prefix_len.map(RuleAttribute::SuppressPrefixLen),
                lookup.suppress_group.map(RuleAttribute::SuppressIfGroup),
            ];
            let table = RuleAttribute::Table(lookup.table);
            (Action::ToTable, [table].into_iter().chain(choices.into_iter().flatten()).collect())
        }
        RuleAction::Goto(priority) => (Action::Goto, vec![RuleAttribute::Goto(*priority)]),
        RuleAction::Nop => (Action::Nop, Vec::new()),
        RuleAction::Blackhole => (Action::Blackhole, Vec::new()),
        RuleAction::Unreachable => (Action::Unreachable, Vec::new()),
        RuleAction::Prohibit => (Action::Prohibit, Vec::new()),
        RuleAction::L3mdev => (Action::ToTable, vec![RuleAttribute::L3MDev(true)]),
    }
}

fn realm(realms: &Realms<u32>) -> RouteRealm {
    let number = |realm: u32| u16::try_from(realm).unwrap_or(u16::MAX);
    RouteRealm { source: realms.from.map_or(0, number), destination: number(realms.to) }
}
