//! Making and removing macvlans.

use std::time::{Duration, Instant};

use host::{Company, ErrorKind, LinkSetting, Mark, Present, WantedVmac, left_links};
use linux::link::LinkInfo;
use linux::netlink::{Mode, Socket};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkMessage};
use vrrp::input::LinkState;
use vrrp::types::IfIndex;

use crate::Test;
use crate::ground::{add, apply, attempt, link, macvlan, on_a_host, remove, set};

pub(crate) const ALL: &[Test] = &[
    ("a_macvlan_is_made_down_with_its_mac_alias_and_its_parents_group", made_as_asked),
    ("a_name_that_is_taken_is_refused_as_existing", name_taken),
    ("an_index_that_is_taken_is_refused_and_its_link_left_alone", index_taken),
    ("a_parent_that_is_gone_is_missing", parent_gone),
    ("a_second_macvlan_with_one_mac_is_busy_when_set_up", duplicate_mac),
    ("links_removed_together_go_fast_and_take_nobody_else_along", removed_together),
    ("a_link_that_is_gone_or_not_ours_is_missing", removed_twice),
    ("what_a_killed_daemon_left_is_recognised_and_nothing_else", leftovers),
];

fn made_as_asked() {
    on_a_host(|machine, eth0| {
        give_group(eth0, 7);
        let vrrp51 = macvlan(machine, eth0, 51);
        apply(machine, &[add(&vrrp51)]);
        let found = link(machine, vrrp51.index).unwrap();
        assert_eq!(
            (&found.name, found.mac, found.alias.as_ref()),
            (&vrrp51.name, Some(vrrp51.mac), Some(&vrrp51.alias))
        );
        assert_eq!((found.parent, found.group, found.is_macvlan()), (Some(eth0), 7, true));
        assert_eq!((found.admin, found.running), (LinkState::Down, LinkState::Down));
        apply(machine, &[set(vrrp51.index, LinkSetting::AdminUp, 1)]);
        assert_eq!(link(machine, vrrp51.index).unwrap().running, LinkState::Up);
    });
}

fn name_taken() {
    on_a_host(|machine, eth0| {
        let first = macvlan(machine, eth0, 1);
        let second = host::MacvlanLink { index: machine.unused_index(|_| false), ..first.clone() };
        let failures = attempt(machine, &[add(&first), add(&second)]);
        assert_eq!(failures.len(), 1);
        assert_eq!((failures[0].holder, failures[0].kind), (1, ErrorKind::Exists));
        let text = host::HostError::from(failures[0].clone()).to_string();
        assert!(text.ends_with("(there is an interface with this name or index)"), "{text}");
    });
}

fn index_taken() {
    on_a_host(|machine, eth0| {
        let mut ours = macvlan(machine, eth0, 1);
        ours.index = eth0;
        let failures = attempt(machine, &[add(&ours), set(eth0, LinkSetting::AdminUp, 0), remove(&ours)]);
        let kinds: Vec<_> = failures.iter().map(|failure| failure.kind).collect();
        assert_eq!(kinds, [ErrorKind::Exists, ErrorKind::Missing, ErrorKind::Missing]);
        let found = link(machine, eth0).unwrap();
        assert_eq!((found.admin, found.alias), (LinkState::Up, None));
    });
}

fn parent_gone() {
    on_a_host(|machine, _| {
        let orphan = macvlan(machine, IfIndex::new(999).unwrap(), 1);
        let failures = attempt(machine, &[add(&orphan)]);
        assert_eq!(failures[0].kind, ErrorKind::Missing);
    });
}

fn duplicate_mac() {
    on_a_host(|machine, eth0| {
        let first = macvlan(machine, eth0, 1);
        let mut second = macvlan(machine, eth0, 1);
        second.name = "other".into();
        let up = |link: &host::MacvlanLink| set(link.index, LinkSetting::AdminUp, 1);
        let failures = attempt(machine, &[add(&first), add(&second), up(&first), up(&second)]);
        assert_eq!(failures.len(), 1, "{failures:?}");
        assert_eq!((failures[0].holder, failures[0].kind), (3, ErrorKind::Busy));
    });
}

fn removed_together() {
    on_a_host(|machine, eth0| {
        let mut links: Vec<_> = (1..=200).map(|vrid| macvlan(machine, eth0, vrid)).collect();
        let stays = links.pop().unwrap();
        apply(machine, &[add(&stays)]);
        apply(machine, &links.iter().map(add).collect::<Vec<_>>());
        let begin = Instant::now();
        apply(machine, &links.iter().map(remove).collect::<Vec<_>>());
        // One by one they take 18 ms each, 3.6 s.
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        let left: Vec<_> =
            machine.links().unwrap().into_iter().map(|link| link.index).filter(|i| i.value() > 1000).collect();
        assert_eq!(left, [stays.index]);
    });
}

fn removed_twice() {
    on_a_host(|machine, eth0| {
        let links: Vec<_> = (1..=4).map(|vrid| macvlan(machine, eth0, vrid)).collect();
        apply(machine, &links.iter().map(add).collect::<Vec<_>>());
        apply(machine, &[remove(&links[1])]);
        // The index of the last now belongs to a link with another MAC address and alias.
        let mut changed = links.clone();
        changed[3].mac = crate::ground::vmac(99);
        changed[3].alias = "tanist:other".into();
        let failures = attempt(machine, &changed.iter().map(remove).collect::<Vec<_>>());
        let refused: Vec<_> = failures.iter().map(|failure| (failure.holder, failure.kind)).collect();
        assert_eq!(refused, [(1, ErrorKind::Missing), (3, ErrorKind::Missing)]);
        let left: Vec<bool> = links.iter().map(|ours| link(machine, ours.index).is_some()).collect();
        assert_eq!(left, [false, false, false, true]);
    });
}

/// With its alias, and without: a daemon was killed between making a link and giving it its alias.
fn leftovers() {
    on_a_host(|machine, eth0| {
        let links: Vec<_> = (1..=4).map(|vrid| macvlan(machine, eth0, vrid)).collect();
        apply(machine, &links.iter().map(add).collect::<Vec<_>>());
        for (link, alias) in [(&links[1], ""), (&links[2], "somebody's"), (&links[3], "")] {
            change(link.index, LinkAttribute::IfAlias(alias.into()));
        }
        let wanted = |vrid: u8| WantedVmac { parent: eth0, mac: crate::ground::vmac(vrid) };
        let present = Present::new(machine.links().unwrap().iter().map(LinkInfo::present), []);
        let left = left_links(&present, None, &[1, 2, 3].map(wanted).into(), Company::Alone);
        let marks: Vec<_> = left.iter().map(|(link, mark)| (link.index, *mark)).collect();
        assert_eq!(marks, [(links[0].index, Mark::Alias), (links[1].index, Mark::VirtualMac)]);
        apply(machine, &left.iter().map(|(link, _)| remove(link)).collect::<Vec<_>>());
        let stay: Vec<bool> = links.iter().map(|ours| link(machine, ours.index).is_some()).collect();
        assert_eq!(stay, [false, false, true, true]);
    });
}

/// Puts a link into an interface group, as an administrator would.
fn give_group(link: IfIndex, group: u32) {
    change(link, LinkAttribute::Group(group));
}

fn change(link: IfIndex, attribute: LinkAttribute) {
    let mut message = LinkMessage::default();
    message.header.index = link.value();
    message.attributes = vec![attribute];
    Socket::open().unwrap().run(RouteNetlinkMessage::SetLink(message), Mode::Change).unwrap();
}
