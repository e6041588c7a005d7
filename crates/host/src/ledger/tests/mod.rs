use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use vrrp::types::{Family, IfIndex, MacAddr};

use super::*;
use crate::footprint::{Attachment, ParentAnswers, ParentLink, Vmac};
use crate::op::{
    Ipv4Setting, Item, Lifetime, LinkAddress, LinkSetting, MacvlanLink, MacvlanMode, OwnKind, PrefixRoute, Scope,
    Setting, Stage, UseAsSource,
};
use crate::{Kernel, Memory, Place, Record};

mod refused;
mod routing;

const PARENT: u32 = 2;
/// Another interface of somebody else's.
const OTHER: u32 = 3;

fn index(n: u32) -> IfIndex {
    IfIndex::new(n).unwrap()
}

/// Router `n` with `addresses` addresses, on a virtual MAC of its own or on the parent.
fn footprint(n: u32, addresses: u8, vmac: bool) -> Footprint {
    Footprint::of(&attachment(n, addresses, vmac))
}

fn attachment(n: u32, addresses: u8, vmac: bool) -> Attachment {
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
        use_as_source: UseAsSource::Preferred,
        peer: None,
        flags: BTreeSet::new(),
    };
    Attachment {
        group: Some(vrrp::wire::group(Family::Ipv4)),
        parent: index(PARENT),
        vmacs: if vmac { vec![macvlan(n, PARENT)] } else { Vec::new() },
        addresses: (1..=addresses).map(address).collect(),
        routes: Vec::new(),
        rules: Vec::new(),
        dropping: None,
    }
}

/// A virtual MAC interface of router `n` on this parent.
fn macvlan(n: u32, parent: u32) -> Vmac {
    let link = MacvlanLink {
        index: index(100 + n),
        name: format!("vrrp.{n}"),
        parent: index(parent),
        mac: MacAddr([0, 0, 0x5e, 0, 1, 1]),
        kind: OwnKind::Macvlan,
        alias: format!("tanist:VI_{n}"),
        group: None,
    };
    let on = ParentLink {
        index: index(parent),
        name: "eth0".into(),
        mtu: 1500,
        prefixes: Vec::new(),
        all_rp_filter: 0,
        owned: Vec::new(),
        answers: ParentAnswers::OwnAddresses,
        vrf: None,
    };
    Vmac { link, family: Family::Ipv4, address: None, mode: MacvlanMode::Bridge, on }
}

fn machine() -> Memory {
    Memory::with_interfaces([index(1), index(PARENT)])
}

/// A machine on which router 1 is a master.
fn with_master(plan: &Footprint) -> (Ledger<u32>, Memory) {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    enter(&mut ledger, &mut machine, 1, Phase::Standing, plan);
    enter(&mut ledger, &mut machine, 1, Phase::Active, plan);
    (ledger, machine)
}

fn enter(ledger: &mut Ledger<u32>, machine: &mut Memory, router: u32, phase: Phase, plan: &Footprint) {
    let ops = ledger.enter(router, phase, plan, |key| machine.clone().read(key).ok());
    assert_eq!(machine.apply(&ops), []);
}

/// Carries out what undoes something. Returns how many operations the machine refused.
fn undo(ledger: &mut Ledger<u32>, machine: &mut Memory, tasks: &[Task<u32>]) -> usize {
    let failures = machine.apply(tasks);
    ledger.undone(tasks, failures).len()
}

fn leave(ledger: &mut Ledger<u32>, machine: &mut Memory, router: u32, phase: Phase) -> usize {
    let tasks = ledger.leave(router, phase, |key| machine.read(key).ok());
    undo(ledger, machine, &tasks)
}

fn stop(ledger: &mut Ledger<u32>, machine: &mut Memory, router: u32) {
    for phase in Phase::TEAR_DOWN {
        leave(ledger, machine, router, phase);
    }
}

