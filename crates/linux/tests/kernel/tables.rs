//! Tables in nf_tables.

use std::net::IpAddr;
use std::time::Duration;

use host::{DropTable, DroppedAddress, ErrorKind, Item, Op, OwnerArp};
use lab::{EchoProbe, Host, wait};
use linux::Machine;
use vrrp::types::IfIndex;

use crate::Test;
use crate::ground::{apply, attempt, ip, lan, on_a_host, vip, vmac};

pub(crate) const ALL: &[Test] = &[
    ("a_table_is_made_and_replaced_and_removed_and_whoever_takes_it_away_is_found_out", taken_away),
    ("what_is_sent_to_dropped_addresses_is_counted_and_neighbour_discovery_goes_on", dropping),
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
        let one = &[Item::OwnerArp(table.clone())][..];
        let fewer = OwnerArp { addresses: table.addresses[..1].to_vec(), ..table.clone() };
        apply(machine, &[add(&table), add(&fewer)]);
        assert_eq!(machine.lost_tables(one), []);
        apply(&mut Machine::open().unwrap(), &[remove(&table)]);
        assert_eq!((machine.lost_tables(one), machine.lost_tables(one)), (one.to_vec(), one.to_vec()));
        apply(machine, &[add(&table)]);
        assert_eq!(
            (machine.lost_tables(one), machine.left_tables()),
            (vec![], vec![Item::OwnerArp(OwnerArp::left(table.vmac))])
        );
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

/// Of both families; of a link-local address only what arrives on its link is dropped.
fn dropping() {
    let (_lan, [node, client]) = lan();
    let table = DropTable { number: 7 };
    let dropped = |address: &str| DroppedAddress { table, address: ip(address), link: node.nic };
    let addresses = ["10.0.0.9", "fd00::9", "fe80::9"].map(dropped);
    let vips = addresses.map(|it| vip(node.nic, &it.address.to_string()));
    let elsewhere = DroppedAddress { link: IfIndex::new(1).unwrap(), ..dropped("fe80::a") };
    let machine = |work: &mut (dyn FnMut(&mut Machine) + Send)| {
        node.namespace.run(|| work(&mut Machine::open().unwrap())).unwrap()
    };
    machine(&mut |machine| {
        let vips = vips.iter().cloned().map(|vip| Op::Add(Item::Address(vip)));
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
        assert_eq!(machine.lost_tables(&[Item::DropTable(table)]), []);
        apply(machine, &[Op::Remove(Item::DroppedAddress(addresses[0]))]);
    });
    assert!(answers(&client, addresses[0].address) && !answers(&client, addresses[1].address));
    machine(&mut |machine| {
        assert_eq!(machine.left_tables(), [Item::DropTable(table)]);
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
