//! What is counted of a router, as keepalived counts it.

use serde::Serialize;
use vrrp::discard::Discard;
use vrrp::event::StateName;
use vrrp::snapshot::Snapshot;

/// The counters of a router, in keepalived's order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Statistics {
    pub(crate) advert_rcvd: u64,
    pub(crate) advert_sent: u64,
    pub(crate) become_master: u64,
    pub(crate) release_master: u64,
    pub(crate) packet_len_err: u64,
    pub(crate) advert_interval_err: u64,
    pub(crate) ip_ttl_err: u64,
    pub(crate) invalid_type_rcvd: u64,
    pub(crate) addr_list_err: u64,
    pub(crate) invalid_authtype: u64,
    pub(crate) authtype_mismatch: u64,
    pub(crate) auth_failure: u64,
    pub(crate) pri_zero_rcvd: u64,
    pub(crate) pri_zero_sent: u64,
}

impl Statistics {
    /// Since the router was added.
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let counters = &snapshot.counters;
        let all = |reasons: &[Discard]| reasons.iter().map(|reason| counters.discarded.of(*reason)).sum::<u64>();
        let is_master = u64::from(snapshot.state == StateName::Active);
        Self {
            advert_rcvd: counters.received,
            advert_sent: counters.sent,
            become_master: counters.became_active,
            release_master: counters.became_active.saturating_sub(is_master),
            packet_len_err: all(&[Discard::TooShort, Discard::Length]),
            advert_interval_err: all(&[Discard::IntervalMismatch, Discard::IntervalZero]),
            ip_ttl_err: all(&[Discard::HopLimit, Discard::PeerHopLimit]),
            invalid_type_rcvd: all(&[Discard::Type]),
            addr_list_err: counters.address_mismatches + all(&[Discard::AddressList]),
            // One that exists is another's; one that does not exist is not told apart.
            invalid_authtype: 0,
            authtype_mismatch: all(&[Discard::AuthenticationType]),
            auth_failure: all(&[
                Discard::AuthenticationData,
                Discard::SignatureMissing,
                Discard::SignatureKind,
                Discard::SignatureKey,
                Discard::Stale,
                Discard::Replay,
            ]),
            pri_zero_rcvd: counters.received_priority_zero,
            pri_zero_sent: counters.sent_priority_zero,
        }
    }

    /// What came after `earlier`, if the counters began anew then.
    pub(crate) fn since(self, earlier: Option<&Self>) -> Self {
        let Some(earlier) = earlier else { return self };
        let less = |count: fn(&Self) -> u64| count(&self).saturating_sub(count(earlier));
        Self {
            advert_rcvd: less(|it| it.advert_rcvd),
            advert_sent: less(|it| it.advert_sent),
            become_master: less(|it| it.become_master),
            release_master: less(|it| it.release_master),
            packet_len_err: less(|it| it.packet_len_err),
            advert_interval_err: less(|it| it.advert_interval_err),
            ip_ttl_err: less(|it| it.ip_ttl_err),
            invalid_type_rcvd: less(|it| it.invalid_type_rcvd),
            addr_list_err: less(|it| it.addr_list_err),
            invalid_authtype: less(|it| it.invalid_authtype),
            authtype_mismatch: less(|it| it.authtype_mismatch),
            auth_failure: less(|it| it.auth_failure),
            pri_zero_rcvd: less(|it| it.pri_zero_rcvd),
            pri_zero_sent: less(|it| it.pri_zero_sent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_that_began_anew_tell_what_came_since() {
        let before = Statistics { advert_sent: 5, become_master: 1, ..Statistics::default() };
        let now = Statistics { advert_sent: 7, become_master: 1, pri_zero_sent: 1, ..Statistics::default() };
        let since = Statistics { advert_sent: 2, pri_zero_sent: 1, ..Statistics::default() };
        assert_eq!(now.since(Some(&before)), since);
        assert_eq!(now.since(None), now);
    }
}
