//! Rules: `vrrpRuleTable`.

use agentx::Value;
use conf::model::route::Prefix;
use conf::model::rule::{Action, Lookup, Meets, Rule};

use super::below;
use super::lines::{Row, is_there, named, protocol, rows};
use crate::ports::routing::RoutingKind;
use crate::ports::statics::Static;
use crate::snmp::scene::{Scene, address_type, octets};
use crate::snmp::view::{Column, Objects, Table, gauge, integer, one_if, text};

const COLUMNS: &[Column<Row>] = &[
    (2, |scene, row| text(direction(rule(scene, *row)))),
    (3, |scene, row| integer(address_type(&either(rule(scene, *row))?.address))),
    (4, |scene, row| octets(either(rule(scene, *row))?.address)),
    (5, |scene, row| gauge(either(rule(scene, *row))?.len)),
    (6, |scene, row| named(Some(&lookup(rule(scene, *row))?.table))),
    (7, |scene, row| one_if(is_set(scene, *row))),
    (8, |scene, row| one_if(rule(scene, *row).meets == Meets::Others)),
    (9, |scene, row| integer(address_type(&rule(scene, *row).to?.address))),
    (10, |scene, row| octets(rule(scene, *row).to?.address)),
    (11, |scene, row| gauge(rule(scene, *row).to?.len)),
    (12, |scene, row| integer(address_type(&rule(scene, *row).from?.address))),
    (13, |scene, row| octets(rule(scene, *row).from?.address)),
    (14, |scene, row| gauge(rule(scene, *row).from?.len)),
    (15, |scene, row| rule(scene, *row).tos.as_ref().map_or_else(|| gauge(0u32), |tos| named(Some(tos)))),
    (16, |scene, row| gauge(rule(scene, *row).mark?.value)),
    (17, |scene, row| gauge(rule(scene, *row).mark?.mask?)),
    (18, |scene, row| named(Some(&lookup(rule(scene, *row))?.realms.as_ref()?.to))),
    (19, |scene, row| named(lookup(rule(scene, *row))?.realms.as_ref()?.from.as_ref())),
    (20, |scene, row| text(rule(scene, *row).iif.as_ref()?)),
    (21, |scene, row| text(rule(scene, *row).oif.as_ref()?)),
    (22, |scene, row| target(rule(scene, *row))),
    (23, |scene, row| integer(action(rule(scene, *row)))),
    (24, |scene, row| named(Some(&lookup(rule(scene, *row))?.table))),
    (25, |scene, row| gauge(rule(scene, *row).preference?)),
    (26, |scene, row| gauge(lookup(rule(scene, *row))?.suppress_prefix_len?)),
    (27, |scene, row| text(&lookup(rule(scene, *row))?.suppress_group.as_ref()?.to_string())),
    (28, |scene, row| gauge(rule(scene, *row).tunnel? >> 32)),
    (29, |scene, row| gauge(rule(scene, *row).tunnel? & u64::from(u32::MAX))),
    (30, |scene, row| gauge(rule(scene, *row).users?.first)),
    (31, |scene, row| gauge(rule(scene, *row).users?.last)),
    (32, |scene, row| l3mdev(rule(scene, *row))),
    (33, |scene, row| protocol(rule(scene, *row).protocol?.into())),
    (34, |scene, row| named(rule(scene, *row).ip_protocol.as_ref())),
    (35, |scene, row| gauge(rule(scene, *row).source_ports?.first)),
    (36, |scene, row| gauge(rule(scene, *row).source_ports?.last)),
    (37, |scene, row| gauge(rule(scene, *row).destination_ports?.first)),
    (38, |scene, row| gauge(rule(scene, *row).destination_ports?.last)),
];

pub(super) fn table(scene: &Scene) -> Box<dyn Objects> {
    let rows = rows(scene, scene.config.static_rules.len(), |seen| seen.router.rules.len());
    Box::new(Table::new(below(&[2, 8, 1]), COLUMNS, rows))
}

fn rule(scene: &Scene, row: Row) -> &Rule {
    match row {
        Row::Static(place) => &scene.config.static_rules[place],
        Row::Virtual(instance, place) => &scene.seen(instance).router.rules[place],
    }
}

fn is_set(scene: &Scene, row: Row) -> bool {
    let it = rule(scene, row);
    match row {
        Row::Static(_) => scene.stands(|what| matches!(what, Static::Rule(_, rule) if **rule == *it)),
        Row::Virtual(instance, _) => is_there(&scene.seen(instance), RoutingKind::Rule, &it.to_string()),
    }
}

/// Which addresses of packets it is about.
const fn direction(rule: &Rule) -> &'static str {
    match (&rule.from, &rule.to) {
        (Some(_), Some(_)) => "both",
        (Some(_), None) => "from",
        (None, Some(_)) => "to",
        (None, None) => "",
    }
}

/// Of two networks the destination.
fn either(rule: &Rule) -> Option<Prefix> {
    rule.to.or(rule.from)
}

const fn lookup(rule: &Rule) -> Option<&Lookup> {
    match &rule.action {
        Action::Table(lookup) => Some(lookup),
        Action::Goto(_) | Action::Nop | Action::Blackhole | Action::Unreachable | Action::Prohibit | Action::L3mdev => {
            None
        }
    }
}

fn target(rule: &Rule) -> Option<Value> {
    match rule.action {
        Action::Goto(target) => gauge(target),
        Action::Table(_)
        | Action::Nop
        | Action::Blackhole
        | Action::Unreachable
        | Action::Prohibit
        | Action::L3mdev => None,
    }
}

/// `RuleAction`. The table of a VRF is a table.
const fn action(rule: &Rule) -> i32 {
    match rule.action {
        Action::Table(_) | Action::L3mdev => 1,
        Action::Goto(_) => 2,
        Action::Nop => 3,
        Action::Blackhole => 6,
        Action::Unreachable => 7,
        Action::Prohibit => 8,
    }
}

const fn l3mdev(rule: &Rule) -> Option<Value> {
    match rule.action {
        Action::L3mdev => one_if(true),
        Action::Table(_)
        | Action::Goto(_)
        | Action::Nop
        | Action::Blackhole
        | Action::Unreachable
        | Action::Prohibit => None,
    }
}
