use std::time::Duration;

use proptest::prelude::*;
use vrrp::types::MacAddr;

use super::*;
use crate::footprint::{ParentSite, Site, VmacSite};
use crate::op::{Ipv4Setting, Lifetime, LinkAddress, LinkSetting, PrefixRoute, Scope};
use crate::{Kernel, Memory, Record};

const PARENT: u32 = 2;

fn index(n: u32) -> IfIndex {
    IfIndex::new(n).unwrap()
}

/// Router `n` with `addresses` addresses, on a virtual MAC of its own or on the parent.
fn footprint(n: u32, addresses: u8, vmac: bool) -> Footprint {
    let link = if vmac { index(100 + n) } else { index(PARENT) };
    let address = |last: u8| LinkAddress {
        link,
        address: std::net::Ipv4Addr::new(10, 0, u8::try_from(n).unwrap(), last).into(),
        prefix_len: 24,
        scope: Scope(0),
        label: None,
        broadcast: None,
        prefix_route: PrefixRoute::Kernel,
        lifetime: Lifetime::Lease(Duration::from_secs(5)),
        deprecated: false,
    };
    Footprint::of(&Site {
        family: Family::Ipv4,
        parent: ParentSite { index: index(PARENT), prefixes: Vec::new(), all_rp_filter: 0 },
        vmac: vmac.then(|| VmacSite {
            index: link,
            name: format!("vrrp.{n}"),
            mac: MacAddr([0, 0, 0x5e, 0, 1, 1]),
            alias: format!("tanist:VI_{n}"),
        }),
        addresses: (1..=addresses).map(address).collect(),
    })
}

fn machine() -> Memory {
    Memory::with_interfaces([index(1), index(PARENT)])
}

fn enter(ledger: &mut Ledger<u32>, machine: &mut Memory, router: u32, phase: Phase, plan: &Footprint) {
    let ops = ledger.enter(router, phase, plan, |key| machine.clone().read(key).ok());
    assert_eq!(machine.apply(&ops), []);
}

fn stop(ledger: &mut Ledger<u32>, machine: &mut Memory, router: u32) {
    for phase in Phase::TEAR_DOWN {
        let ops = ledger.leave(router, phase);
        machine.apply(&ops);
    }
}

fn arp_ignore(machine: &mut Memory) -> i32 {
    let setting = LinkSetting::Ipv4(Ipv4Setting::ArpIgnore);
    machine.read(SettingKey { link: index(PARENT), setting }).unwrap()
}

#[test]
fn a_shared_setting_is_done_once_and_restored_after_the_last() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let (first, second) = (footprint(1, 1, true), footprint(2, 1, true));
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &first);
    enter(&mut ledger, &mut machine, 2, Phase::Standing, &second);
    stop(&mut ledger, &mut machine, 1);
    assert_eq!(arp_ignore(&mut machine), 1);
    stop(&mut ledger, &mut machine, 2);
    assert_eq!(arp_ignore(&mut machine), 0);
}

#[test]
fn the_value_before_is_brought_back() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let key = SettingKey { link: index(PARENT), setting: LinkSetting::Ipv4(Ipv4Setting::ArpIgnore) };
    machine.administer(key, 2);
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &footprint(1, 1, true));
    assert_eq!(arp_ignore(&mut machine), 1);
    stop(&mut ledger, &mut machine, 1);
    assert_eq!(arp_ignore(&mut machine), 2);
}

#[test]
fn an_exchange_touches_only_what_differs() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    enter(&mut ledger, &mut machine, 1, Phase::Active, &footprint(1, 2, false));
    let (undo, redo) = ledger.exchange(1, Phase::Active, &footprint(1, 3, false), |_| None);
    assert_eq!((undo.len(), redo.len()), (0, 1));
    let (undo, redo) = ledger.exchange(1, Phase::Active, &footprint(1, 1, false), |_| None);
    assert_eq!((undo.len(), redo.len()), (2, 0));
}

#[test]
fn a_lifetime_is_changed_without_taking_the_address_away() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let mut plan = footprint(1, 2, false);
    enter(&mut ledger, &mut machine, 1, Phase::Active, &plan);
    for op in &mut plan.active {
        if let Op::Add(Item::Address(address)) = op {
            address.lifetime = Lifetime::Lease(Duration::from_secs(30));
        }
    }
    let (undo, redo) = ledger.exchange(1, Phase::Active, &plan, |_| None);
    assert_eq!((undo.len(), redo.len()), (0, 2));
    assert_eq!(ledger.leave(1, Phase::Active).len(), 2);
}

#[test]
fn an_exchange_of_a_phase_that_is_not_entered_does_nothing() {
    let mut ledger = Ledger::default();
    assert_eq!(ledger.exchange(1, Phase::Active, &footprint(1, 1, false), |_| None), (Vec::new(), Vec::new()));
    assert!(!ledger.holds(1, Phase::Active));
}

