//! What is refused, and plans that age.

use super::*;

/// Refuses what brings a setting back to `value`, now and when it is tried again.
fn refuse_once(machine: &mut Memory, tasks: &[Task<u32>], key: SettingKey) {
    let sets_it = |task: &Task<u32>| matches!(&task.op, Op::Set(setting) if setting.key == key);
    machine.refuse_after(tasks.iter().position(sets_it).unwrap());
}

/// An owner was let go while it was Active, and the setting of its parent could not be brought back.
fn with_refusal() -> (Footprint, Ledger<u32>, Memory) {
    let (plan, key) = owners_footprint(1);
    let (mut ledger, mut machine) = with_master(&plan);
    let tasks = ledger.let_go(&[1], |key| machine.read(key).ok());
    refuse_once(&mut machine, &tasks, key);
    assert_eq!(undo(&mut ledger, &mut machine, &tasks), 1);
    machine.refuse_after(usize::MAX);
    (plan, ledger, machine)
}

#[test]
fn what_could_not_be_switched_back_does_not_come_after_what_is_brought_back() {
    let (plan, key) = owners_footprint(1);
    let (mut ledger, mut machine) = with_master(&plan);
    let tasks = ledger.leave(1, Phase::Active, |key| machine.read(key).ok());
    refuse_once(&mut machine, &tasks, key);
    assert_eq!(undo(&mut ledger, &mut machine, &tasks), 1);
    machine.refuse_after(usize::MAX);
    stop(&mut ledger, &mut machine, 1);
    retry(&mut ledger, &mut machine);
    assert_eq!(arp_ignore(&mut machine), 0);
}

#[test]
fn what_is_switched_and_cannot_be_brought_back_is_on_record_and_tried_again() {
    let (plan, mut ledger, mut machine) = with_refusal();
    assert_eq!(arp_ignore(&mut kill_and_recover(machine.clone(), &ledger, &plan)), 0);
    retry(&mut ledger, &mut machine);
    assert_eq!((arp_ignore(&mut machine), ledger.is_finished()), (0, true));
}

#[test]
fn what_could_not_be_undone_is_on_record_until_it_is() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let plan = footprint(1, 1, true);
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &plan);
    machine.refuse_after(0);
    let tasks = ledger.let_go(&[1], |key| machine.read(key).ok());
    assert_eq!(undo(&mut ledger, &mut machine, &tasks), 1);
    machine.refuse_after(usize::MAX);
    assert_eq!(machine.links().count(), 1);
    let recovered = kill_and_recover(machine.clone(), &ledger, &Footprint::default());
    assert_eq!(recovered.links().count(), 0);
    retry(&mut ledger, &mut machine);
    assert_eq!((machine.links().count(), ledger.is_finished()), (0, true));
    assert_eq!(ledger.to_undo(std::iter::empty()).count(), 0);
}

#[test]
fn what_could_not_be_brought_back_and_is_wanted_again_is_brought_back_in_the_end() {
    let (plan, mut ledger, mut machine) = with_refusal();
    assert_eq!(arp_ignore(&mut machine), 8);
    let mut again = ledger.enter(1, Phase::Standing, &plan, |key| machine.clone().read(key).ok());
    ledger.bring_up_to_date(&mut again, |key| machine.read(key).ok());
    assert_eq!(machine.apply(&again), []);
    assert_eq!((arp_ignore(&mut machine), ledger.is_finished()), (1, true));
    stop(&mut ledger, &mut machine, 1);
    assert_eq!(arp_ignore(&mut machine), 0);
}

#[test]
fn what_somebody_changed_while_it_could_not_be_brought_back_is_theirs() {
    let (plan, key) = owners_footprint(1);
    let (mut ledger, mut machine) = with_master(&plan);
    leave(&mut ledger, &mut machine, 1, Phase::Active);
    let tasks = ledger.let_go(&[1], |key| machine.read(key).ok());
    refuse_once(&mut machine, &tasks, key);
    assert_eq!(undo(&mut ledger, &mut machine, &tasks), 1);
    machine.refuse_after(usize::MAX);
    machine.administer(key, 2);
    retry(&mut ledger, &mut machine);
    assert_eq!((arp_ignore(&mut machine), ledger.is_finished()), (2, true));
}

/// Two routers of one reload: the first no longer needs what the second needs from now on.
#[test]
fn what_one_plan_undoes_and_another_does_is_brought_back_in_the_end() {
    let (first, second) = (footprint(1, 1, true), footprint(2, 1, true));
    let (mut ledger, mut machine) = with_master(&first);
    let mut undone = ledger.let_go(&[1], |key| machine.read(key).ok());
    let mut done = ledger.enter(2, Phase::Standing, &second, |key| machine.read(key).ok());
    assert_eq!(arp_ignore(&mut kill_and_recover(machine.clone(), &ledger, &second)), 0);
    ledger.bring_up_to_date(&mut undone, |key| machine.read(key).ok());
    undo(&mut ledger, &mut machine, &undone);
    ledger.bring_up_to_date(&mut done, |key| machine.read(key).ok());
    assert_eq!(machine.apply(&done), []);
    assert_eq!(arp_ignore(&mut machine), 1);
    stop(&mut ledger, &mut machine, 2);
    assert_eq!(arp_ignore(&mut machine), 0);
}

/// Planned for one router, and by the time it is carried out another has switched the setting, or somebody changed it.
#[test]
fn a_plan_that_is_out_of_date_sets_nothing() {
    let (mut ledger, mut machine) = (Ledger::default(), machine());
    let mut planned = ledger.enter(2, Phase::Standing, &footprint(2, 1, true), |key| machine.read(key).ok());
    let (owner, key) = owners_footprint(1);
    enter(&mut ledger, &mut machine, 1, Phase::Standing, &owner);
    machine.administer(key, 2);
    ledger.bring_up_to_date(&mut planned, |key| machine.read(key).ok());
    assert!(ledger.take_unrecorded() && !ledger.take_unrecorded());
    enter(&mut ledger, &mut machine, 1, Phase::Active, &owner);
    ledger.bring_up_to_date(&mut planned, |key| machine.read(key).ok());
    machine.apply(&planned);
    assert_eq!(arp_ignore(&mut machine), 8);
    stop(&mut ledger, &mut machine, 1);
    stop(&mut ledger, &mut machine, 2);
    assert_eq!(arp_ignore(&mut machine), 2);
}

#[test]
fn an_address_that_could_not_be_removed_gets_a_new_lease_when_it_is_wanted_again() {
    let (plan, _) = owners_footprint(1);
    let (mut ledger, mut machine) = with_master(&plan);
    let out = ledger.leave(1, Phase::Active, |key| machine.read(key).ok());
    machine.refuse_after(0);
    assert!(undo(&mut ledger, &mut machine, &out) > 0);
    let again = ledger.become_active(1, &plan, |key| machine.read(key).ok());
    let is_renewed = |op: &Op| again.iter().filter(|task| task.op == *op).count() == 1;
    let leased: Vec<&Op> = plan.leased().collect();
    assert!(!leased.is_empty() && leased.iter().all(|op| is_renewed(op)), "{leased:?} in {again:?}");
    let twice = ledger.become_active(1, &plan, |key| machine.read(key).ok());
    assert_eq!(twice, [], "it is Active");
    let fresh = Ledger::default().become_active(1, &plan, |key| machine.read(key).ok());
    assert_eq!(fresh.iter().filter(|task| task.op.is_leased()).count(), leased.len(), "each once");
}
