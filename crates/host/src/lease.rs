//! How long the kernel keeps an address that is no longer renewed.

use std::time::Duration;

use crate::op::Lifetime;

/// The shortest lease: the kernel counts whole seconds, and a renewal may be late.
const SHORTEST: Duration = Duration::from_secs(3);

/// The lease of the addresses of a router whose backups take over after `down_adverts` missed adverts: about the time
/// that this takes, in whole seconds. Below an advert interval of a second a killed master's addresses outlive the
/// takeover by up to three seconds, and at any interval by up to one interval, for lease and down timer do not start at
/// the same moment.
#[must_use]
pub fn lease(interval: Duration, down_adverts: u8) -> Lifetime {
    let silence = interval * u32::from(down_adverts);
    Lifetime::Lease(Duration::from_secs(silence.as_secs()).max(SHORTEST))
}

/// Time from one renewal to the next: a third of the lease. [`Duration::MAX`] for what needs none.
#[must_use]
pub fn renewal(lifetime: Lifetime) -> Duration {
    match lifetime {
        Lifetime::Lease(lease) => lease / 3,
        Lifetime::Forever => Duration::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_the_whole_seconds_of_the_down_interval_and_at_least_three() {
        let lease_secs = |interval_millis, down_adverts| lease(Duration::from_millis(interval_millis), down_adverts);
        assert_eq!(lease_secs(1000, 3), Lifetime::Lease(Duration::from_secs(3)));
        assert_eq!(lease_secs(2500, 3), Lifetime::Lease(Duration::from_secs(7)));
        assert_eq!(lease_secs(100, 3), Lifetime::Lease(SHORTEST));
        assert_eq!(lease_secs(1000, 100), Lifetime::Lease(Duration::from_secs(100)));
    }

    #[test]
    fn a_lease_is_renewed_twice_before_it_ends() {
        assert_eq!(renewal(Lifetime::Lease(Duration::from_secs(3))), Duration::from_secs(1));
        assert_eq!(renewal(Lifetime::Forever), Duration::MAX);
    }
}
