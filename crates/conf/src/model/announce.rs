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