/// Tries again what was refused.
fn retry(ledger: &mut Ledger<u32>, machine: &mut Memory) {
    let tasks = ledger.retries(0, |key| machine.read(key).ok());
    undo(ledger, machine, &tasks);
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
    let Exchange { undo, redo } = ledger.exchange(1, Phase::Active, &footprint(1, 3, false), |_| None);
    assert_eq!((undo.len(), redo.len()), (0, 1));
    let Exchange { undo, redo } = ledger.exchange(1, Phase::Active, &footprint(1, 1, false), |_| None);
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
    let Exchange { undo, redo } = ledger.exchange(1, Phase::Active, &plan, |_| None);
    assert_eq!((undo.len(), redo.len()), (0, 2));
    assert_eq!(ledger.leave(1, Phase::Active, |_| None).len(), 2);
}

#[test]
fn an_exchange_of_a_phase_that_is_not_entered_does_nothing() {
    let mut ledger = Ledger::default();
    let nothing = Exchange { undo: Vec::new(), redo: Vec::new() };
    assert_eq!(ledger.exchange(1, Phase::Active, &footprint(1, 1, false), |_| None), nothing);
    assert!(!ledger.holds(1, Phase::Active));
}

/// A former master that drains loses one of its two interfaces to a reload: the other forwards again once it is down.
#[test]
fn what_was_done_to_a_link_goes_with_it_and_not_with_another() {
    let one = footprint(1, 1, true);
    let mut attachment = attachment(1, 1, true);
    attachment.vmacs.push(macvlan(2, OTHER));
    let two = Footprint::of(&attachment);
    let (mut ledger, mut machine) =
        (Ledger::default(), Memory::with_interfaces([index(1), index(PARENT), index(OTHER)]));
    let forwarding = |link| SettingKey { link: index(link), setting: LinkSetting::Ipv4(Ipv4Setting::Forwarding) };
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &two);
    for link in [101, 102] {
        machine.administer(forwarding(link), 1);
    }
    enter(&mut ledger, &mut machine, 1, Phase::Up, &two);
    enter(&mut ledger, &mut machine, 1, Phase::Draining, &two);
    let Exchange { undo: tasks, redo } = ledger.move_to(1, &one, |key| machine.read(key).ok());
    assert_eq!((undo(&mut ledger, &mut machine, &tasks), machine.apply(&redo)), (0, Vec::new()));
    assert_eq!(machine.read(forwarding(101)), Ok(0));
    leave(&mut ledger, &mut machine, 1, Phase::Draining);
    assert_eq!(machine.read(forwarding(101)), Ok(1));
    stop(&mut ledger, &mut machine, 1);
    assert_eq!(machine.links().count(), 0);
    assert!(ledger.is_finished());
}

#[test]
fn nothing_is_undone_on_a_link_that_is_gone() {
    let plan = footprint(1, 1, true);
    let (mut ledger, _) = with_master(&plan);
    ledger.link_gone(index(101));
    assert_eq!(ledger.leave(1, Phase::Active, |_| None), []);
    let left = ledger.leave(1, Phase::Standing, |_| None);
    assert!(left.iter().all(|task| !matches!(task.op, Op::Remove(Item::Link(_)))));
}

/// Kills the daemon after these phases and returns the machine as the next start finds it, recovered.
fn kill_and_recover(mut machine: Memory, ledger: &Ledger<u32>, plan: &Footprint) -> Memory {
    let present = machine.present();
    let name = |link: IfIndex| present.link(link).map(|link| link.name.clone());
    let record = Record::new(Place::default(), name, ledger.to_undo(plan.active.iter()));
    let record = Record::from_bytes(&record.to_bytes()).unwrap();
    let ops = record.recovery(&present, |key| machine.clone().read(key).ok());
    let tasks: Vec<_> = ops.into_iter().map(|op| Task::new((), op)).collect();
    machine.apply(&tasks);
    machine
}