#[test]
fn nothing_is_undone_on_a_link_that_is_gone() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let plan = footprint(1, 1, true);
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &plan);
    enter(&mut ledger, &mut machine, 1, Phase::Active, &plan);
    ledger.link_gone(index(101));
    assert_eq!(ledger.leave(1, Phase::Active), []);
    let left = ledger.leave(1, Phase::Standing);
    assert!(left.iter().all(|op| !matches!(op, Op::Remove(Item::Link(_)))));
}

/// Kills the daemon after these phases and returns the machine as the next start finds it, recovered.
fn kill_and_recover(mut machine: Memory, ledger: &Ledger<u32>, plan: &Footprint) -> Memory {
    let name = |link: IfIndex| Some(format!("if{link}"));
    let record = Record::new("boot".into(), 1, name, ledger.done(), plan.addresses());
    let text = serde_json::to_string(&record).unwrap();
    let record: Record = serde_json::from_str(&text).unwrap();
    let aliases: HashMap<_, _> = machine.links().map(|link| (link.index, link.alias.clone())).collect();
    let found = |link: IfIndex| name(link).map(|name| (name, aliases.get(&link).cloned()));
    let ops = record.recovery(found, |key| machine.clone().read(key).ok());
    machine.apply(&ops);
    machine
}

#[test]
fn a_killed_daemon_is_cleaned_up_after() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let plan = footprint(1, 2, true);
    for phase in [Phase::Standing, Phase::Up, Phase::Active] {
        enter(&mut ledger, &mut machine, 1, phase, &plan);
    }
    let mut machine = kill_and_recover(machine, &ledger, &plan);
    assert_eq!((machine.links().count(), machine.addresses().count()), (0, 0));
    assert_eq!(arp_ignore(&mut machine), 0);
}

#[test]
fn recovery_leaves_alone_what_someone_changed_since() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let plan = footprint(1, 1, true);
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &plan);
    let key = SettingKey { link: index(PARENT), setting: LinkSetting::Ipv4(Ipv4Setting::ArpIgnore) };
    machine.administer(key, 8);
    let mut machine = kill_and_recover(machine, &ledger, &plan);
    assert_eq!(arp_ignore(&mut machine), 8);
}

#[derive(Clone, Debug)]
enum Step {
    Enter(u32, Phase),
    Leave(u32, Phase),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let phase = prop_oneof![Just(Phase::Up), Just(Phase::Active), Just(Phase::Quiet)];
    let step = (0..3u32, phase, any::<bool>())
        .prop_map(|(n, phase, enter)| if enter { Step::Enter(n, phase) } else { Step::Leave(n, phase) });
    proptest::collection::vec(step, 0..30)
}

proptest! {
    /// Whatever the routers did, and whichever operation the machine refused: after the stop, which tries again what
    /// could not be undone, it is as before.
    #[test]
    fn after_the_stop_the_machine_is_as_before(steps in steps(), vmac in any::<bool>(), refused in 0..40usize) {
        let (mut ledger, mut machine) = (Ledger::default(), machine());
        let plans: Vec<_> = (0..3).map(|n| footprint(n, 2, vmac)).collect();
        let untouched: Vec<_> = machine.addresses().cloned().collect();
        let mut unfinished = Vec::new();
        machine.refuse_after(refused);
        for (n, plan) in plans.iter().enumerate() {
            let ops = ledger.enter(u32::try_from(n).unwrap(), Phase::Standing, plan, |key| machine.clone().read(key).ok());
            machine.apply(&ops);
        }
        for step in steps {
            let ops = match step {
                Step::Enter(n, phase) => {
                    ledger.enter(n, phase, &plans[n as usize], |key| machine.clone().read(key).ok())
                }
                Step::Leave(n, phase) => ledger.leave(n, phase),
            };
            let failures = machine.apply(&ops);
            if let Step::Leave(..) = step {
                unfinished.extend(failures.into_iter().map(|failure| ops[failure.position].clone()));
            }
        }
        machine.refuse_after(usize::MAX);
        (0..3).for_each(|n| stop(&mut ledger, &mut machine, n));
        machine.apply(&unfinished);
        prop_assert_eq!(ledger.done().count(), 0);
        prop_assert_eq!(machine.addresses().cloned().collect::<Vec<_>>(), untouched);
        prop_assert_eq!(machine.links().count(), 0);
        prop_assert_eq!(arp_ignore(&mut machine), 0);
    }

    /// Every operation followed by its inverse is nothing.
    #[test]
    fn an_operation_and_its_inverse_are_nothing(n in 0..3u32, vmac in any::<bool>()) {
        let plan = footprint(n, 2, vmac);
        let mut machine = machine();
        let mut ledger = Ledger::default();
        enter(&mut ledger, &mut machine, n, Phase::Standing, &plan);
        let before = machine.clone();
        for op in &plan.active {
            machine.apply(std::slice::from_ref(op));
            machine.apply(&[op.inverse().unwrap()]);
        }
        prop_assert_eq!(machine.addresses().count(), before.addresses().count());
    }
}
