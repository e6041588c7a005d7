//! Sets of the addresses of a plan's virtual routers.

use std::net::IpAddr;

use vrrp::config::RouterConfig;

/// Room for the addresses of one virtual router in a set of addresses.
const PLACES: usize = 4;

/// A set of virtual addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sim) struct AddressSet(u64);

impl AddressSet {
    /// All that a virtual router may have.
    pub(in crate::sim) const fn all(router: usize) -> Self {
        Self(((1 << PLACES) - 1) << (router * PLACES))
    }

    /// All that an Active holds that is configured so.
    pub(in crate::sim) fn of(config: &RouterConfig) -> Self {
        let mut set = Self::default();
        config.addresses.iter().chain(&config.unadvertised).for_each(|address| set.insert(*address));
        set
    }

    pub(in crate::sim) fn insert(&mut self, address: IpAddr) {
        let (router, last) = match address {
            IpAddr::V4(address) => (address.octets()[2].into(), address.octets()[3].into()),
            IpAddr::V6(address) => (address.segments()[2].max(address.segments()[6]), address.segments()[7]),
        };
        self.0 |= 1 << (usize::from(router) * PLACES + usize::from(254_u16.saturating_sub(last)));
    }

    pub(in crate::sim) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(in crate::sim) const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(in crate::sim) const fn either(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::plan::{ADDRESSES, address, other};
    use vrrp::Family;

    #[test]
    fn each_address_has_a_place_of_its_own() {
        let mut seen = AddressSet::default();
        for (router, family) in [(0, Family::Ipv4), (1, Family::Ipv6), (2, Family::Ipv4), (3, Family::Ipv6)] {
            let last = if router == 3 { other(family) } else { family };
            for (n, family) in [(0, family), (1, family), (2, family), (ADDRESSES, last)] {
                let mut one = AddressSet::default();
                one.insert(address(router, family, n));
                assert_eq!((AddressSet::all(router).both(one), seen.both(one)), (one, AddressSet::default()));
                seen = seen.either(one);
            }
            assert_eq!(seen.both(AddressSet::all(router)), AddressSet::all(router));
        }
    }
}