#[test]
fn an_address_of_two_stays_with_the_other_as_that_one_wants_it() {
    let longer = |plan: &Footprint| {
        let mut plan = plan.clone();
        for op in &mut plan.active {
            if let Op::Add(Item::Address(address)) = op {
                address.lifetime = Lifetime::Lease(Duration::from_secs(30));
            }
        }
        plan
    };
    let plan = footprint(1, 1, false);
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    enter(&mut ledger, &mut machine, 1, Phase::Active, &plan);
    enter(&mut ledger, &mut machine, 2, Phase::Active, &longer(&plan));
    let lease = |machine: &Memory| machine.addresses().map(|address| address.lifetime).collect::<Vec<_>>();
    let lasting = |secs| vec![Lifetime::Lease(Duration::from_secs(secs))];
    assert_eq!(lease(&machine), lasting(30));
    // A plan that changes nothing of the first touches nothing but the lifetime.
    let Exchange { undo: gone, redo } = ledger.exchange(1, Phase::Active, &plan, |_| None);
    assert_eq!((gone.len(), redo.len()), (0, 1));
    assert_eq!(leave(&mut ledger, &mut machine, 1, Phase::Active), 0);
    assert_eq!(lease(&machine), lasting(30));
    enter(&mut ledger, &mut machine, 1, Phase::Active, &plan);
    leave(&mut ledger, &mut machine, 2, Phase::Active);
    assert_eq!(lease(&machine), lasting(5));
    leave(&mut ledger, &mut machine, 1, Phase::Active);
    assert_eq!(lease(&machine), []);
}

#[test]
fn what_is_static_stands_beside_routers_and_a_reload_touches_what_differs() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let promoted = |machine: &mut Memory| {
        let setting = LinkSetting::Ipv4(Ipv4Setting::PromoteSecondaries);
        machine.read(SettingKey { link: index(PARENT), setting }).unwrap()
    };
    let items = |lasts: &[u8]| -> Vec<Item> {
        let address = |op: &Op| if let Op::Add(item @ Item::Address(_)) = op { Some(item.clone()) } else { None };
        let all: Vec<Item> = footprint(9, 9, false).active.iter().filter_map(address).collect();
        lasts.iter().map(|last| all[usize::from(*last) - 1].clone()).collect()
    };
    let follow = |ledger: &mut Ledger<u32>, machine: &mut Memory, lasts: &[u8]| {
        let plan = ledger.move_to(0, &Footprint::of_statics(&items(lasts)), |key| machine.clone().read(key).ok());
        let (undone, done) = (plan.undo.len(), plan.redo.len());
        undo(ledger, machine, &plan.undo);
        assert_eq!(machine.apply(&plan.redo), []);
        (undone, done)
    };
    // The setting and two addresses.
    assert_eq!(follow(&mut ledger, &mut machine, &[1, 2]), (0, 3));
    let router = footprint(1, 2, false);
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &router);
    enter(&mut ledger, &mut machine, 1, Phase::Active, &router);
    assert_eq!(follow(&mut ledger, &mut machine, &[2, 3]), (1, 1));
    stop(&mut ledger, &mut machine, 1);
    assert_eq!((machine.addresses().count(), promoted(&mut machine)), (2, 1), "the router's are gone");
    let killed = kill_and_recover(machine.clone(), &ledger, &Footprint::default());
    assert_eq!((killed.addresses().count(), promoted(&mut killed.clone())), (0, 0));
    let tasks = ledger.let_go(&[0], |key| machine.clone().read(key).ok());
    assert_eq!(undo(&mut ledger, &mut machine, &tasks), 0);
    assert_eq!((machine.addresses().count(), promoted(&mut machine)), (0, 0));
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

#[test]
fn of_a_link_that_is_gone_the_process_still_holds_its_memberships() {
    let plan = footprint(1, 1, false);
    let (mut ledger, machine) = with_master(&plan);
    let still_held = ledger.link_gone(index(PARENT));
    assert!(matches!(&*still_held, [Task { holder: 1, op: Op::Remove(Item::Membership(_)) }]), "{still_held:?}");
    assert_eq!(ledger.done().count(), 0);
    // It returns under its index: everything is done anew.
    ledger.forget(1, Phase::Standing);
    let again = ledger.enter(1, Phase::Standing, &plan, |key| machine.clone().read(key).ok());
    assert!(again.iter().any(|task| matches!(task.op, Op::Add(Item::Membership(_)))), "{again:?}");
}

#[test]
fn the_last_value_that_somebody_else_gave_is_brought_back() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let key = SettingKey { link: index(PARENT), setting: LinkSetting::Ipv4(Ipv4Setting::ArpIgnore) };
    // Another daemon has set it, and puts back what it found when it stops.
    machine.administer(key, 1);
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &footprint(1, 1, true));
    machine.administer(key, 0);
    ledger.note_foreign_value(key, 0);
    machine.administer(key, 1);
    stop(&mut ledger, &mut machine, 1);
    assert_eq!(arp_ignore(&mut machine), 0);
}

