//! Routes and rules that were asked for: somebody else may have made the same ones.

use super::*;
use crate::op::{IpRoute, IpRule, Lookup, Meets, RouteHop, RouteKind, RuleAction};

/// A route over the parent.
fn route(network: [u8; 4], metric: u32) -> IpRoute {
    let hop = RouteHop { link: Some(index(PARENT)), weight: 1, ..RouteHop::default() };
    IpRoute { metric, hops: vec![hop].into(), ..IpRoute::new(RouteKind::Unicast, (network.into(), 16)) }
}

fn rule(priority: u32) -> IpRule {
    let action =
        RuleAction::Table(Lookup { table: 100, realms: None, suppress_prefix_len: None, suppress_group: None });
    IpRule {
        family: Family::Ipv4,
        priority,
        meets: Meets::Described,
        from: None,
        to: None,
        iif: None,
        oif: None,
        tos: 0,
        mark: None,
        tunnel: None,
        users: None,
        ip_protocol: None,
        source_ports: None,
        destination_ports: None,
        action,
        protocol: crate::op::ROUTE_PROTOCOL,
    }
}

/// Router `n` with a route and a rule that all routers have, and a route of its own.
pub(super) fn with_routing(n: u32, vmac: bool) -> Footprint {
    let own = route([10, 200, u8::try_from(n).unwrap(), 0], n);
    let mut plan = footprint(n, 2, vmac);
    let items = [
        Item::IpRoute(Box::new(route([10, 100, 0, 0], 0))),
        Item::IpRoute(Box::new(own)),
        Item::IpRule(Box::new(rule(9))),
    ];
    plan.active.extend(items.map(Op::Add));
    plan
}

/// A router that is Active with one route, on a machine where somebody has that route already.
fn on_a_machine_with(route: &IpRoute) -> (Footprint, Ledger<u32>, Memory) {
    let mut plan = footprint(1, 1, false);
    let op = Op::Add(Item::IpRoute(Box::new(route.clone())));
    plan.active.push(op.clone());
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    machine.add_item(&Item::IpRoute(Box::new(route.clone())));
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &plan);
    let failures = machine.apply(&ledger.enter(1, Phase::Active, &plan, |_| None));
    assert!(matches!(&*failures, [failure] if failure.op == op && failure.kind == crate::ErrorKind::Exists));
    ledger.made_by_others(op.identity());
    (plan, ledger, machine)
}

fn has(machine: &Memory, route: &IpRoute) -> bool {
    machine.items().any(|item| *item == Item::IpRoute(Box::new(route.clone())))
}

#[test]
fn a_route_that_somebody_else_made_stays_at_the_end_and_after_a_kill() {
    for protocol in [crate::op::ROUTE_PROTOCOL, 4] {
        let theirs = IpRoute { protocol, ..route([10, 1, 0, 0], 0) };
        let (plan, mut ledger, mut machine) = on_a_machine_with(&theirs);
        assert!(ledger.take_unrecorded(), "whose it is is written down");
        assert!(has(&kill_and_recover(machine.clone(), &ledger, &plan), &theirs));
        stop(&mut ledger, &mut machine, 1);
        assert!(has(&machine, &theirs));
        assert!(ledger.is_finished());
    }
}

/// The record says what may have been made, and the kernel did not let the start undo it.
#[test]
fn a_route_that_an_earlier_daemon_may_have_left_is_made_and_is_ours() {
    for was_made in [false, true] {
        let ours = route([10, 1, 0, 0], 0);
        let op = Op::Add(Item::IpRoute(Box::new(ours.clone())));
        let (mut plan, mut ledger, mut machine) = (footprint(1, 1, false), Ledger::default(), machine());
        plan.active.push(op.clone());
        if was_made {
            machine.add_item(&Item::IpRoute(Box::new(ours.clone())));
        }
        let (undoing, kind) = (op.inverse().unwrap(), crate::ErrorKind::Denied);
        ledger.take_over(vec![crate::Failure { holder: 1, op: undoing, kind, message: String::new() }]);
        enter(&mut ledger, &mut machine, 1, Phase::Standing, &plan);
        for failure in machine.apply(&ledger.enter(1, Phase::Active, &plan, |_| None)) {
            assert!(was_made && failure.kind == crate::ErrorKind::Exists);
            ledger.made_by_others(failure.op.identity());
        }
        assert!(has(&machine, &ours));
        stop(&mut ledger, &mut machine, 1);
        assert!(!has(&machine, &ours));
        assert!(ledger.is_finished());
    }
}

