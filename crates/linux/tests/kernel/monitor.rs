//! What the monitor reports.

use host::{Ipv4Setting, Ipv6Setting, Item, LinkSetting, Op};
use linux::monitor::{Change, Monitor, SettingOf};
use linux::netlink::{Batch, Mode, Socket};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkMessage};
use vrrp::input::LinkState;
use vrrp::types::IfIndex;

use crate::Test;
use crate::ground::{add, apply, await_change, ip, lan, link, macvlan, on_a_host, remove, set, vip};

pub(crate) const ALL: &[Test] = &[
    ("links_are_told_when_made_changed_renamed_and_gone", links),
    ("addresses_are_told_when_made_and_gone", addresses),
    ("a_pulled_cable_and_its_return_are_told", carrier),
    ("settings_of_links_and_of_all_are_told", settings),
    ("a_link_that_becomes_a_port_is_told_with_its_controller", port),
    ("an_overrun_is_told_and_the_machine_can_be_asked_again", overrun),
];

fn links() {
    on_a_host(|machine, eth0| {
        let mut monitor = Monitor::open().unwrap();
        let ours = macvlan(machine, eth0, 5);
        apply(machine, &[add(&ours), set(ours.index, LinkSetting::AdminUp, 1)]);
        await_change(
            &mut monitor,
            |change| matches!(change, Change::Link(link) if link.index == ours.index && link.admin == LinkState::Up),
        );
        apply(machine, &[set(ours.index, LinkSetting::AdminUp, 0)]);
        let mut batch = Batch::default();
        change_link(&mut batch, ours.index, LinkAttribute::IfName("renamed".into()));
        assert_eq!(Socket::open().unwrap().execute(&mut batch).unwrap(), []);
        await_change(&mut monitor, |change| matches!(change, Change::Link(link) if link.name == "renamed"));
        apply(machine, &[remove(&ours)]);
        let gone = Change::LinkGone(ours.index);
        await_change(&mut monitor, |change| *change == gone);
    });
}

fn addresses() {
    on_a_host(|machine, eth0| {
        let mut monitor = Monitor::open().unwrap();
        for address in ["10.0.0.99", "fd00::99"] {
            let item = Item::from(vip(eth0, address));
            apply(machine, &[Op::Add(item.clone())]);
            await_change(&mut monitor, |change| matches!(change, Change::Address(new) if new.address == ip(address)));
            apply(machine, &[Op::Remove(item)]);
            await_change(
                &mut monitor,
                |change| matches!(change, Change::AddressGone(old) if old.address == ip(address)),
            );
        }
    });
}

fn carrier() {
    let (lan, [host]) = lan();
    let mut monitor = host.namespace.run(|| Monitor::open().unwrap()).unwrap();
    let mut becomes = |state| {
        await_change(
            &mut monitor,
            |change| matches!(change, Change::Link(link) if link.index == host.nic && link.running == state),
        );
    };
    lan.cut(&host).unwrap();
    becomes(LinkState::Down);
    lan.restore(&host).unwrap();
    becomes(LinkState::Up);
}

/// `sysctl --system`, firewalld and tuned write these behind our back.
fn settings() {
    on_a_host(|_, eth0| {
        let mut monitor = Monitor::open().unwrap();
        let rp_filter = LinkSetting::Ipv4(Ipv4Setting::RpFilter);
        let reported = [
            ("ipv4/conf/all/rp_filter", SettingOf::AllLinks, rp_filter),
            ("ipv4/conf/default/rp_filter", SettingOf::NewLinks, rp_filter),
            ("ipv4/conf/eth0/rp_filter", SettingOf::Link(eth0), rp_filter),
            ("ipv4/conf/eth0/forwarding", SettingOf::Link(eth0), LinkSetting::Ipv4(Ipv4Setting::Forwarding)),
            ("ipv6/conf/eth0/forwarding", SettingOf::Link(eth0), LinkSetting::Ipv6(Ipv6Setting::Forwarding)),
        ];
        for (file, of, setting) in reported {
            let file = format!("/proc/sys/net/{file}");
            let before: i32 = std::fs::read_to_string(&file).unwrap().trim().parse().unwrap();
            let value = i32::from(before == 0);
            std::fs::write(&file, value.to_string()).unwrap();
            await_change(&mut monitor, |change| *change == Change::Setting { of, setting, value });
        }
    });
}

/// What a port of a bridge receives never gets to the sockets that listen on the port.
fn port() {
    on_a_host(|machine, eth0| {
        assert_eq!(link(machine, eth0).unwrap().controller, None);
        let mut monitor = Monitor::open().unwrap();
        let mut batch = Batch::default();
        let mut bridge = LinkMessage::default();
        bridge.attributes = vec![
            LinkAttribute::IfName("br0".into()),
            LinkAttribute::LinkInfo(vec![netlink_packet_route::link::LinkInfo::Kind(InfoKind::Bridge)]),
        ];
        batch.push((), RouteNetlinkMessage::NewLink(bridge), Mode::Create);
        assert_eq!(Socket::open().unwrap().execute(&mut batch).unwrap(), []);
        let bridge = machine.links().unwrap().into_iter().find(|link| link.name == "br0").unwrap().index;
        let mut batch = Batch::default();
        change_link(&mut batch, eth0, LinkAttribute::Controller(bridge.value()));
        assert_eq!(Socket::open().unwrap().execute(&mut batch).unwrap(), []);
        await_change(
            &mut monitor,
            |change| matches!(change, Change::Link(link) if link.index == eth0 && link.controller == Some(bridge)),
        );
    });
}

fn overrun() {
    on_a_host(|machine, eth0| {
        let (mut monitor, mut batch) = (Monitor::open().unwrap(), Batch::default());
        let ours = macvlan(machine, eth0, 5);
        // The kernel notifies of changes to links that are up.
        apply(machine, &[add(&ours), set(ours.index, LinkSetting::AdminUp, 1)]);
        // Each notification has some 2 kB: together they are more than the monitor has room for.
        (0..6000).for_each(|n| change_link(&mut batch, ours.index, LinkAttribute::IfAlias(n.to_string())));
        assert_eq!(Socket::open().unwrap().execute(&mut batch).unwrap(), []);
        await_change(&mut monitor, |change| *change == Change::Overrun);
        assert_eq!(link(machine, ours.index).unwrap().name, ours.name);
        apply(machine, &[remove(&ours)]);
        await_change(&mut monitor, |change| matches!(change, Change::LinkGone(index) if *index == ours.index));
    });
}

/// What an administrator might do to a link.
fn change_link(batch: &mut Batch<()>, link: IfIndex, attribute: LinkAttribute) {
    let mut message = LinkMessage::default();
    message.header.index = link.value();
    message.attributes = vec![attribute];
    batch.push((), RouteNetlinkMessage::SetLink(message), Mode::Change);
}