#[test]
fn a_shared_setting_that_somebody_changed_since_stays_changed() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let key = SettingKey { link: index(PARENT), setting: LinkSetting::Ipv4(Ipv4Setting::ArpIgnore) };
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &footprint(1, 1, true));
    machine.administer(key, 8);
    stop(&mut ledger, &mut machine, 1);
    assert_eq!(arp_ignore(&mut machine), 8);
}

/// A stop leaves all phases before anything is carried out.
#[test]
fn what_was_found_is_brought_back_from_below_a_value_that_is_being_switched_back() {
    let (plan, _) = owners_footprint(1);
    let (mut ledger, mut machine) = with_master(&plan);
    assert_eq!(arp_ignore(&mut machine), 8);
    let mut tasks = ledger.leave(1, Phase::Active, |key| machine.read(key).ok());
    tasks.extend(ledger.leave(1, Phase::Standing, |key| machine.read(key).ok()));
    undo(&mut ledger, &mut machine, &tasks);
    assert_eq!((arp_ignore(&mut machine), ledger.settings(|_| true)), (0, Vec::new()));
}

#[test]
fn of_a_setting_given_twice_the_later_layer_counts() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let mut plan = footprint(1, 1, true);
    let key = SettingKey { link: index(101), setting: LinkSetting::Ipv4(Ipv4Setting::Forwarding) };
    let set = |value, restore| Op::Set(Setting { key, value, restore });
    plan.standing.push(set(5, Restore::WithLink));
    plan.active.push(set(6, Restore::To(5)));
    let wanted = |ledger: &Ledger<u32>| ledger.settings(|_| true).iter().find(|s| s.key == key).map(|s| s.value);
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &plan);
    assert_eq!(wanted(&ledger), Some(5));
    enter(&mut ledger, &mut machine, 1, Phase::Active, &plan);
    assert_eq!(wanted(&ledger), Some(6));
    machine.apply(&ledger.leave(1, Phase::Active, |_| None));
    assert_eq!((wanted(&ledger), machine.read(key).unwrap()), (Some(5), 5));
}

#[test]
fn a_setting_that_is_to_be_another_is_set_and_keeps_its_former_value() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let mut plan = footprint(1, 1, true);
    let key = SettingKey { link: index(PARENT), setting: LinkSetting::Ipv4(Ipv4Setting::ArpIgnore) };
    machine.administer(key, 4);
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &plan);
    for op in &mut plan.standing {
        if let Op::Set(setting) = op
            && setting.key == key
        {
            setting.value = 2;
        }
    }
    let exchange = ledger.exchange(1, Phase::Standing, &plan, |key| machine.clone().read(key).ok());
    assert_eq!((exchange.undo.len(), exchange.redo.len()), (0, 1));
    machine.apply(&exchange.redo);
    assert_eq!(arp_ignore(&mut machine), 2);
    stop(&mut ledger, &mut machine, 1);
    assert_eq!(arp_ignore(&mut machine), 4);
}

#[test]
fn a_switched_setting_that_somebody_changed_since_stays_changed() {
    let (plan, key) = owners_footprint(1);
    let (mut ledger, mut machine) = with_master(&plan);
    machine.administer(key, 2);
    let tasks = ledger.let_go(&[1], |key| machine.read(key).ok());
    undo(&mut ledger, &mut machine, &tasks);
    assert_eq!(arp_ignore(&mut machine), 2);
}

#[test]
fn what_somebody_gave_a_setting_before_it_is_switched_is_brought_back() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let (plan, key) = owners_footprint(1);
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &plan);
    machine.administer(key, 2);
    enter(&mut ledger, &mut machine, 1, Phase::Active, &plan);
    assert_eq!(arp_ignore(&mut machine), 8);
    stop(&mut ledger, &mut machine, 1);
    assert_eq!(arp_ignore(&mut machine), 2);
}

