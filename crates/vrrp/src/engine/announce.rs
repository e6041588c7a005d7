//! When an Active announces its addresses again: gratuitous ARP and unsolicited neighbour advertisements.
//!
//! The takeover itself is in `machine`. What is due here is ordered from whoever holds the addresses.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::outbox::Outbox;
use crate::action::{Action, AnnounceCause, Announced, Announcement, TakeoverRounds};
use crate::config::{AnnouncePlan, MOST_ROUNDS, RouterConfig};
use crate::event::{EventKind, Peer};
use crate::time::Instant;
use crate::types::{Interval, RouterId};

/// Least time between reports of inferior adverts and announcements because of them: any host on the link can send these (V3-SE-06).
const INFERIOR_PERIOD: Duration = Duration::from_secs(1);
/// While inferior adverts go on, that time doubles up to this.
const INFERIOR_PERIOD_MOST: Duration = Duration::from_secs(64);

/// Announcements to come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Announcements {
    delayed: Option<Instant>,
    refresh: Option<Instant>,
    inferior: Option<Instant>,
    /// Addresses added while Active, and when each is announced once more.
    added: Vec<(Instant, IpAddr)>,
    limit: InferiorLimit,
}

/// Limits reports of inferior adverts, and announcements because of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct InferiorLimit {
    /// None before this.
    quiet_until: Instant,
    period: Duration,
}

impl Announcements {
    /// Of an Active that begins now.
    pub(crate) fn new(now: Instant, plan: &AnnouncePlan) -> Self {
        Self {
            delayed: nonzero(plan.delay).map(|delay| now + delay),
            refresh: nonzero(plan.refresh).map(|refresh| now + plan.delay + refresh),
            inferior: None,
            added: Vec::new(),
            limit: InferiorLimit { quiet_until: now, period: Duration::ZERO },
        }
    }

    /// When something is due next.
    pub(crate) fn next(&self) -> Option<Instant> {
        let added = self.added.iter().map(|(at, _)| *at).min();
        [self.delayed, self.refresh, self.inferior, added].into_iter().flatten().min()
    }

    /// Orders what is due.
    pub(crate) fn expire(&mut self, now: Instant, router: RouterId, plan: &AnnouncePlan, out: &mut Outbox) {
        let is_due = |at: &mut Instant| *at <= now;
        if self.delayed.take_if(is_due).is_some() {
            order(router, AnnounceCause::Delayed, plan.repeat, Announced::All, out);
        }
        if self.inferior.take_if(is_due).is_some() {
            order(router, AnnounceCause::InferiorAdvert, plan.lower_prio_repeat, Announced::All, out);
        }
        if self.refresh.take_if(is_due).is_some() {
            self.refresh = nonzero(plan.refresh).map(|refresh| now + refresh);
            order(router, AnnounceCause::Refresh, plan.refresh_repeat, Announced::All, out);
        }
        if self.added.iter().any(|(at, _)| *at <= now) {
            let due = self.added.extract_if(.., |(at, _)| *at <= now).map(|(_, address)| address).collect();
            order(router, AnnounceCause::AddressAdded, plan.repeat, Announced::These(due), out);
        }
    }

    /// An inferior advert of `peer` was heard: reports it and announces, unless that was done a short while ago.
    pub(crate) fn inferior_heard(
        &mut self,
        now: Instant,
        peer: Peer,
        interval: Interval,
        router: RouterId,
        plan: &AnnouncePlan,
        out: &mut Outbox,
    ) {
        if self.limit.admits(now, interval) {
            out.report(now, router, EventKind::InferiorAdvert(peer));
            self.inferior = nonzero(plan.lower_prio_delay).map(|delay| now + delay);
            order(router, AnnounceCause::InferiorAdvert, plan.lower_prio_repeat, Announced::All, out);
        }
    }

    /// The configuration of an Active has changed: announces what was added, at once and once more later, and forgets
    /// what was removed.
    pub(crate) fn change(
        &mut self,
        now: Instant,
        router: RouterId,
        old: &RouterConfig,
        new: &RouterConfig,
        out: &mut Outbox,
    ) {
        if old.parameters.announce != new.parameters.announce {
            self.refresh = nonzero(new.parameters.announce.refresh).map(|refresh| now + refresh);
        }
        self.added.retain(|(_, address)| held(new).any(|other| other == address));
        let is_new = |address: &&IpAddr| !held(old).any(|other| other == *address);
        let added: Box<[IpAddr]> = held(new).filter(is_new).copied().collect();
        if added.is_empty() {
            return;
        }
        if let Some(delay) = nonzero(new.parameters.announce.delay) {
            self.added.extend(added.iter().map(|address| (now + delay, *address)));
        }
        order(router, AnnounceCause::AddressAdded, new.parameters.announce.repeat, Announced::These(added), out);
    }
}

impl InferiorLimit {
    /// Whether to report and announce now. The time until the next doubles as long as inferior adverts go on.
    fn admits(&mut self, now: Instant, interval: Interval) -> bool {
        if now < self.quiet_until {
            return false;
        }
        let goes_on = now.since(self.quiet_until) < self.period;
        let period = if goes_on { self.period * 2 } else { interval.duration() };
        self.period = period.clamp(INFERIOR_PERIOD, INFERIOR_PERIOD_MOST);
        self.quiet_until = now + self.period;
        true
    }
}

/// Rounds of a takeover after the one that left before the addresses were in, if one did.
pub(crate) fn takeover_rounds(repeat: u32, arp_sent: u32) -> TakeoverRounds {
    let repeat = repeat.min(MOST_ROUNDS);
    TakeoverRounds { arp: repeat.saturating_sub(arp_sent), na: repeat }
}

fn order(router: RouterId, cause: AnnounceCause, rounds: u32, addresses: Announced, out: &mut Outbox) {
    if rounds > 0 {
        out.act(Action::Announce(Announcement { router, cause, rounds: rounds.min(MOST_ROUNDS), addresses }));
    }
}

/// All addresses that the router holds while Active.
fn held(config: &RouterConfig) -> impl Iterator<Item = &IpAddr> {
    config.addresses.iter().chain(&config.unadvertised)
}

fn nonzero(duration: Duration) -> Option<Duration> {
    (!duration.is_zero()).then_some(duration)
}
