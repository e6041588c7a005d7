//! Settings of links: what we write is what /proc shows, in the namespace the thread is in.

use host::{ErrorKind, Ipv4Setting, Ipv6Setting, Kernel, LinkSetting, Restore, Setting, SettingKey};
use vrrp::types::IfIndex;

use crate::Test;
use crate::ground::{add, apply, attempt, macvlan, on_a_host, set};

pub(crate) const ALL: &[Test] = &[
    ("ipv4_settings_are_applied_and_put_back", ipv4),
    ("the_value_for_all_links_is_read_in_this_namespace", of_all),
    ("ipv6_settings_are_applied_and_put_back", ipv6),
    ("addr_gen_mode_none_before_up_means_no_link_local_address", no_link_local),
    ("settings_of_a_link_that_is_gone_are_missing", missing),
    ("whatever_somebody_changed_is_found", changed),
    ("of_many_links_what_somebody_changed_is_found_quickly", changed_of_many),
    ("a_macvlan_shrinks_with_its_parent_and_grows_when_it_is_told", mtu),
];

/// Everything that the footprint of a router sets.
const ALL_SETTINGS: [LinkSetting; 12] = [
    LinkSetting::Mtu,
    LinkSetting::AddrGenMode,
    LinkSetting::Ipv4(Ipv4Setting::ArpIgnore),
    LinkSetting::Ipv4(Ipv4Setting::ArpAnnounce),
    LinkSetting::Ipv4(Ipv4Setting::ArpFilter),
    LinkSetting::Ipv4(Ipv4Setting::AcceptLocal),
    LinkSetting::Ipv4(Ipv4Setting::RpFilter),
    LinkSetting::Ipv4(Ipv4Setting::Forwarding),
    LinkSetting::Ipv4(Ipv4Setting::PromoteSecondaries),
    LinkSetting::Ipv6(Ipv6Setting::AcceptRa),
    LinkSetting::Ipv6(Ipv6Setting::Autoconf),
    LinkSetting::Ipv6(Ipv6Setting::Forwarding),
];

fn ipv4() {
    on_a_host(|machine, eth0| {
        let values = [
            (Ipv4Setting::ArpIgnore, 1),
            (Ipv4Setting::ArpAnnounce, 2),
            (Ipv4Setting::ArpFilter, 1),
            (Ipv4Setting::AcceptLocal, 1),
            (Ipv4Setting::RpFilter, 2),
            (Ipv4Setting::Forwarding, 1),
            (Ipv4Setting::PromoteSecondaries, 1),
        ];
        for (setting, value) in values {
            change_and_put_back(machine, eth0, LinkSetting::Ipv4(setting), &ipv4_file(setting), value);
        }
    });
}

fn of_all() {
    on_a_host(|machine, _| {
        for value in [2, 0] {
            std::fs::write("/proc/sys/net/ipv4/conf/all/rp_filter", value.to_string()).unwrap();
            assert_eq!(machine.of_all_links(Ipv4Setting::RpFilter).unwrap(), value);
        }
    });
}

fn ipv6() {
    on_a_host(|machine, eth0| {
        let values = [
            (Ipv6Setting::DisableIpv6, 1),
            (Ipv6Setting::AcceptRa, 0),
            (Ipv6Setting::Autoconf, 0),
            (Ipv6Setting::Forwarding, 1),
        ];
        for (setting, value) in values {
            change_and_put_back(machine, eth0, LinkSetting::Ipv6(setting), &ipv6_file(setting), value);
        }
    });
}

fn ipv4_file(setting: Ipv4Setting) -> String {
    format!("/proc/sys/net/ipv4/conf/eth0/{}", setting.name())
}

fn ipv6_file(setting: Ipv6Setting) -> String {
    format!("/proc/sys/net/ipv6/conf/eth0/{}", setting.name())
}

/// Sets a value that differs from the one before, then the one before.
fn change_and_put_back(machine: &mut linux::Machine, link: IfIndex, setting: LinkSetting, file: &str, value: i32) {
    let key = SettingKey { link, setting };
    let shown = || std::fs::read_to_string(file).unwrap().trim().parse::<i32>().unwrap();
    let before = machine.read(key).unwrap();
    assert_eq!(before, shown(), "{file}");
    // Where the machine has the value already, the other one is as good.
    let value = if before == value { i32::from(value == 0) } else { value };
    apply(machine, &[set(link, setting, value)]);
    assert_eq!((machine.read(key).unwrap(), shown()), (value, value), "{file}");
    apply(machine, &[set(link, setting, before)]);
    assert_eq!((machine.read(key).unwrap(), shown()), (before, before), "{file}");
}

