//! Tables in nf_tables.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use host::{DropTable, DroppedAddress, ErrorKind, Item, Op, OwnerTable};
use lab::{EchoProbe, Host, wait};
use linux::Machine;
use vrrp::types::IfIndex;

use crate::Test;
use crate::ground::{apply, attempt, ip, lan, on_a_host, vip, vmac};

pub(crate) const ALL: &[Test] = &[
    ("a_table_is_made_and_replaced_and_removed_and_whoever_takes_it_away_is_found_out", taken_away),
    ("what_is_sent_to_dropped_addresses_is_counted_and_neighbour_discovery_goes_on", dropping),
    ("a_table_of_which_a_part_is_refused_is_not_made", refused),
    ("a_thousand_addresses_go_in_and_out_of_a_table_and_whoever_changes_them_is_found_out", contents),
    ("a_table_for_neighbour_discovery_is_made", discovery),
];

fn table(parent: IfIndex) -> OwnerTable {
    let addresses = vec!["10.0.0.1".parse().unwrap(), "10.0.0.9".parse().unwrap()];
    let vmac_index = IfIndex::new(1_048_576).unwrap();
    OwnerTable { vmac: vmac_index, mac: vmac(51), parent, parent_name: "eth0".into(), addresses }
}

fn add(table: &OwnerTable) -> Op {
    Op::Add(Item::from(table.clone()))
}

fn remove(table: &OwnerTable) -> Op {
    Op::Remove(Item::from(table.clone()))
}

fn taken_away() {
    on_a_host(|machine, nic| {
        let table = table(nic);
        let one = &[Item::from(table.clone())][..];
        let fewer = OwnerTable { addresses: table.addresses[..1].to_vec(), ..table.clone() };
        apply(machine, &[add(&table), add(&fewer)]);
        assert_eq!(machine.lost_tables(one), []);
        // Somebody puts another in its place, with as many rules.
        apply(&mut Machine::open().unwrap(), &[add(&table)]);
        assert_eq!(machine.lost_tables(one), one);
        apply(machine, &[add(&table)]);
        assert_eq!(machine.lost_tables(one), []);
        apply(&mut Machine::open().unwrap(), &[remove(&table)]);
        assert_eq!((machine.lost_tables(one), machine.lost_tables(one)), (one.to_vec(), one.to_vec()));
        apply(machine, &[add(&table)]);
        assert_eq!(
            (machine.lost_tables(one), machine.left_tables()),
            (vec![], vec![Item::from(OwnerTable::left(table.vmac))])
        );
        apply(machine, &[remove(&OwnerTable::left(table.vmac))]);
        assert_eq!(machine.left_tables(), []);
        assert_eq!(attempt(machine, &[remove(&table)])[0].kind, ErrorKind::Missing);
    });
}

/// Whose packets are dropped is a part of the table: it goes in and out in few transactions, whatever is missing.
fn contents() {
    on_a_host(|machine, nic| {
        let table = DropTable { number: 7, priority: 10 };
        let dropped = |number: u32| {
            let address = Ipv4Addr::from(0x0a01_0000 + number).into();
            Item::DroppedAddress(DroppedAddress { table, address, link: nic })
        };
        let addresses: Vec<Item> = (0..1000).map(dropped).collect();
        let all = [vec![Item::DropTable(table)], addresses.clone()].concat();
        let (ours, others) = (&mut *machine, &mut Machine::open().unwrap());
        let start = Instant::now();
        apply(ours, &all.iter().cloned().map(Op::Add).collect::<Vec<_>>());
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        assert_eq!(ours.lost_tables(&all), []);
        // One is missing, one is too many, and nothing is there.
        let one = &all[..1];
        apply(others, &[Op::Remove(addresses[500].clone())]);
        assert_eq!(ours.lost_tables(&all), one);
        apply(others, &[Op::Add(addresses[500].clone()), Op::Add(dropped(1000))]);
        assert_eq!(ours.lost_tables(&all), one);
        apply(others, &[Op::Remove(dropped(1000))]);
        assert_eq!(ours.lost_tables(&all), []);
        let gone: Vec<Op> = addresses.iter().cloned().map(Op::Remove).collect();
        apply(others, &[gone[0].clone(), gone[150].clone(), gone[999].clone()]);
        let refused = attempt(ours, &gone);
        assert_eq!(
            refused.iter().map(|it| (it.op == gone[0], it.kind)).collect::<Vec<_>>(),
            [(true, ErrorKind::Missing), (false, ErrorKind::Missing), (false, ErrorKind::Missing)]
        );
        assert_eq!(ours.lost_tables(one), [], "what was not missing is gone");
        apply(ours, &[Op::Remove(all[0].clone())]);
        assert_eq!(attempt(ours, &gone[..200]).len(), 200, "of no table");
    });
}

