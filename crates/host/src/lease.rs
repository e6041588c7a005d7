//! How long the kernel keeps an address that is no longer renewed, and when it is renewed.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use vrrp::time::Instant;

use crate::op::{Identity, Lifetime};

/// The shortest lease: the kernel counts whole seconds, and a renewal may be late.
const SHORTEST: Duration = Duration::from_secs(3);
/// What is left of a lease at least when it is renewed.
const MARGIN: Duration = Duration::from_secs(2);

/// The lease without `tanist_lease` where the guardian withdraws what a dead daemon left: each renewal is a message to whoever
/// listens on the machine.
const QUIET: Duration = Duration::from_secs(120);
/// The same where the guardian may end with the daemon.
const SHORT: Duration = Duration::from_secs(10);

/// `tanist_lease`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeaseRule {
    /// It is not there.
    #[default]
    Unsaid,
    /// Whole seconds, at least three.
    Lasts(Duration),
    /// Addresses stay until they are removed.
    Off,
}

/// Who is left to withdraw addresses when the daemon dies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Survivor {
    /// The guardian.
    Guardian,
    /// The guardian, unless both end together: the daemon is process 1 of a container, with which all others end.
    SharesItsEnd,
    /// Nobody.
    #[default]
    None,
}

/// What the leases of all routers follow from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeaseTerms {
    /// As configured.
    pub rule: LeaseRule,
    /// Who else withdraws addresses.
    pub survivor: Survivor,
}

impl LeaseTerms {
    /// The lease of the addresses of a router whose backups take over after `down_adverts` missed adverts. Where nobody but the
    /// kernel withdraws them it is about the time that this takes, in whole seconds, unless the rule says otherwise. Below an advert
    /// interval of a second a killed master's addresses then outlive the takeover by up to three seconds, and at any interval by up
    /// to one interval, for lease and down timer do not start at the same moment.
    #[must_use]
    pub fn lease(self, interval: Duration, down_adverts: u8) -> Lifetime {
        let silence = Duration::from_secs((interval * u32::from(down_adverts)).as_secs());
        let lease = match (self.rule, self.survivor) {
            (LeaseRule::Off, _) => return Lifetime::Forever,
            (LeaseRule::Lasts(time), _) => time,
            (LeaseRule::Unsaid, Survivor::Guardian) => QUIET,
            (LeaseRule::Unsaid, Survivor::SharesItsEnd) => SHORT,
            (LeaseRule::Unsaid, Survivor::None) => silence,
        };
        Lifetime::Lease(lease.max(SHORTEST))
    }
}

/// Time from one renewal of an address to the next, in whole seconds: half the lease. [`Duration::MAX`] for what needs none.
#[must_use]
pub fn renewal(lifetime: Lifetime) -> Duration {
    match lifetime {
        Lifetime::Lease(lease) => {
            let seconds = (lease / 2).min(lease.saturating_sub(MARGIN)).as_secs();
            Duration::from_secs(seconds.max(1))
        }
        Lifetime::Forever => Duration::MAX,
    }
}

/// Whether an address is to be renewed at `now`, those whose turn came by `last` being done: each has its turn once in
/// `period`, when follows from what it is, so that a thousand addresses make no burst.
#[must_use]
pub fn is_due(address: &Identity, period: Duration, last: Instant, now: Instant) -> bool {
    let period = period.as_secs().max(1);
    let mut hasher = DefaultHasher::new();
    address.hash(&mut hasher);
    let offset = hasher.finish() % period;
    let turn = |at: Instant| (at.nanos() / 1_000_000_000 + offset) / period;
    turn(last) != turn(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    use vrrp::types::IfIndex;

    fn lease_of(rule: LeaseRule, survivor: Survivor, interval_millis: u64, down_adverts: u8) -> Lifetime {
        LeaseTerms { rule, survivor }.lease(Duration::from_millis(interval_millis), down_adverts)
    }

    const fn seconds(seconds: u64) -> Lifetime {
        Lifetime::Lease(Duration::from_secs(seconds))
    }

    #[test]
    fn a_lease_is_what_the_rule_says() {
        for (interval, survivor) in
            [(100, Survivor::Guardian), (1000, Survivor::SharesItsEnd), (20_000, Survivor::None)]
        {
            assert_eq!(lease_of(LeaseRule::Lasts(Duration::from_secs(50)), survivor, interval, 3), seconds(50));
            assert_eq!(lease_of(LeaseRule::Off, survivor, interval, 3), Lifetime::Forever);
        }
    }

    #[test]
    fn else_it_is_long_where_a_guardian_is_left() {
        for interval in [100, 1000, 20_000] {
            assert_eq!(lease_of(LeaseRule::Unsaid, Survivor::Guardian, interval, 3), seconds(120));
            assert_eq!(lease_of(LeaseRule::Unsaid, Survivor::SharesItsEnd, interval, 3), seconds(10));
        }
    }

    #[test]
    fn without_one_it_is_the_whole_seconds_of_the_down_interval_and_at_least_three() {
        for (interval, down_adverts, quiet) in [(1000, 3, 3), (2500, 3, 7), (100, 3, 3), (1000, 100, 100)] {
            assert_eq!(lease_of(LeaseRule::Unsaid, Survivor::None, interval, down_adverts), seconds(quiet));
        }
    }

    #[test]
    fn a_lease_is_renewed_after_half_of_it_and_two_seconds_before_its_end_at_least() {
        for (lease, expected) in [(3, 1), (4, 2), (5, 2), (7, 3), (10, 5), (120, 60)] {
            assert_eq!(renewal(seconds(lease)).as_secs(), expected);
        }
        assert_eq!(renewal(Lifetime::Forever), Duration::MAX);
    }

    fn address(number: u32) -> Identity {
        let link = IfIndex::new(7).unwrap();
        Identity::Address(link, std::net::Ipv4Addr::from(0x0a00_0000 + number).into(), 32)
    }

    /// However unevenly the ticks come, each has one turn in a period, and all of them are spread over it.
    #[test]
    fn each_address_has_its_turn_once_in_a_period_and_they_are_spread() {
        let start = Instant::from_nanos(1_234_567_890_123);
        let tick = |n: u32| start + Duration::from_millis(1_007) * n;
        for period in [1, 2, 60] {
            let of_tick = |n| {
                (0..1000).filter(move |it| is_due(&address(*it), Duration::from_secs(period), tick(n), tick(n + 1)))
            };
            let rounds = 5;
            let ticks = u32::try_from(period).unwrap() * rounds;
            let mut turns = vec![0_u32; 1000];
            for n in 0..ticks {
                let mut count = 0;
                of_tick(n).for_each(|it| {
                    turns[usize::try_from(it).unwrap()] += 1;
                    count += 1;
                });
                assert!(period != 60 || count < 60, "{count} of 1,000 at once");
            }
            assert!(turns.iter().all(|turns| (rounds - 1..=rounds + 1).contains(turns)), "{period}: {turns:?}");
        }
        assert!((0..1000).all(|it| is_due(
            &address(it),
            Duration::from_secs(60),
            start,
            start + Duration::from_secs(60)
        )));
    }
}
