//! Settings of links: what we write is what /proc shows, in the namespace the thread is in.

use host::{AddrGenMode, ErrorKind, Ipv4Setting, Ipv6Setting, Kernel, LinkSetting, SettingKey};
use vrrp::types::IfIndex;

use crate::Test;
use crate::ground::{add, apply, macvlan, on_a_host, set};

pub(crate) const ALL: &[Test] = &[
    ("ipv4_settings_are_applied_and_put_back", ipv4),
    ("the_value_for_all_links_is_read_in_this_namespace", of_all),
    ("ipv6_settings_are_applied_and_put_back", ipv6),
    ("addr_gen_mode_none_before_up_means_no_link_local_address", no_link_local),
    ("settings_of_a_link_that_is_gone_are_missing", missing),
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
        let none = AddrGenMode::None as i32;
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
            assert_eq!(machine.read(key).unwrap_err().kind, ErrorKind::Missing, "read {key}");
            assert_eq!(machine.apply(&[set(gone, setting, 1)])[0].error.kind, ErrorKind::Missing, "set {key}");
        }
    });
}
