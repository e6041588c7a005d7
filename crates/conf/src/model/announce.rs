//! `garp_extra_if`: announcements where no advertisement shows whose a MAC address is.

use std::fmt;
use std::time::Duration;

use vrrp::config::SourceMac;

use super::Router;

/// `garp_extra_if`, `vmac_garp_intvl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtraAnnouncements {
    /// Zero: none.
    pub period: Duration,
    /// Where.
    pub links: ExtraLinks,
}

/// Where announcements are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtraLinks {
    /// For virtual MACs that no advertisement carries.
    VirtualMacs,
    /// And on other interfaces with addresses of the router.
    All,
}

impl Router {
    /// Switches forget after five minutes.
    const REMINDER: Duration = Duration::from_secs(60);

    /// What it does in fact: where nothing is written and nothing else does, virtual MACs that no advertisement carries are
    /// shown once a minute. `None`: nothing.
    #[must_use]
    pub fn extra_announcements(&self) -> Option<ExtraAnnouncements> {
        let reminder = ExtraAnnouncements { period: Self::REMINDER, links: ExtraLinks::VirtualMacs };
        let reminder = self.parameters.announce.refresh.is_zero().then_some(reminder);
        self.extra.or(reminder).filter(|extra| !extra.period.is_zero() && self.has_extra_links())
    }

    fn has_extra_links(&self) -> bool {
        let own = self.own_place();
        let is_extra = |place| Some(place) != own || self.parameters.source_mac == SourceMac::Physical;
        let addresses = || self.addresses.iter().chain(&self.excluded);
        let elsewhere = |dev: &String| *dev != self.interface;
        self.vmac_places().into_iter().any(is_extra) || addresses().any(|it| it.dev.as_ref().is_some_and(elsewhere))
    }
}

impl fmt::Display for ExtraAnnouncements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.links {
            ExtraLinks::VirtualMacs => write!(f, "{}", self.period.as_secs()),
            ExtraLinks::All => write!(f, "all {}", self.period.as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {

    fn extra(global: &str, lines: &str, addresses: &str) -> Option<String> {
        let text = format!(
            "global_defs {{\n{global}\n}}\nvrrp_instance A {{\n interface eth0\n virtual_router_id 1\n {lines}\n \
             virtual_ipaddress {{\n 10.0.0.1/24\n {addresses}\n }}\n}}\n"
        );
        let loaded = crate::load("c".as_ref(), &mut crate::MemoryLoader::default().with("c", text));
        loaded.config.routers[0].extra_announcements().map(|extra| extra.to_string())
    }

    #[test]
    fn a_virtual_mac_that_no_advertisement_carries_is_shown_now_and_then() {
        let minute = Some("60".to_owned());
        assert_eq!(extra("", "use_vmac\n vmac_xmit_base", ""), minute);
        assert_eq!(extra("", "use_vmac\n use_vmac_addr", "10.1.0.1/24 dev eth1"), minute);
        assert_eq!(extra("", "use_vmac\n vmac_xmit_base\n garp_master_refresh 10", ""), None);
        assert_eq!(extra("", "use_vmac\n vmac_xmit_base\n garp_extra_if 0", ""), None);
        assert_eq!(extra("", "use_vmac", ""), None);
        assert_eq!(extra("", "", ""), None);
    }

    #[test]
    fn what_the_router_says_counts_then_what_global_defs_say_the_later_name_first() {
        let (global, other) = ("vrrp_garp_extra_if all 30", "10.1.0.1/24 dev eth1");
        assert_eq!(extra(global, "", other).as_deref(), Some("all 30"));
        assert_eq!(extra(global, "garp_extra_if 20", other).as_deref(), Some("20"));
        assert_eq!(extra(global, "garp_extra_if 20\n vmac_garp_intvl all 40", other).as_deref(), Some("all 40"));
        assert_eq!(extra(global, "", ""), None, "there is no other interface");
    }
}