#[test]
fn a_route_that_we_made_again_after_somebody_took_his_away_is_ours() {
    let theirs = route([10, 1, 0, 0], 0);
    let (plan, mut ledger, mut machine) = on_a_machine_with(&theirs);
    assert!(machine.take_away(&Item::IpRoute(Box::new(theirs.clone()))));
    let op = Op::Add(Item::IpRoute(Box::new(theirs.clone())));
    assert_eq!(machine.apply(&[Task::new(1, op.clone())]), []);
    ledger.made_by_us(op.identity());
    assert!(!has(&kill_and_recover(machine.clone(), &ledger, &plan), &theirs));
    stop(&mut ledger, &mut machine, 1);
    assert!(!has(&machine, &theirs));
}

/// Only the record can tell whose it is: before it is made it is not on it.
#[test]
fn a_route_without_our_mark_is_on_record_once_it_is_about_to_be_made() {
    let mut plan = footprint(1, 1, false);
    let unmarked = IpRoute { protocol: 4, ..route([10, 1, 0, 0], 0) };
    plan.active.push(Op::Add(Item::IpRoute(Box::new(unmarked.clone()))));
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &plan);
    ledger.take_unrecorded();
    machine.add_item(&Item::IpRoute(Box::new(unmarked.clone())));
    assert!(has(&kill_and_recover(machine.clone(), &ledger, &plan), &unmarked));
    machine.take_away(&Item::IpRoute(Box::new(unmarked.clone())));
    let tasks = ledger.enter(1, Phase::Active, &plan, |_| None);
    assert!(ledger.take_unrecorded());
    assert_eq!(machine.apply(&tasks), []);
    assert!(!has(&kill_and_recover(machine.clone(), &ledger, &plan), &unmarked));
}

#[test]
fn only_the_route_that_differs_in_metric_or_source_is_touched() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let with = |routes: [IpRoute; 2]| {
        let mut plan = footprint(1, 1, false);
        plan.active.extend(routes.map(|route| Op::Add(Item::IpRoute(Box::new(route)))));
        plan
    };
    let (stays, before) = (route([10, 1, 0, 0], 0), route([10, 2, 0, 0], 0));
    enter(&mut ledger, &mut machine, 1, Phase::Active, &with([stays.clone(), before.clone()]));
    let other_source = IpRoute { source: Some([10, 0, 1, 1].into()), ..before.clone() };
    for after in [IpRoute { metric: 5, ..before.clone() }, other_source] {
        let mut ledger = Ledger::default();
        ledger.enter(1, Phase::Active, &with([stays.clone(), before.clone()]), |_| None);
        let plan = with([stays.clone(), after.clone()]);
        let Exchange { undo, redo } = ledger.exchange(1, Phase::Active, &plan, |_| None);
        assert_eq!(undo, [Task::new(1, Op::Remove(Item::IpRoute(Box::new(before.clone()))))]);
        assert_eq!(redo, [Task::new(1, Op::Add(Item::IpRoute(Box::new(after))))]);
    }
}

#[test]
fn routes_go_before_the_addresses_that_they_use_and_rules_before_routes() {
    let plan = with_routing(1, true);
    let (mut ledger, _) = with_master(&plan);
    let order: Vec<Op> = ledger.leave(1, Phase::Active, |_| None).into_iter().map(|task| task.op).collect();
    let rank = |op: &Op| match op {
        Op::Remove(Item::IpRule(_)) => 0,
        Op::Remove(Item::IpRoute(_)) => 1,
        Op::Remove(_) | Op::Add(_) | Op::Set(_) => 2,
    };
    assert!(order.is_sorted_by_key(rank), "{order:?}");
    assert_eq!(order.iter().filter(|op| rank(op) < 2).count(), 3);
}
