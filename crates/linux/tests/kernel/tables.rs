//! Tables in nf_tables.

use host::{ErrorKind, Item, Op, OwnerArp};
use linux::Machine;
use vrrp::types::IfIndex;

use crate::Test;
use crate::ground::{apply, attempt, on_a_host, vmac};

pub(crate) const ALL: &[Test] = &[
    ("a_table_is_made_and_replaced_and_removed_and_whoever_takes_it_away_is_found_out", taken_away),
    ("a_table_of_which_a_part_is_refused_is_not_made", refused),
];

fn table(parent: IfIndex) -> OwnerArp {
    let addresses = vec!["10.0.0.1".parse().unwrap(), "10.0.0.9".parse().unwrap()];
    let vmac_index = IfIndex::new(1_048_576).unwrap();
    OwnerArp { vmac: vmac_index, mac: vmac(51), parent, parent_name: "eth0".into(), addresses }
}

fn add(table: &OwnerArp) -> Op {
    Op::Add(Item::OwnerArp(table.clone()))
}

fn remove(table: &OwnerArp) -> Op {
    Op::Remove(Item::OwnerArp(table.clone()))
}

fn taken_away() {
    on_a_host(|machine, nic| {
        let table = table(nic);
        let one = std::slice::from_ref(&table);
        let fewer = OwnerArp { addresses: table.addresses[..1].to_vec(), ..table.clone() };
        apply(machine, &[add(&table), add(&fewer)]);
        assert_eq!(machine.lost_tables(one), []);
        apply(&mut Machine::open().unwrap(), &[remove(&table)]);
        assert_eq!((machine.lost_tables(one), machine.lost_tables(one)), (one.to_vec(), one.to_vec()));
        apply(machine, &[add(&table)]);
        assert_eq!((machine.lost_tables(one), machine.left_tables()), (vec![], vec![OwnerArp::left(table.vmac)]));
        apply(machine, &[remove(&OwnerArp::left(table.vmac))]);
        assert_eq!(machine.left_tables(), []);
        assert_eq!(attempt(machine, &[remove(&table)])[0].kind, ErrorKind::Missing);
    });
}

fn refused() {
    on_a_host(|machine, nic| {
        let table = OwnerArp { parent_name: "longer.than.a.name.may.be".into(), ..table(nic) };
        assert_eq!(attempt(machine, &[add(&table)]).len(), 1);
        assert_eq!(machine.left_tables(), []);
    });
}