fn no_link_local() {
    on_a_host(|machine, eth0| {
        let (quiet, usual) = (macvlan(machine, eth0, 1), macvlan(machine, eth0, 2));
        let none = LinkSetting::NO_LINK_LOCAL;
        apply(
            machine,
            &[
                add(&quiet),
                set(quiet.index, LinkSetting::AddrGenMode, none),
                set(quiet.index, LinkSetting::AdminUp, 1),
                add(&usual),
                set(usual.index, LinkSetting::AdminUp, 1),
            ],
        );
        let key = SettingKey { link: quiet.index, setting: LinkSetting::AddrGenMode };
        assert_eq!(machine.read(key).unwrap(), none);
        let with_address: Vec<_> = machine.addresses().unwrap().into_iter().map(|address| address.link).collect();
        assert!(!with_address.contains(&quiet.index));
        assert!(with_address.contains(&usual.index), "the kernel's default makes one");
    });
}

fn missing() {
    on_a_host(|machine, _| {
        let gone = IfIndex::new(999).unwrap();
        let all = [
            LinkSetting::AdminUp,
            LinkSetting::AddrGenMode,
            LinkSetting::Ipv4(Ipv4Setting::ArpIgnore),
            LinkSetting::Ipv6(Ipv6Setting::AcceptRa),
        ];
        for setting in all {
            let key = SettingKey { link: gone, setting };
            assert_eq!(machine.read(key).unwrap_err().kind, ErrorKind::Missing, "read {key:?}");
            assert_eq!(attempt(machine, &[set(gone, setting, 1)])[0].kind, ErrorKind::Missing, "set {key:?}");
        }
    });
}

fn as_found(machine: &mut linux::Machine, link: IfIndex, setting: LinkSetting) -> Setting {
    let key = SettingKey { link, setting };
    Setting { key, value: machine.read(key).unwrap(), restore: Restore::WithLink }
}

fn changed() {
    on_a_host(|machine, eth0| {
        let wanted = ALL_SETTINGS.map(|setting| as_found(machine, eth0, setting));
        assert_eq!(machine.changed_settings(&wanted).unwrap(), []);
        for (position, setting) in ALL_SETTINGS.into_iter().enumerate() {
            let found = if setting == LinkSetting::Mtu { 1400 } else { i32::from(wanted[position].value == 0) };
            let back = set(eth0, setting, wanted[position].value);
            apply(machine, &[set(eth0, setting, found)]);
            assert_eq!(machine.changed_settings(&wanted).unwrap(), [(wanted[position], found)]);
            apply(machine, &[back]);
        }
        assert_eq!(machine.changed_settings(&wanted).unwrap(), []);
        let gone = Setting { key: SettingKey { link: IfIndex::new(999).unwrap(), ..wanted[0].key }, ..wanted[0] };
        assert_eq!(machine.changed_settings(&[gone]).unwrap(), []);
    });
}

fn changed_of_many() {
    on_a_host(|machine, eth0| {
        let links: Vec<_> = (1..=200).map(|vrid| macvlan(machine, eth0, vrid)).collect();
        apply(machine, &links.iter().map(add).collect::<Vec<_>>());
        let indexes = links.iter().map(|link| link.index);
        let wanted: Vec<_> = indexes
            .flat_map(|link| ALL_SETTINGS.map(|setting| (link, setting)))
            .map(|(link, setting)| as_found(machine, link, setting))
            .collect();
        std::fs::write("/proc/sys/net/ipv4/conf/vrrp.77/arp_filter", "1").unwrap();
        let begin = std::time::Instant::now();
        let changed = machine.changed_settings(&wanted).unwrap();
        // Some 1 ms; reading 2,400 files takes 20.
        assert!(begin.elapsed() < std::time::Duration::from_millis(100), "{:?}", begin.elapsed());
        let arp_filter = SettingKey { link: links[76].index, setting: LinkSetting::Ipv4(Ipv4Setting::ArpFilter) };
        assert_eq!(changed.into_iter().map(|(s, found)| (s.key, found)).collect::<Vec<_>>(), [(arp_filter, 1)]);
    });
}

fn mtu() {
    on_a_host(|machine, eth0| {
        let ours = macvlan(machine, eth0, 1);
        apply(machine, &[add(&ours)]);
        let mtu = |machine: &mut linux::Machine, of: IfIndex| {
            machine.links().unwrap().into_iter().find(|link| link.index == of).map(|link| link.mtu)
        };
        apply(machine, &[set(eth0, LinkSetting::Mtu, 1400)]);
        assert_eq!(mtu(machine, ours.index), Some(1400));
        apply(machine, &[set(eth0, LinkSetting::Mtu, 1500)]);
        assert_eq!(mtu(machine, ours.index), Some(1400));
        apply(machine, &[set(ours.index, LinkSetting::Mtu, 1500)]);
        assert_eq!(mtu(machine, ours.index), Some(1500));
    });
}