fn discovery() {
    on_a_host(|machine, nic| {
        let addresses = vec![ip("fd00::1"), ip("fe80::1")];
        let table = OwnerTable { addresses, ..table(nic) };
        apply(machine, &[add(&table)]);
        assert_eq!(machine.lost_tables(&[Item::from(table.clone())]), []);
        apply(machine, &[remove(&table)]);
    });
}

fn refused() {
    on_a_host(|machine, nic| {
        let table = OwnerTable { parent_name: "longer.than.a.name.may.be".into(), ..table(nic) };
        assert_eq!(attempt(machine, &[add(&table)]).len(), 1);
        assert_eq!(machine.left_tables(), []);
    });
}

/// Of both families; of a link-local address only what arrives on its link is dropped.
fn dropping() {
    let (_lan, [node, client]) = lan();
    let table = DropTable { number: 7, priority: -1 };
    let dropped = |address: &str| DroppedAddress { table, address: ip(address), link: node.nic };
    let addresses = ["10.0.0.9", "fd00::9", "fe80::9"].map(dropped);
    let vips = addresses.map(|it| vip(node.nic, &it.address.to_string()));
    let elsewhere = DroppedAddress { link: IfIndex::new(1).unwrap(), ..dropped("fe80::a") };
    let machine = |work: &mut (dyn FnMut(&mut Machine) + Send)| {
        node.namespace.run(|| work(&mut Machine::open().unwrap())).unwrap()
    };
    machine(&mut |machine| {
        let vips = vips.iter().cloned().map(|vip| Op::Add(Item::from(vip)));
        apply(machine, &[Op::Add(Item::DropTable(table))]);
        apply(machine, &addresses.map(|address| Op::Add(Item::DroppedAddress(address))));
        apply(machine, &[Op::Add(Item::DroppedAddress(elsewhere))]);
        apply(machine, &vips.collect::<Vec<_>>());
        assert_eq!(machine.dropped_packets(&addresses), [0; 3]);
    });
    for dropped in addresses.iter().filter(|dropped| dropped.address != ip("fe80::9")) {
        assert!(!answers(&client, dropped.address), "{}", dropped.address);
        let neighbours = lab::neighbours(&client.namespace).unwrap();
        let known = neighbours.iter().any(|it| it.address == dropped.address && it.mac == Some(node.mac));
        assert!(known, "{}: {neighbours:?}", dropped.address);
    }
    machine(&mut |machine| {
        let packets = machine.dropped_packets(&addresses);
        assert!(packets[0] > 0 && packets[1] > 0, "{packets:?}");
    });
    machine(&mut |machine| apply(machine, &[Op::Remove(Item::DroppedAddress(addresses[0]))]));
    assert!(answers(&client, addresses[0].address) && !answers(&client, addresses[1].address));
    machine(&mut |machine| {
        assert_eq!(machine.left_tables(), [Item::DropTable(DropTable::left(7))]);
        apply(machine, &[Op::Remove(Item::DropTable(table))]);
    });
    assert!(answers(&client, addresses[1].address));
}

fn answers(client: &Host, address: IpAddr) -> bool {
    let probe = EchoProbe::start(client, address, Duration::from_millis(20)).unwrap();
    wait::until(Duration::from_millis(600), || {
        let tally = probe.tally(0, probe.position());
        tally.sent > tally.lost
    })
}