#[test]
fn our_own_values_are_not_taken_for_somebody_elses() {
    let (plan, key) = owners_footprint(1);
    let (mut ledger, mut machine) = with_master(&plan);
    // What was planned for another router comes after the switch.
    machine.administer(key, 1);
    ledger.note_foreign_value(key, 1);
    machine.apply(&ledger.leave(1, Phase::Active, |_| None));
    // It could not be switched back.
    machine.administer(key, 8);
    ledger.note_foreign_value(key, 8);
    stop(&mut ledger, &mut machine, 1);
    assert_eq!(arp_ignore(&mut machine), 0);
}

/// A router that is detached while it is Active leaves all its phases before any operation is carried out.
#[test]
fn a_setting_that_is_switched_and_brought_back_in_one_batch_is_as_before() {
    let (plan, _) = owners_footprint(1);
    let (mut ledger, mut machine) = with_master(&plan);
    assert_eq!(arp_ignore(&mut machine), 8);
    let tasks = ledger.let_go(&[1], |key| machine.read(key).ok());
    undo(&mut ledger, &mut machine, &tasks);
    assert_eq!(arp_ignore(&mut machine), 0);
}

/// An owner's parent, whose `arp_ignore` is switched while the owner is Active.
fn owners_footprint(router: u32) -> (Footprint, SettingKey) {
    let mut plan = footprint(router, 1, true);
    let key = SettingKey { link: index(PARENT), setting: LinkSetting::Ipv4(Ipv4Setting::ArpIgnore) };
    plan.active.push(Op::Set(Setting { key, value: 8, restore: Restore::ToFound }));
    (plan, key)
}

/// Switched off, IPv6 keeps silent about the addresses that go; then addresses, and the link after them.
#[test]
fn a_link_is_silenced_before_it_loses_its_addresses() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let mut plan = footprint(1, 2, true);
    let key = SettingKey { link: index(101), setting: LinkSetting::Ipv6(crate::op::Ipv6Setting::DisableIpv6) };
    plan.active.insert(0, Op::Set(Setting { key, value: 0, restore: Restore::To(1) }));
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &plan);
    enter(&mut ledger, &mut machine, 1, Phase::Active, &plan);
    let stages: Vec<Stage> = ledger.leave(1, Phase::Active, |_| None).iter().map(|task| task.op.stage()).collect();
    assert_eq!(stages, [Stage::Silence, Stage::Traffic, Stage::Traffic]);
}

#[derive(Clone, Debug)]
enum Step {
    Enter(u32, Phase),
    Leave(u32, Phase),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let phase = prop_oneof![Just(Phase::Up), Just(Phase::Active), Just(Phase::Draining)];
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
        let plans: Vec<_> = (0..3).map(|n| routing::with_routing(n, vmac)).collect();
        let untouched: Vec<_> = machine.addresses().cloned().collect();
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
                Step::Leave(n, phase) => ledger.leave(n, phase, |key| machine.clone().read(key).ok()),
            };
            let failures = machine.apply(&ops);
            if let Step::Leave(..) = step {
                ledger.undone(&ops, failures);
            }
        }
        machine.refuse_after(usize::MAX);
        (0..3).for_each(|n| stop(&mut ledger, &mut machine, n));
        retry(&mut ledger, &mut machine);
        prop_assert_eq!(ledger.done().count(), 0);
        prop_assert_eq!(machine.addresses().cloned().collect::<Vec<_>>(), untouched);
        prop_assert_eq!(machine.items().count(), 0);
        prop_assert_eq!(arp_ignore(&mut machine), 0);
    }

    /// Every operation followed by its inverse is nothing.
    #[test]
    fn an_operation_and_its_inverse_are_nothing(n in 0..3u32, vmac in any::<bool>()) {
        let plan = routing::with_routing(n, vmac);
        let mut machine = machine();
        let mut ledger = Ledger::default();
        enter(&mut ledger, &mut machine, n, Phase::Standing, &plan);
        let before = machine.clone();
        for op in &plan.active {
            machine.apply(&[Task::new((), op.clone())]);
            machine.apply(&[Task::new((), op.inverse().unwrap())]);
        }
        prop_assert!(machine.items().eq(before.items()));
    }
}
