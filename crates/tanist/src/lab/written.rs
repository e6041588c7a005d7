//! The configuration that the lab shows: what a user would write. keepalived reads it as well, but for `tanist_guardian off`.

use conf::model::Switch;
use vrrp::types::{Family, Interval};

/// VRID of all routers.
pub(super) const VRID: u8 = 51;

/// What a file says but for the priority: a router for each family.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    pub(super) vmac: Switch,
    pub(super) guardian: Switch,
    pub(super) families: &'static [Family],
    pub(super) interval: Interval,
}

impl Written {
    pub(super) fn text(&self, priority: u8) -> String {
        let guardian = match self.guardian {
            Switch::On => "",
            Switch::Off => "    tanist_guardian off\n",
        };
        let routers = (1..).zip(self.families).map(|(number, family)| self.router(number, *family, priority));
        format!("global_defs {{\n    vrrp_version 3\n{guardian}}}\n{}", routers.collect::<String>())
    }

    fn router(&self, number: u8, family: Family, priority: u8) -> String {
        let vmac = match self.vmac {
            Switch::On => "    use_vmac\n",
            Switch::Off => "",
        };
        let addresses = match family {
            Family::Ipv4 => "        10.9.0.1/24\n",
            Family::Ipv6 => "        fe80::9:1/64\n        2001:db8:9::1/64\n",
        };
        let seconds = f64::from(self.interval.centis()) / 100.0;
        format!(
            "\nvrrp_instance VI_{number} {{\n    interface eth0\n    virtual_router_id {VRID}\n{vmac}    priority {priority}\n    \
             advert_int {seconds}\n    virtual_ipaddress {{\n{addresses}    }}\n}}\n"
        )
    }
}
