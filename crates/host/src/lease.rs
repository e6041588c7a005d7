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

/// When the leases of a router's addresses are renewed.
#[derive(Clone, Copy, Debug)]
pub struct Renewals {
    /// Of each address.
    pub lifetime: Lifetime,
    /// When the addresses were put there.
    pub installed_at: Instant,
}

impl Renewals {
    /// Time from one renewal of an address to the next, in whole seconds: half the lease. [`Duration::MAX`] for what needs none.
    fn period(self) -> Duration {
        match self.lifetime {
            Lifetime::Lease(lease) => {
                let seconds = (lease / 2).min(lease.saturating_sub(MARGIN)).as_secs();
                Duration::from_secs(seconds.max(1))
            }
            Lifetime::Forever => Duration::MAX,
        }
    }

    /// How long the kernel has told nothing of an address before its first renewal, in whole seconds: half a period, as far as the
    /// lease permits. Who counts messages after a takeover sees those of the takeover.
    fn rest(self) -> Duration {
        let spare = match self.lifetime {
            Lifetime::Lease(lease) => lease.saturating_sub(self.period() + MARGIN),
            Lifetime::Forever => Duration::ZERO,
        };
        Duration::from_secs((self.period() / 2).min(spare).as_secs())
    }

    /// What is left of each lease at least, if all renewals are in time.
    #[must_use]
    pub fn left(self) -> Duration {
        match self.lifetime {
            Lifetime::Lease(lease) => lease.saturating_sub(self.period() + self.rest()),
            Lifetime::Forever => Duration::MAX,
        }
    }

    /// Whether an address is to be renewed at `now`, those whose turn came by `last` being done: each has its turn once in a
    /// period, when follows from what it is, so that a thousand addresses make no burst.
    #[must_use]
    pub fn is_due(self, address: &Identity, last: Instant, now: Instant) -> bool {
        if now < self.installed_at + self.rest() {
            return false;
        }
        let period = self.period().as_secs().max(1);
        let mut hasher = DefaultHasher::new();
        address.hash(&mut hasher);
        let offset = hasher.finish() % period;
        let turn = |at: Instant| (at.nanos() / 1_000_000_000 + offset) / period;
        turn(last) != turn(now)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

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

    const START: Instant = Instant::from_nanos(1_234_567_890_123);

    fn renewals(lifetime: Lifetime) -> Renewals {
        Renewals { lifetime, installed_at: START }
    }

    #[test]
    fn a_lease_is_renewed_after_half_of_it_and_two_seconds_before_its_end_at_least() {
        for (lease, period, rest) in [(3, 1, 0), (4, 2, 0), (5, 2, 1), (7, 3, 1), (10, 5, 2), (120, 60, 30)] {
            let renewals = renewals(seconds(lease));
            assert_eq!((renewals.period().as_secs(), renewals.rest().as_secs()), (period, rest), "{lease}");
            assert!(renewals.left() >= MARGIN, "{lease}");
        }
        assert_eq!(renewals(Lifetime::Forever).period(), Duration::MAX);
    }

    fn address(number: u32) -> Identity {
        let link = IfIndex::new(7).unwrap();
        Identity::Address(link, std::net::Ipv4Addr::from(0x0a00_0000 + number).into(), 32)
    }

    /// When an address has its turns in `rounds` periods after the installation, in ticks that come unevenly.
    fn turns(renewals: Renewals, number: u32, rounds: u32) -> Vec<Duration> {
        let tick = |n: u32| START + Duration::from_millis(1_007) * n;
        let ticks = u32::try_from(renewals.period().as_secs()).unwrap() * rounds;
        let due = (0..ticks).filter(|n| renewals.is_due(&address(number), tick(*n), tick(n + 1)));
        due.map(|n| tick(n + 1).since(START)).collect()
    }

    /// However unevenly the ticks come, each has one turn in a period, and all of them are spread over it.
    #[test]
    fn each_address_has_its_turn_once_in_a_period_and_they_are_spread() {
        let rounds = 5;
        for lease in [3, 4, 120] {
            let renewals = renewals(seconds(lease));
            let all: Vec<_> = (0..1000).map(|it| turns(renewals, it, rounds)).collect();
            let rounds = usize::try_from(rounds).unwrap();
            assert!(all.iter().all(|turns| (rounds - 1..=rounds + 1).contains(&turns.len())), "{lease}: {all:?}");
            let mut at_once: BTreeMap<Duration, usize> = BTreeMap::new();
            all.iter().flatten().for_each(|at| *at_once.entry(*at).or_default() += 1);
            assert!(lease != 120 || at_once.values().all(|count| *count < 60), "of 1,000 at once: {at_once:?}");
        }
        let minute = START + Duration::from_secs(60);
        assert!((0..1000).all(|it| renewals(seconds(120)).is_due(&address(it), START, minute)));
    }

    /// Whatever the clock was at the installation: no message in the first half minute, none too late.
    #[test]
    fn the_first_renewal_is_neither_early_nor_late() {
        for number in 0..1000 {
            let first = turns(renewals(seconds(120)), number, 2)[0];
            assert!((30..=91).contains(&first.as_secs()), "{first:?}");
        }
    }
}
